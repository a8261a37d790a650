// polkadot-api (PAPI) against a running node: node papi.mjs ws://HOST:PORT
// The untyped API, so that everything the client knows comes from the node's metadata and the modern JSON-RPC group.

import { Keyring } from '@polkadot/keyring';
import { cryptoWaitReady, randomAsHex } from '@polkadot/util-crypto';
import { createClient } from 'polkadot-api';
import { getPolkadotSigner } from 'polkadot-api/signer';
import { getWsProvider } from 'polkadot-api/ws';
import WebSocket from 'ws';

import { Checks, assert, equal, leadsTo, within } from './checks.mjs';

const [url] = process.argv.slice(2);
const PLX = 10n ** 12n;
const checks = new Checks('polkadot-api');
await cryptoWaitReady();
const sr25519 = new Keyring({ type: 'sr25519', ss58Format: 42 });
const ed25519 = new Keyring({ type: 'ed25519', ss58Format: 42 });
const signer = (pair, kind) => getPolkadotSigner(pair.publicKey, kind, (bytes) => pair.sign(bytes));
const charlie = sr25519.addFromUri('//Charlie');
const charlieEd = ed25519.addFromUri('//Charlie');
const fresh = () => sr25519.addFromUri(randomAsHex(32)).address;
const id = (address) => ({ type: 'Id', value: address });

const client = createClient(getWsProvider(url, { websocketClass: WebSocket }));
const api = client.getUnsafeApi();

/** The first `count` values of an observable. */
const take = (count, observable) => new Promise((resolve, reject) => {
	const values = [];
	const subscription = observable.subscribe({
		next(value) {
			values.push(value);
			if (values.length < count) return;
			resolve(values);
			queueMicrotask(() => subscription.unsubscribe());
		},
		error: reject,
		complete: () => reject(new Error(`ended after ${values.length} values`)),
	});
});

/** Follows a transaction to finality and keeps the steps that the client reported. */
const send = (transaction, by, options) => within(30_000, 'finality', new Promise((resolve, reject) => {
	const steps = [];
	transaction.signSubmitAndWatch(by, options).subscribe({
		next(step) {
			steps.push(step.type);
			if (step.type === 'finalized') resolve({ ...step, steps });
		},
		error: reject,
	});
}));

const free = async (address) => (await api.query.System.Account.getValue(address, { at: 'best' })).data.free;
const find = (events, pallet, name) => events.find((e) => e.type === pallet && e.value.type === name)?.value.value;

const ready = await checks.check('follows the chain and reads the chain specification', async () => {
	const spec = await within(20_000, 'chain specification', client.getChainSpecData());
	equal(spec.properties.tokenSymbol, 'PLX', 'symbol');
	assert(/^0x[0-9a-f]{64}$/.test(spec.genesisHash), `genesis hash ${spec.genesisHash}`);
	return within(20_000, 'finalised block', client.getFinalizedBlock());
});
if (!ready) checks.finish();

await checks.check('metadata: constants', async () => {
	equal(await api.constants.System.SS58Prefix(), 42, 'ss58');
	equal((await api.constants.System.Version()).spec_name, 'plexus', 'spec name');
	equal(await api.constants.Balances.ExistentialDeposit(), PLX / 1000n, 'existential deposit');
});

await checks.check('storage: value, entries', async () => {
	assert((await free(charlie.address)) > 1000n * PLX, 'Charlie has no money');
	const entries = await api.query.System.Account.getEntries();
	assert(entries.length >= 6, `${entries.length} accounts`);
});

await checks.check('subscriptions: finalised blocks, best blocks, storage', async () => {
	const finalised = await within(15_000, 'finalised blocks', take(3, client.finalizedBlock$));
	equal(finalised[2].number, finalised[0].number + 2, 'three in a row');
	const best = await within(15_000, 'best blocks', take(3, client.bestBlocks$));
	assert(best[2][0].number > best[0][0].number, 'the best block advances');
	const times = await within(15_000, 'timestamps', take(3, api.query.Timestamp.Now.watchValue()));
	assert(times[2].value > times[0].value, 'time advances');
});

