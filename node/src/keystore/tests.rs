//! Round trips, permissions, passwords and tampering.

use super::*;
use std::fs;

fn password(directory: &Path, name: &str, text: &str) -> PasswordSource {
	let file = directory.join(name);
	fs::write(&file, text).expect("writable");
	fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("own file");
	PasswordSource { file: Some(file) }
}

fn directory() -> tempfile::TempDir {
	tempfile::tempdir().expect("a temporary directory")
}

fn edit(path: &Path, change: impl Fn(String) -> String) {
	let text = fs::read_to_string(path).expect("readable");
	let changed = change(text.clone());
	assert_ne!(text, changed, "the edit must change something");
	fs::write(path, changed).expect("writable");
}

#[test]
fn a_plain_key_comes_back_and_only_its_owner_may_read_it() {
	let directory = directory();
	let keys = Keystore::at(directory.path().join("keys"));
	let key = SecretKey::generate();
	let path = keys.store(KeyKind::Validator, &key, None).expect("stored");
	let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
	assert_eq!((mode(&path), mode(path.parent().expect("a parent"))), (0o600, 0o700));
	let loaded = keys.load(KeyKind::Validator, &PasswordSource::default()).expect("loaded");
	assert_eq!(loaded.expose(), key.expose());
	assert_eq!(keys.public(KeyKind::Validator).expect("public"), key.public());
	let left: Vec<_> = fs::read_dir(directory.path().join("keys")).expect("there").collect();
	assert_eq!(left.len(), 1, "no temporary file stays");
}

#[test]
fn a_key_that_others_can_read_is_refused_with_the_command_that_helps() {
	let directory = directory();
	let keys = Keystore::at(directory.path());
	let path = keys.store(KeyKind::Node, &SecretKey::generate(), None).expect("stored");
	for mode in [0o640, 0o604, 0o660, 0o601] {
		fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("own file");
		let error = keys.load(KeyKind::Node, &PasswordSource::default()).expect_err("exposed");
		assert!(matches!(error, KeystoreError::Exposed { mode: found, .. } if found == mode), "{error}");
		assert!(error.remedy().expect("a remedy").starts_with(&format!("chmod 600 {}", path.display())));
	}
}

#[test]
fn an_encrypted_key_opens_with_its_password_only() {
	let directory = directory();
	let keys = Keystore::at(directory.path());
	let right = password(directory.path(), "right", "correct horse");
	let wrong = password(directory.path(), "wrong", "correct house");
	let key = SecretKey::generate();
	let path = keys.store(KeyKind::Validator, &key, Some(&right)).expect("stored");
	let text = fs::read_to_string(&path).expect("readable");
	assert!(!text.contains(&hex::encode(key.expose())), "the seed is not in the file");
	assert_eq!(inspect_file(&path).expect("inspected"), (KeyKind::Validator, key.public(), true));
	assert_eq!(keys.load(KeyKind::Validator, &right).expect("opened").expose(), key.expose());
	let error = keys.load(KeyKind::Validator, &wrong).expect_err("wrong password");
	assert!(matches!(error, KeystoreError::WrongPassword { .. }), "{error}");
}

#[test]
fn a_changed_encrypted_file_is_refused() {
	let directory = directory();
	let keys = Keystore::at(directory.path());
	let right = password(directory.path(), "right", "pw");
	let path = keys.store(KeyKind::Validator, &SecretKey::generate(), Some(&right)).expect("stored");
	edit(&path, |text| text.replace("\"validator\"", "\"node\""));
	let error = open_file(&path, &right).expect_err("the kind is authenticated");
	assert!(matches!(error, KeystoreError::WrongPassword { .. }), "{error}");
	edit(&path, |text| text.replace("\"memory_kib\": 65536", "\"memory_kib\": 4294967295"));
	let error = open_file(&path, &right).expect_err("the memory is bounded");
	assert!(matches!(error, KeystoreError::Malformed { .. }), "{error}");
}

