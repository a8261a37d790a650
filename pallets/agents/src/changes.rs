//! What the calls change, after their checks: state, holds and events together.
//!
//! # Must not
//! Decide who may do it: the calls and [`crate::authority`] have.

use crate::*;
use frame_support::{
	dispatch::{extract_actual_weight, DispatchErrorWithPostInfo, DispatchResultWithPostInfo},
	ensure,
	pallet_prelude::{DispatchError, DispatchResult, IsType, Weight},
	storage::with_storage_layer,
	traits::{
		tokens::{Fortitude, Precision, Preservation, Restriction},
		OriginTrait,
	},
};
use frame_system::{ensure_signed, pallet_prelude::OriginFor, RawOrigin};
use plexus_maps::PrehashedDouble;
use sp_runtime::traits::{Saturating, Zero};

/// Who passes a delegation on: nobody's path for the controller, else the path of the parent, itself first.
pub(crate) type Above = Option<Path>;

impl<T: Config> Pallet<T> {
	/// The agent, if its controller signed.
	pub(crate) fn ensure_controller(origin: OriginFor<T>, agent: AgentId) -> Result<Agent<T>, DispatchError> {
		let signer = ensure_signed(origin)?;
		let record = Agents::<T>::get(agent).ok_or(Error::<T>::UnknownAgent)?;
		ensure!(record.controller == signer, Error::<T>::NotController);
		Ok(record)
	}

	/// An agent's account cannot sign this pallet's calls, and agents that control each other would be nobody's.
	pub(crate) fn ensure_no_agents_account(account: &T::AccountId) -> Result<(), Error<T>> {
		ensure!(Self::agent_of(account).is_none(), Error::AgentsAccount);
		Ok(())
	}

	/// The terms' form, and that they have not ended yet.
	pub(crate) fn ensure_terms(terms: &Terms<T>) -> Result<(), Error<T>> {
		terms.check_form()?;
		ensure!(terms.expires_at_ms > T::Clock::now_ms(), Error::ExpiryInPast);
		Ok(())
	}

	pub(crate) fn do_register(controller: T::AccountId, profile: Profile<T>) -> DispatchResult {
		let agent = NextAgentId::<T>::get();
		NextAgentId::<T>::put(agent.next().ok_or(Error::<T>::IdsExhausted)?);
		let (account, bond, price) = (Self::account_of(agent), T::Bond::get(), T::RegistrationPrice::get());
		let (preserve, exact) = (Preservation::Preserve, Precision::Exact);
		T::Currency::burn_from(&controller, price, preserve, exact, Fortitude::Polite)?;
		// Under the existential deposit the account would not live while the rest is on hold.
		let endowment = bond.saturating_add(T::Currency::minimum_balance());
		T::Currency::transfer(&controller, &account, endowment, preserve)?;
		T::Currency::hold(&HoldReason::Bond.into(), &account, bond)?;
		let record = Agent {
			controller: controller.clone(),
			status: AgentStatus::Active,
			bond,
			registered_at: frame_system::Pallet::<T>::block_number(),
			next_delegation: DelegationId::default(),
			revoked_below: DelegationId::default(),
			proposed_controller: None,
			recovery: None,
		};
		Agents::<T>::insert(agent, record);
		AgentsByController::<T>::insert(&controller, agent, ());
		Self::put_profile(agent, &profile);
		Self::deposit_event(Event::AgentRegistered { agent, controller, account, profile, bond, price });
		Ok(())
	}

	pub(crate) fn do_set_profile(agent: AgentId, profile: Profile<T>) {
		Self::take_profile(agent);
		Self::put_profile(agent, &profile);
		Self::deposit_event(Event::ProfileSet { agent, profile });
	}

	fn put_profile(agent: AgentId, profile: &Profile<T>) {
		for tag in &profile.tags {
			PrehashedDouble::<AgentsByTag<T>>::insert(tag, agent, ());
		}
		Profiles::<T>::insert(agent, profile);
	}

	fn take_profile(agent: AgentId) {
		let former = Profiles::<T>::take(agent);
		for tag in former.iter().flat_map(|profile| &profile.tags) {
			AgentsByTag::<T>::remove(tag, agent);
		}
	}

