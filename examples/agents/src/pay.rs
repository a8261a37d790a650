//! [`Payer`]: asks a serving agent, checks each answer against what was asked and offered, and only then signs for it.
//!
//! ```text
//!   lane, one for each channel:   ask, with the voucher for the answer before ─▶ check ─▶ purse: sign, on disk ─▶ ask …
//!                                  ▲            │                                          after the last: the voucher alone
//!                                  └─ lost ─────┘ the same once more
//! ```
//! A channel's answers are in one order, so that a lane has one request in flight, and a payer as many as it has channels.
//!
//! # Must not
//! Sign for what it did not ask, did not get, or what costs something else than was offered. Hold a key longer than it runs.
//! Ask elsewhere than where it was told to, whatever a card says: that could be an address of this machine's.
//!
//! # Invariants
//! Every voucher is in the purse's journal before it leaves, and is brought again if it may not have arrived. Nobody is
//! asked again for an answer that came. Each request names the place that its answer is to have, so that asking again owes
//! nothing more.

use crate::{
	http::{ask, AskError},
	wire::{Answer, Offer, Price, Request, Signed, Voucher, ANSWER_BYTES_MAX},
};
use axum::http::Method;
use codec::Encode;
use plexus_payments::{json::Hex, store::context_of, Point, Purse, PurseError, SignRequest, Signature};
use plexus_primitives::{constants::Balance, ChannelId, Receipt};
use serde_json::{json, Value};
use sp_core::{sr25519, Pair};
use std::{
	sync::{
		atomic::{AtomicU64, Ordering},
		Arc, Mutex, PoisonError,
	},
	time::Duration,
};
use tokio::task::JoinSet;

/// The longest card.
const CARD_BYTES_MAX: usize = 256 << 10;

/// How often one answer is asked for in other words when the agent has nothing to say.
const WORDINGS_MAX: u32 = 16;

/// How often an agent is asked again that is busy, or whose answer was lost, and how long is waited before the first time;
/// twice as long each further time.
const RETRIES_MAX: u32 = 6;
const RETRY_AFTER: Duration = Duration::from_millis(100);

/// What is asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Question {
	/// The user's text.
	pub prompt: String,
	/// The same seed gives the same answer.
	pub seed: u64,
	/// The longest text that is wanted.
	pub max_bytes: u32,
	/// Whether parts of the answer may be shown.
	pub disclose: bool,
}

/// What is wrong with an answer. Nothing is signed for it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Fault {
	/// Another channel's.
	#[error("it is of channel {actual}, and was asked for by {expected}")]
	Channel {
		/// Which pays.
		expected: u64,
		/// Which it names.
		actual: u64,
	},
	/// Not the one that was asked for.
	#[error("it has sequence {actual}, and {expected} was asked for")]
	Sequence {
		/// What was asked for.
		expected: u64,
		/// What it has.
		actual: u64,
	},
	/// By another model.
	#[error("it is by model {actual}, and model {expected} was offered")]
	Model {
		/// Which was offered.
		expected: u64,
		/// Which it names.
		actual: u64,
	},
	/// The receipt names another prompt.
	#[error("its receipt names another prompt than was asked")]
	Prompt,
	/// The receipt names another output.
	#[error("its receipt names another output than was answered")]
	Output,
	/// Longer than was asked for.
	#[error("it has {actual} bytes, and {max} were asked for at most")]
	Length {
		/// What was asked for.
		max: u32,
		/// Its bytes.
		actual: usize,
	},
	/// Another price than the offered one.
	#[error("it costs {actual}, and by the offer {expected}")]
	Price {
		/// By the offer.
		expected: Balance,
		/// What the receipt says.
		actual: Balance,
	},
	/// Shown, or kept, against what was said.
	#[error("its receipt says something else than was asked about disclosing it")]
	Disclose,
	/// A context that is not what the pieces are, or comes from elsewhere than was offered.
	#[error("its context is not what it says it was retrieved from")]
	Context,
}

