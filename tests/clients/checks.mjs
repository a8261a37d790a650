// Counts checks of one client and reports them: a line per check, then `N passed, N failed`.
// It must not hide a failure: a check fails when its function throws or does not settle in time.
// Source of the checks: what Substrate clients expect of a node, whatever its implementation.

import { blake3 } from '@noble/hashes/blake3';

const CHECK_TIMEOUT_MS = 60_000;

/** Rejects when `promise` takes longer than `ms`. */
export function within(ms, what, promise) {
	let timer;
	const late = new Promise((_, reject) => {
		timer = setTimeout(() => reject(new Error(`${what}: nothing within ${ms} ms`)), ms);
	});
	return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

export function assert(condition, message) {
	if (!condition) throw new Error(message);
}

export function equal(found, wanted, what) {
	assert(found === wanted, `${what}: found ${found}, wanted ${wanted}`);
}

/**
 * Demands that trie nodes lead from a state root to a value of more than 32 bytes, which is a node of its own: the root is the
 * BLAKE3 hash of one of them, and the hash of each other stands in one above it. All are hexadecimal.
 */
export function leadsTo(value, stateRoot, proof) {
	const bytes = (hex) => Buffer.from(hex.slice(2), 'hex');
	const nodes = proof.map((node) => ({ body: bytes(node), hash: Buffer.from(blake3(bytes(node))) }));
	const root = bytes(stateRoot);
	assert(nodes.length >= 3, `${nodes.length} nodes: a root, a leaf and a value are three`);
	assert(nodes.some(({ hash }) => hash.equals(root)), `no node has the state root ${stateRoot}`);
	for (const { body, hash } of nodes) {
		const above = hash.equals(root) || nodes.some((other) => other.body.includes(hash));
		assert(above, `nothing leads to the node 0x${body.toString('hex')}`);
	}
	const wanted = bytes(value);
	assert(wanted.length > 32, `a value of ${wanted.length} bytes has no node of its own`);
	assert(nodes.some(({ body }) => body.equals(wanted)), `the value ${value} is not among the nodes`);
}

/** Runs checks one after another. */
export class Checks {
	constructor(client) {
		this.client = client;
		this.passed = 0;
		this.failed = 0;
	}

	/** One check. Its value is passed on, so that later checks can build on it. */
	async check(name, body) {
		try {
			const value = await within(CHECK_TIMEOUT_MS, name, body());
			this.passed += 1;
			console.log(`ok    ${this.client}: ${name}`);
			return value;
		} catch (error) {
			this.failed += 1;
			console.log(`FAIL  ${this.client}: ${name}: ${error?.message ?? error}`);
			return undefined;
		}
	}

	/** Prints the sum and ends the process; no check at all is a failure too. */
	finish() {
		console.log(`${this.passed} passed, ${this.failed} failed`);
		process.exit(this.failed > 0 || this.passed === 0 ? 1 : 0);
	}
}
