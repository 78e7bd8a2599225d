"""`ErrorTable`: the one look-up from what an SDK raises, or a store answers, to our errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from binance_creds.errors import CredentialsError, ProviderUnavailableError
from binance_creds.providers.remote._error_row import (
    CERTIFICATE_FILE,
    DOWN,
    FOREIGN,
    HTTPS_ONLY,
    PROXY_LOGIN,
    SILENT,
    THROTTLED,
    UNKNOWN,
    ErrorRow,
)
from binance_creds.providers.remote._way_rows import OF_THE_WAY, WHY_SILENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["ErrorTable", "chain_of"]

_PROXY_WANTS_LOGIN: Final = 407
_TOO_MANY: Final = 429
_FAULT: Final = 500
_PORTAL: Final = 511  # RFC 6585, section 6: whoever grants access to the network asks for a login
# What SDKs raise when they parse an answer of another server.
_NOT_UNDERSTOOD: Final = (
    AttributeError, LookupError, OverflowError, RecursionError, TypeError, ValueError,
)  # fmt: skip
_NO_FILE: Final = (FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError)


class ErrorTable:
    """What goes wrong with one store, and which of our errors that is.

    A fault has signs: the classes of an error, or the codes and the status of an answer. The rows
    of the first sign that has any are taken in order; the first whose `says` occurs in what was
    said wins. What every store has (certificates, proxies, answers of others) needs no row.

    Args:
        rows: by sign; one, or several in order.
        store: its name in messages.
        address: what names the place of the store, such as "`endpoint_url`"; none on this machine.
        ca: what names a private CA.
        certificate: what names a client certificate, if the store takes one.
    """

    def __init__(
        self,
        rows: Mapping[object, ErrorRow | tuple[ErrorRow, ...]],
        *,
        store: str,
        address: str = "",
        ca: str = "",
        certificate: str | None = None,
    ) -> None:
        self.rows = {
            sign: (row,) if isinstance(row, ErrorRow) else row for sign, row in rows.items()
        }
        self._words = {
            "{store}": store,
            "{address}": address,
            "{ca}": ca,
            "{certificate}": certificate or "an address that asks for none",
            "{files}": f"{ca} and {certificate}" if certificate else ca,
        }

    def row(self, signs: Iterable[object], said: str, *, is_own: bool = True) -> ErrorRow | None:
        """Return the row of a fault, `None` if there is none.

        Args:
            signs: the most telling first.
            said: by the store or the SDK.
            is_own: whether the store itself said it; else only rows with `says` count.
        """
        of_signs = (row for sign in signs for row in self.rows.get(sign, ()))
        return next((row for row in of_signs if (row.says or is_own) and row.says in said), None)

    def with_first(self, rows: Mapping[object, tuple[ErrorRow, ...]]) -> ErrorTable:
        """Return a table of the same store, in which these rows come before its own."""
        first = {sign: (*of_sign, *self.rows.get(sign, ())) for sign, of_sign in rows.items()}
        table = ErrorTable({**self.rows, **first}, store="")
        table._words = self._words
        return table

    def answered(
        self,
        signs: Iterable[object],
        said: str,
        *,
        status: int | None,
        is_own: bool,
        retry_after_seconds: float | None = None,
    ) -> CredentialsError:
        """Return the error of an answer that is a refusal.

        Args:
            signs: codes, status or classes; the most telling first.
            said: the message of the answer, or its body.
            status: of HTTP, if there was one.
            is_own: whether it is in the form that the store's answers have.
            retry_after_seconds: what the answer asks for.
        """
        row = self.row(signs, said, is_own=is_own) or _row_of_any(status or 0, said, is_own=is_own)
        return self.error(row, status=status, retry_after_seconds=retry_after_seconds)

    def raised(self, error: BaseException) -> CredentialsError:
        """Return the error of what an SDK raised without an answer of the store."""
        if isinstance(error, CredentialsError):
            return error.again()
        chain = list(chain_of(error))
        said = " ".join(map(str, chain))
        row = next((row for row in OF_THE_WAY if row.says in said), None)
        if row is None and any(isinstance(link, _NO_FILE) for link in chain[1:]):
            row = CERTIFICATE_FILE
        row = row or self.row(type(error).__mro__, said)
        if row is None or row.message == SILENT.message:
            row = next((why for why in WHY_SILENT if why.says in said), row)
        if row is None and isinstance(error, _NOT_UNDERSTOOD):
            row = FOREIGN
        if row is None:
            return ProviderUnavailableError(f"the request failed ({type(error).__name__}).")
        return self.error(row)

    def error(
        self,
        row: ErrorRow,
        *,
        hint: str | None = None,
        status: int | None = None,
        retry_after_seconds: float | None = None,
    ) -> CredentialsError:
        """Return the error of a row in the words of this store."""
        words = {**self._words, "{status}": f" (HTTP {status})" if status else ""}
        message, help_ = row.message, hint or row.hint
        for word, meaning in words.items():
            message = message.replace(word, meaning)
            help_ = help_ and help_.replace(word, meaning)
        worded = row._replace(message=message, hint=help_)
        return worded.error(retry_after_seconds=retry_after_seconds)


def chain_of(error: BaseException) -> Iterator[BaseException]:
    """Give an error and what is below it, as SDKs of all stores wrap it."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = getattr(link, "inner_exception", None) or link.__cause__ or link.__context__


def _row_of_any(status: int, said: str, *, is_own: bool) -> ErrorRow:
    """Return the row of an answer for which the store has none."""
    for row in HTTPS_ONLY:
        if row.says in said:
            return row
    if status == _PROXY_WANTS_LOGIN:
        return PROXY_LOGIN
    if status == _TOO_MANY:
        return THROTTLED
    if status >= _FAULT and status != _PORTAL:
        return DOWN
    return UNKNOWN if is_own else FOREIGN
