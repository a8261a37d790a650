//! [`submissions`]: the receipts that an extrinsic redeems, wherever in it they are.
//!
//! # Must not
//! Say what was redeemed: calls may have failed. Whoever asks compares with the root of the batch.
//!
//! # Invariants
//! Every call of this runtime that carries another is looked into. How deep they lie is bounded when they are decoded.

use crate::{Runtime, RuntimeCall, UncheckedExtrinsic};
use pallet_receipts::types::RedemptionsOf;
use plexus_primitives::{ChannelId, Receipt};

/// The receipts of one `submit`, channel by channel.
pub type Submission = Vec<(ChannelId, Vec<Receipt>)>;

/// What each `submit` in an extrinsic would redeem, also within calls that carry calls; in the order in which they stand.
pub fn submissions(extrinsic: &UncheckedExtrinsic) -> Vec<Submission> {
	let mut found = Vec::new();
	collect(&extrinsic.function, &mut found);
	found
}

fn collect(call: &RuntimeCall, found: &mut Vec<Submission>) {
	match call {
		RuntimeCall::Receipts(pallet_receipts::Call::submit { redemptions, .. })
		| RuntimeCall::Attribution(pallet_attribution::Call::submit { redemptions, .. }) => {
			found.push(submission(redemptions));
		}
		carrier => carried(carrier).into_iter().for_each(|call| collect(call, found)),
	}
}

fn submission(redemptions: &RedemptionsOf<Runtime>) -> Submission {
	redemptions.iter().map(|redemption| (redemption.channel, redemption.receipts.to_vec())).collect()
}

