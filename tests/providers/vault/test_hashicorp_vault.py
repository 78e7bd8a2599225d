"""What users of Vault and OpenBao rely on, with real hvac over real HTTP."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from fault_proxy import answer, status
from support import caught, new_key, token
from waiting import PATIENCE

from binance_creds import KeyType, Secret, load_credentials, load_many
from binance_creds._raw import RawSecret, Unchanged
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
    SourceURI,
    Store,
)
from binance_creds.providers.vault.kv_secrets import VaultProvider
from binance_creds.testing import assert_no_leak, watch_for_leaks

FORBIDDEN = b'{"errors":["1 error occurred:\\n\\t* permission denied\\n\\n"]}'
NOTHING = b'{"errors":[]}'


def provider(source: str) -> VaultProvider:
    return VaultProvider(SourceURI.parse(source))


def pair(**more: str) -> dict[str, str]:
    return {"api_key": token(), "api_secret": token(), **more}


def plain(raw: RawSecret) -> dict[str, str]:
    return {name: secret.reveal() for name, secret in raw.fields.items()}


def secrets(fields: dict[str, str]) -> dict[str, Secret]:
    return {name: Secret(text) for name, text in fields.items()}


def spoiling(part: str, code: int, body: bytes, times: int = 99):
    """Answer requests whose path has the part with a status, and pass the others on."""
    left = [times]

    def fault(handler, real_code, head, real_body):
        if part in handler.path and left[0]:
            left[0] -= 1
            return status(code, body)(handler)
        answer(handler, real_code, head, real_body)

    return fault


def place() -> str:
    return f"secret/bot/{token()[:12]}"


@pytest.fixture
def path(operator) -> str:
    """Of a pair that is there."""
    name = place()
    operator.put(name, pair())
    return name


def test_it_can_do_everything_its_store_can(operator) -> None:
    it = provider(operator.source("secret/bot"))
    for capability in (Probe, PreviousVersion, Diagnose, Store):
        assert isinstance(it, capability)
    assert not isinstance(it, BatchFetch)


class TestPlace:
    @pytest.mark.parametrize("more", ["", "&kv=2", "&mount=secret", "&mount=/secret/&kv=2"])
    def test_the_mount_is_found_or_given(self, operator, more) -> None:
        fields, name = pair(), place()
        operator.put(name, fields)
        creds = load_credentials(operator.source(name, more))
        assert fields["api_key"] == creds.api_key.reveal()
        assert creds.version == "1"
        assert creds.created_at.tzinfo is not None

    @pytest.mark.parametrize(("kv", "more"), [("1", ""), ("2", ""), ("1", "&kv=1"), ("2", "&kv=2")])
    def test_a_mount_may_have_several_segments(self, operator, kv, more) -> None:
        mount, fields = f"team/{token()[:8].lower()}", pair()
        operator.mount(kv, mount)
        operator.put(f"{mount}/prod/bot", fields, mount=mount, kv=kv)
        more = f"{more}&mount={mount}" if more else ""
        raw = provider(operator.source(f"{mount}/prod/bot", more)).fetch(Deadline(PATIENCE))
        assert fields == plain(raw)

    def test_what_was_found_out_serves_every_secret_of_the_mount(self, operator, path) -> None:
        provider(operator.source(path)).fetch(Deadline(PATIENCE))
        other = place()
        operator.put(other, pair())
        with operator.proxy.counting() as requests:
            provider(operator.source(other)).fetch(Deadline(PATIENCE))
        assert requests == [f"GET /v1/{other.replace('/', '/data/', 1)}"]

    def test_a_server_that_does_not_tell_the_mount_is_taken_for_version_2(
        self, operator, path
    ) -> None:
        it = provider(operator.source(path))
        with operator.proxy.failing(spoiling("/internal/ui/mounts/", 403, FORBIDDEN)):
            assert it.fetch(Deadline(PATIENCE)).version == "1"
        with operator.proxy.counting() as requests:
            it.fetch(Deadline(PATIENCE))
        assert "internal/ui/mounts" in requests[0]

    def test_a_path_may_hold_what_a_url_must_quote(self, operator) -> None:
        fields, name = pair(), f"{place()} a?b#c%20"
        operator.put(name, fields)
        source = operator.source(name.replace("%", "%25").replace("?", "%3F").replace("#", "%23"))
        assert fields == plain(provider(source).fetch(Deadline(PATIENCE)))

    @pytest.mark.parametrize(
        ("source", "says"),
        [
            ("vault://secret", "a mount and a path"),
            ("vault://secret//bot", "a mount and a path"),
            ("vault://secret/./bot", "a mount and a path"),
            ("vault://secret/.../bot", "a mount and a path"),
            ("vault://secret/bot?mount=other", "does not begin with the mount"),
            ("vault://secret/bot?version=0", "number from 1"),
            ("vault://secret/bot?version=latest", "number from 1"),
            ("vault://secret/bot?kv=3", "must be one of: 2, 1"),
            ("vault://secret/bot?adress=1", "adress"),
            ("vault://secret/bot?token=no", "valid options of 'vault'"),
            ("vault://secret/bot?auth=ldap", "must be one of: token, approle"),
            ("vault://secret/bot?role=bot", "no use for the option 'role'"),
            ("vault://secret/bot?auth=jwt&token_file=x", "no use for the option 'token_file'"),
            ("vault://secret/bot?auth=userpass", "needs the option 'role'"),
            ("vault://secret/bot?auth=kubernetes", "needs the option 'role'"),
            ("vault://secret/bot?auth=cert&auth_mount=../../sys", "'auth_mount' is not a plain"),
            ("vault://secret/bot?auth=cert&auth_mount=a%3Fb", "'auth_mount' is not a plain"),
            ("vault://secret/bot?auth=userpass&role=../../../sys/x", "'role' is not a plain"),
            ("vault://secret/bot?address=vault:8200", "not an http or https URL"),
        ],
    )
    def test_wrong_sources_are_refused_before_any_request(self, machine, source, says) -> None:
        machine.setenv("VAULT_ADDR", "https://vault.example")
        error = caught(provider, source)
        assert isinstance(error, ConfigurationError)
        assert says in str(error)

    @pytest.mark.parametrize(
        "location", ["secret/../sys/seal", "secret/%2e%2e/sys", "secret%2F..%2Fsys", "a\\..\\b"]
    )
    def test_no_path_leads_out_of_its_mount(self, location) -> None:
        error = caught(SourceURI.parse, f"vault://{location}?address=https://vault.example")
        assert isinstance(error, ConfigurationError)

    def test_without_an_address_nothing_is_guessed(self) -> None:
        error = caught(provider, "vault://secret/bot")
        assert isinstance(error, ConfigurationError)
        assert "VAULT_ADDR" in str(error)

    def test_an_unencrypted_address_beyond_this_machine_is_warned_of(self) -> None:
        with pytest.warns(CredentialsWarning, match="unencrypted"):
            provider("vault://secret/bot?address=http://vault:8200")

    @pytest.mark.parametrize(
        ("scheme", "variables"),
        [
            ("vault", {"VAULT_ADDR": 1, "BAO_ADDR": 0}),
            ("vault", {"VAULT_AGENT_ADDR": 1, "VAULT_ADDR": 0}),
            ("vault", {"BAO_ADDR": 1}),
            ("openbao", {"BAO_ADDR": 1, "VAULT_ADDR": 0}),
            ("openbao", {"BAO_AGENT_ADDR": 1, "BAO_ADDR": 0}),
            ("openbao", {"VAULT_ADDR": 1}),
        ],
    )
    def test_the_address_comes_from_the_usual_variables(
        self, operator, path, machine, scheme, variables
    ) -> None:
        machine.delenv("VAULT_TOKEN")
        machine.setenv("BAO_TOKEN", operator.server.root_token)
        for name, is_right in variables.items():
            machine.setenv(name, operator.proxy.url if is_right else "http://127.0.0.1:1")
        assert load_credentials(f"{scheme}://{path}").version == "1"

    def test_openbao_variables_come_first_with_its_scheme(self, operator, path, machine) -> None:
        machine.setenv("VAULT_TOKEN", "hvs.of-another-server")
        machine.setenv("BAO_TOKEN", operator.server.root_token)
        source = operator.source(path)
        assert isinstance(caught(load_credentials, source), AuthenticationError)
        assert load_credentials(source.replace("vault:", "openbao:", 1)).version == "1"

    @pytest.mark.parametrize("how", ["option", "variable"])
    def test_the_namespace_is_sent_and_told_when_wrong(self, operator, path, machine, how) -> None:
        if how == "variable":
            machine.setenv("VAULT_NAMESPACE", "team")
        more = "&namespace=team" if how == "option" else ""
        error = caught(provider(operator.source(path, more)).fetch, Deadline(PATIENCE))
        assert operator.proxy.heads[-1]["X-Vault-Namespace"] == "team"
        assert isinstance(error, ConfigurationError)
        assert "no such namespace" in str(error)


class TestVersions:
    def test_a_version_may_be_pinned(self, operator) -> None:
        first, name = pair(), place()
        operator.put(name, first)
        operator.put(name, pair())
        raw = provider(operator.source(name, "&version=1")).fetch(Deadline(PATIENCE))
        assert ("1", first) == (raw.version, plain(raw))
        error = caught(provider(operator.source(name, "&version=9")).fetch, Deadline(PATIENCE))
        assert isinstance(error, SecretNotFoundError)

    def test_a_pinned_version_is_known_without_a_request(self, operator, path) -> None:
        it = provider(operator.source(path, "&version=1&kv=2"))
        it.fetch(Deadline(PATIENCE))
        with operator.proxy.counting() as requests:
            assert Unchanged("1") == it.fetch(Deadline(PATIENCE), known_version="1")
            assert it.probe(Deadline(PATIENCE)).name == "1"
        assert requests == []

    def test_a_refresh_reads_the_metadata_and_a_new_version_by_its_number(
        self, operator, path
    ) -> None:
        it = provider(operator.source(path))
        known = it.fetch(Deadline(PATIENCE)).version
        data, metadata = (f"/v1/{path.replace('/', f'/{x}/', 1)}" for x in ("data", "metadata"))
        with operator.proxy.counting() as requests:
            assert Unchanged(known) == it.fetch(Deadline(PATIENCE), known_version=known)
        assert requests == [f"GET {metadata}"]
        operator.put(path, pair())
        with operator.proxy.counting() as requests:
            assert it.fetch(Deadline(PATIENCE), known_version=known).version == "2"
        assert requests == [f"GET {metadata}", f"GET {data}?version=2"]

    def test_a_version_that_lags_behind_its_announcement_is_waited_for(
        self, operator, path
    ) -> None:
        it = provider(operator.source(path))
        known = it.fetch(Deadline(PATIENCE)).version
        operator.put(path, pair())
        with operator.proxy.failing(spoiling("/data/", 404, NOTHING, times=2)):
            assert it.fetch(Deadline(PATIENCE), known_version=known).version == "2"
        with operator.proxy.failing(spoiling("/data/", 404, NOTHING)):
            error = caught(it.fetch, Deadline(PATIENCE), known_version=known)
        assert type(error) is ProviderUnavailableError
        assert "announced" in str(error)

    def test_a_version_deleted_since_its_announcement_is_disabled(self, operator, path) -> None:
        it = provider(operator.source(path))
        operator.put(path, pair())
        gone = b'{"data":{"data":null,"metadata":{"deletion_time":"2026-01-01T00:00:00Z"}}}'
        with operator.proxy.failing(spoiling("/data/", 404, gone)):
            error = caught(it.fetch, Deadline(PATIENCE), known_version="1")
        assert isinstance(error, SecretDisabledError)

    def test_without_the_permission_for_metadata_it_reads(self, operator, path, machine) -> None:
        policy = operator.policy(path.replace("/", "/data/", 1))
        machine.setenv("VAULT_TOKEN", operator.token(policy))
        it = provider(operator.source(path))
        known = it.fetch(Deadline(PATIENCE)).version
        assert it.probe(Deadline(PATIENCE)).name == known
        assert Unchanged(known) == it.fetch(Deadline(PATIENCE), known_version=known)
        operator.put(path, pair())
        assert it.fetch(Deadline(PATIENCE), known_version=known).version == "2"
        error = caught(it.fetch_previous, Deadline(PATIENCE))
        assert isinstance(error, AccessDeniedError)
        assert "MOUNT/metadata/PATH" in str(error)

    def test_the_previous_version_is_the_newest_that_is_left(self, operator, path) -> None:
        it = provider(operator.source(path))
        error = caught(it.fetch_previous, Deadline(PATIENCE))
        assert isinstance(error, SecretNotFoundError)
        assert "before the current one" in str(error)
        first = plain(it.fetch(Deadline(PATIENCE)))
        operator.put(path, pair())
        operator.put(path, pair())
        operator.client.write_data(path.replace("/", "/delete/", 1), data={"versions": [2]})
        assert first == plain(it.fetch_previous(Deadline(PATIENCE)))

    def test_deleted_and_destroyed_are_told_apart_however_it_is_asked(self, operator, path) -> None:
        it = provider(operator.source(path))
        known = it.fetch(Deadline(PATIENCE)).version
        asks = (
            lambda: it.fetch(Deadline(PATIENCE)),
            lambda: it.fetch(Deadline(PATIENCE), known_version="0"),
            lambda: it.fetch(Deadline(PATIENCE), known_version=known),
            lambda: it.probe(Deadline(PATIENCE)),
        )
        operator.client.delete(path.replace("/", "/data/", 1))
        for ask in asks:
            error = caught(ask)
            assert isinstance(error, SecretDisabledError)
            assert "undelete" in str(error)
        operator.client.write_data(path.replace("/", "/destroy/", 1), data={"versions": [1]})
        for ask in asks:
            error = caught(ask)
            assert isinstance(error, SecretDisabledError)
            assert "destroyed for good" in str(error)

    def test_a_version_with_a_lifetime_is_there_until_its_end(self, operator) -> None:
        name = place()
        metadata = name.replace("/", "/metadata/", 1)
        operator.client.write_data(metadata, data={"delete_version_after": "1h"})
        operator.put(name, pair())
        operator.put(name, pair())
        it = provider(operator.source(name))
        assert it.probe(Deadline(PATIENCE)).name == "2"
        assert Unchanged("2") == it.fetch(Deadline(PATIENCE), known_version="2")
        assert it.fetch_previous(Deadline(PATIENCE)).version == "1"

    def test_metadata_without_a_version_is_not_found(self, operator, path) -> None:
        it = provider(operator.source(path))
        body = b'{"data":{"current_version":0,"versions":{}}}'
        with operator.proxy.failing(spoiling("/metadata/", 200, body)):
            error = caught(it.probe, Deadline(PATIENCE))
        assert isinstance(error, SecretNotFoundError)
        assert "no version" in str(error)


class TestVersionOne:
    @pytest.fixture
    def place(self, operator) -> str:
        mount = operator.mount("1")
        operator.put(f"{mount}/bot", pair(), mount=mount, kv="1")
        return f"{mount}/bot"

    def test_the_content_stands_in_for_the_version(self, operator, place) -> None:
        it = provider(operator.source(place))
        known = it.fetch(Deadline(PATIENCE)).version
        assert known == it.probe(Deadline(PATIENCE)).name
        assert Unchanged(known) == it.fetch(Deadline(PATIENCE), known_version=known)
        operator.put(place, pair(), mount=place.partition("/")[0], kv="1")
        assert known != it.fetch(Deadline(PATIENCE), known_version=known).version

    def test_there_are_no_versions_to_ask_for(self, operator, place) -> None:
        error = caught(provider(operator.source(place, "&version=1")).fetch, Deadline(PATIENCE))
        assert isinstance(error, ConfigurationError)
        assert "KV version 1" in str(error)
        error = caught(provider(operator.source(place)).fetch_previous, Deadline(PATIENCE))
        assert isinstance(error, SecretNotFoundError)

    def test_it_is_stored_where_it_is_absent_or_as_it_was_read(self, operator, place) -> None:
        it = provider(operator.source(f"{place}-new"))
        first, second = pair(), pair()
        version = it.store(secrets(first), Deadline(PATIENCE))
        assert version == it.fetch(Deadline(PATIENCE)).version
        assert version == it.store(secrets(first), Deadline(PATIENCE))
        error = caught(it.store, secrets(second), Deadline(PATIENCE))
        assert isinstance(error, ConflictError)
        assert "has changed" in str(error)
        it.store(secrets(second), Deadline(PATIENCE), expected_version=version)
        assert second == plain(it.fetch(Deadline(PATIENCE)))

    def test_what_cannot_be_read_is_not_taken_for_absent(self, operator, place) -> None:
        """A proxy's 404 before the write would let it through."""
        before = plain(provider(operator.source(place)).fetch(Deadline(PATIENCE)))

        def page(handler, code, head, body):
            if handler.command == "GET" and handler.path == f"/v1/{place}":
                return status(404, b"<html>lost</html>")(handler)
            answer(handler, code, head, body)

        it = provider(operator.source(place))
        with operator.proxy.failing(page):
            error = caught(it.store, secrets(pair()), Deadline(PATIENCE))
        assert isinstance(error, ProviderUnavailableError)
        assert before == plain(it.fetch(Deadline(PATIENCE)))


