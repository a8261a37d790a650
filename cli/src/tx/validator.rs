//! `plexus tx validator …`: stake, from the first bond to the last withdrawal, and a validator's own commands.
//!
//! # Must not
//! Repeat the pallet's rules: the chain checks amounts and deadlines and says which rule was broken. Touch a consensus key:
//! its proof comes from `plexus key prove`, on the machine that has the key.

use super::{by::ByArgs, Sent};
use crate::{
	address::{parse_account, parse_hex32},
	amount::Amount,
	calls::{self, Call},
	client::ConnectionArgs,
	failure::Failure,
	validators::Percent,
};

#[derive(clap::Subcommand, Clone)]
pub(super) enum Action {
	/// Put a first bond on hold; it stands behind nothing until `validate` or `nominate`
	Bond(AmountArgs),
	/// Add to the bond
	BondMore(AmountArgs),
	/// Start part of the bond on its way out
	Unbond(AmountArgs),
	/// Return part of what is on its way out to the bond
	Rebond(AmountArgs),
	/// Release what has unlocked
	Withdraw(PlainArgs),
	/// Put the whole bond behind a validator
	Nominate(NominateArgs),
	/// Name the consensus key to validate with, from the next era on
	SetKeys(SetKeysArgs),
	/// Stand for election with a commission
	Validate(ValidateArgs),
	/// Stop standing for election
	Chill(PlainArgs),
	/// Return from jail when the time is over
	Unjail(PlainArgs),
	/// Pay out all rewards
	Claim(PlainArgs),
	/// Take what an account owes for offences
	Settle(SettleArgs),
}

#[derive(clap::Args, Clone)]
pub(super) struct AmountArgs {
	/// How much, in PLX: 12 or 1.5.
	#[arg(long)]
	amount: Amount,

	#[command(flatten)]
	by: ByArgs,
}

#[derive(clap::Args, Clone)]
pub(super) struct PlainArgs {
	#[command(flatten)]
	by: ByArgs,
}

#[derive(clap::Args, Clone)]
pub(super) struct NominateArgs {
	/// Id of the validator's pool; `plexus query validators` lists them.
	pool: u32,

	#[command(flatten)]
	by: ByArgs,
}

#[derive(clap::Args, Clone)]
pub(super) struct SetKeysArgs {
	/// The consensus key's public half: 0x and 64 hexadecimal digits.
	#[arg(long = "consensus-key", value_name = "KEY", value_parser = key)]
	key: Key,

	/// What `plexus key prove` prints: 0x and 128 hexadecimal digits.
	#[arg(long, value_parser = proof)]
	proof: Proof,

	#[command(flatten)]
	by: ByArgs,
}

#[derive(clap::Args, Clone)]
pub(super) struct ValidateArgs {
	/// The validator's part of rewards in per cent: less counts from the next era on, more from the one after it.
	#[arg(long, value_name = "PERCENT")]
	commission: Percent,

	#[command(flatten)]
	by: ByArgs,
}

#[derive(clap::Args, Clone)]
pub(super) struct SettleArgs {
	/// Whose stake: an address, or //Bob and the like on development chains.
	account: String,

	#[command(flatten)]
	by: ByArgs,
}

/// A consensus key's public half.
type Key = [u8; 32];
/// A consensus key's signature.
type Proof = [u8; 64];

fn key(text: &str) -> Result<Key, String> {
	parse_hex32(text).ok_or_else(|| "a consensus key is 0x and 64 hexadecimal digits".into())
}

fn proof(text: &str) -> Result<Proof, String> {
	let mut bytes = [0; 64];
	hex::decode_to_slice(text.strip_prefix("0x").unwrap_or(text), &mut bytes)
		.map_err(|_| "a proof is 0x and 128 hexadecimal digits; `plexus key prove` makes one")?;
	Ok(bytes)
}

/// The part of `Validators.PoolOpened` that is told.
#[derive(subxt::ext::scale_decode::DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct PoolOpened {
	pool: u32,
}

/// Sends the call of an action. The answer's id is the pool that was opened or nominated.
pub(super) async fn run(connection: &ConnectionArgs, action: Action) -> Result<Sent<u32>, Failure> {
	let (session, party) = action.by().open(connection).await?;
	let (call, nominated) = match &action {
		Action::Bond(args) => (calls::stake("bond", args.amount.0), None),
		Action::BondMore(args) => (calls::stake("bond_more", args.amount.0), None),
		Action::Unbond(args) => (calls::stake("unbond", args.amount.0), None),
		Action::Rebond(args) => (calls::stake("rebond", args.amount.0), None),
		Action::Withdraw(_) => (plain("withdraw_unbonded"), None),
		Action::Nominate(args) => (calls::nominate(args.pool), Some(args.pool)),
		Action::SetKeys(args) => (calls::set_keys(&args.key, &args.proof), None),
		Action::Validate(args) => (calls::validate(args.commission.0), None),
		Action::Chill(_) => (plain("chill"), None),
		Action::Unjail(_) => (plain("unjail"), None),
		Action::Claim(_) => (plain("claim_rewards"), None),
		Action::Settle(args) => (calls::settle(&parse_account(&args.account, &session.kind)?), None),
	};
	let call = party.sends(call);
	let sent = session.send(&call, |receipt| {
		nominated.or(receipt.events.find::<PoolOpened>("Validators", "PoolOpened").map(|opened| opened.pool))
	});
	sent.await
}

fn plain(name: &str) -> Call {
	calls::validators(name, [])
}

impl Action {
	fn by(&self) -> &ByArgs {
		match self {
			Self::Bond(args) | Self::BondMore(args) | Self::Unbond(args) | Self::Rebond(args) => &args.by,
			Self::Withdraw(args) | Self::Chill(args) | Self::Unjail(args) | Self::Claim(args) => &args.by,
			Self::Nominate(args) => &args.by,
			Self::SetKeys(args) => &args.by,
			Self::Validate(args) => &args.by,
			Self::Settle(args) => &args.by,
		}
	}
}
