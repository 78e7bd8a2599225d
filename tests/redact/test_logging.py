"""Every handler of logging gets redacted records, and an error inside breaks nothing."""

from __future__ import annotations

import io
import logging
import logging.handlers
import queue
import sys
import warnings
from types import SimpleNamespace

import pytest


@pytest.fixture
def on(logs, install):
    install()


@pytest.fixture
def kept(logs):
    """A logger, and the records that its handler was given."""
    records: list[logging.LogRecord] = []

    class Keeping(logging.Handler):
        def emit(self, record) -> None:
            records.append(record)

    logger = logging.getLogger("redact.kept")
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    logger.addHandler(Keeping())
    return logger, records


def test_arguments_keep_their_shape(canary, on, kept) -> None:
    """Formatters of uvicorn read them."""
    logger, records = kept
    logger.info('%s - "%s %s HTTP/%s" %d', "1.2.3.4", "GET", canary.url, "1.1", 200)
    client, method, path, version, status = records[0].args
    assert ("1.2.3.4", "GET", "1.1", 200) == (client, method, version, status)
    assert path.endswith("signature=[redacted]")
    logger.info("%(key)s %(n)d", {"key": canary.secret, "n": 1})
    assert {"key": "[redacted]", "n": 1} == records[-1].args


def test_objects_among_the_arguments_are_shown_redacted(canary, on, kept) -> None:
    """Also where a handler formats by itself; others stay what they are."""
    plain = SimpleNamespace(a=1)
    kept[0].info("%s %r %s", ValueError(canary.message), SimpleNamespace(s=canary.secret), plain)
    record = kept[1][0]
    assert not canary.is_in(record.getMessage())
    assert record.args[2] is plain


def test_what_was_added_to_a_record_is_redacted(canary, on, kept) -> None:
    """Formatters of JSON write all of it."""
    kept[0].info("x", extra={"headers": canary.headers, "api_secret": "never-loaded", "n": 1})
    record = kept[1][0]
    assert not canary.is_in(str(vars(record)))
    assert ("[redacted]", 1) == (record.api_secret, record.n)


def test_a_message_that_is_no_text_is_redacted(canary, on, kept) -> None:
    kept[0].error(ValueError(canary.message))
    kept[0].error({"url": canary.url})
    assert not canary.is_in("".join(record.getMessage() for record in kept[1]))


def test_a_traceback_that_was_formatted_before_is_redacted(canary, on, kept) -> None:
    """The record keeps its text for the next handler."""
    record = logging.makeLogRecord(
        {"msg": "x", "levelno": 40, "exc_text": canary.message, "stack_info": canary.url}
    )
    kept[0].handle(record)
    assert not canary.is_in(record.exc_text + record.stack_info)


def test_the_handler_of_last_resort_is_covered(canary, on, logs, monkeypatch) -> None:
    err = io.StringIO()
    monkeypatch.setattr(sys, "stderr", err)
    logger = logging.getLogger("redact.last")
    logger.propagate = False
    logger.error("%s", canary.message)
    assert "[redacted]" in err.getvalue()
    assert not canary.is_in(err.getvalue())


def test_what_goes_into_a_queue_is_redacted(canary, on, logs) -> None:
    """It may come out in another process."""
    records: queue.Queue = queue.Queue()
    logger = logging.getLogger("redact.queue")
    logger.addHandler(logging.handlers.QueueHandler(records))
    try:
        raise ValueError(canary.message)
    except ValueError:
        logger.exception("failed %s", canary.url)
    assert not canary.is_in(str(vars(records.get_nowait())))


def test_a_record_that_cannot_be_logged_is_printed_redacted(canary, on, logs, monkeypatch) -> None:
    err = io.StringIO()
    monkeypatch.setattr(sys, "stderr", err)
    monkeypatch.setattr(logging, "raiseExceptions", True)
    logger = logging.getLogger("redact.error")
    logger.propagate = False
    logger.addHandler(logging.StreamHandler(io.StringIO()))
    logger.error("%d", canary.secret)
    assert "--- Logging error ---" in err.getvalue()
    assert not canary.is_in(err.getvalue())


def test_an_error_inside_neither_breaks_the_caller_nor_shows_the_record(canary, on, kept) -> None:
    class Broken(dict):
        def items(self):
            raise RuntimeError

    kept[0].info("%s", canary.secret, extra={"broken": Broken(a=canary.secret)})
    assert "[not shown: the redaction failed]" == kept[1][0].getMessage()
    assert not canary.is_in(str(vars(kept[1][0])))


def test_the_text_of_a_warning_is_redacted(canary, on) -> None:
    """Which `warnings` prints to stderr."""
    text = warnings.formatwarning(UserWarning(canary.message), UserWarning, "bot.py", 1)
    assert text.startswith("bot.py:1: UserWarning: secret=[redacted]")
    assert not canary.is_in(text)


def test_without_stderr_nothing_fails(canary, on, monkeypatch) -> None:
    """A windowed program has none."""
    monkeypatch.setattr(sys, "stderr", None)
    sys.excepthook(ValueError, ValueError(canary.message), None)


def test_twice_is_undone_when_both_are(logs, install) -> None:
    before = logging.Handler.handle, sys.excepthook, sys.stdout
    first, second = install(streams=True), install(streams=True)
    inside = logging.Handler.handle, sys.excepthook, sys.stdout
    first()
    first()
    assert inside == (logging.Handler.handle, sys.excepthook, sys.stdout)
    second()
    assert before == (logging.Handler.handle, sys.excepthook, sys.stdout)


def test_streams_keep_what_else_they_do(canary, monkeypatch, install) -> None:
    out = io.StringIO("line\n")
    monkeypatch.setattr(sys, "stdout", out)
    undo = install(streams=True)
    try:
        assert len(canary.secret) == sys.stdout.write(canary.secret)
        sys.stdout.writelines([canary.url, "\n", "end"])
        assert not sys.stdout.isatty()
        sys.stdout.seek(0)
        assert not canary.is_in("".join(sys.stdout))
    finally:
        undo()
    assert sys.stdout is out


def test_a_hook_of_the_program_writes_to_a_stream_like_stderr(
    canary, monkeypatch, logs, install
) -> None:
    """It has what stderr has; nothing is written before the end."""
    err, seen = io.StringIO(), []

    def hook(*arguments) -> None:
        sys.stderr.writelines(["uncaught: ", str(arguments[1])])
        sys.stderr.flush()
        assert not sys.stderr.isatty()
        seen.append(err.getvalue())

    monkeypatch.setattr(sys, "stderr", err)
    monkeypatch.setattr(sys, "excepthook", hook)
    undo = install()
    sys.excepthook(ValueError, ValueError(canary.message), None)
    undo()
    assert [""] == seen
    assert err.getvalue().startswith("uncaught: secret=[redacted]")
    assert not canary.is_in(err.getvalue())


def test_what_a_handler_adds_is_redacted_for_the_next_one(canary, on, kept) -> None:
    """Though a record that is the same is redacted once for all."""
    logger, records = kept

    class Adding(logging.Handler):
        def emit(self, record) -> None:
            record.url = canary.url
            logging.getLogger("redact.inner").warning("x")

    logger.handlers.insert(0, Adding())
    logger.info("order %d", 1)
    logger.handle(logging.makeLogRecord({"msg": "y", "levelno": 40}))
    assert records[0].url.endswith("signature=[redacted]")
    assert not canary.is_in(f"{vars(records[0])}")
