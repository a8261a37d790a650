//! Under what terms a file is contributed: its licence, its media type, where others find it.
//!
//! # Must not
//! Look a locator up, or guess a licence: what no manifest states is refused by name.

use super::walk::Refusal;
use crate::{
	failure::Failure,
	licence,
	output::{hex, text},
};
use plexus_primitives::{api::LicenceInfo, text::is_uri, Content};
use spdx::Expression;
use std::{
	io::Read,
	path::{Path, PathBuf},
};

/// The longest manifest that is read.
const MANIFEST_BYTES_MAX: u64 = 1 << 20;

/// The terms of a run.
#[derive(Clone)]
pub(crate) struct Terms {
	locator: String,
	locator_bytes_max: usize,
	media_type: Option<String>,
	/// What the datanet offers; nothing if it has terms of its own or manifests are not asked.
	manifests: Option<Expression>,
	/// What the manifest above the last file's directory said.
	last: Option<(PathBuf, Result<(), Stated>)>,
}

/// Why a manifest does not do.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Stated {
	cause: String,
	remedy: &'static str,
}

/// What the command says about terms.
pub(super) struct Given<'a> {
	pub(super) licence: Option<&'a str>,
	pub(super) manifests: bool,
	pub(super) locator: &'a str,
	pub(super) media_type: Option<&'a str>,
}

impl Terms {
	/// No rules at all, for files that are only looked up.
	pub(crate) fn none() -> Self {
		Self { locator: String::new(), locator_bytes_max: 0, media_type: None, manifests: None, last: None }
	}

	/// What was given, checked against what the datanet offers.
	///
	/// # Errors
	/// The licence is none, or not to be offered under the datanet's; the template or the media type cannot be used.
	pub(super) fn new(
		given: &Given,
		offered: &LicenceInfo,
		locator_bytes_max: usize,
	) -> Result<Self, Failure> {
		let offered = match offered {
			LicenceInfo::Spdx(expression) => Some(text(expression)),
			LicenceInfo::Terms(_) => None,
		};
		let no_expression = || {
			Failure::input(
				"DatanetHasTerms",
				"the datanet has terms of its own, and no licence that could be compared",
				"read the terms, and leave out --licence and --manifests",
			)
		};
		if let Some(stated) = given.licence {
			let offered = offered.as_deref().ok_or_else(no_expression)?;
			if !licence::allows(&licence::parse(stated)?, &lax(offered)?) {
				return Err(Failure::input(
					"LicenceDiffers",
					format!(
						"the datanet offers under `{offered}`, which files under `{stated}` do not allow"
					),
					"choose a datanet with their licence; `plexus query datanets` shows it",
				));
			}
		}
		let manifests = match given.manifests {
			true => Some(lax(offered.as_deref().ok_or_else(no_expression)?)?),
			false => None,
		};
		let (locator, media_type) = (given.locator.to_string(), given.media_type.map(str::to_string));
		let terms = Self { locator, locator_bytes_max, media_type, manifests, last: None };
		terms.locator("a", &Content { root: [0; 32], len: 1 }).map_err(|refusal| {
			Failure::input("InvalidLocator", format!("--locator: {}", refusal.cause), refusal.remedy)
		})?;
		Ok(terms)
	}

	/// The media type of every file, if one was given.
	pub(super) fn media_type(&self) -> Option<&str> {
		self.media_type.as_deref()
	}

	/// Where this file is, by the template: `{path}` with all that a URI does not take in per cent, `{name}` likewise,
	/// `{root}` in hexadecimal.
	pub(super) fn locator(&self, path: &str, content: &Content) -> Result<String, Refusal> {
		if self.locator.is_empty() {
			return Ok(String::new());
		}
		let name = path.rsplit('/').next().unwrap_or(path);
		let root = hex(content.root);
		let locator = self
			.locator
			.replace("{root}", root.trim_start_matches("0x"))
			.replace("{name}", &escaped(name))
			.replace("{path}", &escaped(path));
		if !is_uri(locator.as_bytes()) {
			let remedy = "write a URI like https://example.org/{path}, with {path}, {name} or {root} where they belong";
			return Err(Refusal::new(path, format!("`{locator}` is no URI"), remedy));
		}
		if locator.len() > self.locator_bytes_max {
			let cause = format!(
				"its locator has {} bytes, and the most is {}",
				locator.len(),
				self.locator_bytes_max
			);
			return Err(Refusal::new(
				path,
				cause,
				"use {root} instead of {path} in --locator, or shorten its path",
			));
		}
		Ok(locator)
	}

