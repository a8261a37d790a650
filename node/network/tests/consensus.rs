//! Real engines on real chains over loopback.

mod common;
#[path = "common/validators.rs"]
mod validators;

use common::{key_of, open};
use ed25519_dalek::SigningKey;
use plexus_chain::Chain;
use plexus_consensus::{
	verify_certificate, AuthorityId, EngineConfig, EngineHandle, StartError, Validator, ValidatorSet,
};
use plexus_network::handle::NetworkTask;
use plexus_network::{Multiaddr, NetworkConfig, NetworkHandle};
use plexus_storage::Options;
use std::path::Path;
use std::time::{Duration, Instant};
use validators::{started_again, FOUR};

struct Node {
	chain: Chain,
	network: NetworkHandle,
	task: NetworkTask,
	consensus: EngineHandle,
}

async fn start(
	preset: &str,
	directory: &Path,
	validator: Option<SigningKey>,
	listen: bool,
	peers: &[Multiaddr],
) -> Result<Node, StartError> {
	let chain = open(preset, directory, Options::default());
	let mut config = NetworkConfig::new(chain.genesis_hash(), rand_seed(directory));
	if listen {
		config.listen = vec!["/ip4/127.0.0.1/tcp/0".parse().unwrap()];
	}
	config.reserved = peers.to_vec();
	let network = plexus_network::start(config).await.unwrap();
	let consensus = plexus_consensus::start_on_chain(
		EngineConfig::new(directory.join("consensus")),
		chain.clone(),
		validator,
		network.consensus_port,
	)
	.await?;
	Ok(Node { chain, network: network.handle, task: network.task, consensus })
}

/// Distinct for each directory, the same for each start on it.
fn rand_seed(directory: &Path) -> [u8; 32] {
	*blake3::hash(directory.as_os_str().as_encoded_bytes()).as_bytes()
}

impl Node {
	async fn reaches(&self, number: u32) {
		common::reaches(&self.chain, &self.consensus, number).await;
	}

	async fn address(&self) -> Multiaddr {
		common::address(&self.network).await
	}

	async fn stop(self) {
		self.consensus.stop().await.unwrap();
		self.task.stop().await.unwrap();
	}

	fn validators_after(&self, number: u32) -> ValidatorSet {
		let hash = self.chain.database().hash(number).unwrap().unwrap();
		let state = self.chain.database().state_at(&hash).unwrap();
		let validators = self.chain.executor().validators(&state).unwrap();
		ValidatorSet::new(validators.into_iter().map(|(id, power)| Validator { id: AuthorityId(id), power }))
			.unwrap()
	}

