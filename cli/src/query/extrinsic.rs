//! An extrinsic as `plexus query block` and `plexus query tx` show it.
//!
//! # Must not
//! Fail because of one thing that cannot be decoded: it is shown as unknown.

use super::event::{self, Event};
use crate::{
	address,
	amount::Amount,
	client::{bounded, AtBlock},
	explain::explain_dispatch_error,
	failure::Failure,
	submit::{self, dispatch_error, fee_paid},
};
use serde::Serialize;
use subxt::{
	events::{Events, Phase},
	ext::codec::Decode,
	utils::{AccountId32, MultiAddress},
	SubstrateConfig,
};

/// What an extrinsic did.
#[derive(Serialize)]
pub(super) struct Summary {
	pub(super) index: usize,
	pub(super) hash: String,
	/// Pallet and call, like `Balances.transfer_keep_alive`.
	pub(super) call: String,
	/// `null` for what the block's author put in.
	pub(super) signer: Option<String>,
	/// `null` if the block's events are not kept any more.
	pub(super) success: Option<bool>,
	pub(super) error: Option<Failure>,
	pub(super) fee: Option<Amount>,
	pub(super) events: Vec<Event>,
}

impl Summary {
	/// The outcome in a word.
	pub(super) fn outcome(&self) -> String {
		match (self.success, &self.error) {
			(None, _) => "unknown (events discarded)".into(),
			(Some(true), _) => "success".into(),
			(Some(false), Some(error)) => format!("failed: {}", error.name),
			(Some(false), None) => "failed".into(),
		}
	}
}

/// One extrinsic of a block.
pub(super) type Extrinsic<'a> = subxt::extrinsics::Extrinsic<'a, SubstrateConfig, Client>;
type Client = subxt::client::OnlineClientAtBlockImpl<SubstrateConfig>;

/// The events of a block, fetched once; `None` if they are not kept any more.
pub(super) async fn events(at: &AtBlock) -> Result<Option<Events<SubstrateConfig>>, Failure> {
	Ok(bounded("the events", at.events().fetch()).await?.ok())
}

/// Describes an extrinsic. `events` are all of its block.
pub(super) fn summarise(
	at: &AtBlock,
	extrinsic: &Extrinsic<'_>,
	events: Option<&Events<SubstrateConfig>>,
) -> Summary {
	let phase = Phase::ApplyExtrinsic(extrinsic.index() as u32);
	let own = |event: &submit::Event<'_>| event.phase() == phase;
	let events: Option<Vec<_>> =
		events.map(|events| events.iter().filter_map(Result::ok).filter(own).collect());
	let events = events.as_deref();
	let error = events.and_then(|events| dispatch_error(at, events.iter().cloned()).ok());
	Summary {
		index: extrinsic.index(),
		hash: format!("{:#x}", extrinsic.hash()),
		call: format!("{}.{}", extrinsic.pallet_name(), extrinsic.call_name()),
		signer: extrinsic.address_bytes().map(signer),
		success: error.as_ref().map(Option::is_none),
		error: error.flatten().map(|error| explain_dispatch_error(&error)),
		fee: events.and_then(|events| fee_paid(events.iter().cloned())),
		events: events.unwrap_or_default().iter().map(|event| event::describe(at, event)).collect(),
	}
}

fn signer(address: &[u8]) -> String {
	match MultiAddress::<AccountId32, ()>::decode(&mut &address[..]) {
		Ok(MultiAddress::Id(account)) => address::display(&account.0.into()),
		_ => crate::output::hex(address),
	}
}
