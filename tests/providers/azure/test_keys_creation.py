"""RSA keys that are made in Azure Key Vault, where a second request makes a second version."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from support import caught, token
from waiting import PATIENCE

from binance_creds import KeyType
from binance_creds.cli import ExitCode, main
from binance_creds.errors import (
    AccessDeniedError,
    ConfigurationError,
    ConflictError,
    MalformedSecretError,
    ProviderUnavailableError,
    SecretDisabledError,
    ThrottledError,
)
from binance_creds.providers import Deadline
from binance_creds.providers.azure.keys.key import VaultKey
from binance_creds.signers import SignerURI
from binance_creds.testing import KeyMakerContract


@pytest.fixture
def keys(azure):
    return azure.keys


@pytest.fixture
def text(azure):
    """Return what a signer is written as."""
    options = f"?auth=secret&authority={azure.authority}"
    return lambda name="bot": f"azure-keys://{azure.host}/{name}{options}"


def created(text: str, key_type=KeyType.RSA, deadline=None):
    return VaultKey(SignerURI.parse(text)).create(key_type, deadline or Deadline(PATIENCE))


class TestLaws(KeyMakerContract):
    makes = frozenset({KeyType.RSA})

    @pytest.fixture(autouse=True)
    def _vault(self, azure, text) -> None:
        self.azure, self.text = azure, text
        azure.keys.make("held")

    def uri(self) -> str:
        return self.text("held")

    def missing(self) -> str:
        return self.text("nothing")

    def vacant(self) -> str:
        return self.text(f"new-{token()[:8]}")

    def unnameable(self) -> str:
        return f"{self.vacant()}&version={32 * '0'}"

    @contextmanager
    def losing_answers(self):
        self.azure.loses = "/create"
        yield
        self.azure.loses = "no path"

    def how_many(self) -> int:
        return sum(map(len, self.azure.keys.versions.values()))


def test_the_command_makes_a_key_for_signatures_alone(keys, text, capsys) -> None:
    assert main(["keygen", "--type", "rsa", "--signer", text()]) == ExitCode.DONE
    out, err = capsys.readouterr()
    (made,) = keys.versions["bot"]
    assert load_pem_public_key(out.encode()) == made.private.public_key()
    assert (made.kty, made.operations) == ("RSA", ["sign", "verify"])
    assert f"BINANCE_SIGNER={text()}" in err


def test_the_command_says_which_type_there_is(keys, text, capsys) -> None:
    assert main(["keygen", "--signer", text()]) != ExitCode.DONE
    assert "makes no keys of the type ED25519. Try the other one" in capsys.readouterr().err
    assert not keys.versions


@pytest.mark.parametrize("call", ["get", "get-deleted", "create"])
def test_who_comes_second_in_a_race_is_told(keys, text, call) -> None:
    """Both versions are named: one of them may be registered."""
    keys.after[call] = keys.make
    error = caught(created, text())
    versions = sorted(one.id for one in keys.versions["bot"])
    assert type(error) is ConflictError
    assert " or ".join(versions) in str(error)


def test_a_lost_answer_and_another_key_are_told_apart(azure, keys, text) -> None:
    """By the number of versions."""
    keys.after["create"] = keys.make
    azure.loses = "/create"
    assert type(caught(created, text())) is ConflictError
    assert len(keys.versions["bot"]) == 2


def test_older_versions_are_no_race(keys, text) -> None:
    keys.make()
    newest = keys.make()
    assert created(text()).name == newest.id
    assert "list" not in keys.calls


@pytest.mark.parametrize(
    ("more", "kind"),
    [({"enabled": False}, SecretDisabledError), ({"exp": 1_600_000_000}, SecretDisabledError)],
)
def test_a_key_that_is_off_stays(keys, text, more, kind) -> None:
    keys.make(**more)
    assert type(caught(created, text())) is kind
    assert len(keys.versions["bot"]) == 1


def test_a_key_of_another_kind_stays(keys, text) -> None:
    keys.make(kty="EC")
    assert type(caught(created, text())) is MalformedSecretError
    assert len(keys.versions["bot"]) == 1


@pytest.mark.parametrize("sees", [True, False], ids=["who sees it", "who does not"])
def test_a_key_that_is_deleted_keeps_its_name(azure, keys, text, sees) -> None:
    """Also for an identity that may not look at what was deleted."""
    keys.make()
    keys.deleted["bot"] = keys.versions.pop("bot")
    if not sees:
        azure.faults["vault"] += [None, None, (403, {}, {"error": {"code": "Forbidden"}})]
    error = caught(created, text())
    assert type(error) is SecretDisabledError
    assert "az keyvault key recover" in str(error)


@pytest.mark.parametrize("permission", ["keys/create", "keys/list"])
def test_who_may_not_make_a_key_is_told_what_it_takes(azure, keys, text, permission) -> None:
    """Without `list` the key is made, and is there the next time."""
    for allowed in azure.allowed.values():
        allowed.discard(permission)
    error = caught(created, text())
    assert type(error) is AccessDeniedError
    assert "'Key Vault Crypto Officer' on the vault to make one" in str(error)
    assert ("bot" in keys.versions) is (permission == "keys/list")


REFUSALS = {
    429: ("Throttled", ThrottledError),
    503: ("InternalServerError", ProviderUnavailableError),
    400: ("BadParameter", ConfigurationError),
}


@pytest.mark.parametrize("status", REFUSALS)
def test_a_creation_that_is_refused(azure, keys, text, status) -> None:
    code, kind = REFUSALS[status]
    created(text("first"))  # logs in
    refused = (status, {}, {"error": {"code": code, "message": "no"}})
    azure.fail("vault", *[None, None, refused] * 4)
    assert type(caught(created, text())) is kind
    azure.faults["vault"].clear()
    assert created(text()).name == keys.versions["bot"][0].id


def test_what_is_throttled_once_is_made(azure, keys, text) -> None:
    created(text("first"))  # logs in
    azure.fail("vault", None, None, (429, {}, {"error": {"code": "Throttled", "message": "no"}}))
    assert created(text()).name == keys.versions["bot"][0].id
