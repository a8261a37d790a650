//! Figures of the search over contributions: how long an index takes to build, its memory, and how fast it answers.
//!
//! `cargo bench -p plexus-attribution --bench spans -- MB [DIR]`: MB million bytes (64 unless given) of made-up text, or of
//! the files below DIR. `scripts/bench spans MB [DIR]` does the same. It measures, it judges nothing.
//!
//! The text is words of a vocabulary of 50,000 by Zipf's law, in files of 4 to 256 KB. Outputs are 2,048 bytes, of three kinds:
//! words of the same vocabulary in another order, which share short parts with the text at every place; half copied, in
//! parts of 64 to 512 bytes; and copied as a whole.

use plexus_attribution::{
	ngram::{NgramModel, Settings},
	retrieval::Retriever,
	Attribution, BuildOptions, Index, Source, SpanEvidence,
};
use plexus_primitives::{CommitmentNumber, Content, ContributionId, DatanetId};
use std::{
	path::{Path, PathBuf},
	time::{Duration, Instant},
};

const VOCABULARY: usize = 50_000;
const OUTPUT_BYTES: usize = 2_048;
const QUERIES: usize = 300;

fn main() {
	// Cargo adds a flag of its own.
	let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
	let millions: usize = arguments.next().map_or(64, |text| text.parse().expect("MB is a whole number"));
	let files = match arguments.next() {
		Some(directory) => real_files(&PathBuf::from(directory), millions * 1_000_000),
		None => made_up_files(millions * 1_000_000),
	};
	let bytes: usize = files.iter().map(Vec::len).sum();
	println!("{} files, {bytes} bytes; {} cores", files.len(), rayon_cores());
	println!("memory of the text alone: {} MB", memory("VmRSS") / 1_000_000);

	let index = build(&files, bytes);
	let index = write_and_open(index, bytes);
	println!("memory of the index: {:.3} bytes/byte", index.size().memory as f64 / bytes as f64);
	queries(&index, &files);
	models(&index, &files);
}

fn build(files: &[Vec<u8>], bytes: usize) -> Index {
	let sources = files.iter().enumerate().map(|(place, content)| Source {
		contribution: ContributionId(place as u64),
		datanet: DatanetId(0),
		commitment: CommitmentNumber(place as u64),
		path: place.to_string(),
		content: Content { root: *blake3::hash(content).as_bytes(), len: content.len() as u64 },
	});
	let sources: Vec<Source> = sources.collect();
	let before = memory("VmRSS");
	let started = Instant::now();
	let index = Index::build(sources, BuildOptions::default(), |source, text| {
		text.extend_from_slice(&files[source.contribution.0 as usize]);
		Ok(())
	});
	let index = index.expect("the files are what they were made as");
	let took = started.elapsed();
	// VmHWM is the highest there ever was, the text that the files hold included.
	let peak = memory("VmHWM").saturating_sub(before);
	println!(
		"build: {:.1} s, {:.1} MB/s, {} shards, at most {} MB beside the files ({:.2} bytes/byte)",
		took.as_secs_f64(),
		bytes as f64 / 1e6 / took.as_secs_f64(),
		index.size().shards,
		peak / 1_000_000,
		peak as f64 / bytes as f64,
	);
	index
}

fn write_and_open(index: Index, bytes: usize) -> Index {
	let directory = tempfile::tempdir().expect("there is room for a directory");
	let path = directory.path().join("index");
	let started = Instant::now();
	index.write(&path).expect("there is room for the index");
	let written = started.elapsed();
	drop(index);
	let size = std::fs::metadata(&path).expect("it was written").len();
	let started = Instant::now();
	let index = Index::open(&path).expect("it was written whole");
	println!(
		"file: {:.3} bytes/byte; written and synced in {:.1} s, opened and checked in {:.1} s",
		size as f64 / bytes as f64,
		written.as_secs_f64(),
		started.elapsed().as_secs_f64()
	);
	index
}

fn queries(index: &Index, files: &[Vec<u8>]) {
	let mut numbers = Numbers(7);
	let mut words = Words::new(11);
	let kinds: [(&str, &mut dyn FnMut() -> Vec<u8>); 3] = [
		("new text", &mut || words.text(OUTPUT_BYTES)),
		("half copied", &mut || {
			let mut output = Vec::new();
			let mut own = Words::new(numbers.next());
			while output.len() < OUTPUT_BYTES {
				let len = 64 + numbers.below(449);
				output.extend(excerpt(files, &mut numbers, len));
				output.extend(own.text(len));
			}
			output.truncate(OUTPUT_BYTES);
			output
		}),
		("copied", &mut || excerpt(files, &mut Numbers(words_seed()), OUTPUT_BYTES)),
	];
	for (kind, make) in kinds {
		let (mut times, mut claimed, mut evidence) = (Vec::new(), 0, Vec::new());
		for _ in 0..QUERIES {
			let output = make();
			let started = Instant::now();
			let report = Attribution::default().report(index, &output).expect("the output has bytes");
			times.push(started.elapsed());
			claimed += report.attributed_bytes * 100 / report.output.len;
			if let Some(claim) = report.claims.first() {
				let started = Instant::now();
				SpanEvidence::from_index(index, claim, &output).expect("the claim is true");
				evidence.push(started.elapsed());
			}
		}
		let claimed = claimed / QUERIES as u64;
		println!(
			"attribute, {kind} ({claimed} % claimed): {}; evidence of a claim: {}",
			spread(times),
			spread(evidence)
		);
	}
}

