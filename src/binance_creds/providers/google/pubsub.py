"""`pubsub://PROJECT/SUBSCRIPTION`: notifications of GCP Secret Manager, on google-cloud-pubsub.

Messages are pulled: the service holds the request until there is one. Only their attributes are
read, and every one that was pulled is acknowledged, whatever it is. The channel is open from the
first wait to `close`, or to the first error; a forked child opens its own.
"""

from typing import TYPE_CHECKING

from binance_creds._extras import face_of

if TYPE_CHECKING:
    from binance_creds.providers.google._pubsub import PubSubAnnouncements

__all__ = ["PubSubAnnouncements"]

__getattr__, __dir__ = face_of(__name__, __all__, extra="pubsub")
