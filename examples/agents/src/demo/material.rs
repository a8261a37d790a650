//! What the datanet is made of: text files of a directory, shared out among two contributors; and questions about them.
//!
//! # Must not
//! Take more than a demonstration needs, or follow a link.
//!
//! # Invariants
//! The same directory gives the same files, shares and questions.

use anyhow::{ensure, Context, Result};
use std::{
	collections::BTreeSet,
	fs,
	path::{Path, PathBuf},
};

/// Who contributes, and files with which ending.
pub const SHARES: [(&str, &str); 2] = [("writer", "md"), ("programmer", "rs")];

/// Files of each contributor, at most: a batch's claims are for no more than 128 contributions.
const FILES_MAX: usize = 48;

/// Bytes of a file.
const FILE_BYTES: std::ops::RangeInclusive<u64> = 512..=64 << 10;

/// Directories that are looked into, at most.
const DIRECTORIES_MAX: usize = 4_096;

/// Characters of a line that a question is made of.
const LINE_CHARS: std::ops::RangeInclusive<usize> = 40..=240;

/// Words of a question.
const WORDS: usize = 6;

/// Names of directories that hold what others wrote, or what was built.
const LEFT_OUT: [&str; 3] = ["target", "node_modules", "fuzz"];

/// Copies files below `from` to `to/NAME` for each contributor; the lines that questions are made of.
///
/// # Errors
/// There are too few text files.
pub fn gather(from: &Path, to: &Path) -> Result<Vec<String>> {
	let (mut lines, mut seen) = (Vec::new(), BTreeSet::new());
	let all = files(from)?;
	for (name, ending) in SHARES {
		let directory = to.join(name);
		fs::create_dir_all(&directory)?;
		let mut count = 0;
		for path in all.iter().filter(|path| path.extension().is_some_and(|of| of == ending)) {
			let bytes = fs::read(path)?;
			let Ok(text) = std::str::from_utf8(&bytes) else { continue };
			// The chain knows no two contributions with the same bytes.
			if count == FILES_MAX || !seen.insert(*blake3::hash(&bytes).as_bytes()) {
				continue;
			}
			lines.extend(text.lines().map(str::trim).filter(|line| is_good(line)).map(String::from));
			let relative = path.strip_prefix(from).unwrap_or(path).to_string_lossy().replace('/', "_");
			fs::write(directory.join(relative), &bytes)?;
			count += 1;
		}
		ensure!(
			count > 0,
			"{} has no .{ending} files of {FILE_BYTES:?} bytes; name another directory",
			from.display()
		);
	}
	ensure!(!lines.is_empty(), "the files of {} have no lines to ask about", from.display());
	Ok(lines)
}

/// The beginning of a line, to be gone on from: at most half of what would be an echo in a claim.
pub fn beginning(lines: &[String], number: u64) -> String {
	line(lines, number).chars().take(*LINE_CHARS.start()).collect()
}

/// A question about what a line is about.
pub fn question(lines: &[String], number: u64) -> String {
	let letters = |word: &&str| word.chars().filter(|character| character.is_alphabetic()).count() > 3;
	let words: Vec<&str> = line(lines, number).split_whitespace().filter(letters).take(WORDS).collect();
	format!("What is said about {}?", words.join(" "))
}

/// Lines far from each other for numbers beside each other.
fn line(lines: &[String], number: u64) -> &str {
	let place = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % lines.len().max(1) as u64;
	lines.get(place as usize).map_or("", String::as_str)
}

fn is_good(line: &str) -> bool {
	LINE_CHARS.contains(&line.chars().count()) && line.split_whitespace().count() >= WORDS
}

/// All files of a fitting size, in the order of their paths.
fn files(directory: &Path) -> Result<Vec<PathBuf>> {
	let (mut found, mut left, mut looked_at) = (Vec::new(), vec![directory.to_path_buf()], 0);
	while let Some(directory) = left.pop() {
		looked_at += 1;
		ensure!(
			looked_at <= DIRECTORIES_MAX,
			"there are more than {DIRECTORIES_MAX} directories; name a smaller one"
		);
		let entries =
			fs::read_dir(&directory).with_context(|| format!("{} cannot be read", directory.display()))?;
		for entry in entries {
			let entry = entry?;
			let name = entry.file_name();
			let name = name.to_string_lossy();
			let kind = entry.file_type()?;
			if name.starts_with('.') || LEFT_OUT.contains(&&*name) {
				continue;
			}
			if kind.is_dir() {
				left.push(entry.path());
			} else if kind.is_file() && FILE_BYTES.contains(&entry.metadata()?.len()) {
				found.push(entry.path());
			}
		}
	}
	found.sort();
	Ok(found)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn files_are_shared_out_by_their_endings_and_no_two_are_the_same() {
		let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
		let write = |name: &str, text: &str| {
			let path = from.path().join(name);
			fs::create_dir_all(path.parent().unwrap()).unwrap();
			fs::write(path, text).unwrap();
		};
		let long = |word: &str| format!("a line of quite some words about the {word} here\n").repeat(20);
		write("a.md", &long("river"));
		write("docs/b.md", &long("mountain"));
		write("docs/copy.md", &long("river"));
		write("src/main.rs", &long("program"));
		write("short.md", "short");
		write(".hidden/c.md", &long("secret"));
		write("target/d.rs", &long("target"));
		let lines = gather(from.path(), to.path()).unwrap();
		let names = |share: &str| -> BTreeSet<String> {
			let entries = fs::read_dir(to.path().join(share)).unwrap();
			entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
		};
		assert_eq!(names("writer"), BTreeSet::from(["a.md".into(), "docs_b.md".into()]));
		assert_eq!(names("programmer"), BTreeSet::from(["src_main.rs".into()]));
		assert_eq!(lines.len(), 60);
		assert_eq!(question(&lines, 0), "What is said about line quite some words about river?");
		assert_eq!(beginning(&lines, 0).chars().count(), lines[0].chars().count().min(40));
		let asked: BTreeSet<_> = (0..50).map(|number| question(&lines, number)).collect();
		assert_eq!(asked.len(), 3, "numbers lead to different lines");
		assert!(gather(to.path(), from.path()).is_ok(), "what was copied is good for another datanet");
		fs::remove_dir_all(to.path().join("writer")).unwrap();
		assert!(gather(to.path(), from.path()).is_err(), "nobody has anything to write");
	}
}
