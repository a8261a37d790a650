//! [`Scene`]: everybody who takes part, set up on a new chain.
//!
//! ```text
//!   curator ── datanet, reviews, version     writer, programmer ── contributions
//!   base developer ── base model ── fine-tune ── tuner
//!   n-gram agent (serves the fine-tune), retrieval agent (serves the base), each with serve-receipts and a key of its own
//!   paying agent, by a key with a budget     dishonest agent     finder, denier: challengers
//! ```
//!
//! # Must not
//! Do anything that a user could not do: every step is a command.

use super::{
	chain::{address, id, string, Chain, Plexus},
	material::SHARES,
	stage::{free_port, text, Stage},
	Options,
};
use anyhow::{Context, Result};
use plexus_primitives::ChannelId;
use serde_json::Value;
use sp_core::{sr25519, Pair};
use std::{
	collections::BTreeMap,
	path::{Path, PathBuf},
	time::Duration,
};
use tokio::{process::Command, try_join};

/// What every answer costs, and each of its bytes: 0.02 PLX, so that agents earn more than the fees of their batches, and some
/// 140 millionths, odd so that shares of it have fractions.
pub const PER_REQUEST: u128 = 20_000_000_000;
/// See [`PER_REQUEST`].
pub const PER_BYTE: u128 = 140_000_003;

/// The longest answers of the two agents.
pub const NGRAM_BYTES: u32 = 384;
/// See [`NGRAM_BYTES`].
pub const RETRIEVAL_BYTES: u32 = 1_600;

/// Channels toward each agent: as many requests are in flight.
pub const LANES: usize = 8;

/// One token in its smallest unit.
pub const PLX: u128 = 1_000_000_000_000;

/// Secrets of accounts that a development chain endows.
const CURATOR: &str = "//Alice";
const CONTRIBUTORS: [&str; 2] = ["//Bob", "//Charlie"];
const BASE_DEVELOPER: &str = "//Dave";
const TUNER: &str = "//Eve";
const PAYER: &str = "//Ferdie";

/// And of those that the curator gives something to.
const NGRAM: &str = "//Demo//Ngram";
const RETRIEVAL: &str = "//Demo//Retrieval";
/// Controls the dishonest agent.
pub const LIAR: &str = "//Demo//Liar";
/// Finds the false claim.
pub const FINDER: &str = "//Demo//Finder";
/// Controls the agent that challenges an honest claim.
pub const DENIER: &str = "//Demo//Denier";

/// Signs what anybody may do for others.
pub const ANYBODY: &str = CURATOR;

/// The keys that the two agents serve with.
const NGRAM_KEY: &str = "//Demo//Ngram//Serving";
const RETRIEVAL_KEY: &str = "//Demo//Retrieval//Serving";

/// The key that opens channels and signs vouchers, and owns nothing.
const PAYING_KEY: &str = "//Ferdie//Paying";

/// How long a process may take until it answers.
const READY_MAX: Duration = Duration::from_secs(60);

/// The licence of the datanet and of what is contributed.
const LICENCE: &str = "Apache-2.0";

/// An agent on the chain.
#[derive(Clone, Debug)]
pub struct Agent {
	/// Its id.
	pub id: u64,
	/// Its account.
	pub account: String,
}

/// An agent that serves.
#[derive(Clone, Debug)]
pub struct Server {
	/// The agent.
	pub agent: Agent,
	/// The model that it serves.
	pub model: u64,
	/// Where it is asked.
	pub url: String,
	/// Where its receipts are taken.
	pub receipts: String,
	/// Channels toward it.
	pub channels: Vec<ChannelId>,
	/// What is locked in each of them.
	pub locked: u128,
}

/// Everybody.
pub struct Scene {
	/// The command, toward the node.
	pub plexus: Plexus,
	/// Who an account is.
	pub names: BTreeMap<String, String>,
	/// Lines that questions are made of.
	pub lines: Vec<String>,
	/// The index over the datanet's version.
	pub index: PathBuf,
	/// The models: base and fine-tune.
	pub models: [u64; 2],
	/// The serving agents: n-gram and retrieval.
	pub servers: [Server; 2],
	/// The paying key.
	pub key: sr25519::Pair,
	/// Its journal.
	pub journal: PathBuf,
	/// The agent that makes a false claim, and the channel toward it.
	pub liar: (Agent, ChannelId),
	/// How claims of spans are found.
	pub method: u64,
	/// The agent that challenges an honest claim.
	pub denier: Agent,
}

