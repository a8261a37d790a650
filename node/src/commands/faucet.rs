//! `plexus faucet`: gives test money away over HTTP, a little to each, rarely.
//!
//! ```text
//! POST /drip {"address": "5…"}  ─▶ 200 {"transaction", "address", "amount"}      accepted by the node
//!                                  400 not an address    429 too soon, with Retry-After
//!                                  503 busy, or the node does not answer          nothing was counted
//! GET  /                        ─▶ 200 who pays how much
//! ```
//!
//! # Must not
//! Run unless it is started: the node knows nothing of it. Print or send its secret. Pay before the limits allow it.
//!
//! # Invariants
//! One task owns limits and payer, so that two requests at once cannot both pass. At most [`WAITING_MAX`] requests wait,
//! on connections that [`http`] bounds in number and time.

mod limits;

use super::{
	block_on,
	http::{self, Bounds},
	run::stop_signal,
};
use crate::{cli::FaucetArgs, report::Report};
use axum::{
	body::Bytes,
	extract::{ConnectInfo, DefaultBodyLimit, State},
	http::{header, HeaderMap, StatusCode},
	response::{IntoResponse, Response},
	routing::{get, post},
	Router,
};
use limits::{Limits, Refused};
use plexus_cli::{Failure, FailureKind, Paid, Payer};
use serde::Deserialize;
use serde_json::{json, Value};
use std::{
	net::{IpAddr, SocketAddr},
	time::Instant,
};
use tokio::{
	net::TcpListener,
	sync::{mpsc, oneshot},
};

/// Requests that wait for the payer; beyond, clients are told to come back.
const WAITING_MAX: usize = 64;

/// The longest request: an address has 48 characters.
const BODY_BYTES_MAX: usize = 1_024;

/// Runs the faucet until a signal.
///
/// # Errors
/// The key cannot be used, the node not be reached, or the port is taken.
pub fn run(args: &FaucetArgs) -> anyhow::Result<()> {
	block_on(serve(args))
}

async fn serve(args: &FaucetArgs) -> anyhow::Result<()> {
	let payer = Payer::open(&args.url, &args.key, &args.amount).await?;
	let taken = |error: std::io::Error| {
		let cause = format!("cannot listen on {}: {error}", args.listen);
		Report::new("port in use", cause, "stop what uses it, or choose another with --listen")
	};
	let listener = TcpListener::bind(args.listen).await.map_err(taken)?;
	let listening = listener.local_addr().map_err(taken)?;
	let about =
		json!({ "pays": args.amount, "from": payer.address(), "every_seconds": args.every.as_secs() });
	println!(
		"{} pays {} PLX: POST http://{listening}/drip {{\"address\": \"…\"}}",
		payer.address(),
		args.amount
	);
	let (queue, waiting) = mpsc::channel(WAITING_MAX);
	let shared = Shared { queue, about: about.to_string(), behind_proxy: args.behind_proxy };
	let router = Router::new()
		.route("/", get(about_page))
		.route("/drip", post(drip))
		.layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
		.with_state(shared);
	let stop = stop_signal()?;
	let limits = Limits::new(args.every, args.per_ip);
	tokio::select! {
		() = http::serve(listener, router, Bounds::PUBLIC) => Ok(()),
		() = pay_out(payer, limits, waiting) => Ok(()),
		() = stop => Ok(()),
	}
}

#[derive(Clone)]
struct Shared {
	queue: mpsc::Sender<Request>,
	about: String,
	behind_proxy: bool,
}

/// A request for money.
struct Request {
	address: String,
	ip: IpAddr,
	reply: oneshot::Sender<Outcome>,
}

/// What became of it.
#[derive(Debug)]
enum Outcome {
	Paid(Paid),
	Refused(Refused),
	Failed(Failure),
}

/// Pays one request after the other.
async fn pay_out(mut payer: Payer, mut limits: Limits, mut waiting: mpsc::Receiver<Request>) {
	let start = Instant::now();
	while let Some(Request { address, ip, reply }) = waiting.recv().await {
		let outcome = match payer.canonical(&address) {
			Err(failure) => Outcome::Failed(failure),
			Ok(account) => match limits.check(start.elapsed(), &account, ip) {
				Err(refused) => Outcome::Refused(refused),
				Ok(()) => match payer.pay(&account).await {
					Ok(paid) => {
						limits.note(start.elapsed(), &account, ip);
						Outcome::Paid(paid)
					}
					Err(failure) => Outcome::Failed(failure),
				},
			},
		};
		// Whoever asked may be gone; what was paid is paid.
		let _ = reply.send(outcome);
	}
}

async fn about_page(State(shared): State<Shared>) -> Response {
	answer(StatusCode::OK, shared.about)
}

