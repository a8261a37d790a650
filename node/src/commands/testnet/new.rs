//! `plexus testnet new`: everything that the hosts of a new network need, in one directory.
//!
//! # Must not
//! Overwrite anything, or print a secret.

use super::{
	files,
	layout::{unwritable, Layout, NodeSettings, Snapshots, Wanted},
};
use crate::{cli::TestnetNewArgs, report::Report};
use anyhow::Context;
use plexus_chain_spec::ChainType;
use serde_json::json;
use std::{env, fs, net::IpAddr, path::Path, process::Command};

/// What every validator makes of itself, so that there is something to restore from and newcomers find a state to join
/// with. At one block a second these are hours apart, which is little to execute again, and each takes no more than what
/// the database has rewritten since; three outlast the two hours that a joining node has for one.
const SNAPSHOTS: Snapshots = Snapshots { every: 10_000, kept: 3 };

/// Writes the directory.
///
/// # Errors
/// It exists, cannot be written, or what was asked for breaks a rule of specifications.
pub(super) fn run(args: &TestnetNewArgs) -> anyhow::Result<()> {
	let layout = write(args)?;
	let binary = env::current_exe().context("this program cannot find itself")?;
	copy_binary(&binary, &layout.root.join("plexus"))?;
	// Last, so that a directory that has a specification is complete.
	layout.write_spec()?;
	print(&layout, args.json)
}

/// Copies a program for the hosts, without its debug information where binutils are installed: most of its bytes, of
/// which a panic's backtrace names functions all the same.
fn copy_binary(binary: &Path, copy: &Path) -> Result<(), Report> {
	fs::copy(binary, copy).map_err(|error| unwritable(copy, &error))?;
	let stripped = Command::new("strip").arg("-S").arg(copy).output();
	if !stripped.is_ok_and(|output| output.status.success()) {
		eprintln!("note: {} has its debug information; `strip -S` makes it smaller", copy.display());
	}
	Ok(())
}

/// Everything but the binary and the specification.
fn write(args: &TestnetNewArgs) -> Result<Layout, Report> {
	let count = usize::from(args.validators);
	if !args.hosts.is_empty() && args.hosts.len() != count {
		let cause = format!("{} hosts are named for {count} validators", args.hosts.len());
		return Err(Report::new("testnet", cause, "name one --host for each validator, in order, or none"));
	}
	let wanted = Wanted {
		id: &args.id,
		validators: count,
		stake_plx: args.stake,
		endowed: args.endowed.clone(),
		chain_type: ChainType::Live,
		block_time_ms: args.block_time_ms,
		faucet_plx: args.faucet,
		stakes: &[],
	};
	let mut layout = Layout::create(&args.out, &wanted)?;
	let hosts: Vec<String> = match args.hosts.is_empty() {
		true => layout.members.iter().map(|member| member.name.clone()).collect(),
		false => args.hosts.clone(),
	};
	let addresses: Vec<String> = layout
		.members
		.iter()
		.zip(&hosts)
		.map(|(member, host)| member.address(host, files::P2P_PORT))
		.collect();
	layout.spec.bootnodes.clone_from(&addresses);
	layout.spec.check().map_err(|error| crate::place::spec_report(&error))?;
	for (index, member) in layout.members.iter().enumerate() {
		let mut reserved = addresses.clone();
		reserved.remove(index);
		let settings = NodeSettings {
			chain: files::SPEC_PATH.into(),
			rpc_port: files::RPC_PORT,
			metrics_port: files::METRICS_PORT,
			validator: true,
			listen: listen(&hosts[index]),
			reserved,
			reserved_only: false,
			cache_bytes: None,
			snapshots: Some(SNAPSHOTS),
		};
		layout.configure(member, &settings)?;
	}
	let user = (rustix::process::getuid().as_raw(), rustix::process::getgid().as_raw());
	for (name, text) in [
		("Dockerfile", files::DOCKERFILE),
		(".dockerignore", files::DOCKERIGNORE),
		("docker-compose.yml", files::compose(&layout, &hosts, user).as_str()),
		("plexus@.service", files::UNIT),
		("prometheus.yml", files::prometheus(&layout, &hosts).as_str()),
		("grafana.json", files::DASHBOARD),
	] {
		let path = layout.root.join(name);
		fs::write(&path, text).map_err(|error| unwritable(&path, &error))?;
	}
	Ok(layout)
}

/// All addresses of a host; those of IPv6 only where others know it by one, since not every host has any.
fn listen(host: &str) -> Vec<String> {
	let mut any = vec![format!("/ip4/0.0.0.0/tcp/{}", files::P2P_PORT)];
	if let Ok(IpAddr::V6(_)) = host.parse() {
		any.push(format!("/ip6/::/tcp/{}", files::P2P_PORT));
	}
	any
}

