//! The server: takes the receipts and vouchers that the chain will pay for, and keeps them until it has.
//!
//! ```text
//!   see ─▶ open ── receive ─▶ receipts ── voucher ─▶ signed ── batch, submitted elsewhere ─▶ see ─▶ redeemed, forgotten
//!            │                   │
//!            │                   └─ waive: unsigned ones are given up
//!            └─ see nothing: the channel is over, what was not redeemed is lost
//! ```
//! Calls change what the ledger holds and stage a record; [`Ledger::commit`] writes all that is staged and syncs once, so
//! that many requests share one sync. Nothing may be answered before that.
//!
//! # What is refused
//! Receipts of a channel that is unknown, closing or about to end; that break its terms; that do not follow on those
//! before; that cost more than is locked; that would leave more unsigned than the server grants, or more than a batch takes.
//! Vouchers over other receipts, or not by the channel's signer. Vouchers are taken as long as there is a channel: the chain
//! redeems them, too.
//!
//! # Must not
//! Ask the chain, or count what was submitted: the channel's sequence on chain alone says what was redeemed, so that
//! submitting twice, or not knowing whether one did, changes nothing.
//!
//! # Invariants
//! - Each receipt is held once and in order. What was accepted is held until the chain redeemed it, the channel is over,
//!   or it was waived unsigned.
//! - Between two vouchers, and behind the last, are never more receipts than a batch takes: all that is signed for fits
//!   into batches.

mod fault;
mod record;
mod tab;

pub use fault::Fault;

use crate::{
	batch::{self, Batch, BatchLimits, Candidate, Entry},
	journal::{self, Disk, Journal},
	ChannelState, Claims, Identity, JournalError, Owner, Point, Signature, Voucher, VOUCHER_RECEIPTS_MAX,
};
use codec::Encode;
use plexus_primitives::{constants::Balance, AgentId, ChannelId, DatanetId, DatanetVersion, Receipt};
use record::Record;
use std::collections::{BTreeMap, BTreeSet};
use tab::Tab;

/// How much a server grants and holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
	/// Channels that are known at once.
	pub channels: usize,
	/// Receipts of all channels that are not redeemed yet; some 300 bytes each in memory, and 60 for each claim.
	pub receipts: usize,
	/// Receipts of one channel that the payer has not signed for, with those that are accepted now; at least one, and at
	/// most `voucher_receipts`.
	pub unsigned_receipts: usize,
	/// What these may cost together.
	pub unsigned_fees: Balance,
	/// Receipts from one voucher to the next, whoever goes first: not more than a batch takes.
	pub voucher_receipts: usize,
	/// Claims of these: not more than a batch takes.
	pub voucher_claims: usize,
	/// Pairs of model and contribution that these are for, in the same way.
	pub voucher_targets: usize,
	/// Milliseconds on the chain clock before a channel's end in which nothing is served any more: time to redeem what
	/// was.
	pub margin_ms: u64,
}

impl Limits {
	/// For one serving process: what is held has some 20 MB, what may be lost to a payer is a few requests.
	pub const USUAL: Self = Self {
		channels: 1_024,
		receipts: 65_536,
		unsigned_receipts: 16,
		unsigned_fees: Balance::MAX,
		voucher_receipts: VOUCHER_RECEIPTS_MAX,
		voucher_claims: BatchLimits::USUAL.claims,
		voucher_targets: BatchLimits::USUAL.targets,
		margin_ms: 60_000,
	};
}

/// What a serving process hands over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delivery {
	/// Which channel.
	pub channel: ChannelId,
	/// The sequence of the first receipt; the one after the last, if there is a voucher alone.
	pub first: u64,
	/// In order. They may begin with some that were handed over before.
	pub receipts: Vec<Receipt>,
	/// Where contexts were retrieved from.
	pub sources: Vec<(DatanetId, DatanetVersion)>,
	/// Over the last of these receipts, and all before.
	pub voucher: Option<Signature>,
}

/// What a channel has come to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Standing {
	/// Which channel.
	pub channel: ChannelId,
	/// The last receipt.
	pub last: Point,
	/// The last that is signed for, or was redeemed.
	pub signed: Point,
	/// The last that was redeemed.
	pub redeemed: Point,
	/// As the chain has it; nothing if it was not asked since the start.
	pub state: Option<ChannelState>,
}

