//! That events tell everything: a follower that reads nothing else knows the whole state.
//!
//! The histories of [`super::model`] feed it after each call, and compare at their ends.

use super::*;
use std::collections::BTreeMap;

/// What an indexer would keep of a batch.
struct Followed {
	batch: Batch<Test>,
	claims: Vec<ClaimRecord<AccountId>>,
	unlisted: Vec<UnlistedSource<AccountId>>,
}

/// A commitment: its number, batch, until when, deposit.
type Made = (u64, BatchId, u64, Balance);

/// What an indexer would keep.
#[derive(Default)]
pub struct Follower {
	batches: BTreeMap<BatchId, Followed>,
	/// By account and hash.
	commitments: BTreeMap<(AccountId, [u8; 32]), Made>,
	/// By batch and claim: who, number, price, until when.
	demands: BTreeMap<(BatchId, u32), (AccountId, u64, Balance, u64)>,
	methods: BTreeMap<MethodId, Method>,
	contributions: BTreeMap<ContributionId, Balance>,
	models: BTreeMap<ModelId, Balance>,
}

impl Follower {
	/// Takes the events of the block so far out, and follows them.
	pub fn follow(&mut self) {
		for record in System::events() {
			if let RuntimeEvent::Attribution(event) = record.event {
				self.hear(event);
			}
		}
		System::reset_events();
	}

	fn at(&mut self, batch: BatchId) -> &mut Followed {
		self.batches.get_mut(&batch).expect("events tell of a batch before they tell what became of it")
	}

	fn take_unlisted(&mut self, batch: BatchId, receipt: u32, start: u64) -> UnlistedSource<AccountId> {
		let sources = &mut self.at(batch).unlisted;
		let place = sources.iter().position(|one| (one.receipt, one.start) == (receipt, start));
		sources.remove(place.expect("it was shown"))
	}

	fn hear(&mut self, event: Event<Test>) {
		match event {
			Event::MethodRegistered { method, by: _, description, price: _ } => {
				self.methods.insert(method, description);
			}
			Event::ParametersSet { .. } => {}
			Event::BatchOpened {
				batch,
				server,
				root,
				receipts,
				parameters,
				models,
				claims,
				hold,
				deposit,
				sampling,
				ends_at_ms,
			} => {
				let opened = Batch {
					server,
					account: Agents::account_of(server),
					root,
					receipts,
					submitted_at_ms: ends_at_ms - parameters.window_ms,
					parameters,
					models,
					claims: claims.len() as u32,
					paid: 0,
					hold,
					deposit,
					sampling,
					demands: 0,
					verdict: None,
				};
				let followed = Followed { batch: opened, claims: claims.into(), unlisted: Vec::new() };
				assert!(self.batches.insert(batch, followed).is_none());
			}
			Event::Committed { batch, account, hash, number, expires_at_ms, deposit } => {
				self.commitments.insert((account, hash), (number, batch, expires_at_ms, deposit));
			}
			Event::Revealed { batch, account, hash, number, deposit } => {
				let made = self.commitments.remove(&(account, hash)).expect("it was made");
				assert_eq!((made.0, made.1, made.3), (number, batch, deposit));
			}
			Event::CommitmentCleared { account, hash, number, deposit, burned: _ } => {
				let made = self.commitments.remove(&(account, hash)).expect("it was made");
				assert_eq!((made.0, made.3), (number, deposit));
			}
			Event::FraudFound { batch, challenger, number, decided_from_ms } => {
				self.at(batch).batch.verdict = Some(Verdict { challenger, number, decided_from_ms });
			}
			Event::ClaimsVoided { batch, challenger: _, reward, burned } => {
				let Followed { batch, claims, .. } = self.at(batch);
				assert_eq!(batch.hold, reward + burned);
				claims.clear();
				(batch.claims, batch.hold, batch.demands) = (0, 0, 0);
				batch.sampling = Sampling::Done;
				batch.models.iter_mut().for_each(|share| share.claimed = 0);
			}
			Event::ClaimMoved { batch, claim, contribution, version, by, number } => {
				let moved = Some(Moved { contribution, version, by, number });
				self.at(batch).claims[claim as usize].moved = moved;
			}
			Event::SamplesPostponed { batch, at } => self.at(batch).batch.sampling = Sampling::Due { at },
			Event::SamplesDrawn { batch, claims, number, deadline_ms } => {
				self.at(batch).batch.sampling = match claims.is_empty() {
					true => Sampling::Done,
					false => Sampling::Drawn { claims, number, deadline_ms },
				};
			}
			Event::Demanded { batch, claim, by, number, price, deadline_ms } => {
				self.demands.insert((batch, claim), (by, number, price, deadline_ms));
				self.at(batch).batch.demands += 1;
			}
			Event::ClaimProven { batch: id, claim, sampled, paid } => {
				let Followed { batch, claims, .. } = self.at(id);
				claims[claim as usize].proven = true;
				if let (true, Sampling::Drawn { claims, .. }) = (sampled, &mut batch.sampling) {
					claims.retain(|sample| *sample != claim);
					if claims.is_empty() {
						batch.sampling = Sampling::Done;
					}
				}
				if paid > 0 {
					batch.demands -= 1;
					self.demands.remove(&(id, claim)).expect("it was demanded");
				}
			}
			Event::DemandClosed { batch, claim, by, price } => {
				let demand = self.demands.remove(&(batch, claim)).expect("it was made");
				assert_eq!((demand.0, demand.2), (by, price));
				if let Some(followed) = self.batches.get_mut(&batch) {
					followed.batch.demands = followed.batch.demands.saturating_sub(1);
				}
			}
			Event::UnlistedShown { batch, source } => self.at(batch).unlisted.push(source),
			Event::UnlistedDisplaced { batch, receipt, start, .. } => {
				self.take_unlisted(batch, receipt, start);
			}
			Event::UnlistedAnswered { batch, receipt, start, .. } => {
				self.take_unlisted(batch, receipt, start);
			}
			Event::UnlistedPaid { batch, receipt, start, model, amount, bond } => {
				let shown = self.take_unlisted(batch, receipt, start);
				assert_eq!((shown.amount, shown.bond), (amount, bond));
				assert_eq!(self.at(batch).batch.models[shown.model as usize].model, model);
			}
			Event::ClaimsPaid { batch, first, count, .. } => {
				let batch = &mut self.at(batch).batch;
				assert_eq!(batch.paid, first);
				batch.paid += count;
			}
			Event::ContributionPaid { batch: _, contribution, amount } => {
				*self.contributions.entry(contribution).or_default() += amount;
			}
			Event::SubmitterPaid { .. } => {}
			Event::DataPaid { batch: _, model, amount } => {
				*self.models.entry(model).or_default() += amount;
			}
			Event::BatchFinal { batch, hold, deposit } => {
				let followed = self.batches.remove(&batch).expect("it was opened");
				assert_eq!((followed.batch.hold, followed.batch.deposit), (hold, deposit));
				assert!(followed.unlisted.is_empty());
			}
			Event::__Ignore(_, never) => match never {},
		}
	}

