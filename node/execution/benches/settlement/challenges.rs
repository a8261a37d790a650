//! What each row of the challenge table takes, holding and not, and how long its proofs are for large files.
//!
//! # Must not
//! Show anything that a challenger could not: only an unlawful claim is planted, because submission refuses all there are.

use crate::{at, chain::Chain, files, files::File, market, samples, time, SAMPLES};
use codec::Encode;
use frame_support::{dispatch::DispatchResultWithPostInfo, traits::Get};
use pallet_attribution::Call;
use plexus_primitives::{
	challenge::{commitment, Answer, Challenge, Listed, Path, ReceiptProof},
	merkle, BatchId, ChannelId, Claim, Content, Context, ContextLeaf, DatanetVersion, Evidence, Receipt,
};
use plexus_runtime::{Runtime, RuntimeCall};
use std::time::Duration;

/// Bytes of the passage: the shortest that may be an unlisted source, and the longest that may be claimed.
const SHORT: u64 = 256;

/// Receipts of a batch, and so the depth of a receipt's proof.
const RECEIPTS: usize = 256;

/// Pieces of the context, and so the depth of a grounded proof.
const PIECES: u64 = 1_000;

/// A batch with a true span, a false one and a grounded claim; and one whose receipts state a false length.
const TRUE: BatchId = BatchId(0);
const FALSE_LENGTH: BatchId = BatchId(1);
const TRUE_SPAN: u32 = 0;
const FALSE_SPAN: u32 = 1;
const GROUNDED: u32 = 2;

const SALT: [u8; 32] = [5; 32];

/// One call, and what has to happen before.
struct Row {
	name: &'static str,
	holds: bool,
	/// Bytes of the longest slice in it.
	proof: usize,
	prepare: Box<dyn Fn()>,
	call: RuntimeCall,
}

/// Prints the rows, for both lengths.
pub fn measure(file_bytes: usize) {
	println!(
		"\nchallenges, files of {file_bytes} bytes\n{:<42}{:>8}{:>10}{:>12}{:>12}{:>12}",
		"", "bytes", "slice", "call bytes", "p50 µs", "p99 µs"
	);
	let long = <Runtime as pallet_attribution::Config>::ClaimBytesMax::get();
	for length in [SHORT, long] {
		let world = World::new(file_bytes as u64, length);
		for row in world.rows() {
			print(&row, length, &world.took(&row));
		}
	}
}

fn print(row: &Row, length: u64, took: &[Duration]) {
	let name = format!("{}{}", row.name, if row.holds { "" } else { ", refused" });
	println!(
		"{name:<42}{length:>8}{:>10}{:>12}{:>12.1}{:>12.1}",
		row.proof,
		row.call.encoded_size(),
		at(took, 50),
		at(took, 99)
	);
}

/// A chain with both batches open.
struct World {
	chain: Chain,
	/// Removed when nothing is open in it any more.
	_directory: tempfile::TempDir,
	files: [File; files::FILES],
	/// Where the passage is in every file, and where other bytes are.
	place: u64,
	elsewhere: u64,
	length: u64,
	pieces: Vec<[u8; 32]>,
	true_receipt: Receipt,
	false_receipt: Receipt,
}

impl World {
	fn new(file_bytes: u64, length: u64) -> Self {
		// Across the middle the way to the passage is the longest.
		let place = file_bytes / 2 - length / 2;
		let elsewhere = place + 2 * length;
		let files = files::make(file_bytes as usize, &[(place, length), (elsewhere, length)]);
		let [earlier, later, unlisted, output, prompt] = &files;
		let piece =
			|index| ContextLeaf { contribution: market::LATER, offset: index * length % place, length };
		let pieces: Vec<_> = (0..PIECES).map(|index| piece(index).leaf()).collect();
		let root = merkle::root(&pieces).expect("there are pieces");
		let context = Some(Context { root, bytes: PIECES * length });
		let true_receipt = market::receipt(prompt.content(), output.content(), context);
		let Content { root, len } = output.content();
		let false_receipt = Receipt { output: Content { root, len: len + 1 }, ..true_receipt };
		let directory = tempfile::tempdir().expect("a temporary directory");
		let mut chain = Chain::reopen(directory.path());
		let sources = [earlier, later, unlisted].map(|file| file.proven.clone());
		chain.execute(|| {
			market::found(sources);
			market::publish(market::DATANET);
			market::publish(market::OTHER);
			market::train();
			let channels = market::open(2);
			let grounded =
				Claim { evidence: Evidence::Grounded { offset: 0, length }, ..market::span(0, 0, 0, length) };
			let claims = vec![
				market::span(0, place, place, length),
				market::span(0, elsewhere, place, length),
				grounded,
			];
			let server = market::server();
			market::done(&server, market::submission(&channels[..1], RECEIPTS, true_receipt, claims));
			let claims = vec![market::span(0, place, place, length)];
			market::done(&server, market::submission(&channels[1..], RECEIPTS, false_receipt, claims));
			market::rich("challenger", 0);
			(0..3).for_each(|_| market::next_block());
		});
		chain.commit();
		chain.settle();
		Self {
			_directory: directory,
			chain,
			files,
			place,
			elsewhere,
			length,
			pieces,
			true_receipt,
			false_receipt,
		}
	}

