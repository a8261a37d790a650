//! Who pays for a transaction: the agent for its keys' `act`, within their fee budgets, and else the signer.
//!
//! [`AgentPaysFees`] stands around another `OnChargeTransaction` and only changes whose account that one charges. It sees
//! the call, so transactions carry no bytes that clients do not know how to sign, and no extension is needed:
//! `ChargeTransactionPayment` asks [`OnChargeTransaction::can_withdraw_fee`] when a transaction is validated and
//! [`OnChargeTransaction::withdraw_fee`] when it is applied. Both decide anew, by the same function.
//!
//! ```text
//!                       act? ── no ───────────────────────────────────────────────────────▶ signer
//!                        │
//!                        ▼
//!   delegation exists ── no ──────────────────────────────────────────────────────────────▶ nobody: it is invalid
//!                        │
//!                        ▼
//!   tip 0, authorised, fee budgets of the path, funds of the agent ── one fails ──────────▶ signer, who if it cannot
//!                        │                                                                  pay either is told why
//!                        ▼                                                                  the agent does not
//!                      agent; charged at once, so that failed calls count; the excess is refunded afterwards
//! ```
//!
//! A delegation that does not exist never will: ids are not reused. So a transaction that names one can only fail, and
//! may be an old one whose signer's nonce began anew when its account was reaped. It is refused before it costs a fee.
//!
//! In a runtime:
//!
//! ```text
//! type OnChargeTransaction = AgentPaysFees<FungibleAdapter<Balances, SplitFees>>;
//! ```
//!
//! # Must not
//! Move money itself, or let anything but the agent's own delegation cost the agent something.
//!
//! # What it does not achieve
//! `TransactionPayment::TransactionFeePaid` names the signer, whoever paid. When it was the agent, `FeePaid` stands before
//! it.

use crate::{spending::Budget, types::*, *};
use core::marker::PhantomData;
use pallet_transaction_payment::{Config as PaymentConfig, OnChargeTransaction, TxCreditHold};
use sp_runtime::{
	traits::{DispatchInfoOf, PostDispatchInfoOf, Saturating, Zero},
	transaction_validity::{InvalidTransaction, TransactionValidityError},
};

type SystemCallOf<T> = <T as frame_system::Config>::RuntimeCall;

/// Charges the agent's account through `Inner` where the agent pays, and the signer's otherwise.
pub struct AgentPaysFees<Inner>(PhantomData<Inner>);

/// A fee that an agent pays: which, and on whose behalf.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AgentPayment<Balance> {
	agent: AgentId,
	path: Path,
	fee: Balance,
}

/// Who pays.
enum Payer<Balance> {
	/// The agent.
	Agent(AgentPayment<Balance>),
	/// The signer, and why the agent does not, if one could.
	Signer(Option<Refusal>),
	/// Nobody: the transaction is invalid.
	Nobody(Refusal),
}

impl<T: Config> Pallet<T> {
	/// The agent that would pay this fee now; none if the signer pays. Whether the agent has the funds is not asked.
	///
	/// For a transaction pool, which should bound how many pending transactions one agent pays for: each of them is
	/// within the fee budget by itself, all together need not be.
	pub fn paying_agent(
		signer: &T::AccountId,
		call: &<T as Config>::RuntimeCall,
		fee: BalanceOf<T>,
		tip: BalanceOf<T>,
	) -> Option<AgentId> {
		match Self::payer(signer, call, fee, tip) {
			Payer::Agent(payment) => Some(payment.agent),
			Payer::Signer(_) | Payer::Nobody(_) => None,
		}
	}

	fn payer(
		signer: &T::AccountId,
		call: &<T as Config>::RuntimeCall,
		fee: BalanceOf<T>,
		tip: BalanceOf<T>,
	) -> Payer<BalanceOf<T>> {
		let Some(Call::act { agent, delegation, call }) = call.is_sub_type() else {
			return Payer::Signer(None);
		};
		if let Err(refusal) = Self::ensure_granted(*agent, *delegation) {
			return Payer::Nobody(refusal);
		}
		match Self::authorise_fee(*agent, *delegation, signer, call, fee, tip) {
			Ok(path) => Payer::Agent(AgentPayment { agent: *agent, path, fee }),
			Err(refusal) => Payer::Signer(Some(refusal)),
		}
	}

	fn ensure_granted(agent: AgentId, delegation: DelegationId) -> Result<(), Refusal> {
		match Delegations::<T>::contains_key(agent, delegation) {
			true => Ok(()),
			false if Agents::<T>::contains_key(agent) => Err(Refusal::UnknownDelegation),
			false => Err(Refusal::UnknownAgent),
		}
	}

	fn authorise_fee(
		agent: AgentId,
		delegation: DelegationId,
		key: &T::AccountId,
		call: &<T as Config>::RuntimeCall,
		fee: BalanceOf<T>,
		tip: BalanceOf<T>,
	) -> Result<Path, Refusal> {
		// A tip buys the key's transaction its place; the agent never asked for it.
		frame_support::ensure!(tip.is_zero(), Refusal::TipNotZero);
		let path = Self::authorise(agent, delegation, key, call)?;
		Self::can_charge(agent, &path, Budget::Fees, fee)?;
		Ok(path)
	}
}

