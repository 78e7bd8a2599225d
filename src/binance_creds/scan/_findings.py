"""What a scan says: findings, and how much was read."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Container

    from binance_creds.scan._find._rules import Confidence

__all__ = ["Finding", "LeftOut", "Report", "Sighting", "id_of", "mark_of"]

# Values have too many possibilities to be guessed; the key keeps these apart from other digests.
_DOMAIN: Final = b"binance-creds scan: id of a finding"


class Sighting(NamedTuple):
    """What was seen in one text, wherever that is.

    Attributes:
        line: counted from 1.
        column: in characters, counted from 1.
        rule: by which it was found.
        confidence: how sure.
        profile: whose it is.
        mark: a keyed digest of the value.
    """

    line: int
    column: int
    rule: str
    confidence: Confidence
    profile: str
    mark: bytes


class Finding(NamedTuple):
    """Where something is that looks like a key, or is one; never the value.

    Attributes:
        path: of the file, as it was named or in the repository.
        line: counted from 1.
        column: in characters, counted from 1.
        rule: `binance-key`, `binance-testnet-key`, `binance-key-base64`, `binance-private-key`, or
            `own-api-key`, `own-api-secret`, `own-private-key`.
        confidence: `high` or `medium`.
        profile: whose key it is, where it is one of your own.
        id: of rule, path and value; a baseline holds it.
        commit: the oldest one that has it, where the history was read.
    """

    path: str
    line: int
    column: int
    rule: str
    confidence: Confidence
    profile: str
    id: str
    commit: str = ""


class LeftOut(NamedTuple):
    """What was not read.

    Attributes:
        path: of the file.
        reason: why.
        command: what reads it nevertheless.
    """

    path: str
    reason: str
    command: str = ""


@dataclass(slots=True)
class Report:
    """What a scan found, how much it read, and what it left out.

    Attributes:
        findings: in the order in which they were met.
        files: how many files or objects were read.
        bytes: how many bytes they have.
        left_out: what was not read.
    """

    findings: list[Finding] = field(default_factory=list)
    files: int = 0
    bytes: int = 0
    left_out: list[LeftOut] = field(default_factory=list)

    def without(self, known: Container[str]) -> Report:
        """Return the report without findings whose ids are known."""
        rest = [finding for finding in self.findings if finding.id not in known]
        return Report(rest, self.files, self.bytes, self.left_out)


def mark_of(value: bytes) -> bytes:
    """Return what a value is known by, from which it cannot be told."""
    return blake2b(value, key=_DOMAIN, digest_size=16).digest()


def id_of(rule: str, path: str, mark: bytes) -> str:
    """Return the id of a finding."""
    text = b"\0".join((rule.encode(), path.encode(errors="surrogateescape"), mark))
    return blake2b(text, key=_DOMAIN, digest_size=12).hexdigest()
