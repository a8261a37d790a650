//! The README's tour, word for word, against a fresh development chain.

use anyhow::{ensure, Context, Result};
use plexus_tests::{node::binary, wait::within, Node, NodeOptions};
use std::{path::Path, time::Duration};
use tokio::process::Command;

/// The tour takes a reader five minutes; the commands alone are much faster.
const TOUR_BOUND: Duration = Duration::from_secs(120);
/// Stands above the tour in the README.
const MARK: &str = "<!-- tour";

/// The block of commands that follows the mark.
fn commands(readme: &str) -> Option<&str> {
	let (_, after) = readme.split_once(MARK)?;
	let (_, block) = after.split_once("```sh\n")?;
	Some(block.split_once("```")?.0)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_readmes_tour_works_word_for_word() -> Result<()> {
	let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
	let readme = std::fs::read_to_string(root.join("README.md"))?;
	let commands = commands(&readme).context("the README has a tour")?;
	ensure!(commands.matches("\nplexus ").count() >= 8, "the tour is too short: {commands}");
	let node = Node::start(NodeOptions::default()).await?;
	let binary = binary();
	let directory = binary.parent().context("a binary stands in a directory")?;
	// The tour's own first line looks for the binary in `target`, which may be elsewhere here.
	let script = format!("set -eux\n{commands}");
	let path = format!("{}:{}", directory.display(), std::env::var("PATH")?);
	const PLACE: &str = "$PWD/target/release:$PATH";
	ensure!(script.contains(PLACE), "the tour does not begin with where the binary is: {commands}");
	let script = script.replace(PLACE, &path);
	let mut shell = Command::new("sh");
	shell
		.arg("-c")
		.arg(script)
		.current_dir(&root)
		.env("PLEXUS_URL", node.url())
		.env("NO_COLOR", "1")
		.kill_on_drop(true);
	let output = within(TOUR_BOUND, "the tour", shell.output()).await??;
	let stdout = String::from_utf8_lossy(&output.stdout);
	let stderr = String::from_utf8_lossy(&output.stderr);
	ensure!(output.status.success(), "{stdout}\n{stderr}\n{}", node.log_tail());
	let readme_root = blake3::hash(readme.as_bytes()).to_hex();
	ensure!(stdout.contains(readme_root.as_str()), "the README's content was not found again:\n{stdout}");
	println!("{stdout}");
	Ok(())
}
