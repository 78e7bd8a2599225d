"""A check with an exchange that a test scripts; it answers as `ExchangeCheck` does."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from types import SimpleNamespace

from binance_creds.errors import ProviderUnavailableError, VerificationError
from binance_creds.exchange import Findings, Market

CREATED = datetime(2026, 11, 1, tzinfo=UTC)


class ScriptedCheck:
    """Give the findings, or raise the error, that stands; for all pairs or for one key."""

    when_unreachable = "use"

    def __init__(self, *, rotation_days: int | None = None, **found) -> None:
        self.policy = rotation_days and SimpleNamespace(rotation_days=rotation_days)
        self.found = found
        self.error: Exception | None = None
        self.errors: dict[str, Exception] = {}
        self.asked: list[str] = []
        self.examined = 0
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, credentials, deadline=None) -> Findings:
        return self._answer(credentials)

    def examine(self, credentials, deadline=None) -> Findings:
        self.examined += 1
        return self._answer(credentials)

    def notes(self, findings) -> tuple[str, ...]:
        return ("the key has no list of addresses.",) if self.policy else ()

    def _answer(self, credentials) -> Findings:
        key = credentials.api_key.reveal()
        self.asked.append(key)
        assert self.gate.wait(60)
        error = self.errors.get(key, self.error)
        if error is not None:
            raise error
        said = {"created_at": CREATED, "trading_ends_at": None, **self.found}
        return Findings(
            market=Market.SPOT,
            environment=credentials.environment,
            permissions=None,
            is_ip_restricted=None,
            clock_offset_seconds=None,
            key_type=credentials.key_type,
            **said,
        )


def refused(message: str = "the key may withdraw, which the policy forbids.") -> VerificationError:
    return VerificationError(message, reason="policy", source="held:a")


def undecided() -> VerificationError:
    return VerificationError("the exchange says -2015.", reason="unknown_key", is_certain=False)


def silent(message: str = "the exchange answered with HTML (502).") -> ProviderUnavailableError:
    return ProviderUnavailableError(message)
