//! Turns what the node, the pool and the runtime refuse into a name, a cause and a remedy.
//!
//! Errors of pallets are not listed here: their names and documentation come from the chain's metadata, so that
//! this client explains the errors of pallets that it has never heard of.
//!
//! # Must not
//! End in a bare "Invalid": whatever is not understood is passed on in full.
//!
//! # Invariants
//! A pallet error's documentation is cut after its first sentence: that is the cause, the rest is the remedy.

use crate::failure::{split_remedy, Failure, FailureKind};
use subxt::{
	error::{ArithmeticError, DispatchError, TokenError},
	rpcs,
};

/// Codes of JSON-RPC errors about a submitted transaction: 1010 (invalid) to 1019, as Substrate numbers them.
const REFUSED_CODES: std::ops::RangeInclusive<i32> = 1010..=1019;

/// Explains why the runtime rolled a transaction back.
pub fn explain_dispatch_error(error: &DispatchError) -> Failure {
	let (name, cause, remedy) = match error {
		DispatchError::Module(module) => return explain_module_error(module),
		DispatchError::Token(token) => {
			let (cause, remedy) = token_error(token);
			return Failure::new(FailureKind::Failed, format!("Token.{token:?}"), cause, remedy);
		}
		DispatchError::Arithmetic(arithmetic) => {
			let cause = match arithmetic {
				ArithmeticError::Underflow => "the amount is more than there is",
				ArithmeticError::DivisionByZero => "a number would be divided by zero",
				_ => "a number would become larger than its type",
			};
			let remedy = "use smaller amounts; for a transfer, check the balance with `plexus query balance`";
			return Failure::new(FailureKind::Failed, format!("Arithmetic.{arithmetic:?}"), cause, remedy);
		}
		DispatchError::BadOrigin => (
			"BadOrigin",
			"this kind of signer may not make this call",
			"sign with the account that is allowed to",
		),
		DispatchError::RootNotAllowed => {
			("RootNotAllowed", "the call cannot be made by root", "sign it with an ordinary account")
		}
		DispatchError::CannotLookup => {
			("CannotLookup", "an address in the call leads to no account", "use the full SS58 address")
		}
		DispatchError::ConsumerRemaining => (
			"ConsumerRemaining",
			"the account still has deposits or locks, so it cannot be emptied",
			"leave the existential deposit in it, or withdraw what the deposits are for first",
		),
		DispatchError::NoProviders => (
			"NoProviders",
			"the account does not exist: nobody has sent it the existential deposit",
			"send it at least the existential deposit first",
		),
		DispatchError::TooManyConsumers => (
			"TooManyConsumers",
			"too many things refer to the account",
			"use another account, or withdraw something that this one holds",
		),
		DispatchError::Transactional(_) => {
			("Transactional", "calls are nested too deeply", "send them in separate transactions")
		}
		DispatchError::Exhausted => {
			("Exhausted", "the call needs more than a block offers", "split it into smaller calls")
		}
		DispatchError::Unavailable => (
			"Unavailable",
			"something that the call needs is not there right now",
			"try again in a few blocks",
		),
		DispatchError::Corruption => (
			"Corruption",
			"the chain's state does not add up",
			"this is a defect of the chain; please report it",
		),
		other => return unnamed_dispatch_error(other),
	};
	Failure::new(FailureKind::Failed, name, cause, remedy)
}

fn unnamed_dispatch_error(error: &DispatchError) -> Failure {
	Failure::new(
		FailureKind::Failed,
		"Other",
		format!("the runtime rolled the call back without saying more than: {error}"),
		"check the call's arguments; `plexus query tx` shows its events",
	)
}

fn explain_module_error(error: &subxt::error::ModuleError) -> Failure {
	match error.details() {
		Ok(details) => from_docs(details.pallet.name(), &details.variant.name, &details.variant.docs),
		Err(unknown) => Failure::new(
			FailureKind::Failed,
			"UnknownPalletError",
			format!("error {} of pallet {}: {unknown}", error.error_index(), error.pallet_index()),
			"the chain may have been upgraded since this command connected; run it again",
		),
	}
}

/// A failure from a pallet error's documentation: the first sentence is the cause, the rest the remedy.
pub(crate) fn from_docs(pallet: &str, error: &str, docs: &[String]) -> Failure {
	let text = docs.join(" ");
	let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
	let (cause, remedy) = match text.find(". ") {
		Some(end) => text.split_at(end + 1),
		None => (text.as_str(), ""),
	};
	let or = |text: &str, otherwise: String| match text.trim() {
		"" => otherwise,
		text => text.to_string(),
	};
	let cause = or(cause, format!("pallet {pallet} refused the call with {error}"));
	let remedy = or(remedy, remedy_for(pallet, error));
	Failure::new(FailureKind::Failed, format!("{pallet}.{error}"), cause, remedy)
}

