//! [`Chronicle`]: all events of a block, decoded by the chain's metadata, for programs that add up what happened.
//!
//! # Must not
//! Leave an event out: one that cannot be decoded is a failure, since a sum without it would be wrong.
//!
//! # Invariants
//! Fields are as the node's `index_history` has them: [`plexus_event_json`] says how.

use crate::{
	client::{bounded, AtBlock, Client},
	explain::explain_client,
	failure::{Failure, FailureKind},
	submit,
};
use futures::future::LocalBoxFuture;
use plexus_event_json::{describe, Described};
use serde_json::Value as Json;
use subxt::events::Phase;

/// What blocks did.
pub struct Chronicle {
	client: Client,
}

/// An event.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
	/// Its block.
	pub block: u64,
	/// The extrinsic that it belongs to; nothing for what the block does by itself.
	pub extrinsic: Option<u32>,
	/// Pallet and event, like `Balances.Transfer`.
	pub name: String,
	/// Its fields by name.
	pub fields: Json,
}

impl Chronicle {
	/// Connects to a node.
	///
	/// Boxed, as all here, so that the client is compiled in this crate.
	///
	/// # Errors
	/// It cannot be reached.
	pub fn connect(url: &str) -> LocalBoxFuture<'_, Result<Self, Failure>> {
		Box::pin(async move { Ok(Self { client: Client::connect(url).await? }) })
	}

	/// The number of the last block.
	///
	/// # Errors
	/// The node's.
	pub fn last(&self) -> LocalBoxFuture<'_, Result<u64, Failure>> {
		Box::pin(async move { Ok(self.client.at_head().await?.block_number()) })
	}

	/// All events of a block, in their order.
	///
	/// # Errors
	/// There is no such block, its state is not kept any more, or an event cannot be decoded.
	pub fn block(&self, number: u64) -> LocalBoxFuture<'_, Result<Vec<Told>, Failure>> {
		Box::pin(async move {
			let hash = self.client.block_hash(number).await?.ok_or_else(|| unknown(number))?;
			let at = self.client.at_hash(hash).await?;
			let events = bounded("the events", at.events().fetch()).await?.map_err(explain_client)?;
			let tell = |event: Result<submit::Event<'_>, _>| {
				let event = event.map_err(|error| undecoded(number, &error))?;
				tell(&at, number, &event).ok_or_else(|| undecoded(number, &event.event_name()))
			};
			events.iter().map(tell).collect()
		})
	}
}

fn unknown(number: u64) -> Failure {
	Failure::new(
		FailureKind::NotFound,
		"NoSuchBlock",
		format!("there is no block {number} yet"),
		"the last block is shown by `plexus query chain`",
	)
}

fn undecoded(number: u64, what: &impl std::fmt::Display) -> Failure {
	Failure::new(
		FailureKind::Node,
		"Undecoded",
		format!("an event of block {number} cannot be decoded: {what}"),
		"check that this client and the node have the same version (`plexus version`)",
	)
}

fn tell(at: &AtBlock, block: u64, event: &submit::Event<'_>) -> Option<Told> {
	let metadata = at.metadata_ref();
	let bytes = [&[event.pallet_index(), event.event_index()][..], event.field_bytes()].concat();
	let Described { pallet, name, fields } =
		describe(&bytes, metadata.outer_enums().event_enum_ty(), metadata.types())?;
	let extrinsic = match event.phase() {
		Phase::ApplyExtrinsic(place) => Some(place),
		Phase::Initialization | Phase::Finalization => None,
	};
	Some(Told { block, extrinsic, name: format!("{pallet}.{name}"), fields })
}
