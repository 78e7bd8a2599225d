"""Where every request is answered: checks, endpoint, record."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from binance_creds._enums import Environment
from binance_creds.testing.exchange._checks import check_key, check_signature, check_timing
from binance_creds.testing.exchange._endpoints import Endpoints
from binance_creds.testing.exchange._endpoints._routes import Call, Security
from binance_creds.testing.exchange._errors import REFUSED, ExchangeError, refused
from binance_creds.testing.exchange._faults import Faults
from binance_creds.testing.exchange._keys import TRADING_PERMISSIONS, KeyRing
from binance_creds.testing.exchange._record import RecordedRequest, Recorder, is_order

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds.testing.exchange._endpoints._routes import Route
    from binance_creds.testing.exchange._incoming import Incoming
    from binance_creds.testing.exchange._keys import RegisteredKey

__all__ = ["Desk"]

_DERIVATIVES: Final = ("/fapi", "/dapi", "/eapi", "/papi")
_DISCONNECTED: Final = -1001  # errors.md; what the record has where there was no answer


class Desk(Recorder, Faults):
    """Answer requests, whatever they came over, and record them. Threads may share it."""

    def __init__(self, environment: Environment, clock_offset_ms: int) -> None:
        super().__init__()
        self.environment = environment
        self.clock_offset_ms = clock_offset_ms
        self.keys: Final = KeyRing(environment)
        self._endpoints: Final = Endpoints(self.keys)

    def now_ms(self) -> int:
        """Return what its clock shows: Unix time in milliseconds."""
        return int(time.time() * 1000) + self.clock_offset_ms

    def fill(self, order_id: int) -> None:
        """Fill an open order at its limit, as if somebody had met it; its streams hear of it.

        Raises:
            KeyError: there is no such order.
        """
        self._endpoints.book.fill(order_id, self.now_ms())

    def answer(self, incoming: Incoming) -> object:
        """Return the answer to a request, and record it.

        Raises:
            ExchangeError: it is refused.
        """
        return self._recorded_as(incoming, self._dispatch)

    def _answer_as(self, incoming: Incoming, act: Callable[[RegisteredKey], object]) -> object:
        return self._recorded_as(incoming, lambda i, signed_by: act(self._signed(i, signed_by)))

    def _answer_openly(self, incoming: Incoming, act: Callable[[], object]) -> object:
        return self._recorded_as(incoming, lambda *_: act())

    def _recorded_as(
        self, incoming: Incoming, dispatch: Callable[[Incoming, str | None], object]
    ) -> object:
        signed_by = self.keys.signer_of(incoming.payload, incoming.signature, incoming.api_key)
        code, is_done = _DISCONNECTED, False
        try:
            self._meet_fault(incoming)
            answer = dispatch(incoming, signed_by)
            code, is_done = 0, True
            self._meet_fault(incoming, is_after=True)
        except ExchangeError as error:
            code = error.code
            is_done = is_done or (error.data or {}).get("newOrderResult") == "SUCCESS"
            raise
        finally:
            self._record(self._summary(incoming, signed_by, code, is_done=is_done))
        return answer

    def _dispatch(self, incoming: Incoming, signed_by: str | None) -> object:
        if incoming.fault is not None:
            raise incoming.fault
        route = self._endpoints.routes.get((incoming.method, incoming.path))
        is_missing = incoming.path.startswith("/sapi") and self.environment is Environment.TESTNET
        if route is None or is_missing:
            raise ExchangeError(404, -1000, "Path not found.")
        try:
            key = self._proven(incoming, route, signed_by)
        except ExchangeError as error:
            raise _as_family(error, incoming) from None
        return route.answer(Call(incoming.params, self.now_ms(), key))

    def _proven(
        self, incoming: Incoming, route: Route, signed_by: str | None
    ) -> RegisteredKey | None:
        if route.security is Security.PUBLIC:
            _check_allowed(incoming, route)
            return None
        if route.security is Security.KEY:
            key = check_key(incoming, self.keys, self.environment)
        else:
            key = self._signed(incoming, signed_by)
            if incoming.session is not None:
                check_timing(incoming.params, self.now_ms())
        if route.permission and not self._allows(key, route.permission):
            raise refused()
        return key

    def _allows(self, key: RegisteredKey, permission: str) -> bool:
        """Return whether a key may do what it asks for now: its right to trade may have ended."""
        ends = key.trading_ends_at
        has_ended = ends is not None and ends.timestamp() * 1000 <= self.now_ms()
        return key.permissions[permission] and not (has_ended and permission in TRADING_PERMISSIONS)

    def _signed(self, incoming: Incoming, signed_by: str | None) -> RegisteredKey:
        key = check_key(incoming, self.keys, self.environment)
        if incoming.session is None:
            check_timing(incoming.params, self.now_ms())
            check_signature(incoming, signed_by)
        return key

    def _summary(
        self, incoming: Incoming, signed_by: str | None, code: int, *, is_done: bool
    ) -> RecordedRequest:
        key = self.keys.find(incoming.api_key or "")
        return RecordedRequest(
            incoming.method,
            incoming.path,
            incoming.api_key,
            code,
            signed_by=signed_by,
            params={k: v for k, v in incoming.params.items() if k != "signature"},
            account=key.account if key else None,
            transport=incoming.transport,
            time_ms=self.now_ms(),
            is_placed=is_done and is_order(incoming.method, incoming.path),
        )


def _check_allowed(incoming: Incoming, route: Route) -> None:
    if incoming.params.keys() - set(route.allowed):
        message = (
            f"Too many parameters; expected '{len(route.allowed)}' "
            f"and received '{len(incoming.params)}'."
        )
        raise ExchangeError(400, -1101, message)


def _as_family(error: ExchangeError, incoming: Incoming) -> ExchangeError:
    """Return the refusal of a key as its family words it.

    `/sapi` has status 400; derivatives say which address the request came from.
    """
    if error.status == 401 and incoming.path.startswith("/sapi"):  # noqa: PLR2004  # an HTTP status
        return ExchangeError(400, error.code, error.message)
    if error.code == REFUSED and incoming.path.startswith(_DERIVATIVES):
        message = error.message.removesuffix(".")
        return ExchangeError(error.status, error.code, f"{message}, request ip: {incoming.address}")
    return error
