//! The claims behind a payout: each with its receipt, its range and the bytes that earned it.
//!
//! # Must not
//! Make parts that do not add up to what was paid: what is left is told as such.

use crate::{
	amount::Amount,
	claims::{
		files::Files,
		history::{ClaimsPaid, Happened, History, UnlistedPaid, UnlistedShown},
	},
	verify_claim::{fate, Case},
};
use plexus_payments::store::Placed;
use plexus_primitives::{ContributionId, Evidence};
use serde::Serialize;
use sp_core::crypto::AccountId32;

/// Bytes of a text that are shown.
const TEXT_BYTES_MAX: usize = 160;

/// A claim, or an unlisted source, that earned a part of a payout.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Part {
	/// Its place in the batch; `null` if it was shown as an unlisted source.
	pub(crate) claim: Option<u32>,
	/// The receipt's place in the batch.
	receipt: u32,
	/// `null` if the receipts are not at hand.
	channel: Option<u64>,
	sequence: Option<u64>,
	model: Option<u64>,
	/// `span`, `grounded` or `unlisted`.
	class: &'static str,
	/// Where it goes, or what was unlisted.
	contribution: u64,
	/// Where the bytes begin in the output; `null` for what was retrieved.
	output: Option<u64>,
	/// Where they begin in the contribution; `null` if no event tells.
	offset: Option<u64>,
	length: u64,
	/// What of the payout it made.
	pub(crate) amount: Amount,
	/// How the bytes begin, if they are at hand.
	text: Option<String>,
}

impl Part {
	/// Where the bytes are, in words.
	pub(crate) fn place(&self) -> String {
		let of_output = self.output.map(|at| format!("output {at}, "));
		let of_source = self.offset.map(|at| format!("contribution {at}, "));
		format!("{}{}{} bytes", of_output.unwrap_or_default(), of_source.unwrap_or_default(), self.length)
	}

	/// Which request it was.
	pub(crate) fn request(&self) -> String {
		match (self.channel, self.sequence) {
			(Some(channel), Some(sequence)) => format!("{channel}-{sequence}"),
			_ => format!("receipt {}", self.receipt),
		}
	}

	/// What kind it is.
	pub(crate) fn class(&self) -> &'static str {
		self.class
	}

	/// Which contribution it is about.
	pub(crate) fn contribution(&self) -> u64 {
		self.contribution
	}

	/// How the bytes begin.
	pub(crate) fn text(&self) -> &str {
		self.text.as_deref().unwrap_or("–")
	}
}

/// Whose part of claims is looked for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Recipient<'a> {
	/// What goes to a contribution.
	Contribution(ContributionId),
	/// What goes to whoever submitted or moved a claim, or showed an unlisted source.
	Submitter(&'a AccountId32),
}

impl Recipient<'_> {
	fn is(&self, contribution: ContributionId, by: &AccountId32) -> bool {
		match self {
			Self::Contribution(id) => *id == contribution,
			Self::Submitter(account) => *account == by,
		}
	}
}

/// A batch whose parts are looked for.
pub(crate) struct Batch<'a> {
	pub(crate) case: &'a Case,
	/// The oldest first.
	pub(crate) history: &'a History,
	/// Nothing if they are not at hand.
	pub(crate) receipts: Option<&'a [Placed]>,
	pub(crate) files: &'a Files,
}

