//! What the pallet tells. [`crate::pallet`] imports it: `Event` is an item of that module.
//!
//! # Must not
//! Leave out what an indexer needs to follow the state without reading it. Beside the events it needs of a block its number
//! and its time on the chain clock, on which periods of budgets and steps of decay count (`tests/follower.rs`).

use frame_support::pallet_macros::pallet_section;

/// The pallet's event.
#[pallet_section]
pub mod events {
	/// The events tell everything that the state holds: an indexer needs no storage queries.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// An agent was registered.
		AgentRegistered {
			/// Its id.
			agent: AgentId,
			/// Who controls it.
			controller: T::AccountId,
			/// Its own account.
			account: T::AccountId,
			/// Its profile.
			profile: Profile<T>,
			/// What was moved to its account and put on hold there.
			bond: BalanceOf<T>,
			/// What was burned.
			price: BalanceOf<T>,
		},
		/// An agent's profile was replaced.
		ProfileSet {
			/// The agent.
			agent: AgentId,
			/// All of the new profile.
			profile: Profile<T>,
		},
		/// An agent was paused: no delegation of it acts.
		AgentPaused {
			/// The agent.
			agent: AgentId,
		},
		/// An agent's delegations act again.
		AgentResumed {
			/// The agent.
			agent: AgentId,
		},
		/// An agent was retired; its delegations are dead, its profile is gone.
		AgentDeregistered {
			/// The agent; its id is never used again.
			agent: AgentId,
			/// Who got the bond, and still controls the agent's account.
			controller: T::AccountId,
			/// What was returned.
			bond: BalanceOf<T>,
		},
		/// A new controller was proposed, or the proposal taken back.
		ControllerProposed {
			/// The agent.
			agent: AgentId,
			/// Who may accept; nobody if the proposal was taken back.
			proposed: Option<T::AccountId>,
		},
		/// An agent has a new controller. Its recovery account and every proposal are gone.
		ControllerChanged {
			/// The agent.
			agent: AgentId,
			/// Who controlled it.
			former: T::AccountId,
			/// Who controls it.
			controller: T::AccountId,
			/// Whether by recovery.
			recovered: bool,
		},
		/// The recovery account was named, replaced or taken back. A pending recovery was cancelled thereby.
		RecoverySet {
			/// The agent.
			agent: AgentId,
			/// Account and delay; nothing if there is no recovery any more.
			recovery: Option<RecoveryTerms<T::AccountId>>,
		},
		/// A recovery began.
		RecoveryBegun {
			/// The agent.
			agent: AgentId,
			/// Who may complete it.
			controller: T::AccountId,
			/// When, on the chain clock.
			completes_at_ms: u64,
		},
		/// A pending recovery was cancelled.
		RecoveryCancelled {
			/// The agent.
			agent: AgentId,
			/// Who cancelled it.
			by: T::AccountId,
		},
		/// A key was granted a delegation.
		Delegated {
			/// The agent.
			agent: AgentId,
			/// The delegation's id within the agent.
			delegation: DelegationId,
			/// The delegation it was passed on from; none if the controller granted it.
			parent: Option<DelegationId>,
			/// Who may act.
			key: T::AccountId,
			/// What it may do.
			terms: Terms<T>,
			/// When, on the chain clock: its periods are counted from then.
			granted_at_ms: u64,
			/// What was put on hold in the agent's account.
			deposit: BalanceOf<T>,
		},
		/// A delegation was removed. All that were passed on from it are dead.
		DelegationRemoved {
			/// The agent.
			agent: AgentId,
			/// The delegation, whose id is never used again.
			delegation: DelegationId,
			/// Whose it was.
			key: T::AccountId,
			/// Why.
			reason: RemovalReason,
			/// What was released in the agent's account.
			deposit: BalanceOf<T>,
		},
		/// All delegations below an id are dead.
		AllRevoked {
			/// The agent.
			agent: AgentId,
			/// The first id that is not.
			below: DelegationId,
		},
		/// A key acted for an agent.
		Acted {
			/// The agent.
			agent: AgentId,
			/// The delegation.
			delegation: DelegationId,
			/// The key.
			key: T::AccountId,
			/// What was charged to the budgets of the path.
			outflow: BalanceOf<T>,
		},
		/// The controller acted for an agent.
		Controlled {
			/// The agent.
			agent: AgentId,
		},
		/// The agent paid a key's transaction fee.
		FeePaid {
			/// The agent.
			agent: AgentId,
			/// The delegation.
			delegation: DelegationId,
			/// What was charged to the fee budgets of the path.
			fee: BalanceOf<T>,
		},
		/// Settled work for an agent burned protocol fees.
		ReputationCredited {
			/// The agent.
			agent: AgentId,
			/// Who paid.
			payer: T::AccountId,
			/// What was burned.
			burned: BalanceOf<T>,
			/// The decayed sum after it.
			score: BalanceOf<T>,
			/// How many distinct payers are counted after it.
			payers: u64,
		},
	}
}
