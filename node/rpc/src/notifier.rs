//! [`Notifier`]: sends a subscription's notifications, no faster than they are read.
//!
//! # Must not
//! Queue: whoever feeds a subscription waits here while its reader is slow, and holds no more than its own next
//! notification.

use crate::connection::Connection;
use jsonrpsee::SubscriptionSink;
use serde::Serialize;
use std::sync::Arc;

/// An open subscription. Clones share it; it ends when the last is dropped.
#[derive(Clone)]
pub struct Notifier {
	sink: SubscriptionSink,
	connection: Arc<Connection>,
}

/// The subscription is over: unsubscribed, or its connection is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Over;

impl Notifier {
	/// Notifications for `sink`, which is one of `connection`.
	pub fn new(sink: SubscriptionSink, connection: Arc<Connection>) -> Self {
		Self { sink, connection }
	}

	/// The subscription's id, as the caller knows it.
	pub fn id(&self) -> String {
		match self.sink.subscription_id() {
			jsonrpsee::types::SubscriptionId::Str(id) => id.into_owned(),
			jsonrpsee::types::SubscriptionId::Num(id) => id.to_string(),
		}
	}

	/// Its connection.
	pub fn connection(&self) -> &Arc<Connection> {
		&self.connection
	}

	/// Sends one notification; waits while the reader has too much to read already.
	///
	/// # Errors
	/// [`Over`], also while waiting.
	pub async fn send<T: Serialize + ?Sized>(&self, value: &T) -> Result<(), Over> {
		// Before the text is made: whoever waits for a slow reader holds no text.
		tokio::select! {
			() = self.connection.capacity() => {}
			() = self.sink.closed() => return Err(Over),
		}
		let Ok(json) = serde_json::value::to_raw_value(value) else {
			tracing::error!(target: "rpc", "a notification could not be written as JSON");
			return Err(Over);
		};
		let bytes = json.get().len();
		let sent = tokio::select! {
			sent = self.sink.send(json) => sent.map_err(|_| Over),
			() = self.sink.closed() => Err(Over),
		};
		if sent.is_ok() {
			self.connection.queued(bytes);
		}
		sent
	}

	/// Completes when the subscription is over.
	pub async fn over(&self) {
		self.sink.closed().await;
	}
}
