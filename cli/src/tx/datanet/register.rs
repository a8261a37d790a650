//! `plexus tx datanet commit|register|clear-commitment`: files under a commitment that no copy beats.
//!
//! # Must not
//! Keep the salt: it is printed before the commitment is sent, and given again to register.

use crate::{
	address::parse_account,
	calls,
	client::ConnectionArgs,
	content::media_type,
	datanets,
	failure::{Failure, FailureKind},
	output::{hex, Answer},
	tx::{
		by::ByArgs,
		commitment::{new_salt, parse_hash, parse_salt, prove_files, CommitmentMade, Committed},
		skipped::{self, skipped, Skipped},
		NoId, Sent,
	},
};
use codec::Encode;
use plexus_primitives::{commitment, purpose::Purpose};
use serde::Serialize;
use std::path::PathBuf;

#[derive(clap::Args, Clone)]
pub(in crate::tx) struct CommitArgs {
	/// The files, in the order in which they are registered.
	#[arg(required = true)]
	files: Vec<PathBuf>,

	#[command(flatten)]
	by: ByArgs,
}

#[derive(clap::Args, Clone)]
pub(in crate::tx) struct RegisterArgs {
	/// The files, in the order of the commitment.
	#[arg(required = true)]
	files: Vec<PathBuf>,

	/// Id of the datanet.
	#[arg(long, value_name = "ID")]
	datanet: u32,

	/// The salt that `plexus tx datanet commit` answered.
	#[arg(long, value_name = "HEX")]
	salt: String,

	/// Where others find the content (a URI). For one file only.
	#[arg(long, value_name = "URI", default_value = "", hide_default_value = true)]
	locator: String,

	#[command(flatten)]
	by: ByArgs,
}

#[derive(clap::Args, Clone)]
pub(in crate::tx) struct ClearArgs {
	/// The commitment.
	#[arg(value_name = "HASH")]
	hash: String,

	/// Whose it is, if not the signer's. Anybody may clear what has expired.
	#[arg(long, value_name = "ADDRESS")]
	account: Option<String>,

	#[command(flatten)]
	by: ByArgs,
}

/// The part of `Datanets.ContributionRegistered` that is told.
#[derive(subxt::ext::scale_decode::DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct ContributionRegistered {
	contribution: u64,
}

pub(super) async fn commit(connection: &ConnectionArgs, args: CommitArgs) -> Result<Committed, Failure> {
	let (session, party) = args.by.open(connection).await?;
	let proven = prove_files(&args.files).await?;
	let salt = new_salt();
	let genesis = session.client.api.genesis_hash().0;
	let roots = proven.iter().map(|proven| proven.content.root);
	let account = party.account.encode();
	let hash = commitment(Purpose::ContributionCommitment, &genesis, &account, &salt, roots);
	// To standard error, and before it is needed: whoever is interrupted now goes on with it.
	eprintln!("commits with --salt {}", hex(salt));
	let mut made = None;
	let sent = session
		.send(&party.sends(calls::commit(&hash)), |receipt| {
			made = receipt.events.find::<CommitmentMade>("Datanets", "CommitmentMade");
			None
		})
		.await?;
	Ok(Committed::new(salt, hash, sent, made))
}

/// A registration of several files. The id is the first contribution's.
#[derive(Serialize)]
pub(super) struct Registered {
	/// Ids in the order of the files that were registered; empty before finality.
	contributions: Vec<u64>,
	/// Files whose content somebody holds.
	skipped: Vec<Skipped>,
	#[serde(flatten)]
	sent: Sent<u64>,
}

impl Answer for Registered {
	fn human(&self) -> String {
		let mut text = self.sent.human();
		if let [first, .., last] = self.contributions[..] {
			text.push_str(&format!("\ncontributions {first} to {last}"));
		}
		if !self.skipped.is_empty() {
			text.push_str(&format!("\n{}", skipped::lines(&self.skipped, "contribution")));
		}
		text
	}
}

