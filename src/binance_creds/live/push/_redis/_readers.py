"""Read what a channel or a stream has, and notice that its server is gone."""

from __future__ import annotations

import time
from typing import Any, Final

import redis.exceptions

from binance_creds.live.push._redis._client import ANSWER_SECONDS

__all__ = ["Channel", "Stream"]

IDLE_SECONDS: Final = 30.0  # without a word on a channel, after which the server is asked for one
_ENTRIES: Final = 100  # of a stream, in one answer
_INSTANT_SECONDS: Final = 0.01  # the client takes 0 for "no time to read the rest of a message"


class Channel:
    """Subscribe to a channel, and go on listening between two reads."""

    def __init__(self, client: Any, name: str) -> None:
        self._pubsub = client.pubsub()
        self._name = name
        self._heard_at = 0.0
        self._asked_at: float | None = None

    def read(self, seconds: float) -> list[Any]:
        """Return the messages that come within a time, if any.

        Raises:
            redis.exceptions.RedisError: also where the server has been silent for too long.
        """
        if not self._pubsub.subscribed:
            self._subscribe()
        heard = [self._pubsub.get_message(timeout=max(seconds, _INSTANT_SECONDS))]
        while heard[-1] is not None and len(heard) < _ENTRIES:
            heard.append(self._pubsub.get_message(timeout=_INSTANT_SECONDS))
        self._check(is_alive=heard[0] is not None)
        return [one["data"] for one in heard if one is not None and one["type"] == "message"]

    def drop(self) -> None:
        """Disconnect; the next read subscribes again."""
        self._pubsub.reset()

    def _subscribe(self) -> None:
        self._pubsub.subscribe(self._name)
        if self._pubsub.get_message(timeout=ANSWER_SECONDS) is None:
            raise redis.exceptions.TimeoutError
        self._check(is_alive=True)

    def _check(self, *, is_alive: bool) -> None:
        """Ask a silent server for a word: a channel does not tell a dead peer from a quiet one."""
        now = time.monotonic()
        if is_alive:
            self._heard_at, self._asked_at = now, None
        elif self._asked_at is not None:
            if now - self._asked_at > ANSWER_SECONDS:
                raise redis.exceptions.TimeoutError
        elif now - self._heard_at > IDLE_SECONDS:
            self._pubsub.ping()
            self._asked_at = now


class Stream:
    """Read a stream from its end at the first read on, without a gap."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._name = name
        self._last_id: bytes | None = None  # outlives a connection

    def read(self, seconds: float) -> list[Any]:
        """Return the entries that come within a time, if any.

        Raises:
            redis.exceptions.RedisError: as the client does.
        """
        if self._last_id is None:  # "$" would be another end at each read
            newest = self._client.xrevrange(self._name, count=1)
            self._last_id = newest[0][0] if newest else b"0-0"
        milliseconds = max(1, int(seconds * 1_000))  # 0 would be for ever
        answer = self._client.xread({self._name: self._last_id}, count=_ENTRIES, block=milliseconds)
        entries = [entry for _, entries in answer or () for entry in entries]
        if entries:
            self._last_id = entries[-1][0]
        return [fields for _, fields in entries]

    def drop(self) -> None:
        """Disconnect; the next read goes on behind the last entry."""
        self._client.close()
