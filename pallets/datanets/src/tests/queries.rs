//! Pages, and what events alone tell.

use super::*;
use plexus_primitives::api::PAGE_MAX;
use std::collections::{BTreeMap, BTreeSet};

fn all_pages(limit: u32) -> Vec<u64> {
	let mut ids = Vec::new();
	let mut cursor = None;
	loop {
		let page = Datanets::contributions(DatanetId(0), cursor, limit);
		assert!(page.items.len() as u32 <= limit.clamp(1, PAGE_MAX));
		ids.extend(page.items.iter().map(|contribution| contribution.id.0));
		if page.next.is_none() {
			return ids;
		}
		assert!(page.next > cursor, "a cursor that does not advance never ends");
		cursor = page.next;
	}
}

fn contribute_many(count: u64) {
	ConductDeposit::set(1);
	StorageDepositBase::set(1);
	StorageDepositPerByte::set(0);
	for index in 0..count {
		assert_ok!(contribute(ALICE, 0, &index.to_le_bytes()));
	}
}

#[test]
fn pages_of_any_size_visit_everything_once_in_order_across_gaps() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		contribute_many(20);
		for withdrawn in [0, 3, 4, 5, 6, 7, 8, 13, 19] {
			assert_ok!(withdraw(ALICE, withdrawn));
		}
		let expected = [1, 2, 9, 10, 11, 12, 14, 15, 16, 17, 18];
		for limit in [0, 1, 2, 3, 5, 19, 20, 21, u32::MAX] {
			assert_eq!(all_pages(limit), expected, "with pages of {limit}");
		}
	});
}

#[test]
fn a_page_never_holds_more_than_the_maximum() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		contribute_many(u64::from(PAGE_MAX) + 2);
		let page = Datanets::contributions(DatanetId(0), None, u32::MAX);
		assert_eq!(page.items.len() as u32, PAGE_MAX);
		assert_eq!(page.next, Some(Sequence(PAGE_MAX.into())));
		assert_eq!(all_pages(u32::MAX).len() as u32, PAGE_MAX + 2);
	});
}

#[test]
fn what_is_not_there_gives_nothing() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		for (datanet, cursor) in [(0, None), (0, Some(Sequence(u64::MAX))), (7, None), (7, Some(Sequence(3)))]
		{
			let page = Datanets::contributions(DatanetId(datanet), cursor, 10);
			assert!(page.items.is_empty() && page.next.is_none());
		}
		assert!(Datanets::datanet(DatanetId(1)).is_none());
		assert!(Datanets::contribution(ContributionId(0)).is_none());
		assert!(Datanets::contribution_by_root([0; 32]).is_none());
	});
}

/// What an indexer knows that sees events alone.
#[derive(Default, PartialEq, Debug)]
struct Indexed {
	datanets: BTreeMap<u32, IndexedDatanet>,
	contributions: BTreeMap<u64, IndexedContribution>,
	versions: BTreeMap<(u32, u32), (u64, u64, u64)>,
	/// By root: for whom, under which number, until when, and what is on hold.
	reservations: BTreeMap<[u8; 32], ([u64; 2], CommitmentNumber, u64, Balance)>,
}

#[derive(PartialEq, Debug)]
struct IndexedDatanet {
	owner: u64,
	name: Vec<u8>,
	tags: Vec<Vec<u8>>,
	deposit: Balance,
	status: DatanetStatus,
	closing: (Option<CommitmentNumber>, Option<u64>),
	publishable_at_ms: u64,
	curators: Vec<u64>,
}

/// Challenger, chunk and deadline once drawn, and bond.
type IndexedChallenge = (u64, Option<(u64, u64)>, Balance);

#[derive(PartialEq, Debug)]
struct IndexedContribution {
	place: (u32, u64),
	contributor: u64,
	beneficiary: u64,
	content: Content,
	texts: (Vec<u8>, Vec<u8>),
	deposits: (Balance, Balance),
	deposit_until_ms: Option<u64>,
	status: ContributionStatus,
	challenge: Option<IndexedChallenge>,
	disputed: bool,
}

impl Indexed {
	fn one(&mut self, id: ContributionId) -> &mut IndexedContribution {
		self.contributions.get_mut(&id.0).expect("its registration was told")
	}

