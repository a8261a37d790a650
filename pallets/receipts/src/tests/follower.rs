//! That events tell everything: a follower that reads nothing else knows the whole state, but for fractions of units.
//!
//! The histories of [`super::model`] feed it after each call, and compare at their ends.

use super::*;
use crate::types::{Book, RevenueTerms};
use std::collections::BTreeMap;

/// What an indexer would keep of a channel.
struct Channel {
	payer: AccountId,
	server: AgentId,
	terms: ChannelTerms<Test>,
	closes_at_ms: Option<u64>,
	locked: Balance,
	redeemed: Balance,
	sequence: u64,
	acc: Option<[u8; 32]>,
	deposit: Balance,
}

/// What an indexer would keep of a batch: server, root, number of receipts, gross, when clearable, deposit.
type Kept = (AgentId, [u8; 32], u32, Balance, u64, Balance);

/// What an indexer would keep.
#[derive(Default)]
pub struct Follower {
	channels: BTreeMap<ChannelId, Channel>,
	batches: BTreeMap<BatchId, Kept>,
	books: BTreeMap<ModelId, Book<AccountId>>,
	royalties: BTreeMap<(ModelId, ModelId), Balance>,
	earnings: BTreeMap<AccountId, Balance>,
	/// As long as nothing tells of another one, it is the constant.
	share: Option<Perbill>,
	pub burned: Balance,
	pub validators: Balance,
	pub pools: BTreeMap<ModelId, Balance>,
}

impl Follower {
	/// Takes the events of the block so far out, and follows them.
	pub fn follow(&mut self) {
		for record in System::events() {
			if let RuntimeEvent::Receipts(event) = record.event {
				self.hear(event);
			}
		}
		System::reset_events();
	}

	fn hear(&mut self, event: Event<Test>) {
		match event {
			Event::ChannelOpened { channel, payer, server, terms, locked, deposit } => {
				let opened = Channel {
					payer,
					server,
					terms,
					closes_at_ms: None,
					locked,
					redeemed: 0,
					sequence: 0,
					acc: None,
					deposit,
				};
				assert!(self.channels.insert(channel, opened).is_none());
			}
			Event::BookOpened { model, terms } => self.open_book(model, terms),
			Event::ChannelToppedUp { channel, amount, locked } => {
				let channel = self.at(channel);
				channel.locked += amount;
				assert_eq!(channel.locked, locked);
			}
			Event::ChannelClosing { channel, closes_at_ms } => {
				self.at(channel).closes_at_ms = Some(closes_at_ms)
			}
			Event::ChannelsClosing { payer, below, closes_at_ms } => {
				for channel in self.channels.range_mut(..below).map(|(_, channel)| channel) {
					if channel.payer == payer {
						let earlier = channel.closes_at_ms.unwrap_or(u64::MAX);
						channel.closes_at_ms = Some(earlier.min(closes_at_ms));
					}
				}
			}
			Event::ChannelClosed { channel, refund, deposit } => {
				let closed = self.channels.remove(&channel).expect("it was opened");
				assert_eq!((closed.locked, closed.deposit), (refund, deposit));
			}
			Event::ChannelRedeemed { batch: _, channel, receipts, amount, sequence, acc } => {
				let channel = self.at(channel);
				channel.locked -= amount;
				channel.redeemed += amount;
				channel.sequence += u64::from(receipts);
				assert_eq!(channel.sequence, sequence);
				channel.acc = Some(acc);
			}
			Event::BatchSubmitted { batch, server, root, receipts, gross, clearable_from_ms, deposit } => {
				let kept = (server, root, receipts, gross, clearable_from_ms, deposit);
				assert!(self.batches.insert(batch, kept).is_none());
			}
			Event::BatchCleared { batch, deposit } => {
				let cleared = self.batches.remove(&batch).expect("it was submitted");
				assert_eq!(cleared.5, deposit);
			}
			Event::ModelEarned { batch, model, protocol: _, revenue, to_server, to_data } => {
				let server = self.batches[&batch].0;
				self.credit(Agents::account_of(server), to_server);
				self.book(model).revenue += revenue;
				*self.pools.entry(model).or_default() += to_data;
			}
			Event::ProtocolPaid { batch: _, validators, burned } => {
				self.validators += validators;
				self.burned += burned;
			}
			Event::DeveloperCredited { model, developer, amount } => {
				self.book(model).developer_taken += amount;
				self.credit(developer, amount);
			}
			Event::DeveloperHeld { model, amount } => self.book(model).developer_held += amount,
			Event::DeveloperReleased { model, amount } => self.book(model).developer_held -= amount,
			Event::DeveloperCharged { model, amount } => {
				self.book(model).developer_held -= amount;
				self.book(model).developer_taken += amount;
			}
			Event::RoyaltyCredited { model, ancestor, developer, to_developer, to_data } => {
				self.book(model).royalties_taken += to_developer + to_data;
				*self.royalties.entry((model, ancestor)).or_default() += to_developer + to_data;
				*self.pools.entry(ancestor).or_default() += to_data;
				self.credit(developer, to_developer);
			}
			Event::Withdrawn { account, amount } => {
				assert_eq!(self.earnings.remove(&account), Some(amount));
			}
			Event::ProtocolShareSet { share } => self.share = Some(share),
			Event::__Ignore(_, never) => match never {},
		}
	}