/// What a look at the chain brought.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Seen {
	/// Receipts that are redeemed now.
	pub redeemed: u64,
	/// Receipts that never will be, because the channel is over or another ledger redeemed others in their place.
	pub lost: u64,
	/// What was signed for among these, in the smallest unit.
	pub lost_signed: Balance,
}

/// Sums over all channels.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Totals {
	/// Channels that are known.
	pub channels: usize,
	/// Receipts that are held.
	pub receipts: usize,
	/// Those of them that are signed for.
	pub signed: usize,
	/// What these cost.
	pub signed_fees: Balance,
	/// Whether some of them are of a channel that is closing or ends soon.
	pub urgent: bool,
}

/// What is held of contents and contexts: bytes that a store must not let go of.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Needs {
	/// Roots of prompts, outputs and contexts of receipts that are held.
	pub roots: BTreeSet<[u8; 32]>,
	/// The last receipt of each channel that was redeemed, as far as is known.
	pub redeemed: BTreeMap<ChannelId, u64>,
	/// What the chain clock showed at last.
	pub clock_ms: u64,
	/// Channels that the chain did not show since the start, or only as they were before what is known here: while there are
	/// some, what it does not show may be what a node that lags behind has yet to see.
	pub unseen: usize,
}

/// An agent's receipts and vouchers.
#[derive(Debug)]
pub struct Ledger {
	journal: Journal,
	genesis: [u8; 32],
	server: AgentId,
	limits: Limits,
	clock_ms: u64,
	tabs: BTreeMap<ChannelId, Tab>,
	receipts: usize,
	/// The channel that was first in the last batch.
	turn: ChannelId,
	/// Records that [`Ledger::commit`] writes.
	staged: Vec<Vec<u8>>,
}

impl Ledger {
	/// Opens a server's journal, or begins one.
	///
	/// # Errors
	/// It is somebody else's, in use, damaged, or cannot be read.
	pub fn open(
		disk: Box<dyn Disk>,
		genesis: [u8; 32],
		server: AgentId,
		limits: Limits,
	) -> Result<Self, JournalError> {
		let identity = Identity { genesis, owner: Owner::Server(server) };
		let (journal, payloads) = Journal::open(disk, identity)?;
		let voucher_receipts = limits.voucher_receipts.clamp(1, VOUCHER_RECEIPTS_MAX);
		let unsigned_receipts = limits.unsigned_receipts.clamp(1, voucher_receipts);
		let mut ledger = Self {
			journal,
			genesis,
			server,
			limits: Limits { unsigned_receipts, voucher_receipts, ..limits },
			clock_ms: 0,
			tabs: BTreeMap::new(),
			receipts: 0,
			turn: ChannelId(0),
			staged: Vec::new(),
		};
		for record in journal::records(&payloads)? {
			ledger.replay(record)?;
		}
		if ledger.journal.is_of_older_format() {
			// Before a record that older programs do not know is in it.
			ledger.journal.rewrite(ledger.snapshot())?;
		}
		Ok(ledger)
	}

	/// Whom it is of.
	pub fn server(&self) -> AgentId {
		self.server
	}

	/// Tells the chain clock.
	pub fn tell_clock(&mut self, clock_ms: u64) {
		self.clock_ms = self.clock_ms.max(clock_ms);
	}

	/// Tells what the chain has of a channel, or that it is over: whoever says so knows that there was one. A node that lags
	/// behind has none that was opened since, and what is held of a channel that is over is forgotten.
	///
	/// # Errors
	/// It is toward another agent, or there are too many.
	pub fn see(&mut self, channel: ChannelId, state: Option<ChannelState>) -> Result<Seen, Fault> {
		let Some(state) = state else { return Ok(self.see_none(channel)) };
		if state.server != self.server {
			return Err(Fault::OtherServer(channel, state.server));
		}
		let at = state.redeemed;
		let Some(tab) = self.tabs.get(&channel) else {
			self.make_room()?;
			self.apply(Record::Began { channel, at });
			self.note(channel, state);
			return Ok(Seen::default());
		};
		let mut seen = Seen::default();
		// A node that lags behind shows an older state; what was redeemed stays so.
		if at.sequence > tab.base.sequence {
			if tab.point(at.sequence) == Some(at) {
				seen.redeemed = at.sequence - tab.base.sequence;
				self.apply(Record::Redeemed { channel, sequence: at.sequence });
			} else {
				seen = tab.lost();
				self.apply(Record::Began { channel, at });
			}
			self.note(channel, state);
		} else if at == tab.base {
			self.note(channel, state);
		}
		Ok(seen)
	}