/// Why a payer stops.
#[derive(Debug, thiserror::Error)]
pub enum PayError {
	/// The agent cannot be asked, or refuses.
	#[error(transparent)]
	Ask(#[from] AskError),
	/// The card has no offer.
	#[error("the agent's card says nothing of payments: {0}; ask another agent")]
	NoOffer(String),
	/// Too dear.
	#[error("the longest answer costs {price}, and {limit} is allowed; allow more, or ask for less")]
	TooExpensive {
		/// What it costs.
		price: Balance,
		/// What is allowed.
		limit: Balance,
	},
	/// The agent has nothing to say to anything.
	#[error(
		"the agent had nothing to say to {WORDINGS_MAX} questions in a row; ask about what its sources have"
	)]
	NothingToSay,
	/// An answer that is not signed for.
	#[error("answer {sequence} of channel {} is not signed for: {fault}", .channel.0)]
	Fault {
		/// Which channel.
		channel: ChannelId,
		/// The place that it says it has.
		sequence: u64,
		/// What is wrong.
		fault: Fault,
	},
	/// The journal.
	#[error(transparent)]
	Purse(#[from] PurseError),
	/// A task ended.
	#[error("a lane of the payer ended: {0}")]
	Ended(String),
}

/// A channel that pays, and the greatest sum of all its fees.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lane {
	/// Which.
	pub channel: ChannelId,
	/// What was redeemed and is locked, or less.
	pub ceiling: Balance,
}

/// An answer that was checked and signed for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Paid {
	/// By which channel.
	pub channel: ChannelId,
	/// Its place there.
	pub sequence: u64,
	/// What was agreed on.
	pub receipt: Receipt,
	/// What was answered: whoever has it can check the agent's claims, and show what is wrong with them.
	pub text: String,
	/// How many claims the agent made about it.
	pub claims: usize,
}

/// A purse that several lanes sign with, and its key.
#[derive(Clone)]
pub struct Signer {
	purse: Arc<Mutex<Purse>>,
	key: sr25519::Pair,
}

impl Signer {
	/// With the key that the channels name.
	pub fn new(purse: Purse, key: sr25519::Pair) -> Self {
		Self { purse: Arc::new(Mutex::new(purse)), key }
	}

	/// Up to where a channel is signed for.
	///
	/// # Errors
	/// The journal has nothing of the channel.
	pub fn at(&self, channel: ChannelId) -> Result<Point, PurseError> {
		let purse = self.purse.lock().unwrap_or_else(PoisonError::into_inner);
		let found = purse.channels().find(|(id, _)| *id == channel);
		found.map(|(_, at)| at).ok_or(PurseError::NotBegun(channel))
	}

	/// The last voucher of a channel; nothing if none was signed.
	pub fn last(&self, channel: ChannelId) -> Option<Voucher> {
		let purse = self.purse.lock().unwrap_or_else(PoisonError::into_inner);
		let last = purse.last(channel)?.voucher;
		Some(Voucher { sequence: last.at.sequence, signature: Hex(last.signature.encode()) })
	}

	/// The request with its proof, behind what was signed for.
	fn prove(&self, request: Request, at: &Point) -> Request {
		let signature = Signature::from(self.key.sign(&request.proved_bytes(&at.acc)));
		Request { proof: Hex(signature.encode()), ..request }
	}

	/// Signs for one receipt; on disk when this returns. Takes as long as a sync.
	pub fn sign(&self, lane: Lane, sequence: u64, receipt: Receipt) -> Result<Voucher, PurseError> {
		let mut purse = self.purse.lock().unwrap_or_else(PoisonError::into_inner);
		let request = SignRequest {
			channel: lane.channel,
			first: sequence,
			receipts: &[receipt],
			ceiling: lane.ceiling,
		};
		let signed = purse.sign(&request, |bytes| self.key.sign(bytes).into())?;
		Ok(Voucher { sequence, signature: Hex(signed.signature.encode()) })
	}
}

/// Pays one agent.
#[derive(Clone)]
pub struct Payer {
	offer: Offer,
	url: String,
	signer: Signer,
}

