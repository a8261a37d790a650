//! `plexus tx datanet set-windows`: how long things take.
//!
//! # Must not
//! Judge one window by another: the chain does, and says which one is wrong.

use crate::{
	calls,
	client::ConnectionArgs,
	datanets::{self, Windows},
	failure::Failure,
	tx::{NoId, Sent, Session, SignedArgs},
};

/// What is not given stays as it is. All are in milliseconds, on the chain clock.
#[derive(clap::Args, Clone)]
pub(in crate::tx) struct WindowArgs {
	/// How old a commitment must be before it is used.
	#[arg(long, value_name = "MS")]
	commitment_age_ms: Option<u64>,

	/// When a commitment is void; more than its least age.
	#[arg(long, value_name = "MS")]
	commitment_lifetime_ms: Option<u64>,

	/// How long a contribution waits for its acceptance; more than a commitment lasts.
	#[arg(long, value_name = "MS")]
	acceptance_ms: Option<u64>,

	/// How long the deposit stays after the acceptance.
	#[arg(long, value_name = "MS")]
	deposit_ms: Option<u64>,

	/// How long a change of curators is known before it comes.
	#[arg(long, value_name = "MS")]
	curators_ms: Option<u64>,

	/// After how long without a version everybody may publish one; the grace of payment channels, too.
	#[arg(long, value_name = "MS")]
	publication_ms: Option<u64>,

	/// How long a challenge can be answered.
	#[arg(long, value_name = "MS")]
	challenge_ms: Option<u64>,

	/// How long curators may judge a dispute.
	#[arg(long, value_name = "MS")]
	dispute_ms: Option<u64>,

	#[command(flatten)]
	signed: SignedArgs,
}

impl WindowArgs {
	fn changed(&self, now: Windows) -> Windows {
		Windows {
			commitment_age_ms: self.commitment_age_ms.unwrap_or(now.commitment_age_ms),
			commitment_lifetime_ms: self.commitment_lifetime_ms.unwrap_or(now.commitment_lifetime_ms),
			acceptance_ms: self.acceptance_ms.unwrap_or(now.acceptance_ms),
			deposit_ms: self.deposit_ms.unwrap_or(now.deposit_ms),
			curators_ms: self.curators_ms.unwrap_or(now.curators_ms),
			publication_ms: self.publication_ms.unwrap_or(now.publication_ms),
			challenge_ms: self.challenge_ms.unwrap_or(now.challenge_ms),
			dispute_ms: self.dispute_ms.unwrap_or(now.dispute_ms),
		}
	}
}

pub(super) async fn set_windows(
	connection: &ConnectionArgs,
	args: WindowArgs,
) -> Result<Sent<NoId>, Failure> {
	let session = Session::open(connection, &args.signed).await?;
	let changed = args.changed(datanets::windows(&session.at).await?);
	session.send(&calls::sudo(calls::set_windows(&changed)), |_| None).await
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::Parser;

	#[derive(Parser)]
	struct Windowed {
		#[command(flatten)]
		windows: WindowArgs,
	}

	#[test]
	fn windows_that_are_not_given_stay_as_they_are() {
		let now = Windows {
			commitment_age_ms: 1,
			commitment_lifetime_ms: 2,
			acceptance_ms: 3,
			deposit_ms: 4,
			curators_ms: 5,
			publication_ms: 6,
			challenge_ms: 7,
			dispute_ms: 8,
		};
		let changed = |line: &str| {
			let line = Windowed::try_parse_from(line.split_whitespace()).expect("it is a command");
			line.windows.changed(now)
		};
		assert_eq!(changed("set-windows"), now);
		let some = changed("set-windows --acceptance-ms 30 --dispute-ms 80");
		assert_eq!(some, Windows { acceptance_ms: 30, dispute_ms: 80, ..now });
		let first = "--commitment-age-ms 10 --commitment-lifetime-ms 20 --deposit-ms 40";
		let rest =
			changed(&format!("set-windows {first} --curators-ms 50 --publication-ms 60 --challenge-ms 70"));
		let all = Windows {
			commitment_age_ms: 10,
			commitment_lifetime_ms: 20,
			acceptance_ms: 3,
			deposit_ms: 40,
			curators_ms: 50,
			publication_ms: 60,
			challenge_ms: 70,
			dispute_ms: 8,
		};
		assert_eq!(rest, all);
	}
}
