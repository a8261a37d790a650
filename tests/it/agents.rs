//! Agents, through the command line alone: found by what they can do, acting with keys that own nothing, and recovered.

use anyhow::{ensure, Context, Result};
use plexus_tests::{wait::until, Cli, Node, NodeOptions};
use serde_json::{json, Value};
use std::time::Duration;

/// Twice an era of 50 blocks of 200 ms, the shortest delay of a recovery, and time for a slow machine.
const ERA: Duration = Duration::from_secs(120);

/// Keys that nobody ever sent anything.
const KEY: &str = "//Agent//Key";
const OTHER_KEY: &str = "//Agent//Other";

struct Scene {
	_node: Node,
	cli: Cli,
	directory: tempfile::TempDir,
}

impl Scene {
	/// A chain with Alice's agent 0, which has 100 PLX.
	async fn new() -> Result<Self> {
		let node = Node::start(NodeOptions::with_block_time_ms(200)).await?;
		let cli = Cli::of(&node);
		let scene = Self { _node: node, cli, directory: tempfile::tempdir()? };
		let registered = scene.tx(&["register", "--tag", "translation/de"], "//Alice").await?;
		ensure!(registered["id"] == 0, "{registered}");
		scene.tx(&["fund", "0", "--amount", "100"], "//Bob").await?;
		Ok(scene)
	}

	/// A transaction that succeeds.
	async fn tx(&self, arguments: &[&str], from: &str) -> Result<Value> {
		self.cli.json(&[&["tx", "agent"][..], arguments, &["--from", from]].concat()).await
	}

	/// A transaction that is refused or fails, with this among its words.
	async fn fails(&self, arguments: &[&str], from: &str, words: &str) -> Result<()> {
		let ran = self.cli.refused(&[&["tx", "agent"][..], arguments, &["--from", from]].concat()).await?;
		ensure!(ran.text().contains(words), "{arguments:?} said something else than {words}: {}", ran.text());
		Ok(())
	}

	/// A command for the agent that the key signs, under a delegation of its.
	async fn by_key(&self, delegation: &str, arguments: &[&str]) -> Result<Value> {
		let signed = ["--agent", "0", "--delegation", delegation, "--from", KEY];
		self.cli.json(&[arguments, &signed].concat()).await
	}

	async fn query(&self, arguments: &[&str]) -> Result<Value> {
		self.cli.json(&[&["query", "agent"][..], arguments].concat()).await
	}

	/// What the agent's account has, held and free.
	async fn funds(&self) -> Result<u128> {
		let agent = self.query(&["show", "0"]).await?;
		let balance = self.cli.json(&["query", "balance", text(&agent, "account")?]).await?;
		amount(&balance, "total")
	}

	async fn spent(&self, of: &str) -> Result<u128> {
		amount(&self.cli.json(&["query", "balance", of]).await?, "total")
	}

	fn file(&self, name: &str, bytes: &[u8]) -> Result<String> {
		let path = self.directory.path().join(name);
		std::fs::write(&path, bytes)?;
		Ok(path.to_str().context("temporary paths are UTF-8")?.to_string())
	}

	/// Grants from Alice; the delegation's id.
	async fn grant(&self, key: &str, scopes: &str, expires_in: &str) -> Result<String> {
		let terms = ["--budget", "10", "--fee-budget", "1", "--period", "1h", "--expires-in", expires_in];
		let delegate = [&["delegate", "0", "--key", key, "--scope", scopes][..], &terms].concat();
		let granted = self.tx(&delegate, "//Alice").await?;
		Ok(granted["id"].as_u64().context("an id")?.to_string())
	}
}

fn text<'a>(answer: &'a Value, field: &str) -> Result<&'a str> {
	answer[field].as_str().with_context(|| format!("no {field} in {answer}"))
}

fn amount(answer: &Value, field: &str) -> Result<u128> {
	Ok(text(answer, field)?.parse()?)
}

