//! `plexus serve-receipts`: takes receipts and vouchers over HTTP from the processes that serve, and redeems them.
//!
//! ```text
//! POST /receipts            {"channel", "first", "receipts", "sources", "voucher"}  ─▶ 200 the channel's standing, on disk
//!                           receipts may have "claims", "bytes" and "pieces"
//! GET  /channels/ID                                                                 ─▶ 200 the channel's standing
//! GET  /channels/ID/unsigned                                                        ─▶ 200 receipts for the payer to sign
//! POST /channels/ID/waive   {"from": 5}                                             ─▶ 200 the channel's standing
//! POST /redeem                                                                      ─▶ 202 everything, as soon as can be
//! GET  /                                                                            ─▶ 200 what there is and what was done
//!
//! {"error", "cause", "remedy"}:  400 malformed   402 the payer owes a voucher, or has too little locked
//!                                403 a browser   404 no such channel   409 against a rule, or a claim that is false
//!                                503 too much to do; come back
//! ```
//!
//! # Must not
//! Know a rule: [`plexus_cli::Desk`] answers. Listen to other machines unless it is told to, or to web pages in a browser of
//! this one: whoever reaches it speaks for the serving agent.
//!
//! # Invariants
//! Connections, bodies and queues are bounded ([`http`]). A `200` means that it is on disk.

use super::{
	block_on,
	http::{self, Bounds},
	run::stop_signal,
};
use crate::{
	cli::ServeReceiptsArgs,
	config::{Log, LogFormat},
	logging,
	report::Report,
};
use axum::{
	body::Bytes,
	extract::{DefaultBodyLimit, Path, Request, State},
	http::{header, HeaderMap, StatusCode},
	middleware::{from_fn, Next},
	response::{IntoResponse, Response},
	routing::{get, post},
	Router,
};
use plexus_cli::{split_remedy, Desk, DeskError, Redeemer};
use plexus_payments::{
	json::{CLAIMED_BYTES_MAX, DELIVERY_BYTES_MAX},
	Fault,
};
use serde::Deserialize;
use serde_json::{json, Value};
use tokio::net::TcpListener;
use tracing::info;

/// Serves until a signal, or until the journal cannot be written any more.
///
/// # Errors
/// The key or the journal cannot be used, the node not be reached, or the port is taken.
pub fn run(args: &ServeReceiptsArgs) -> anyhow::Result<()> {
	logging::start(&Log { filter: "info".into(), format: LogFormat::Text })?;
	block_on(serve(args))
}

async fn serve(args: &ServeReceiptsArgs) -> anyhow::Result<()> {
	if !args.listen.ip().is_loopback() && !args.public {
		let cause = format!("{} can be reached from other machines", args.listen);
		let remedy =
			"listen on 127.0.0.1, or add --public behind a proxy that lets in only your serving processes";
		return Err(Report::new("not a local address", cause, remedy).into());
	}
	let taken = |error: std::io::Error| {
		let cause = format!("cannot listen on {}: {error}", args.listen);
		Report::new("port in use", cause, "stop what uses it, or choose another with --listen")
	};
	let listener = TcpListener::bind(args.listen).await.map_err(taken)?;
	let listening = listener.local_addr().map_err(taken)?;
	let redeemer = Redeemer::open(&args.redeemer).await?;
	let stop = stop_signal()?;
	info!(%listening, "serving receipts");
	let desk = redeemer.desk();
	let longest = if desk.takes_bytes() { CLAIMED_BYTES_MAX } else { DELIVERY_BYTES_MAX };
	let router = router(desk, longest);
	tokio::select! {
		() = http::serve(listener, router, Bounds::LOCAL) => Ok(()),
		failure = redeemer.run() => Err(failure.into()),
		() = stop => Ok(()),
	}
}

fn router(desk: Desk, longest: usize) -> Router {
	Router::new()
		.route("/", get(status))
		.route("/receipts", post(receipts))
		.route("/channels/{id}", get(standing))
		.route("/channels/{id}/unsigned", get(unsigned))
		.route("/channels/{id}/waive", post(waive))
		.route("/redeem", post(redeem))
		.layer(DefaultBodyLimit::max(longest))
		.layer(from_fn(refuse_browsers))
		.with_state(desk)
}

/// A page of whatever site can have its visitor's browser send requests to this machine.
async fn refuse_browsers(request: Request, next: Next) -> Response {
	if is_of_a_page(request.headers()) {
		let body = json!({
			"error": "Browser",
			"cause": "the request comes from a web page",
			"remedy": "send it from a process of the server's",
		});
		return answer(StatusCode::FORBIDDEN, &body);
	}
	next.run(request).await
}

/// Browsers say where a request that could change something comes from, and pages cannot keep them from it.
fn is_of_a_page(headers: &HeaderMap) -> bool {
	headers.contains_key(header::ORIGIN) || headers.contains_key("sec-fetch-site")
}

async fn receipts(State(desk): State<Desk>, body: Bytes) -> Response {
	respond(desk.deliver(&body).await)
}

async fn standing(State(desk): State<Desk>, Path(id): Path<u64>) -> Response {
	respond(desk.standing(id).await)
}

async fn unsigned(State(desk): State<Desk>, Path(id): Path<u64>) -> Response {
	respond(desk.unsigned(id).await)
}

async fn waive(State(desk): State<Desk>, Path(id): Path<u64>, body: Bytes) -> Response {
	#[derive(Deserialize)]
	#[serde(deny_unknown_fields)]
	struct Waive {
		from: u64,
	}
	match serde_json::from_slice(&body) {
		Ok(Waive { from }) => respond(desk.waive(id, from).await),
		Err(error) => respond(Err(DeskError::Malformed(error.to_string()))),
	}
}

