//! Each way of losing what a validator signed, on the real node: it refuses to start, names one remedy, and either what was lost
//! is put back or that remedy is obeyed. Nobody edits a file by hand, and no height gets a second block.
//!
//! A key that is copied with nothing else: `equivocation.rs`. A history that moves with its key: `signing_history.rs`.

use anyhow::{ensure, Context, Result};
use plexus_tests::{
	local::{one_certificate_each, p2p_address, voters, SEEDS},
	node::STOP_BOUND,
	raw::get,
	rpc::BlockId,
	wait::{until, SOON},
	LocalChain, Node, NodeOptions,
};
use std::{
	fs,
	path::{Path, PathBuf},
	time::Duration,
};

const BLOCK_TIME_MS: u64 = 200;

/// Enough that what is old is older than the last signature.
const BLOCKS: u32 = 4;

/// Among several validators.
const SHARED_BLOCK_TIME_MS: u64 = 500;

/// Ten blocks of silence, rounds that are lost, a busy machine.
const BACK: Duration = Duration::from_secs(120);

const LOST: &str = "signed before, and its signing guard is missing";
const ROLLED_BACK: &str = "it was rolled back or replaced";
const LOG_LOST: &str = "the write-ahead log of that block is missing or older";

/// What to do where nobody else can be listened to, and where others can.
const ALONE: &str = "--unsafe-sign-from";
const AMONG_OTHERS: &str = "--doppelganger-heights";

/// The files of a node that say what its key signed.
struct Files {
	guard: PathBuf,
	/// The mark beside the key that it was used.
	mark: PathBuf,
	log: PathBuf,
	database: PathBuf,
}

impl Files {
	fn of(node: &Node) -> Result<Self> {
		let chain = node.chain_directory()?;
		Ok(Self {
			guard: only(&chain.join("consensus"), ".guard")?,
			mark: only(&chain.join("keys"), ".used")?,
			log: chain.join("consensus/consensus.wal"),
			database: chain.join("db"),
		})
	}
}

/// The only entry of a directory whose name ends like this.
fn only(directory: &Path, end: &str) -> Result<PathBuf> {
	let entries = fs::read_dir(directory)?.collect::<Result<Vec<_>, _>>()?;
	let mut found = entries.into_iter().map(|entry| entry.path()).filter(|path| {
		path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.ends_with(end))
	});
	let first = found.next().with_context(|| format!("no *{end} in {}", directory.display()))?;
	ensure!(found.next().is_none(), "several *{end} in {}", directory.display());
	Ok(first)
}

/// Copies a file or a directory of files.
fn copy(from: &Path, to: &Path) -> Result<()> {
	if from.is_file() {
		fs::copy(from, to)?;
		return Ok(());
	}
	fs::create_dir_all(to)?;
	for entry in fs::read_dir(from)? {
		let entry = entry?;
		fs::copy(entry.path(), to.join(entry.file_name()))?;
	}
	Ok(())
}

fn remove(path: &Path) -> Result<()> {
	match path.is_dir() {
		true => Ok(fs::remove_dir_all(path)?),
		false => Ok(fs::remove_file(path)?),
	}
}

/// What becomes of a file or directory.
enum Loss<'a> {
	Gone(&'a Path),
	/// An earlier copy is in its place.
	Old(&'a Path, &'a Path),
	/// Only half of it is left.
	Torn(&'a Path),
}

impl Loss<'_> {
	fn path(&self) -> &Path {
		match self {
			Self::Gone(path) | Self::Old(path, _) | Self::Torn(path) => path,
		}
	}

	fn happens(&self) -> Result<()> {
		match self {
			Self::Gone(path) => remove(path),
			Self::Old(path, earlier) => {
				remove(path)?;
				copy(earlier, path)
			}
			Self::Torn(path) => {
				let bytes = fs::read(path)?;
				Ok(fs::write(path, &bytes[..bytes.len() / 2])?)
			}
		}
	}
}

/// The node, which was told to start, ends with these words and exactly this remedy.
async fn refuses(node: &mut Node, words: &str, remedy: &str) -> Result<()> {
	let status = node.ended(STOP_BOUND).await?;
	ensure!(status.code().is_some_and(|code| code != 0), "it ended with {status}\n{}", node.log_tail());
	let node: &Node = node;
	// The last lines may come after the end of the process.
	until(SOON, "the reason and the remedy", || async {
		ensure!(node.logged(words) && node.logged(remedy), "{words} … {remedy}:\n{}", node.log_tail());
		Ok(())
	})
	.await?;
	let other = if remedy == ALONE { AMONG_OTHERS } else { ALONE };
	ensure!(!node.logged(other), "a second remedy\n{}", node.log_tail());
	ensure!(!node.logged("panicked at"), "{}", node.log_tail());
	Ok(())
}

