//! Errors of the runtime in words: name, cause, remedy.
//!
//! # Must not
//! Decide anything. The words may improve at any time; only the codes are part of the protocol.
//!
//! # Invariants
//! A module error's words are its pallet's own documentation, taken from the same type information as the metadata.

use crate::RuntimeError;
use scale_info::{form::MetaForm, Type, TypeDef, TypeInfo, Variant};
use sp_runtime::{
	transaction_validity::{InvalidTransaction, TransactionValidityError, UnknownTransaction},
	ArithmeticError, DispatchError, ModuleError, TokenError, TransactionalError,
};
use std::{collections::HashMap, sync::OnceLock};

/// Why a call failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ErrorDescription {
	/// The pallet whose error it is; `None` for errors that are common to all.
	pub pallet: Option<String>,
	/// The error's name.
	pub name: String,
	/// What it means and how to avoid it.
	pub docs: String,
}

impl ErrorDescription {
	fn common(name: &str, docs: &str) -> Self {
		Self { pallet: None, name: name.into(), docs: docs.into() }
	}
}

impl std::fmt::Display for ErrorDescription {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		match &self.pallet {
			Some(pallet) => write!(f, "{pallet}.{}: {}", self.name, self.docs),
			None => write!(f, "{}: {}", self.name, self.docs),
		}
	}
}

/// Names a failed call's error and says how to avoid it.
pub fn describe_dispatch_error(error: &DispatchError) -> ErrorDescription {
	use DispatchError::*;
	let common = ErrorDescription::common;
	match error {
		Module(error) => describe_module_error(error),
		Other(message) => common("Other", message),
		CannotLookup => common("CannotLookup", "The address names no account. Use an account id."),
		BadOrigin => common("BadOrigin", "The sender may not make this call. Send it from the account that may."),
		ConsumerRemaining => common(
			"ConsumerRemaining",
			"The account is still in use, so it cannot be emptied. Withdraw deposits and holds first, or leave the existential deposit.",
		),
		NoProviders => common("NoProviders", "The account does not exist yet. Send it at least the existential deposit first."),
		TooManyConsumers => common("TooManyConsumers", "Too many things keep this account in use. Withdraw some of them first."),
		Token(error) => common(token_name(error), <&'static str>::from(*error)),
		Arithmetic(error) => common(arithmetic_name(error), "A number became too large or too small. Use smaller amounts."),
		Transactional(TransactionalError::LimitReached) => {
			common("LimitReached", "Calls are nested too deep. Send fewer calls inside each other.")
		},
		Transactional(TransactionalError::NoLayer) => common("NoLayer", "The call must run inside a transaction. This is a fault of the runtime."),
		Exhausted => common("Exhausted", "What is handled is too large. Split it."),
		Corruption => common("Corruption", "The state is damaged. This does not go away by itself; report it."),
		Unavailable => common("Unavailable", "Something that is needed is not there yet. Try again later."),
		RootNotAllowed => common("RootNotAllowed", "Root may not make this call. Send it from an account."),
		Trie(_) => common("Trie", "A proof does not verify. Make it again from the current state."),
	}
}

fn token_name(error: &TokenError) -> &'static str {
	use TokenError::*;
	match error {
		FundsUnavailable => "FundsUnavailable",
		OnlyProvider => "OnlyProvider",
		BelowMinimum => "BelowMinimum",
		CannotCreate => "CannotCreate",
		UnknownAsset => "UnknownAsset",
		Frozen => "Frozen",
		Unsupported => "Unsupported",
		CannotCreateHold => "CannotCreateHold",
		NotExpendable => "NotExpendable",
		Blocked => "Blocked",
	}
}

fn arithmetic_name(error: &ArithmeticError) -> &'static str {
	match error {
		ArithmeticError::Underflow => "Underflow",
		ArithmeticError::Overflow => "Overflow",
		ArithmeticError::DivisionByZero => "DivisionByZero",
	}
}

fn describe_module_error(error: &ModuleError) -> ErrorDescription {
	module_errors().get(&(error.index, error.error[0])).cloned().unwrap_or_else(|| ErrorDescription {
		pallet: Some(format!("pallet {}", error.index)),
		name: format!("error {}", error.error[0]),
		docs: "This runtime does not know the error. The chain may have been upgraded.".into(),
	})
}

