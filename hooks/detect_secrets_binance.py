"""Binance for detect-secrets 1.5: `-p hooks/detect_secrets_binance.py`.

Its default filter `is_indirect_reference` drops `Client("KEY", "SECRET")`: turn it off, as
`hooks/detect-secrets.yaml` does.
"""  # noqa: INP001  # loaded by its path

from __future__ import annotations

import re
from collections import Counter
from math import log2
from typing import TYPE_CHECKING

from detect_secrets.plugins.base import RegexBasedDetector

if TYPE_CHECKING:
    from collections.abc import Iterator

LEAST_DIGITS, LEAST_DISTINCT, LEAST_ENTROPY = 3, 28, 4.6


class BinanceKeyDetector(RegexBasedDetector):
    """Find 64 letters and digits that look like an API key or secret of Binance."""

    secret_type = "Binance API key or secret"  # noqa: S105  # the name of the detector
    denylist = (re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9]{64}(?![A-Za-z0-9+/_-])"),)

    def analyze_string(self, string: str) -> Iterator[str]:
        """Leave out what is not random enough."""
        for value in super().analyze_string(string):
            counts = Counter(value)
            entropy = sum(many / 64 * log2(64 / many) for many in counts.values())
            digits = sum(map(str.isdigit, value))
            is_mixed = value != value.lower() and value != value.upper()
            is_random = len(counts) >= LEAST_DISTINCT and entropy >= LEAST_ENTROPY
            if is_mixed and is_random and digits >= LEAST_DIGITS:
                yield value
