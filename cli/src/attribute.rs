//! `plexus attribute`: which bytes of an output came from which contributions.
//!
//! # Must not
//! Send the output anywhere, or decide what is lawful: whoever listed the sources of the index did.

use crate::{
	channel::Corpus,
	client::{Client, ConnectionArgs},
	corpus::{blocking, explain_build, open, Search},
	failure::{Failure, FailureKind},
	output::Answer,
};
use plexus_attribution::{
	read_from, Attribution, AttributionError, BuildOptions, Index, Report, SpanClaim, SpanEvidence,
	MIN_BYTES, OUTPUT_BYTES_MAX,
};
use serde::Serialize;
use std::{
	fs::File,
	io::Read,
	path::{Path, PathBuf},
};

/// Attributes an output.
#[derive(clap::Args, Clone)]
pub struct AttributeCommand {
	/// Index over the contributions that may be named, made by `plexus corpus build`.
	#[arg(long, value_name = "FILE", required_unless_present = "version", conflicts_with = "version")]
	index: Option<PathBuf>,

	/// Instead of an index: a version whose files are in --data. The node is asked which they are.
	#[arg(long, value_name = "DATANET:VERSION", requires = "data")]
	version: Option<Corpus>,

	/// Directory with files of the version. They are indexed in memory, each time anew.
	#[arg(long, value_name = "DIR", requires = "version")]
	data: Option<PathBuf>,

	/// Hidden files and directories of it too. Symbolic links are never followed.
	#[arg(long, requires = "data")]
	hidden: bool,

	/// What the model put out.
	#[arg(long, value_name = "FILE")]
	output: PathBuf,

	/// What the user put in: what the output repeats of it is claimed for nobody.
	#[arg(long, value_name = "FILE")]
	prompt: Option<PathBuf>,

	/// The least length of a claim, in bytes.
	#[arg(long, value_name = "BYTES", default_value_t = MIN_BYTES)]
	min_bytes: usize,

	/// Write a page that shows the whole output in colours.
	#[arg(long, value_name = "FILE")]
	html: Option<PathBuf>,

	/// Write the claims with their Bao slices, as JSON.
	#[arg(long, value_name = "FILE")]
	evidence: Option<PathBuf>,

	#[command(flatten)]
	pub(crate) connection: ConnectionArgs,
}

/// The report as it is printed.
#[derive(Serialize)]
struct Attributed {
	#[serde(flatten)]
	report: Report,
	#[serde(skip)]
	text: String,
}

impl Answer for Attributed {
	fn human(&self) -> String {
		self.text.clone()
	}
}

impl AttributeCommand {
	pub(crate) async fn run(self) -> Result<(), Failure> {
		let (output, prompt) = (self.output.clone(), self.prompt.clone());
		// Before an index is built: that takes a while.
		let reading = blocking(move || {
			let output = read("output", &output)?;
			let prompt = prompt.as_deref().map_or(Ok(Vec::new()), |path| read("prompt", path))?;
			Ok((output, prompt))
		});
		let (output, prompt) = reading.await?;
		let index = self.find_index().await?;
		blocking(move || self.attribute(&index, &output, &prompt)).await
	}

	/// The index that is named, or one over the files of a version.
	async fn find_index(&self) -> Result<Index, Failure> {
		if let (Some(version), Some(data)) = (self.version, &self.data) {
			return build(&self.connection, version, data, self.hidden).await;
		}
		let path = self.index.clone().unwrap_or_default();
		blocking(move || open(&path)).await
	}

	fn attribute(&self, index: &Index, output: &[u8], prompt: &[u8]) -> Result<(), Failure> {
		let attribution = Attribution { min_bytes: self.min_bytes, prompt, ..Attribution::default() };
		let report = attribution.report(index, output).map_err(explain)?;
		if let Some(path) = &self.html {
			write(path, report.html(output).as_bytes())?;
		}
		if let Some(path) = &self.evidence {
			let evidence: Result<Vec<SpanEvidence>, Failure> =
				report.claims.iter().map(|claim| prove(index, claim, output)).collect();
			let proved = serde_json::json!({ "report": report, "evidence": evidence? });
			write(path, proved.to_string().as_bytes())?;
		}
		let text = report.text(output);
		crate::output::print(self.connection.json, &Attributed { report, text });
		Ok(())
	}
}

/// Asks the node which files are which contributions of a version, and indexes them.
async fn build(
	connection: &ConnectionArgs,
	Corpus(datanet, version): Corpus,
	data: &Path,
	hidden: bool,
) -> Result<Index, Failure> {
	let client = Client::connect(&connection.url).await?;
	let search = Search::open(&client, data, hidden, (datanet.0, Some(version.0))).await?;
	let mut sources = Vec::new();
	let collected = search.run(data.to_path_buf(), |source| {
		sources.push(source);
		Ok(())
	});
	let listed = collected.await?;
	eprintln!("{}", listed.human());
	if sources.is_empty() {
		return Err(Failure::input(
			"NothingHeld",
			format!("version {} of datanet {} holds no file of {}", version.0, datanet.0, data.display()),
			"name the directory that has the version's files, to the byte; `plexus query members` lists what it holds",
		));
	}
	let data = data.to_path_buf();
	blocking(move || Index::build(sources, BuildOptions::default(), read_from(&data)).map_err(explain_build))
		.await
}

