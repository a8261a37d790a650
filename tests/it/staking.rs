//! Stake, through the command line alone: a nomination, a second validator that is elected, stays away and is jailed.

use anyhow::{ensure, Context, Result};
use plexus_tests::{cli::plexus, wait::until, Cli, Node, NodeOptions};
use serde_json::Value;
use std::{path::Path, time::Duration};

/// An era has 50 blocks of 200 ms. While the elected validator is absent, each of its turns costs a timeout of seconds.
const ERAS: Duration = Duration::from_secs(180);

/// Dave's sr25519 account.
const DAVE: &str = "5DAAnrj7VHTznn2AWBemMuyBwZWs6FNjdyVXUeYum3PTXFy";

fn path(directory: &Path, name: &str) -> Result<String> {
	Ok(directory.join(name).to_str().context("temporary paths are UTF-8")?.to_string())
}

/// The answer of a command that needs no node.
async fn offline(arguments: &[&str]) -> Result<Value> {
	let ran = plexus(&[arguments, &["--json"]].concat()).await?;
	ensure!(ran.code == Some(0), "{arguments:?}: {}", ran.text());
	Ok(serde_json::from_str(&ran.stdout)?)
}

fn text<'a>(answer: &'a Value, field: &str) -> Result<&'a str> {
	answer[field].as_str().with_context(|| format!("no {field} in {answer}"))
}

/// The state of the validator with this pool, once it holds this word.
async fn state(cli: &Cli, pool: u64, word: &str) -> Result<()> {
	until(ERAS, word, || async {
		let answer = cli.json(&["query", "validators"]).await?;
		let mut validators = answer["validators"].as_array().context("a list")?.iter();
		let found = validators.find(|validator| validator["pool"] == pool).context("no such pool")?;
		ensure!(text(found, "state")?.contains(word), "{found}");
		Ok(())
	})
	.await
}

#[tokio::test(flavor = "multi_thread")]
async fn stake_elects_validators_and_absence_jails_them() -> Result<()> {
	let directory = tempfile::tempdir()?;
	let (spec, key) = (path(directory.path(), "spec.json")?, path(directory.path(), "dave.key")?);
	let built =
		plexus(&["chain-spec", "build", "--id", "staking", "--block-time-ms", "200", "--output", &spec])
			.await?;
	ensure!(built.code == Some(0), "{}", built.text());
	let options = NodeOptions { chain: Some(spec.clone()), ..NodeOptions::default() };
	let node = Node::start(options.arguments(["--validator"])).await?;
	let cli = Cli::of(&node);

	// A nomination counts at once in the stake, and in the power from the next era on.
	cli.json(&["tx", "validator", "bond", "--amount", "1000", "--from", "//Bob"]).await?;
	cli.json(&["tx", "validator", "nominate", "0", "--from", "//Bob"]).await?;
	let stake = cli.json(&["query", "stake", "//Bob"]).await?;
	ensure!((&stake["role"], &stake["pool"]) == (&"nominator".into(), &0.into()), "{stake}");
	let validators = cli.json(&["query", "validators"]).await?;
	ensure!(validators["validators"][0]["stake"] == "11000000000000000", "{validators}");

	// Less than a third of the power, so that the chain goes on without it.
	cli.json(&["tx", "validator", "bond", "--amount", "2000", "--from", "//Dave"]).await?;
	cli.json(&["tx", "validator", "bond", "--amount", "2000", "--from", "//Eve"]).await?;
	offline(&["key", "generate", "validator", "--output", &key]).await?;
	let proved = offline(&["key", "prove", "--account", DAVE, "--key", &key, "--chain", &spec]).await?;
	let (public, proof) = (text(&proved, "key")?, text(&proved, "proof")?);
	let set_keys = ["tx", "validator", "set-keys", "--consensus-key", public, "--proof", proof, "--from"];
	let stolen = cli.refused(&[&set_keys[..], &["//Eve"]].concat()).await?;
	ensure!(stolen.text().contains("Validators.KeyProof"), "Eve used the proof: {}", stolen.text());
	cli.json(&[&set_keys[..], &["//Dave"]].concat()).await?;
	let opened =
		cli.json(&["tx", "validator", "validate", "--commission", "2.5", "--from", "//Dave"]).await?;
	ensure!(opened["id"] == 1, "{opened}");

	state(&cli, 1, "elected").await?;
	state(&cli, 1, "jailed").await?;
	cli.json(&["tx", "validator", "unbond", "--amount", "500", "--from", "//Bob"]).await?;
	let stake = cli.json(&["query", "stake", "//Bob"]).await?;
	ensure!(stake["bonded"] == "500000000000000", "{stake}");
	// Its part of the fees of the eras that have passed.
	cli.json(&["tx", "validator", "claim", "--from", "//Bob"]).await?;
	Ok(())
}