	fn datanet(&mut self, id: DatanetId) -> &mut IndexedDatanet {
		self.datanets.get_mut(&id.0).expect("its creation was told")
	}

	fn see(&mut self, event: Event<Test>) {
		match event {
			Event::DatanetCreated {
				datanet,
				owner,
				name,
				tags,
				admission,
				deposit,
				publishable_at_ms,
				..
			} => {
				let seen = IndexedDatanet {
					owner,
					name: name.into_inner(),
					tags: tags.into_iter().map(Vec::from).collect(),
					deposit,
					status: DatanetStatus::Active,
					closing: (None, None),
					publishable_at_ms,
					curators: match admission {
						Admission::Open => Vec::new(),
						Admission::Curated(curators) => curators.into_inner(),
					},
				};
				self.datanets.insert(datanet.0, seen);
			}
			Event::DatanetRemoved { datanet, .. } => drop(self.datanets.remove(&datanet.0)),
			Event::DatanetDescribed { datanet, name, tags } => {
				self.datanet(datanet).name = name.into_inner();
				self.datanet(datanet).tags = tags.into_iter().map(Vec::from).collect();
			}
			Event::DatanetStatusSet { datanet, status, closed_from, expirable_from_ms } => {
				let seen = self.datanet(datanet);
				(seen.status, seen.closing) = (status, (closed_from, expirable_from_ms));
			}
			Event::RootReserved { root, account, depositor, commitment, until_ms, deposit, .. } => {
				self.reservations.insert(root, ([account, depositor], commitment, until_ms, deposit));
			}
			Event::ReservationEnded { root, .. } => drop(self.reservations.remove(&root)),
			Event::OwnerChanged { datanet, owner, .. } => self.datanet(datanet).owner = owner,
			Event::CuratorsChanged { datanet, curators, .. } => {
				self.datanet(datanet).curators = curators.into_inner()
			}
			Event::VersionPublished {
				datanet,
				version,
				contributions,
				weight,
				published_at_ms,
				publishable_at_ms,
				..
			} => {
				let told = (contributions, weight, published_at_ms);
				self.versions.insert((datanet.0, version.0), told);
				self.datanet(datanet).publishable_at_ms = publishable_at_ms;
			}
			Event::ContributionRegistered {
				contribution,
				datanet,
				sequence,
				contributor,
				content,
				media_type,
				locator,
				deposit,
				storage_deposit,
				not_before_ms,
				expires_at_ms,
				curators,
				..
			} => {
				let seen = IndexedContribution {
					place: (datanet.0, sequence.0),
					contributor,
					beneficiary: contributor,
					content,
					texts: (media_type.into_inner(), locator.into_inner()),
					deposits: (deposit + storage_deposit, storage_deposit),
					deposit_until_ms: None,
					status: ContributionStatus::Pending { not_before_ms, expires_at_ms, curators },
					challenge: None,
					disputed: false,
				};
				self.contributions.insert(contribution.0, seen);
			}
			Event::ContributionAccepted { contribution, weight, from, deposit_until_ms, .. } => {
				let seen = self.one(contribution);
				seen.status = ContributionStatus::Accepted { weight, from };
				seen.deposit_until_ms = Some(deposit_until_ms);
			}
			Event::ContributionDeparted { contribution, until, cause, .. } => {
				let seen = self.one(contribution);
				let ContributionStatus::Accepted { weight, from } = seen.status else {
					panic!("{seen:?} departs")
				};
				seen.status = ContributionStatus::Departed { weight, from, until, cause };
			}
			Event::ContributionRemoved { contribution, .. } => {
				drop(self.contributions.remove(&contribution.0))
			}
			Event::LocatorSet { contribution, locator, storage_deposit } => {
				let seen = self.one(contribution);
				seen.texts.1 = locator.into_inner();
				seen.deposits.0 = seen.deposits.0 - seen.deposits.1 + storage_deposit;
				seen.deposits.1 = storage_deposit;
			}
			Event::DepositReleased { contribution, deposit, .. } => {
				self.one(contribution).deposits.0 -= deposit
			}
			Event::Challenged { contribution, challenger, bond, .. } => {
				self.one(contribution).challenge = Some((challenger, None, bond))
			}
			Event::ChunkDrawn { contribution, chunk, deadline_ms } => {
				let open = self.one(contribution).challenge.as_mut().expect("its challenge was told");
				open.1 = Some((chunk, deadline_ms));
			}
			Event::ChallengeRenewed { .. } => {}
			Event::ChallengeAnswered { contribution, .. }
			| Event::ChallengeUnanswered { contribution, .. } => self.one(contribution).challenge = None,
			Event::Disputed { contribution, .. } => self.one(contribution).disputed = true,
			Event::DisputeClosed { contribution, claimant, remedy, outcome, .. } => {
				let seen = self.one(contribution);
				seen.disputed = false;
				match (outcome, remedy) {
					(Outcome::Upheld, Remedy::Redirect) => seen.beneficiary = claimant,
					(Outcome::Upheld, Remedy::Takedown) => {
						seen.texts.1.clear();
						if let ContributionStatus::Departed { cause, .. } = &mut seen.status {
							*cause = DepartureCause::TakenDown;
						}
					}
					_ => {}
				}
			}
			Event::Reviewed { .. }
			| Event::Voted { .. }
			| Event::RootHeld { .. }
			| Event::CommitmentMade { .. }
			| Event::CommitmentClosed { .. }
			| Event::OwnerProposed { .. }
			| Event::CuratorsProposed { .. }
			| Event::WindowsSet { .. } => {}
			Event::__Ignore(..) => unreachable!("it cannot be constructed"),
		}
	}

