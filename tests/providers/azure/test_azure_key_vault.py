"""Azure Key Vault over the real SDKs: versions, logins, clouds, writing, and what it costs."""

from __future__ import annotations

import base64
import datetime as dt
import json
import logging
import os
import re
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from azure_server import OBJECT_ID, SUFFIX, TENANT, error
from support import caught, new_key, plain_environ, token
from waiting import PATIENCE

from binance_creds import KeyType, Secret, SourceURI, load_credentials
from binance_creds._raw import VALUE, Unchanged
from binance_creds.errors import (
    AccessDeniedError,
    AuthenticationError,
    ConfigurationError,
    ConflictError,
    MalformedSecretError,
    ProviderNotInstalledError,
    ProviderUnavailableError,
    SecretDisabledError,
    SecretNotFoundError,
)
from binance_creds.providers import Deadline, Version
from binance_creds.providers.azure import _client as azure_client
from binance_creds.providers.azure._credentials import credential_of
from binance_creds.providers.azure._login import Login
from binance_creds.providers.azure._vault_name import place_of
from binance_creds.providers.azure.key_vault import KeyVaultProvider
from binance_creds.testing import FakeClock, assert_no_leak

KEY, SECRET = token(), token()
PAIR = json.dumps({"api_key": KEY, "api_secret": SECRET})
NOW = FakeClock().wall()


@pytest.fixture
def open_(azure):
    """Return a function that opens a source on the server, by client secret unless told."""

    def build(name: str = "bot", more: str = "", auth: str = "secret") -> KeyVaultProvider:
        options = f"auth={auth}"
        if auth not in {"managed", "cli"}:
            options += f"&authority={azure.authority}"
        uri = SourceURI.parse(f"azure-kv://{azure.host}/{name}?{options}{more}")
        return KeyVaultProvider(uri, clock=FakeClock().wall)

    return build


def fetch(provider: KeyVaultProvider, known: str | None = None):
    return provider.fetch(Deadline(PATIENCE), known_version=known)


def plain(raw) -> dict[str, str]:
    return {name: secret.reveal() for name, secret in raw.fields.items()}


def test_a_load_is_one_read_after_the_challenge(azure, open_) -> None:
    """The newest version, its id and its date; the login is kept for the process."""
    azure.put("bot", "{}")
    version = azure.put("bot", PAIR)
    raw = fetch(open_())
    assert plain(raw) == {"api_key": KEY, "api_secret": SECRET}
    assert raw.version == version
    assert raw.created_at == dt.datetime.fromtimestamp(azure.clock, dt.UTC)
    assert azure.requests["vault GET"] == 2
    fetch(open_())
    assert azure.requests == {
        "challenges": 1, "vault GET": 3, "login GET": 1, "login POST": 1, "tokens": 1,
    }  # fmt: skip


def test_an_unchanged_version_is_told_by_the_same_read(azure, open_) -> None:
    """The vault has nothing cheaper."""
    version = azure.put("bot", PAIR)
    fetch(open_())
    before = azure.requests["vault GET"]
    assert fetch(open_(), version) == Unchanged(version)
    assert open_().probe(Deadline(PATIENCE)) == Version(version)
    assert azure.requests["vault GET"] == before + 2


def test_a_pinned_version_stays(azure, open_) -> None:
    """And is known without a request; another one is read."""
    first = azure.put("bot", PAIR)
    second = azure.put("bot", "{}")
    pinned = open_(more=f"&version={first}")
    assert fetch(pinned, second).version == first
    before = azure.requests.total()
    assert fetch(pinned, first) == Unchanged(first)
    assert pinned.probe(Deadline(PATIENCE)) == Version(first)
    assert azure.requests.total() == before
    gone = caught(fetch, open_(more=f"&version={'0' * 32}"))
    assert isinstance(gone, SecretNotFoundError)


@pytest.mark.parametrize(
    ("attributes", "hint"),
    [
        ({"enabled": False}, "--enabled true"),
        ({"exp": int(NOW)}, "--expires"),
        ({"nbf": int(NOW) + 1}, "--not-before"),
    ],
)
@pytest.mark.parametrize("denial", ["ForbiddenByRbac", "lenient"])
def test_a_version_outside_its_time_or_disabled_is_refused(
    azure, open_, attributes, hint, denial
) -> None:
    """Each with its own way out, by fetch and probe, whoever notices it."""
    azure.denial = denial
    version = azure.put("bot", PAIR, **attributes)
    for call in (
        lambda: fetch(open_()),
        lambda: fetch(open_(), version),
        lambda: open_().probe(Deadline(PATIENCE)),
    ):
        refusal = caught(call)
        assert type(refusal) is SecretDisabledError
        assert hint in refusal.hint


