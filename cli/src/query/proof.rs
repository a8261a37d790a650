//! `plexus query proof`: everything that proves a block, and what stands in the state after it, in one file.
//!
//! # Must not
//! Judge the proof: whoever writes the file has no specification to trust. `plexus verify` has.

use crate::{
	address::parse_account,
	client::Client,
	failure::{Failure, FailureKind},
	output::{self, hex, Answer},
	proof::{
		keys, read, too_long, write_new, Accounts, CertifiedFile, Finality, HandoverFile, ProofFile, Storage,
		PROOF_BYTES_MAX,
	},
};
use codec::Decode;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use subxt::rpcs::client::rpc_params;

/// The most further keys: what the node's own limit of keys in a call leaves room for.
const KEYS_MAX: usize = 64;

#[derive(clap::Args, Clone)]
pub(super) struct Args {
	/// Prove this account's balance: an address, or //Alice and the like on development chains
	#[arg(long)]
	account: Option<String>,
	/// Prove what this account is owed: what it earned and nobody withdrew yet
	#[arg(long, value_name = "ACCOUNT")]
	earnings: Option<String>,
	/// Prove the value under a storage key, in hexadecimal; may repeat
	#[arg(long = "key", value_name = "HEX")]
	keys: Vec<String>,
	/// At this height [default: the last block]
	#[arg(long, value_name = "N")]
	block: Option<u32>,
	/// Begin at this height, which whoever verifies trusts already; 0 is the genesis
	#[arg(long, value_name = "N", default_value_t = 0)]
	from: u32,
	/// File to write; it must not exist
	#[arg(long, short, value_name = "FILE")]
	output: PathBuf,
}

/// What was written.
#[derive(Serialize)]
pub(super) struct Written {
	file: String,
	bytes: usize,
	genesis_hash: String,
	from_block: u32,
	block_number: u32,
	set_changes: usize,
}

impl Answer for Written {
	fn human(&self) -> String {
		let trusted = match self.from_block {
			0 => String::new(),
			from => format!(" --trusted WHAT-WAS-SAVED-AT-{from}"),
		};
		output::fields([
			("written", self.file.clone()),
			("bytes", self.bytes.to_string()),
			("genesis", self.genesis_hash.clone()),
			("block", self.block_number.to_string()),
			("set changes", self.set_changes.to_string()),
			("check it", format!("plexus verify {} --chain SPECIFICATION{trusted}", self.file)),
		])
	}
}

/// What `plexus_finalityProof` answers.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
	genesis_hash: String,
	handovers: Vec<HandoverFile>,
	target: Option<CertifiedFile>,
	next: Option<u32>,
}

#[derive(Deserialize)]
struct ReadProof {
	proof: Vec<String>,
}

/// Where the state root stands in a header.
#[derive(Decode)]
struct HeaderStart {
	_parent_hash: [u8; 32],
	#[codec(compact)]
	_number: u32,
	state_root: [u8; 32],
}

pub(super) async fn proof(client: &Client, args: Args) -> Result<Written, Failure> {
	if args.keys.len() > KEYS_MAX {
		let cause = format!("there are {} keys, at most {KEYS_MAX} go into one proof", args.keys.len());
		return Err(Failure::input("TooManyKeys", cause, "write several files"));
	}
	let accounts = Accounts {
		account: account(client, args.account.as_deref()).await?,
		earnings: account(client, args.earnings.as_deref()).await?,
	};
	let number = match args.block {
		Some(number) => number,
		None => u32::try_from(client.at_head().await?.block_number())
			.map_err(|_| foreign("the last block's number is none of this chain"))?,
	};
	if args.from >= number {
		let cause = format!("block {number} is not above block {}, where the proof is to begin", args.from);
		return Err(Failure::input(
			"NotAbove",
			cause,
			"prove a later block, or name an earlier one with --from",
		));
	}
	let (genesis_hash, finality) = finality(client, args.from, number).await?;
	let of_state = accounts.account.is_some() || accounts.earnings.is_some() || !args.keys.is_empty();
	let storage = match of_state {
		true => Some(storage(client, number, &finality, &accounts, &args.keys).await?),
		false => None,
	};
	let set_changes = finality.handovers.len();
	let proof = ProofFile::new(genesis_hash.clone(), finality, storage);
	let text = proof.to_json()?;
	write_new(&args.output, &text)?;
	let (file, bytes) = (args.output.display().to_string(), text.len());
	Ok(Written { file, bytes, genesis_hash, from_block: args.from, block_number: number, set_changes })
}

