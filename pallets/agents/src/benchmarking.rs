//! Benchmarks of the calls, for `weights.rs`. Each is the call's worst case.
//!
//! # Must not
//! Be compiled into a node that runs a chain: only with the feature `runtime-benchmarks`.

use crate::{types::*, *};
use alloc::{vec, vec::Vec};
use frame_benchmarking::v2::*;
use frame_support::{traits::UnfilteredDispatchable, BoundedVec};
use frame_system::RawOrigin;
use plexus_primitives::Content;
use sp_runtime::traits::Bounded;

/// What only the runtime knows.
pub trait BenchmarkHelper<Scope, Call> {
	/// A scope and a cheap leaf call that it has, and that a controller may dispatch too. It takes something from the
	/// account that dispatches it, so that budgets are charged.
	fn scope_and_call() -> (Scope, Call);
}

/// An account with funds for everything, but far from overflow.
fn rich<T: Config>(name: &'static str, index: u32) -> T::AccountId {
	let caller: T::AccountId = account(name, index, 0);
	let funds = BalanceOf::<T>::max_value() / 1_000_000u32.into();
	T::Currency::set_balance(&caller, funds);
	caller
}

fn filled<B: Get<u32>>(first: &[u8], bytes: u32) -> BoundedVec<u8, B> {
	let mut text = first.to_vec();
	text.resize(bytes as usize, b'x');
	text.try_into().expect("the benchmark stays within the bound")
}

/// What a profile's texts have together at most, besides its tags.
fn bytes_max<T: Config>() -> u32 {
	let service = T::ServiceNameBytesMax::get().saturating_add(T::LocatorBytesMax::get());
	service.saturating_mul(T::ServicesMax::get())
}

/// A profile with so many of the longest tags, which differ for another `first`, and services with texts of together
/// `bytes` bytes, or a little more where that would leave one without an endpoint.
fn profile<T: Config>(first: u32, tags: u32, bytes: u32) -> Profile<T> {
	let letter = |index: u32| b'a' + (index % 26) as u8;
	let (name, endpoint) = (T::ServiceNameBytesMax::get(), T::LocatorBytesMax::get());
	let service = |index: u32| Service {
		name: filled(&[letter(index), letter(index / 26)], name),
		endpoint: filled(b"a:x", bytes.saturating_sub(index * (name + endpoint) + name).clamp(3, endpoint)),
	};
	let services = (0..bytes.div_ceil(name + endpoint)).map(service);
	let tag = |index: u32| filled(&[letter(index), letter(index / 26)], T::TagBytesMax::get());
	Profile {
		card: Some(Card {
			content: Content { root: [1; 32], len: 1 },
			locator: filled(b"a:", T::LocatorBytesMax::get()),
		}),
		services: services.collect::<Vec<_>>().try_into().expect("as many as are allowed"),
		tags: (first..first + tags).map(tag).collect::<Vec<_>>().try_into().expect("as many as are allowed"),
	}
}

/// The largest profile, with so many tags.
fn full_profile<T: Config>(tags: u32) -> Profile<T> {
	profile(0, tags, bytes_max::<T>())
}

fn terms<T: Config>() -> Terms<T> {
	Terms {
		scopes: vec![T::BenchmarkHelper::scope_and_call().0].try_into().expect("one scope is allowed"),
		budget: BalanceOf::<T>::max_value(),
		fee_budget: BalanceOf::<T>::max_value(),
		period_ms: T::PeriodMsMin::get(),
		expires_at_ms: u64::MAX,
	}
}

/// An agent with all tags and much money.
fn agent<T: Config>(controller: &T::AccountId) -> Result<AgentId, BenchmarkError> {
	agent_with::<T>(controller, T::TagsMax::get())
}

fn agent_with<T: Config>(controller: &T::AccountId, tags: u32) -> Result<AgentId, BenchmarkError> {
	let id = NextAgentId::<T>::get();
	let origin = RawOrigin::Signed(controller.clone());
	Pallet::<T>::register(origin.into(), full_profile::<T>(tags))?;
	let funds = BalanceOf::<T>::max_value() / 1_000_000u32.into();
	T::Currency::mint_into(&Pallet::<T>::account_of(id), funds)?;
	Ok(id)
}

/// Delegations, each passed on from the one before; the keys' accounts and the last one's id.
fn path<T: Config>(
	agent: AgentId,
	controller: &T::AccountId,
	depth: u32,
) -> Result<(Vec<T::AccountId>, DelegationId), BenchmarkError> {
	let (mut keys, mut parent) = (vec![controller.clone()], None);
	for index in 0..depth {
		let granter = keys.last().cloned().ok_or("the controller is first")?;
		let key = rich::<T>("key", index);
		let granted = Agents::<T>::get(agent).ok_or("registered before")?.next_delegation;
		Pallet::<T>::delegate(RawOrigin::Signed(granter).into(), agent, parent, key.clone(), terms::<T>())?;
		keys.push(key);
		parent = Some(granted);
	}
	Ok((keys, parent.unwrap_or_default()))
}

