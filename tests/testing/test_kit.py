"""The kit's own parts: a leak check that finds leaks, a script that is played, a contract that bites."""

from __future__ import annotations

import dataclasses
import logging
import sys
import threading
import warnings

import pytest
from support import caught, token
from waiting import PATIENCE

from binance_creds import Secret, SourceURI
from binance_creds.errors import (
    AccessDeniedError,
    ClosedError,
    MalformedSecretError,
    ProviderUnavailableError,
    SecretNotFoundError,
)
from binance_creds.providers import Deadline, RawSecret, Unchanged
from binance_creds.testing import (
    FakeClock,
    ProviderContract,
    ScriptedProvider,
    assert_no_leak,
    watch_for_leaks,
)

CANARY = token()


class Leaky:
    def __init__(self, **channels) -> None:
        self.__dict__.update(channels)


class ByRepr:
    def __repr__(self) -> str:
        return CANARY


class ByPrefix:
    def __repr__(self) -> str:
        return f"<{CANARY[:12]}...>"


class BySlot:
    __slots__ = ("_hidden",)

    def __init__(self) -> None:
        self._hidden = CANARY


class ByProperty:
    @property
    def value(self) -> str:
        return CANARY


class ByIteration:
    def __iter__(self):
        return iter([CANARY])


class ByFormat:
    def __format__(self, spec: str) -> str:
        return CANARY


class ByPickle:
    def __reduce__(self):
        return str, (CANARY,)


@dataclasses.dataclass
class ByDataclass:
    value: str = dataclasses.field(default=CANARY, repr=False)


def error_with(*, cause=None, note=None, args=()) -> BaseException:
    error = ValueError(*args)
    error.__cause__ = cause
    if note:
        error.add_note(note)
    return error


def in_this_package() -> BaseException:
    """Raise from a frame that counts as ours and has the canary in a local."""
    code = "def fail(value):\n    raise ValueError\n"
    namespace = {"__name__": "binance_creds.made_up"}
    exec(code, namespace)
    return caught(namespace["fail"], {"deep": [CANARY]})


@pytest.mark.parametrize(
    "thing",
    [
        CANARY, CANARY[::-1], CANARY.encode().hex(), ByRepr(), ByPrefix(), BySlot(), ByProperty(), ByIteration(), ByFormat(),
        ByPickle(), ByDataclass(), Leaky(value=CANARY), {"a": [CANARY]}, error_with(args=(CANARY,)), error_with(note=CANARY),
        error_with(cause=ValueError(CANARY)), in_this_package(),
    ],
    ids=lambda thing: type(thing).__name__,
)  # fmt: skip
def test_the_check_finds_a_leak_through(thing) -> None:
    """Each single channel; the message does not repeat the canary."""
    error = caught(assert_no_leak, CANARY, thing)
    assert isinstance(error, AssertionError)
    assert CANARY not in str(error)


@pytest.mark.parametrize("encode", ["base64", "sha256", "md5", "url"])
def test_the_check_knows_encodings_and_hashes(encode) -> None:
    """At any alignment within a longer text."""
    import base64
    import hashlib
    from urllib.parse import quote

    canary = CANARY[:40] + "+/é="
    texts = {
        "base64": [
            base64.b64encode(b"user:" + b"x" * n + canary.encode() + b"tail").decode()
            for n in range(3)
        ],
        "sha256": [hashlib.sha256(canary.encode()).hexdigest()],
        "md5": [hashlib.md5(canary.encode()).hexdigest()[:16]],
        "url": [quote(canary[38:], safe="") + quote(canary, safe="")],
    }
    for text in texts[encode]:
        assert isinstance(caught(assert_no_leak, canary, text), AssertionError)


def test_the_check_passes_what_shows_nothing() -> None:
    """A secret, an error about it, and things that refuse."""
    assert_no_leak(
        CANARY, Secret(CANARY), {"a": Secret(CANARY)}, ValueError("no"), object(), 5, "text"
    )
    assert isinstance(caught(assert_no_leak, "short"), ValueError)


@pytest.mark.parametrize(
    "leak",
    [
        lambda: print(CANARY),
        lambda: print(CANARY, file=sys.stderr),
        lambda: logging.getLogger("any").debug("%s", CANARY),
        lambda: warnings.warn(CANARY, stacklevel=1),
    ],
    ids=["stdout", "stderr", "logging", "warning"],
)
def test_the_watch_finds_what_is_written(leak) -> None:
    """And lets everything else pass."""

    def watched(action) -> None:
        with watch_for_leaks(CANARY):
            action()

    assert isinstance(caught(watched, leak), AssertionError)
    assert watched(lambda: print("fine")) is None


