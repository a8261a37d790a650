//! [`Card`]: what an agent says of itself, in the form of an A2A agent card. What it costs and how it is paid is its part
//! `plexus`. The file's hash can be registered on the chain: `plexus tx agent card`.
//!
//! # Must not
//! Hold anything that changes while the agent runs: its bytes are what was registered.

use crate::wire::Offer;
use serde_json::{json, Value};

/// The version of the A2A protocol whose card this is.
const PROTOCOL: &str = "0.3.0";

/// What an agent says of itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Card {
	/// Its name.
	pub name: String,
	/// Where it is reached, like `http://127.0.0.1:8020`.
	pub url: String,
	/// What it is good at: id and name.
	pub skill: (&'static str, &'static str),
	/// What it costs.
	pub offer: Offer,
}

impl Card {
	/// The card in JSON.
	pub fn json(&self) -> Value {
		let (id, name) = self.skill;
		json!({
			"protocolVersion": PROTOCOL,
			"name": self.name,
			"description": name,
			"url": self.url,
			"version": env!("CARGO_PKG_VERSION"),
			"capabilities": {},
			"defaultInputModes": ["text/plain"],
			"defaultOutputModes": ["text/plain"],
			"skills": [{ "id": id, "name": name, "description": name, "tags": ["text"] }],
			"plexus": self.offer,
		})
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::wire::Price;
	use plexus_payments::json::Digits;

	#[test]
	fn a_card_has_what_an_a2a_card_must_have_and_what_a_payer_has_to_know() {
		let offer = Offer {
			agent: 1,
			model: 2,
			price: Price { per_request: Digits(3), per_byte: Digits(4) },
			max_bytes: 5,
			corpora: vec![(0, 1)],
			complete: "http://x/v1/complete".into(),
		};
		let card = Card { name: "n".into(), url: "http://x".into(), skill: ("s", "t"), offer: offer.clone() };
		let json = card.json();
		// As `plexus query agent card verify` looks for them.
		for field in [
			"protocolVersion",
			"name",
			"description",
			"url",
			"version",
			"capabilities",
			"defaultInputModes",
			"defaultOutputModes",
			"skills",
		] {
			assert!(json.get(field).is_some(), "{field}");
		}
		assert_eq!(serde_json::from_value::<Offer>(json["plexus"].clone()).unwrap(), offer);
		assert_eq!(json["plexus"]["price"]["per_byte"], "4", "amounts are strings");
	}
}
