//! `plexus tx datanet create`: a new datanet, as it is typed or as a description says.
//!
//! # Must not
//! Assume a licence for what somebody described elsewhere: it is for ever.

use crate::{
	address::parse_account,
	calls::{self, Call, Licence},
	card::{self, Imported, Limits},
	client::{constant, AtBlock, ConnectionArgs},
	content::prove_file,
	failure::Failure,
	keys::ChainKind,
	licence,
	output::Answer,
	tx::{by::ByArgs, Sent},
};
use plexus_primitives::Content;
use serde::Serialize;
use std::path::PathBuf;

#[derive(clap::Args, Clone)]
pub(in crate::tx) struct CreateArgs {
	#[command(flatten)]
	draft: DraftArgs,

	#[command(flatten)]
	by: ByArgs,
}

/// What a new datanet is.
#[derive(clap::Args, Clone)]
pub(crate) struct DraftArgs {
	/// What it is called. Names need not be unique.
	#[arg(long, required_unless_present = "from_card")]
	name: Option<String>,

	/// Licence of the contributions, as an SPDX expression; without it the card's, or CC-BY-4.0 without a card.
	#[arg(long, value_name = "SPDX")]
	licence: Option<String>,

	/// Instead of a licence: a file with terms of your own. It is hashed here; only its hash is sent.
	#[arg(long, value_name = "FILE", conflicts_with = "licence")]
	terms: Option<PathBuf>,

	/// Name, licence and tags from a description: Croissant, or a Hugging Face README.md. What is said besides goes before.
	#[arg(long, value_name = "FILE")]
	from_card: Option<PathBuf>,

	/// By which it is found, like biology/plants. Can be given several times.
	#[arg(long = "tag", value_name = "TAG")]
	tags: Vec<String>,

	/// An account that reviews contributions. Can be given several times; without one, the datanet is open for ever.
	#[arg(long = "curator", value_name = "ACCOUNT")]
	curators: Vec<String>,
}

/// The part of `Datanets.DatanetCreated` that is told.
#[derive(subxt::ext::scale_decode::DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct DatanetCreated {
	datanet: u32,
}

/// What contributions are under if nobody says otherwise.
const LICENCE: &str = "CC-BY-4.0";

/// A datanet that was created.
#[derive(Serialize)]
pub(super) struct Created {
	#[serde(flatten)]
	sent: Sent<u32>,
	/// What its description gave, and what that says besides; `null` without one.
	card: Option<Imported>,
}

impl Answer for Created {
	fn human(&self) -> String {
		match &self.card {
			Some(card) => format!("{}\n{}", self.sent.human(), card.human()),
			None => self.sent.human(),
		}
	}
}

/// What a datanet says about itself: as it was typed, or else as the card says.
struct Draft {
	name: String,
	licence: Licence,
	tags: Vec<String>,
	card: Option<Imported>,
}

impl Draft {
	fn new(args: &DraftArgs, terms: Option<Content>, limits: Limits) -> Result<Self, Failure> {
		// What is typed stands, so that a licence in the card that is not understood does not matter then.
		let read = |path| card::data_set(path, limits, args.licence.is_none() && terms.is_none());
		let mut set = args.from_card.as_deref().map(read).transpose()?;
		let card = set.as_mut().map(|set| std::mem::take(&mut set.imported));
		let set = set.unwrap_or_default();
		let name = args.name.clone().or(set.name).ok_or_else(|| {
			Failure::input("NoName", "the card gives no name", "say what the datanet is called with --name")
		})?;
		let licence = match (terms, args.licence.clone().or(set.licence)) {
			(Some(terms), _) => Licence::Terms(terms),
			(None, Some(licence)) => Licence::Spdx(licence),
			// Whoever described the data set elsewhere may have offered it there under another one.
			(None, None) if card.is_some() => return Err(no_licence()),
			(None, None) => Licence::Spdx(LICENCE.into()),
		};
		if let Licence::Spdx(expression) = &licence {
			// The chain checks the form only, and a licence is for ever.
			licence::parse(expression)?;
		}
		let tags = if args.tags.is_empty() { set.tags } else { args.tags.clone() };
		Ok(Self { name, licence, tags, card })
	}
}

fn no_licence() -> Failure {
	Failure::input(
		"NoLicence",
		"the card gives no licence",
		"find out under which one the data set is offered, and say it with --licence or --terms: it is for ever",
	)
}

impl DraftArgs {
	/// The call that creates it, and what its description gave.
	pub(in crate::tx) async fn call(
		&self,
		at: &AtBlock,
		kind: &ChainKind,
	) -> Result<(Call, Option<Imported>), Failure> {
		let limit = |name: &str, otherwise| constant(at, "Datanets", name).unwrap_or(otherwise) as usize;
		let limits = Limits { tags: limit("TagsMax", 8), tag_bytes: limit("TagBytesMax", 32) };
		let terms = match &self.terms {
			Some(file) => Some(prove_file(file.clone()).await?.content),
			None => None,
		};
		let draft = Draft::new(self, terms, limits)?;
		let curators = self.curators.iter().map(|curator| parse_account(curator, kind));
		let curators = curators.collect::<Result<Vec<_>, _>>()?;
		let call = calls::create_datanet(&draft.name, &draft.tags, &draft.licence, &curators);
		Ok((call, draft.card))
	}
}

pub(super) async fn create(connection: &ConnectionArgs, args: CreateArgs) -> Result<Created, Failure> {
	let (session, party) = args.by.open(connection).await?;
	let (call, card) = args.draft.call(&session.at, &session.kind).await?;
	let sent = session
		.send(&party.sends(call), |receipt| {
			receipt.events.find::<DatanetCreated>("Datanets", "DatanetCreated").map(|created| created.datanet)
		})
		.await?;
	Ok(Created { sent, card })
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::Parser;

	#[derive(Parser)]
	struct Line {
		#[command(flatten)]
		draft: DraftArgs,
	}

	#[test]
	fn a_card_without_a_licence_does_not_become_one_that_is_free() {
		let directory = tempfile::tempdir().unwrap();
		let card = directory.path().join("README.md");
		std::fs::write(&card, "---\npretty_name: Not free at all\n---\n").unwrap();
		let card = card.to_str().unwrap();
		let drafted = |given: &[&str], terms| {
			let line = Line::try_parse_from([&["create"], given].concat()).expect("it is a command");
			Draft::new(&line.draft, terms, Limits { tags: 8, tag_bytes: 32 })
		};
		let draft = |given: &[&str]| drafted(given, None);
		let refused = draft(&["--from-card", card]).err().expect("nobody knows the licence");
		assert_eq!(refused.name, "NoLicence");
		assert!(refused.remedy.contains("--licence"), "{refused}");
		let spdx = |expression: &str| Licence::Spdx(expression.into());
		assert_eq!(draft(&["--from-card", card, "--licence", "MIT"]).unwrap().licence, spdx("MIT"));
		assert_eq!(draft(&["--name", "flora"]).unwrap().licence, spdx(LICENCE));
		// Terms of its own are a licence, too.
		let terms = Content { root: [7; 32], len: 9 };
		let own = drafted(&["--from-card", card], Some(terms)).unwrap();
		assert_eq!(own.licence, Licence::Terms(terms));
	}
}
