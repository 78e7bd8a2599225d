"""Somebody who rotates the key of a `.env`, with a local exchange and a clock of their own."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from binance_creds import KeyType, Secret, load_credentials
from binance_creds.exchange import ExchangeCheck
from binance_creds.rotation import Question, Rotation
from binance_creds.signers._fingerprint import fingerprint_of
from binance_creds.storing import put


def secrets(key) -> dict[str, Secret]:
    return {field: Secret(text) for field, text in key.fields().items()}


def name(key) -> str:
    return fingerprint_of(Secret(key.api_key))


class Owner:
    """Somebody who rotates the key of a `.env`.

    Args:
        source: its.
        exchange: the local one.
        folder: of the journals.
    """

    def __init__(self, source, exchange, folder) -> None:
        self.source, self.exchange, self.folder = source, exchange, folder
        self.now = datetime(2026, 11, 26, 12, tzinfo=UTC)
        self.said: list = []
        self.no: set[Question] = set()
        self.old, self.new = exchange.issue(), exchange.issue(KeyType.ED25519)
        put(source, secrets(self.old))

    def rotation(self, policy=None, **options) -> Rotation:
        check = ExchangeCheck(policy, base_url=self.exchange.url)
        return Rotation(
            self.source,
            **{
                "verify": check,
                "ask": lambda question, _: question not in self.no,
                "on_event": self.said.append,
                "folder": self.folder,
                "now": lambda: self.now,
            }
            | options,
        )

    def begin(self, **options):
        return self.rotation(**options).run(secrets(self.new))

    def steps(self) -> list[str]:
        return [event.step for event in self.said if type(event).__name__ == "StepDone"]

    @property
    def holds(self) -> str:
        return load_credentials(self.source, fresh=True).fingerprint

    def left(self) -> set[str]:
        """Return what the file holds besides the source."""
        with open(self.source.removeprefix("dotenv:")) as file:
            return set(re.findall(r"NEXT|PREVIOUS", file.read()))
