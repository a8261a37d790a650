//! What was found and what could not be looked at, as it is printed.
//!
//! # Must not
//! Leave out what was not looked at: "nothing found" is to mean that all was seen.

use super::plays::Played;
use crate::{
	amount::Amount,
	claims::{
		facts::Facts,
		findings::{Finding, Found, Unchecked, Unproved, Wrong},
	},
	output::{self, Answer},
};
use serde::Serialize;

/// Lines of what cannot be proved and of what could not be looked at that people are shown; JSON has all.
const REMARKS_SHOWN: usize = 20;

/// A finding as it is printed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Told {
	finding: &'static str,
	receipt: u32,
	claim: Option<u32>,
	/// Where, in words.
	detail: String,
	/// What it takes from whoever is wrong.
	moves: Amount,
	/// What of that is the challenger's.
	brings: Amount,
	/// On hold until it is revealed, then returned.
	deposit: Amount,
	/// On hold until the batch is final; lost if somebody answers.
	bond: Amount,
}

impl From<&Finding> for Told {
	fn from(finding: &Finding) -> Self {
		let Finding { wrong, receipt, moves, brings, deposit, bond } = finding;
		let detail = match wrong {
			Wrong::Mismatch { start, .. } => format!("byte {start} of the claimed range differs"),
			Wrong::FalseLength { proven, .. } => format!("the output has {proven} bytes"),
			Wrong::PromptEcho { start, length, prompt_offset, .. } => format!(
				"{length} claimed bytes, from the {start}th on, stand in the prompt at {prompt_offset}"
			),
			Wrong::Counterclaim { contribution, version, offset, .. } => format!(
				"contribution {} in version {} has the range at {offset}, and was there before",
				contribution.0, version.0
			),
			Wrong::Unlisted { start, length, contribution, version, offset } => format!(
				"{length} bytes of the output from {start} on stand in contribution {} at {offset}, since version {} of its datanet",
				contribution.0, version.0
			),
		};
		Self {
			finding: wrong.name(),
			receipt: *receipt,
			claim: wrong.claim(),
			detail,
			moves: Amount(*moves),
			brings: Amount(*brings),
			deposit: Amount(*deposit),
			bond: Amount(*bond),
		}
	}
}

impl Told {
	/// In one line.
	pub(crate) fn line(&self) -> String {
		let claim = self.claim.map_or(String::new(), |claim| format!(" of claim {claim}"));
		format!(
			"{}{claim} in receipt {}: {}, brings {}",
			self.finding, self.receipt, self.detail, self.brings
		)
	}
}

/// What could not be looked at, as it is printed.
#[derive(Clone, PartialEq, Debug, Serialize)]
struct NotSeen {
	receipt: u32,
	claim: Option<u32>,
	not_looked_for: &'static str,
	why: String,
}

impl From<&Unchecked> for NotSeen {
	fn from(unchecked: &Unchecked) -> Self {
		let Unchecked { receipt, claim, what, why } = unchecked;
		Self { receipt: *receipt, claim: *claim, not_looked_for: what, why: why.clone() }
	}
}

/// What was found in a batch.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Report {
	batch: u64,
	/// An agent.
	server: u64,
	receipts: usize,
	claims: usize,
	/// What the server loses if there is fraud.
	hold: Amount,
	/// The rest on the chain clock.
	now_ms: u64,
	commitments_end_at_ms: u64,
	ends_at_ms: u64,
	/// Who found fraud already; `null` if nobody did.
	verdict: Option<String>,
	pub(crate) findings: Vec<Told>,
	/// Wrong, and nothing that the chain would take.
	unproved: Vec<Unproved>,
	unchecked: Vec<NotSeen>,
	/// What became of what an earlier run began.
	resumed: Vec<Played>,
	/// What became of what this run committed to.
	played: Vec<Played>,
}

impl Report {
	pub(crate) fn new(facts: &Facts, found: &Found, resumed: Vec<Played>, played: Vec<Played>) -> Self {
		let batch = &facts.batch;
		Self {
			batch: batch.id.0,
			server: batch.server.0,
			receipts: facts.receipts.len(),
			claims: facts.claims.len(),
			hold: Amount(batch.hold),
			now_ms: facts.now_ms,
			commitments_end_at_ms: batch.commitments_end_at_ms,
			ends_at_ms: batch.ends_at_ms,
			verdict: batch.verdict.as_ref().map(|verdict| crate::address::display(&verdict.challenger)),
			findings: found.findings.iter().map(Told::from).collect(),
			unproved: found.unproved.clone(),
			unchecked: found.unchecked.iter().map(NotSeen::from).collect(),
			resumed,
			played,
		}
	}

	/// How much is left to commit, in words.
	fn time(&self) -> String {
		match self.commitments_end_at_ms.checked_sub(self.now_ms) {
			None | Some(0) => "over: nobody can commit any more".into(),
			Some(left) => format!("open for {} more", output::duration(left)),
		}
	}

