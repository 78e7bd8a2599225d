"""Live credentials: always the newest good pair, without a restart.

Made by `load_credentials(..., live=True)`; what stands here is what they give and take.
"""

from binance_creds.live._handle import LiveCredentials
from binance_creds.live._hold import Hold
from binance_creds.live._values import Action, Decision, Event, Rotation, Status
from binance_creds.live.decide._messages import Kind, State
from binance_creds.providers._announcements import Announcement, ChangeSource

__all__ = [
    "Action",
    "Announcement",
    "ChangeSource",
    "Decision",
    "Event",
    "Hold",
    "Kind",
    "LiveCredentials",
    "Rotation",
    "State",
    "Status",
]
