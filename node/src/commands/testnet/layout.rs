//! [`Layout`]: the directory of a testnet, and what makes a node out of each folder in it.
//!
//! ```text
//! <root>/chain-spec.json
//! <root>/validator-N/config.toml, chains/<id>/keys/    a node's base path
//! <root>/accounts/validator-N.key, faucet.key          accounts' secrets, as `plexus tx --key-file` reads them
//! ```
//!
//! # Must not
//! Overwrite anything but configurations, which follow from the rest. Print a secret.
//!
//! # Invariants
//! Secrets are in files of mode 0600 below a directory of mode 0700.

use super::genesis::{self, Seat};
use crate::{
	commands::chain_spec,
	keystore::{KeyKind, Keystore, PublicKey, SecretKey},
	paths::DataDirectory,
	place,
	report::{OrReport, Report},
};
use plexus_chain_spec::{ChainSpec, ChainType, Genesis};
use plexus_primitives::constants::UNITS;
use plexus_runtime::AccountId;
use rand::{rngs::OsRng, RngCore};
use serde::Serialize;
use sp_core::{sr25519, Pair};
use std::{
	fs::{self, DirBuilder, OpenOptions},
	io::{self, Write},
	net::IpAddr,
	os::unix::fs::{DirBuilderExt, OpenOptionsExt},
	path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// The specification's file.
pub(super) const SPEC_FILE: &str = "chain-spec.json";

/// What a network is made of.
pub(super) struct Wanted<'a> {
	/// Chain id.
	pub(super) id: &'a str,
	/// How many validators.
	pub(super) validators: usize,
	/// What each of them stakes, in whole PLX.
	pub(super) stake_plx: u64,
	/// Further accounts, as `ADDRESS=PLX`.
	pub(super) endowed: Vec<String>,
	/// Live, or local.
	pub(super) chain_type: ChainType,
	/// Its block time, unless it is the default.
	pub(super) block_time_ms: Option<u64>,
	/// What the faucet's account starts with; 0 for no such account.
	pub(super) faucet_plx: u64,
	/// Stakes of the validators in whole PLX, in order; empty for the usual one.
	pub(super) stakes: &'a [u64],
}

/// One node's folder.
#[derive(Clone, Debug)]
pub(super) struct Member {
	/// `validator-1` and so on.
	pub(super) name: String,
	/// Its base path.
	pub(super) base: PathBuf,
	/// The key behind its peer id.
	pub(super) node: PublicKey,
}

impl Member {
	/// Its address below a host and port, both as multiaddress parts.
	pub(super) fn address(&self, host: &str, port: u16) -> String {
		let kind = match host.parse::<IpAddr>() {
			Ok(IpAddr::V4(_)) => "ip4",
			Ok(IpAddr::V6(_)) => "ip6",
			Err(_) => "dns4",
		};
		format!("/{kind}/{host}/tcp/{port}/p2p/{}", self.node.peer_id())
	}
}

/// A testnet's directory.
#[derive(Clone, Debug)]
pub(super) struct Layout {
	/// The directory itself.
	pub(super) root: PathBuf,
	/// Its nodes, in order.
	pub(super) members: Vec<Member>,
	/// Its chain.
	pub(super) spec: ChainSpec,
}

/// What differs between nodes' configurations.
pub(super) struct NodeSettings {
	/// Path of the specification as the node sees it.
	pub(super) chain: String,
	/// Port of the RPC.
	pub(super) rpc_port: u16,
	/// Port of metrics and health.
	pub(super) metrics_port: u16,
	/// Whether it votes.
	pub(super) validator: bool,
	/// Where it listens for peers.
	pub(super) listen: Vec<String>,
	/// The other validators.
	pub(super) reserved: Vec<String>,
	/// Whether it connects with those alone.
	pub(super) reserved_only: bool,
	/// Memory for the database's caches, unless it is the default.
	pub(super) cache_bytes: Option<u64>,
	/// The snapshots that it makes of itself, unless it makes none.
	pub(super) snapshots: Option<Snapshots>,
}

/// Snapshots at intervals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Snapshots {
	/// Blocks between two of them.
	pub(super) every: u32,
	/// How many stay.
	pub(super) kept: u32,
}

