//! That a breach is noticed.

use super::*;

fn assert_noticed(breach: impl FnOnce(&Filed)) {
	new_test_ext().execute_with(|| {
		build_world();
		let filed = file_true();
		assert_ok!(Attribution::demand(by(CHALLENGER), filed.batch, 0));
		assert_ok!(Attribution::check_invariants());
		breach(&filed);
		assert!(Attribution::check_invariants().is_err());
	});
}

fn of_batch(breach: impl FnOnce(&mut Batch<Test>)) {
	assert_noticed(|filed| {
		Batches::<Test>::mutate(filed.batch, |batch| breach(batch.as_mut().expect("it is open")));
	});
}

fn of_claim(breach: impl FnOnce(&mut ClaimRecord<AccountId>)) {
	assert_noticed(|filed| {
		Claims::<Test>::mutate(filed.batch, |claims| breach(&mut claims.as_mut().expect("it has one")[0]));
	});
}

#[test]
fn each_breach_is_noticed() {
	of_batch(|batch| batch.claims = 2);
	of_batch(|batch| batch.demands = 0);
	of_batch(|batch| batch.hold += 1);
	of_batch(|batch| batch.deposit -= 1);
	of_batch(|batch| batch.paid = 2);
	of_batch(|batch| batch.models[0].data += 100);
	of_batch(|batch| batch.models[0].claimed -= 1);
	of_batch(|batch| batch.models[0].held -= 1);
	of_claim(|record| record.amount += 1);
	of_claim(|record| record.receipt = 1);
	of_claim(|record| record.proven = true);
	of_claim(|record| record.model = 1);
	assert_noticed(|filed| Claims::<Test>::remove(filed.batch));
	assert_noticed(|filed| Batches::<Test>::remove(filed.batch));
	assert_noticed(|filed| crate::Demands::<Test>::remove(filed.batch, 0));
	assert_noticed(|_| crate::NextNumber::<Test>::put(0));
	assert_noticed(|_| {
		Balances::set_balance(&Attribution::pot(), DATA - 1);
	});
	assert_noticed(|_| {
		crate::CurrentParameters::<Test>::put(Parameters { hold_multiple: 0, ..PARAMETERS });
	});
}
