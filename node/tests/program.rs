//! The program as its user meets it: the real binary, its exit codes and its words.

use rustix::process::{kill_process, Pid, Signal};
use serde_json::Value;
use std::{
	fs,
	io::{BufRead, BufReader},
	path::{Path, PathBuf},
	process::{Child, Command, Output, Stdio},
	sync::mpsc::{channel, Receiver},
	thread,
	time::{Duration, Instant},
};

/// Longer than any start or stop on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn plexus(arguments: &[&str]) -> Output {
	Command::new(env!("CARGO_BIN_EXE_plexus"))
		.args(arguments)
		.env_remove("PLEXUS_PASSWORD")
		.output()
		.expect("the binary was built for this test")
}

fn succeed(arguments: &[&str]) -> String {
	let output = plexus(arguments);
	assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
	text(&output.stdout)
}

fn fail(arguments: &[&str]) -> String {
	let output = plexus(arguments);
	assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", text(&output.stdout));
	let words = text(&output.stderr);
	assert!(words.contains("error: ") && words.contains("\n  remedy: "), "{arguments:?}: {words}");
	words
}

fn text(bytes: &[u8]) -> String {
	String::from_utf8_lossy(bytes).into_owned()
}

/// A running node: a development node with fast blocks, unless told otherwise.
struct Node {
	child: Child,
	lines: Receiver<String>,
}

impl Node {
	fn start(directory: &str) -> Self {
		Self::start_with(&["--dev", "-d", directory, "--block-time-ms", "200"])
	}

	fn start_with(arguments: &[&str]) -> Self {
		let mut child = Command::new(env!("CARGO_BIN_EXE_plexus"))
			.arg("run")
			.args(arguments)
			.args(["--rpc-port", "0", "--metrics-port", "0", "--log-format", "json"])
			.stderr(Stdio::piped())
			.spawn()
			.expect("the binary was built for this test");
		let stderr = child.stderr.take().expect("it is piped");
		let (sender, lines) = channel();
		thread::spawn(move || {
			BufReader::new(stderr).lines().map_while(Result::ok).all(|line| sender.send(line).is_ok())
		});
		Self { child, lines }
	}

	/// Waits until a block of this height, or a later one, is in the log.
	fn wait_for(&self, height: u64) {
		let deadline = Instant::now() + PATIENCE;
		loop {
			let left = deadline.saturating_duration_since(Instant::now());
			let line = self.lines.recv_timeout(left).expect("the node makes blocks in time");
			let event: Value = serde_json::from_str(&line).expect("each line is JSON");
			if event["message"] == "block" && event["height"].as_u64() >= Some(height) {
				return;
			}
		}
	}

	/// Asks it to stop and waits for the exit code.
	fn stop(mut self) -> Option<i32> {
		let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).expect("a process id");
		kill_process(pid, Signal::TERM).expect("the node runs");
		let deadline = Instant::now() + PATIENCE;
		// The log ends when the process does.
		while self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())).is_ok() {}
		self.child.wait().expect("it can be waited for").code()
	}
}

impl Drop for Node {
	fn drop(&mut self) {
		// Only after a failed assertion is it still running.
		let _ = self.child.kill();
	}
}

fn path(directory: &Path, name: &str) -> String {
	directory.join(name).display().to_string()
}

fn replayed(directory: &str) -> Value {
	let told = succeed(&["check", "-d", directory, "--block-time-ms", "200", "--json"]);
	serde_json::from_str(&told).expect("JSON")
}

#[test]
fn a_chain_runs_stops_and_travels_by_file() {
	let scratch = tempfile::tempdir().expect("a temporary directory");
	let [original, copy, forged, file] =
		["original", "copy", "forged", "blocks"].map(|name| path(scratch.path(), name));

	let node = Node::start(&original);
	node.wait_for(5);
	let locked = fail(&["check", "-d", &original, "--block-time-ms", "200"]);
	assert!(locked.contains("another plexus is running"), "{locked}");
	assert_eq!(node.stop(), Some(0), "a stop that was asked for is no failure");

	let first = replayed(&original);
	assert!(first["blocks"].as_u64() >= Some(5), "{first}");
	succeed(&["export", &file, "-d", &original, "--block-time-ms", "200"]);
	assert!(fail(&["export", &file, "-d", &original, "--block-time-ms", "200"]).contains("block file"));
	let import = ["import", &file, "-d", &copy, "--block-time-ms", "200"];
	succeed(&import);
	assert_eq!(replayed(&copy)["stateRoot"], first["stateRoot"]);
	assert!(succeed(&import).starts_with("0 blocks imported"), "an import can be repeated");
	assert!(fail(&["import", &file, "-d", &forged]).contains("wrong chain"));

	forge_last_signature(&file);
	let import = ["import", &file, "-d", &forged, "--block-time-ms", "200"];
	let refused = fail(&import);
	assert!(refused.contains("certificate proves nothing"), "{refused}");
	let kept = replayed(&forged)["blocks"].as_u64().expect("a number");
	assert_eq!(Some(kept + 1), first["blocks"].as_u64(), "what was proved before the forgery stays");
}

/// The file ends with the last certificate's last signature.
fn forge_last_signature(file: &str) {
	let mut bytes = fs::read(file).expect("readable");
	*bytes.last_mut().expect("not empty") ^= 1;
	fs::write(file, bytes).expect("writable");
}