impl Scene {
	/// The accounts of those who contributed.
	///
	/// # Errors
	/// None, as long as their secrets are development keys.
	pub fn contributors(&self) -> Result<Vec<String>> {
		CONTRIBUTORS.into_iter().map(account_of).collect()
	}
}

/// A development key's account.
pub fn account_of(secret: &str) -> Result<String> {
	let pair = sr25519::Pair::from_string(secret, None).ok().context("a development key")?;
	Ok(address(&pair.public().into()))
}

/// Starts a node; the command toward it.
///
/// # Errors
/// It does not answer.
pub async fn start_chain(stage: &mut Stage, options: &Options) -> Result<(Plexus, String)> {
	let (rpc, metrics, p2p) = (free_port()?, free_port()?, free_port()?);
	let mut node = Command::new(&options.plexus);
	node.args(["run", "--dev", "--state-pruning", "archive"])
		.args(["--block-time-ms", &options.block_time_ms.to_string()])
		.args(["--base-path", &stage.text("chain")?])
		.args(["--rpc-port", &rpc.to_string(), "--metrics-port", &metrics.to_string()])
		.args(["--p2p-listen", &format!("/ip4/127.0.0.1/tcp/{p2p}")])
		.args(["--exit-with-parent", &std::process::id().to_string()]);
	stage.start("node", node)?;
	let url = format!("ws://127.0.0.1:{rpc}");
	let ready = || async {
		let mut chain = Chain::connect(&url).await?;
		chain.read_on().await?;
		anyhow::ensure!(chain.height() > 0, "no block yet");
		Ok(())
	};
	stage.until(READY_MAX, "the node", ready).await?;
	Ok((Plexus::new(&options.plexus, url.clone(), stage.path("state")), url))
}

/// Sets everybody up; `lines` are of the files that are contributed.
///
/// # Errors
/// A step fails.
pub async fn set_up(
	stage: &mut Stage,
	options: &Options,
	plexus: Plexus,
	url: &str,
	lines: Vec<String>,
	say: impl Fn(&str),
) -> Result<Scene> {
	endow(&plexus).await?;

	say("a curated datanet: files of two contributors, reviewed and published; six identities of agents");
	create_datanet(&plexus).await?;
	let ((), (), cast) =
		try_join!(contribute(stage, &plexus, 0), contribute(stage, &plexus, 1), Cast::register(&plexus))?;
	publish(&plexus).await?;

	say("a base model and a fine-tune of it, both trained on the version; an index over the same files");
	// An account's transactions wait for each other: its next nonce is asked of the chain.
	let by_controllers = async {
		let methods = register_methods(&plexus).await?;
		Ok((methods, grant_keys(&plexus, &cast, options).await?))
	};
	let (models, index, (methods, keys)) =
		try_join!(register_models(stage, &plexus), build_index(stage, &plexus), by_controllers)?;

	say("two serving agents with their receipts, their cards on the chain; channels toward them");
	let [ngram, retrieval] = cast.servings(models, methods, keys);
	let mut servers = [
		serve(stage, options, &plexus, url, &ngram, &index).await?,
		serve(stage, options, &plexus, url, &retrieval, &index).await?,
	];
	let payer = Paying { agent: &cast.paying, delegation: keys[2], journal: stage.text("payer.journal")? };
	for server in &mut servers {
		payer.open_lanes(&plexus, server).await?;
	}
	let to_liar = payer.open(&plexus, cast.liar.id, models[1], PLX).await?;
	Ok(Scene {
		plexus,
		names: cast.names()?,
		lines,
		index,
		models,
		servers,
		key: sr25519::Pair::from_string(PAYING_KEY, None).ok().context("a development key")?,
		journal: stage.path("payer.journal"),
		liar: (cast.liar, to_liar),
		method: methods[0],
		denier: cast.denier,
	})
}

/// What a channel has to hold, if one lane gets all answers and all are as long as can be; in whole PLX.
fn locked(inferences: u64, max_bytes: u32) -> u128 {
	let dearest = PER_REQUEST + PER_BYTE * u128::from(max_bytes);
	(dearest * u128::from(inferences)).div_ceil(PLX) * PLX
}

/// The agents.
struct Cast {
	ngram: Agent,
	retrieval: Agent,
	paying: Agent,
	liar: Agent,
	denier: Agent,
}