	pub(crate) fn do_deregister(agent: AgentId, mut record: Agent<T>) -> DispatchResult {
		let bond = core::mem::take(&mut record.bond);
		let controller = record.controller.clone();
		T::Currency::transfer_on_hold(
			&HoldReason::Bond.into(),
			&Self::account_of(agent),
			&controller,
			bond,
			Precision::Exact,
			Restriction::Free,
			Fortitude::Polite,
		)?;
		record.status = AgentStatus::Retired;
		Agents::<T>::insert(agent, record);
		Self::take_profile(agent);
		Self::deposit_event(Event::AgentDeregistered { agent, controller, bond });
		Ok(())
	}

	/// A new controller inherits everything but what the former one had prepared for itself or others.
	pub(crate) fn do_change_controller(
		agent: AgentId,
		mut record: Agent<T>,
		controller: T::AccountId,
		keep_below: Option<DelegationId>,
		recovered: bool,
	) -> DispatchResult {
		// A former controller's last act may be to grant itself a delegation.
		ensure!(keep_below.is_none_or(|id| id == record.next_delegation), Error::<T>::DelegationsChanged);
		let former = core::mem::replace(&mut record.controller, controller.clone());
		record.proposed_controller = None;
		record.recovery = None;
		AgentsByController::<T>::remove(&former, agent);
		AgentsByController::<T>::insert(&controller, agent, ());
		Self::deposit_event(Event::ControllerChanged { agent, former, controller, recovered });
		if keep_below.is_none() {
			Self::cut_all(agent, &mut record);
		}
		Agents::<T>::insert(agent, record);
		T::OnControllerChanged::on_controller_changed(agent, &Self::account_of(agent));
		Ok(())
	}

	/// The caller stores the record.
	pub(crate) fn cut_all(agent: AgentId, record: &mut Agent<T>) {
		record.revoked_below = record.next_delegation;
		Self::deposit_event(Event::AllRevoked { agent, below: record.revoked_below });
	}

	pub(crate) fn do_begin_recovery(
		signer: T::AccountId,
		agent: AgentId,
		controller: T::AccountId,
	) -> DispatchResult {
		let mut record = Agents::<T>::get(agent).ok_or(Error::<T>::UnknownAgent)?;
		let recovery = record.recovery.as_mut().ok_or(Error::<T>::NotRecoveryAccount)?;
		ensure!(recovery.terms.account == signer, Error::<T>::NotRecoveryAccount);
		ensure!(recovery.pending.is_none(), Error::<T>::RecoveryPending);
		let completes_at_ms = T::Clock::now_ms().saturating_add(recovery.terms.delay_ms);
		recovery.pending = Some(PendingRecovery { controller: controller.clone(), completes_at_ms });
		Agents::<T>::insert(agent, record);
		Self::deposit_event(Event::RecoveryBegun { agent, controller, completes_at_ms });
		Ok(())
	}

	pub(crate) fn do_cancel_recovery(signer: T::AccountId, agent: AgentId) -> DispatchResult {
		let mut record = Agents::<T>::get(agent).ok_or(Error::<T>::UnknownAgent)?;
		let recovery = record.recovery.as_mut().ok_or(Error::<T>::NoRecoveryPending)?;
		let may_cancel = record.controller == signer || recovery.terms.account == signer;
		ensure!(may_cancel, Error::<T>::NotController);
		ensure!(recovery.pending.take().is_some(), Error::<T>::NoRecoveryPending);
		Agents::<T>::insert(agent, record);
		Self::deposit_event(Event::RecoveryCancelled { agent, by: signer });
		Ok(())
	}

	pub(crate) fn do_delegate(
		agent: AgentId,
		mut record: Agent<T>,
		above: Above,
		key: T::AccountId,
		terms: Terms<T>,
	) -> DispatchResult {
		let delegation = record.next_delegation;
		record.next_delegation = delegation.next().ok_or(Error::<T>::IdsExhausted)?;
		Agents::<T>::insert(agent, record);
		let deposit = T::DelegationDeposit::get();
		T::Currency::hold(&HoldReason::Delegation.into(), &Self::account_of(agent), deposit)?;
		// A key binds no more of the agent's funds than it may spend.
		let path = above.unwrap_or_default();
		Self::charge_outflow(agent, &path, deposit).map_err(Error::<T>::from)?;
		// Without funds the key's account would not exist, and could not sign.
		frame_system::Pallet::<T>::inc_sufficients(&key);
		let parent = path.first().copied();
		let granted_at_ms = T::Clock::now_ms();
		let granted = Delegation {
			key: key.clone(),
			parent,
			// A path has at most `DEPTH_MAX` steps, and `key_grants` refuses those that have.
			depth: path.len().saturating_add(1) as u8,
			terms: terms.clone(),
			granted_at_ms,
			deposit,
			usage: Usage::default(),
		};
		Delegations::<T>::insert(agent, delegation, granted);
		Self::deposit_event(Event::Delegated {
			agent,
			delegation,
			parent,
			key,
			terms,
			granted_at_ms,
			deposit,
		});
		Ok(())
	}

