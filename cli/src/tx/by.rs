//! Who a call is for: the signer, or an agent that the signer controls or has a key of.
//!
//! # Must not
//! Decide what a key may do: the chain does, and says so.

use super::{Session, SignedArgs};
use crate::{
	agents,
	calls::{self, Call, Encoded},
	client::{AtBlock, ConnectionArgs},
	explain::explain_client,
	failure::{Failure, FailureKind},
};
use codec::Encode;
use sp_core::crypto::AccountId32;
use subxt::{
	dynamic::{transaction, Value},
	tx::{DynamicPayload, Payload},
	Metadata,
};

/// Pallet and call, before the arguments.
const INDEX_BYTES: usize = 2;

/// Whom it is for.
#[derive(clap::Args, Clone)]
pub(crate) struct ForArgs {
	/// For this agent: signed by its controller, or by a key of its with --delegation.
	#[arg(long, value_name = "ID", hide = true)]
	agent: Option<u64>,

	/// The delegation of the signer's, with a scope that has the call.
	#[arg(long, value_name = "ID", requires = "agent", hide = true)]
	delegation: Option<u32>,
}

/// Whom it is for, and who signs.
#[derive(clap::Args, Clone)]
pub(crate) struct ByArgs {
	#[command(flatten)]
	whom: ForArgs,

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
		let party = self.whom.party(&session.at, session.key.account()).await?;
		Ok((session, party))
	}
}

impl ForArgs {
	/// The agent, which is looked up, or else the signer.
	pub(crate) async fn party(&self, at: &AtBlock, signer: AccountId32) -> Result<Party, Failure> {
		let account = match self.agent {
			Some(agent) => agents::known_agent(at, agent).await?.account,
			None => signer,
		};
		let agent = self.agent.map(|agent| AgentKey { agent, delegation: self.delegation });
		Ok(Party { account, agent })
	}
}

impl Party {
	/// Whether each call goes alone: no key of an agent acts by a batch.
	pub(crate) fn sends_one_by_one(&self) -> bool {
		self.agent.is_some_and(|key| key.delegation.is_some())
	}

	/// The call as the signer sends it.
	pub(crate) fn sends(&self, call: Call) -> Call {
		match &self.agent {
			Some(key) => key.sends(call),
			None => call,
		}
	}

	/// The same for a call whose arguments are no values, because they are long.
	///
	/// # Errors
	/// This chain has no such call.
	pub(crate) fn sends_long(
		&self,
		at: &AtBlock,
		call: &impl Payload,
	) -> Result<DynamicPayload<Encoded>, Failure> {
		let mut bytes = at.tx().call_data(call).map_err(explain_client)?;
		Ok(match &self.agent {
			Some(key) => key.carries(&bytes),
			None => {
				let arguments = bytes.split_off(bytes.len().min(INDEX_BYTES));
				transaction(call.pallet_name(), call.call_name(), Encoded(arguments))
			}
		})
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
		Ok(self.carries(&[&inner.encode()[..], arguments].concat()))
	}

	/// The same for a call that is wholly in SCALE already.
	fn carries(&self, call: &[u8]) -> DynamicPayload<Encoded> {
		let (outer, mut bytes) = match self.delegation {
			Some(delegation) => ("act", (self.agent, delegation).encode()),
			None => ("control", self.agent.encode()),
		};
		bytes.extend_from_slice(call);
		transaction("Agents", outer, Encoded(bytes))
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

#[cfg(test)]
mod tests {
	use super::*;
	use crate::calls::testing::{metadata, read};
	use plexus_runtime::RuntimeCall;

	#[test]
	fn what_an_agents_key_sends_holds_the_call_as_its_signer_would_send_it() {
		use pallet_agents::Call as Agents;
		use plexus_primitives::{AgentId, Content, DelegationId};
		let metadata = metadata();
		let registration = calls::Registration {
			content: Content { root: [7; 32], len: 9 }.into(),
			media_type: b"text/plain",
			locator: b"ipfs:x",
			length_proof: &[1; 300],
		};
		let own = read(&metadata, &calls::register(5, &[8; 32], vec![registration]));
		let bytes = own.encode();
		let (agent, call) = (AgentId(3), Box::new(own));
		let cases: [(Option<u32>, RuntimeCall); 2] = [
			(Some(4), Agents::act { agent, delegation: DelegationId(4), call: call.clone() }.into()),
			(None, Agents::control { agent, call }.into()),
		];
		for (delegation, expected) in cases {
			let key = AgentKey { agent: 3, delegation };
			assert_eq!(read(&metadata, &key.carries(&bytes)), expected);
			let arguments = &bytes[INDEX_BYTES..];
			let encoded = key.sends_encoded(&metadata, ("Datanets", "register"), arguments);
			assert_eq!(read(&metadata, &encoded.expect("the runtime has this call")), expected);
			let unknown = key.sends_encoded(&metadata, ("Datanets", "unregister"), arguments);
			assert_eq!(unknown.err().map(|failure| failure.name), Some("NoSuchCall".to_string()));
		}
	}
}