const PLX: u128 = 1_000_000_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_is_found_by_what_it_can_do_and_its_card_is_verified() -> Result<()> {
	let scene = Scene::new().await?;
	let card = json!({
		"protocolVersion": "0.3.0", "name": "Translator", "description": "Translates", "url": "https://example.org/a2a",
		"version": "1.0.0", "capabilities": {}, "defaultInputModes": ["text/plain"], "defaultOutputModes": ["text/plain"],
		"skills": [{ "id": "translate", "name": "Translate", "description": "…", "tags": ["de"] }], "x-unknown": true,
	});
	let mut bytes = serde_json::to_vec_pretty(&card)?;
	let file = scene.file("card.json", &bytes)?;
	scene.tx(&["card", "0", &file, "--locator", "https://example.org/card"], "//Alice").await?;
	scene.tx(&["services", "0", "--service", "a2a=https://example.org/a2a"], "//Alice").await?;
	scene.tx(&["tags", "0", "--tag", "translation/de", "--tag", "ocr"], "//Alice").await?;
	scene.fails(&["tags", "0"], "//Bob", "Agents.NotController").await?;

	let agent = scene.query(&["show", "0"]).await?;
	ensure!(agent["tags"] == json!(["translation/de", "ocr"]), "{agent}");
	ensure!(
		agent["services"] == json!([{ "name": "a2a", "endpoint": "https://example.org/a2a" }]),
		"{agent}"
	);
	ensure!(agent["card"]["locator"] == "https://example.org/card", "the card outlives the tags: {agent}");
	let account = text(&agent, "account")?;
	ensure!(scene.query(&["show", "--account", account]).await? == agent, "another agent by account");
	for arguments in [["list", "--tag", "ocr"], ["list", "--controller", "//Alice"]] {
		let page = scene.query(&arguments).await?;
		ensure!(page == json!({ "agents": [agent], "next": null }), "{arguments:?}: {page}");
	}
	let none = scene.query(&["list", "--tag", "painting"]).await?;
	ensure!(none == json!({ "agents": [], "next": null }), "{none}");

	let verified = scene.query(&["card", "verify", "0", &file]).await?;
	ensure!(verified["form"]["kind"] == "a2a", "{verified}");
	ensure!(verified["form"]["skills"] == json!(["translate"]), "{verified}");
	bytes[20] ^= 1;
	let forged = scene.file("forged.json", &bytes)?;
	let refused = scene.cli.refused(&["query", "agent", "card", "verify", "0", &forged]).await?;
	ensure!(refused.code == Some(8) && refused.text().contains("CardDiffers"), "{}", refused.text());
	let table = scene.cli.run(&["query", "agent", "show", "0"]).await?;
	ensure!(table.stdout.contains("translation/de ocr"), "{}", table.text());
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_without_funds_acts_within_its_terms_and_not_beyond() -> Result<()> {
	let scene = Scene::new().await?;
	let delegation = scene.grant(KEY, "payments", "7d").await?;
	let act = ["act", "0", &delegation];
	let pay = |amount| [&act[..], &["transfer", "--to", "//Agent//Shop", "--amount", amount]].concat();
	let before = scene.funds().await?;
	let sent = scene.tx(&pay("4"), KEY).await?;
	let fee = amount(&sent, "fee")?;
	ensure!(scene.funds().await? == before - 4 * PLX - fee, "the agent paid something else");
	ensure!(scene.spent("//Agent//Shop").await? == 4 * PLX, "the shop got something else");
	ensure!(scene.spent(KEY).await? == 0, "the key owns nothing");
	let left = scene.query(&["allowance", "0", &delegation]).await?;
	ensure!(amount(&left, "budget_left")? == 6 * PLX, "{left}");
	ensure!(amount(&left, "fee_budget_left")? == PLX - fee, "{left}");
	let one = scene.query(&["delegation", "0", &delegation]).await?;
	ensure!(one["alive"] == true && amount(&one, "spent")? == 4 * PLX, "{one}");
	// `Utility.batch` without calls, `System.remark` of nothing, and a call with a byte too many.
	let may = ["query", "agent", "may-act", "0", &delegation, "--key", KEY];
	let calls = [("0x040000", "NotLeafCall"), ("0x000000", "OutsideScope"), ("0x04000000", "InvalidCall")];
	for (call, words) in calls {
		let refused = scene.cli.refused(&[&may[..], &[call]].concat()).await?;
		ensure!(refused.text().contains(words), "{}", refused.text());
	}
	// By name, too, as `act` takes it.
	let pays = ["transfer", "--to", "//Agent//Shop", "--amount", "6"];
	let allowed = scene.query(&[&may[2..], &pays].concat()).await?;
	ensure!(amount(&allowed, "budget_left")? == 6 * PLX, "{allowed}");
	let refused = scene.cli.refused(&[&may[..], &["remark", "hello"]].concat()).await?;
	ensure!(refused.text().contains("OutsideScope"), "{}", refused.text());
	let refused = scene.cli.refused(&may).await?;
	ensure!(refused.code == Some(2) && refused.text().contains("NotOneCall"), "{}", refused.text());
	let stranger = ["query", "agent", "may-act", "0", &delegation, "--key", "//Charlie", "0x000000"];
	let refused = scene.cli.refused(&stranger).await?;
	ensure!(refused.text().contains("NotDelegate"), "{}", refused.text());

	// Budget, scope and fee budget, each by its name; nothing moves but the first one's fee.
	scene.fails(&pay("7"), KEY, "Agents.BudgetExceeded").await?;
	let before = scene.funds().await?;
	scene.fails(&[&act[..], &["remark", "hello"]].concat(), KEY, "OutsideScope").await?;
	// An empty `Utility.batch`: index of the pallet, of the call, and no calls.
	scene.fails(&[&act[..], &["raw", "0x040000"]].concat(), KEY, "NotLeafCall").await?;
	let long = "x".repeat(110_000);
	let remarks = scene.grant(OTHER_KEY, "remarks", "7d").await?;
	scene.fails(&["act", "0", &remarks, "remark", &long], OTHER_KEY, "FeeBudgetExceeded").await?;
	scene.tx(&["act", "0", &remarks, "remark", "hello"], OTHER_KEY).await?;
	let after_remark = scene.funds().await?;
	ensure!(before - after_remark < PLX / 10, "a remark costs its fee");
	// A stranger pays for its own failures.
	scene.fails(&pay("1"), "//Charlie", "Agents.NotDelegate").await?;
	ensure!(scene.funds().await? == after_remark, "a stranger cost the agent something");
	ensure!(scene.spent("//Agent//Shop").await? == 4 * PLX, "the shop got something from a failure");

	// A delegation that ends.
	let short = scene.grant(KEY, "payments", "5s").await?;
	until(ERA, "the expiry", || async {
		let asked = scene.cli.refused(&["query", "agent", "allowance", "0", &short]).await?;
		ensure!(asked.text().contains("DelegationExpired"), "{}", asked.text());
		Ok(())
	})
	.await?;
	let expired = ["act", "0", &short, "transfer", "--to", "//Agent//Shop", "--amount", "1"];
	scene.fails(&expired, KEY, "DelegationExpired").await?;
	scene.tx(&["clear", "0", &short], "//Charlie").await?;
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_passes_on_less_and_revoking_it_kills_what_it_passed_on() -> Result<()> {
	let scene = Scene::new().await?;
	let parent = scene.grant("//Dave", "payments,datanets", "7d").await?;
	let pass = |budget, scope| {
		let terms = ["--budget", budget, "--fee-budget", "1", "--period", "1h", "--expires-in", "1h"];
		[&["delegate", "0", "--parent", &parent, "--key", KEY, "--scope", scope][..], &terms].concat()
	};
	scene.fails(&pass("11", "datanets"), "//Dave", "Agents.ExceedsParent").await?;
	scene.fails(&pass("1", "remarks"), "//Dave", "Agents.ExceedsParent").await?;
	let child =
		scene.tx(&pass("1", "datanets"), "//Dave").await?["id"].as_u64().context("an id")?.to_string();
	let page = scene.query(&["delegations", "0"]).await?;
	ensure!(page["delegations"][1]["parent"] == page["delegations"][0]["id"], "{page}");
	ensure!(page["delegations"][1]["scopes"] == json!(["Datanets"]), "{page}");

	// The agent owns what its keys make: a datanet, and what is in it.
	scene.tx(&["act", "0", &child, "create-datanet", "--name", "Notes"], KEY).await?;
	let file = scene.file("note.txt", b"an agent's note")?;
	scene.tx(&["act", "0", &child, "contribute", &file, "--datanet", "0"], KEY).await?;
	let agent = scene.query(&["show", "0"]).await?;
	let found = scene.cli.json(&["query", "file", &file]).await?;
	ensure!(found["contributor"] == agent["account"], "{found}");

	scene.fails(&["revoke", "0", &parent], "//Charlie", "Agents.MayNotRevoke").await?;
	scene.tx(&["revoke", "0", &parent], "//Alice").await?;
	scene.fails(&["act", "0", &child, "withdraw", "0"], KEY, "DelegationRevoked").await?;
	let page = scene.query(&["delegations", "0"]).await?;
	ensure!(page["delegations"][0]["alive"] == false, "{page}");
	// What a key made stays within reach of the controller.
	scene.tx(&["control", "0", "withdraw", "0"], "//Alice").await?;
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_without_funds_commits_and_registers_for_its_agent_one_file_and_a_directory() -> Result<()> {
	let scene = Scene::new().await?;
	let key = scene.grant(KEY, "datanets", "7d").await?;
	let created = scene.by_key(&key, &["tx", "datanet", "create", "--name", "Notes"]).await?;
	ensure!(created["id"] == 0, "{created}");

	let note = scene.file("note.txt", b"an agent's note")?;
	let committed = scene.by_key(&key, &["tx", "datanet", "commit", &note]).await?;
	let salt = text(&committed, "salt")?;
	let register = ["tx", "datanet", "register", &note, "--datanet", "0", "--salt", salt];
	until(ERA, "the age of the commitment", || async { scene.by_key(&key, &register).await.map(drop) })
		.await?;

	let data = scene.directory.path().join("data");
	std::fs::create_dir(&data)?;
	let mut files = vec![note];
	for name in ["data/a.txt", "data/b.txt"] {
		files.push(scene.file(name, name.as_bytes())?);
	}
	let (data, journal) = (data.to_str().context("UTF-8")?, scene.directory.path().join("journal"));
	let journal = journal.to_str().context("UTF-8")?;
	let contribute = ["contribute", data, "--datanet", "0", "--journal", journal];
	let contributed = scene.by_key(&key, &contribute).await?;
	ensure!((&contributed["registered"], &contributed["refused"]) == (&json!(2), &json!(0)), "{contributed}");
	let again = scene.by_key(&key, &contribute).await?;
	ensure!((&again["registered"], &again["already"]) == (&json!(0), &json!(2)), "{again}");

	// All of it is the agent's, and the agent paid.
	let agent = scene.query(&["show", "0"]).await?;
	for file in &files {
		let found = scene.cli.json(&["query", "file", file]).await?;
		ensure!(found["contributor"] == agent["account"], "{found}");
	}
	ensure!(scene.spent(KEY).await? == 0, "the key owns nothing");
	let withdrawn = scene.cli.json(&["tx", "withdraw", "0", "--agent", "0", "--from", "//Alice"]).await?;
	ensure!(withdrawn["id"] == 0, "{withdrawn}");
	Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_controller_changes_in_two_steps_and_is_replaced_when_it_is_lost() -> Result<()> {
	let scene = Scene::new().await?;
	let delegation = scene.grant(KEY, "payments", "7d").await?;
	scene.fails(&["accept-controller", "0"], "//Bob", "Agents.NotProposed").await?;
	scene.tx(&["transfer-controller", "0", "--to", "//Bob"], "//Alice").await?;
	scene.tx(&["accept-controller", "0", "--keep-below", "1"], "//Bob").await?;
	scene.fails(&["pause", "0"], "//Alice", "Agents.NotController").await?;
	let pay = ["act", "0", &delegation, "transfer", "--to", "//Agent//Shop", "--amount", "1"];
	scene.tx(&pay, KEY).await?;
	scene.tx(&["pause", "0"], "//Bob").await?;
	scene.fails(&pay, KEY, "AgentPaused").await?;

	// Bob's key is lost; Charlie was named, and hands the agent to Dave.
	scene
		.fails(
			&["set-recovery", "0", "--account", "//Charlie", "--delay", "1s"],
			"//Bob",
			"Agents.DelayTooShort",
		)
		.await?;
	scene.tx(&["set-recovery", "0", "--account", "//Charlie", "--delay", "20s"], "//Bob").await?;
	let begin = ["begin-recovery", "0", "--controller", "//Dave"];
	scene.tx(&begin, "//Charlie").await?;
	scene.tx(&["cancel-recovery", "0"], "//Bob").await?;
	scene.fails(&["complete-recovery", "0"], "//Dave", "Agents.NoRecoveryPending").await?;
	scene.tx(&begin, "//Charlie").await?;
	scene.fails(&["complete-recovery", "0"], "//Dave", "Agents.RecoveryTooEarly").await?;
	until(ERA, "the end of the delay", || async {
		scene.tx(&["complete-recovery", "0"], "//Dave").await.map(drop)
	})
	.await?;
	let agent = scene.query(&["show", "0"]).await?;
	ensure!((&agent["recovery"], &agent["status"]) == (&Value::Null, &json!("paused")), "{agent}");
	scene.tx(&["resume", "0"], "//Dave").await?;
	scene.fails(&pay, KEY, "DelegationRevoked").await?;

	// Nothing is stranded: all of it comes out.
	scene.tx(&["clear", "0", &delegation], "//Dave").await?;
	scene.tx(&["deregister", "0"], "//Dave").await?;
	let left = scene.funds().await?;
	ensure!(left > 98 * PLX, "{left} left");
	scene.tx(&["control", "0", "transfer", "--to", "//Agent//Shop", "--amount", "98"], "//Dave").await?;
	ensure!(scene.funds().await? == left - 98 * PLX, "the account kept something back");
	Ok(())
}
