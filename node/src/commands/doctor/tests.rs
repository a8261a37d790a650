//! Verdicts at their limits.

use super::{checks::*, *};
use crate::{
	keystore::{KeyKind, Keystore, SecretKey},
	password::PasswordSource,
};
use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt, path::Path};

#[test]
fn little_space_warns_and_none_fails() {
	let verdict = |free| judge_space(free, Path::new("/data")).verdict;
	assert_eq!(verdict(0), Verdict::Fail);
	assert_eq!(verdict((1 << 30) - 1), Verdict::Fail);
	assert_eq!(verdict(1 << 30), Verdict::Warn);
	assert_eq!(verdict(20 << 30), Verdict::Ok);
}

#[test]
fn the_file_limit_must_hold_database_and_connections() {
	assert_eq!(judge_files(1024, 500).verdict, Verdict::Warn);
	assert!(judge_files(1024, 500).remedy.expect("a remedy").contains("ulimit -n 2048"));
	assert_eq!(judge_files(4096, 500).verdict, Verdict::Ok);
	assert_eq!(judge_files(u64::MAX, 500).found, "no limit");
}

#[test]
fn a_taken_port_fails_and_names_its_flag() {
	let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
	let address = taken.local_addr().expect("bound");
	let finding = port("rpc port", address, "--rpc-port");
	assert_eq!(finding.verdict, Verdict::Fail);
	assert!(finding.remedy.expect("a remedy").contains("--rpc-port"));
	drop(taken);
	assert_eq!(port("rpc port", address, "--rpc-port").verdict, Verdict::Ok);
}

#[test]
fn sockets_are_found_in_multiaddresses() {
	assert_eq!(tcp_address("/ip4/0.0.0.0/tcp/30333"), "0.0.0.0:30333".parse().ok());
	assert_eq!(tcp_address("/ip6/::1/tcp/1/p2p/x"), "[::1]:1".parse().ok());
	for other in ["/dns4/a.example/tcp/1", "/ip4/1.2.3.4/udp/1", "", "/ip4/1.2.3.4", "/ip4/x/tcp/1"] {
		assert_eq!(tcp_address(other), None, "{other}");
	}
}

#[test]
fn keys_are_found_missing_exposed_or_well() {
	let directory = tempfile::tempdir().expect("a temporary directory");
	let verdicts = |needed| keys(directory.path(), needed).iter().map(|f| f.verdict).collect::<Vec<_>>();
	assert_eq!(verdicts(true), [Verdict::Fail, Verdict::Ok]);
	assert_eq!(verdicts(false), [Verdict::Ok, Verdict::Ok]);
	let keystore = Keystore::at(directory.path());
	let path = keystore.store(KeyKind::Validator, &SecretKey::generate(), None).expect("stored");
	assert_eq!(verdicts(true), [Verdict::Ok, Verdict::Ok]);
	fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("own file");
	let findings = keys(directory.path(), true);
	assert_eq!(findings[0].verdict, Verdict::Fail);
	assert!(line(&findings[0], false).contains("chmod 600"), "{findings:?}");
}

#[test]
fn a_next_key_is_shown_and_stands_in_for_a_missing_validator_key() {
	let directory = tempfile::tempdir().expect("a temporary directory");
	let keystore = Keystore::at(directory.path());
	let next = keystore.next_key(&PasswordSource::default()).expect("made");
	let findings = keys(directory.path(), true);
	assert_eq!(findings.iter().map(|f| f.verdict).collect::<Vec<_>>(), [Verdict::Ok; 3]);
	assert!(findings[2].check == "next key" && findings[2].found.starts_with(&next.hex()), "{findings:?}");
	fs::set_permissions(keystore.next_path(), fs::Permissions::from_mode(0o640)).expect("own file");
	assert_eq!(keys(directory.path(), true)[2].verdict, Verdict::Fail);
}

#[test]
fn a_line_shows_verdict_finding_and_remedy() {
	let finding = Finding::fail("clock", "stopped", "wind it");
	assert_eq!(line(&finding, false), "FAIL  clock          stopped\n                     → wind it");
	assert!(line(&finding, true).starts_with("\x1b[31mFAIL"));
}