def test_a_version_within_its_time_is_served(azure, open_) -> None:
    """Both dates given."""
    azure.put("bot", PAIR, exp=int(NOW) + 1, nbf=int(NOW))
    assert plain(fetch(open_()))["api_key"] == KEY


def test_a_deleted_secret_is_told_from_one_that_never_was(azure, open_, monkeypatch) -> None:
    """Where the identity may see deleted secrets; elsewhere it is not found."""
    azure.put("bot", PAIR)
    azure.delete("bot")
    refusal = caught(fetch, open_())
    assert type(refusal) is SecretDisabledError
    assert "az keyvault secret recover" in refusal.hint
    assert type(caught(fetch, open_("never"))) is SecretNotFoundError
    azure.allowed[os.environ["AZURE_CLIENT_ID"]] = {"get"}
    assert type(caught(fetch, open_())) is SecretNotFoundError


@pytest.mark.parametrize(
    ("status", "kind"), [(503, ProviderUnavailableError), (401, AuthenticationError)]
)
def test_a_vault_that_fails_while_asked_for_deleted_ones_has_not_answered(
    azure, open_, status, kind
) -> None:
    """The secret may be deleted, and nothing is absent before that is known."""
    azure.put("other", PAIR)
    fetch(open_("other"))
    azure.fail("vault", *[None, (status, {}, error("Fault"))] * 4)
    assert type(caught(fetch, open_())) is kind


def test_the_previous_is_the_newest_other_that_is_usable(azure, open_) -> None:
    """Over all pages; disabled and expired ones do not count."""
    azure.put("bot", "{}")
    wanted = azure.put("bot", PAIR)
    azure.put("bot", "{}", enabled=False)
    azure.put("bot", "{}", exp=1)
    current = azure.put("bot", PAIR)
    raw = open_().fetch_previous(Deadline(PATIENCE))
    assert (raw.version, plain(raw)["api_key"]) == (wanted, KEY)
    pinned = open_(more=f"&version={wanted}").fetch_previous(Deadline(PATIENCE))
    assert pinned.version == current


def test_the_previous_is_another_when_two_came_within_a_second(azure, open_) -> None:
    for _ in range(2):
        azure.put("bot", PAIR)
    for version in azure.versions["bot"]:
        version.attributes["created"] = 1_700_000_000
    current = open_().fetch(Deadline(PATIENCE)).version
    assert open_().fetch_previous(Deadline(PATIENCE)).version != current


@pytest.mark.parametrize("count", [0, 1])
def test_without_another_version_there_is_no_previous(azure, open_, count) -> None:
    """A secret that was never rotated, or is not there."""
    for _ in range(count):
        azure.put("bot", PAIR)
    refusal = caught(open_().fetch_previous, Deadline(PATIENCE))
    assert type(refusal) is SecretNotFoundError


FIELDS = {"api_key": Secret(KEY), "api_secret": Secret(SECRET)}


def test_storing_makes_a_version_that_is_read_back(azure, open_) -> None:
    """First one of nothing, then the next; tags are kept."""
    first = open_().store(FIELDS, Deadline(PATIENCE))
    assert plain(fetch(open_())) == {"api_key": KEY, "api_secret": SECRET}
    assert azure.versions["bot"][-1].content_type == "application/json"
    azure.versions["bot"][-1].tags["owner"] = "me"
    second = open_().store({"api_key": Secret("x")}, Deadline(PATIENCE), expected_version=first)
    assert fetch(open_()).version == second != first
    assert azure.versions["bot"][-1].tags["owner"] == "me"


@pytest.mark.parametrize("expected", [None, "0" * 32])
def test_storing_over_another_version_is_refused(azure, open_, expected) -> None:
    """Nothing is written."""
    azure.put("bot", PAIR)
    refusal = caught(open_().store, FIELDS, Deadline(PATIENCE), expected_version=expected)
    assert type(refusal) is ConflictError
    assert len(azure.versions["bot"]) == 1
    assert_no_leak(SECRET, refusal)