	/// Takes receipts, a voucher, or both; nothing of it if anything is wrong. What was taken before is taken again without
	/// a change.
	///
	/// # Errors
	/// What is wrong first.
	pub fn receive(&mut self, delivery: &Delivery) -> Result<Standing, Fault> {
		self.receive_with(delivery, &Claims::new())
	}

	/// The same with claims about some of the receipts, which whoever hands them in has checked.
	///
	/// # Errors
	/// What is wrong first.
	pub fn receive_with(&mut self, delivery: &Delivery, claims: &Claims) -> Result<Standing, Fault> {
		let Delivery { channel, first, receipts, sources, voucher } = delivery;
		if receipts.len() > VOUCHER_RECEIPTS_MAX || (receipts.is_empty() && voucher.is_none()) {
			return Err(Fault::ReceiptCount(receipts.len()));
		}
		let tab = self.tabs.get(channel).ok_or(Fault::UnknownChannel(*channel))?;
		let state = tab.state.as_ref().ok_or(Fault::UnknownChannel(*channel))?;
		let fresh = tab.beyond_held(*first, receipts, claims)?;
		state.terms.check_sources(sources)?;
		let last = tab.last();
		let end = last.after_all(fresh)?;
		if !fresh.is_empty() {
			self.check_open(state)?;
			for receipt in fresh {
				state.terms.check(receipt)?;
			}
			let capacity = state.capacity();
			if end.cumulative > capacity {
				return Err(Fault::AboveLocked { cumulative: end.cumulative, capacity });
			}
			if self.receipts + fresh.len() > self.limits.receipts {
				return Err(Fault::TooManyReceipts);
			}
		}
		// A voucher may cover receipts that are followed by others already.
		let covered = *first - 1 + receipts.len() as u64;
		let at = if covered >= last.sequence { Some(end) } else { tab.point(covered) };
		let signed = match voucher {
			Some(signature) => Some(self.check_voucher(state, at, covered, signature)?),
			None => None,
		};
		self.check_unsigned(tab, &end, fresh.len(), signed.is_some() && covered == end.sequence)?;
		self.check_claims(tab, fresh, claims)?;
		self.take(*channel, fresh, claims, signed);
		self.standing(*channel).ok_or(Fault::UnknownChannel(*channel))
	}

	/// Gives up what the payer has not signed for, from a sequence on: so that one who is gone does not block its channel.
	///
	/// # Errors
	/// Some of it is signed for.
	pub fn waive(&mut self, channel: ChannelId, from: u64) -> Result<Standing, Fault> {
		let tab = self.tabs.get(&channel).ok_or(Fault::UnknownChannel(channel))?;
		let (kept, last) = (tab.signed().sequence, tab.last().sequence);
		let after = from.checked_sub(1).filter(|after| *after >= kept).ok_or(Fault::NotWaivable { kept })?;
		if after < last {
			self.apply(Record::Waived { channel, after });
		}
		self.standing(channel).ok_or(Fault::UnknownChannel(channel))
	}

	/// Writes what was staged; on disk when this returns.
	///
	/// # Errors
	/// The disk fails. Nothing that was staged may be answered then, and the ledger is of no use any more.
	pub fn commit(&mut self) -> Result<(), JournalError> {
		for payload in journal::payloads(std::mem::take(&mut self.staged)) {
			self.journal.append(&payload)?;
		}
		if self.journal.is_long() {
			self.journal.rewrite(self.snapshot())?;
		}
		Ok(())
	}

	/// What a channel has come to.
	pub fn standing(&self, channel: ChannelId) -> Option<Standing> {
		let tab = self.tabs.get(&channel)?;
		let state = tab.state.clone();
		Some(Standing { channel, last: tab.last(), signed: tab.signed(), redeemed: tab.base, state })
	}

	/// The receipts that the payer has not signed for, to be shown to it.
	pub fn unsigned(&self, channel: ChannelId) -> Option<Delivery> {
		let tab = self.tabs.get(&channel)?;
		let signed = tab.signed().sequence;
		let behind = tab.entries.iter().filter(|(_, point)| point.sequence > signed);
		let receipts = behind.map(|(receipt, _)| *receipt).collect();
		Some(Delivery { channel, first: signed.saturating_add(1), receipts, sources: vec![], voucher: None })
	}

