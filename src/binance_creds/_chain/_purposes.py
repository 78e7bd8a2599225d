"""One key per purpose: warn of a key that two profiles load."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from binance_creds._warnings import warn_once

if TYPE_CHECKING:
    from binance_creds._credentials import Credentials

__all__ = ["warn_if_shared"]

# Fingerprints, which are safe to show; as many as there are profiles. Each write is one step, so
# that threads need no lock.
_KEY_OF: Final[dict[str, str]] = {}  # a profile's key of now
_FIRST_OF: Final[dict[str, str]] = {}  # the profile that was the first to load a key


def warn_if_shared(profile: str, credentials: Credentials) -> None:
    """Warn, once for each two profiles, if another profile has loaded the same API key.

    Args:
        profile: that loads the credentials.
        credentials: as they were read.
    """
    key, former = credentials.fingerprint, _KEY_OF.get(profile)
    if key == former:
        return
    if former is not None and _FIRST_OF.get(former) == profile:
        _FIRST_OF.pop(former, None)
    _KEY_OF[profile] = key
    first = _FIRST_OF.setdefault(key, profile)
    if first != profile:
        one, other = sorted((first, profile))
        warn_once(
            f"the profiles {one!r} and {other!r} load the same API key. Create a key for each"
            " purpose: then each has only the rights that it needs, and can be replaced alone."
        )