def test_storing_what_was_there_and_is_gone_is_refused(azure, open_) -> None:
    """A version was expected."""
    refusal = caught(open_().store, FIELDS, Deadline(PATIENCE), expected_version="0" * 32)
    assert type(refusal) is ConflictError
    assert azure.versions == {}


def test_storing_under_a_deleted_name_is_refused(azure, open_) -> None:
    """Also where the identity cannot see that it is deleted."""
    azure.put("bot", PAIR)
    azure.delete("bot")
    azure.allowed[os.environ["AZURE_CLIENT_ID"]] = {"get", "set"}
    refusal = caught(open_().store, FIELDS, Deadline(PATIENCE))
    assert type(refusal) is SecretDisabledError


def test_a_write_whose_answer_is_lost_is_not_made_twice(azure, open_) -> None:
    """The next attempt finds its own tag."""
    first = azure.put("bot", PAIR)
    fetch(open_())
    azure.fail("vault", None, "lost")
    version = open_().store(FIELDS, Deadline(PATIENCE), expected_version=first)
    assert [first, version] == [one.id for one in azure.versions["bot"]]


def test_what_may_be_recovered_is_not_taken_for_erased(azure, open_) -> None:
    azure.put("bot", PAIR)
    azure.delete("bot")
    refusal = caught(open_().erase, Deadline(PATIENCE), expected_version="0" * 32)
    assert type(refusal) is SecretDisabledError


def test_a_deletion_whose_answer_is_lost_is_purged(azure, open_) -> None:
    """The next attempt finds it deleted, and goes on."""
    version = azure.put("bot", PAIR)
    fetch(open_())
    azure.fail("vault", None, "lost")
    open_().erase(Deadline(PATIENCE), expected_version=version)
    assert (azure.versions, azure.deleted) == ({}, {})


def test_what_is_deleted_already_is_purged_where_no_version_is_expected(azure, open_) -> None:
    """And what is not deleted is left as it is."""
    azure.put("bot", PAIR)
    refusal = caught(open_().erase, Deadline(PATIENCE), expected_version=None)
    assert type(refusal) is ConflictError
    azure.delete("bot")
    open_().erase(Deadline(PATIENCE), expected_version=None)
    assert (azure.versions, azure.deleted) == ({}, {})


def test_who_may_not_purge_is_told(azure, open_) -> None:
    version = azure.put("bot", PAIR)
    azure.allowed[os.environ["AZURE_CLIENT_ID"]].discard("purge")
    refusal = caught(open_().erase, Deadline(PATIENCE), expected_version=version)
    assert type(refusal) is AccessDeniedError


def test_a_write_that_another_answers_has_no_version(azure, open_) -> None:
    first = azure.put("bot", PAIR)
    fetch(open_())
    azure.fail("vault", *[None, (200, {}, {"status": "ok"})] * 4)
    refusal = caught(open_().store, FIELDS, Deadline(PATIENCE), expected_version=first)
    assert type(refusal) is ProviderUnavailableError
    assert "not from the vault" in refusal.message


def test_a_list_of_versions_of_another_is_no_absence(azure, open_) -> None:
    """It would be no previous version, to which a bot then does not go back."""
    azure.put("bot", PAIR)
    fetch(open_())
    azure.fail("vault", *[(200, {}, {"status": "ok"})] * 8)
    refusal = caught(open_().fetch_previous, Deadline(PATIENCE))
    assert type(refusal) is ProviderUnavailableError


@pytest.mark.parametrize("more", ["#member", f"&version={'0' * 32}"])
def test_only_a_whole_current_secret_is_stored(open_, more) -> None:
    """Not a member, not a pin."""
    refusal = caught(open_(more=more).store, FIELDS, Deadline(PATIENCE))
    assert type(refusal) is ConfigurationError


def test_a_diagnosis_tells_who_asks_what_it_may_and_the_cost(azure, open_) -> None:
    """A poll every 30 seconds is 2,880 requests a day."""
    azure.put("bot", PAIR)
    client_id = os.environ["AZURE_CLIENT_ID"]
    found = open_().diagnose(Deadline(PATIENCE), poll_seconds=30)
    assert found.identity == f"object {OBJECT_ID}, application {client_id}"
    assert found.permissions == {"secrets/get": True, "secrets/list": True, "secrets/set": None}
    assert found.requests_per_day == 2880
    assert found.price_per_month == pytest.approx(0.2592)
    azure.allowed[client_id] = {"get"}
    missing = open_("nothing").diagnose(Deadline(PATIENCE), poll_seconds=30).permissions
    assert missing == {"secrets/get": True, "secrets/list": False, "secrets/set": None}