	fn open_book(&mut self, model: ModelId, terms: RevenueTerms<AccountId>) {
		assert!(self.books.insert(model, Book::new(terms)).is_none());
	}

	fn at(&mut self, channel: ChannelId) -> &mut Channel {
		self.channels.get_mut(&channel).expect("events tell of a channel before they tell what became of it")
	}

	fn book(&mut self, model: ModelId) -> &mut Book<AccountId> {
		self.books.get_mut(&model).expect("events tell of a book before they tell what is in it")
	}

	fn credit(&mut self, account: AccountId, amount: Balance) {
		if amount > 0 {
			*self.earnings.entry(account).or_default() += amount;
		}
	}

	/// Compares with the state.
	pub fn assert_knows_everything(&self) {
		assert_eq!(crate::Channels::<Test>::iter().count(), self.channels.len());
		for (id, known) in &self.channels {
			let channel = crate::Channels::<Test>::get(id).expect("it was opened and not closed");
			assert_eq!((&channel.payer, channel.server), (&known.payer, known.server));
			assert_eq!((&channel.terms, channel.deposit), (&known.terms, known.deposit));
			assert_eq!((channel.locked, channel.redeemed), (known.locked, known.redeemed));
			assert_eq!(channel.sequence, known.sequence);
			assert!(known.acc.is_none_or(|acc| acc == channel.acc));
			let expires = known.terms.expires_at_ms;
			let ends = known.closes_at_ms.unwrap_or(expires).min(expires);
			assert_eq!(Receipts::channel(*id).map(|info| info.ends_at_ms), Some(ends));
		}
		assert_eq!(crate::Batches::<Test>::iter().count(), self.batches.len());
		for (id, known) in &self.batches {
			let batch = crate::Batches::<Test>::get(id).expect("it was submitted and not cleared");
			let kept = (
				batch.server,
				batch.root,
				batch.receipts,
				batch.gross,
				batch.clearable_from_ms,
				batch.deposit,
			);
			assert_eq!(kept, *known);
		}
		let books = crate::Books::<Test>::iter().map(|(model, mut book)| {
			book.protocol_remainder = 0;
			(model, book)
		});
		assert_eq!(books.collect::<BTreeMap<_, _>>(), self.books);
		let royalties = crate::RoyaltiesTaken::<Test>::iter();
		let royalties = royalties.map(|(model, ancestor, taken)| ((model, ancestor), taken));
		assert_eq!(royalties.collect::<BTreeMap<_, _>>(), self.royalties);
		assert_eq!(crate::Earnings::<Test>::iter().collect::<BTreeMap<_, _>>(), self.earnings);
		assert_eq!(Receipts::protocol_share(), self.share.unwrap_or(PROTOCOL_SHARE));
	}
}
