"""substrate-interface against a running node: substrate_interface_test.py ws://HOST:PORT"""

import sys

from substrateinterface import Keypair, KeypairType, SubstrateInterface
from substrateinterface.exceptions import SubstrateRequestException

from checks import PLX, SS58, Checks, ed25519_dev_seed, equal, fresh_seed

HEADS = 3

checks = Checks("substrate-interface")
dave = Keypair.create_from_uri("//Dave", ss58_format=SS58)
dave_ed = Keypair.create_from_seed(ed25519_dev_seed("Dave").hex(), ss58_format=SS58, crypto_type=KeypairType.ED25519)
bob = Keypair.create_from_uri("//Bob", ss58_format=SS58)

substrate = checks.check("connects and reads metadata", lambda: SubstrateInterface(url=sys.argv[1], auto_reconnect=False))
if substrate is None:
    sys.exit(checks.finish())
checks.check("the runtime initialises", substrate.init_runtime)


def fresh():
    return Keypair.create_from_seed(fresh_seed().hex(), ss58_format=SS58).ss58_address


def free(address):
    return substrate.query("System", "Account", [address]).value["data"]["free"]


def transfer_call(to, amount):
    return substrate.compose_call("Balances", "transfer_keep_alive", {"dest": to, "value": amount})


def send(call, signer, **options):
    extrinsic = substrate.create_signed_extrinsic(call, signer, **options)
    receipt = substrate.submit_extrinsic(extrinsic, wait_for_finalization=True)
    assert receipt.finalized, "not finalised"
    return receipt


def events_of(receipt, module, name):
    decoded = [e.value for e in receipt.triggered_events]
    return [e["attributes"] for e in decoded if e["module_id"] == module and e["event_id"] == name]


