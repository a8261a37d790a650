//! Descriptions that exist elsewhere: of a data set from Croissant or a Hugging Face `README.md`, of a model from a Hugging
//! Face model card.
//!
//! A card says more than the chain stores. What is taken is told, and what is not is told too, field by field: nothing is
//! dropped silently. The card itself can be contributed or named as a model's card, so that all of it is kept.
//!
//! # Must not
//! Follow a link, or guess a licence: one that is not understood is refused.
//!
//! # Invariants
//! A card is data: at most [`CARD_BYTES_MAX`] bytes, and the parsers bound depth and aliases.
//!
//! Sources: <https://docs.mlcommons.org/croissant/docs/croissant-spec.html>,
//! <https://huggingface.co/docs/hub/datasets-cards>, <https://huggingface.co/docs/hub/model-cards>,
//! <https://huggingface.co/docs/hub/repositories-licenses>.

use crate::{failure::Failure, licence, models::Kind};
use plexus_primitives::text::{is_name, is_tag};
use serde::Serialize;
use serde_json::{Map, Value};
use serde_saphyr::NonFiniteFloatPolicy;
use std::{io::Read, path::Path};

/// The longest card that is read: Croissant lists every file and field of a data set.
const CARD_BYTES_MAX: u64 = 8 << 20;

/// What datanets and models take, unless the chain says otherwise.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
	/// Tags that a datanet may have.
	pub(crate) tags: usize,
	/// Bytes that a tag may have.
	pub(crate) tag_bytes: usize,
}

/// What was taken from a card, and what was not.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub(crate) struct Imported {
	/// `croissant` or `front matter`.
	pub(crate) form: &'static str,
	/// Fields that were taken.
	pub(crate) taken: Vec<String>,
	/// Fields, and parts of them, that the chain has no place for.
	pub(crate) left: Vec<String>,
}

impl Imported {
	/// As a person reads it.
	pub(crate) fn human(&self) -> String {
		let list = |fields: &[String]| if fields.is_empty() { "nothing".into() } else { fields.join(", ") };
		let text = format!("taken from the card ({}): {}", self.form, list(&self.taken));
		crate::output::clean(&format!("{text}; left in it: {}", list(&self.left)))
	}
}

/// A data set as its card describes it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct DataSet {
	pub(crate) name: Option<String>,
	/// An SPDX expression.
	pub(crate) licence: Option<String>,
	pub(crate) tags: Vec<String>,
	pub(crate) imported: Imported,
}

/// A model as its card describes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ModelCard {
	pub(crate) kind: Kind,
	/// What it was made from, as the card calls it. The chain knows ids only.
	pub(crate) bases: Vec<String>,
	pub(crate) imported: Imported,
}

/// Reads a data set's card; its licence only if that is wanted, and it is left in the card otherwise.
///
/// # Errors
/// It cannot be read, has no form that is known, or names a licence that is wanted and not understood.
pub(crate) fn data_set(path: &Path, limits: Limits, licence: bool) -> Result<DataSet, Failure> {
	let text = read(path)?;
	let located = |failure: Failure| failure.with_context(path.display());
	match front_matter(&text) {
		Some((matter, body)) => {
			from_front_matter(fields(path, matter)?, body, limits, licence).map_err(located)
		}
		None => from_croissant(json(path, &text)?, limits, licence).map_err(located),
	}
}

/// Reads a model's card.
///
/// # Errors
/// It cannot be read, has no front matter, or says of itself what is not understood.
pub(crate) fn model(path: &Path) -> Result<ModelCard, Failure> {
	let text = read(path)?;
	let Some((matter, _)) = front_matter(&text) else {
		return Err(unusable(path, "it does not begin with front matter between lines of ---"));
	};
	from_model_card(fields(path, matter)?).map_err(|failure| failure.with_context(path.display()))
}

