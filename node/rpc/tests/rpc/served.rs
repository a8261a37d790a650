//! [`Served`]: a chain in a temporary directory, served on a free port.

use crate::{blocks, development, transactions};
use codec::DecodeAll;
use jsonrpsee::{
	core::{
		client::{ClientT, Subscription, SubscriptionClientT},
		params::ArrayParams,
		ClientError,
	},
	ws_client::{WsClient, WsClientBuilder},
};
use plexus_chain::Chain;
use plexus_chain_spec::ChainSpec;
use plexus_primitives::consensus::{Commit, ConsensusKey};
use plexus_rpc::{
	BannedPeer, ControlError, NodeControl, NodeRole, OwnedKeys, PeerInfo, Precommits, RpcContext, RpcHandle,
	RpcMethods, RpcObserver, ServerConfig,
};
use plexus_runtime as runtime;
use plexus_storage::{Hash, Options, StatePruning, Tip};
use serde_json::Value;
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};
use std::{
	future::Future,
	sync::{
		atomic::{AtomicUsize, Ordering},
		Arc,
	},
	time::Duration,
};
use tokio::{
	io::{AsyncReadExt, AsyncWriteExt},
	net::TcpStream,
	sync::watch,
};

/// Nothing here takes longer unless it hangs.
pub const SOON: Duration = Duration::from_secs(60);

/// Waits, with a bound.
pub async fn within<T>(future: impl Future<Output = T>) -> T {
	tokio::time::timeout(SOON, future).await.expect("it happens within a minute")
}

pub struct Served {
	pub chain: Chain,
	pub rpc: RpcHandle,
	pub seen: Arc<Seen>,
	_directory: tempfile::TempDir,
}

/// What the server told its observer.
pub struct Seen {
	pub calls: AtomicUsize,
	pub refused: AtomicUsize,
	pub open: watch::Sender<usize>,
}

impl RpcObserver for Seen {
	fn call(&self, _: &str, _: u64, _: bool) {
		self.calls.fetch_add(1, Ordering::AcqRel);
	}
	fn connections(&self, open: usize) {
		self.open.send_replace(open);
	}
	fn refused(&self) {
		self.refused.fetch_add(1, Ordering::AcqRel);
	}
}

impl Served {
	pub async fn start() -> Self {
		Self::with(ServerConfig::default()).await
	}

	pub async fn open_to_operators() -> Self {
		Self::with(ServerConfig { methods: RpcMethods::Unsafe, ..Default::default() }).await
	}

	pub async fn with(config: ServerConfig) -> Self {
		Self::with_history(config, StatePruning::Archive).await
	}

	pub async fn with_history(mut config: ServerConfig, state_pruning: StatePruning) -> Self {
		config.address.set_port(0);
		let directory = tempfile::tempdir().expect("temporary directory");
		let options = Options { state_pruning, ..Options::default() };
		let chain = blocks::chain(development::open(directory.path(), options), 10_000);
		let spec = Arc::new(ChainSpec::preset("dev").expect("preset"));
		let context = RpcContext { chain: chain.clone(), spec, node: Arc::new(TestNode), index: true };
		let seen = Arc::new(Seen {
			calls: Default::default(),
			refused: Default::default(),
			open: watch::channel(0).0,
		});
		let rpc = plexus_rpc::start(config, context, seen.clone()).await.expect("starts");
		Self { chain, rpc, seen, _directory: directory }
	}

	/// Makes one block of what the pool has, final by //Alice's precommit.
	pub async fn block(&self) -> Arc<Tip> {
		let chain = self.chain.clone();
		let make = move || blocks::commit(&chain, &blocks::propose(&chain));
		tokio::task::spawn_blocking(make).await.expect("joins")
	}

	pub async fn blocks(&self, count: usize) -> Vec<Arc<Tip>> {
		let mut tips = Vec::new();
		for _ in 0..count {
			tips.push(self.block().await);
		}
		tips
	}

	pub fn genesis(&self) -> Hash {
		self.chain.genesis_hash()
	}

	pub async fn ws(&self) -> WsClient {
		let url = format!("ws://{}", self.rpc.address());
		WsClientBuilder::default().request_timeout(SOON).build(url).await.expect("connects")
	}

	/// Posts any bytes and returns status and body.
	pub async fn post(&self, body: &str, headers: &str) -> (u16, String) {
		let mut socket = TcpStream::connect(self.rpc.address()).await.expect("connects");
		let head = format!(
			"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
			 Connection: close\r\n{headers}\r\n",
			body.len()
		);
		socket.write_all(head.as_bytes()).await.expect("sends");
		// A server that refuses the length need not read it all.
		let _ = socket.write_all(body.as_bytes()).await;
		let mut answer = Vec::new();
		let _ = within(socket.read_to_end(&mut answer)).await;
		let answer = String::from_utf8_lossy(&answer);
		let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("an HTTP answer");
		let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
		(status, body.to_owned())
	}

	/// Posts a JSON-RPC request and returns the answer as JSON.
	pub async fn post_json(&self, body: &str) -> Value {
		let (_, answer) = self.post(body, "").await;
		serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer}"))
	}
}

