"""`Explanation`: where credentials came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from binance_creds._enums import Environment, KeyType
    from binance_creds.errors import Attempt

__all__ = ["Explanation"]


class Explanation(NamedTuple):
    """Where credentials came from, without any value. `str()` of it is meant for people.

    Attributes:
        origin: the redacted source that answered.
        version: its version, if it has one.
        environment: the Binance environment.
        key_type: the kind of key.
        fingerprint: 8 hex digits that name the API key in logs.
        age_seconds: since they were loaded.
        rotate_by: when the key should be replaced, if known.
        attempts: what was tried before, and why it did not answer.
        notes: what was decided that may surprise, such as which of two pairs is used.
        signed_by: where the key stays that signs; `None` if it is in this process.
    """

    origin: str
    version: str | None
    environment: Environment
    key_type: KeyType
    fingerprint: str
    age_seconds: float
    rotate_by: datetime | None
    attempts: tuple[Attempt, ...]
    notes: tuple[str, ...] = ()
    signed_by: str | None = None

    def __str__(self) -> str:
        lines = [
            f"answered by  {self.origin}",
            f"version      {self.version or '(the source has none)'}",
            f"key          {self.key_type.value}, fingerprint {self.fingerprint}",
            *([f"signed by    {self.signed_by}"] if self.signed_by else []),
            f"environment  {self.environment.value}",
            f"loaded       {self.age_seconds:.0f} s ago",
            f"rotate by    {self.rotate_by:%Y-%m-%d}"
            if self.rotate_by
            else "rotate by    (not set)",
        ]
        lines += [f"tried before {a.source}: {a.code}: {a.message}" for a in self.attempts]
        lines += [f"note         {note}" for note in self.notes]
        return "\n".join(lines)
