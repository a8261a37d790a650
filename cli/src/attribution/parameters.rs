//! The parameters that attribution has on this chain.

use crate::{
	amount::Amount,
	claims::chain,
	output::{self, duration, Answer},
	validators::Percent,
};
use serde::Serialize;

/// The parameters as they are printed. Shares are billionths.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub(crate) struct Parameters {
	/// What all claims of a receipt may take of its data's money.
	all: Percent,
	grounded: Percent,
	span: Percent,
	attested: Percent,
	/// Whoever submits a claim has of what it moves.
	submitter: Percent,
	/// Whoever shows fraud has of the hold.
	challenger: Percent,
	hold_multiple: u32,
	hold_floor: Amount,
	answer_fee_max: Amount,
	span_bytes_min: u64,
	unlisted_bytes_min: u64,
	window_ms: u64,
	response_ms: u64,
	reveal_ms: u64,
}

impl From<chain::Parameters> for Parameters {
	fn from(info: chain::Parameters) -> Self {
		Self {
			all: info.all,
			grounded: info.grounded,
			span: info.span,
			attested: info.attested,
			submitter: info.submitter,
			challenger: info.challenger,
			hold_multiple: info.hold_multiple,
			hold_floor: Amount(info.hold_floor),
			answer_fee_max: Amount(info.answer_fee_max),
			span_bytes_min: info.span_bytes_min,
			unlisted_bytes_min: info.unlisted_bytes_min,
			window_ms: info.window_ms,
			response_ms: info.response_ms,
			reveal_ms: info.reveal_ms,
		}
	}
}

impl Answer for Parameters {
	fn human(&self) -> String {
		output::fields([
			("claims of a receipt take at most", format!("{} of its data's money", self.all)),
			("all of a context takes", self.grounded.to_string()),
			("all of an output takes", self.span.to_string()),
			("whoever submits has", format!("{} of what a claim moves", self.submitter)),
			("whoever shows fraud has", format!("{} of the hold", self.challenger)),
			("hold", format!("{} times what claims move, and {}", self.hold_multiple, self.hold_floor)),
			("an answer's fee is at most", self.answer_fee_max.to_string()),
			("shortest span", format!("{} bytes", self.span_bytes_min)),
			("shortest unlisted source", format!("{} bytes", self.unlisted_bytes_min)),
			("batches are open for", duration(self.window_ms)),
			("answers may take", duration(self.response_ms)),
			("commitments may be revealed for", duration(self.reveal_ms)),
		])
	}
}
