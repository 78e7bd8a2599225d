"""A baseline: findings that are known, without times and line numbers, so that it merges well."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Final, TypedDict, cast

from binance_creds.errors import ConfigurationError, SecretNotFoundError

if TYPE_CHECKING:
    from binance_creds.scan._findings import Report

__all__ = ["read_baseline", "write_baseline"]

_VERSION: Final = 1


class _Row(TypedDict):
    id: str


class _Document(TypedDict):
    version: int
    findings: list[_Row]


def read_baseline(path: str | os.PathLike[str]) -> frozenset[str]:
    """Return the ids of a baseline, for `Report.without`.

    Raises:
        SecretNotFoundError: there is no such file.
        ConfigurationError: it is no baseline.
    """
    shown = os.path.abspath(path)
    try:
        with open(path, encoding="utf-8") as file:
            document = cast("_Document", json.load(file))
        if document["version"] == _VERSION:
            return frozenset(finding["id"] for finding in document["findings"])
    except FileNotFoundError:
        msg = f"there is no baseline {shown}."
        raise SecretNotFoundError(msg, hint="Write one by scan --write-baseline.") from None
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        pass
    msg = f"{shown} is no baseline of this version."
    raise ConfigurationError(msg, hint="Write it again by scan --write-baseline.")


def write_baseline(path: str | os.PathLike[str], report: Report) -> None:
    """Write the findings of a report as a baseline, each once, in order.

    Raises:
        OSError: the file cannot be written.
    """
    known = sorted({(one.path, one.rule, one.id) for one in report.findings})
    rows = [{"path": each[0], "rule": each[1], "id": each[2]} for each in known]
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"{json.dumps({'version': _VERSION, 'findings': rows}, indent=1)}\n")