	fn took(&self, row: &Row) -> Vec<Duration> {
		samples(SAMPLES, || {
			self.chain.try_out(|| {
				(row.prepare)();
				let (took, result) = time(|| by_challenger(row.call.clone()));
				assert_eq!(result.is_ok(), row.holds, "{}: {result:?}", row.name);
				took
			})
		})
	}

	fn receipt(&self, batch: BatchId) -> ReceiptProof {
		let (channel, receipt) = match batch {
			TRUE => (ChannelId(0), self.true_receipt),
			_ => (ChannelId(1), self.false_receipt),
		};
		let leaves: Vec<_> = (1..=RECEIPTS as u64).map(|sequence| receipt.leaf(channel, sequence)).collect();
		ReceiptProof { channel, sequence: 1, receipt, path: path(&leaves, 0) }
	}

	/// A slice of a file, from one of the two places on.
	fn slice<B: Get<u32>>(&self, file: usize, start: u64) -> frame_support::BoundedVec<u8, B> {
		market::listed(self.files[file].slice(start, self.length))
	}

	fn longest(&self) -> usize {
		let slices =
			[self.place, self.elsewhere].map(|start| self.files[OUTPUT].slice(start, self.length).len());
		slices.into_iter().max().unwrap_or_default()
	}

	fn rows(&self) -> Vec<Row> {
		let mut rows = Vec::new();
		for holds in [true, false] {
			rows.push(self.revealed("mismatch", holds, TRUE, self.mismatch(holds)));
			rows.push(self.false_length(holds));
			rows.push(self.unlawful(holds));
			rows.push(self.revealed("prompt echo", holds, TRUE, self.echo(holds)));
			rows.push(self.revealed("counterclaim", holds, TRUE, self.counterclaim(holds)));
			rows.push(self.revealed("unlisted source", holds, TRUE, self.unlisted(holds)));
			rows.push(self.answered_unlisted(holds));
			rows.push(self.answered(
				"demand, answered with a span",
				holds,
				TRUE_SPAN,
				self.span_answer(holds),
			));
			rows.push(self.answered(
				"demand, answered with a piece",
				holds,
				GROUNDED,
				self.piece_answer(holds),
			));
			rows.push(self.closed_demand(holds));
			rows.push(self.closed_samples(holds));
		}
		rows
	}

	/// A challenge that was committed to in the block before.
	fn revealed(&self, name: &'static str, holds: bool, batch: BatchId, challenge: Challenge) -> Row {
		let committed = challenge.clone();
		let prepare = Box::new(move || commit(batch, &committed));
		let call = Call::<Runtime>::reveal { batch, salt: SALT, challenge };
		Row { name, holds, proof: self.longest(), prepare, call: call.into() }
	}

	fn mismatch(&self, holds: bool) -> Challenge {
		let (claim, output) = if holds { (FALSE_SPAN, self.elsewhere) } else { (TRUE_SPAN, self.place) };
		Challenge::Mismatch {
			claim,
			receipt: self.receipt(TRUE),
			start: 0,
			length: self.length,
			output: self.slice(OUTPUT, output),
			source: self.slice(LATER, self.place),
		}
	}

	fn false_length(&self, holds: bool) -> Row {
		let batch = if holds { FALSE_LENGTH } else { TRUE };
		let output = &self.files[OUTPUT].proven.length_proof;
		let challenge = Challenge::FalseLength {
			claim: 0,
			receipt: self.receipt(batch),
			output: market::listed(output.clone()),
		};
		Row { proof: output.len(), ..self.revealed("false length", holds, batch, challenge) }
	}

	fn unlawful(&self, holds: bool) -> Row {
		let challenge = Challenge::Unlawful { claim: TRUE_SPAN, receipt: self.receipt(TRUE) };
		let committed = challenge.clone();
		let prepare = Box::new(move || {
			commit(TRUE, &committed);
			if holds {
				plant();
			}
		});
		Row { proof: 0, prepare, ..self.revealed("unlawful", holds, TRUE, challenge) }
	}

	fn echo(&self, holds: bool) -> Challenge {
		let prompt_offset = self.shown(holds);
		Challenge::PromptEcho {
			claim: TRUE_SPAN,
			receipt: self.receipt(TRUE),
			start: 0,
			length: self.length,
			prompt_offset,
			claimed: self.slice(OUTPUT, self.place),
			prompt: self.slice(PROMPT, prompt_offset),
		}
	}

	fn counterclaim(&self, holds: bool) -> Challenge {
		let offset = self.shown(holds);
		Challenge::Counterclaim {
			claim: TRUE_SPAN,
			receipt: self.receipt(TRUE),
			contribution: market::EARLIER,
			version: market::VERSION,
			offset,
			output: self.slice(OUTPUT, self.place),
			source: self.slice(EARLIER, offset),
		}
	}

