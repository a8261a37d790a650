//! Payment channels on the chain, as purse and ledger know them.
//!
//! # Must not
//! Print anything: that is [`crate::payments`].

use crate::{
	client::{bounded, constant, AtBlock},
	explain::explain_client,
	failure::Failure,
	payments::{self, ChannelInfo},
};
use futures::{StreamExt, TryStreamExt};
use plexus_payments::{BatchLimits, ChannelState, Point, Terms};
use plexus_primitives::{AgentId, ChannelId, DatanetId, DatanetVersion, ModelId};
use subxt::dynamic;

/// Channels that are asked for at once. The node answers as many of a connection.
const LOOKUPS: usize = 32;

impl From<ChannelInfo> for ChannelState {
	fn from(info: ChannelInfo) -> Self {
		let corpus = |(datanet, version)| (DatanetId(datanet), DatanetVersion(version));
		Self {
			id: ChannelId(info.id),
			payer: info.payer,
			server: AgentId(info.server),
			terms: Terms {
				signer: info.signer,
				models: info.models.into_iter().map(ModelId).collect(),
				corpora: info.corpora.into_iter().map(corpus).collect(),
			},
			closing: info.closing,
			ends_at_ms: info.ends_at_ms,
			locked: info.locked,
			redeemed: Point { sequence: info.sequence, cumulative: info.redeemed, acc: info.acc },
		}
	}
}

/// The channel with this id, which must not be over.
pub(crate) async fn known_state(at: &AtBlock, id: ChannelId) -> Result<ChannelState, Failure> {
	payments::known_channel(at, id.0).await.map(ChannelState::from)
}

/// What the chain has of each of these channels.
pub(crate) async fn states(
	at: &AtBlock,
	ids: impl IntoIterator<Item = ChannelId>,
) -> Result<Vec<(ChannelId, Option<ChannelState>)>, Failure> {
	let lookups = ids.into_iter().map(|id| async move {
		payments::channel(at, id.0).await.map(|found| (id, found.map(ChannelState::from)))
	});
	futures::stream::iter(lookups).buffered(LOOKUPS).try_collect().await
}

/// The same for a ledger, which forgets a channel that is over. A node that lags behind has nothing of one that was opened
/// since, either: of ids that it has not given yet nothing is said.
pub(crate) async fn seen(
	at: &AtBlock,
	ids: impl IntoIterator<Item = ChannelId>,
) -> Result<Vec<(ChannelId, Option<ChannelState>)>, Failure> {
	let next = next_id(at).await?;
	Ok(given(states(at, ids).await?, next))
}

/// Without those that there was nothing of yet when `next` was the next id.
fn given(
	mut states: Vec<(ChannelId, Option<ChannelState>)>,
	next: ChannelId,
) -> Vec<(ChannelId, Option<ChannelState>)> {
	states.retain(|(id, state)| state.is_some() || *id < next);
	states
}

/// The id that the next channel gets: all that there are, or were, have smaller ones. The runtime API does not tell it.
pub(crate) async fn next_id(at: &AtBlock) -> Result<ChannelId, Failure> {
	let address = dynamic::storage::<(), u64>("Receipts", "NextChannelId");
	let storage = at.storage();
	match bounded("the number of channels", storage.try_fetch(address, ())).await?.map_err(explain_client)? {
		Some(next) => next.decode().map(ChannelId).map_err(explain_client),
		None => Ok(ChannelId(0)),
	}
}

/// What the chain takes in one batch.
pub(crate) fn batch_limits(at: &AtBlock) -> BatchLimits {
	let limit = |(pallet, name): (&str, &str), usual: usize| {
		let found = constant(at, pallet, name).and_then(|limit| usize::try_from(limit).ok());
		found.unwrap_or(usual).clamp(1, usual)
	};
	let BatchLimits { receipts, channels, models, claims, targets } = BatchLimits::USUAL;
	BatchLimits {
		receipts: limit(("Receipts", "BatchReceiptsMax"), receipts),
		channels: limit(("Receipts", "BatchChannelsMax"), channels),
		models: limit(("Receipts", "BatchModelsMax"), models),
		claims: limit(("Attribution", "ClaimsMax"), claims),
		targets: limit(("Attribution", "TargetsMax"), targets),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::{DecodeAll, Encode};
	use pallet_receipts::runtime_api;
	use sp_core::crypto::AccountId32;

	#[test]
	fn what_a_node_that_lags_behind_does_not_know_is_not_over() {
		let state = |id| ChannelState {
			id,
			payer: [1; 32].into(),
			server: AgentId(2),
			terms: Terms { signer: [3; 32].into(), models: vec![ModelId(4)], corpora: vec![] },
			closing: false,
			ends_at_ms: 5,
			locked: 6,
			redeemed: Point { sequence: 0, cumulative: 0, acc: [0; 32] },
		};
		let (over, open, later) = (ChannelId(7), ChannelId(8), ChannelId(9));
		let states = vec![(over, None), (open, Some(state(open))), (later, None)];
		assert_eq!(given(states.clone(), later), [(over, None), (open, Some(state(open)))]);
		assert_eq!(given(states.clone(), ChannelId(10)), states, "it was opened, and is over");
		assert_eq!(given(states, ChannelId(0)), [(open, Some(state(open)))]);
	}

	#[test]
	fn a_channel_of_the_pallet_is_the_state_that_purse_and_ledger_know() {
		let account = |n: u8| AccountId32::from([n; 32]);
		let theirs = runtime_api::ChannelInfo {
			id: ChannelId(1),
			payer: account(2),
			server: AgentId(3),
			signer: account(4),
			models: vec![ModelId(5)],
			corpora: vec![(DatanetId(6), DatanetVersion(7))],
			expires_at_ms: 8,
			closing: true,
			ends_at_ms: 9,
			locked: 10,
			redeemed: 11,
			sequence: 12,
			acc: [13; 32],
			deposit: 14,
		};
		let info = ChannelInfo::decode_all(&mut &theirs.encode()[..]).expect("the same encoding");
		let state = ChannelState::from(info);
		assert_eq!((state.id, state.server, state.payer.clone()), (ChannelId(1), AgentId(3), account(2)));
		assert_eq!(state.redeemed, Point { sequence: 12, cumulative: 11, acc: [13; 32] });
		assert_eq!((state.capacity(), state.closing, state.ends_at_ms), (21, true, 9));
		let Terms { signer, models, corpora } = state.terms;
		assert_eq!((signer, models), (account(4), vec![ModelId(5)]));
		assert_eq!(corpora, [(DatanetId(6), DatanetVersion(7))]);
	}
}
