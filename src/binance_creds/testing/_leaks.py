"""`assert_no_leak`: look for a canary in everything that an object can be made to show."""

from __future__ import annotations

import base64
import contextlib
import copy
import dataclasses
import hashlib
import io
import json
import logging
import pickle  # only written, never read
import pprint
import traceback
import warnings
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from binance_creds._secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

__all__ = ["assert_no_leak", "watch_for_leaks"]

_WINDOW: Final = 12  # a piece this long of 64 random characters is no coincidence
_DEEPEST: Final = 4
_PACKAGE: Final = "binance_creds"


def assert_no_leak(canary: str, *things: object) -> None:
    """Assert that nothing shows the canary or a piece, encoding or hash of it.

    Every thing is turned into text in each way that code in the wild does: repr, str, format, %,
    JSON, pickle, copies, `vars`, slots, dataclass dumps, pprint, and logging. Of an exception also
    args, notes, cause, context, and the locals of every frame of this package on its traceback.

    Args:
        canary: the plaintext that must not appear, at least 12 characters.
        things: values, errors, or texts that were captured.

    Raises:
        AssertionError: names the channel, not the canary.
    """
    needles = _needles(canary)
    leaks = [
        f"{type(thing).__name__} through {channel}"
        for thing in things
        for channel, text in _shown(thing)
        if any(needle in text for needle in needles)
    ]
    if leaks:
        msg = f"the canary leaks: {'; '.join(dict.fromkeys(leaks))}"
        raise AssertionError(msg)


@contextlib.contextmanager
def watch_for_leaks(canary: str) -> Iterator[None]:
    """Assert that the block logs, warns and prints nothing of the canary.

    Logging of every library is on at DEBUG inside the block.
    """
    log, out, err = io.StringIO(), io.StringIO(), io.StringIO()
    handler = logging.StreamHandler(log)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            warnings.catch_warnings(record=True) as caught,
        ):
            warnings.simplefilter("always")
            yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    shown = [log.getvalue(), out.getvalue(), err.getvalue(), *(str(w.message) for w in caught)]
    assert_no_leak(canary, *shown)


def _needles(canary: str) -> frozenset[str]:
    if len(canary) < _WINDOW:
        msg = f"a canary needs at least {_WINDOW} characters"
        raise ValueError(msg)
    data = canary.encode()
    pieces = {canary[i : i + _WINDOW] for i in range(len(canary) - _WINDOW + 1)}
    encodings = {
        canary[::-1],
        data.hex(),
        quote(canary, safe=""),
        # Base64 of the canary at each of the three alignments it can have within a longer text.
        *(base64.b64encode(b"\0" * shift + data)[4:-4].decode() for shift in range(3)),
        hashlib.sha256(data).hexdigest()[:_WINDOW],
        hashlib.md5(data, usedforsecurity=False).hexdigest()[:_WINDOW],
        hashlib.sha1(data, usedforsecurity=False).hexdigest()[:_WINDOW],
    }
    return frozenset(pieces | encodings)


def _shown(thing: object) -> Iterator[tuple[str, str]]:
    """Give (channel, text) for everything that a thing can be made to show."""
    if isinstance(thing, str):
        yield "text", thing
        return
    # What a container holds is not ours to copy: half-built clients complain when they go.
    skipped = _COPYING if isinstance(thing, dict | list | tuple | set) else ()
    for channel, show in _CHANNELS.items():
        if channel in skipped:
            continue
        with contextlib.suppress(Exception):  # refusing is the best answer
            yield channel, show(thing)
    for channel, part in _parts(thing):
        yield channel, _flat(part)
    if isinstance(thing, BaseException):
        yield from _shown_of_error(thing)


_CHANNELS: Final[dict[str, Callable[[object], str]]] = {
    "repr": repr,
    "str": str,
    "ascii": ascii,
    "format": lambda thing: f"{thing}",
    "format spec": lambda thing: f"{thing:>80}",
    "percent": lambda thing: "%s %r" % (thing, thing),  # noqa: UP031  # the channel itself
    "json": lambda thing: json.dumps(thing, default=str),
    "pickle": lambda thing: " ".join(
        pickle.dumps(thing, protocol).decode("latin-1") for protocol in range(6)
    ),
    "reduce": lambda thing: _flat(thing.__reduce_ex__(2)),
    "copy": lambda thing: repr(copy.copy(thing)),
    "deepcopy": lambda thing: repr(copy.deepcopy(thing)),
    "vars": lambda thing: _flat(vars(thing)),
    "dataclass": lambda thing: _flat(dataclasses.asdict(thing)),  # type: ignore[call-overload]
    "pprint": pprint.pformat,
    "iteration": lambda thing: _flat(list(thing)),  # type: ignore[call-overload]
    "bytes": lambda thing: bytes(thing).decode("latin-1"),  # type: ignore[call-overload]
    "hash": lambda thing: str(hash(thing)),
    "exc_info": lambda thing: "".join(
        traceback.TracebackException.from_exception(
            thing,  # type: ignore[arg-type]  # refused for what is no exception
            capture_locals=False,
        ).format()
    ),
}


_COPYING: Final = ("copy", "deepcopy", "pickle", "reduce")


def _parts(thing: object) -> Iterator[tuple[str, object]]:
    for kind in type(thing).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            with contextlib.suppress(AttributeError):
                yield f"slot {name}", getattr(thing, name)
    for name in dir(thing):
        if not name.startswith("_"):
            with contextlib.suppress(Exception):
                value = getattr(thing, name)
                if not callable(value):
                    yield f"attribute {name}", value


def _shown_of_error(error: BaseException) -> Iterator[tuple[str, str]]:
    yield "args", _flat(error.args)
    yield "notes", _flat(getattr(error, "__notes__", []))
    yield from _frames(error.__traceback__)
    for channel, other in (("cause", error.__cause__), ("context", error.__context__)):
        if other is not None and other is not error:
            for inner, text in _shown(other):
                yield f"{channel}, {inner}", text


def _frames(trace: TracebackType | None) -> Iterator[tuple[str, str]]:
    while trace is not None:
        frame = trace.tb_frame
        if frame.f_globals.get("__name__", "").partition(".")[0] == _PACKAGE:
            for name, value in frame.f_locals.items():
                yield f"local {name} of {frame.f_code.co_name}", _flat(value)
        trace = trace.tb_next


def _flat(value: object, depth: int = 0) -> str:
    """Return the repr of a value and of what it contains, a few levels down."""
    if isinstance(value, Secret) or depth > _DEEPEST:
        return repr(value)
    if isinstance(value, dict):
        return " ".join(f"{_flat(k, depth + 1)}: {_flat(v, depth + 1)}" for k, v in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return " ".join(_flat(item, depth + 1) for item in value)
    inner = getattr(value, "__dict__", None)
    shown = repr(value)
    if isinstance(inner, dict) and type(value).__module__.partition(".")[0] == _PACKAGE:
        return f"{shown} {_flat(inner, depth + 1)}"
    return shown