/// The calls that a call carries.
fn carried(carrier: &RuntimeCall) -> Vec<&RuntimeCall> {
	use pallet_agents::Call as Agents;
	use pallet_multisig::Call as Multisig;
	use pallet_proxy::Call as Proxy;
	use pallet_sudo::Call as Sudo;
	use pallet_utility::Call as Utility;
	match carrier {
		RuntimeCall::Utility(
			Utility::batch { calls } | Utility::batch_all { calls } | Utility::force_batch { calls },
		) => calls.iter().collect(),
		RuntimeCall::Utility(Utility::if_else { main, fallback }) => vec![&**main, &**fallback],
		RuntimeCall::Utility(
			Utility::as_derivative { call, .. }
			| Utility::dispatch_as { call, .. }
			| Utility::dispatch_as_fallible { call, .. }
			| Utility::with_weight { call, .. },
		)
		| RuntimeCall::Multisig(
			Multisig::as_multi_threshold_1 { call, .. } | Multisig::as_multi { call, .. },
		)
		| RuntimeCall::Proxy(Proxy::proxy { call, .. } | Proxy::proxy_announced { call, .. })
		| RuntimeCall::Sudo(
			Sudo::sudo { call } | Sudo::sudo_unchecked_weight { call, .. } | Sudo::sudo_as { call, .. },
		)
		| RuntimeCall::Agents(Agents::act { call, .. } | Agents::control { call, .. }) => vec![&**call],
		_ => Vec::new(),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use pallet_receipts::Redemption;
	use plexus_primitives::{AgentId, Content, ModelId};
	use sp_runtime::MultiSignature;

	fn receipt(fee: u128) -> Receipt {
		let (prompt, output) = (Content { root: [1; 32], len: 2 }, Content { root: [3; 32], len: 4 });
		Receipt { model: ModelId(7), prompt, context: None, output, fee, disclose: false, execution: None }
	}

	fn submit(submission: &Submission) -> RuntimeCall {
		let redemption = |(channel, receipts): &(ChannelId, Vec<Receipt>)| Redemption::<Runtime> {
			channel: *channel,
			receipts: receipts.clone().try_into().expect("few"),
			signature: MultiSignature::Sr25519([7; 64].into()).into(),
		};
		let redemptions: Vec<_> = submission.iter().map(redemption).collect();
		let redemptions = redemptions.try_into().expect("few");
		RuntimeCall::Attribution(pallet_attribution::Call::submit {
			server: AgentId(3),
			redemptions,
			claims: Default::default(),
		})
	}

	fn found_in(call: RuntimeCall) -> Vec<Submission> {
		submissions(&UncheckedExtrinsic::new_bare(call))
	}

	#[test]
	fn receipts_are_found_in_calls_and_in_calls_within_calls() {
		let one = vec![(ChannelId(1), vec![receipt(5), receipt(6)]), (ChannelId(2), vec![receipt(7)])];
		let other = vec![(ChannelId(9), vec![receipt(8)])];
		assert_eq!(found_in(submit(&one)), std::slice::from_ref(&one));
		let both = vec![submit(&one), submit(&other)];
		let batch = RuntimeCall::Utility(pallet_utility::Call::batch_all { calls: both });
		assert_eq!(found_in(batch.clone()), [one.clone(), other.clone()]);
		let control =
			RuntimeCall::Agents(pallet_agents::Call::control { agent: AgentId(3), call: Box::new(batch) });
		assert_eq!(found_in(control.clone()), [one.clone(), other.clone()]);
		let either = RuntimeCall::Utility(pallet_utility::Call::if_else {
			main: Box::new(submit(&other)),
			fallback: Box::new(RuntimeCall::Sudo(pallet_sudo::Call::sudo { call: Box::new(control) })),
		});
		assert_eq!(found_in(either), [other.clone(), one, other]);
	}

	#[test]
	fn what_redeems_nothing_has_no_receipts() {
		let remark = || RuntimeCall::System(frame_system::Call::remark { remark: vec![1; 100] });
		assert_eq!(found_in(remark()), Vec::<Submission>::new());
		let batch = RuntimeCall::Utility(pallet_utility::Call::batch { calls: vec![remark(), remark()] });
		assert_eq!(found_in(batch), Vec::<Submission>::new());
	}

	/// Whatever carries a call has a field of that type, so that a new one cannot be forgotten.
	#[test]
	fn every_call_that_carries_calls_is_looked_into() {
		use scale_info::{form::PortableForm, MetaType, Registry, TypeDef, Variant};
		let mut registry = Registry::new();
		let all = registry.register_type(&MetaType::new::<RuntimeCall>()).id;
		let types = scale_info::PortableRegistry::from(registry);
		let variants = |id: u32| -> Vec<Variant<PortableForm>> {
			match &types.resolve(id).expect("it is registered").type_def {
				TypeDef::Variant(variants) => variants.variants.clone(),
				_ => Vec::new(),
			}
		};
		// `Box` leaves no trace, a list is a type of its own.
		let is_call = |id: u32| match &types.resolve(id).expect("it is registered").type_def {
			TypeDef::Sequence(list) => list.type_param.id == all,
			_ => id == all,
		};
		let mut carriers = Vec::new();
		for pallet in variants(all) {
			for call in variants(pallet.fields[0].ty.id) {
				if call.fields.iter().any(|field| is_call(field.ty.id)) {
					carriers.push(format!("{}.{}", pallet.name, call.name));
				}
			}
		}
		carriers.sort_unstable();
		let expected = [
			"Agents.act",
			"Agents.control",
			"Multisig.as_multi",
			"Multisig.as_multi_threshold_1",
			"Proxy.proxy",
			"Proxy.proxy_announced",
			"Sudo.sudo",
			"Sudo.sudo_as",
			"Sudo.sudo_unchecked_weight",
			"Utility.as_derivative",
			"Utility.batch",
			"Utility.batch_all",
			"Utility.dispatch_as",
			"Utility.dispatch_as_fallible",
			"Utility.force_batch",
			"Utility.if_else",
			"Utility.with_weight",
		];
		assert_eq!(carriers, expected);
	}
}
