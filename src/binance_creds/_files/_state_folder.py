"""Where this library keeps what it remembers of its own."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["state_folder"]


def state_folder(environ: Mapping[str, str]) -> str:
    """Return the folder, which may not exist yet.

    Source: XDG Base Directory Specification 0.8, `XDG_STATE_HOME`.

    Raises:
        ConfigurationError: no absolute path is known.
    """
    name = "LOCALAPPDATA" if sys.platform == "win32" else "XDG_STATE_HOME"
    homes = (environ.get(name, ""), os.path.join(environ.get("HOME", ""), ".local", "state"))
    for home in homes:
        if os.path.isabs(home):
            return os.path.join(home, "binance-creds")
    msg = "there is no folder for the state of this library."
    raise ConfigurationError(msg, hint=f"Set {name} to an absolute path.")
