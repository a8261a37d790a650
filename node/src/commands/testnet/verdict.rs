//! [`Verdict`]: what a run showed, for people and for programs.
//!
//! # Must not
//! Find anything: the judge does.

use super::{fault::FaultKind, resources::Resources};
use serde::Serialize;
use std::{collections::BTreeMap, fmt};

/// A block that should not be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BlockWithoutQuorum {
	/// The node that had it, counted from 1.
	pub(super) node: usize,
	/// Its height.
	pub(super) height: u32,
}

/// How the network came back from faults.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Recovery {
	/// Faults healed.
	pub(super) healed: usize,
	/// Faults after which every node got beyond the height at healing.
	pub(super) recovered: usize,
	/// The median time that took.
	pub(super) p50_ms: Option<u64>,
	/// The longest.
	pub(super) max_ms: Option<u64>,
	/// The longest until any node got there.
	pub(super) first_block_max_ms: Option<u64>,
}

/// One fault, and how the network took it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Episode {
	/// What it was.
	pub(super) fault: String,
	/// Its kind.
	pub(super) kind: FaultKind,
	/// How long it lasted.
	pub(super) lasted_ms: u64,
	/// Blocks that were made meanwhile, those under way at its beginning not counted.
	pub(super) blocks_meanwhile: u32,
	/// From healing until a node was beyond the highest block that any had then.
	pub(super) first_block_ms: Option<u64>,
	/// From healing until every node was.
	pub(super) recovered_ms: Option<u64>,
}

/// A node that was wiped and joined from nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Joining {
	/// The head at which it arrived.
	pub(super) height: Option<u32>,
	/// From its start until it was at the head; absent if it never was.
	pub(super) took_ms: Option<u64>,
}

/// What became of the transfers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Transfers {
	/// Accepted by a node.
	pub(super) accepted: usize,
	/// Of these, in exactly one place.
	pub(super) final_once: usize,
	/// Of these, nowhere.
	pub(super) lost: usize,
	/// Of these, in more than one place.
	pub(super) twice: usize,
}

/// The verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Verdict {
	/// Whether everything holds that must.
	pub(super) sound: bool,
	/// Nodes.
	pub(super) validators: usize,
	/// The last height.
	pub(super) height: u32,
	/// Faults injected, by kind.
	pub(super) faults: BTreeMap<FaultKind, usize>,
	/// Heights with more than one block.
	pub(super) conflicting_decisions: Vec<u32>,
	/// Blocks made where no quorum was.
	pub(super) blocks_without_quorum: Vec<BlockWithoutQuorum>,
	/// See there.
	pub(super) recovery: Recovery,
	/// The faults in order.
	pub(super) episodes: Vec<Episode>,
	/// Nodes that joined from nothing, in order.
	pub(super) joinings: Vec<Joining>,
	/// See there.
	pub(super) transfers: Transfers,
	/// Whether all nodes told the same state root.
	pub(super) state_roots_equal: bool,
	/// That of the first node.
	pub(super) state_root: Option<String>,
	/// See there.
	pub(super) resources: Resources,
}

impl fmt::Display for Verdict {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let Recovery { healed, recovered, p50_ms, max_ms, first_block_max_ms } = &self.recovery;
		let Transfers { accepted, final_once, lost, twice } = &self.transfers;
		let kinds: Vec<String> =
			self.faults.iter().map(|(kind, count)| format!("{count} {kind:?}").to_lowercase()).collect();
		let none = |empty: bool, list: String| if empty { "none".to_string() } else { list };
		let seconds = |ms: &Option<u64>| ms.map_or("-".into(), |ms| format!("{:.1} s", ms as f64 / 1e3));
		writeln!(f, "verdict: {}", if self.sound { "sound" } else { "VIOLATED" })?;
		writeln!(f, "  faults                  {}", none(kinds.is_empty(), kinds.join(", ")))?;
		writeln!(f, "  blocks                  {}", self.height)?;
		let conflicts = &self.conflicting_decisions;
		writeln!(
			f,
			"  conflicting decisions   {}",
			none(conflicts.is_empty(), format!("at heights {conflicts:?}"))
		)?;
		let blocks: Vec<String> = self
			.blocks_without_quorum
			.iter()
			.map(|block| format!("{} on node {}", block.height, block.node))
			.collect();
		writeln!(f, "  blocks without quorum   {}", none(blocks.is_empty(), blocks.join(", ")))?;
		let (p50, max, first) = (seconds(p50_ms), seconds(max_ms), seconds(first_block_max_ms));
		writeln!(f, "  recovery                {recovered} of {healed}, p50 {p50}, max {max}; first block {first} at most")?;
		for Episode { fault, lasted_ms, blocks_meanwhile, first_block_ms, recovered_ms, .. } in &self.episodes
		{
			writeln!(
				f,
				"    {fault}, {}: {blocks_meanwhile} blocks meanwhile, the next after {}, on all after {}",
				seconds(&Some(*lasted_ms)),
				seconds(first_block_ms),
				seconds(recovered_ms)
			)?;
		}
		if !self.joinings.is_empty() {
			let took: Vec<u64> = self.joinings.iter().filter_map(|joining| joining.took_ms).collect();
			let (arrived, begun) = (took.len(), self.joinings.len());
			let longest = seconds(&took.iter().max().copied());
			writeln!(f, "  joined from nothing     {arrived} of {begun}, {longest} at most")?;
		}
		writeln!(f, "  transfers               {accepted} accepted, {final_once} final once, {lost} lost, {twice} twice")?;
		let root = self.state_root.as_deref().unwrap_or("unknown");
		writeln!(
			f,
			"  state roots             {}, {root}",
			if self.state_roots_equal { "equal" } else { "DIFFERENT" }
		)?;
		let Resources { memory_bytes_max, open_files_max, memory_bytes, open_files, flat } = &self.resources;
		writeln!(f, "  memory of a node        at most {} MiB", memory_bytes_max >> 20)?;
		writeln!(f, "  descriptors of a node   at most {open_files_max}")?;
		let told = match flat {
			Some(true) => "yes",
			Some(false) => "NO",
			None => "too short to tell",
		};
		write!(
			f,
			"  flat                    {told}: at most {} MiB and {} descriptors in the middle third, {} MiB and {} in the last",
			memory_bytes.middle_max >> 20,
			open_files.middle_max,
			memory_bytes.last_max >> 20,
			open_files.last_max
		)
	}
}
