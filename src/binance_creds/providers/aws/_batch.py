"""Read many secrets of one account: twenty in a request, eight requests at a time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from binance_creds._threads._daemons import called_side_by_side
from binance_creds.errors import AccessDeniedError, CredentialsError
from binance_creds.providers.aws._errors import TABLE
from binance_creds.providers.aws._versions import CURRENT, require

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from binance_creds._raw import RawSecret
    from binance_creds._time._deadline import Deadline
    from binance_creds.providers.aws._versions import Versions
    from binance_creds.providers.remote._call import Remote

__all__ = ["read_many"]

_BATCH_SIZE: Final = 20  # API reference, BatchGetSecretValue, SecretIdList
_THREADS: Final = 8


def read_many(
    secrets: Sequence[tuple[Versions, Remote]], deadline: Deadline
) -> list[RawSecret | CredentialsError]:
    """Return the current version of each secret, or why it cannot be read, in order.

    What a batch does not answer for, or may not read, is read alone.
    """
    ids = list(dict.fromkeys(versions.id for versions, _ in secrets))
    groups = [ids[i : i + _BATCH_SIZE] for i in range(0, len(ids), _BATCH_SIZE)]
    versions, remote = secrets[0]
    found: dict[str, Any] = {}
    for answers in called_side_by_side(
        lambda group: _batch(versions, remote, group, deadline), groups, most_threads=_THREADS
    ):
        found |= answers
    rest = [one for one in secrets if found.get(one[0].id) is None]
    read = called_side_by_side(lambda one: _alone(*one, deadline), rest, most_threads=_THREADS)
    alone = {versions: outcome for (versions, _), outcome in zip(rest, read, strict=True)}
    return [alone.get(one) or _of_batch(one, found[one.id]) for one, _ in secrets]


def _batch(
    versions: Versions, remote: Remote, ids: list[str], deadline: Deadline
) -> dict[str, Any]:
    """Return what a batch says of each id: its answer, or a code and a message."""

    def ask() -> dict[str, Any]:
        answer = versions.client().batch_get_secret_value(SecretIdList=ids)
        require(answer, "SecretValues")
        refused = {entry.get("SecretId"): entry for entry in answer.get("Errors", ())}
        values = [
            (value, (value["Name"], value["ARN"]))
            for value in answer["SecretValues"]
            if CURRENT in value.get("VersionStages", (CURRENT,))  # moto gives another
        ]
        given = {i: value for i in ids for value, names in values if _is_meant(i, names)}
        return {i: refused.get(i, given.get(i)) for i in ids}

    try:
        return remote.call(ask, deadline, purpose=f"batch {ids[0]}")
    except AccessDeniedError:  # the batch has a permission of its own
        return {}
    except CredentialsError as error:
        return dict.fromkeys(ids, error.again())


def _alone(versions: Versions, remote: Remote, deadline: Deadline) -> RawSecret | CredentialsError:
    try:
        return remote.call(lambda: versions.read_stage(CURRENT), deadline)
    except CredentialsError as error:
        return error.again()


def _of_batch(versions: Versions, answer: Any) -> RawSecret | CredentialsError:
    source = versions.uri.redacted
    if isinstance(answer, CredentialsError):
        return answer.at(source)
    if "ErrorCode" in answer:
        code, said = answer["ErrorCode"], answer.get("Message", "")
        return TABLE.answered((code,), said, status=None, is_own=True).at(source)
    try:
        return versions.raw(answer)
    except CredentialsError as error:
        return error.again()


def _is_meant(wanted: str, names: Iterable[str]) -> bool:
    """Return whether a batch's answer is for an id; a partial ARN lacks the six last characters."""
    return any(
        name == wanted or re.fullmatch(re.escape(wanted) + r"-\w{6}", name) for name in names
    )