impl Payer {
	/// Reads the agent's card, and refuses what is dearer than `limit` for `max_bytes`.
	///
	/// # Errors
	/// The agent cannot be reached, says nothing of prices, or is too dear.
	pub async fn meet(url: &str, signer: Signer, max_bytes: u32, limit: Balance) -> Result<Self, PayError> {
		let url = url.trim_end_matches('/').to_string();
		let card: Value = ask(Method::GET, &format!("{url}/"), None, CARD_BYTES_MAX).await?;
		let offer: Offer = serde_json::from_value(card["plexus"].clone())
			.map_err(|error| PayError::NoOffer(error.to_string()))?;
		let price = offer.price.of(max_bytes.into());
		if price > limit {
			return Err(PayError::TooExpensive { price, limit });
		}
		Ok(Self { offer, url, signer })
	}

	/// What the agent offers.
	pub fn offer(&self) -> &Offer {
		&self.offer
	}

	/// Asks until so many answers are paid, as many at once as there are lanes. `question` words the answer with this number
	/// for the so-manieth time.
	///
	/// # Errors
	/// The first lane's that cannot go on. What was signed is in the journal.
	pub async fn pay(
		&self,
		lanes: &[Lane],
		count: u64,
		question: impl Fn(u64, u32) -> Question + Send + Sync + 'static,
	) -> Result<Vec<Paid>, PayError> {
		let (next, question) = (Arc::new(AtomicU64::new(0)), Arc::new(question));
		let run = move |lane: &Lane| {
			let (payer, lane, next, question) = (self.clone(), *lane, next.clone(), question.clone());
			async move {
				let next = || Some(next.fetch_add(1, Ordering::Relaxed)).filter(|number| *number < count);
				payer.run(lane, next, &*question).await
			}
		};
		// Dropped with the first failure, which ends the others.
		let mut running: JoinSet<_> = lanes.iter().map(run).collect();
		let mut paid = Vec::new();
		while let Some(lane) = running.join_next().await {
			paid.extend(lane.map_err(|error| PayError::Ended(error.to_string()))??);
		}
		Ok(paid)
	}

	/// One lane, until there is no number left.
	async fn run(
		&self,
		lane: Lane,
		next: impl Fn() -> Option<u64>,
		question: &(impl Fn(u64, u32) -> Question + Sync),
	) -> Result<Vec<Paid>, PayError> {
		let mut paid = Vec::new();
		// An earlier run may have ended before it handed its last voucher over.
		let (mut at, mut voucher) = (self.signer.at(lane.channel)?, self.signer.last(lane.channel));
		while let Some(number) = next() {
			let sequence = at.sequence.saturating_add(1);
			let asking = self.ask(lane, &at, voucher.take(), |wording| question(number, wording));
			let (asked, answer) = asking.await?;
			let fault = |fault| PayError::Fault { channel: lane.channel, sequence: answer.sequence, fault };
			let receipt = check(&asked, &self.offer, lane.channel, sequence, &answer).map_err(fault)?;
			let signer = self.signer.clone();
			let signing = tokio::task::spawn_blocking(move || signer.sign(lane, sequence, receipt));
			voucher = Some(signing.await.map_err(|error| PayError::Ended(error.to_string()))??);
			at = at.after(&receipt).map_err(PurseError::from)?;
			let Answer { text, claims, .. } = answer;
			paid.push(Paid { channel: lane.channel, sequence, receipt, text, claims: claims.len() });
		}
		if let Some(voucher) = voucher {
			let signed = json!(Signed { channel: lane.channel.0, voucher });
			let url = format!("{}/v1/vouchers", self.url);
			ask::<Value>(Method::POST, &url, Some(&signed), ANSWER_BYTES_MAX).await?;
		}
		Ok(paid)
	}