/// Stops a node after some more blocks; its last one that was seen.
async fn goes_on_and_stops(node: &mut Node) -> Result<BlockId> {
	let rpc = node.rpc().await?;
	rpc.new_blocks(BLOCKS).await.map_err(|reason| reason.context(node.log_tail()))?;
	let head = rpc.finalised_head().await?;
	ensure!(node.stop().await?.success(), "{}", node.log_tail());
	Ok(head)
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_validator_loses_it_refuses_with_one_remedy_and_goes_on_when_that_is_done() -> Result<()> {
	let kept = tempfile::tempdir()?;
	let [old_guard, old_database, intact] = ["guard", "db", "intact"].map(|name| kept.path().join(name));
	let mut node = Node::start(NodeOptions::with_block_time_ms(BLOCK_TIME_MS)).await?;
	goes_on_and_stops(&mut node).await?;
	let files = Files::of(&node)?;
	copy(&files.guard, &old_guard)?;
	copy(&files.database, &old_database)?;
	node.restart().await?;
	let head = goes_on_and_stops(&mut node).await?;

	let losses = [
		(vec![Loss::Gone(&files.guard)], LOST),
		(vec![Loss::Gone(&files.guard), Loss::Gone(&files.mark)], LOST),
		(vec![Loss::Old(&files.guard, &old_guard)], "the signing guard is an old copy"),
		(vec![Loss::Torn(&files.guard)], "the signing guard is damaged"),
		(vec![Loss::Old(&files.database, &old_database)], ROLLED_BACK),
		(vec![Loss::Gone(&files.database)], ROLLED_BACK),
	];
	for (together, words) in losses {
		fs::create_dir_all(&intact)?;
		for (place, loss) in together.iter().enumerate() {
			copy(loss.path(), &intact.join(place.to_string()))?;
			loss.happens()?;
		}
		node.relaunch()?;
		refuses(&mut node, words, ALONE).await?;
		// A refusal changes nothing: with what was lost in its place again the next one is about that alone.
		for (place, loss) in together.iter().enumerate() {
			if loss.path().exists() {
				remove(loss.path())?;
			}
			copy(&intact.join(place.to_string()), loss.path())?;
		}
		remove(&intact)?;
	}
	node.restart().await?;
	let rpc = node.rpc().await?;
	ensure!(rpc.block_hash(head.number).await?.as_deref() == Some(&head.hash), "block {}", head.number);
	let head = goes_on_and_stops(&mut node).await?;

	// Lost for good: the remedy, once, as it was printed.
	remove(&files.guard)?;
	node.relaunch()?;
	refuses(&mut node, LOST, ALONE).await?;
	let said = node.log_tail();
	let (_, rest) = said.split_once(ALONE).context("a remedy")?;
	let from: String = rest.trim_start().chars().take_while(char::is_ascii_digit).collect();
	ensure!(from.parse::<u32>()? > head.number, "sign again from block {from}, below {}", head.number);
	let before = with_more(&mut node, &[ALONE, &from]);
	node.restart().await?;
	let rpc = node.rpc().await?;
	ensure!(rpc.block_hash(head.number).await?.as_deref() == Some(&head.hash), "block {}", head.number);
	let head = goes_on_and_stops(&mut node).await?;
	node.set_options(|options| options.arguments = before);
	node.restart().await?;
	let rpc = node.rpc().await?;
	ensure!(rpc.block_hash(head.number).await?.as_deref() == Some(&head.hash), "block {}", head.number);
	rpc.new_blocks(BLOCKS).await
}

/// Gives the next start more arguments; those it had.
fn with_more(node: &mut Node, more: &[&str]) -> Vec<String> {
	let mut before = Vec::new();
	node.set_options(|options| {
		before = options.arguments.clone();
		options.arguments.extend(more.iter().map(|argument| argument.to_string()));
	});
	before
}

/// Votes that a node took in by the topic on which validators repeat theirs.
async fn votes_heard(node: &Node) -> Result<u64> {
	const COUNTER: &str = r#"plexus_network_gossip_messages_total{topic="liveness",verdict="accepted"} "#;
	let (_, body) = get(node.metrics_port(), "/metrics").await?;
	let body = String::from_utf8(body)?;
	Ok(body.lines().find_map(|line| line.strip_prefix(COUNTER)).map_or(Ok(0), str::parse)?)
}

/// Waits for one more of them.
async fn hears_a_vote(node: &Node) -> Result<()> {
	let before = votes_heard(node).await?;
	until(BACK, "a vote", || async {
		let heard = votes_heard(node).await?;
		ensure!(heard > before, "{heard} votes\n{}", node.log_tail());
		Ok(())
	})
	.await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_validator_that_lost_its_log_in_the_middle_of_a_block_listens_before_it_signs_again() -> Result<()>
{
	let chain = LocalChain::new(SHARED_BLOCK_TIME_MS).await?;
	let witness = chain.follower("witness", &[]).await?;
	let set = voters(&witness.rpc().await?).await?;
	let mut addresses = vec![p2p_address(&witness).await?];

	// One of four: it votes for block 1, which nobody else does, and is told not to listen first.
	let options = chain.validator_options("loser", SEEDS[0], &addresses).await?;
	let mut loser = Node::start(options.arguments([ALONE, "1"])).await?;
	hears_a_vote(&witness).await.map_err(|reason| reason.context(loser.log_tail()))?;
	loser.kill().await?;
	loser.set_options(|options| options.arguments.retain(|argument| argument != ALONE && argument != "1"));

	let files = Files::of(&loser)?;
	let aside = files.log.with_extension("aside");
	fs::rename(&files.log, &aside)?;
	loser.relaunch()?;
	refuses(&mut loser, LOG_LOST, AMONG_OTHERS).await?;
	fs::rename(&aside, &files.log)?;
	loser.restart().await?;
	hears_a_vote(&witness).await.map_err(|reason| reason.context(loser.log_tail()))?;
	loser.kill().await?;

	// Lost for good: the others go on without it, and it listens to them.
	fs::remove_file(&files.log)?;
	loser.relaunch()?;
	refuses(&mut loser, LOG_LOST, AMONG_OTHERS).await?;
	let mut others = Vec::new();
	for seed in &SEEDS[1..] {
		let node = chain.validator(&seed[2..], seed, &addresses).await?;
		addresses.push(p2p_address(&node).await?);
		others.push(node);
	}
	let rpc = others[0].rpc().await?;
	rpc.height(2, BACK).await.map_err(|reason| reason.context(others[0].log_tail()))?;
	with_more(&mut loser, &[AMONG_OTHERS, "10"]);
	loser.restart().await?;
	until(BACK, "the end of its silence", || async {
		ensure!(loser.logged("silence is over; this node signs"), "{}", loser.log_tail());
		Ok(())
	})
	.await?;
	let own = loser.rpc().await?;
	let head = own.finalised_head().await?.number;
	own.height(head + BLOCKS, BACK).await.map_err(|reason| reason.context(loser.log_tail()))?;
	for node in others.iter().chain([&witness, &loser]) {
		ensure!(!node.logged("signed twice") && !node.logged("did not make"), "{}", node.log_tail());
	}
	let nodes: Vec<&Node> = others.iter().chain([&witness, &loser]).collect();
	let last = one_certificate_each(&set, &nodes).await?;
	println!("one certificate for each of {last} heights on five nodes");
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_on_a_validators_directory_does_not_start_and_the_first_goes_on() -> Result<()> {
	let mut first = Node::start(NodeOptions::with_block_time_ms(BLOCK_TIME_MS)).await?;
	first.rpc().await?.new_blocks(1).await?;
	let options = NodeOptions {
		base_path: Some(first.base_path().to_path_buf()),
		..NodeOptions::with_block_time_ms(BLOCK_TIME_MS)
	};
	let mut second = Node::spawn(options)?;
	let status = second.ended(STOP_BOUND).await?;
	ensure!(status.code().is_some_and(|code| code != 0), "it ended with {status}");
	until(SOON, "the reason", || async {
		ensure!(second.logged("another plexus is running"), "{}", second.log_tail());
		Ok(())
	})
	.await?;

	// With a database of its own, of the same chain, and the other's consensus directory: the guard's lock alone is left.
	let elsewhere = tempfile::tempdir()?;
	let base_path = elsewhere.path().join("node");
	let theirs = first.chain_directory()?;
	let name = theirs.file_name().context("a chain has a name")?;
	let ours = base_path.join("chains").join(name);
	fs::create_dir_all(&ours)?;
	for shared in ["consensus", "keys"] {
		std::os::unix::fs::symlink(theirs.join(shared), ours.join(shared))?;
	}
	let options =
		NodeOptions { base_path: Some(base_path), ..NodeOptions::with_block_time_ms(BLOCK_TIME_MS) };
	let mut third = Node::spawn(options)?;
	let status = third.ended(STOP_BOUND).await?;
	ensure!(status.code().is_some_and(|code| code != 0), "it ended with {status}");
	until(SOON, "the reason", || async {
		ensure!(third.logged("another process uses"), "{}", third.log_tail());
		Ok(())
	})
	.await?;
	ensure!(first.is_running(), "{}", first.log_tail());
	first.rpc().await?.new_blocks(2).await
}