async fn account(client: &Client, text: Option<&str>) -> Result<Option<[u8; 32]>, Failure> {
	let Some(text) = text else { return Ok(None) };
	let account = parse_account(text, &client.chain_kind().await?)?;
	Ok(Some(*AsRef::<[u8; 32]>::as_ref(&account)))
}

/// All pages of the proof that a block is final for whoever trusts another.
async fn finality(client: &Client, from: u32, number: u32) -> Result<(String, Finality), Failure> {
	let (mut cursor, mut handovers, mut bytes) = (from, Vec::new(), 0usize);
	loop {
		let page: Page = client.request("plexus_finalityProof", rpc_params![number, cursor]).await?;
		// The least that the file will have, so that not all of what cannot be written is fetched.
		bytes += page.handovers.iter().map(handover_bytes).sum::<usize>();
		if bytes > PROOF_BYTES_MAX {
			return Err(too_long());
		}
		handovers.extend(page.handovers);
		match (page.target, page.next) {
			(Some(target), None) => {
				let from = (from > 0).then_some(from);
				return Ok((page.genesis_hash, Finality { from, handovers, target }));
			}
			(None, Some(next)) if next > cursor && next < number => cursor = next,
			_ => return Err(foreign("its proof of finality does not go on and does not end")),
		}
	}
}

fn handover_bytes(handover: &HandoverFile) -> usize {
	let HandoverFile { header, parent, commit, set } = handover;
	[header, parent, commit, set].map(String::len).iter().sum()
}

/// The nodes that lead to the keys, and no others.
async fn storage(
	client: &Client,
	number: u32,
	finality: &Finality,
	accounts: &Accounts,
	more: &[String],
) -> Result<Storage, Failure> {
	let parsed = more.iter().map(|key| parse_key(key)).collect::<Result<Vec<_>, _>>()?;
	let keys: Vec<Vec<u8>> = keys(accounts).into_iter().chain(parsed.iter().cloned()).collect();
	let hash = client.block_hash(number.into()).await?.ok_or_else(|| foreign("it has lost the block"))?;
	let named: Vec<String> = keys.iter().map(hex).collect();
	let answer: ReadProof = client.request("state_getReadProof", rpc_params![named, hash]).await?;
	let decode = |node: &String| hex::decode(node.trim_start_matches("0x")).ok();
	let nodes: Option<Vec<Vec<u8>>> = answer.proof.iter().map(decode).collect();
	let nodes = nodes.ok_or_else(|| foreign("its storage proof is not hexadecimal"))?;
	let header = finality.target.decode()?.header;
	let HeaderStart { state_root, .. } =
		Decode::decode(&mut &header[..]).map_err(|_| foreign("its header does not decode"))?;
	let proven = read(state_root, &nodes, &keys).map_err(|error| foreign(&error.to_string()))?;
	Ok(Storage {
		account: accounts.account.map(hex),
		earnings: accounts.earnings.map(hex),
		keys: parsed.iter().map(hex).collect(),
		nodes: proven.nodes.iter().map(hex).collect(),
	})
}

fn parse_key(text: &str) -> Result<Vec<u8>, Failure> {
	hex::decode(text.strip_prefix("0x").unwrap_or(text)).map_err(|error| {
		let cause = format!("`{}` is no storage key: {error}", output::clean(text));
		Failure::input("InvalidKey", cause, "give 0x and hexadecimal digits")
	})
}

fn foreign(cause: &str) -> Failure {
	let cause = format!("the node's answer is of no use: {cause}");
	Failure::new(FailureKind::Node, "UselessAnswer", cause, "ask another node with --url")
}
