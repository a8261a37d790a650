//! The payer: signs vouchers, each sequence of a channel once.
//!
//! ```text
//!   begin ─▶ point 0 ── sign(receipts) ─▶ point n ── sign ─▶ …          one record in the journal each, synced
//!                         │      ▲
//!                         └──────┘ the same receipts again: the same signature, from the journal
//! ```
//!
//! # Must not
//! Hold the key: the caller signs what it is given. Judge whether an answer is worth its fee: whoever asks for a signature
//! has compared prompt, output and fee with what it wanted.
//!
//! # Invariants
//! - A voucher is on disk, signature included, before it is returned. So after a crash the same one is returned again.
//! - For each sequence of a channel there is at most one voucher ever, whatever is asked for and in whatever order.
//! - A channel is signed for only after [`Purse::begin`], so that a lost journal is noticed and not begun anew silently.

use crate::{
	journal::{self, Disk, Journal},
	Identity, JournalError, Owner, Point, PointError, Signature, Voucher, VOUCHER_RECEIPTS_MAX,
};
use codec::{Decode, Encode};
use plexus_primitives::{constants::Balance, ChannelId, Receipt};
use sp_core::crypto::AccountId32;
use std::collections::BTreeMap;

/// Channels that one signer has at once. With as many receipts as a voucher may cover, each has some 50 KB in the journal.
pub const CHANNELS_MAX: usize = 1_024;

/// Why nothing is signed.
#[derive(Debug, thiserror::Error)]
pub enum PurseError {
	/// The journal has nothing of the channel.
	#[error(
		"this journal signed nothing for channel {} yet; if no other journal or machine did, begin it", .0 .0
	)]
	NotBegun(ChannelId),
	/// The journal has the channel already.
	#[error("this journal signs for channel {} already; go on with it", .0 .0)]
	AlreadyBegun(ChannelId),
	/// Too many channels.
	#[error(
		"the journal has {CHANNELS_MAX} channels, and no room for more; finish those that are closed or expired, or have another \
		 key sign for the next"
	)]
	TooManyChannels,
	/// No receipts, or more than a voucher may cover.
	#[error("{0} receipts cannot be signed for at once; give 1 to {VOUCHER_RECEIPTS_MAX}")]
	ReceiptCount(usize),
	/// They do not follow on what was signed.
	#[error("the receipts begin with {given}, but {signed} was signed last; give those from {} on", .signed.saturating_add(1))]
	Gap {
		/// The sequence of the first.
		given: u64,
		/// The last that was signed for.
		signed: u64,
	},
	/// For one of these sequences something else was signed.
	#[error(
		"up to {signed} was signed already, and not for these receipts; hand out the last voucher again, and if the server \
		 insists, close the channel"
	)]
	AlreadySigned {
		/// The last that was signed for.
		signed: u64,
	},
	/// Content that cannot exist.
	#[error(
		"a receipt names a prompt, output or context without bytes; refuse it, it could not be redeemed"
	)]
	EmptyContent,
	/// Sums or sequences overflow.
	#[error(transparent)]
	Point(#[from] PointError),
	/// More than the caller allows.
	#[error("the voucher would be for {cumulative} in all, and at most {ceiling} is allowed; top the channel up, or refuse")]
	AboveCeiling {
		/// The sum of all fees, in the smallest unit.
		cumulative: Balance,
		/// What is allowed.
		ceiling: Balance,
	},
	/// Not this journal's signer.
	#[error("the key is not the one that this journal is of; sign with the channel's signer")]
	WrongKey,
	/// The journal.
	#[error(transparent)]
	Journal(#[from] JournalError),
}

/// What is to be signed for.
#[derive(Clone, Copy, Debug)]
pub struct SignRequest<'a> {
	/// Which channel.
	pub channel: ChannelId,
	/// The sequence of the first of these receipts. They may begin with some that were signed for.
	pub first: u64,
	/// In order.
	pub receipts: &'a [Receipt],
	/// The greatest sum of all fees of the channel: what is redeemed and locked, or less.
	pub ceiling: Balance,
}

/// What was signed last for a channel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signed {
	/// Where the receipts begin.
	pub from: Point,
	/// Those that the last voucher covers beyond the one before.
	pub receipts: Vec<Receipt>,
	/// The last voucher.
	pub voucher: Voucher,
}