	fn stored() -> Self {
		let mut stored = Self::default();
		for (id, record) in crate::Datanets::<Test>::iter() {
			let info = Datanets::datanet(id).expect("it is there");
			let seen = IndexedDatanet {
				owner: info.owner,
				name: info.name,
				tags: info.tags,
				deposit: info.deposit,
				status: info.status,
				closing: (record.closed_from, record.expirable_from_ms),
				publishable_at_ms: info.publishable_at_ms,
				curators: info.curators,
			};
			stored.datanets.insert(id.0, seen);
		}
		for id in crate::Contributions::<Test>::iter_keys() {
			let info = Datanets::contribution(id).expect("it is there");
			let seen = IndexedContribution {
				place: (info.datanet.0, info.sequence.0),
				contributor: info.contributor,
				beneficiary: info.beneficiary,
				content: info.content,
				texts: (info.media_type, info.locator),
				deposits: (info.deposit, info.storage_deposit),
				deposit_until_ms: info.deposit_until_ms,
				status: info.status,
				challenge: Datanets::challenge_of(id)
					.map(|open| (open.challenger, open.chunk.zip(open.deadline_ms), open.bond)),
				disputed: info.disputed,
			};
			stored.contributions.insert(id.0, seen);
		}
		for (datanet, number, version) in crate::Versions::<Test>::iter() {
			let told = (version.contributions, version.weight, version.published_at_ms);
			stored.versions.insert((datanet.0, number.0), told);
		}
		for (root, one) in crate::Reservations::<Test>::iter() {
			let accounts = [one.account, one.depositor];
			stored.reservations.insert(root, (accounts, one.commitment, one.until_ms, one.deposit));
		}
		stored
	}
}

/// Compares what all events so far tell with what is stored.
pub(super) fn assert_events_tell_all() {
	let mut indexed = Indexed::default();
	for record in System::events() {
		if let RuntimeEvent::Datanets(event) = record.event {
			indexed.see(event);
		}
	}
	assert_eq!(indexed, Indexed::stored());
}

#[test]
fn an_indexer_rebuilds_the_registry_from_events_alone() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		assert_ok!(create_curated(BOB, &[CAROL]));
		assert_ok!(contribute(ALICE, 0, b"a"));
		assert_ok!(commit_and_register(BOB, 1, &[b"b", b"c"]));
		assert_ok!(review(CAROL, 1, 9));
		assert_ok!(reject(CAROL, 2));
		assert_ok!(publish(BOB, 1));
		assert_ok!(withdraw(BOB, 1));
		assert_ok!(withdraw(ALICE, 0));
		assert_ok!(remove_datanet(ALICE, 0));
		assert_events_tell_all();
	});
}

