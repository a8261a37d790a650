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

#[cfg(test)]
mod tests {
	use super::*;
	use crate::limits::RpcLimits;
	use futures::FutureExt;
	use jsonrpsee::{core::EmptyServerParams, RpcModule};
	use std::pin::pin;
	use tokio::sync::mpsc;

	#[tokio::test]
	async fn beyond_the_queue_the_sender_waits_until_the_reader_takes_one_or_leaves() {
		const QUEUED_MAX: usize = 3;
		let (hand_over, mut handed) = mpsc::channel(1);
		let mut module = RpcModule::new(hand_over);
		module
			.register_subscription("tell", "told", "stop", |_, pending, hand_over, _| async move {
				if let Ok(sink) = pending.accept().await {
					let _ = hand_over.send(sink).await;
				}
			})
			.expect("the only one");
		let mut reader =
			module.subscribe("tell", EmptyServerParams::new(), QUEUED_MAX).await.expect("accepted");
		let connection = Arc::new(Connection::new(None, false, &RpcLimits::default()));
		let notifier = Notifier::new(handed.recv().await.expect("accepted"), connection.clone());

		for n in 0..QUEUED_MAX {
			assert_eq!(notifier.send(&n).now_or_never(), Some(Ok(())), "there is room for {n}");
		}
		{
			let mut waiting = pin!(notifier.send(&QUEUED_MAX));
			assert_eq!(waiting.as_mut().now_or_never(), None, "the queue is full");
			assert_eq!(connection.unsent(), QUEUED_MAX as u64, "what waits is not counted: it is not sent");
			assert_eq!(reader.next::<usize>().await.expect("goes on").expect("JSON").0, 0);
			assert_eq!(waiting.await, Ok(()));
		}
		for n in 1..=QUEUED_MAX {
			assert_eq!(reader.next::<usize>().await.expect("goes on").expect("JSON").0, n, "none is lost");
		}

		for n in 0..QUEUED_MAX {
			assert_eq!(notifier.send(&n).now_or_never(), Some(Ok(())), "there is room again for {n}");
		}
		let mut waiting = pin!(notifier.send(&QUEUED_MAX));
		assert_eq!(waiting.as_mut().now_or_never(), None, "the queue is full");
		drop(reader);
		assert_eq!(waiting.await, Err(Over));
	}
}