	fn unlisted(&self, holds: bool) -> Challenge {
		let offset = self.shown(holds);
		Challenge::UnlistedSource {
			place: 0,
			receipt: self.receipt(TRUE),
			start: self.place,
			length: self.length,
			contribution: market::UNLISTED,
			version: market::VERSION,
			offset,
			output: self.slice(OUTPUT, self.place),
			source: self.slice(UNLISTED, offset),
		}
	}

	/// The passage, or other bytes.
	fn shown(&self, holds: bool) -> u64 {
		if holds {
			self.place
		} else {
			self.elsewhere
		}
	}

	fn answered_unlisted(&self, holds: bool) -> Row {
		let (challenge, offset) = (self.unlisted(true), self.shown(holds));
		let prepare = Box::new(move || {
			commit(TRUE, &challenge);
			let reveal = Call::<Runtime>::reveal { batch: TRUE, salt: SALT, challenge: challenge.clone() };
			by_challenger(reveal.into()).expect("it is unlisted");
		});
		let listed = Listed {
			receipt: self.receipt(TRUE),
			contribution: market::EARLIER,
			version: market::VERSION,
			offset,
			output: self.slice(OUTPUT, self.place),
			source: self.slice(EARLIER, offset),
		};
		let call = Call::<Runtime>::answer_unlisted { batch: TRUE, receipt: 0, start: self.place, listed };
		Row { name: "unlisted source, answered", holds, proof: self.longest(), prepare, call: call.into() }
	}

	fn span_answer(&self, holds: bool) -> Answer {
		Answer::Span {
			receipt: self.receipt(TRUE),
			length: market::listed(self.files[OUTPUT].proven.length_proof.clone()),
			output: self.slice(OUTPUT, self.place),
			// A slice of other bytes proves nothing about those that are claimed.
			source: self.slice(LATER, self.shown(holds)),
		}
	}

	fn piece_answer(&self, holds: bool) -> Answer {
		let leaf = if holds { 0 } else { 1 };
		Answer::Grounded {
			receipt: self.receipt(TRUE),
			leaf,
			leaves: PIECES,
			path: path(&self.pieces, leaf as usize),
		}
	}

	fn answered(&self, name: &'static str, holds: bool, claim: u32, answer: Answer) -> Row {
		let prepare = Box::new(move || demand(claim));
		let call = Call::<Runtime>::answer { batch: TRUE, claim, answer };
		let proof = if claim == GROUNDED { 0 } else { self.longest() };
		Row { name, holds, proof, prepare, call: call.into() }
	}

	fn closed_demand(&self, holds: bool) -> Row {
		let prepare = Box::new(move || {
			demand(TRUE_SPAN);
			late(holds);
		});
		let call = Call::<Runtime>::close_demand { batch: TRUE, claim: TRUE_SPAN };
		Row { name: "demand, not answered", holds, proof: 0, prepare, call: call.into() }
	}

	fn closed_samples(&self, holds: bool) -> Row {
		let prepare = Box::new(move || {
			by_challenger(Call::<Runtime>::draw_samples { batch: TRUE }.into()).expect("they can be drawn");
			late(holds);
		});
		let call = Call::<Runtime>::close_samples { batch: TRUE };
		Row { name: "samples, not answered", holds, proof: 0, prepare, call: call.into() }
	}
}

/// Places among the files.
const EARLIER: usize = 0;
const LATER: usize = 1;
const UNLISTED: usize = 2;
const OUTPUT: usize = 3;
const PROMPT: usize = 4;

fn path(leaves: &[[u8; 32]], place: usize) -> Path {
	market::listed(merkle::prove(leaves, place).expect("it is there"))
}

fn by_challenger(call: RuntimeCall) -> DispatchResultWithPostInfo {
	market::call(&market::account("challenger", 0), call)
}

fn commit(batch: BatchId, challenge: &Challenge) {
	let account = market::account("challenger", 0).encode();
	let hash = commitment(&market::genesis_hash(), &account, &SALT, batch, challenge);
	by_challenger(Call::<Runtime>::commit { batch, hash }.into()).expect("the window is open");
	market::next_block();
}

fn demand(claim: u32) {
	by_challenger(Call::<Runtime>::demand { batch: TRUE, claim }.into()).expect("the window is open");
}

/// Lets the time for an answer pass, if it is to be over.
fn late(over: bool) {
	let parameters = pallet_attribution::CurrentParameters::<Runtime>::get();
	market::pass_ms(if over { parameters.response_ms } else { 0 });
}

/// A claim for what no version holds.
fn plant() {
	pallet_attribution::Claims::<Runtime>::mutate(TRUE, |claims| {
		let claims = claims.as_mut().expect("there are claims");
		claims[TRUE_SPAN as usize].version = DatanetVersion(9);
	});
}