	/// Compares with the state.
	pub fn assert_knows_everything(&self) {
		assert_eq!(Batches::<Test>::iter().count(), self.batches.len());
		for (id, followed) in &self.batches {
			assert_eq!(Batches::<Test>::get(id).as_ref(), Some(&followed.batch));
			assert_eq!(Claims::<Test>::get(id).unwrap_or_default().into_inner(), followed.claims);
			assert_eq!(crate::Unlisted::<Test>::get(id).into_inner(), followed.unlisted);
		}
		let commitments = crate::Commitments::<Test>::iter().map(|(who, hash, made)| {
			((who, hash), (made.number, made.batch, made.expires_at_ms, made.deposit))
		});
		assert_eq!(commitments.collect::<BTreeMap<_, _>>(), self.commitments);
		let demands = crate::Demands::<Test>::iter().map(|(batch, claim, demand)| {
			((batch, claim), (demand.by, demand.number, demand.price, demand.deadline_ms))
		});
		assert_eq!(demands.collect::<BTreeMap<_, _>>(), self.demands);
		for contribution in (0..6).map(ContributionId) {
			let known = self.contributions.get(&contribution).copied().unwrap_or_default();
			assert_eq!(Ledger::of_contribution(contribution.0), known);
		}
		for model in (0..2).map(ModelId) {
			let known = self.models.get(&model).copied().unwrap_or_default();
			assert_eq!(Ledger::of_model(model.0), known);
		}
	}
}

#[test]
fn methods_and_rare_events_are_followed_too() {
	run(|| {
		let mut follower = Follower::default();
		let other = Method { version: 2, ..method() };
		assert_ok!(Attribution::register_method(by(OTHER), other.clone()));
		let filed = file_true();
		System::set_block_number(System::block_number() + 9);
		assert_ok!(Attribution::draw_samples(by(OTHER), filed.batch));
		follower.follow();
		assert_eq!(follower.methods.get(&MethodId(1)), Some(&other));
		follower.assert_knows_everything();
	});
}
