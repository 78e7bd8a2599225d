"""An answer with one member of another type, or without it: never absence, never a bare exception."""

from __future__ import annotations

import copy
import json
from datetime import datetime

import pytest
from fault_proxy import answer
from support import pair, token
from waiting import PATIENCE

from binance_creds import SourceURI, load_credentials
from binance_creds.errors import (
    CredentialsError,
    MalformedSecretError,
    ProviderUnavailableError,
    SecretDisabledError,
)
from binance_creds.providers import Deadline
from binance_creds.providers._registry import provider_for
from binance_creds.providers.remote._retries import with_retries

SHAPES = {
    "null": None,
    "text": "x",
    "number": 7,
    "a surrogate": "\ud800",
    "list": [None],
    "absent": ...,
}
# No label at all is what Secrets Manager tells of a secret that was never written.
ABSENCE = ("VersionIdsToStages", "SecretVersionsToStages")
ALLOWED = (MalformedSecretError, ProviderUnavailableError, SecretDisabledError)


def places(document: object, at: tuple = ()):
    """Yield the way to each member, but for what is in a list."""
    for name, value in document.items() if isinstance(document, dict) else ():
        yield (*at, name)
        yield from places(value, (*at, name))


def spoilt(document: dict, at: tuple, shape: object) -> bytes:
    whole = inner = copy.deepcopy(document)
    for name in at[:-1]:
        inner = inner[name]
    inner[at[-1]] = shape
    if shape is ...:
        del inner[at[-1]]
    return json.dumps(whole).encode()


def of(handler) -> str:
    return handler.path.partition("?")[0] + handler.headers.get("X-Amz-Target", "")


@pytest.fixture
def known(shop, machine) -> str:
    """The name of a secret; nothing is waited for between attempts."""
    machine.setitem(with_retries.__kwdefaults__, "sleep", lambda _: None)
    name = f"bot-{token()[:12]}"
    shop.put(name, pair())
    return name


def load(shop, name):
    return load_credentials(shop.source(name), fresh=True, timeout_seconds=PATIENCE)


def refresh(shop, name):
    """As a live handle does that knows a version which is no longer the current one."""
    return provider_for(SourceURI.parse(shop.source(name))).fetch(
        Deadline(PATIENCE), known_version="before"
    )


def recorded(shop, ask, name) -> list[tuple[str, dict]]:
    """Return what each request of a call is answered."""
    answers = {}

    def note(handler, code, head, body) -> None:
        if body.startswith(b"{") and code == 200:
            answers.setdefault(of(handler), json.loads(body))
        answer(handler, code, head, body)

    with shop.proxy.failing(note):
        ask(shop, name)
    return list(answers.items())


def outcome(shop, ask, name, path, body) -> object:
    def spoil(handler, code, head, original) -> None:
        is_meant = of(handler) == path and code == 200
        answer(handler, code, head, body if is_meant else original)

    with shop.proxy.failing(spoil):
        try:
            return ask(shop, name)
        except CredentialsError as error:
            return error


@pytest.mark.parametrize("ask", [load, refresh])
def test_a_member_of_another_type(shop, known, ask) -> None:
    right = ask(shop, known)
    for path, document in recorded(shop, ask, known):
        for at in places(document):
            if at[0] in ABSENCE:
                continue
            for shape, value in SHAPES.items():
                said = outcome(shop, ask, known, path, spoilt(document, at, value))
                if isinstance(said, CredentialsError):
                    assert isinstance(said, ALLOWED), (at, shape, said)
                    continue
                assert said.version.isascii()
                assert isinstance(said.created_at, datetime | None)
                assert len(said.version) <= len(right.version)