fn print(layout: &Layout, json: bool) -> anyhow::Result<()> {
	let genesis = layout.spec.genesis_hash().map_err(|error| crate::place::spec_report(&error))?;
	let root = layout.root.display();
	if json {
		let nodes: Vec<_> = layout
			.members
			.iter()
			.map(|member| json!({ "name": member.name, "peerId": member.node.peer_id() }))
			.collect();
		let value = json!({
			"directory": root.to_string(), "chain": layout.spec.id, "genesisHash": format!("{genesis:?}"), "nodes": nodes,
		});
		println!("{value:#}");
		return Ok(());
	}
	println!("{root}: `{}`, genesis {genesis:?}", layout.spec.id);
	for member in &layout.members {
		println!("  {:<14} {}", member.name, member.node.peer_id());
	}
	println!(
		"  accounts       the operators' and the faucet's secrets: keep them off the hosts\n\
		 start it with   cd {root} && docker compose up --build --detach\n\
		 or bring each folder, {root}/chain-spec.json and plexus@.service to its host: docs/testnet.md"
	);
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::cli::{self, Cli, TestnetCommand};
	use crate::config::{self, Flags, P2p, Storage};
	use clap::Parser;
	use plexus_chain_spec::Genesis;
	use std::{ffi::OsString, io};

	fn args(out: &Path, hosts: &[&str]) -> TestnetNewArgs {
		TestnetNewArgs {
			validators: 2,
			out: out.to_path_buf(),
			id: "mine".into(),
			block_time_ms: None,
			hosts: hosts.iter().map(ToString::to_string).collect(),
			endowed: vec!["0x0909090909090909090909090909090909090909090909090909090909090909=5".into()],
			stake: 1_000_000,
			faucet: 0,
			json: false,
		}
	}

	#[test]
	fn each_node_knows_the_others_by_name_and_newcomers_know_all() {
		let directory = tempfile::tempdir().expect("a temporary directory");
		let layout = write(&args(&directory.path().join("net"), &[])).expect("a new directory");
		let config = fs::read_to_string(layout.members[0].base.join("config.toml")).expect("written");
		assert!(config.contains("/dns4/validator-2/tcp/30333/p2p/12D3KooW"), "{config}");
		assert!(!config.contains("/dns4/validator-1/"), "{config}");
		assert_eq!(layout.spec.bootnodes.len(), 2);
		assert!(!layout.root.join("accounts/faucet.key").exists(), "a faucet without money has no key");
		for name in [
			"Dockerfile",
			".dockerignore",
			"docker-compose.yml",
			"plexus@.service",
			"prometheus.yml",
			"grafana.json",
		] {
			assert!(layout.root.join(name).is_file(), "{name}");
		}
	}

	#[test]
	fn a_host_with_an_ipv6_address_listens_where_the_others_look_for_it() {
		let directory = tempfile::tempdir().expect("a temporary directory");
		let layout = write(&args(&directory.path().join("net"), &["2001:db8::1", "192.0.2.1"]));
		let layout = layout.expect("a new directory");
		let p2p = |number: usize| {
			let flags = Flags::default().with_file(Some(layout.members[number].base.join("config.toml")));
			config::load(&flags, []).expect("valid").config.p2p
		};
		assert_eq!(p2p(0).listen, ["/ip4/0.0.0.0/tcp/30333", "/ip6/::/tcp/30333"]);
		assert_eq!(p2p(1).listen, P2p::default().listen);
		assert!(p2p(1).reserved[0].starts_with("/ip6/2001:db8::1/tcp/30333/p2p/"));
	}

	#[test]
	fn every_validator_makes_snapshots_and_keeps_a_bounded_number_of_them() {
		let directory = tempfile::tempdir().expect("a temporary directory");
		let layout = write(&args(&directory.path().join("net"), &[])).expect("a new directory");
		assert_eq!(layout.members.len(), 2);
		for member in &layout.members {
			let flags = Flags::default().with_file(Some(member.base.join("config.toml")));
			let storage = config::load(&flags, []).expect("valid").config.storage;
			assert_eq!((storage.snapshot_every, storage.snapshots_kept), (10_000, 3), "{}", member.name);
			assert_eq!(storage.cache_bytes, Storage::default().cache_bytes, "nothing else differs");
		}
	}

	#[test]
	fn who_gathers_all_free_money_stays_below_a_third_of_the_power() {
		let directory = tempfile::tempdir().expect("a temporary directory");
		for validators in ["1", "4", "64"] {
			let out = directory.path().join(validators);
			let words = ["plexus", "testnet", "new", "--validators", validators, "--out"];
			let words = words.into_iter().map(OsString::from).chain([out.into_os_string()]);
			let parsed = Cli::try_parse_from(words).expect("well-formed");
			let cli::Command::Testnet(TestnetCommand::New(defaults)) = parsed.command else {
				panic!("it is that command");
			};
			let layout = write(&defaults).expect("the defaults obey the rule");
			let Genesis::Runtime(genesis) = &layout.spec.genesis else { panic!("not raw") };
			let staked: u128 = genesis.validators.validators.iter().map(|validator| validator.stake).sum();
			let money: u128 = genesis.balances.balances.iter().map(|(_, amount)| amount).sum();
			// As much of all power as `money - staked` would have.
			assert!((money - staked) * 3 < money, "{validators}: {staked} of {money}");
		}
		// 2,000,000 are staked, the operators have 200,000 and another account 5.
		let out = directory.path().join("rich");
		let rich = TestnetNewArgs { faucet: 799_995, ..args(&out, &[]) };
		let report = write(&rich).expect_err("half of the stake");
		assert!(report.to_string().contains("1000000 PLX are free and 2000000 PLX staked"), "{report}");
		assert!(!out.exists(), "nothing was made");
		write(&TestnetNewArgs { faucet: 799_994, ..args(&out, &[]) }).expect("less than half");
		let more = directory.path().join("more");
		write(&TestnetNewArgs { faucet: 799_995, stake: 1_000_001, ..args(&more, &[]) }).expect("more stake");
	}

	#[test]
	fn nothing_is_overwritten_and_hosts_are_named_for_all_or_none() {
		let directory = tempfile::tempdir().expect("a temporary directory");
		let out = directory.path().join("net");
		let report = write(&args(&out, &["a.example"])).expect_err("one host for two");
		assert!(report.to_string().contains("1 hosts are named for 2 validators"), "{report}");
		assert!(!out.exists(), "nothing was made");
		let mut wrong = args(&out, &[]);
		wrong.endowed = vec!["nobody=1".into()];
		assert!(write(&wrong).is_err() && !out.exists(), "a broken rule leaves nothing behind");
		write(&args(&out, &["a.example", "b.example"])).expect("a new directory");
		let before = fs::read(out.join("docker-compose.yml")).expect("written");
		assert!(write(&args(&out, &[])).is_err());
		assert_eq!(fs::read(out.join("docker-compose.yml")).expect("still there"), before);
	}

	#[test]
	fn the_copied_program_runs_and_is_not_larger() {
		let directory = tempfile::tempdir().expect("a temporary directory");
		let here = env::current_exe().expect("a running test has a path");
		let copy = directory.path().join("plexus");
		copy_binary(&here, &copy).expect("writable");
		let bytes = |path: &Path| fs::metadata(path).expect("it is there").len();
		assert!(bytes(&copy) <= bytes(&here));
		let ran = Command::new(&copy).arg("--list").output().expect("it is executable");
		assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
	}

	/// systemd's own opinion of a unit; `None` where systemd is not installed.
	fn systemd_verifies(unit: &Path) -> Option<std::process::Output> {
		// Without the flag what is unknown or misplaced is a warning, and the exit code 0.
		let words = ["verify", "--man=no", "--recursive-errors=no"];
		match Command::new("systemd-analyze").args(words).arg(unit).output() {
			Ok(output) => Some(output),
			Err(error) if error.kind() == io::ErrorKind::NotFound => None,
			Err(error) => panic!("systemd-analyze is there and does not run: {error}"),
		}
	}

	#[test]
	fn the_unit_passes_systemd_analyze_and_one_with_a_mistake_does_not() {
		let directory = tempfile::tempdir().expect("a temporary directory");
		// The program need not be installed where this test runs.
		let here = env::current_exe().expect("a running test has a path");
		let text = files::UNIT.replace("/usr/local/bin/plexus", &here.display().to_string());
		assert_ne!(text, files::UNIT);
		let misspelt = text.replace("\nRestart=", "\nRestrat=");
		assert_ne!(misspelt, text);
		for (name, text, is_good) in
			[("plexus@validator-1.service", &text, true), ("plexus@validator-2.service", &misspelt, false)]
		{
			let unit = directory.path().join(name);
			fs::write(&unit, text).expect("writable");
			let Some(output) = systemd_verifies(&unit) else {
				println!("SKIPPED: systemd-analyze is not installed");
				return;
			};
			let words = String::from_utf8_lossy(&output.stderr);
			assert_eq!(output.status.success(), is_good, "{name}: {words}");
			assert_eq!(words.contains("Restrat"), !is_good, "{name}: {words}");
		}
	}
}
