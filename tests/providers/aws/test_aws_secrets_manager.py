"""What users of AWS Secrets Manager rely on, with real boto3 over real HTTP."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from fault_proxy import FaultProxy, answer, refusing_address, status
from support import caught, new_key, plain_environ, token
from waiting import PATIENCE

from binance_creds import KeyType, Secret, load_credentials, load_many
from binance_creds._raw import VALUE, RawSecret, Unchanged
from binance_creds.errors import (
    AccessDeniedError,
    AuthenticationError,
    ConfigurationError,
    ConflictError,
    CredentialsError,
    CredentialsWarning,
    MalformedSecretError,
    ProviderUnavailableError,
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
from binance_creds.providers.aws.secrets_manager import SecretsManagerProvider
from binance_creds.testing import assert_no_leak


def provider(source: str) -> SecretsManagerProvider:
    return SecretsManagerProvider(SourceURI.parse(source))


def pair(**more: str) -> dict[str, str]:
    return {"api_key": token(), "api_secret": token(), **more}


def plain(raw: RawSecret) -> dict[str, str]:
    return {name: secret.reveal() for name, secret in raw.fields.items()}


def secrets(fields: dict[str, str]) -> dict[str, Secret]:
    return {name: Secret(text) for name, text in fields.items()}


def denial(*operations: str):
    """Refuse these operations as IAM does, and pass the others on."""
    refusal = status(400, b'{"__type":"AccessDeniedException","Message":"not authorized"}')

    def fault(handler, code, head, body):
        target = handler.headers["X-Amz-Target"].rpartition(".")[2]
        refusal(handler) if target in operations else answer(handler, code, head, body)

    return fault


def test_it_can_do_everything_its_store_can(account) -> None:
    it = provider(account.source("bot/main"))
    for capability in (Probe, PreviousVersion, BatchFetch, Diagnose, Store):
        assert isinstance(it, capability)


@pytest.mark.parametrize("form", ["name", "arn", "partial arn"])
def test_a_secret_is_named_by_name_or_arn(account, form) -> None:
    fields = pair()
    arn = account.put("bot/named", fields)
    name = {"name": "bot/named", "arn": arn, "partial arn": arn[:-7]}[form]
    creds = load_credentials(account.source(name))
    assert fields["api_key"] == creds.api_key.reveal()
    assert creds.version
    assert creds.created_at.tzinfo is not None


def test_the_region_comes_from_option_arn_or_sdk(account, machine) -> None:
    account.put("bot/region", pair())
    bare = f"aws-sm://bot/region?endpoint_url={account.proxy.url}"
    error = caught(load_credentials, bare)
    assert isinstance(error, ConfigurationError)
    assert "AWS_REGION" in str(error)
    machine.setenv("AWS_REGION", "ap-northeast-1")
    assert load_credentials(bare)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("aws-sm://", "name or ARN"),
        ("aws-sm://a b", "name or ARN"),
        ("aws-sm:arn:aws:s3:::bucket", "name or ARN"),
        (
            "aws-sm:arn:aws:secretsmanager:eu-west-1:123456789012:secret:x?region=us-east-1",
            "contradicts",
        ),
        ("aws-sm://x?external_id=1", "needs 'role_arn'"),
        ("aws-sm://x?role_arn=bot", "`role_arn` is not the ARN of a role"),
        ("aws-sm://x?role_arn=arn:aws:iam::123456789012:user/bot", "not the ARN of a role"),
        ("aws-sm://x?endpoint=agent&profile=p", "its own region and identity"),
        ("aws-sm://x?endpoint=agent&region=eu-west-1", "'region' cannot be honoured"),
        ("aws-sm://x?endpoint=other", "must be one of: agent"),
        ("aws-sm://x?regoin=1", "regoin"),
    ],
)
def test_wrong_sources_are_refused_before_any_request(source, says) -> None:
    error = caught(provider, source)
    assert isinstance(error, ConfigurationError)
    assert says in str(error)


def test_an_unencrypted_address_beyond_this_machine_is_warned_of() -> None:
    with pytest.warns(CredentialsWarning, match="unencrypted"):
        provider("aws-sm://x?endpoint_url=http://localstack:4566")


def test_stages_and_versions_choose(account) -> None:
    first, second, third = pair(), pair(), pair()
    account.put("bot/stages", first)
    old = load_credentials(account.source("bot/stages")).version
    account.client.put_secret_value(
        SecretId="bot/stages", SecretString=json.dumps(third), VersionStages=["CANARY"]
    )
    account.put("bot/stages", second)
    found = {
        option: load_credentials(account.source("bot/stages", option), fresh=True).api_key.reveal()
        for option in ("", "&stage=AWSPREVIOUS", "&stage=CANARY", f"&version_id={old}")
    }
    assert [second, first, third, first] == [
        {f["api_key"]: f for f in (first, second, third)}[key] for key in found.values()
    ]
    error = caught(load_credentials, account.source("bot/stages", "&stage=NOWHERE"))
    assert isinstance(error, SecretNotFoundError)


def test_a_pinned_version_is_known_without_a_request(account) -> None:
    account.put("bot/pinned", pair())
    version = load_credentials(account.source("bot/pinned")).version
    it = provider(account.source("bot/pinned", f"&version_id={version}"))
    with account.proxy.counting() as requests:
        assert Unchanged(version) == it.fetch(Deadline(PATIENCE), known_version=version)
        assert version == it.probe(Deadline(PATIENCE)).name
    assert requests == []


def test_a_refresh_describes_and_reads_a_new_version_by_its_id(account) -> None:
    account.put("bot/refresh", pair())
    it = provider(account.source("bot/refresh"))
    known = it.fetch(Deadline(PATIENCE)).version
    with account.proxy.counting() as requests:
        assert Unchanged(known) == it.fetch(Deadline(PATIENCE), known_version=known)
    assert requests == ["POST secretsmanager.DescribeSecret"]
    account.put("bot/refresh", pair())
    bodies = []

    def note(handler, code, head, body):
        bodies.append(handler.headers["X-Amz-Target"])
        answer(handler, code, head, body)

    with account.proxy.failing(note):
        new = it.fetch(Deadline(PATIENCE), known_version=known)
    assert isinstance(new, RawSecret)
    assert new.version != known
    assert bodies == ["secretsmanager.DescribeSecret", "secretsmanager.GetSecretValue"]


def test_a_version_that_lags_behind_its_announcement_is_waited_for(account) -> None:
    account.put("bot/lag", pair())
    it = provider(account.source("bot/lag"))
    known = it.fetch(Deadline(PATIENCE)).version
    account.put("bot/lag", pair())
    missing = json.dumps(
        {
            "__type": "ResourceNotFoundException",
            "message": "Secrets Manager can't find the specified secret value for VersionId: x",
        }
    ).encode()
    left = [2]

    def lag(handler, code, head, body):
        if "GetSecretValue" in handler.headers["X-Amz-Target"] and left[0]:
            left[0] -= 1
            return status(400, missing)(handler)
        answer(handler, code, head, body)

    with account.proxy.failing(lag):
        assert isinstance(it.fetch(Deadline(PATIENCE), known_version=known), RawSecret)
    left[0] = 99
    account.put("bot/lag", pair())
    with account.proxy.failing(lag):
        error = caught(it.fetch, Deadline(PATIENCE), known_version=known)
    assert type(error) is ProviderUnavailableError
    assert left[0] == 95


def test_without_the_permission_to_describe_it_reads(account) -> None:
    account.put("bot/reader", pair())
    it = provider(account.source("bot/reader"))
    with account.proxy.failing(denial("DescribeSecret")):
        known = it.fetch(Deadline(PATIENCE)).version
        assert it.probe(Deadline(PATIENCE)).name == known
        assert Unchanged(known) == it.fetch(Deadline(PATIENCE), known_version=known)
        account.put("bot/reader", pair())
        assert it.fetch(Deadline(PATIENCE), known_version=known).version != known


def test_what_else_fails_while_describing_is_told(account) -> None:
    it = provider(account.source("bot/never-was"))
    assert isinstance(caught(it.probe, Deadline(PATIENCE)), SecretNotFoundError)


def test_a_secret_scheduled_for_deletion_is_disabled_however_it_is_asked(account) -> None:
    account.put("bot/gone", pair())
    it = provider(account.source("bot/gone"))
    known = it.fetch(Deadline(PATIENCE)).version
    account.client.delete_secret(SecretId="bot/gone", RecoveryWindowInDays=7)
    for ask in (
        lambda: it.fetch(Deadline(PATIENCE)),
        lambda: it.fetch(Deadline(PATIENCE), known_version=known),
        lambda: it.probe(Deadline(PATIENCE)),
    ):
        error = caught(ask)
        assert error.code == "disabled"
        assert "restore-secret" in str(error)


def test_a_stage_that_no_version_holds_any_more_is_not_found(account) -> None:
    account.put("bot/unlabelled", pair())
    it = provider(account.source("bot/unlabelled", "&stage=GONE"))
    assert isinstance(caught(it.probe, Deadline(PATIENCE)), SecretNotFoundError)


def test_the_previous_version_is_kept(account) -> None:
    first = pair()
    account.put("bot/previous", first)
    it = provider(account.source("bot/previous"))
    assert isinstance(caught(it.fetch_previous, Deadline(PATIENCE)), SecretNotFoundError)
    account.put("bot/previous", pair())
    assert first == plain(it.fetch_previous(Deadline(PATIENCE)))


def test_the_next_rotation_is_told(account) -> None:
    account.put("bot/due", pair())

    def due(handler, code, head, body):
        answer(
            handler,
            code,
            head,
            json.dumps({**json.loads(body), "NextRotationDate": 1800000000}).encode(),
        )

    with account.proxy.failing(due):
        version = provider(account.source("bot/due")).probe(Deadline(PATIENCE))
    assert version.next_rotation_at.timestamp() == 1800000000


@pytest.mark.parametrize("payload", ["binary", "pem", "member", "nested", "spelling"])
def test_payloads(account, payload) -> None:
    key = new_key(KeyType.ED25519)
    fields = pair()
    signing = {"api_key": fields["api_key"], "private_key": key.fields()["private_key"]}
    content, more, expected = {
        "binary": (json.dumps(fields).encode(), "", fields),
        "pem": (json.dumps(signing), "", signing),
        "member": (json.dumps({"live": fields, "test": pair()}), "#live", fields),
        "nested": (json.dumps({"bot": json.dumps(fields)}), "#bot", fields),
        "spelling": (
            json.dumps({"apiKey": fields["api_key"], "secretKey": fields["api_secret"]}),
            "",
            fields,
        ),
    }[payload]
    account.put("bot/payload", content)
    assert expected == plain(
        provider(account.source("bot/payload") + more).fetch(Deadline(PATIENCE))
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"\xff\xfe\x00\x01", "not_utf8"), ("{broken", "bad_json"), ('{"user": "x"}', "no_fields")],
)
def test_what_is_no_credential_is_malformed(account, content, reason) -> None:
    account.put("bot/malformed", content)
    error = caught(load_credentials, account.source("bot/malformed"))
    assert isinstance(error, MalformedSecretError)
    assert reason == error.reason
    assert_no_leak("restored-to-a-long-canary", error)


def test_key_and_secret_may_be_two_secrets(account, tmp_path) -> None:
    fields = pair()
    account.put("bot/key", fields["api_key"])
    account.put("bot/secret", json.dumps({"hmac": fields["api_secret"]}))
    config = {
        "profiles": {
            "main": {
                "api_key": account.source("bot/key"),
                "api_secret": account.source("bot/secret") + "#hmac",
            }
        }
    }
    creds = load_credentials(config=config)
    assert fields["api_secret"] == creds.api_secret.reveal()


class TestStore:
    def test_it_creates_what_is_absent_and_nothing_else(self, account) -> None:
        it = provider(account.source(f"bot/{token()[:12]}"))
        fields = pair()
        version = it.store(secrets(fields), Deadline(PATIENCE))
        assert version == it.fetch(Deadline(PATIENCE)).version
        assert fields == plain(it.fetch(Deadline(PATIENCE)))
        error = caught(it.store, secrets(pair()), Deadline(PATIENCE))
        assert isinstance(error, ConflictError)
        assert "has changed" in str(error)
        assert fields == plain(it.fetch(Deadline(PATIENCE)))

    def test_it_fills_a_secret_that_was_made_without_a_value(self, account) -> None:
        """As Terraform makes one; to a read it is as absent as one that was never made."""
        account.client.create_secret(Name="bot/empty")
        it, fields = provider(account.source("bot/empty")), pair()
        assert isinstance(caught(it.fetch, Deadline(PATIENCE)), SecretNotFoundError)
        version = it.store(secrets(fields), Deadline(PATIENCE))
        raw = it.fetch(Deadline(PATIENCE))
        assert (version, fields) == (raw.version, plain(raw))
        assert isinstance(caught(it.store, secrets(pair()), Deadline(PATIENCE)), ConflictError)

    def test_a_lost_answer_to_a_creation_is_no_other_writer(self, account) -> None:
        it, fields, seen = provider(account.source("bot/lost-new")), pair(), []

        def lose(handler, code, head, body):
            seen.append(1)
            (status(500) if len(seen) == 1 else answer)(handler, code, head, body)

        with account.proxy.failing(lose):
            version = it.store(secrets(fields), Deadline(PATIENCE))
        raw = it.fetch(Deadline(PATIENCE))
        assert (version, fields) == (raw.version, plain(raw))

    def test_it_replaces_the_version_that_was_read(self, account) -> None:
        first, second = pair(), pair()
        account.put("bot/stored", first)
        it = provider(account.source("bot/stored"))
        known = it.fetch(Deadline(PATIENCE)).version
        version = it.store(secrets(second), Deadline(PATIENCE), expected_version=known)
        raw = it.fetch(Deadline(PATIENCE), known_version=known)
        assert (version, second) == (raw.version, plain(raw))
        assert first == plain(it.fetch_previous(Deadline(PATIENCE)))
        stages = account.client.describe_secret(SecretId="bot/stored")["VersionIdsToStages"]
        assert {"AWSCURRENT", "AWSPREVIOUS"} == {s for some in stages.values() for s in some}

    def test_it_does_not_replace_another(self, account) -> None:
        account.put("bot/raced", pair())
        it = provider(account.source("bot/raced"))
        known = it.fetch(Deadline(PATIENCE)).version
        newer = pair()
        account.put("bot/raced", newer)
        error = caught(it.store, secrets(pair()), Deadline(PATIENCE), expected_version=known)
        assert isinstance(error, ConflictError)
        assert newer == plain(it.fetch(Deadline(PATIENCE)))

    def test_who_writes_in_the_last_moment_wins(self, account) -> None:
        """Between the look at the version and the move of the label, which AWS itself refuses."""
        account.put("bot/late", pair())
        it, newer = provider(account.source("bot/late")), pair()
        known = it.fetch(Deadline(PATIENCE)).version

        def interfere(handler, code, head, body):
            if "PutSecretValue" in handler.headers["X-Amz-Target"]:
                account.put("bot/late", newer)
            answer(handler, code, head, body)

        with account.proxy.failing(interfere):
            error = caught(it.store, secrets(pair()), Deadline(PATIENCE), expected_version=known)
        assert type(error) is ConflictError
        assert newer == plain(it.fetch(Deadline(PATIENCE)))

    @pytest.mark.parametrize("lost", [1, 2, 3])
    def test_a_lost_answer_does_not_make_it_write_twice(self, account, lost) -> None:
        account.put(f"bot/lost{lost}", pair())
        it = provider(account.source(f"bot/lost{lost}"))
        known, second, seen = it.fetch(Deadline(PATIENCE)).version, pair(), []

        def lose(handler, code, head, body):
            is_write = "Describe" not in handler.headers["X-Amz-Target"]
            seen.extend([1] if is_write else [])
            (status(500) if is_write and len(seen) == lost else answer)(handler, code, head, body)

        with account.proxy.failing(lose):
            version = it.store(secrets(second), Deadline(PATIENCE), expected_version=known)
        raw = it.fetch(Deadline(PATIENCE))
        assert (version, second) == (raw.version, plain(raw))
        assert (
            len(account.client.list_secret_version_ids(SecretId=f"bot/lost{lost}")["Versions"]) == 2
        )

    @pytest.mark.parametrize("more", ["#live", "&stage=CANARY", "&version_id=" + 32 * "1"])
    def test_it_refuses_what_is_not_a_whole_current_version(self, account, more) -> None:
        error = caught(
            provider(account.source("bot/part", more)).store, secrets(pair()), Deadline(PATIENCE)
        )
        assert isinstance(error, ConfigurationError)


class TestBatch:
    def test_it_gives_what_a_moved_label_names(self, account) -> None:
        """As `store` moves it; moto's batch answers with the version before, without the label."""
        new = pair()
        account.put("batch/moved", pair())
        one = provider(account.source("batch/moved"))
        one.store(
            secrets(new), Deadline(PATIENCE), expected_version=one.fetch(Deadline(PATIENCE)).version
        )
        account.put("batch/other", pair())
        found = load_many({n: account.source(f"batch/{n}") for n in ("moved", "other")})
        assert new["api_key"] == found["moved"].api_key.reveal()

    def test_twenty_secrets_are_one_request(self, account) -> None:
        sources = {}
        for i in range(45):
            fields = pair()
            account.put(f"batch/{i}", fields)
            sources[fields["api_key"]] = account.source(f"batch/{i}")
        with account.proxy.counting() as requests:
            found = load_many(sources)
        assert ["POST secretsmanager.BatchGetSecretValue"] * 3 == requests
        assert {key: key for key in sources} == {k: c.api_key.reveal() for k, c in found.items()}
        with account.proxy.counting() as requests:
            assert found == load_many(sources)
        assert requests == []

    def test_names_partial_and_whole_arns_and_members_may_be_mixed(self, account) -> None:
        one, two, three = pair(), pair(), pair()
        arn = account.put("batch/one", one)
        partial = account.put("batch/two", two)[:-7]
        account.put("batch/three", {"a": json.dumps(three), "b": json.dumps(one)})
        sources = {
            "arn": account.source(arn),
            "partial": account.source(partial),
            "a": account.source("batch/three") + "#a",
            "b": account.source("batch/three") + "#b",
        }
        keys = {name: creds.api_key.reveal() for name, creds in load_many(sources).items()}
        assert keys == {
            "arn": one["api_key"], "partial": two["api_key"],
            "a": three["api_key"], "b": one["api_key"],
        }  # fmt: skip

    def test_what_fails_is_told_and_spoils_no_other(self, account) -> None:
        good, deleted = pair(), pair()
        account.put("batch/good", good)
        account.put("batch/odd", "not a document")
        account.put("batch/deleted", deleted)
        account.client.delete_secret(SecretId="batch/deleted")
        names = ("good", "odd", "deleted", "absent")
        providers = [provider(account.source(f"batch/{name}")) for name in names]
        found = providers[0].fetch_many(providers, Deadline(PATIENCE))
        assert good == plain(found[0])
        assert VALUE in found[1].fields
        assert [found[2].code, found[3].code] == ["disabled", "not_found"]
        assert found[3].source == SourceURI.parse(account.source("batch/absent")).redacted
        error = caught(load_many, {name: account.source(f"batch/{name}") for name in names})
        assert [a.source.partition(":")[0] for a in error.attempts] == ["odd", "deleted", "absent"]

    def test_what_is_no_document_is_told_of_its_own(self, account) -> None:
        account.put("batch/fine", pair())
        account.put("batch/broken", "{broken")
        providers = [provider(account.source(f"batch/{name}")) for name in ("fine", "broken")]
        found = providers[0].fetch_many(providers, Deadline(PATIENCE))
        assert [RawSecret, MalformedSecretError] == [type(one) for one in found]

    def test_what_is_denied_alone_is_told_of_its_own(self, account) -> None:
        account.put("batch/shut", pair())
        providers = [provider(account.source("batch/shut"))]
        with account.proxy.failing(denial("BatchGetSecretValue", "GetSecretValue")):
            found = providers[0].fetch_many(providers, Deadline(PATIENCE))
        assert [AccessDeniedError] == [type(one) for one in found]

    def test_without_its_permission_each_is_read_alone(self, account) -> None:
        sources = {}
        for i in range(3):
            account.put(f"batch/alone{i}", pair())
            sources[str(i)] = account.source(f"batch/alone{i}")
        with (
            account.proxy.failing(denial("BatchGetSecretValue")),
            account.proxy.counting() as asked,
        ):
            assert len(load_many(sources)) == 3
        assert asked.count("POST secretsmanager.GetSecretValue") == 3

    def test_a_dead_store_is_unavailable_for_each(self, account) -> None:
        sources = {str(i): account.source(f"batch/{i}") for i in range(3)}
        with account.proxy.failing(status(500)):
            error = caught(load_many, sources)
        assert isinstance(error, ProviderUnavailableError)
        assert len(error.attempts) == 3

    def test_stages_and_pinned_versions_are_read_alone(self, account) -> None:
        assert provider(account.source("x")).batch_key is not None
        assert provider(account.source("x", "&stage=AWSPREVIOUS")).batch_key is None
        assert provider(account.source("x", "&version_id=1")).batch_key is None
        assert provider("aws-sm://x?endpoint=agent").batch_key is None

    @pytest.mark.product
    def test_a_thousand_secrets_are_fifty_requests_and_thirty_times_faster(self) -> None:
        """In a process that nobody measures; the best of three, as the machine is shared."""
        command = [sys.executable, "-m", "benchmarks.groups.cold_fetch"]
        root, environ = Path(__file__).parents[3], plain_environ()
        for _ in range(3):
            run = subprocess.run(command, capture_output=True, text=True, cwd=root, env=environ)
            assert run.stdout.startswith("50 requests"), run.stderr
            if int(run.stdout.split()[2]) >= 30:
                return
        raise AssertionError(run.stdout)


