//! The guard against crashes of the disk at every point, and against each way of losing or copying its state.

use super::journal::{image, Disk, Identity, FILE_BYTES};
use super::*;
use crate::signing::{self, SigningKey};
use codec::{Decode, Encode};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use tempfile::TempDir;

const GENESIS: H256 = H256([1; 32]);

fn key() -> SigningKey {
	SigningKey::from_bytes(&[7; 32])
}

fn validator() -> AuthorityId {
	AuthorityId(key().verifying_key().to_bytes())
}

fn make(bytes: &[u8]) -> Signature {
	signing::sign(&key(), bytes)
}

fn step(height: u64, round: u32, kind: StepKind) -> Step {
	Step { height, round, kind }
}

/// A small generator (splitmix64): the same seed gives the same run.
struct Random(u64);

impl Random {
	fn next(&mut self) -> u64 {
		self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut mixed = self.0;
		mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		mixed ^ (mixed >> 31)
	}

	fn below(&mut self, bound: u64) -> u64 {
		self.next() % bound
	}
}

/// Where in the writing of one record the machine stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
	BeforeWrite,
	InWrite,
	BeforeSync,
	AfterSync,
}

const FAULTS: [Fault; 4] = [Fault::BeforeWrite, Fault::InWrite, Fault::BeforeSync, Fault::AfterSync];

/// Unit that a disk writes whole; of what was written and not synced any subset may survive.
const SECTOR_BYTES: usize = 512;

#[derive(Debug)]
struct Machine {
	durable: Vec<u8>,
	cached: Vec<u8>,
	/// Fails the record after so many.
	fault: Option<(u64, Fault)>,
	random: u64,
	fired: usize,
}

/// A disk that stops at a point.
#[derive(Clone, Debug)]
struct CrashingDisk(Arc<Mutex<Machine>>);

impl CrashingDisk {
	fn new(random: u64) -> Self {
		let identity = Identity { genesis: GENESIS, validator: validator(), lineage: [3; 16] };
		let durable = image(&identity, &Record::default());
		let cached = durable.clone();
		Self(Arc::new(Mutex::new(Machine { durable, cached, fault: None, random, fired: 0 })))
	}

	fn machine(&self) -> MutexGuard<'_, Machine> {
		self.0.lock().unwrap()
	}

	/// A process started on what survived.
	fn start(&self) -> SigningGuard {
		let mut machine = self.machine();
		machine.cached = machine.durable.clone();
		drop(machine);
		let journal = Journal::open(Box::new(self.clone())).unwrap().expect("a crash never damages the file");
		SigningGuard::on("guard".into(), journal, Mode::Signing)
	}
}

impl Machine {
	/// Whether the machine stops at this point of the record that is being written.
	fn stops(&mut self, point: Fault) -> io::Result<()> {
		match self.fault {
			Some((0, fault)) if fault == point => {
				self.fault = None;
				self.fired += 1;
				self.some_sectors_survive();
				Err(io::Error::other("the machine stopped"))
			}
			_ => Ok(()),
		}
	}

	fn some_sectors_survive(&mut self) {
		let mut random = Random(self.random);
		for start in (0..FILE_BYTES).step_by(SECTOR_BYTES) {
			let sector = start..(start + SECTOR_BYTES).min(FILE_BYTES);
			if random.below(2) == 0 {
				self.durable[sector.clone()].copy_from_slice(&self.cached[sector]);
			}
		}
	}
}

impl Disk for CrashingDisk {
	fn read(&mut self) -> io::Result<Vec<u8>> {
		Ok(self.machine().cached.clone())
	}

	fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
		let mut machine = self.machine();
		machine.stops(Fault::BeforeWrite)?;
		let part = match machine.fault {
			Some((0, Fault::InWrite)) => Random(machine.random).below(bytes.len() as u64) as usize,
			_ => bytes.len(),
		};
		let offset = offset as usize;
		machine.cached[offset..offset + part].copy_from_slice(&bytes[..part]);
		machine.stops(Fault::InWrite)
	}

	fn sync(&mut self) -> io::Result<()> {
		let mut machine = self.machine();
		machine.stops(Fault::BeforeSync)?;
		machine.durable = machine.cached.clone();
		machine.stops(Fault::AfterSync)?;
		if let Some((records, _)) = &mut machine.fault {
			*records -= 1;
		}
		Ok(())
	}
}

/// What left the process so far.
#[derive(Default)]
struct Outside {
	released: BTreeMap<Step, Vec<u8>>,
}

impl Outside {
	/// Demands that what is released contradicts nothing that was. What was signed before a crash and comes out only now
	/// may lie below what came out since; what is signed now may not.
	fn release(&mut self, step: Step, bytes: &[u8], signature: Signature, signed_now: bool) {
		assert!(signing::verify(&validator(), bytes, &signature), "a signature of something else");
		let latest = self.released.keys().next_back();
		assert!(
			!signed_now || latest.is_none_or(|latest| *latest < step),
			"{step} was signed after {latest:?}"
		);
		if let Some(before) = self.released.insert(step, bytes.to_vec()) {
			assert_eq!(before, bytes, "{step} was signed twice");
		}
	}
}

