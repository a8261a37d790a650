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
use plexus_primitives::{
	api::LicenceInfo,
	text::{is_media_type, is_uri},
	Content,
};
use spdx::Expression;
use std::{
	io::{self, Read},
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

/// How long texts may be on this chain.
#[derive(Clone, Copy)]
pub(super) struct Limits {
	pub(super) locator_bytes: usize,
	pub(super) media_type_bytes: usize,
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
	pub(super) fn new(given: &Given, offered: &LicenceInfo, limits: Limits) -> Result<Self, Failure> {
		let media_type_fits =
			|given: &str| is_media_type(given.as_bytes()) && given.len() <= limits.media_type_bytes;
		if let Some(unfit) = given.media_type.filter(|given| !media_type_fits(given)) {
			return Err(Failure::input(
				"InvalidMediaType",
				format!(
					"--media-type: `{unfit}` is no media type of at most {} bytes",
					limits.media_type_bytes
				),
				"write one like text/plain, or leave it out: each file's name suggests one",
			));
		}
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
		let locator_bytes_max = limits.locator_bytes;
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
	/// It is about no package: the next one above decides.
	NoPackage,
}

/// Looks from the directory upwards, not above the root. A manifest that is there and not understood decides too: the one
/// above it may say something else.
fn check(root: &Path, directory: &Path, offered: &Expression) -> Result<(), Stated> {
	let mut inherited = false;
	for place in directory.ancestors().take_while(|place| place.starts_with(root)) {
		for name in ["Cargo.toml", "package.json"] {
			if inherited && name == "package.json" {
				continue;
			}
			let path = place.join(name);
			let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string();
			let unreadable = |cause: String| Stated {
				cause: format!("{shown} cannot be read: {cause}"),
				remedy: "repair it, or contribute without --manifests if you know the licence",
			};
			let Some(text) = read(&path).map_err(unreadable)? else { continue };
			let manifest = if name == "Cargo.toml" { cargo(&text, inherited) } else { npm(&text) };
			match manifest.map_err(unreadable)? {
				Manifest::Licence(expression) => return compare(&shown, &expression, offered),
				Manifest::Inherited => inherited = true,
				Manifest::None => {
					return Err(Stated {
						cause: format!("{shown} states no licence"),
						remedy: "state one there, or contribute without --manifests if you know it",
					})
				}
				Manifest::NoPackage => {}
			}
		}
	}
	Err(Stated {
		cause: "there is no Cargo.toml or package.json with a licence above it".into(),
		remedy: "state the licence in one, or contribute without --manifests if you know it",
	})
}

/// The text of a manifest; nothing if there is none. Links are followed: what they lead to is what the package has.
fn read(path: &Path) -> Result<Option<String>, String> {
	let is_absent = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
	match path.symlink_metadata() {
		Ok(_) => {}
		Err(error) if is_absent(&error) => return Ok(None),
		Err(error) => return Err(error.to_string()),
	}
	// Before it is opened: a pipe would be waited for.
	if !path.metadata().map_err(|error| error.to_string())?.is_file() {
		return Err("it is no file".into());
	}
	let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
	let mut text = String::new();
	let read = file.take(MANIFEST_BYTES_MAX + 1).read_to_string(&mut text);
	if read.map_err(|error| error.to_string())? as u64 > MANIFEST_BYTES_MAX {
		return Err(format!("it is longer than {MANIFEST_BYTES_MAX} bytes"));
	}
	// Editors of some systems begin a file with a mark that neither format knows.
	Ok(Some(text.strip_prefix('\u{feff}').map(str::to_string).unwrap_or(text)))
}

/// While the licence is inherited, only that of a workspace counts.
fn cargo(manifest: &str, inherited: bool) -> Result<Manifest, String> {
	let manifest: toml::Table =
		manifest.parse().map_err(|error: toml::de::Error| error.message().to_string())?;
	let workspace = manifest.get("workspace");
	let shared = || workspace.and_then(|workspace| workspace.get("package")?.get("license")?.as_str());
	let shared = || shared().map(|shared| Manifest::Licence(shared.to_string()));
	if inherited {
		let otherwise = if workspace.is_some() { Manifest::None } else { Manifest::NoPackage };
		return Ok(shared().unwrap_or(otherwise));
	}
	let Some(package) = manifest.get("package") else { return Ok(Manifest::NoPackage) };
	let licence = package.get("license");
	let is_inherited =
		licence.and_then(|licence| licence.get("workspace")).and_then(toml::Value::as_bool) == Some(true);
	Ok(match licence.and_then(toml::Value::as_str) {
		Some(expression) => Manifest::Licence(expression.to_string()),
		None if is_inherited && workspace.is_some() => shared().unwrap_or(Manifest::None),
		None if is_inherited => Manifest::Inherited,
		None => Manifest::None,
	})
}

fn npm(manifest: &str) -> Result<Manifest, String> {
	let manifest: serde_json::Value = serde_json::from_str(manifest).map_err(|error| error.to_string())?;
	let manifest = manifest.as_object().ok_or("it is JSON, but no object")?;
	Ok(match manifest.get("license").and_then(serde_json::Value::as_str) {
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

	const LIMITS: Limits = Limits { locator_bytes: 64, media_type_bytes: 64 };

	fn terms(licence: Option<&str>, manifests: bool, locator: &str) -> Result<Terms, Failure> {
		let offered = LicenceInfo::Spdx(b"MIT OR Apache-2.0".to_vec());
		Terms::new(&Given { licence, manifests, locator, media_type: None }, &offered, LIMITS)
	}

	#[test]
	fn a_media_type_that_the_chain_would_refuse_is_refused_before_anything_is_sent() {
		let offered = LicenceInfo::Spdx(b"MIT".to_vec());
		let given = |media_type| Given { licence: None, manifests: false, locator: "", media_type };
		let long = format!("text/{}", "x".repeat(64));
		for bad in ["", "text", "text/ plain", "text/plain\n", &long] {
			let refused = Terms::new(&given(Some(bad)), &offered, LIMITS).err().expect(bad);
			assert_eq!(refused.name, "InvalidMediaType");
		}
		let terms = Terms::new(&given(Some("text/plain; charset=utf-8")), &offered, LIMITS).unwrap();
		assert_eq!(terms.media_type(), Some("text/plain; charset=utf-8"));
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
		assert_eq!(Terms::new(&given, &own, LIMITS).err().unwrap().name, "DatanetHasTerms");
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
			("space/marked/Cargo.toml", "\u{feff}[package]\nlicense = \"MIT\""),
			("space/npm/package.json", "\u{feff}{\"license\": \"MIT OR Apache-2.0\"}"),
			("space/in/npm/Cargo.toml", "[package]\nlicense.workspace = true"),
			("space/in/npm/package.json", "{\"license\": \"MIT\"}"),
		] {
			std::fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
			std::fs::write(root.join(path), text).unwrap();
		}
		let mut terms = terms(None, true, "").unwrap();
		for path in [
			"both/src/deep/lib.rs",
			"space/in/lib.rs",
			"npm/index.js",
			"space/npm/index.js",
			"space/in/npm/lib.rs",
		] {
			assert_eq!(terms.check_licence(root, path), Ok(()), "{path}");
		}
		for (path, part) in [
			("one/lib.rs", "`MIT`"),
			("none/lib.rs", "states no licence"),
			("odd/lib.rs", "see file"),
			("space/marked/lib.rs", "`MIT`"),
			("bare.txt", "there is no Cargo.toml"),
		] {
			let refusal = terms.check_licence(root, path).unwrap_err();
			assert!(refusal.cause.contains(part) && refusal.path == path, "{refusal:?}");
		}
	}

	#[test]
	fn a_manifest_that_is_there_and_cannot_be_read_is_not_passed_over() {
		let directory = tempfile::tempdir().unwrap();
		let root = directory.path();
		std::fs::write(root.join("Cargo.toml"), "[package]\nlicense = \"MIT OR Apache-2.0\"").unwrap();
		let long = " ".repeat(MANIFEST_BYTES_MAX as usize + 1);
		let inherits = "[package]\nlicense.workspace = true";
		for (place, name, bytes) in [
			("broken", "Cargo.toml", &b"[package\nlicense = \"MIT\""[..]),
			("binary", "Cargo.toml", b"\xff\xfe"),
			("long", "package.json", long.as_bytes()),
			("array", "package.json", b"[]"),
			("cut", "package.json", b"{\"license\": "),
		] {
			std::fs::create_dir(root.join(place)).unwrap();
			std::fs::write(root.join(place).join(name), bytes).unwrap();
			let refusal = terms(None, true, "").unwrap().check_licence(root, &format!("{place}/file"));
			let cause = refusal.expect_err(place).cause;
			assert!(cause.starts_with(&format!("{place}/{name} cannot be read")), "{cause}");
		}
		std::fs::create_dir_all(root.join("odd/Cargo.toml")).unwrap();
		std::fs::create_dir(root.join("link")).unwrap();
		std::os::unix::fs::symlink("nowhere", root.join("link/Cargo.toml")).unwrap();
		std::fs::create_dir_all(root.join("space/in")).unwrap();
		std::fs::write(root.join("space/Cargo.toml"), "[workspace]").unwrap();
		std::fs::write(root.join("space/in/Cargo.toml"), inherits).unwrap();
		for path in ["odd/file", "link/file", "space/in/file"] {
			assert!(terms(None, true, "").unwrap().check_licence(root, path).is_err(), "{path}");
		}
		// What is about no package leaves it to the next one above.
		std::fs::create_dir(root.join("tool")).unwrap();
		std::fs::write(root.join("tool/Cargo.toml"), "[profile.release]\nlto = true").unwrap();
		assert_eq!(terms(None, true, "").unwrap().check_licence(root, "tool/file"), Ok(()));
	}
}
