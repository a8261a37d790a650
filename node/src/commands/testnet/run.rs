//! `plexus testnet run`: starts a network, keeps it running, disturbs it if asked, and judges it at its end.
//!
//! ```text
//!   start ─▶ first block on every node ─▶ [load] ─▶ run, [faults] ─▶ heal, settle ─▶ ask again ─▶ verdict ─▶ stop
//! ```
//!
//! # Must not
//! End before every node has.

use super::{
	fault, genesis,
	judge::{judge, Evidence, Injected},
	layout::{unwritable, Layout, Wanted},
	load::{Load, ACCOUNTS},
	network::{Network, Wiring},
	newcomer::Newcomer,
	observer::Observer,
	resources::Sample,
	schedule::{schedule, Step, LASTING_MIN, VALIDATORS_MIN},
	status::Status,
	supervisor::Supervisor,
	verdict::{Joining, Verdict},
};
use crate::{
	cli::TestnetRunArgs, commands::run::stop_signal, place, report::Report, temporary::TemporaryDirectory,
};
use plexus_chain_spec::ChainType;
use plexus_cli::load::SignedTransfers;
use plexus_runtime::AccountId;
use sp_core::{sr25519, Pair};
use std::{
	collections::VecDeque, fs, future::Future, io, path::Path, pin::Pin, process::ExitCode, time::Duration,
};

/// How long a network may take to its first block on every node.
const FIRST_BLOCK_MAX: Duration = Duration::from_secs(60);

/// How long a healed network may take until all are at one height and every transfer is final.
const SETTLING_MAX: Duration = Duration::from_secs(60);

/// How long a run with faults lasts unless it is said.
const CHAOS_LASTING: Duration = Duration::from_secs(180);

/// Transfers per second with faults unless it is said.
const CHAOS_LOAD: u32 = 10;

/// How often processes are looked at.
const LOOKING_EVERY: Duration = Duration::from_millis(200);

/// How often what they use is noted, and at most how often in all: a long run is sampled less often.
const SAMPLING_EVERY: Duration = Duration::from_secs(2);
const SAMPLES_MAX: u32 = 5_000;

/// What the accounts of the load are funded for, if the run has no end.
const LOAD_LASTING_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Development accounts that the network has money for, and how much in whole PLX.
const DEVELOPERS: [&str; 6] = ["//Alice", "//Bob", "//Charlie", "//Dave", "//Eve", "//Ferdie"];
const DEVELOPER_PLX: u64 = 100_000_000;

/// What each validator stakes, as in the presets.
const STAKE_PLX: u64 = 10_000;

/// The file that tells programs where the nodes are.
const FACTS_FILE: &str = "testnet.json";