	/// Whether the nearest manifest above the file allows to offer it under the datanet's licence; always, if manifests
	/// are not asked.
	pub(super) fn check_licence(&mut self, root: &Path, path: &str) -> Result<(), Refusal> {
		let Some(offered) = &self.manifests else { return Ok(()) };
		let directory = root.join(path).parent().map(Path::to_path_buf).unwrap_or_default();
		let known = self.last.as_ref().filter(|(last, _)| *last == directory);
		let checked = match known {
			Some((_, checked)) => checked.clone(),
			None => {
				let checked = check(root, &directory, offered);
				self.last = Some((directory, checked.clone()));
				checked
			}
		};
		checked.map_err(|stated| Refusal::new(path, stated.cause, stated.remedy))
	}
}

fn lax(expression: &str) -> Result<Expression, Failure> {
	licence::parse_lax(expression).ok_or_else(|| {
		Failure::input(
			"UnknownLicence",
			format!("the datanet's licence `{expression}` is not on the SPDX list, so that nothing can be compared with it"),
			"leave out --licence and --manifests",
		)
	})
}

/// What a URI has as it is between slashes (RFC 3986, 3.3: unreserved); the slashes of a path stay.
fn escaped(path: &str) -> String {
	path.bytes()
		.map(|byte| match byte {
			b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
				char::from(byte).to_string()
			}
			_ => format!("%{byte:02X}"),
		})
		.collect()
}

/// What a manifest says of its licence.
enum Manifest {
	Licence(String),
	/// That of the workspace, further up.
	Inherited,
	/// It says nothing.
	None,
}

/// Looks from the directory upwards, not above the root.
fn check(root: &Path, directory: &Path, offered: &Expression) -> Result<(), Stated> {
	let mut inherited = false;
	for place in directory.ancestors().take_while(|place| place.starts_with(root)) {
		let shown = |name: &str| place.join(name).strip_prefix(root).unwrap_or(place).display().to_string();
		for name in ["Cargo.toml", "package.json"] {
			let Some(bytes) = read(&place.join(name)) else { continue };
			let manifest = if name == "Cargo.toml" { cargo(&bytes, inherited) } else { npm(&bytes) };
			match manifest {
				Some(Manifest::Licence(expression)) => return compare(&shown(name), &expression, offered),
				Some(Manifest::Inherited) => inherited = true,
				Some(Manifest::None) if !inherited => {
					return Err(Stated {
						cause: format!("{} states no licence", shown(name)),
						remedy: "state one there, or contribute without --manifests if you know it",
					})
				}
				// A workspace without a package, or what is no manifest after all.
				Some(Manifest::None) | None => {}
			}
		}
	}
	Err(Stated {
		cause: "there is no Cargo.toml or package.json with a licence above it".into(),
		remedy: "state the licence in one, or contribute without --manifests if you know it",
	})
}

fn read(path: &Path) -> Option<String> {
	let file = std::fs::File::open(path).ok()?;
	let mut text = String::new();
	file.take(MANIFEST_BYTES_MAX).read_to_string(&mut text).ok()?;
	Some(text)
}

/// `None` for a workspace without a package.
fn cargo(manifest: &str, inherited: bool) -> Option<Manifest> {
	let manifest: toml::Table = manifest.parse().ok()?;
	if inherited {
		let shared = manifest.get("workspace")?.get("package")?.get("license")?.as_str()?;
		return Some(Manifest::Licence(shared.to_string()));
	}
	Some(match manifest.get("package")?.get("license") {
		Some(toml::Value::String(expression)) => Manifest::Licence(expression.clone()),
		Some(toml::Value::Table(table))
			if table.get("workspace").and_then(toml::Value::as_bool) == Some(true) =>
		{
			match manifest.get("workspace").and_then(|of| of.get("package")?.get("license")?.as_str()) {
				Some(shared) => Manifest::Licence(shared.to_string()),
				None => Manifest::Inherited,
			}
		}
		_ => Manifest::None,
	})
}