impl Layout {
	/// Makes a directory with fresh keys and the specification.
	///
	/// # Errors
	/// Something is there already, cannot be written, or breaks a rule of specifications.
	pub(super) fn create(root: &Path, wanted: &Wanted<'_>) -> Result<Self, Report> {
		if fs::read_dir(root).is_ok_and(|mut entries| entries.next().is_some()) || root.is_file() {
			return Err(Report::new(
				"testnet",
				format!("{} exists and is not empty", root.display()),
				"name a directory that does not exist yet: keys and chains are never overwritten",
			));
		}
		let mut seats = Vec::new();
		let mut keys = Vec::new();
		let mut secrets = Vec::new();
		for (index, name) in names(wanted.validators).enumerate() {
			let (validator, node) = (SecretKey::generate(), SecretKey::generate());
			let (account, secret) = new_account();
			secrets.push((format!("{name}.key"), secret));
			let stake_plx = wanted.stakes.get(index).copied();
			seats.push(Seat { validator: validator.public(), account, stake_plx });
			keys.push((name, validator, node));
		}
		let mut endowed = wanted.endowed.clone();
		if wanted.faucet_plx > 0 {
			let (faucet, secret) = new_account();
			secrets.push(("faucet.key".into(), secret));
			endowed.push(genesis::endowment(&faucet, wanted.faucet_plx));
		}
		// Before anything is written: a rule that is broken must not leave half a network behind.
		let Wanted { id, stake_plx, chain_type, block_time_ms, .. } = *wanted;
		let spec = genesis::chain(id, &seats, stake_plx, &endowed, chain_type, block_time_ms)?;
		let accounts = root.join("accounts");
		make_directory(&accounts)?;
		for (name, secret) in secrets {
			let path = accounts.join(name);
			write_private(&path, &secret).map_err(|error| unwritable(&path, &error))?;
		}
		let mut members = Vec::new();
		for (name, validator, node) in keys {
			let base = root.join(&name);
			let keystore = Keystore::at(DataDirectory::new(&base, &spec.id).or_report()?.keys());
			keystore.store(KeyKind::Validator, &validator, None).or_report()?;
			keystore.store(KeyKind::Node, &node, None).or_report()?;
			members.push(Member { name, base, node: node.public() });
		}
		Ok(Self { root: root.to_path_buf(), members, spec })
	}

	/// Reads a directory that [`Layout::create`] made and [`Layout::write_spec`] finished. `None`: there is none.
	///
	/// # Errors
	/// A specification or a key that cannot be read.
	pub(super) fn open(root: &Path) -> Result<Option<Self>, Report> {
		let path = root.join(SPEC_FILE);
		if !path.exists() {
			return Ok(None);
		}
		let spec = place::named_spec(&path.display().to_string())?;
		let mut members = Vec::new();
		for name in names(usize::MAX) {
			let base = root.join(&name);
			if !base.is_dir() {
				break;
			}
			let keystore = Keystore::at(DataDirectory::new(&base, &spec.id).or_report()?.keys());
			let node = keystore.public(KeyKind::Node).or_report()?;
			members.push(Member { name, base, node });
		}
		Ok(Some(Self { root: root.to_path_buf(), members, spec }))
	}

	/// The folder of a further node, which is no validator; it and its key are made unless they are there.
	///
	/// # Errors
	/// They cannot be written or read.
	pub(super) fn guest(&self, name: &str) -> Result<Member, Report> {
		let base = self.root.join(name);
		let keystore = Keystore::at(DataDirectory::new(&base, &self.spec.id).or_report()?.keys());
		if !keystore.contains(KeyKind::Node) {
			keystore.store(KeyKind::Node, &SecretKey::generate(), None).or_report()?;
		}
		let node = keystore.public(KeyKind::Node).or_report()?;
		Ok(Member { name: name.into(), base, node })
	}

	/// What the validators' powers are in proportion to, in order: their stakes.
	pub(super) fn powers(&self) -> Vec<u64> {
		match &self.spec.genesis {
			Genesis::Runtime(genesis) => {
				let plx = |stake: u128| u64::try_from(stake / UNITS).unwrap_or(u64::MAX);
				genesis.validators.validators.iter().map(|validator| plx(validator.stake)).collect()
			}
			// Only other programs write such a one; nothing says that some have more than others.
			Genesis::Raw(_) => vec![1; self.members.len()],
		}
	}

	/// Removes all that a node of this chain ever stored but its keys.
	///
	/// # Errors
	/// Something cannot be removed.
	pub(super) fn wipe(&self, member: &Member) -> Result<(), Report> {
		let directory = DataDirectory::new(&member.base, &self.spec.id).or_report()?;
		let keys = directory.keys();
		let entries = fs::read_dir(directory.root()).map_err(|error| unwritable(directory.root(), &error))?;
		for entry in entries {
			let path = entry.map_err(|error| unwritable(directory.root(), &error))?.path();
			let removed = match path.is_dir() {
				_ if path == keys => Ok(()),
				true => fs::remove_dir_all(&path),
				false => fs::remove_file(&path),
			};
			removed.map_err(|error| unwritable(&path, &error))?;
		}
		Ok(())
	}