/// Every pallet's errors by pallet index and error index, read once from [`RuntimeError`]'s type information.
fn module_errors() -> &'static HashMap<(u8, u8), ErrorDescription> {
	static ERRORS: OnceLock<HashMap<(u8, u8), ErrorDescription>> = OnceLock::new();
	ERRORS.get_or_init(|| {
		let mut errors = HashMap::new();
		for pallet in variants(&RuntimeError::type_info()) {
			let Some(field) = pallet.fields.first() else { continue };
			for error in variants(&field.ty.type_info()) {
				let description = ErrorDescription {
					pallet: Some(pallet.name.into()),
					name: error.name.into(),
					docs: error.docs.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" "),
				};
				errors.insert((pallet.index, error.index), description);
			}
		}
		errors
	})
}

fn variants(info: &Type<MetaForm>) -> Vec<Variant<MetaForm>> {
	match &info.type_def {
		TypeDef::Variant(definition) => definition.variants.clone(),
		_ => Vec::new(),
	}
}

/// Why a transaction was refused before it was executed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refusal {
	/// The reason's name.
	pub name: &'static str,
	/// What was wrong.
	pub cause: &'static str,
	/// What would be right.
	pub remedy: &'static str,
}

/// Names why a transaction was refused, and what to do.
pub fn describe_invalid(error: &TransactionValidityError) -> Refusal {
	let (name, cause, remedy) = match error {
		TransactionValidityError::Invalid(invalid) => invalid_words(invalid),
		TransactionValidityError::Unknown(unknown) => unknown_words(unknown),
	};
	Refusal { name, cause, remedy }
}

fn invalid_words(invalid: &InvalidTransaction) -> (&'static str, &'static str, &'static str) {
	use InvalidTransaction::*;
	match invalid {
		Call => ("Call", "the chain does not accept this call from outside", "send a call that the metadata lists, signed"),
		Payment => (
			"Payment",
			"the sender cannot pay the fee and keep the existential deposit",
			"send the account more PLX, or lower the tip",
		),
		Future => (
			"Future",
			"the nonce is ahead of the account's next one",
			"send the transactions with the missing nonces, or take the nonce from `system_accountNextIndex`",
		),
		Stale => (
			"Stale",
			"the nonce was used already",
			"take the nonce from `system_accountNextIndex` and sign again; the transaction may have been included before",
		),
		BadProof => (
			"BadProof",
			"the signature does not fit sender, call and chain, or the transaction has expired",
			"sign with the sender's key, for this chain's genesis hash and current runtime version, and refresh the metadata",
		),
		AncientBirthBlock => (
			"AncientBirthBlock",
			"the transaction's mortality began too long ago, so it has expired",
			"sign again with a recent block",
		),
		ExhaustsResources => (
			"ExhaustsResources",
			"the transaction needs more than what a block has left",
			"try again in the next block; if it repeats, split the transaction",
		),
		Custom(code) => refusal_words(*code),
		BadMandatory => ("BadMandatory", "a call that must succeed failed", "this is the block author's fault; report it"),
		MandatoryValidation => (
			"MandatoryValidation",
			"only block authors may include this call",
			"do not submit it; the author of each block includes it",
		),
		BadSigner => ("BadSigner", "the sending account may not sign transactions", "send from another account"),
		IndeterminateImplicit => (
			"IndeterminateImplicit",
			"what the signature covers cannot be computed here",
			"sign without a metadata hash",
		),
		UnknownOrigin => ("UnknownOrigin", "the transaction carries no signature", "sign it as version 4"),
	}
}

/// The words of the pallet's error that the code stands for: why an agent does not pay, where the signer cannot either.
fn refusal_words(code: u8) -> (&'static str, &'static str, &'static str) {
	let unknown = (
		"Custom",
		"the chain refused it with a code of its own",
		"look the code up in the chain's documentation",
	);
	let Some(refusal) = pallet_agents::Refusal::from_code(code) else { return unknown };
	let error: DispatchError = pallet_agents::Error::<crate::Runtime>::from(refusal).into();
	let DispatchError::Module(error) = error else { return unknown };
	let Some(described) = module_errors().get(&(error.index, error.error[0])) else { return unknown };
	// The errors' documentation says what is wrong in its first sentence, and what to do in the others.
	let (cause, remedy) =
		described.docs.split_once(". ").unwrap_or((&described.docs, "let the key have funds"));
	(&described.name, cause, remedy.trim_end_matches('.'))
}

fn unknown_words(unknown: &UnknownTransaction) -> (&'static str, &'static str, &'static str) {
	use UnknownTransaction::*;
	match unknown {
		CannotLookup => {
			("CannotLookup", "the sender's address names no account", "use an account id as the sender")
		}
		NoUnsignedValidator => {
			("NoUnsignedValidator", "no pallet accepts this call without a signature", "sign it")
		}
		Custom(_) => ("Custom", "the chain cannot tell whether it is valid", "try again later"),
	}
}