	/// What must not be let go of.
	pub fn needs(&self) -> Needs {
		let entries = self.tabs.values().flat_map(|tab| &tab.entries);
		let roots = entries.flat_map(|(receipt, _)| {
			let context = receipt.context.map(|context| context.root);
			[Some(receipt.prompt.root), Some(receipt.output.root), context].into_iter().flatten()
		});
		let redeemed = self.tabs.iter().map(|(channel, tab)| (*channel, tab.base.sequence));
		let unseen = self.tabs.values().filter(|tab| tab.state.is_none()).count();
		Needs { roots: roots.collect(), redeemed: redeemed.collect(), clock_ms: self.clock_ms, unseen }
	}

	/// The channels that are known.
	pub fn channels(&self) -> Vec<ChannelId> {
		self.tabs.keys().copied().collect()
	}

	/// Sums over all channels; of what is signed for without the channels in `except`.
	pub fn totals(&self, except: &BTreeSet<ChannelId>) -> Totals {
		let mut totals = Totals { channels: self.tabs.len(), receipts: self.receipts, ..Totals::default() };
		for (_, tab) in self.tabs.iter().filter(|(channel, _)| !except.contains(channel)) {
			let signed = tab.signed();
			let count = signed.sequence - tab.base.sequence;
			totals.signed += usize::try_from(count).unwrap_or(usize::MAX);
			let fees = signed.cumulative - tab.base.cumulative;
			totals.signed_fees = totals.signed_fees.saturating_add(fees);
			totals.urgent |= count > 0 && tab.state.as_ref().is_some_and(|state| self.is_urgent(state));
		}
		totals
	}

	/// The next batch, without the channels in `except`; only of those that the chain was asked about. The channels take
	/// turns in being first, so that none waits for ever behind larger ones.
	pub fn batch(&mut self, limits: &BatchLimits, except: &BTreeSet<ChannelId>) -> Option<Batch> {
		self.batches(limits, except, 1).pop()
	}

	/// The next batches, to be submitted in this order: each goes on where those before it end.
	pub fn batches(
		&mut self,
		limits: &BatchLimits,
		except: &BTreeSet<ChannelId>,
		count: usize,
	) -> Vec<Batch> {
		let (mut batches, mut taken) = (Vec::new(), BTreeMap::new());
		while batches.len() < count {
			let Some(batch) = self.compose(limits, except, &taken) else { break };
			taken.extend(batch.redemptions.iter().map(|one| (one.channel, one.to.sequence)));
			batches.push(batch);
		}
		batches
	}

	/// The next batch behind what is `taken`: sequences of channels.
	fn compose(
		&mut self,
		limits: &BatchLimits,
		except: &BTreeSet<ChannelId>,
		taken: &BTreeMap<ChannelId, u64>,
	) -> Option<Batch> {
		let candidates = self.tabs.iter().filter_map(|(channel, tab)| {
			let state = tab.state.as_ref().filter(|_| !except.contains(channel))?;
			let (after, signed) = (taken.get(channel).copied().unwrap_or_default(), tab.signed().sequence);
			let skip = usize::try_from(after.saturating_sub(tab.base.sequence)).unwrap_or(usize::MAX);
			let until = tab.entries.iter().skip(skip).take_while(|(_, point)| point.sequence <= signed);
			// No more than a batch takes of all channels together.
			let entries = until.take(limits.receipts);
			let entries = entries.map(|(receipt, point)| Entry {
				receipt,
				point: *point,
				signature: tab.vouchers.get(&point.sequence),
				claims: tab.claims_of(point.sequence),
			});
			let urgency = if self.is_urgent(state) { state.ends_at_ms } else { u64::MAX };
			let candidate = Candidate { channel: *channel, urgency, entries: entries.collect() };
			(!candidate.entries.is_empty()).then_some(candidate)
		});
		let candidates: Vec<_> = candidates.collect();
		let later = candidates.iter().find(|candidate| candidate.channel > self.turn);
		let turn = later.or(candidates.first()).map(|candidate| candidate.channel)?;
		let batch = batch::compose(self.server, candidates, turn, limits);
		self.turn = turn;
		batch
	}

	fn is_urgent(&self, state: &ChannelState) -> bool {
		state.closing || self.ends_soon(state)
	}