fn models(index: &Index, files: &[Vec<u8>]) {
	let mut numbers = Numbers(13);
	let settings = Settings { output_bytes: 256, ..Settings::default() };
	let model = NgramModel::new(index, settings).expect("the settings are within their bounds");
	let (mut times, mut bytes) = (Vec::new(), 0);
	for seed in 0..QUERIES.min(50) {
		let prompt = excerpt(files, &mut numbers, 64);
		let started = Instant::now();
		bytes += model.generate(&prompt, &[seed as u8; 32]).output.len();
		times.push(started.elapsed());
	}
	let total: Duration = times.iter().sum();
	println!("n-gram model: {:.0} bytes/s", bytes as f64 / total.as_secs_f64());
	let (retriever, mut times) = (Retriever::new(index), Vec::new());
	for _ in 0..QUERIES.min(50) {
		let question = String::from_utf8_lossy(&excerpt(files, &mut numbers, 60)).into_owned();
		let started = Instant::now();
		retriever.retrieve(&question, 8);
		times.push(started.elapsed());
	}
	println!("retrieval, questions of 60 bytes: {}", spread(times));
}

/// Median and the slowest of a hundred.
fn spread(mut times: Vec<Duration>) -> String {
	times.sort();
	match times.as_slice() {
		[] => "none".into(),
		all => format!("p50 {:.2?}, p99 {:.2?}", all[all.len() / 2], all[(all.len() - 1) * 99 / 100]),
	}
}

/// A part of a file that is as long or longer.
fn excerpt(files: &[Vec<u8>], numbers: &mut Numbers, len: usize) -> Vec<u8> {
	let long: Vec<u8> = std::iter::repeat_with(|| &files[numbers.below(files.len())])
		.take(1_000)
		.find(|file| file.len() > len)
		.cloned()
		.unwrap_or_else(|| files.concat());
	let from = numbers.below((long.len() - len).max(1));
	long[from..long.len().min(from + len)].to_vec()
}

fn real_files(directory: &Path, bytes: usize) -> Vec<Vec<u8>> {
	let (mut files, mut found, mut waiting) = (Vec::new(), 0, vec![directory.to_path_buf()]);
	while let Some(directory) = waiting.pop() {
		let mut entries: Vec<PathBuf> =
			std::fs::read_dir(&directory).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
		entries.sort();
		for path in entries {
			if path.is_symlink() || found >= bytes {
				continue;
			}
			if path.is_dir() {
				waiting.push(path);
			} else if let Some(content) = std::fs::read(&path).ok().filter(|content| !content.is_empty()) {
				found += content.len();
				files.push(content);
			}
		}
	}
	files
}

fn made_up_files(bytes: usize) -> Vec<Vec<u8>> {
	let (mut words, mut numbers, mut files, mut found) = (Words::new(1), Numbers(2), Vec::new(), 0);
	while found < bytes {
		let len = (4_000 + numbers.below(252_000)).min(bytes - found).max(64);
		files.push(words.text(len));
		found += len;
	}
	files
}

/// Numbers that look random: xorshift64*.
struct Numbers(u64);

impl Numbers {
	fn next(&mut self) -> u64 {
		self.0 ^= self.0 >> 12;
		self.0 ^= self.0 << 25;
		self.0 ^= self.0 >> 27;
		self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
	}

	fn below(&mut self, bound: usize) -> usize {
		(self.next() >> 11) as usize % bound
	}
}

/// Texts of words by Zipf's law.
struct Words {
	vocabulary: Vec<String>,
	/// Sums of 1/rank, scaled.
	sums: Vec<u64>,
	numbers: Numbers,
}

impl Words {
	/// The same vocabulary for every seed.
	fn new(seed: u64) -> Self {
		let mut letters = Numbers(3);
		let mut word = || -> String {
			let len = 2 + letters.below(9);
			(0..len)
				.map(|_| char::from(b"etaoinshrdlucmfwypvbgkjqxz"[letters.below(26).min(letters.below(26))]))
				.collect()
		};
		let vocabulary = (0..VOCABULARY).map(|_| word()).collect();
		let mut sum = 0;
		let sums = (1..=VOCABULARY as u64).map(|rank| {
			sum += 1_000_000_000 / rank;
			sum
		});
		Self { vocabulary, sums: sums.collect(), numbers: Numbers(seed.max(1)) }
	}

	fn text(&mut self, len: usize) -> Vec<u8> {
		let mut text = Vec::with_capacity(len + 16);
		while text.len() < len {
			let draw = self.numbers.next() % self.sums[VOCABULARY - 1];
			let rank = self.sums.partition_point(|sum| *sum <= draw);
			text.extend_from_slice(self.vocabulary[rank].as_bytes());
			text.push(if self.numbers.below(12) == 0 { b'\n' } else { b' ' });
		}
		text.truncate(len);
		text
	}
}

/// Another seed each time.
fn words_seed() -> u64 {
	use std::sync::atomic::{AtomicU64, Ordering};
	static NEXT: AtomicU64 = AtomicU64::new(1_000);
	NEXT.fetch_add(7_919, Ordering::Relaxed)
}

fn rayon_cores() -> usize {
	std::thread::available_parallelism().map_or(1, |cores| cores.get())
}

/// A line of /proc/self/status, in bytes; 0 where there is none.
fn memory(line: &str) -> u64 {
	let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
	let value = status.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(':'));
	let kib = value.and_then(|value| value.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
	kib.unwrap_or_default() * 1_024
}
