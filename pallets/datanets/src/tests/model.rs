//! The pallet against a model that is too simple to be wrong, over random histories.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// A call by one of the accounts. Ids and contents are drawn from few values, so that calls often meet.
#[derive(Clone, Debug)]
enum Call {
	Create { owner: u64 },
	Contribute { contributor: u64, datanet: u32, content: u8, locator_bytes: u8 },
	Withdraw { signer: u64, contribution: u64 },
	Remove { signer: u64, datanet: u32 },
	SetPrices { datanet: Balance, base: Balance, per_byte: Balance },
}

fn any_call() -> impl Strategy<Value = Call> {
	let account = 1..=ACCOUNTS;
	prop_oneof![
		2 => account.clone().prop_map(|owner| Call::Create { owner }),
		6 => (account.clone(), 0..4u32, 0..12u8, 3..100u8).prop_map(
			|(contributor, datanet, content, locator_bytes)| Call::Contribute {
				contributor,
				datanet,
				content,
				locator_bytes
			}
		),
		4 => (account.clone(), 0..16u64)
			.prop_map(|(signer, contribution)| Call::Withdraw { signer, contribution }),
		1 => (account, 0..4u32).prop_map(|(signer, datanet)| Call::Remove { signer, datanet }),
		1 => (0..300u64, 0..100u64, 0..4u64)
			.prop_map(|(datanet, base, per_byte)| Call::SetPrices { datanet, base, per_byte }),
	]
}

struct ModelContribution {
	datanet: u32,
	contributor: u64,
	content: u8,
	sequence: u64,
	deposit: Balance,
}

struct ModelDatanet {
	owner: u64,
	deposit: Balance,
	next_sequence: u64,
}

#[derive(Default)]
struct Model {
	datanets: BTreeMap<u32, ModelDatanet>,
	contributions: BTreeMap<u64, ModelContribution>,
	next_datanet: u32,
	next_contribution: u64,
	prices: (Balance, Balance, Balance),
}

impl Model {
	fn held(&self, account: u64) -> Balance {
		let datanets = self.datanets.values().filter(|datanet| datanet.owner == account);
		let contributions = self.contributions.values().filter(|c| c.contributor == account);
		datanets.map(|datanet| datanet.deposit).sum::<Balance>()
			+ contributions.map(|contribution| contribution.deposit).sum::<Balance>()
	}

	/// The existential deposit stays free.
	fn can_hold(&self, account: u64, amount: Balance) -> bool {
		self.held(account) + amount < ENDOWMENT
	}

	/// Whether the call goes through, after applying it if so.
	fn apply(&mut self, call: &Call) -> bool {
		match *call {
			Call::Create { owner } => {
				let deposit = self.prices.0;
				if !self.can_hold(owner, deposit) {
					return false;
				}
				self.datanets.insert(self.next_datanet, ModelDatanet { owner, deposit, next_sequence: 0 });
				self.next_datanet += 1;
			}
			Call::Contribute { contributor, datanet, content, locator_bytes } => {
				let bytes = MEDIA_TYPE.len() as Balance + Balance::from(locator_bytes);
				let deposit = self.prices.1 + self.prices.2 * bytes;
				let taken = self.contributions.values().any(|other| other.content == content);
				let affordable = self.can_hold(contributor, deposit);
				let Some(place) = self.datanets.get_mut(&datanet) else { return false };
				if taken || !affordable {
					return false;
				}
				let sequence = place.next_sequence;
				place.next_sequence += 1;
				let contribution = ModelContribution { datanet, contributor, content, sequence, deposit };
				self.contributions.insert(self.next_contribution, contribution);
				self.next_contribution += 1;
			}
			Call::Withdraw { signer, contribution } => {
				let own = self.contributions.get(&contribution).is_some_and(|c| c.contributor == signer);
				return own && self.contributions.remove(&contribution).is_some();
			}
			Call::Remove { signer, datanet } => {
				let own = self.datanets.get(&datanet).is_some_and(|d| d.owner == signer);
				let empty = self.contributions.values().all(|c| c.datanet != datanet);
				return own && empty && self.datanets.remove(&datanet).is_some();
			}
			Call::SetPrices { datanet, base, per_byte } => self.prices = (datanet, base, per_byte),
		}
		true
	}
}