fn read(path: &Path) -> Result<String, Failure> {
	let file = std::fs::File::open(path).map_err(|error| unusable(path, &error.to_string()))?;
	let mut text = String::new();
	let read = file.take(CARD_BYTES_MAX + 1).read_to_string(&mut text);
	let read = read.map_err(|error| unusable(path, &error.to_string()))?;
	if read as u64 > CARD_BYTES_MAX {
		return Err(unusable(path, &format!("it is longer than {CARD_BYTES_MAX} bytes")));
	}
	Ok(text)
}

fn unusable(path: &Path, cause: &str) -> Failure {
	Failure::input(
		"CardUnusable",
		format!("{}: {cause}", path.display()),
		"give a Croissant file (JSON-LD) or a README.md with front matter in YAML",
	)
}

/// What stands between the first two lines of three dashes, and what follows.
fn front_matter(text: &str) -> Option<(&str, &str)> {
	let text = text.strip_prefix('\u{feff}').unwrap_or(text);
	let rest = text.strip_prefix("---\n").or_else(|| text.strip_prefix("---\r\n"))?;
	let mut at = 0;
	for line in rest.split_inclusive('\n') {
		if line.trim_end() == "---" {
			return Some((&rest[..at], &rest[at + line.len()..]));
		}
		at += line.len();
	}
	None
}

fn fields(path: &Path, matter: &str) -> Result<Map<String, Value>, Failure> {
	// Evaluations write `.nan` into cards of models; JSON has no such number.
	let options = serde_saphyr::options! { non_finite_float_policy: NonFiniteFloatPolicy::AsString };
	match serde_saphyr::from_str_with_options::<Value>(matter, options) {
		Ok(Value::Object(fields)) => Ok(fields),
		Ok(Value::Null) => Ok(Map::new()),
		Ok(_) => Err(unusable(path, "its front matter is no list of fields")),
		Err(error) => {
			let reason = error.to_string();
			Err(unusable(path, reason.lines().next().unwrap_or("its front matter is no YAML")))
		}
	}
}

fn json(path: &Path, text: &str) -> Result<Map<String, Value>, Failure> {
	match serde_json::from_str(text.trim_start_matches('\u{feff}')) {
		Ok(Value::Object(fields)) => Ok(fields),
		Ok(_) => Err(unusable(path, "it is JSON, but no object")),
		Err(error) => Err(unusable(path, &format!("neither front matter nor JSON: {error}"))),
	}
}

/// Hugging Face: `pretty_name` or the first heading, `license`, `tags`.
fn from_front_matter(
	mut fields: Map<String, Value>,
	body: &str,
	limits: Limits,
	licence: bool,
) -> Result<DataSet, Failure> {
	let mut set =
		DataSet { imported: Imported { form: "front matter", ..Imported::default() }, ..DataSet::default() };
	let heading = body.lines().find_map(|line| line.strip_prefix("# ")).map(str::trim);
	match fields.remove("pretty_name") {
		Some(Value::String(name)) if is_name(name.as_bytes()) => {
			set.imported.taken.push("pretty_name".into());
			set.name = Some(name);
		}
		other => {
			keep(&mut fields, "pretty_name", other);
			if let Some(heading) = heading.filter(|heading| is_name(heading.as_bytes())) {
				set.imported.taken.push("the first heading as the name".into());
				set.name = Some(heading.to_string());
			}
		}
	}
	if licence {
		take_licence(&mut set, fields.remove("license"), "license")?;
	}
	take_tags(&mut set, "tags", fields.remove("tags"), limits);
	set.imported.left.extend(fields.keys().cloned());
	Ok(set)
}

