//! Random histories of payers, a server and a chain, with crashes, lost answers and repeated submissions: each receipt that
//! was signed for is paid once, to the unit, and no sequence is ever signed for twice.

use super::*;
use crate::{
	crash::{CrashDisk, Failure},
	BatchLimits, Delivery, Fault,
};
use codec::Encode;
use proptest::prelude::*;
use std::collections::BTreeSet;

const CHANNELS: u64 = 3;
const LOCKED: u128 = 400;

/// What happens next.
#[derive(Clone, Debug)]
enum Step {
	/// Some requests are served. What the server has but the payer did not see yet is shown first.
	Serve {
		channel: u64,
		count: u64,
	},
	/// The payer signs for what the server shows it; its answer may be lost.
	Sign {
		channel: u64,
		lost: bool,
	},
	/// The payer hands its last voucher over again.
	Resend {
		channel: u64,
	},
	/// The server gives up what is not signed for.
	Waive {
		channel: u64,
	},
	/// A batch is submitted; the server may not learn that it was.
	Redeem {
		unseen: bool,
		twice: bool,
	},
	TopUp {
		channel: u64,
	},
	Close {
		channel: u64,
	},
	/// The power of one of the two fails, now or in the middle of what comes.
	CrashPayer(Failure),
	CrashServer(Failure),
	/// A process is killed between two steps.
	KillPayer,
	KillServer,
}

fn step() -> impl Strategy<Value = Step> {
	let channel = || 0..CHANNELS;
	let failure = || {
		(0usize..4, 0usize..300, any::<bool>()).prop_map(|(after, kept, padded)| Failure {
			after,
			kept,
			padded,
		})
	};
	prop_oneof![
		6 => (channel(), 1u64..4).prop_map(|(channel, count)| Step::Serve { channel, count }),
		6 => (channel(), prop::bool::weighted(0.2)).prop_map(|(channel, lost)| Step::Sign { channel, lost }),
		1 => channel().prop_map(|channel| Step::Resend { channel }),
		1 => channel().prop_map(|channel| Step::Waive { channel }),
		3 => (any::<bool>(), any::<bool>()).prop_map(|(unseen, twice)| Step::Redeem { unseen, twice }),
		1 => channel().prop_map(|channel| Step::TopUp { channel }),
		1 => prop::bool::weighted(0.2).prop_flat_map(move |closes| {
			channel().prop_map(move |channel| if closes { Step::Close { channel } } else { Step::TopUp { channel } })
		}),
		1 => failure().prop_map(Step::CrashPayer),
		2 => failure().prop_map(Step::CrashServer),
		1 => Just(Step::KillPayer),
		1 => Just(Step::KillServer),
	]
}

struct World {
	chain: Chain,
	payer_disk: CrashDisk,
	payer: Purse,
	server_disk: CrashDisk,
	server: Ledger,
	/// Every signature that left the payer.
	signatures: BTreeMap<(ChannelId, u64), Vec<u8>>,
	/// What the server confirmed to be signed for.
	confirmed: BTreeMap<ChannelId, u64>,
	number: u64,
	/// Whether something was redeemed that the server does not know of.
	unseen: bool,
}

impl World {
	fn new() -> Self {
		let (payer_disk, server_disk) = (CrashDisk::default(), CrashDisk::default());
		let (payer, server) = (purse(&payer_disk), ledger(&server_disk));
		let (signatures, confirmed) = (BTreeMap::new(), BTreeMap::new());
		let mut world = Self {
			chain: Chain::default(),
			payer_disk,
			payer,
			server_disk,
			server,
			signatures,
			confirmed,
			number: 0,
			unseen: false,
		};
		for channel in (0..CHANNELS).map(ChannelId) {
			world.chain.open(channel, LOCKED);
			world.payer.begin(channel, Point::start(&GENESIS, channel)).expect("the disk is well");
		}
		world.look();
		world
	}

	fn step(&mut self, step: &Step) {
		match step {
			Step::Serve { channel, count } => self.serve(ChannelId(*channel), *count),
			Step::Sign { channel, lost } => self.sign(ChannelId(*channel), *lost),
			Step::Resend { channel } => self.resend(ChannelId(*channel)),
			Step::Waive { channel } => self.waive(ChannelId(*channel)),
			Step::Redeem { unseen, twice } => self.redeem(*unseen, *twice),
			Step::TopUp { channel } => {
				self.chain.top_up(ChannelId(*channel), 50);
				self.look();
			}
			Step::Close { channel } => {
				self.chain.close(ChannelId(*channel));
				self.look();
			}
			Step::CrashPayer(failure) => self.payer_disk.fail(*failure),
			Step::CrashServer(failure) => self.server_disk.fail(*failure),
			Step::KillPayer => {
				self.payer_disk = self.payer_disk.killed();
				self.payer = purse(&self.payer_disk);
			}
			Step::KillServer => {
				self.server_disk = self.server_disk.killed();
				self.server = ledger(&self.server_disk);
				self.look();
			}
		}
		self.mend();
	}

	/// Starts again what failed.
	fn mend(&mut self) {
		if self.payer_disk.is_off() {
			self.payer_disk = self.payer_disk.restarted();
			self.payer = purse(&self.payer_disk);
		}
		if self.server_disk.is_off() {
			self.server_disk = self.server_disk.restarted();
			self.server = ledger(&self.server_disk);
			self.look();
		}
	}

