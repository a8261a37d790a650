//! The validators of the preset `local`, and starting a validator again.

use crate::common::PATIENCE;
use plexus_consensus::StartError;
use std::future::Future;
use std::time::Instant;

/// The seeds of all of them.
pub const FOUR: [&str; 4] = ["//Alice", "//Bob", "//Charlie", "//Dave"];

/// Starts what was stopped. The log's lock is released by a thread that nobody can wait for.
pub async fn started_again<T, Starting>(start: impl Fn() -> Starting) -> T
where
	Starting: Future<Output = Result<T, StartError>>,
{
	let deadline = Instant::now() + PATIENCE;
	loop {
		match start().await {
			Err(StartError::Engine(cause)) if Instant::now() < deadline => {
				assert!(cause.contains("lock"), "{cause}");
				tokio::task::yield_now().await;
			}
			other => return other.unwrap_or_else(|error| panic!("{error}")),
		}
	}
}
