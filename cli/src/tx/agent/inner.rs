//! A call by its name: what `plexus tx agent act` and `control` dispatch as an agent's account, and what
//! `plexus query agent may-act` asks about.
//!
//! # Must not
//! Decide which calls a scope has: the chain does, and says so.

use super::{Session, SignedArgs};
use crate::{
	address::parse_account,
	amount::Amount,
	calls::{self, Call},
	client::AtBlock,
	content::{media_type, prove_file},
	explain::explain_client,
	failure::Failure,
	keys::ChainKind,
	tx::datanet::DraftArgs,
};
use std::path::PathBuf;
use subxt::dynamic::Value;

/// A call; with each, what `Besides` takes on the command line: who signs, or nothing.
#[derive(clap::Subcommand, Clone)]
pub(crate) enum InnerCall<Besides: clap::Args> {
	/// Pay PLX to an account
	Transfer(With<TransferArgs, Besides>),
	/// Leave a text in a block
	Remark(With<RemarkArgs, Besides>),
	/// Create a datanet, which the agent then owns
	CreateDatanet(With<DraftArgs, Besides>),
	/// Register a file's content in a datanet
	Contribute(With<ContributeArgs, Besides>),
	/// Withdraw a contribution
	Withdraw(With<WithdrawArgs, Besides>),
	/// Any call, as wallets show its bytes
	Raw(With<RawArgs, Besides>),
}

#[derive(clap::Args, Clone)]
pub(crate) struct With<Arguments: clap::Args, Besides: clap::Args> {
	#[command(flatten)]
	call: Arguments,

	#[command(flatten)]
	besides: Besides,
}

#[derive(clap::Args, Clone)]
pub(crate) struct TransferArgs {
	/// Who receives: an address, or //Bob and the like on development chains.
	#[arg(long, value_name = "ADDRESS")]
	to: String,

	/// How much, in PLX: 12 or 1.5.
	#[arg(long)]
	amount: Amount,
}

#[derive(clap::Args, Clone)]
pub(crate) struct RemarkArgs {
	/// The text. Everybody can read it.
	text: String,
}

#[derive(clap::Args, Clone)]
pub(crate) struct ContributeArgs {
	/// File whose content is registered. The file itself stays where it is.
	file: PathBuf,

	/// Id of the datanet.
	#[arg(long, value_name = "ID")]
	datanet: u32,

	/// Media type; without it, what the file's name suggests.
	#[arg(long, value_name = "TYPE")]
	media_type: Option<String>,

	/// Where others find the content (a URI). The chain never looks there.
	#[arg(long, value_name = "URI", default_value = "")]
	locator: String,
}

#[derive(clap::Args, Clone)]
pub(crate) struct WithdrawArgs {
	/// Id of the contribution.
	contribution: u64,
}

#[derive(clap::Args, Clone)]
pub(crate) struct RawArgs {
	/// The call in SCALE: hexadecimal digits, with or without 0x.
	call: String,
}

/// A call as others take it.
enum Shaped {
	/// By its name, to be encoded by the chain's metadata.
	Named(Call),
	/// As it was given: its bytes, and itself as an argument.
	Given(Vec<u8>, Value),
}

impl InnerCall<SignedArgs> {
	/// Who signs the transaction around it.
	pub(super) fn signed(&self) -> &SignedArgs {
		match self {
			Self::Transfer(with) => &with.besides,
			Self::Remark(with) => &with.besides,
			Self::CreateDatanet(with) => &with.besides,
			Self::Contribute(with) => &with.besides,
			Self::Withdraw(with) => &with.besides,
			Self::Raw(with) => &with.besides,
		}
	}

	/// The call as an argument of another.
	pub(super) async fn value(self, session: &Session) -> Result<Value, Failure> {
		Ok(match self.shaped(&session.at, &session.kind).await? {
			Shaped::Named(call) => call.into_value(),
			Shaped::Given(_, value) => value,
		})
	}
}

impl<Besides: clap::Args> InnerCall<Besides> {
	/// The call in SCALE.
	///
	/// # Errors
	/// What was given is no call of this chain, or a file cannot be read.
	pub(crate) async fn encoded(self, at: &AtBlock, kind: &ChainKind) -> Result<Vec<u8>, Failure> {
		match self.shaped(at, kind).await? {
			Shaped::Named(call) => at.tx().call_data(&call).map_err(explain_client),
			Shaped::Given(bytes, _) => Ok(bytes),
		}
	}

	async fn shaped(self, at: &AtBlock, kind: &ChainKind) -> Result<Shaped, Failure> {
		let call = match self {
			Self::Transfer(With { call, .. }) => {
				calls::transfer(&parse_account(&call.to, kind)?, call.amount.0, false)
			}
			Self::Remark(With { call, .. }) => calls::remark(call.text.as_bytes()),
			Self::CreateDatanet(With { call, .. }) => {
				let (call, card) = call.call(at, kind).await?;
				if let Some(card) = card {
					eprintln!("{}", card.human());
				}
				call
			}
			Self::Contribute(With { call, .. }) => {
				let proven = prove_file(call.file.clone()).await?;
				let kind = call.media_type.unwrap_or_else(|| media_type(&call.file).to_string());
				calls::contribute(call.datanet, &proven, &kind, &call.locator)
			}
			Self::Withdraw(With { call, .. }) => calls::about_contribution("withdraw", call.contribution),
			Self::Raw(With { call, .. }) => {
				let (bytes, value) = calls::decode(at, &call.call)?;
				return Ok(Shaped::Given(bytes, value));
			}
		};
		Ok(Shaped::Named(call))
	}
}
