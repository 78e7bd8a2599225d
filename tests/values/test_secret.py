"""`Secret` has one way out."""

from __future__ import annotations

import copy
import dataclasses
import enum
import io
import json
import logging
import pickle
import pprint
import traceback
import warnings

import attrs
import loguru
import pydantic
import pytest
import rich.console
import rich.traceback
import structlog
import yaml
from support import caught, token

from binance_creds import Secret
from binance_creds.errors import CredentialsWarning, MalformedSecretError
from binance_creds.testing import assert_no_leak, watch_for_leaks

CANARY = token()


def test_reveal_gives_the_text_of_str_bytes_and_bytearray() -> None:
    """UTF-8 is decoded; a bytearray is copied and left alone."""
    buffer = bytearray(b"caf\xc3\xa9")
    assert [Secret("x").reveal(), Secret(b"y").reveal(), Secret(buffer).reveal()] == [
        "x",
        "y",
        "café",
    ]
    assert buffer == bytearray(b"caf\xc3\xa9")


def test_every_channel_shows_a_constant_or_refuses() -> None:
    """The mask does not follow the length."""
    assert_no_leak(CANARY, Secret(CANARY))
    assert {str(Secret("a")), str(Secret("a" * 100)), f"{Secret('b'):>40}", "%s" % Secret("c")} == {
        "**********"
    }
    assert repr(Secret("a")) == repr(Secret("b" * 99)) == "Secret('**********')"


USES = {
    "len": len, "iter": iter, "list": list, "bytes": bytes, "index": lambda s: s[0], "slice": lambda s: s[:8],
    "in": lambda s: "a" in s, "less": lambda s: s < s, "more": lambda s: s >= "a", "add": lambda s: s + "a",
    "radd": lambda s: CANARY + s, "times": lambda s: s * 2, "rtimes": lambda s: 2 * s, "percent": lambda s: s % CANARY,
    "encode": lambda s: s.encode(), "find": lambda s: s.find(CANARY), "startswith": lambda s: s.startswith("a"),
    "decode": lambda s: s.decode(),
}  # fmt: skip


@pytest.mark.parametrize("use", USES.values(), ids=USES.keys())
def test_what_text_can_do_is_refused_with_what_to_do_instead(use) -> None:
    """A client that was given a secret for text; the other operand is not shown either."""
    error = caught(use, Secret(CANARY))
    assert isinstance(error, TypeError | AttributeError)
    for word in ("reveal()", "binance_creds.adapters", "fingerprint"):
        assert word in str(error)
    assert_no_leak(CANARY, error)


@pytest.mark.parametrize(
    "use",
    [
        json.dumps,
        pickle.dumps,
        lambda s: s.__getstate__(),
        lambda s: s.__reduce__(),
        vars,
    ],
)
def test_what_could_show_it_is_refused(use) -> None:
    """With a TypeError that shows nothing either."""
    error = caught(use, Secret(CANARY))
    assert type(error) is TypeError
    assert_no_leak(CANARY, error)


def test_probes_find_no_text() -> None:
    """It is true, and has nothing that text has."""
    assert bool(Secret("")) is True
    assert [hasattr(Secret("a"), name) for name in ("encode", "__html__", "missing")] == [False] * 3
    assert "reveal" not in str(caught(getattr, Secret("a"), "missing"))


def test_it_cannot_be_changed_or_subclassed_by_assignment() -> None:
    """It is a value."""
    secret = Secret(CANARY)
    for change in (lambda: setattr(secret, "_text", "x"), lambda: delattr(secret, "_text")):
        assert type(caught(change)) is AttributeError


def test_copies_are_the_secret_itself() -> None:
    """No second copy of the text is made."""
    secret = Secret(CANARY)
    assert secret is copy.copy(secret) is copy.deepcopy(secret) is copy.deepcopy([secret])[0]


def test_equality_needs_another_secret_and_hashes_tell_nothing() -> None:
    """Every hash is the same."""
    assert Secret("é") == Secret("é")
    assert Secret("a") != Secret("b")
    assert Secret("a") != 1
    assert hash(Secret("a")) == hash(Secret("b"))


@pytest.mark.parametrize(
    "text", [CANARY, CANARY.encode(), bytearray(CANARY.encode())], ids=["text", "bytes", "other"]
)
def test_a_comparison_with_text_warns_and_is_false(text) -> None:
    """The warning shows neither, and points at the comparison."""
    with warnings.catch_warnings(record=True) as caught_warnings:
        warnings.simplefilter("always")
        assert not Secret(CANARY) == text
        assert Secret(CANARY) not in [text, text]
        assert text != Secret(CANARY)
    assert [CredentialsWarning] * 4 == [warning.category for warning in caught_warnings]
    assert {__file__} == {warning.filename for warning in caught_warnings}
    assert_no_leak(CANARY, *(str(warning.message) for warning in caught_warnings))


