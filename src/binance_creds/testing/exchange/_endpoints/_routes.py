"""What an endpoint is: a function of a call, and what a request must prove to reach it."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple, cast

from binance_creds.testing.exchange._errors import mandatory

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from binance_creds.testing.exchange._keys import RegisteredKey

    Routes = dict[tuple[str, str], "Route"]

__all__ = ["Call", "Route", "Security"]


class Security(Enum):
    """What a request must prove."""

    PUBLIC = auto()
    KEY = auto()
    SIGNED = auto()


class Call(NamedTuple):
    """A request that has proven what it must.

    Attributes:
        params: decoded.
        now_ms: what the exchange's clock shows.
        key: whose request it is; `None` at public endpoints.
    """

    params: Mapping[str, str]
    now_ms: int
    key: RegisteredKey | None = None

    @property
    def caller(self) -> RegisteredKey:
        """The key; a public endpoint has none, and does not ask."""
        return cast("RegisteredKey", self.key)

    @property
    def account(self) -> str:
        """The owner of the key."""
        return self.caller.account

    def need(self, name: str) -> str:
        """Return a parameter.

        Raises:
            ExchangeError: -1102 missing or empty.
        """
        if not self.params.get(name):
            raise mandatory(name)
        return self.params[name]


class Route(NamedTuple):
    """An endpoint, and who may call it.

    Attributes:
        answer: returns what is sent as JSON.
        security: what a request must prove.
        permission: what its key must be allowed, under the name of `apiRestrictions`.
        allowed: the parameters of a public endpoint; more are refused.
    """

    answer: Callable[[Call], object]
    security: Security = Security.SIGNED
    permission: str | None = "enableReading"
    allowed: tuple[str, ...] = ()
