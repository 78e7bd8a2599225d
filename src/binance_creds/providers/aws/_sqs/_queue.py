"""`SqsAnnouncements`: listen to one queue."""

from __future__ import annotations

import os
import re
import threading
import time
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from binance_creds._version import __version__
from binance_creds.errors import (
    AuthenticationError,
    ClosedError,
    ConfigurationError,
    CredentialsError,
)
from binance_creds.providers._options import check_options
from binance_creds.providers.aws._errors import translated
from binance_creds.providers.aws._login import LOGGERS, DirectSession, built
from binance_creds.providers.aws._sqs._errors import TABLE
from binance_creds.providers.aws._sqs._message import announced
from binance_creds.providers.remote._call import CONNECT_SECONDS
from binance_creds.providers.remote._error_row import FOREIGN
from binance_creds.providers.remote._quiet import quiet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from binance_creds._uri import SourceURI
    from binance_creds.providers._announcements import Announcement

__all__ = ["SqsAnnouncements"]

# Of one request. SQS lets it be 20, but nothing of botocore's ends a request that hangs in another
# thread: this is how long `close` may take. It costs 520,000 requests a month, 0.21 dollars.
SLICE_SECONDS: Final = 5
GRACE_SECONDS: Final = 10.0  # for the answer after the wait that was asked for
_MESSAGES: Final = 10  # API reference, ReceiveMessage, MaxNumberOfMessages
_HOST: Final = re.compile(r"sqs(?:-fips)?\.([a-z0-9-]+)\.(?:vpce\.)?amazonaws\.com(?:\.cn)?")
_QUEUE: Final = re.compile(
    r"https?://(?:[\w.-]+|\[[0-9a-f:]+\])(?::\d{1,5})?/\d{12}/[\w-]{1,80}(?:\.fifo)?", re.ASCII
)

_T = TypeVar("_T")


class SqsAnnouncements:
    """Listen to one queue, with ReceiveMessage and DeleteMessageBatch.

    What was received is deleted before it is returned: an announcement that is lost with a process
    costs one poll. Duplicates and disorder do no harm.

    Options: `region` (else the queue's host, AWS_REGION, or boto3's own) and `profile` choose who
    asks and where; `endpoint_url` is for VPC endpoints and emulators, else the queue's own host.

    Raises:
        ConfigurationError: an unknown option, or the location is not the URL of a queue.
    """

    def __init__(self, uri: SourceURI) -> None:
        check_options(uri)
        self._uri = uri
        self._queue_url = _queue_url_of(uri)
        self._client: Any = None
        self._closed = threading.Event()
        self._owed: CredentialsError | None = None  # of a deletion, after messages were received

    def wait(self, timeout_seconds: float) -> Sequence[Announcement]:
        """Return what the messages announce; blocks until there is one, or for the timeout.

        It is asked in slices of five seconds, after each of which `close` is noticed. A server
        that does not answer is given up 10 seconds after the end of its slice.

        Raises:
            ClosedError: it was closed before.
            CredentialsError: as the table of `_errors` says.
        """
        if self._closed.is_set():
            raise ClosedError("this source of announcements is closed.", source=self._uri.redacted)
        try:
            return self._waited(time.monotonic() + timeout_seconds)
        finally:
            self._close_if_asked()

    def close(self) -> None:
        """End a `wait` of another thread within five seconds, and give back the connections."""
        self._closed.set()
        self._close_if_asked()

    def _close_if_asked(self) -> None:
        """Close the client, which a request in another thread outlives; twice is fine."""
        client = self._client
        if self._closed.is_set() and client is not None:
            client.close()

    def _waited(self, ends_at: float) -> Sequence[Announcement]:
        while True:
            left = max(0.0, ends_at - time.monotonic())
            found = self._slice(min(left, SLICE_SECONDS))
            if found or self._closed.is_set() or time.monotonic() >= ends_at:
                return found

    def _slice(self, seconds: float) -> Sequence[Announcement]:
        """Return what comes within a time that may be less than the second SQS counts in."""
        self._raise_owed()
        ends_at = time.monotonic() + seconds
        messages = self._call(lambda: self._received(int(seconds)))
        if not messages:
            self._closed.wait(max(0.0, ends_at - time.monotonic()))
            return ()
        try:
            self._call(lambda: self._delete(messages))
        except CredentialsError as error:  # the announcements received are returned first
            self._owed = error.again()
        return announced(message.get("Body") for message in messages)

    def _raise_owed(self) -> None:
        owed, self._owed = self._owed, None
        if owed is not None:
            raise owed

    def _call(self, what: Callable[[], _T]) -> _T:
        with quiet(*LOGGERS):
            try:
                return what()
            except Exception as error:  # noqa: BLE001  # botocore raises a hundred classes
                refusal = translated(error, TABLE).at(self._uri.redacted)
        if isinstance(refusal, AuthenticationError):
            self._client = None  # the next one logs in afresh
        raise refusal

    def _received(self, seconds: int) -> list[dict[str, Any]]:
        if self._client is None:
            self._client = client_of(self._uri)
        answer = self._client.receive_message(
            QueueUrl=self._queue_url, MaxNumberOfMessages=_MESSAGES, WaitTimeSeconds=seconds
        )
        # botocore takes a page or any JSON of a captive portal for an empty queue
        kind = answer["ResponseMetadata"]["HTTPHeaders"].get("content-type", "")
        messages = answer.get("Messages", [])
        if "x-amz-json" not in kind or not all(isinstance(one, dict) for one in messages):
            raise TABLE.error(FOREIGN)
        return list(messages)

    def _delete(self, messages: list[dict[str, Any]]) -> None:
        """Delete them; one that cannot be comes again, and is deleted then."""
        self._client.delete_message_batch(
            QueueUrl=self._queue_url,
            Entries=[
                {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                for number, message in enumerate(messages)
            ],
        )


def _queue_url_of(uri: SourceURI) -> str:
    if not _QUEUE.fullmatch(uri.location):
        msg = "the location is not the URL of a queue."
        hint = "Write sqs:https://sqs.REGION.amazonaws.com/ACCOUNT/QUEUE."
        raise ConfigurationError(msg, source=f"{uri.scheme}:...", hint=hint)
    return uri.location


def client_of(uri: SourceURI) -> Any:
    parts = urlsplit(uri.location)
    host = _HOST.search(parts.netloc)
    region = uri.option("region") or (host and host[1]) or os.environ.get("AWS_REGION")
    session = boto3.Session(
        botocore_session=DirectSession(), profile_name=uri.option("profile"), region_name=region
    )
    return built(
        session,
        "sqs",
        endpoint_url=uri.option("endpoint_url") or f"{parts.scheme}://{parts.netloc}",
        config=Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=SLICE_SECONDS + GRACE_SECONDS,
            retries={"total_max_attempts": 1},  # whoever waits decides when to try again
            user_agent_extra=f"binance-creds/{__version__}",
        ),
    )
