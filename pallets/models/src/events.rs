//! What the pallet tells. [`crate::pallet`] imports it: `Event` is an item of that module.
//!
//! # Must not
//! Leave out what an indexer needs to follow the state without reading it.

use frame_support::pallet_macros::pallet_section;

/// The pallet's event.
#[pallet_section]
pub mod events {
	/// The events tell everything that the state holds: an indexer needs no storage queries. Lineages follow from
	/// parents and asks.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// An account committed to register models.
		CommitmentMade {
			/// Who.
			account: T::AccountId,
			/// The hash.
			hash: [u8; 32],
			/// Its place in the order of all commitments.
			number: CommitmentNumber,
			/// When it can be used, on the chain clock.
			usable_from_ms: u64,
			/// When it cannot be used any more, on the chain clock.
			expires_at_ms: u64,
			/// What was put on hold.
			deposit: BalanceOf<T>,
		},
		/// A commitment was used or cleared.
		CommitmentClosed {
			/// Whose it was.
			account: T::AccountId,
			/// The hash.
			hash: [u8; 32],
			/// Whether the models were registered under it.
			used: bool,
			/// What was returned.
			deposit: BalanceOf<T>,
		},
		/// A model was registered.
		ModelRegistered {
			/// Its id.
			model: ModelId,
			/// Who registered it.
			developer: T::AccountId,
			/// What it is.
			spec: Spec<T>,
			/// Where it is.
			locators: Locators<T>,
			/// Under which commitment.
			commitment: CommitmentNumber,
			/// What was put on hold for ever.
			deposit: BalanceOf<T>,
			/// What was put on hold for the locators.
			locators_deposit: BalanceOf<T>,
		},
		/// A registration was skipped, since its artifact is another model's for good, or of one that was committed to earlier.
		RootHeld {
			/// The artifact's root.
			root: [u8; 32],
			/// The model that holds it.
			holder: ModelId,
			/// Who registered in vain.
			developer: T::AccountId,
		},
		/// A model lost its artifact's root to one that was committed to earlier.
		ModelSuperseded {
			/// Which.
			model: ModelId,
			/// Who holds the root now.
			by: ModelId,
		},
		/// A model was deprecated: no new channels.
		ModelDeprecated {
			/// Which.
			model: ModelId,
		},
		/// A deprecated model is offered again.
		ModelReactivated {
			/// Which.
			model: ModelId,
		},
		/// A model's locators were replaced.
		LocatorsSet {
			/// Whose.
			model: ModelId,
			/// The new ones.
			locators: Locators<T>,
			/// What is on hold for them, instead of what was.
			deposit: BalanceOf<T>,
		},
	}
}
