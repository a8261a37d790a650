"""What both Python clients share: counting checks, and the well-known development keys.

Must not import a client: each runs in an environment of its own.
"""

import hashlib
import os

PLX = 10**12
SS58 = 42
DEV_SEED = bytes.fromhex("fac7959dbfe72f052e5a0c3c8d6530f202b02fd8f9f5ca3580ec8deb7797479e")


def ed25519_dev_seed(name):
    """The seed of `//name` under the development phrase: Substrate's hard junction for ed25519."""
    junction = (bytes([len(name) << 2]) + name.encode()).ljust(32, b"\0")
    tag = b"\x2cEd25519HDKD"
    return hashlib.blake2b(tag + DEV_SEED + junction, digest_size=32).digest()


def fresh_seed():
    return os.urandom(32)


def equal(found, wanted, what):
    assert found == wanted, f"{what}: found {found!r}, wanted {wanted!r}"


class Checks:
    """Counts; a check is a function that raises when something is wrong."""

    def __init__(self, client):
        self.client, self.passed, self.failed = client, 0, 0

    def record(self, name, error=None):
        if error is None:
            self.passed += 1
            print(f"ok    {self.client}: {name}", flush=True)
        else:
            self.failed += 1
            print(f"FAIL  {self.client}: {name}: {type(error).__name__}: {error}", flush=True)

    def check(self, name, body):
        try:
            value = body()
        except Exception as error:  # a check may fail in any way; all are reported
            self.record(name, error)
            return None
        self.record(name)
        return value

    async def check_async(self, name, awaitable):
        try:
            value = await awaitable
        except Exception as error:
            self.record(name, error)
            return None
        self.record(name)
        return value

    def finish(self):
        """Prints the sum; the exit code. No check at all is a failure too."""
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        return 1 if self.failed or not self.passed else 0
