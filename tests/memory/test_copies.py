"""What stays of a signing secret in the memory of a program, counted from another process.

Plain credentials add one copy to those of the source, sealed ones none, however often they are
loaded, refreshed or used.
"""

from __future__ import annotations

import itertools

import pytest
from outside import STOP, Kept, why_not
from support import new_key

from binance_creds import KeyType

REASON = why_not()
pytestmark = [pytest.mark.unmeasured, pytest.mark.skipif(bool(REASON), reason=REASON)]

SOURCES = {
    "env://BINANCE": 2,
    "file:pair": 0,
    "dotenv:.env": 0,
    "file:pair.json": 0,
}  # and what each keeps
USE = f"""
creds = load_credentials(source)
{STOP}
for n in range(100): creds.sign(b"%d" % n)
{STOP}
for n in range(8): creds = load_credentials(source, fresh=True)
{STOP}
del creds; clear_cache()
live = load_credentials(source, live=True)
for n in range(5): live.refresh(); live.sign(b"%d" % n)
"""
SEAL = f"""
creds = load_credentials(source).sealed(); clear_cache()
creds.sign(b"1")
{STOP}
creds = load_credentials(config={{"default_profile": "main", "profiles": {{"main": {{
    "source": source, "sealed": True}}}}}})
creds.sign(b"1")
{STOP}
live = load_credentials(config={{"default_profile": "main", "profiles": {{"main": {{
    "source": source, "sealed": True}}}}}}, live=True)
for n in range(5): live.refresh(); live.sign(b"%d" % n)
"""

QUICK = {("env://BINANCE", KeyType.HMAC), ("file:pair.json", KeyType.RSA), ("dotenv:.env", KeyType.ED25519),
         ("file:pair", KeyType.HMAC)}  # fmt: skip
each = pytest.mark.parametrize(
    ("source", "key_type"),
    [
        pytest.param(*one, marks=[] if one in QUICK else pytest.mark.product)
        for one in itertools.product(SOURCES, KeyType)
    ],
)


@pytest.fixture
def kept(key_type, tmp_path) -> Kept:
    key = new_key(key_type)
    return Kept(tmp_path, key.api_key, key.api_secret or key.private_key_pem)


@each
def test_plain_credentials_add_one_copy_at_most(kept, source) -> None:
    """After the load, 100 signatures, eight fresh loads, and five refreshes of a live handle."""
    assert max(kept.counts(source, USE)) <= SOURCES[source] + 1


@each
def test_sealed_credentials_add_none(kept, source) -> None:
    """Sealed by the program or by the profile, loaded once or live."""
    assert max(kept.counts(source, SEAL)) <= SOURCES[source]