def chain():
    equal(substrate.ss58_format, SS58, "ss58 format")
    equal(substrate.token_decimals, 12, "decimals")
    equal(substrate.token_symbol, "PLX", "symbol")
    equal(substrate.get_constant("Balances", "ExistentialDeposit").value, PLX // 1000, "existential deposit")


def storage():
    assert free(dave.ss58_address) > 1000 * PLX, "Dave has no money"
    accounts = list(substrate.query_map("System", "Account", page_size=4))
    assert len(accounts) >= 6, f"{len(accounts)} accounts"
    keys = [substrate.create_storage_key("System", "Account", [k.ss58_address]) for k in (dave, bob)]
    equal(len(substrate.query_multi(keys)), 2, "query_multi")


def heads():
    numbers = []

    def on_head(header, update, subscription):
        numbers.append(header["header"]["number"])
        return numbers if len(numbers) == HEADS else None

    substrate.subscribe_block_headers(on_head)
    equal(numbers, list(range(numbers[0], numbers[0] + HEADS)), "numbers")
    numbers.clear()
    substrate.subscribe_block_headers(on_head, finalized_only=True)
    equal(numbers, list(range(numbers[0], numbers[0] + HEADS)), "finalised numbers")


def storage_subscription():
    times = []

    def on_change(value, update, subscription):
        times.append(value.value)
        return times if len(times) == HEADS else None

    substrate.query("Timestamp", "Now", subscription_handler=on_change)
    assert times[0] < times[1] < times[2], f"timestamps {times}"


def transfer_with(signer):
    def body():
        to, amount = fresh(), 2 * PLX
        before = free(signer.ss58_address)
        call = transfer_call(to, amount)
        announced = substrate.get_payment_info(call, signer)["partialFee"]
        receipt = send(call, signer)
        assert receipt.is_success, receipt.error_message
        [moved] = [e for e in events_of(receipt, "Balances", "Transfer") if e["to"] == to]
        equal(moved["amount"], amount, "amount")
        equal(moved["from"], signer.ss58_address, "from")
        equal(len(events_of(receipt, "System", "ExtrinsicSuccess")), 1, "ExtrinsicSuccess")
        equal(receipt.total_fee_amount, announced, "fee paid and estimate")
        equal(before - free(signer.ss58_address), amount + announced, "what the sender lost")
        equal(free(to), amount, "what the receiver got")

    return body


def mortal():
    receipt = send(transfer_call(fresh(), PLX), dave, era={"period": 64})
    assert receipt.is_success, receipt.error_message


def nonce():
    before = substrate.get_account_nonce(bob.ss58_address)
    counted = substrate.rpc_request("system_accountNextIndex", [bob.ss58_address])["result"]
    assert counted >= before, f"{counted} < {before}"
    extrinsic = substrate.create_signed_extrinsic(transfer_call(fresh(), PLX), bob, nonce=counted)
    substrate.submit_extrinsic(extrinsic)
    equal(substrate.rpc_request("system_accountNextIndex", [bob.ss58_address])["result"], counted + 1, "nonce with the pool")


def batch():
    to = [fresh(), fresh()]
    calls = [transfer_call(address, PLX) for address in to]
    receipt = send(substrate.compose_call("Utility", "batch_all", {"calls": calls}), dave)
    assert receipt.is_success, receipt.error_message
    for address in to:
        equal(free(address), PLX, "received")


def failing():
    call = substrate.compose_call("Proxy", "remove_proxy", {"delegate": fresh(), "proxy_type": "Any", "delay": 0})
    receipt = send(call, dave)
    assert not receipt.is_success, "it succeeded"
    equal(receipt.error_message["name"], "NotFound", "error")
    assert receipt.error_message["docs"], "the error has no documentation"


def bounded(items):
    """A bounded list, which the client takes for a tuple that has a list: it would read a bare list as the tuple itself."""
    return (items,)


def settlement():
    method = {"algorithm": f"client {fresh_seed().hex()}"[:64], "version": 1, "parameters": "min=32"}
    receipt = send(substrate.compose_call("Attribution", "register_method", {"method": method}), dave)
    assert receipt.is_success, receipt.error_message
    [registered] = events_of(receipt, "Attribution", "MethodRegistered")
    equal(registered["by"], dave.ss58_address, "by")
    equal(registered["description"], method, "description")
    place = {"datanet": 2**31, "from": 1, "until": None}
    claim = {"account": dave.ss58_address, "places": bounded([place])}
    receipt = send(substrate.compose_call("Rewards", "claim", claim), dave)
    assert receipt.is_success, receipt.error_message
    terms = {"signer": dave.ss58_address, "models": bounded([0]), "corpora": bounded([]), "expires_at_ms": 31_536_000_000}
    # Nothing has such an id.
    unknown = 2**40
    for module, function, arguments, error in [
        ("Attribution", "register_method", {"method": method}, "MethodExists"),
        ("Attribution", "demand", {"batch": unknown, "claim": 0}, "UnknownBatch"),
        ("Receipts", "open", {"server": unknown, "terms": terms, "amount": PLX}, "UnknownAgent"),
        ("Receipts", "top_up", {"channel": unknown, "amount": PLX}, "UnknownChannel"),
        ("Rewards", "distribute", {"model": unknown, "entry": 0}, "UnknownEntry"),
        ("Rewards", "withdraw", {"account": fresh()}, "NothingDue"),
    ]:
        receipt = send(substrate.compose_call(module, function, arguments), dave)
        assert not receipt.is_success, f"{module}.{function} succeeded"
        equal(receipt.error_message["name"], error, f"error of {module}.{function}")
        assert receipt.error_message["docs"], f"{error} has no documentation"


def refused():
    extrinsic = substrate.create_signed_extrinsic(transfer_call(fresh(), PLX), dave, nonce=0)
    try:
        substrate.submit_extrinsic(extrinsic)
    except SubstrateRequestException as error:
        equal(error.args[0]["code"], 1010, "code")
        assert error.args[0].get("data"), "no reason"
        return
    raise AssertionError("a used nonce was accepted")


def proof():
    key = substrate.create_storage_key("System", "Account", [dave.ss58_address]).to_hex()
    head = substrate.get_chain_finalised_head()
    result = substrate.rpc_request("state_getReadProof", [[key], head])["result"]
    equal(result["at"], head, "at")
    assert len(result["proof"]) >= 2, f"{len(result['proof'])} nodes"


def blocks():
    block = substrate.get_block(substrate.get_chain_finalised_head())
    call = block["extrinsics"][0].value["call"]
    equal((call["call_module"], call["call_function"]), ("Timestamp", "set"), "the inherent")


checks.check("chain properties and constants", chain)
checks.check("storage: value, map, several keys", storage)
checks.check("subscriptions: new and finalised heads", heads)
checks.check("subscription: storage changes", storage_subscription)
checks.check("sr25519 transfer to finality, its events, and the fee as announced", transfer_with(dave))
checks.check("ed25519 transfer to finality, its events, and the fee as announced", transfer_with(dave_ed))
checks.check("a mortal transaction", mortal)
checks.check("nonce counts the pool", nonce)
checks.check("batch_all: two transfers in one transaction", batch)
checks.check("a failing call is decoded by name", failing)
checks.check("calls of attribution, rewards and receipts: their events and errors", settlement)
checks.check("a used nonce is refused with code 1010 and a reason", refused)
checks.check("storage proof", proof)
checks.check("blocks are decoded", blocks)
substrate.close()
sys.exit(checks.finish())
