"""`ApiSession`: one connection to the WebSocket API, as far as its credentials are concerned.

Does no I/O, so that connections that block and those that are awaited share it.
"""

from __future__ import annotations

import json
import logging
import re
import threading
from contextlib import contextmanager
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from binance_creds._enums import KeyType
from binance_creds.adapters._wire._message import LOGON, SIGNED_ALWAYS
from binance_creds.adapters._wire._sessions._messages import Answer, Outbound
from binance_creds.adapters._wire._sessions._standing import (
    Standing,
    is_nameless,
    spares_signatures,
)
from binance_creds.exchange import Security
from binance_creds.exchange._methods import security_of_method

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Self

    from binance_creds._credentials import Credentials
    from binance_creds.adapters._wire._signer import WireSigner

__all__ = ["ApiSession", "json_text"]

_LOG: Final = logging.getLogger("binance_creds.adapters")
_LOGOUT: Final = "session.logout"
_OWN: Final = "binance-creds-"  # begins the ids of messages that the caller did not send
_MOST_UNANSWERED: Final = 4096
_OK: Final = 200
_NOBODY: Final = (None, None)
# How the exchange begins each answer; reading all of a long one takes longer than signing.
_HEAD: Final = re.compile(
    r'\s*\{\s*"id"\s*:\s*("(?:[^"\\]|\\.)*"|-?[0-9]+)\s*,\s*"status"\s*:\s*([0-9]+)'
)
_NAMELESS: Final = re.compile(r'\s*\{\s*"id"\s*:\s*null\b')
_DECODER: Final = json.JSONDecoder(parse_float=Decimal)
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, default=str)