class TestWrongEngine:
    """Only "definitely not here" moves a chain on."""

    def test_version_1_asked_as_2(self, operator) -> None:
        mount = operator.mount("1")
        operator.put(f"{mount}/bot", pair(), mount=mount, kv="1")
        error = caught(provider(operator.source(f"{mount}/bot", "&kv=2")).fetch, Deadline(PATIENCE))
        assert isinstance(error, ConfigurationError)
        assert "other KV version" in str(error)

    def test_nothing_is_stored_in_an_engine_of_the_other_version(self, operator) -> None:
        """Version 1 would take it, at a path that nobody reads."""
        mount = operator.mount("1")
        it = provider(operator.source(f"{mount}/bot", "&kv=2"))
        error = caught(it.store, secrets(pair()), Deadline(PATIENCE))
        assert isinstance(error, ConfigurationError)
        assert "other KV version" in str(error)
        assert operator.client.read(f"{mount}/data/bot") is None

    def test_version_2_asked_as_1(self, operator, path) -> None:
        error = caught(provider(operator.source(path, "&kv=1")).fetch, Deadline(PATIENCE))
        assert isinstance(error, ConfigurationError)
        assert "KV version 2" in str(error)

    @pytest.mark.parametrize("more", ["", "&kv=2"])
    def test_absence_is_told_from_a_wrong_engine(self, operator, more) -> None:
        error = caught(provider(operator.source(place(), more)).fetch, Deadline(PATIENCE))
        assert isinstance(error, SecretNotFoundError)

    @pytest.mark.parametrize("more", ["", "&kv=2", "&kv=1"])
    def test_a_mount_that_is_not_there(self, operator, more) -> None:
        error = caught(provider(operator.source("nowhere/bot", more)).fetch, Deadline(PATIENCE))
        assert isinstance(error, ConfigurationError)
        assert "no secrets engine" in str(error)

    @pytest.mark.parametrize("more", ["", "&kv=2", "&kv=1"])
    def test_a_mount_of_no_kv_engine(self, operator, more) -> None:
        mount = f"t{token()[:8].lower()}"
        operator.client.sys.enable_secrets_engine("transit", path=mount)
        error = caught(provider(operator.source(f"{mount}/bot", more)).fetch, Deadline(PATIENCE))
        assert isinstance(error, ConfigurationError)
        assert "not a KV engine" in str(error)

    @pytest.mark.parametrize(
        ("kind", "options"),
        [("generic", None), ("cubbyhole", None), ("kv-of-ours", {"version": "1"})],
    )
    def test_an_engine_that_speaks_as_kv_does_is_read(self, operator, kind, options) -> None:
        mount, fields = operator.mount("1"), pair()
        operator.put(f"{mount}/bot", fields, mount=mount, kv="1")
        told = {"data": {"path": f"{mount}/", "type": kind, "options": options}}
        it = provider(operator.source(f"{mount}/bot"))
        with operator.proxy.failing(
            spoiling("/internal/ui/mounts/", 200, json.dumps(told).encode())
        ):
            assert fields == plain(it.fetch(Deadline(PATIENCE)))

    def test_an_engine_that_makes_credentials_is_not_asked_for_any(self, operator) -> None:
        """Reading `database/creds/ROLE` would make a login at each refresh."""
        mount = f"d{token()[:8].lower()}"
        operator.client.sys.enable_secrets_engine("database", path=mount)
        it = provider(operator.source(f"{mount}/creds/bot"))
        with operator.proxy.counting() as requests:
            assert isinstance(caught(it.fetch, Deadline(PATIENCE)), ConfigurationError)
        assert requests[-1] == f"GET /v1/sys/internal/ui/mounts/{mount}/creds/bot"

    def test_a_mount_made_anew_is_found_again(self, operator) -> None:
        mount = operator.mount("1")
        operator.put(f"{mount}/bot", pair(), mount=mount, kv="1")
        it = provider(operator.source(f"{mount}/bot"))
        it.fetch(Deadline(PATIENCE))
        operator.client.sys.disable_secrets_engine(mount)
        operator.mount("2", mount)
        operator.put(f"{mount}/bot", pair(), mount=mount)
        assert isinstance(caught(it.fetch, Deadline(PATIENCE)), ConfigurationError)
        assert it.fetch(Deadline(PATIENCE)).version == "1"


