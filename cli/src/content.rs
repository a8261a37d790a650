//! Names a local file: its root, its length, and the proof of that length.
//!
//! # Must not
//! Hold a file in memory, or map it: a file that shrinks while it is mapped kills the process.
//!
//! # Invariants
//! Memory does not depend on the file's size. Hashing runs outside the async threads.

use crate::{address::parse_hex32, failure::Failure, output::clean};
use indicatif::{ProgressBar, ProgressStyle};
use plexus_primitives::prove::{prove_reader, ProveError, ProvenContent};
use std::{
	fs::File,
	io::IsTerminal,
	path::{Path, PathBuf},
};

/// Smaller files are hashed before a progress bar could be read.
const PROGRESS_BYTES_MIN: u64 = 64 << 20;

/// Hashes a file once.
///
/// # Errors
/// It cannot be read, or it is empty.
pub(crate) async fn prove_file(path: PathBuf) -> Result<ProvenContent, Failure> {
	tokio::task::spawn_blocking(move || prove(&path)).await.unwrap_or_else(|stopped| {
		Err(Failure::input(
			"HashingStopped",
			stopped.to_string(),
			"run the command again; if it repeats, please report it",
		))
	})
}

fn prove(path: &Path) -> Result<ProvenContent, Failure> {
	let unreadable = |cause: String| {
		Failure::input(
			"FileUnreadable",
			format!("{}: {cause}", path.display()),
			"name a file that exists and that you may read",
		)
	};
	let file = File::open(path).map_err(|error| unreadable(error.to_string()))?;
	let metadata = file.metadata().map_err(|error| unreadable(error.to_string()))?;
	if metadata.is_dir() {
		return Err(Failure::input(
			"NotAFile",
			format!("{} is a directory", path.display()),
			"contribute all its files with `plexus contribute DIR`, or an archive of it",
		));
	}
	let bar = progress_bar(metadata.len());
	let proven = prove_reader(file, |hashed| bar.set_position(hashed)).map_err(|error| match error {
		ProveError::EmptyContent => Failure::input(
			"EmptyContent",
			format!("{} is empty", path.display()),
			"only content of at least one byte can be registered",
		),
		ProveError::Read { .. } => unreadable(error.to_string()),
	});
	bar.finish_and_clear();
	proven
}

fn progress_bar(len: u64) -> ProgressBar {
	if len < PROGRESS_BYTES_MIN || !std::io::stderr().is_terminal() {
		return ProgressBar::hidden();
	}
	let style = ProgressStyle::with_template("hashing {bar:32} {bytes}/{total_bytes} {bytes_per_sec} {eta}");
	ProgressBar::new(len).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Reads a root as `b3sum` prints it.
///
/// # Errors
/// The text is not 64 hexadecimal digits, with or without `0x`.
pub(crate) fn parse_root(text: &str) -> Result<[u8; 32], Failure> {
	parse_hex32(text.trim()).ok_or_else(|| {
		Failure::input(
			"InvalidRoot",
			format!("`{}` is no BLAKE3 hash", clean(text)),
			"give 64 hexadecimal digits, as b3sum prints them",
		)
	})
}

/// The media type that a file's name suggests.
pub(crate) fn media_type(path: &Path) -> &'static str {
	let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
	match extension.to_ascii_lowercase().as_str() {
		"txt" | "log" | "text" => "text/plain",
		"md" | "markdown" => "text/markdown",
		"csv" => "text/csv",
		"html" | "htm" => "text/html",
		"json" => "application/json",
		"jsonl" | "ndjson" => "application/jsonl",
		"xml" => "application/xml",
		"pdf" => "application/pdf",
		"rs" => "text/x-rust",
		"py" => "text/x-python",
		"c" | "h" => "text/x-c",
		"toml" => "application/toml",
		"yaml" | "yml" => "application/yaml",
		"js" | "mjs" => "text/javascript",
		"css" => "text/css",
		"parquet" => "application/vnd.apache.parquet",
		"zip" => "application/zip",
		"gz" | "tgz" => "application/gzip",
		"zst" => "application/zstd",
		"tar" => "application/x-tar",
		"png" => "image/png",
		"jpg" | "jpeg" => "image/jpeg",
		"webp" => "image/webp",
		"svg" => "image/svg+xml",
		"mp3" => "audio/mpeg",
		"wav" => "audio/wav",
		"flac" => "audio/flac",
		"mp4" => "video/mp4",
		_ => "application/octet-stream",
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use plexus_primitives::verify_length_proof;

	#[tokio::test]
	async fn a_files_name_is_its_hash_and_the_chain_would_accept_the_proof() {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("data.txt");
		for (bytes, root) in [
			// b3sum of "abc".
			(b"abc".to_vec(), Some("6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85")),
			(vec![7; 3 * 1024 * 1024 + 5], None),
		] {
			std::fs::write(&path, &bytes).unwrap();
			let proven = prove_file(path.clone()).await.unwrap();
			assert_eq!(proven.content.len, bytes.len() as u64);
			if let Some(root) = root {
				assert_eq!(hex::encode(proven.content.root), root);
			}
			verify_length_proof(&proven.content, &proven.length_proof)
				.expect("the prover and the verifier agree");
		}
	}

	#[tokio::test]
	async fn what_cannot_be_registered_is_refused_before_it_is_sent() {
		let directory = tempfile::tempdir().unwrap();
		let empty = directory.path().join("empty");
		std::fs::write(&empty, b"").unwrap();
		for (path, name) in [
			(empty, "EmptyContent"),
			(directory.path().to_path_buf(), "NotAFile"),
			(directory.path().join("missing"), "FileUnreadable"),
		] {
			assert_eq!(prove_file(path).await.unwrap_err().name, name);
		}
	}

	#[test]
	fn roots_are_read_as_b3sum_prints_them() {
		let digits = "ab".repeat(32);
		assert_eq!(parse_root(&format!("{digits}\n")).unwrap(), [0xab; 32]);
		assert_eq!(parse_root(&format!("0x{digits}")).unwrap(), [0xab; 32]);
		for text in ["", "ab", &digits[1..], "zz"] {
			assert_eq!(parse_root(text).unwrap_err().name, "InvalidRoot", "{text:?}");
		}
	}

	#[test]
	fn media_types_follow_the_extension() {
		assert_eq!(media_type(Path::new("a/README.MD")), "text/markdown");
		assert_eq!(media_type(Path::new("archive.tar.gz")), "application/gzip");
		assert_eq!(media_type(Path::new("noextension")), "application/octet-stream");
	}
}
