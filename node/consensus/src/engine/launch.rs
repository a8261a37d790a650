//! Malachite started, with a validator's key under its guard or to follow.
//!
//! # Must not
//! Let an engine sign whose key has no guard.

use super::{settings, EngineConfig, StartError};
use crate::actors::{self, Engine, Outside};
use crate::app::AppError;
use crate::certificate;
use crate::guard::{sync_directory, Known, Permit, SigningGuard, Step, StepKind};
use crate::ledger::{Ledger, LedgerError, LedgerTip};
use crate::malachite::ConsensusContext;
use crate::signing::{ChainSigner, ChainVerifier, SigningKey, WatchingVerifier};
use crate::standing::LogCodec;
use crate::types::AuthorityId;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// Bytes of the write-ahead log's header: version (4), height (8, big-endian), durable before the height's first signature.
/// A shorter file is the torn beginning of one and holds no vote.
const WAL_HEADER_BYTES: usize = 12;

/// Certificates read at the start in search of the latest precommit of our own: a validator that signs is in most of them.
const CERTIFICATES_SEARCHED: u32 = 64;

/// A validator's key and what watches over it.
pub(super) struct Guarded {
	pub(super) key: SigningKey,
	me: AuthorityId,
	pub(super) guard: Arc<SigningGuard>,
}

impl Guarded {
	/// Opens the guard with what the disk says of the key's past.
	pub(super) fn open<L: Ledger>(
		config: &EngineConfig,
		key: SigningKey,
		ledger: &L,
		tip: &LedgerTip,
	) -> Result<Self, StartError> {
		let me = AuthorityId(key.verifying_key().to_bytes());
		let validators = ledger.validators().map_err(AppError::from)?;
		let others: u64 = validators.as_slice().iter().filter(|v| v.id != me).map(|v| v.power).sum();
		let known = Known {
			genesis: ledger.genesis_hash(),
			validator: me,
			tip: tip.number,
			log_height: log_height(&config.wal),
			own_precommit: own_precommit(ledger, tip.number, &me).map_err(AppError::from)?,
			alone: !certificate::is_quorum(others, validators.total_power()),
		};
		let permit = Permit { listen: config.doppelganger_heights > 0, sign_from: config.unsafe_sign_from };
		let guard = SigningGuard::open(&config.guard, &known, permit)?;
		Ok(Self { key, me, guard: Arc::new(guard) })
	}
}

/// The height whose votes the log holds, from its header.
fn log_height(wal: &Path) -> Option<u64> {
	let mut header = [0; WAL_HEADER_BYTES];
	std::fs::File::open(wal).ok()?.read_exact(&mut header).ok()?;
	header.last_chunk().map(|height| u64::from_be_bytes(*height))
}

/// The latest precommit of a key in the certificates that the database ends with.
fn own_precommit<L: Ledger>(ledger: &L, tip: u32, me: &AuthorityId) -> Result<Option<Step>, LedgerError> {
	let oldest = ledger.oldest_block().max(tip.saturating_sub(CERTIFICATES_SEARCHED - 1)).max(1);
	for number in (oldest..=tip).rev() {
		let Some((_, bytes)) = ledger.decided(number)? else { break };
		let Ok(found) = certificate::decode(&bytes) else { continue };
		if found.signatures.iter().any(|(id, _)| id == me) {
			return Ok(Some(Step { height: found.height, round: found.round, kind: StepKind::Precommit }));
		}
	}
	Ok(None)
}

/// Starts Malachite: as a validator's engine with the validator's log, or as one that follows, with a log of its own.
pub(super) async fn launch(
	config: &EngineConfig,
	verifier: ChainVerifier,
	outside: &Outside,
	guarded: Option<&Guarded>,
	signs: bool,
) -> Result<Engine, StartError> {
	let log = LogCodec::default();
	let key = match guarded {
		None => ConsensusContext::new_full_node(AuthorityId::NOBODY, Box::new(verifier)),
		Some(Guarded { key, me, guard }) => {
			let genesis = verifier.genesis;
			let verifier = Box::new(WatchingVerifier::new(verifier, *me, guard.clone()));
			match signs {
				false => ConsensusContext::new_full_node(AuthorityId::NOBODY, verifier),
				true => {
					let signer = ChainSigner::new(key.clone(), genesis, guard.clone(), log.stand_ins.clone());
					ConsensusContext::new_validator(*me, verifier, Box::new(signer))
				}
			}
		}
	};
	let wal = match guarded.is_some() && !signs {
		true => config.wal.with_extension("following.wal"),
		false => config.wal.clone(),
	};
	remove_torn_log(&wal)?;
	let engine =
		actors::start(&settings(config), outside, (&wal, log), key).await.map_err(StartError::Engine)?;
	// The guard relies on the log's existence once it names a height.
	sync_directory(&wal).map_err(|cause| StartError::Io { path: wal, cause })?;
	Ok(engine)
}

pub(super) fn prepare_directories(config: &EngineConfig) -> Result<(), StartError> {
	let [wal, evidence] = [&config.wal, &config.evidence].map(|path| path.parent().unwrap_or(Path::new(".")));
	for path in [wal, evidence, &config.guard.directory, &config.guard.counterpart] {
		std::fs::create_dir_all(path).map_err(|cause| StartError::Io { path: path.to_path_buf(), cause })?;
	}
	Ok(())
}

/// A crash while the log was created leaves less than its header, which Malachite refuses to open.
fn remove_torn_log(wal: &Path) -> Result<(), StartError> {
	match std::fs::metadata(wal) {
		Ok(file) if file.len() < WAL_HEADER_BYTES as u64 => {
			std::fs::remove_file(wal).map_err(|cause| StartError::Io { path: wal.to_path_buf(), cause })
		}
		Ok(_) | Err(_) => Ok(()),
	}
}
