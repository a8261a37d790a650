// @polkadot/api against a running node: node polkadot-js.mjs ws://HOST:PORT
// Unmodified client, no types of our own registered: what it knows it has read from the metadata.

import { readFile } from 'node:fs/promises';

import { blake3 } from '@noble/hashes/blake3';
import { ApiPromise, Keyring, WsProvider } from '@polkadot/api';
import { bnToU8a, hexToU8a, stringToU8a, u8aConcat, u8aToHex } from '@polkadot/util';
import { randomAsHex, randomAsU8a } from '@polkadot/util-crypto';

import { Checks, assert, equal, leadsTo, within } from './checks.mjs';

const [url] = process.argv.slice(2);
const PLX = 10n ** 12n;
/** Longest content that is one chunk of BLAKE3's tree. */
const CHUNK_BYTES = 1024;
const checks = new Checks('@polkadot/api');
const sr25519 = new Keyring({ type: 'sr25519', ss58Format: 42 });
const ed25519 = new Keyring({ type: 'ed25519', ss58Format: 42 });
const alice = sr25519.addFromUri('//Alice');
const aliceEd = ed25519.addFromUri('//Alice');
const bob = sr25519.addFromUri('//Bob');

const provider = new WsProvider(url, false);
const connected = await checks.check('connects, reads metadata and decorates the API', async () => {
	await provider.connect();
	return ApiPromise.create({ provider, throwOnConnect: true, noInitWarn: true });
});
if (!connected) checks.finish();
const api = connected;

/** A new account nobody has used. */
const fresh = () => sr25519.addFromUri(randomAsHex(32)).address;

const free = async (address) => (await api.query.system.account(address)).data.free.toBigInt();

/** Signs, sends and follows a transaction to finality; keeps the statuses it saw. */
function send(transaction, signer, options = {}) {
	const seen = [];
	return within(30_000, 'finality', new Promise((resolve, reject) => {
		let unsubscribe;
		transaction.signAndSend(signer, options, (result) => {
			seen.push(result.status.type);
			if (result.isError) reject(new Error(`transaction ended as ${result.status.type}`));
			if (!result.status.isFinalized) return;
			unsubscribe?.();
			resolve({ ...result, seen, events: result.events.map(({ event }) => event) });
		}).then((stop) => { unsubscribe = stop; }, reject);
	}));
}

const find = (events, section, method) => events.find((e) => e.section === section && e.method === method);

/** The events of a transaction that has to succeed. */
async function succeeds(transaction, signer) {
	const { dispatchError, events } = await send(transaction, signer);
	assert(!dispatchError, `failed: ${dispatchError}`);
	return events;
}

/** A transaction that has to fail with a pallet's error, which is `pallet.Name`. */
async function fails(transaction, signer, error) {
	const { dispatchError } = await send(transaction, signer);
	assert(dispatchError?.isModule, `no module error, but ${dispatchError}`);
	const { section, name } = api.registry.findMetaError(dispatchError.asModule);
	equal(`${section}.${name}`, error, 'error');
}

async function transfers(name, signer) {
	await checks.check(`${name} transfer to finality, its events, and the fee as announced`, async () => {
		const to = fresh();
		const amount = 3n * PLX;
		const before = await free(signer.address);
		const transaction = api.tx.balances.transferKeepAlive(to, amount);
		const { partialFee } = await transaction.paymentInfo(signer);
		const { seen, events } = await send(transaction, signer);
		assert(seen.includes('InBlock'), `inBlock was not seen, only ${seen}`);
		const transfer = find(events, 'balances', 'Transfer');
		assert(transfer, 'no Balances.Transfer event');
		equal(transfer.data.from.toString(), signer.address, 'from');
		equal(transfer.data.to.toString(), to, 'to');
		equal(transfer.data.amount.toBigInt(), amount, 'amount');
		assert(find(events, 'system', 'ExtrinsicSuccess'), 'no System.ExtrinsicSuccess event');
		const paid = find(events, 'transactionPayment', 'TransactionFeePaid').data.actualFee.toBigInt();
		equal(paid, partialFee.toBigInt(), 'fee paid and partialFee');
		equal(before - (await free(signer.address)), amount + paid, 'what the sender lost');
		equal(await free(to), amount, 'what the receiver got');
	});
}

