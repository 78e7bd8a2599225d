"""Rotate a key: step by step, with the old pair at hand, by what running bots report."""

from binance_creds.rotation._events import (
    Event,
    Failed,
    Progress,
    Question,
    StepDone,
    StepStarted,
    Waiting,
)
from binance_creds.rotation._keygen import NewKey, finish_keygen, keygen, keygen_outside
from binance_creds.rotation._report import BotReport
from binance_creds.rotation._reports import Usage, reports_of, usage_of
from binance_creds.rotation._rotation import Rotation
from binance_creds.rotation._setting import SubAccount
from binance_creds.rotation._siblings import kept, staged
from binance_creds.rotation._state import Step

__all__ = [
    "BotReport",
    "Event",
    "Failed",
    "NewKey",
    "Progress",
    "Question",
    "Rotation",
    "Step",
    "StepDone",
    "StepStarted",
    "SubAccount",
    "Usage",
    "Waiting",
    "finish_keygen",
    "kept",
    "keygen",
    "keygen_outside",
    "reports_of",
    "staged",
    "usage_of",
]
