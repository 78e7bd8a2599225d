"""Read the status files that `binance_creds.live` writes."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from binance_creds import _process
from binance_creds._files._errors import ChangedError, typed_os_error
from binance_creds._files._reader import FileReader
from binance_creds._files._rules import FileRules, Inspection
from binance_creds._files._walk import entered, reached
from binance_creds._time._deadline import Deadline
from binance_creds.errors import ConfigurationError, CredentialsError, SecretNotFoundError
from binance_creds.rotation._report import LARGEST_BYTES, BotReport, fingerprint_in, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["of_files"]

_SECONDS: Final = 5.0  # for one file that keeps changing
_RULES: Final = FileRules(is_secret=False, otherwise="name another folder")
_LONGEST_HEARTBEAT: Final = 3600.0
_NOT_ONE: Final = "this is not a status file of binance-creds."


def of_files(place: str) -> tuple[BotReport, ...]:
    """Return what a file says, or each status file of a folder.

    Raises:
        CredentialsError: the place cannot be read, or others could change it.
    """
    path = os.path.abspath(os.path.expanduser(place))
    names = _names(path)
    if names is None:
        return tuple(_of_file(path))
    paths = [os.path.join(path, name) for name in names]
    return tuple(report for one in paths for report in _of_file(one))


def _names(path: str) -> list[str] | None:
    """Return the names of the status files in a folder; `None` if it is a file."""
    failure: CredentialsError
    try:
        inspection = Inspection(_RULES)
        with reached(path, inspection) as entry:
            if not stat.S_ISDIR(entry.status.st_mode):
                return None
            with entered(entry, inspection) as folder:
                return sorted(filter(_is_status_file, folder.names()))
    except OSError as error:
        failure = typed_os_error(error, path)
    except (ChangedError, ValueError):  # a path with NUL
        failure = ConfigurationError(f"{path!r} cannot be read.", hint="Name a folder or a file.")
    except CredentialsError as error:
        failure = error.again()
    raise failure


def _is_status_file(name: str) -> bool:
    return name.startswith("binance-creds-") and name.endswith(".json")


def _of_file(path: str) -> Sequence[BotReport]:
    reader = FileReader(path, _RULES, Deadline(_SECONDS), largest_bytes=LARGEST_BYTES)
    try:
        return _reports(path, bytes(reader.read_bytes(path)))
    except SecretNotFoundError:  # it was there: its process has just ended, and removed it
        return ()
    except CredentialsError as error:
        problem = error.message
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError, OverflowError):
        problem = _NOT_ONE
    return (BotReport(path, problem=problem),)


def _reports(path: str, content: bytes) -> Sequence[BotReport]:
    """Return what a file says; raises whatever it does if it is no status file."""
    said: Any = json.loads(content)
    if said["format"] != 1:
        return (BotReport(path, problem="it was written by another version of binance-creds."),)
    pid, began = _whole(said["pid"]), said["started"]
    is_here = said["machine"] == _process.machine()
    if is_here and not _process.is_running(pid, None if began is None else _whole(began)):
        return ()
    process = BotReport(
        path,
        seen_at=_time(said["written_at"]),
        heartbeat_seconds=_heartbeat(said["heartbeat_seconds"]),
        program=shown(said["program"]),
        host=shown(said["host"]),
        pid=pid,
    )
    return [_handle(process, handle) for handle in said["handles"]]


def _handle(process: BotReport, said: Any) -> BotReport:
    return replace(
        process,
        fingerprint=fingerprint_in(said["fingerprint"]),
        profile=shown(said["profile"]),
        source=shown(said["source"]),
        version=shown(said["version"]),
        state=shown(said["state"]),
        since=_time(said["since"]),
    )


def _whole(number: object) -> int:
    if type(number) is not int or number < 0:
        raise TypeError
    return number


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _heartbeat(seconds: float) -> float:
    if not 0 < seconds <= _LONGEST_HEARTBEAT:
        raise ValueError
    return float(seconds)
