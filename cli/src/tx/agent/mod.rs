//! `plexus tx agent …`: agents, from the registration to the last withdrawal, and what their keys do for them.
//!
//! # Must not
//! Repeat the pallet's rules: the chain checks terms and deadlines and says which rule was broken.

mod args;
mod inner;

use super::{Sent, Session, SignedArgs};
use crate::{
	address::parse_account,
	agents::{self, Profile, SCOPES},
	calls::{self, Call},
	client::ConnectionArgs,
	content::prove_file,
	failure::Failure,
	validators,
};
use args::*;
use subxt::dynamic::Value;

pub(crate) use inner::InnerCall;

#[derive(clap::Subcommand, Clone)]
pub(super) enum Action {
	/// Register an agent; the answer's id is what all else names
	Register(RegisterArgs),
	/// Replace the agent card
	Card(CardArgs),
	/// Replace the services
	Services(ServicesArgs),
	/// Replace the skill tags
	Tags(TagsArgs),
	/// Pay PLX into the agent's own account
	Fund(FundArgs),
	/// Stop all keys of the agent, until it is resumed
	Pause(AgentArgs),
	/// Let the keys act again
	Resume(AgentArgs),
	/// Retire the agent for ever and get its bond back
	Deregister(AgentArgs),
	/// Grant a key a delegation, or pass one on
	Delegate(DelegateArgs),
	/// Remove a delegation, and thereby cut off all passed on from it
	Revoke(DelegationArgs),
	/// Cut off all delegations at once
	RevokeAll(AgentArgs),
	/// Remove a dead delegation, so that its deposit is free
	Clear(DelegationArgs),
	/// Act for an agent with a key of its; the agent pays the fee
	Act(ActArgs),
	/// Act as the agent's account; its controller signs and pays
	Control(ControlArgs),
	/// Propose another controller, who then accepts
	TransferController(TransferControllerArgs),
	/// Become the controller, as proposed
	AcceptController(NewControllerArgs),
	/// Name the account that may recover the agent
	SetRecovery(SetRecoveryArgs),
	/// Begin a recovery, with the recovery account
	BeginRecovery(BeginRecoveryArgs),
	/// Cancel a recovery under way
	CancelRecovery(AgentArgs),
	/// Become the controller when the recovery's delay is over
	CompleteRecovery(NewControllerArgs),
}

/// The part of `Agents.AgentRegistered` that is told.
#[derive(subxt::ext::scale_decode::DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct AgentRegistered {
	agent: u64,
}

/// The part of `Agents.Delegated` that is told.
#[derive(subxt::ext::scale_decode::DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Delegated {
	delegation: u32,
}

/// Sends the call of an action. The answer's id is the agent's, or the delegation's where one was granted or removed.
pub(super) async fn run(connection: &ConnectionArgs, action: Action) -> Result<Sent<u64>, Failure> {
	let session = Session::open(connection, action.signed()).await?;
	let (call, named) = action.call(&session).await?;
	let sent = session.send(&call, |receipt| {
		let registered = || receipt.events.find::<AgentRegistered>("Agents", "AgentRegistered");
		let delegated = || receipt.events.find::<Delegated>("Agents", "Delegated");
		match named {
			Named::Id(id) => Some(id),
			Named::Registered => registered().map(|event| event.agent),
			Named::Delegated => delegated().map(|event| event.delegation.into()),
		}
	});
	sent.await
}

/// What the answer's id is.
#[derive(Clone, Copy)]
enum Named {
	Id(u64),
	Registered,
	Delegated,
}

impl Action {
	fn signed(&self) -> &SignedArgs {
		match self {
			Self::Register(args) => &args.signed,
			Self::Card(args) => &args.signed,
			Self::Services(args) => &args.signed,
			Self::Tags(args) => &args.signed,
			Self::Fund(args) => &args.signed,
			Self::Pause(args)
			| Self::Resume(args)
			| Self::Deregister(args)
			| Self::RevokeAll(args)
			| Self::CancelRecovery(args) => &args.signed,
			Self::Delegate(args) => &args.signed,
			Self::Revoke(args) | Self::Clear(args) => &args.signed,
			Self::Act(args) => args.call.signed(),
			Self::Control(args) => args.call.signed(),
			Self::TransferController(args) => &args.signed,
			Self::AcceptController(args) | Self::CompleteRecovery(args) => &args.signed,
			Self::SetRecovery(args) => &args.signed,
			Self::BeginRecovery(args) => &args.signed,
		}
	}