/// Croissant: `name`, `license`, `keywords`.
fn from_croissant(mut fields: Map<String, Value>, limits: Limits, licence: bool) -> Result<DataSet, Failure> {
	let kind = fields.get("@type").cloned().unwrap_or_default();
	let is_data_set = texts(&kind).iter().any(|kind| kind.rsplit([':', '/']).next() == Some("Dataset"));
	if !is_data_set {
		return Err(Failure::input(
			"NoDataSet",
			"its @type is not Dataset",
			"give a Croissant file, or a README.md with front matter",
		));
	}
	let mut set =
		DataSet { imported: Imported { form: "croissant", ..Imported::default() }, ..DataSet::default() };
	match fields.remove("name") {
		Some(Value::String(name)) if is_name(name.as_bytes()) => {
			set.imported.taken.push("name".into());
			set.name = Some(name);
		}
		other => keep(&mut fields, "name", other),
	}
	if licence {
		let field = ["license", "sc:license"].into_iter().find(|field| fields.contains_key(*field));
		take_licence(&mut set, field.and_then(|field| fields.remove(field)), "license")?;
	}
	let keywords = match fields.remove("keywords") {
		// schema.org allows a list in one text.
		Some(Value::String(list)) => Some(list.split(',').map(|word| Value::from(word.trim())).collect()),
		other => other,
	};
	take_tags(&mut set, "keywords", keywords, limits);
	set.imported.left.extend(fields.keys().cloned());
	Ok(set)
}

/// Hugging Face: what it was made from, and how.
fn from_model_card(mut fields: Map<String, Value>) -> Result<ModelCard, Failure> {
	let mut imported = Imported { form: "front matter", ..Imported::default() };
	let bases = texts(fields.get("base_model").unwrap_or(&Value::Null));
	let relation = match fields.get("base_model_relation") {
		None | Some(Value::Null) => None,
		Some(Value::String(relation)) => Some(relation.to_ascii_lowercase()),
		Some(other) => Some(other.to_string()),
	};
	let is_peft = fields.get("library_name").and_then(Value::as_str) == Some("peft");
	let kind = match relation.as_deref() {
		Some("adapter") => Kind::Adapter,
		Some("merge") => Kind::Merge,
		Some("finetune" | "fine-tune" | "quantized") => Kind::FineTune,
		Some(other) => {
			return Err(Failure::input(
				"UnknownRelation",
				format!("base_model_relation `{other}` is none that is known"),
				"say how it came to be with --kind, and give the card with --card",
			))
		}
		None if bases.is_empty() => Kind::Base,
		None if is_peft => Kind::Adapter,
		None if bases.len() > 1 => Kind::Merge,
		None => Kind::FineTune,
	};
	if relation.is_some() {
		fields.remove("base_model_relation");
		imported.taken.push("base_model_relation as the kind".into());
	} else {
		imported.taken.push("the kind, as base_model and library_name imply it".into());
	}
	imported.left.extend(fields.keys().cloned());
	Ok(ModelCard { kind, bases, imported })
}

/// Puts back what was not taken, so that it is told.
fn keep(fields: &mut Map<String, Value>, name: &str, value: Option<Value>) {
	if let Some(value) = value {
		fields.insert(name.into(), value);
	}
}

/// A text, or the texts of a list.
fn texts(value: &Value) -> Vec<String> {
	match value {
		Value::String(text) => vec![text.clone()],
		Value::Array(items) => items.iter().filter_map(Value::as_str).map(str::to_string).collect(),
		_ => Vec::new(),
	}
}

/// Several licences of one data set all hold.
fn take_licence(set: &mut DataSet, given: Option<Value>, field: &str) -> Result<(), Failure> {
	let Some(given) = given else { return Ok(()) };
	let named = match &given {
		Value::Array(named) => named.as_slice(),
		one => std::slice::from_ref(one),
	};
	let spdx = named.iter().map(one_licence).collect::<Result<Vec<_>, _>>()?;
	set.licence = Some(match spdx.as_slice() {
		[] => return Err(licence_unknown(&given)),
		[only] => only.clone(),
		several => several.iter().map(|one| format!("({one})")).collect::<Vec<_>>().join(" AND "),
	});
	set.imported.taken.push(field.into());
	Ok(())
}

