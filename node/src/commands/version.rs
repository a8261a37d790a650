//! `plexus version`: everything whose version can differ between two nodes.

/// Prints the versions.
///
/// # Errors
/// None; the signature is that of all commands.
pub fn run() -> anyhow::Result<()> {
	let runtime = plexus_runtime::VERSION;
	println!("plexus              {}", env!("CARGO_PKG_VERSION"));
	println!("runtime             {} {}", runtime.spec_name, runtime.spec_version);
	println!("transaction format  {}", runtime.transaction_version);
	println!("database schema     {}", plexus_storage::schema::SCHEMA_VERSION);
	println!("block file format   {}", crate::block_file::VERSION);
	Ok(())
}