impl Batch<'_> {
	/// What made a payment, which was credited by this event: the claims of its call, or an unlisted source.
	pub(crate) fn parts_of(
		&self,
		to: Recipient<'_>,
		amount: u128,
		transaction: (u32, Option<u32>),
		event: u32,
	) -> Vec<Part> {
		let behind = || {
			let of_call = |one: &&Happened| one.transaction() == transaction && one.event > event;
			self.history.events.iter().filter(of_call)
		};
		let next = behind().find_map(|event| {
			let claims = event.decode::<ClaimsPaid>("Attribution.ClaimsPaid").map(Next::Claims);
			claims.or_else(|| event.decode::<UnlistedPaid>("Attribution.UnlistedPaid").map(Next::Unlisted))
		});
		match next {
			Some(Next::Claims(call)) => {
				let claims = call.first..call.first.saturating_add(call.count);
				claims.filter_map(|claim| self.claim(claim, to)).collect()
			}
			Some(Next::Unlisted(told)) => self.unlisted(&told, to, amount).into_iter().collect(),
			None => Vec::new(),
		}
	}

	fn claim(&self, claim: u32, recipient: Recipient<'_>) -> Option<Part> {
		let record = self.case.claims.get(claim as usize)?;
		let moved = fate::moved(self.history, claim).is_some();
		let due = fate::due(self.case, self.history, claim);
		let (to, _, rest, part) = due.filter(|(to, by, ..)| recipient.is(*to, by))?;
		let amount = match recipient {
			Recipient::Contribution(_) => rest,
			Recipient::Submitter(_) => part,
		};
		let (class, output, offset, length) = match record.evidence {
			// Of what was moved the challenge tells where it stands, and events do not.
			Evidence::Span { output, offset, length } => {
				("span", Some(output), (!moved).then_some(offset), length)
			}
			Evidence::Grounded { offset, length } => ("grounded", None, Some(offset), length),
			Evidence::Attested { .. } => ("attested", None, None, 0),
		};
		let part = self.part(record.receipt, class, to, (output, offset, length), amount);
		Some(Part {
			claim: Some(claim),
			text: self.text(record.receipt, output, length, (to, offset)),
			..part
		})
	}

	fn unlisted(&self, told: &UnlistedPaid, recipient: Recipient<'_>, amount: u128) -> Option<Part> {
		let shown = self.history.events.iter().filter_map(|event| {
			event.decode::<UnlistedShown>("Attribution.UnlistedShown").map(|shown| shown.source)
		});
		let place = (told.receipt, told.start);
		let shown = shown.rev().find(|source| (source.receipt, source.start) == place);
		let shown = shown.filter(|source| recipient.is(source.contribution, &source.by))?;
		let range = (Some(told.start), None, shown.length);
		let part = self.part(told.receipt, "unlisted", shown.contribution, range, amount);
		let text = self.text(told.receipt, Some(told.start), shown.length, (shown.contribution, None));
		Some(Part { text, ..part })
	}

	fn part(
		&self,
		receipt: u32,
		class: &'static str,
		contribution: ContributionId,
		(output, offset, length): (Option<u64>, Option<u64>, u64),
		amount: u128,
	) -> Part {
		let placed = self.placed(receipt);
		Part {
			claim: None,
			receipt,
			channel: placed.map(|placed| placed.channel.0),
			sequence: placed.map(|placed| placed.sequence),
			model: placed.map(|placed| placed.receipt.model.0),
			class,
			contribution: contribution.0,
			output,
			offset,
			length,
			amount: Amount(amount),
			text: None,
		}
	}

	fn placed(&self, receipt: u32) -> Option<&Placed> {
		self.receipts?.get(receipt as usize)
	}

	/// The bytes, out of the output or the contribution, whichever is at hand.
	fn text(
		&self,
		receipt: u32,
		output: Option<u64>,
		length: u64,
		(contribution, offset): (ContributionId, Option<u64>),
	) -> Option<String> {
		let of_output = || {
			let placed = self.placed(receipt)?;
			let bytes = self.files.content("output", &placed.receipt.output.root).ok()?;
			readable(&bytes, output?, length)
		};
		let of_source = || {
			let index = self.files.index()?;
			let source = index.sources().iter().position(|source| source.contribution == contribution)?;
			readable(index.content(source), offset?, length)
		};
		of_output().or_else(of_source)
	}
}

enum Next {
	Claims(ClaimsPaid),
	Unlisted(UnlistedPaid),
}

