"""What is asked of a plan, and what is remembered of the answer."""

from __future__ import annotations

from binance_creds._typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from binance_creds._credentials import Credentials
    from binance_creds._uri import SourceURI
    from binance_creds.providers._protocols import Provider
    from binance_creds.signers._outside import OutsideSigner

__all__ = ["Asked", "Loaded", "Seen"]


class Seen(NamedTuple):
    """What was read last, so that reading it again can be spared.

    Attributes:
        candidate: its position in the plan.
        version: as the source named it; `None` if it has none, or to read all of it again.
        created_at: when that version was written, if the store tells.
        signer: what signs with the key, if that stays outside; it may have a newer version, though
            the source has none.
    """

    candidate: int
    version: str | None
    created_at: datetime | None = None
    signer: OutsideSigner | None = None


class Loaded(NamedTuple):
    """Credentials, and what to remember of their source."""

    credentials: Credentials
    seen: Seen


class Asked(NamedTuple):
    """How a plan is read again.

    Attributes:
        seen: what the caller holds.
        announced: the version that is said to be current now.
        with_new_login: whether logins of before are forgotten; what was denied, or absent from the
            source that was seen, is then believed.
        opened: providers to use again, by source, left open; `None` opens and closes its own.
    """

    seen: Seen | None = None
    announced: str | None = None
    with_new_login: bool = False
    opened: dict[SourceURI, Provider] | None = None
