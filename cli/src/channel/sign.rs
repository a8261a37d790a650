//! `plexus channel sign`: a voucher over receipts, as JSON for the server.
//!
//! # Must not
//! Print a voucher that the journal does not remember, or sign for more than the channel can pay.

use super::{
	failures::{of_journal, of_purse},
	files,
};
use crate::{
	amount::Amount,
	channels,
	client::ConnectionArgs,
	failure::{Failure, FailureKind},
	output::{self, Answer},
	tx::{Session, SignedArgs},
};
use plexus_payments::{
	json, purse::CHANNELS_MAX, ChannelState, Delivery, FileDisk, Point, Purse, PurseError, SignRequest,
	Voucher,
};
use plexus_primitives::ChannelId;
use serde::Serialize;
use std::path::{Path, PathBuf};

#[derive(clap::Args, Clone)]
pub(super) struct SignArgs {
	/// The receipts, as the server gives them; - for standard input.
	#[arg(value_name = "FILE")]
	receipts: PathBuf,

	/// Refuse if these receipts cost more together, in PLX.
	#[arg(long, value_name = "AMOUNT")]
	at_most: Option<Amount>,

	/// The channel's first voucher of this journal. Only if no other journal or machine signed for it.
	#[arg(long)]
	begin: bool,

	/// Where vouchers are remembered; without it, in the user's state directory.
	#[arg(long, value_name = "FILE")]
	journal: Option<PathBuf>,

	#[command(flatten)]
	signed: SignedArgs,
}

/// A delivery with its voucher, as the server takes it.
#[derive(Serialize)]
#[serde(transparent)]
struct Signed {
	delivery: json::Delivery,
	#[serde(skip)]
	voucher: Voucher,
	#[serde(skip)]
	state: ChannelState,
}

impl Answer for Signed {
	fn human(&self) -> String {
		let Point { sequence, cumulative, .. } = self.voucher.at;
		let left = self.state.capacity().saturating_sub(cumulative);
		let facts = output::fields([
			("channel", self.voucher.channel.0.to_string()),
			("signed for receipts up to", sequence.to_string()),
			("for all of them", Amount(cumulative).to_string()),
			("left to sign for", Amount(left).to_string()),
		]);
		let json = serde_json::to_string(self).expect("a delivery has texts and numbers only");
		format!("{facts}\n{json}")
	}
}

pub(super) async fn run(connection: &ConnectionArgs, args: SignArgs) -> Result<(), Failure> {
	let delivery = files::read(&args.receipts)?;
	let session = Session::open(connection, &args.signed).await?;
	let channel = delivery.channel;
	let state = channels::known_state(&session.at, channel).await?;
	check(&delivery, &state, args.at_most)?;
	if state.terms.signer != session.key.account() {
		return Err(Failure::input(
			"NotTheSigner",
			format!("the key is not the signer of channel {}", channel.0),
			"sign with the key that `plexus channel show` names as signer",
		));
	}
	let path = journal_path(&session, args.journal.as_deref())?;
	let mut purse = open_purse(&session, args.journal.as_deref())?;
	let failed = |error| of_purse(&path, &error);
	if args.begin {
		make_room(&mut purse, &session, &path).await?;
		purse.begin(channel, state.redeemed).map_err(failed)?;
	}
	let Delivery { first, receipts, .. } = &delivery;
	let request = SignRequest { channel, first: *first, receipts, ceiling: state.capacity() };
	let voucher = purse.sign(&request, |bytes| session.key.sign_bytes(bytes)).map_err(failed)?;
	let delivery = Delivery { voucher: Some(voucher.signature.clone()), ..delivery };
	let signed = Signed { delivery: json::Delivery::from(&delivery), voucher, state };
	output::print(connection.json, &signed);
	Ok(())
}

/// What a payer looks at besides the content, which only it can compare.
fn check(delivery: &Delivery, state: &ChannelState, at_most: Option<Amount>) -> Result<(), Failure> {
	for receipt in &delivery.receipts {
		state.terms.check(receipt).map_err(|fault| super::of_fault(&fault.into()))?;
	}
	let fees = delivery.receipts.iter().try_fold(0u128, |sum, receipt| sum.checked_add(receipt.fee));
	let fees = Amount(fees.unwrap_or(u128::MAX));
	match at_most {
		Some(at_most) if fees > at_most => Err(Failure::new(
			FailureKind::Refused,
			"TooExpensive",
			format!("the receipts cost {fees} together, and --at-most is {at_most}"),
			"ask the server for receipts at the agreed price",
		)),
		_ => Ok(()),
	}
}

/// Forgets the channels that are over, if the journal has room for no more.
///
/// # Errors
/// All of them are there still. To be told before funds are locked in one more.
pub(super) async fn make_room(purse: &mut Purse, session: &Session, path: &Path) -> Result<(), Failure> {
	if purse.channels().count() < CHANNELS_MAX {
		return Ok(());
	}
	let ids: Vec<_> = purse.channels().map(|(id, _)| id).collect();
	let states = channels::seen(&session.at, ids).await?;
	forget_over(purse, &states).map_err(|error| of_purse(path, &error))
}

fn forget_over(purse: &mut Purse, states: &[(ChannelId, Option<ChannelState>)]) -> Result<(), PurseError> {
	for (id, _) in states.iter().filter(|(_, state)| state.is_none()) {
		purse.end(*id)?;
	}
	match purse.channels().count() < CHANNELS_MAX {
		true => Ok(()),
		false => Err(PurseError::TooManyChannels),
	}
}