fn array(params: &[Value]) -> ArrayParams {
	let mut array = ArrayParams::new();
	for param in params {
		array.insert(param).expect("JSON");
	}
	array
}

/// A call that succeeds.
pub async fn call(client: &impl ClientT, method: &str, params: &[Value]) -> Value {
	client.request(method, array(params)).await.unwrap_or_else(|error| panic!("{method}: {error}"))
}

/// A call that is refused: code, message, data.
pub async fn refusal(client: &impl ClientT, method: &str, params: &[Value]) -> (i32, String, String) {
	match client.request::<Value, _>(method, array(params)).await {
		Err(ClientError::Call(error)) => {
			let data = error.data().map_or("", |data| data.get()).to_owned();
			(error.code(), error.message().to_owned(), data)
		}
		Err(error) => panic!("{method}: {error}"),
		Ok(_) => panic!("{method} is not refused"),
	}
}

pub async fn subscribe(
	client: &WsClient,
	method: &str,
	params: &[Value],
	unsubscribe: &str,
) -> Subscription<Value> {
	client
		.subscribe(method, array(params), unsubscribe)
		.await
		.unwrap_or_else(|error| panic!("{method}: {error}"))
}

pub async fn next(subscription: &mut Subscription<Value>) -> Value {
	within(subscription.next()).await.expect("goes on").expect("JSON")
}

pub fn hex(bytes: impl AsRef<[u8]>) -> String {
	plexus_rpc::types::to_hex(bytes.as_ref())
}

/// A signed transfer of `value` to Bob.
pub fn transfer(genesis: Hash, from: Sr25519Keyring, nonce: u32, value: u128) -> Vec<u8> {
	transactions::signed_transfer(genesis, &from.pair(), nonce, Sr25519Keyring::Bob.to_account_id(), value)
}

/// A signed transaction.
pub fn signed(genesis: Hash, from: Sr25519Keyring, nonce: u32, call: runtime::RuntimeCall) -> Vec<u8> {
	transactions::signed(genesis, &from.pair(), nonce, call)
}

/// The storage key of a pallet's value.
pub fn storage_key(pallet: &str, item: &str) -> Vec<u8> {
	[sp_io::hashing::twox_128(pallet.as_bytes()), sp_io::hashing::twox_128(item.as_bytes())].concat()
}

struct TestNode;

impl NodeControl for TestNode {
	fn node_name(&self) -> String {
		"Plexus".into()
	}
	fn node_version(&self) -> String {
		"0.1.0".into()
	}
	fn roles(&self) -> Vec<NodeRole> {
		vec![NodeRole::Authority]
	}
	fn is_syncing(&self) -> bool {
		false
	}
	fn highest_block(&self) -> Option<u64> {
		Some(7)
	}
	fn should_have_peers(&self) -> bool {
		false
	}
	fn peers(&self) -> Vec<PeerInfo> {
		vec![PeerInfo {
			peer_id: "12D3KooW".into(),
			role: NodeRole::Full,
			best_number: Some(1_000),
			best_hash: None,
		}]
	}
	fn local_peer_id(&self) -> String {
		"12D3KooWTest".into()
	}
	fn listen_addresses(&self) -> Vec<String> {
		vec!["/ip4/127.0.0.1/tcp/30333".into()]
	}
	fn banned_peers(&self) -> Vec<BannedPeer> {
		vec![BannedPeer { peer_id: "12D3KooWBad".into(), reason: "flood", seconds_left: 60 }]
	}
	fn reserved_peers(&self) -> Vec<String> {
		Vec::new()
	}
	fn add_reserved_peer(&self, _: &str) -> Result<(), ControlError> {
		Err(ControlError("there is no network; start one".into()))
	}
	fn remove_reserved_peer(&self, _: &str) -> Result<(), ControlError> {
		Ok(())
	}
	fn insert_key(&self, _: &str, _: &str, _: &[u8]) -> Result<(), ControlError> {
		Ok(())
	}
	fn rotate_keys(&self) -> Result<Vec<u8>, ControlError> {
		Ok(vec![1, 2])
	}
	fn rotate_keys_with_owner(&self, owner: &[u8]) -> Result<OwnedKeys, ControlError> {
		Ok(OwnedKeys { keys: vec![1, 2], proof: owner.to_vec() })
	}
	fn has_key(&self, _: &[u8], _: &str) -> Result<bool, ControlError> {
		Ok(true)
	}
	fn has_session_keys(&self, _: &[u8]) -> Result<bool, ControlError> {
		Ok(false)
	}
	fn set_log_filter(&self, _: Option<&str>) -> Result<(), ControlError> {
		Ok(())
	}
	/// The tests' certificates are commits of //Alice alone.
	fn precommits(&self, certificate: &[u8]) -> Result<Precommits, ControlError> {
		let Commit { round, signatures } = DecodeAll::decode_all(&mut &certificate[..])
			.map_err(|error| ControlError(format!("{error}; make it anew")))?;
		let alice = ConsensusKey(Ed25519Keyring::Alice.to_raw_public());
		Ok(Precommits { round, signatures: signatures.into_iter().flatten().map(|s| (alice, s)).collect() })
	}
}
