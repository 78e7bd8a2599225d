"""`Credentials` are immutable, sign, explain themselves and show nothing."""

from __future__ import annotations

import copy
import gc
import weakref
from datetime import UTC, datetime, timedelta

import pytest
from support import build, caught, new_key, token

from binance_creds import Environment, KeyType, SourceURI
from binance_creds._credentials import has_usual_form
from binance_creds._plan import Plan, Terms
from binance_creds.signers import HmacSigner
from binance_creds.testing import assert_no_leak


@pytest.mark.parametrize("key_type", list(KeyType))
def test_they_show_nothing_on_any_channel(key_type) -> None:
    """Neither sealed nor open, nor their explanation or signer."""
    key = new_key(key_type)
    creds = build(**key.fields())
    secret = key.api_secret or key.private_key_pem.split("\n")[1]
    for canary in (key.api_key, secret):
        assert_no_leak(
            canary, creds, creds.sealed(), creds.explain(), str(creds.explain()), creds.signer
        )
    assert creds.fingerprint in repr(creds)


@pytest.mark.parametrize("key_type", list(KeyType))
def test_sealed_credentials_sign_and_no_longer_reveal(key_type) -> None:
    """The API key stays: every request carries it."""
    creds = build(**new_key(key_type).fields())
    sealed = creds.sealed()
    assert creds.sign(b"payload") == sealed.sign(b"payload")
    assert (sealed.api_secret, sealed.private_key_pem, sealed.is_sealed) == (None, None, True)
    assert (creds.is_sealed, sealed.api_key, sealed.key_type) == (False, creds.api_key, key_type)


@pytest.mark.filterwarnings("ignore:api_(key|secret) of")
@pytest.mark.parametrize(
    ("more", "expected"),
    [({}, True), ({"api_key": "k1" * 31}, False), ({"api_secret": "s-" * 32}, False)],
)
def test_they_know_whether_they_are_of_the_usual_form(more, expected) -> None:
    """64 letters and digits; sealed ones know it too, and of a private key nothing is asked."""
    creds = build(**new_key().fields() | more)
    assert (expected, expected) == (has_usual_form(creds), has_usual_form(creds.sealed()))
    assert has_usual_form(build(**new_key(KeyType.ED25519).fields()))


def test_a_profile_can_ask_for_sealed_ones() -> None:
    """Then nothing in the process can read the secret from them."""
    assert build(Plan((), Terms(sealed=True)), **new_key().fields()).is_sealed


def test_a_sealed_hmac_secret_is_gone_from_memory_that_python_sees() -> None:
    """No object that the garbage collector knows holds the text any more."""
    secret = token()
    creds = build(api_key=token(), api_secret=secret).sealed()
    reachable = gc.get_referents(creds, creds.signer, *gc.get_referents(creds))
    assert secret not in [item for item in reachable if isinstance(item, str)]
    assert isinstance(creds.signer, HmacSigner)


def test_they_cannot_be_changed_pickled_or_multiplied() -> None:
    """Copies are the object itself."""
    creds = build(**new_key().fields())
    assert creds is copy.copy(creds) is copy.deepcopy(creds) is creds.current
    assert type(caught(setattr, creds, "api_key", 1)) is AttributeError
    assert type(caught(delattr, creds, "api_key")) is AttributeError
    for refused in (
        creds.__reduce__,
        creds.__getstate__,
        creds.signer.__reduce__,
        creds.signer.__getstate__,
    ):
        assert "in the process that uses them" in str(caught(refused))


def test_they_are_compared_by_identity_and_collected() -> None:
    """A bot may use them as dictionary keys; nothing keeps them alive."""
    fields = new_key().fields()
    first, second = build(**fields), build(**fields)
    assert first != second
    assert len({first, second}) == 2
    reference = weakref.ref(first)
    del first
    gc.collect()
    assert reference() is None


def test_rotate_by_is_creation_plus_days() -> None:
    """Unknown while either is unknown."""
    fields = new_key().fields()
    created = datetime(2026, 1, 1, tzinfo=UTC)
    dated = build(**fields, created="2026-01-01", rotation_days="90")
    assert (dated.created_at, dated.rotate_by) == (created, created + timedelta(days=90))
    assert "rotate by    2026-04-01" in str(dated.explain())
    assert build(**fields, created="2026-01-01").rotate_by is None
    assert build(**fields, rotation_days="90").rotate_by is None


def test_an_explanation_tells_source_version_and_age() -> None:
    """Without any value."""
    creds = build(**new_key(KeyType.ED25519).fields(), environment="testnet")
    explanation = creds.explain()
    assert explanation.origin == "memory:test"
    assert (explanation.environment, explanation.key_type) == (Environment.TESTNET, KeyType.ED25519)
    assert 0 <= explanation.age_seconds < 60
    assert creds.loaded_at <= datetime.now(UTC)
    assert "(the source has none)" in str(explanation)
    assert SourceURI.parse(creds.origin)


@pytest.mark.parametrize("name", ["secret", "key", "private_key", "testnet"])
def test_a_name_that_people_try_says_what_to_write(name) -> None:
    """It is no attribute, also to what looks for one."""
    creds = build(**new_key().fields())
    error = caught(getattr, creds, name)
    assert AttributeError is type(error)
    assert f"no attribute {name!r}: write `" in str(error)
    assert (False, None) == (hasattr(creds, name), getattr(creds, name, None))
    assert creds is copy.deepcopy(creds)