/// A validator that goes through heights, rounds and steps, crashes once, forgets what it derived last, and goes on: on the
/// same step, on an earlier one of the round, or on a later one; often with other content.
fn run_with_fault(seed: u64, fault: Fault) -> usize {
	let mut random = Random(seed);
	let disk = CrashingDisk::new(random.next());
	disk.machine().fault = Some((random.below(12), fault));
	let mut guard = disk.start();
	let mut outside = Outside::default();
	let (mut height, mut round) = (1, 0);
	let mut crashed = false;
	for _ in 0..12 {
		for kind in [StepKind::Proposal, StepKind::Prevote, StepKind::Precommit] {
			if kind == StepKind::Proposal && random.below(2) == 0 {
				continue;
			}
			let step = step(height, round, kind);
			let bytes = [&step.encode()[..], &[random.below(3) as u8]].concat();
			let mut signed_now = false;
			let signed = guard.sign(step, &bytes, |bytes| {
				signed_now = true;
				make(bytes)
			});
			match signed {
				Ok(signature) => outside.release(step, &bytes, signature, signed_now),
				Err(GuardError::Refused(_)) => assert!(crashed, "{step} was refused without a crash"),
				Err(GuardError::Io { .. }) => {
					let after = guard.sign(step, &bytes, make);
					assert!(matches!(after, Err(GuardError::Io { .. })), "signed after a failed write");
					guard = disk.start();
					crashed = true;
					// What left is remembered, and leaves again the same.
					for (step, bytes) in outside.released.iter().filter(|(step, _)| step.height == height) {
						let again = guard.sign(*step, bytes, make).expect("it was signed");
						assert!(signing::verify(&validator(), bytes, &again));
					}
				}
				Err(other) => panic!("{other}"),
			}
		}
		match random.below(3) {
			0 => round += 1,
			// Replaying from the beginning of the round.
			1 if crashed => {}
			_ => (height, round) = (height + 1, 0),
		}
	}
	// Whatever happened, the next height is signed.
	let next = step(height + 1, 0, StepKind::Prevote);
	let signature = guard.sign(next, b"next", make).expect("a crash costs no height");
	outside.release(next, b"next", signature, true);
	let fired = disk.machine().fired;
	fired
}

#[test]
fn a_thousand_crashes_at_every_point_of_a_write_never_lead_to_two_signatures_for_one_step() {
	let mut fired = BTreeMap::new();
	for seed in 0..1_000u64 {
		let fault = FAULTS[(seed % 4) as usize];
		*fired.entry(format!("{fault:?}")).or_insert(0) += run_with_fault(seed, fault);
	}
	assert_eq!(fired.len(), FAULTS.len());
	assert!(fired.values().all(|count| *count == 250), "a fault did not happen: {fired:?}");
}

/// Directories as a node has them.
struct Files {
	root: TempDir,
}

impl Files {
	fn new() -> Self {
		let root = tempfile::tempdir().unwrap();
		let files = Self { root };
		fs::create_dir(files.place().directory).unwrap();
		fs::create_dir(files.place().counterpart).unwrap();
		files
	}

	fn place(&self) -> GuardPlace {
		let root = self.root.path();
		GuardPlace { directory: root.join("consensus"), counterpart: root.join("keys") }
	}

	fn state(&self) -> PathBuf {
		self.place().state(&validator())
	}

	/// The guard of a node that needs not listen: one that is made anew here is told so.
	fn open(&self, tip: u32) -> Result<SigningGuard, GuardError> {
		let permit = if self.state().exists() { Permit::default() } else { from(0) };
		self.open_with(known(tip), permit)
	}

	fn open_with(&self, known: Known, permit: Permit) -> Result<SigningGuard, GuardError> {
		SigningGuard::open(&self.place(), &known, permit)
	}

	/// A validator that signed one vote at a height, with the tip below, and stopped.
	fn with_vote(height: u64) -> Self {
		let files = Self::new();
		let guard = files.open(height as u32 - 1).unwrap();
		guard.sign(step(height, 0, StepKind::Prevote), b"vote", make).unwrap();
		files
	}

	/// The only objection there is.
	fn objection(&self, known: Known) -> Objection {
		match self.open_with(known, Permit::default()) {
			Err(GuardError::Objection { objection, remedy, path }) => {
				assert_eq!(path, self.state());
				assert!(remedy.contains("--doppelganger-heights 10"), "{remedy}");
				objection
			}
			Err(other) => panic!("{other}"),
			Ok(_) => panic!("it must not sign"),
		}
	}

	fn put(&self, bytes: &[u8]) {
		fs::write(self.state(), bytes).unwrap();
	}
}

/// An honest node at a tip: its log is of the next height.
fn known(tip: u32) -> Known {
	Known {
		genesis: GENESIS,
		validator: validator(),
		tip,
		log_height: Some(u64::from(tip) + 1),
		own_precommit: None,
		alone: false,
	}
}

