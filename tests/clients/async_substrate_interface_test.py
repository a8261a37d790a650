"""async-substrate-interface against a running node: async_substrate_interface_test.py ws://HOST:PORT

At the pinned version subscribe_storage fails in the client itself when it ends: it takes its found flag for the node's answer. The
notifications reach the handler before that, and they are what the node is checked by.
"""

import asyncio
import sys

import ed25519_zebra
import sr25519
from async_substrate_interface.async_substrate import AsyncSubstrateInterface
from async_substrate_interface.errors import SubstrateRequestException
from scalecodec.utils.ss58 import ss58_encode

from checks import DEV_SEED, PLX, SS58, Checks, ed25519_dev_seed, equal, fresh_seed

ED25519, SR25519 = 0, 1
HEADS = 3


class Key:
    """What the client asks of a key pair; it brings none of its own."""

    ss58_format = SS58

    def __init__(self, crypto_type, public_key, secret):
        self.crypto_type, self.public_key, self.secret = crypto_type, public_key, secret
        self.ss58_address = ss58_encode(public_key, SS58)

    def sign(self, data):
        data = bytes.fromhex(data.removeprefix("0x")) if isinstance(data, str) else bytes(data)
        if self.crypto_type == SR25519:
            return sr25519.sign((self.public_key, self.secret), data)
        return ed25519_zebra.ed_sign(self.secret, data)


def sr25519_dev(name):
    junction = (bytes([len(name) << 2]) + name.encode()).ljust(32, b"\0")
    public, secret = sr25519.pair_from_seed(DEV_SEED)
    _, public, secret = sr25519.hard_derive_keypair((junction, public, secret), b"")
    return Key(SR25519, public, secret)


def ed25519_dev(name):
    secret, public = ed25519_zebra.ed_from_seed(ed25519_dev_seed(name))
    return Key(ED25519, public, secret)


def fresh():
    return ss58_encode(sr25519.pair_from_seed(fresh_seed())[0], SS58)


async def transfer_call(substrate, to, amount):
    return await substrate.compose_call("Balances", "transfer_keep_alive", {"dest": to, "value": amount})


async def free(substrate, address):
    return (await substrate.query("System", "Account", [address])).value["data"]["free"]


async def send(substrate, call, signer, **options):
    extrinsic = await substrate.create_signed_extrinsic(call, signer, **options)
    receipt = await substrate.submit_extrinsic(extrinsic, wait_for_finalization=True)
    assert receipt.finalized, "not finalised"
    return receipt


async def events_of(receipt, module, name):
    """Attributes of the transaction's events of one kind."""
    found = []
    for event in await receipt.triggered_events:
        event = getattr(event, "value", event)
        event = event.get("event", event) if "module_id" not in event else event
        if event["module_id"] == module and event["event_id"] == name:
            found.append(event["attributes"])
    return found