def test_a_diagnosis_of_a_failing_vault_fails(azure, open_) -> None:
    """It is not a missing permission."""
    azure.fail("vault", *[(500, {}, "{}")] * 4)
    assert isinstance(
        caught(open_().diagnose, Deadline(PATIENCE), poll_seconds=30), ProviderUnavailableError
    )


@pytest.mark.parametrize("form", ["opaque", "a.W10.", "a.e30."])
def test_a_token_that_tells_nothing_is_named_by_its_login(azure, open_, form) -> None:
    """Opaque, no object, or without the claims."""
    azure.token_form = form
    azure.put("bot", PAIR)
    found = open_().diagnose(Deadline(PATIENCE), poll_seconds=30)
    assert found.identity.endswith("'secret'")


def test_a_token_that_cannot_be_had_for_the_identity_is_no_failure(azure, open_) -> None:
    """The vault may ask for a resource that its address does not suggest."""
    azure.put("bot", PAIR)
    azure.resource = f"https://test:{azure.port}"
    provider = open_()
    fetch(provider)
    azure.fail("login", *[(400, {}, {"error": "invalid_scope"})] * 4)
    assert provider.diagnose(Deadline(PATIENCE), poll_seconds=30).identity.endswith("'secret'")


def test_a_member_and_a_pem_are_read(azure, open_) -> None:
    """`#member` of one JSON, and a private key alone."""
    azure.put("bot", json.dumps({"live": {"api_key": KEY, "api_secret": SECRET}}))
    assert plain(fetch(open_(more="#live")))["api_secret"] == SECRET
    pem = new_key(KeyType.ED25519).private_key_pem
    azure.put("pem", pem)
    assert plain(fetch(open_("pem"))) == {VALUE: pem}
    azure.put("empty", "")
    assert isinstance(caught(fetch, open_("empty")), MalformedSecretError)


def test_it_is_loaded_by_its_scheme(azure) -> None:
    """From the registry, like any source."""
    azure.put("bot", PAIR)
    creds = load_credentials(f"azure-kv://{azure.host}/bot?auth=secret&authority={azure.authority}")
    assert creds.api_key.reveal() == KEY


BAD = [
    "azure-kv://vault",
    "azure-kv://vault/",
    "azure-kv://vault/a/b",
    "azure-kv://vault/under_score",
    "azure-kv://v/name",
    "azure-kv://-vault/name",
    "azure-kv://vault.test:port/name",
    "azure-kv://vault.test:/name",
    "azure-kv://vault.test:0/name",
    "azure-kv://vault.test:65536/name",
    "azure-kv://vault.test:1:2/name",
    "azure-kv://vault:8443/name",
    "azure-kv://vault.vault.azure.net:8443/name",
    "azure-kv://vault/name?version=a/b",
    "azure-kv://vault/name?version=latest",
    "azure-kv://vault/name?version=2",
    "azure-kv://vault/name?cloud=germany",
    "azure-kv://vault/name?auth=password",
    "azure-kv://vault/name?authority=http://login.test",
    "azure-kv://vault/name?tenant_id=a/b&auth=cli",
    "azure-kv://vault/name?client_id=a%20b",
    "azure-kv://vault/name?client_secret=x",
    "azure-kv://vault/name?auth=managed&authority=login.test",
    "azure-kv://vault/name?auth=managed&tenant_id=x",
    "azure-kv://vault/name?auth=default&tenant_id=x",
    "azure-kv://vault/name?auth=cli&client_id=x",
    "azure-kv://vault.vault.azure.cn/name?cloud=usgov",
]


@pytest.mark.parametrize("source", BAD)
def test_a_wrong_source_is_refused_at_once(source) -> None:
    """Nobody is asked."""
    assert type(caught(KeyVaultProvider, SourceURI.parse(source))) is ConfigurationError


@pytest.mark.parametrize(
    ("vault", "says"),
    [
        ("my-vault:8443", "a port needs the full host"),
        ("my-vault.vault.azure.net:8443", "at port 443 only, not at 8443"),
        ("vault.test:65536", "not a number from 1 to 65535"),
        ("vault.test:https", "not a number from 1 to 65535"),
    ],
)
def test_a_port_that_cannot_be_honoured_is_named(vault, says) -> None:
    error = caught(KeyVaultProvider, SourceURI.parse(f"azure-kv://{vault}/name"))
    assert says in str(error)
    assert "443" in str(error) or "full host" in str(error)


