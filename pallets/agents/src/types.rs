//! What the pallet stores.
//!
//! # Must not
//! Read or write storage.

use crate::{Config, Error};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
	ensure,
	pallet_prelude::{ConstU32, TypeInfo},
	traits::{fungible::Inspect, Get, InstanceFilter},
	weights::Weight,
	CloneNoBound, DebugNoBound, DefaultNoBound, EqNoBound, PartialEqNoBound,
};
use frame_system::pallet_prelude::BlockNumberFor;
use plexus_primitives::{text, AgentId, Content, DelegationId};
use sp_runtime::BoundedVec;

/// How long a path may be. Each step is one read in every check and one write in every charge.
pub const DEPTH_MAX: u32 = 4;

/// Amounts in the pallet's currency.
pub type BalanceOf<T> = <<T as Config>::Currency as Inspect<AccountIdOf<T>>>::Balance;
/// Accounts.
pub type AccountIdOf<T> = <T as frame_system::Config>::AccountId;
/// A URI; empty where that is allowed.
pub type LocatorOf<T> = BoundedVec<u8, <T as Config>::LocatorBytesMax>;
/// A service's name: UTF-8.
pub type ServiceNameOf<T> = BoundedVec<u8, <T as Config>::ServiceNameBytesMax>;
/// A skill tag: lower-case ASCII.
pub type TagOf<T> = BoundedVec<u8, <T as Config>::TagBytesMax>;
/// The services of a profile.
pub type ServicesOf<T> = BoundedVec<Service<T>, <T as Config>::ServicesMax>;
/// The skill tags of a profile.
pub type TagsOf<T> = BoundedVec<TagOf<T>, <T as Config>::TagsMax>;
/// The scopes of a delegation.
pub type ScopesOf<T> = BoundedVec<<T as Config>::Scope, <T as Config>::ScopesMax>;
/// A delegation and all above it, itself first.
pub type Path = BoundedVec<DelegationId, ConstU32<DEPTH_MAX>>;

/// What else depends on who controls an agent.
pub trait OnControllerChanged<AccountId> {
	/// Ends everything by which a former controller, or anybody it named, could still act as the agent's account or
	/// take from it: proxies, approvals, keys. The new controller is in the state already. Bounded, and cannot fail.
	fn on_controller_changed(agent: AgentId, account: &AccountId);

	/// The most that it weighs.
	fn weight() -> Weight;
}

impl<AccountId> OnControllerChanged<AccountId> for () {
	fn on_controller_changed(_: AgentId, _: &AccountId) {}

	fn weight() -> Weight {
		Weight::zero()
	}
}

/// Whether an agent and its delegations act.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum AgentStatus {
	/// The agent's delegations act.
	Active,
	/// They do not, until the controller resumes them.
	Paused,
	/// They never will again; the bond is returned.
	Retired,
}

/// Why a delegation was removed.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum RemovalReason {
	/// Somebody who may revoked it.
	Revoked,
	/// It was past its expiry.
	Expired,
	/// One above it was revoked, or all were at once.
	CutOff,
	/// Its agent is retired.
	AgentRetired,
}

/// An agent.
#[derive(
	CloneNoBound, PartialEqNoBound, EqNoBound, DebugNoBound, Encode, Decode, MaxEncodedLen, TypeInfo,
)]
#[scale_info(skip_type_params(T))]
#[codec(mel_bound())]
pub struct Agent<T: Config> {
	/// Who decides for it.
	pub controller: AccountIdOf<T>,
	/// Whether it acts.
	pub status: AgentStatus,
	/// What is on hold in its account as its bond; returned exactly, whatever the bond is by then.
	pub bond: BalanceOf<T>,
	/// The block that registered it.
	pub registered_at: BlockNumberFor<T>,
	/// What the next delegation gets. Never falls.
	pub next_delegation: DelegationId,
	/// All delegations below this were revoked at once.
	pub revoked_below: DelegationId,
	/// Who may accept to become the controller.
	pub proposed_controller: Option<AccountIdOf<T>>,
	/// How a lost controller is replaced.
	pub recovery: Option<Recovery<AccountIdOf<T>>>,
}

