//! What the pallet tells. [`crate::pallet`] imports it: `Event` is an item of that module.
//!
//! # Must not
//! Leave out what an indexer needs to follow the state without reading it.

use frame_support::pallet_macros::pallet_section;

/// The pallet's event.
#[pallet_section]
pub mod events {
	/// The events tell everything that the state holds: what is in the nodes of trees and in fractions of units follows
	/// from them by the rules, in the order in which they came.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A version was published; it can be paid from now on.
		PoolOpened {
			/// Of which datanet.
			datanet: DatanetId,
			/// Which.
			version: DatanetVersion,
			/// The weight of everything in it.
			weight: u64,
		},
		/// What somebody has in certain versions changed. It was settled before.
		PositionChanged {
			/// Who.
			holder: HolderOf<T>,
			/// In which versions.
			place: Place,
			/// The weight now; 0 if the position is gone.
			weight: u64,
		},
		/// The data of a model earned something.
		DataDeposited {
			/// Which model.
			model: ModelId,
			/// How much.
			amount: Balance,
		},
		/// An entry of a model's manifest pulled its share into the pool of its version.
		Distributed {
			/// Which model.
			model: ModelId,
			/// The index of the entry.
			entry: u32,
			/// The datanet that the entry names.
			datanet: DatanetId,
			/// Its version.
			version: DatanetVersion,
			/// How much.
			amount: Balance,
		},
		/// What a position earned was credited.
		PositionCredited {
			/// To whom.
			holder: HolderOf<T>,
			/// In which versions it is.
			place: Place,
			/// How much.
			amount: Balance,
		},
		/// Money was credited to whoever holds a contribution's position.
		ContributionCredited {
			/// Which contribution.
			contribution: ContributionId,
			/// Who holds it.
			holder: HolderOf<T>,
			/// What for.
			source: Source,
			/// How much.
			amount: Balance,
		},
		/// Money was credited to an account.
		AccountCredited {
			/// Which.
			account: T::AccountId,
			/// What for.
			source: Source,
			/// How much.
			amount: Balance,
		},
		/// A dispute is over, and what its escrow had been credited went on. The escrow has nothing any more.
		EscrowReleased {
			/// What the dispute was about.
			contribution: ContributionId,
			/// Where all that came from pools was earned.
			datanet: DatanetId,
			/// To whom it went.
			to: HolderOf<T>,
			/// How much, by where it came from.
			earned: Earned,
		},
		/// An account was paid all that it was credited.
		Withdrawn {
			/// Which.
			account: T::AccountId,
			/// How much.
			amount: Balance,
		},
		/// Money was burned, because there was nobody to pay.
		Burned {
			/// How much.
			amount: Balance,
			/// Why.
			reason: BurnReason,
		},
	}
}
