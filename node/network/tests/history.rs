//! Nodes that keep different pasts serve one another: each tells from which block on it has them, hands that one out and none
//! before it, and whoever comes late gets from each what it has.

mod common;
#[path = "common/ear.rs"]
mod ear;

use common::{genesis, key_of, open, PATIENCE};
use ed25519_dalek::SigningKey;
use plexus_chain::Chain;
use plexus_consensus::codec::decode_versioned;
use plexus_consensus::malachite::{
	self, EngineNetworkMsg, NetworkEvent, RawDecidedValue, Request, Response, ValueRequest,
};
use plexus_consensus::{EngineConfig, EngineHandle, Height, Plexus};
use plexus_network::{Multiaddr, Network, NetworkConfig, NetworkHandle, NetworkTask};
use plexus_storage::{Beginning, Block, Options, StateError, StateImport, StatePruning, Tip};
use ractor::rpc::CallResult;
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Past states of a node that prunes: the fewest that the database can keep.
const STATES: StatePruning = StatePruning::Keep(2);

/// A network that listens. With `reserved_only` nobody else is let in or looked for.
async fn listen(seed: u8, reserved: &[Multiaddr], reserved_only: bool) -> Network {
	let mut config = NetworkConfig::new(genesis("dev").header.hash(), [seed; 32]);
	config.listen = vec!["/ip4/127.0.0.1/tcp/0".parse().unwrap()];
	config.reserved = reserved.to_vec();
	config.reserved_only = reserved_only;
	plexus_network::start(config).await.unwrap()
}

/// Where a node is reached, with its id.
async fn address(network: &NetworkHandle) -> Multiaddr {
	let at = common::address(network).await;
	format!("{at}/p2p/{}", network.local_peer_id()).parse().unwrap()
}

/// A directory with a database that begins with the state after a chain's tip, as a state sync leaves it.
fn begins_at(chain: &Chain, tip: &Tip) -> TempDir {
	let directory = tempfile::tempdir().unwrap();
	let database = chain.database();
	let path = directory.path().join("db");
	let mut import = StateImport::open(&path, &Options::default(), chain.genesis_hash(), tip.number).unwrap();
	import.add(&tip.state.pairs(&[], None, usize::MAX).unwrap(), vec![1]).unwrap();
	let (_, genesis_set) = database.last_set(0).unwrap().expect("recorded with the genesis");
	let beginning = Beginning {
		genesis: genesis("dev").header,
		genesis_set,
		milestones: Vec::new(),
		parent: database.header_at(tip.number - 1).unwrap().expect("a parent"),
		block: database.block(tip.number).unwrap().expect("the tip"),
		certificate: database.certificate(tip.number).unwrap().expect("stored with its block"),
	};
	import.finish(&beginning).unwrap();
	directory
}

/// A node of the development chain.
struct Node {
	chain: Chain,
	network: NetworkHandle,
	consensus: EngineHandle,
	task: NetworkTask,
	_directory: TempDir,
}

impl Node {
	/// Starts one on a directory that holds a database, or gets one of the genesis.
	async fn start(
		directory: TempDir,
		state_pruning: StatePruning,
		key: Option<SigningKey>,
		network: Network,
	) -> Self {
		let chain = open("dev", directory.path(), Options { state_pruning, ..Options::default() });
		let config = EngineConfig::new(directory.path().join("consensus"));
		let consensus =
			plexus_consensus::start_on_chain(config, chain.clone(), key, network.consensus_port).await;
		Self {
			chain,
			network: network.handle,
			consensus: consensus.unwrap(),
			task: network.task,
			_directory: directory,
		}
	}

	async fn reaches(&self, number: u32) {
		common::reaches(&self.chain, &self.consensus, number).await;
	}

	/// Waits until some peer has told that it has this block.
	async fn hears_of(&self, number: u32) {
		let mut peers = self.network.watch_peers();
		let told = timeout(
			PATIENCE,
			peers.wait_for(|peers| peers.iter().any(|peer| peer.best_number >= Some(number.into()))),
		);
		assert!(told.await.is_ok_and(|peers| peers.is_ok()), "nobody tells of block {number}");
	}

	fn has_the_blocks_of(&self, other: &Self, from: u32, to: u32) {
		for number in from..=to {
			let blocks = [self, other].map(|node| node.chain.database().block(number).unwrap());
			assert!(blocks[0].is_some() && blocks[0] == blocks[1], "block {number}");
		}
	}

	async fn stop(self) {
		self.consensus.stop().await.unwrap();
		self.task.stop().await.unwrap();
	}
}

/// What nodes say of themselves, and what they answer.
fn said_or_answered(event: NetworkEvent<Plexus>) -> Option<NetworkEvent<Plexus>> {
	match event {
		NetworkEvent::Status(..) | NetworkEvent::SyncResponse(..) | NetworkEvent::SyncRequestFailed(..) => {
			Some(event)
		}
		_ => None,
	}
}

/// Listens to nodes and asks them for blocks, without a chain of its own.
struct Bystander {
	network: Network,
	events: mpsc::Receiver<NetworkEvent<Plexus>>,
}

impl Bystander {
	async fn start(seed: u8, reserved: &[Multiaddr]) -> Self {
		let network = listen(seed, reserved, true).await;
		let events = ear::listen_in(&network.consensus_port.actor, said_or_answered).await;
		Self { network, events }
	}