pub(super) fn journal_path(session: &Session, given: Option<&Path>) -> Result<PathBuf, Failure> {
	match given {
		Some(path) => Ok(path.to_path_buf()),
		None => {
			let genesis = session.client.api.genesis_hash().0;
			files::default_journal("vouchers", &genesis, session.key.account().as_ref())
		}
	}
}

/// The purse of the session's key.
pub(super) fn open_purse(session: &Session, given: Option<&Path>) -> Result<Purse, Failure> {
	let path = journal_path(session, given)?;
	let genesis = session.client.api.genesis_hash().0;
	let opened =
		FileDisk::open(&path).and_then(|disk| Purse::open(Box::new(disk), genesis, session.key.account()));
	opened.map_err(|error| of_journal(&path, &error))
}

/// Takes a channel in that was opened just now.
pub(super) fn begin_new(purse: &mut Purse, session: &Session, channel: ChannelId) -> Result<(), Failure> {
	let genesis = session.client.api.genesis_hash().0;
	purse.begin(channel, Point::start(&genesis, channel)).map_err(|error| {
		let failure = of_purse(Path::new("the journal"), &error);
		let opened = format!("channel {} is open, but its journal has not begun", channel.0);
		let failure = failure.with_context(opened);
		Failure { remedy: format!("{}; then sign with --begin", failure.remedy), ..failure }
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use plexus_payments::{Signature, Terms};
	use plexus_primitives::{AgentId, Content, ModelId, Receipt};

	fn state() -> ChannelState {
		ChannelState {
			id: ChannelId(7),
			payer: [1; 32].into(),
			server: AgentId(2),
			terms: Terms { signer: [1; 32].into(), models: vec![ModelId(5)], corpora: vec![] },
			closing: false,
			ends_at_ms: 9,
			locked: 10_000_000_000_000,
			redeemed: Point { sequence: 0, cumulative: 0, acc: [0; 32] },
		}
	}

	#[test]
	fn a_full_journal_forgets_what_is_over_and_says_so_if_nothing_is() {
		let disk = Box::new(plexus_payments::MemoryDisk::default());
		let mut purse = Purse::open(disk, [9; 32], [1; 32].into()).expect("a new journal");
		let ids = || (0..CHANNELS_MAX as u64).map(ChannelId);
		for id in ids() {
			purse.begin(id, Point::start(&[9; 32], id)).expect("there is room");
		}
		let next = ChannelId(CHANNELS_MAX as u64);
		let start = Point::start(&[9; 32], next);
		assert!(matches!(purse.begin(next, start), Err(PurseError::TooManyChannels)));
		let open: Vec<_> = ids().map(|id| (id, Some(ChannelState { id, ..state() }))).collect();
		assert!(matches!(forget_over(&mut purse, &open), Err(PurseError::TooManyChannels)));
		// What a node that lags behind does not know of is not among them.
		let over = [(ChannelId(3), None), open[4].clone()];
		forget_over(&mut purse, &over).expect("one is over");
		purse.begin(next, start).expect("in its place");
		assert!(purse.channels().all(|(id, _)| id != ChannelId(3)));
	}

	fn delivery() -> Delivery {
		let content = Content { root: [1; 32], len: 1 };
		let receipt = Receipt {
			model: ModelId(5),
			prompt: content,
			context: None,
			output: content,
			fee: 1_000_000_000_000,
			disclose: false,
			execution: None,
		};
		let receipts = vec![receipt; 2];
		Delivery { channel: ChannelId(7), first: 1, receipts, sources: vec![], voucher: None }
	}

	#[test]
	fn receipts_that_cost_too_much_or_break_the_terms_are_refused() {
		let amount = |text: &str| text.parse::<Amount>().unwrap();
		assert_eq!(check(&delivery(), &state(), None), Ok(()));
		assert_eq!(check(&delivery(), &state(), Some(amount("2"))), Ok(()));
		let refused = check(&delivery(), &state(), Some(amount("1.999999999999"))).unwrap_err();
		assert_eq!(refused.name, "TooExpensive");
		let mut huge = delivery();
		huge.receipts[0].fee = u128::MAX;
		assert_eq!(check(&huge, &state(), Some(Amount(u128::MAX - 1))).unwrap_err().name, "TooExpensive");
		let mut other = delivery();
		other.receipts[1].model = ModelId(6);
		assert_eq!(check(&other, &state(), None).unwrap_err().name, "ModelNotInChannel");
	}

	#[test]
	fn what_is_printed_is_what_a_server_takes() {
		let signature = Signature::Sr25519(sp_core::sr25519::Signature::from_raw([8; 64]));
		let at = Point { sequence: 2, cumulative: 2_000_000_000_000, acc: [3; 32] };
		let voucher = Voucher { channel: ChannelId(7), at, signature: signature.clone() };
		let delivery = Delivery { voucher: Some(signature), ..delivery() };
		let signed = Signed { delivery: json::Delivery::from(&delivery), voucher, state: state() };
		let human = signed.human();
		assert!(human.contains("8 PLX"), "{human}");
		let last = human.lines().last().unwrap();
		let read: json::Delivery = serde_json::from_str(last).unwrap();
		assert_eq!(read.read(), Ok(delivery));
	}
}
