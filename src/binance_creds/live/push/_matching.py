"""Whether an announcement is about a source."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from binance_creds._uri import SourceURI
    from binance_creds.providers._announcements import Announcement

__all__ = ["is_about"]


def is_about(announcement: Announcement, uri: SourceURI) -> bool:
    """Return whether an announcement may be about a source; in doubt it is."""
    schemes = {"openbao": "vault"}
    scheme = schemes.get(uri.scheme, uri.scheme)
    if (
        announcement.scheme is not None
        and schemes.get(announcement.scheme, announcement.scheme) != scheme
    ):
        return False
    if announcement.name is None:
        return True
    if scheme == "azure-kv":  # names of Key Vault know no case
        return announcement.name.casefold() == uri.location.rpartition("/")[2].casefold()
    return announcement.name in _names_of(uri, scheme)


def _names_of(uri: SourceURI, scheme: str) -> tuple[str, ...]:
    """Return what the secret's own name may be, as `Announcement.name` has it."""
    location = uri.location
    if scheme == "aws-sm" and location.startswith("arn:"):
        # With AWS's suffix, a dash and six characters, or without it and of a name that ends so.
        name = location.split(":", 6)[-1]
        head, _, tail = name.rpartition("-")
        return (name, head) if len(tail) == 6 and tail.isalnum() else (name,)  # noqa: PLR2004  # as above
    if scheme == "gcp-sm":
        parts = location.split("/")
        return (parts[parts.index("secrets") + 1] if "secrets" in parts[:-1] else parts[-1],)
    return (location.strip("/"),)
