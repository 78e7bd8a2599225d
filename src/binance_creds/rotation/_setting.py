"""What a rotation was told, and the three places that it works on."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from binance_creds.errors import CredentialsError
from binance_creds.rotation._keygen import the_one
from binance_creds.rotation._places import Place, fingerprint_in
from binance_creds.rotation._reports import reports_of
from binance_creds.rotation._siblings import kept, staged
from binance_creds.rotation._state import Seen
from binance_creds.storing._target import plan_of

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime

    from binance_creds import Config
    from binance_creds._api._types import Verify
    from binance_creds._plan import Plan
    from binance_creds._uri import SourceURI
    from binance_creds.exchange import SubAccountKeys
    from binance_creds.rotation._events import Question
    from binance_creds.rotation._report import BotReport

__all__ = ["Places", "Setting", "SubAccount", "planned"]


class SubAccount(NamedTuple):
    """The sub-account whose keys the exchange makes and deletes.

    Attributes:
        keys: what makes and deletes them.
        name: of the new key in the exchange's lists.
        permissions: as for `SubAccountKeys.create`.
        ip_list: as for `SubAccountKeys.create`.
    """

    keys: SubAccountKeys
    name: str
    permissions: Collection[str]
    ip_list: Collection[str] = ()


class Setting(NamedTuple):
    """The arguments of a `Rotation`, and the plan that follows from them."""

    target: str | SourceURI
    plan: Plan
    config: Config | None
    verify: Verify
    timeout_seconds: float | None
    ask: Callable[[Question, str], bool] | None
    reports: Sequence[str | os.PathLike[str]]
    sub_account: SubAccount | None
    now: Callable[[], datetime]
    patience_seconds: float = 0.0

    def reported(self) -> tuple[BotReport, ...]:
        """Return what the bots report, by the folder of the profile where none is named."""
        own = () if self.plan.terms.status_dir is None else (self.plan.terms.status_dir,)
        return reports_of(self.reports or own)


class Places:
    """The source, where the next pair waits, and where the previous one is kept.

    Raises:
        CredentialsError: the target is none that can be rotated.
    """

    def __init__(self, plan: Plan, timeout_seconds: float | None) -> None:
        uri = the_one(plan)
        self.target = Place(plan, uri, timeout_seconds)
        self.staged = Place(plan, staged(uri), timeout_seconds)
        self.kept = Place(plan, kept(uri), timeout_seconds)

    def look(self) -> Seen:
        """Return which keys they hold.

        Raises:
            CredentialsError: the store failed.
        """
        waiting = self.staged.read()
        name = fingerprint_in(waiting)
        return Seen(
            current=fingerprint_in(self.target.read()),
            staged=name,
            is_half_staged=waiting is not None and name is None,
            kept=fingerprint_in(self.kept.read()),
        )


def planned(target: str | SourceURI, config: Config | None) -> Plan:
    """Return the plan of a target.

    Raises:
        ConfigurationError: there is none.
    """
    plan = plan_of(target, config)
    if isinstance(plan, CredentialsError):
        del target, config  # a key may have been pasted where these belong
        raise plan
    return plan
