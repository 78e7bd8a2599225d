"""`ApiSession`: one connection to the WebSocket API, as far as its credentials are concerned.

Does no I/O, so that connections that block and those that are awaited share it.
"""

from __future__ import annotations

import json
import logging
import re
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from binance_creds._enums import KeyType
from binance_creds.adapters._wire._message import LOGON, SIGNED_ALWAYS
from binance_creds.exchange import Security
from binance_creds.exchange._methods import security_of_method

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from binance_creds._credentials import Credentials
    from binance_creds.adapters._wire._rejected import Rejected
    from binance_creds.adapters._wire._signer import WireSigner

__all__ = ["Answer", "ApiSession", "Link", "Outbound", "json_text"]

_LOG: Final = logging.getLogger("binance_creds.adapters")
_LOGOUT: Final = "session.logout"
_OWN: Final = "binance-creds-"  # begins the ids of messages that the caller did not send
_MOST_UNANSWERED: Final = 4096
_OK: Final = 200
_UNAUTHORIZED: Final = 401
_NOBODY: Final = (None, None)
# How the exchange begins each answer; reading all of a long one takes longer than signing.
_HEAD: Final = re.compile(
    r'\s*\{\s*"id"\s*:\s*("(?:[^"\\]|\\.)*"|-?[0-9]+)\s*,\s*"status"\s*:\s*([0-9]+)'
)
_DECODER: Final = json.JSONDecoder(parse_float=Decimal)
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, default=str)


class Outbound(NamedTuple):
    """A message to sign as it needs, and to send. Its `repr` shows no parameters.

    Attributes:
        message: as its caller gave it.
        security: what its method needs.
        logged_on: see `sign_message`.
    """

    message: dict[str, Any]
    security: Security
    logged_on: Credentials | None = None

    def __repr__(self) -> str:
        return f"Outbound({self.message.get('method')!r}, {self.security})"


class Answer(NamedTuple):
    """An answer to a message that was signed.

    Attributes:
        content: all of it; of one that was accepted, nothing.
        outbound: the message.
        used: who signed it.
        is_good: whether it was accepted.
    """

    content: dict[str, Any]
    outbound: Outbound
    used: Credentials
    is_good: bool