async fn redeem(State(desk): State<Desk>) -> Response {
	desk.redeem_now();
	answer(StatusCode::ACCEPTED, &json!({}))
}

async fn status(State(desk): State<Desk>) -> Response {
	respond(desk.status().await.map(|status| json!(status)))
}

fn respond(outcome: Result<Value, DeskError>) -> Response {
	let error = match outcome {
		Ok(value) => return answer(StatusCode::OK, &value),
		Err(error) => error,
	};
	let text = error.to_string();
	let (cause, remedy) = split_remedy(&text);
	let body = json!({ "error": error.name(), "cause": cause, "remedy": remedy });
	let status = status_of(&error);
	if status == StatusCode::SERVICE_UNAVAILABLE {
		return ([(header::RETRY_AFTER, "1")], answer(status, &body)).into_response();
	}
	answer(status, &body)
}

/// Who is at fault, and whether coming back helps.
fn status_of(error: &DeskError) -> StatusCode {
	match error {
		DeskError::Malformed(_) => StatusCode::BAD_REQUEST,
		DeskError::Claim(fault) if fault.is_of_the_disk() => StatusCode::SERVICE_UNAVAILABLE,
		DeskError::Claim(_) => StatusCode::CONFLICT,
		DeskError::Busy | DeskError::Stopping | DeskError::Chain(_) => StatusCode::SERVICE_UNAVAILABLE,
		DeskError::Fault(fault) => match fault {
			Fault::UnknownChannel(_) => StatusCode::NOT_FOUND,
			Fault::Unsigned { .. } | Fault::AboveLocked { .. } | Fault::ClaimsUnsigned { .. } => {
				StatusCode::PAYMENT_REQUIRED
			}
			Fault::TooManyChannels | Fault::TooManyReceipts => StatusCode::SERVICE_UNAVAILABLE,
			Fault::ReceiptCount(_) => StatusCode::BAD_REQUEST,
			Fault::OtherServer(..)
			| Fault::Closing
			| Fault::EndsSoon { .. }
			| Fault::Gap { .. }
			| Fault::AlreadyRedeemed { .. }
			| Fault::Conflict { .. }
			| Fault::ClaimsConflict { .. }
			| Fault::Receipt(_)
			| Fault::Point(_)
			| Fault::BadVoucher { .. }
			| Fault::NotWaivable { .. } => StatusCode::CONFLICT,
		},
	}
}

fn answer(status: StatusCode, json: &Value) -> Response {
	(status, [(header::CONTENT_TYPE, "application/json")], json.to_string() + "\n").into_response()
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::cli::{tree, Cli, Command};
	use clap::FromArgMatches;

	fn parsed(arguments: &[&str]) -> ServeReceiptsArgs {
		let line = [&["plexus", "serve-receipts", "--agent", "0"], arguments].concat();
		let matches = tree().try_get_matches_from(line).expect("it parses");
		match Cli::from_arg_matches(&matches).expect("it parses").command {
			Command::ServeReceipts(args) => *args,
			_ => unreachable!("the line names the command"),
		}
	}

	#[tokio::test]
	async fn other_machines_are_not_listened_to_unasked() {
		for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
			let refused = serve(&parsed(&["--listen", address])).await.expect_err("not local");
			assert!(format!("{refused:?}").contains("--public"), "{refused:?}");
		}
		assert!(parsed(&[]).listen.ip().is_loopback());
	}

	#[test]
	fn what_a_browser_sends_for_a_page_is_known_by_its_headers() {
		let mut headers = HeaderMap::new();
		headers.insert(header::HOST, "127.0.0.1:8010".parse().expect("a header"));
		assert!(!is_of_a_page(&headers));
		for name in ["origin", "sec-fetch-site"] {
			let mut headers = headers.clone();
			headers.insert(name, "null".parse().expect("a header"));
			assert!(is_of_a_page(&headers), "{name}");
		}
	}

	#[test]
	fn each_error_has_its_status_and_says_what_to_do() {
		use plexus_cli::{ClaimFault, Failure, FailureKind};
		use plexus_payments::StoreError;
		use plexus_primitives::ChannelId;
		let full = StoreError::Io { name: "x".into(), source: std::io::ErrorKind::StorageFull.into() };
		for (error, status) in [
			(DeskError::Malformed("a comma is missing".into()), 400),
			(DeskError::Fault(Fault::UnknownChannel(ChannelId(7))), 404),
			(DeskError::Fault(Fault::Unsigned { receipts: 1, fees: 2 }), 402),
			(DeskError::Fault(Fault::ClaimsUnsigned { claims: 1, targets: 2 }), 402),
			(DeskError::Fault(Fault::Closing), 409),
			(DeskError::Fault(Fault::ClaimsConflict { sequence: 1 }), 409),
			(DeskError::Claim(ClaimFault::RangesOverlap), 409),
			(DeskError::Claim(ClaimFault::Store(StoreError::Empty)), 409),
			(DeskError::Claim(ClaimFault::Store(full)), 503),
			(DeskError::Fault(Fault::TooManyReceipts), 503),
			(DeskError::Busy, 503),
			(DeskError::Stopping, 503),
			(DeskError::Chain(Failure::new(FailureKind::Unreachable, "name", "cause", "remedy")), 503),
		] {
			let name = error.name().to_string();
			let response = respond(Err(error));
			assert_eq!(response.status().as_u16(), status, "{name}");
			assert_eq!(response.headers().contains_key(header::RETRY_AFTER), status == 503, "{name}");
		}
	}
}
