//! Claims about a receipt with a prompt, a context of two pieces and an output that repeats contribution 7.

use super::*;
use crate::{
	claims::{
		chain,
		testing::{bytes, content, index_of},
	},
	validators::Percent,
};
use codec::{DecodeAll, Encode};
use plexus_payments::store::Store;
use plexus_primitives::{CommitmentNumber, Context};

const DATANET: DatanetId = DatanetId(1);
const VERSION: DatanetVersion = DatanetVersion(2);
const MODEL: ModelId = ModelId(5);
const METHOD: MethodId = MethodId(0);
const SEVEN: ContributionId = ContributionId(7);
const EIGHT: ContributionId = ContributionId(8);

struct Scene {
	_directory: tempfile::TempDir,
	files: Files,
	known: Known,
	receipt: Receipt,
	extras: Extras,
}

const CORPORA: [(DatanetId, DatanetVersion); 1] = [(DATANET, VERSION)];

impl Scene {
	fn new() -> Self {
		let directory = tempfile::tempdir().expect("there is a place for it");
		let store = Store::create(directory.path()).expect("it can be made");
		let texts = BTreeMap::from([(SEVEN, bytes(7, 4_000)), (EIGHT, bytes(8, 2_000))]);
		let listed: Vec<_> = texts.iter().map(|(id, text)| (id.0, id.0, text.clone())).collect();
		let parameters = pallet_attribution::Parameters::LIVE.encode();
		let source = |text: &Vec<u8>| Source {
			content: content(text),
			datanet: DATANET,
			commitment: CommitmentNumber(1),
			from: VERSION,
			until: Some(DatanetVersion(3)),
		};
		let model = Model { manifest: CORPORA.to_vec(), royalties: Percent(0), data: Percent(WHOLE / 5) };
		let known = Known {
			parameters: chain::Parameters::decode_all(&mut &parameters[..]).expect("the same encoding"),
			claim_bytes_max: 16 << 10,
			models: [(MODEL, model)].into(),
			sources: texts.iter().map(|(id, text)| (*id, source(text))).collect(),
			methods: [METHOD].into(),
		};
		let pieces = vec![
			ContextLeaf { contribution: EIGHT, offset: 0, length: 500 },
			ContextLeaf { contribution: EIGHT, offset: 500, length: 300 },
		];
		let (prompt, output) = (b"a question".to_vec(), [b"I say: ", &texts[&SEVEN][100..400]].concat());
		let receipt = Receipt {
			model: MODEL,
			prompt: content(&prompt),
			context: Some(context_of(&pieces).expect("there are pieces")),
			output: content(&output),
			fee: 1_000_000,
			disclose: true,
			execution: None,
		};
		let claims = vec![span(7, 100, 200), grounded(0, 500)];
		let extras = Extras { claims, prompt: Some(prompt), output: Some(output), pieces: Some(pieces) };
		let files = Files::new(Some(store), Some(index_of(&listed)));
		Self { _directory: directory, files, known, receipt, extras }
	}

	fn check(&self) -> Result<(), &'static str> {
		let given = Given { receipt: &self.receipt, corpora: &CORPORA, extras: &self.extras };
		check(&given, Some(&self.known), &self.files).map_err(|fault| {
			assert!(fault.to_string().contains("; "), "{fault}");
			fault.name()
		})
	}

	/// What is said to a scene that is changed.
	fn changed(change: impl FnOnce(&mut Self)) -> Result<(), &'static str> {
		let mut scene = Self::new();
		change(&mut scene);
		scene.check()
	}

	fn claiming(claims: impl IntoIterator<Item = ReceiptClaim>) -> Result<(), &'static str> {
		Self::changed(|scene| scene.extras.claims = claims.into_iter().collect())
	}
}

fn claim(contribution: ContributionId, evidence: Evidence) -> ReceiptClaim {
	ReceiptClaim { contribution, version: VERSION, method: METHOD, evidence }
}

fn span(output: u64, offset: u64, length: u64) -> ReceiptClaim {
	claim(SEVEN, Evidence::Span { output, offset, length })
}

fn grounded(offset: u64, length: u64) -> ReceiptClaim {
	claim(EIGHT, Evidence::Grounded { offset, length })
}