/// Remedies for errors of the framework's pallets, whose documentation names only the cause.
fn remedy_for(pallet: &str, error: &str) -> String {
	let remedy = match pallet {
		"Balances" => balances_remedy(error),
		"Multisig" => multisig_remedy(error),
		"Proxy" => proxy_remedy(error),
		"Sudo" if error == "RequireSudo" => Some("sign with the sudo key; live chains have none"),
		"System" if error == "CallFiltered" => Some("this chain does not allow the call"),
		"Utility" if error == "TooManyCalls" => Some("split the batch into smaller ones"),
		_ => None,
	};
	let otherwise = || format!("see the documentation of {pallet}'s error {error} for when it occurs");
	remedy.map_or_else(otherwise, Into::into)
}

fn balances_remedy(error: &str) -> Option<&'static str> {
	Some(match error {
		"InsufficientBalance" | "Expendability" | "LiquidityRestrictions" => {
			"send less, or fund the account; `plexus query account` shows what is spendable"
		}
		"ExistentialDeposit" => "send at least the existential deposit (`plexus query fees` shows it)",
		"DeadAccount" => "send the account at least the existential deposit first",
		"TooManyHolds" | "TooManyFreezes" | "TooManyReserves" => {
			"end something that holds funds of the account, and try again"
		}
		"DeltaZero" => "give an amount above zero",
		_ => return None,
	})
}

fn multisig_remedy(error: &str) -> Option<&'static str> {
	Some(match error {
		"MinimumThreshold" => "ask for two approvals or more; for one signer send the call itself",
		"AlreadyApproved" => "wait for the other signatories; one of them approves next",
		"NoApprovalsNeeded" => "send it with `as_multi` and the whole call, which executes it",
		"TooFewSignatories" => "name at least one signatory besides the sender",
		"TooManySignatories" => "name fewer; the constant `Multisig.MaxSignatories` is the most",
		"SignatoriesOutOfOrder" => "sort the other signatories by their public keys, each once",
		"SenderInSignatories" => "leave the sender out of the other signatories",
		"NotFound" => "compare signatories, threshold and call hash; it may be executed or cancelled already",
		"NotOwner" => "let the account that approved first cancel it",
		"NoTimepoint" | "WrongTimepoint" => {
			"give the height and index of the first approval, as `Multisig.Multisigs` keeps them"
		}
		"UnexpectedTimepoint" => "leave the timepoint out: this is the first approval",
		"MaxWeightTooLow" => "give a `max_weight` of at least what the call weighs",
		_ => return None,
	})
}

fn proxy_remedy(error: &str) -> Option<&'static str> {
	Some(match error {
		"TooMany" => "remove a proxy or an announcement first; the account has as many as it may",
		"NotFound" => {
			"compare delegate, type and delay with those in `Proxy.Proxies`; all three must be the same"
		}
		"NotProxy" => {
			"let the account name the signer with `add_proxy` first, or sign with one of its proxies"
		}
		"Unproxyable" => "use a proxy whose type allows the call, or sign with the account itself",
		"Duplicate" => "use the proxy that is there, or remove it before adding it anew",
		"NoPermission" => {
			"sign with the account itself; what ends a pure proxy needs all that `create_pure` was given"
		}
		"Unannounced" => "announce the call's hash with `announce`, and wait for the proxy's delay",
		"NoSelfProxy" => "name another account; an account needs no proxy for itself",
		_ => return None,
	})
}

fn token_error(error: &TokenError) -> (&'static str, &'static str) {
	match error {
		TokenError::FundsUnavailable => {
			("the account does not have that much to spend", "send less, or fund it; `plexus query account` shows what is spendable")
		}
		TokenError::OnlyProvider | TokenError::NotExpendable => (
			"the payment would empty the account, and it must stay alive",
			"leave the existential deposit in it (`plexus query fees` shows it)",
		),
		TokenError::BelowMinimum => (
			"the receiving account would hold less than the existential deposit, so it cannot come into being",
			"send at least the existential deposit (`plexus query fees` shows it)",
		),
		TokenError::CannotCreate | TokenError::CannotCreateHold => {
			("the account cannot be created", "send it at least the existential deposit first")
		}
		TokenError::Frozen => ("the funds are there, but frozen", "wait until the lock ends, or spend less"),
		TokenError::Blocked => ("the account cannot receive", "pay to another account"),
		_ => ("the operation is not possible with this asset", "check the asset and the amount"),
	}
}

