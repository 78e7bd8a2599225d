"""The code behind `redis`; it needs the SDK.

* `_announcements`, `_publish`: who listens, and who tells; `_readers`: of a channel, of a stream.
* `_client`: the connection; `_errors`: what may go wrong; `_message`: what is said.
"""

from binance_creds.live.push._redis._announcements import RedisAnnouncements
from binance_creds.live.push._redis._publish import announce

__all__ = ["RedisAnnouncements", "announce"]