	/// Every block up to `last` carries a certificate that proves it.
	fn proves_finality_up_to(&self, last: u32) {
		for number in 1..=last {
			let certificate =
				self.chain.database().certificate(number).unwrap().expect("stored with its block");
			let validators = self.validators_after(number - 1);
			let proved = verify_certificate(&self.chain.genesis_hash(), &validators, &certificate).unwrap();
			assert_eq!(proved.height, u64::from(number));
			assert_eq!(Some(proved.value), self.chain.database().hash(number).unwrap());
		}
	}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_single_validator_without_any_address_decides_at_once_and_after_each_restart() {
	let directory = tempfile::tempdir().unwrap();
	let started = Instant::now();
	let node = start("dev", directory.path(), Some(key_of("//Alice")), false, &[]).await.unwrap();
	node.reaches(1).await;
	let first = started.elapsed();
	assert!(first < Duration::from_secs(3), "the first block took {first:?}");
	node.reaches(3).await;
	node.proves_finality_up_to(3);
	let status = *node.consensus.status().borrow();
	assert!(status.is_validator && status.validators == 1 && status.height >= 3);
	assert!(node.network.listen_addresses().is_empty());
	let tip = node.chain.tip().number;
	node.stop().await;

	let node = started_again(|| start("dev", directory.path(), Some(key_of("//Alice")), false, &[])).await;
	assert!(node.chain.tip().number >= tip, "nothing finalized is lost");
	node.reaches(tip + 2).await;
	node.proves_finality_up_to(tip + 2);
	node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_validators_decide_the_same_blocks_and_a_follower_catches_up() {
	let directories: Vec<_> = (0..5).map(|_| tempfile::tempdir().unwrap()).collect();
	let mut nodes = Vec::new();
	let mut addresses = Vec::new();
	for (seed, directory) in FOUR.iter().zip(&directories) {
		let node = start("local", directory.path(), Some(key_of(seed)), true, &addresses).await.unwrap();
		addresses.push(node.address().await);
		nodes.push(node);
	}
	for node in &nodes {
		node.reaches(5).await;
	}
	let follower = start("local", directories[4].path(), None, true, &addresses).await.unwrap();
	follower.reaches(5).await;
	assert!(!follower.consensus.status().borrow().is_validator);
	nodes.push(follower);

	for number in 1..=5 {
		let hashes: Vec<_> =
			nodes.iter().map(|node| node.chain.database().hash(number).unwrap().unwrap()).collect();
		assert!(hashes.windows(2).all(|pair| pair[0] == pair[1]), "different blocks at {number}: {hashes:?}");
	}
	for node in &nodes {
		node.proves_finality_up_to(5);
		assert_eq!(node.consensus.status().borrow().validators, 4);
	}
	for node in nodes {
		node.stop().await;
	}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_of_four_validators_go_on_and_the_fourth_comes_back() {
	let directories: Vec<_> = (0..4).map(|_| tempfile::tempdir().unwrap()).collect();
	let mut nodes = Vec::new();
	let mut addresses = Vec::new();
	for (seed, directory) in FOUR.iter().zip(&directories) {
		let node = start("local", directory.path(), Some(key_of(seed)), true, &addresses).await.unwrap();
		addresses.push(node.address().await);
		nodes.push(node);
	}
	for node in &nodes {
		node.reaches(2).await;
	}
	nodes.remove(3).stop().await;
	let tip = nodes[0].chain.tip().number;
	// Four heights: every remaining validator proposes, and the missing one's turn fails once.
	for node in &nodes {
		node.reaches(tip + 4).await;
	}
	let fourth = || start("local", directories[3].path(), Some(key_of(FOUR[3])), true, &addresses[..3]);
	let back = started_again(fourth).await;
	let tip = nodes[0].chain.tip().number;
	back.reaches(tip + 2).await;
	assert_eq!(back.chain.database().hash(tip).unwrap(), nodes[0].chain.database().hash(tip).unwrap());
	nodes.push(back);
	for node in nodes {
		node.stop().await;
	}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_validator_whose_database_was_rolled_back_does_not_start() {
	let directory = tempfile::tempdir().unwrap();
	let node = start("dev", directory.path(), Some(key_of("//Alice")), false, &[]).await.unwrap();
	node.reaches(2).await;
	node.stop().await;
	std::fs::remove_dir_all(directory.path().join("db")).unwrap();
	let refused = start("dev", directory.path(), Some(key_of("//Alice")), false, &[]).await;
	let Err(StartError::Guard(error)) = refused else { panic!("it must not sign again") };
	assert!(error.to_string().contains("; restore the newest database"), "{error}");
	assert!(error.to_string().contains("--unsafe-sign-from 1"), "{error}");
}

/// Names the directory to the killed process.
const VICTIM_DIRECTORY: &str = "PLEXUS_TEST_VICTIM_DIRECTORY";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the process that `a_single_validator_survives_being_killed_at_any_time` kills"]
async fn victim() {
	let directory =
		std::path::PathBuf::from(std::env::var_os(VICTIM_DIRECTORY).expect("run by the other test"));
	let node = start("dev", &directory, Some(key_of("//Alice")), false, &[]).await.unwrap();
	let mut tips = node.chain.subscribe();
	loop {
		let tip = tips.borrow_and_update().clone();
		println!("tip {}", tip.number);
		tips.changed().await.unwrap();
	}
}

#[test]
fn a_single_validator_survives_being_killed_at_any_time() {
	use std::io::{BufRead, BufReader};
	use std::process::{Command, Stdio};
	let directory = tempfile::tempdir().unwrap();
	let mut last = 0;
	for run in 0..8u64 {
		let mut victim = Command::new(std::env::current_exe().unwrap())
			.args(["--exact", "victim", "--ignored", "--nocapture"])
			.env(VICTIM_DIRECTORY, directory.path())
			.stdout(Stdio::piped())
			.spawn()
			.unwrap();
		let started = Instant::now();
		let tip_of = |line: String| line.strip_prefix("tip ")?.parse::<u32>().ok();
		let mut tips =
			BufReader::new(victim.stdout.take().unwrap()).lines().map_while(Result::ok).filter_map(tip_of);
		let first = tips.next().expect("it starts, whatever the last kill left behind");
		assert!(first >= last, "a finalized block was lost: {first} after {last}");
		last = tips.find(|tip| *tip > first).expect("it goes on deciding");
		assert!(started.elapsed() < Duration::from_secs(5), "back after {:?}", started.elapsed());
		// Into every phase of a block, not only the one right after a commit.
		std::thread::sleep(Duration::from_millis(run * 137 % 1_000));
		victim.kill().unwrap();
		victim.wait().unwrap();
	}
	assert!(last >= 8);
}