@pytest.mark.parametrize(
    ("source", "host", "authority"),
    [
        ("azure-kv://my-vault/n", "my-vault.vault.azure.net", None),
        ("azure-kv://my-vault.vault.azure.net:443/n", "my-vault.vault.azure.net", None),
        ("azure-kv://my-vault/n?cloud=public", "my-vault.vault.azure.net", None),
        (
            "azure-kv://my-vault/n?cloud=china",
            "my-vault.vault.azure.cn",
            "https://login.chinacloudapi.cn",
        ),
        (
            "azure-kv://my-vault/n?cloud=usgov",
            "my-vault.vault.usgovcloudapi.net",
            "https://login.microsoftonline.us",
        ),
        (
            "azure-kv://my-vault.vault.azure.cn/n",
            "my-vault.vault.azure.cn",
            "https://login.chinacloudapi.cn",
        ),
        (
            "azure-kv://a.Vault.azure.cn:443/n",
            "a.Vault.azure.cn",
            "https://login.chinacloudapi.cn",
        ),
        ("azure-kv://a.vault.local:8443/n", "a.vault.local:8443", None),
        (
            "azure-kv://a.vault.local/n?authority=https://adfs.local/",
            "a.vault.local",
            "https://adfs.local",
        ),
    ],
)
def test_a_cloud_sets_host_and_login_together(source, host, authority) -> None:
    """A token of one cloud is of no use in another."""
    place = place_of(SourceURI.parse(source))
    assert (place.host, place.login.authority) == (host, authority)
    assert place.login.is_private == ("authority" in source)


def test_the_login_of_a_cloud_reaches_its_credential(azure) -> None:
    """Only a private one is not looked up at public Entra."""
    known = credential_of(Login("secret", authority="https://login.microsoftonline.us"))
    private = credential_of(Login("secret", authority="https://a.b", is_private=True))
    assert known._authority == "https://login.microsoftonline.us"
    assert (known._instance_discovery, private._instance_discovery) == (None, False)


@pytest.mark.parametrize(
    ("auth", "kind"),
    [
        ("managed", "ManagedIdentityCredential"),
        ("workload", "WorkloadIdentityCredential"),
        ("secret", "ClientSecretCredential"),
        ("cli", "AzureCliCredential"),
    ],
)
def test_each_way_to_log_in_is_its_own_credential(azure, monkeypatch, auth, kind) -> None:
    """Built without a request."""
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", "/nowhere")
    client_id = None if auth == "cli" else "x"
    assert type(credential_of(Login(auth, client_id=client_id))).__name__ == kind
    assert azure.requests.total() == 0


def test_the_default_login_takes_what_the_environment_has(azure, open_) -> None:
    """Here a client secret."""
    azure.put("bot", PAIR)
    assert plain(fetch(open_(auth="default")))["api_key"] == KEY
    assert plain(fetch(open_(auth="default")))["api_key"] == KEY