	/// Asks in other words until there is an answer.
	async fn ask(
		&self,
		lane: Lane,
		at: &Point,
		voucher: Option<Voucher>,
		question: impl Fn(u32) -> Question,
	) -> Result<(Question, Answer), PayError> {
		let url = format!("{}/v1/complete", self.url);
		let mut wording = 0;
		let mut retries = 0;
		while wording < WORDINGS_MAX {
			let asked = question(wording);
			let request = Request {
				prompt: asked.prompt.clone(),
				channel: lane.channel.0,
				sequence: at.sequence.saturating_add(1),
				seed: asked.seed,
				max_bytes: Some(asked.max_bytes),
				disclose: asked.disclose,
				voucher: voucher.clone(),
				proof: Hex(Vec::new()),
			};
			let body = json!(self.signer.prove(request, at));
			match ask::<Answer>(Method::POST, &url, Some(&body), ANSWER_BYTES_MAX).await {
				Ok(answer) => return Ok((asked, answer)),
				Err(AskError::Refused { status, .. }) if status.as_u16() == 422 => wording += 1,
				// It was busy, or the answer was lost: the same request has the same place, and is answered once more.
				Err(error) if comes_back(&error) && retries < RETRIES_MAX => {
					tokio::time::sleep(RETRY_AFTER * 2u32.pow(retries)).await;
					retries += 1;
				}
				Err(error) => return Err(error.into()),
			}
		}
		Err(PayError::NothingToSay)
	}
}

/// Whether asking again may help, for the same place.
fn comes_back(error: &AskError) -> bool {
	match error {
		AskError::Unreachable { .. } => true,
		AskError::Refused { status, .. } => matches!(status.as_u16(), 502 | 503),
		AskError::Address(_) | AskError::Silent { .. } | AskError::Unintelligible { .. } => false,
	}
}

/// What is signed for, if the answer is what was asked, at the offered price.
///
/// # Errors
/// The first difference.
pub fn check(
	asked: &Question,
	offer: &Offer,
	channel: ChannelId,
	sequence: u64,
	answer: &Answer,
) -> Result<Receipt, Fault> {
	let receipt = Receipt::from(&answer.receipt);
	if answer.channel != channel.0 {
		return Err(Fault::Channel { expected: channel.0, actual: answer.channel });
	}
	if answer.sequence != sequence {
		return Err(Fault::Sequence { expected: sequence, actual: answer.sequence });
	}
	if receipt.model.0 != offer.model {
		return Err(Fault::Model { expected: offer.model, actual: receipt.model.0 });
	}
	let is_named = |content: plexus_primitives::Content, text: &str| {
		(content.root, content.len) == (*blake3::hash(text.as_bytes()).as_bytes(), text.len() as u64)
	};
	if !is_named(receipt.prompt, &asked.prompt) {
		return Err(Fault::Prompt);
	}
	if !is_named(receipt.output, &answer.text) {
		return Err(Fault::Output);
	}
	if answer.text.len() > asked.max_bytes as usize {
		return Err(Fault::Length { max: asked.max_bytes, actual: answer.text.len() });
	}
	check_price(&offer.price, &receipt, answer)?;
	if receipt.disclose != asked.disclose {
		return Err(Fault::Disclose);
	}
	let context = if answer.pieces.is_empty() { None } else { context_of(&answer.pieces).ok() };
	let offered = answer.sources.iter().all(|source| offer.corpora.contains(source));
	if receipt.context != context || !offered {
		return Err(Fault::Context);
	}
	Ok(receipt)
}

