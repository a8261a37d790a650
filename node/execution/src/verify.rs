//! Verifying a block on its parent: everything that a header and body claim is computed again.

use crate::{
	environment::{self, RunError},
	error::BlockError,
	executor::{drain, ExecutedBlock, Executor},
	overlay::Overlay,
	signatures::TASK_EXTRINSICS_MIN,
};
use codec::{Compact, Encode};
use plexus_runtime::native;
use plexus_storage::{Block, Tip};
use rayon::prelude::*;

/// Longest body: what the runtime's block length allows.
pub const BODY_BYTES_MAX: usize = plexus_runtime::limits::BODY_BYTES_MAX as usize;

impl Executor {
	/// Executes `block` on `parent` and checks parent, roots, inherents and signatures.
	///
	/// # Errors
	/// [`BlockError`]; only [`BlockError::Storage`] says nothing about the block.
	pub fn execute(&self, parent: &Tip, block: Block) -> Result<ExecutedBlock, BlockError> {
		let header = &block.header;
		if header.parent_hash != parent.hash || header.number != parent.number.saturating_add(1) {
			return Err(BlockError::NotChild {
				number: header.number,
				named: header.parent_hash,
				tip: parent.hash,
				tip_number: parent.number,
			});
		}
		let bytes = block.body_bytes();
		if bytes > BODY_BYTES_MAX {
			return Err(BlockError::TooLarge { bytes, max: BODY_BYTES_MAX });
		}
		// The runtime's own decoding neither bounds depth nor minds trailing bytes.
		let extrinsics = block.body.par_iter().enumerate().with_min_len(TASK_EXTRINSICS_MIN);
		let extrinsics = extrinsics.map(|(index, extrinsic)| {
			native::decode_extrinsic(extrinsic)
				.map_err(|e| BlockError::Undecodable { index, detail: e.to_string() })
		});
		self.check_decoded_signatures(&parent.state, extrinsics.collect::<Result<_, _>>()?);

		let data = encode_for_runtime(&block);
		let mut overlay = Overlay::default();
		environment::run(&parent.state, &mut overlay, self.signature_cache(), || {
			native::dispatch("Core_execute_block", &data)
		})
		.map_err(|e| match e {
			RunError::Panicked(message) => BlockError::Refused { message },
			RunError::Storage(e) => BlockError::Storage(e),
		})?
		.ok_or_else(|| BlockError::Refused { message: "the runtime has no Core_execute_block".into() })?;
		let changes = drain(&parent.state, &mut overlay)?;
		Ok(ExecutedBlock::new(block, changes))
	}
}

/// The block as the runtime decodes it: each raw extrinsic already carries its own length.
fn encode_for_runtime(block: &Block) -> Vec<u8> {
	let mut data = Vec::with_capacity(block.body_bytes() + 512);
	block.header.encode_to(&mut data);
	Compact(block.body.len() as u32).encode_to(&mut data);
	for extrinsic in &block.body {
		data.extend_from_slice(extrinsic);
	}
	data
}