#[test]
fn pages_of_datanets_and_versions_visit_everything_once() {
	run(|| {
		DatanetDeposit::set(1);
		for _ in 0..23 {
			assert_ok!(create(ALICE, &[b"even", b"all"], Admission::Open));
			assert_ok!(create(BOB, &[b"all"], Admission::Open));
		}
		let walk = |page: &dyn Fn(Option<DatanetId>) -> crate::types::DatanetPageOf<Test>| {
			let (mut ids, mut cursor) = (Vec::new(), None);
			loop {
				let page = page(cursor);
				ids.extend(page.items.iter().map(|info| info.id.0));
				match page.next {
					Some(next) => cursor = Some(next),
					None => break,
				}
			}
			ids.sort_unstable();
			ids
		};
		for limit in [0, 1, 2, 5, 22, 23, 24, 46, u32::MAX] {
			let even: Vec<u32> = (0..46).step_by(2).collect();
			assert_eq!(walk(&|cursor| Datanets::datanets_of(&ALICE, cursor, limit)), even);
			assert_eq!(walk(&|cursor| Datanets::datanets_by_tag(b"even".to_vec(), cursor, limit)), even);
			let all: Vec<u32> = (0..46).collect();
			assert_eq!(walk(&|cursor| Datanets::datanets_by_tag(b"all".to_vec(), cursor, limit)), all);
		}
		for number in 0..7u8 {
			assert_ok!(commit_and_register(CAROL, 0, &[&[number][..]]));
			assert_ok!(publish(ALICE, 0));
		}
		for limit in [0, 1, 2, 3, 6, 7, 8, u32::MAX] {
			let (mut numbers, mut cursor) = (Vec::new(), None);
			loop {
				let page = Datanets::versions(DatanetId(0), cursor, limit);
				numbers.extend(page.items.iter().map(|version| version.version.0));
				match page.next {
					Some(next) => cursor = Some(next),
					None => break,
				}
			}
			assert_eq!(numbers, (1..=7).collect::<Vec<_>>(), "with pages of {limit}");
		}
		let nothing = Datanets::versions(DatanetId(0), Some(DatanetVersion(u32::MAX)), 5);
		assert!(nothing.items.is_empty() && nothing.next.is_none());
	});
}

/// Follows the cursors of an index of datanets to the end, while a datanet comes after each page, and the cursor's own goes,
/// and one that was not seen yet, if their ids are divisible by three.
fn walk_while_datanets_change(
	page_at: impl Fn(Option<DatanetId>) -> crate::types::DatanetPageOf<Test>,
) -> Vec<u32> {
	let (mut seen, mut cursor) = (Vec::new(), None);
	for _ in 0..1_000 {
		let page = page_at(cursor);
		seen.extend(page.items.iter().map(|info| info.id.0));
		let unseen = (0..20)
			.find(|id| id % 3 == 0 && !seen.contains(id) && Datanets::datanet(DatanetId(*id)).is_some());
		let last = page.next.map(|last| last.0).filter(|last| last % 3 == 0);
		for gone in last.into_iter().chain(unseen) {
			assert_ok!(remove_datanet(ALICE, gone));
		}
		assert_ok!(create(ALICE, &[b"all"], Admission::Open));
		cursor = page.next;
		if cursor.is_none() {
			return seen;
		}
	}
	panic!("the pages do not end");
}

#[test]
fn datanets_that_come_and_go_between_pages_hide_and_repeat_none_of_the_others() {
	let by_owner = |cursor| Datanets::datanets_of(&ALICE, cursor, 3);
	let by_tag = |cursor| Datanets::datanets_by_tag(b"all".to_vec(), cursor, 3);
	let check = |walk: &dyn Fn() -> Vec<u32>| {
		run(|| {
			DatanetDeposit::set(1);
			for _ in 0..20 {
				assert_ok!(create(ALICE, &[b"all"], Admission::Open));
			}
			let seen = walk();
			let distinct: BTreeSet<u32> = seen.iter().copied().collect();
			assert_eq!(distinct.len(), seen.len(), "one is told twice: {seen:?}");
			let stayed: BTreeSet<u32> = (0..20).filter(|id| id % 3 != 0).collect();
			assert!(distinct.is_superset(&stayed), "one is skipped: {seen:?}");
		});
	};
	check(&|| walk_while_datanets_change(by_owner));
	check(&|| walk_while_datanets_change(by_tag));
}