class ApiSession:
    """Know who is logged on, what is unanswered, and what has to be sent after a rotation.

    Each message that needs it gets key and signature of its own, also in a session that has logged
    on: so nothing is sent in the name of an old key. A session that the caller has logged on is
    logged on again with the new key, or out where that is not Ed25519.

    An Ed25519 key that stays outside signs the logon alone, with the first message that needs a
    signature. As soon as the exchange has accepted it, messages go without one, until another pair
    is current.

    Attributes:
        wants_logon: whether the session is to be logged on.
    """

    def __init__(self, signer: WireSigner, url: str) -> None:
        self.signer: Final = signer
        self.url: Final = url
        self._numbers: Final = count(1)
        self._unanswered: dict[object, tuple[Outbound, Credentials]] = {}
        self.wants_logon = False
        self._settled: Credentials | None = None  # the session is as it should be for these
        self._logged_on: Credentials | None = None  # accepted, with a key outside

    def plan(self, text: str | bytes) -> list[Outbound] | None:
        """Return what to send for a message of the caller; `None`: send it as it is."""
        message = _parsed(text)
        if message is None:
            return None
        method = str(message["method"])
        security = security_of_method(method)
        if method == LOGON or (security is Security.SIGNED and self._costs_a_signature()):
            self.wants_logon = True
        elif method == _LOGOUT:
            self.wants_logon, self._settled, self._logged_on = False, None, None
        ours = [] if method == LOGON else self.renewal()
        logged_on = None if method in SIGNED_ALWAYS else self._logged_on
        return [*ours, Outbound(message, security, logged_on)]

    def _costs_a_signature(self) -> bool:
        """Return whether each message would be signed outside, and a logon can spare it."""
        current = self.signer.credentials.current
        return current.signed_by is not None and current.key_type is KeyType.ED25519

    def renewal(self) -> list[Outbound]:
        """Return what brings the session to the credentials of now; nothing if it is there."""
        current = self.signer.credentials.current
        if not self.wants_logon or self._settled is current:
            return []
        self._settled = current
        can_log_on = current.key_type is KeyType.ED25519
        method, security = (LOGON, Security.SIGNED) if can_log_on else (_LOGOUT, Security.PUBLIC)
        own = {"id": f"{_OWN}{next(self._numbers)}", "method": method, "params": {}}
        return [Outbound(own, security)]

    def sent(self, outbound: Outbound, used: Credentials | None) -> None:
        """Note who has signed a message, before it is sent."""
        if used is None:
            return
        if outbound.message["method"] == LOGON:
            self._settled = used
        self._unanswered[outbound.message.get("id")] = (outbound, used)
        while len(self._unanswered) > _MOST_UNANSWERED:
            self._unanswered.pop(next(iter(self._unanswered)))

    def answered(self, text: str | bytes) -> Answer | None:
        """Return what a message answers that we have signed; `None` for all others."""
        head = _HEAD.match(text) if self._unanswered and isinstance(text, str) else None
        if head is None:
            return self._revoked(text) if self._logged_on is not None else None
        outbound, used = self._unanswered.pop(_id_of(head[1]), _NOBODY)
        if outbound is None or used is None:
            return None
        is_logon, is_good = outbound.message["method"] == LOGON, head[2] == "200"
        if is_logon:
            self._logged_on = used if is_good and used.signed_by is not None else None
        if is_good:
            return Answer({}, outbound, used, is_good=True)
        if is_logon:
            self._settled = None
        return Answer(_loaded(text) or {}, outbound, used, is_good=False)

    def _revoked(self, text: str | bytes) -> Answer | None:
        """Return the answer to a message without a signature, if it ended the session.

        A session whose key has become invalid is told so without the id of the message.
        Source: binance-spot-api-docs a5e0bc3d, web-socket-api.md, Session authentication.
        """
        content = _loaded(text) or {}
        if content.get("id", "") is not None or content.get("status") != _UNAUTHORIZED:
            return None
        self._logged_on = self._settled = None
        for number, (outbound, used) in self._unanswered.items():
            if outbound.logged_on is used:
                del self._unanswered[number]
                return Answer(content, outbound._replace(logged_on=None), used, is_good=False)
        return None

    @staticmethod
    def is_own(text: str | bytes) -> bool:
        """Return whether a message answers one that the caller did not send."""
        mark = _OWN if isinstance(text, str) else _OWN.encode()
        if mark not in text:  # type: ignore[operator]  # of one kind, as chosen
            return False
        content = _loaded(text)
        is_own = content is not None and str(content.get("id", "")).startswith(_OWN)
        if is_own and content is not None and content.get("status", _OK) != _OK:
            code = (content.get("error") or {}).get("code")
            _LOG.warning("A session could not be logged on with the new key: code %s.", code)
        return is_own


class Link:
    """What a connection signs with."""

    def __init__(self, session: ApiSession, rejected: Rejected) -> None:
        self.session = session
        self.rejected = rejected
        self._leave: Callable[[], None] | None = None

    def on_rotation(self, hook: Any) -> None:
        """Call a hook after each rotation from now on, if the credentials rotate."""
        subscribe = getattr(self.session.signer.credentials, "on_rotation", None)
        if subscribe is not None and self._leave is None:
            self._leave = subscribe(hook)

    async def is_repeated(
        self, answer: Answer, send: Callable[[Outbound], Awaitable[None]]
    ) -> bool:
        """Report an answer; return whether its message has been sent once more."""
        if answer.is_good:
            self.rejected.accepted(answer.used)
            return False
        if not await self.rejected.aagain(answer.content, answer.used):
            return False
        await send(answer.outbound)
        return True

    def end(self) -> None:
        """Call it no more."""
        if self._leave is not None:
            self._leave()


def json_text(message: Mapping[str, Any]) -> str:
    """Return a message as it is sent."""
    return _ENCODER.encode(message)


def _id_of(text: str) -> object:
    return json.loads(text) if text.startswith('"') else int(text)


def _parsed(text: str | bytes) -> dict[str, Any] | None:
    """Return a message of the WebSocket API; `None` for what is none."""
    message = _loaded(text)
    is_message = message is not None and isinstance(message.get("method"), str)
    return message if is_message and isinstance(message.get("params", {}), dict) else None  # type: ignore[union-attr]  # as tested


def _loaded(text: str | bytes) -> dict[str, Any] | None:
    """Return a JSON object, its numbers exact."""
    try:
        content = _DECODER.decode(text if isinstance(text, str) else text.decode())
    except ValueError:
        return None
    return content if isinstance(content, dict) else None
