"""The laws of makers of keys can be obeyed by a third party, and each defect breaks one."""

from __future__ import annotations

import importlib.metadata
from contextlib import contextmanager
from itertools import count
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from support import caught

from binance_creds import KeyType
from binance_creds.errors import (
    ConfigurationError,
    CredentialsError,
    ProviderUnavailableError,
    SecretNotFoundError,
)
from binance_creds.signers import KeyVersion
from binance_creds.signers._public_key import key_version
from binance_creds.testing import KeyMakerContract, SignerContract

NAMES = count()


class Drawer:
    """Keys in memory, by name; breaks one law at a time."""

    def __init__(self, defect: str) -> None:
        self.defect, self.loses, self.is_unsure = defect, False, False
        self.keys: dict[str, list[Ed25519PrivateKey]] = {}

    def key(self, uri) -> DrawerKey:
        uri.allow_options()
        return DrawerKey(self, uri.location)


class DrawerKey:
    is_pinned = False

    def __init__(self, drawer: Drawer, name: str) -> None:
        self.drawer, self.name = drawer, name

    def describe(self, deadline) -> KeyVersion:
        if self.name not in self.drawer.keys:
            raise SecretNotFoundError("there is no such key.")
        public = self.drawer.keys[self.name][-1].public_key()
        return key_version(public, str(len(self.drawer.keys[self.name])))

    def create(self, key_type, deadline) -> KeyVersion:
        defect, held = self.drawer.defect, self.name in self.drawer.keys
        if key_type is not KeyType.ED25519 and defect != "takes any type":
            raise ConfigurationError("it makes no such keys.")
        if self.name == "7" and defect != "takes any name":
            raise ConfigurationError("it is no name.", hint=None if defect == "mute" else "Write.")
        again = held and self.drawer.is_unsure
        if not held or defect == "replaces" or (defect == "doubles" and again):
            self.drawer.keys.setdefault(self.name, []).append(Ed25519PrivateKey.generate())
        self.drawer.is_unsure = self.drawer.loses
        if self.drawer.loses:
            raise ProviderUnavailableError("the answer was lost.")
        return self.describe(deadline)._replace(**self.lie())

    def lie(self) -> dict[str, object]:
        return {"name": "0"} if self.drawer.defect == "lies" else {}

    def sign(self, payload, version, deadline) -> bytes:
        shift = b"x" if self.drawer.defect == "signs otherwise" else b""
        return self.drawer.keys[self.name][-1].sign(payload + shift)

    def close(self) -> None:
        """Nothing is open."""


class Laws(KeyMakerContract):
    makes = frozenset({KeyType.ED25519})

    def __init__(self, drawer: Drawer) -> None:
        self.drawer = drawer

    def uri(self) -> str:
        self.drawer.keys.setdefault("held", [Ed25519PrivateKey.generate()])
        return "drawer:held"

    def missing(self) -> str:
        return "drawer:missing"

    def vacant(self) -> str:
        return f"drawer:new-{next(NAMES)}"

    def unnameable(self) -> str:
        return "drawer:7"

    @contextmanager
    def losing_answers(self):
        self.drawer.loses = True
        yield
        self.drawer.loses = False

    def how_many(self) -> int:
        return sum(map(len, self.drawer.keys.values()))


@pytest.fixture
def laws(monkeypatch):
    """Return the laws of a drawer with a defect, whose scheme is that of another package."""

    def laws(defect: str, of: type = Laws) -> Laws:
        drawer = Drawer(defect)
        point = SimpleNamespace(name="drawer", load=lambda: drawer.key)
        monkeypatch.setattr(importlib.metadata, "entry_points", lambda **_: [point])
        return of(drawer)

    return laws


def broken(laws, defect: str) -> set[str]:
    names = [name for name in vars(KeyMakerContract) if name.startswith("test_")]
    return {name for name in names if is_broken(getattr(laws(defect), name))}


def is_broken(law) -> bool:
    try:
        law()
    except (AssertionError, CredentialsError):
        return True
    return False


def test_a_maker_without_defects_obeys_every_law(laws) -> None:
    assert broken(laws, "none") == set()


@pytest.mark.parametrize(
    ("defect", "law"),
    [
        ("lies", "test_what_is_made_signs_under_its_name"),
        ("signs otherwise", "test_what_is_made_signs_under_its_name"),
        ("replaces", "test_what_is_there_is_never_replaced"),
        ("takes any type", "test_a_type_that_is_not_made_is_refused"),
        ("takes any name", "test_a_name_that_no_new_key_can_have_is_refused"),
        ("mute", "test_a_name_that_no_new_key_can_have_is_refused"),
        ("doubles", "test_a_lost_answer_doubles_nothing"),
    ],
)
def test_every_defect_breaks_its_law(laws, defect, law) -> None:
    assert law in broken(laws, defect)


def test_a_type_that_is_refused_and_made_nevertheless_is_told(laws) -> None:
    of = laws("none")
    of.vacant = of.uri
    assert isinstance(caught(of.test_a_type_that_is_not_made_is_refused), AssertionError)


def test_another_type_has_no_place(laws) -> None:
    """Of a place that makes two, and gives the one for the other."""
    of = laws("takes any type")
    of.makes = frozenset({KeyType.ED25519, KeyType.RSA})
    assert isinstance(caught(of.test_what_is_there_is_never_replaced), AssertionError)


def test_hooks_that_return_nothing_leave_their_law_out(laws) -> None:
    of = laws("takes any name")
    of.unnameable = of.losing_answers = lambda: None
    of.test_a_name_that_no_new_key_can_have_is_refused()
    of.test_a_lost_answer_doubles_nothing()


def test_a_maker_cannot_do_without_the_laws_of_makers(laws) -> None:
    class Signs(SignerContract):
        def __init__(self, drawer: Drawer) -> None:
            Laws.uri(SimpleNamespace(drawer=drawer))

        def uri(self) -> str:
            return "drawer:held"

    of = laws("none", Signs)
    assert isinstance(caught(of.test_what_can_be_made_obeys_the_laws_of_makers), AssertionError)
    laws("none").test_what_can_be_made_obeys_the_laws_of_makers()


def test_where_nothing_is_vacant_nothing_can_be_asked() -> None:
    assert isinstance(caught(KeyMakerContract().vacant), NotImplementedError)
    assert (None, None, None) == (
        KeyMakerContract().unnameable(),
        KeyMakerContract().losing_answers(),
        KeyMakerContract().how_many(),
    )
