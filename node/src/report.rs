//! How an error reaches a person: its name, its cause, its remedy.
//!
//! Every error type of the node that a user can meet implements [`Remedy`]; commands turn it into a [`Report`] on the
//! way up, so that `main` prints one shape for all. A report never carries a secret and never a backtrace.

use std::{error::Error as StdError, fmt};

/// An error that knows its name and its way out.
pub trait Remedy: StdError {
	/// A short name, in words, of what went wrong.
	fn name(&self) -> &'static str;
	/// What the user can do about it. `None` where nothing better than the cause can be said.
	fn remedy(&self) -> Option<String>;
}

/// An error as the user sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
	/// What went wrong, in a few words.
	pub name: String,
	/// The particular values that made it go wrong.
	pub cause: String,
	/// What to do about it.
	pub remedy: Option<String>,
}

impl Report {
	/// A report made on the spot, for rules that have no error type of their own.
	pub fn new(name: impl Into<String>, cause: impl Into<String>, remedy: impl Into<String>) -> Self {
		Self { name: name.into(), cause: cause.into(), remedy: Some(remedy.into()) }
	}

	/// The report of an error that knows its remedy.
	pub fn of(error: &dyn Remedy) -> Self {
		Self { name: error.name().to_string(), cause: causes(error), remedy: error.remedy() }
	}

	/// The report of an error whose text ends in its remedy, as the node's library crates write them.
	pub fn from_text(name: impl Into<String>, text: &str) -> Self {
		let (cause, remedy) = plexus_cli::split_remedy(text);
		Self { name: name.into(), cause: cause.into(), remedy: remedy.map(Into::into) }
	}

	/// The report of any error: the first [`Report`] in its chain, or its text without a remedy.
	pub fn from_anyhow(error: &anyhow::Error) -> Self {
		if let Some(report) = error.chain().find_map(|cause| cause.downcast_ref::<Report>()) {
			return report.clone();
		}
		if let Some(failure) = error.downcast_ref::<plexus_cli::Failure>() {
			let failure = failure.cleaned();
			return Self::new(failure.name, failure.cause, failure.remedy);
		}
		let mut chain = error.chain().map(ToString::to_string);
		let name = chain.next().unwrap_or_default();
		let mut cause = Vec::new();
		for text in chain {
			if !name.contains(&text) && !cause.iter().any(|known: &String| known.contains(&text)) {
				cause.push(text);
			}
		}
		Self { name, cause: cause.join(": "), remedy: None }
	}
}

/// An error and its sources in one line, without the repetitions that `#[from]` chains produce.
fn causes(error: &dyn Remedy) -> String {
	let mut text = error.to_string();
	let mut source = error.source();
	while let Some(cause) = source {
		let part = cause.to_string();
		if !text.contains(&part) {
			text = format!("{text}: {part}");
		}
		source = cause.source();
	}
	text
}

impl fmt::Display for Report {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(f, "error: {}", self.name)?;
		if !self.cause.is_empty() {
			write!(f, "\n  cause:  {}", self.cause)?;
		}
		if let Some(remedy) = &self.remedy {
			write!(f, "\n  remedy: {remedy}")?;
		}
		Ok(())
	}
}

impl StdError for Report {}

/// Turns results of errors with a remedy into results of reports.
pub trait OrReport<T> {
	/// Replaces the error by its [`Report`].
	///
	/// # Errors
	/// The report, where there was an error.
	fn or_report(self) -> Result<T, Report>;
}

impl<T, E: Remedy> OrReport<T> for Result<T, E> {
	fn or_report(self) -> Result<T, Report> {
		self.map_err(|error| Report::of(&error))
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[derive(Debug, thiserror::Error)]
	#[error("port 1 is taken")]
	struct Taken(#[source] std::io::Error);

	impl Remedy for Taken {
		fn name(&self) -> &'static str {
			"port in use"
		}
		fn remedy(&self) -> Option<String> {
			Some("choose another".into())
		}
	}

	#[test]
	fn a_report_shows_name_cause_with_sources_and_remedy() {
		let error = Taken(std::io::Error::other("address busy"));
		assert_eq!(
			Report::of(&error).to_string(),
			"error: port in use\n  cause:  port 1 is taken: address busy\n  remedy: choose another"
		);
	}

	#[test]
	fn a_report_survives_added_context() {
		let error = anyhow::Error::new(Report::new("a", "b", "c")).context("while starting");
		assert_eq!(Report::from_anyhow(&error), Report::new("a", "b", "c"));
	}

	#[test]
	fn what_a_chain_says_in_a_failure_does_not_reach_the_terminal_unchecked() {
		let evil = "\u{1b}[2Jb\r\nc\u{202e}d";
		let failure = plexus_cli::Failure::new(plexus_cli::FailureKind::Node, evil, evil, evil);
		let shown = Report::from_anyhow(&failure.into()).to_string();
		assert_eq!(shown.lines().count(), 3, "{shown:?}");
		let harmful =
			|character: char| character != '\n' && character.is_control() || character == '\u{202e}';
		assert!(!shown.contains(harmful), "{shown:?}");
	}

	#[test]
	fn a_remedy_is_taken_from_behind_the_first_semicolon_as_the_client_does() {
		assert_eq!(Report::from_text("n", "a; b; c"), Report::new("n", "a", "b; c"));
		assert_eq!(Report::from_text("n", "a").remedy, None);
	}

	#[test]
	fn a_plain_error_becomes_a_report_without_repetition() {
		let error = anyhow::anyhow!("inner").context("outer: inner");
		let report = Report::from_anyhow(&error);
		assert_eq!((report.name.as_str(), report.cause.as_str()), ("outer: inner", ""));
		assert_eq!(report.remedy, None);
	}
}