for (const [name, pair, kind] of [['sr25519', charlie, 'Sr25519'], ['ed25519', charlieEd, 'Ed25519']]) {
	await checks.check(`${name} transfer to finality, its events, and the fee as announced`, async () => {
		const to = fresh();
		const before = await free(pair.address);
		const transaction = api.tx.Balances.transfer_keep_alive({ dest: id(to), value: 2n * PLX });
		const announced = await transaction.getEstimatedFees(pair.address);
		const result = await send(transaction, signer(pair, kind));
		assert(result.ok, 'it failed');
		assert(result.steps.includes('txBestBlocksState'), `steps ${result.steps}`);
		const transfer = find(result.events, 'Balances', 'Transfer');
		equal(transfer.amount, 2n * PLX, 'amount');
		equal(transfer.from, pair.address, 'from');
		equal(transfer.to, to, 'to');
		assert(find(result.events, 'System', 'ExtrinsicSuccess'), 'no System.ExtrinsicSuccess');
		const { actual_fee: paid } = find(result.events, 'TransactionPayment', 'TransactionFeePaid');
		equal(paid, announced, 'fee paid and estimate');
		equal(before - (await free(pair.address)), 2n * PLX + paid, 'what the sender lost');
		equal(await free(to), 2n * PLX, 'what the receiver got');
	});
}

await checks.check('an immortal transaction with a tip', async () => {
	const transaction = api.tx.Balances.transfer_keep_alive({ dest: id(fresh()), value: PLX });
	const result = await send(transaction, signer(charlie, 'Sr25519'), { mortality: { mortal: false }, tip: 7n });
	equal(find(result.events, 'TransactionPayment', 'TransactionFeePaid').tip, 7n, 'tip');
});

await checks.check('batch: two calls in one transaction', async () => {
	const to = [fresh(), fresh()];
	const calls = to.map((address) => api.tx.Balances.transfer_keep_alive({ dest: id(address), value: PLX }).decodedCall);
	const result = await send(api.tx.Utility.batch_all({ calls }), signer(charlie, 'Sr25519'));
	assert(result.ok, 'it failed');
	for (const address of to) equal(await free(address), PLX, 'received');
});

await checks.check('a failing call is decoded by name', async () => {
	const transaction = api.tx.Proxy.remove_proxy({ delegate: id(fresh()), proxy_type: { type: 'Any', value: undefined }, delay: 0 });
	const result = await send(transaction, signer(charlie, 'Sr25519'));
	equal(result.ok, false, 'ok');
	equal(result.dispatchError.type, 'Module', 'kind');
	equal(result.dispatchError.value.type, 'Proxy', 'pallet');
	equal(result.dispatchError.value.value.type, 'NotFound', 'error');
});

await checks.check('runtime APIs: nonce, datanets', async () => {
	const nonce = await api.apis.AccountNonceApi.account_nonce(charlie.address);
	equal(nonce, (await api.query.System.Account.getValue(charlie.address)).nonce, 'nonce');
	equal(await api.apis.DatanetsApi.datanet(4_000_000_000), undefined, 'a datanet that is not there');
});

await checks.check('block bodies', async () => {
	const { hash } = await client.getFinalizedBlock();
	const body = await client.getBlockBody(hash);
	assert(body.length >= 1, 'no inherent in the body');
});

await checks.check('a storage proof leads from the state root to the account', async () => {
	const { hash } = await client.getFinalizedBlock();
	const key = await api.query.System.Account.getKey(charlie.address);
	const { at, proof } = await client._request('state_getReadProof', [[key], hash]);
	equal(at, hash, 'at');
	const { stateRoot } = await client._request('chain_getHeader', [hash]);
	leadsTo(await client._request('state_getStorage', [key, hash]), stateRoot, proof);
});

client.destroy();
checks.finish();