/// One licence: a text, or what schema.org calls a CreativeWork, with a link or a name.
fn one_licence(given: &Value) -> Result<String, Failure> {
	let named = match given {
		Value::Object(work) => ["url", "@id", "name"].into_iter().find_map(|key| work.get(key)),
		other => Some(other),
	};
	named.and_then(Value::as_str).and_then(to_spdx).ok_or_else(|| licence_unknown(given))
}

fn licence_unknown(licence: &Value) -> Failure {
	let licence = licence.as_str().map_or_else(|| licence.to_string(), str::to_string);
	Failure::input(
		"LicenceNotUnderstood",
		format!("the card's licence `{licence}` is no SPDX expression and no link to one"),
		"read what it allows, and say it with --licence; `LicenseRef-` and a name is for what is not on the list",
	)
}

/// An SPDX expression from how cards name licences: the expression itself, its identifier in small letters, or a link.
fn to_spdx(given: &str) -> Option<String> {
	let given = given.trim();
	if licence::parse(given).is_ok() {
		return Some(given.to_string());
	}
	match given.strip_prefix("https://").or_else(|| given.strip_prefix("http://")) {
		Some(link) => linked(link),
		None => named(given),
	}
}

/// The identifier of a licence by its name on Hugging Face, which is that of SPDX but for the case of letters and for those of
/// which there is one version alone.
fn named(name: &str) -> Option<String> {
	licence::identifier(match name.to_ascii_lowercase().as_str() {
		"odc-by" => "ODC-By-1.0",
		"odbl" => "ODbL-1.0",
		"pddl" => "PDDL-1.0",
		_ => name,
	})
}

/// The identifier of a licence by a link to its text, or to what describes it. The Croissant files that Hugging Face serves
/// link to `choosealicense.com`, also for licences that have no page there.
fn linked(link: &str) -> Option<String> {
	let link = link.split(['?', '#']).next()?.trim_start_matches("www.").trim_end_matches('/');
	let (host, path) = link.split_once('/')?;
	let page = path.trim_end_matches(".html").trim_end_matches(".json").trim_end_matches(".txt");
	let parts: Vec<&str> = page.split('/').collect();
	match (host, parts.as_slice()) {
		("spdx.org", ["licenses", name]) => licence::identifier(name),
		("choosealicense.com", ["licenses", name]) => named(name),
		("opensource.org", ["license" | "licenses", name]) => licence::identifier(name),
		("apache.org", ["licenses", "LICENSE-2.0"]) => licence::identifier("Apache-2.0"),
		("opendatacommons.org", ["licenses", "by", "1-0" | "1.0"]) => named("odc-by"),
		("opendatacommons.org", ["licenses", name @ ("odbl" | "pddl"), "1-0" | "1.0"]) => named(name),
		("creativecommons.org", [kind, terms, version, text @ ..]) => {
			creative_commons(kind, terms, version, text)
		}
		_ => None,
	}
}

/// Creative Commons: the licence, its legal code or its summary, in whichever language. Ports to countries are others.
fn creative_commons(kind: &str, terms: &str, version: &str, text: &[&str]) -> Option<String> {
	let is_text = |part: &&str| part.starts_with("legalcode") || part.starts_with("deed");
	match (kind, terms) {
		_ if !text.iter().all(is_text) => None,
		("licenses", terms) => licence::identifier(&format!("CC-{terms}-{version}")),
		("publicdomain", "zero") => licence::identifier(&format!("CC0-{version}")),
		_ => None,
	}
}