fn listening() -> Permit {
	Permit { listen: true, sign_from: None }
}

fn from(height: u64) -> Permit {
	Permit { listen: false, sign_from: Some(height) }
}

#[test]
fn steps_are_signed_in_order_and_each_with_one_content() {
	let files = Files::new();
	let guard = files.open(4).unwrap();
	let first = guard.sign(step(5, 1, StepKind::Prevote), b"a", make).unwrap();
	assert_eq!(guard.sign(step(5, 1, StepKind::Prevote), b"a", |_| panic!("made before")).unwrap(), first);
	let conflict = guard.sign(step(5, 1, StepKind::Prevote), b"b", make).unwrap_err();
	assert!(
		matches!(&conflict, GuardError::Refused(Refusal::Conflict { recorded, .. }) if recorded.bytes == b"a")
	);
	assert!(
		conflict.to_string().starts_with("the prevote of block 5, round 1 was signed before"),
		"{conflict}"
	);
	for lower in
		[step(5, 1, StepKind::Proposal), step(5, 0, StepKind::Precommit), step(4, 9, StepKind::Precommit)]
	{
		let refused = guard.sign(lower, b"a", make).unwrap_err();
		assert!(matches!(refused, GuardError::Refused(Refusal::Lower { .. })), "{lower}");
		assert!(guard.is_past(lower));
	}
	for higher in
		[step(5, 1, StepKind::Precommit), step(5, 3, StepKind::Proposal), step(6, 0, StepKind::Proposal)]
	{
		assert!(!guard.is_past(higher));
		guard.sign(higher, b"a", make).unwrap();
	}
	let long = guard.sign(step(7, 0, StepKind::Prevote), &[0; MESSAGE_BYTES_MAX + 1], make);
	assert!(matches!(long, Err(GuardError::Refused(Refusal::TooLong(_)))));
}

#[test]
fn all_of_the_last_height_is_signed_again_after_a_restart_and_with_the_same_signature() {
	let files = Files::new();
	let mut steps = Vec::new();
	let guard = files.open(0).unwrap();
	for round in 0..MESSAGES_MAX as u32 / 3 {
		for kind in [StepKind::Proposal, StepKind::Prevote, StepKind::Precommit] {
			let bytes = [round as u8; MESSAGE_BYTES_MAX];
			steps.push((
				step(1, round, kind),
				bytes,
				guard.sign(step(1, round, kind), &bytes, make).unwrap(),
			));
		}
	}
	drop(guard);
	let guard = files.open(0).unwrap();
	for (step, bytes, signature) in &steps {
		assert_eq!(guard.sign(*step, bytes, |_| panic!("made before")).unwrap(), *signature);
	}
	// One more than there is room for: the oldest is forgotten, and never signed again.
	guard.sign(step(1, 99, StepKind::Prevote), b"more", make).unwrap();
	let (oldest, bytes, _) = &steps[0];
	assert!(matches!(guard.sign(*oldest, bytes, make), Err(GuardError::Refused(Refusal::Lower { .. }))));
	guard.sign(steps[1].0, &steps[1].1, |_| panic!("made before")).unwrap();
}

#[test]
fn the_file_is_private_and_never_changes_its_length() {
	let files = Files::with_vote(1);
	for path in [files.state(), files.place().mark(&validator())] {
		assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{}", path.display());
	}
	let guard = files.open(0).unwrap();
	for height in 2..200 {
		guard.sign(step(height, 0, StepKind::Precommit), &[1; MESSAGE_BYTES_MAX], make).unwrap();
		assert_eq!(fs::metadata(files.state()).unwrap().len(), FILE_BYTES as u64);
	}
	let left: Vec<_> = fs::read_dir(files.place().directory).unwrap().collect();
	assert_eq!(left.len(), 1, "temporary files are left: {left:?}");
}

#[test]
fn a_crash_at_any_point_of_a_height_is_no_obstacle() {
	let files = Files::new();
	for height in 1..=20u64 {
		// Before the decision the tip is one below, after it the log is still of that height.
		let guard = files.open(height as u32 - 1).unwrap();
		guard.sign(step(height, 0, StepKind::Precommit), b"vote", make).unwrap();
		drop(guard);
		drop(files.open(height as u32 - 1).unwrap());
		drop(
			files
				.open_with(Known { log_height: Some(height), ..known(height as u32) }, Permit::default())
				.unwrap(),
		);
	}
}

#[test]
fn two_processes_never_hold_one_guard() {
	let files = Files::with_vote(1);
	let first = files.open(0).unwrap();
	let second = files.open(0).unwrap_err();
	assert!(matches!(&second, GuardError::InUse(path) if *path == files.state()));
	assert!(second.to_string().contains("; stop that node first"));
	let export = SigningGuard::export(&files.place(), GENESIS, validator());
	assert!(matches!(export, Err(GuardError::InUse(_))), "exported from under a running node");
	first.close();
	assert!(matches!(first.sign(step(2, 0, StepKind::Prevote), b"vote", make), Err(GuardError::Silent)));
	files.open(0).unwrap();
}

