//! Who may act for an agent, and why not.
//!
//! # Must not
//! Write, or read more than [`DEPTH_MAX`] delegations.
//!
//! # Invariants
//! Terms are immutable and each was within its parent's when granted. So the terms of the delegation that acts are the
//! tightest of its path, and of those above only existence has to be checked.

use crate::{changes::Above, types::*, *};
use codec::{Decode, DecodeWithMemTracking, Encode};
use frame_support::{ensure, pallet_prelude::DispatchError};
use scale_info::TypeInfo;

/// Why a key may not act, or why the agent does not pay for it. Each is an error of the pallet too.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub enum Refusal {
	/// There is no such agent.
	UnknownAgent,
	/// The agent is paused.
	AgentPaused,
	/// The agent is retired.
	AgentRetired,
	/// There is no such delegation.
	UnknownDelegation,
	/// It is not the signer's.
	NotDelegate,
	/// It expired.
	DelegationExpired,
	/// It is cut off.
	DelegationRevoked,
	/// The call is in no scope, ever.
	NotLeafCall,
	/// The call is in none of its scopes.
	OutsideScope,
	/// It would take more than is left.
	BudgetExceeded,
	/// The fee is more than is left.
	FeeBudgetExceeded,
	/// The agent pays no tips.
	TipNotZero,
	/// The agent's account has too little.
	AgentCannotPay,
}

impl Refusal {
	/// The code of the first refusal; see [`Self::code`].
	pub const CODE_BASE: u8 = 160;

	/// The code of `InvalidTransaction::Custom` with which a transaction is refused whose signer cannot pay
	/// either, or whose delegation does not exist: [`Self::CODE_BASE`] plus the place in the enum, so 160 for
	/// `UnknownAgent` and 172 for `AgentCannotPay`.
	pub const fn code(self) -> u8 {
		Self::CODE_BASE + self as u8
	}

	/// The refusal that a code stands for; nothing if it is no code of a refusal.
	pub fn from_code(code: u8) -> Option<Self> {
		Self::decode(&mut &[code.checked_sub(Self::CODE_BASE)?][..]).ok()
	}
}

impl<T> From<Refusal> for Error<T> {
	fn from(refusal: Refusal) -> Self {
		match refusal {
			Refusal::UnknownAgent => Self::UnknownAgent,
			Refusal::AgentPaused => Self::AgentPaused,
			Refusal::AgentRetired => Self::AgentRetired,
			Refusal::UnknownDelegation => Self::UnknownDelegation,
			Refusal::NotDelegate => Self::NotDelegate,
			Refusal::DelegationExpired => Self::DelegationExpired,
			Refusal::DelegationRevoked => Self::DelegationRevoked,
			Refusal::NotLeafCall => Self::NotLeafCall,
			Refusal::OutsideScope => Self::OutsideScope,
			Refusal::BudgetExceeded => Self::BudgetExceeded,
			Refusal::FeeBudgetExceeded => Self::FeeBudgetExceeded,
			Refusal::TipNotZero => Self::TipNotZero,
			Refusal::AgentCannotPay => Self::AgentCannotPay,
		}
	}
}

impl<T: Config> Pallet<T> {
	/// Whether the call may be in a scope. Our own calls change who may act, whatever the runtime says.
	pub(crate) fn is_leaf_call(call: &<T as Config>::RuntimeCall) -> bool {
		call.is_sub_type().is_none() && T::LeafCalls::contains(call)
	}

	/// Whether a controller may dispatch the call as the agent's account. Our own calls would give away what another
	/// agent granted to this one, or name who is in power beyond the present controller.
	pub(crate) fn is_control_call(call: &<T as Config>::RuntimeCall) -> bool {
		call.is_sub_type().is_none() && T::ControlCalls::contains(call)
	}

	/// The path of the delegation, if its key may dispatch the call for the agent. Budgets are not part of it.
	///
	/// # Errors
	/// Everything from [`Refusal::UnknownAgent`] to [`Refusal::OutsideScope`]. What costs no reads is checked first.
	pub(crate) fn authorise(
		agent: AgentId,
		delegation: DelegationId,
		key: &T::AccountId,
		call: &<T as Config>::RuntimeCall,
	) -> Result<Path, Refusal> {
		ensure!(Self::is_leaf_call(call), Refusal::NotLeafCall);
		let (path, leaf) = Self::live(agent, delegation, key)?;
		ensure!(leaf.terms.cover(call), Refusal::OutsideScope);
		Ok(path)
	}