	fn findings(&self) -> String {
		if self.findings.is_empty() {
			return match (self.unproved.is_empty(), self.unchecked.is_empty()) {
				(false, _) => "nothing was found wrong that can be proved to the chain".into(),
				(true, true) => "nothing is wrong with it".into(),
				(true, false) => "nothing was found wrong, as far as could be seen".into(),
			};
		}
		let rows = self.findings.iter().map(|one| {
			[
				one.finding.to_string(),
				one.receipt.to_string(),
				one.claim.map_or("–".into(), |claim| claim.to_string()),
				one.moves.to_string(),
				one.brings.to_string(),
				one.deposit.to_string(),
				one.bond.to_string(),
				one.detail.clone(),
			]
		});
		output::columns(["FOUND", "RECEIPT", "CLAIM", "MOVES", "BRINGS", "DEPOSIT", "BOND", "WHY"], rows)
	}

	fn remarks(&self) -> String {
		let unproved = self.unproved.iter().map(|one| format!("wrong: {}", one.line()));
		let unseen = self.unchecked.iter().map(|one| {
			let claim = one.claim.map_or(String::new(), |claim| format!(", claim {claim}"));
			format!("not looked for: {}, receipt {}{claim}: {}", one.not_looked_for, one.receipt, one.why)
		});
		let shown = unproved.chain(unseen).take(REMARKS_SHOWN);
		let text: String = shown.map(|line| format!("\n{}", output::clean(&line))).collect();
		match (self.unproved.len() + self.unchecked.len()).saturating_sub(REMARKS_SHOWN) {
			0 => text,
			more => format!("{text}\nand {more} more; --json has all"),
		}
	}
}

fn lines(played: &[Played]) -> String {
	let line = |one: &Played| {
		let text = format!("batch {}, {}: {}", one.batch, one.finding, one.outcome.human());
		format!("\n{}", output::clean(&text))
	};
	played.iter().map(line).collect()
}

impl Answer for Report {
	fn human(&self) -> String {
		let mut rows = vec![
			("batch", format!("{} of agent {}", self.batch, self.server)),
			("receipts, claims", format!("{}, {}", self.receipts, self.claims)),
			("hold", self.hold.to_string()),
			("window", self.time()),
		];
		rows.extend(self.verdict.clone().map(|challenger| ("fraud found by", challenger)));
		let rows = output::fields(rows);
		let (resumed, played) = (lines(&self.resumed), lines(&self.played));
		format!("{rows}\n\n{}{}{resumed}{played}", self.findings(), self.remarks())
	}
}

/// What became of what an earlier run began, as it is printed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Resumed {
	pub(crate) resumed: Vec<Played>,
}

impl Answer for Resumed {
	fn human(&self) -> String {
		match self.resumed.is_empty() {
			true => "nothing was left to do".into(),
			false => lines(&self.resumed).trim_start().to_string(),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::claims::{
		files::Files,
		findings::find,
		testing::{bytes, Contribution, World},
	};
	use plexus_primitives::Evidence;

	fn world() -> World {
		let source = bytes(1, 500);
		let mut output = source[..400].to_vec();
		output[10] ^= 1;
		let contribution = Contribution { id: 1, commitment: 1, datanet: 0, bytes: source };
		let span = Evidence::Span { output: 0, offset: 0, length: 400 };
		World::new(&[contribution], &[(bytes(2, 20), output)], &[(0, 1, span)])
	}

	#[test]
	fn a_report_has_stable_json_keys_and_a_table_that_says_what_it_brings_and_costs() {
		let world = world();
		let found = find(&world.facts, &world.files);
		let report = Report::new(&world.facts, &found, vec![], vec![]);
		let json = serde_json::to_value(&report).unwrap();
		assert_eq!((&json["batch"], &json["claims"]), (&7.into(), &1.into()));
		assert_eq!(
			json["findings"][0],
			serde_json::json!({
				"finding": "mismatch", "receipt": 0, "claim": 0, "detail": "byte 10 of the claimed range differs",
				"moves": "24000", "brings": "4800", "deposit": "1000", "bond": "0",
			})
		);
		let text = report.human();
		for part in ["mismatch", "BRINGS", "DEPOSIT", "open for"] {
			assert!(text.contains(part), "{text}");
		}
	}

	#[test]
	fn what_was_not_seen_is_not_called_right() {
		let mut world = world();
		world.files = Files::new(None, None);
		let found = find(&world.facts, &world.files);
		let text = Report::new(&world.facts, &found, vec![], vec![]).human();
		assert!(text.contains("as far as could be seen") && text.contains("not looked for"), "{text}");
		assert_eq!(Resumed { resumed: vec![] }.human(), "nothing was left to do");
	}

	#[test]
	fn what_is_wrong_and_cannot_be_proved_is_told() {
		let unproved = vec![Unproved { receipt: 3, detail: "it is false".into() }];
		let found = Found { unproved, ..Found::default() };
		let report = Report::new(&world().facts, &found, vec![], vec![]);
		let text = report.human();
		assert!(text.contains("that can be proved") && text.contains("wrong: receipt 3"), "{text}");
		let json = serde_json::to_value(&report).expect("plain data");
		assert_eq!(json["unproved"][0], serde_json::json!({ "receipt": 3, "detail": "it is false" }));
	}
}
