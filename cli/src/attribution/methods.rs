//! The methods that claims are found with.

use crate::{
	claims::chain::{self, MethodName, Page},
	output::{self, text, Answer},
};
use plexus_primitives::MethodId;
use serde::Serialize;

/// A page of methods as it is printed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Methods {
	methods: Vec<Method>,
	/// Cursor of the next page; `null` at the end.
	next: Option<u32>,
}

/// A method as it is printed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(crate) struct Method {
	id: u32,
	algorithm: String,
	version: u32,
	parameters: String,
}

impl Method {
	pub(crate) fn new(id: MethodId, name: &MethodName) -> Self {
		let (algorithm, parameters) = (text(&name.algorithm), text(&name.parameters));
		Self { id: id.0, algorithm, version: name.version, parameters }
	}
}

impl Answer for Method {
	fn human(&self) -> String {
		output::fields([
			("method", self.id.to_string()),
			("algorithm", self.algorithm.clone()),
			("version", self.version.to_string()),
			("parameters", self.parameters.clone()),
		])
	}
}

impl From<Page<chain::Method, MethodId>> for Methods {
	fn from(page: Page<chain::Method, MethodId>) -> Self {
		let method = |info: chain::Method| Method {
			id: info.id.0,
			algorithm: text(&info.algorithm),
			version: info.version,
			parameters: text(&info.parameters),
		};
		Self { methods: page.items.into_iter().map(method).collect(), next: page.next.map(|id| id.0) }
	}
}

impl Answer for Methods {
	fn human(&self) -> String {
		let rows = self.methods.iter().map(|method| {
			[
				method.id.to_string(),
				method.algorithm.clone(),
				method.version.to_string(),
				method.parameters.clone(),
			]
		});
		output::page("no methods", ["ID", "ALGORITHM", "VERSION", "PARAMETERS"], rows, self.next)
	}
}
