//! Bytes that are no valid transaction are refused with code and reason; blocks go on undisturbed.

use anyhow::{ensure, Result};
use codec::{Compact, DecodeAll, Encode};
use jsonrpsee::core::ClientError;
use plexus_runtime::RuntimeCall;
use plexus_tests::{
	wait::{until, SOON},
	wallet::{stranger, transfer_call},
	Key, Node, NodeOptions, Rpc, Wallet, PLX,
};
use sp_core::H256;

/// Substrate's code for a transaction that is refused by its content.
const INVALID_TRANSACTION: i32 = 1010;
/// Substrate's codes of the pool and of undecodable bytes: 1000 to 1099.
const AUTHOR_CODES: std::ops::Range<i32> = 1000..1100;

/// The refusal of these bytes: code and everything it says.
async fn refusal(rpc: &Rpc, bytes: &[u8]) -> Result<(i32, String)> {
	match rpc.submit(bytes).await {
		Err(ClientError::Call(error)) => {
			let data = error.data().map(|data| data.get().to_string()).unwrap_or_default();
			Ok((error.code(), format!("{} {data}", error.message())))
		}
		Err(other) => anyhow::bail!("the connection broke: {other}"),
		Ok(hash) => anyhow::bail!("it was accepted as {hash}"),
	}
}

/// The same transaction with other contents behind its length prefix.
fn framed(inner: Vec<u8>) -> Vec<u8> {
	let mut bytes = Compact(inner.len() as u32).encode();
	bytes.extend(inner);
	bytes
}

