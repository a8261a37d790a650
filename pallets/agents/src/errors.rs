//! Why the pallet refuses. [`crate::pallet`] imports it: `Error` is an item of that module.
//!
//! # Must not
//! State a rule without telling the user how to keep it.

use frame_support::pallet_macros::pallet_section;

/// The pallet's error.
#[pallet_section]
pub mod errors {
	#[pallet::error]
	pub enum Error<T> {
		/// There is no agent with this id. Look the id up in the event `AgentRegistered`, or query `agents_of`.
		UnknownAgent,
		/// Only the agent's controller may do this. Sign with the account that the query `agent` names.
		NotController,
		/// The agent is retired: only `control`, clearing delegations and changes of the controller are left. Register
		/// a new agent.
		AgentRetired,
		/// The agent is paused. Its controller can call `set_paused(agent, false)`.
		AgentPaused,
		/// The agent is paused already, or not paused. Nothing needs to be done.
		StatusUnchanged,
		/// The card names empty content. Give the root and length of a card of at least one byte, or no card.
		EmptyCard,
		/// A locator or endpoint is not a URI. Write a scheme, a colon and visible ASCII, like
		/// `https://example.org/agent`. Only a card's locator may be empty.
		InvalidLocator,
		/// A service's name is empty, not UTF-8, has control characters, or occurs twice. Give each service a name of
		/// its own.
		InvalidServiceName,
		/// A tag has other characters than `a-z 0-9 - _ . /`, does not begin with a letter or digit, or occurs twice.
		/// Write tags in lower case, like `translation/de`.
		InvalidTag,
		/// An agent's own account can neither control nor recover an agent, nor be a delegate of one. Name an account
		/// that somebody has the key of.
		AgentsAccount,
		/// The signer is not proposed as the controller. The controller proposes it with `propose_controller`.
		NotProposed,
		/// The delay is shorter than `RecoveryDelayMsMin`. Choose a longer one.
		DelayTooShort,
		/// Only the recovery account may do this. The controller names it with `set_recovery`; sign with the account that it
		/// named.
		NotRecoveryAccount,
		/// A recovery is pending already. Complete it, or cancel it first.
		RecoveryPending,
		/// No recovery is pending. It begins with `begin_recovery`.
		NoRecoveryPending,
		/// The signer is not whom the pending recovery names. Sign with the new controller's account.
		NotRecovering,
		/// The delay is not over yet. `RecoveryBegun` says when it is, on the chain clock.
		RecoveryTooEarly,
		/// `keep_below` is not the agent's next delegation id: one was granted since it was looked up. Query the agent and
		/// its delegations again, or keep none.
		DelegationsChanged,
		/// A delegation needs at least one scope, and no scope twice. Name each that the key needs, once.
		InvalidScopes,
		/// The period is shorter than `PeriodMsMin`. Choose a longer one.
		PeriodTooShort,
		/// The expiry is not in the future of the chain clock, which may be behind wall clocks. Choose a later one.
		ExpiryInPast,
		/// A delegation can be passed on only with less: scopes that it has, budgets not above its own, a period not
		/// below its own, an expiry not after its own. Query `delegation` for its terms.
		ExceedsParent,
		/// A delegation of depth 4 cannot be passed on. Let a key nearer to the controller grant it.
		TooDeep,
		/// There is no delegation with this id: it was never granted, or it was revoked or cleared. Query
		/// `delegations` for those that exist.
		UnknownDelegation,
		/// The signer is not this delegation's key. Sign with the key, or name the delegation that is yours.
		NotDelegate,
		/// The delegation expired. Ask for a new one.
		DelegationExpired,
		/// The delegation, or one that it was passed on from, was revoked. Ask for a new one.
		DelegationRevoked,
		/// Only the controller, the key itself and the keys that it was passed on from may revoke a delegation. Sign with one of
		/// them.
		MayNotRevoke,
		/// The delegation is alive. It can be cleared once it is expired or cut off; until then it can be revoked.
		DelegationAlive,
		/// This call is in no scope, ever: it carries other calls, changes who may act, or could hide spending. Send
		/// single calls, and let the controller do the rest with `control`.
		NotLeafCall,
		/// Not even the controller dispatches this call as the agent's account: it, or one inside it, could leave a power
		/// over the account to a former controller. Let keys act by delegations, and send this pallet's calls yourself.
		NotControlCall,
		/// None of the delegation's scopes has this call. Ask for a scope that does.
		OutsideScope,
		/// The call would take more than what is left in this period of the delegation's budget, or of one that it
		/// was passed on from. Query `may_act` for what is left, or wait for the next period.
		BudgetExceeded,
		/// What is left of a fee budget does not cover the fee. Wait for the next period, or let the key have funds.
		FeeBudgetExceeded,
		/// The agent pays no tips. Set the tip to zero, or let the key have funds.
		TipNotZero,
		/// The agent's account cannot pay the fee. Send it funds.
		AgentCannotPay,
		/// All ids are used up. This cannot be avoided, and will not happen.
		IdsExhausted,
	}
}
