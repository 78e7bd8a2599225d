"""The refusals of the local exchange.

Source: binance-spot-api-docs a5e0bc3d, errors.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["REFUSED", "Dropped", "ExchangeError", "OtherAnswer", "illegal", "mandatory", "refused"]

REFUSED: Final = -2015


class ExchangeError(Exception):
    """An answer of the exchange that is not 200."""

    def __init__(
        self,
        status: int,
        code: int,
        message: str,
        *,
        retry_after: int = 0,
        data: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after
        self.data = data

    def told(self) -> dict[str, object]:
        """Return what is sent as JSON."""
        plain: dict[str, object] = {"code": self.code, "msg": self.message}
        return plain | {"data": self.data} if self.data else plain


class Dropped(Exception):  # noqa: N818  # no error: it is not answered at all
    """The connection ends without an answer."""


class OtherAnswer(Exception):  # noqa: N818  # it may be a good answer
    """Something else is sent, such as the page of a firewall."""

    def __init__(self, status: int, body: bytes, content_type: str) -> None:
        super().__init__(f"status {status}")
        self.status, self.body, self.content_type = status, body, content_type


def illegal(name: str, legal: str) -> ExchangeError:
    """Return the refusal of a parameter that is not of its form."""
    message = f"Illegal characters found in parameter '{name}'; legal range is '{legal}'."
    return ExchangeError(400, -1100, message)


def mandatory(name: str) -> ExchangeError:
    """Return the refusal of a request without a mandatory parameter."""
    message = f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."
    return ExchangeError(400, -1102, message)


def refused() -> ExchangeError:
    """Return the ambiguous refusal: key deleted, address not listed, or permission missing."""
    return ExchangeError(401, REFUSED, "Invalid API-key, IP, or permissions for action.")
