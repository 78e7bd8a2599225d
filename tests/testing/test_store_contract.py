"""The laws of stores can be obeyed, and each defect breaks one."""

from __future__ import annotations

import threading

import pytest
from support import caught

from binance_creds._raw import RawSecret
from binance_creds.errors import ConflictError, SecretNotFoundError
from binance_creds.testing import StoreContract
from binance_creds.testing import _store_contract as laws

LOCK = threading.Lock()


class Shelf:
    """A store in memory that breaks one law at a time."""

    def __init__(self, uri, defect: str, shelf: dict) -> None:
        uri.allow_options()
        self.uri, self.defect, self.shelf = uri, defect, shelf
        self.shown: list[object] = []

    def fetch(self, deadline, *, known_version=None):
        versions = self.shelf.get(self.uri.location)
        if not versions:
            raise SecretNotFoundError("none", source="shelf:x")
        return RawSecret(versions[-1], origin="shelf:x", version=self.version())

    def fetch_previous(self, deadline):
        place = -1 if self.defect == "previous" else -2
        return RawSecret(self.shelf[self.uri.location][place], origin="shelf:x")

    def version(self) -> str | None:
        versions = self.shelf.get(self.uri.location)
        return str(len(versions)) if versions else None

    def store(self, fields, deadline, *, expected_version=None):
        if self.defect == "prints":
            print({name: secret.reveal() for name, secret in fields.items()})
        if self.defect == "shows":
            self.shown.append([secret.reveal() for secret in fields.values()])
        with LOCK:
            is_first = self.version() is None and self.defect == "creates"
            if self.defect != "overwrites" and expected_version != self.version() and not is_first:
                raise ConflictError("changed", source="shelf:x")
            versions = self.shelf.setdefault(self.uri.location, [])
            before = versions[-1] if versions and self.defect == "keeps" else {}
            versions.append({**before, **self.told(fields)})
            return "1" if self.defect == "version" else self.version()

    def erase(self, deadline, *, expected_version) -> None:
        if expected_version != self.version() and self.defect != "erases":
            raise ConflictError("changed", source="shelf:x")
        versions = self.shelf.get(self.uri.location)
        if versions:
            del versions[-1 if self.defect == "leaves" else 0 :]

    def check_store(self, deadline) -> None:
        if self.defect == "proves":
            self.shelf.setdefault(self.uri.location, []).append({})

    def told(self, fields):
        if self.defect != "strips":
            return fields
        return {name: type(secret)(secret.reveal().strip()) for name, secret in fields.items()}

    def close(self) -> None:
        pass


def contract(defect: str) -> StoreContract:
    from binance_creds import Secret

    class Of(StoreContract):
        def __init__(self) -> None:
            self.shelf: dict = {}

        def open(self, uri):
            return Shelf(uri, defect, self.shelf)

        def write(self, fields):
            versions = self.shelf.setdefault("bot", [])
            versions.append({name: Secret(text) for name, text in fields.items()})
            return "shelf:bot"

        def missing(self):
            return "shelf:missing"

    return Of()


def broken(defect: str) -> set[str]:
    """Return the laws of stores that are broken; each begins with an empty shelf."""
    names = [name for name in vars(StoreContract) if name.startswith("test_")]
    return {
        name
        for name in names
        if isinstance(outcome(getattr(contract(defect), name)), AssertionError)
    }


def outcome(law) -> BaseException | None:
    try:
        law()
    except (AssertionError, ConflictError) as error:
        return error
    return None


def test_a_store_without_defects_obeys_every_law() -> None:
    assert broken("none") == set()


@pytest.mark.parametrize(
    ("defect", "law"),
    [
        ("overwrites", "test_what_was_not_read_is_not_replaced"),
        ("overwrites", "test_of_writers_at_one_moment_one_wins"),
        ("overwrites", "test_storing_shows_nothing"),
        ("creates", "test_a_version_of_nothing_is_refused"),
        ("keeps", "test_what_is_there_is_replaced"),
        ("version", "test_what_is_there_is_replaced"),
        ("strips", "test_a_private_key_is_stored_unchanged"),
        ("prints", "test_storing_shows_nothing"),
        ("shows", "test_storing_shows_nothing"),
        ("erases", "test_what_is_erased_is_absent"),
        ("leaves", "test_what_is_erased_is_absent"),
        ("proves", "test_a_check_of_the_store_changes_nothing"),
        ("previous", "test_the_version_before_can_be_read"),
    ],
)
def test_every_defect_breaks_its_law(defect, law) -> None:
    assert law in broken(defect)


def test_what_is_no_store_is_told() -> None:
    of = contract("none")
    of.open = lambda uri: type("Reader", (), {"close": lambda _: None})()
    assert isinstance(caught(of.test_what_is_stored_is_read), AssertionError)


def test_a_store_that_compares_before_it_writes_is_not_asked_at_one_moment() -> None:
    of = contract("overwrites")
    of.is_atomic = False
    of.test_of_writers_at_one_moment_one_wins()


def test_what_a_store_cannot_do_is_not_asked() -> None:
    """Laws of what a provider cannot do are none."""
    of = contract("none")
    reader = type("Reader", (), {"close": lambda _: None})
    of.open = lambda uri: reader()
    of.test_the_version_before_can_be_read()
    of.test_what_is_erased_is_absent()
    of.test_a_check_of_the_store_changes_nothing()
    assert laws.__all__ == ["StoreContract"]