/// A transaction without its length prefix.
fn inner(bytes: &[u8]) -> Vec<u8> {
	let prefix = match bytes[0] & 3 {
		0 => 1,
		1 => 2,
		_ => 4,
	};
	bytes[prefix..].to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn undecodable_trailing_truncated_and_deeply_nested_bytes_are_refused() -> Result<()> {
	let node = Node::start(NodeOptions::with_block_time_ms(200)).await?;
	let rpc = node.rpc().await?;
	let wallet = Wallet::of(&rpc).await?;
	let key = Key::sr25519("//Bob");
	let good = wallet.transfer(&key, 0, &stranger(1), PLX);
	let body = inner(&good);
	let unsigned_batch = |depth: usize| {
		// Bare v4, then `Utility.batch` with one call, `depth` times.
		let mut nested = vec![0x04];
		nested.extend([4, 0, 4].repeat(depth));
		framed(nested)
	};
	let mut cases: Vec<(&str, Vec<u8>)> = vec![
		("nothing", Vec::new()),
		("a zero", vec![0]),
		("rubbish", (0..200).map(|byte: u32| (byte * 97 % 251) as u8).collect()),
		("a byte behind the transaction", [good.clone(), vec![0]].concat()),
		("a byte behind the call", framed([body.clone(), vec![0]].concat())),
		("a length that promises a gigabyte", [vec![0x03, 0xff, 0xff, 0xff, 0x3f], body.clone()].concat()),
		("an unknown version", framed([vec![0x9f], body[1..].to_vec()].concat())),
		("100 levels of batches", unsigned_batch(100)),
		("1,000 levels of batches", unsigned_batch(1_000)),
		("100,000 levels of batches", unsigned_batch(100_000)),
	];
	for cut in [1, 10, 40, 100, body.len() - 1] {
		cases.push(("a truncated transaction", framed(body[..cut].to_vec())));
	}
	for (name, bytes) in cases {
		let (code, text) = refusal(&rpc, &bytes)
			.await
			.map_err(|reason| reason.context(format!("{name}\n{}", node.log_tail())))?;
		ensure!(AUTHOR_CODES.contains(&code), "{name}: code {code}, {text}");
		ensure!(text.trim().len() > 20, "{name}: no reason in {text:?}");
	}
	rpc.new_blocks(3).await?;
	rpc.submit(&good).await?;
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_signatures_other_chains_used_nonces_and_empty_purses_are_refused_with_a_reason() -> Result<()> {
	let node = Node::start(NodeOptions::with_block_time_ms(200)).await?;
	let rpc = node.rpc().await?;
	let wallet = Wallet::of(&rpc).await?;
	let key = Key::ed25519("//Bob");
	let good = wallet.transfer(&key, 0, &stranger(1), PLX);
	let mut forged = good.clone();
	// Version, address and scheme take 35 bytes behind the length prefix of 2; the signature follows.
	forged[2 + 35] ^= 1;
	let elsewhere = Wallet::new(H256::repeat_byte(7)).transfer(&key, 0, &stranger(1), PLX);
	let poor = Key::sr25519("//Nobody//ever//paid//me");
	let penniless = wallet.transfer(&poor, 0, &stranger(1), PLX);
	for (name, bytes, word) in [
		("a forged signature", &forged, "sign"),
		("a signature for another chain", &elsewhere, "sign"),
		("an account without money", &penniless, "pay"),
	] {
		let (code, text) = refusal(&rpc, bytes).await?;
		ensure!(code == INVALID_TRANSACTION, "{name}: code {code}, {text}");
		ensure!(text.to_lowercase().contains(word), "{name}: no {word:?} in {text}");
	}
	let from = rpc.finalised_head().await?.number;
	rpc.submit(&good).await?;
	rpc.find_all(&[good], from, SOON).await?;
	let (code, text) = refusal(&rpc, &wallet.transfer(&key, 0, &stranger(2), PLX)).await?;
	ensure!(
		code == INVALID_TRANSACTION && text.to_lowercase().contains("nonce"),
		"a used nonce: {code}, {text}"
	);
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn inherents_and_bare_calls_from_outside_are_refused() -> Result<()> {
	let node = Node::start(NodeOptions::with_block_time_ms(200)).await?;
	let rpc = node.rpc().await?;
	for call in [
		transfer_call(&stranger(1), PLX),
		RuntimeCall::System(frame_system::Call::remark { remark: vec![1] }),
	] {
		let bare = plexus_runtime::UncheckedExtrinsic::new_bare(call).encode();
		let (code, text) = refusal(&rpc, &bare).await?;
		ensure!(AUTHOR_CODES.contains(&code), "code {code}, {text}");
	}
	rpc.new_blocks(3).await
}

/// The clock set a second time in a block, which FRAME's clock panics on. Only the sudo key of a development chain can do
/// that, as nobody; `node/chain/tests/panics.rs` tells more.
fn panicking_call() -> Result<RuntimeCall> {
	// `Sudo.sudo`, `Utility.batch` of one, `Utility.dispatch_as` the system's origin `None`, `Timestamp.set` to 1.
	const CALL: [u8; 12] = [7, 0, 4, 0, 4, 4, 3, 0, 2, 1, 0, 4];
	Ok(RuntimeCall::decode_all(&mut &CALL[..])?)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_panics_the_runtime_is_dropped_and_blocks_go_on() -> Result<()> {
	let node = Node::start(NodeOptions::with_block_time_ms(200)).await?;
	let rpc = node.rpc().await?;
	let wallet = Wallet::of(&rpc).await?;
	let sudo = Key::sr25519("//Alice");
	let from = rpc.finalised_head().await?.number;
	rpc.submit(&wallet.sign(&sudo, 0, 0, panicking_call()?)).await?;
	until(SOON, "a line in the log", || async {
		ensure!(node.logged("the runtime panicked on a transaction"), "{}", node.log_tail());
		Ok(())
	})
	.await?;
	rpc.new_blocks(3).await?;
	let pending: Vec<String> = rpc.request("author_pendingExtrinsics", &[]).await?;
	ensure!(pending.is_empty(), "still in the pool: {pending:?}");
	let next = wallet.transfer(&sudo, 0, &stranger(1), PLX);
	rpc.submit(&next).await?;
	rpc.find_all(&[next], from, SOON).await?;
	Ok(())
}