class TestPayload:
    @pytest.mark.parametrize("payload", ["pem", "member", "text member", "spelling"])
    def test_payloads(self, operator, payload) -> None:
        key, fields, name = new_key(KeyType.ED25519), pair(), place()
        signing = {"api_key": fields["api_key"], "private_key": key.fields()["private_key"]}
        content, more, expected = {
            "pem": (signing, "", signing),
            "member": ({"live": fields, "test": pair()}, "#live", fields),
            "text member": ({"bot": json.dumps(fields)}, "#bot", fields),
            "spelling": (
                {"apiKey": fields["api_key"], "secretKey": fields["api_secret"]},
                "",
                fields,
            ),
        }[payload]
        operator.put(name, content)
        assert expected == plain(provider(operator.source(name) + more).fetch(Deadline(PATIENCE)))

    def test_what_is_no_credential_is_malformed(self, operator) -> None:
        canary, name = token(), place()
        operator.put(name, {"user": canary})
        with watch_for_leaks(canary):
            error = caught(load_credentials, operator.source(name))
        assert isinstance(error, MalformedSecretError)
        assert_no_leak(canary, error)

    def test_key_and_secret_may_be_two_secrets(self, operator) -> None:
        fields = pair()
        first, second = place(), place()
        operator.put(first, {"value": fields["api_key"]})
        operator.put(second, {"hmac": fields["api_secret"]})
        main = {
            "api_key": operator.source(first) + "#value",
            "api_secret": operator.source(second) + "#hmac",
        }
        creds = load_credentials(config={"profiles": {"main": main}})
        assert fields["api_secret"] == creds.api_secret.reveal()


