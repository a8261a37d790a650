//! A network under load and random faults, while a node joins from nothing again and again: nothing final is lost, blocks go on
//! within ten seconds of each healing, everybody who joins arrives, and memory and descriptors stay flat by the rule that
//! `docs/testing.md` states.
//!
//! `PLEXUS_SOAK_SECONDS` sets the length, 180 by default, `PLEXUS_NEWCOMER_SECONDS` how often a node joins, `PLEXUS_SEED` the
//! row of faults. In a tier of its own: `scripts/test-slow soak`.

use anyhow::{ensure, Context, Result};
use plexus_tests::testnet::{judged, FIRST_BLOCK_MS_MAX};
use std::{env, time::Duration};

fn seconds(name: &str, default: u64) -> Result<u64> {
	env::var(name).map_or(Ok(default), |text| text.parse().with_context(|| format!("{name}={text}")))
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes and the machine for itself; scripts/test-slow soak runs it"]
async fn nothing_is_lost_everybody_arrives_and_nothing_grows() -> Result<()> {
	let lasting = seconds("PLEXUS_SOAK_SECONDS", 180)?;
	let every = seconds("PLEXUS_NEWCOMER_SECONDS", 50)?;
	let seed = env::var("PLEXUS_SEED").unwrap_or_else(|_| "7".into());
	println!("PLEXUS_SOAK_SECONDS={lasting} PLEXUS_NEWCOMER_SECONDS={every} PLEXUS_SEED={seed}");
	let (lasting_text, every_text) = (format!("{lasting}s"), format!("{every}s"));
	let arguments = [
		"--validators",
		"4",
		"--chaos",
		"--seed",
		&seed,
		"--for",
		&lasting_text,
		"--newcomer-every",
		&every_text,
	];
	let (ran, verdict) = judged(Duration::from_secs(lasting), &arguments).await?;
	println!("{}", ran.text());
	ensure!(ran.code == Some(0) && verdict["sound"] == true, "{}", ran.text());
	ensure!(verdict["resources"]["flat"] == true, "{}", verdict["resources"]);
	for kind in ["kill", "partition"] {
		ensure!(verdict["faults"][kind].as_u64() >= Some(1), "no {kind}: {verdict:#}");
	}
	let first = verdict["recovery"]["firstBlockMaxMs"].as_u64().context("no fault was healed")?;
	ensure!(first <= FIRST_BLOCK_MS_MAX, "a first block after healing took {first} ms");
	let joinings = verdict["joinings"].as_array().context("joinings")?;
	let begun = (lasting - 1) / every;
	ensure!(joinings.len() as u64 >= begun, "{} of {begun} joined", joinings.len());
	ensure!(verdict["transfers"]["accepted"].as_u64() > Some(lasting), "there was no load: {verdict:#}");
	Ok(())
}
