"""Keys that are made in AWS KMS: what each refusal and each lost answer leaves behind."""

from __future__ import annotations

import json
import math

import boto3
import pytest
from fault_proxy import FaultProxy, answer, hang, refusing_address, reset, status
from support import caught, token
from waiting import PATIENCE

from binance_creds import KeyType
from binance_creds.cli import ExitCode, main
from binance_creds.errors import (
    AccessDeniedError,
    ConfigurationError,
    ConflictError,
    ProviderUnavailableError,
    SecretDisabledError,
    ThrottledError,
)
from binance_creds.providers import Deadline
from binance_creds.providers.aws.kms.key import KmsKey
from binance_creds.providers.signing import opened_signer
from binance_creds.signers import SignerURI
from binance_creds.testing import KeyMakerContract

REGION = "ap-northeast-1"
ED25519 = KeyType.ED25519


class Only:
    """Spoil the answers to one operation, or the first few; the service has done what was asked."""

    def __init__(self, operation: str, fault=reset, times: float = math.inf) -> None:
        self.operation, self.fault, self.left = f"TrentService.{operation}", fault, times

    def is_asked(self, handler) -> bool:
        return handler.headers["X-Amz-Target"].startswith(self.operation)

    def needs_no_upstream(self, handler) -> bool:
        return (
            self.left > 0
            and self.is_asked(handler)
            and getattr(self.fault, "needs_no_upstream", False)
        )

    def __call__(self, handler, *response) -> None:
        is_due = self.is_asked(handler) and self.left > 0
        self.left -= is_due
        (self.fault if is_due else answer)(handler, *response)


def created(source, key_type=ED25519, deadline=None):
    return KmsKey(source).create(key_type, deadline or Deadline(PATIENCE))


def after_looking(kms, times: int = 4) -> Deadline:
    """Return a deadline that is over when somebody has looked for a key so often."""
    clock = lambda: 2 * PATIENCE if kms.calls["ListKeys"] >= times else 0.0  # noqa: E731
    return Deadline(PATIENCE, clock=clock)


class TestLaws(KeyMakerContract):
    @pytest.fixture(autouse=True)
    def _kms(self, kms, front, kms_server):
        self.kms, self.front = kms, front
        kms.aliases["alias/bot"] = kms.make()
        self.hanging = FaultProxy(kms_server.url)
        self.hanging.fault = hang
        yield
        self.hanging.close()

    def text(self, key: str, url: str = "") -> str:
        return f"aws-kms://{key}?endpoint_url={url or self.front.url}&region={REGION}"

    def uri(self) -> str:
        return self.text("alias/bot")

    def missing(self) -> str:
        return self.text("alias/nothing")

    def silent(self) -> str:
        return self.text("alias/bot", self.hanging.url)

    def vacant(self) -> str:
        return self.text(f"alias/bots/{token()[:8]}")

    def unnameable(self) -> str:
        return self.text("1234abcd-12ab-34cd-56ef-1234567890ab")

    def losing_answers(self):
        return self.front.failing(Only("Create"))

    def how_many(self) -> int:
        return len(self.kms.keys)


@pytest.mark.parametrize("name", ["alias/aws/bot", "mrk-" + 32 * "0"])
def test_a_name_that_only_aws_gives_is_refused(kms, uri, name) -> None:
    error = caught(created, uri(name))
    assert type(error) is ConfigurationError
    assert "aws-kms://alias/NAME" in str(error)
    assert not kms.calls


def test_moto_makes_a_key_and_gives_it_its_alias(moto, capsys) -> None:
    """Another hand's reading of the service, by the command."""
    text = f"aws-kms://alias/made?region={REGION}&endpoint_url={moto}"
    assert main(["keygen", "--type", "rsa", "--signer", text]) == ExitCode.DONE
    out, err = capsys.readouterr()
    assert f"BINANCE_SIGNER={text}" in err
    signer = opened_signer(SignerURI.parse(text), Deadline(PATIENCE))  # signs once to prove it
    assert signer.public_key_pem() == out
    client = boto3.client("kms", endpoint_url=moto, region_name=REGION)
    made = client.describe_key(KeyId="alias/made")["KeyMetadata"]
    assert (made["KeySpec"], made["KeyUsage"]) == ("RSA_2048", "SIGN_VERIFY")
    assert main(["keygen", "--json", "--type", "rsa", "--signer", text]) == ExitCode.DONE
    assert json.loads(capsys.readouterr().out)["key"]["is_new"] is False


@pytest.mark.parametrize("lost", ["CreateKey", "CreateAlias", "UpdateKeyDescription"])
@pytest.mark.parametrize("lag", [0, 6])
def test_one_call_survives_a_lost_answer(kms, uri, front, lost, lag) -> None:
    """Also where the service shows the new key some requests later."""
    kms.lag = lag
    with front.failing(Only(lost, times=1)):
        version = created(uri("alias/bot"))
    assert [version.name] == list(kms.keys)
    assert kms.aliases == {"alias/bot": version.name}


def test_a_creation_that_nobody_saw_is_not_repeated(kms, uri, front) -> None:
    """The key shows minutes later: an impatient call makes no second one, the next takes it."""
    kms.lag = 10_000
    with front.failing(Only("CreateKey")):
        error = caught(created, uri("alias/bot"), deadline=after_looking(kms))
    assert type(error) is ProviderUnavailableError
    assert "run it again: that takes the key, or makes one" in str(error)
    assert kms.calls["CreateKey"] == 1
    (arn,) = kms.keys
    kms.keys[arn].shows_after = 0
    assert created(uri("alias/bot")).name == arn
    assert kms.calls["CreateKey"] == 1


