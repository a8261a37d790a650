//! What is off chain in a history: the bytes behind roots, and what everybody keeps of what it sent.
//!
//! # Must not
//! Be trusted: what is remembered may have failed on chain.

use crate::common::{
	evidence::{length_proof, listed, path_of_piece, slice, text, Filed},
	Key,
};
use pallet_datanets::types::Registration as Contributed;
use plexus_primitives::{
	challenge::{Answer, Challenge},
	BatchId, Claim, ContextLeaf, Evidence,
};
use plexus_runtime::{AccountId, BlockNumber, ProxyType, Runtime, RuntimeCall};
use sp_core::{ed25519, Pair};
use std::collections::BTreeMap;

/// A receipt's bytes, and where they come from.
#[derive(Clone, Debug)]
pub struct Served {
	pub prompt: Vec<u8>,
	pub output: Vec<u8>,
	pub pieces: Vec<ContextLeaf>,
}

/// A batch with claims or disclosed outputs, as its server keeps it.
#[derive(Clone, Debug)]
pub struct Kept {
	pub filed: Filed,
	pub served: Vec<Served>,
	pub claims: Vec<Claim>,
}

/// What somebody committed to, and has yet to show.
pub enum Promised {
	Contributions { by: AccountId, salt: [u8; 32], contents: Vec<Contributed<Runtime>> },
	Model { by: AccountId, salt: [u8; 32], model: Box<pallet_models::Registration<Runtime>> },
	Challenge { by: AccountId, batch: BatchId, challenge: Box<Challenge>, hash: [u8; 32] },
}

/// Where an account without a key was made.
#[derive(Clone)]
pub struct Pure {
	pub spawner: AccountId,
	pub height: BlockNumber,
	pub extrinsic: u32,
}

/// A call that a proxy said it would send.
pub struct Announced {
	pub delegate: AccountId,
	pub real: AccountId,
	pub call: RuntimeCall,
}

pub struct Memory {
	pub actors: Vec<(Key, AccountId)>,
	pub texts: BTreeMap<[u8; 32], Vec<u8>>,
	/// By the root over the receipts.
	pub batches: BTreeMap<[u8; 32], Kept>,
	pub promised: Vec<Promised>,
	/// Where a text has bytes that another has too, and how many.
	pub shared: BTreeMap<[u8; 32], (u64, u64)>,
	/// The consensus keys that actors have or had, by their public halves.
	pub validators: BTreeMap<[u8; 32], ed25519::Pair>,
	pub pures: Vec<Pure>,
	pub announced: Vec<Announced>,
	seed: u64,
}

/// What is promised and not yet shown is kept, up to so much.
const PROMISED_MAX: usize = 120;
/// The same of accounts without a key, and of announced calls.
const PROXIED_MAX: usize = 32;

/// Everybody who acts. The last has little.
pub const ACTORS: usize = 10;

impl Memory {
	pub fn new() -> Self {
		// Signatures of this kind follow from what is signed, and blocks' hashes, which draw samples, from them.
		let key = |place: usize| Key::ed25519(&format!("//Actor//{place}"));
		let actors = (0..ACTORS).map(key).map(|key| (key.account(), key)).map(|(id, key)| (key, id));
		Self {
			actors: actors.collect(),
			texts: BTreeMap::new(),
			batches: BTreeMap::new(),
			promised: Vec::new(),
			shared: BTreeMap::new(),
			validators: BTreeMap::new(),
			pures: Vec::new(),
			announced: Vec::new(),
			seed: 0,
		}
	}

	/// Bytes that nobody had before.
	pub fn noise(&mut self, len: usize) -> Vec<u8> {
		self.seed += 1;
		text(self.seed, len)
	}

	/// Remembers bytes by their root.
	pub fn remember(&mut self, bytes: Vec<u8>) -> Contributed<Runtime> {
		let proven = crate::common::evidence::prove(&bytes);
		self.texts.insert(proven.content.root, bytes);
		Contributed {
			content: proven.content,
			media_type: listed(*b"text/plain"),
			locator: listed([]),
			length_proof: listed(proven.length_proof),
		}
	}

	/// Remembers to show something; what is oldest is forgotten.
	pub fn promise(&mut self, promised: Promised) {
		if self.promised.len() >= PROMISED_MAX {
			self.promised.remove(0);
		}
		self.promised.push(promised);
	}

	/// A consensus key that nobody had before.
	pub fn new_validator(&mut self) -> ed25519::Pair {
		self.seed += 1;
		let mut seed = [9; 32];
		seed[..8].copy_from_slice(&self.seed.to_le_bytes());
		let pair = ed25519::Pair::from_seed(&seed);
		self.validators.insert(pair.public().0, pair);
		pair
	}

	/// Remembers an account without a key; the oldest is forgotten.
	pub fn spawn(&mut self, pure: Pure) {
		if self.pures.len() >= PROXIED_MAX {
			self.pures.remove(0);
		}
		self.pures.push(pure);
	}

	/// Remembers an announced call; the oldest is forgotten.
	pub fn announce(&mut self, announced: Announced) {
		if self.announced.len() >= PROXIED_MAX {
			self.announced.remove(0);
		}
		self.announced.push(announced);
	}

	pub fn key_of(&self, account: &AccountId) -> Option<&Key> {
		self.actors.iter().find(|(_, id)| id == account).map(|(key, _)| key)
	}
}

impl Pure {
	pub fn account(&self) -> AccountId {
		let made = Some((self.height, self.extrinsic));
		pallet_proxy::Pallet::<Runtime>::pure_account(&self.spawner, &ProxyType::Any, 0, made)
	}
}

impl Kept {
	/// What its server can show for a claim; something false if there is nothing true. `None` if it cannot even be cut out.
	pub fn answer(&self, claim: &Claim, source: &[u8]) -> Option<Answer> {
		let served = self.served.get(claim.receipt as usize)?;
		let receipt = self.filed.proof(claim.receipt);
		match claim.evidence {
			Evidence::Span { output, offset, length } => Some(Answer::Span {
				receipt,
				length: length_proof(&served.output),
				output: slice(&served.output, output, length),
				source: slice(source, offset, length),
			}),
			Evidence::Grounded { offset, length } => {
				let own = ContextLeaf { contribution: claim.contribution, offset, length };
				let place = served.pieces.iter().position(|piece| *piece == own).unwrap_or(0);
				let leaves = served.pieces.len() as u64;
				let path = path_of_piece(&served.pieces, place);
				Some(Answer::Grounded { receipt, leaf: place as u64, leaves, path })
			}
			Evidence::Attested { .. } => None,
		}
	}

	/// Whether the claim says what is so.
	pub fn is_true(&self, claim: &Claim, source: &[u8]) -> bool {
		let Some(served) = self.served.get(claim.receipt as usize) else { return false };
		match claim.evidence {
			Evidence::Span { output, offset, length } => {
				let range = |bytes: &[u8], start: u64| {
					bytes.get(start as usize..(start + length) as usize).map(<[u8]>::to_vec)
				};
				range(&served.output, output) == range(source, offset)
			}
			Evidence::Grounded { offset, length } => {
				served.pieces.contains(&ContextLeaf { contribution: claim.contribution, offset, length })
			}
			Evidence::Attested { .. } => false,
		}
	}
}