await checks.check('metadata names the pallets and the constants', async () => {
	const pallets = api.runtimeMetadata.asLatest.pallets.map((p) => p.name.toString());
	for (const name of ['System', 'Timestamp', 'Balances', 'TransactionPayment', 'Utility', 'Multisig', 'Proxy', 'Sudo', 'Validators',
		'Datanets', 'Agents', 'Models', 'Receipts', 'Rewards', 'Attribution']) {
		assert(pallets.includes(name), `no pallet ${name} in ${pallets}`);
	}
	equal(api.consts.system.ss58Prefix.toNumber(), 42, 'ss58Prefix');
	equal(api.consts.balances.existentialDeposit.toBigInt(), PLX / 1000n, 'existential deposit');
	assert(api.consts.timestamp.minimumPeriod.toNumber() >= 100, 'minimum period');
	equal(api.runtimeVersion.specName.toString(), 'plexus', 'specName');
});

await checks.check('chain properties', async () => {
	equal(api.registry.chainSS58, 42, 'ss58');
	equal(api.registry.chainDecimals[0], 12, 'decimals');
	equal(api.registry.chainTokens[0], 'PLX', 'symbol');
});

for (const version of [14, 15, 16]) {
	await checks.check(`metadata version ${version} is served`, async () => {
		const opaque = await api.call.metadata.metadataAtVersion(version);
		assert(opaque.isSome, 'not served');
		const bytes = opaque.unwrap().toU8a(true);
		const start = bytes.indexOf(0x6d); // "meta", after the length
		equal(bytes[start + 4], version, 'the version inside');
	});
}

await checks.check('storage: account, map entries, keys, value at a block', async () => {
	assert((await free(alice.address)) > 1000n * PLX, 'Alice has no money');
	const entries = await api.query.system.account.entries();
	assert(entries.length >= 6, `only ${entries.length} accounts`);
	const hash = await api.rpc.chain.getFinalizedHead();
	const at = await api.at(hash);
	assert((await at.query.timestamp.now()).toNumber() > 0, 'no timestamp');
	const many = await api.query.system.account.multi([alice.address, bob.address]);
	equal(many.length, 2, 'multi');
});

for (const [name, subscribe] of [
	['new heads', (f) => api.rpc.chain.subscribeNewHeads(f)],
	['finalised heads', (f) => api.rpc.chain.subscribeFinalizedHeads(f)],
	['all heads', (f) => api.rpc.chain.subscribeAllHeads(f)],
]) {
	await checks.check(`subscription: ${name}, three in a row`, () => within(15_000, name, new Promise((resolve, reject) => {
		const numbers = [];
		const stop = subscribe((header) => {
			numbers.push(header.number.toNumber());
			if (numbers.length < 3) return;
			stop.then((f) => f());
			numbers[1] === numbers[0] + 1 && numbers[2] === numbers[1] + 1 ? resolve() : reject(new Error(`heads ${numbers}`));
		});
		stop.catch(reject);
	})));
}

await checks.check('subscription: storage changes', () => within(15_000, 'timestamps', new Promise((resolve, reject) => {
	const times = [];
	const stop = api.query.timestamp.now((now) => {
		times.push(now.toNumber());
		if (times.length < 3) return;
		stop.then((f) => f());
		times[0] < times[1] && times[1] < times[2] ? resolve() : reject(new Error(`timestamps ${times}`));
	});
	stop.catch(reject);
})));

await transfers('sr25519', alice);
await transfers('ed25519', aliceEd);

await checks.check('an immortal transaction with a tip', async () => {
	const tip = PLX / 10n;
	const { events } = await send(api.tx.balances.transferKeepAlive(fresh(), PLX), bob, { era: 0, tip });
	equal(find(events, 'transactionPayment', 'TransactionFeePaid').data.tip.toBigInt(), tip, 'tip');
});

await checks.check('nonce counts the pool', async () => {
	const nonce = (await api.rpc.system.accountNextIndex(bob.address)).toNumber();
	equal((await api.query.system.account(bob.address)).nonce.toNumber(), nonce, 'nonce without pending transactions');
	const pending = [0, 1, 2].map((i) => api.tx.balances.transferKeepAlive(fresh(), PLX).signAsync(bob, { nonce: nonce + i }));
	const signed = await Promise.all(pending);
	const hashes = await Promise.all(signed.map((t) => api.rpc.author.submitExtrinsic(t)));
	equal(hashes[0].toHex(), signed[0].hash.toHex(), 'hash');
	equal((await api.rpc.system.accountNextIndex(bob.address)).toNumber(), nonce + 3, 'nonce with three submitted');
});