class TestStore:
    def test_it_creates_what_is_absent_and_nothing_else(self, operator) -> None:
        it = provider(operator.source(place()))
        fields = pair()
        assert it.store(secrets(fields), Deadline(PATIENCE)) == "1"
        error = caught(it.store, secrets(pair()), Deadline(PATIENCE))
        assert isinstance(error, ConflictError)
        assert "has changed" in str(error)
        assert fields == plain(it.fetch(Deadline(PATIENCE)))

    def test_it_replaces_the_version_that_was_read(self, operator, path) -> None:
        it, first, second = provider(operator.source(path)), pair(), pair()
        assert it.store(secrets(first), Deadline(PATIENCE), expected_version="1") == "2"
        error = caught(it.store, secrets(second), Deadline(PATIENCE), expected_version="1")
        assert isinstance(error, ConflictError)
        assert first == plain(it.fetch(Deadline(PATIENCE)))

    def test_a_lost_answer_does_not_make_it_write_twice(self, operator, path) -> None:
        it, lost = provider(operator.source(path)), []

        def lose(handler, code, head, body):
            is_lost = handler.command in {"POST", "PUT"} and not lost
            if is_lost:
                lost.append(1)
            (status(500) if is_lost else answer)(handler, code, head, body)

        fields = pair()
        with operator.proxy.failing(lose):
            assert it.store(secrets(fields), Deadline(PATIENCE), expected_version="1") == "2"
        raw = it.fetch(Deadline(PATIENCE))
        assert ("2", fields) == (raw.version, plain(raw))

    @pytest.mark.parametrize("more", ["#live", "&version=1"])
    def test_a_part_or_a_pinned_version_is_not_stored(self, operator, path, more) -> None:
        error = caught(
            provider(operator.source(path) + more).store, secrets(pair()), Deadline(PATIENCE)
        )
        assert isinstance(error, ConfigurationError)
        assert "whole secret" in str(error)

    def test_what_else_is_invalid_is_told(self, operator, path) -> None:
        it = provider(operator.source(path))
        with operator.proxy.failing(spoiling("/data/", 400, b'{"errors":["too large"]}')):
            error = caught(it.store, secrets(pair()), Deadline(PATIENCE))
        assert isinstance(error, ConfigurationError)
        assert "as invalid" in str(error)


