//! What a command says when it cannot do its work: a name, the cause, and the way out.
//!
//! # Must not
//! Hold secrets: failures are printed, logged and put into JSON.
//!
//! # Invariants
//! No field is empty. The kind alone decides the exit code, so that scripts can tell failures apart.

use crate::output::clean;
use serde::Serialize;

/// What sort of failure it is; each has its own exit code.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
	/// The node answered with an error, or with something that cannot be understood.
	Node,
	/// What the user gave cannot be used.
	Input,
	/// No connection to the node.
	Unreachable,
	/// The transaction was not accepted, or not even worth sending.
	Refused,
	/// The transaction is in a block, and failed there.
	Failed,
	/// Something did not happen within the time that was given.
	TimedOut,
	/// What was asked for does not exist.
	NotFound,
	/// A proof does not prove what it says.
	Unproved,
}

impl FailureKind {
	/// The exit code of the process. 2 is also what the argument parser uses.
	pub const fn exit_code(self) -> u8 {
		match self {
			Self::Node => 1,
			Self::Input => 2,
			Self::Unreachable => 3,
			Self::Refused => 4,
			Self::Failed => 5,
			Self::TimedOut => 6,
			Self::NotFound => 7,
			Self::Unproved => 8,
		}
	}
}

/// Why a command did not do its work.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, thiserror::Error)]
#[error("{name}: {cause}\n  remedy: {remedy}")]
pub struct Failure {
	/// Which sort; decides the exit code.
	pub kind: FailureKind,
	/// Short and stable, like `Datanets.RootAlreadyHeld`.
	pub name: String,
	/// What happened.
	pub cause: String,
	/// What the user can do about it.
	pub remedy: String,
	/// What a transaction cost that failed in its block, in the smallest unit, if that is known. For sums; the cause says what
	/// a user is to know.
	#[serde(skip)]
	pub fee: Option<u128>,
}

impl Failure {
	/// A failure of this kind.
	pub fn new(
		kind: FailureKind,
		name: impl Into<String>,
		cause: impl Into<String>,
		remedy: impl Into<String>,
	) -> Self {
		Self { kind, name: name.into(), cause: cause.into(), remedy: remedy.into(), fee: None }
	}

	/// The user gave something that cannot be used.
	pub(crate) fn input(
		name: impl Into<String>,
		cause: impl Into<String>,
		remedy: impl Into<String>,
	) -> Self {
		Self::new(FailureKind::Input, name, cause, remedy)
	}

	/// The same failure with more about the cause.
	pub(crate) fn with_context(mut self, context: impl std::fmt::Display) -> Self {
		self.cause = format!("{} ({context})", self.cause);
		self
	}

	/// The same failure for a terminal: what came from the chain or from file names could rewrite what stands there.
	pub fn cleaned(&self) -> Self {
		let Self { kind, name, cause, remedy, fee } = self;
		Self { kind: *kind, name: clean(name), cause: clean(cause), remedy: clean(remedy), fee: *fee }
	}

	/// The exit code of the process.
	pub const fn exit_code(&self) -> u8 {
		self.kind.exit_code()
	}
}

/// Parts a text as the node and its crates write it, "cause; remedy", at the first semicolon: a remedy may have semicolons
/// of its own, a cause has none.
pub fn split_remedy(text: &str) -> (&str, Option<&str>) {
	match text.split_once("; ") {
		Some((cause, remedy)) => (cause, Some(remedy)),
		None => (text, None),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_remedy_stands_behind_the_first_semicolon_and_may_have_its_own() {
		assert_eq!(split_remedy("a; b; c"), ("a", Some("b; c")));
		assert_eq!(split_remedy("a"), ("a", None));
	}

	#[test]
	fn every_kind_has_its_own_exit_code_and_none_means_success() {
		use FailureKind::*;
		let codes: std::collections::BTreeSet<u8> =
			[Node, Input, Unreachable, Refused, Failed, TimedOut, NotFound, Unproved]
				.into_iter()
				.map(FailureKind::exit_code)
				.collect();
		assert_eq!(codes.len(), 8);
		assert!(!codes.contains(&0));
	}

	#[test]
	fn a_failure_in_json_has_stable_keys() {
		let failure = Failure::new(FailureKind::NotFound, "NoSuchBlock", "there is none", "ask for another");
		let failure = Failure { fee: Some(7), ..failure };
		assert_eq!(
			serde_json::to_value(&failure).unwrap(),
			serde_json::json!({
				"kind": "not-found", "name": "NoSuchBlock", "cause": "there is none", "remedy": "ask for another",
			})
		);
	}
}