#[test]
fn what_is_true_and_lawful_is_taken() {
	assert_eq!(Scene::new().check(), Ok(()));
	assert_eq!(Scene::claiming([span(7, 100, 32), span(39, 132, 268)]), Ok(()), "side by side");
	assert_eq!(Scene::claiming([grounded(0, 500), grounded(500, 300)]), Ok(()));
	assert_eq!(Scene::claiming([]), Ok(()));
	// What the store has need not be sent.
	let kept = Scene::changed(|scene| {
		let store = scene.files.store().expect("there is one");
		let Extras { prompt, output, pieces, .. } = &mut scene.extras;
		store.put(&prompt.take().expect("sent before")).unwrap();
		store.put(&output.take().expect("sent before")).unwrap();
		store.put_pieces(&pieces.take().expect("sent before")).unwrap();
	});
	assert_eq!(kept, Ok(()));
}

#[test]
fn what_the_chain_would_refuse_is_refused() {
	let attested = Evidence::Attested { score: sp_runtime::Perbill::one() };
	let elsewhere = |version| ReceiptClaim { version: DatanetVersion(version), ..span(7, 100, 200) };
	for (claims, name) in [
		(vec![span(7, 100, 31)], "ClaimTooShort"),
		(vec![span(7, 100, 300), span(306, 0, 32)], "RangeOutside"),
		(vec![span(u64::MAX, 100, 200)], "RangeOutside"),
		(vec![span(7, 3_900, 200)], "RangeOutside"),
		(vec![span(7, u64::MAX, 200)], "RangeOutside"),
		(vec![grounded(0, 0)], "RangeOutside"),
		(vec![grounded(0, 801)], "RangeOutside"),
		(vec![grounded(1_900, 300)], "RangeOutside"),
		(vec![span(7, 100, 200), span(206, 299, 100)], "RangesOverlap"),
		(vec![grounded(0, 500), grounded(0, 500)], "RangesOverlap"),
		(
			vec![grounded(0, 500), claim(EIGHT, Evidence::Span { output: 7, offset: 499, length: 40 })],
			"RangesOverlap",
		),
		// All of the context, and more than a bit of the output.
		(vec![grounded(0, 500), grounded(500, 300), span(7, 100, 32)], "ExceedsCeiling"),
		(vec![elsewhere(1)], "VersionNotInScope"),
		(vec![claim(ContributionId(9), span(7, 100, 200).evidence)], "NotInVersion"),
		(vec![ReceiptClaim { method: MethodId(1), ..span(7, 100, 200) }], "UnknownMethod"),
		(vec![claim(SEVEN, attested)], "MovesNothing"),
		(vec![grounded(0, 1); RECEIPT_CLAIMS_MAX + 1], "TooManyClaims"),
	] {
		assert_eq!(Scene::claiming(claims.clone()), Err(name), "{claims:?}");
	}
	// The same content, listed twice.
	let listed = Scene::changed(|scene| {
		let content = scene.known.sources[&SEVEN].content;
		scene.known.sources.get_mut(&EIGHT).expect("known").content = content;
	});
	assert_eq!(listed, Err("RangesOverlap"));
	assert_eq!(Scene::changed(|scene| scene.receipt.disclose = false), Err("NotDisclosed"));
	assert_eq!(Scene::changed(|scene| scene.known.claim_bytes_max = 199), Err("ClaimTooLong"));
	assert_eq!(Scene::changed(|scene| scene.receipt.fee = 3), Err("MovesNothing"));
	assert_eq!(
		Scene::changed(|scene| scene.known.models.get_mut(&MODEL).expect("known").manifest.clear()),
		Err("VersionNotInScope")
	);
	let left = Scene::changed(|scene| {
		scene.known.sources.get_mut(&SEVEN).expect("known").until = Some(VERSION);
	});
	assert_eq!(left, Err("NotInVersion"));
	let given = Scene::new();
	let without = Given { receipt: &given.receipt, corpora: &[], extras: &given.extras };
	let refused = check(&without, Some(&given.known), &given.files).map_err(|fault| fault.name());
	assert_eq!(refused, Err("VersionNotInScope"), "no corpora");
	let none = Scene::changed(|scene| {
		scene.receipt.context = None;
		scene.extras.pieces = None;
	});
	assert_eq!(none, Err("NoContext"));
}

#[test]
fn what_the_bytes_do_not_bear_out_is_refused() {
	assert_eq!(Scene::claiming([span(7, 101, 200)]), Err("BytesDiffer"));
	assert_eq!(Scene::claiming([span(6, 99, 200)]), Err("BytesDiffer"));
	for piece in [grounded(1, 500), grounded(0, 499), grounded(0, 501)] {
		assert_eq!(Scene::claiming([piece]), Err("NotInContext"), "{piece:?}");
	}
	let unknown = Scene::changed(|scene| scene.files = Files::new(scene.files.store().cloned(), None));
	assert_eq!(unknown, Err("NotInIndex"));
}