	/// Writes the specification; the last step, so that a directory that has one is complete.
	///
	/// # Errors
	/// It cannot be written.
	pub(super) fn write_spec(&self) -> Result<(), Report> {
		chain_spec::write(&self.root.join(SPEC_FILE), &self.spec)
	}

	/// Writes a node's configuration, over the one it had.
	///
	/// # Errors
	/// It cannot be written.
	pub(super) fn configure(&self, member: &Member, settings: &NodeSettings) -> Result<(), Report> {
		let path = member.base.join("config.toml");
		fs::write(&path, configuration(member, settings)).map_err(|error| unwritable(&path, &error))
	}
}

/// `validator-1` and so on.
fn names(count: usize) -> impl Iterator<Item = String> {
	(1..=count).map(|number| format!("validator-{number}"))
}

/// A node's configuration file: what differs from the defaults.
fn configuration(member: &Member, settings: &NodeSettings) -> String {
	#[derive(Serialize)]
	struct File<'a> {
		chain: &'a str,
		name: &'a str,
		validator: bool,
		rpc: Port,
		p2p: P2p<'a>,
		metrics: Port,
		#[serde(skip_serializing_if = "Option::is_none")]
		storage: Option<Storage>,
	}
	#[derive(Serialize)]
	struct Port {
		port: u16,
	}
	#[derive(Serialize)]
	struct P2p<'a> {
		listen: &'a [String],
		reserved: &'a [String],
		#[serde(skip_serializing_if = "Option::is_none")]
		reserved_only: Option<bool>,
	}
	#[derive(Serialize)]
	struct Storage {
		#[serde(skip_serializing_if = "Option::is_none")]
		cache_bytes: Option<u64>,
		#[serde(skip_serializing_if = "Option::is_none")]
		snapshot_every: Option<u32>,
		#[serde(skip_serializing_if = "Option::is_none")]
		snapshots_kept: Option<u32>,
	}
	let reserved_only = settings.reserved_only.then_some(true);
	let NodeSettings { cache_bytes, snapshots, .. } = *settings;
	let storage = Storage {
		cache_bytes,
		snapshot_every: snapshots.map(|snapshots| snapshots.every),
		snapshots_kept: snapshots.map(|snapshots| snapshots.kept),
	};
	let file = File {
		chain: &settings.chain,
		name: &member.name,
		validator: settings.validator,
		rpc: Port { port: settings.rpc_port },
		p2p: P2p { listen: &settings.listen, reserved: &settings.reserved, reserved_only },
		metrics: Port { port: settings.metrics_port },
		storage: (cache_bytes.is_some() || snapshots.is_some()).then_some(storage),
	};
	let text = toml::to_string(&file).expect("strings, numbers and lists of them are TOML");
	format!("# `plexus config show --origins` prints every other setting.\n{text}")
}

/// A fresh account: its id, and its secret as a file's text.
fn new_account() -> (AccountId, Zeroizing<String>) {
	let mut seed = Zeroizing::new([0u8; 32]);
	OsRng.fill_bytes(seed.as_mut());
	let account = AccountId::new(sr25519::Pair::from_seed(&seed).public().0);
	(account, Zeroizing::new(format!("0x{}\n", hex::encode(seed.as_slice()))))
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
	let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
	file.write_all(text.as_bytes())?;
	file.sync_all()
}

fn make_directory(path: &Path) -> Result<(), Report> {
	DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|error| unwritable(path, &error))
}

/// A file or directory that cannot be written.
pub(super) fn unwritable(path: &Path, error: &io::Error) -> Report {
	let cause = format!("cannot write {}: {error}", path.display());
	Report::new("file", cause, "choose a directory that this user may write, on a disk with room")
}

#[cfg(test)]
pub(super) mod tests {
	use super::*;
	use crate::config::{self, Flags};
	use std::os::unix::fs::PermissionsExt;

	/// A network in a directory that goes away with the first value.
	pub(in crate::commands::testnet) fn example(validators: usize) -> (tempfile::TempDir, Layout) {
		let directory = tempfile::tempdir().expect("a temporary directory");
		let wanted = Wanted {
			id: "mine",
			validators,
			stake_plx: 1_000_000,
			endowed: Vec::new(),
			chain_type: ChainType::Live,
			block_time_ms: Some(500),
			faucet_plx: 7,
			stakes: &[],
		};
		let layout = Layout::create(&directory.path().join("net"), &wanted).expect("a new directory");
		(directory, layout)
	}