class TestDiagnosis:
    def test_it_names_identity_permissions_and_price(self, account, machine) -> None:
        machine.setenv("AWS_ENDPOINT_URL_STS", account.url)
        account.put("bot/doctor", pair())
        with account.proxy.failing(denial("DescribeSecret", "BatchGetSecretValue")):
            found = provider(account.source("bot/doctor")).diagnose(
                Deadline(PATIENCE), poll_seconds=30
            )
        assert found.identity.startswith("arn:aws:")
        assert found.permissions == {
            "secretsmanager:DescribeSecret": False,
            "secretsmanager:GetSecretValue": True,
            "secretsmanager:BatchGetSecretValue": False,
        }
        assert found.requests_per_day == 2880
        assert round(found.price_per_month, 2) == 0.43

    def test_an_unreachable_sts_hides_only_the_identity(self, account, machine) -> None:
        machine.setenv("AWS_ENDPOINT_URL_STS", f"http://{refusing_address()}")
        found = provider(account.source("bot/nowhere")).diagnose(
            Deadline(PATIENCE), poll_seconds=60
        )
        assert "STS" in found.identity
        assert set(found.permissions.values()) == {None}

    @pytest.mark.parametrize("where", ["option", "variable"])
    def test_an_emulator_brings_no_call_to_the_sts_of_aws(self, account, machine, where) -> None:
        """It has an STS of its own, or none; https is made to lead here, where it would be seen."""
        account.put("bot/local", pair())
        source = account.source("bot/local")
        if where == "variable":
            machine.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", account.url)
            source = "aws-sm://bot/local?region=ap-northeast-1"
        with socket.create_server(("127.0.0.1", 0)) as internet:
            internet.settimeout(0.2)
            machine.setenv("HTTPS_PROXY", f"http://127.0.0.1:{internet.getsockname()[1]}")
            found = provider(source).diagnose(Deadline(PATIENCE), poll_seconds=60)
            with pytest.raises(TimeoutError):
                internet.accept()
        assert "AWS_ENDPOINT_URL_STS" in found.identity
        assert found.permissions["secretsmanager:GetSecretValue"]


