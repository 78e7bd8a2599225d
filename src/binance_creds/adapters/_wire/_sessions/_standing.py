"""`Standing`: whose session a connection is, where a logon spares signatures. Does no I/O.

Source: binance-spot-api-docs a5e0bc3d, web-socket-api.md, Session Authentication.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from binance_creds._enums import KeyType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds._credentials import Credentials

__all__ = ["Standing", "is_nameless", "lacks_session", "spares_signatures"]

_UNAUTHORIZED: Final = 401
# How a message without key and session is refused: a parameter is missing, no key, not authorised.
_NO_SESSION: Final = (-1102, -2014, -1002)
_MISSING: Final = ("'apiKey'", "'signature'")  # of -1102, which other parameters cause as well
_HOLD_OFF_SECONDS: Final = 30.0  # after a refusal; each message is signed meanwhile


def spares_signatures(credentials: Credentials) -> bool:
    """Return whether each signature is made outside, and a logon can spare it."""
    return credentials.signed_by is not None and credentials.key_type is KeyType.ED25519


def is_nameless(answer: Mapping[str, Any]) -> bool:
    """Return whether a session has ended because its key is no longer valid.

    The exchange does not say which message it refused.
    """
    is_unnamed = answer.get("id", "") is None and answer.get("status") == _UNAUTHORIZED
    return is_unnamed and "error" in answer


def lacks_session(answer: Mapping[str, Any]) -> bool:
    """Return whether a message was refused because it has neither key nor session."""
    error = answer.get("error")
    if not isinstance(error, dict) or error.get("code") not in _NO_SESSION:
        return False
    told = str(error.get("msg"))
    return error["code"] != _NO_SESSION[0] or any(name in told for name in _MISSING)


class Standing:
    """Know whose session a connection is, and which messages rely on that.

    Attributes:
        logged_on: whose session it is; `None` if each message needs a signature.
    """

    def __init__(self) -> None:
        self.logged_on: Credentials | None = None
        self._refused: Credentials | None = None
        self._again_at = 0.0
        self._relying: dict[object, None] = {}
        self._nameless = 0

    @property
    def is_in_use(self) -> bool:
        """Whether somebody is logged on, or a message relied on it."""
        return self.logged_on is not None or bool(self._relying)

    def is_due(self, current: Credentials) -> bool:
        """Return whether to log on before the next message that needs a signature."""
        is_wanted = current is not self.logged_on and spares_signatures(current)
        return is_wanted and not self.is_held_off(current)

    def is_held_off(self, current: Credentials) -> bool:
        """Return whether these were refused a moment ago."""
        return current is self._refused and time.monotonic() < self._again_at

    def granted(self, used: Credentials | None) -> None:
        """Note a logon, or with `None` a logout."""
        self.logged_on = used

    def refused(self, used: Credentials | None) -> None:
        """Note that these cannot log on, or not any more. They are tried again after a while."""
        self.logged_on, self._refused = None, used
        self._again_at = time.monotonic() + _HOLD_OFF_SECONDS

    def relies(self, name: object) -> None:
        """Note a message that goes without a signature, by its id."""
        self._relying[name] = None

    def forget(self, name: object) -> None:
        """Expect no answer to a message any more: a refusal without an id may have been its own."""
        if name in self._relying:
            del self._relying[name]
            self._nameless = 0

    def heard(self, answer: Mapping[str, Any]) -> list[Any]:
        """Take an answer; return the ids of the messages that were refused with their session.

        A refusal without an id is that of a certain message only once all others are answered:
        until then none may be sent again, or an order could be placed twice.
        """
        if is_nameless(answer) and self.logged_on is not None:
            self.refused(self.logged_on)
        if is_nameless(answer) and self._relying:
            self._nameless += 1
            return self._settled()
        name = answer.get("id")
        if name not in self._relying or not lacks_session(answer):
            return self.answered(name)
        self.granted(None)
        return [name, *self.answered(name)]

    def answered(self, name: object) -> list[Any]:
        """Take an answer to a message, of which no session was missing; return as `heard`."""
        if name not in self._relying:
            return []
        del self._relying[name]
        return self._settled()

    def _settled(self) -> list[Any]:
        if not self._nameless or len(self._relying) > self._nameless:
            return []
        names, self._nameless = list(self._relying), 0
        self._relying.clear()
        return names
