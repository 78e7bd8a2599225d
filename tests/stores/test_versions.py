"""What an announcement and a denial make live handles ask of each store."""

from __future__ import annotations

import pytest
from support import caught, pair, token
from waiting import PATIENCE

from binance_creds import load_credentials
from binance_creds._chain import Asked, Loaded, Seen, refresh_plan
from binance_creds._config import plan_for
from binance_creds._raw import Unchanged
from binance_creds.diagnosis import diagnose
from binance_creds.errors import ConfigurationError, SecretDisabledError
from binance_creds.providers import Deadline, LoggedIn, SourceURI, VersionFetch
from binance_creds.providers._registry import is_pinned, provider_for
from binance_creds.providers.aws import _login as aws_login
from binance_creds.providers.azure import _client as azure_client
from binance_creds.providers.google import _secret_manager as google_secret_manager
from binance_creds.providers.vault import _session as vault_session

POOLS = (
    aws_login.CLIENTS,
    azure_client.CLIENTS,
    google_secret_manager.LOGINS,
    vault_session.SESSIONS,
)
ABSENT = {"aws-sm": "0" * 32, "azure-kv": "0" * 32, "gcp-sm": "99"}


@pytest.fixture
def secret(shop) -> str:
    name = f"bot-{token()[:12]}"
    shop.put(name, pair())
    return name


def asked(shop, name: str, how: Asked) -> Loaded | Unchanged:
    plan = plan_for(shop.source(name), profile=None, config=None, environment=None)
    return refresh_plan(plan, Deadline(PATIENCE), how)


def test_an_announced_version_is_what_is_read(shop, secret) -> None:
    first = asked(shop, secret, Asked())
    fields = pair()
    shop.put(secret, fields)
    newest = asked(shop, secret, Asked()).credentials.version
    found = asked(shop, secret, Asked(first.seen, announced=newest))
    assert fields["api_key"] == found.credentials.api_key.reveal()
    assert newest == found.seen.version


def test_a_new_version_of_the_same_content_is_another_version(shop) -> None:
    """For a load, a fetch that knows the old one, a probe and a read by name alike."""
    name, fields = f"bot-{token()[:12]}", pair()
    shop.put(name, fields)
    provider = provider_for(SourceURI.parse(shop.source(name)))
    old = provider.fetch(Deadline(PATIENCE)).version
    assert old == load_credentials(shop.source(name)).version
    shop.put(name, fields)
    new = provider.fetch(Deadline(PATIENCE), known_version=old).version
    assert new not in {None, old}
    assert new == load_credentials(shop.source(name), fresh=True).version
    assert new == provider.probe(Deadline(PATIENCE)).name
    assert new == provider.fetch(Deadline(PATIENCE)).version


def test_an_old_announcement_changes_nothing(shop, secret) -> None:
    """It comes late, or twice: the store's own word decides."""
    old = asked(shop, secret, Asked()).seen
    shop.put(secret, pair())
    new = asked(shop, secret, Asked()).seen
    for announced in (old.version, new.version):
        assert new.version == asked(shop, secret, Asked(new, announced=announced)).version


def test_an_announcement_of_nothing_changes_nothing(shop, secret) -> None:
    """Anybody may have sent it."""
    seen = asked(shop, secret, Asked()).seen
    announced = ABSENT.get(shop.scheme, "7")
    assert isinstance(asked(shop, secret, Asked(seen, announced=announced)), Unchanged)


def test_what_an_announcement_cannot_hurry_is_read_as_ever(shop, secret) -> None:
    """Versions without numbers or dates cannot be compared."""
    shop.put(secret, pair())
    newest = asked(shop, secret, Asked()).credentials
    found = asked(shop, secret, Asked(Seen(0, "unheard-of"), announced=newest.version))
    assert newest.version == found.seen.version


def test_a_version_can_be_read_by_its_name(shop, secret) -> None:
    provider = provider_for(SourceURI.parse(shop.source(secret)))
    version = provider.fetch(Deadline(PATIENCE)).version
    if shop.scheme == "vault":
        assert not isinstance(provider, VersionFetch)  # no push names one
        return
    assert version == provider.fetch_version(version, Deadline(PATIENCE)).version


PINNED = (
    "aws-sm://bot?region=eu-central-1&version_id=" + "1" * 32,
    "azure-kv://vault/bot?version=" + "1" * 32,
    "gcp-sm://project/bot?version=7",
    "gcp-sm:projects/project/secrets/bot/versions/7",
    "vault://secret/bot?address=https://vault:8200&version=7",
)
MOVED = (
    "aws-sm://bot?region=eu-central-1&stage=CANARY",
    "gcp-sm://project/bot?version=stable",
    "gcp-sm:projects/project/secrets/bot/versions/stable",
)
CURRENT = (
    "aws-sm://bot?region=eu-central-1",
    "aws-sm://bot?region=eu-central-1&stage=AWSCURRENT",
    "azure-kv://vault/bot",
    "gcp-sm://project/bot",
    "gcp-sm://project/bot?version=latest",
    "vault://secret/bot?address=https://vault:8200",
    "memory:version",
    "nothing://has?version=this",
)


@pytest.mark.parametrize("source", PINNED + MOVED + CURRENT)
def test_a_source_is_pinned_by_what_can_never_be_moved(source) -> None:
    assert (source in PINNED) is is_pinned(SourceURI.parse(source), {})


@pytest.mark.parametrize("source", PINNED[:-1] + MOVED)
def test_an_announced_version_is_not_that_of_another_label(source) -> None:
    """Nor that of a pinned source, which may stand beside one that is announced."""
    provider = provider_for(SourceURI.parse(source))
    refusal = caught(provider.fetch_version, "8", Deadline(PATIENCE))
    assert isinstance(refusal, ConfigurationError)
    assert "another version" in refusal.message


def test_a_diagnosis_says_that_a_pinned_version_is_not_followed(open_shop) -> None:
    shop = open_shop("vault")
    shop.put("named", pair())
    found = diagnose(f"{shop.source('named')}&version=1", is_offline=True)
    assert "a rotation is not noticed" in " ".join(each.text for each in found)


def test_a_disabled_version_is_refused_by_name_too(open_shop) -> None:
    shop = open_shop("azure-kv")
    shop.put("named", pair())
    provider = provider_for(SourceURI.parse(shop.source("named")))
    version = provider.fetch(Deadline(PATIENCE)).version
    shop._server.put("named", '{"api_key": "x"}', nbf=4102444800)  # the year 2100
    early = provider_for(SourceURI.parse(shop.source("named")))
    newest = caught(early.fetch, Deadline(PATIENCE))
    assert isinstance(newest, SecretDisabledError)
    named = next(one.id for one in shop._server.versions["named"] if one.id != version)
    assert isinstance(caught(early.fetch_version, named, Deadline(PATIENCE)), SecretDisabledError)


def test_a_login_can_be_forgotten(shop, secret) -> None:
    """What a denial is confirmed with is not what was denied."""
    provider = provider_for(SourceURI.parse(shop.source(secret)))
    provider.fetch(Deadline(PATIENCE))
    assert isinstance(provider, LoggedIn)
    before = sum(len(pool) for pool in POOLS)
    provider.forget_login()
    assert before - 1 == sum(len(pool) for pool in POOLS)
    assert provider.fetch(Deadline(PATIENCE)).version