#[derive(Encode, Decode)]
enum Record {
	/// Nothing of the channel was signed here before this point.
	#[codec(index = 0)]
	Begun { channel: ChannelId, at: Point },
	/// Signed for these receipts, which follow on the point before.
	#[codec(index = 1)]
	Signed { channel: ChannelId, receipts: Vec<Receipt>, signature: Signature },
	/// The channel is gone from the chain.
	#[codec(index = 2)]
	Ended { channel: ChannelId },
}

/// What the purse knows of a channel.
#[derive(Debug)]
struct Tab {
	from: Point,
	receipts: Vec<Receipt>,
	to: Point,
	/// Of `to`; nothing if nothing was signed yet.
	signature: Option<Signature>,
}

/// A signer's channels.
#[derive(Debug)]
pub struct Purse {
	journal: Journal,
	genesis: [u8; 32],
	signer: AccountId32,
	tabs: BTreeMap<ChannelId, Tab>,
}

impl Purse {
	/// Opens a signer's journal, or begins one.
	///
	/// # Errors
	/// It is somebody else's, in use, damaged, or cannot be read.
	pub fn open(disk: Box<dyn Disk>, genesis: [u8; 32], signer: AccountId32) -> Result<Self, JournalError> {
		let identity = Identity { genesis, owner: Owner::Signer(signer.clone()) };
		let (journal, payloads) = Journal::open(disk, identity)?;
		let mut purse = Self { journal, genesis, signer, tabs: BTreeMap::new() };
		for record in journal::records(&payloads)? {
			purse.replay(record)?;
		}
		Ok(purse)
	}

	/// Takes a channel in, from a point that nothing was signed beyond: the first one for a new channel.
	///
	/// # Errors
	/// The channel is there already, there are too many, or the journal fails.
	pub fn begin(&mut self, channel: ChannelId, at: Point) -> Result<(), PurseError> {
		if self.tabs.contains_key(&channel) {
			return Err(PurseError::AlreadyBegun(channel));
		}
		if self.tabs.len() >= CHANNELS_MAX {
			return Err(PurseError::TooManyChannels);
		}
		self.append(Record::Begun { channel, at })
	}

	/// Signs for receipts, or hands out again what was signed for them. `sign` gets the bytes of
	/// [`Voucher::signed_bytes`], and is called at most once.
	///
	/// # Errors
	/// Nothing is signed: the receipts do not follow, are too expensive, or the journal fails.
	pub fn sign(
		&mut self,
		request: &SignRequest,
		sign: impl FnOnce(&[u8]) -> Signature,
	) -> Result<Voucher, PurseError> {
		let SignRequest { channel, first, receipts, ceiling } = *request;
		if receipts.is_empty() || receipts.len() > VOUCHER_RECEIPTS_MAX {
			return Err(PurseError::ReceiptCount(receipts.len()));
		}
		let tab = self.tabs.get(&channel).ok_or(PurseError::NotBegun(channel))?;
		let fresh = tab.beyond_signed(first, receipts)?;
		if fresh.is_empty() {
			// Only after a signature is there anything to be found again.
			return self.last(channel).map(|signed| signed.voucher).ok_or(PurseError::NotBegun(channel));
		}
		if fresh.iter().any(is_empty) {
			return Err(PurseError::EmptyContent);
		}
		let at = tab.to.after_all(fresh)?;
		if at.cumulative > ceiling {
			return Err(PurseError::AboveCeiling { cumulative: at.cumulative, ceiling });
		}
		let signature = sign(&Voucher::signed_bytes(&self.genesis, channel, &at));
		let voucher = Voucher { channel, at, signature: signature.clone() };
		if !voucher.is_signed_by(&self.genesis, &self.signer) {
			return Err(PurseError::WrongKey);
		}
		self.append(Record::Signed { channel, receipts: fresh.to_vec(), signature })?;
		Ok(voucher)
	}

	/// What was signed last for a channel; nothing if nothing was.
	pub fn last(&self, channel: ChannelId) -> Option<Signed> {
		let tab = self.tabs.get(&channel)?;
		let voucher = Voucher { channel, at: tab.to, signature: tab.signature.clone()? };
		Some(Signed { from: tab.from, receipts: tab.receipts.clone(), voucher })
	}

