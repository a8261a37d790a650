//! Requests for a state and their answers, as bytes.

use crate::nodes::{address, blames, config, has_peers, id, start, PATIENCE};
use plexus_network::handle::STATE_REQUEST_BYTES_MAX;
use plexus_network::{AskError, Bytes, Network, Rate, StateRequest};
use tokio::time::timeout;

async fn next(network: &mut Network) -> StateRequest {
	let request = timeout(PATIENCE, network.state_requests.recv()).await;
	request.expect("a request in time").expect("the network lives")
}

async fn ask(network: &Network, seed: u8, request: impl Into<Bytes>) -> Result<Bytes, AskError> {
	let asking = network.handle.ask_state(id(seed), request.into());
	timeout(PATIENCE, asking).await.expect("it ends")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_answered_or_ends_with_an_error() {
	let mut a = start(1, &[]).await;
	let b = start(2, &[address(&a).await]).await;
	has_peers(&a, 1).await;
	has_peers(&b, 1).await;
	let answering = async {
		let request = next(&mut a).await;
		assert_eq!((request.from, &request.bytes[..]), (id(2), &b"which?"[..]));
		a.handle.answer_state(request.id, Some(Bytes::from(vec![7; 2 << 20]))).await;
		// Again is once too often, and changes nothing.
		a.handle.answer_state(request.id, Some(Bytes::new())).await;
		let request = next(&mut a).await;
		a.handle.answer_state(request.id, None).await;
	};
	let asking = async {
		assert_eq!(ask(&b, 1, &b"which?"[..]).await, Ok(Bytes::from(vec![7; 2 << 20])));
		assert_eq!(ask(&b, 1, &b"none?"[..]).await, Err(AskError::NoAnswer));
	};
	tokio::join!(answering, asking);
	assert_eq!(ask(&b, 9, &b"nobody"[..]).await, Err(AskError::Gone));
	let too_long = vec![0; STATE_REQUEST_BYTES_MAX + 1];
	assert_eq!(ask(&b, 1, too_long).await, Err(AskError::NoAnswer), "it does not leave");
	assert!(a.handle.banned().is_empty() && b.handle.banned().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_too_much_at_once_gets_no_answer_and_keeps_the_others() {
	let mut a = start(1, &[]).await;
	let b = start(2, &[address(&a).await]).await;
	has_peers(&a, 1).await;
	has_peers(&b, 1).await;
	let waiting: Vec<_> = (0..4u8)
		.map(|number| {
			let handle = b.handle.clone();
			tokio::spawn(async move { handle.ask_state(id(1), vec![number].into()).await })
		})
		.collect();
	let mut held = Vec::new();
	for _ in 0..4 {
		held.push(next(&mut a).await);
	}
	assert_eq!(ask(&b, 1, vec![4]).await, Err(AskError::NoAnswer), "the fifth");
	for StateRequest { id, bytes, .. } in held {
		a.handle.answer_state(id, Some(bytes)).await;
	}
	for (number, answer) in waiting.into_iter().enumerate() {
		let answer = timeout(PATIENCE, answer).await.expect("it ends").unwrap();
		assert_eq!(answer, Ok(Bytes::from(vec![number as u8])));
	}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_beyond_a_peers_share_are_held_against_it() {
	let mut config = config(1, &[]);
	config.rates.state_requests = Rate { per_second: 1, burst: 1 };
	let a = plexus_network::start(config).await.unwrap();
	let b = start(2, &[address(&a).await]).await;
	has_peers(&a, 1).await;
	has_peers(&b, 1).await;
	// Nobody answers: what is taken waits, what is not ends at once.
	let asking = (0..4).map(|number| b.handle.ask_state(id(1), vec![number].into()));
	let asking = futures::future::select_all(asking.map(Box::pin));
	let ((ended, ..), ()) = tokio::join!(asking, blames(&a, "flood", 1));
	assert_eq!(ended, Err(AskError::NoAnswer));
}