/// How a range begins, as text.
fn readable(bytes: &[u8], start: u64, length: u64) -> Option<String> {
	let start = usize::try_from(start).ok()?;
	let end = start.checked_add(usize::try_from(length).ok()?)?;
	let part = bytes.get(start..end)?;
	let text = String::from_utf8_lossy(&part[..part.len().min(TEXT_BYTES_MAX)]).into_owned();
	Some(if part.len() > TEXT_BYTES_MAX { format!("{text}…") } else { text })
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		claims::{
			history::happened,
			testing::{bytes, Contribution, World},
		},
		verify_claim::testing::case,
	};
	use plexus_primitives::{BatchId, DatanetVersion, ModelId};

	const BATCH: BatchId = BatchId(7);

	fn account(n: u8) -> AccountId32 {
		[n; 32].into()
	}

	fn to(contribution: u64) -> Recipient<'static> {
		Recipient::Contribution(ContributionId(contribution))
	}

	fn history() -> History {
		let moved = (BATCH, 1u32, ContributionId(9), DatanetVersion(1), account(8), 1u64);
		let shown = (
			BATCH,
			0u32,
			0u32,
			2u64,
			4u64,
			ContributionId(1),
			DatanetVersion(1),
			account(8),
			50u128,
			0u128,
			9u64,
		);
		let events = vec![
			happened(10, 1, "Attribution.ClaimMoved", &moved),
			happened(11, 1, "Attribution.UnlistedShown", &shown),
			happened(50, 1, "Attribution.ContributionPaid", &(BATCH, ContributionId(1), 180u128)),
			happened(50, 2, "Attribution.ContributionPaid", &(BATCH, ContributionId(9), 90u128)),
			happened(50, 3, "Attribution.ClaimsPaid", &(BATCH, 0u32, 3u32, 270u128, 30u128)),
			happened(50, 4, "Attribution.ContributionPaid", &(BATCH, ContributionId(1), 45u128)),
			happened(50, 5, "Attribution.UnlistedPaid", &(BATCH, 0u32, 2u64, ModelId(1), 50u128, 0u128)),
		];
		History { events, cut: false, complete_from: Some(0), indexed_to: Some(50) }
	}

	#[test]
	fn parts_add_up_to_what_was_paid() {
		let (case, history) = (case(&[(1, 100), (1, 100), (1, 100)]), history());
		let files = Files::new(None, None);
		let batch = Batch { case: &case, history: &history, receipts: None, files: &files };
		let of = |to: Recipient<'_>, amount, event| {
			let parts = batch.parts_of(to, amount, (50, Some(1)), event);
			parts.iter().map(|part| (part.claim, part.class(), part.amount.0)).collect::<Vec<_>>()
		};
		assert_eq!(of(to(1), 180, 1), [(Some(0), "span", 90), (Some(2), "span", 90)]);
		assert_eq!(of(to(9), 90, 2), [(Some(1), "span", 90)], "it was moved");
		assert_eq!(of(to(1), 45, 4), [(None, "unlisted", 45)]);
		assert_eq!(of(to(1), 45, 5), [], "nothing comes after it");

		let (server, challenger, other) = (account(3), account(8), account(4));
		let by = Recipient::Submitter;
		assert_eq!(of(by(&server), 20, 1), [(Some(0), "span", 10), (Some(2), "span", 10)]);
		assert_eq!(of(by(&challenger), 10, 2), [(Some(1), "span", 10)], "whoever moved it");
		assert_eq!(of(by(&challenger), 5, 4), [(None, "unlisted", 5)], "whoever showed it");
		assert_eq!((of(by(&other), 5, 1), of(by(&server), 5, 4)), (vec![], vec![]));
		let of_challenger = batch.parts_of(by(&challenger), 10, (50, Some(1)), 2);
		assert_eq!(of_challenger[0].contribution(), 9, "where it was moved to");
	}

	#[test]
	fn the_bytes_that_earned_it_are_shown_where_they_are_at_hand() {
		let source = b"Tiger tiger, burning bright, in the forests of the night".to_vec();
		let output = [b"Blake: ", &source[..]].concat();
		let contribution = Contribution { id: 1, commitment: 1, datanet: 0, bytes: source.clone() };
		let span = Evidence::Span { output: 7, offset: 0, length: 12 };
		let world = World::new(&[contribution], &[(bytes(2, 9), output)], &[(0, 1, span)]);
		let mut case = Case::of_open(&world.facts.batch, &world.facts.claims);
		case.open = false;
		let history = history();
		let receipts = Some(&world.facts.receipts[..]);
		let batch = Batch { case: &case, history: &history, receipts, files: &world.files };
		let parts = batch.parts_of(to(1), 1, (50, Some(1)), 1);
		assert_eq!(parts.len(), 1);
		assert_eq!((parts[0].text(), parts[0].request()), ("Tiger tiger,", "4-1".to_string()));
		assert_eq!(parts[0].place(), "output 7, contribution 0, 12 bytes");
		let without = Batch { receipts: None, ..batch };
		let parts = without.parts_of(to(1), 1, (50, Some(1)), 1);
		assert_eq!(parts[0].text(), "Tiger tiger,", "out of the contribution");
	}

	#[test]
	fn long_and_strange_bytes_stay_readable() {
		assert_eq!(readable(b"abc", 1, 2).as_deref(), Some("bc"));
		assert_eq!(readable(b"abc", 1, 3), None);
		assert_eq!(readable(b"abc", u64::MAX, 1), None);
		let long = readable(&[b'x'; 500], 0, 500).expect("it is within");
		assert!(long.ends_with('…') && long.chars().count() == TEXT_BYTES_MAX + 1);
		assert!(readable(&[0xff, 0xfe], 0, 2).is_some());
	}
}