	async fn call(self, session: &Session) -> Result<(Call, Named), Failure> {
		let plain = |name, agent| (calls::agents(name, agent, []), Named::Id(agent));
		Ok(match self {
			Self::Register(args) => (register(args).await?, Named::Registered),
			Self::Card(args) => (card(session, &args).await?, Named::Id(args.agent)),
			Self::Services(args) => {
				let services = args.services.into_iter().map(Service::into_bytes).collect();
				let profile = Profile { services, ..profile(session, args.agent).await? };
				(calls::set_profile(args.agent, &profile), Named::Id(args.agent))
			}
			Self::Tags(args) => {
				let tags = args.tags.into_iter().map(String::into_bytes).collect();
				let profile = Profile { tags, ..profile(session, args.agent).await? };
				(calls::set_profile(args.agent, &profile), Named::Id(args.agent))
			}
			Self::Fund(args) => {
				let to = agents::known_agent(&session.at, args.agent).await?.account;
				(calls::transfer(&to, args.amount.0, false), Named::Id(args.agent))
			}
			Self::Pause(args) => (set_paused(args.agent, true), Named::Id(args.agent)),
			Self::Resume(args) => (set_paused(args.agent, false), Named::Id(args.agent)),
			Self::Deregister(args) => plain("deregister", args.agent),
			Self::RevokeAll(args) => plain("revoke_all", args.agent),
			Self::CancelRecovery(args) => plain("cancel_recovery", args.agent),
			Self::Delegate(args) => (delegate(session, args).await?, Named::Delegated),
			Self::Revoke(args) => on_delegation("revoke", &args),
			Self::Clear(args) => on_delegation("clear_delegation", &args),
			Self::Act(args) => {
				let delegation = ("delegation", Value::u128(args.delegation.into()));
				let call = ("call", args.call.value(session).await?);
				(calls::agents("act", args.agent, [delegation, call]), Named::Id(args.agent))
			}
			Self::Control(args) => {
				let call = ("call", args.call.value(session).await?);
				(calls::agents("control", args.agent, [call]), Named::Id(args.agent))
			}
			Self::TransferController(args) => {
				let to = args.to.as_deref().filter(|_| !args.withdraw);
				let to = to.map(|to| parse_account(to, &session.kind)).transpose()?;
				let proposed = ("proposed", calls::optional(to.map(Value::from_bytes)));
				(calls::agents("propose_controller", args.agent, [proposed]), Named::Id(args.agent))
			}
			Self::AcceptController(args) => new_controller("accept_controller", &args),
			Self::CompleteRecovery(args) => new_controller("complete_recovery", &args),
			Self::SetRecovery(args) => (set_recovery(session, &args)?, Named::Id(args.agent)),
			Self::BeginRecovery(args) => {
				let controller = parse_account(&args.controller, &session.kind)?;
				let controller = ("controller", Value::from_bytes(controller));
				(calls::agents("begin_recovery", args.agent, [controller]), Named::Id(args.agent))
			}
		})
	}
}

fn set_paused(agent: u64, paused: bool) -> Call {
	calls::agents("set_paused", agent, [("paused", Value::bool(paused))])
}

fn on_delegation(name: &str, args: &DelegationArgs) -> (Call, Named) {
	let delegation = ("delegation", Value::u128(args.delegation.into()));
	(calls::agents(name, args.agent, [delegation]), Named::Id(args.delegation.into()))
}

fn new_controller(name: &str, args: &NewControllerArgs) -> (Call, Named) {
	let keep_below = calls::optional(args.keep_below.map(|id| Value::u128(id.into())));
	(calls::agents(name, args.agent, [("keep_below", keep_below)]), Named::Id(args.agent))
}

async fn register(args: RegisterArgs) -> Result<Call, Failure> {
	let card = match args.card {
		Some(file) => Some((prove_file(file).await?.content, args.card_locator.into_bytes())),
		None => None,
	};
	let services = args.services.into_iter().map(Service::into_bytes).collect();
	let tags = args.tags.into_iter().map(String::into_bytes).collect();
	Ok(calls::register_agent(&Profile { card, services, tags }))
}

async fn card(session: &Session, args: &CardArgs) -> Result<Call, Failure> {
	let card = match &args.file {
		Some(file) if !args.none => {
			Some((prove_file(file.clone()).await?.content, args.locator.clone().into_bytes()))
		}
		_ => None,
	};
	let profile = Profile { card, ..profile(session, args.agent).await? };
	Ok(calls::set_profile(args.agent, &profile))
}

/// The profile as it is: a call replaces all of it.
async fn profile(session: &Session, agent: u64) -> Result<Profile, Failure> {
	let info = agents::known_agent(&session.at, agent).await?;
	Ok(Profile { card: info.card, services: info.services, tags: info.tags })
}

async fn delegate(session: &Session, args: DelegateArgs) -> Result<Call, Failure> {
	let key = parse_account(&args.key, &session.kind)?;
	let (_, clock_ms) = validators::era_and_clock(&session.at).await?;
	let scopes: Vec<String> = args.scopes.iter().map(|given| scope(given)).collect();
	let terms = calls::Terms {
		scopes: &scopes,
		budget: args.budget.0,
		fee_budget: args.fee_budget.0,
		period_ms: args.period.0,
		expires_at_ms: clock_ms.saturating_add(args.expires_in.0),
	};
	Ok(calls::delegate(args.agent, args.parent, &key, &terms))
}

/// A scope's name in any case. One that this client does not know is left for the chain to judge.
fn scope(given: &str) -> String {
	let known = SCOPES.iter().find(|name| name.eq_ignore_ascii_case(given));
	known.map_or(given, |name| *name).to_string()
}

fn set_recovery(session: &Session, args: &SetRecoveryArgs) -> Result<Call, Failure> {
	let account = args.account.as_deref().map(|text| parse_account(text, &session.kind)).transpose()?;
	let recovery = account.as_ref().zip(args.delay.map(|delay| delay.0)).filter(|_| !args.none);
	Ok(calls::set_recovery(args.agent, recovery))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn scopes_are_named_in_any_case() {
		assert_eq!(scope("payments"), "Payments");
		assert_eq!(scope("REMARKS"), "Remarks");
		assert_eq!(scope("Receipts"), "Receipts");
	}
}
