//! The demonstration with fewer answers: everybody takes part, and what was earned adds up to the last unit.

use anyhow::{ensure, Context, Result};
use plexus_tests::{node::binary, wait::within};
use std::{
	path::{Path, PathBuf},
	process::{Output, Stdio},
	time::Duration,
};
use tokio::process::Command;

/// Windows of a minute, and the steps around them, on a busy machine.
const DEMO_MAX: Duration = Duration::from_secs(900);

/// Built beside the tests, as the node is.
fn program(name: &str) -> Result<PathBuf> {
	let beside = binary().with_file_name(name);
	let own = std::env::current_exe()?;
	let built = own
		.ancestors()
		.nth(2)
		.context("cargo puts tests two levels below the profile's directory")?
		.join(name);
	let found = [beside, built].into_iter().find(|path| path.exists());
	found.with_context(|| format!("{name} is missing: cargo build --release --workspace --bins"))
}

async fn demonstrate(arguments: &[&str]) -> Result<(Option<i32>, String, String)> {
	let mut command = Command::new(program("plexus-demo")?);
	command.arg("--plexus").arg(binary()).arg("--agent").arg(program("plexus-agent")?).args(arguments);
	command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
	let Output { status, stdout, stderr } = within(DEMO_MAX, "the demonstration", command.output()).await??;
	let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
	Ok((status.code(), text(stdout), text(stderr)))
}

/// The repository, whose files are contributed.
fn repository() -> Result<String> {
	let path =
		Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the tests are in a directory of it")?;
	Ok(path.to_str().context("its path is UTF-8")?.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn forty_paid_answers_are_claimed_challenged_and_settled_to_the_last_unit() -> Result<()> {
	let data = repository()?;
	let arguments = ["--inferences", "40", "--block-time-ms", "200", "--data", &data];
	let (code, said, error) = demonstrate(&arguments).await?;
	ensure!(code == Some(0), "it ended with {code:?}:\n{said}\n{error}");
	let sum = said
		.lines()
		.find(|line| line.trim_start().starts_with("sum "))
		.with_context(|| format!("no sum in\n{said}"))?;
	ensure!(sum.ends_with(" 0.000000000000"), "{said}");
	ensure!(said.contains("paid ") && said.contains("It adds up to the last unit"), "{said}");
	for reason in [
		"served answers",
		"royalties",
		"claims for its",
		"forfeited",
		"lost the deposit",
		"challenged a false",
	] {
		ensure!(said.contains(reason), "nobody {reason}:\n{said}");
	}
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demonstration_that_cannot_be_given_says_why_and_fails() -> Result<()> {
	let empty = tempfile::tempdir()?;
	let data = empty.path().to_str().context("temporary paths are UTF-8")?;
	let (code, said, error) = demonstrate(&["--inferences", "4", "--data", data]).await?;
	ensure!(code.is_some_and(|code| code != 0), "it succeeded:\n{said}");
	ensure!(error.contains(".md") && error.contains(data), "it does not say what is missing:\n{error}");
	Ok(())
}
