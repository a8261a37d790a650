//! `plexus export FILE`: blocks and their certificates into a file. The node must be stopped: the database has one user.

use super::progress;
use crate::{
	block_file::{BlockFileError, Head, Record, Writer},
	cli::ExportArgs,
	place::Place,
	report::{OrReport, Report},
};
use plexus_storage::Database;
use std::{
	fs::{self, OpenOptions},
	io::{BufWriter, Write},
	path::Path,
};

/// Writes the blocks; removes the file again if that fails.
///
/// # Errors
/// A range that the database does not have, a file that exists, or a failing disk.
pub fn run(args: ExportArgs) -> anyhow::Result<()> {
	let place = Place::resolve(&args.place.flags())?;
	let database = place.open_existing_database()?;
	let (first, last) = range(&database, args.from, args.to)?;
	let file = OpenOptions::new()
		.write(true)
		.create_new(true)
		.open(&args.file)
		.map_err(BlockFileError::Io)
		.or_report()?;
	let written = write(&database, BufWriter::new(file), first, last);
	if written.is_err() {
		// Half a file would only mislead; the error that stopped it is the one to show.
		let _ = fs::remove_file(&args.file);
	}
	let bytes = written?;
	println!(
		"{} blocks ({first} to {last}), {bytes} bytes, written to {}",
		last - first + 1,
		show(&args.file)
	);
	Ok(())
}

fn show(path: &Path) -> String {
	path.display().to_string()
}

fn range(database: &Database, from: u32, to: Option<u32>) -> Result<(u32, u32), Report> {
	let (oldest, tip) = (database.oldest_block().max(1), database.tip().number);
	let last = to.unwrap_or(tip);
	match oldest <= from && from <= last && last <= tip {
		true => Ok((from, last)),
		false => Err(Report::new(
			"block range",
			format!("blocks {from} to {last} are not all there; the database has {oldest} to {tip}"),
			"choose --from and --to within them",
		)),
	}
}

fn write(database: &Database, file: BufWriter<fs::File>, first: u32, last: u32) -> anyhow::Result<u64> {
	let count = last - first + 1;
	let head = Head { genesis: database.genesis_hash(), first, count };
	let mut writer = Writer::new(file, head).or_report()?;
	let bar = progress::blocks(count, "exporting");
	for number in first..=last {
		let missing = || {
			Report::new("database", format!("block {number} is missing"), "restore a backup, or sync again")
		};
		let block = database.block(number)?.ok_or_else(missing)?;
		let certificate = database.certificate(number)?.ok_or_else(missing)?;
		writer.write(&Record { block, certificate }).or_report()?;
		bar.inc(1);
	}
	bar.finish_and_clear();
	let mut file = writer.finish().or_report()?;
	file.flush()?;
	file.get_ref().sync_all()?;
	Ok(file.get_ref().metadata()?.len())
}
