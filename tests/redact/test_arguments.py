"""A handler of any make gets no secret, also where its name is in the message."""

from __future__ import annotations

import logging
from types import SimpleNamespace

import pytest

SIGNATURE = "a1" * 32  # which was never loaded


class Bare(logging.Handler):
    """Does everything itself."""

    def __init__(self) -> None:
        super().__init__()
        self.records, self.texts = [], []

    def handle(self, record) -> None:
        self.records.append(record)
        try:
            self.texts.append(record.getMessage())
        except (TypeError, ValueError):
            self.texts.append(f"{record.msg} {record.args}")


@pytest.fixture
def bare(install):
    install()
    handler, logger = Bare(), logging.Logger("bare")  # noqa: LOG001  # others add handlers to one that is found by name
    logger.addHandler(handler)
    return SimpleNamespace(log=logger, texts=handler.texts, records=handler.records)


def test_a_handler_with_a_way_of_its_own_gets_it_redacted(canary, bare) -> None:
    bare.log.info("%s", canary.message, extra={"headers": canary.headers})
    assert "[redacted]" in bare.texts[0]
    assert not canary.is_in(f"{bare.texts} {vars(bare.records[0])}")


def test_so_it_does_through_another_wrapper(canary, bare, monkeypatch) -> None:
    """As Sentry puts one around it."""
    inner = logging.Logger.callHandlers
    monkeypatch.setattr(logging.Logger, "callHandlers", lambda *given: inner(*given))
    bare.log.info("%s", canary.message)
    assert not canary.is_in(bare.texts[0])


@pytest.mark.parametrize(
    ("message", "args", "text"),
    [
        ("signature=%s", (SIGNATURE,), "signature=[redacted]"),
        ("X-MBX-APIKEY: %s", (SIGNATURE,), "X-MBX-APIKEY: [redacted]"),
        ("%s=%s&a=%d", ("signature", SIGNATURE, 5), "signature=[redacted]&a=5"),
        ("'api_key': %r, 'n': %s", (SIGNATURE, 7), "'api_key': '[redacted]', 'n': 7"),
        ("100%% of %(a)s secret=%(b)s", ({"a": 1, "b": SIGNATURE},), "100% of 1 secret=[redacted]"),
        ("signature=%s%s", (SIGNATURE[:32], SIGNATURE[32:]), "signature=[redacted][redacted]"),
        ("passphrase=%d", (123456,), "passphrase=0"),
        ("%*d signature=%s", (4, 7, SIGNATURE), "0 signature=[redacted]"),
        ("signature=" + "%s" * 8, ("a1b2c3d4",) * 8, "signature=" + "[redacted]" * 8),
        ("signature=" + SIGNATURE + " %s", ("x",), "signature=[redacted] x"),
        ("%s=" + SIGNATURE, ("signature",), "signature=[redacted]"),
    ],
)  # fmt: skip
def test_a_value_is_hidden_by_its_name_in_the_message(bare, message, args, text) -> None:
    bare.log.info(message, *args)
    assert text == bare.texts[0]


def test_the_arguments_keep_their_shape(bare) -> None:
    bare.log.info("%s signature=%s %d", "a", SIGNATURE, 1)
    bare.log.info("%(n)d %(signature)s", {"signature": SIGNATURE, "n": 1})
    assert ("a", "[redacted]", 1) == bare.records[0].args
    assert {"signature": "[redacted]", "n": 1} == bare.records[1].args


def test_what_cannot_be_formatted_has_no_value_either(bare) -> None:
    """Those who handle the error show message and arguments."""
    bare.log.info("signature=%d", SIGNATURE)
    bare.log.info("a=%d", "kept")
    assert ["signature=%d ('[redacted]',)", "a=%d ('kept',)"] == bare.texts


def test_twice_is_once(bare) -> None:
    """A record passes several handlers."""
    bare.log.info("passphrase=%s", "abcdefgh")
    bare.log.handle(bare.records[0])
    assert ["passphrase=[redacted]"] * 2 == bare.texts
