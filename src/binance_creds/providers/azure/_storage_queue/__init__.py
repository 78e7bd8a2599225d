"""The code behind `storage_queue`; it needs the SDK.

* `_announcements`: the push source; `_name` reads its source, `_queue` asks the service, `_message`
  reads what it says, `_errors` knows what may go wrong.
"""

from binance_creds.providers.azure._storage_queue._announcements import EventGridAnnouncements

__all__ = ["EventGridAnnouncements"]
