//! What the pallet tells. [`crate::pallet`] imports it: `Event` is an item of that module.
//!
//! # Must not
//! Leave out what an indexer needs to follow the state without reading it.

use frame_support::pallet_macros::pallet_section;

/// The pallet's event.
#[pallet_section]
pub mod events {
	/// The events tell everything that the state holds, but for the fractions of a unit that are carried along. Receipts
	/// themselves are in the bodies of blocks.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A payer locked funds toward a server.
		ChannelOpened {
			/// Its id.
			channel: ChannelId,
			/// Who pays.
			payer: T::AccountId,
			/// Who is paid.
			server: AgentId,
			/// On which terms.
			terms: ChannelTerms<T>,
			/// What is locked.
			locked: Balance,
			/// What is on hold for the entry.
			deposit: Balance,
		},
		/// A model can be paid from now on.
		BookOpened {
			/// Which.
			model: ModelId,
			/// How its revenue will be divided.
			terms: RevenueTerms<T::AccountId>,
		},
		/// More was locked.
		ChannelToppedUp {
			/// Where.
			channel: ChannelId,
			/// How much.
			amount: Balance,
			/// What is locked now.
			locked: Balance,
		},
		/// The payer closes a channel: the server has until then to redeem.
		ChannelClosing {
			/// Which.
			channel: ChannelId,
			/// From when anybody may finish it, on the chain clock.
			closes_at_ms: u64,
		},
		/// A payer closes all its channels.
		ChannelsClosing {
			/// Who.
			payer: T::AccountId,
			/// Those with smaller ids than this, unless they end earlier.
			below: ChannelId,
			/// From when anybody may finish them, on the chain clock.
			closes_at_ms: u64,
		},
		/// A channel is over and gone.
		ChannelClosed {
			/// Which.
			channel: ChannelId,
			/// What was locked still, and is the payer's again.
			refund: Balance,
			/// What was returned for the entry.
			deposit: Balance,
		},
		/// The receipts of a channel were paid.
		ChannelRedeemed {
			/// In which batch.
			batch: BatchId,
			/// Which.
			channel: ChannelId,
			/// How many.
			receipts: u32,
			/// What they cost together.
			amount: Balance,
			/// The last one's sequence.
			sequence: u64,
			/// What accumulates all up to it.
			acc: [u8; 32],
		},
		/// A batch was submitted.
		BatchSubmitted {
			/// Its id.
			batch: BatchId,
			/// Whose.
			server: AgentId,
			/// The Merkle root of its receipts.
			root: [u8; 32],
			/// How many there are.
			receipts: u32,
			/// What they cost together.
			gross: Balance,
			/// From when its record can be cleared, on the chain clock.
			clearable_from_ms: u64,
			/// What the server's account has on hold for the record.
			deposit: Balance,
		},
		/// A batch's record was cleared.
		BatchCleared {
			/// Which.
			batch: BatchId,
			/// What was returned.
			deposit: Balance,
		},
		/// A model earned fees.
		ModelEarned {
			/// In which batch.
			batch: BatchId,
			/// Which.
			model: ModelId,
			/// The protocol's share of them.
			protocol: Balance,
			/// The rest.
			revenue: Balance,
			/// What was credited to the server's account of that.
			to_server: Balance,
			/// What goes to its data of that.
			to_data: Balance,
		},
		/// The protocol's share of a batch was taken.
		ProtocolPaid {
			/// Which.
			batch: BatchId,
			/// What the validators' pot got.
			validators: Balance,
			/// What was burned.
			burned: Balance,
		},
		/// A developer was credited its part.
		DeveloperCredited {
			/// Of which model.
			model: ModelId,
			/// Who.
			developer: T::AccountId,
			/// How much.
			amount: Balance,
		},
		/// A part of what a developer earned cannot be pulled for now.
		DeveloperHeld {
			/// Of which model.
			model: ModelId,
			/// How much more.
			amount: Balance,
		},
		/// It can be pulled again.
		DeveloperReleased {
			/// Of which model.
			model: ModelId,
			/// How much of it.
			amount: Balance,
		},
		/// A part of what was held of a developer's part went to somebody else.
		DeveloperCharged {
			/// Of which model.
			model: ModelId,
			/// How much.
			amount: Balance,
		},
		/// A royalty was credited.
		RoyaltyCredited {
			/// Whose revenue it is a share of.
			model: ModelId,
			/// For which model.
			ancestor: ModelId,
			/// Its developer.
			developer: T::AccountId,
			/// What that was credited.
			to_developer: Balance,
			/// What the ancestor's data got.
			to_data: Balance,
		},
		/// An account was paid all that it was credited.
		Withdrawn {
			/// Which.
			account: T::AccountId,
			/// How much.
			amount: Balance,
		},
		/// The protocol's share was changed, for batches to come.
		ProtocolShareSet {
			/// To this.
			share: Perbill,
		},
	}
}