#[test]
fn half_of_what_is_claimed_in_one_piece_of_the_prompt_is_an_echo() {
	let with_prompt = |prompt: &[u8], claims: Vec<ReceiptClaim>| {
		Scene::changed(|scene| {
			scene.receipt.prompt = content(prompt);
			scene.extras.prompt = Some(prompt.to_vec());
			scene.extras.claims = claims;
		})
	};
	let (seven, eight) = (bytes(7, 4_000), bytes(8, 2_000));
	let asked = |piece: &[u8]| [b"do you know ", piece, b"?"].concat();
	assert_eq!(with_prompt(&asked(&seven[250..350]), vec![span(7, 100, 201)]), Ok(()));
	assert_eq!(with_prompt(&asked(&seven[199..300]), vec![span(7, 100, 201)]), Err("PromptEcho"));
	assert_eq!(with_prompt(&asked(&seven[100..200]), vec![span(7, 100, 200)]), Err("PromptEcho"));
	assert_eq!(with_prompt(&asked(&eight[0..249]), vec![grounded(0, 500)]), Ok(()));
	assert_eq!(with_prompt(&asked(&eight[100..350]), vec![grounded(0, 500)]), Err("PromptEcho"));
}

#[test]
fn other_bytes_and_pieces_than_the_receipts_are_refused_even_without_claims() {
	for claims in [vec![], vec![span(7, 100, 200)]] {
		let other = |change: &dyn Fn(&mut Scene)| {
			Scene::changed(|scene| {
				scene.extras.claims = claims.clone();
				change(scene);
			})
		};
		assert_eq!(other(&|scene| scene.extras.output = Some(b"x".to_vec())), Err("OtherBytes"));
		assert_eq!(other(&|scene| scene.extras.prompt = Some(vec![])), Err("OtherBytes"));
		assert_eq!(other(&|scene| scene.receipt.output.len += 1), Err("OtherBytes"), "a false length");
		assert_eq!(other(&|scene| scene.extras.pieces = Some(vec![])), Err("ContentEmpty"));
		let fewer = |scene: &mut Scene| {
			scene.extras.pieces.as_mut().expect("there are some").pop();
		};
		assert_eq!(other(&fewer), Err("OtherPieces"));
		let more_bytes = |scene: &mut Scene| {
			let context = scene.receipt.context.expect("there is one");
			scene.receipt.context = Some(Context { bytes: context.bytes + 1, ..context });
		};
		assert_eq!(other(&more_bytes), Err("OtherPieces"), "false bytes");
	}
	for missing in [|extras: &mut Extras| extras.prompt = None, |extras: &mut Extras| extras.output = None] {
		assert_eq!(Scene::changed(|scene| missing(&mut scene.extras)), Err("BytesMissing"));
	}
	assert_eq!(Scene::changed(|scene| scene.extras.pieces = None), Err("BytesMissing"));
}

#[test]
fn the_datas_money_is_between_its_bounds_whatever_floors_do() {
	use pallet_receipts::RevenueTerms;
	use sp_runtime::Perbill;
	for (royalties, data) in [(0, WHOLE / 5), (WHOLE / 2, WHOLE / 3), (1, 1), (WHOLE / 7, WHOLE)] {
		let terms = RevenueTerms {
			developer: 1u64,
			royalties: Perbill::from_parts(royalties),
			server: Perbill::zero(),
			data: Perbill::from_parts(data),
			data_of_royalties: Perbill::zero(),
			pays_data: true,
		};
		let model = Model { manifest: vec![], royalties: Percent(royalties), data: Percent(data) };
		for fee in [1u128, 7, 1_000, 999_999_999_937, 1_000_000_000_000] {
			for before in [0u128, 1, 3, 1_000_003] {
				// Between nothing and half of it is the protocol's.
				for net in [fee, fee - fee / 33, fee - fee / 2] {
					let earned = terms.parts(before + net).data - terms.parts(before).data;
					assert!(earned <= model.data_at_most(fee), "{royalties} {data} {fee} {net}");
					assert!(earned >= model.data_at_least(fee), "{royalties} {data} {fee} {net}");
				}
			}
		}
	}
}