@pytest.mark.parametrize(
    "value",
    [
        b"\xff" + CANARY.encode(),
        bytearray(CANARY.encode("utf-16")),
        CANARY + "\ud800",
        "\udfff" + CANARY,
        (CANARY.encode() + b"\xff").decode("utf-8", "surrogateescape"),
    ],
    ids=["latin1", "utf16", "surrogate", "low surrogate", "escaped byte"],
)
def test_what_is_not_utf8_is_refused_without_a_trace(value) -> None:
    """The error of decoding or encoding would carry it."""
    error = caught(Secret, value)
    assert isinstance(error, MalformedSecretError)
    assert error.reason == "not_utf8"
    assert error.__context__ is None
    assert_no_leak(CANARY, error)


def test_an_enumeration_gives_its_value() -> None:
    """Its `str()` would be the name of its member."""
    kind = enum.Enum("Kind", {"A": CANARY}, type=str)
    assert Secret(kind.A) == Secret(CANARY)


def test_another_type_is_refused_without_a_trace() -> None:
    """Digits that a YAML file gave as a number, for example."""
    error = caught(Secret, [CANARY])
    assert type(error) is TypeError
    assert "list" in str(error)
    assert_no_leak(CANARY, error)


class Model(pydantic.BaseModel):
    secret: Secret
    other: int = 0


@dataclasses.dataclass(frozen=True)
class Data:
    secret: Secret


@attrs.frozen
class Attrs:
    secret: Secret


def test_a_pydantic_model_takes_it_and_never_dumps_it() -> None:
    """Text and secrets are taken; JSON gets the mask, Python the secret itself."""
    model = Model(secret=CANARY)
    assert model == Model(secret=Secret(CANARY))
    assert model.model_dump()["secret"] is model.secret
    assert json.loads(model.model_dump_json()) == {"secret": "**********", "other": 0}
    assert Model.model_json_schema()["properties"]["secret"]["format"] == "password"
    assert_no_leak(CANARY, model, model.model_dump(), model.model_copy(deep=True))


def test_no_validation_error_of_pydantic_shows_it() -> None:
    """Given as a secret; another field's error shows the whole input."""
    error = caught(Model, secret=Secret(CANARY), other="x")
    assert isinstance(error, pydantic.ValidationError)
    assert_no_leak(CANARY, error, error.errors(), error.json())


@pytest.mark.parametrize("wrong", [[CANARY], CANARY.encode() + b"\xff"], ids=["list", "bytes"])
def test_a_field_of_the_wrong_kind_is_refused_and_not_shown(wrong) -> None:
    """pydantic reports the mask in place of the input, and the field."""
    error = caught(Model, secret=wrong)
    assert isinstance(error, pydantic.ValidationError)
    (found,) = error.errors()
    assert (("secret",), "**********") == (found["loc"], found["input"])
    assert_no_leak(CANARY, error, error.errors(), error.json())


def test_dataclasses_and_attrs_keep_it_masked() -> None:
    """In repr, dicts, hashes and comparisons."""
    values = Data(Secret(CANARY)), Attrs(Secret(CANARY))
    assert hash(values[0]) == hash(Data(Secret("other")))
    assert_no_leak(CANARY, *values, dataclasses.asdict(values[0]), attrs.asdict(values[1]))


def test_other_libraries_show_the_mask() -> None:
    """rich, structlog, loguru with diagnosis, YAML, pprint, tracebacks with locals."""
    secret = Secret(CANARY)
    out = io.StringIO()
    console = rich.console.Console(file=out, force_terminal=False)
    console.print(secret, {"a": secret})
    sink = loguru.logger.add(out, diagnose=True, backtrace=True)
    try:
        secret.missing
    except AttributeError as error:
        loguru.logger.exception("failed with {}", secret)
        console.print(
            rich.traceback.Traceback.from_exception(
                type(error), error, error.__traceback__, show_locals=True
            )
        )
        out.write(
            "".join(
                traceback.TracebackException.from_exception(error, capture_locals=True).format()
            )
        )
    finally:
        loguru.logger.remove(sink)
    structlog.wrap_logger(structlog.PrintLogger(out)).info("event", secret=secret)
    pprint.pprint([secret], stream=out)
    assert type(caught(yaml.dump, secret)) is TypeError
    assert "**********" in out.getvalue()
    assert_no_leak(CANARY, out.getvalue())


def test_logging_shows_the_mask(caplog) -> None:
    """As an argument, in extra, and in the message."""
    with watch_for_leaks(CANARY):
        logging.getLogger("x").debug(
            "%s %r", Secret(CANARY), Secret(CANARY), extra={"s": Secret(CANARY)}
        )
    assert caplog.messages == ["********** Secret('**********')"]