fn refused<T: Config>(refusal: Refusal) -> BenchmarkError {
	sp_runtime::DispatchError::from(Error::<T>::from(refusal)).into()
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn register(t: Linear<0, { T::TagsMax::get() }>, b: Linear<0, { bytes_max::<T>() }>) {
		let controller = rich::<T>("controller", 0);
		#[extrinsic_call]
		_(RawOrigin::Signed(controller), profile::<T>(0, t, b));
		assert!(Agents::<T>::contains_key(AgentId(0)));
	}

	/// Of an agent with all tags, to others.
	#[benchmark]
	fn set_profile(
		t: Linear<0, { T::TagsMax::get() }>,
		b: Linear<0, { bytes_max::<T>() }>,
	) -> Result<(), BenchmarkError> {
		let controller = rich::<T>("controller", 0);
		let agent = agent::<T>(&controller)?;
		#[extrinsic_call]
		_(RawOrigin::Signed(controller), agent, profile::<T>(T::TagsMax::get(), t, b));
		assert_eq!(Profiles::<T>::get(agent).map(|profile| profile.tags.len()), Some(t as usize));
		Ok(())
	}

	#[benchmark]
	fn set_paused() -> Result<(), BenchmarkError> {
		let controller = rich::<T>("controller", 0);
		let agent = agent::<T>(&controller)?;
		#[extrinsic_call]
		_(RawOrigin::Signed(controller), agent, true);
		assert!(Agents::<T>::get(agent).is_some_and(|agent| agent.status == AgentStatus::Paused));
		Ok(())
	}

	#[benchmark]
	fn deregister(t: Linear<0, { T::TagsMax::get() }>) -> Result<(), BenchmarkError> {
		let controller = rich::<T>("controller", 0);
		let agent = agent_with::<T>(&controller, t)?;
		#[extrinsic_call]
		_(RawOrigin::Signed(controller), agent);
		assert!(!Profiles::<T>::contains_key(agent));
		Ok(())
	}

	#[benchmark]
	fn propose_controller() -> Result<(), BenchmarkError> {
		let controller = rich::<T>("controller", 0);
		let agent = agent::<T>(&controller)?;
		#[extrinsic_call]
		_(RawOrigin::Signed(controller), agent, Some(rich::<T>("new", 0)));
		assert!(Agents::<T>::get(agent).is_some_and(|agent| agent.proposed_controller.is_some()));
		Ok(())
	}

	#[benchmark]
	fn accept_controller() -> Result<(), BenchmarkError> {
		let (controller, new) = (rich::<T>("controller", 0), rich::<T>("new", 0));
		let agent = agent::<T>(&controller)?;
		let origin = RawOrigin::Signed(controller);
		Pallet::<T>::propose_controller(origin.into(), agent, Some(new.clone()))?;
		#[extrinsic_call]
		_(RawOrigin::Signed(new.clone()), agent, None);
		assert!(AgentsByController::<T>::contains_key(new, agent));
		Ok(())
	}

	#[benchmark]
	fn set_recovery() -> Result<(), BenchmarkError> {
		let controller = rich::<T>("controller", 0);
		let agent = agent::<T>(&controller)?;
		let account = rich::<T>("recovery", 0);
		#[extrinsic_call]
		_(RawOrigin::Signed(controller), agent, Some(RecoveryTerms { account, delay_ms: u64::MAX }));
		assert!(Agents::<T>::get(agent).is_some_and(|agent| agent.recovery.is_some()));
		Ok(())
	}

	#[benchmark]
	fn begin_recovery() -> Result<(), BenchmarkError> {
		let (controller, account) = (rich::<T>("controller", 0), rich::<T>("recovery", 0));
		let agent = agent::<T>(&controller)?;
		let terms = RecoveryTerms { account: account.clone(), delay_ms: u64::MAX };
		Pallet::<T>::set_recovery(RawOrigin::Signed(controller).into(), agent, Some(terms))?;
		#[extrinsic_call]
		_(RawOrigin::Signed(account), agent, rich::<T>("new", 0));
		let pending = |agent: Agent<T>| agent.recovery.and_then(|recovery| recovery.pending);
		assert!(Agents::<T>::get(agent).and_then(pending).is_some());
		Ok(())
	}

	#[benchmark]
	fn cancel_recovery() -> Result<(), BenchmarkError> {
		let (controller, account) = (rich::<T>("controller", 0), rich::<T>("recovery", 0));
		let agent = agent::<T>(&controller)?;
		let terms = RecoveryTerms { account: account.clone(), delay_ms: u64::MAX };
		Pallet::<T>::set_recovery(RawOrigin::Signed(controller.clone()).into(), agent, Some(terms))?;
		Pallet::<T>::begin_recovery(RawOrigin::Signed(account).into(), agent, rich::<T>("new", 0))?;
		#[extrinsic_call]
		_(RawOrigin::Signed(controller), agent);
		let pending = |agent: Agent<T>| agent.recovery.and_then(|recovery| recovery.pending);
		assert!(Agents::<T>::get(agent).and_then(pending).is_none());
		Ok(())
	}

	#[benchmark]
	fn complete_recovery() -> Result<(), BenchmarkError> {
		let (controller, new) = (rich::<T>("controller", 0), rich::<T>("new", 0));
		let agent = agent::<T>(&controller)?;
		// The clock belongs to the runtime, so the delay is taken as over.
		let completes_at_ms = T::Clock::now_ms();
		Agents::<T>::mutate_extant(agent, |record| {
			let terms = RecoveryTerms { account: new.clone(), delay_ms: 0 };
			let pending = PendingRecovery { controller: new.clone(), completes_at_ms };
			record.recovery = Some(Recovery { terms, pending: Some(pending) });
		});
		#[extrinsic_call]
		_(RawOrigin::Signed(new.clone()), agent, None);
		assert!(AgentsByController::<T>::contains_key(new, agent));
		Ok(())
	}

	#[benchmark]
	fn delegate() -> Result<(), BenchmarkError> {
		let controller = rich::<T>("controller", 0);
		let agent = agent::<T>(&controller)?;
		let (keys, parent) = path::<T>(agent, &controller, DEPTH_MAX - 1)?;
		let granter = keys.last().cloned().ok_or("a path has keys")?;
		#[extrinsic_call]
		_(RawOrigin::Signed(granter), agent, Some(parent), rich::<T>("new", 0), terms::<T>());
		assert!(Delegations::<T>::contains_key(agent, DelegationId(parent.0 + 1)));
		Ok(())
	}

	#[benchmark]
	fn revoke() -> Result<(), BenchmarkError> {
		let controller = rich::<T>("controller", 0);
		let agent = agent::<T>(&controller)?;
		let (keys, delegation) = path::<T>(agent, &controller, DEPTH_MAX)?;
		#[extrinsic_call]
		_(RawOrigin::Signed(keys[1].clone()), agent, delegation);
		assert!(!Delegations::<T>::contains_key(agent, delegation));
		Ok(())
	}

	#[benchmark]
	fn revoke_all() -> Result<(), BenchmarkError> {
		let controller = rich::<T>("controller", 0);
		let agent = agent::<T>(&controller)?;
		path::<T>(agent, &controller, 1)?;
		#[extrinsic_call]
		_(RawOrigin::Signed(controller), agent);
		assert!(Agents::<T>::get(agent).is_some_and(|agent| agent.revoked_below == DelegationId(1)));
		Ok(())
	}

	#[benchmark]
	fn clear_delegation() -> Result<(), BenchmarkError> {
		let controller = rich::<T>("controller", 0);
		let agent = agent::<T>(&controller)?;
		let (keys, delegation) = path::<T>(agent, &controller, DEPTH_MAX)?;
		// Cut at the top, so that the whole path is walked before the gap shows.
		Pallet::<T>::revoke(RawOrigin::Signed(controller).into(), agent, DelegationId(0))?;
		#[extrinsic_call]
		_(RawOrigin::Signed(keys[1].clone()), agent, delegation);
		assert!(!Delegations::<T>::contains_key(agent, delegation));
		Ok(())
	}

	/// With what is decided and charged for the fee besides: whether the agent pays is decided twice, and once it is
	/// charged and refunded.
	#[benchmark]
	fn act() -> Result<(), BenchmarkError> {
		let controller = rich::<T>("controller", 0);
		let agent = agent::<T>(&controller)?;
		let (keys, delegation) = path::<T>(agent, &controller, DEPTH_MAX)?;
		let key = keys.last().cloned().ok_or("a path has keys")?;
		let (call, fee) = (T::BenchmarkHelper::scope_and_call().1, BalanceOf::<T>::from(1u32));
		let fees = spending::Budget::Fees;
		let call_of_key = Call::<T>::act { agent, delegation, call: Box::new(call.clone()) };
		let origin = RawOrigin::Signed(key.clone());

		#[block]
		{
			for _ in 0..2 {
				Pallet::<T>::ensure_granted(agent, delegation).map_err(refused::<T>)?;
				let path = Pallet::<T>::authorise(agent, delegation, &key, &call).map_err(refused::<T>)?;
				Pallet::<T>::can_charge(agent, &path, fees, fee).map_err(refused::<T>)?;
			}
			let path = Pallet::<T>::authorise(agent, delegation, &key, &call).map_err(refused::<T>)?;
			Pallet::<T>::charge(agent, &path, fees, fee).map_err(refused::<T>)?;
			call_of_key.dispatch_bypass_filter(origin.into()).map_err(|failed| failed.error)?;
			Pallet::<T>::refund_fees(agent, &path, fee);
		}

		let spent = Delegations::<T>::get(agent, delegation).map(|delegation| delegation.usage.spent);
		assert!(spent.is_some_and(|spent| spent > 0u32.into()), "the call takes something");
		Ok(())
	}

	#[benchmark]
	fn control() -> Result<(), BenchmarkError> {
		let controller = rich::<T>("controller", 0);
		let agent = agent::<T>(&controller)?;
		let call = T::BenchmarkHelper::scope_and_call().1;
		#[extrinsic_call]
		_(RawOrigin::Signed(controller), agent, Box::new(call));
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