	/// The server asks the chain about all channels.
	fn look(&mut self) {
		for channel in (0..CHANNELS).map(ChannelId) {
			let seen = self.server.see(channel, self.chain.state(channel)).expect("they are its own");
			assert_eq!((seen.lost, seen.lost_signed), (0, 0), "nobody else redeems");
		}
		self.unseen = false;
		// What is lost with a failure here is found on the chain again.
		let _ = self.server.commit();
	}

	fn serve(&mut self, channel: ChannelId, count: u64) {
		for _ in 0..count {
			let Some(standing) = self.server.standing(channel) else { return };
			self.number += 1;
			let fresh = Receipt { fee: (self.number % 7).into(), ..receipt(self.number) };
			let first = standing.last.sequence + 1;
			let given = Delivery { channel, first, receipts: vec![fresh], sources: vec![], voucher: None };
			match self.server.receive(&given) {
				Ok(_) => {}
				Err(Fault::Unsigned { .. } | Fault::Closing | Fault::AboveLocked { .. }) => return,
				Err(fault) => panic!("{fault}"),
			}
			// An answer leaves only with its commit; without it, nobody saw the receipt.
			if self.server.commit().is_err() {
				return;
			}
		}
	}

	fn sign(&mut self, channel: ChannelId, lost: bool) {
		let Some(shown) = self.server.unsigned(channel).filter(|shown| !shown.receipts.is_empty()) else {
			return;
		};
		let request =
			SignRequest { channel, first: shown.first, receipts: &shown.receipts, ceiling: u128::MAX };
		let Ok(voucher) = self.payer.sign(&request, sign) else { return };
		self.note(&voucher);
		if lost {
			return;
		}
		self.hand_over(&Delivery { voucher: Some(voucher.signature), ..shown });
	}

	fn resend(&mut self, channel: ChannelId) {
		let Some(signed) = self.payer.last(channel) else { return };
		self.note(&signed.voucher);
		self.hand_over(&Delivery {
			channel,
			first: signed.from.sequence + 1,
			receipts: signed.receipts,
			sources: vec![],
			voucher: Some(signed.voucher.signature),
		});
	}

	fn hand_over(&mut self, given: &Delivery) {
		match self.server.receive(given) {
			Ok(standing) => {
				if self.server.commit().is_ok() {
					self.confirmed.insert(given.channel, standing.signed.sequence);
				}
			}
			// Waived in between, closed, redeemed, or something else was served meanwhile.
			Err(
				Fault::Gap { .. }
				| Fault::Conflict { .. }
				| Fault::Closing
				| Fault::AlreadyRedeemed { .. }
				| Fault::AboveLocked { .. }
				| Fault::BadVoucher { .. },
			) => {}
			Err(fault) => panic!("{fault}"),
		}
	}

	fn note(&mut self, voucher: &Voucher) {
		let place = (voucher.channel, voucher.at.sequence);
		let before = self.signatures.insert(place, voucher.signature.encode());
		assert!(before.is_none_or(|before| before == voucher.signature.encode()), "signed twice");
	}

	fn waive(&mut self, channel: ChannelId) {
		let Some(standing) = self.server.standing(channel) else { return };
		self.server.waive(channel, standing.signed.sequence + 1).expect("nothing behind is signed for");
		let _ = self.server.commit();
	}

	fn redeem(&mut self, unseen: bool, twice: bool) {
		let limits = BatchLimits { receipts: 4, channels: 2, ..BatchLimits::USUAL };
		let Some(batch) = self.server.batch(&limits, &BTreeSet::new()) else { return };
		if self.unseen {
			// It may propose what was paid already; that fails as a whole, and it looks.
			let before = format!("{:?}", self.chain);
			if self.chain.submit(&batch).is_err() {
				assert_eq!(format!("{:?}", self.chain), before);
			}
			return self.look();
		}
		self.chain.submit(&batch).expect("what the server proposes is paid");
		self.unseen = unseen;
		if twice {
			let before = format!("{:?}", self.chain);
			self.chain.submit(&batch).expect_err("nothing is paid twice");
			assert_eq!(format!("{:?}", self.chain), before);
		}
		if !unseen {
			self.look();
		}
	}

	/// Everything that was confirmed is paid, in order and once.
	fn settle(&mut self) {
		self.look();
		self.mend();
		while let Some(batch) = self.server.batch(&BatchLimits::USUAL, &BTreeSet::new()) {
			self.chain.submit(&batch).expect("what the server proposes is paid");
			self.look();
			self.mend();
		}
		for channel in (0..CHANNELS).map(ChannelId) {
			let state = self.chain.state(channel).expect("it is open");
			let confirmed = self.confirmed.get(&channel).copied().unwrap_or_default();
			assert!(state.redeemed.sequence >= confirmed, "{channel:?}: {state:?}, {confirmed} confirmed");
			let paid = self.chain.paid(channel);
			assert_eq!(paid.len() as u64, state.redeemed.sequence);
			assert_eq!(paid.iter().map(|one| one.fee).sum::<u128>(), state.redeemed.cumulative);
			let mut prompts: Vec<_> = paid.iter().map(|one| one.prompt.root).collect();
			prompts.sort_unstable();
			prompts.dedup();
			assert_eq!(prompts.len(), paid.len(), "a receipt was paid twice");
			let signed = self.payer.last(channel).map_or(0, |signed| signed.voucher.at.sequence);
			assert!(state.redeemed.sequence <= signed, "paid without a signature");
		}
	}
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

	#[test]
	fn whatever_happens_each_receipt_that_was_confirmed_is_paid_once(
		steps in prop::collection::vec(step(), 1..80),
	) {
		let mut world = World::new();
		for step in &steps {
			world.step(step);
		}
		world.settle();
	}
}