#[test]
fn a_deleted_guard_is_noticed_by_its_counterpart_or_by_the_certificates() {
	let files = Files::with_vote(9);
	fs::remove_file(files.state()).unwrap();
	assert_eq!(files.objection(known(9)), Objection::Lost);
	// As when the key's directory was copied to a machine without anything else.
	assert_eq!(files.objection(known(0)), Objection::Lost);

	fs::remove_file(files.place().mark(&validator())).unwrap();
	let seen = step(9, 0, StepKind::Precommit);
	assert_eq!(files.objection(Known { own_precommit: Some(seen), ..known(9) }), Objection::Lost);
	assert!(!files.state().exists(), "a refused start leaves nothing behind");
	files.open(9).unwrap();
}

#[test]
fn an_old_copy_of_the_guard_is_noticed_by_the_certificates_and_by_our_own_votes() {
	let files = Files::with_vote(9);
	let old = fs::read(files.state()).unwrap();
	let guard = files.open(8).unwrap();
	guard.sign(step(9, 0, StepKind::Precommit), b"vote", make).unwrap();
	guard.sign(step(10, 0, StepKind::Prevote), b"vote", make).unwrap();
	drop(guard);
	let current = fs::read(files.state()).unwrap();
	files.put(&old);
	let seen = step(9, 0, StepKind::Precommit);
	assert_eq!(files.objection(Known { own_precommit: Some(seen), ..known(9) }), Objection::Stale { seen });

	// Without a certificate: the engine reads our vote in its log, or hears it from a peer.
	let guard = files.open(9).unwrap();
	guard.witness(step(10, 0, StepKind::Prevote), b"vote");
	assert!(matches!(guard.alarm().borrow().as_deref(), Some(GuardError::Twin { .. })));
	assert!(guard.sign(step(10, 0, StepKind::Prevote), b"other", make).is_err());
	drop(guard);

	files.put(&current);
	files.open_with(Known { own_precommit: Some(seen), ..known(9) }, Permit::default()).unwrap();
}

#[test]
fn a_guard_from_elsewhere_is_not_taken_for_this_keys_own() {
	let (files, other) = (Files::with_vote(9), Files::with_vote(9));
	files.put(&fs::read(other.state()).unwrap());
	assert_eq!(files.objection(known(8)), Objection::Replaced);

	let foreign = |known| files.open_with(known, listening()).unwrap_err();
	let chain = foreign(Known { genesis: H256([9; 32]), ..known(8) });
	assert!(matches!(chain, GuardError::Foreign(_)), "{chain}");
	let key = AuthorityId([9; 32]);
	fs::copy(files.state(), files.place().state(&key)).unwrap();
	let key = foreign(Known { validator: key, ..known(8) });
	assert!(matches!(key, GuardError::Foreign(_)), "{key}");
}

#[test]
fn a_rolled_back_database_and_a_lost_or_old_log_are_noticed() {
	let files = Files::with_vote(10);
	assert_eq!(files.objection(known(8)), Objection::RolledBack { noted: 10, tip: 8 });
	for log_height in [None, Some(9)] {
		assert_eq!(files.objection(Known { log_height, ..known(9) }), Objection::LogLost { noted: 10 });
		// Once the height is decided the log says nothing any more.
		files.open_with(Known { log_height, ..known(10) }, Permit::default()).unwrap();
	}
	files.open(9).unwrap();
}

#[test]
fn a_damaged_guard_is_refused_and_one_torn_record_is_not_damage() {
	let files = Files::with_vote(10);
	let good = fs::read(files.state()).unwrap();
	let flipped = |at: usize| {
		let mut bytes = good.clone();
		bytes[at] ^= 1;
		bytes
	};
	let both = {
		let mut bytes = flipped(4 * 1024);
		bytes[20 * 1024] ^= 1;
		bytes
	};
	let damaged = [
		vec![],
		good[..good.len() - 1].to_vec(),
		[&good[..], &[0]].concat(),
		flipped(0),
		flipped(16),
		flipped(40),
		both,
	];
	for bytes in damaged {
		files.put(&bytes);
		assert!(matches!(files.objection(known(9)), Objection::Damaged(_)));
	}
	// The older record; then the newer one, which a crash tore: nothing was signed that it would know of.
	files.put(&flipped(20 * 1024));
	assert!(matches!(
		files.open(9).unwrap().sign(step(10, 0, StepKind::Prevote), b"b", make),
		Err(GuardError::Refused(_))
	));
	files.put(&flipped(4 * 1024));
	files.open(9).unwrap().sign(step(10, 0, StepKind::Prevote), b"b", make).unwrap();
}