def self_signed(path, password: str | None = None):
    """Write a certificate and its key as PEM; return the public key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "bot")])
    day = dt.timedelta(days=1)
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .sign(key, hashes.SHA256())
    )
    lock = (
        serialization.BestAvailableEncryption(password.encode())
        if password
        else serialization.NoEncryption()
    )
    form = serialization.Encoding.PEM
    text = key.private_bytes(form, serialization.PrivateFormat.PKCS8, lock)
    path.write_bytes(text + certificate.public_bytes(form))
    return key.public_key()


@pytest.mark.parametrize("password", [None, "horse battery staple"])
def test_a_certificate_logs_in(azure, open_, monkeypatch, tmp_path, password) -> None:
    """Its signature is checked by the server."""
    client_id = os.environ["AZURE_CLIENT_ID"]
    azure.certificates[client_id] = self_signed(tmp_path / "bot.pem", password)
    monkeypatch.delenv("AZURE_CLIENT_SECRET")
    monkeypatch.setenv("AZURE_CLIENT_CERTIFICATE_PATH", str(tmp_path / "bot.pem"))
    if password:
        monkeypatch.setenv("AZURE_CLIENT_CERTIFICATE_PASSWORD", password)
    azure.put("bot", PAIR)
    assert plain(fetch(open_(auth="certificate")))["api_key"] == KEY
    azure.certificates.clear()
    azure_client.CLIENTS.clear()
    assert isinstance(caught(fetch, open_(auth="certificate")), AuthenticationError)


def test_a_federated_token_logs_in(azure, open_, monkeypatch, tmp_path) -> None:
    """As in Kubernetes and in a CI job; the file is read at each login."""
    path = tmp_path / "federated"
    path.write_text("federated-token")
    monkeypatch.delenv("AZURE_CLIENT_SECRET")
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(path))
    azure.assertions.add("federated-token")
    azure.put("bot", PAIR)
    assert plain(fetch(open_(auth="workload")))["api_key"] == KEY


def test_a_managed_identity_logs_in(azure, open_, monkeypatch) -> None:
    """Of the machine, or a named one."""
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"https://localhost:{azure.port}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", azure.identity_secret)
    azure.allowed["system"] = {"get"}
    azure.put("bot", PAIR)
    assert plain(fetch(open_(auth="managed")))["api_key"] == KEY
    named = os.environ["AZURE_CLIENT_ID"]
    fetch(open_(auth="managed", more=f"&client_id={named}"))
    assert ["system", named] == azure.authorizations


@pytest.fixture
def az(azure, monkeypatch, tmp_path):
    """Put a program `az` on the path that prints a token of the server's."""

    def write(script: str) -> None:
        program = tmp_path / "az"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)

    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return write


@pytest.mark.skipif(sys.platform == "win32", reason="the program is a shell script")
def test_the_command_line_logs_in(azure, open_, az) -> None:
    """Whoever ran `az login`."""
    issued = azure.issue(os.environ["AZURE_CLIENT_ID"], f"https://{SUFFIX}:{azure.port}")
    answer = {"accessToken": issued["access_token"], "expires_on": int(time.time()) + 3600}
    az(f"echo '{json.dumps(answer)}'")
    azure.put("bot", PAIR)
    assert plain(fetch(open_(auth="cli", more=f"&tenant_id={TENANT}")))["api_key"] == KEY


def test_another_secret_in_the_environment_is_used_after_a_refusal(
    azure, open_, monkeypatch
) -> None:
    """A refused login is forgotten, with what it was made of."""
    azure.put("bot", PAIR)
    right = os.environ["AZURE_CLIENT_SECRET"]
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "wrong")
    assert isinstance(caught(fetch, open_()), AuthenticationError)
    monkeypatch.setenv("AZURE_CLIENT_SECRET", right)
    assert plain(fetch(open_()))["api_key"] == KEY


def test_a_token_that_was_revoked_is_replaced(azure, open_) -> None:
    """Within the same read, by one fresh login."""
    azure.put("bot", PAIR)
    fetch(open_())
    azure.tokens.clear()
    assert plain(fetch(open_()))["api_key"] == KEY
    assert azure.requests["tokens"] == 2


def test_the_token_of_the_login_is_not_shown(azure, open_) -> None:
    """Neither by the provider nor by its diagnosis."""
    azure.put("bot", PAIR)
    provider = open_()
    diagnosis = provider.diagnose(Deadline(PATIENCE), poll_seconds=30)
    for shown in (*azure.tokens, os.environ["AZURE_CLIENT_SECRET"]):
        assert_no_leak(shown, provider, diagnosis)
    claims = base64.urlsafe_b64encode(b"x").decode()
    assert claims not in repr(diagnosis)


def test_a_denied_secret_stops_the_chain(azure, monkeypatch) -> None:
    """Also before one that would answer."""
    azure.put("bot", PAIR)
    azure.allowed[os.environ["AZURE_CLIENT_ID"]] = set()
    monkeypatch.setenv("BINANCE_API_KEY", KEY)
    monkeypatch.setenv("BINANCE_API_SECRET", SECRET)
    source = f"azure-kv://{azure.host}/bot?auth=secret&authority={azure.authority}"
    assert isinstance(caught(load_credentials, [source, "env://BINANCE"]), AccessDeniedError)


PAGE = Path(__file__).parents[3] / "docs" / "howto" / "stores" / "azure.md"