def test_a_key_that_had_its_alias_is_not_taken_again(kms, uri) -> None:
    """Without its alias it is an old key, which may be registered somewhere."""
    first = created(uri("alias/bot")).name
    del kms.aliases["alias/bot"]
    kms.make()  # and one whose policy hides it
    assert created(uri("alias/bot")).name != first


def test_a_key_of_another_attempt_is_taken_if_it_fits(kms, uri) -> None:
    """Not one of another type, of another alias, or that cannot sign; of two the older."""
    kms.denied = {"CreateAlias"}
    for key_type, name in [(KeyType.RSA, "bot"), (ED25519, "other"), (ED25519, "bot")]:
        assert type(caught(created, uri(f"alias/{name}"), key_type)) is AccessDeniedError
    *_, last = kms.keys
    off = kms.make(description=kms.keys[last].description, created=1.0, state="Disabled")
    older = kms.make(description=kms.keys[last].description, created=2.0)
    kms.denied = set()
    assert created(uri("alias/bot")).name == older
    assert kms.keys[off].state == "Disabled"


def test_what_hides_behind_its_policy_is_passed_over(kms, uri) -> None:
    kms.make()
    kms.denied = {"DescribeKey"}
    assert created(uri("alias/bot")).name in kms.keys


def test_what_cannot_be_looked_at_for_now_is_looked_at_again(kms, uri, front) -> None:
    kms.make()
    throttled = status(400, b'{"__type": "ThrottlingException"}')
    with front.failing(Only("DescribeKey", throttled, times=1)):
        assert created(uri("alias/bot")).name in kms.keys


def test_an_alias_that_was_given_away_meanwhile_is_left_alone(kms, uri) -> None:
    other = kms.make()
    kms.after["CreateKey"] = lambda: kms.aliases.update({"alias/bot": other})
    error = caught(created, uri("alias/bot"))
    assert type(error) is ConflictError
    (mine,) = kms.keys.keys() - {other}
    assert f"aws kms schedule-key-deletion --key-id {mine}" in str(error)
    assert kms.aliases == {"alias/bot": other}
    assert kms.keys[mine].state == "Enabled"


def test_two_programs_at_one_moment_make_one_key(kms, uri) -> None:
    """The second finds what the first has begun, and gives it the alias before the first does."""
    seconds = []
    kms.after["CreateKey"] = lambda: seconds.append(created(uri("alias/bot", "&timeout=9s")))
    first = created(uri("alias/bot"))
    assert seconds == [first]
    assert list(kms.keys) == [first.name]


def test_an_alias_of_a_key_that_is_off_stays(kms, uri) -> None:
    kms.aliases["alias/bot"] = kms.make(state="Disabled")
    assert type(caught(created, uri("alias/bot"))) is SecretDisabledError
    assert len(kms.keys) == 1


@pytest.mark.parametrize("operation", ["ListKeys", "ListAliases", "CreateKey", "CreateAlias"])
def test_who_may_not_make_a_key_is_told_what_it_takes(kms, uri, operation) -> None:
    kms.denied = {operation}
    error = caught(created, uri("alias/bot"))
    assert type(error) is AccessDeniedError
    assert "Allow kms:CreateKey, kms:CreateAlias, kms:ListKeys" in str(error)
    kms.denied = set()
    assert created(uri("alias/bot")).name in kms.keys
    assert len(kms.keys) == 1


REFUSALS = {
    "ThrottlingException": (400, ThrottledError, "fewer requests", 4),
    "LimitExceededException": (400, ConfigurationError, "as its quota allows", 1),
    "UnsupportedOperationException": (400, ConfigurationError, "in this region", 1),
    "ValidationException": (400, ConfigurationError, "in this region", 1),
}


@pytest.mark.parametrize("code", REFUSALS)
def test_a_creation_that_is_refused_made_nothing(kms, uri, front, code) -> None:
    http, kind, says, times = REFUSALS[code]
    refused = status(http, f'{{"__type": "{code}"}}'.encode())
    front.requests.clear()
    with front.failing(Only("CreateKey", refused)):
        error = caught(created, uri("alias/bot"))
    assert type(error) is kind
    assert says in str(error)
    assert front.requests.count("POST TrentService.CreateKey") == times
    assert created(uri("alias/bot")).name in kms.keys


def test_a_server_that_fails_may_have_made_it(kms, uri, front) -> None:
    """An internal error says nothing of what was done before it."""
    front.requests.clear()
    with front.failing(Only("CreateKey", status(500, b'{"__type": "KMSInternalException"}'))):
        error = caught(created, uri("alias/bot"), deadline=after_looking(kms))
    assert type(error) is ProviderUnavailableError
    assert front.requests.count("POST TrentService.CreateKey") == 1


def test_a_server_that_hangs_ends_with_the_deadline(kms, uri, front) -> None:
    with front.failing(Only("CreateKey", hang)):
        error = caught(created, uri("alias/bot"), deadline=Deadline(0.5))
    assert type(error) is ProviderUnavailableError
    front.recover()
    assert not kms.keys


def test_nothing_listens_there(uri) -> None:
    source = f"aws-kms://alias/bot?region={REGION}&endpoint_url=http://{refusing_address()}"
    error = caught(created, SignerURI.parse(source))
    assert type(error) is ProviderUnavailableError
    assert "does not answer" in str(error)