#[test]
fn contributions_that_come_and_go_between_pages_hide_and_repeat_none_of_the_others() {
	run(|| {
		assert_ok!(create_datanet(ALICE));
		contribute_many(12);
		let (mut seen, mut cursor, mut step) = (Vec::new(), None, 0u64);
		loop {
			let page = Datanets::contributions(DatanetId(0), cursor, 2);
			seen.extend(page.items.iter().map(|info| info.id.0));
			// One that was seen, one that is to come, and one behind all others.
			for gone in [2 * step + 1, 2 * step + 5] {
				if gone < 12 && status(gone).is_some() {
					assert_ok!(withdraw(ALICE, gone));
				}
			}
			assert_ok!(contribute(BOB, 0, &[step as u8]));
			step += 1;
			cursor = page.next;
			if cursor.is_none() {
				break;
			}
		}
		assert!(seen.windows(2).all(|pair| pair[0] < pair[1]), "one is told twice: {seen:?}");
		let stayed: Vec<u64> = (0..12).step_by(2).collect();
		assert!(stayed.iter().all(|id| seen.contains(id)), "one is skipped: {seen:?}");
		assert!(seen.contains(&12), "what came while pages were read is told too: {seen:?}");
	});
}

#[test]
fn an_open_dispute_is_told_with_its_curators_and_what_they_said() {
	run(|| {
		assert_ok!(create_curated(ALICE, &[BOB, CAROL, DAVE]));
		assert_ok!(commit_and_register(ERIN, 0, &[&b"text"[..]]));
		assert_ok!(review(BOB, 0, 10));
		assert_ok!(review(CAROL, 0, 10));
		let disputed = ContributionId(0);
		assert_eq!(Datanets::dispute_of(disputed), None);
		assert_ok!(Datanets::dispute(signed(ALICE), disputed, Remedy::Redirect, None));
		assert_ok!(Datanets::vote(signed(CAROL), disputed, false));
		let told = Datanets::dispute_of(disputed).expect("it is open");
		assert_eq!((told.contribution, told.claimant, told.takedown), (disputed, ALICE, false));
		assert_eq!(told.curators, [BOB, CAROL, DAVE]);
		assert_eq!(told.votes, [(CAROL, false)]);
		assert_eq!(told.deadline_ms, Now::get() + WINDOWS.dispute_ms);
		assert_eq!(told.bond, held(HoldReason::Dispute, ALICE));
		assert_ok!(Datanets::vote(signed(DAVE), disputed, false));
		assert_eq!(Datanets::dispute_of(disputed), None, "it is dismissed");
	});
}

#[test]
fn a_commitment_and_a_root_that_is_kept_are_told_while_they_are_there() {
	run(|| {
		assert_ok!(create_curated(ALICE, &[BOB, CAROL]));
		let (root, before) = (root(b"text"), held(HoldReason::Storage, ERIN));
		let hash = Datanets::commitment_hash(&ERIN, &SALT, [root]);
		assert_eq!(Datanets::commitment_of(&ERIN, hash), None);
		assert_ok!(commit(ERIN, &[&b"text"[..]]));
		let made = Datanets::commitment_of(&ERIN, hash).expect("it is made");
		assert_eq!(made.usable_from_ms, Now::get() + WINDOWS.commitment_age_ms);
		assert_eq!(made.expires_at_ms, Now::get() + WINDOWS.commitment_lifetime_ms);
		assert_eq!(made.deposit, held(HoldReason::Commitment, ERIN));
		pass(WINDOWS.commitment_age_ms);
		assert_ok!(register(ERIN, 0, &[&b"text"[..]]));
		assert_eq!(Datanets::commitment_of(&ERIN, hash), None);

		assert_eq!(Datanets::reservation_of(root), None);
		assert_ok!(reject(BOB, 0));
		let kept = Datanets::reservation_of(root).expect("one of two is enough, since ties reject");
		assert_eq!((kept.account, kept.depositor, kept.contribution), (ERIN, ERIN, ContributionId(0)));
		assert_eq!(kept.commitment, made.number);
		assert_eq!(kept.until_ms, Now::get() + WINDOWS.commitment_lifetime_ms);
		assert_eq!(kept.deposit, held(HoldReason::Storage, ERIN) - before);
		assert_ok!(Datanets::clear_reservation(signed(ERIN), root));
		assert_eq!(Datanets::reservation_of(root), None);
	});
}
