"""What an endpoint is: a function of a call, and what a request must prove to reach it."""

from __future__ import annotations

import json
import re
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from binance_creds.testing.exchange._errors import ExchangeError, illegal, mandatory

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from binance_creds.testing.exchange._keys import RegisteredKey

    Routes = dict[tuple[str, str], "Route"]

__all__ = ["Call", "Route", "Security"]

_WHOLE: Final = re.compile(r"^[0-9]{1,20}$")


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

    def number(self, name: str, default: int) -> int:
        """Return a whole number.

        Raises:
            ExchangeError: -1100 it is none.
        """
        text = self.params.get(name)
        if text is None:
            return default
        if not _WHOLE.fullmatch(text):
            raise illegal(name, _WHOLE.pattern)
        return int(text)

    def listed(self, name: str) -> list[object]:
        """Return a JSON array; an empty one if the parameter was not sent.

        Raises:
            ExchangeError: -1135 it is none.
        """
        try:
            found = json.loads(self.params.get(name, "[]"))
        except ValueError:
            found = None
        if not isinstance(found, list):
            raise ExchangeError(400, -1135, f"JSON sent for parameter '{name}' is not valid")
        return found


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