class TestIdentities:
    def test_a_profile_is_used(self, account, machine, tmp_path) -> None:
        machine.delenv("AWS_ACCESS_KEY_ID")
        machine.delenv("AWS_SECRET_ACCESS_KEY")
        account.put("bot/profile", pair())
        (tmp_path / "credentials").write_text(
            f"[trader]\naws_access_key_id=AKIATRADERTRADER0000\naws_secret_access_key={token()[:40]}\n"
        )
        with account.proxy.counting():
            assert load_credentials(account.source("bot/profile", "&profile=trader"))
        assert "AKIATRADERTRADER0000" in account.proxy.heads[-1]["Authorization"]

    @pytest.mark.parametrize("more", ["", "&external_id=desk-7"])
    def test_a_role_is_assumed(self, account, machine, moto, more) -> None:
        sts = FaultProxy(moto)
        machine.setenv("AWS_ENDPOINT_URL_STS", sts.url)
        account.put("bot/role", pair())
        role = "&role_arn=arn:aws:iam::123456789012:role/bot"
        try:
            assert load_credentials(account.source("bot/role", role + more))
            load_credentials(account.source("bot/role", role + more), fresh=True)
        finally:
            sts.close()
        assert len(sts.requests) == 1
        assert "ASIA" in account.proxy.heads[-1]["Authorization"]

    def test_a_web_identity_is_used(self, account, machine, moto, tmp_path) -> None:
        (tmp_path / "jwt").write_text("a.b.c")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            machine.delenv(name)
        machine.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "jwt"))
        machine.setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/ci")
        machine.setenv("AWS_ENDPOINT_URL_STS", moto)
        account.put("bot/oidc", pair())
        assert load_credentials(account.source("bot/oidc"))

    def test_a_container_gives_credentials(self, account, machine) -> None:
        body = json.dumps(
            {
                "AccessKeyId": "ASIACONTAINER0000000",
                "SecretAccessKey": token()[:40],
                "Token": token(),
                "Expiration": "2099-01-01T00:00:00Z",
            }
        ).encode()
        container = FaultProxy("http://127.0.0.1:1")
        container.fault = status(200, body)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            machine.delenv(name)
        machine.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{container.url}/creds")
        account.put("bot/container", pair())
        try:
            assert load_credentials(account.source("bot/container"))
        finally:
            container.close()
        assert "ASIACONTAINER0000000" in account.proxy.heads[-1]["Authorization"]

    def test_a_login_that_expired_is_made_anew_once(self, account, machine, tmp_path) -> None:
        """Static session tokens that another program wrote into the file are read again."""
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            machine.delenv(name)
        account.put("bot/again", pair())

        def log_in(key: str) -> None:
            (tmp_path / "credentials").write_text(
                f"[default]\naws_access_key_id={key}\naws_secret_access_key={token()[:40]}\n"
            )

        def expired(handler, code, head, body):
            if "AKIAOLD" in handler.headers["Authorization"]:
                return status(400, b'{"__type":"ExpiredTokenException"}')(handler)
            answer(handler, code, head, body)

        log_in("AKIAOLDOLDOLDOLDOLD0")
        load_credentials(account.source("bot/again"))
        with account.proxy.failing(expired):
            error = caught(load_credentials, account.source("bot/again"), fresh=True)
            assert isinstance(error, AuthenticationError)
            log_in("AKIANEWNEWNEWNEWNEW0")
            assert load_credentials(account.source("bot/again"), fresh=True)


