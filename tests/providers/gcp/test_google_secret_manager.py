"""GCP Secret Manager, read through Google's library from a server on this machine."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
from datetime import UTC
from pathlib import Path

import google.auth.iam
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from gcp_server import BOT, Code, Refusal, Server, State, public_pem, write_key
from live_support import Told
from support import caught, new_key, plain_environ, token
from waiting import PATIENCE

from binance_creds import KeyType, RefreshPolicy, Secret, SourceURI, load_credentials
from binance_creds._raw import VALUE, Unchanged
from binance_creds.errors import (
    AccessDeniedError,
    AuthenticationError,
    ConfigurationError,
    ConflictError,
    CredentialsWarning,
    MalformedSecretError,
    ProviderUnavailableError,
    SecretDisabledError,
    SecretNotFoundError,
)
from binance_creds.providers import (
    BatchFetch,
    Deadline,
    Diagnose,
    PreviousVersion,
    Probe,
    Provider,
    Store,
)
from binance_creds.providers.google._client import client_of
from binance_creds.providers.google._crc32c import crc32c
from binance_creds.providers.google._login import GoogleLogin
from binance_creds.providers.google._secret_name import place_of
from binance_creds.providers.google.secret_manager import SecretManagerProvider

NAME = "projects/my-project/secrets/bot"
REGIONAL = "projects/my-project/locations/europe-west3/secrets/bot"
HERE = "gcp-sm://my-project/bot"
GET, LIST, ADD, ACCESS = (f"secretmanager.versions.{n}" for n in ("get", "list", "add", "access"))


def provider(source: str) -> SecretManagerProvider:
    return SecretManagerProvider(SourceURI.parse(source))


def fetch(source: str, known: str | None = None, seconds: float = 10):
    return provider(source).fetch(Deadline(seconds), known_version=known)


def plain(raw) -> dict[str, str]:
    return {name: secret.reveal() for name, secret in raw.fields.items()}


def pair() -> dict[str, str]:
    return {"api_key": token(), "api_secret": token()}


def put(backend, name: str = NAME, **more) -> dict[str, str]:
    fields = pair()
    backend.put(name, json.dumps(fields), **more)
    return fields


def store(source: str, expected: str | None = None, fields: dict[str, str] | None = None):
    given = {name: Secret(text) for name, text in (fields or pair()).items()}
    return provider(source).store(given, Deadline(PATIENCE), expected_version=expected)


# Reading a version


def test_a_load_gives_the_resolved_number_and_its_time(backend, endpoint) -> None:
    """Or `rotation_days` would have no effect before the first rotation."""
    put(backend)
    fields = put(backend)
    raw = fetch(f"{HERE}?{endpoint}")
    assert ("2", fields) == (raw.version, plain(raw))
    assert backend.versions[NAME][1].created == raw.created_at
    assert {"AccessSecretVersion": 1, "GetSecretVersion": 1} == backend.requests
    assert {BOT} == backend.callers


@pytest.mark.parametrize(
    "source",
    [
        "gcp-sm://my-project/bot?version=1",
        "gcp-sm:projects/my-project/secrets/bot?version=1",
        "gcp-sm:projects/my-project/secrets/bot/versions/1",
        "gcp-sm://projects/my-project/secrets/bot/versions/1?version=1",
        "gcp-sm://my-project/bot?version=stable",
    ],
)
def test_a_version_is_pinned_by_number_or_alias(backend, server, source) -> None:
    fields = put(backend)
    put(backend)
    backend.aliases[NAME] = {"stable": 1}
    mark = "&" if "?" in source else "?"
    raw = fetch(f"{source}{mark}transport=grpc&endpoint={server.grpc}")
    assert ("1", fields) == (raw.version, plain(raw))


@pytest.mark.parametrize("version", ["latest", "stable"])
def test_a_live_handle_follows_what_can_be_moved(backend, server, version) -> None:
    """The documented name of the newest version, and an alias."""
    put(backend)
    backend.aliases[NAME] = {"stable": 1}
    told, source = Told(), f"{HERE}?version={version}&transport=grpc&endpoint={server.grpc}"
    policy = RefreshPolicy(poll=0.05, jitter=0)
    with load_credentials(source, live=True, refresh=policy, on_rotation=told) as live:
        assert (False, ("poll",)) == (live.status().is_pinned, live.status().change_sources)
        fields = put(backend)
        backend.aliases[NAME] = {"stable": 2}
        (rotation,) = told.wait()
        assert fields["api_key"] == rotation.current.api_key.reveal()


def test_a_pinned_number_that_is_known_needs_no_request(backend, endpoint) -> None:
    put(backend)
    assert Unchanged("1") == fetch(f"{HERE}?version=1&{endpoint}", known="1")
    assert not backend.requests


def test_an_unchanged_refresh_reads_metadata_alone(backend, endpoint) -> None:
    put(backend)
    assert Unchanged("1") == fetch(f"{HERE}?{endpoint}", known="1")
    assert {"GetSecretVersion": 1} == backend.requests


def test_a_changed_refresh_reads_the_number_it_was_told(backend, endpoint) -> None:
    """Not `latest` again: a third version may have come in between."""
    put(backend)
    fields = put(backend)
    backend.after["GetSecretVersion"] = lambda: put(backend)
    raw = fetch(f"{HERE}?{endpoint}", known="1")
    assert ("2", fields) == (raw.version, plain(raw))
    assert backend.versions[NAME][1].created == raw.created_at
    assert raw.created_at.tzinfo is not None


@pytest.mark.parametrize("code", [Code.PERMISSION_DENIED, Code.RESOURCE_EXHAUSTED])
def test_a_load_without_the_time_is_a_load(backend, endpoint, code) -> None:
    """The accessor's role may not ask for it, and metadata has a small quota."""
    fields = put(backend)
    backend.faults["GetSecretVersion"] = [Refusal(code, "no")]
    raw = fetch(f"{HERE}?{endpoint}")
    assert (fields, None) == (plain(raw), raw.created_at)