impl Cast {
	async fn register(plexus: &Plexus) -> Result<Self> {
		let (ngram, retrieval, paying, liar, denier) = try_join!(
			register(plexus, NGRAM, "2000"),
			register(plexus, RETRIEVAL, "2000"),
			register(plexus, PAYER, "50000"),
			register(plexus, LIAR, "100"),
			register(plexus, DENIER, "100"),
		)?;
		Ok(Self { ngram, retrieval, paying, liar, denier })
	}

	/// How those serve that do; models, methods and keys are as they were registered and granted.
	fn servings(
		&self,
		[base, tuned]: [u64; 2],
		[spans, passages]: [u64; 2],
		[by_ngram, by_retrieval, _]: [u64; 3],
	) -> [Serving<'_>; 2] {
		let ngram = Serving {
			kind: "ngram",
			name: "n-gram agent",
			agent: &self.ngram,
			controller: NGRAM,
			key: NGRAM_KEY,
			delegation: by_ngram,
			model: tuned,
			method: spans,
			max_bytes: NGRAM_BYTES,
			claims: 4,
			more: &["--context-bytes", "32", "--occurrences-min", "1"],
		};
		let retrieval = Serving {
			kind: "retrieval",
			name: "retrieval agent",
			agent: &self.retrieval,
			controller: RETRIEVAL,
			key: RETRIEVAL_KEY,
			delegation: by_retrieval,
			model: base,
			method: passages,
			max_bytes: RETRIEVAL_BYTES,
			claims: 4,
			more: &["--passages", "2"],
		};
		[ngram, retrieval]
	}

	/// Who an account is, of agents and of people.
	fn names(&self) -> Result<BTreeMap<String, String>> {
		let agents = [
			(&self.ngram, "n-gram agent"),
			(&self.retrieval, "retrieval agent"),
			(&self.paying, "paying agent"),
			(&self.liar, "dishonest agent"),
			(&self.denier, "denier's agent"),
		];
		let mut names: BTreeMap<String, String> =
			agents.into_iter().map(|(agent, name)| (agent.account.clone(), name.into())).collect();
		for (secret, name) in [
			(CURATOR, "curator (Alice)"),
			(CONTRIBUTORS[0], "writer (Bob)"),
			(CONTRIBUTORS[1], "programmer (Charlie)"),
			(BASE_DEVELOPER, "base developer (Dave)"),
			(TUNER, "tuner (Eve)"),
			(PAYER, "payer's controller (Ferdie)"),
			(NGRAM, "n-gram agent's controller"),
			(RETRIEVAL, "retrieval agent's controller"),
			(LIAR, "dishonest agent's controller"),
			(FINDER, "finder"),
			(DENIER, "denier"),
		] {
			names.insert(account_of(secret)?, name.into());
		}
		Ok(names)
	}
}

/// Gives something to those whom the chain did not endow.
async fn endow(plexus: &Plexus) -> Result<()> {
	let poor = [(NGRAM, "4000"), (RETRIEVAL, "4000"), (LIAR, "200"), (FINDER, "100"), (DENIER, "200")];
	for (place, (secret, amount)) in poor.iter().enumerate() {
		let pay = ["transfer", "--to", secret, "--amount", amount];
		// The nonces are in order, so that with the last one all are there.
		let wait: &[&str] = if place + 1 == poor.len() { &[] } else { &["--no-wait"] };
		plexus.tx(&[&pay[..], wait].concat(), CURATOR).await?;
	}
	Ok(())
}

async fn create_datanet(plexus: &Plexus) -> Result<()> {
	let create = ["datanet", "create", "--name", "Demonstration", "--licence", LICENCE, "--curator", CURATOR];
	plexus.tx(&create, CURATOR).await.map(drop)
}

/// What the contributor at this place has.
async fn contribute(stage: &Stage, plexus: &Plexus, place: usize) -> Result<()> {
	let directory = text(&stage.path("data").join(SHARES[place].0))?;
	let given = ["contribute", &directory, "--datanet", "0", "--licence", LICENCE];
	plexus.json(&[&given[..], &["--from", CONTRIBUTORS[place]]].concat()).await.map(drop)
}

/// Reviews what was contributed, and publishes it as the version.
async fn publish(plexus: &Plexus) -> Result<()> {
	for (contributor, weight) in CONTRIBUTORS.into_iter().zip(["60", "40"]) {
		let review = ["datanet", "review", "0", "--weight", weight, "--contributor", contributor];
		plexus.tx(&review, CURATOR).await?;
	}
	plexus.tx(&["datanet", "publish", "0"], CURATOR).await.map(drop)
}

