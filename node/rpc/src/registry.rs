//! [`Registry`]: the one place where methods are registered, so that each runs where it may, is refused where it is
//! closed, and is listed by `rpc_methods`.
//!
//! # Must not
//! Know what a method does.
//!
//! # Invariants
//! `rpc_methods` lists exactly what is registered here, aliases and unsubscriptions included.

use crate::{
	arguments::Arguments,
	connection::Connection,
	context::{json, Context},
	errors::RpcError,
	notifier::Notifier,
};
use futures::{future::BoxFuture, FutureExt};
use jsonrpsee::{
	core::RegisterMethodError, types::ErrorObjectOwned, Extensions, Methods, PendingSubscriptionSink,
	RpcModule,
};
use serde_json::value::RawValue;
use std::sync::Arc;

/// What a method answers: finished JSON.
pub type Answer = Result<Box<RawValue>, RpcError>;

/// A method. It is called on a thread that may block.
pub type Method = fn(&Context, &Arguments) -> Answer;

/// A method that looks at its connection. It is called on a thread that may block.
pub type ConnectionMethod = fn(&Context, &Arguments, &Connection) -> Answer;

/// A method that only looks at memory. It is called on the asynchronous runtime and must return at once.
pub type InstantMethod = fn(&Arc<Context>, &Arguments, &Arc<Connection>) -> Answer;

/// Checks a subscription's parameters and returns what feeds it.
pub type Subscribe = fn(Arc<Context>, &Arguments, &Arc<Connection>) -> Result<Feed, RpcError>;

/// Feeds a subscription until it ends.
pub type Feed = Box<dyn FnOnce(Notifier) -> BoxFuture<'static, ()> + Send>;

/// Methods, as they are registered.
pub struct Registry {
	context: Arc<Context>,
	module: RpcModule<()>,
	failure: Option<RegisterMethodError>,
}

impl Registry {
	/// No methods yet.
	pub fn new(context: Arc<Context>) -> Self {
		Self { context, module: RpcModule::new(()), failure: None }
	}

	/// A method that reads the disk or runs the runtime: it runs on a query thread, within the limit of time.
	pub fn query(&mut self, name: &'static str, method: Method) {
		self.threaded(name, |_| Ok(()), move |context, arguments, _| method(context, arguments));
	}

	/// A query that depends on its connection.
	pub fn connection_query(&mut self, name: &'static str, method: ConnectionMethod) {
		self.threaded(name, |_| Ok(()), method);
	}

	/// A query that changes the node or is costly: refused from all but trusted connections.
	pub fn unsafe_query(&mut self, name: &'static str, method: Method) {
		let trusted =
			|connection: &Connection| if connection.is_trusted() { Ok(()) } else { Err(RpcError::Unsafe) };
		self.threaded(name, trusted, move |context, arguments, _| method(context, arguments));
	}

	/// A method that hands its parameter `extrinsic` to the pool and answers its hash.
	pub fn submission(&mut self, name: &'static str) {
		let context = self.context.clone();
		let registered = self.module.register_async_method(name, move |params, _, extensions| {
			let context = context.clone();
			let connection = Connection::of(&extensions);
			async move {
				let _turn = connection.thread_turn().await;
				let extrinsic = Arguments::parse(params.as_str())?.bytes("extrinsic")?;
				let hash = context.submissions.submit(extrinsic).await?;
				json(&hash).map_err(ErrorObjectOwned::from)
			}
		});
		let registered = registered.map(drop);
		self.note(registered);
	}