#[test]
fn a_database_of_another_chain_is_refused() {
	let scratch = tempfile::tempdir().expect("a temporary directory");
	let [directory, spec] = ["data", "spec.json"].map(|name| path(scratch.path(), name));
	let node = Node::start(&directory);
	node.wait_for(1);
	assert_eq!(node.stop(), Some(0));
	// Another genesis under the same id.
	let build = ["chain-spec", "build", "--block-time-ms", "400", "--id", "plexus-dev-200ms", "-o", &spec];
	succeed(&build);
	let refused =
		fail(&["run", "-d", &directory, "--chain", &spec, "--rpc-port", "0", "--metrics-port", "0"]);
	assert!(refused.contains("belongs to the chain with genesis"), "{refused}");
}

#[test]
fn a_damaged_database_is_refused() {
	let scratch = tempfile::tempdir().expect("a temporary directory");
	let directory = path(scratch.path(), "data");
	let node = Node::start(&directory);
	node.wait_for(1);
	assert_eq!(node.stop(), Some(0));
	let database = PathBuf::from(&directory).join("chains/plexus-dev-200ms/db");
	fs::write(database.join("CURRENT"), "MANIFEST-999999\n").expect("writable");
	let refused = fail(&[
		"run",
		"--dev",
		"-d",
		&directory,
		"--block-time-ms",
		"200",
		"--rpc-port",
		"0",
		"--metrics-port",
		"0",
	]);
	assert!(refused.contains("error: database"), "{refused}");
}

#[test]
fn a_misspelt_key_in_the_file_keeps_the_node_from_starting() {
	let scratch = tempfile::tempdir().expect("a temporary directory");
	let directory = path(scratch.path(), "");
	fs::write(scratch.path().join("config.toml"), "[rpc]\nprot = 1\n").expect("writable");
	let refused = fail(&["run", "--dev", "-d", &directory]);
	assert!(refused.contains("did you mean `rpc.port`?"), "{refused}");
}

#[test]
fn a_validator_without_a_key_does_not_start() {
	let scratch = tempfile::tempdir().expect("a temporary directory");
	let directory = path(scratch.path(), "data");
	let run = [
		"run",
		"--chain",
		"local",
		"--validator",
		"-d",
		&directory,
		"--rpc-port",
		"0",
		"--metrics-port",
		"0",
	];
	let refused = fail(&run);
	assert!(refused.contains("plexus key generate validator"), "{refused}");
}

#[test]
fn keys_are_made_shown_and_kept() {
	let scratch = tempfile::tempdir().expect("a temporary directory");
	let directory = path(scratch.path(), "data");
	let json = |told: String| serde_json::from_str::<Value>(&told).expect("JSON");
	let made = json(succeed(&["key", "generate", "validator", "-d", &directory, "--json"]));
	let shown = json(succeed(&["key", "inspect", "validator", "-d", &directory, "--json"]));
	assert_eq!(made, shown);
	assert!(fail(&["key", "generate", "validator", "-d", &directory]).contains("exists already"));
	let bob = json(succeed(&["key", "insert", "node", "--dev-seed", "//Bob", "-d", &directory, "--json"]));
	assert_eq!(bob["ss58"], "5GoNkf6WdbxCFnPdAnYYQyCjAKPJgLNxXwPjwTh6DGg6gN3E");
}

#[test]
fn a_chain_of_ones_own_makes_blocks_as_the_readme_says() {
	let scratch = tempfile::tempdir().expect("a temporary directory");
	let [directory, key, spec] = ["data", "my.key", "spec.json"].map(|name| path(scratch.path(), name));
	let made = succeed(&["key", "generate", "validator", "--output", &key]);
	let public = made.lines().find_map(|line| line.strip_prefix("public")).expect("it is shown").trim();
	let build = ["chain-spec", "build", "--id", "my-chain", "--validator", public, "--output", &spec];
	succeed(&build);
	succeed(&["key", "insert", "validator", "--from", &key, "--chain", &spec, "-d", &directory]);
	let listen = "/ip4/127.0.0.1/tcp/0";
	let node = Node::start_with(&["--chain", &spec, "--validator", "-d", &directory, "--p2p-listen", listen]);
	node.wait_for(2);
	assert_eq!(node.stop(), Some(0));
}

#[test]
fn a_key_without_a_terminal_or_password_is_not_encrypted_by_guesswork() {
	let scratch = tempfile::tempdir().expect("a temporary directory");
	let key = path(scratch.path(), "node.key");
	let output = Command::new(env!("CARGO_BIN_EXE_plexus"))
		.args(["key", "generate", "node", "--encrypt", "-o", &key])
		.env_remove("PLEXUS_PASSWORD")
		.stdin(Stdio::null())
		.output()
		.expect("the binary was built for this test");
	assert_eq!(output.status.code(), Some(1));
	assert!(text(&output.stderr).contains("--password-file"), "{}", text(&output.stderr));
	assert!(!Path::new(&key).exists());
}

#[test]
fn wrong_usage_is_told_from_failure() {
	assert_eq!(plexus(&["run", "--no-such-flag"]).status.code(), Some(2));
	assert!(succeed(&["version"]).contains("database schema"));
	assert!(succeed(&["tx", "transfer", "--help-all"]).contains("--amount"));
}
