//! What `plexus tx agent …` takes.
//!
//! # Must not
//! Check more than the form of what was typed.

use super::{inner::InnerCall, SignedArgs};
use crate::{amount::Amount, span::Span};
use std::{path::PathBuf, str::FromStr};

#[derive(clap::Args, Clone)]
pub(in crate::tx) struct RegisterArgs {
	/// The agent card, a file. It is hashed here; only its hash is sent.
	#[arg(long, value_name = "FILE")]
	pub(super) card: Option<PathBuf>,

	/// Where others find the card (a URI).
	#[arg(long, value_name = "URI", default_value = "", requires = "card")]
	pub(super) card_locator: String,

	/// A service and where it is, like a2a=https://example.org/a2a. May be repeated.
	#[arg(long = "service", value_name = "NAME=URI")]
	pub(super) services: Vec<Service>,

	/// A skill, like translation/de. May be repeated.
	#[arg(long = "tag", value_name = "TAG")]
	pub(super) tags: Vec<String>,

	#[command(flatten)]
	pub(super) signed: SignedArgs,
}

#[derive(clap::Args, Clone)]
pub(in crate::tx) struct CardArgs {
	/// Id of the agent.
	pub(super) agent: u64,

	/// The card. It is hashed here; only its hash is sent.
	#[arg(required_unless_present = "none", conflicts_with = "none")]
	pub(super) file: Option<PathBuf>,

	/// Where others find the card (a URI).
	#[arg(long, value_name = "URI", default_value = "")]
	pub(super) locator: String,

	/// Remove the card.
	#[arg(long, conflicts_with = "locator")]
	pub(super) none: bool,

	#[command(flatten)]
	pub(super) signed: SignedArgs,
}

#[derive(clap::Args, Clone)]
pub(in crate::tx) struct ServicesArgs {
	/// Id of the agent.
	pub(super) agent: u64,

	/// A service and where it is, like a2a=https://example.org/a2a. May be repeated; all others are removed.
	#[arg(long = "service", value_name = "NAME=URI")]
	pub(super) services: Vec<Service>,

	#[command(flatten)]
	pub(super) signed: SignedArgs,
}

#[derive(clap::Args, Clone)]
pub(in crate::tx) struct TagsArgs {
	/// Id of the agent.
	pub(super) agent: u64,

	/// A skill, like translation/de. May be repeated; all others are removed.
	#[arg(long = "tag", value_name = "TAG")]
	pub(super) tags: Vec<String>,

	#[command(flatten)]
	pub(super) signed: SignedArgs,
}

#[derive(clap::Args, Clone)]
pub(in crate::tx) struct FundArgs {
	/// Id of the agent.
	pub(super) agent: u64,

	/// How much, in PLX: 12 or 1.5.
	#[arg(long)]
	pub(super) amount: Amount,

	#[command(flatten)]
	pub(super) signed: SignedArgs,
}

#[derive(clap::Args, Clone)]
pub(in crate::tx) struct AgentArgs {
	/// Id of the agent.
	pub(super) agent: u64,

	#[command(flatten)]
	pub(super) signed: SignedArgs,
}

#[derive(clap::Args, Clone)]
pub(in crate::tx) struct DelegateArgs {
	/// Id of the agent.
	pub(super) agent: u64,

	/// Who may act: an address, or //Bob and the like on development chains. It needs no funds.
	#[arg(long, value_name = "ADDRESS")]
	pub(super) key: String,

	/// What it may do: payments, datanets, remarks, models, channels, serving, challenging. May be repeated.
	#[arg(long = "scope", value_name = "SCOPE", required = true, value_delimiter = ',')]
	pub(super) scopes: Vec<String>,

	/// How much may leave the agent's account in each period, in PLX.
	#[arg(long, value_name = "AMOUNT")]
	pub(super) budget: Amount,

	/// How much the agent pays for fees in each period, in PLX.
	#[arg(long, value_name = "AMOUNT")]
	pub(super) fee_budget: Amount,

	/// Length of a period: 90s, 30m, 24h or 7d.
	#[arg(long, value_name = "TIME", default_value = "24h")]
	pub(super) period: Span,

	/// When it ends, from now on the chain clock.
	#[arg(long, value_name = "TIME", default_value = "7d")]
	pub(super) expires_in: Span,

