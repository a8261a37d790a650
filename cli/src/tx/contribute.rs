//! `plexus tx contribute`: registers content in a datanet.
//!
//! The ordinary form takes a file: it is hashed once, which gives root, length and the proof of the length. The
//! advanced form takes these three, for content that is elsewhere.
//!
//! # Must not
//! Send the content anywhere: the chain gets its name only.
//!
//! # Invariants
//! A root that is held already costs no fee: it is looked up first, and the holder is named.

use super::{
	by::{ByArgs, Party},
	Sent, Session,
};
use crate::{
	calls,
	client::ConnectionArgs,
	content::{media_type, parse_root, prove_file},
	datanets::{self, Contribution, Kept},
	failure::{Failure, FailureKind},
};
use plexus_primitives::{prove::ProvenContent, Content};
use std::path::PathBuf;

/// The longest proof file that is read: the chain refuses much shorter ones.
const PROOF_BYTES_MAX: u64 = 64 << 10;

#[derive(clap::Args, Clone)]
pub(super) struct Args {
	/// File whose content is registered. The file itself stays where it is.
	#[arg(required_unless_present = "root", conflicts_with_all = ["root", "length", "proof"])]
	file: Option<PathBuf>,

	/// Id of the datanet.
	#[arg(long, value_name = "ID")]
	datanet: u32,

	/// Media type; without it, what the file's name suggests.
	#[arg(long, value_name = "TYPE")]
	media_type: Option<String>,

	/// Where others find the content (a URI). The chain never looks there.
	#[arg(long, value_name = "URI", default_value = "")]
	locator: String,

	/// Instead of a file: the content's BLAKE3 hash, as b3sum prints it.
	#[arg(long, value_name = "HEX", requires_all = ["length", "proof"], hide = true)]
	root: Option<String>,

	/// With --root: the content's length in bytes.
	#[arg(long, value_name = "BYTES", requires = "root", hide = true)]
	length: Option<u64>,

	/// With --root: file with the Bao slice of the content's last byte.
	#[arg(long, value_name = "FILE", requires = "root", hide = true)]
	proof: Option<PathBuf>,

	/// Do not look for the root first: the chain refuses a second registration, and keeps the fee.
	#[arg(long, hide = true)]
	skip_lookup: bool,

	#[command(flatten)]
	by: ByArgs,
}

/// The part of `Datanets.ContributionRegistered` that is told.
#[derive(subxt::ext::scale_decode::DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct ContributionRegistered {
	contribution: u64,
}

pub(super) async fn run(connection: &ConnectionArgs, args: Args) -> Result<Sent<u64>, Failure> {
	let (session, party) = args.by.open(connection).await?;
	let proven = name_content(&args).await?;
	if !args.skip_lookup {
		let datanet = datanets::known_datanet(&session.at, args.datanet).await?;
		datanets::ensure_reviewable(&datanet, &party.account)?;
		refuse_if_held(&session, &party, args.datanet, &proven.content).await?;
	}
	let media_type = args
		.media_type
		.unwrap_or_else(|| args.file.as_deref().map_or("application/octet-stream", media_type).to_string());
	let call = party.sends(calls::contribute(args.datanet, &proven, &media_type, &args.locator));
	let sent = session
		.send(&call, |receipt| {
			receipt
				.events
				.find::<ContributionRegistered>("Datanets", "ContributionRegistered")
				.map(|event| event.contribution)
		})
		.await;
	match sent {
		Err(failure) if failure.name == "Datanets.RootAlreadyHeld" => {
			Err(name_holder(&session, &party, args.datanet, &proven.content, failure).await)
		}
		sent => sent,
	}
}

/// Root, length and proof: from the file, or as they were given.
async fn name_content(args: &Args) -> Result<ProvenContent, Failure> {
	if let Some(file) = &args.file {
		return prove_file(file.clone()).await;
	}
	let (Some(root), Some(len), Some(proof)) = (&args.root, args.length, &args.proof) else {
		return Err(Failure::input(
			"NoContent",
			"there is neither a file, nor a root with length and proof",
			"name a FILE, or give --root, --length and --proof",
		));
	};
	let root = parse_root(root)?;
	let unreadable = |cause: String| {
		Failure::input(
			"ProofUnreadable",
			format!("{}: {cause}", proof.display()),
			"give the file that holds the Bao slice",
		)
	};
	let metadata = std::fs::metadata(proof).map_err(|error| unreadable(error.to_string()))?;
	if !metadata.is_file() || metadata.len() > PROOF_BYTES_MAX {
		return Err(unreadable(format!("not a file of at most {PROOF_BYTES_MAX} bytes")));
	}
	let length_proof = std::fs::read(proof).map_err(|error| unreadable(error.to_string()))?;
	Ok(ProvenContent { content: Content { root, len }, length_proof })
}

async fn refuse_if_held(
	session: &Session,
	party: &Party,
	datanet: u32,
	content: &Content,
) -> Result<(), Failure> {
	if let Some(held) = datanets::contribution_by_root(&session.at, content.root).await? {
		return match datanets::may_list(&session.at, &held, &party.account, datanet).await? {
			true => Ok(()),
			false => Err(already_held(&held, &party.account, datanet)),
		};
	}
	let Some(kept) = datanets::reservation(&session.at, content.root).await? else { return Ok(()) };
	let (_, clock_ms) = crate::validators::era_and_clock(&session.at).await?;
	if kept.bars(&party.account, clock_ms) {
		return Err(reserved(&kept));
	}
	Ok(())
}