def test_the_requests_are_as_the_documentation_says(azure, open_) -> None:
    """Counted by the server, in the order of the table."""
    many = [f"bot-{i}" for i in range(1000)]
    versions = [azure.put(name, PAIR) for name in many]
    counted = []
    for name, call in {
        "first load": lambda: fetch(open_("bot-0")),
        "load": lambda: fetch(open_("bot-0")),
        "probe": lambda: open_("bot-0").probe(Deadline(PATIENCE)),
        "unchanged refresh": lambda: fetch(open_("bot-0"), versions[0]),
        "1,000 secrets": lambda: [fetch(open_(one)) for one in many],
    }.items():
        azure.requests.clear()
        call()
        login = azure.requests["login GET"] + azure.requests["login POST"]
        counted.append((name, f"{azure.requests['vault GET']:,}", str(login)))
    table = re.findall(
        r"^\| ([a-z0-9, ]+) \| ([\d,]+) \| (\d+) \|$", PAGE.read_text(), re.MULTILINE
    )
    assert counted == table


def test_the_first_use_in_a_process_logs_nothing() -> None:
    """The SDK makes some of its loggers late."""
    code = """if True:
        import logging
        logging.basicConfig(level=logging.DEBUG)
        from binance_creds import load_credentials
        try:
            load_credentials("azure-kv://a.localhost:1/bot?auth=secret", timeout_seconds=60)
        except Exception as error:
            print(error.code)
    """
    login = {f"AZURE_{name}": "x" for name in ("TENANT_ID", "CLIENT_ID", "CLIENT_SECRET")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=plain_environ(**login),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("unavailable\n", "")


@pytest.mark.parametrize("auth", ["default", "managed", "secret"])
def test_no_logger_of_a_login_is_too_late_to_be_silenced(auth) -> None:
    code = f"""if True:
        import logging
        from binance_creds import SourceURI
        from binance_creds.providers.azure.key_vault import KeyVaultProvider
        from binance_creds.errors import ProviderUnavailableError
        from binance_creds.providers import Deadline
        it = KeyVaultProvider(SourceURI.parse("azure-kv://a.localhost:1/bot?auth={auth}"))
        before = set(logging.root.manager.loggerDict)
        try:
            it.fetch(Deadline(60))
        except ProviderUnavailableError:
            pass
        late = set(logging.root.manager.loggerDict) - before
        print(sorted(name for name in late if name.startswith(("azure.", "msal."))))
    """
    login = {f"AZURE_{name}": "x" for name in ("TENANT_ID", "CLIENT_ID", "CLIENT_SECRET")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=plain_environ(**login),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == "[]\n", done.stderr


def test_what_is_logged_elsewhere_is_left_alone(azure, open_, caplog) -> None:
    """Only this library's own calls are silent."""
    azure.put("bot", PAIR)
    fetch(open_())
    with caplog.at_level(logging.INFO, "azure"):
        logging.getLogger("azure.identity").info("of the application")
    assert caplog.messages == ["of the application"]


@pytest.mark.parametrize("part", ["azure.identity", "azure.keyvault.secrets", "azure.core"])
def test_an_sdk_that_is_there_in_parts_is_not_installed(monkeypatch, part) -> None:
    """Other SDKs share the namespace."""

    class Absent:
        def find_spec(self, name, path=None, target=None):
            if name == part:
                raise ModuleNotFoundError(name=part)

    ours = "binance_creds.providers."
    for name in list(sys.modules):
        is_ours = name.startswith(f"{ours}azure")
        if is_ours or f"{name}.".startswith(f"{part}."):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Absent(), *sys.meta_path])
    refusal = caught(load_credentials, "azure-kv://vault/bot")
    assert isinstance(refusal, ProviderNotInstalledError)
    assert "binance-creds[azure]" in refusal.hint


def test_an_sdk_that_is_broken_is_told_as_it_is(monkeypatch) -> None:
    """Installing it again would not say why."""
    for name in list(sys.modules):
        if name.startswith("binance_creds.providers.azure."):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "azure.core.exceptions", None)
    refusal = caught(load_credentials, "azure-kv://vault/bot")
    assert isinstance(refusal, ModuleNotFoundError)


def test_before_a_current_version_that_is_switched_off_comes_the_newest_other(azure, open_) -> None:
    """The vault does not tell which one is current then; its date does."""
    first = azure.put("bot", PAIR)
    azure.put("bot", PAIR, enabled=False)
    assert first == open_("bot").fetch_previous(Deadline(PATIENCE)).version