	/// The channels, each with the point up to which it was signed for.
	pub fn channels(&self) -> impl Iterator<Item = (ChannelId, Point)> + '_ {
		self.tabs.iter().map(|(channel, tab)| (*channel, tab.to))
	}

	/// Forgets a channel that is gone from the chain; its id is never given again.
	///
	/// # Errors
	/// The channel is not there, or the journal fails.
	pub fn end(&mut self, channel: ChannelId) -> Result<(), PurseError> {
		if !self.tabs.contains_key(&channel) {
			return Err(PurseError::NotBegun(channel));
		}
		self.append(Record::Ended { channel })
	}

	fn append(&mut self, record: Record) -> Result<(), PurseError> {
		self.journal.append(&record.encode())?;
		self.replay(record)?;
		if self.journal.is_long() {
			self.journal.rewrite(self.snapshot())?;
		}
		Ok(())
	}

	/// Everything in force, in as few records as possible.
	fn snapshot(&self) -> Vec<Vec<u8>> {
		let of_tab = |(channel, tab): (&ChannelId, &Tab)| {
			let channel = *channel;
			let signed = tab.signature.clone().map(|signature| Record::Signed {
				channel,
				receipts: tab.receipts.clone(),
				signature,
			});
			[Some(Record::Begun { channel, at: tab.from }), signed]
		};
		let records = self.tabs.iter().flat_map(of_tab).flatten();
		journal::payloads(records.map(|record| record.encode()))
	}

	/// What a record changes, when it was written and when it is read again.
	fn replay(&mut self, record: Record) -> Result<(), JournalError> {
		match record {
			Record::Begun { channel, at } => {
				let tab = Tab { from: at, receipts: Vec::new(), to: at, signature: None };
				match self.tabs.insert(channel, tab) {
					None => Ok(()),
					Some(_) => Err(JournalError::Inconsistent("a channel begins twice")),
				}
			}
			Record::Signed { channel, receipts, signature } => {
				let tab = self.tabs.get_mut(&channel);
				let tab =
					tab.ok_or(JournalError::Inconsistent("a voucher of a channel that did not begin"))?;
				let to = tab.to.after_all(&receipts);
				let to = to.map_err(|_| JournalError::Inconsistent("a voucher for too much"))?;
				*tab = Tab { from: tab.to, receipts, to, signature: Some(signature) };
				Ok(())
			}
			Record::Ended { channel } => match self.tabs.remove(&channel) {
				Some(_) => Ok(()),
				None => Err(JournalError::Inconsistent("a channel ends that did not begin")),
			},
		}
	}
}

impl Tab {
	/// Those of the receipts that nothing was signed for yet, if the others are the ones that were.
	fn beyond_signed<'a>(&self, first: u64, receipts: &'a [Receipt]) -> Result<&'a [Receipt], PurseError> {
		let signed = self.to.sequence;
		let before = first.checked_sub(1).ok_or(PurseError::Gap { given: first, signed })?;
		if before > signed {
			return Err(PurseError::Gap { given: first, signed });
		}
		let overlap = usize::try_from(signed - before).unwrap_or(usize::MAX);
		if overlap == 0 {
			return Ok(receipts);
		}
		// What was signed for earlier than last time is not kept; nobody needs it who has the last voucher.
		let differs = || PurseError::AlreadySigned { signed };
		let known = before.checked_sub(self.from.sequence).ok_or_else(differs)?;
		let known =
			usize::try_from(known).ok().and_then(|known| self.receipts.get(known..)).ok_or_else(differs)?;
		// The execution commitment is the server's alone, and no part of what was signed.
		let agreed = |receipt: &Receipt| Receipt { execution: None, ..*receipt };
		let same = receipts.len() >= overlap
			&& receipts.iter().take(overlap).map(agreed).eq(known.iter().map(agreed));
		same.then(|| &receipts[overlap..]).ok_or_else(differs)
	}
}

/// Whether a receipt names content that cannot exist, so that no chain would redeem it.
fn is_empty(receipt: &Receipt) -> bool {
	let context = receipt.context.is_some_and(|context| context.bytes == 0);
	receipt.prompt.len == 0 || receipt.output.len == 0 || context
}
