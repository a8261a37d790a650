//! subxt, unmodified and with its dynamic interface: the Rust client among the five that the node must serve.
//! The other four are in `tests/clients`. Once per backend: the default one (modern group first) and the legacy one.

use anyhow::{bail, ensure, Context, Result};
use plexus_tests::{
	wait::{within, SOON},
	wallet::{account_key, stranger},
	Key, Node, NodeOptions, PLX,
};
use sp_core::Pair;
use std::sync::Arc;
use subxt::{
	backend::{ArchiveBackend, ChainHeadBackend, LegacyBackend},
	config::RpcConfigFor,
	dynamic::{self, Value},
	error::{DispatchError, Error, TransactionEventsError, TransactionFinalizedSuccessError},
	ext::scale_decode::DecodeAsType,
	extrinsics::ExtrinsicEvents,
	rpcs::{LegacyRpcMethods, RpcClient},
	tx::Signer,
	utils::{AccountId32, MultiSignature},
	OnlineClient, SubstrateConfig,
};

type Client = OnlineClient<SubstrateConfig>;

/// A key of the harness as subxt wants it.
struct Account(Key);

impl Account {
	fn id(&self) -> [u8; 32] {
		self.0.account().into()
	}
}

impl Signer<SubstrateConfig> for Account {
	fn account_id(&self) -> AccountId32 {
		AccountId32(self.id())
	}

