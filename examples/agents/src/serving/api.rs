//! The HTTP of a serving agent.
//!
//! ```text
//! POST /v1/complete, POST /v1/vouchers     as `wire.rs` has them
//! GET  /, /.well-known/agent-card.json     the agent's card
//! GET  /health                             200 if answers can be paid, else 502
//! ```
//!
//! # Must not
//! Know a rule: [`Counter`] answers.

use super::{Card, Counter, ServeError};
use crate::wire::REQUEST_BYTES_MAX;
use axum::{
	body::Bytes,
	extract::{DefaultBodyLimit, State},
	http::{header, StatusCode},
	response::{IntoResponse, Response},
	routing::{get, post},
	Router,
};
use serde::{de::DeserializeOwned, Serialize};
use serde_json::json;
use std::sync::Arc;
use tracing::warn;

#[derive(Clone)]
struct Shared {
	counter: Arc<Counter>,
	card: Arc<str>,
}

/// The routes of an agent.
pub fn router(counter: Arc<Counter>, card: &Card) -> Router {
	let shared = Shared { counter, card: (card.json().to_string() + "\n").into() };
	Router::new()
		.route("/", get(card_of))
		.route("/.well-known/agent-card.json", get(card_of))
		.route("/health", get(health))
		.route("/v1/complete", post(complete))
		.route("/v1/vouchers", post(vouchers))
		.layer(DefaultBodyLimit::max(REQUEST_BYTES_MAX))
		.with_state(shared)
}

async fn card_of(State(shared): State<Shared>) -> Response {
	answer(StatusCode::OK, shared.card.to_string())
}

async fn health(State(shared): State<Shared>) -> Response {
	respond(shared.counter.is_open().await.map(|()| json!({ "healthy": true })))
}

async fn complete(State(shared): State<Shared>, body: Bytes) -> Response {
	respond(match read(&body) {
		Ok(request) => shared.counter.complete(request).await,
		Err(error) => Err(error),
	})
}

async fn vouchers(State(shared): State<Shared>, body: Bytes) -> Response {
	respond(match read(&body) {
		Ok(signed) => shared.counter.vouch(&signed).await,
		Err(error) => Err(error),
	})
}

fn read<Asked: DeserializeOwned>(body: &[u8]) -> Result<Asked, ServeError> {
	serde_json::from_slice(body).map_err(|error| ServeError::Malformed(error.to_string()))
}

fn respond(outcome: Result<impl Serialize, ServeError>) -> Response {
	let error = match outcome {
		Ok(value) => return answer(StatusCode::OK, json!(value).to_string() + "\n"),
		Err(error) => error,
	};
	let status = error.status();
	if status.is_server_error() {
		// The payer learns only that it is not its fault.
		warn!(%error, "not answered");
	}
	let (cause, remedy) = error.words();
	let body = json!({ "error": error.name(), "cause": cause, "remedy": remedy });
	let response = answer(status, body.to_string() + "\n");
	match status {
		StatusCode::SERVICE_UNAVAILABLE => ([(header::RETRY_AFTER, "1")], response).into_response(),
		_ => response,
	}
}