await checks.check('batchAll: three transfers in one transaction', async () => {
	const to = [fresh(), fresh(), fresh()];
	const { events } = await send(api.tx.utility.batchAll(to.map((t) => api.tx.balances.transferKeepAlive(t, PLX))), alice);
	assert(find(events, 'utility', 'BatchCompleted'), 'no Utility.BatchCompleted');
	equal(events.filter((e) => e.section === 'utility' && e.method === 'ItemCompleted').length, 3, 'items');
	for (const t of to) equal(await free(t), PLX, 'received');
});

await checks.check('a failing call is decoded by name', async () => {
	const { dispatchError } = await send(api.tx.proxy.removeProxy(alice.address, 'Any', 0), bob);
	assert(dispatchError?.isModule, 'no module error');
	const { section, name, docs } = api.registry.findMetaError(dispatchError.asModule);
	equal(`${section}.${name}`, 'proxy.NotFound', 'error');
	assert(docs.length > 0, 'the error has no documentation');
});

await checks.check('a transfer above the balance fails with the token error, and the fee is paid', async () => {
	const before = await free(bob.address);
	const { dispatchError, events } = await send(api.tx.balances.transferKeepAlive(alice.address, 10n ** 30n), bob);
	assert(dispatchError?.isToken || dispatchError?.isArithmetic || dispatchError?.isModule, `unexpected ${dispatchError}`);
	assert(find(events, 'system', 'ExtrinsicFailed'), 'no System.ExtrinsicFailed');
	assert((await free(bob.address)) < before, 'no fee was taken');
});

await checks.check('a used nonce is refused with code 1010 and a reason', async () => {
	const signed = await api.tx.balances.transferKeepAlive(fresh(), PLX).signAsync(bob, { nonce: 0 });
	const refused = await api.rpc.author.submitExtrinsic(signed).then(() => undefined, (error) => error);
	assert(refused, 'it was accepted');
	equal(refused.code, 1010, 'code');
	assert(/stale|nonce|outdated/i.test(`${refused.message} ${refused.data}`), `no reason in: ${refused.message} ${refused.data}`);
});

await checks.check('a storage proof leads from the state root to the account', async () => {
	const hash = await api.rpc.chain.getFinalizedHead();
	const key = api.query.system.account.key(alice.address);
	const { at, proof } = await api.rpc.state.getReadProof([key], hash);
	equal(at.toHex(), hash.toHex(), 'at');
	const { stateRoot } = await api.rpc.chain.getHeader(hash);
	const value = await provider.send('state_getStorage', [key, hash.toHex()]);
	leadsTo(value, stateRoot.toHex(), proof.map((node) => u8aToHex(node.toU8a(true))));
});

await checks.check('blocks carry what was sent', async () => {
	const sent = api.tx.system.remark('0x706c65787573');
	const { status } = await send(sent, alice);
	const { block } = await api.rpc.chain.getBlock(status.asFinalized);
	const remarks = block.extrinsics.filter((e) => e.method.section === 'system' && e.method.method === 'remark');
	equal(remarks.length, 1, 'remarks in the block');
	equal(remarks[0].signer.toString(), alice.address, 'signer');
	equal(block.extrinsics[0].method.section, 'timestamp', 'the inherent comes first');
});

const datanet = await checks.check('a datanet is created and found', async () => {
	const name = `polkadot.js ${Date.now()}`;
	const { dispatchError, events } = await send(api.tx.datanets.createDatanet(name, ['clients'], { Spdx: 'CC-BY-4.0' }, 'Open'), alice);
	assert(!dispatchError, `failed: ${dispatchError}`);
	const created = events.find((e) => e.section === 'datanets');
	assert(created, 'no event of the pallet');
	const id = created.data[0];
	const found = await api.call.datanetsApi.datanet(id);
	assert(found.isSome, 'the runtime API does not find it');
	equal(found.unwrap().name.toUtf8(), name, 'name');
	equal(found.unwrap().owner.toString(), alice.address, 'owner');
	return id;
});

/** The Bao slice of the only chunk: the length as eight little-endian bytes, then the bytes themselves. */
function lengthProof(bytes) {
	assert(bytes.length > 0 && bytes.length <= CHUNK_BYTES, `${bytes.length} bytes are not one chunk`);
	const proof = new Uint8Array(8 + bytes.length);
	new DataView(proof.buffer).setBigUint64(0, BigInt(bytes.length), true);
	proof.set(bytes, 8);
	return proof;
}