#[test]
fn a_signature_made_elsewhere_suspends_the_key_until_it_has_listened() {
	let files = Files::with_vote(10);
	let guard = files.open(9).unwrap();
	let ours = step(10, 0, StepKind::Prevote);
	// Ours, older, and below what we know.
	guard.witness(ours, b"vote");
	guard.witness(step(10, 0, StepKind::Proposal), b"older");
	guard.witness(step(9, 3, StepKind::Precommit), b"older");
	assert!(guard.alarm().borrow().is_none());

	guard.witness(ours, b"another vote");
	let alarm = guard.alarm().borrow().clone().expect("a twin");
	assert!(
		alarm.to_string().contains("; find and stop it, then start with --doppelganger-heights"),
		"{alarm}"
	);
	assert!(matches!(guard.sign(step(11, 0, StepKind::Prevote), b"vote", make), Err(GuardError::Silent)));
	drop(guard);
	assert_eq!(files.objection(known(10)), Objection::Suspended { height: 10 });

	// It listens: what was made before is its own past, what is made now is the twin's.
	let guard = files.open_with(known(10), listening()).unwrap();
	assert!(guard.is_listening());
	assert!(guard.sign(step(11, 0, StepKind::Prevote), b"vote", make).is_err(), "it signs while it listens");
	guard.witness(step(11, 0, StepKind::Precommit), b"our past");
	assert!(guard.alarm().borrow().is_none());
	guard.heard(12);
	guard.witness(step(12, 0, StepKind::Precommit), b"voted on before the block was known to be new");
	assert!(guard.alarm().borrow().is_none());
	guard.witness(step(13, 0, StepKind::Prevote), b"now");
	assert!(matches!(guard.resume(14), Err(GuardError::Twin { .. })));
	drop(guard);
	assert_eq!(files.objection(known(13)), Objection::Suspended { height: 13 });

	let guard = files.open_with(known(13), listening()).unwrap();
	guard.heard(14);
	guard.resume(20).unwrap();
	assert!(matches!(
		guard.sign(step(19, 0, StepKind::Prevote), b"vote", make),
		Err(GuardError::Refused(Refusal::TooEarly { sign_from: 20, .. }))
	));
	guard.sign(step(20, 0, StepKind::Prevote), b"vote", make).unwrap();
	drop(guard);
	files.open(19).unwrap();
}

#[test]
fn a_guard_that_is_made_anew_does_not_sign_until_it_has_listened_over_restarts() {
	let files = Files::new();
	for start in 1..=3 {
		let guard = files.open_with(known(4), Permit::default()).unwrap();
		assert!(guard.is_new() && guard.is_listening(), "start {start}");
		let signed = guard.sign(step(5, 0, StepKind::Prevote), b"vote", make);
		assert!(matches!(signed, Err(GuardError::Silent)), "start {start}");
	}
	assert!(matches!(SigningGuard::export(&files.place(), GENESIS, validator()), Err(GuardError::Absent(_))));
	let guard = files.open_with(known(4), Permit::default()).unwrap();
	guard.heard(5);
	guard.resume(16).unwrap();
	assert!(!guard.is_new() && !guard.is_listening());
	assert!(matches!(
		guard.sign(step(15, 0, StepKind::Prevote), b"vote", make),
		Err(GuardError::Refused(Refusal::TooEarly { sign_from: 16, .. }))
	));
	guard.sign(step(16, 0, StepKind::Prevote), b"vote", make).unwrap();
	drop(guard);
	// It has listened once and for all.
	let guard = files.open_with(known(15), Permit::default()).unwrap();
	assert!(!guard.is_listening());
	guard.sign(step(16, 0, StepKind::Precommit), b"vote", make).unwrap();
}

#[test]
fn any_signature_of_a_key_whose_guard_was_made_anew_is_not_its_own() {
	// One of a block that it only syncs, and one of now.
	for (heard, height) in [(None, 1), (Some(20), 21)] {
		let files = Files::new();
		let guard = files.open_with(known(0), Permit::default()).unwrap();
		if let Some(number) = heard {
			guard.heard(number);
		}
		let seen = step(height, 0, StepKind::Precommit);
		guard.witness(seen, b"vote");
		let alarm = guard.alarm().borrow().clone().expect("a copy");
		assert!(matches!(&*alarm, GuardError::Copied { step } if *step == seen), "{alarm}");
		assert!(alarm.to_string().contains(
			"; find and stop every other node that has it, then start with --doppelganger-heights 10"
		));
		assert!(matches!(guard.resume(30), Err(GuardError::Copied { .. })));
		assert!(guard.sign(step(30, 0, StepKind::Prevote), b"vote", make).is_err());
		drop(guard);
		assert_eq!(files.objection(known(0)), Objection::Suspended { height });

		// The remedy holds.
		let guard = files.open_with(known(40), listening()).unwrap();
		assert!(guard.is_listening() && !guard.is_new());
		guard.witness(step(height, 0, StepKind::Precommit), b"our past");
		guard.heard(41);
		guard.resume(52).unwrap();
		guard.sign(step(52, 0, StepKind::Prevote), b"vote", make).unwrap();
	}
}

