"""Every form of event, what is no event, and every fault of the queue and the way to it."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import botocore
import pytest
from fault_proxy import answer, refusing_address, status
from support import caught, token
from waiting import LONG, PATIENCE, beside, timed, wait_until_it_waits

from binance_creds._uri import SourceURI
from binance_creds.errors import (
    AccessDeniedError,
    AuthenticationError,
    ClosedError,
    ConfigurationError,
    ProviderUnavailableError,
    ThrottledError,
)
from binance_creds.live import Announcement, ChangeSource
from binance_creds.providers.aws._sqs import _queue as sqs
from binance_creds.providers.aws._sqs._errors import TABLE
from binance_creds.providers.aws.sqs import SqsAnnouncements
from binance_creds.testing import assert_no_leak, watch_for_leaks

ARN = "arn:aws:secretsmanager:us-west-2:012345678901:secret:prod/binance/main-a1b2c3"
VERSION = "a1b2c3d4-5678-90ab-cdef-EXAMPLE11111"
NAMED = Announcement("aws-sm", "prod/binance/main", VERSION)
UNVERSIONED = NAMED._replace(version=None)
LABEL = {
    "version": "0",
    "detail-type": "Secret Label Updated",
    "source": "aws.secretsmanager",
    "resources": [ARN],
    "detail": {"name": "prod/binance/main", "labelUpdated": "AWSCURRENT", "versionId": VERSION},
}


def label(**detail: object) -> dict:
    return {**LABEL, "detail": {**LABEL["detail"], **detail}}


def call(name: str, asked: object, answered: object = None, **more: object) -> dict:
    detail = {"eventName": name, "requestParameters": asked, "responseElements": answered, **more}
    return {"detail-type": "AWS API Call via CloudTrail", "detail": detail}


def rotation(more: object, name: str = "RotationSucceeded") -> dict:
    detail = {"eventName": name, "additionalEventData": more}
    return {"detail-type": "AWS Service Event via CloudTrail", "detail": detail}


def wrapped(event: object) -> dict:
    message = event if isinstance(event, str) else json.dumps(event)
    return {"Type": "Notification", "TopicArn": "arn:aws:sns:x", "Message": message}


PUT = {"secretId": "prod/binance/main", "clientRequestToken": VERSION}
MOVE = {"secretId": ARN, "versionStage": "AWSCURRENT", "moveToVersionId": VERSION}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (LABEL, NAMED),
        (wrapped(LABEL), NAMED),
        (label(name=None), NAMED),
        (label(versionId=None), UNVERSIONED),
        (label(versionId="short"), UNVERSIONED),
        (label(name="bot-secret"), NAMED._replace(name="bot-secret")),
        (call("PutSecretValue", PUT), NAMED),
        (call("PutSecretValue", {**PUT, "versionStages": ["X", "AWSCURRENT"]}), NAMED),
        (call("PutSecretValue", PUT | {"secretId": "by another name"}, {"arn": ARN}), NAMED),
        (call("PutSecretValue", {"clientRequestToken": VERSION}, {"aRN": ARN}), NAMED),
        (call("PutSecretValue", {"clientRequestToken": VERSION, "aRN": ARN}), NAMED),
        (call("PutSecretValue", {**PUT, "secretId": ARN[:-7]}), NAMED),
        (call("UpdateSecretVersionStage", MOVE), NAMED),
        (wrapped(call("UpdateSecretVersionStage", MOVE)), NAMED),
        (rotation({"SecretId": ARN}), UNVERSIONED),
        (rotation({"arn": ARN}), UNVERSIONED),
        (rotation({"aRN": ARN}), UNVERSIONED),
    ],
)
def test_an_event_is_announced_and_deleted(shared, event, expected) -> None:
    shared.send(event)
    assert [expected] == list(shared.it.wait(PATIENCE))
    assert shared.left() == 0


DEEP = '{"a":' * 9_000 + "1" + "}" * 9_000
CANARY = token()
PASSWORD = CANARY[:32]  # one that looks like no key


@pytest.mark.parametrize(
    "body",
    [
        label(labelUpdated="BLUE"),
        label(labelUpdated="AWSPENDING"),
        call("PutSecretValue", {**PUT, "versionStages": ["AWSPENDING"]}),
        call("UpdateSecretVersionStage", {**MOVE, "versionStage": "BLUE"}),
        call("UpdateSecretVersionStage", MOVE, errorCode="AccessDenied"),
        call("GetSecretValue", PUT),
        call("PutSecretValue", {"secretId": "arn:aws:s3:::bucket"}),
        call("PutSecretValue", CANARY),
        rotation({"SecretId": ARN}, "RotationFailed"),
        rotation(None),
        {"detail-type": "Secret Label Updated", "detail": None},
        {"detail-type": ["Secret Label Updated"], "detail": LABEL["detail"]},
        {"detail-type": CANARY},
        label(name=["x"]) | {"resources": "none"},
        wrapped("not JSON"),
        {"Type": "Notification", "Message": 7},
        f"not JSON, but {CANARY}",
        f'["{CANARY}"]',
        "null",
        "7",
        '"text"',
        DEEP,
        "9" * 5_000,
        json.dumps(LABEL | {"padding": "x" * 100_000}),
    ],
    ids=range(24),
)
def test_what_is_not_understood_is_dropped_without_a_word(shared, body) -> None:
    shared.send(body)
    with watch_for_leaks(CANARY):
        assert [] == list(shared.it.wait(0))
    assert shared.left() == 0


def test_poison_does_not_keep_an_event_from_being_heard(shared) -> None:
    shared.send("{", label(labelUpdated="BLUE"), "[]", LABEL)
    assert [NAMED] == list(shared.it.wait(PATIENCE))


def test_a_batch_tells_each_change_once_and_keeps_their_order(shared) -> None:
    """Copies and disorder are what an ordinary queue may do to messages."""
    second, first = "2" * 32, "1" * 32
    shared.send(*(label(versionId=version) for version in (second, first, second)))
    found = shared.it.wait(PATIENCE)
    assert [second, first] == [one.version for one in found]
    assert shared.left() == 0


def test_more_than_one_request_holds_are_told_by_the_next_wait(shared) -> None:
    shared.send(*(label(versionId=f"{number:032}") for number in range(12)))
    it = shared.it
    assert 12 == len(it.wait(PATIENCE)) + len(it.wait(PATIENCE))


def test_a_message_that_comes_during_the_wait_ends_it(shared) -> None:
    it = shared.it
    assert [] == list(it.wait(0))
    waiting = beside(lambda: list(it.wait(LONG)))
    wait_until_it_waits(waiting)
    shared.send(LABEL)
    assert [NAMED] == waiting.result(PATIENCE)


@pytest.mark.parametrize("seconds", [0, 0.3, 1.3])
def test_an_empty_queue_takes_the_time_it_was_given(shared, seconds) -> None:
    it = shared.it
    it.wait(0)
    with timed() as took:
        assert [] == list(it.wait(seconds))
    assert seconds <= took.wall
    assert took.fair < seconds + 1


def test_a_long_wait_is_made_of_slices(shared, monkeypatch) -> None:
    monkeypatch.setattr(sqs, "SLICE_SECONDS", 1)
    with shared.proxy.counting() as requests:
        shared.it.wait(1.5)
    assert ["POST AmazonSQS.ReceiveMessage"] * 2 == requests


def test_the_slice_is_what_close_may_take(queue) -> None:
    assert sqs.SLICE_SECONDS <= 5


def test_close_ends_a_wait_of_another_thread(queue, monkeypatch) -> None:
    """Twice is fine, and nothing is asked afterwards."""
    monkeypatch.setattr(sqs, "SLICE_SECONDS", 1)
    it = queue.listen()
    waiting = beside(lambda: list(it.wait(LONG)))
    wait_until_it_waits(waiting)
    it.close()
    it.close()
    assert [] == waiting.result(PATIENCE)
    with pytest.raises(ClosedError):
        it.wait(1)


def test_close_before_the_first_wait(queue) -> None:
    it = queue.listen()
    it.close()
    with queue.proxy.counting() as requests, pytest.raises(ClosedError):
        it.wait(1)
    assert [] == requests


def test_it_is_a_change_source_and_building_it_asks_nobody(shared) -> None:
    with shared.proxy.counting() as requests:
        assert isinstance(shared.listen(), ChangeSource)
    assert [] == requests


def test_a_dead_server_is_unavailable_and_the_same_object_recovers(shared) -> None:
    it = shared.it
    with shared.proxy.failing(status(503)):
        assert type(caught(it.wait, 1)) is ProviderUnavailableError
    shared.send(LABEL)
    assert [NAMED] == list(it.wait(PATIENCE))


def test_a_server_that_is_not_there_is_unavailable_at_once(queue) -> None:
    error = caught(queue.listen(f"http://{refusing_address()}/123456789012/q").wait, 5)
    assert type(error) is ProviderUnavailableError
    assert "does not answer" in str(error)


def test_a_server_that_hangs_is_given_up(queue, monkeypatch) -> None:
    monkeypatch.setattr(sqs, "GRACE_SECONDS", 0.3)
    monkeypatch.setattr(sqs, "SLICE_SECONDS", 0)
    queue.proxy.delay_seconds = 30
    assert type(caught(queue.listen().wait, 0.1)) is ProviderUnavailableError


def test_one_attempt_is_made_and_no_other(shared) -> None:
    with shared.proxy.failing(status(500)), shared.proxy.counting() as requests:
        caught(shared.it.wait, 1)
    assert 1 == len(requests)


def test_a_queue_that_is_not_there_is_a_matter_of_configuration(queue) -> None:
    it = queue.listen(f"{queue.proxy.url}/123456789012/nothing")
    error = caught(it.wait, 1)
    assert type(error) is ConfigurationError
    assert "no such queue" in str(error)


def test_a_deletion_that_is_denied_is_told_after_what_was_received(shared) -> None:
    def undeletable(handler, code, head, body):
        if handler.headers["X-Amz-Target"].endswith("DeleteMessageBatch"):
            code, body = 403, b'{"__type": "AccessDeniedException"}'
        answer(handler, code, head, body)

    shared.send(LABEL)
    it = shared.it
    with shared.proxy.failing(undeletable):
        assert [NAMED] == list(it.wait(PATIENCE))
    error = caught(it.wait, 0)
    assert type(error) is AccessDeniedError
    assert "sqs:DeleteMessage" in str(error)
    assert [] == list(it.wait(0))


CODES = {
    "AWS.SimpleQueueService.NonExistentQueue": (ConfigurationError, "no such queue"),
    "QueueDoesNotExist": (ConfigurationError, "no such queue"),
    "InvalidAddress": (ConfigurationError, "no such queue"),
    "AccessDenied": (AccessDeniedError, "sqs:ReceiveMessage"),
    "AccessDeniedException": (AccessDeniedError, "sqs:ReceiveMessage"),
    "KMS.AccessDeniedException": (AccessDeniedError, "kms:Decrypt"),
    "KmsAccessDenied": (AccessDeniedError, "kms:Decrypt"),
    "KMS.DisabledException": (ConfigurationError, "KMS key"),
    "KmsDisabled": (ConfigurationError, "KMS key"),
    "KMS.InvalidStateException": (ConfigurationError, "KMS key"),
    "KmsInvalidState": (ConfigurationError, "KMS key"),
    "KMS.NotFoundException": (ConfigurationError, "KMS key"),
    "KmsNotFound": (ConfigurationError, "KMS key"),
    "KMS.InvalidKeyUsageException": (ConfigurationError, "KMS key"),
    "KmsInvalidKeyUsage": (ConfigurationError, "KMS key"),
    "KMS.OptInRequired": (ConfigurationError, "KMS key"),
    "KmsOptInRequired": (ConfigurationError, "KMS key"),
    "KMS.ThrottlingException": (ThrottledError, "fewer requests"),
    "KmsThrottled": (ThrottledError, "fewer requests"),
    "OverLimit": (ThrottledError, "fewer requests"),
    "RequestThrottled": (ThrottledError, "fewer requests"),
    "InvalidSecurity": (ConfigurationError, "URL of the queue"),
    "UnsupportedOperation": (ConfigurationError, "URL of the queue"),
    "AWS.SimpleQueueService.UnsupportedOperation": (ConfigurationError, "URL of the queue"),
    "InvalidParameterValue": (ConfigurationError, "URL of the queue"),
    "ForbiddenException": (AccessDeniedError, "sqs:ReceiveMessage"),
    # Of every service of AWS.
    **dict.fromkeys(
        ("ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded",
         "LimitExceededException", "BandwidthLimitExceeded", "RequestThrottledException",
         "SlowDown", "ThrottledException"), (ThrottledError, "fewer requests"),
    ),
    **dict.fromkeys(
        ("ExpiredTokenException", "ExpiredToken", "RequestExpired"),
        (AuthenticationError, "temporary credentials"),
    ),
    **dict.fromkeys(
        ("UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException",
         "SignatureDoesNotMatch", "IncompleteSignature", "MissingAuthenticationToken"),
        (AuthenticationError, "access key"),
    ),
    **dict.fromkeys(
        ("InvalidIdentityToken", "IDPRejectedClaim"),
        (AuthenticationError, "web identity token"),
    ),
    "IDPCommunicationError": (ProviderUnavailableError, "identity provider"),
    "RegionDisabledException": (ConfigurationError, "not activated STS"),
    "RequestTimeTooSkewed": (AuthenticationError, "clock is wrong"),
    "ValidationError": (ProviderUnavailableError, "an unknown reason"),  # of STS alone
    **dict.fromkeys(
        ("InternalServerError", "InternalServiceError", "InternalFailure", "ServiceUnavailable"),
        (ProviderUnavailableError, "internal error"),
    ),
    # They mean something there that they cannot mean here.
    "ResourceNotFoundException": (ProviderUnavailableError, "an unknown reason"),
    "ValidationException": (ProviderUnavailableError, "an unknown reason"),
    "SomethingNew": (ProviderUnavailableError, "an unknown reason"),
}  # fmt: skip


def test_the_cases_cover_the_table_and_the_table_the_sdk() -> None:
    codes = {sign for sign in TABLE.rows if isinstance(sign, str)}
    assert codes <= CODES.keys()
    folder = Path(botocore.__file__).parent / "data" / "sqs" / "2012-11-05"
    model = json.loads(gzip.decompress((folder / "service-2.json.gz").read_bytes()))
    names = {error["shape"] for error in model["operations"]["ReceiveMessage"]["errors"]}
    assert names <= codes


@pytest.mark.parametrize("code", CODES)
def test_a_code_of_the_service(shared, code) -> None:
    kind, says = CODES[code]
    body = json.dumps({"__type": code, "message": f"about {CANARY}"}).encode()
    with shared.proxy.failing(status(400, body)), watch_for_leaks(CANARY):
        error = caught(shared.it.wait, 1)
    assert type(error) is kind, str(error)
    assert says in str(error)
    assert error.source.startswith("sqs:http://127.0.0.1")
    assert_no_leak(CANARY, error)


def test_an_older_spelling_in_the_header_of_the_answer_counts(shared) -> None:
    head = {"x_amzn_query_error": "AWS.SimpleQueueService.NonExistentQueue;Sender"}
    with shared.proxy.failing(status(400, b'{"__type": "x#QueueDoesNotExist"}', **head)):
        assert "no such queue" in str(caught(shared.it.wait, 1))


def test_what_is_no_answer_of_sqs_is_unavailable(shared) -> None:
    """As of a captive portal: an empty queue would look the same to botocore."""
    page = status(200, f"<html>{CANARY}".encode(), Content_Type="text/html")
    with shared.proxy.failing(page), watch_for_leaks(CANARY):
        error = caught(shared.it.wait, 1)
    assert type(error) is ProviderUnavailableError
    assert_no_leak(CANARY, error)


OWN = "application/x-amz-json-1.0"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"status": "ok"}', "application/json"),
        (b'{"Messages": [null]}', OWN),
        (b'{"Messages": ["x"]}', OWN),
    ],
)
def test_json_of_another_is_no_empty_queue(shared, body, kind) -> None:
    with shared.proxy.failing(status(200, body, Content_Type=kind)):
        error = caught(shared.it.wait, 1)
    assert type(error) is ProviderUnavailableError
    assert "is not from SQS" in str(error)


def test_a_machine_without_credentials(queue, machine) -> None:
    """And they are looked for anew by the next wait."""
    machine.delenv("AWS_ACCESS_KEY_ID")
    it = queue.listen()
    assert type(caught(it.wait, 1)) is AuthenticationError
    machine.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLEEXAMPLE00")
    assert [] == list(it.wait(0))


def test_a_profile_that_is_not_there(queue) -> None:
    error = caught(queue.listen(more="?region=eu-west-1&profile=nobody").wait, 1)
    assert type(error) is ConfigurationError
    assert "list-profiles" in str(error)


@pytest.mark.parametrize(
    ("host", "more", "environ", "expected"),
    [
        ("https://sqs-fips.us-east-1.amazonaws.com", "", {}, "us-east-1"),
        ("https://sqs.cn-north-1.amazonaws.com.cn", "", {}, "cn-north-1"),
        ("https://vpce-0a1b.sqs.eu-west-1.vpce.amazonaws.com", "", {}, "eu-west-1"),
        ("https://sqs.eu-west-1.amazonaws.com", "?region=eu-west-2", {}, "eu-west-2"),
        ("https://sqs.internal.example", "", {"AWS_REGION": "eu-north-1"}, "eu-north-1"),
    ],
)
def test_where_the_region_comes_from(machine, host, more, environ, expected) -> None:
    for name, value in environ.items():
        machine.setenv(name, value)
    client = sqs.client_of(SourceURI.parse(f"sqs:{host}/123456789012/q{more}"))
    assert expected == client.meta.region_name
    assert host == client.meta.endpoint_url
    client.close()


def test_the_endpoint_may_be_another_than_the_queues_host(queue) -> None:
    queue.send(LABEL)
    name = queue.url.rpartition("/")[2]
    it = queue.listen(
        f"https://sqs.{'eu-west-1'}.amazonaws.com/123456789012/{name}",
        f"?region=ap-northeast-1&endpoint_url={queue.proxy.url}",
    )
    assert [NAMED] == list(it.wait(PATIENCE))


@pytest.mark.parametrize(
    "source",
    [
        "sqs:my-queue",
        "sqs:https://sqs.eu-west-1.amazonaws.com/123456789012",
        "sqs:https://sqs.eu-west-1.amazonaws.com/12/q",
        "sqs:ftp://sqs.eu-west-1.amazonaws.com/123456789012/q",
        f"sqs:https://user:{PASSWORD}@sqs.eu-west-1.amazonaws.com/123456789012/q",
        "sqs:https:///123456789012/q",
        "sqs:http://[::1/123456789012/q",
        "sqs:https://sqs.eu-west-1.amazonaws.com/123456789012/q?color=red",
    ],
    ids=range(8),
)
def test_what_is_no_queue_is_refused(source) -> None:
    error = caught(SqsAnnouncements, SourceURI.parse(source))
    assert type(error) is ConfigurationError
    assert PASSWORD not in str(error)


def test_bodies_are_in_no_log_even_at_debug(shared) -> None:
    shared.send(LABEL | {"more": CANARY}, CANARY)
    it = shared.it
    with watch_for_leaks(CANARY):
        assert [NAMED] == list(it.wait(PATIENCE))
    assert_no_leak(CANARY, it)


def test_the_page_shows_a_rule_that_lets_these_events_through_and_no_others(shared) -> None:
    """And its JSON is JSON."""
    page = (Path(__file__).parents[3] / "docs" / "howto" / "operate" / "push.md").read_text()
    blocks = [
        json.loads(text)
        for text in re.findall(r"^```json\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    ]
    rule = next(block for block in blocks if "detail-type" in block)
    assert rule["detail-type"] == ["Secret Label Updated"]
    shared.send(
        {name: values[0] for name, values in rule.items() if name != "detail"}
        | {
            "detail": {name: values[0] for name, values in rule["detail"].items()},
        }
    )
    assert ["prod/binance/main"] == [one.name for one in shared.it.wait(PATIENCE)]
