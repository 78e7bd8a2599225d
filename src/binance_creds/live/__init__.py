"""Live credentials: always the newest good pair, without a restart.

Made by `load_credentials(..., live=True)`; what stands here is what they give and take.
"""

from binance_creds._late import late
from binance_creds._typing import TYPE_CHECKING
from binance_creds.live._handle import LiveCredentials
from binance_creds.live._hold import Hold
from binance_creds.live.decide._messages import Kind, State

if TYPE_CHECKING:
    from binance_creds.live._values import Action, Decision, Event, Proof, Rotation, Status
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
    "Proof",
    "Rotation",
    "State",
    "Status",
]

_VALUES = "binance_creds.live._values"
_ANNOUNCEMENTS = "binance_creds.providers._announcements"
__getattr__, __dir__ = late(
    __name__,
    {
        "Action": _VALUES,
        "Announcement": _ANNOUNCEMENTS,
        "ChangeSource": _ANNOUNCEMENTS,
        "Decision": _VALUES,
        "Event": _VALUES,
        "Proof": _VALUES,
        "Rotation": _VALUES,
        "Status": _VALUES,
    },
)