	/// The delegation and its path, if it is live and the key's.
	pub(crate) fn live(
		agent: AgentId,
		delegation: DelegationId,
		key: &T::AccountId,
	) -> Result<(Path, Delegation<T>), Refusal> {
		let record = Self::active(agent)?;
		let leaf = Delegations::<T>::get(agent, delegation).ok_or(Refusal::UnknownDelegation)?;
		ensure!(leaf.key == *key, Refusal::NotDelegate);
		ensure!(T::Clock::now_ms() < leaf.terms.expires_at_ms, Refusal::DelegationExpired);
		let path = Self::unbroken_path(agent, &record, delegation, &leaf)?;
		Ok((path, leaf))
	}

	/// An error if the agent does not act at present.
	///
	/// # Errors
	/// [`Error::UnknownAgent`], [`Error::AgentPaused`] or [`Error::AgentRetired`].
	pub fn ensure_active(agent: AgentId) -> Result<(), Error<T>> {
		Self::active(agent)?;
		Ok(())
	}

	fn active(agent: AgentId) -> Result<Agent<T>, Refusal> {
		let record = Agents::<T>::get(agent).ok_or(Refusal::UnknownAgent)?;
		match record.status {
			AgentStatus::Active => Ok(record),
			AgentStatus::Paused => Err(Refusal::AgentPaused),
			AgentStatus::Retired => Err(Refusal::AgentRetired),
		}
	}

	/// The delegation and all above it, if none of them was revoked.
	fn unbroken_path(
		agent: AgentId,
		record: &Agent<T>,
		delegation: DelegationId,
		leaf: &Delegation<T>,
	) -> Result<Path, Refusal> {
		// An id is larger than those above it, so the topmost decides for all; it is checked with each all the same.
		ensure!(delegation >= record.revoked_below, Refusal::DelegationRevoked);
		let mut path = Path::default();
		path.try_push(delegation).map_err(|_| Refusal::DelegationRevoked)?;
		let mut above = leaf.parent;
		while let Some(id) = above {
			ensure!(id >= record.revoked_below, Refusal::DelegationRevoked);
			// Longer paths are never granted; the bound ends the walk in any case.
			path.try_push(id).map_err(|_| Refusal::DelegationRevoked)?;
			above = Delegations::<T>::get(agent, id).ok_or(Refusal::DelegationRevoked)?.parent;
		}
		Ok(path)
	}

	/// The controller grants what it likes.
	pub(crate) fn controller_grants(
		signer: &T::AccountId,
		record: &Agent<T>,
	) -> Result<Above, DispatchError> {
		ensure!(record.controller == *signer, Error::<T>::NotController);
		Ok(None)
	}

	/// A key grants less than it has, while it is live.
	pub(crate) fn key_grants(
		signer: &T::AccountId,
		agent: AgentId,
		parent: DelegationId,
		terms: &Terms<T>,
	) -> Result<Above, DispatchError> {
		let (path, granting) = Self::live(agent, parent, signer).map_err(Error::<T>::from)?;
		ensure!(path.len() < DEPTH_MAX as usize, Error::<T>::TooDeep);
		ensure!(terms.are_within(&granting.terms), Error::<T>::ExceedsParent);
		Ok(Some(path))
	}

	/// Whether the account is the delegation's key or a key above it. What is cut off above is not asked.
	pub(crate) fn is_key_on_path(agent: AgentId, delegation: &Delegation<T>, account: &T::AccountId) -> bool {
		if delegation.key == *account {
			return true;
		}
		let mut above = delegation.parent;
		for _ in 1..DEPTH_MAX {
			let Some(next) = above.and_then(|id| Delegations::<T>::get(agent, id)) else { return false };
			if next.key == *account {
				return true;
			}
			above = next.parent;
		}
		false
	}

	/// Why a delegation can never act again; nothing if it can, even if the agent is paused now.
	pub(crate) fn cause_of_death(
		agent: AgentId,
		record: &Agent<T>,
		delegation: DelegationId,
		leaf: &Delegation<T>,
	) -> Option<RemovalReason> {
		if record.status == AgentStatus::Retired {
			return Some(RemovalReason::AgentRetired);
		}
		if T::Clock::now_ms() >= leaf.terms.expires_at_ms {
			return Some(RemovalReason::Expired);
		}
		Self::unbroken_path(agent, record, delegation, leaf).err().map(|_| RemovalReason::CutOff)
	}
}
