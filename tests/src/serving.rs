//! [`Serving`]: a node, `plexus serve-receipts` over it, and the agent, model and channel that they serve.
//!
//! # Must not
//! Judge: what is handed in and what comes of it is the tests'.
//!
//! # Invariants
//! There is one of each, with id 0: Charlie's model, Alice's agent, and Bob's channel toward it.

use crate::{
	node::{binary, Node, NodeOptions},
	rpc::{from_hex, Rpc},
	wait::{until, SOON},
	Cli, PLX,
};
use anyhow::{ensure, Context, Result};
use plexus_payments::{FileDisk, Purse};
use plexus_primitives::ChannelId;
use serde_json::Value;
use sp_core::{sr25519, Pair};
use std::{
	fs,
	os::unix::fs::PermissionsExt,
	path::{Path, PathBuf},
	process::Stdio,
};
use tokio::{
	net::TcpStream,
	process::{Child, Command},
};

/// Bob's channel.
pub const CHANNEL: ChannelId = ChannelId(0);

/// What it holds when it is opened.
pub const LOCKED: u128 = 10 * PLX;

/// Where Bob's purse is, in the directory.
const PURSE: &str = "bob.journal";

/// A node, and the files of those who pay and serve.
pub struct Serving {
	/// The node.
	pub node: Node,
	/// Commands for it.
	pub cli: Cli,
	/// A connection to it.
	pub rpc: Rpc,
	/// The hash of its first block.
	pub genesis: [u8; 32],
	/// Where all files are.
	pub directory: tempfile::TempDir,
}

impl Serving {
	/// A chain with nothing on it.
	///
	/// # Errors
	/// The node does not start.
	pub async fn start() -> Result<Self> {
		let node = Node::start(NodeOptions::with_block_time_ms(200)).await?;
		let (cli, rpc) = (Cli::of(&node), node.rpc().await?);
		let genesis = from_hex(&rpc.block_hash(0).await?.context("there is a genesis")?)?;
		let genesis = genesis.try_into().ok().context("a hash has 32 bytes")?;
		Ok(Self { node, cli, rpc, genesis, directory: tempfile::tempdir()? })
	}

	/// Registers Charlie's model, with these terms.
	///
	/// # Errors
	/// The command's.
	pub async fn register_model(&self, terms: &[&str]) -> Result<()> {
		let (weights, card) = (self.file("weights", "weights")?, self.file("card.md", "# A model")?);
		let base = ["tx", "model", "register", &weights, "--kind", "base", "--card", &card];
		self.json(&[&base[..], terms].concat(), "//Charlie").await.map(drop)
	}

	/// Registers Alice's agent, with funds for the deposits of batches.
	///
	/// # Errors
	/// The commands'.
	pub async fn register_agent(&self) -> Result<()> {
		self.json(&["tx", "agent", "register"], "//Alice").await?;
		self.json(&["tx", "agent", "fund", "0", "--amount", "100"], "//Alice").await.map(drop)
	}

	/// Opens Bob's channel toward the agent for the model, and begins his purse.
	///
	/// # Errors
	/// The command's.
	pub async fn open_channel(&self, more: &[&str]) -> Result<()> {
		let purse = self.path(PURSE)?;
		let open = ["channel", "open", "--server", "0", "--model", "0"];
		let funds = ["--amount", "10", "--journal", &purse];
		let opened = self.json(&[&open[..], more, &funds].concat(), "//Bob").await?;
		ensure!(opened["id"] == 0, "{opened}");
		Ok(())
	}

	/// Runs a command that must succeed, signed with a development key.
	///
	/// # Errors
	/// The command's.
	pub async fn json(&self, arguments: &[&str], from: &str) -> Result<Value> {
		self.cli.json(&[arguments, &["--from", from]].concat()).await
	}

	/// The path of a file, there or not.
	///
	/// # Errors
	/// The directory's path is no UTF-8.
	pub fn path(&self, name: &str) -> Result<String> {
		Ok(self.directory.path().join(name).to_str().context("temporary paths are UTF-8")?.to_string())
	}

	/// Writes a file; its path.
	///
	/// # Errors
	/// It cannot be written.
	pub fn file(&self, name: &str, content: &str) -> Result<String> {
		let path = self.path(name)?;
		fs::write(&path, content)?;
		Ok(path)
	}

	/// The tool as a process of its own, which signs as Alice, the agent's controller. It listens when this returns.
	///
	/// # Errors
	/// It does not start.
	pub async fn serve(&self, port: u16, more: &[&str]) -> Result<Child> {
		let key = PathBuf::from(self.file("alice.key", "//Alice\n")?);
		fs::set_permissions(&key, fs::Permissions::from_mode(0o600))?;
		let child = Command::new(binary())
			.args(["serve-receipts", "--agent", "0", "--every", "1", "--url", &self.node.url()])
			.args(["--listen", &format!("127.0.0.1:{port}"), "--journal", &self.path("alice.journal")?])
			.args(more)
			.arg("--key-file")
			.arg(&key)
			.stdin(Stdio::null())
			.stdout(Stdio::null())
			.kill_on_drop(true)
			.spawn()?;
		// It asks the chain before it listens.
		until(SOON * 2, "the tool", || async {
			TcpStream::connect(("127.0.0.1", port)).await?;
			Ok(())
		})
		.await?;
		Ok(child)
	}

	/// Bob's purse, as his process finds it.
	///
	/// # Errors
	/// Its journal cannot be used.
	pub fn purse(&self) -> Result<Purse> {
		let disk = FileDisk::open(Path::new(&self.path(PURSE)?))?;
		Ok(Purse::open(Box::new(disk), self.genesis, bob().public().into())?)
	}
}

/// Bob's key, which signs vouchers.
pub fn bob() -> sr25519::Pair {
	sr25519::Pair::from_string("//Bob", None).expect("//Bob is the path of a development key")
}
