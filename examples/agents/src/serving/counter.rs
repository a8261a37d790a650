//! [`Counter`]: where answers are sold.
//!
//! ```text
//!   lock the channel ─▶ voucher, if one came ─▶ standing ─▶ who asks? is it paid for? ─▶ say ─▶ receipt, on disk ─▶ answer
//! ```
//! The receipts of a channel are in one order, so that its requests are served one after the other; those of others at the
//! same time.
//!
//! # Must not
//! Remember what a channel has come to: `serve-receipts` does.
//!
//! # Invariants
//! - An answer leaves only after its receipt is on disk.
//! - Work is begun only for a channel's signer, and only if the channel can pay for the longest answer.

use super::{Asked, Said, SayError, Speaker};
use crate::{
	handing::{Handed, Handing},
	http::AskError,
	wire::{self, Answer, Offer, Request, PROMPT_BYTES_MAX, TEXT_BYTES_DEFAULT},
};
use axum::http::StatusCode;
use plexus_cli::split_remedy;
use plexus_payments::json::{self, Digits, Standing};
use plexus_primitives::{Content, ModelId, Receipt};
use std::{sync::Arc, time::Instant};
use tokio::sync::{Mutex, Semaphore};
use tracing::info;

/// Locks of channels. Two that share one wait for each other, and that is all.
const LOCKS: usize = 256;

