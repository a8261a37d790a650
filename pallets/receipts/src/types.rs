//! What the pallet stores, and what it knows of the pallets beside it.
//!
//! # Must not
//! Read or write storage.

use crate::{Config, Error};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
	ensure,
	pallet_prelude::{DispatchResult, TypeInfo},
	traits::fungible,
	CloneNoBound, DebugNoBound, EqNoBound, PartialEqNoBound,
};
use frame_system::pallet_prelude::BlockNumberFor;
pub use plexus_primitives::constants::Balance;
use plexus_primitives::{AgentId, ChannelId, DatanetId, DatanetVersion, ModelId, Receipt};
use sp_runtime::{BoundedVec, Perbill};

/// Accounts.
pub type AccountIdOf<T> = <T as frame_system::Config>::AccountId;
/// Money on its way: what is dropped is burned.
pub type CreditOf<T> = fungible::Credit<AccountIdOf<T>, <T as Config>::Currency>;
/// What a channel may pay for, in ascending order.
pub type ModelsOf<T> = BoundedVec<ModelId, <T as Config>::ChannelModelsMax>;
/// Where a channel's contexts may come from, in ascending order.
pub type CorporaOf<T> = BoundedVec<(DatanetId, DatanetVersion), <T as Config>::ChannelCorporaMax>;
/// The receipts that one voucher covers.
pub type ReceiptsOf<T> = BoundedVec<Receipt, <T as Config>::BatchReceiptsMax>;
/// What one batch redeems, in ascending order of channels.
pub type RedemptionsOf<T> = BoundedVec<Redemption<T>, <T as Config>::BatchChannelsMax>;

/// State bytes of a channel besides its lists, and of a batch, for the price of the deposits: 32 bytes of prefix and 16 of
/// the id's key, then the values, with accounts of 32 bytes. A channel's are with those of its generation, which may have
/// no other.
pub const CHANNEL_ENTRY_BYTES: u32 = {
	let channel = 32 + 16 + 32 + 8 + 32 + 2 + 8 + 8 + 9 + 16 + 16 + 8 + 32 + 16;
	let generation = 32 + 16 + 8 + 9;
	let current = 32 + 16 + 32 + 8;
	channel + generation + current
};
/// See [`CHANNEL_ENTRY_BYTES`]; with block numbers of 4 bytes.
pub const BATCH_ENTRY_BYTES: u32 = 32 + 16 + 8 + 32 + 32 + 4 + 16 + 4 + 8 + 8 + 16;

/// What the pallet knows about models.
pub trait RevenueOf<AccountId> {
	/// An error if no channel may be opened for the model.
	///
	/// # Errors
	/// Those of the pallet that has the models.
	fn ensure_may_open_channel(model: ModelId) -> DispatchResult;

	/// How the model's revenue is divided, for ever the same; nothing if there is no such model. Costs no more than
	/// reading a model with the longest lineage.
	fn terms(model: ModelId) -> Option<RevenueTerms<AccountId>>;

	/// The share of the model's revenue that the ancestor gets, for ever the same; nothing if it is none. The shares of
	/// all ancestors sum to [`RevenueTerms::royalties`].
	fn royalty(model: ModelId, ancestor: ModelId) -> Option<Perbill>;
}

/// What the pallet knows about versions of datanets.
pub trait Corpora {
	/// Whether the version was published.
	fn is_published(datanet: DatanetId, version: DatanetVersion) -> bool;
}

/// What the pallet knows about serving agents.
pub trait Servers<AccountId> {
	/// An error if the agent does not serve.
	///
	/// # Errors
	/// Those of the pallet that has the agents.
	fn ensure_may_open_channel(server: AgentId) -> DispatchResult;

	/// The agent's own account, for ever the same: it submits, and it is paid, whatever became of the agent.
	fn account(server: AgentId) -> AccountId;

	/// The payer's fees for the agent's work burned so much. Must not fail.
	fn credit_reputation(server: AgentId, payer: &AccountId, burned: Balance);
}

/// Where the money for data goes.
pub trait Pools<Credit> {
	/// Takes what the data of a model's manifest earned. Must not fail, and must cost the same however many versions,
	/// contributions and contributors stand behind the model.
	fn deposit(model: ModelId, money: Credit);
}

/// How a model's revenue is divided. Immutable.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct RevenueTerms<AccountId> {
	/// Who gets the developer's part, and what royalties leave to the developer.
	pub developer: AccountId,
	/// The sum of all ancestors' royalties, of the revenue.
	pub royalties: Perbill,
	/// The server's share of what royalties leave.
	pub server: Perbill,
	/// The data's share of what royalties leave. The developer has the share that is neither.
	pub data: Perbill,
	/// The data's share of royalties that the model itself gets.
	pub data_of_royalties: Perbill,
	/// Whether the model's manifest pays anybody. If not, both of the data's shares are the developer's.
	pub pays_data: bool,
}

/// The books of a model: what it earned, and what of that was handed on.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Book<AccountId> {
	/// How revenue is divided. A copy, so that no settlement reads the model.
	pub terms: RevenueTerms<AccountId>,
	/// All fees ever, net of the protocol's share.
	pub revenue: Balance,
	/// What is still owed of the protocol's share, in billionths of a unit; below one unit.
	pub protocol_remainder: u32,
	/// What was credited to the developer of its own part, and what others were given of it.
	pub developer_taken: Balance,
	/// What of the developer's part cannot be pulled yet, because others may have a right to it.
	pub developer_held: Balance,
	/// What was credited to all ancestors, to their developers and data together.
	pub royalties_taken: Balance,
}

