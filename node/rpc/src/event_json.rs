//! [`describe`]: an event of this runtime in JSON.
//!
//! # Must not
//! Say how a value looks in JSON: [`plexus_event_json`] does, for clients too.

use plexus_event_json::Described;
use plexus_runtime::RuntimeEvent;
use scale_info::{MetaType, PortableRegistry, Registry};
use std::sync::OnceLock;

/// The types that an event is made of.
struct Types {
	registry: PortableRegistry,
	event: u32,
}

/// Describes a SCALE-encoded event of this runtime; `None` if it is none.
pub fn describe(event: &[u8]) -> Option<Described> {
	static TYPES: OnceLock<Types> = OnceLock::new();
	let Types { registry, event: id } = TYPES.get_or_init(|| {
		let mut registry = Registry::new();
		let event = registry.register_type(&MetaType::new::<RuntimeEvent>()).id;
		Types { registry: registry.into(), event }
	});
	plexus_event_json::describe(event, *id, registry)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::types::to_hex;
	use codec::Encode;
	use plexus_primitives::{Content, ContributionId, DatanetId, DatanetVersion};
	use plexus_runtime::{AccountId, Runtime};
	use serde_json::{json, Value as Json};

	const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";

	fn alice() -> AccountId {
		sp_keyring::Sr25519Keyring::Alice.to_account_id()
	}

	fn described(event: impl Into<RuntimeEvent>) -> Described {
		describe(&event.into().encode()).expect("it is an event of this runtime")
	}

	#[test]
	fn accounts_are_addresses_amounts_are_strings_and_what_wraps_is_left_out() {
		let found = described(pallet_balances::Event::<Runtime>::Transfer {
			from: alice(),
			to: alice(),
			amount: u128::MAX,
		});
		assert_eq!((&found.pallet[..], &found.name[..]), ("Balances", "Transfer"));
		assert_eq!(found.fields, json!({ "from": ALICE, "to": ALICE, "amount": u128::MAX.to_string() }));

		let found = described(pallet_datanets::Event::<Runtime>::OwnerProposed {
			datanet: DatanetId(7),
			proposed: Some(alice()),
		});
		assert_eq!((&found.pallet[..], &found.name[..]), ("Datanets", "OwnerProposed"));
		assert_eq!(found.fields, json!({ "datanet": 7, "proposed": ALICE }));
		let found = described(pallet_datanets::Event::<Runtime>::OwnerProposed {
			datanet: DatanetId(7),
			proposed: None,
		});
		assert_eq!(found.fields, json!({ "datanet": 7, "proposed": null }));
	}

	#[test]
	fn lists_stay_lists_bytes_are_hexadecimal_and_variants_are_named() {
		let found = described(pallet_datanets::Event::<Runtime>::CuratorsChanged {
			datanet: DatanetId(1),
			generation: 2,
			curators: vec![alice()].try_into().expect("few"),
		});
		assert_eq!(found.fields, json!({ "datanet": 1, "generation": 2, "curators": [ALICE] }));

		let found = described(pallet_datanets::Event::<Runtime>::Disputed {
			contribution: ContributionId(1),
			claimant: alice(),
			remedy: pallet_datanets::types::Remedy::Takedown,
			evidence: Some(Content { root: [7; 32], len: 9 }),
			curators: None,
			deadline_ms: 5,
			bond: 6,
		});
		let evidence = json!({ "root": to_hex(&[7; 32]), "len": 9 });
		assert_eq!((&found.fields["remedy"], &found.fields["evidence"]), (&json!("Takedown"), &evidence));
		assert_eq!((&found.fields["curators"], &found.fields["deadline_ms"]), (&Json::Null, &json!(5)));
		assert_eq!(found.fields["bond"], "6");

		let found = described(pallet_datanets::Event::<Runtime>::Reviewed {
			contribution: ContributionId(1),
			curator: alice(),
			verdict: pallet_datanets::types::Verdict::Accept { weight: 3 },
		});
		assert_eq!(found.fields["verdict"], json!({ "Accept": { "weight": 3 } }));

		let found = described(pallet_datanets::Event::<Runtime>::LocatorSet {
			contribution: ContributionId(1),
			locator: b"ab".to_vec().try_into().expect("short"),
			storage_deposit: 0,
		});
		assert_eq!(found.fields["locator"], "0x6162");
		let found = described(pallet_datanets::Event::<Runtime>::ContributionAccepted {
			contribution: ContributionId(1),
			datanet: DatanetId(2),
			weight: 3,
			from: DatanetVersion(4),
			deposit_until_ms: 5,
		});
		assert_eq!(
			found.fields,
			json!({ "contribution": 1, "datanet": 2, "weight": 3, "from": 4, "deposit_until_ms": 5 })
		);
	}

	#[test]
	fn bytes_that_are_no_event_are_not_described() {
		let transfer: RuntimeEvent =
			pallet_balances::Event::<Runtime>::Transfer { from: alice(), to: alice(), amount: 1 }.into();
		let bytes = transfer.encode();
		for cut in 0..bytes.len() {
			assert_eq!(describe(&bytes[..cut]), None, "cut to {cut}");
		}
		assert_eq!(describe(&[&bytes[..], &[0]].concat()), None);
		assert_eq!(describe(&[255, 255]), None);
	}
}
