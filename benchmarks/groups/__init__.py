"""A module for each group; it has `TITLE`, `ABOUT` and `comparisons`, and stands in `NAMES`."""

from typing import Final

NAMES: Final = (
    "start_up", "warm_read", "signing", "remote_signers", "cold_fetch", "outage", "rotation", "scale",
)  # fmt: skip