fn check_price(price: &Price, receipt: &Receipt, answer: &Answer) -> Result<(), Fault> {
	let expected = price.of(answer.text.len() as u64);
	for actual in [receipt.fee, answer.price.0] {
		if actual != expected {
			return Err(Fault::Price { expected, actual });
		}
	}
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;
	use plexus_payments::{
		json::{self, Digits},
		MemoryDisk,
	};
	use plexus_primitives::{Content, ContextLeaf, ContributionId, ModelId};

	const CHANNEL: ChannelId = ChannelId(3);

	fn asked() -> Question {
		Question { prompt: "Where?".into(), seed: 1, max_bytes: 20, disclose: true }
	}

	fn offer() -> Offer {
		let price = Price { per_request: Digits(100), per_byte: Digits(2) };
		Offer {
			agent: 1,
			model: 5,
			price,
			max_bytes: 100,
			corpora: vec![(0, 1)],
			complete: "http://x".into(),
		}
	}

	fn content(text: &str) -> Content {
		Content { root: *blake3::hash(text.as_bytes()).as_bytes(), len: text.len() as u64 }
	}

	fn receipt() -> Receipt {
		let pieces = [piece()];
		Receipt {
			model: ModelId(5),
			prompt: content("Where?"),
			context: context_of(&pieces).ok(),
			output: content("here"),
			fee: 108,
			disclose: true,
			execution: None,
		}
	}

	fn piece() -> ContextLeaf {
		ContextLeaf { contribution: ContributionId(7), offset: 0, length: 512 }
	}

	fn answer(receipt: Receipt) -> Answer {
		Answer {
			text: "here".into(),
			channel: 3,
			sequence: 9,
			price: Digits(108),
			receipt: json::Receipt::from(&receipt),
			sources: vec![(0, 1)],
			pieces: vec![piece()],
			claims: vec![],
		}
	}

	fn fault(answer: &Answer) -> Option<Fault> {
		check(&asked(), &offer(), CHANNEL, 9, answer).err()
	}

	#[test]
	fn an_answer_that_is_what_was_asked_is_signed_for() {
		assert_eq!(check(&asked(), &offer(), CHANNEL, 9, &answer(receipt())), Ok(receipt()));
	}

	#[test]
	fn every_difference_is_found() {
		let good = receipt();
		for (changed, expected) in [
			(Receipt { model: ModelId(6), ..good }, Fault::Model { expected: 5, actual: 6 }),
			(Receipt { prompt: content("Who?"), ..good }, Fault::Prompt),
			(Receipt { output: content("there"), ..good }, Fault::Output),
			(Receipt { output: Content { len: 5, ..good.output }, ..good }, Fault::Output),
			(Receipt { fee: 109, ..good }, Fault::Price { expected: 108, actual: 109 }),
			(Receipt { fee: 107, ..good }, Fault::Price { expected: 108, actual: 107 }),
			(Receipt { disclose: false, ..good }, Fault::Disclose),
			(Receipt { context: None, ..good }, Fault::Context),
		] {
			assert_eq!(fault(&answer(changed)), Some(expected));
		}
		let good = answer(good);
		assert_eq!(
			fault(&Answer { channel: 4, ..good.clone() }),
			Some(Fault::Channel { expected: 3, actual: 4 })
		);
		assert_eq!(
			fault(&Answer { sequence: 8, ..good.clone() }),
			Some(Fault::Sequence { expected: 9, actual: 8 })
		);
		let dear = Answer { price: Digits(200), ..good.clone() };
		assert_eq!(fault(&dear), Some(Fault::Price { expected: 108, actual: 200 }));
		assert_eq!(fault(&Answer { sources: vec![(1, 1)], ..good.clone() }), Some(Fault::Context));
		assert_eq!(fault(&Answer { pieces: vec![], ..good }), Some(Fault::Context));
		let long = "x".repeat(21);
		let price = offer().price.of(21);
		let too_long = Receipt { output: content(&long), fee: price, ..receipt() };
		let too_long = Answer { text: long, price: Digits(price), ..answer(too_long) };
		assert_eq!(fault(&too_long), Some(Fault::Length { max: 20, actual: 21 }));
	}

	#[test]
	fn a_sequence_is_signed_for_once_and_not_above_the_ceiling() {
		let key = sr25519::Pair::from_seed(&[1; 32]);
		let mut purse = Purse::open(Box::new(MemoryDisk::default()), [9; 32], key.public().into()).unwrap();
		purse.begin(CHANNEL, Point::start(&[9; 32], CHANNEL)).unwrap();
		let (signer, lane) = (Signer::new(purse, key), Lane { channel: CHANNEL, ceiling: 150 });
		assert_eq!((signer.at(CHANNEL).unwrap().sequence, signer.last(CHANNEL)), (0, None));
		let voucher = signer.sign(lane, 1, receipt()).unwrap();
		assert_eq!(signer.sign(lane, 1, receipt()).unwrap(), voucher);
		assert_eq!((signer.at(CHANNEL).unwrap().sequence, signer.last(CHANNEL)), (1, Some(voucher)));
		assert!(matches!(signer.at(ChannelId(4)), Err(PurseError::NotBegun(_))), "nothing is asked for it");
		let other = Receipt { fee: 1, ..receipt() };
		assert!(matches!(signer.sign(lane, 1, other), Err(PurseError::AlreadySigned { .. })));
		assert!(matches!(signer.sign(lane, 2, receipt()), Err(PurseError::AboveCeiling { .. })));
	}
}