async fn register(plexus: &Plexus, controller: &str, amount: &str) -> Result<Agent> {
	let agent = id(&plexus.tx(&["agent", "register"], controller).await?, "id")?;
	let number = agent.to_string();
	plexus.tx(&["agent", "fund", &number, "--amount", amount], controller).await?;
	let shown = plexus.json(&["query", "agent", "show", &number]).await?;
	Ok(Agent { id: agent, account: string(&shown, "account")? })
}

/// The base and the fine-tune. What their artifacts are is of no matter here: that they are two is.
async fn register_models(stage: &Stage, plexus: &Plexus) -> Result<[u64; 2]> {
	let file = |name: &str, content: &str| -> Result<String> {
		std::fs::write(stage.path(name), content)?;
		stage.text(name)
	};
	let (base, tuned) =
		(file("base.model", "an index over all files\n")?, file("tuned.model", "and settings\n")?);
	let card = file(
		"model-card.md",
		"# A model over an index\n\nIt goes on from a text in the words of its sources.\n",
	)?;
	let common = ["--card", &card, "--trained-on", "0:1=100", "--policy", "50,20,30"];
	let register = ["model", "register", &base, "--kind", "base", "--royalty", "10", "--data-share", "30"];
	let base = id(&plexus.tx(&[&register[..], &common].concat(), BASE_DEVELOPER).await?, "id")?;
	let parent = base.to_string();
	let register = ["model", "register", &tuned, "--kind", "fine-tune", "--parent", &parent];
	let tuned = id(&plexus.tx(&[&register[..], &common].concat(), TUNER).await?, "id")?;
	Ok([base, tuned])
}

async fn build_index(stage: &Stage, plexus: &Plexus) -> Result<PathBuf> {
	let (data, list, index) =
		(stage.text("data")?, stage.text("sources.jsonl")?, stage.text("data.plxindex")?);
	plexus.json(&["corpus", "sources", &data, "--datanet", "0", "--version", "1", "--out", &list]).await?;
	plexus.json(&["corpus", "build", &data, "--sources", &list, "--out", &index]).await?;
	Ok(stage.path("data.plxindex"))
}

/// How spans and passages are found.
async fn register_methods(plexus: &Plexus) -> Result<[u64; 2]> {
	let register = |algorithm: &'static str, parameters: &'static str, from: &'static str| async move {
		let method = ["attribution", "register-method", "--algorithm", algorithm, "--version", "1"];
		let given = [&method[..], &["--parameters", parameters]].concat();
		id(&plexus.tx(&given, from).await?, "id")
	};
	let (spans, passages) =
		try_join!(register("plexus-spans", "min=32", NGRAM), register("bm25", "passage=512", RETRIEVAL))?;
	Ok([spans, passages])
}

/// Keys for the serving agents and the paying one, each with what it may spend; their delegations.
async fn grant_keys(plexus: &Plexus, cast: &Cast, options: &Options) -> Result<[u64; 3]> {
	// What all channels lock, and the deposits of the chain.
	let all = [NGRAM_BYTES, RETRIEVAL_BYTES].map(|bytes| locked(options.inferences, bytes) / PLX);
	let budget = (all.iter().sum::<u128>() * LANES as u128 + 10).to_string();
	let grant = |agent: &Agent, key: &'static str, terms: [String; 3], from: &'static str| {
		let (id_text, [scope, budget, fees]) = (agent.id.to_string(), terms);
		async move {
			let given = ["agent", "delegate", &id_text, "--key", key, "--scope", &scope];
			let granted = plexus
				.tx(&[&given[..], &["--budget", &budget, "--fee-budget", &fees]].concat(), from)
				.await?;
			id(&granted, "id")
		}
	};
	// Holds count as spending although they return, and a batch costs a fee of about a PLX.
	let serving = || ["serving".into(), "2000".into(), "500".into()];
	let (ngram, retrieval, paying) = try_join!(
		grant(&cast.ngram, NGRAM_KEY, serving(), NGRAM),
		grant(&cast.retrieval, RETRIEVAL_KEY, serving(), RETRIEVAL),
		grant(&cast.paying, PAYING_KEY, ["channels".into(), budget, "20".into()], PAYER),
	)?;
	Ok([ngram, retrieval, paying])
}

