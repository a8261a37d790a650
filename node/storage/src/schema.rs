//! Every column family and key of the database, in one place.
//!
//! | column | key | value |
//! |---|---|---|
//! | `meta` | name | see the constants below |
//! | `state` | storage key | current value (flat state of the tip) |
//! | `nodes` | nibble prefix ‖ BLAKE3 hash | trie node ‖ height of insertion (u32 LE) |
//! | `journal` | height (u32 BE) | SCALE `Vec<Vec<u8>>`: node keys that this block made unreachable |
//! | `headers` | height (u32 BE) | SCALE header |
//! | `bodies` | height (u32 BE) | SCALE `Vec<Vec<u8>>` |
//! | `certificates` | height (u32 BE) | opaque bytes of the consensus |
//! | `numbers` | block hash | height (u32 BE) |
//! | `sets` | height (u32 BE) of a header | SCALE list of validators that it commits to, where they change |
//! | `index` | subject ‖ height (u32 BE) ‖ position (u32 BE) | nothing: the event there is about the subject |
//! | | `0` ‖ height (u32 BE) ‖ position (u32 BE) | SCALE event with its extrinsic ([`crate::index::IndexedEvent`]) |
//! | | `255` ‖ key | SCALE u128: what events added under the key |
//! | `undecided` | height (u32 BE) ‖ block hash | opaque bytes of the consensus |
//!
//! A change of any of these bumps [`SCHEMA_VERSION`] and is told in `CHANGELOG.md`. The sums of the index came without: a release that
//! does not know them leaves them where they are, and one that does begins them anew behind whatever that indexed.

/// Version of the layout above.
pub const SCHEMA_VERSION: u32 = 3;
/// The version before it, which lacks the column `index` and nothing else: opened for writing it becomes this one.
pub const SCHEMA_WITHOUT_INDEX: u32 = 2;

/// Single values, named below.
pub const META: &str = "meta";
/// Flat current state.
pub const STATE: &str = "state";
/// Trie nodes.
pub const NODES: &str = "nodes";
/// Nodes that became unreachable, per block.
pub const JOURNAL: &str = "journal";
/// Headers.
pub const HEADERS: &str = "headers";
/// Bodies.
pub const BODIES: &str = "bodies";
/// Commit certificates.
pub const CERTIFICATES: &str = "certificates";
/// Block hash to height.
pub const NUMBERS: &str = "numbers";
/// Validators from the next height on, by the height of the header that commits to them.
pub const SETS: &str = "sets";
/// Events by what they are about.
pub const INDEX: &str = "index";
/// Proposed bodies that are not decided yet.
pub const UNDECIDED: &str = "undecided";

/// All columns.
pub const COLUMNS: [&str; 11] =
	[META, STATE, NODES, JOURNAL, HEADERS, BODIES, CERTIFICATES, NUMBERS, SETS, INDEX, UNDECIDED];

/// `meta`: schema version, u32 LE.
pub const META_SCHEMA: &[u8] = b"schema";
/// `meta`: genesis hash, 32 bytes.
pub const META_GENESIS: &[u8] = b"genesis";
/// `meta`: height of the tip, u32 LE.
pub const META_TIP: &[u8] = b"tip";
/// `meta`: height of the oldest block whose state is complete, u32 LE.
pub const META_OLDEST_STATE: &[u8] = b"oldest-state";
/// `meta`: height of the oldest block kept with its body, u32 LE; absent where the blocks begin with the genesis.
pub const META_OLDEST_BLOCK: &[u8] = b"oldest-block";
/// `meta`: how far the index reaches, SCALE [`crate::index::IndexMark`]; absent before its first block.
pub const META_INDEX: &[u8] = b"index";
/// `meta`: the blocks that the sums of the index are of, SCALE [`crate::index::IndexMark`]; absent before the first.
pub const META_SUMS: &[u8] = b"sums";
/// `meta`: where an import of a state stands, in place of a tip (see [`crate::import`]).
pub const META_IMPORT: &[u8] = b"import";

/// Key of a height.
pub fn height_key(number: u32) -> [u8; 4] {
	number.to_be_bytes()
}

/// Key of an undecided body.
pub fn undecided_key(height: u32, hash: &crate::Hash) -> [u8; 36] {
	let mut key = [0; 36];
	key[..4].copy_from_slice(&height.to_be_bytes());
	key[4..].copy_from_slice(hash.as_bytes());
	key
}
