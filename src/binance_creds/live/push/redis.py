"""`redis://HOST:PORT/DB`: what a fleet announces to itself through a Redis channel or stream.

A channel reaches who listens at that moment; a stream also those who were away for a while. Neither
carries a value: a message with anything but `scheme`, `name` and `version` is dropped.
"""

from typing import TYPE_CHECKING

from binance_creds._extras import face_of

if TYPE_CHECKING:
    from binance_creds.live.push._redis import RedisAnnouncements, announce

__all__ = ["RedisAnnouncements", "announce"]

__getattr__, __dir__ = face_of(__name__, __all__, extra="redis")