#[test]
fn a_secret_that_is_not_the_public_keys_is_refused() {
	let directory = directory();
	let keys = Keystore::at(directory.path());
	let (one, other) = (SecretKey::from_seed([1; 32]), SecretKey::from_seed([2; 32]));
	let path = keys.store(KeyKind::Node, &one, None).expect("stored");
	edit(&path, |text| text.replace(&hex::encode(one.expose()), &hex::encode(other.expose())));
	let error = keys.load(KeyKind::Node, &PasswordSource::default()).expect_err("not a pair");
	assert!(matches!(error, KeystoreError::Malformed { .. }), "{error}");
}

#[test]
fn a_malformed_file_is_named_without_showing_its_secret() {
	let directory = directory();
	let path = directory.path().join("node.key");
	for text in
		["", "{", "[]", "{\"secret\":\"0xdeadbeef\"", "{\"version\":9,\"kind\":\"node\",\"public\":\"0x\"}"]
	{
		fs::write(&path, text).expect("writable");
		fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("own file");
		let error = Keystore::at(directory.path()).public(KeyKind::Node).expect_err("malformed");
		assert!(matches!(error, KeystoreError::Malformed { .. }), "{error}");
		assert!(!error.to_string().contains("deadbeef"), "{error}");
	}
	fs::write(&path, vec![b' '; 20_000]).expect("writable");
	assert!(Keystore::at(directory.path()).public(KeyKind::Node).is_err());
}

#[test]
fn a_key_is_never_overwritten() {
	let directory = directory();
	let keys = Keystore::at(directory.path());
	let first = SecretKey::generate();
	keys.store(KeyKind::Validator, &first, None).expect("stored");
	let error = keys.store(KeyKind::Validator, &SecretKey::generate(), None).expect_err("there is one");
	assert!(matches!(error, KeystoreError::Exists { .. }), "{error}");
	assert_eq!(keys.public(KeyKind::Validator).expect("public"), first.public());
}

#[test]
fn the_node_key_is_made_once() {
	let directory = directory();
	let keys = Keystore::at(directory.path());
	let first = keys.node_key(&PasswordSource::default()).expect("made");
	let second = keys.node_key(&PasswordSource::default()).expect("loaded");
	assert_eq!(first.public(), second.public());
	let error = keys.load(KeyKind::Validator, &PasswordSource::default()).expect_err("there is none");
	assert!(matches!(error, KeystoreError::Missing { kind: KeyKind::Validator, .. }), "{error}");
}

#[test]
fn secrets_do_not_show_in_debug_output() {
	let key = SecretKey::from_seed([0xab; 32]);
	assert_eq!(format!("{key:?}"), "SecretKey(…)");
}

#[test]
fn secrets_are_read_in_every_written_form() {
	let hex = format!("0x{}", hex::encode([7u8; 32]));
	assert_eq!(SecretKey::from_secret(&hex).expect("hex").expose(), &[7; 32]);
	let alice = SecretKey::from_secret("//Alice").expect("a development seed").public();
	// The well-known ed25519 address of //Alice.
	assert_eq!(alice.ss58(), "5FA9nQDVg267DEd8m1ZypXLBnvN7SFxYwV7ndqSYGiN9TTpu");
	let phrase = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";
	assert_eq!(SecretKey::from_secret(&format!("{phrase}//Alice")).expect("a mnemonic").public(), alice);
	for wrong in ["", "0x12", "not a mnemonic", "bottom bottom bottom"] {
		assert!(SecretKey::from_secret(wrong).is_err(), "{wrong:?}");
	}
}

#[test]
fn the_peer_id_is_libp2ps() {
	// The node key 1 and its peer id, as used all over the Substrate documentation.
	let mut seed = [0u8; 32];
	seed[31] = 1;
	let id = SecretKey::from_seed(seed).public().peer_id();
	assert_eq!(id, "12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp");
}