	fn threaded<F>(&mut self, name: &'static str, check: fn(&Connection) -> Result<(), RpcError>, method: F)
	where
		F: Fn(&Context, &Arguments, &Connection) -> Answer + Clone + Send + Sync + 'static,
	{
		let context = self.context.clone();
		let registered = self.module.register_async_method(name, move |params, _, extensions| {
			let (context, method) = (context.clone(), method.clone());
			let connection = Connection::of(&extensions);
			async move {
				check(&connection)?;
				let _turn = connection.thread_turn().await;
				// Those that had their turn before may have filled what the reader leaves unread.
				connection.capacity().await;
				let (on_thread, of) = (context.clone(), connection.clone());
				let job = move || method(&on_thread, &Arguments::parse(params.as_str())?, &of);
				context.queries.run(context.limits.call_time, job).await.map_err(ErrorObjectOwned::from)
			}
		});
		let registered = registered.map(drop);
		self.note(registered);
	}

	/// A method that only looks at memory.
	pub fn instant(&mut self, name: &'static str, method: InstantMethod) {
		let context = self.context.clone();
		let registered = self.module.register_method(name, move |params, _, extensions| {
			let connection = Connection::of(extensions);
			let answer = Arguments::parse(params.as_str()).and_then(|a| method(&context, &a, &connection));
			answer.map_err(ErrorObjectOwned::from)
		});
		let registered = registered.map(drop);
		self.note(registered);
	}

	/// A method whose parameters are checked at once, and whose answer takes its time on the asynchronous runtime.
	pub fn custom<R, F>(&mut self, name: &'static str, method: F)
	where
		R: jsonrpsee::IntoResponse + 'static,
		F: Fn(&Arc<Context>, Result<Arguments, RpcError>, &Arc<Connection>) -> R + Send + Sync + 'static,
	{
		let context = self.context.clone();
		let registered = self.module.register_method(name, move |params, _, extensions: &Extensions| {
			method(&context, Arguments::parse(params.as_str()), &Connection::of(extensions))
		});
		let registered = registered.map(drop);
		self.note(registered);
	}

	/// A subscription: what it is called by, what its notifications are called, what ends it.
	pub fn subscription(
		&mut self,
		name: &'static str,
		notification: &'static str,
		unsubscribe: &'static str,
		subscribe: Subscribe,
	) {
		let context = self.context.clone();
		let callback = move |params: jsonrpsee::types::Params<'static>,
		                     pending: PendingSubscriptionSink,
		                     _: Arc<()>,
		                     extensions: Extensions| {
			let connection = Connection::of(&extensions);
			let context = context.clone();
			let feed = Arguments::parse(params.as_str()).and_then(|a| subscribe(context, &a, &connection));
			async move {
				match feed {
					Err(error) => pending.reject(error).await,
					Ok(feed) => {
						// Fails only if the connection is gone.
						if let Ok(sink) = pending.accept().await {
							feed(Notifier::new(sink, connection)).await;
						}
					}
				}
			}
			.boxed()
		};
		let registered =
			self.module.register_subscription(name, notification, unsubscribe, callback).map(drop);
		self.note(registered);
	}

	/// A subscription that is accepted or refused only after some work: `feed` gets the pending sink itself.
	pub fn late_subscription<F>(
		&mut self,
		name: &'static str,
		notification: &'static str,
		unsubscribe: &'static str,
		feed: F,
	) where
		F: Fn(
				Arc<Context>,
				jsonrpsee::types::Params<'static>,
				PendingSubscriptionSink,
				Arc<Connection>,
			) -> BoxFuture<'static, ()>
			+ Clone
			+ Send
			+ Sync
			+ 'static,
	{
		let context = self.context.clone();
		let registered = self
			.module
			.register_subscription(name, notification, unsubscribe, move |params, pending, _, extensions| {
				feed(context.clone(), params, pending, Connection::of(&extensions))
			})
			.map(drop);
		self.note(registered);
	}

	/// Another name for a registered method.
	pub fn alias(&mut self, alias: &'static str, name: &'static str) {
		let registered = self.module.register_alias(alias, name);
		self.note(registered);
	}

	fn note(&mut self, registered: Result<(), RegisterMethodError>) {
		if let Err(error) = registered {
			self.failure.get_or_insert(error);
		}
	}

	/// All methods, with `rpc_methods` to list them.
	///
	/// # Errors
	/// If a name was registered twice, or an alias names nothing.
	pub fn finish(mut self) -> Result<Methods, RegisterMethodError> {
		const LIST: &str = "rpc_methods";
		let mut names: Vec<&'static str> = self.module.method_names().chain([LIST]).collect();
		names.sort_unstable();
		let listed = serde_json::json!({ "methods": names });
		let registered = self.module.register_method(LIST, move |_, _, _| listed.clone()).map(drop);
		self.note(registered);
		match self.failure {
			None => Ok(self.module.into()),
			Some(error) => Err(error),
		}
	}
}
