"""Read messages of a Storage Queue: events of Key Vault that Event Grid forwards."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Final

from binance_creds.providers._announcements import Announcement

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["announcements_of"]

_NAME: Final = re.compile(r"[0-9a-zA-Z-]{1,127}")
_VERSION: Final = re.compile(r"[0-9a-zA-Z]{1,64}")
# Source: learn.microsoft.com, "Azure Key Vault as Event Grid source". True: of the version that is
# current now; the others are of one that is about to end, or has ended.
_EVENTS: Final = {
    "Microsoft.KeyVault.SecretNewVersionCreated": True,
    "Microsoft.KeyVault.SecretNearExpiry": False,
    "Microsoft.KeyVault.SecretExpired": False,
}
_LONGEST: Final = 100_000  # characters; a message has at most 64 KiB


def announcements_of(content: object) -> Iterator[Announcement]:
    """Yield the announcements in a message; none if it is not an event of a secret."""
    document = _document(content)
    for event in document if isinstance(document, list) else [document]:
        announcement = _announcement(event)
        if announcement is not None:
            yield announcement


def _document(content: object) -> object:
    """Return the JSON of a message, which Event Grid writes plain or in Base64."""
    if not isinstance(content, str) or len(content) > _LONGEST:
        return None
    try:
        if content.lstrip().startswith(("{", "[")):
            return json.loads(content)
        return json.loads(base64.b64decode(content, validate=True))
    except (ValueError, RecursionError):
        return None


def _announcement(event: object) -> Announcement | None:
    """Read an event in Event Grid's own form or that of CloudEvents 1.0."""
    if not isinstance(event, dict) or not isinstance(event.get("data"), dict):
        return None
    kind = event.get("type", event.get("eventType"))
    if not isinstance(kind, str) or kind not in _EVENTS:
        return None
    # Documented as ObjectName; older samples of Microsoft's have objectName.
    data = {str(name).lower(): value for name, value in event["data"].items()}
    name, version = data.get("objectname"), data.get("version")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return None
    if not _EVENTS[kind] or not isinstance(version, str) or not _VERSION.fullmatch(version):
        return Announcement("azure-kv", name)
    return Announcement("azure-kv", name, version)