#[test]
fn a_next_key_is_made_once_private_and_beside_the_present_one() {
	let directory = directory();
	let keys = Keystore::at(directory.path().join("keys"));
	let none = PasswordSource::default();
	assert_eq!(keys.next_public().expect("nothing there"), None);
	let error = keys.load_next(&none).expect_err("none is made by looking");
	assert!(matches!(error, KeystoreError::NextMissing { .. }), "{error}");
	let present = SecretKey::generate();
	keys.store(KeyKind::Validator, &present, None).expect("stored");
	let next = keys.next_key(&none).expect("made");
	assert_ne!(next, present.public());
	assert_eq!(keys.next_key(&none).expect("the same again"), next);
	assert_eq!(keys.load_next(&none).expect("loaded").public(), next);
	assert_eq!(keys.public(KeyKind::Validator).expect("untouched"), present.public());
	let mode = fs::metadata(keys.next_path()).expect("there").permissions().mode() & 0o777;
	assert_eq!(mode, 0o600);
}

#[test]
fn a_next_key_is_encrypted_where_the_present_one_is() {
	let directory = directory();
	let keys = Keystore::at(directory.path().join("keys"));
	let right = password(directory.path(), "right", "correct horse");
	keys.store(KeyKind::Validator, &SecretKey::generate(), Some(&right)).expect("stored");
	let next = keys.next_key_unattended(&right).expect("made");
	assert_eq!(keys.next_key(&right).expect("the same again"), next);
	assert_eq!(inspect_file(&keys.next_path()).expect("inspected"), (KeyKind::Validator, next, true));
	assert_eq!(keys.load_next_unattended(&right).expect("opened").public(), next);
	let wrong = password(directory.path(), "wrong", "correct house");
	let error = keys.load_next_unattended(&wrong).expect_err("wrong password");
	assert!(matches!(error, KeystoreError::WrongPassword { .. }), "{error}");
}

#[test]
fn the_next_key_follows_and_the_former_one_is_kept() {
	let directory = directory();
	let keys = Keystore::at(directory.path());
	let none = PasswordSource::default();
	let error = keys.promote_next().expect_err("there is no next key");
	assert!(matches!(error, KeystoreError::NextMissing { .. }), "{error}");
	let first = keys.next_key(&none).expect("made");
	assert_eq!(keys.promote_next().expect("nothing went before"), None);
	assert_eq!(keys.public(KeyKind::Validator).expect("there"), first);
	let second = keys.next_key(&none).expect("another, since the first is in use");
	assert_ne!(first, second);
	let former = keys.promote_next().expect("promoted").expect("one went before");
	assert_eq!(keys.public(KeyKind::Validator).expect("there"), second);
	assert_eq!(keys.next_public().expect("read"), None);
	assert_eq!(inspect_file(&former).expect("kept").1, first);
	let name = former.file_name().and_then(|name| name.to_str()).expect("plain");
	assert_eq!(name, format!("validator.former-{}.key", &first.hex()[2..18]));
}

#[test]
fn a_change_that_a_crash_cut_short_goes_on_and_replaces_no_other_key() {
	let directory = directory();
	let keys = Keystore::at(directory.path());
	let none = PasswordSource::default();
	let present = SecretKey::generate();
	let path = keys.store(KeyKind::Validator, &present, None).expect("stored");
	let next = keys.next_key(&none).expect("made");
	let former = directory.path().join(format!("validator.former-{}.key", &present.public().hex()[2..18]));
	// Another key under that name: nothing is changed.
	write_key(&former, KeyKind::Validator, &SecretKey::generate(), None).expect("written");
	let error = keys.promote_next().expect_err("the name is taken");
	assert!(matches!(error, KeystoreError::Exists { .. }), "{error}");
	assert_eq!(keys.public(KeyKind::Validator).expect("there"), present.public());
	fs::remove_file(&former).expect("the test's own");
	// The crash: the second name is there, the first not yet replaced.
	fs::hard_link(&path, &former).expect("linked");
	assert_eq!(keys.promote_next().expect("goes on"), Some(former.clone()));
	assert_eq!(keys.public(KeyKind::Validator).expect("there"), next);
	assert_eq!(inspect_file(&former).expect("kept").1, present.public());
}
