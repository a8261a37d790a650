//! `plexus import FILE`: blocks from a file into the database. Nothing in the file is believed: each certificate is
//! verified against the validators that the chain itself names, each block is executed and must give its state root.

use super::progress;
use crate::{
	block_file::{BlockFileError, Reader, Record},
	cli::ImportArgs,
	config::Index,
	place::Place,
	report::{OrReport, Report},
};
use plexus_chain::{index::catch_up, Chain};
use plexus_consensus::{
	certificate::{verify_certificate, Certificate},
	types::{AuthorityId, Validator, ValidatorSet},
};
use plexus_execution::{Executor, SIGNATURES_REMEMBERED};
use plexus_pool::{Pool, PoolLimits};
use plexus_storage::Hash;
use std::{fs::File, io::BufReader, time::Instant};

/// Imports the blocks. Those that the database has already are compared and skipped, so that a broken import can be
/// repeated.
///
/// # Errors
/// A damaged file, another chain's, a certificate that proves nothing, or a block that is not valid. What was imported
/// before stays.
pub fn run(args: ImportArgs) -> anyhow::Result<()> {
	let place = Place::resolve(&args.place.flags())?;
	let file = File::open(&args.file).map_err(BlockFileError::Io).or_report()?;
	let reader = Reader::new(BufReader::new(file)).or_report()?;
	let database = place.open_database_for_bulk()?;
	let head = reader.head();
	if head.genesis != database.genesis_hash() {
		let cause =
			format!("the file's genesis is {:?}, this chain's {:?}", head.genesis, database.genesis_hash());
		return Err(
			Report::new("wrong chain", cause, "name the chain that the file came from with --chain").into()
		);
	}
	if head.first > database.tip().number + 1 {
		let cause = format!(
			"the file begins with block {}, the database ends at {}",
			head.first,
			database.tip().number
		);
		return Err(Report::new("gap", cause, "import the blocks in between first").into());
	}
	let executor = Executor::new(SIGNATURES_REMEMBERED);
	let pool = Pool::new(executor.clone(), PoolLimits::default(), database.tip());
	let chain = Chain::new(database, executor, pool);

	let started = Instant::now();
	let bar = progress::blocks(head.count, "importing");
	// States are discarded behind the tip, so what is not indexed on the way can only be executed again later.
	let mut index = place.config().storage.index == Index::On;
	let (mut imported, mut extrinsics) = (0u32, 0usize);
	for record in reader {
		let record = record.or_report()?;
		let count = record.block.body.len();
		if import(&chain, record)? {
			imported += 1;
			extrinsics += count;
			index = index && indexed(&chain);
		}
		bar.inc(1);
	}
	bar.finish_and_clear();
	chain.database().flush()?;
	let rate = extrinsics as f64 / started.elapsed().as_secs_f64().max(1e-3);
	println!(
		"{imported} blocks imported, {} were there already, tip is {}; {rate:.0} extrinsics/s",
		head.count - imported,
		chain.tip().number
	);
	Ok(())
}

/// Indexes what is new. `false` if it failed, which is no reason to end the import.
fn indexed(chain: &Chain) -> bool {
	/// One more than arrive at a time, so that what was behind is caught up.
	const BLOCKS: u32 = 2;
	let done = catch_up(chain.database(), BLOCKS);
	if let Err(error) = &done {
		tracing::warn!(%error, "the index ends here; `plexus index rebuild` makes it anew");
	}
	done.is_ok()
}

/// Imports one block. `false` if it was there already.
fn import(chain: &Chain, record: Record) -> Result<bool, Report> {
	let Record { block, certificate } = record;
	let (number, hash) = (block.header.number, block.hash());
	let failed = |cause: String| {
		Report::new(
			"import",
			format!("block {number}: {cause}"),
			"the file is damaged or forged; export it again from a node you trust",
		)
	};
	let storage = |error: plexus_storage::StorageError| Report::from_text("database", &error.to_string());
	let tip = chain.tip();
	if number <= tip.number {
		return match chain.database().hash(number).map_err(storage)? {
			Some(known) if known == hash => Ok(false),
			known => Err(failed(format!(
				"the file has {hash:?}, the database has {known:?}, and both claim to be final"
			))),
		};
	}
	let validators = validators(chain).map_err(failed)?;
	let proved = verify_certificate(&chain.genesis_hash(), &validators, &certificate)
		.map_err(|error| failed(format!("its certificate proves nothing: {error}")))?;
	if !proves(&proved, number, hash) {
		return Err(failed("its certificate is another block's".into()));
	}
	chain.verify(block).map_err(|error| failed(error.to_string()))?;
	chain.commit(&hash, certificate).map_err(|error| Report::from_text("import", &error.to_string()))?;
	Ok(true)
}

/// The validators that decide the block after the tip.
fn validators(chain: &Chain) -> Result<ValidatorSet, String> {
	let validators = chain.executor().validators(&chain.tip().state).map_err(|error| error.to_string())?;
	let validators = validators.into_iter().map(|(id, power)| Validator { id: AuthorityId(id), power });
	ValidatorSet::new(validators).map_err(|error| error.to_string())
}

fn proves(certificate: &Certificate, number: u32, hash: Hash) -> bool {
	certificate.height == u64::from(number) && certificate.value == hash
}