impl Registered {
	/// Refuses to call a registration done that registered nothing.
	fn checked(self) -> Result<Self, Failure> {
		if self.skipped.is_empty() || !self.contributions.is_empty() {
			return Ok(self);
		}
		let cause = skipped::lines(&self.skipped, "contribution").replace('\n', "; ");
		Err(Failure::new(
			FailureKind::Failed,
			"NothingRegistered",
			format!("{cause} (transaction {})", self.sent.transaction),
			"content is held once in the whole chain: use those contributions (`plexus query contribution ID`), and wait for \
			 reservations to end",
		))
	}
}

pub(super) async fn register(connection: &ConnectionArgs, args: RegisterArgs) -> Result<Registered, Failure> {
	if args.files.len() > 1 && !args.locator.is_empty() {
		return Err(Failure::input(
			"LocatorOfSeveral",
			format!("there are {} files and one --locator", args.files.len()),
			"register without, and tell each one's with `plexus tx contribution locator`",
		));
	}
	let salt = parse_salt(&args.salt, "datanet")?;
	let (session, party) = args.by.open(connection).await?;
	let proven = prove_files(&args.files).await?;
	let registrations = args.files.iter().zip(&proven).map(|(file, proven)| calls::Registration {
		content: proven.content.into(),
		media_type: media_type(file).as_bytes(),
		locator: args.locator.as_bytes(),
		length_proof: &proven.length_proof,
	});
	let call = calls::register(args.datanet, &salt, registrations.collect());
	let call = party.sends_long(&session.at, &call)?;
	let (mut contributions, mut held) = (Vec::new(), Vec::new());
	let sent = session
		.send(&call, |receipt| {
			let events = receipt.events.find_all("Datanets", "ContributionRegistered");
			contributions =
				events.into_iter().map(|event: ContributionRegistered| event.contribution).collect();
			let roots = proven.iter().map(|proven| proven.content.root);
			held = skipped(receipt, "Datanets", &args.files, roots);
			contributions.first().copied()
		})
		.await?;
	if !held.is_empty() {
		let at = session.client.at_head().await?;
		for one in &mut held {
			one.reserved = datanets::contribution(&at, one.holder).await.is_ok_and(|found| found.is_none());
		}
	}
	Registered { contributions, skipped: held, sent }.checked()
}

pub(super) async fn clear(connection: &ConnectionArgs, args: ClearArgs) -> Result<Sent<NoId>, Failure> {
	let (session, party) = args.by.open(connection).await?;
	let hash = parse_hash(&args.hash, "datanet")?;
	let account = match &args.account {
		Some(account) => parse_account(account, &session.kind)?,
		None => party.account.clone(),
	};
	session.send(&party.sends(calls::clear_commitment(&account, &hash)), |_| None).await
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn files_that_were_skipped_are_told_and_a_registration_of_nothing_fails() {
		let registered = |contributions: &[u64], files: &[&str]| Registered {
			contributions: contributions.to_vec(),
			skipped: files
				.iter()
				.map(|file| Skipped { file: file.to_string(), holder: 5, reserved: false })
				.collect(),
			sent: Sent {
				status: "finalised",
				id: contributions.first().copied(),
				transaction: "0x01".into(),
				block_hash: None,
				block_number: Some(3),
				fee: None,
			},
		};
		let some = registered(&[7, 8], &["a.txt"]).checked().expect("something was registered");
		assert!(some.human().contains("not registered: a.txt"), "{}", some.human());
		let json = serde_json::to_value(&some).unwrap();
		assert_eq!((&json["id"], &json["skipped"][0]["holder"]), (&7.into(), &5.into()));
		assert!(registered(&[], &[]).checked().is_ok(), "nobody knows before finality");
		let failure = registered(&[], &["a.txt", "b.txt"]).checked().err().expect("nothing was registered");
		assert_eq!((failure.name.as_str(), failure.exit_code()), ("NothingRegistered", 5));
		assert!(failure.cause.contains("a.txt") && failure.cause.contains("b.txt"), "{failure}");
	}
}