def test_a_script_is_played_in_order_and_its_end_repeats() -> None:
    """Versions are counted; a known one is unchanged; errors are raised."""
    clock = FakeClock()
    script = [{"api_key": "a"}, AccessDeniedError("no"), 5, {"api_key": Secret("b")}]
    provider = ScriptedProvider(script, sleep=clock.sleep)
    deadline = Deadline(100, clock=clock)
    first = provider.fetch(deadline)
    assert isinstance(first, RawSecret)
    assert (first.version, first.fields["api_key"].reveal()) == ("1", "a")
    assert isinstance(caught(provider.fetch, deadline), AccessDeniedError)
    before = clock()
    assert provider.fetch(deadline).version == "2"
    assert clock() - before == 5
    assert provider.fetch(deadline, known_version="2") == Unchanged("2")
    assert provider.fetch_count == 4
    provider.close()
    provider.close()
    assert provider.is_closed
    assert isinstance(caught(provider.fetch, deadline), ClosedError)


def test_a_scripted_delay_ends_with_the_deadline() -> None:
    """As a hanging store would."""
    clock = FakeClock()
    provider = ScriptedProvider([3600.0, {"api_key": "a"}], sleep=clock.sleep)
    deadline = Deadline(10, clock=clock)
    assert isinstance(caught(provider.fetch, deadline), ProviderUnavailableError)
    assert deadline.is_over


@pytest.mark.parametrize("script", [[], [1.0]])
def test_a_script_must_end_in_an_answer(script) -> None:
    """Otherwise it would hang for ever."""
    assert isinstance(caught(ScriptedProvider, script, sleep=lambda _: None), ValueError)


STORE: dict[str, str] = {}


class Broken:
    """A provider that breaks one law at a time."""

    def __init__(self, uri: SourceURI, defect: str) -> None:
        if defect != "options":
            uri.allow_options()
        self.uri, self.defect, self.closed = uri, defect, False
        if defect == "shows":
            self.seen = dict(STORE)

    def fetch(self, deadline, *, known_version=None):
        if self.defect == "prints":
            print(STORE)
        if self.uri.location == "missing" and self.defect != "accepts":
            raise (ProviderUnavailableError if self.defect == "missing" else SecretNotFoundError)(
                "none", source="broken:missing"
            )
        if self.uri.location == "denied":
            raise (SecretNotFoundError if self.defect == "denied" else AccessDeniedError)(
                "no", source="broken:denied"
            )
        if self.uri.location == "bad":
            raise (
                SecretNotFoundError("x", source="broken:x") if self.defect == "malformed"
                else MalformedSecretError("x", reason="x", source="broken:x")
            )  # fmt: skip
        version = "same" if self.defect == "version" else str(hash(tuple(STORE.items())))
        if self.defect == "lies" and known_version:
            version = "another"
        if known_version == version:
            return Unchanged(version)
        fields = {
            ("key" if self.defect == "names" else name): Secret(text)
            for name, text in STORE.items()
        }
        return RawSecret(
            fields, origin="x" if self.defect == "origin" else "broken:bot", version=version
        )

    def close(self) -> None:
        if self.closed and self.defect == "closing":
            raise RuntimeError
        self.closed = True


def contract(defect: str) -> ProviderContract:
    class Of(ProviderContract):
        def open(self, uri):
            return Broken(uri, defect)

        def write(self, fields):
            STORE.clear()
            STORE.update(fields)
            return "broken:bot"

        def missing(self):
            return "broken:missing"

        def malformed(self):
            return "broken:bad"

        def denied(self):
            return "broken:denied"

    return Of()


def laws(of: ProviderContract) -> dict[str, BaseException | None]:
    outcome: dict[str, BaseException | None] = {}
    for name in dir(of):
        if name.startswith("test_"):
            try:
                getattr(of, name)()
                outcome[name] = None
            except (AssertionError, RuntimeError) as error:
                outcome[name] = error
    return outcome


def test_a_provider_without_defects_obeys_every_law() -> None:
    """The contract can be passed."""
    assert set(laws(contract("none")).values()) == {None}


@pytest.mark.parametrize(
    "defect",
    [
        "options",
        "missing",
        "denied",
        "malformed",
        "version",
        "lies",
        "names",
        "origin",
        "closing",
        "prints",
        "shows",
        "accepts",
    ],
)
def test_every_defect_breaks_a_law(defect) -> None:
    """The contract can be failed."""
    assert any(laws(contract(defect)).values())


def test_the_contract_says_what_is_missing() -> None:
    """Three hooks are needed, two are optional."""
    bare = ProviderContract()
    for hook in (lambda: bare.open(SourceURI("x", "y")), lambda: bare.write({}), bare.missing):
        assert isinstance(caught(hook), NotImplementedError)
    assert (bare.malformed(), bare.denied()) == (None, None)


def test_optional_laws_are_left_out() -> None:
    """A store that cannot deny says None."""
    of = contract("none")
    of.malformed = of.denied = lambda: None  # type: ignore[method-assign]
    assert set(laws(of).values()) == {None}


def test_a_scripted_provider_may_be_shared_by_threads() -> None:
    """Each fetch is counted once."""
    provider = ScriptedProvider([{"api_key": "a"}], sleep=lambda _: None)
    threads = [
        threading.Thread(target=provider.fetch, args=(Deadline(PATIENCE),)) for _ in range(50)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert provider.fetch_count == 50