class TestDiagnosis:
    def test_it_tells_who_asks_and_what_is_missing(self, operator, path, machine) -> None:
        data, metadata = (path.replace("/", f"/{x}/", 1) for x in ("data", "metadata"))
        machine.setenv("VAULT_TOKEN", operator.token(operator.policy(data)))
        found = provider(operator.source(path)).diagnose(Deadline(PATIENCE), poll_seconds=30)
        assert found.identity == "token-token"
        assert found.permissions == {f"read {data}": True, f"read {metadata}": False}
        assert (2880, 0.0) == (found.requests_per_day, found.price_per_month)

    def test_root_may_do_everything(self, operator) -> None:
        mount = operator.mount("1")
        found = provider(operator.source(f"{mount}/bot")).diagnose(
            Deadline(PATIENCE), poll_seconds=60
        )
        assert found.permissions == {f"read {mount}/bot": True}


def test_a_denied_secret_stops_the_chain(operator, path, machine) -> None:
    """Also before one that would answer."""
    machine.setenv("VAULT_TOKEN", operator.token(operator.policy("secret/data/other")))
    machine.setenv("BINANCE_API_KEY", token())
    machine.setenv("BINANCE_API_SECRET", token())
    error = caught(load_credentials, [operator.source(path), "env://BINANCE"])
    assert isinstance(error, AccessDeniedError)


