//! Waiting with a bound.
//!
//! # Must not
//! Be used to let time pass: each function waits for a condition and fails when it does not come.

use anyhow::{anyhow, Result};
use std::{future::Future, time::Duration};

/// How often a condition is looked at that nothing announces, such as a port that will open.
const POLL_EVERY: Duration = Duration::from_millis(20);

/// Longest wait for anything that a healthy node does at once.
pub const SOON: Duration = Duration::from_secs(20);

/// Awaits a future, at most for `bound`.
///
/// # Errors
/// When the bound passes.
pub async fn within<T>(bound: Duration, what: &str, future: impl Future<Output = T>) -> Result<T> {
	tokio::time::timeout(bound, future).await.map_err(|_| anyhow!("{what}: nothing within {bound:?}"))
}

/// Asks again and again until there is an answer.
///
/// # Errors
/// When the bound passes, with the last reason why there was none.
pub async fn until<T, F>(bound: Duration, what: &str, mut ask: impl FnMut() -> F) -> Result<T>
where
	F: Future<Output = Result<T>>,
{
	let end = tokio::time::Instant::now() + bound;
	loop {
		match ask().await {
			Ok(value) => return Ok(value),
			Err(reason) if tokio::time::Instant::now() >= end => {
				return Err(reason.context(format!("{what}: not within {bound:?}")));
			}
			Err(_) => tokio::time::sleep(POLL_EVERY).await,
		}
	}
}
