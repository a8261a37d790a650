//! What clients ask about channels, batches and earnings, and the types they are answered with.
//!
//! # Must not
//! Change state. Every function is a read, callable by any Substrate client through `state_call`.
//!
//! # Invariants
//! Pages look at no more than [`PAGE_MAX`] ids, those of one payer or server at [`LOOK_MAX`], and neither skip nor repeat:
//! ids grow, and new ones come behind all others. A page may be empty where channels or batches are gone or others', and
//! have a next one all the same.

use crate::types::{Balance, RevenueTerms};
use alloc::vec::Vec;
use codec::{Codec, Decode, Encode};
pub use plexus_primitives::api::PAGE_MAX;
use plexus_primitives::{AgentId, BatchId, ChannelId, DatanetId, DatanetVersion, ModelId};
use scale_info::TypeInfo;
use sp_runtime::Perbill;

/// Ids that a page of one payer's or server's channels looks at, at most: some milliseconds of reading. Both know their
/// channels from the events `ChannelOpened`, so that no index is kept, which every channel would have to pay for.
pub const LOOK_MAX: u32 = 4_096;

/// A channel as clients see it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct ChannelInfo<AccountId> {
	/// Its id.
	pub id: ChannelId,
	/// Who pays.
	pub payer: AccountId,
	/// Who is paid.
	pub server: AgentId,
	/// Whose signature vouchers bear.
	pub signer: AccountId,
	/// The models that may be paid for.
	pub models: Vec<ModelId>,
	/// The versions that contexts may come from.
	pub corpora: Vec<(DatanetId, DatanetVersion)>,
	/// When it expires, on the chain clock.
	pub expires_at_ms: u64,
	/// Whether the payer closes it.
	pub closing: bool,
	/// From when anybody may finish it, on the chain clock.
	pub ends_at_ms: u64,
	/// What is locked still. A voucher is paid if its sum is at most `redeemed + locked`.
	pub locked: Balance,
	/// What was redeemed.
	pub redeemed: Balance,
	/// The last redeemed receipt; 0 if there was none.
	pub sequence: u64,
	/// What accumulates all redeemed receipts.
	pub acc: [u8; 32],
	/// What is on hold for the entry.
	pub deposit: Balance,
}

/// A batch as clients see it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct BatchInfo<BlockNumber> {
	/// Its id.
	pub id: BatchId,
	/// Whose.
	pub server: AgentId,
	/// The Merkle root of its receipts.
	pub root: [u8; 32],
	/// How many there are.
	pub receipts: u32,
	/// What they cost together.
	pub gross: Balance,
	/// The block with the receipts.
	pub submitted_at: BlockNumber,
	/// When, on the chain clock.
	pub submitted_at_ms: u64,
	/// From when its record can be cleared, on the chain clock.
	pub clearable_from_ms: u64,
	/// What is on hold for the record.
	pub deposit: Balance,
}

/// What a model earned, as clients see it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct RevenueInfo<AccountId> {
	/// How it is divided.
	pub terms: RevenueTerms<AccountId>,
	/// All fees ever, net of the protocol's share.
	pub revenue: Balance,
	/// What all ancestors' royalties of it are.
	pub royalties: Balance,
	/// What of these was pulled.
	pub royalties_taken: Balance,
	/// What servers got of it.
	pub to_servers: Balance,
	/// What the model's data got of it, royalties from descendants apart.
	pub to_data: Balance,
	/// What was credited to the developer, or given to others of its part.
	pub developer_taken: Balance,
	/// What of its part it cannot pull yet.
	pub developer_held: Balance,
	/// What the developer may pull.
	pub developer_due: Balance,
}

/// One page, in the order of ids.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct Page<Item, Id> {
	/// At most [`PAGE_MAX`].
	pub items: Vec<Item>,
	/// The cursor for the next page; `None` at the end.
	pub next: Option<Id>,
}

sp_api::decl_runtime_apis! {
	/// Queries of channels, batches and earnings.
	#[api_version(2)]
	pub trait ReceiptsApi<AccountId, BlockNumber>
	where
		AccountId: Codec,
		BlockNumber: Codec,
	{
		/// The channel with this id, if it is not over.
		fn channel(id: ChannelId) -> Option<ChannelInfo<AccountId>>;

		/// All channels from `cursor` on (`None`: from the first); looks at `limit` ids, cut to `1..=PAGE_MAX`.
		fn channels(cursor: Option<ChannelId>, limit: u32) -> Page<ChannelInfo<AccountId>, ChannelId>;

		/// The channels from `cursor` on that an account pays: at most `limit`, cut to `1..=PAGE_MAX`, among
		/// `LOOK_MAX` ids.
		fn channels_of(
			payer: AccountId,
			cursor: Option<ChannelId>,
			limit: u32,
		) -> Page<ChannelInfo<AccountId>, ChannelId>;

		/// The channels toward an agent, in the same way.
		fn channels_toward(
			server: AgentId,
			cursor: Option<ChannelId>,
			limit: u32,
		) -> Page<ChannelInfo<AccountId>, ChannelId>;

		/// The batch with this id, if its record is kept.
		fn batch(id: BatchId) -> Option<BatchInfo<BlockNumber>>;

		/// All batches from `cursor` on, in the same way.
		fn batches(cursor: Option<BatchId>, limit: u32) -> Page<BatchInfo<BlockNumber>, BatchId>;

		/// What a model earned; nothing if no channel ever named it.
		fn revenue(model: ModelId) -> Option<RevenueInfo<AccountId>>;

		/// What an ancestor may pull of a model's revenue.
		fn royalty_due(model: ModelId, ancestor: ModelId) -> Balance;

		/// What an account may withdraw.
		fn earnings(account: AccountId) -> Balance;

		/// The protocol's share of batches that are submitted now.
		fn protocol_share() -> Perbill;
	}
}