	/// Pass on from this delegation, which the signer has; without it the controller grants.
	#[arg(long, value_name = "ID")]
	pub(super) parent: Option<u32>,

	#[command(flatten)]
	pub(super) signed: SignedArgs,
}

#[derive(clap::Args, Clone)]
pub(in crate::tx) struct DelegationArgs {
	/// Id of the agent.
	pub(super) agent: u64,

	/// Id of the delegation.
	pub(super) delegation: u32,

	#[command(flatten)]
	pub(super) signed: SignedArgs,
}

#[derive(clap::Args, Clone)]
pub(in crate::tx) struct ActArgs {
	/// Id of the agent.
	pub(super) agent: u64,

	/// Id of the delegation that the signer has.
	pub(super) delegation: u32,

	#[command(subcommand)]
	pub(super) call: InnerCall<SignedArgs>,
}

#[derive(clap::Args, Clone)]
pub(in crate::tx) struct ControlArgs {
	/// Id of the agent.
	pub(super) agent: u64,

	#[command(subcommand)]
	pub(super) call: InnerCall<SignedArgs>,
}

#[derive(clap::Args, Clone)]
pub(in crate::tx) struct TransferControllerArgs {
	/// Id of the agent.
	pub(super) agent: u64,

	/// Who may accept to become the controller.
	#[arg(long, value_name = "ADDRESS", required_unless_present = "withdraw")]
	pub(super) to: Option<String>,

	/// Take the proposal back.
	#[arg(long, conflicts_with = "to")]
	pub(super) withdraw: bool,

	#[command(flatten)]
	pub(super) signed: SignedArgs,
}

#[derive(clap::Args, Clone)]
pub(in crate::tx) struct NewControllerArgs {
	/// Id of the agent.
	pub(super) agent: u64,

	/// Keep the delegations: the agent's next delegation id, as `plexus query agent show` tells it. Without it
	/// all are revoked.
	#[arg(long, value_name = "ID")]
	pub(super) keep_below: Option<u32>,

	#[command(flatten)]
	pub(super) signed: SignedArgs,
}

#[derive(clap::Args, Clone)]
pub(in crate::tx) struct SetRecoveryArgs {
	/// Id of the agent.
	pub(super) agent: u64,

	/// Who may begin a recovery.
	#[arg(long, value_name = "ADDRESS", required_unless_present = "none", requires = "delay")]
	pub(super) account: Option<String>,

	/// How long you have to cancel it: 90s, 30m, 24h or 7d.
	#[arg(long, value_name = "TIME", requires = "account")]
	pub(super) delay: Option<Span>,

	/// No recovery.
	#[arg(long, conflicts_with_all = ["account", "delay"])]
	pub(super) none: bool,

	#[command(flatten)]
	pub(super) signed: SignedArgs,
}

#[derive(clap::Args, Clone)]
pub(in crate::tx) struct BeginRecoveryArgs {
	/// Id of the agent.
	pub(super) agent: u64,

	/// Who becomes the controller, and completes the recovery.
	#[arg(long, value_name = "ADDRESS")]
	pub(super) controller: String,

	#[command(flatten)]
	pub(super) signed: SignedArgs,
}

/// A service as it is typed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Service {
	name: String,
	endpoint: String,
}

impl FromStr for Service {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		match text.split_once('=') {
			Some((name, endpoint)) if !name.is_empty() && !endpoint.is_empty() => {
				Ok(Self { name: name.into(), endpoint: endpoint.into() })
			}
			_ => Err("a service is written NAME=URI, like a2a=https://example.org/a2a".into()),
		}
	}
}

impl Service {
	/// As the chain takes it.
	pub(super) fn into_bytes(self) -> (Vec<u8>, Vec<u8>) {
		(self.name.into_bytes(), self.endpoint.into_bytes())
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_service_has_a_name_and_an_endpoint() {
		let service: Service = "a2a=https://example.org/?a=b".parse().unwrap();
		assert_eq!(service.into_bytes(), (b"a2a".to_vec(), b"https://example.org/?a=b".to_vec()));
		for text in ["", "a2a", "=https://example.org", "a2a="] {
			assert!(text.parse::<Service>().is_err(), "{text}");
		}
	}
}