fn npm(manifest: &str) -> Option<Manifest> {
	let manifest: serde_json::Value = serde_json::from_str(manifest).ok()?;
	let manifest = manifest.as_object()?;
	Some(match manifest.get("license").and_then(serde_json::Value::as_str) {
		Some(expression) => Manifest::Licence(expression.to_string()),
		None => Manifest::None,
	})
}

fn compare(manifest: &str, stated: &str, offered: &Expression) -> Result<(), Stated> {
	let elsewhere = "contribute it to a datanet with its licence";
	let Some(given) = licence::parse_lax(stated) else {
		return Err(Stated {
			cause: format!("{manifest} states `{stated}`, which is no SPDX expression"),
			remedy: elsewhere,
		});
	};
	if licence::allows(&given, offered) {
		return Ok(());
	}
	Err(Stated {
		cause: format!("{manifest} states `{stated}`, which cannot be offered under `{offered}`"),
		remedy: elsewhere,
	})
}

#[cfg(test)]
mod tests {
	use super::*;

	fn terms(licence: Option<&str>, manifests: bool, locator: &str) -> Result<Terms, Failure> {
		let offered = LicenceInfo::Spdx(b"MIT OR Apache-2.0".to_vec());
		Terms::new(&Given { licence, manifests, locator, media_type: None }, &offered, 64)
	}

	#[test]
	fn a_locator_is_a_template_whose_result_is_a_uri() {
		let content = Content { root: [0xab; 32], len: 1 };
		let of = |template: &str, path: &str| terms(None, false, template).unwrap().locator(path, &content);
		assert_eq!(of("", "a"), Ok(String::new()));
		assert_eq!(of("https://h/{path}", "a b/ü.txt"), Ok("https://h/a%20b/%C3%BC.txt".into()));
		assert_eq!(of("ipfs:{name}", "a/{root}"), Ok("ipfs:%7Broot%7D".into()), "names are no templates");
		let long = of("https://example.org/{path}", &"x".repeat(60)).unwrap_err();
		assert!(long.cause.contains("64") && long.remedy.contains("{root}"), "{long:?}");
		assert_eq!(terms(None, false, "no uri").err().unwrap().name, "InvalidLocator");
	}

	#[test]
	fn a_stated_licence_must_allow_what_the_datanet_offers() {
		assert!(terms(Some("Apache-2.0 OR MIT"), false, "").is_ok());
		assert_eq!(terms(Some("MIT"), false, "").err().unwrap().name, "LicenceDiffers");
		assert_eq!(terms(Some("Mitt"), false, "").err().unwrap().name, "InvalidLicence");
		let own = LicenceInfo::Terms(Content { root: [1; 32], len: 1 });
		let given = Given { licence: None, manifests: true, locator: "", media_type: None };
		assert_eq!(Terms::new(&given, &own, 64).err().unwrap().name, "DatanetHasTerms");
	}

	#[test]
	fn the_nearest_manifest_decides_and_what_it_lacks_is_named() {
		let directory = tempfile::tempdir().unwrap();
		let root = directory.path();
		for (path, text) in [
			("both/Cargo.toml", "[package]\nname = \"a\"\nlicense = \"MIT/Apache-2.0\""),
			("one/Cargo.toml", "[package]\nlicense = \"MIT\""),
			("none/Cargo.toml", "[package]\nname = \"a\""),
			("space/Cargo.toml", "[workspace.package]\nlicense = \"Apache-2.0 OR MIT\""),
			("space/in/Cargo.toml", "[package]\nlicense.workspace = true"),
			("npm/package.json", "{\"license\": \"Zlib OR MIT OR Apache-2.0\"}"),
			("odd/Cargo.toml", "[package]\nlicense = \"see file\""),
		] {
			std::fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
			std::fs::write(root.join(path), text).unwrap();
		}
		let mut terms = terms(None, true, "").unwrap();
		for path in ["both/src/deep/lib.rs", "space/in/lib.rs", "npm/index.js"] {
			assert_eq!(terms.check_licence(root, path), Ok(()), "{path}");
		}
		for (path, part) in [
			("one/lib.rs", "`MIT`"),
			("none/lib.rs", "states no licence"),
			("odd/lib.rs", "see file"),
			("bare.txt", "there is no Cargo.toml"),
		] {
			let refusal = terms.check_licence(root, path).unwrap_err();
			assert!(refusal.cause.contains(part) && refusal.path == path, "{refusal:?}");
		}
	}
}