/// Who may recover an agent, and how long the controller can object.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct RecoveryTerms<AccountId> {
	/// Who may begin a recovery.
	pub account: AccountId,
	/// Milliseconds of the chain clock between its begin and its completion.
	pub delay_ms: u64,
}

/// A named recovery.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Recovery<AccountId> {
	/// Who, and how long.
	pub terms: RecoveryTerms<AccountId>,
	/// The recovery under way.
	pub pending: Option<PendingRecovery<AccountId>>,
}

/// A recovery under way.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct PendingRecovery<AccountId> {
	/// Who becomes the controller.
	pub controller: AccountId,
	/// When it can be completed, on the chain clock.
	pub completes_at_ms: u64,
}

/// What an agent says about itself.
#[derive(
	CloneNoBound,
	PartialEqNoBound,
	EqNoBound,
	DebugNoBound,
	DefaultNoBound,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[scale_info(skip_type_params(T))]
#[codec(mel_bound())]
pub struct Profile<T: Config> {
	/// The agent card.
	pub card: Option<Card<T>>,
	/// Where it can be reached.
	pub services: ServicesOf<T>,
	/// What it can do; the index `AgentsByTag` follows.
	pub tags: TagsOf<T>,
}

/// An agent card: a document off chain, in the form of A2A or ERC-8004.
#[derive(
	CloneNoBound,
	PartialEqNoBound,
	EqNoBound,
	DebugNoBound,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[scale_info(skip_type_params(T))]
#[codec(mel_bound())]
pub struct Card<T: Config> {
	/// Its bytes. The length is stated, not proved.
	pub content: Content,
	/// Where they are; empty if they are not published.
	pub locator: LocatorOf<T>,
}

/// A way to reach an agent.
#[derive(
	CloneNoBound,
	PartialEqNoBound,
	EqNoBound,
	DebugNoBound,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[scale_info(skip_type_params(T))]
#[codec(mel_bound())]
pub struct Service<T: Config> {
	/// What is spoken there, like `a2a` or `mcp`; once in a profile.
	pub name: ServiceNameOf<T>,
	/// Its URI.
	pub endpoint: LocatorOf<T>,
}

/// What a delegation allows.
#[derive(
	CloneNoBound,
	PartialEqNoBound,
	EqNoBound,
	DebugNoBound,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[scale_info(skip_type_params(T))]
#[codec(mel_bound())]
pub struct Terms<T: Config> {
	/// Which calls; none twice.
	pub scopes: ScopesOf<T>,
	/// The outflow allowed in each period.
	pub budget: BalanceOf<T>,
	/// The fees allowed in each period.
	pub fee_budget: BalanceOf<T>,
	/// Length of a period in milliseconds. Periods begin when the delegation is granted.
	pub period_ms: u64,
	/// When it ends, on the chain clock: at this very time it is over.
	pub expires_at_ms: u64,
}

/// A key's power.
#[derive(
	CloneNoBound, PartialEqNoBound, EqNoBound, DebugNoBound, Encode, Decode, MaxEncodedLen, TypeInfo,
)]
#[scale_info(skip_type_params(T))]
#[codec(mel_bound())]
pub struct Delegation<T: Config> {
	/// Who has it.
	pub key: AccountIdOf<T>,
	/// What it was passed on from; nothing if the controller granted it.
	pub parent: Option<DelegationId>,
	/// 1 if the controller granted it, one more than its parent's otherwise; at most [`DEPTH_MAX`].
	pub depth: u8,
	/// What it allows. Immutable.
	pub terms: Terms<T>,
	/// When it was granted, on the chain clock.
	pub granted_at_ms: u64,
	/// What is on hold for it; released exactly, whatever the deposit is by then.
	pub deposit: BalanceOf<T>,
	/// What was used of it when it was last used.
	pub usage: Usage<BalanceOf<T>>,
}

/// What was used of a delegation in one period, by its key and by those it was passed on to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Usage<Balance> {
	/// The period's number: 0 begins when the delegation was granted.
	pub period: u64,
	/// The outflow in it.
	pub spent: Balance,
	/// The fees in it.
	pub fees: Balance,
}

