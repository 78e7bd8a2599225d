"""The code behind `sqs`; it needs the SDK.

* `_queue`: the push source; `_message` reads what it says, `_errors` knows what may go wrong.
"""

from binance_creds.providers.aws._sqs._queue import SqsAnnouncements

__all__ = ["SqsAnnouncements"]