type Stop<'a> = Pin<&'a mut (dyn Future<Output = ()> + Send + 'static)>;

/// Runs a network until a signal, the time that was given, or a node that ended by itself.
///
/// # Errors
/// The network cannot be made or started, makes no block, or a node ended by itself.
pub(super) async fn run(args: TestnetRunArgs) -> anyhow::Result<ExitCode> {
	check(&args)?;
	let stop = stop_signal()?;
	tokio::pin!(stop);
	let temporary = match args.base_path {
		Some(_) => None,
		None => Some(TemporaryDirectory::new(None)?),
	};
	let root = match &temporary {
		Some(temporary) => temporary.path().join("net"),
		None => args.base_path.clone().unwrap_or_default(),
	};
	let layout = layout(&root, &args)?;
	let is_disturbed = args.chaos || !args.faults.is_empty();
	let wiring = match is_disturbed || args.delay_ms > 0 {
		true => Wiring::Linked(Duration::from_millis(args.delay_ms)),
		false => Wiring::Direct,
	};
	// What an earlier run left behind leads to ports of nobody.
	let stale = fs::remove_file(root.join(FACTS_FILE));
	if stale.is_err_and(|error| error.kind() != io::ErrorKind::NotFound) {
		let remedy = "check that this user may write there";
		return Err(
			Report::new("file", format!("cannot remove {FACTS_FILE} in {}", root.display()), remedy).into()
		);
	}
	let mut network = Network::start(layout, wiring, args.newcomer_every).await?;
	let outcome = drive(&mut network, &root, &args, stop).await;
	let unclean = network.stop().await;
	drop(temporary);
	let ended = outcome?;
	if !unclean.is_empty() {
		let cause = format!("{} did not stop cleanly", unclean.join(", "));
		return Err(Report::new("testnet", cause, "their logs, kept with --base-path, say why").into());
	}
	Ok(tell(ended, &args))
}

/// How a run ended.
enum Ended {
	/// By a signal, in a run that was to last until one.
	Asked,
	/// By a signal, before its time.
	Early,
	/// In its time.
	Judged(Box<Verdict>),
}

fn tell(ended: Ended, args: &TestnetRunArgs) -> ExitCode {
	let verdict = match ended {
		Ended::Asked => return ExitCode::SUCCESS,
		Ended::Early => {
			eprintln!("stopped before its time: no verdict");
			return ExitCode::FAILURE;
		}
		Ended::Judged(verdict) => verdict,
	};
	match args.json {
		true => println!("{:#}", serde_json::json!(verdict)),
		false => println!("{verdict}"),
	}
	if verdict.sound {
		ExitCode::SUCCESS
	} else {
		ExitCode::FAILURE
	}
}

fn check(args: &TestnetRunArgs) -> Result<(), Report> {
	if args.chaos && usize::from(args.validators) < VALIDATORS_MIN {
		let cause = format!("{} validators cannot lose one and go on", args.validators);
		return Err(Report::new("chaos", cause, format!("run at least {VALIDATORS_MIN}")));
	}
	if args.chaos && lasting(args)?.is_some_and(|lasting| lasting < LASTING_MIN) {
		let remedy = format!("choose --for {}s or more", LASTING_MIN.as_secs());
		return Err(Report::new("chaos", "the time is too short for a kill and a partition", remedy));
	}
	let count = usize::from(args.validators);
	if !args.stakes.is_empty() && args.stakes.len() != count {
		let cause = format!("{} stakes are named for {count} validators", args.stakes.len());
		return Err(Report::new("testnet", cause, "name one for each validator, in order, or none"));
	}
	let least = named_faults(args)?.back().map_or(Duration::ZERO, Step::over);
	if lasting(args)?.is_some_and(|lasting| lasting < least) {
		let remedy = format!("choose --for {}s or more, or leave it out", least.as_secs());
		return Err(Report::new("fault", "the time is too short for the faults that are named", remedy));
	}
	if args.newcomer_every.is_some() && lasting(args)?.is_none() {
		let cause = "without an end nobody judges whether newcomers arrive";
		return Err(Report::new("testnet", cause, "say with --for how long"));
	}
	Ok(())
}

/// The row of the faults that were named.
fn named_faults(args: &TestnetRunArgs) -> Result<VecDeque<Step>, Report> {
	fault::row(&args.faults, usize::from(args.validators))
}

/// The faults of a run: those that were named, or drawn, and then with what draws them again.
fn faults_of(
	args: &TestnetRunArgs,
	validators: usize,
	lasting: Option<Duration>,
	status: &mut Status,
) -> Result<VecDeque<Step>, Report> {
	if !args.chaos {
		return named_faults(args);
	}
	let seed = args.seed.unwrap_or_else(rand::random);
	let steps = schedule(seed, validators, lasting.unwrap_or(CHAOS_LASTING));
	status.say(&format!("chaos: {} faults, again with --seed {seed}", steps.len()));
	Ok(steps)
}

/// How long a run lasts: as long as was said, or as its faults take.
fn lasting(args: &TestnetRunArgs) -> Result<Option<Duration>, Report> {
	let named = named_faults(args)?.back().map(Step::over);
	Ok(args.lasting.or(named).or(args.chaos.then_some(CHAOS_LASTING)))
}

/// The network of a directory, which is made unless it is there.
fn layout(root: &Path, args: &TestnetRunArgs) -> Result<Layout, Report> {
	let count = usize::from(args.validators);
	if let Some(layout) = Layout::open(root)? {
		let same_time = args.block_time_ms.is_none_or(|ms| place::block_time_ms(&layout.spec) == Some(ms));
		let same_stakes = args.stakes.is_empty() || args.stakes == layout.powers();
		return match layout.members.len() == count && same_time && same_stakes {
			true => Ok(layout),
			false => {
				let cause = format!(
					"{} holds another network, of {} validators",
					root.display(),
					layout.members.len()
				);
				let remedy =
					"name its number of validators and no block time or stakes to go on with it, or another directory";
				Err(Report::new("testnet", cause, remedy))
			}
		};
	}
	let developer = |seed: &str| {
		let pair = sr25519::Pair::from_string(seed, None)
			.expect("a path alone is a secret of the development phrase");
		genesis::endowment(&AccountId::new(pair.public().0), DEVELOPER_PLX)
	};
	let wanted = Wanted {
		id: "plexus-local-testnet",
		validators: count,
		stake_plx: STAKE_PLX,
		endowed: DEVELOPERS.map(developer).to_vec(),
		// Everybody knows the developers' keys.
		chain_type: ChainType::Local,
		block_time_ms: args.block_time_ms,
		faucet_plx: 0,
		stakes: &args.stakes,
	};
	let layout = Layout::create(root, &wanted)?;
	layout.write_spec()?;
	Ok(layout)
}

async fn drive(
	network: &mut Network,
	root: &Path,
	args: &TestnetRunArgs,
	mut stop: Stop<'_>,
) -> anyhow::Result<Ended> {
	let mut status = Status::new();
	announce(network, root, args, &mut status)?;
	let urls = network.urls();
	let observer = Observer::start(&urls);
	let lasting = lasting(args)?;
	let early = || if lasting.is_some() { Ended::Early } else { Ended::Asked };
	if !first_block(network, &observer, stop.as_mut()).await? {
		return Ok(early());
	}
	status.say(&format!("every node has final blocks after {:.1} s", observer.now().as_secs_f64()));
	let rate = args.load.unwrap_or(if args.chaos || !args.faults.is_empty() { CHAOS_LOAD } else { 0 });
	let load = match rate {
		0 => None,
		rate => {
			let transfers = rate.saturating_mul(lasting.unwrap_or(LOAD_LASTING_MAX).as_secs() as u32)
				/ ACCOUNTS as u32
				+ 100;
			let prepared = SignedTransfers::prepare(&urls[0], DEVELOPERS[0], "testnet", ACCOUNTS, transfers);
			let prepared = tokio::select! {
				prepared = prepared => prepared?,
				() = stop.as_mut() => return Ok(early()),
			};
			Some(Load::start(prepared, &urls, rate, observer.observed().clone()))
		}
	};
	let steps = faults_of(args, network.nodes.len(), lasting, &mut status)?;
	let sampling_every = lasting.unwrap_or(LOAD_LASTING_MAX) / SAMPLES_MAX;
	let mut running = Running {
		network,
		observer: &observer,
		status,
		samples: vec![Vec::new(); urls.len()],
		sampling_every: sampling_every.max(SAMPLING_EVERY),
	};
	let Some(faults) = running.disturb(steps, lasting, stop.as_mut()).await? else { return Ok(early()) };
	if let Some(load) = &load {
		load.finish();
	}
	if !running.settle(load.as_ref(), stop).await? {
		return Ok(early());
	}
	let samples = running.samples;
	let joinings = network.newcomer.as_ref().map(Newcomer::joinings).unwrap_or_default();
	let used = Used { samples, powers: network.powers(), joinings };
	Ok(Ended::Judged(Box::new(verdict(&observer, faults, load.as_ref(), used).await)))
}

fn announce(
	network: &Network,
	root: &Path,
	args: &TestnetRunArgs,
	status: &mut Status,
) -> Result<(), Report> {
	let facts = network.facts();
	let path = root.join(FACTS_FILE);
	// Under its name only when it is complete: programs wait for it.
	let temporary = root.join(format!(".{FACTS_FILE}"));
	fs::write(&temporary, format!("{facts:#}\n"))
		.and_then(|()| fs::rename(&temporary, &path))
		.map_err(|error| unwritable(&path, &error))?;
	if args.json {
		return Ok(());
	}
	for node in facts["nodes"].as_array().into_iter().flatten() {
		let text = |key: &str| node[key].as_str().unwrap_or_default().to_string();
		println!("{:<14} {}  {}  {}", text("name"), text("rpc"), text("metrics"), text("log"));
	}
	status.say("Ctrl-C stops all of them");
	Ok(())
}

/// Waits for a block on every node; whether it came before the signal.
async fn first_block(network: &mut Network, observer: &Observer, mut stop: Stop<'_>) -> Result<bool, Report> {
	while observer.observed().lock().lowest() == 0 {
		network.check()?;
		if observer.now() > FIRST_BLOCK_MAX {
			let cause = format!("not every node has a block after {} s", FIRST_BLOCK_MAX.as_secs());
			return Err(Report::new("testnet", cause, "the nodes' logs, kept with --base-path, say why"));
		}
		tokio::select! {
			() = tokio::time::sleep(LOOKING_EVERY) => {}
			() = stop.as_mut() => return Ok(false),
		}
	}
	Ok(true)
}

/// A network under way.
struct Running<'a> {
	network: &'a mut Network,
	observer: &'a Observer,
	status: Status,
	/// See [`Evidence`].
	samples: Vec<Vec<Sample>>,
	sampling_every: Duration,
}

