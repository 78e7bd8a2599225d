"""What the arguments of a load may be."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from binance_creds._credentials import Verifier
from binance_creds._uri import SourceURI

__all__ = ["Config", "Source", "Verify"]

Source = str | SourceURI | Sequence[str | SourceURI]
"""One source, or several that are tried in order."""
Config = str | os.PathLike[str] | Mapping[str, object]
"""The path of a configuration file, or its content."""
Verify = bool | Verifier | None
"""Whether the exchange is asked about a pair, or what tries it; `None` is what the profile says."""