#[test]
fn who_decides_alone_or_is_told_to_sign_does_not_listen_with_a_guard_that_is_made_anew() {
	let alone = Files::new();
	let guard = alone.open_with(Known { alone: true, ..known(0) }, Permit::default()).unwrap();
	guard.sign(step(1, 0, StepKind::Prevote), b"vote", make).unwrap();

	// The word holds after the first start, too, and also for a key that has begun to listen.
	for begun in [false, true] {
		let told = Files::new();
		if begun {
			drop(told.open_with(known(6), Permit::default()).unwrap());
		}
		let guard = told.open_with(known(6), from(9)).unwrap();
		assert!(guard.sign(step(8, 0, StepKind::Prevote), b"vote", make).is_err());
		guard.sign(step(9, 0, StepKind::Prevote), b"vote", make).unwrap();
		drop(guard);
		assert!(!told.open_with(known(8), Permit::default()).unwrap().is_listening());
	}
}

#[test]
fn a_history_that_comes_to_a_guard_that_has_not_listened_makes_listening_needless() {
	let (old, new) = (Files::with_vote(10), Files::new());
	drop(new.open_with(known(0), Permit::default()).unwrap());
	let history = SigningGuard::export(&old.place(), GENESIS, validator()).unwrap();
	assert_eq!(SigningGuard::import(&new.place(), GENESIS, validator(), &history, 0).unwrap(), 11);
	let guard = new.open_with(Known { log_height: None, ..known(10) }, Permit::default()).unwrap();
	assert!(!guard.is_listening());
	guard.sign(step(11, 0, StepKind::Prevote), b"vote", make).unwrap();
}

#[test]
fn listening_asked_for_is_not_forgotten_by_a_crash_either() {
	let files = Files::new();
	let guard = files.open_with(known(4), listening()).unwrap();
	assert!(guard.is_listening() && !guard.is_new());
	drop(guard);
	assert!(files.open_with(known(4), Permit::default()).unwrap().is_new());
}

#[test]
fn listening_settles_every_objection_and_a_crash_meanwhile_forgets_none() {
	type Loss = fn(&Files) -> Known;
	let losses: [Loss; 4] = [
		|files| {
			fs::remove_file(files.state()).unwrap();
			known(9)
		},
		|files| {
			files.put(b"damaged");
			known(9)
		},
		|_| known(5),
		|_| Known { log_height: None, ..known(9) },
	];
	for loss in losses {
		let files = Files::with_vote(10);
		let known_now = loss(&files);
		files.objection(known_now.clone());
		drop(files.open_with(known_now.clone(), listening()).unwrap());
		files.objection(known_now.clone());
		let guard = files.open_with(known_now, listening()).unwrap();
		guard.heard(20);
		guard.resume(30).unwrap();
		drop(guard);
		assert_eq!(files.open(29).unwrap().sign_from(), 30);
	}
}

#[test]
fn listening_that_was_cut_short_is_to_be_done_again_and_accuses_nobody() {
	let files = Files::with_vote(10);
	let lost = Known { log_height: None, ..known(9) };
	assert_eq!(files.objection(lost.clone()), Objection::LogLost { noted: 10 });
	drop(files.open_with(lost.clone(), listening()).unwrap());
	for known_now in [lost, known(9), known(15)] {
		assert_eq!(files.objection(known_now), Objection::Unfinished { tip: 9 });
	}
	let refused = files.open(9).unwrap_err().to_string();
	assert!(refused.contains("; let it listen to the end"), "{refused}");
	assert!(!refused.contains("another process signed"), "{refused}");
	let export = SigningGuard::export(&files.place(), GENESIS, validator()).unwrap_err().to_string();
	assert!(export.contains("; start the node with --doppelganger-heights 10, let it listen"), "{export}");

	// Begun and cut short once more.
	drop(files.open_with(known(15), listening()).unwrap());
	assert_eq!(files.objection(known(15)), Objection::Unfinished { tip: 15 });
	assert!(matches!(files.open_with(known(9), from(15)), Err(GuardError::TooLow { least: 16, .. })));

	// Who is heard is told of, and not forgotten when listening is cut short.
	let guard = files.open_with(known(15), listening()).unwrap();
	guard.heard(16);
	guard.witness(step(17, 0, StepKind::Prevote), b"now");
	drop(guard);
	for _ in 0..2 {
		assert_eq!(files.objection(known(17)), Objection::Suspended { height: 17 });
		drop(files.open_with(known(17), listening()).unwrap());
	}
}

#[test]
fn why_a_key_is_suspended_is_a_number_that_every_version_takes_for_a_reason_not_to_sign() {
	let unfinished = (1 << 63) | 12;
	for (number, suspension) in
		[(0u64, Suspension::Unheard), (12, Suspension::Twin(12)), (unfinished, Suspension::Unfinished(12))]
	{
		assert_eq!(suspension.encode(), number.encode());
		assert_eq!(Suspension::decode(&mut &number.encode()[..]), Ok(suspension));
	}
	// Whatever a twin claims to sign for, it is a twin.
	for height in [0, u64::MAX] {
		let read = Suspension::decode(&mut &Suspension::Twin(height).encode()[..]).unwrap();
		assert!(matches!(read, Suspension::Twin(_)), "{read:?}");
	}
}

