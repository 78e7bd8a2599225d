"""One Storage Queue: its client, and one request for its messages."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from azure.core.exceptions import AzureError
from azure.storage.queue import QueueClient

from binance_creds._version import __version__
from binance_creds.providers.azure._client import limits
from binance_creds.providers.azure._credentials import credential_of
from binance_creds.providers.azure._errors import translated
from binance_creds.providers.azure._login_errors import BAD_SETTINGS
from binance_creds.providers.azure._storage_queue._errors import (
    ALREADY_DELETED,
    NO_VARIABLE,
    OTHER_ACCOUNT,
    QUEUES,
    VARIABLE,
    codes_of,
)
from binance_creds.providers.azure._storage_queue._message import announcements_of
from binance_creds.providers.azure._storage_queue._name import BY_KEY
from binance_creds.providers.azure._transport import transport_of
from binance_creds.providers.remote._client_pool import ClientPool
from binance_creds.providers.remote._error_row import FOREIGN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds._time._deadline import Deadline
    from binance_creds.errors import CredentialsError
    from binance_creds.providers._announcements import Announcement
    from binance_creds.providers.azure._storage_queue._name import Place

__all__ = ["CLIENTS", "NOTHING", "Heard", "heard", "refusal_of"]

_OK: Final = 200
_LIST: Final = "<QueueMessagesList"  # REST API reference, Get Messages
_MESSAGES: Final = 32  # the most that the service gives at once
_HIDDEN_SECONDS: Final = 60  # from being received to coming again, if it is not deleted

CLIENTS: Final = ClientPool[QueueClient]()


class Heard(NamedTuple):
    """How many messages there were, what they announce, and why one could not be deleted."""

    messages: int
    announcements: tuple[Announcement, ...]
    failure: CredentialsError | None = None


NOTHING: Final = Heard(0, ())


def heard(place: Place, deadline: Deadline) -> Heard:
    """Receive the messages that are there, and delete them; blocks until the answer.

    What could not be deleted is announced as well, and comes again.
    """
    client = CLIENTS.get(place, lambda: _built(place))
    pages = client.receive_messages(
        messages_per_page=_MESSAGES,
        visibility_timeout=_HIDDEN_SECONDS,
        raw_response_hook=_refuse_foreign,
        **limits(deadline),
    ).by_page()
    messages = list(next(pages, ()))
    failure = _deleted(client, messages, place, deadline)
    found = (one for message in messages for one in announcements_of(message.content))
    return Heard(len(messages), tuple(dict.fromkeys(found)), failure)


def _refuse_foreign(answer: Any) -> None:
    """Refuse any other document: the SDK takes it for a queue without messages."""
    response = answer.http_response
    if response.status_code == _OK and _LIST not in response.text():
        raise QUEUES.table.error(FOREIGN)


def refusal_of(error: Exception, place: Place) -> CredentialsError:
    """Return the error of what the SDK raised."""
    return translated(error, place.account, place.login, QUEUES)


def _deleted(
    client: QueueClient, messages: list[Any], place: Place, deadline: Deadline
) -> CredentialsError | None:
    """Delete messages until one cannot be deleted; return why."""
    for message in messages:
        try:
            client.delete_message(message, **limits(deadline))
        except AzureError as error:
            if not ALREADY_DELETED.intersection(codes_of(error)):
                return refusal_of(error, place)
    return None


def _built(place: Place) -> QueueClient:
    more: dict[str, Any] = {
        "transport": transport_of(),
        "retry_total": 0,  # the SDK's retries know no deadline
        "permit_redirects": False,
        "user_agent": f"binance-creds/{__version__}",
    }
    if place.login.auth == BY_KEY:
        return _by_key(place, more)
    return QueueClient(place.account, place.queue, credential_of(place.login), **more)


def _by_key(place: Place, more: Mapping[str, Any]) -> QueueClient:
    if not os.environ.get(VARIABLE):
        raise QUEUES.table.error(NO_VARIABLE)
    try:
        client = QueueClient.from_connection_string(os.environ[VARIABLE], place.queue, **more)
    except (ValueError, TypeError):  # no pairs of names and values
        client = None
    if client is None:
        raise QUEUES.table.error(BAD_SETTINGS, hint=f"Check {VARIABLE}.")
    if f"{client.scheme}://{client.primary_hostname}".lower() != place.account.lower():
        # The source says where to go, and the variable only how.
        raise QUEUES.table.error(OTHER_ACCOUNT)
    return client
