//! `plexus doctor`: is this machine fit to run the node? One line for each check, with a remedy where something is wrong.
//!
//! Changes nothing: the disk check writes a file of its own and removes it. Exit code 1 if any check fails; warnings do not.

mod checks;

use crate::{cli::DoctorArgs, place::Place, report::Report};
use serde::Serialize;
use std::{io::IsTerminal, process::ExitCode};

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
	/// Fit.
	Ok,
	/// Runs, but something should be looked at.
	Warn,
	/// The node will not start, or not do its work.
	Fail,
}

/// One check's result.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
	/// What was checked.
	pub check: &'static str,
	/// How it went.
	pub verdict: Verdict,
	/// What was found.
	pub found: String,
	/// What to do, unless all is well.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub remedy: Option<String>,
}

impl Finding {
	fn ok(check: &'static str, found: impl Into<String>) -> Self {
		Self { check, verdict: Verdict::Ok, found: found.into(), remedy: None }
	}

	fn warn(check: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
		Self { check, verdict: Verdict::Warn, found: found.into(), remedy: Some(remedy.into()) }
	}

	fn fail(check: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
		Self { check, verdict: Verdict::Fail, found: found.into(), remedy: Some(remedy.into()) }
	}

	fn of(check: &'static str, verdict: Verdict, report: Report) -> Self {
		let found = if report.cause.is_empty() { report.name } else { report.cause };
		Self { check, verdict, found, remedy: report.remedy }
	}
}

/// Runs every check and prints the findings.
///
/// # Errors
/// A configuration that cannot be used: then there is nothing to check against.
pub fn run(args: &DoctorArgs) -> anyhow::Result<ExitCode> {
	let place = Place::resolve(&args.settings.flags())?;
	let findings = checks::all(&place);
	if args.json {
		println!("{}", serde_json::to_string_pretty(&findings)?);
	} else {
		let colours = std::io::stdout().is_terminal();
		findings.iter().for_each(|finding| println!("{}", line(finding, colours)));
	}
	match findings.iter().any(|finding| finding.verdict == Verdict::Fail) {
		true => Ok(ExitCode::FAILURE),
		false => Ok(ExitCode::SUCCESS),
	}
}

fn line(finding: &Finding, colours: bool) -> String {
	let (word, colour) = match finding.verdict {
		Verdict::Ok => ("ok  ", "32"),
		Verdict::Warn => ("warn", "33"),
		Verdict::Fail => ("FAIL", "31"),
	};
	let word = if colours { format!("\x1b[{colour}m{word}\x1b[0m") } else { word.to_string() };
	let mut text = format!("{word}  {:<14} {}", finding.check, finding.found);
	if let Some(remedy) = &finding.remedy {
		text.push_str(&format!("\n      {:<14} → {remedy}", ""));
	}
	text
}

#[cfg(test)]
mod tests;