#[test]
fn an_override_names_a_height_and_is_narrow() {
	let files = Files::with_vote(10);
	let lost = Known { log_height: None, ..known(9) };
	let low = files.open_with(lost.clone(), from(9)).unwrap_err();
	assert!(matches!(low, GuardError::TooLow { asked: 9, least: 10 }), "{low}");
	let guard = files.open_with(lost, from(11)).unwrap();
	assert_eq!(guard.sign_from(), 11);
	assert!(guard.sign(step(10, 5, StepKind::Prevote), b"vote", make).is_err());
	drop(guard);
	// It holds without being said again, and without an objection it changes nothing.
	let guard = files.open_with(Known { log_height: None, ..known(9) }, from(1)).unwrap();
	assert_eq!(guard.sign_from(), 11);
	drop(guard);

	fs::remove_file(files.state()).unwrap();
	let seen = Known { own_precommit: Some(step(40, 0, StepKind::Precommit)), ..known(40) };
	assert!(matches!(files.open_with(seen.clone(), from(40)), Err(GuardError::TooLow { least: 41, .. })));
	files.open_with(seen, from(41)).unwrap().sign(step(41, 0, StepKind::Prevote), b"vote", make).unwrap();
}

#[test]
fn who_decides_alone_is_told_the_only_remedy_there_is() {
	let files = Files::with_vote(10);
	let alone = Known { alone: true, ..known(8) };
	assert!(matches!(files.open_with(alone.clone(), listening()), Err(GuardError::Alone)));
	let refused = files.open_with(alone.clone(), Permit::default()).unwrap_err().to_string();
	assert!(
		refused.contains("--unsafe-sign-from 9") && !refused.contains("--doppelganger-heights"),
		"{refused}"
	);
	let guard = files.open_with(alone, from(9)).unwrap();
	guard.sign(step(9, 0, StepKind::Prevote), b"vote", make).unwrap();
}

#[test]
fn a_history_moves_with_the_key_and_the_old_machine_does_not_sign_again() {
	let (old, new) = (Files::with_vote(10), Files::new());
	let history = SigningGuard::export(&old.place(), GENESIS, validator()).unwrap();
	assert_eq!(history.mark(), Some(step(10, 0, StepKind::Prevote)));
	assert_eq!(SigningGuard::export(&old.place(), GENESIS, validator()).unwrap(), history, "made again");
	for permit in [Permit::default(), listening(), from(99)] {
		assert!(matches!(old.open_with(known(9), permit), Err(GuardError::HandedOver(_))));
	}

	assert_eq!(SigningGuard::import(&new.place(), GENESIS, validator(), &history, 0).unwrap(), 11);
	let guard = new.open_with(Known { log_height: None, ..known(0) }, Permit::default()).unwrap();
	assert!(guard.sign(step(10, 0, StepKind::Prevote), b"b", make).is_err());
	assert!(
		guard.sign(step(10, 1, StepKind::Prevote), b"b", make).is_err(),
		"what it was locked on stayed behind"
	);
	guard.sign(step(11, 0, StepKind::Prevote), b"vote", make).unwrap();
	drop(guard);

	// And back: only with what was signed meanwhile.
	let older = SigningGuard::import(&new.place(), GENESIS, validator(), &history, 0).unwrap_err();
	assert!(matches!(older, GuardError::History(HistoryError::Older { .. })), "{older}");
	let back = SigningGuard::export(&new.place(), GENESIS, validator()).unwrap();
	assert_eq!(SigningGuard::import(&old.place(), GENESIS, validator(), &back, 0).unwrap(), 12);
	let guard = old.open_with(Known { log_height: None, ..known(11) }, Permit::default()).unwrap();
	guard.sign(step(12, 0, StepKind::Prevote), b"vote", make).unwrap();
}

#[test]
fn an_export_that_is_taken_back_at_once_changes_nothing() {
	let files = Files::with_vote(10);
	let history = SigningGuard::export(&files.place(), GENESIS, validator()).unwrap();
	assert_eq!(SigningGuard::import(&files.place(), GENESIS, validator(), &history, 0).unwrap(), 0);
	assert_eq!(
		files.objection(Known { log_height: None, ..known(9) }),
		Objection::LogLost { noted: 10 },
		"what it was locked on is still asked for"
	);
	files.open(9).unwrap().sign(step(10, 0, StepKind::Precommit), b"vote", make).unwrap();
}

#[test]
fn an_old_history_does_not_stand_for_a_guard_that_is_lost_or_damaged() {
	type Loss = fn(&Files);
	let losses: [Loss; 2] = [|files| fs::remove_file(files.state()).unwrap(), |files| files.put(b"damaged")];
	for loss in losses {
		// Exported before anything was signed, and brought back: the oldest history there is.
		let files = Files::new();
		drop(files.open(0).unwrap());
		let empty = SigningGuard::export(&files.place(), GENESIS, validator()).unwrap();
		assert_eq!(SigningGuard::import(&files.place(), GENESIS, validator(), &empty, 0).unwrap(), 0);
		files.open(9).unwrap().sign(step(10, 0, StepKind::Prevote), b"vote", make).unwrap();
		loss(&files);
		assert_eq!(SigningGuard::import(&files.place(), GENESIS, validator(), &empty, 9).unwrap(), 11);
		let guard = files.open(9).unwrap();
		let again = guard.sign(step(10, 0, StepKind::Prevote), b"another vote", make);
		assert!(matches!(again, Err(GuardError::Refused(Refusal::TooEarly { sign_from: 11, .. }))));
		guard.sign(step(11, 0, StepKind::Prevote), b"vote", make).unwrap();
	}
}

