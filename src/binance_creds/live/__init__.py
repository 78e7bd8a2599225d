"""Live credentials: always the newest good pair, without a restart.

Made by `load_credentials(..., live=True)`; what stands here is what they give and take.
"""

from binance_creds.live._change_source import Announcement, ChangeSource
from binance_creds.live._hold import Hold
from binance_creds.live._live import LiveCredentials
from binance_creds.live._outcomes import Kind, State
from binance_creds.live._values import Action, Decision, Event, Rotation, Status

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