def test_closing_leaves_the_session_of_the_process(operator, path) -> None:
    it = provider(operator.source(path))
    it.fetch(Deadline(PATIENCE))
    it.close()
    it.close()
    assert it.fetch(Deadline(PATIENCE)).version == "1"


def test_the_value_is_in_no_log_even_at_debug(operator, machine) -> None:
    name, fields = place(), pair()
    operator.put(name, fields)
    it = provider(operator.source(name))
    for canary in (*fields.values(), operator.server.root_token):
        with watch_for_leaks(canary):
            raw = it.fetch(Deadline(PATIENCE))
            it.probe(Deadline(PATIENCE))
            it.diagnose(Deadline(PATIENCE), poll_seconds=30)
        assert_no_leak(canary, it, raw)


PAGE = Path(__file__).parents[3] / "docs" / "howto" / "stores" / "vault.md"


def test_the_requests_are_as_the_documentation_says(operator, machine) -> None:
    """Counted by the proxy, in the order of the table."""
    for i in range(100):
        operator.put(f"secret/many/{i}", {f"m{j}": json.dumps(pair()) for j in range(10)})
    many = {
        f"{i}-{j}": operator.source(f"secret/many/{i}") + f"#m{j}"
        for i in range(100)
        for j in range(10)
    }
    name = place()
    operator.put(name, pair())
    it = provider(operator.source(name))
    counted = []
    for what, call in {
        "first load": lambda: it.fetch(Deadline(PATIENCE)),
        "load": lambda: it.fetch(Deadline(PATIENCE)),
        "probe": lambda: it.probe(Deadline(PATIENCE)),
        "unchanged refresh": lambda: it.fetch(Deadline(PATIENCE), known_version="1"),
        "refresh to a new version": lambda: it.fetch(Deadline(PATIENCE), known_version="0"),
        "1,000 secrets": lambda: load_many(many, timeout_seconds=60),
    }.items():
        with operator.proxy.counting() as requests:
            call()
        counted.append((what, f"{len(requests):,}"))
    table = re.findall(r"^\| ([a-z0-9, ]+) \| ([\d,]+) \|$", PAGE.read_text(), re.MULTILINE)
    assert counted == table