#[test]
fn only_a_history_that_was_handed_over_is_taken_back() {
	let files = Files::with_vote(10);
	let history = SigningGuard::export(&files.place(), GENESIS, validator()).unwrap();
	assert_eq!(SigningGuard::import(&files.place(), GENESIS, validator(), &history, 9).unwrap(), 0);
	assert_eq!(SigningGuard::import(&files.place(), GENESIS, validator(), &history, 9).unwrap(), 11);
}

#[test]
fn a_guard_that_another_process_made_meanwhile_is_not_put_aside() {
	let files = Files::new();
	// Both found nothing; the other one was faster, and signed.
	files.open(9).unwrap().sign(step(10, 0, StepKind::Prevote), b"vote", make).unwrap();
	let late = super::make(&files.state(), &GENESIS, &validator(), Record::default()).unwrap_err();
	assert!(matches!(late, GuardError::InUse(_)), "{late}");
	let refused = files.open(9).unwrap().sign(step(10, 0, StepKind::Prevote), b"another vote", make);
	assert!(matches!(refused, Err(GuardError::Refused(Refusal::Conflict { .. }))));
}

#[test]
fn a_damaged_guard_is_put_aside_by_one_process_only() {
	let files = Files::with_vote(10);
	files.put(b"damaged");
	let Ok(Found::Damaged(_, held)) = find(&files.state(), &GENESIS, &validator()) else {
		panic!("it is damaged")
	};
	assert!(matches!(find(&files.state(), &GENESIS, &validator()), Err(GuardError::InUse(_))));
	drop(replace(held, &files.state(), &GENESIS, &validator(), Record::default()).unwrap());
	assert_eq!(fs::read(files.state().with_extension("damaged")).unwrap(), b"damaged");
	assert!(matches!(find(&files.state(), &GENESIS, &validator()), Ok(Found::Good(_))));
}

#[test]
fn who_decides_alone_need_not_wait_for_others_when_told_so() {
	let (old, new) = (Files::with_vote(10), Files::new());
	let history = SigningGuard::export(&old.place(), GENESIS, validator()).unwrap();
	SigningGuard::import(&new.place(), GENESIS, validator(), &history, 0).unwrap();
	let moved = Known { log_height: None, ..known(9) };
	assert_eq!(new.open_with(moved.clone(), from(10)).unwrap().sign_from(), 11, "others decide block 10");
	let guard = new.open_with(Known { alone: true, ..moved }, from(10)).unwrap();
	assert!(guard.sign(step(10, 0, StepKind::Prevote), b"another vote", make).is_err());
	guard.sign(step(10, 0, StepKind::Precommit), b"vote", make).unwrap();
}

#[test]
fn a_history_of_another_chain_or_key_or_a_forged_one_is_refused() {
	let old = Files::with_vote(10);
	let history = SigningGuard::export(&old.place(), GENESIS, validator()).unwrap();
	let new = Files::new();
	let import = |history: &SigningHistory| {
		SigningGuard::import(&new.place(), GENESIS, validator(), history, 0).unwrap_err().to_string()
	};
	let chain = SigningHistory { genesis: H256([9; 32]), ..history.clone() };
	assert!(import(&chain).contains("; name that chain"), "{}", import(&chain));
	let key = SigningHistory { validator: AuthorityId([9; 32]), ..history.clone() };
	assert!(import(&key).contains("; bring that key in first"), "{}", import(&key));
	let mut forged = history.clone();
	forged.messages[0].bytes = b"other".to_vec();
	let mut twice = history.clone();
	twice.messages.push(history.messages[0].clone());
	let mut long = history.clone();
	long.messages[0].bytes = vec![0; MESSAGE_BYTES_MAX + 1];
	let mut many = history.clone();
	many.messages = vec![history.messages[0].clone(); MESSAGES_MAX + 1];
	for bad in [forged, twice, long, many] {
		assert!(import(&bad).contains("; export it again"), "{}", import(&bad));
	}
	assert!(!new.state().exists(), "a refused import leaves nothing behind");
	let nothing = SigningGuard::export(&new.place(), GENESIS, validator()).unwrap_err();
	assert!(matches!(nothing, GuardError::Absent(_)));
}

#[test]
fn an_unwritable_place_is_an_error_that_names_it() {
	let files = Files::new();
	fs::remove_dir(files.place().counterpart).unwrap();
	let failed = files.open(0).unwrap_err();
	let mark = files.place().mark(&validator());
	assert!(matches!(&failed, GuardError::Io { path, .. } if *path == mark), "{failed}");
}