class ApiSession:
    """Know who is logged on, what is unanswered, and what has to be sent after a rotation.

    Each message that needs it gets key and signature of its own, also in a session that has logged
    on: so nothing is sent in the name of an old key. A session that the caller has logged on is
    logged on again with the new key, or out where that is not Ed25519.

    An Ed25519 key that stays outside signs the logon alone, with the first message that needs a
    signature. As soon as the exchange has accepted it, messages go without one, until another pair
    is current. One logon waits for the answer to the one before: the exchange could take them in
    another order, and the session would stay that of the old key.

    Attributes:
        wants_logon: whether the session is to be logged on.
        is_behind: whether a logon was answered for credentials that are no longer current.
    """

    def __init__(self, signer: WireSigner, url: str) -> None:
        self.signer: Final = signer
        self.url: Final = url
        self._numbers: Final = count(1)
        self._unanswered: dict[object, tuple[Outbound, Credentials]] = {}
        self.wants_logon = self.is_behind = False
        self._standing: Final = Standing()  # of keys outside; others sign each message
        self._settled: Credentials | None = None  # the session is as it should be for these
        self._is_logging_on = False  # the answer to a logon has not come yet
        self._lock: Final = threading.Lock()  # guards the two above, when two threads begin
        self._nameless: Mapping[str, Any] = {}
        self._taken: str | bytes | None = None  # a refusal without an id, of messages of ours

    def plan(self, text: str | bytes) -> list[Outbound] | None:
        """Return what to send for a message of the caller; `None`: send it as it is."""
        message = _parsed(text)
        if message is None:
            return None
        method = str(message["method"])
        security = security_of_method(method)
        is_signed = security is Security.SIGNED
        if method == LOGON or (is_signed and spares_signatures(self.signer.credentials.current)):
            self.wants_logon = True
        elif method == _LOGOUT:
            self.wants_logon, self._settled = False, None
            self._standing.granted(None)
        ours = self.renewal() if method != LOGON else []
        self._is_logging_on |= method == LOGON
        logged_on = None if method in SIGNED_ALWAYS else self._standing.logged_on
        return [*ours, Outbound(message, security, logged_on)]

    def renewal(self) -> list[Outbound]:
        """Return what brings the session to the credentials of now; nothing if it is there."""
        self.is_behind = False
        current = self.signer.credentials.current
        if not self.wants_logon or self._standing.is_held_off(current):
            return []
        can_log_on = current.key_type is KeyType.ED25519
        with self._lock:
            if self._settled is current or self._is_logging_on:
                return []
            self._settled, self._is_logging_on = current, can_log_on
        method, security = (LOGON, Security.SIGNED) if can_log_on else (_LOGOUT, Security.PUBLIC)
        own = {"id": f"{_OWN}{next(self._numbers)}", "method": method, "params": {}}
        return [Outbound(own, security)]

    def signed(self, outbound: Outbound) -> tuple[str, Credentials | None]:
        """Return the text to send, and who has signed it; blocks as `sign_message` does."""
        message, used = self.signer.sign_message(
            outbound.message, self.url, security=outbound.security, logged_on=outbound.logged_on
        )
        self._sends(outbound, used)
        return json_text(message), used

    async def asigned(self, outbound: Outbound) -> tuple[str, Credentials | None]:
        """Do what `signed` does, without blocking the event loop."""
        message, used = await self.signer.asign_message(
            outbound.message, self.url, security=outbound.security, logged_on=outbound.logged_on
        )
        self._sends(outbound, used)
        return json_text(message), used

    def _sends(self, outbound: Outbound, used: Credentials | None) -> None:
        """Note who has signed a message, before it is sent."""
        if used is None:
            return
        name = outbound.message.get("id")
        if outbound.message["method"] == LOGON:
            self._settled = used
        elif used is outbound.logged_on:
            self._standing.relies(name)
        self._unanswered[name] = (outbound, used)
        while len(self._unanswered) > _MOST_UNANSWERED:
            oldest = next(iter(self._unanswered))
            self._is_logging_on &= self._unanswered.pop(oldest)[0].message["method"] != LOGON
            self._standing.forget(oldest)

    @contextmanager
    def sending(self, outbound: Outbound) -> Iterator[Self]:
        """Sign and send a message in the block; a logon for which that fails is tried again."""
        try:
            yield self
        except BaseException:
            if outbound.message["method"] in {LOGON, _LOGOUT}:
                self._settled, self._is_logging_on = None, False
            raise

    def answered(self, text: str | bytes) -> list[Answer]:
        """Return what is answered by that of the messages that we have signed; mostly one."""
        head = _HEAD.match(text) if self._unanswered and isinstance(text, str) else None
        if head is None:
            return self._refused_namelessly(text)
        name = _id_of(head[1])
        outbound, used = self._unanswered.pop(name, _NOBODY)
        if outbound is None or used is None or not isinstance(text, str):
            return []
        is_good = head[2] == "200"
        if outbound.message["method"] == LOGON:
            self._logged_on(used, is_good=is_good)
        if is_good:
            return [Answer(text, outbound, used), *self._refused(self._standing.answered(name))]
        content = _loaded(text) or {}
        refused = self._standing.heard(content)
        is_lost = name in refused
        if is_lost:
            self._settled, outbound = None, outbound._replace(logged_on=None)
        answer = Answer(text, outbound, used, is_good=False, content=content, is_lost=is_lost)
        return [answer, *self._refused(each for each in refused if each != name)]

    def _logged_on(self, used: Credentials, *, is_good: bool) -> None:
        self._is_logging_on = False
        self.is_behind = is_good and used is not self.signer.credentials.current
        if not is_good:
            self._settled = None
        if not spares_signatures(used):
            self._standing.granted(None)
        elif is_good:
            self._standing.granted(used)
        else:
            self._standing.refused(used)

    def _refused_namelessly(self, text: str | bytes) -> list[Answer]:
        """Return what is answered by a refusal without an id; it ended the session."""
        if not isinstance(text, str) or not _NAMELESS.match(text):
            return []
        content = _loaded(text) or {}
        if not is_nameless(content) or not self._standing.is_in_use:
            return []
        self._settled, self._taken, self._nameless = None, text, content
        return self._refused(self._standing.heard(content))

    def _refused(self, names: Iterable[object]) -> list[Answer]:
        """Return answers to messages that were refused without their ids."""
        answers = []
        for name in names:
            outbound, used = self._unanswered.pop(name, _NOBODY)
            content = {**self._nameless, "id": name}
            if outbound is not None and used is not None:
                again = outbound._replace(logged_on=None)
                answers.append(
                    Answer(json_text(content), again, used, is_good=False, content=content)
                )
        return answers

    def is_own(self, text: str | bytes) -> bool:
        """Return whether a message answers one that the caller did not send, or not by its id."""
        mark = _OWN if isinstance(text, str) else _OWN.encode()
        if mark not in text:  # type: ignore[operator]  # of one kind, as chosen
            return text is self._taken
        content = _loaded(text)
        is_own = content is not None and str(content.get("id", "")).startswith(_OWN)
        if is_own and content is not None and content.get("status", _OK) != _OK:
            code = (content.get("error") or {}).get("code")
            _LOG.warning("A session could not be logged on with the new key: code %s.", code)
        return is_own


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