async def chain(substrate):
    equal(await substrate.token_decimals, 12, "decimals")
    equal(await substrate.token_symbol, "PLX", "symbol")
    deposit = await substrate.get_constant("Balances", "ExistentialDeposit")
    equal(deposit.value, PLX // 1000, "existential deposit")


async def storage(substrate, account):
    assert await free(substrate, account.ss58_address) > 1000 * PLX, "no money: zeros mean that a storage method is missing"
    accounts = await substrate.query_map("System", "Account", page_size=4)
    seen = 0
    async for _ in accounts:
        seen += 1
    assert seen >= 6, f"{seen} accounts"


async def heads(substrate):
    for finalised in (False, True):
        numbers = []

        async def on_head(header):
            numbers.append(header["header"]["number"])
            return numbers if len(numbers) == HEADS else None

        await asyncio.wait_for(substrate.subscribe_block_headers(on_head, finalized_only=finalised), 20)
        equal(numbers, list(range(numbers[0], numbers[0] + HEADS)), f"numbers (finalised: {finalised})")


async def storage_subscription(substrate):
    times = []

    async def on_change(key, value, subscription):
        times.append(value)
        return times if len(times) == HEADS else None

    key = await substrate.create_storage_key("Timestamp", "Now", [])
    try:
        await asyncio.wait_for(substrate.subscribe_storage([key], on_change), 20)
    except TypeError as error:
        assert "bool" in str(error), f"another failure of the client: {error}"
    assert len(times) == HEADS, f"{len(times)} notifications"
    assert times[0] < times[1] < times[2], f"timestamps {times}"


async def transfer(substrate, signer):
    to, amount = fresh(), 2 * PLX
    before = await free(substrate, signer.ss58_address)
    call = await transfer_call(substrate, to, amount)
    announced = (await substrate.get_payment_info(call, signer))["partial_fee"]
    receipt = await send(substrate, call, signer)
    assert await receipt.is_success, await receipt.error_message
    [moved] = [e for e in await events_of(receipt, "Balances", "Transfer") if e["to"] == to]
    equal(moved["amount"], amount, "amount")
    equal(moved["from"], signer.ss58_address, "from")
    equal(len(await events_of(receipt, "System", "ExtrinsicSuccess")), 1, "ExtrinsicSuccess")
    equal(await receipt.total_fee_amount, announced, "fee paid and estimate")
    equal(before - await free(substrate, signer.ss58_address), amount + announced, "what the sender lost")
    equal(await free(substrate, to), amount, "what the receiver got")


async def mortal(substrate, signer):
    receipt = await send(substrate, await transfer_call(substrate, fresh(), PLX), signer, era={"period": 64})
    assert await receipt.is_success, await receipt.error_message


async def nonce(substrate, account):
    async def next_index():
        return (await substrate.rpc_request("account_nextIndex", [account.ss58_address]))["result"]

    before = await next_index()
    call = await transfer_call(substrate, fresh(), PLX)
    extrinsic = await substrate.create_signed_extrinsic(call, account, nonce=before)
    await substrate.submit_extrinsic(extrinsic)
    equal(await next_index(), before + 1, "nonce with the pool")


async def batch(substrate, signer):
    to = [fresh(), fresh()]
    calls = [await transfer_call(substrate, address, PLX) for address in to]
    receipt = await send(substrate, await substrate.compose_call("Utility", "batch_all", {"calls": calls}), signer)
    assert await receipt.is_success, await receipt.error_message
    for address in to:
        equal(await free(substrate, address), PLX, "received")


async def failing(substrate, signer):
    arguments = {"delegate": fresh(), "proxy_type": "Any", "delay": 0}
    receipt = await send(substrate, await substrate.compose_call("Proxy", "remove_proxy", arguments), signer)
    assert not await receipt.is_success, "it succeeded"
    message = await receipt.error_message
    equal(message["name"], "NotFound", "error")
    assert message["docs"], "the error has no documentation"


async def refused(substrate, signer):
    call = await transfer_call(substrate, fresh(), PLX)
    extrinsic = await substrate.create_signed_extrinsic(call, signer, nonce=0)
    try:
        await substrate.submit_extrinsic(extrinsic)
    except SubstrateRequestException as error:
        # The client keeps the message of the error object, not its code.
        assert "Invalid Transaction" in str(error), f"another refusal: {error}"
        return
    finally:
        substrate.clear_nonce_cache_for_account(signer.ss58_address)
    raise AssertionError("a used nonce was accepted")


async def proof(substrate, account):
    key = (await substrate.create_storage_key("System", "Account", [account.ss58_address])).to_hex()
    head = await substrate.get_chain_finalised_head()
    result = (await substrate.rpc_request("state_getReadProof", [[key], head]))["result"]
    equal(result["at"], head, "at")
    assert len(result["proof"]) >= 2, f"{len(result['proof'])} nodes"


async def blocks(substrate):
    block = await substrate.get_block(await substrate.get_chain_finalised_head())
    first = block["extrinsics"][0]
    call = getattr(first, "value", first)["call"]
    equal((call["call_module"], call["call_function"]), ("Timestamp", "set"), "the inherent")


async def run(url):
    checks = Checks("async-substrate-interface")
    eve, eve_ed, ferdie = sr25519_dev("Eve"), ed25519_dev("Eve"), sr25519_dev("Ferdie")
    substrate = AsyncSubstrateInterface(url, ss58_format=SS58, max_retries=1, retry_timeout=20)

    async def connect():
        await asyncio.wait_for(substrate.initialize(), 30)
        return True

    if not await checks.check_async("connects and reads metadata", connect()):
        return checks.finish()
    for name, body in [
        ("chain properties and constants", chain(substrate)),
        ("storage: value, map", storage(substrate, eve)),
        ("subscriptions: new and finalised heads", heads(substrate)),
        ("subscription: storage changes", storage_subscription(substrate)),
        ("sr25519 transfer to finality, its events, and the fee as announced", transfer(substrate, eve)),
        ("ed25519 transfer to finality, its events, and the fee as announced", transfer(substrate, eve_ed)),
        ("a mortal transaction", mortal(substrate, eve)),
        ("nonce counts the pool", nonce(substrate, ferdie)),
        ("batch_all: two transfers in one transaction", batch(substrate, eve)),
        ("a failing call is decoded by name", failing(substrate, eve)),
        ("a used nonce is refused as an invalid transaction", refused(substrate, eve)),
        ("storage proof", proof(substrate, eve)),
        ("blocks are decoded", blocks(substrate)),
    ]:
        await checks.check_async(name, asyncio.wait_for(body, 60))
    await substrate.close()
    return checks.finish()


if __name__ == "__main__":
    sys.exit(asyncio.run(run(sys.argv[1])))
