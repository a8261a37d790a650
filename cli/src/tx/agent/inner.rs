//! The call that is dispatched as an agent's account, by `plexus tx agent act` and `control`.
//!
//! # Must not
//! Decide which calls a scope has: the chain does, and says so.

use super::{Session, SignedArgs};
use crate::{
	address::parse_account,
	amount::Amount,
	calls,
	content::{media_type, prove_file},
	failure::Failure,
	tx::datanet::DraftArgs,
};
use std::path::PathBuf;
use subxt::dynamic::Value;

#[derive(clap::Subcommand, Clone)]
pub(in crate::tx) enum InnerCall {
	/// Pay PLX to an account
	Transfer(TransferArgs),
	/// Leave a text in a block
	Remark(RemarkArgs),
	/// Create a datanet, which the agent then owns
	CreateDatanet(CreateDatanetArgs),
	/// Register a file's content in a datanet
	Contribute(ContributeArgs),
	/// Withdraw a contribution
	Withdraw(WithdrawArgs),
	/// Any call, as wallets show its bytes
	Raw(RawArgs),
}

#[derive(clap::Args, Clone)]
pub(in crate::tx) struct TransferArgs {
	/// Who receives: an address, or //Bob and the like on development chains.
	#[arg(long, value_name = "ADDRESS")]
	to: String,

	/// How much, in PLX: 12 or 1.5.
	#[arg(long)]
	amount: Amount,

	#[command(flatten)]
	signed: SignedArgs,
}

#[derive(clap::Args, Clone)]
pub(in crate::tx) struct RemarkArgs {
	/// The text. Everybody can read it.
	text: String,

	#[command(flatten)]
	signed: SignedArgs,
}

#[derive(clap::Args, Clone)]
pub(in crate::tx) struct CreateDatanetArgs {
	#[command(flatten)]
	draft: DraftArgs,

	#[command(flatten)]
	signed: SignedArgs,
}

#[derive(clap::Args, Clone)]
pub(in crate::tx) struct ContributeArgs {
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

	#[command(flatten)]
	signed: SignedArgs,
}

#[derive(clap::Args, Clone)]
pub(in crate::tx) struct WithdrawArgs {
	/// Id of the contribution.
	contribution: u64,

	#[command(flatten)]
	signed: SignedArgs,
}

#[derive(clap::Args, Clone)]
pub(in crate::tx) struct RawArgs {
	/// The call in SCALE: hexadecimal digits, with or without 0x.
	call: String,

	#[command(flatten)]
	signed: SignedArgs,
}

impl InnerCall {
	/// Who signs the transaction around it.
	pub(super) fn signed(&self) -> &SignedArgs {
		match self {
			Self::Transfer(args) => &args.signed,
			Self::Remark(args) => &args.signed,
			Self::CreateDatanet(args) => &args.signed,
			Self::Contribute(args) => &args.signed,
			Self::Withdraw(args) => &args.signed,
			Self::Raw(args) => &args.signed,
		}
	}

	/// The call as an argument of another.
	pub(super) async fn value(self, session: &Session) -> Result<Value, Failure> {
		let call = match self {
			Self::Transfer(args) => {
				calls::transfer(&parse_account(&args.to, &session.kind)?, args.amount.0, false)
			}
			Self::Remark(args) => calls::remark(args.text.as_bytes()),
			Self::CreateDatanet(args) => {
				let (call, card) = args.draft.call(&session.at, &session.kind).await?;
				if let Some(card) = card {
					eprintln!("{}", card.human());
				}
				call
			}
			Self::Contribute(args) => {
				let proven = prove_file(args.file.clone()).await?;
				let kind = args.media_type.unwrap_or_else(|| media_type(&args.file).to_string());
				calls::contribute(args.datanet, &proven, &kind, &args.locator)
			}
			Self::Withdraw(args) => calls::about_contribution("withdraw", args.contribution),
			Self::Raw(args) => return Ok(calls::decode(&session.at, &args.call)?.1),
		};
		Ok(call.into_value())
	}
}
