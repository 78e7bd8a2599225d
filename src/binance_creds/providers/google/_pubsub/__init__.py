"""The code behind `pubsub`; it needs the SDK.

* `_listener`: the push source; `_subscription` says which one, `_message` what it says.
"""

from binance_creds.providers.google._pubsub._listener import PubSubAnnouncements

__all__ = ["PubSubAnnouncements"]