	pub(crate) fn do_remove_delegation(
		agent: AgentId,
		delegation: DelegationId,
		removed: Delegation<T>,
		reason: RemovalReason,
	) -> DispatchResult {
		let Delegation { key, deposit, .. } = removed;
		Delegations::<T>::remove(agent, delegation);
		let account = Self::account_of(agent);
		T::Currency::release(&HoldReason::Delegation.into(), &account, deposit, Precision::Exact)?;
		// May reap the key's account and reset its nonce; see the crate's documentation on replay.
		frame_system::Pallet::<T>::dec_sufficients(&key);
		Self::deposit_event(Event::DelegationRemoved { agent, delegation, key, reason, deposit });
		Ok(())
	}

	/// Dispatches and charges, or does nothing: the layer holds too where this is not called as an extrinsic.
	pub(crate) fn do_act(
		origin: OriginFor<T>,
		agent: AgentId,
		delegation: DelegationId,
		key: T::AccountId,
		path: &Path,
		call: <T as Config>::RuntimeCall,
	) -> DispatchResultWithPostInfo {
		let result = with_storage_layer::<_, DispatchErrorWithPostInfo, _>(|| {
			let account = Self::account_of(agent);
			let before = Self::exposure(&account);
			let (weight, result) =
				Self::dispatch_as(origin, &account, call, Self::is_leaf_call, T::WeightInfo::act());
			let failed =
				|error: DispatchError| DispatchErrorWithPostInfo { post_info: Some(weight).into(), error };
			result.map_err(failed)?;
			let outflow = Self::exposure(&account).outflow_since(&before);
			Self::charge_outflow(agent, path, outflow)
				.map_err(|refusal| failed(Error::<T>::from(refusal).into()))?;
			Ok((outflow, weight))
		});
		let (outflow, weight) = result?;
		Self::deposit_event(Event::Acted { agent, delegation, key, outflow });
		Ok(Some(weight).into())
	}

	pub(crate) fn do_control(
		origin: OriginFor<T>,
		agent: AgentId,
		call: <T as Config>::RuntimeCall,
	) -> DispatchResultWithPostInfo {
		let (account, base) = (Self::account_of(agent), T::WeightInfo::control());
		let (weight, result) = Self::dispatch_as(origin, &account, call, Self::is_control_call, base);
		let failed = |error| DispatchErrorWithPostInfo { post_info: Some(weight).into(), error };
		result.map_err(failed)?;
		Self::deposit_event(Event::Controlled { agent });
		Ok(Some(weight).into())
	}

	/// Dispatches with the account as the signer, the filters that the origin had, and one more, which the calls inside
	/// this one have to pass too. Returns the weight of both together. Who pays for the inner call is for the outer one
	/// to say.
	fn dispatch_as(
		mut origin: OriginFor<T>,
		account: &T::AccountId,
		call: <T as Config>::RuntimeCall,
		filter: fn(&<T as Config>::RuntimeCall) -> bool,
		base: Weight,
	) -> (Weight, DispatchResult) {
		origin.set_caller_from(RawOrigin::Signed(account.clone()));
		origin.add_filter(move |call: &<T as frame_system::Config>::RuntimeCall| {
			filter(<T as Config>::RuntimeCall::from_ref(call))
		});
		let info = call.get_dispatch_info();
		let result = call.dispatch(origin);
		let weight = base.saturating_add(extract_actual_weight(&result, &info));
		(weight, result.map(|_| ()).map_err(|failed| failed.error))
	}

	/// Charges what left the account. Where nothing did, nothing is written.
	pub(crate) fn charge_outflow(agent: AgentId, path: &Path, outflow: BalanceOf<T>) -> Result<(), Refusal> {
		if outflow.is_zero() {
			return Ok(());
		}
		Self::charge(agent, path, spending::Budget::Outflow, outflow)
	}
}
