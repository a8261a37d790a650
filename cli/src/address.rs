//! Addresses as people give them.
//!
//! # Must not
//! Accept an address of another network silently: whoever gives one is probably about to pay to the wrong place.

use crate::{failure::Failure, keys, keys::ChainKind};
use plexus_primitives::constants::SS58_PREFIX;
use sp_core::crypto::{AccountId32, Ss58AddressFormat, Ss58Codec};

/// Reads an account: an SS58 address, `0x` and 64 hexadecimal digits of its id, or on development chains the path
/// of a development key like `//Bob` (whose sr25519 account is meant).
///
/// # Errors
/// Says what is wrong with the text.
pub(crate) fn parse_account(text: &str, chain: &ChainKind) -> Result<AccountId32, Failure> {
	let text = text.trim();
	if text.starts_with("//") {
		return keys::from_uri(text, keys::Scheme::Sr25519, chain).map(|key| key.account());
	}
	if let Some(digits) = text.strip_prefix("0x") {
		return parse_hex32(digits)
			.map(AccountId32::from)
			.ok_or_else(|| invalid(text, "an account id is 0x and 64 hexadecimal digits"));
	}
	let (account, format) = AccountId32::from_ss58check_with_version(text)
		.map_err(|error| invalid(text, &format!("it is no SS58 address: {error:?}")))?;
	if format != Ss58AddressFormat::custom(SS58_PREFIX.into()) {
		return Err(Failure::input(
			"AddressOfAnotherNetwork",
			format!("{text} has network prefix {}, this chain's is {SS58_PREFIX}", u16::from(format)),
			format!("if its owner also uses that key here, the address here is {}", display(&account)),
		));
	}
	Ok(account)
}

/// The account as this chain's SS58 address.
pub(crate) fn display(account: &AccountId32) -> String {
	account.to_ss58check_with_version(Ss58AddressFormat::custom(SS58_PREFIX.into()))
}

/// Reads 32 bytes from hexadecimal digits, with or without `0x`.
pub(crate) fn parse_hex32(text: &str) -> Option<[u8; 32]> {
	let mut bytes = [0; 32];
	hex::decode_to_slice(text.strip_prefix("0x").unwrap_or(text), &mut bytes).ok()?;
	Some(bytes)
}

fn invalid(text: &str, cause: &str) -> Failure {
	Failure::input(
		"InvalidAddress",
		format!("`{text}`: {cause}"),
		"copy the whole address, like 5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY",
	)
}

#[cfg(test)]
mod tests {
	use super::*;

	const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
	const ALICE_ID: &str = "0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d";

	fn parse(text: &str) -> Result<String, String> {
		parse_account(text, &ChainKind::Development)
			.map(|account| display(&account))
			.map_err(|failure| failure.name)
	}

	#[test]
	fn an_account_is_read_from_address_id_and_development_path() {
		for text in [ALICE, ALICE_ID, "//Alice", &format!(" {ALICE}\n")] {
			assert_eq!(parse(text).as_deref(), Ok(ALICE), "{text:?}");
		}
	}

	#[test]
	fn development_paths_are_refused_on_live_chains() {
		let refused = parse_account("//Alice", &ChainKind::Live("Live".into())).unwrap_err();
		assert_eq!(refused.name, "DevelopmentKey");
	}

	#[test]
	fn an_address_of_another_network_is_refused_and_its_form_here_is_told() {
		// The same key on Polkadot (prefix 0).
		let failure =
			parse_account("15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5", &ChainKind::Development)
				.unwrap_err();
		assert_eq!(failure.name, "AddressOfAnotherNetwork");
		assert!(failure.remedy.contains(ALICE), "{}", failure.remedy);
	}

	#[test]
	fn damaged_addresses_are_refused() {
		let mut typo = ALICE.to_string();
		typo.replace_range(10..11, "6");
		for text in ["", "Alice", "0x", "0x1234", &ALICE[1..], &ALICE_ID[..65], &typo, "5Grwva…"] {
			assert_eq!(parse(text).unwrap_err(), "InvalidAddress", "{text:?}");
		}
	}
}