	async fn hears(&mut self) -> NetworkEvent<Plexus> {
		timeout(PATIENCE, self.events.recv()).await.expect("an event in time").expect("the network lives")
	}

	/// The oldest block that a node says it has.
	async fn oldest_told_by(&mut self, node: &Node) -> Height {
		let id = engine_id(node);
		loop {
			match self.hears().await {
				NetworkEvent::Status(from, status) if from == id => return status.history_min_height,
				_ => {}
			}
		}
	}

	/// What a node answers to who asks for these blocks.
	async fn is_handed(&mut self, node: &Node, from: u32, to: u32) -> Vec<RawDecidedValue<Plexus>> {
		let me = self.network.handle.local_peer_id();
		let mut peers = node.network.watch_peers();
		let knows_me = timeout(PATIENCE, peers.wait_for(|peers| peers.iter().any(|peer| peer.id == me)));
		assert!(knows_me.await.is_ok_and(|peers| peers.is_ok()), "it answers nobody whom it does not know");

		let request = Request::ValueRequest(ValueRequest::new(Height(from.into())..=Height(to.into())));
		let id = engine_id(node);
		let actor = &self.network.consensus_port.actor;
		let asked = actor.call(|reply| EngineNetworkMsg::OutgoingRequest(id, request, reply), None).await;
		let Ok(CallResult::Success(asked)) = asked else { panic!("the network has ended") };
		loop {
			match self.hears().await {
				NetworkEvent::SyncResponse(answered, _, response) if answered == asked => {
					let Some(Response::ValueResponse(response)) = response else { panic!("an honest node") };
					return response.values;
				}
				NetworkEvent::SyncRequestFailed(failed, _, reason) if failed == asked => {
					panic!("not answered: {reason:?}")
				}
				_ => {}
			}
		}
	}
}

fn engine_id(node: &Node) -> malachite::PeerId {
	malachite::PeerId::from_bytes(&node.network.local_peer_id().to_bytes()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn archive_and_pruned_nodes_tell_what_they_have_and_serve_who_comes_late() {
	let network = listen(1, &[], false).await;
	let (directory, alice) = (tempfile::tempdir().unwrap(), Some(key_of("//Alice")));
	let archive = Node::start(directory, StatePruning::Archive, alice, network).await;
	archive.reaches(3).await;
	let tip = archive.chain.tip();
	let begun = tip.number;
	let [for_pruned, for_late] = [(); 2].map(|()| begins_at(&archive.chain, &tip));
	let archive_at = address(&archive.network).await;

	let network = listen(2, std::slice::from_ref(&archive_at), false).await;
	let pruned = Node::start(for_pruned, STATES, None, network).await;
	pruned.reaches(begun + 4).await;
	let is_pruned = pruned.chain.database().state_at(&tip.hash);
	assert!(matches!(is_pruned, Err(StateError::Pruned { .. })), "its states are kept, too");
	let first = archive.chain.database().hash(1).unwrap().expect("an archive");
	assert!(archive.chain.database().state_at(&first).is_ok());
	let pruned_at = address(&pruned.network).await;

	// Each says what it has, has what it says, and hands out nothing of what it does not have.
	let mut bystander = Bystander::start(3, &[archive_at.clone(), pruned_at.clone()]).await;
	assert_eq!(bystander.oldest_told_by(&archive).await, Height(1));
	assert_eq!(bystander.oldest_told_by(&pruned).await, Height(begun.into()));
	for (node, oldest) in [(&archive, 1), (&pruned, begun)] {
		let handed = bystander.is_handed(node, oldest, oldest + 1).await;
		assert_eq!(handed.len(), 2, "from block {oldest} on");
		for (number, value) in (oldest..).zip(handed) {
			let block: Block = decode_versioned(&value.value_bytes).expect("a block");
			assert_eq!(value.certificate.height, Height(number.into()));
			assert_eq!(value.certificate.value_id, block.hash());
			assert_eq!(archive.chain.database().block(number).unwrap(), Some(block));
		}
	}
	assert!(bystander.is_handed(&pruned, begun - 1, begun).await.is_empty(), "it handed out what it lacks");

	// Who begins with the same state needs the pruned node alone.
	let network = listen(4, std::slice::from_ref(&pruned_at), true).await;
	let late = Node::start(for_late, STATES, None, network).await;
	let served = pruned.chain.tip().number;
	late.reaches(served).await;
	late.has_the_blocks_of(&pruned, begun, served);
	let pruned_id = pruned.network.local_peer_id();
	assert!(late.network.peers().iter().all(|peer| peer.id == pruned_id), "somebody else served it");

	// Who begins with the genesis gets nothing from the pruned node, blames it for nothing, and begins with the archive.
	let network = listen(5, std::slice::from_ref(&pruned_at), true).await;
	let newcomer = Node::start(tempfile::tempdir().unwrap(), STATES, None, network).await;
	newcomer.hears_of(begun).await;
	assert_eq!(newcomer.chain.tip().number, 0, "nobody has told it of block 1");
	newcomer.network.add_reserved(&archive_at.to_string()).unwrap();
	let head = archive.chain.tip().number;
	newcomer.reaches(head).await;
	newcomer.has_the_blocks_of(&archive, 1, head);
	assert!(newcomer.network.banned().is_empty() && late.network.banned().is_empty());

	for node in [newcomer, late, pruned, archive] {
		node.stop().await;
	}
}