await checks.check('a file is contributed, paid for and found by its root', async () => {
	assert(datanet !== undefined, 'there is no datanet to contribute to');
	const file = await readFile(new URL('package.json', import.meta.url));
	const root = u8aToHex(blake3(file));
	const contribute = (proof) => api.tx.datanets.contribute(
		datanet, { root, len: file.length }, 'application/json', 'https://example.org/package.json', u8aToHex(proof));

	const wrong = lengthProof(file);
	wrong[8] ^= 1;
	const refused = await send(contribute(wrong), bob);
	assert(refused.dispatchError?.isModule, 'bytes of another root were taken');
	const { section, name } = api.registry.findMetaError(refused.dispatchError.asModule);
	equal(`${section}.${name}`, 'datanets.InvalidLengthProof', 'error');
	equal(await provider.send('datanet_contributionByRoot', [root]), null, 'what the root leads to before');

	const before = await free(bob.address);
	const transaction = contribute(lengthProof(file));
	const { partialFee } = await transaction.paymentInfo(bob);
	const { dispatchError, events } = await send(transaction, bob);
	assert(!dispatchError, `failed: ${dispatchError}`);
	const registered = find(events, 'datanets', 'ContributionRegistered').data;
	equal(registered.content.root.toHex(), root, 'root in the event');
	const paid = find(events, 'transactionPayment', 'TransactionFeePaid').data;
	equal(paid.who.toString(), bob.address, 'who paid the fee');
	const fee = paid.actualFee.toBigInt();
	assert(fee > 0n && fee <= partialFee.toBigInt(), `fee ${fee}, announced as ${partialFee}`);

	const found = await provider.send('datanet_contributionByRoot', [root]);
	equal(BigInt(found.id), registered.contribution.toBigInt(), 'id');
	equal(found.datanet, datanet.toNumber(), 'datanet');
	equal(found.contributor, bob.address, 'contributor');
	equal(found.root, root, 'root');
	equal(found.length, file.length, 'length');
	equal(found.mediaType, 'application/json', 'media type');
	const deposits = registered.deposit.toBigInt() + registered.storageDeposit.toBigInt();
	equal(before - (await free(bob.address)), fee + deposits, 'what the contributor spent and deposited');
});

await checks.check('a key that owns nothing acts for an agent, which pays the fee', async () => {
	const registered = await send(api.tx.agents.register({ card: null, services: [], tags: ['translation/de'] }), alice);
	assert(!registered.dispatchError, `failed: ${registered.dispatchError}`);
	const { agent, account } = find(registered.events, 'agents', 'AgentRegistered').data;
	await send(api.tx.balances.transferKeepAlive(account, 50n * PLX), alice);
	const key = sr25519.addFromUri(randomAsHex(32));
	const terms = { scopes: ['Payments'], budget: 5n * PLX, feeBudget: PLX, periodMs: 3_600_000, expiresAtMs: 315_360_000_000 };
	const granted = await send(api.tx.agents.delegate(agent, null, key.address, terms), alice);
	assert(!granted.dispatchError, `failed: ${granted.dispatchError}`);
	const { delegation } = find(granted.events, 'agents', 'Delegated').data;

	const shop = fresh();
	const before = await free(account);
	const pay = (amount) => api.tx.agents.act(agent, delegation, api.tx.balances.transferKeepAlive(shop, amount));
	const { dispatchError, events } = await send(pay(2n * PLX), key);
	assert(!dispatchError, `failed: ${dispatchError}`);
	const fee = find(events, 'agents', 'FeePaid').data.fee.toBigInt();
	equal(before - (await free(account)), 2n * PLX + fee, 'what the agent lost');
	equal(await free(shop), 2n * PLX, 'what the shop got');
	equal((await api.query.system.account(key.address)).nonce.toNumber(), 1, 'nonce of the key');
	equal(await free(key.address), 0n, 'what the key owns');

	const beyond = await send(pay(4n * PLX), key);
	const { section, name } = api.registry.findMetaError(beyond.dispatchError.asModule);
	equal(`${section}.${name}`, 'agents.BudgetExceeded', 'error');
	equal(await free(shop), 2n * PLX, 'what the shop got beyond the budget');
	const outside = await api.tx.agents.act(agent, delegation, api.tx.system.remark('0x00')).signAsync(key);
	const refused = await api.rpc.author.submitExtrinsic(outside).then(() => undefined, (error) => error);
	assert(/OutsideScope/.test(`${refused?.message} ${refused?.data}`), `not refused for its scope: ${refused}`);
	const left = await api.call.agentsApi.allowance(agent, delegation);
	equal(left.asOk.budgetLeft.toBigInt(), 3n * PLX, 'what is left of the budget');
});

