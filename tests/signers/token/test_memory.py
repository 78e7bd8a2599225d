"""A key in a token is not in the memory of the program that signs with it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from outside import stopped, why_not
from pkcs11 import Attribute
from pkcs11.util.rsa import decode_rsa_private_key
from softhsm import text_of
from support import token

import binance_creds

REASON = why_not()
pytestmark = [pytest.mark.real_server, pytest.mark.skipif(bool(REASON), reason=REASON)]
PROGRAM = """
from binance_creds import load_credentials
creds = load_credentials("env://BINANCE")
for number in range(20): creds.sign(b"%d" % number)
"""


@pytest.fixture(scope="module")
def key(hsm):
    """Give a key that the token `usb` was given too, so that its primes can be searched."""
    key = rsa.generate_private_key(65537, 2048)
    der = key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    more = {Attribute.TOKEN: True, Attribute.LABEL: "known", Attribute.SENSITIVE: True}
    with hsm.session("usb") as session:
        session.create_object(decode_rsa_private_key(der) | more)
    return key


def counted(key, **environ: str) -> list[int]:
    """Return how often each prime is in the memory of a program that has signed."""
    environ["BINANCE_API_KEY"] = token()
    environ["P11_KIT_SERVER_ADDRESS"] = os.environ["P11_KIT_SERVER_ADDRESS"]
    environ["PYTHONPATH"] = str(Path(binance_creds.__file__).parents[1])
    with stopped(PROGRAM, environ) as stops:
        count, numbers = next(stops), key.private_numbers()
        return [count(numbers.p), count(numbers.q)]


def test_no_prime_is_in_a_program_whose_token_is_elsewhere(hsm, remote, key) -> None:
    """The module only asks: a device, and here another process."""
    uri = hsm.uri("token=usb;object=known", module_path=remote.module)
    assert [0, 0] == counted(key, BINANCE_SIGNER=text_of(uri))


def test_the_search_finds_them_in_a_program_that_has_the_key(remote, key) -> None:
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    assert min(counted(key, BINANCE_PRIVATE_KEY=pem.decode())) > 0