def test_rotation_days_count_from_the_first_load(backend, endpoint) -> None:
    put(backend)
    profile = {"source": [f"{HERE}?{endpoint}"], "rotation_days": 90}
    creds = load_credentials(profile="main", config={"profiles": {"main": profile}})
    assert backend.versions[NAME][0].created == creds.created_at
    assert creds.rotate_by is not None


def test_an_alias_that_moves_is_a_change(backend, endpoint) -> None:
    put(backend)
    fields = put(backend)
    backend.aliases[NAME] = {"stable": 2}
    assert fields == plain(fetch(f"{HERE}?version=stable&{endpoint}", known="1"))


def test_without_the_metadata_permission_it_reads_instead_and_remembers(backend, endpoint) -> None:
    """The accessor's role does not have it."""
    backend.denied.add((BOT, GET))
    fields = put(backend)
    watching = provider(f"{HERE}?{endpoint}")
    for _ in range(2):
        assert fields == plain(watching.fetch(Deadline(PATIENCE), known_version="7"))
        assert "1" == watching.probe(Deadline(PATIENCE)).name
    assert {"GetSecretVersion": 1, "AccessSecretVersion": 4} == backend.requests


def test_a_probe_reads_no_value(backend, endpoint) -> None:
    put(backend)
    put(backend)
    assert "2" == provider(f"{HERE}?{endpoint}").probe(Deadline(PATIENCE)).name
    assert {"GetSecretVersion": 1} == backend.requests


@pytest.mark.parametrize(("state", "says"), [("DISABLED", "disabled"), ("DESTROYED", "destroyed")])
def test_a_version_switched_off_is_told_by_metadata_too(backend, endpoint, state, says) -> None:
    """Also where it is the one that the caller holds."""
    put(backend, state=State[state])
    for known in (None, "1", "7"):
        error = caught(fetch, f"{HERE}?{endpoint}", known)
        assert type(error) is SecretDisabledError
        assert says in error.message
    assert says in caught(provider(f"{HERE}?{endpoint}").probe, Deadline(PATIENCE)).message