/** How old a commitment and a contribution have to be in development, on the chain's clock. */
const COMMITMENT_AGE_MS = 2_000;
const FEE = 10n * PLX;
const WHOLE = 1_000_000_000;

/** What stands before all that is hashed or signed for a purpose on this chain. */
const domain = (tag) => u8aConcat(stringToU8a(tag.padEnd(16, '\0')), api.genesisHash.toU8a());
const integer = (value, bitLength) => bnToU8a(BigInt(value.toString()), { bitLength, isLe: true });
const content = (bytes) => ({ root: u8aToHex(blake3(bytes)), len: bytes.length });

/** Waits for a block whose time is later by more than this. */
const passes = (ms) => within(30_000, `${ms} ms on the chain`, new Promise((resolve, reject) => {
	let first;
	const stop = api.query.timestamp.now((now) => {
		first ??= now.toNumber();
		if (now.toNumber() - first <= ms) return;
		stop.then((f) => f());
		resolve();
	});
	stop.catch(reject);
}));

const trained = await checks.check('a model is registered that was trained on a curated version', async () => {
	const [file, artifact, salt] = [randomAsU8a(100), randomAsU8a(100), randomAsU8a(32)];
	const hash = blake3(u8aConcat(domain('plexus/modelcmt'), alice.publicKey, salt, blake3(artifact)));
	await succeeds(api.tx.models.commit(u8aToHex(hash)), alice);
	const curated = api.tx.datanets.createDatanet(`curated ${Date.now()}`, [], { Spdx: 'CC-BY-4.0' }, { Curated: [alice.address] });
	const { datanet } = find(await succeeds(curated, alice), 'datanets', 'DatanetCreated').data;
	const contribute = api.tx.datanets.contribute(datanet, content(file), 'text/plain', '0x', u8aToHex(lengthProof(file)));
	const { contribution } = find(await succeeds(contribute, bob), 'datanets', 'ContributionRegistered').data;
	await passes(COMMITMENT_AGE_MS);
	await succeeds(api.tx.datanets.review(contribution, { Accept: { weight: 1 } }), alice);
	const { version } = find(await succeeds(api.tx.datanets.publish(datanet), alice), 'datanets', 'VersionPublished').data;
	const spec = {
		kind: 'Base',
		artifact: content(artifact),
		card: content(stringToU8a('# A model')),
		parents: [],
		manifest: [{ datanet, version, share: WHOLE }],
		policy: { server: WHOLE / 2, developer: WHOLE * 3 / 10, data: WHOLE / 5 },
		asks: { royalty: 0, data: 0 },
	};
	const registration = { spec, locators: { artifact: '0x', card: '0x' }, lengthProof: u8aToHex(lengthProof(artifact)) };
	const events = await succeeds(api.tx.models.register(u8aToHex(salt), [registration]), alice);
	const { model } = find(events, 'models', 'ModelRegistered').data;
	return { datanet, version, model };
});

/** What the signer of a channel signs over its first receipt, which has neither a context nor an output that may be shown. */
function voucher(channel, { model, prompt, output }, fee) {
	const named = ({ root, len }) => u8aConcat(hexToU8a(root), integer(len, 64));
	const first = blake3(u8aConcat(domain('plexus/receipts'), integer(channel, 64)));
	const acc = blake3(u8aConcat(
		first, integer(1, 64), integer(model, 64), named(prompt), [0], named(output), integer(fee, 128), [0]));
	return u8aConcat(domain('plexus/voucher'), integer(channel, 64), integer(fee, 128), integer(1, 64), acc);
}

