//! A peer that answers requests for blocks with lies which only the engine can tell: it is asked another time, lies again,
//! and is banned; the node catches up from an honest one.

mod common;
#[path = "common/ear.rs"]
mod ear;

use arc_malachitebft_app_channel::app::engine::network::Status;
use arc_malachitebft_sync::InboundRequestId;
use bytes::Bytes;
use common::{address, key_of, open, PATIENCE};
use ed25519_dalek::SigningKey;
use plexus_chain::Chain;
use plexus_consensus::malachite::core::{
	ExtendedCommitCertificate, NilOrVal, Round, SignedMessage, VoteType,
};
use plexus_consensus::malachite::{
	EngineNetworkMsg, NetworkEvent, NetworkRef, RawDecidedValue, Request, Response, ValueResponse,
};
use plexus_consensus::signing::{sign, vote_preimage};
use plexus_consensus::types::Vote;
use plexus_consensus::{certificate, AuthorityId, EngineConfig, EngineHandle, Height, Plexus};
use plexus_network::{BanReason, Misbehaviour, Multiaddr, Network, NetworkConfig, NetworkHandle, PeerId};
use plexus_storage::Options;
use sp_core::H256;
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::timeout;

/// The height that the liar says it is at. The honest node is there when it says so, and has a certificate of each height
/// that the liar can be asked for.
const BOAST: u32 = 3;

/// How often the liar says so: its status is lost on whoever is not connected yet.
const BOAST_EVERY: Duration = Duration::from_millis(500);

async fn listen(seed: u8, genesis: H256, bootnodes: &[Multiaddr]) -> Network {
	let mut config = NetworkConfig::new(genesis, [seed; 32]);
	config.listen = vec!["/ip4/127.0.0.1/tcp/0".parse().unwrap()];
	config.bootnodes = bootnodes.to_vec();
	plexus_network::start(config).await.unwrap()
}

/// An honest node of the development chain.
struct Node {
	chain: Chain,
	network: NetworkHandle,
	consensus: EngineHandle,
	_task: plexus_network::handle::NetworkTask,
	_directory: TempDir,
}

impl Node {
	async fn start(seed: u8, key: Option<SigningKey>, bootnodes: &[Multiaddr]) -> Self {
		let directory = tempfile::tempdir().unwrap();
		let chain = open("dev", directory.path(), Options::default());
		let network = listen(seed, chain.genesis_hash(), bootnodes).await;
		let config = EngineConfig::new(directory.path().join("consensus"));
		let consensus =
			plexus_consensus::start_on_chain(config, chain.clone(), key, network.consensus_port).await;
		Self {
			chain,
			network: network.handle,
			consensus: consensus.unwrap(),
			_task: network.task,
			_directory: directory,
		}
	}

	async fn reaches(&self, number: u32) {
		common::reaches(&self.chain, &self.consensus, number).await;
	}

	async fn bans(&self, peer: PeerId) -> BanReason {
		let mut banned = self.network.watch_banned();
		let is_banned = timeout(PATIENCE, banned.wait_for(|all| all.iter().any(|ban| ban.id == peer))).await;
		let all = is_banned.expect("a ban in time").unwrap();
		let reason = all.iter().find(|ban| ban.id == peer).expect("it was waited for").reason;
		reason
	}
}

/// A request for blocks.
fn request(event: NetworkEvent<Plexus>) -> Option<(InboundRequestId, Request<Plexus>)> {
	match event {
		NetworkEvent::SyncRequest(id, _, request) => Some((id, request)),
		_ => None,
	}
}

/// Boasts, and answers whatever it is asked with a lie about the first height, until it is dropped.
async fn lie(network: NetworkRef<Plexus>, make: impl Fn(Height) -> RawDecidedValue<Plexus>) {
	let mut asked = ear::listen_in(&network, request).await;
	let mut boasts = tokio::time::interval(BOAST_EVERY);
	loop {
		tokio::select! {
			_ = boasts.tick() => {
				let status = Status::new(Height(BOAST.into()), Height(1));
				network.cast(EngineNetworkMsg::BroadcastStatus(status)).unwrap();
			}
			Some((id, Request::ValueRequest(request))) = asked.recv() => {
				let first = *request.range.start();
				let response = Response::ValueResponse(ValueResponse::new(first, vec![make(first)]));
				network.cast(EngineNetworkMsg::OutgoingResponse(id, response)).unwrap();
			}
		}
	}
}

/// A follower that knows nobody but a liar bans it, and catches up once it knows an honest validator.
async fn is_found_out(make: impl Fn(&Chain, Height) -> RawDecidedValue<Plexus>) {
	let honest = Node::start(1, Some(key_of("//Alice")), &[]).await;
	honest.reaches(BOAST).await;
	let liar = listen(2, honest.chain.genesis_hash(), &[]).await;
	let (id, at) = (liar.handle.local_peer_id(), address(&liar.handle).await);
	let truth = honest.chain.clone();
	let lying = lie(liar.consensus_port.actor.clone(), move |height| make(&truth, height));
	let judging = async {
		let follower = Node::start(3, None, &[at]).await;
		let reason = follower.bans(id).await;
		assert_eq!(reason, BanReason::Misbehaviour(Misbehaviour::UnverifiableBlocks));
		let at = format!("{}/p2p/{}", address(&honest.network).await, honest.network.local_peer_id());
		follower.network.add_reserved(&at).unwrap();
		let tip = honest.chain.tip().number;
		follower.reaches(tip + 1).await;
		let hashes = [&honest, &follower].map(|node| node.chain.database().hash(tip).unwrap());
		assert_eq!(hashes[0], hashes[1]);
		assert!(follower.network.peers().iter().all(|peer| peer.id != id), "the liar is connected still");
	};
	tokio::select! {
		() = lying => unreachable!("the liar never ends by itself"),
		() = judging => {}
	}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocks_that_strangers_signed_are_held_against_who_sent_them() {
	is_found_out(|chain, height| {
		let key = SigningKey::from_bytes(&[9; 32]);
		let vote = Vote {
			kind: VoteType::Precommit,
			height,
			round: Round::new(0),
			value: NilOrVal::Val(H256([9; 32])),
			address: AuthorityId(key.verifying_key().to_bytes()),
		};
		let signature = sign(&key, &vote_preimage(&chain.genesis_hash(), &vote));
		let votes = vec![SignedMessage::new(vote, signature)];
		let lie = ExtendedCommitCertificate::from_votes(height, Round::new(0), H256([9; 32]), votes);
		RawDecidedValue::new(Bytes::from_static(b"a lie"), lie)
	})
	.await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_true_certificate_with_another_body_is_held_against_who_sent_it() {
	is_found_out(|chain, height| {
		let number = height.number().expect("asked for by a node of this chain");
		let stored = chain.database().certificate(number).unwrap().expect("stored with its block");
		let certificate = certificate::decode(&stored).unwrap();
		RawDecidedValue::new(Bytes::from_static(b"a lie"), certificate.into())
	})
	.await;
}