def test_a_regional_secret_is_named_by_option_or_path(backend, endpoint) -> None:
    put(backend)
    fields = put(backend, REGIONAL)
    for source in (f"{HERE}?location=europe-west3&", f"gcp-sm:{REGIONAL}?"):
        assert fields == plain(fetch(source + endpoint))


@pytest.mark.parametrize(
    ("options", "host"),
    [
        ("?transport=grpc", "secretmanager.googleapis.com:443"),
        (
            "?transport=grpc&location=europe-west3",
            "secretmanager.europe-west3.rep.googleapis.com:443",
        ),
        ("?transport=grpc&endpoint=secretmanager.example", "secretmanager.example:443"),
        ("?transport=grpc&endpoint=https://[::1]:8443/", "[::1]:8443"),
        ("", "https://secretmanager.googleapis.com"),
        ("?location=europe-west3", "https://secretmanager.europe-west3.rep.googleapis.com"),
        ("?endpoint=http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_the_host_follows_location_and_endpoint(options, host) -> None:

    client = client_of(place_of(SourceURI.parse(HERE + options))[0], "googleapis.com")
    transport = client.transport
    is_rest = "grpc" not in options
    shown = transport._host if is_rest else transport.grpc_channel._channel.target().decode()
    assert host == shown.removeprefix("dns:///")
    transport.close()


# Payloads


def test_the_field_of_a_document_is_read(backend, endpoint) -> None:
    fields = pair()
    backend.put(NAME, json.dumps({"live": fields, "paper": pair()}))
    assert fields == plain(fetch(f"{HERE}?{endpoint}#live"))


def test_a_pem_is_one_value(backend, endpoint) -> None:
    pem = new_key(KeyType.ED25519).private_key_pem
    backend.put(NAME, pem)
    assert {VALUE: pem.strip()} == {
        name: text.strip() for name, text in plain(fetch(f"{HERE}?{endpoint}")).items()
    }


def test_what_is_not_utf8_is_malformed(backend, endpoint) -> None:
    backend.put(NAME, b"\x00\xff\xfe")
    error = caught(fetch, f"{HERE}?{endpoint}")
    assert (MalformedSecretError, "not_utf8") == (type(error), error.reason)


def test_two_secrets_make_one_pair(backend, server) -> None:
    key = new_key()
    backend.put(NAME, key.api_key)
    backend.put(f"{NAME}-secret", key.api_secret)
    more = f"?transport=grpc&endpoint={server.grpc}"
    config = {"profiles": {"main": {"api_key": HERE + more, "api_secret": f"{HERE}-secret{more}"}}}
    assert Secret(key.api_key) == load_credentials(profile="main", config=config).api_key


@pytest.mark.parametrize(
    ("data", "checksum"),
    [(b"", 0), (b"123456789", 0xE3069283), (b"\x00" * 32, 0x8A9136AA), (b"\xff" * 32, 0x62A8AB43)],
)
def test_the_checksum_is_crc32c(data, checksum) -> None:
    """Source: RFC 3720, appendix B.4; the second is the check value of every catalogue."""
    assert checksum == crc32c(data)


def test_a_damaged_value_is_read_again_and_never_used(backend, endpoint) -> None:
    put(backend)
    backend.is_damaging = True
    error = caught(fetch, f"{HERE}?{endpoint}")
    assert type(error) is ProviderUnavailableError
    assert "checksum" in error.message
    assert backend.requests["AccessSecretVersion"] > 1


def test_a_value_without_a_checksum_is_taken(backend, endpoint) -> None:
    """An emulator may send none."""
    fields = put(backend)
    backend.has_checksums = False
    assert fields == plain(fetch(f"{HERE}?{endpoint}"))


# The previous version


def test_the_previous_is_the_newest_enabled_below_the_current(backend, endpoint) -> None:
    put(backend)
    fields = put(backend)
    put(backend, state=State.DISABLED)
    put(backend, state=State.DESTROYED)
    put(backend)
    backend.page_size = 2
    raw = provider(f"{HERE}?{endpoint}").fetch_previous(Deadline(PATIENCE))
    assert ("2", fields) == (raw.version, plain(raw))
    assert UTC.utcoffset(None) == raw.created_at.utcoffset()
    assert 2 == backend.requests["ListSecretVersions"]


def test_there_is_a_previous_version_when_the_current_is_switched_off(backend, endpoint) -> None:
    fields = put(backend)
    put(backend, state=State.DISABLED)
    assert fields == plain(provider(f"{HERE}?{endpoint}").fetch_previous(Deadline(PATIENCE)))


def test_the_previous_of_a_pinned_version_is_below_it(backend, endpoint) -> None:
    fields = [put(backend) for _ in range(3)]
    raw = provider(f"{HERE}?version=2&{endpoint}").fetch_previous(Deadline(PATIENCE))
    assert fields[0] == plain(raw)


def test_the_first_version_has_no_previous(backend, endpoint) -> None:
    put(backend)
    error = caught(provider(f"{HERE}?{endpoint}").fetch_previous, Deadline(PATIENCE))
    assert type(error) is SecretNotFoundError


# Storing


@pytest.mark.parametrize("name", [NAME, REGIONAL])
def test_storing_where_nothing_is_creates_the_secret(backend, endpoint, name) -> None:
    fields = pair()
    assert "1" == store(f"gcp-sm:{name}?{endpoint}", fields=fields)
    assert fields == plain(fetch(f"gcp-sm:{name}?{endpoint}"))


def test_storing_into_an_empty_secret_needs_no_permission_to_create(backend, endpoint) -> None:
    backend.versions[NAME] = []
    backend.denied.add((BOT, "secretmanager.secrets.create"))
    assert "1" == store(f"{HERE}?{endpoint}")


def test_storing_over_the_expected_version_adds_one(backend, endpoint) -> None:
    put(backend)
    fields = pair()
    assert "2" == store(f"{HERE}?{endpoint}", "1", fields)
    assert fields == plain(fetch(f"{HERE}?{endpoint}"))


@pytest.mark.parametrize("expected", [None, "1", "3"])
def test_storing_over_another_version_is_refused(backend, endpoint, expected) -> None:
    put(backend)
    put(backend)
    error = caught(store, f"{HERE}?{endpoint}", expected)
    assert type(error) is ConflictError
    assert "changed" in error.message
    assert 2 == len(backend.versions[NAME])


@pytest.mark.parametrize("may_disable", [True, False])
def test_who_writes_between_the_check_and_the_write_is_first(
    backend, endpoint, may_disable
) -> None:
    """His content is the latest again, and what came later is switched off where that is allowed."""
    if not may_disable:
        backend.denied.add((BOT, "secretmanager.versions.disable"))
    put(backend)
    first = pair()
    backend.after["GetSecretVersion"] = lambda: backend.put(NAME, json.dumps(first))
    assert type(caught(store, f"{HERE}?{endpoint}", "1")) is ConflictError
    assert first == plain(fetch(f"{HERE}?{endpoint}"))
    states = [one.state for one in backend.versions[NAME]]
    assert states[2] == (State.DISABLED if may_disable else State.ENABLED)
    assert len(states) == 4


def test_who_is_third_is_left_alone(backend, endpoint) -> None:
    """The second gives way to him, who has read what the second wrote, or gives way himself."""
    put(backend)
    third = pair()
    backend.after["GetSecretVersion"] = lambda: backend.put(NAME, json.dumps(pair()))
    backend.after["AddSecretVersion"] = lambda: backend.put(NAME, json.dumps(third))
    assert type(caught(store, f"{HERE}?{endpoint}", "1")) is ConflictError
    assert third == plain(fetch(f"{HERE}?{endpoint}"))


def test_a_page_in_between_is_not_taken_for_absence_or_denial(backend, server) -> None:
    """Nothing is stored over what is there, and the next probe is free again."""
    put(backend)
    source = f"{HERE}?endpoint={server.rest}"
    backend.raw = [(404, "text/html", b"<html>lost</html>"), None]
    assert "changed" in caught(store, source).message
    assert 1 == len(backend.versions[NAME])
    backend.raw = [(403, "text/html", b"<html>no</html>"), None]
    assert "1" == provider(source).probe(Deadline(PATIENCE)).name
    assert 0 == backend.requests["AccessSecretVersion"]


def test_a_secret_that_another_creates_meanwhile_is_left_alone(backend, endpoint) -> None:
    backend.faults["AddSecretVersion"] = [Refusal(Code.NOT_FOUND, "Secret [x] not found.")]
    backend.faults["GetSecretVersion"] = [Refusal(Code.NOT_FOUND, "Secret [x] not found.")]
    put(backend)
    error = caught(store, f"{HERE}?{endpoint}")
    assert type(error) is ConflictError
    assert "changed" in error.message
    assert 1 == len(backend.versions[NAME])


def test_a_secret_deleted_while_it_is_stored_is_not_created_anew(backend, endpoint) -> None:
    put(backend)
    backend.after["GetSecretVersion"] = backend.versions.clear
    assert type(caught(store, f"{HERE}?{endpoint}", "1")) is SecretNotFoundError
    assert not backend.versions


@pytest.mark.parametrize("more", ["#live", "&version=1", "&version=stable"])
def test_only_a_whole_secret_and_its_latest_version_are_stored(backend, endpoint, more) -> None:
    assert type(caught(store, f"{HERE}?{endpoint}{more}")) is ConfigurationError
    assert not backend.requests


# Who asks


def test_the_file_of_a_service_account_is_taken_by_option(
    backend, endpoint, key_file, monkeypatch
) -> None:
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS")
    fields = put(backend)
    assert fields == plain(fetch(f"{HERE}?{endpoint}&credentials_file={key_file}"))
    folder, _, name = key_file.rpartition("/")
    monkeypatch.setenv("HOME", folder)
    assert fields == plain(fetch(f"{HERE}?{endpoint}&credentials_file=~/{name}"))


def test_one_login_serves_many_loads(backend, endpoint, key_file) -> None:
    put(backend)
    source = f"{HERE}?{endpoint}&credentials_file={key_file}"
    fetch(source)
    os.unlink(key_file)
    fetch(source)


def test_a_key_that_is_replaced_on_disk_is_taken_without_a_restart(
    backend, endpoint, key_file
) -> None:
    """A login that is refused is made anew, once."""
    fields = put(backend)
    fetch(f"{HERE}?{endpoint}")
    key = rsa.generate_private_key(65537, 1024)
    backend.keys[BOT] = public_pem(key)
    assert type(caught(fetch, f"{HERE}?{endpoint}")) is AuthenticationError
    write_key(key_file, key)
    fetch(f"{HERE}?{endpoint}")
    key = rsa.generate_private_key(65537, 1024)
    backend.keys[BOT] = public_pem(key)
    write_key(key_file, key)
    assert fields == plain(fetch(f"{HERE}?{endpoint}"))


def federated(tmp_path, server, **source) -> str:
    """A file as `gcloud iam workload-identity-pools create-cred-config` writes it."""
    info = {
        "type": "external_account",
        "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/providers/gh",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": f"https://{server.rest}/v1/token",
        "credential_source": source,
    }
    path = tmp_path / "federated.json"
    path.write_text(json.dumps(info))
    return str(path)


def test_workload_identity_federation_exchanges_the_token_of_ci(
    backend, endpoint, server, tmp_path
) -> None:
    (tmp_path / "token").write_text("a-job-of-ci")
    fields = put(backend)
    path = federated(tmp_path, server, file=str(tmp_path / "token"))
    source = f"{HERE}?{endpoint}&credentials_file={path}"
    assert fields == plain(fetch(source))
    assert {"principal://pool/subject/ci"} == backend.callers - {"nobody"}
    shown = provider(source).diagnose(Deadline(PATIENCE), poll_seconds=60)
    assert "federated by //iam.googleapis.com" in shown.identity
    assert 1 == backend.requests["ExchangeToken"]


def test_federation_on_aws_is_known(tmp_path) -> None:
    """Its requests go to Amazon; here it is enough that the file is understood."""
    path = tmp_path / "aws.json"
    info = {
        "type": "external_account",
        "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/aws",
        "subject_token_type": "urn:ietf:params:aws:token-type:aws4_request",
        "token_url": "https://sts.googleapis.com/v1/token",
        "credential_source": {
            "environment_id": "aws1",
            "regional_cred_verification_url": "https://sts.{region}.amazonaws.com",
        },
    }
    path.write_text(json.dumps(info))
    from binance_creds.providers.google._login import of_file

    assert "google.auth.aws" == type(of_file(str(path))).__module__


def test_a_file_that_runs_a_program_is_refused_as_an_option(endpoint, server, tmp_path) -> None:
    path = federated(tmp_path, server, executable={"command": "/bin/echo"})
    error = caught(fetch, f"{HERE}?{endpoint}&credentials_file={path}")
    assert type(error) is ConfigurationError
    assert "program" in error.message


@pytest.fixture
def iam(server, monkeypatch):
    url = f"https://{server.rest}/v1/projects/-/serviceAccounts/{{}}:generateAccessToken"
    monkeypatch.setattr(google.auth.iam, "_IAM_ENDPOINT", url)


def test_another_service_account_is_impersonated(backend, endpoint, iam) -> None:
    fields = put(backend)
    reader = "reader@my-project.iam.gserviceaccount.com"
    source = f"{HERE}?{endpoint}&impersonate={reader}"
    assert fields == plain(fetch(source))
    assert {BOT, reader} == backend.callers
    assert reader == provider(source).diagnose(Deadline(PATIENCE), poll_seconds=60).identity


def test_a_herd_logs_in_once(backend, server, iam) -> None:
    put(backend)
    source = f"{HERE}?transport=grpc&endpoint={server.grpc}&impersonate=a@b.iam.gserviceaccount.com"
    threads = [threading.Thread(target=fetch, args=(source,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 == backend.requests["GenerateAccessToken"]
    assert 8 == backend.requests["AccessSecretVersion"]


def test_a_login_waits_for_another_until_its_deadline(key_file) -> None:
    login = GoogleLogin(key_file, None)
    with login.turn:
        error = caught(login.headers, Deadline(0.01))
    assert type(error) is ProviderUnavailableError
    assert login.headers(Deadline(PATIENCE))["authorization"].startswith("Bearer ")


@pytest.mark.parametrize("transport", ["grpc", "rest"])
def test_over_http_there_is_no_login(backend, server, transport, monkeypatch) -> None:
    """So that no token travels in the clear; an emulator asks for none."""
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS")
    fields = put(backend)
    plain_address = getattr(server, f"plain_{transport}")
    source = f"{HERE}?transport={transport}&endpoint=http://{plain_address}"
    assert fields == plain(fetch(source))
    assert {"nobody"} == backend.callers
    assert "nobody" in provider(source).diagnose(Deadline(PATIENCE), poll_seconds=60).identity


def test_http_to_another_machine_warns() -> None:
    with pytest.warns(CredentialsWarning, match="unencrypted"):
        provider(f"{HERE}?endpoint=http://emulator.example:8080")


# Diagnosis


def test_a_diagnosis_names_identity_permissions_and_cost(backend, endpoint) -> None:
    backend.denied |= {(BOT, ADD), (BOT, LIST)}
    shown = provider(f"{HERE}?{endpoint}").diagnose(Deadline(PATIENCE), poll_seconds=60)
    assert BOT == shown.identity
    assert {ACCESS: True, GET: True, LIST: False, ADD: False} == shown.permissions
    assert (1440, 0.0) == (shown.requests_per_day, shown.price_per_month)
    assert {"TestIamPermissions": 1} == backend.requests


def test_watching_without_metadata_costs_accesses(backend, endpoint) -> None:
    backend.denied.add((BOT, GET))
    shown = provider(f"{HERE}?{endpoint}").diagnose(Deadline(PATIENCE), poll_seconds=30)
    assert shown.permissions[GET] is False
    assert pytest.approx(2880 * 30 * 0.03 / 10_000) == shown.price_per_month


@pytest.mark.parametrize("code", [Code.NOT_FOUND, Code.UNIMPLEMENTED])
def test_permissions_that_are_not_told_are_none(backend, endpoint, code) -> None:
    backend.faults["TestIamPermissions"] = [Refusal(code, "no")]
    shown = provider(f"{HERE}?{endpoint}").diagnose(Deadline(PATIENCE), poll_seconds=60)
    assert {None} == set(shown.permissions.values())
    assert shown.price_per_month > 0


def test_credentials_that_name_nobody_are_said_to(key_file) -> None:
    login = GoogleLogin(key_file, None)
    login._credentials = object()
    assert "not told by the credentials" == login.identity


# What it is and what it refuses


def test_it_has_every_ability_but_reading_many_at_once() -> None:
    """The store reads one secret a request."""
    made = provider(HERE)
    for ability in (Provider, Probe, PreviousVersion, Store, Diagnose):
        assert isinstance(made, ability)
    assert not isinstance(made, BatchFetch)
    made.close()


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("gcp-sm://my-project/bot?stage=x", "'stage'"),
        ("gcp-sm://bot", "a project and a secret"),
        ("gcp-sm:projects/my-project", "a project and a secret"),
        ("gcp-sm://My-Project/bot", "a project and a secret"),
        ("gcp-sm://my-project/a/b", "a project and a secret"),
        ("gcp-sm://my-project/a b", "a project and a secret"),
        ("gcp-sm:projects/my-project/secrets/bot/versions", "a project and a secret"),
        ("gcp-sm:projects/my-project/locations/Bad/secrets/bot", "'location'"),
        ("gcp-sm:projects/my-project/secrets/bot/versions/01", "'version'"),
        ("gcp-sm:projects/my-project/secrets/bot/versions/1?version=2", "contradicts"),
        (f"gcp-sm:{REGIONAL}?location=us-east1", "contradicts"),
        ("gcp-sm://my-project/bot?version=0", "'version'"),
        ("gcp-sm://my-project/bot?version=-1", "'version'"),
        ("gcp-sm://my-project/bot?location=evil.example", "'location'"),
        ("gcp-sm://my-project/bot?impersonate=bot", "'impersonate'"),
        ("gcp-sm://my-project/bot?transport=soap", "'transport'"),
        ("gcp-sm://my-project/bot?endpoint=ftp://x", "'endpoint'"),
        ("gcp-sm://my-project/bot?endpoint=a/b", "'endpoint'"),
        ("gcp-sm://my-project/bot?endpoint=http://localhost:1&impersonate=a@b.c", "'impersonate'"),
        (
            "gcp-sm://my-project/bot?endpoint=http://localhost:1&credentials_file=x",
            "'credentials_file'",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_before_any_request(source, says) -> None:
    error = caught(provider, source)
    assert type(error) is ConfigurationError
    assert says in str(error)


def test_an_endpoint_may_be_in_capitals(backend, server) -> None:
    backend.put(NAME, json.dumps({"api_key": "a", "api_secret": "b"}))
    url = server.grpc.replace("http://", "HTTP://")
    assert fetch(f"{HERE}?transport=grpc&endpoint={url}").version == "1"


def test_the_scheme_leads_here(backend, server) -> None:
    key = new_key()
    backend.put(NAME, json.dumps({"api_key": key.api_key, "api_secret": key.api_secret}))
    assert (
        Secret(key.api_key)
        == load_credentials(f"{HERE}?transport=grpc&endpoint={server.grpc}").api_key
    )


@pytest.mark.parametrize("missing", ["google.auth", "google.cloud.secretmanager", "grpc"])
def test_a_namespace_with_other_parts_of_google_is_not_the_sdk(missing) -> None:
    """Whoever uses another library of Google's has `google.cloud` and `google.auth`."""
    code = """
import importlib.abc, sys
class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.startswith(sys.argv[1]):
            raise ModuleNotFoundError(name, name=name)
sys.meta_path.insert(0, Absent())
from binance_creds import load_credentials
from binance_creds.errors import ProviderNotInstalledError
try:
    load_credentials("gcp-sm://my-project/bot")
except ProviderNotInstalledError as error:
    print(error.hint)
"""
    shown = subprocess.run(
        [sys.executable, "-c", code, missing],
        capture_output=True,
        text=True,
        env=plain_environ(),
    )
    assert "Run: pip install 'binance-creds[gcp]'" == shown.stdout.strip(), shown.stderr


# Processes


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_forked_child_reads_after_its_parent_did(backend, endpoint) -> None:
    """No channel is open between calls, so nothing of it is inherited.

    In a program of its own: threads of the server here may hold OpenSSL's locks at the fork.
    """
    put(backend)
    code = """
import os, sys
from binance_creds import load_credentials
load_credentials(sys.argv[1])
child = os.fork()
if child == 0:
    status = 1
    try:
        status = load_credentials(sys.argv[1], fresh=True).version != "1"
    finally:
        os._exit(status)
assert os.waitpid(child, 0)[1] == 0
print(load_credentials(sys.argv[1], fresh=True).version)
"""
    command = [sys.executable, "-W", "ignore", "-c", code, f"{HERE}?{endpoint}"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=plain_environ(), start_new_session=True
    ) as program:
        try:
            assert program.communicate(timeout=PATIENCE)[0] == "1\n"
        finally:
            with contextlib.suppress(ProcessLookupError):  # the child too, where it hangs
                os.killpg(program.pid, signal.SIGKILL)


@pytest.mark.parametrize("transport", ["grpc", "rest"])
def test_an_answer_that_never_comes_ends_with_the_deadline(ca, transport) -> None:
    """On a server of its own: what it still has to answer must not meet the next test."""
    server = Server(ca[0].issue_cert("localhost"))
    gate = threading.Event()
    put(server.backend)
    server.backend.after["AccessSecretVersion"] = gate.wait
    source = f"{HERE}?transport={transport}&endpoint=http://{getattr(server, f'plain_{transport}')}"
    error = caught(fetch, source, seconds=0.2)
    gate.set()
    server.close()
    assert type(error) is ProviderUnavailableError


def test_an_unavailable_store_is_asked_again(backend, endpoint) -> None:
    fields = put(backend)
    backend.faults["AccessSecretVersion"] = [Refusal(Code.UNAVAILABLE, "busy"), None]
    assert fields == plain(fetch(f"{HERE}?{endpoint}"))
    assert 2 == backend.requests["AccessSecretVersion"]


def test_denied_is_denied(backend, endpoint) -> None:
    put(backend)
    backend.denied.add((BOT, ACCESS))
    assert type(caught(fetch, f"{HERE}?{endpoint}")) is AccessDeniedError


def test_the_page_tells_how_many_requests_are_made(backend, endpoint) -> None:
    """The table of the documentation, counted."""
    put(backend)
    page = (Path(__file__).parents[3] / "docs/howto/stores/gcp.md").read_text()
    table = re.findall(r"^\| ([a-z ,0-9]+) \| (\d+ `.+?) \|", page, re.MULTILINE)
    rows = {
        what: {name: int(count) for count, name in re.findall(r"(\d+) `(\w+)`", cell)}
        for what, cell in table
    }
    counted = {}
    for what, known, call in (
        ("load", None, "fetch"),
        ("unchanged refresh", "1", "fetch"),
        ("probe", None, "probe"),
    ):
        backend.requests.clear()
        made = provider(f"{HERE}?{endpoint}")
        options = {"known_version": known} if known else {}
        getattr(made, call)(Deadline(PATIENCE), **options)
        counted[what] = dict(backend.requests)
    assert counted == {what: rows[what] for what in counted}
    assert {"AccessSecretVersion": 1000, "GetSecretVersion": 1000} == rows["1,000 secrets"]