/// The protocol fees that settled work for an agent burned. Evidence of spending, nothing else.
#[derive(
	CloneNoBound,
	PartialEqNoBound,
	EqNoBound,
	DebugNoBound,
	DefaultNoBound,
	Encode,
	Decode,
	MaxEncodedLen,
	TypeInfo,
)]
#[scale_info(skip_type_params(T))]
#[codec(mel_bound())]
pub struct Reputation<T: Config> {
	/// The decayed sum as of `step`.
	pub score: BalanceOf<T>,
	/// The step of the chain clock at which it was last credited.
	pub step: u64,
	/// How many distinct payers there were that burned `PayerBurnMin` at once.
	pub payers: u64,
}

impl<T: Config> Agent<T> {
	/// An error if the agent is retired.
	pub(crate) fn ensure_registered(&self) -> Result<(), Error<T>> {
		match self.status {
			AgentStatus::Active | AgentStatus::Paused => Ok(()),
			AgentStatus::Retired => Err(Error::AgentRetired),
		}
	}
}

impl<T: Config> Profile<T> {
	/// Checks the form of all texts, and that no service or tag occurs twice.
	pub(crate) fn check(&self) -> Result<(), Error<T>> {
		if let Some(card) = &self.card {
			ensure!(card.content.len > 0, Error::EmptyCard);
			ensure!(card.locator.is_empty() || text::is_uri(&card.locator), Error::InvalidLocator);
		}
		for (index, service) in self.services.iter().enumerate() {
			ensure!(text::is_name(&service.name), Error::InvalidServiceName);
			ensure!(text::is_uri(&service.endpoint), Error::InvalidLocator);
			let is_new = self.services.iter().take(index).all(|other| other.name != service.name);
			ensure!(is_new, Error::InvalidServiceName);
		}
		for (index, tag) in self.tags.iter().enumerate() {
			ensure!(text::is_tag(tag), Error::InvalidTag);
			ensure!(!self.tags.iter().take(index).any(|other| other == tag), Error::InvalidTag);
		}
		Ok(())
	}
}

impl<T: Config> Terms<T> {
	/// Checks what holds for terms of any delegation; the expiry is compared by the caller, who knows the clock.
	pub(crate) fn check_form(&self) -> Result<(), Error<T>> {
		let repeats = |(index, scope)| self.scopes.iter().take(index).any(|other| other == scope);
		ensure!(!self.scopes.is_empty(), Error::InvalidScopes);
		ensure!(!self.scopes.iter().enumerate().any(repeats), Error::InvalidScopes);
		ensure!(self.period_ms >= T::PeriodMsMin::get(), Error::PeriodTooShort);
		Ok(())
	}

	/// Whether these terms allow nothing that `parent` does not. A longer period with the same budget is less.
	pub(crate) fn are_within(&self, parent: &Self) -> bool {
		let has = |scope: &T::Scope| {
			parent.scopes.iter().any(|theirs| theirs == scope || theirs.is_superset(scope))
		};
		self.scopes.iter().all(has)
			&& self.budget <= parent.budget
			&& self.fee_budget <= parent.fee_budget
			&& self.period_ms >= parent.period_ms
			&& self.expires_at_ms <= parent.expires_at_ms
	}

	/// Whether a scope has the call.
	pub(crate) fn cover(&self, call: &<T as Config>::RuntimeCall) -> bool {
		self.scopes.iter().any(|scope| scope.filter(call))
	}
}

impl<T: Config> Delegation<T> {
	/// What is used at `now_ms`: nothing, if a new period has begun since it was last used.
	pub(crate) fn usage_at(&self, now_ms: u64) -> Usage<BalanceOf<T>> {
		// The period is never zero: `Terms::check_form`, with `PeriodMsMin` at least one.
		let elapsed = now_ms.saturating_sub(self.granted_at_ms);
		let period = elapsed.checked_div(self.terms.period_ms).unwrap_or_default();
		if period == self.usage.period {
			return self.usage;
		}
		Usage { period, ..Usage::default() }
	}
}