/// The chain says that the root is held, not by whom.
async fn name_holder(
	session: &Session,
	party: &Party,
	datanet: u32,
	content: &Content,
	failure: Failure,
) -> Failure {
	let Ok(at) = session.client.at_head().await else { return failure };
	let holder = match datanets::contribution_by_root(&at, content.root).await {
		Ok(Some(held)) => already_held(&held, &party.account, datanet),
		Ok(None) => match datanets::reservation(&at, content.root).await {
			Ok(Some(kept)) => reserved(&kept),
			_ => return failure,
		},
		Err(_) => return failure,
	};
	Failure { cause: format!("{} {}", failure.cause, holder.cause), remedy: holder.remedy, ..failure }
}

fn reserved(kept: &Kept) -> Failure {
	Failure::new(
		FailureKind::Refused,
		"RootReserved",
		format!(
			"this content is reserved for {} until {} ms on the chain clock",
			kept.holder(),
			kept.until_ms
		),
		"contribute it after that, should nobody hold it by then; only who committed to it earlier still comes first",
	)
}

fn already_held(held: &datanets::Info, own: &sp_core::crypto::AccountId32, datanet: u32) -> Failure {
	let held_by = Contribution::from(held.clone());
	let elsewhere = held.contributor == *own && held.datanet.0 != datanet;
	let (holder, remedy) = if elsewhere && held.beneficiary != *own {
		(
			"you".to_string(),
			format!(
				"it is listed nowhere besides, since {} earns by it after a dispute: use contribution {}",
				held_by.beneficiary, held_by.id
			),
		)
	} else if elsewhere {
		(
			"you".to_string(),
			format!(
				"it can be listed in another datanet besides, in each once, when a version of datanet {} holds it; to move \
				 it before that, run `plexus tx withdraw {}` first",
				held_by.datanet, held_by.id
			),
		)
	} else if held.contributor == *own {
		(
			"you".to_string(),
			format!(
				"there is nothing to do: it is registered; to move it, run `plexus tx withdraw {}` first",
				held_by.id
			),
		)
	} else {
		(
			held_by.contributor.clone(),
			format!(
				"content is held once in the whole chain: use contribution {} (`plexus query contribution {}`), or ask its \
				 holder to withdraw it",
				held_by.id, held_by.id
			),
		)
	};
	Failure::new(
		FailureKind::Refused,
		"AlreadyContributed",
		format!(
			"{holder} registered this content as contribution {} in datanet {} at block {}",
			held_by.id, held_by.datanet, held_by.registered_at
		),
		remedy,
	)
}

#[cfg(test)]
mod tests {
	use super::*;
	use plexus_primitives::{api::ContributionStatus, CommitmentNumber, ContributionId, DatanetId, Sequence};

	#[test]
	fn a_reservation_names_its_account_and_end_and_no_contribution_that_is_gone() {
		let kept = Kept { account: [3; 32].into(), until_ms: 5_000 };
		let failure = reserved(&kept);
		assert_eq!((failure.kind, failure.name.as_str()), (FailureKind::Refused, "RootReserved"));
		let named = crate::address::display(&[3; 32].into());
		assert!(failure.cause.contains(&named) && failure.cause.contains("5000 ms"), "{failure}");
	}

	#[test]
	fn a_duplicate_names_the_holder_and_what_to_do() {
		let held = datanets::Info {
			id: ContributionId(5),
			datanet: DatanetId(2),
			sequence: Sequence(0),
			contributor: [1; 32].into(),
			content: Content { root: [3; 32], len: 9 },
			media_type: b"text/plain".to_vec(),
			locator: Vec::new(),
			registered_at: 77,
			deposit: 1,
			beneficiary: [1; 32].into(),
			commitment: CommitmentNumber(0),
			storage_deposit: 1,
			deposit_until_ms: None,
			status: ContributionStatus::Pending { not_before_ms: 1, expires_at_ms: 2, curators: None },
			challenged: false,
			disputed: false,
		};
		let by_another = already_held(&held, &[2; 32].into(), 2);
		assert_eq!((by_another.kind, by_another.name.as_str()), (FailureKind::Refused, "AlreadyContributed"));
		for part in
			[crate::address::display(&held.contributor).as_str(), "contribution 5", "datanet 2", "block 77"]
		{
			assert!(by_another.cause.contains(part), "{by_another}");
		}
		assert!(by_another.remedy.contains("plexus query contribution 5"), "{by_another}");
		let by_oneself = already_held(&held, &[1; 32].into(), 2);
		assert!(by_oneself.remedy.contains("plexus tx withdraw 5"), "{by_oneself}");
		let elsewhere = already_held(&held, &[1; 32].into(), 3);
		assert!(elsewhere.remedy.contains("when a version of datanet 2 holds it"), "{elsewhere}");
		let lost = datanets::Info { beneficiary: [4; 32].into(), ..held };
		let lost = already_held(&lost, &[1; 32].into(), 3);
		assert!(lost.remedy.contains(&crate::address::display(&[4; 32].into())), "{lost}");
	}
}