/// A payment channel.
#[derive(
	CloneNoBound, PartialEqNoBound, EqNoBound, DebugNoBound, Encode, Decode, MaxEncodedLen, TypeInfo,
)]
#[scale_info(skip_type_params(T))]
#[codec(mel_bound())]
pub struct Channel<T: Config> {
	/// Who pays, and has the funds on hold.
	pub payer: AccountIdOf<T>,
	/// Who is paid.
	pub server: AgentId,
	/// What the payer fixed when it was opened.
	pub terms: ChannelTerms<T>,
	/// Its generation: it may be closed with all others of it.
	pub generation: ChannelId,
	/// From when anybody may finish it, because it alone is being closed; on the chain clock.
	pub closes_at_ms: Option<u64>,
	/// What is locked still.
	pub locked: Balance,
	/// What was redeemed.
	pub redeemed: Balance,
	/// The last redeemed receipt; 0 if there was none.
	pub sequence: u64,
	/// What accumulates all redeemed receipts.
	pub acc: [u8; 32],
	/// What is on hold for the entry; returned exactly, whatever the deposit is by then.
	pub deposit: Balance,
}

/// Channels that a payer opened between two times that it closed all.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Generation {
	/// How many of them there are still; at least one.
	pub channels: u64,
	/// From when anybody may finish them, because all are being closed; on the chain clock.
	pub closes_at_ms: Option<u64>,
}

/// What a payer fixes when it opens a channel.
#[derive(
	CloneNoBound,
	PartialEqNoBound,
	EqNoBound,
	DebugNoBound,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[scale_info(skip_type_params(T))]
#[codec(mel_bound())]
pub struct ChannelTerms<T: Config> {
	/// Whose signature vouchers bear.
	pub signer: AccountIdOf<T>,
	/// The models that may be paid for; at least one.
	pub models: ModelsOf<T>,
	/// The versions that contexts may come from.
	pub corpora: CorporaOf<T>,
	/// From when anybody may finish it, on the chain clock.
	pub expires_at_ms: u64,
}

/// Receipts of a channel that follow on those redeemed before, and the signature of the voucher over them.
#[derive(
	CloneNoBound,
	PartialEqNoBound,
	EqNoBound,
	DebugNoBound,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[scale_info(skip_type_params(T))]
#[codec(mel_bound())]
pub struct Redemption<T: Config> {
	/// Which.
	pub channel: ChannelId,
	/// In order, from the one after the last redeemed.
	pub receipts: ReceiptsOf<T>,
	/// Of [`plexus_primitives::receipt::voucher`] by the channel's signer.
	pub signature: T::Signature,
}

/// A batch of receipts that were redeemed together.
#[derive(
	CloneNoBound, PartialEqNoBound, EqNoBound, DebugNoBound, Encode, Decode, MaxEncodedLen, TypeInfo,
)]
#[scale_info(skip_type_params(T))]
#[codec(mel_bound())]
pub struct Batch<T: Config> {
	/// Whose.
	pub server: AgentId,
	/// Who has the deposit on hold: the server's account.
	pub account: AccountIdOf<T>,
	/// The [`plexus_primitives::merkle`] root over [`Receipt::leaf`] of all receipts, channel by channel.
	pub root: [u8; 32],
	/// How many receipts.
	pub receipts: u32,
	/// The sum of their fees.
	pub gross: Balance,
	/// The block with the receipts in its body.
	pub submitted_at: BlockNumberFor<T>,
	/// When, on the chain clock.
	pub submitted_at_ms: u64,
	/// From when its record can be cleared, whatever the retention is by then.
	pub clearable_from_ms: u64,
	/// What is on hold for the record; returned exactly.
	pub deposit: Balance,
}

impl<T: Config> ChannelTerms<T> {
	/// Everything that can be checked without storage.
	pub(crate) fn check_form(&self) -> Result<(), Error<T>> {
		ensure!(!self.models.is_empty(), Error::NoModels);
		ensure!(is_ascending(&self.models), Error::ModelsNotAscending);
		ensure!(is_ascending(&self.corpora), Error::CorporaNotAscending);
		Ok(())
	}
}

impl<AccountId> RevenueTerms<AccountId> {
	/// Whether the shares leave nobody less than nothing.
	pub(crate) fn are_sound(&self) -> bool {
		let policy = u64::from(self.server.deconstruct()).saturating_add(self.data.deconstruct().into());
		policy <= u64::from(Perbill::one().deconstruct())
	}
}

/// Whether a receipt names content that can exist.
pub(crate) fn is_sound(receipt: &Receipt) -> bool {
	let context = receipt.context.is_none_or(|context| context.bytes > 0);
	receipt.prompt.len > 0 && receipt.output.len > 0 && context
}

/// Whether each item is greater than the one before: sorted, and none twice.
pub(crate) fn is_ascending<Item: PartialOrd>(items: &[Item]) -> bool {
	items.iter().zip(items.iter().skip(1)).all(|(one, next)| one < next)
}