const redeemed = await checks.check('a channel is opened, and a voucher over a receipt redeemed', async () => {
	assert(trained, 'there is no model to pay for');
	const { model } = trained;
	const registered = await succeeds(api.tx.agents.register({ card: null, services: [], tags: [] }), alice);
	const { agent, account } = find(registered, 'agents', 'AgentRegistered').data;
	await succeeds(api.tx.balances.transferKeepAlive(account, 50n * PLX), alice);
	const terms = { signer: bob.address, models: [model], corpora: [], expiresAtMs: 31_536_000_000 };
	const opened = find(await succeeds(api.tx.receipts.open(agent, terms, 2n * FEE), bob), 'receipts', 'ChannelOpened').data;
	const { channel } = opened;
	equal(opened.payer.toString(), bob.address, 'payer');
	equal(opened.locked.toBigInt(), 2n * FEE, 'locked');

	const [prompt, output] = ['what is a flower?', 'a part of a plant'].map((text) => content(stringToU8a(text)));
	const receipt = { model, prompt, context: null, output, fee: FEE, disclose: false, execution: null };
	const submit = (signed) => {
		const redemption = { channel, receipts: [receipt], signature: { Sr25519: u8aToHex(bob.sign(signed)) } };
		return api.tx.agents.control(agent, api.tx.attribution.submit(agent, [redemption], []));
	};
	await fails(submit(voucher(channel, receipt, FEE - 1n)), alice, 'receipts.InvalidVoucher');
	const events = await succeeds(submit(voucher(channel, receipt, FEE)), alice);
	equal(find(events, 'receipts', 'BatchSubmitted').data.gross.toBigInt(), FEE, 'gross');
	const earned = find(events, 'receipts', 'ModelEarned').data;
	// Three in a hundred are the protocol's; of the rest a half is the server's and a fifth the data's.
	const net = FEE * 97n / 100n;
	equal(earned.protocol.toBigInt(), FEE - net, 'what the protocol earned');
	equal(earned.toServer.toBigInt(), net / 2n, 'what the server earned');
	equal(earned.toData.toBigInt(), net / 5n, 'what the data earned');
	const paid = find(await succeeds(api.tx.receipts.withdraw(account), bob), 'receipts', 'Withdrawn').data;
	equal(paid.amount.toBigInt(), net / 2n, 'what the server was paid');
	return net / 5n;
});

await checks.check('what data earned is distributed, claimed and withdrawn once', async () => {
	assert(redeemed, 'the data earned nothing');
	const { datanet, version, model } = trained;
	const distributed = find(await succeeds(api.tx.rewards.distribute(model, 0), alice), 'rewards', 'Distributed').data;
	equal(distributed.amount.toBigInt(), redeemed, 'what went to the version');
	const claim = api.tx.rewards.claim(bob.address, [{ datanet, from: version, until: null }]);
	const credited = find(await succeeds(claim, alice), 'rewards', 'PositionCredited').data;
	equal(credited.holder.asAccount.toString(), bob.address, 'holder');
	equal(credited.amount.toBigInt(), redeemed, 'what was credited');
	const before = await free(bob.address);
	await succeeds(api.tx.rewards.withdraw(bob.address), alice);
	equal((await free(bob.address)) - before, redeemed, 'what was paid');
	await fails(api.tx.rewards.withdraw(bob.address), alice, 'rewards.NothingDue');
	await fails(api.tx.rewards.distribute(model, 1), alice, 'rewards.UnknownEntry');
});

await checks.check('a method of attribution is registered once, and no unknown batch is objected to', async () => {
	const method = { algorithm: `client ${Date.now()}`, version: 1, parameters: 'min=32' };
	const registered = find(await succeeds(api.tx.attribution.registerMethod(method), alice), 'attribution', 'MethodRegistered').data;
	equal(registered.by.toString(), alice.address, 'by');
	equal(registered.description.algorithm.toUtf8(), method.algorithm, 'algorithm');
	await fails(api.tx.attribution.registerMethod(method), alice, 'attribution.MethodExists');
	await fails(api.tx.attribution.demand(2 ** 40, 0), alice, 'attribution.UnknownBatch');
});

await checks.check('no method that the client calls is missing', async () => {
	const { methods } = await api.rpc.rpc.methods();
	const names = methods.map((m) => m.toString());
	for (const name of ['state_getStorageAt', 'state_queryStorageAt', 'chain_getHead', 'account_nextIndex', 'chainHead_v1_follow',
		'transaction_v1_broadcast', 'transactionWatch_v1_submitAndWatch', 'archive_v1_body', 'chainSpec_v1_genesisHash']) {
		assert(names.includes(name), `${name} is not listed`);
	}
});

await api.disconnect();
checks.finish();