	#[test]
	fn what_was_created_is_opened_alike_and_never_created_again() {
		let (_directory, layout) = example(3);
		assert!(Layout::open(&layout.root).expect("readable").is_none(), "not finished yet");
		layout.write_spec().expect("writable");
		let opened = Layout::open(&layout.root).expect("readable").expect("there");
		assert_eq!(opened.spec, layout.spec);
		let ids = |layout: &Layout| layout.members.iter().map(|m| m.node.peer_id()).collect::<Vec<_>>();
		assert_eq!(ids(&opened), ids(&layout));
		let wanted = Wanted {
			id: "mine",
			validators: 1,
			stake_plx: 1_000_000,
			endowed: Vec::new(),
			chain_type: ChainType::Live,
			block_time_ms: None,
			faucet_plx: 0,
			stakes: &[],
		};
		let report = Layout::create(&layout.root, &wanted).expect_err("it is there");
		assert!(report.to_string().contains("never overwritten"), "{report}");
	}

	#[test]
	fn every_secret_is_private() {
		let (_directory, layout) = example(2);
		let mut files = vec![layout.root.join("accounts/faucet.key")];
		for member in &layout.members {
			files.push(layout.root.join(format!("accounts/{}.key", member.name)));
			let keys = DataDirectory::new(&member.base, "mine").expect("a plain id").keys();
			files.extend(KeyKind::ALL.map(|kind| keys.join(kind.file_name())));
		}
		for file in files {
			let mode = fs::metadata(&file).expect("written").permissions().mode() & 0o777;
			assert_eq!(mode, 0o600, "{}", file.display());
		}
	}

	#[test]
	fn a_configuration_is_read_by_the_node_as_it_was_meant() {
		let (_directory, layout) = example(2);
		let [first, second] = &layout.members[..] else { panic!("two") };
		let settings = NodeSettings {
			chain: "/etc/plexus/chain-spec.json".into(),
			rpc_port: 1,
			metrics_port: 2,
			validator: true,
			listen: vec!["/ip4/0.0.0.0/tcp/3".into()],
			reserved: vec![second.address("validator-2", 3)],
			reserved_only: true,
			cache_bytes: Some(9 << 20),
			snapshots: Some(Snapshots { every: 11, kept: 2 }),
		};
		layout.configure(first, &settings).expect("writable");
		let flags = Flags::default().with_file(Some(first.base.join("config.toml")));
		let config = config::load(&flags, []).expect("valid").config;
		assert_eq!((config.rpc.port, config.metrics.port, config.storage.cache_bytes), (1, 2, 9 << 20));
		assert_eq!((config.storage.snapshot_every, config.storage.snapshots_kept), (11, 2));
		assert_eq!((config.name.as_str(), config.validator), ("validator-1", true));
		assert_eq!(config.p2p.listen, ["/ip4/0.0.0.0/tcp/3"]);
		assert_eq!(config.p2p.reserved, [format!("/dns4/validator-2/tcp/3/p2p/{}", second.node.peer_id())]);
	}

	#[test]
	fn stakes_are_powers_in_the_order_of_the_nodes() {
		let directory = tempfile::tempdir().expect("a temporary directory");
		let wanted = Wanted {
			id: "mine",
			validators: 3,
			endowed: Vec::new(),
			chain_type: ChainType::Local,
			block_time_ms: None,
			stake_plx: 10_000,
			faucet_plx: 0,
			stakes: &[34_000, 33_000, 20_000],
		};
		let layout = Layout::create(&directory.path().join("net"), &wanted).expect("a new directory");
		assert_eq!(layout.powers(), wanted.stakes);
		let (_directory, alike) = example(2);
		assert!(alike.powers()[0] > 0 && alike.powers()[0] == alike.powers()[1]);
	}

	#[test]
	fn a_wiped_guest_keeps_its_name_in_the_network_and_nothing_else() {
		let (_directory, layout) = example(1);
		let guest = layout.guest("newcomer").expect("writable");
		let chain = DataDirectory::new(&guest.base, "mine").expect("a plain id");
		fs::create_dir_all(chain.database().join("deep")).expect("writable");
		fs::write(chain.root().join("file"), "old").expect("writable");
		layout.wipe(&guest).expect("writable");
		let left: Vec<PathBuf> =
			fs::read_dir(chain.root()).expect("there").map(|entry| entry.expect("there").path()).collect();
		assert_eq!(left, [chain.keys()]);
		assert_eq!(layout.guest("newcomer").expect("there").node.peer_id(), guest.node.peer_id());
	}

	#[test]
	fn hosts_are_names_or_addresses() {
		let (_directory, layout) = example(1);
		let member = &layout.members[0];
		for (host, start) in [
			("192.0.2.1", "/ip4/192.0.2.1/"),
			("2001:db8::1", "/ip6/2001:db8::1/"),
			("a.example", "/dns4/a.example/"),
		] {
			assert!(member.address(host, 1).starts_with(start), "{}", member.address(host, 1));
		}
	}
}