/// Tags in the one spelling that the chain has, as many as it takes; the others are told.
fn take_tags(set: &mut DataSet, field: &str, given: Option<Value>, limits: Limits) {
	let Some(given) = given else { return };
	let named = texts(&given);
	let unread = match &given {
		Value::Array(items) => items.len() > named.len(),
		Value::String(_) => false,
		_ => true,
	};
	if unread {
		set.imported.left.push(format!("{field}: what is no text"));
	} else if named.is_empty() {
		set.imported.left.push(field.into());
	}
	for tag in named {
		let spelt: String = tag
			.trim()
			.to_ascii_lowercase()
			.chars()
			.map(|character| if character == ' ' || character == ':' { '-' } else { character })
			.collect();
		let fits = is_tag(spelt.as_bytes()) && spelt.len() <= limits.tag_bytes;
		if set.tags.contains(&spelt) {
			continue;
		}
		if fits && set.tags.len() < limits.tags {
			set.tags.push(spelt);
		} else {
			set.imported.left.push(format!("{field}: {tag}"));
		}
	}
	if !set.tags.is_empty() {
		set.imported.taken.push(field.into());
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	const LIMITS: Limits = Limits { tags: 3, tag_bytes: 12 };

	fn file(text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("card");
		std::fs::write(&path, text).unwrap();
		(directory, path)
	}

	fn set(text: &str) -> Result<DataSet, Failure> {
		let (_directory, path) = file(text);
		data_set(&path, LIMITS, true)
	}

	#[test]
	fn a_readme_gives_name_licence_and_tags_and_tells_what_is_left() {
		let text = "---\nlicense: cc-by-4.0\npretty_name: Alpine Flora\ntags:\n- Botany\n- \"Very Long Tag Indeed\"\n- \
		            region:alps\nsize_categories: [1K<n<10K]\nconfigs:\n- config_name: default\n---\n\n# Heading\n";
		let found = set(text).unwrap();
		assert_eq!(found.name.as_deref(), Some("Alpine Flora"));
		assert_eq!(found.licence.as_deref(), Some("CC-BY-4.0"));
		assert_eq!(found.tags, ["botany", "region-alps"]);
		let mut left = found.imported.left.clone();
		left.sort();
		assert_eq!(left, ["configs", "size_categories", "tags: Very Long Tag Indeed"]);
		assert_eq!(found.imported.taken, ["pretty_name", "license", "tags"]);
		assert!(found.imported.human().contains("size_categories"), "{}", found.imported.human());
	}

	#[test]
	fn without_a_name_the_first_heading_is_one() {
		let found = set("---\r\nlanguage: en\r\n---\r\ntext\r\n# My Set\r\n").unwrap();
		assert_eq!((found.name.as_deref(), found.licence), (Some("My Set"), None));
		assert_eq!(found.imported.left, ["language"]);
	}

	#[test]
	fn croissant_gives_the_same() {
		let text = r#"{"@context": {"@vocab": "https://schema.org/"}, "@type": "sc:Dataset", "name": "Titanic",
			"license": "https://creativecommons.org/licenses/by-sa/4.0/", "keywords": "Ships, people , a, b",
			"description": "x", "distribution": [], "recordSet": []}"#;
		let found = set(text).unwrap();
		assert_eq!(found.name.as_deref(), Some("Titanic"));
		assert_eq!(found.licence.as_deref(), Some("CC-BY-SA-4.0"));
		assert_eq!(found.tags, ["ships", "people", "a"]);
		for field in ["@context", "@type", "description", "distribution", "recordSet", "keywords: b"] {
			assert!(
				found.imported.left.iter().any(|left| left == field),
				"{field} is dropped silently: {found:?}"
			);
		}
		assert_eq!(set(r#"{"@type": "Person", "name": "x"}"#).unwrap_err().name, "NoDataSet");
	}

	#[test]
	fn croissant_as_hugging_face_serves_it_gives_a_licence_and_tells_each_keyword() {
		let text = "\u{feff}".to_string()
			+ r#"{"@context": {"@language": "en", "@vocab": "https://schema.org/", "cr": "http://mlcommons.org/croissant/"},
			"@type": "sc:Dataset", "conformsTo": "http://mlcommons.org/croissant/1.1", "name": "duorc",
			"description": "Questions about plots", "alternateName": ["ibm/duorc", "DuoRC"],
			"creator": {"@type": "Organization", "name": "IBM", "url": "https://huggingface.co/ibm"},
			"keywords": ["question-answering", "100K<n<1M", "English", "mit", "Croissant", "🇺🇸 Region: US"],
			"license": "https://choosealicense.com/licenses/mit/", "sameAs": "https://duorc.github.io/",
			"url": "https://huggingface.co/datasets/ibm/duorc", "distribution": [{"@type": "cr:FileObject"}],
			"recordSet": [{"@type": "cr:RecordSet"}]}"#;
		let (_directory, path) = file(&text);
		let found = data_set(&path, Limits { tags: 3, tag_bytes: 32 }, true).unwrap();
		assert_eq!((found.name.as_deref(), found.licence.as_deref()), (Some("duorc"), Some("MIT")));
		assert_eq!(found.tags, ["question-answering", "english", "mit"]);
		let left = |field: &str| found.imported.left.iter().any(|left| left == field);
		for field in
			["conformsTo", "creator", "alternateName", "url", "keywords: 100K<n<1M", "keywords: Croissant"]
		{
			assert!(left(field), "{field} is dropped silently: {found:?}");
		}
	}

	#[test]
	fn licences_are_understood_as_cards_name_them_and_others_refused() {
		for (given, expected) in [
			("MIT", "MIT"),
			("mit", "MIT"),
			("apache-2.0", "Apache-2.0"),
			("MIT OR Apache-2.0", "MIT OR Apache-2.0"),
			("https://spdx.org/licenses/CC0-1.0.html", "CC0-1.0"),
			("http://www.opensource.org/licenses/mit", "MIT"),
			("https://creativecommons.org/licenses/by-nc/4.0/legalcode", "CC-BY-NC-4.0"),
			("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
			("https://creativecommons.org/licenses/by/4.0/deed.de", "CC-BY-4.0"),
			("https://creativecommons.org/licenses/by/4.0/legalcode.en#ref", "CC-BY-4.0"),
			("https://creativecommons.org/licenses/by/4.0/?ref=chooser-v1", "CC-BY-4.0"),
			("https://choosealicense.com/licenses/mit/", "MIT"),
			("https://choosealicense.com/licenses/cc-by-4.0/", "CC-BY-4.0"),
			("https://choosealicense.com/licenses/odc-by/", "ODC-By-1.0"),
			("https://www.apache.org/licenses/LICENSE-2.0", "Apache-2.0"),
			("http://www.apache.org/licenses/LICENSE-2.0.txt", "Apache-2.0"),
			("https://opendatacommons.org/licenses/odbl/1-0/", "ODbL-1.0"),
			("http://opendatacommons.org/licenses/by/1.0/", "ODC-By-1.0"),
			("odbl", "ODbL-1.0"),
			("pddl", "PDDL-1.0"),
		] {
			assert_eq!(to_spdx(given).as_deref(), Some(expected), "{given}");
		}
		for given in [
			"other",
			"unknown",
			"llama3",
			"https://example.org/licence",
			"https://example.org/licenses/mit/",
			"https://choosealicense.com/licenses/",
			"https://choosealicense.com/licenses/other/",
			"https://choosealicense.com",
			"https://creativecommons.org/",
			"https://creativecommons.org/licenses/by/3.0/us/",
			"https://creativecommons.org/publicdomain/mark/1.0/",
			"",
		] {
			assert_eq!(to_spdx(given), None, "{given}");
		}
		let failure = set("---\nlicense: other\n---\n").unwrap_err();
		assert!(failure.name == "LicenceNotUnderstood" && failure.remedy.contains("--licence"), "{failure}");
		let (_directory, path) = file("---\nlicense: other\n---\n");
		let typed = data_set(&path, LIMITS, false).expect("another licence is typed");
		assert_eq!((typed.licence, typed.imported.left), (None, vec!["license".to_string()]));
		let several = set("---\nlicense: [mit, cc0-1.0]\n---\n").unwrap();
		assert_eq!(several.licence.as_deref(), Some("(MIT) AND (CC0-1.0)"));
		licence::parse("(MIT) AND (CC0-1.0)").expect("it is an expression");
	}

	#[test]
	fn every_licence_of_a_list_is_read_or_the_card_is_refused() {
		let croissant =
			|licence: &str| set(&format!(r#"{{"@type": "Dataset", "name": "x", "license": {licence}}}"#));
		let work = r#"{"@type": "CreativeWork", "name": "BY-NC", "url": "https://creativecommons.org/licenses/by-nc/4.0/"}"#;
		for (licence, expected) in [
			(work.to_string(), "CC-BY-NC-4.0"),
			(format!(r#"["MIT", {work}]"#), "(MIT) AND (CC-BY-NC-4.0)"),
			(r#"[{"@id": "https://spdx.org/licenses/MIT"}]"#.into(), "MIT"),
		] {
			assert_eq!(croissant(&licence).unwrap().licence.as_deref(), Some(expected), "{licence}");
		}
		for licence in [
			"[]",
			"null",
			"7",
			r#"["MIT", 7]"#,
			r#"["MIT", null]"#,
			r#"["MIT", {"@type": "CreativeWork"}]"#,
			r#"["MIT", {"url": "https://example.org/nothing-free"}]"#,
			r#"["MIT", ["CC-BY-NC-4.0"]]"#,
		] {
			assert_eq!(croissant(licence).unwrap_err().name, "LicenceNotUnderstood", "{licence}");
		}
	}

	#[test]
	fn a_model_card_tells_the_kind_and_what_it_was_made_from() {
		for (matter, kind, bases) in [
			("license: mit", Kind::Base, 0),
			("base_model: a/b", Kind::FineTune, 1),
			("base_model: a/b\nlibrary_name: peft", Kind::Adapter, 1),
			("base_model: [a/b, c/d]", Kind::Merge, 2),
			("base_model:\n- a/b\nbase_model_relation: adapter", Kind::Adapter, 1),
			("base_model: a/b\nbase_model_relation: quantized", Kind::FineTune, 1),
		] {
			let (_directory, path) = file(&format!("---\n{matter}\nmodel-index: []\n---\ntext"));
			let card = model(&path).unwrap();
			assert_eq!((card.kind, card.bases.len()), (kind, bases), "{matter}");
			assert!(card.imported.left.iter().any(|left| left == "model-index"), "{card:?}");
			assert_eq!(card.imported.left.iter().any(|left| left == "base_model"), bases > 0, "{card:?}");
		}
		let (_directory, path) = file("---\nbase_model: a\nbase_model_relation: cousin\n---\n");
		assert_eq!(model(&path).unwrap_err().name, "UnknownRelation");
	}

	/// Whether a card's field is told, by its name, as taken or as left.
	fn is_told(imported: &Imported, field: &str) -> bool {
		let about = |told: &String| {
			told.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', ' ']))
		};
		imported.taken.iter().chain(&imported.left).any(about)
	}

	/// What fields of cards hold, rightly and wrongly, in JSON, which is YAML too.
	const VALUES: [&str; 11] = [
		"null",
		"true",
		"7",
		"\"\"",
		"\"adapter\"",
		"\"MIT\"",
		"[]",
		"[7]",
		"[\"a\", \"a\", 7]",
		"{}",
		"{\"nested\": 1}",
	];

	#[test]
	fn no_field_of_a_data_set_is_dropped_silently_whatever_it_holds() {
		for field in ["name", "pretty_name", "license", "keywords", "tags", "citeAs", "a field of tomorrow"] {
			for value in VALUES {
				let object = format!(r#"{{"@type": "Dataset", "zzz": 1, "{field}": {value}}}"#);
				for card in [object.clone(), format!("---\n{object}\n---\n# A heading\n")] {
					for licence in [false, true] {
						let (_directory, path) = file(&card);
						match data_set(&path, LIMITS, licence) {
							Ok(DataSet { imported, .. }) => {
								let told = ["@type", "zzz", field].map(|field| is_told(&imported, field));
								assert_eq!(told, [true; 3], "{card}: {imported:?}");
							}
							Err(refused) => {
								let named = refused.name == "LicenceNotUnderstood" && field == "license";
								assert!(licence && named, "{card}: {refused}");
							}
						}
					}
				}
			}
		}
	}

	#[test]
	fn no_field_of_a_model_card_is_dropped_silently_whatever_it_holds() {
		for field in ["base_model", "base_model_relation", "library_name", "license", "a field of tomorrow"] {
			for value in VALUES {
				let card = format!("---\n{{\"zzz\": 1, \"{field}\": {value}}}\n---\n");
				let (_directory, path) = file(&card);
				match model(&path) {
					Ok(ModelCard { imported, .. }) => {
						let told = ["zzz", field].map(|field| is_told(&imported, field));
						assert_eq!(told, [true; 2], "{card}: {imported:?}");
					}
					Err(refused) => {
						let named = refused.name == "UnknownRelation" && field == "base_model_relation";
						assert!(named && value != "null", "{card}: {refused}");
					}
				}
			}
		}
		// A relation that is no text is not understood, and not taken for one that is implied.
		let (_directory, path) = file("---\nbase_model: a/b\nbase_model_relation: [adapter]\n---\n");
		assert_eq!(model(&path).unwrap_err().name, "UnknownRelation");
	}

	#[test]
	fn cards_as_they_are_written_are_read_whatever_their_other_fields_hold() {
		// Keys that are numbers, as cards had them before they were quoted; a language that YAML 1.1 took for a boolean.
		let old = [
			"---",
			"annotations_creators:",
			"- expert-generated",
			"language:",
			"- no",
			"license:",
			"- cc-by-sa-4.0",
			"pretty_name: SST-2",
			"dataset_info:",
			"  features:",
			"  - name: label",
			"    dtype:",
			"      class_label:",
			"        names:",
			"          0: negative",
			"          1: positive",
			"  splits:",
			"  - {name: train, num_bytes: 4690022}",
			"---",
			"",
			"# SST-2",
		];
		let found = set(&old.join("\n")).unwrap();
		assert_eq!((found.name.as_deref(), found.licence.as_deref()), (Some("SST-2"), Some("CC-BY-SA-4.0")));
		let mut left = found.imported.left;
		left.sort();
		assert_eq!(left, ["annotations_creators", "dataset_info", "language"]);
		// What evaluations of models leave behind.
		let metrics = "model-index:\n- name: m\n  results:\n  - metrics:\n    - {type: loss, value: .nan}\n";
		let (_directory, path) = file(&format!("---\nbase_model: a/b\n{metrics}---\ntext"));
		let card = model(&path).unwrap();
		assert_eq!(
			(card.kind, card.imported.left),
			(Kind::FineTune, vec!["base_model".into(), "model-index".into()])
		);
	}

	#[test]
	fn what_is_no_card_is_refused() {
		for text in [
			"",
			"# A readme without front matter",
			"---\nnever: ends",
			"[]",
			"---\n- a\n- b\n---\n",
			"---\na: [\n---\n",
		] {
			assert_eq!(set(text).unwrap_err().name, "CardUnusable", "{text:?}");
			let (_directory, path) = file(text);
			assert_eq!(model(&path).unwrap_err().name, "CardUnusable", "{text:?}");
		}
		let bomb = format!("---\na: &a [x,x,x,x,x,x,x,x,x]\nb: &b [{0}]\nc: &c [{1}]\nd: &d [{2}]\ne: &e [{3}]\nf: &f [{4}]\ng: &g [{5}]\nh: [{6}]\n---\n",
			["*a"; 9].join(","), ["*b"; 9].join(","), ["*c"; 9].join(","), ["*d"; 9].join(","), ["*e"; 9].join(","), ["*f"; 9].join(","), ["*g"; 9].join(","));
		assert_eq!(set(&bomb).unwrap_err().name, "CardUnusable", "aliases that grow without bound");
	}
}
