//! What settling costs: the same however many contributions stand behind it, and a claim grows with the logarithm of the
//! versions alone.

mod counting;
mod market;

use counting::{counted, Counts};
use market::{DATANET, MODEL, OTHER, VERSION};
use plexus_primitives::prove::{prove_reader, ProvenContent};
use plexus_runtime::{Rewards, RuntimeGenesisConfig};
use sp_io::TestExternalities;
use sp_runtime::BuildStorage;

/// Bytes of the sources: each receipt's two spans of 32 bytes are within them.
const SOURCE_BYTES: usize = 2_000;
const CHANNELS: u64 = 4;
const RECEIPTS_OF_CHANNEL: usize = 4;

fn source(seed: u8) -> ProvenContent {
	let mut bytes = vec![7; SOURCE_BYTES];
	bytes[SOURCE_BYTES - 1] = seed;
	prove_reader(&bytes[..], |_| {}).expect("bytes in memory can be read")
}

/// A batch that can be finalised, with so many contributions behind it, and so many versions of them.
struct Settlement {
	ext: TestExternalities,
}

impl Settlement {
	fn new(contributions: u64, versions: u32) -> Self {
		let storage = RuntimeGenesisConfig::default().build_storage().expect("the genesis is valid");
		let mut ext = TestExternalities::new(storage);
		ext.execute_with(|| {
			market::found([0, 1, 2].map(source));
			market::contribute(contributions - 3);
			market::publish(DATANET);
			market::publish(OTHER);
			for _ in 1..versions {
				market::contribute(1);
				market::publish(DATANET);
			}
			market::train();
		});
		Self { ext }
	}

	fn counted(&mut self, who: &plexus_runtime::AccountId, call: plexus_runtime::RuntimeCall) -> Counts {
		let (result, counts) = counted(&mut self.ext.ext(), || market::call(who, call));
		result.expect("the call is right");
		counts
	}

	/// What submitting and settling read and write.
	fn settle(&mut self) -> Vec<(&'static str, Counts)> {
		let content = source(2).content;
		let (submit, batch) = self.ext.execute_with(|| {
			let channels = market::open(CHANNELS);
			let receipt = market::receipt(content, content, None);
			let claims = market::spans(CHANNELS as u32 * RECEIPTS_OF_CHANNEL as u32, 2, 32);
			(market::submission(&channels, RECEIPTS_OF_CHANNEL, receipt, claims), market::next_batch())
		});
		let server = market::server();
		let mut counts = vec![("submit", self.counted(&server, submit.into()))];
		let anybody = self.ext.execute_with(|| {
			market::settle(batch);
			market::rich("anybody", 0)
		});
		for (name, call) in market::settling(batch) {
			counts.push((name, self.counted(&anybody, call)));
		}
		let (revenue, earned) = self.ext.execute_with(|| {
			let holder = pallet_rewards::Holder::Account(market::contributor());
			(Rewards::data_revenue(MODEL).expect("it has a manifest").revenue, Rewards::earnings(&holder))
		});
		assert!(revenue > 0 && earned.pools > 0 && earned.claims > 0, "everything had something to do");
		counts
	}
}

#[test]
fn settling_reads_and_writes_the_same_with_ten_and_with_ten_thousand_contributions() {
	let few = Settlement::new(10, 1).settle();
	let many = Settlement::new(10_000, 1).settle();
	println!("{few:#?}");
	assert_eq!(few, many);
}

#[test]
fn a_claim_reads_one_node_more_for_twice_the_versions() {
	let claim = |versions| {
		let counts = Settlement::new(10, versions).settle();
		counts
			.into_iter()
			.find_map(|(name, counts)| (name == "claim").then_some(counts))
			.expect("it is there")
	};
	let first = claim(1);
	for doublings in [4, 6] {
		let counts = claim(1 << doublings);
		assert_eq!(counts.keys_read, first.keys_read + doublings, "a walk from version {VERSION:?} on");
		assert_eq!(counts.keys_written, first.keys_written);
	}
}