/// Explains an error of a JSON-RPC call.
pub(crate) fn explain_rpc(error: &rpcs::Error) -> Failure {
	match error {
		rpcs::Error::User(user) if REFUSED_CODES.contains(&user.code) => {
			explain_refusal(user.code, &user.message, user.data.as_deref().map(|data| data.get()))
		}
		rpcs::Error::User(user) => {
			// For other errors than refusals the node puts the remedy there.
			let remedy = user.data.as_deref().map(|data| plain(data.get()));
			let remedy = remedy.unwrap_or_else(|| {
				"check the arguments, and that client and node have the same version".into()
			});
			Failure::new(FailureKind::Node, format!("RpcError {}", user.code), user.message.clone(), remedy)
		}
		rpcs::Error::Client(source) => Failure::new(
			FailureKind::Unreachable,
			"ConnectionLost",
			innermost(source.as_ref()),
			"check that the node is still running, and run the command again",
		),
		other => unintelligible(other),
	}
}

/// What Substrate calls the sorts of refusals; the node puts it before the reason where there is room for one text.
const REFUSALS: [&str; 6] = [
	"Invalid Transaction",
	"Unknown Transaction Validity",
	"Transaction is temporarily banned",
	"Transaction Already Imported",
	"Priority is too low",
	"Immediately Dropped",
];

/// Explains why the pool did not take a transaction. `data` is JSON; the node puts its reason there.
pub(crate) fn explain_refusal(code: i32, message: &str, data: Option<&str>) -> Failure {
	let reason = data.map(plain).filter(|reason| !reason.is_empty()).unwrap_or_else(|| message.to_string());
	explain_reason(&reason, remedy_for_code(code))
}

/// Explains a reason that the node gives as "name: cause; remedy", perhaps with the sort of refusal before it.
/// `otherwise` is the remedy if the reason has none.
pub(crate) fn explain_reason(reason: &str, otherwise: &str) -> Failure {
	let stripped =
		REFUSALS.iter().find_map(|sort| reason.strip_prefix(sort)?.strip_prefix(": ")).unwrap_or(reason);
	let (name, rest) = match stripped.split_once(": ") {
		Some((name, rest)) if !name.is_empty() && !name.contains(' ') => (name, rest),
		_ => ("TransactionRefused", stripped),
	};
	let (cause, remedy) = split_remedy(rest);
	let remedy = remedy.unwrap_or(otherwise);
	let cause = if cause.is_empty() { "the node gave no reason" } else { cause };
	Failure::new(FailureKind::Refused, name, cause, remedy)
}

fn remedy_for_code(code: i32) -> &'static str {
	match code {
		1012 | 1013 => "it is known already; wait for it with `plexus query tx`",
		1014 => "give a higher --tip to replace the waiting transaction, or wait until it is in a block",
		1016 => "the pool is full; try again in a few blocks, or give a --tip",
		_ => "check the sender's balance and nonce with `plexus query account`, and send it again",
	}
}

