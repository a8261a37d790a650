//! `plexus faucet`: what a stranger gets over HTTP, and how often.

use anyhow::{ensure, Result};
use plexus_tests::{
	http::ask,
	node::{binary, free_port},
	wait::{until, SOON},
	wallet::stranger,
	Node, NodeOptions, PLX,
};
use sp_core::crypto::Ss58Codec;
use std::{os::unix::fs::PermissionsExt, process::Stdio};
use tokio::{
	net::TcpStream,
	process::{Child, Command},
};

/// A faucet with //Alice's money that pays each address once and this machine twice.
async fn faucet(node: &Node, port: u16, key: &std::path::Path) -> Result<Child> {
	std::fs::write(key, "//Alice\n")?;
	std::fs::set_permissions(key, std::fs::Permissions::from_mode(0o600))?;
	let child = Command::new(binary())
		.args(["faucet", "--url", &node.url(), "--amount", "3", "--per-ip", "2", "--every", "1h"])
		.args(["--listen", &format!("127.0.0.1:{port}")])
		.arg("--key")
		.arg(key)
		.stdin(Stdio::null())
		.stdout(Stdio::null())
		.kill_on_drop(true)
		.spawn()?;
	until(SOON, "the faucet", || async {
		TcpStream::connect(("127.0.0.1", port)).await?;
		Ok(())
	})
	.await?;
	Ok(child)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_faucet_pays_each_address_once_and_each_client_so_often() -> Result<()> {
	let node = Node::start(NodeOptions::with_block_time_ms(200)).await?;
	let directory = tempfile::tempdir()?;
	let port = free_port();
	let _faucet = faucet(&node, port, &directory.path().join("key")).await?;
	let drip = |address: String| async move {
		ask(port, "POST /drip", &format!("{{\"address\": \"{address}\"}}")).await
	};
	let address = |number| stranger(number).to_ss58check_with_version(42u16.into());

	let first = drip(address(1)).await?;
	ensure!(first.status == 200 && first.json["transaction"].is_string(), "{} {}", first.head, first.json);
	let rpc = node.rpc().await?;
	until(SOON, "the payment", || async {
		let balance = rpc.free_balance(&stranger(1)).await?;
		ensure!(balance == 3 * PLX, "{balance}");
		Ok(())
	})
	.await?;

	let again = drip(address(1)).await?;
	ensure!(again.status == 429 && again.head.contains("retry-after: "), "{} {}", again.head, again.json);
	// The same account, written in another way.
	let digits = format!("0x{}", hex::encode(AsRef::<[u8]>::as_ref(&stranger(1))));
	ensure!(drip(digits).await?.status == 429, "an account has one limit, however it is written");

	let second = drip(address(2)).await?;
	ensure!(second.status == 200, "two in a row have nonces of their own: {} {}", second.head, second.json);
	let third = drip(address(3)).await?;
	ensure!(third.status == 429, "this client was paid twice: {} {}", third.head, third.json);
	for wrong in ["5", "0x00", ""] {
		let refused = drip(wrong.into()).await?;
		ensure!(
			refused.status == 400 && refused.json["error"].is_string(),
			"{wrong:?}: {} {}",
			refused.head,
			refused.json
		);
	}
	ensure!(
		ask(port, "POST /drip", &"x".repeat(4_096)).await?.status == 413,
		"long requests are refused unread"
	);
	ensure!(ask(port, "GET /", "").await?.status == 200);
	Ok(())
}