/// How an agent serves.
struct Serving<'a> {
	kind: &'static str,
	name: &'static str,
	agent: &'a Agent,
	controller: &'static str,
	key: &'static str,
	delegation: u64,
	model: u64,
	method: u64,
	max_bytes: u32,
	claims: u64,
	more: &'static [&'static str],
}

/// Starts `serve-receipts` and the agent before it, and puts the agent's card on the chain.
async fn serve(
	stage: &mut Stage,
	options: &Options,
	plexus: &Plexus,
	url: &str,
	serving: &Serving<'_>,
	index: &Path,
) -> Result<Server> {
	let (receipts_port, port) = (free_port()?, free_port()?);
	let (index, kind) = (text(index)?, serving.kind);
	let (number, delegation) = (serving.agent.id.to_string(), serving.delegation.to_string());
	let mut keeper = plexus.command();
	keeper
		.args(["serve-receipts", "--url", url, "--agent", &number, "--delegation", &delegation])
		.args(["--from", serving.key, "--listen", &format!("127.0.0.1:{receipts_port}"), "--every", "3"])
		.args(["--journal", &stage.text(&format!("{kind}.journal"))?])
		.args(["--store", &stage.text(&format!("{kind}.store"))?, "--index", &index]);
	stage.start(&format!("{kind}-receipts"), keeper)?;
	let receipts = format!("http://127.0.0.1:{receipts_port}");
	let address = format!("http://127.0.0.1:{port}");
	let mut speaker = Command::new(&options.agent);
	speaker
		.args([kind, "--index", &index, "--version-of", "0:1", "--agent", &number, "--receipts", &receipts])
		.args(["--model", &serving.model.to_string(), "--method", &serving.method.to_string()])
		.args(["--listen", &format!("127.0.0.1:{port}"), "--name", serving.name])
		.args(["--per-request", &PER_REQUEST.to_string(), "--per-byte", &PER_BYTE.to_string()])
		.args(["--max-bytes", &serving.max_bytes.to_string(), "--claims", &serving.claims.to_string()])
		.args(serving.more);
	stage.start(kind, speaker)?;
	let healthy = || async { Ok(get(&format!("{address}/health")).await.map(drop)?) };
	stage.until(READY_MAX, serving.name, healthy).await?;
	let card = stage.path(&format!("{kind}-card.json"));
	std::fs::write(&card, get(&address).await?.to_string())?;
	let card = text(&card)?;
	plexus.tx(&["agent", "card", &number, &card, "--locator", &address], serving.controller).await?;
	Ok(Server {
		agent: serving.agent.clone(),
		model: serving.model,
		url: address,
		receipts,
		channels: Vec::new(),
		locked: locked(options.inferences, serving.max_bytes),
	})
}

async fn get(url: &str) -> Result<Value, crate::http::AskError> {
	crate::http::ask(axum::http::Method::GET, url, None, 1 << 20).await
}

/// The paying agent's key.
struct Paying<'a> {
	agent: &'a Agent,
	delegation: u64,
	journal: String,
}

impl Paying<'_> {
	/// Opens a server's channels.
	async fn open_lanes(&self, plexus: &Plexus, server: &mut Server) -> Result<()> {
		for _ in 0..LANES {
			let channel = self.open(plexus, server.agent.id, server.model, server.locked).await?;
			server.channels.push(channel);
		}
		Ok(())
	}

	async fn open(&self, plexus: &Plexus, server: u64, model: u64, locked: u128) -> Result<ChannelId> {
		let (server, model, amount) = (server.to_string(), model.to_string(), (locked / PLX).to_string());
		let (agent, delegation) = (self.agent.id.to_string(), self.delegation.to_string());
		let open = ["channel", "open", "--server", &server, "--model", &model, "--corpus", "0:1"];
		let by = ["--agent", &agent, "--delegation", &delegation, "--from", PAYING_KEY];
		let more = ["--amount", &amount, "--journal", &self.journal];
		let opened = plexus.json(&[&open[..], &by, &more].concat()).await?;
		Ok(ChannelId(id(&opened, "id")?))
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_channel_holds_what_all_answers_cost_at_most() {
		for (inferences, bytes) in [(1, 1), (1_000, NGRAM_BYTES), (1_000, RETRIEVAL_BYTES)] {
			let dearest = u128::from(inferences) * (PER_REQUEST + PER_BYTE * u128::from(bytes));
			let locked = locked(inferences, bytes);
			assert!(locked >= dearest && locked < dearest + PLX && locked.is_multiple_of(PLX));
		}
	}
}
