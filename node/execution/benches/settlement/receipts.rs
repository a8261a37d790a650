//! How many receipts one core settles in a second, in full batches.
//!
//! # Must not
//! Leave out what a chain does for a batch: vouchers are verified, and a batch with claims is finalised too.

use crate::{at, chain::Chain, files, market, samples, time};
use plexus_primitives::{BatchId, Claim};
use std::time::Duration;

/// Receipts of a full batch.
const RECEIPTS: usize = 256;
const SAMPLES: usize = 200;

/// Prints a row for each kind of batch.
pub fn measure() {
	let directory = tempfile::tempdir().expect("a temporary directory");
	let mut chain = Chain::reopen(directory.path());
	let [sources @ .., output, _] = files::small();
	let content = output.content();
	chain.execute(|| {
		market::found(sources.map(|file| file.proven));
		market::contribute(7);
		market::publish(market::DATANET);
		market::publish(market::OTHER);
		market::train();
		market::open(16);
		market::rich("anybody", 0);
	});
	chain.commit();
	chain.settle();
	println!(
		"\nreceipts in full batches, one core, vouchers verified\n{:<44}{:>12}{:>12}{:>14}",
		"", "p50 µs", "p99 µs", "receipts/s"
	);
	for channels in [1, 16] {
		for disclosed in [false, true] {
			let kind = if disclosed { "disclosed" } else { "not disclosed" };
			let took = samples(SAMPLES, || settled(&chain, content, channels, disclosed, Vec::new()));
			row(&format!("{channels} channels, no claims, {kind}"), &took);
		}
		for claims in [256, 512] {
			let spans = || market::spans(256, claims / 256, 32);
			let took = samples(SAMPLES, || settled(&chain, content, channels, true, spans()));
			row(&format!("{channels} channels, {claims} claims"), &took);
		}
	}
}

fn row(name: &str, took: &[Duration]) {
	let (p50, p99) = (at(took, 50), at(took, 99));
	println!("{name:<44}{p50:>12.1}{p99:>12.1}{:>14.0}", RECEIPTS as f64 / (p50 / 1e6));
}

/// From the submission of a batch until it is final, without what passes between.
fn settled(
	chain: &Chain,
	content: plexus_primitives::Content,
	channels: usize,
	disclosed: bool,
	claims: Vec<Claim>,
) -> Duration {
	chain.try_out(|| {
		let batch: BatchId = market::next_batch();
		let channels: Vec<_> = (0..channels as u64).map(plexus_primitives::ChannelId).collect();
		let receipt =
			plexus_primitives::Receipt { disclose: disclosed, ..market::receipt(content, content, None) };
		let server = market::server();
		let submit = market::submission(&channels, RECEIPTS / channels.len(), receipt, claims);
		let (submitting, result) = time(|| market::call(&server, submit));
		result.expect("the batch is right");
		if !disclosed {
			return submitting;
		}
		market::settle(batch);
		let [(_, finalise), ..] = market::settling(batch);
		let (finalising, result) = time(|| market::call(&server, finalise));
		result.expect("the window is over");
		submitting + finalising
	})
}
