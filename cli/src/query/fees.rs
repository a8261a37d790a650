//! `plexus query fees`: what transactions cost now, which deposits come back, and what the protocol takes of payments.
//!
//! # Must not
//! Compute a fee itself: the runtime is asked about real transactions, signed with a key that owns nothing.

use crate::{
	amount::Amount,
	calls::{self, Licence},
	client::{bounded, constant, AtBlock, Client},
	explain::explain_client,
	failure::Failure,
	keys::Keypair,
	output::{self, Answer},
	payments,
	validators::Percent,
};
use plexus_primitives::{constants::UNITS, prove::ProvenContent, Content};
use serde::Serialize;
use sp_core::{ed25519, Pair};
use subxt::{config::DefaultExtrinsicParamsBuilder, tx::Payload, SubstrateConfig};

/// Length of a length proof for a file of 1 GiB: 8 bytes, 20 pairs of hashes, one chunk.
const GIBIBYTE_PROOF_BYTES: usize = 8 + 20 * 64 + 1_024;

/// Fees of typical transactions, and deposits.
#[derive(Serialize)]
pub(super) struct Fees {
	/// Of a transfer.
	transfer: Amount,
	/// Of creating a datanet with a short name.
	datanet_create: Amount,
	/// Of contributing a file of 1 GiB; a smaller file's proof is shorter, its fee a little lower.
	contribute: Amount,
	/// The least that an account may hold.
	existential_deposit: Option<Amount>,
	/// On hold for each datanet, until it is removed.
	datanet_deposit: Option<Amount>,
	/// On hold for good conduct with each contribution, for half a year after its acceptance.
	conduct_deposit: Option<Amount>,
	/// On hold for each contribution's record, as long as that is kept.
	storage_deposit_base: Option<Amount>,
	/// Added to that for each byte of media type and locator.
	storage_deposit_per_byte: Option<Amount>,
	/// Burned by the publication of a version.
	version_price: Option<Amount>,
	/// Burned by the registration of an agent.
	agent_price: Option<Amount>,
	/// On hold in an agent's account, until it is deregistered.
	agent_bond: Option<Amount>,
	/// On hold in an agent's account for each delegation, until it is removed.
	delegation_deposit: Option<Amount>,
	/// On hold for each model, for ever.
	model_deposit: Option<Amount>,
	/// Added to that for each byte of specification, lineage and index, and as long as they are there for locators.
	model_deposit_per_byte: Option<Amount>,
	/// On hold from the payer for each payment channel, until it is finished.
	channel_deposit: Option<Amount>,
	/// On hold from the server for each batch of receipts, until its record is cleared.
	batch_deposit: Option<Amount>,
	/// On hold from the server for each batch that waits for objections, until it is final.
	open_batch_deposit: Option<Amount>,
	/// Added to that for each claim.
	claim_deposit: Option<Amount>,
	/// On hold for a commitment to a challenge, at least: a part of the batch's hold if that is more.
	challenge_commitment_deposit: Option<Amount>,
	/// On hold from whoever shows an unlisted source.
	unlisted_bond: Option<Amount>,
	/// Burned for a method.
	method_price: Option<Amount>,
	/// What the protocol takes of what is paid for inference now.
	protocol_share: Percent,
}

