"""A module for each group; it has `TITLE`, `ABOUT` and `comparisons`, and stands in `NAMES`."""

from typing import Final

NAMES: Final = ("start_up", "warm_read", "signing", "cold_fetch", "outage", "rotation", "scale")
