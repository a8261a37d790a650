//! Who a call is for: the signer, or an agent that the signer controls or has a key of.
//!
//! # Must not
//! Decide what a key may do: the chain does, and says so.

use super::{Session, SignedArgs};
use crate::{
	agents,
	calls::{self, Call, Encoded},
	client::ConnectionArgs,
	failure::{Failure, FailureKind},
};
use codec::Encode;
use sp_core::crypto::AccountId32;
use subxt::{
	dynamic::{transaction, Value},
	tx::DynamicPayload,
	Metadata,
};

/// Whom it is for, and who signs.
#[derive(clap::Args, Clone)]
pub(crate) struct ByArgs {
	/// For this agent: signed by its controller, or by a key of its with --delegation.
	#[arg(long, value_name = "ID", hide = true)]
	agent: Option<u64>,

	/// The delegation of the signer's, with a scope that has the call.
	#[arg(long, value_name = "ID", requires = "agent", hide = true)]
	delegation: Option<u32>,

	#[command(flatten)]
	signed: SignedArgs,
}

/// Whoever acts: the signer, or an agent.
pub(crate) struct Party {
	/// Its own account.
	pub(crate) account: AccountId32,
	agent: Option<AgentKey>,
}

/// An agent, and the delegation of whoever signs for it; without one its controller signs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AgentKey {
	pub(crate) agent: u64,
	pub(crate) delegation: Option<u32>,
}

impl ByArgs {
	/// Connects, and looks the agent up if there is one.
	pub(crate) async fn open(&self, connection: &ConnectionArgs) -> Result<(Session, Party), Failure> {
		let session = Session::open(connection, &self.signed).await?;
		let account = match self.agent {
			Some(agent) => agents::known_agent(&session.at, agent).await?.account,
			None => session.key.account(),
		};
		let agent = self.agent.map(|agent| AgentKey { agent, delegation: self.delegation });
		Ok((session, Party { account, agent }))
	}
}

impl Party {
	/// The call as the signer sends it.
	pub(crate) fn sends(&self, call: Call) -> Call {
		match &self.agent {
			Some(key) => key.sends(call),
			None => call,
		}
	}
}

impl AgentKey {
	/// The call as the signer sends it.
	pub(crate) fn sends(&self, call: Call) -> Call {
		let call = ("call", call.into_value());
		match self.delegation {
			Some(delegation) => {
				let delegation = ("delegation", Value::u128(delegation.into()));
				calls::agents("act", self.agent, [delegation, call])
			}
			None => calls::agents("control", self.agent, [call]),
		}
	}

	/// The same for a call whose arguments are in SCALE already.
	///
	/// # Errors
	/// This chain has no such call.
	pub(crate) fn sends_encoded(
		&self,
		metadata: &Metadata,
		(pallet, name): (&str, &str),
		arguments: &[u8],
	) -> Result<DynamicPayload<Encoded>, Failure> {
		let found = metadata.pallet_by_name(pallet);
		let found =
			found.and_then(|found| Some((found.call_index(), found.call_variant_by_name(name)?.index)));
		let inner = found.ok_or_else(|| no_such_call(pallet, name))?;
		let (outer, mut bytes) = match self.delegation {
			Some(delegation) => ("act", (self.agent, delegation).encode()),
			None => ("control", self.agent.encode()),
		};
		inner.encode_to(&mut bytes);
		bytes.extend_from_slice(arguments);
		Ok(transaction("Agents", outer, Encoded(bytes)))
	}
}

fn no_such_call(pallet: &str, name: &str) -> Failure {
	Failure::new(
		FailureKind::Node,
		"NoSuchCall",
		format!("the chain has no call {pallet}.{name}"),
		"check that this client and the node have the same version (`plexus version`)",
	)
}