class TestAgent:
    """The Secrets Manager Agent's protocol, played by a server of these tests."""

    @pytest.fixture
    def agent(self, machine):
        agent = FaultProxy("http://127.0.0.1:1")
        machine.setenv("AWS_TOKEN", "agent-token")
        yield agent
        agent.close()

    def answer(self, fields, **more) -> bytes:
        held = {"SecretString": json.dumps(fields), "VersionId": "v1", "CreatedDate": 1, **more}
        return json.dumps({"ARN": "arn", "Name": "x", **held}).encode()

    def source(self, agent, more="") -> str:
        return f"aws-sm://bot/main?endpoint=agent&endpoint_url={agent.url}{more}"

    def test_it_is_asked_with_its_token(self, agent) -> None:
        fields = pair()
        with agent.failing(status(200, self.answer(fields))):
            creds = load_credentials(self.source(agent))
        assert fields["api_key"] == creds.api_key.reveal()
        assert [
            "GET /secretsmanager/get?secretId=bot%2Fmain&versionStage=AWSCURRENT"
        ] == agent.requests
        assert agent.heads[0]["X-Aws-Parameters-Secrets-Token"] == "agent-token"

    def test_a_refresh_reads_because_it_cannot_describe(self, agent) -> None:
        with agent.failing(status(200, self.answer(pair()))):
            it = provider(self.source(agent))
            assert Unchanged("v1") == it.fetch(Deadline(PATIENCE), known_version="v1")
            found = it.diagnose(Deadline(PATIENCE), poll_seconds=30)
        assert "Agent" in found.identity

    def test_what_it_does_not_answer_is_not_called_permitted(self, agent) -> None:
        denied = status(400, b'{"__type":"AccessDeniedException","message":"no"}')
        for fault, kind in ((status(500), ProviderUnavailableError), (denied, AccessDeniedError)):
            with agent.failing(fault):
                it = provider(self.source(agent))
                error = caught(it.diagnose, Deadline(PATIENCE), poll_seconds=30)
            assert type(error) is kind

    def test_binary_payloads_arrive_as_base64(self, agent) -> None:
        import base64

        fields = pair()
        encoded = base64.b64encode(json.dumps(fields).encode()).decode()
        body = json.dumps({"VersionId": "v", "CreatedDate": 1, "SecretBinary": encoded}).encode()
        with agent.failing(status(200, body)):
            assert fields == plain(provider(self.source(agent)).fetch(Deadline(PATIENCE)))

    @pytest.mark.parametrize(
        ("code", "body", "kind"),
        [
            (403, b"Bad Token", AuthenticationError),
            (403, b'{"__type":"AccessDeniedException","message":"no"}', AccessDeniedError),
            (400, b'{"__type":"ResourceNotFoundException","message":"no"}', SecretNotFoundError),
            (200, b"<html>", ProviderUnavailableError),
        ],
    )
    def test_its_errors(self, agent, code, body, kind) -> None:
        with agent.failing(status(code, body)):
            error = caught(provider(self.source(agent)).fetch, Deadline(PATIENCE))
        assert type(error) is kind

    @pytest.mark.parametrize("where", ["file", "default file", "missing file"])
    def test_the_token_may_be_in_a_file(self, agent, machine, tmp_path, where) -> None:
        from binance_creds.providers.aws import _agent as _aws_agent

        (tmp_path / "token").write_text("from-a-file\n")
        machine.setenv("AWS_TOKEN", f"file://{tmp_path}/token")
        if where == "default file":
            machine.delenv("AWS_TOKEN")
            machine.setattr(_aws_agent, "TOKEN_FILE", str(tmp_path / "token"))
        if where == "missing file":
            os.remove(tmp_path / "token")
            error = caught(provider(self.source(agent)).fetch, Deadline(PATIENCE))
            assert isinstance(error, AuthenticationError)
            return
        with agent.failing(status(200, self.answer(pair()))):
            provider(self.source(agent)).fetch(Deadline(PATIENCE))
        assert agent.heads[0]["X-Aws-Parameters-Secrets-Token"] == "from-a-file"

    def test_it_stores_nothing(self, agent) -> None:
        assert isinstance(
            caught(provider(self.source(agent)).store, {}, Deadline(PATIENCE)), CredentialsError
        )
