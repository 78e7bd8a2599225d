"""What the attributes of a Pub/Sub message say: a notification of GCP Secret Manager."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from binance_creds.providers._announcements import Announcement

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["announcement_of"]

_SECRET: Final = re.compile(
    r"projects/[^/]{1,100}(?:/locations/[^/]{1,63})?/secrets/([A-Za-z0-9_-]{1,255})"
)
_VERSION: Final = re.compile(r"/versions/([1-9][0-9]{0,18})")
# Source: cloud.google.com, "Set up notifications on a secret". SECRET_ROTATE only reminds.
_NAMING_A_VERSION: Final = frozenset({"SECRET_VERSION_ADD", "SECRET_VERSION_ENABLE"})
_NAMING_NONE: Final = frozenset(
    {"SECRET_VERSION_DISABLE", "SECRET_VERSION_DESTROY", "SECRET_UPDATE", "SECRET_DELETE"}
)


def announcement_of(attributes: Mapping[str, str]) -> Announcement | None:
    """Return what a message says, or `None` if it says nothing of a secret."""
    event = attributes.get("eventType")
    secret = _SECRET.fullmatch(attributes.get("secretId", ""))
    if secret is None or event not in _NAMING_A_VERSION | _NAMING_NONE:
        return None
    version = None
    if event in _NAMING_A_VERSION:
        named = attributes.get("versionId", "")
        version = _VERSION.fullmatch(named.removeprefix(secret[0]))
    return Announcement("gcp-sm", secret[1], version[1] if version else None)