fn answer(status: StatusCode, json: String) -> Response {
	(status, [(header::CONTENT_TYPE, "application/json")], json).into_response()
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		handing::Handing,
		http::{ask, serve, AskError},
		serving::{
			testing::{claiming, index_of},
			Retrieval, Speaker,
		},
		wire::{Answer, Offer, Price, Request, Signed, Voucher},
	};
	use axum::http::Method;
	use codec::Encode;
	use plexus_payments::{
		json::{Digits, Hex},
		Signature,
	};
	use serde_json::Value;
	use sp_core::{sr25519, Pair};
	use std::{net::SocketAddr, sync::Mutex};
	use tokio::net::TcpListener;

	const BYTES_MAX: usize = 1 << 20;

	/// What the channel has come to, whatever that is.
	const ACC: [u8; 32] = [9; 32];

	/// The channel's signer.
	fn key() -> sr25519::Pair {
		sr25519::Pair::from_seed(&[1; 32])
	}

	/// What a key asks for the place behind the last answer.
	fn asked_by(key: &sr25519::Pair, request: Request) -> Value {
		let signature = Signature::from(key.sign(&request.proved_bytes(&ACC)));
		json!(Request { proof: Hex(signature.encode()), ..request })
	}

	/// What the signer asks.
	fn asked(request: Request) -> Value {
		asked_by(&key(), request)
	}

	fn request(prompt: &str, sequence: u64) -> Request {
		Request {
			prompt: prompt.into(),
			channel: 0,
			sequence,
			seed: 0,
			max_bytes: None,
			disclose: false,
			voucher: None,
			proof: Hex(Vec::new()),
		}
	}

	fn voucher(sequence: u64) -> Voucher {
		Voucher { sequence, signature: Hex(vec![1]) }
	}

	/// What was handed in, and how many receipts may be unsigned before the payer has to sign.
	#[derive(Default)]
	struct Receipts {
		handed: Mutex<Vec<Value>>,
		vouchers: Mutex<u64>,
	}

	fn standing(receipts: &Receipts) -> Value {
		let sequence = receipts.handed.lock().unwrap().len();
		let place = |sequence: u64| json!({ "sequence": sequence, "cumulative": "0", "acc": Hex(ACC) });
		json!({
			"channel": 0, "last": place(sequence as u64), "signed": place(*receipts.vouchers.lock().unwrap()),
			"redeemed": place(0), "room": "1000000", "closing": false, "ends_at_ms": 1, "models": [5], "corpora": [[0, 1]],
			"signer": Hex(key().public().0),
		})
	}

	/// A `serve-receipts` that takes one unsigned receipt.
	async fn receipts_server(receipts: Arc<Receipts>) -> SocketAddr {
		let of_post = receipts.clone();
		let deliver = move |body: Bytes| async move {
			let body: Value = serde_json::from_slice(&body).expect("JSON");
			if body["voucher"].is_string() {
				*of_post.vouchers.lock().unwrap() = body["first"].as_u64().expect("a sequence") - 1;
			}
			if let Some(receipt) = body["receipts"].get(0) {
				let place = body["first"].as_u64().expect("a sequence") as usize - 1;
				let held = of_post.handed.lock().unwrap().get(place).cloned();
				if let Some(held) = held {
					return match held == *receipt {
						true => (StatusCode::OK, standing(&of_post).to_string()),
						false => (StatusCode::CONFLICT, json!({ "error": "Conflict" }).to_string()),
					};
				}
				if of_post.handed.lock().unwrap().len() as u64 > *of_post.vouchers.lock().unwrap() {
					let refused =
						json!({ "error": "Unsigned", "cause": "one is not signed for", "remedy": "sign" });
					return (StatusCode::PAYMENT_REQUIRED, refused.to_string());
				}
				of_post.handed.lock().unwrap().push(receipt.clone());
			}
			(StatusCode::OK, standing(&of_post).to_string())
		};
		let stands = move || async move { standing(&receipts).to_string() };
		let router = Router::new()
			.route("/", get(|| async { "{}" }))
			.route("/receipts", post(deliver))
			.route("/channels/0", get(stands));
		listen(router).await
	}

	async fn listen(router: Router) -> SocketAddr {
		let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
		let address = listener.local_addr().expect("bound");
		tokio::spawn(serve(listener, router, std::future::pending()));
		address
	}

	async fn agent(receipts: SocketAddr) -> String {
		let texts = ["the dog lives in a house at the river", "the cat sleeps on the roof of it"];
		let speaker = Retrieval::new(index_of(&texts), 4, claiming());
		let offer = Offer {
			agent: 1,
			model: 5,
			price: Price { per_request: Digits(100), per_byte: Digits(2) },
			max_bytes: 1_000,
			corpora: speaker.corpora(),
			complete: String::new(),
		};
		let card = Card { name: "n".into(), url: "u".into(), skill: speaker.skill(), offer: offer.clone() };
		let counter = Counter::new(Arc::new(speaker), offer, Handing::to(&format!("http://{receipts}")));
		format!("http://{}", listen(router(Arc::new(counter), &card)).await)
	}

	async fn complete(agent: &str, body: Value) -> Result<Answer, AskError> {
		ask(Method::POST, &format!("{agent}/v1/complete"), Some(&body), BYTES_MAX).await
	}

	fn refusal<T: std::fmt::Debug>(refused: Result<T, AskError>) -> (u16, String) {
		match refused {
			Err(AskError::Refused { status, name, .. }) => (status.as_u16(), name),
			other => panic!("{other:?}"),
		}
	}

	#[tokio::test]
	async fn an_answer_is_paid_by_a_receipt_that_was_handed_in_before() {
		let receipts = Arc::new(Receipts::default());
		let agent = agent(receipts_server(receipts.clone()).await).await;
		let answer = complete(&agent, asked(request("a dog?", 1))).await.unwrap();
		let handed = receipts.handed.lock().unwrap().clone();
		assert_eq!(handed.len(), 1);
		assert_eq!((answer.sequence, answer.price.0), (1, 100 + 2 * answer.text.len() as u128));
		assert_eq!(handed[0]["fee"], answer.price.0.to_string());
		assert_eq!(handed[0]["bytes"]["output"], format!("0x{}", hex::encode(&answer.text)));
		assert_eq!(handed[0]["claims"], json!(answer.claims));
		assert_eq!((answer.claims.len(), answer.pieces.len(), &answer.sources[..]), (1, 1, &[(0, 1)][..]));
		let receipt = plexus_primitives::Receipt::from(&answer.receipt);
		assert_eq!(receipt.output.root, *blake3::hash(answer.text.as_bytes()).as_bytes());
	}

	#[tokio::test]
	async fn a_payer_that_owes_a_voucher_is_told_so_and_served_when_it_brings_one() {
		let agent = agent(receipts_server(Arc::default()).await).await;
		complete(&agent, asked(request("a dog?", 1))).await.unwrap();
		let second = request("a cat?", 2);
		assert_eq!(refusal(complete(&agent, asked(second.clone())).await), (402, "Unsigned".into()));
		let second = Request { voucher: Some(voucher(1)), ..second };
		assert_eq!(complete(&agent, asked(second)).await.unwrap().sequence, 2);
		let signed = json!(Signed { channel: 0, voucher: voucher(2) });
		let standing: Value =
			ask(Method::POST, &format!("{agent}/v1/vouchers"), Some(&signed), BYTES_MAX).await.unwrap();
		assert_eq!(standing["signed"]["sequence"], 2);
	}

	#[tokio::test]
	async fn what_cannot_be_served_is_refused_before_anything_is_owed() {
		let receipts = Arc::new(Receipts::default());
		let agent = agent(receipts_server(receipts.clone()).await).await;
		for (body, expected) in [
			(json!({}), (400, "Malformed")),
			(asked(request("", 1)), (400, "PromptLength")),
			(asked(request(&"x".repeat(20_000), 1)), (400, "PromptLength")),
			(asked(Request { max_bytes: Some(0), ..request("a dog?", 1) }), (400, "AnswerLength")),
			(asked(Request { max_bytes: Some(2_000), ..request("a dog?", 1) }), (400, "AnswerLength")),
			(asked(request("elephant", 1)), (422, "NothingFound")),
			(asked(Request { channel: 9, ..request("a dog?", 1) }), (404, "Refused")),
			(asked(request("a dog?", 0)), (409, "Sequence")),
			(asked(request("a dog?", 2)), (409, "Sequence")),
			(json!(request("a dog?", 1)), (403, "Unproved")),
			(asked_by(&sr25519::Pair::from_seed(&[2; 32]), request("a dog?", 1)), (403, "Unproved")),
		] {
			let (status, name) = refusal(complete(&agent, body.clone()).await);
			assert_eq!((status, &name[..]), expected, "{body}");
		}
		assert!(receipts.handed.lock().unwrap().is_empty());
	}

	#[tokio::test]
	async fn an_answer_that_was_lost_is_given_again_and_owed_once() {
		let receipts = Arc::new(Receipts::default());
		let agent = agent(receipts_server(receipts.clone()).await).await;
		let lost = complete(&agent, asked(request("a dog?", 1))).await.unwrap();
		assert_eq!(complete(&agent, asked(request("a dog?", 1))).await.unwrap(), lost);
		assert_eq!(receipts.handed.lock().unwrap().len(), 1);
		let other = complete(&agent, asked(request("a cat?", 1))).await;
		assert_eq!(refusal(other), (409, "Conflict".into()), "another answer is no answer once more");
	}

	#[tokio::test]
	async fn an_agent_without_its_receipts_says_that_it_is_not_healthy_and_keeps_its_reason() {
		let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
		let agent = agent(gone).await;
		let health = ask::<Value>(Method::GET, &format!("{agent}/health"), None, BYTES_MAX).await;
		assert_eq!(refusal(health), (502, "ReceiptsUnreachable".into()));
		let card: Value = ask(Method::GET, &agent, None, BYTES_MAX).await.unwrap();
		assert_eq!(card["plexus"]["price"]["per_request"], "100");
	}
}