/// Whom `Inner` is to charge, after asking it whether the agent can pay.
fn payer<T, Inner>(
	who: &T::AccountId,
	call: &SystemCallOf<T>,
	info: &DispatchInfoOf<SystemCallOf<T>>,
	fee_with_tip: BalanceOf<T>,
	tip: BalanceOf<T>,
) -> Payer<BalanceOf<T>>
where
	T: Config + PaymentConfig,
	Inner: OnChargeTransaction<T, Balance = BalanceOf<T>>,
{
	use frame_support::pallet_prelude::IsType;
	let payer = Pallet::<T>::payer(who, <T as Config>::RuntimeCall::from_ref(call), fee_with_tip, tip);
	let Payer::Agent(payment) = payer else { return payer };
	let account = Pallet::<T>::account_of(payment.agent);
	match Inner::can_withdraw_fee(&account, call, info, fee_with_tip, tip) {
		Ok(()) => Payer::Agent(payment),
		Err(_) => Payer::Signer(Some(Refusal::AgentCannotPay)),
	}
}

fn invalid(refusal: Refusal) -> TransactionValidityError {
	InvalidTransaction::Custom(refusal.code()).into()
}

/// A signer without funds learns why the agent does not pay.
fn explain(refusal: Option<Refusal>) -> impl FnOnce(TransactionValidityError) -> TransactionValidityError {
	move |error| refusal.map(invalid).unwrap_or(error)
}

impl<T, Inner> OnChargeTransaction<T> for AgentPaysFees<Inner>
where
	T: Config + PaymentConfig,
	Inner: OnChargeTransaction<T, Balance = BalanceOf<T>>,
{
	type Balance = BalanceOf<T>;
	type LiquidityInfo = (Option<AgentPayment<BalanceOf<T>>>, Inner::LiquidityInfo);

	fn withdraw_fee(
		who: &T::AccountId,
		call: &SystemCallOf<T>,
		info: &DispatchInfoOf<SystemCallOf<T>>,
		fee_with_tip: Self::Balance,
		tip: Self::Balance,
	) -> Result<Self::LiquidityInfo, TransactionValidityError> {
		match payer::<T, Inner>(who, call, info, fee_with_tip, tip) {
			Payer::Agent(payment) => {
				Pallet::<T>::charge(payment.agent, &payment.path, Budget::Fees, payment.fee)
					.map_err(invalid)?;
				let account = Pallet::<T>::account_of(payment.agent);
				let inner = Inner::withdraw_fee(&account, call, info, fee_with_tip, tip)?;
				Ok((Some(payment), inner))
			}
			Payer::Signer(refusal) => Inner::withdraw_fee(who, call, info, fee_with_tip, tip)
				.map(|inner| (None, inner))
				.map_err(explain(refusal)),
			Payer::Nobody(refusal) => Err(invalid(refusal)),
		}
	}

	fn can_withdraw_fee(
		who: &T::AccountId,
		call: &SystemCallOf<T>,
		info: &DispatchInfoOf<SystemCallOf<T>>,
		fee_with_tip: Self::Balance,
		tip: Self::Balance,
	) -> Result<(), TransactionValidityError> {
		match payer::<T, Inner>(who, call, info, fee_with_tip, tip) {
			Payer::Agent(_) => Ok(()),
			Payer::Signer(refusal) => {
				Inner::can_withdraw_fee(who, call, info, fee_with_tip, tip).map_err(explain(refusal))
			}
			Payer::Nobody(refusal) => Err(invalid(refusal)),
		}
	}

	fn correct_and_deposit_fee(
		who: &T::AccountId,
		info: &DispatchInfoOf<SystemCallOf<T>>,
		post_info: &PostDispatchInfoOf<SystemCallOf<T>>,
		corrected_fee_with_tip: Self::Balance,
		tip: Self::Balance,
		(payment, inner): Self::LiquidityInfo,
	) -> Result<(), TransactionValidityError> {
		let Some(AgentPayment { agent, path, fee }) = payment else {
			return Inner::correct_and_deposit_fee(who, info, post_info, corrected_fee_with_tip, tip, inner);
		};
		Pallet::<T>::refund_fees(agent, &path, fee.saturating_sub(corrected_fee_with_tip));
		if let Some(delegation) = path.first().copied().filter(|_| !corrected_fee_with_tip.is_zero()) {
			Pallet::<T>::deposit_event(Event::FeePaid { agent, delegation, fee: corrected_fee_with_tip });
		}
		let account = Pallet::<T>::account_of(agent);
		Inner::correct_and_deposit_fee(&account, info, post_info, corrected_fee_with_tip, tip, inner)
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn endow_account(who: &T::AccountId, amount: Self::Balance) {
		Inner::endow_account(who, amount)
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn minimum_balance() -> Self::Balance {
		Inner::minimum_balance()
	}
}

impl<T, Inner> TxCreditHold<T> for AgentPaysFees<Inner>
where
	T: PaymentConfig,
	Inner: TxCreditHold<T>,
{
	type Credit = Inner::Credit;
}