impl Answer for Fees {
	fn human(&self) -> String {
		let deposit =
			|amount: Option<Amount>| amount.map_or_else(|| "not known".into(), |amount| amount.to_string());
		output::fields([
			("fee of a transfer", self.transfer.to_string()),
			("fee of a new datanet", self.datanet_create.to_string()),
			("fee of a contribution", format!("{} (a file of 1 GiB)", self.contribute)),
			("existential deposit", deposit(self.existential_deposit)),
			("deposit of a datanet", deposit(self.datanet_deposit)),
			("deposit of a contribution for conduct", deposit(self.conduct_deposit)),
			("  for its record", deposit(self.storage_deposit_base)),
			("  and for each byte of type and locator", deposit(self.storage_deposit_per_byte)),
			("price of a version", deposit(self.version_price)),
			("price of an agent", deposit(self.agent_price)),
			("bond of an agent", deposit(self.agent_bond)),
			("deposit of a delegation", deposit(self.delegation_deposit)),
			("deposit of a model", deposit(self.model_deposit)),
			("  and for each byte", deposit(self.model_deposit_per_byte)),
			("deposit of a payment channel", deposit(self.channel_deposit)),
			("deposit of a batch of receipts", deposit(self.batch_deposit)),
			("  while it waits for objections", deposit(self.open_batch_deposit)),
			("  and for each claim", deposit(self.claim_deposit)),
			("least deposit of a commitment to a challenge", deposit(self.challenge_commitment_deposit)),
			("bond of an unlisted source", deposit(self.unlisted_bond)),
			("price of a method", deposit(self.method_price)),
			("the protocol's share of payments for inference", self.protocol_share.to_string()),
		])
	}
}

pub(super) async fn fees(client: &Client) -> Result<Fees, Failure> {
	let at = client.at_head().await?;
	let transfer = calls::transfer(&[0; 32].into(), UNITS, false);
	let create = calls::create_datanet("A datanet's name", &[], &Licence::Spdx("CC-BY-4.0".into()), &[]);
	let gibibyte = ProvenContent {
		content: Content { root: [0; 32], len: 1 << 30 },
		length_proof: vec![0; GIBIBYTE_PROOF_BYTES],
	};
	let contribute = calls::contribute(0, &gibibyte, "text/plain", "");
	let deposit = |pallet, name| constant(&at, pallet, name).map(Amount);
	Ok(Fees {
		transfer: estimate(&at, &transfer).await?,
		datanet_create: estimate(&at, &create).await?,
		contribute: estimate(&at, &contribute).await?,
		existential_deposit: deposit("Balances", "ExistentialDeposit"),
		datanet_deposit: deposit("Datanets", "DatanetDeposit"),
		conduct_deposit: deposit("Datanets", "ConductDeposit"),
		storage_deposit_base: deposit("Datanets", "StorageDepositBase"),
		storage_deposit_per_byte: deposit("Datanets", "StorageDepositPerByte"),
		version_price: deposit("Datanets", "VersionPrice"),
		agent_price: deposit("Agents", "RegistrationPrice"),
		agent_bond: deposit("Agents", "Bond"),
		delegation_deposit: deposit("Agents", "DelegationDeposit"),
		model_deposit: deposit("Models", "ModelDeposit"),
		model_deposit_per_byte: deposit("Models", "DepositPerByte"),
		channel_deposit: deposit("Receipts", "ChannelDeposit"),
		batch_deposit: deposit("Receipts", "BatchDeposit"),
		open_batch_deposit: deposit("Attribution", "OpenDeposit"),
		claim_deposit: deposit("Attribution", "ClaimDeposit"),
		challenge_commitment_deposit: deposit("Attribution", "CommitmentDeposit"),
		unlisted_bond: deposit("Attribution", "UnlistedBond"),
		method_price: deposit("Attribution", "MethodPrice"),
		protocol_share: payments::protocol_share(&at).await?,
	})
}

/// The fee that the runtime asks for a call now.
pub(crate) async fn estimate(at: &AtBlock, call: &impl Payload) -> Result<Amount, Failure> {
	let nobody = Keypair::Ed25519(Box::new(ed25519::Pair::from_seed(&[0; 32])));
	let params = DefaultExtrinsicParamsBuilder::<SubstrateConfig>::new().nonce(0).immortal().build();
	let mut signable = at.tx().create_signable_offline(call, params).map_err(explain_client)?;
	let signed = signable.sign(&nobody).map_err(explain_client)?;
	bounded("the fee", signed.partial_fee_estimate()).await?.map(Amount).map_err(explain_client)
}