	fn sign(&self, payload: &[u8]) -> MultiSignature {
		match &self.0 {
			Key::Sr25519(pair) => MultiSignature::Sr25519(pair.sign(payload).0),
			Key::Ed25519(pair) => MultiSignature::Ed25519(pair.sign(payload).0),
		}
	}
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct AccountInfo {
	nonce: u32,
	data: AccountData,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct AccountData {
	free: u128,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Transfer {
	from: AccountId32,
	to: AccountId32,
	amount: u128,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct AgentRegistered {
	agent: u64,
	account: AccountId32,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Delegated {
	delegation: u32,
}

/// `Agents.FeePaid`: what the agent paid.
#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct AgentFeePaid {
	agent: u64,
	fee: u128,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct FeePaid {
	actual_fee: u128,
}

/// A node with its first block: the genesis has no inherent to look at.
async fn node() -> Result<Node> {
	let node = Node::start(NodeOptions::with_block_time_ms(500)).await?;
	node.rpc().await?.new_blocks(1).await?;
	Ok(node)
}

async fn account(client: &Client, id: [u8; 32]) -> Result<Option<AccountInfo>> {
	let address = dynamic::storage::<([u8; 32],), AccountInfo>("System", "Account");
	let at = client.at_current_block().await?;
	Ok(match at.storage().try_fetch(address, (id,)).await? {
		Some(value) => Some(value.decode()?),
		None => None,
	})
}

async fn free(client: &Client, id: [u8; 32]) -> Result<u128> {
	Ok(account(client, id).await?.map_or(0, |account| account.data.free))
}

fn transfer(to: [u8; 32], amount: u128) -> impl subxt::tx::Payload {
	let to = Value::unnamed_variant("Id", [Value::from_bytes(to)]);
	dynamic::transaction("Balances", "transfer_keep_alive", vec![to, Value::u128(amount)])
}

fn event<Fields: subxt::ext::scale_decode::DecodeAsFields>(
	events: &ExtrinsicEvents<SubstrateConfig>,
	pallet: &str,
	name: &str,
) -> Result<Fields> {
	for event in events.iter() {
		let event = event?;
		if (event.pallet_name(), event.event_name()) == (pallet, name) {
			return Ok(event.decode_fields_unchecked_as::<Fields>()?);
		}
	}
	bail!("there is no {pallet}.{name}")
}

/// Everything that a wallet does, over one connection.
async fn the_whole_of_it(client: Client, accounts: [Account; 2], strangers: u64) -> Result<()> {
	metadata_and_storage(&client).await?;
	subscriptions(&client).await?;
	for (place, sender) in accounts.iter().enumerate() {
		let to = stranger(strangers + place as u64).into();
		within(SOON, "a transfer", transfers(&client, sender, to)).await??;
	}
	within(SOON, "a batch", batches(&client, &accounts[0], strangers + 10)).await??;
	within(SOON, "a failure", failures(&client, &accounts[0])).await??;
	within(SOON, "an agent", agents(&client, &accounts[0], strangers + 20)).await??;
	nonces(&client, &accounts[0]).await
}

async fn metadata_and_storage(client: &Client) -> Result<()> {
	let at = client.at_current_block().await?;
	let deposit = at.constants().entry(dynamic::constant::<u128>("Balances", "ExistentialDeposit"))?;
	ensure!(deposit == PLX / 1_000, "existential deposit {deposit}");
	let mut accounts = at
		.storage()
		.entry(dynamic::storage::<([u8; 32],), AccountInfo>("System", "Account"))?
		.iter(())
		.await?;
	let mut count = 0;
	while let Some(entry) = accounts.next().await {
		entry?.value().decode()?;
		count += 1;
	}
	ensure!(count >= 6, "{count} accounts");
	let extrinsics = at.extrinsics().fetch().await?;
	let first = extrinsics.iter().next().context("a block has an inherent")??;
	ensure!((first.pallet_name(), first.call_name()) == ("Timestamp", "set"), "the inherent comes first");
	Ok(())
}

async fn subscriptions(client: &Client) -> Result<()> {
	for (mut blocks, may_repeat) in
		[(client.stream_blocks().await?, false), (client.stream_best_blocks().await?, true)]
	{
		let mut numbers = Vec::new();
		while numbers.len() < 3 {
			let block = within(SOON, "a block", blocks.next()).await?.context("the stream ended")??;
			// The first best block is told twice, as the JSON-RPC specification wants it: as initialised, and as best.
			if !(may_repeat && numbers.last() == Some(&block.number())) {
				numbers.push(block.number());
			}
		}
		ensure!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{numbers:?}");
	}
	Ok(())
}

async fn transfers(client: &Client, sender: &Account, to: [u8; 32]) -> Result<()> {
	let before = free(client, sender.id()).await?;
	let payload = transfer(to, 2 * PLX);
	let signed = client.tx().await?.create_signed(&payload, sender, Default::default()).await?;
	let announced = signed.partial_fee_estimate().await?;
	ensure!(signed.validate().await?.is_valid(), "the node finds it invalid");
	let events = signed.submit_and_watch().await?.wait_for_finalized_success().await?;
	let moved: Transfer = event(&events, "Balances", "Transfer")?;
	ensure!((moved.from.0, moved.to.0, moved.amount) == (sender.id(), to, 2 * PLX), "another transfer");
	let paid: FeePaid = event(&events, "TransactionPayment", "TransactionFeePaid")?;
	ensure!(paid.actual_fee == announced, "fee {} was announced as {announced}", paid.actual_fee);
	ensure!(
		before - free(client, sender.id()).await? == 2 * PLX + paid.actual_fee,
		"the sender lost another amount"
	);
	ensure!(free(client, to).await? == 2 * PLX, "the receiver got another amount");
	Ok(())
}

async fn batches(client: &Client, sender: &Account, strangers: u64) -> Result<()> {
	let receivers: Vec<[u8; 32]> = (strangers..strangers + 3).map(|number| stranger(number).into()).collect();
	let calls = receivers.iter().map(|to| {
		let to = Value::unnamed_variant("Id", [Value::from_bytes(to)]);
		let transfer = Value::unnamed_variant("transfer_keep_alive", [to, Value::u128(PLX)]);
		Value::unnamed_variant("Balances", [transfer])
	});
	let payload = dynamic::transaction("Utility", "batch_all", vec![Value::unnamed_composite(calls)]);
	let mut tx = client.tx().await?;
	tx.sign_and_submit_then_watch_default(&payload, sender).await?.wait_for_finalized_success().await?;
	for to in receivers {
		ensure!(free(client, to).await? == PLX, "the batch did not pay everyone");
	}
	Ok(())
}

async fn failures(client: &Client, sender: &Account) -> Result<()> {
	let nobody = Value::unnamed_variant("Id", [Value::from_bytes([9; 32])]);
	let any = Value::unnamed_variant("Any", []);
	let payload = dynamic::transaction("Proxy", "remove_proxy", vec![nobody, any, Value::u128(0)]);
	let mut tx = client.tx().await?;
	let outcome =
		tx.sign_and_submit_then_watch_default(&payload, sender).await?.wait_for_finalized_success().await;
	let Err(error) = outcome else { bail!("it succeeded") };
	let text = match Error::from(error) {
		Error::TransactionFinalizedSuccessError(TransactionFinalizedSuccessError::SuccessError(
			TransactionEventsError::ExtrinsicFailed(DispatchError::Module(module)),
		)) => module.details_string(),
		other => bail!("not a module error: {other}"),
	};
	ensure!(text.contains("Proxy") && text.contains("NotFound"), "{text}");
	Ok(())
}

/// An agent whose key owns nothing: it signs as any account does, and the agent pays.
async fn agents(client: &Client, controller: &Account, strangers: u64) -> Result<()> {
	let tag = Value::from_bytes("translation/de");
	let profile = Value::named_composite([
		("card", Value::unnamed_variant("None", [])),
		("services", Value::unnamed_composite([])),
		("tags", Value::unnamed_composite([tag])),
	]);
	let events = send(client, "register", vec![profile], controller).await?;
	let registered: AgentRegistered = event(&events, "Agents", "AgentRegistered")?;
	let agent = Value::u128(registered.agent.into());
	let mut tx = client.tx().await?;
	let fund = transfer(registered.account.0, 20 * PLX);
	tx.sign_and_submit_then_watch_default(&fund, controller).await?.wait_for_finalized_success().await?;

	let key = Account(Key::sr25519(&format!("//Agent//{strangers}")));
	let terms = Value::named_composite([
		("scopes", Value::unnamed_composite([Value::unnamed_variant("Payments", [])])),
		("budget", Value::u128(5 * PLX)),
		("fee_budget", Value::u128(PLX)),
		("period_ms", Value::u128(3_600_000)),
		// Ten years on the chain clock.
		("expires_at_ms", Value::u128(315_360_000_000)),
	]);
	let parent = Value::unnamed_variant("None", []);
	let granted = vec![agent.clone(), parent, Value::from_bytes(key.id()), terms];
	let events = send(client, "delegate", granted, controller).await?;
	let delegated: Delegated = event(&events, "Agents", "Delegated")?;
	let delegation = Value::u128(delegated.delegation.into());

	let shop: [u8; 32] = stranger(strangers).into();
	let pay = |amount| {
		let to = Value::unnamed_variant("Id", [Value::from_bytes(shop)]);
		let transfer = Value::unnamed_variant("transfer_keep_alive", [to, Value::u128(amount)]);
		vec![agent.clone(), delegation.clone(), Value::unnamed_variant("Balances", [transfer])]
	};
	let before = free(client, registered.account.0).await?;
	let events = send(client, "act", pay(2 * PLX), &key).await?;
	let paid: AgentFeePaid = event(&events, "Agents", "FeePaid")?;
	ensure!(paid.agent == registered.agent, "agent {} paid", paid.agent);
	let after = free(client, registered.account.0).await?;
	ensure!(before - after == 2 * PLX + paid.fee, "the agent lost {}", before - after);
	ensure!(free(client, shop).await? == 2 * PLX, "the shop got another amount");
	ensure!(free(client, key.id()).await? == 0, "the key owns nothing");
	let Err(error) = send(client, "act", pay(4 * PLX), &key).await else { bail!("beyond the budget") };
	ensure!(format!("{error:?}").contains("BudgetExceeded"), "{error:?}");
	ensure!(free(client, shop).await? == 2 * PLX, "nothing moves beyond the budget");
	Ok(())
}

async fn send(
	client: &Client,
	call: &str,
	arguments: Vec<Value>,
	signer: &Account,
) -> Result<ExtrinsicEvents<SubstrateConfig>> {
	let payload = dynamic::transaction("Agents", call, arguments);
	let mut tx = client.tx().await?;
	let progress = tx.sign_and_submit_then_watch_default(&payload, signer).await?;
	match progress.wait_for_finalized_success().await {
		Ok(events) => Ok(events),
		Err(error) => match Error::from(error) {
			Error::TransactionFinalizedSuccessError(TransactionFinalizedSuccessError::SuccessError(
				TransactionEventsError::ExtrinsicFailed(DispatchError::Module(module)),
			)) => bail!("{call}: {}", module.details_string()),
			other => bail!("{call}: {other}"),
		},
	}
}

async fn nonces(client: &Client, sender: &Account) -> Result<()> {
	let at = client.at_current_block().await?;
	let call = dynamic::runtime_api_call::<_, u32>("AccountNonceApi", "account_nonce", (sender.id(),));
	let nonce = at.runtime_apis().call(call).await?;
	let stored = account(client, sender.id()).await?.context("the sender exists")?.nonce;
	ensure!(nonce == stored && nonce > 0, "nonce {nonce}, stored {stored}");
	Ok(())
}

/// A state proof: the header's root is the BLAKE3 hash of one of its nodes, the hash of each other stands in one above it,
/// and one of them is the account, which is more than 32 bytes and so a node of its own.
async fn proofs(rpc: RpcClient) -> Result<()> {
	let methods = LegacyRpcMethods::<RpcConfigFor<SubstrateConfig>>::new(rpc);
	let key = account_key(&Key::sr25519("//Charlie").account());
	let head = methods.chain_get_finalized_head().await?;
	let header = methods.chain_get_header(Some(head)).await?.context("the head has a header")?;
	let value = methods.state_get_storage(&key, Some(head)).await?.context("Charlie has an account")?;
	let answer = methods.state_get_read_proof([&key[..]], Some(head)).await?;
	ensure!(answer.at == head, "a proof at {:?}", answer.at);
	let nodes: Vec<_> = answer.proof.iter().map(|node| (&node.0[..], blake3::hash(&node.0))).collect();
	let is_root = |hash: &blake3::Hash| hash.as_bytes()[..] == header.state_root.0[..];
	ensure!(nodes.iter().any(|(_, hash)| is_root(hash)), "no node has the state root");
	for (_, hash) in &nodes {
		let above = nodes.iter().any(|(other, _)| other.windows(32).any(|bytes| bytes == hash.as_bytes()));
		ensure!(above || is_root(hash), "nothing leads to the node {hash}");
	}
	ensure!(nodes.iter().any(|(node, _)| *node == &value[..]), "the account is not among the nodes");
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_default_backend_does_all_that_a_wallet_does() -> Result<()> {
	let node = node().await?;
	let client = Client::from_insecure_url(node.url()).await?;
	let accounts = [Account(Key::sr25519("//Alice")), Account(Key::ed25519("//Alice"))];
	the_whole_of_it(client, accounts, 10_000).await.map_err(|reason| reason.context(node.log_tail()))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chain_head_backend_does_all_that_a_wallet_does() -> Result<()> {
	let node = node().await?;
	let rpc = RpcClient::from_insecure_url(node.url()).await?;
	let backend = ChainHeadBackend::builder().build_with_background_driver(rpc);
	let client = Client::from_backend(Arc::new(backend)).await?;
	let accounts = [Account(Key::sr25519("//Bob")), Account(Key::ed25519("//Bob"))];
	the_whole_of_it(client, accounts, 20_000).await.map_err(|reason| reason.context(node.log_tail()))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_legacy_backend_does_all_that_a_wallet_does() -> Result<()> {
	let node = node().await?;
	let rpc = RpcClient::from_insecure_url(node.url()).await?;
	proofs(rpc.clone()).await.map_err(|reason| reason.context(node.log_tail()))?;
	let client = Client::from_backend(Arc::new(LegacyBackend::builder().build(rpc))).await?;
	let accounts = [Account(Key::sr25519("//Charlie")), Account(Key::ed25519("//Charlie"))];
	the_whole_of_it(client, accounts, 30_000).await.map_err(|reason| reason.context(node.log_tail()))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_archive_backend_reads_old_blocks() -> Result<()> {
	let node = node().await?;
	node.rpc().await?.new_blocks(3).await?;
	let rpc = RpcClient::from_insecure_url(node.url()).await?;
	let client = Client::from_backend(Arc::new(ArchiveBackend::new(rpc))).await?;
	let at = client.at_block(1u32).await?;
	let time = at.storage().fetch(dynamic::storage::<(), u64>("Timestamp", "Now"), ()).await?.decode()?;
	ensure!(time > 0, "the first block has no timestamp");
	ensure!(!at.extrinsics().fetch().await?.is_empty(), "the first block has no inherent");
	Ok(())
}
