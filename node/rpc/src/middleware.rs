//! [`Measured`]: what happens around every call: bounds of its connection, time, log and metrics; and batches, whose
//! calls run side by side.
//!
//! # Must not
//! Look into parameters or answers.

use crate::{connection::Connection, control::RpcObserver};
use futures::{stream::FuturesOrdered, StreamExt};
use jsonrpsee::{
	server::middleware::rpc::{Batch, BatchEntry, BatchEntryErr, Notification, RpcServiceT},
	types::{error::METHOD_NOT_FOUND_CODE, Request},
	BatchResponseBuilder, MethodResponse,
};
use std::{future::Future, sync::Arc, time::Instant};

/// Settings shared by all connections.
#[derive(Clone)]
pub struct MeasuredLayer {
	/// Hears of every call.
	pub observer: Arc<dyn RpcObserver>,
	/// Calls of one batch that run at the same time.
	pub batch_calls_in_flight: usize,
	/// Bytes of a batch's answer.
	pub response_bytes: usize,
}

impl<S> tower::Layer<S> for MeasuredLayer {
	type Service = Measured<S>;

	fn layer(&self, service: S) -> Self::Service {
		Measured { service, settings: self.clone() }
	}
}

/// A service whose calls are bounded and measured.
#[derive(Clone)]
pub struct Measured<S> {
	service: S,
	settings: MeasuredLayer,
}

impl<S> Measured<S>
where
	S: RpcServiceT<MethodResponse = MethodResponse> + Clone + Send + Sync + 'static,
{
	/// Runs one call and tells of it.
	async fn measured(self, request: Request<'_>) -> MethodResponse {
		let started = Instant::now();
		let method = request.method.clone().into_owned();
		let response = self.service.call(request).await;
		let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
		let name =
			if response.as_error_code() == Some(METHOD_NOT_FOUND_CODE) { "unknown" } else { method.as_str() };
		self.settings.observer.call(name, micros, response.is_success());
		tracing::debug!(target: "rpc", method = name, micros, ok = response.is_success(), "call");
		response
	}

	/// Runs one entry of a batch. `None`: a notification, which has no answer.
	async fn entry(self, entry: Result<BatchEntry<'_>, BatchEntryErr<'_>>) -> Option<MethodResponse> {
		match entry {
			Ok(BatchEntry::Call(request)) => Some(self.measured(request).await),
			Ok(BatchEntry::Notification(_)) => None,
			Err(error) => {
				let (error, id) = error.into_parts();
				Some(MethodResponse::error(id, error))
			}
		}
	}
}

impl<S> RpcServiceT for Measured<S>
where
	S: RpcServiceT<
			MethodResponse = MethodResponse,
			BatchResponse = MethodResponse,
			NotificationResponse = MethodResponse,
		> + Clone
		+ Send
		+ Sync
		+ 'static,
{
	type MethodResponse = MethodResponse;
	type BatchResponse = MethodResponse;
	type NotificationResponse = MethodResponse;

	fn call<'a>(&self, request: Request<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
		let this = self.clone();
		async move {
			let connection = Connection::of(request.extensions());
			let _call = connection.begin_call();
			connection.capacity().await;
			let response = this.measured(request).await;
			// The answer of a subscription was sent already.
			if response.is_method_call() {
				connection.queued(response.as_json().get().len());
			}
			response
		}
	}

	fn batch<'a>(&self, mut batch: Batch<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
		let this = self.clone();
		async move {
			let connection = Connection::of(batch.extensions());
			let _call = connection.begin_call();
			connection.capacity().await;
			let mut answers = BatchResponseBuilder::new_with_limit(this.settings.response_bytes);
			let mut notified = false;
			let mut waiting = batch.into_iter();
			let mut running = FuturesOrdered::new();
			loop {
				let room = this.settings.batch_calls_in_flight.max(1) - running.len();
				for entry in waiting.by_ref().take(room) {
					running.push_back(this.clone().entry(entry));
				}
				match running.next().await {
					None => break,
					Some(None) => notified = true,
					Some(Some(answer)) => {
						if let Err(too_large) = answers.append(answer) {
							return too_large;
						}
					}
				}
			}
			let response = if answers.is_empty() && notified {
				MethodResponse::notification()
			} else {
				MethodResponse::from_batch(answers.finish())
			};
			if response.is_batch() {
				connection.queued(response.as_json().get().len());
			}
			response
		}
	}

	fn notification<'a>(
		&self,
		notification: Notification<'a>,
	) -> impl Future<Output = MethodResponse> + Send + 'a {
		self.service.notification(notification)
	}
}