/// Explains an error of the chain client (metadata, encoding, decoding, reading state).
pub(crate) fn explain_client(error: impl Into<subxt::Error>) -> Failure {
	let error = error.into();
	let mut source: Option<&(dyn std::error::Error + 'static)> = Some(&error);
	while let Some(inner) = source {
		if let Some(rpc) = inner.downcast_ref::<rpcs::Error>() {
			return explain_rpc(rpc);
		}
		source = inner.source();
	}
	unintelligible(&error)
}

/// An answer that this client does not understand.
pub(crate) fn unintelligible(error: &dyn std::error::Error) -> Failure {
	Failure::new(
		FailureKind::Node,
		"UnintelligibleAnswer",
		error.to_string(),
		"check that this client and the node have the same version (`plexus version`)",
	)
}

/// No connection could be made.
pub(crate) fn unreachable(url: &str, error: &(dyn std::error::Error + 'static)) -> Failure {
	Failure::new(
		FailureKind::Unreachable,
		"NodeUnreachable",
		format!("no connection to {url}: {}", innermost(error)),
		"is a node running? start one with `plexus run --dev`, or name another one with --url",
	)
}

/// What the last error in the chain says: the ones above it only wrap it.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
	let mut last = error;
	while let Some(source) = last.source() {
		last = source;
	}
	last.to_string()
}

/// A JSON string without its quotes; other JSON as it is.
fn plain(json: &str) -> String {
	serde_json::from_str::<String>(json).unwrap_or_else(|_| json.to_string())
}

#[cfg(test)]
mod tests {
	use super::*;

	fn docs(lines: &[&str]) -> Vec<String> {
		lines.iter().map(|line| line.to_string()).collect()
	}

	#[test]
	fn a_pallet_error_is_explained_by_its_documentation() {
		let failure = from_docs(
			"Datanets",
			"RootAlreadyHeld",
			&docs(&["The root is held", " already. Query the contribution by root", " and use that one."]),
		);
		assert_eq!(failure.name, "Datanets.RootAlreadyHeld");
		assert_eq!(failure.cause, "The root is held already.");
		assert_eq!(failure.remedy, "Query the contribution by root and use that one.");
		assert_eq!(failure.exit_code(), FailureKind::Failed.exit_code());
	}

	#[test]
	fn a_pallet_error_without_documentation_still_says_something() {
		for (pallet, error, lines) in [
			("Balances", "InsufficientBalance", &["Balance too low to send value."][..]),
			("Strange", "Thing", &[]),
			("Strange", "Thing", &[" ", ""]),
		] {
			let failure = from_docs(pallet, error, &docs(lines));
			assert_eq!(failure.name, format!("{pallet}.{error}"));
			assert!(!failure.cause.trim().is_empty() && !failure.remedy.trim().is_empty(), "{failure:?}");
		}
	}

	#[test]
	fn common_errors_of_the_frameworks_pallets_have_a_remedy_of_their_own() {
		for (pallet, error, words) in [
			("Balances", "ExistentialDeposit", "existential deposit"),
			("Balances", "DeadAccount", "existential deposit"),
			("Multisig", "SignatoriesOutOfOrder", "sort"),
			("Multisig", "WrongTimepoint", "first approval"),
			("Proxy", "NotFound", "delay"),
			("Proxy", "NotProxy", "add_proxy"),
			("Utility", "TooManyCalls", "smaller"),
		] {
			let failure = from_docs(pallet, error, &docs(&["Only the cause."]));
			assert_eq!(failure.cause, "Only the cause.");
			assert!(failure.remedy.contains(words), "{failure:?}");
		}
		let unknown = from_docs("Proxy", "Unheard", &docs(&["Only the cause."]));
		assert!(unknown.remedy.contains("Unheard"), "{unknown:?}");
	}

	#[test]
	fn every_dispatch_error_has_cause_and_remedy() {
		use DispatchError::*;
		for error in [
			Other,
			CannotLookup,
			BadOrigin,
			ConsumerRemaining,
			NoProviders,
			TooManyConsumers,
			Token(TokenError::FundsUnavailable),
			Token(TokenError::BelowMinimum),
			Token(TokenError::Unsupported),
			Arithmetic(ArithmeticError::Overflow),
			Exhausted,
			Corruption,
			Unavailable,
			RootNotAllowed,
		] {
			let failure = explain_dispatch_error(&error);
			assert_eq!(failure.kind, FailureKind::Failed);
			for part in [&failure.name, &failure.cause, &failure.remedy] {
				assert!(!part.is_empty(), "{error:?} gives {failure:?}");
			}
		}
		assert_eq!(explain_dispatch_error(&Token(TokenError::BelowMinimum)).name, "Token.BelowMinimum");
	}

	#[test]
	fn a_refusal_is_shown_as_the_node_gives_it() {
		let data = "\"Stale: nonce 3 was used already; the account's next nonce is 7\"";
		let failure = explain_refusal(1010, "Invalid Transaction", Some(data));
		assert_eq!(
			(failure.name.as_str(), failure.cause.as_str(), failure.remedy.as_str()),
			("Stale", "nonce 3 was used already", "the account's next nonce is 7")
		);
		assert_eq!(failure.kind, FailureKind::Refused);
	}

	#[test]
	fn a_refusal_in_another_shape_loses_nothing() {
		for (code, data) in
			[(1010, None), (1010, Some("\"Inability to pay some fees\"")), (1016, Some("{\"a\":1}"))]
		{
			let failure = explain_refusal(code, "Invalid Transaction", data);
			assert_eq!(failure.name, "TransactionRefused");
			assert!(failure
				.cause
				.contains(data.map_or("Invalid Transaction", |data| data.trim_matches('"'))));
			assert!(!failure.remedy.is_empty());
		}
	}

	#[test]
	fn other_rpc_errors_keep_code_message_and_remedy() {
		let error: rpcs::UserError =
			serde_json::from_str(r#"{"code":4003,"message":"State discarded","data":"ask an archive"}"#)
				.unwrap();
		let failure = explain_rpc(&rpcs::Error::User(error));
		assert_eq!(failure.name, "RpcError 4003");
		assert_eq!((failure.cause.as_str(), failure.remedy.as_str()), ("State discarded", "ask an archive"));
	}
}