/// Content number `content`: of one byte, of one chunk, of several.
fn content_bytes(content: u8) -> Vec<u8> {
	vec![content; 1 + usize::from(content) * 400]
}

fn dispatch(call: &Call) -> DispatchResult {
	match *call {
		Call::Create { owner } => create_datanet(owner),
		Call::Contribute { contributor, datanet, content, locator_bytes } => {
			let proven = prove(&content_bytes(content));
			let mut locator = b"a:".to_vec();
			locator.resize(locator_bytes.into(), b'x');
			Datanets::contribute(
				RuntimeOrigin::signed(contributor),
				DatanetId(datanet),
				proven.content,
				bounded(MEDIA_TYPE),
				bounded(&locator),
				bounded(&proven.length_proof),
			)
		}
		Call::Withdraw { signer, contribution } => withdraw(signer, contribution),
		Call::Remove { signer, datanet } => remove_datanet(signer, datanet),
		Call::SetPrices { datanet, base, per_byte } => {
			DatanetDeposit::set(datanet);
			ContributionDepositBase::set(base);
			ContributionDepositPerByte::set(per_byte);
			Ok(())
		}
	}
}

fn assert_same(model: &Model) {
	for account in 1..=ACCOUNTS {
		let held = model.held(account);
		assert_eq!(Balances::total_balance_on_hold(&account), held);
		assert_eq!(Balances::free_balance(account), ENDOWMENT - held);
	}
	assert_eq!(crate::Datanets::<Test>::iter().count(), model.datanets.len());
	for (id, expected) in &model.datanets {
		let actual = Datanets::datanet(DatanetId(*id)).expect("the model has it");
		assert_eq!((actual.owner, actual.deposit), (expected.owner, expected.deposit));
		assert_eq!(actual.next_sequence.0, expected.next_sequence);
		let listed = Datanets::contributions(DatanetId(*id), None, 256).items;
		let listed: Vec<_> = listed.into_iter().map(|contribution| contribution.id.0).collect();
		let expected = model.contributions.iter().filter(|(_, c)| c.datanet == *id);
		assert_eq!(listed, expected.map(|(id, _)| *id).collect::<Vec<_>>());
	}
	assert_eq!(crate::Contributions::<Test>::iter().count(), model.contributions.len());
	for (id, expected) in &model.contributions {
		let root = *blake3::hash(&content_bytes(expected.content)).as_bytes();
		let actual = Datanets::contribution_by_root(root).expect("the model has it");
		assert_eq!((actual.id.0, actual.contributor), (*id, expected.contributor));
		assert_eq!((actual.sequence.0, actual.deposit), (expected.sequence, expected.deposit));
	}
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

	/// 128 histories of 20 to 80 calls: several thousand calls in a run.
	#[test]
	fn the_pallet_does_what_the_model_does(calls in prop::collection::vec(any_call(), 20..80)) {
		new_test_ext().execute_with(|| {
			let prices = (DatanetDeposit::get(), ContributionDepositBase::get(), ContributionDepositPerByte::get());
			let mut model = Model { prices, ..Model::default() };
			for call in &calls {
				let before = sp_io::storage::root(sp_runtime::StateVersion::V1);
				let expected = model.apply(call);
				// As in a block: what fails leaves no trace.
				let result = frame_support::storage::with_storage_layer(|| dispatch(call));
				assert_eq!(result.is_ok(), expected, "{call:?} gave {result:?}");
				if !expected {
					assert_eq!(before, sp_io::storage::root(sp_runtime::StateVersion::V1));
				}
				assert_same(&model);
			}
			assert_ok!(Datanets::check_invariants());
		});
	}
}