async fn drip(
	State(shared): State<Shared>,
	ConnectInfo(peer): ConnectInfo<SocketAddr>,
	headers: HeaderMap,
	body: Bytes,
) -> Response {
	#[derive(Deserialize)]
	#[serde(deny_unknown_fields)]
	struct Drip {
		address: String,
	}
	let Ok(Drip { address }) = serde_json::from_slice(&body) else {
		return error(StatusCode::BAD_REQUEST, "the body is not {\"address\": \"…\"}");
	};
	let ip = if shared.behind_proxy { forwarded(&headers).unwrap_or(peer.ip()) } else { peer.ip() };
	let (reply, outcome) = oneshot::channel();
	if shared.queue.try_send(Request { address, ip, reply }).is_err() {
		return error(StatusCode::SERVICE_UNAVAILABLE, "too many requests wait; try again in a minute");
	}
	match outcome.await {
		Ok(outcome) => respond(&outcome),
		Err(_) => error(StatusCode::SERVICE_UNAVAILABLE, "the faucet is stopping"),
	}
}

fn respond(outcome: &Outcome) -> Response {
	match outcome {
		Outcome::Paid(paid) => answer(StatusCode::OK, json!(paid).to_string()),
		Outcome::Refused(refused) => {
			let status = match refused {
				Refused::Address { .. } | Refused::Ip { .. } => StatusCode::TOO_MANY_REQUESTS,
				Refused::Full { .. } => StatusCode::SERVICE_UNAVAILABLE,
			};
			let seconds = refused.wait().as_secs().max(1).to_string();
			([(header::RETRY_AFTER, seconds)], error(status, &refused.to_string())).into_response()
		}
		// The client's fault is told in full; of the node's state a stranger learns nothing.
		Outcome::Failed(failure) if failure.kind == FailureKind::Input => {
			error(StatusCode::BAD_REQUEST, &failure.cause)
		}
		Outcome::Failed(failure) => {
			eprintln!("not paid: {}", failure.cleaned());
			error(StatusCode::SERVICE_UNAVAILABLE, "the faucet cannot pay now; try again later")
		}
	}
}

/// The client as the nearest proxy saw it: the last address of the last header. Earlier ones are whatever the client wrote.
fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
	let last = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
	last.rsplit(',').next()?.trim().parse().ok()
}

fn error(status: StatusCode, cause: &str) -> Response {
	answer(status, Value::from_iter([("error", cause)]).to_string())
}

fn answer(status: StatusCode, json: String) -> Response {
	(status, [(header::CONTENT_TYPE, "application/json")], json + "\n").into_response()
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::time::Duration;

	#[test]
	fn only_what_the_own_proxy_wrote_is_believed() {
		let mut headers = HeaderMap::new();
		assert_eq!(forwarded(&headers), None);
		headers.append("x-forwarded-for", "203.0.113.9".parse().expect("a header"));
		headers.append("x-forwarded-for", "198.51.100.1, 192.0.2.7".parse().expect("a header"));
		assert_eq!(forwarded(&headers), Some(IpAddr::from([192, 0, 2, 7])));
		headers.append("x-forwarded-for", "nonsense".parse().expect("a header"));
		assert_eq!(forwarded(&headers), None);
	}

	#[test]
	fn each_outcome_has_its_status() {
		let wait = Duration::from_secs(90);
		let failed = |kind| Outcome::Failed(Failure::new(kind, "name", "cause", "remedy"));
		for (outcome, status) in [
			(Outcome::Refused(Refused::Address { wait }), 429),
			(Outcome::Refused(Refused::Ip { wait }), 429),
			(Outcome::Refused(Refused::Full { wait }), 503),
			(failed(FailureKind::Input), 400),
			(failed(FailureKind::Unreachable), 503),
			(failed(FailureKind::Refused), 503),
		] {
			let response = respond(&outcome);
			assert_eq!(response.status().as_u16(), status, "{outcome:?}");
			if matches!(outcome, Outcome::Refused(_)) {
				assert_eq!(response.headers()[header::RETRY_AFTER], "90");
			}
		}
	}

	#[tokio::test]
	async fn a_malformed_or_surplus_request_is_refused_before_it_waits() {
		let (queue, mut waiting) = mpsc::channel(1);
		let shared = Shared { queue, about: String::new(), behind_proxy: false };
		let ask = |body: &'static str| {
			let peer = ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 1)));
			drip(State(shared.clone()), peer, HeaderMap::new(), Bytes::from_static(body.as_bytes()))
		};
		for body in ["", "{}", "[]", "{\"address\": 1}", "{\"address\": \"5\", \"amount\": 9}", "\u{0}"] {
			assert_eq!(ask(body).await.status(), StatusCode::BAD_REQUEST, "{body:?}");
		}
		assert!(waiting.try_recv().is_err(), "none of them waits");
		let first = tokio::spawn(ask("{\"address\": \"5\"}"));
		let request = waiting.recv().await.expect("it waits");
		let (reply, _outcome) = oneshot::channel();
		let filler = Request { address: String::new(), ip: request.ip, reply };
		shared.queue.try_send(filler).map_err(|_| "full").expect("room for one");
		assert_eq!(ask("{\"address\": \"6\"}").await.status(), StatusCode::SERVICE_UNAVAILABLE);
		let paid = Paid { transaction: "0x00".into(), address: request.address, amount: "1 PLX".into() };
		request.reply.send(Outcome::Paid(paid)).expect("somebody waits");
		assert_eq!(first.await.expect("answered").status(), StatusCode::OK);
	}
}