/// What the network itself knows for the verdict; see [`Evidence`].
struct Used {
	samples: Vec<Vec<Sample>>,
	powers: Vec<u64>,
	joinings: Vec<Joining>,
}

impl Running<'_> {
	/// Carries the faults out until the time is over; `None` if a signal came first.
	async fn disturb(
		&mut self,
		steps: VecDeque<Step>,
		lasting: Option<Duration>,
		mut stop: Stop<'_>,
	) -> Result<Option<Vec<Injected>>, Report> {
		let start = self.observer.now();
		let end = lasting.map(|lasting| start + lasting);
		let mut supervisor = Supervisor::new(steps, start);
		while end.is_none_or(|end| self.observer.now() < end) {
			if let Some(done) = supervisor.act(self.network, || self.observer.now()).await? {
				self.status.say(&format!("{:>6.1} s  {done}", (self.observer.now() - start).as_secs_f64()));
			}
			if let Some(done) = self.network.renew(self.observer.now(), self.observer.observed()).await? {
				self.status.say(&format!("{:>6.1} s  {done}", (self.observer.now() - start).as_secs_f64()));
			}
			self.look()?;
			let until_due =
				supervisor.due().map_or(LOOKING_EVERY, |due| due.saturating_sub(self.observer.now()));
			tokio::select! {
				() = tokio::time::sleep(until_due.min(LOOKING_EVERY)) => {}
				() = stop.as_mut() => return Ok(None),
			}
		}
		supervisor.finish(self.network, self.observer.now()).await.map(Some)
	}

	/// Waits until all nodes are beyond the highest block and every transfer is final, or too long; whether no signal
	/// came first. What did not settle is for the judge.
	async fn settle(&mut self, load: Option<&Load>, mut stop: Stop<'_>) -> Result<bool, Report> {
		let (start, highest) = (self.observer.now(), self.observer.observed().lock().highest());
		self.status.say("settling");
		while !self.is_settled(highest, load) && self.observer.now() - start < SETTLING_MAX {
			self.network.check()?;
			tokio::select! {
				() = tokio::time::sleep(LOOKING_EVERY) => {}
				() = stop.as_mut() => return Ok(false),
			}
		}
		Ok(true)
	}

	fn is_settled(&self, highest: u32, load: Option<&Load>) -> bool {
		let together = self.observer.observed().lock().lowest() > highest;
		let arrived = self.network.newcomer.as_ref().is_none_or(Newcomer::has_arrived);
		together && arrived && load.is_none_or(|load| load.pending() == 0)
	}

	fn look(&mut self) -> Result<(), Report> {
		self.network.check()?;
		let at = self.observer.now();
		for (samples, node) in self.samples.iter_mut().zip(&self.network.nodes) {
			let is_due = samples.last().is_none_or(|last| at - last.at >= self.sampling_every);
			// A killed node uses nothing.
			if let (true, Some(memory_bytes), Some(open_files)) =
				(is_due, node.memory_bytes(), node.open_files())
			{
				samples.push(Sample { at, memory_bytes, open_files });
			}
		}
		self.status.draw(self.network, &self.observer.observed().lock());
		Ok(())
	}
}

async fn verdict(observer: &Observer, faults: Vec<Injected>, load: Option<&Load>, used: Used) -> Verdict {
	let common = observer.observed().lock().lowest();
	let roots = observer.ask_again(common).await;
	let observed = observer.observed().lock();
	judge(&Evidence {
		faults,
		heights: observed.heights.clone(),
		decisions: observed.decisions.clone(),
		loaded: load.is_some(),
		accepted: load.map(Load::accepted).unwrap_or_default(),
		included: observed.included.clone(),
		roots,
		samples: used.samples,
		powers: used.powers,
		joinings: used.joinings,
	})
}
