//! Everything that was earned goes to whom it belongs: pulled, distributed, claimed and withdrawn, by calls that anybody may
//! make.
//!
//! # Must not
//! Know who is to get what: the chain's events say who was credited.

use super::{
	chain::{Chain, Plexus},
	scene::{Scene, ANYBODY},
};
use anyhow::{ensure, Result};

/// Brings everything to its owners' accounts.
///
/// # Errors
/// A call fails that has something to do.
pub async fn settle(chain: &mut Chain, scene: &Scene) -> Result<()> {
	let [base, tuned] = scene.models.map(|model| model.to_string());
	let plexus = &scene.plexus;
	// The royalty's part for data comes to the base model's manifest, so that it is distributed after it.
	call(plexus, &["pull", &tuned, "--ancestor", &base]).await?;
	call(plexus, &["pull", &tuned]).await?;
	call(plexus, &["pull", &base]).await?;
	call(plexus, &["distribute", &tuned]).await?;
	call(plexus, &["distribute", &base]).await?;
	for contributor in scene.contributors()? {
		call(plexus, &["claim", &contributor]).await?;
	}
	chain.read_on().await?;
	for account in chain.ledger()?.creditors() {
		call(plexus, &["withdraw", &account]).await?;
	}
	chain.read_on().await?;
	let left = chain.ledger()?.creditors();
	ensure!(left.is_empty(), "credited and not paid out: {}", left.join(", "));
	Ok(())
}

async fn call(plexus: &Plexus, arguments: &[&str]) -> Result<()> {
	plexus.tx(&[&["earnings"][..], arguments].concat(), ANYBODY).await.map(drop)
}