	fn ends_soon(&self, state: &ChannelState) -> bool {
		state.ends_at_ms <= self.clock_ms.saturating_add(self.limits.margin_ms)
	}

	fn check_open(&self, state: &ChannelState) -> Result<(), Fault> {
		if state.closing {
			return Err(Fault::Closing);
		}
		if self.ends_soon(state) {
			return Err(Fault::EndsSoon { ends_at_ms: state.ends_at_ms });
		}
		Ok(())
	}

	fn check_voucher(
		&self,
		state: &ChannelState,
		at: Option<Point>,
		covered: u64,
		signature: &Signature,
	) -> Result<(u64, Signature), Fault> {
		let at = at.ok_or(Fault::AlreadyRedeemed { redeemed: covered })?;
		let voucher = Voucher { channel: state.id, at, signature: signature.clone() };
		if !voucher.is_signed_by(&self.genesis, &state.terms.signer) {
			return Err(Fault::BadVoucher { sequence: at.sequence, cumulative: at.cumulative });
		}
		Ok((at.sequence, voucher.signature))
	}

	/// Whether the payer owes too much with what comes now. A voucher over all of it settles that, but for the length.
	fn check_unsigned(&self, tab: &Tab, end: &Point, fresh: usize, settled: bool) -> Result<(), Fault> {
		if fresh == 0 {
			return Ok(());
		}
		let signed = tab.signed();
		let receipts = usize::try_from(end.sequence - signed.sequence).unwrap_or(usize::MAX);
		let fees = end.cumulative - signed.cumulative;
		let granted = receipts <= self.limits.unsigned_receipts && fees <= self.limits.unsigned_fees;
		if granted || (settled && receipts <= self.limits.voucher_receipts) {
			return Ok(());
		}
		Err(Fault::Unsigned { receipts, fees })
	}

	/// Whether a batch takes all claims up to the next voucher. A voucher over all of it does not settle that.
	fn check_claims(&self, tab: &Tab, fresh: &[Receipt], given: &Claims) -> Result<(), Fault> {
		if given.is_empty() {
			return Ok(());
		}
		let (claims, targets) = tab.unsigned_claims(fresh, given);
		if claims > self.limits.voucher_claims || targets > self.limits.voucher_targets {
			return Err(Fault::ClaimsUnsigned { claims, targets });
		}
		Ok(())
	}

	fn take(
		&mut self,
		channel: ChannelId,
		fresh: &[Receipt],
		claims: &Claims,
		signed: Option<(u64, Signature)>,
	) {
		if let Some(before) = self.tabs.get(&channel).filter(|_| !fresh.is_empty()).map(Tab::last) {
			self.apply(Record::received(channel, before.sequence, fresh, claims));
		}
		let Some((sequence, signature)) = signed else { return };
		// Sequences up to the base were redeemed, and the first signature of a sequence is as good as the second.
		let is_new = self
			.tabs
			.get(&channel)
			.is_some_and(|tab| sequence > tab.base.sequence && !tab.vouchers.contains_key(&sequence));
		if is_new {
			self.apply(Record::Vouched { channel, sequence, signature });
		}
	}

	fn see_none(&mut self, channel: ChannelId) -> Seen {
		let Some(tab) = self.tabs.get(&channel) else { return Seen::default() };
		let seen = tab.lost();
		self.apply(Record::Gone { channel });
		seen
	}

	fn note(&mut self, channel: ChannelId, state: ChannelState) {
		if let Some(tab) = self.tabs.get_mut(&channel) {
			tab.state = Some(state);
		}
	}

	/// Lets go of a channel of which nothing is held, if there are too many: the chain has all there is to know.
	fn make_room(&mut self) -> Result<(), Fault> {
		if self.tabs.len() < self.limits.channels {
			return Ok(());
		}
		let idle = self.tabs.iter().find(|(_, tab)| tab.entries.is_empty()).map(|(channel, _)| *channel);
		let channel = idle.ok_or(Fault::TooManyChannels)?;
		self.apply(Record::Gone { channel });
		Ok(())
	}

	/// Changes what is held, and stages the record of it.
	fn apply(&mut self, record: Record) {
		self.staged.push(record.encode());
		let applied = self.replay(record);
		debug_assert!(applied.is_ok(), "records are made of what is held: {applied:?}");
	}
}