/// Why somebody is not served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
	/// Not what a request looks like.
	#[error("{0}; see the form of requests in the documentation of the agent")]
	Malformed(String),
	/// No prompt, or too long a one.
	#[error("the prompt has {0} bytes; give 1 to {PROMPT_BYTES_MAX}")]
	Prompt(usize),
	/// Too long an answer.
	#[error("max_bytes is {given}; ask for 1 to {max}")]
	Length {
		/// What was asked.
		given: u32,
		/// What may be.
		max: u32,
	},
	/// The channel does not pay for this model.
	#[error("the channel does not pay for model {0}; open one that names it")]
	Model(u64),
	/// The channel does not name what is retrieved from.
	#[error("the channel does not name version {1} of datanet {0}; open one with it among its corpora")]
	Corpus(u32, u32),
	/// Somebody else asks, or behind something else.
	#[error(
		"the request is not proved by the channel's signer behind answer {signed}, the last that it signed for; bring that \
		 voucher, and sign the request behind it"
	)]
	Unproved {
		/// The last that is signed for.
		signed: u64,
	},
	/// Not the place that comes next.
	#[error(
		"the answer is to have place {given}, and the next one is {next}; ask for that, or again for one that is not signed \
		 for"
	)]
	Sequence {
		/// What was asked for.
		given: u64,
		/// Behind the last answer.
		next: u64,
	},
	/// Too little is left.
	#[error(
		"the longest answer costs {price} and {room} is left in the channel; top it up, or ask for less"
	)]
	Room {
		/// What it costs at most.
		price: u128,
		/// What is left.
		room: u128,
	},
	/// Nothing can be said.
	#[error(transparent)]
	Say(#[from] SayError),
	/// What `serve-receipts` says.
	#[error(transparent)]
	Handing(#[from] AskError),
	/// No more.
	#[error("the agent is stopping; try again later")]
	Stopping,
}

impl ServeError {
	/// A name for programs; stays.
	pub fn name(&self) -> &str {
		match self {
			Self::Malformed(_) => "Malformed",
			Self::Prompt(_) => "PromptLength",
			Self::Length { .. } => "AnswerLength",
			Self::Model(_) => "ModelNotInChannel",
			Self::Corpus(..) => "SourceNotInChannel",
			Self::Unproved { .. } => "Unproved",
			Self::Sequence { .. } => "Sequence",
			Self::Room { .. } => "AboveLocked",
			Self::Say(SayError::Unseen) => "Unseen",
			Self::Say(SayError::NothingFound) => "NothingFound",
			Self::Say(SayError::NoText) => "NoText",
			Self::Say(SayError::Setup(_)) => "Setup",
			Self::Handing(AskError::Refused { name, .. }) => name,
			Self::Handing(_) => "ReceiptsUnreachable",
			Self::Stopping => "Stopping",
		}
	}

	/// Who is at fault, and whether coming back helps.
	pub fn status(&self) -> StatusCode {
		match self {
			Self::Malformed(_) | Self::Prompt(_) | Self::Length { .. } => StatusCode::BAD_REQUEST,
			Self::Unproved { .. } => StatusCode::FORBIDDEN,
			Self::Model(_) | Self::Corpus(..) | Self::Sequence { .. } => StatusCode::CONFLICT,
			Self::Room { .. } => StatusCode::PAYMENT_REQUIRED,
			Self::Say(SayError::Setup(_)) => StatusCode::INTERNAL_SERVER_ERROR,
			Self::Say(SayError::Unseen | SayError::NothingFound | SayError::NoText) => {
				StatusCode::UNPROCESSABLE_ENTITY
			}
			// What the payer can do something about it is told; of all else a stranger learns that it is the agent's.
			Self::Handing(AskError::Refused { status, .. }) => match status.as_u16() {
				402 | 404 | 409 | 503 => *status,
				_ => StatusCode::BAD_GATEWAY,
			},
			Self::Handing(_) => StatusCode::BAD_GATEWAY,
			Self::Stopping => StatusCode::SERVICE_UNAVAILABLE,
		}
	}

	/// Cause and remedy.
	pub fn words(&self) -> (String, String) {
		match self {
			Self::Handing(AskError::Refused { cause, remedy, .. }) => (cause.clone(), remedy.clone()),
			Self::Handing(_) => ("the agent cannot take payments now".into(), "try again later".into()),
			other => {
				let text = other.to_string();
				let (cause, remedy) = split_remedy(&text);
				(cause.into(), remedy.unwrap_or("try again later").into())
			}
		}
	}
}

/// Where answers are sold.
pub struct Counter {
	speaker: Arc<dyn Speaker>,
	offer: Offer,
	handing: Handing,
	locks: Vec<Mutex<()>>,
	/// As many answers are made at once as there are cores.
	cores: Arc<Semaphore>,
}

impl Counter {
	/// For a speaker at these prices, paid through `serve-receipts`.
	pub fn new(speaker: Arc<dyn Speaker>, offer: Offer, handing: Handing) -> Self {
		let cores = std::thread::available_parallelism().map_or(1, usize::from);
		let locks = (0..LOCKS).map(|_| Mutex::new(())).collect();
		Self { speaker, offer, handing, locks, cores: Arc::new(Semaphore::new(cores)) }
	}

	/// Whether answers can be paid.
	///
	/// # Errors
	/// `serve-receipts` is not there.
	pub async fn is_open(&self) -> Result<(), ServeError> {
		Ok(self.handing.is_there().await?)
	}

	/// Takes a voucher by itself; what the channel has come to.
	///
	/// # Errors
	/// It is refused.
	pub async fn vouch(&self, signed: &wire::Signed) -> Result<Standing, ServeError> {
		let _one_at_a_time = self.lock(signed.channel).lock().await;
		Ok(self.handing.vouch(signed.channel, &signed.voucher).await?)
	}

	/// Answers a request.
	///
	/// # Errors
	/// See [`ServeError`]. Nothing is owed then.
	pub async fn complete(&self, request: Request) -> Result<Answer, ServeError> {
		let began = Instant::now();
		let max_bytes = self.check(&request)?;
		let _one_at_a_time = self.lock(request.channel).lock().await;
		let standing = match &request.voucher {
			Some(voucher) => self.handing.vouch(request.channel, voucher).await?,
			None => self.handing.standing(request.channel).await?,
		};
		ensure_asked(&request, &standing)?;
		let sequence = request.sequence;
		// What is held already is asked for once more, because its answer was lost: the same receipt costs nothing more.
		let is_held = sequence <= standing.last.sequence;
		self.may_serve(&standing, if is_held { 0 } else { self.offer.price.of(max_bytes.into()) })?;
		let said = self.say(&request, max_bytes).await?;
		let receipt = self.receipt(&request, &said);
		let sources = if said.context.is_some() { self.offer.corpora.clone() } else { Vec::new() };
		self.handing
			.hand_in(&Handed {
				channel: request.channel,
				sequence,
				receipt: &receipt,
				sources: &sources,
				pieces: &said.pieces,
				claims: &said.claims,
				prompt: request.prompt.as_bytes(),
				output: said.text.as_bytes(),
			})
			.await?;
		info!(
			channel = request.channel,
			sequence,
			bytes = said.text.len(),
			claims = said.claims.len(),
			milliseconds = began.elapsed().as_millis() as u64,
			"answered"
		);
		let Said { text, pieces, claims, .. } = said;
		let (channel, price) = (request.channel, Digits(receipt.fee));
		Ok(Answer {
			text,
			channel,
			sequence,
			price,
			receipt: json::Receipt::from(&receipt),
			sources,
			pieces,
			claims,
		})
	}

	fn lock(&self, channel: u64) -> &Mutex<()> {
		&self.locks[(channel % LOCKS as u64) as usize]
	}

	/// How long the answer may be.
	fn check(&self, request: &Request) -> Result<u32, ServeError> {
		if !(1..=PROMPT_BYTES_MAX).contains(&request.prompt.len()) {
			return Err(ServeError::Prompt(request.prompt.len()));
		}
		let max = self.offer.max_bytes;
		let given = request.max_bytes.unwrap_or(TEXT_BYTES_DEFAULT.min(max));
		if !(1..=max).contains(&given) {
			return Err(ServeError::Length { given, max });
		}
		Ok(given)
	}

	/// An error unless the channel pays for such an answer, and so much.
	fn may_serve(&self, standing: &Standing, price: u128) -> Result<(), ServeError> {
		if !standing.models.contains(&self.offer.model) {
			return Err(ServeError::Model(self.offer.model));
		}
		if let Some((datanet, version)) =
			self.offer.corpora.iter().find(|corpus| !standing.corpora.contains(corpus))
		{
			return Err(ServeError::Corpus(*datanet, *version));
		}
		let room = standing.room.0;
		if price > room {
			return Err(ServeError::Room { price, room });
		}
		Ok(())
	}

	async fn say(&self, request: &Request, max_bytes: u32) -> Result<Said, ServeError> {
		// Nobody closes the semaphore.
		let _core = self.cores.clone().acquire_owned().await.map_err(|_| ServeError::Stopping)?;
		let (speaker, prompt) = (self.speaker.clone(), request.prompt.clone());
		let (seed, disclose) = (request.seed, request.disclose);
		let saying = tokio::task::spawn_blocking(move || {
			speaker.say(&Asked { prompt: &prompt, seed, max_bytes: max_bytes as usize, disclose })
		});
		let said = saying.await.map_err(|_| ServeError::Stopping)??;
		if said.text.is_empty() {
			return Err(SayError::Unseen.into());
		}
		Ok(said)
	}

	fn receipt(&self, request: &Request, said: &Said) -> Receipt {
		let content =
			|bytes: &[u8]| Content { root: *blake3::hash(bytes).as_bytes(), len: bytes.len() as u64 };
		Receipt {
			model: ModelId(self.offer.model),
			prompt: content(request.prompt.as_bytes()),
			context: said.context,
			output: content(said.text.as_bytes()),
			fee: self.offer.price.of(said.text.len() as u64),
			disclose: request.disclose,
			execution: None,
		}
	}
}

/// An error unless the channel's signer asks, for the next answer or once more for one that it has not signed for.
fn ensure_asked(request: &Request, standing: &Standing) -> Result<(), ServeError> {
	let signed = standing.signed.sequence;
	if !request.is_proved_by(&standing.signer.0, &standing.signed.acc.0) {
		return Err(ServeError::Unproved { signed });
	}
	let (given, next) = (request.sequence, standing.last.sequence.saturating_add(1));
	match (signed.saturating_add(1)..=next).contains(&given) {
		true => Ok(()),
		false => Err(ServeError::Sequence { given, next }),
	}
}
