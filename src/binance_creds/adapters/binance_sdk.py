"""The official modular SDK: `Spot` and its siblings, with keys that rotate while they run.

    from binance_sdk_spot import Spot

    spot = binance_sdk.client(Spot, load_credentials(live=True))
    spot.rest_api.get_account()

Works for every package over `binance-common` 3.7 to 4.7, such as `binance-sdk-spot` and
`binance-sdk-derivatives-trading-usds-futures`. Requests and WebSocket messages are signed where
they leave. WebSocket sessions log on again, and user data streams move to a new connection without
a gap.
"""

from typing import TYPE_CHECKING

from binance_creds._extras import face_of

if TYPE_CHECKING:
    from binance_creds.adapters._binance_sdk import attach, client

__all__ = ["attach", "client"]

__getattr__, __dir__ = face_of(__name__, __all__, extra="binance-sdk")
