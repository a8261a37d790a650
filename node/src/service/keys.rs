//! The keys that a node signs with, chosen at its start.
//!
//! # Must not
//! Choose between two validator keys: the state after the tip does, by [`crate::rotation`].

use super::ServiceError;
use crate::{
	keystore::{KeyKind, KeystoreError, SecretKey},
	place::Place,
	rotation::{self, Choice},
};
use plexus_chain::Chain;
use tracing::info;

/// What a node signs with.
pub(super) struct Keys {
	pub(super) node: SecretKey,
	pub(super) validator: Option<SecretKey>,
}

impl Keys {
	/// The node key, made on first start, and a validator's present key: on the development chain //Alice's, unless there
	/// is one; where there is none but a next key, that.
	pub(super) fn load(place: &Place) -> Result<Self, KeystoreError> {
		let (keystore, password) = (place.keystore(), place.password());
		let node = keystore.node_key(&password)?;
		let validator = match place.config().validator {
			false => None,
			true if place.is_single_developer() && !keystore.contains(KeyKind::Validator) => {
				Some(SecretKey::from_secret("//Alice")?)
			}
			true => {
				if !keystore.contains(KeyKind::Validator) && keystore.next_public()?.is_some() {
					keystore.promote_next()?;
				}
				Some(keystore.load(KeyKind::Validator, &password)?)
			}
		};
		Ok(Self { node, validator })
	}

	/// With the validator key that the chain names for the height after its tip, where the next key has come to be that:
	/// it becomes the validator key, and the former one is kept.
	pub(super) fn of_the_next_height(mut self, place: &Place, chain: &Chain) -> Result<Self, ServiceError> {
		let Some(present) = &self.validator else { return Ok(self) };
		let (keystore, present) = (place.keystore(), present.public());
		let next = keystore.next_public()?;
		let choice = match next {
			None => Choice::Present,
			Some(_) => rotation::choose(present, next, &chain.executor().validators(&chain.tip().state)?),
		};
		if choice == Choice::Next {
			// Opened first: with a wrong password nothing changes.
			let key = keystore.load_next(&place.password())?;
			let kept = keystore.promote_next()?.map(|path| path.display().to_string());
			info!(former = %present.hex(), kept, "the chain names the next validator key, which signs from now on");
			self.validator = Some(key);
		}
		if let Some(key) = &self.validator {
			info!(key = %key.public().hex(), "validator key");
		}
		Ok(self)
	}
}