fn prove(index: &Index, claim: &SpanClaim, output: &[u8]) -> Result<SpanEvidence, Failure> {
	// Every claim was found in this index, whose text was checked when it was built.
	SpanEvidence::from_index(index, claim, output).map_err(|error| {
		Failure::new(
			FailureKind::Unproved,
			"ClaimUnproved",
			error.to_string(),
			"build the index again from the files",
		)
	})
}

fn explain(error: AttributionError) -> Failure {
	let (name, remedy) = match error {
		AttributionError::EmptyOutput => ("EmptyOutput", "give a file with at least one byte"),
		AttributionError::TooLong { .. } => ("TooLong", "attribute it in parts"),
		AttributionError::MinBytes { .. } => ("MinBytesOutOfBounds", "give another number with --min-bytes"),
	};
	Failure::input(name, error.to_string(), remedy)
}

/// Reads no more than can be attributed, and one byte.
fn read(what: &str, path: &Path) -> Result<Vec<u8>, Failure> {
	let mut bytes = Vec::new();
	let read =
		File::open(path).and_then(|file| file.take(OUTPUT_BYTES_MAX as u64 + 1).read_to_end(&mut bytes));
	read.map(|_| bytes).map_err(|error| {
		Failure::input(
			"FileUnreadable",
			format!("the {what}, {}: {error}", path.display()),
			"name a file that exists and that you may read",
		)
	})
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
	std::fs::write(path, bytes).map_err(|error| {
		Failure::input(
			"FileUnwritable",
			format!("{}: {error}", path.display()),
			"name a file in a directory that you may write to",
		)
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use plexus_attribution::Source;
	use plexus_primitives::{prove::prove_reader, CommitmentNumber, ContributionId, DatanetId};

	const TEXT: &[u8] = b"<p>Tiger tiger, burning bright, in the forests of the night</p>";

	fn command(directory: &Path) -> AttributeCommand {
		AttributeCommand {
			index: Some(directory.join("index")),
			version: None,
			data: None,
			hidden: false,
			output: directory.join("output"),
			prompt: None,
			min_bytes: 32,
			html: Some(directory.join("page.html")),
			evidence: Some(directory.join("evidence.json")),
			connection: ConnectionArgs { url: "ws://127.0.0.1:9944".into(), json: true },
		}
	}

	/// A directory with an index and an output that copies a part of it.
	fn prepared() -> tempfile::TempDir {
		let directory = tempfile::tempdir().unwrap();
		let at = |name: &str| directory.path().join(name);
		std::fs::write(at("tiger"), TEXT).unwrap();
		std::fs::write(at("output"), [b"I wrote ", &TEXT[10..60], b"!"].concat()).unwrap();
		let source = Source {
			contribution: ContributionId(7),
			datanet: DatanetId(0),
			commitment: CommitmentNumber(0),
			path: "tiger".into(),
			content: prove_reader(TEXT, |_| ()).unwrap().content,
		};
		let index = Index::build(vec![source], BuildOptions::default(), read_from(directory.path())).unwrap();
		index.write(&at("index")).unwrap();
		directory
	}

	#[tokio::test]
	async fn an_output_gets_its_report_its_page_and_its_evidence() {
		let directory = prepared();
		command(directory.path()).run().await.unwrap();
		let page = std::fs::read_to_string(directory.path().join("page.html")).unwrap();
		assert!(page.contains("burning bright") && page.contains("contribution 7"));
		let written = std::fs::read(directory.path().join("evidence.json")).unwrap();
		let written: serde_json::Value = serde_json::from_slice(&written).unwrap();
		let report: Report = serde_json::from_value(written["report"].clone()).unwrap();
		let evidence: Vec<SpanEvidence> = serde_json::from_value(written["evidence"].clone()).unwrap();
		assert_eq!((report.claims[0].start, report.claims[0].len, report.claims[0].offset), (8, 50, 10));
		evidence[0].verify(&report.claims[0], &report.output).unwrap();
	}

	#[tokio::test]
	async fn what_cannot_be_attributed_is_refused_with_the_way_out() {
		let directory = prepared();
		let good = command(directory.path());
		let refused = async |command: AttributeCommand| command.run().await.unwrap_err().name;
		let missing = directory.path().join("missing");
		assert_eq!(
			refused(AttributeCommand { output: missing.clone(), ..good.clone() }).await,
			"FileUnreadable"
		);
		assert_eq!(
			refused(AttributeCommand { index: Some(missing.clone()), ..good.clone() }).await,
			"IndexUnusable"
		);
		assert_eq!(
			refused(AttributeCommand { index: Some(good.output.clone()), ..good.clone() }).await,
			"IndexUnusable"
		);
		assert_eq!(
			refused(AttributeCommand { prompt: Some(missing), ..good.clone() }).await,
			"FileUnreadable"
		);
		assert_eq!(refused(AttributeCommand { min_bytes: 0, ..good.clone() }).await, "MinBytesOutOfBounds");
		std::fs::write(&good.output, b"").unwrap();
		assert_eq!(refused(good).await, "EmptyOutput");
	}
}
