"""Libraries of logs are changed where the program imports them, and changed back."""

from __future__ import annotations

import importlib
import io
import re
import subprocess
import sys
from types import ModuleType, SimpleNamespace

import loguru._handler
import pytest
import rich.pretty
import rich.traceback
import structlog
import structlog.tracebacks
from loguru import logger
from rich.console import Console
from support import plain_environ

from binance_creds import CredentialsWarning

SETUP = """
import sys
from binance_creds import load_credentials
from binance_creds.providers import memory
from binance_creds.redact import install_redaction
KEY, SECRET = "K7" * 32, "s9" * 32
memory.register("bot", {"api_key": KEY, "api_secret": SECRET})
kept = load_credentials("memory:bot")
"""


def run(code: str, **options) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", SETUP + code], capture_output=True, text=True, check=False,
        timeout=60, env=plain_environ(), **options,
    )  # fmt: skip


def test_no_library_is_imported() -> None:
    """That is up to the program."""
    done = run("""
install_redaction()
print({"loguru", "structlog", "rich", "sentry_sdk", "opentelemetry"} & {*sys.modules})
""")
    assert ("set()\n", "") == (done.stdout, done.stderr)


def test_an_import_that_comes_later_is_redacted() -> None:
    done = run("""
install_redaction()
import loguru, structlog, inspect, importlib.resources
from rich.traceback import Traceback
loguru.logger.error("x {}", SECRET)
structlog.get_logger().error("y", key=SECRET)
assert inspect.getsource(loguru) and importlib.resources.files("loguru").is_dir()
assert type(loguru.__loader__) is type(loguru.__spec__.loader) is type(structlog.dev.__loader__)
""")
    assert " x " in done.stderr
    assert " y " in done.stdout
    assert "s9s9" not in done.stdout + done.stderr


def test_an_import_after_the_end_is_as_ever() -> None:
    done = run("""
before = sys.meta_path[:]
install_redaction()()
assert sys.meta_path == before
import loguru
loguru.logger.error("x {}", SECRET)
""")
    assert "s9s9" in done.stderr


def test_a_module_is_changed_at_its_import_and_back(monkeypatch, install) -> None:
    """Its loader is the usual one, which inspect and others ask."""
    monkeypatch.delitem(sys.modules, "rich.traceback")
    before = sys.meta_path[:]
    undo = install()
    again = importlib.import_module("rich.traceback")
    assert isinstance(again.pretty, SimpleNamespace)
    assert again.__loader__ is again.__spec__.loader
    assert type(again.__loader__) is type(rich.pretty.__loader__)
    undo()
    assert again.pretty is rich.pretty
    assert before == sys.meta_path


def forget_loguru(monkeypatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "loguru"]:
        monkeypatch.delitem(sys.modules, name)


def test_what_is_not_installed_is_still_not_found(monkeypatch, install) -> None:
    forget_loguru(monkeypatch)
    install()
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(ModuleNotFoundError, match="loguru"):
        importlib.import_module("loguru")


def test_an_unknown_version_warns(monkeypatch, install) -> None:
    forget_loguru(monkeypatch)
    monkeypatch.setitem(sys.modules, "loguru", ModuleType("loguru"))
    with pytest.warns(CredentialsWarning, match="version of `loguru` is unknown"):
        install()


@pytest.mark.parametrize("is_imported_before", [False, True])
def test_a_version_that_is_unknown_warns_and_works(tmp_path, is_imported_before) -> None:
    """Once, and the redaction of everything else is on."""
    (tmp_path / "loguru.py").write_text("logger = print\n")
    order = ["install_redaction()", "import loguru"]
    done = run("\n".join(order[::-1] if is_imported_before else order), cwd=tmp_path)
    assert 0 == done.returncode
    assert "this version of `loguru` is unknown: its output is not redacted" in done.stderr


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (loguru._handler.Handler, "emit"),
        (loguru._handler.Handler, "_serialize_record"),
        (structlog.tracebacks, "to_repr"),
        (rich.traceback.Traceback, "extract"),
    ],
)
def test_undoing_puts_back_what_was_there(install, owner, name) -> None:
    before = vars(owner)[name]
    undo = install()
    assert vars(owner)[name] is not before
    undo()
    assert vars(owner)[name] is before


def test_what_another_has_put_there_since_stays(monkeypatch, install) -> None:
    undo = install()
    monkeypatch.setattr(structlog.tracebacks, "to_repr", print)
    undo()
    assert structlog.tracebacks.to_repr is print


def fail() -> None:
    nested = {"number": 1, "list": ["word " * 100], "pair": (b"bytes", None)}
    raise ValueError(bool(nested))


@pytest.fixture
def render():
    """Return a function that gives what the libraries write of an error without a secret."""
    out = io.StringIO()
    chain = [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()]
    log = structlog.wrap_logger(structlog.PrintLogger(out), chain)
    added = logger.add(out, diagnose=True, backtrace=False, colorize=True, format="{exception}")

    def write() -> str:
        try:
            fail()
        except ValueError:
            log.exception("failed", nested={"a": (1, 2)})
            logger.exception("failed")
            Console(file=out, width=80).print_exception(show_locals=True)
        text = re.sub("0x[0-9a-f]+", "", out.getvalue())  # addresses differ
        out.seek(0)
        out.truncate()
        return text

    yield write
    logger.remove(added)


def test_where_nothing_is_to_be_hidden_nothing_changes(render, install) -> None:
    before = render()
    install()
    assert before == render()


def test_a_value_without_a_repr_is_left_to_the_library(canary, install) -> None:
    """Which has words for it."""

    class Broken:
        def __repr__(self) -> str:
            raise RuntimeError

    out = io.StringIO()
    install()
    try:
        broken = Broken()
        raise ValueError(canary.secret, broken is None)
    except ValueError:
        Console(file=out, width=80).print_exception(show_locals=True)
    assert "<repr-error" in out.getvalue()
    assert not canary.is_in(out.getvalue())


def test_a_syntax_error_shows_no_secret(canary, install) -> None:
    """rich prints the line of it."""
    out = io.StringIO()
    install()
    try:
        compile(f"key = '{canary.secret}' +", "bot.py", "exec")
    except SyntaxError:
        Console(file=out, width=200).print_exception()
    assert "[redacted]" in out.getvalue()
    assert not canary.is_in(out.getvalue())


def test_a_chain_without_processors_is_redacted(canary, install) -> None:
    seen: list[dict] = []

    class Logger:
        def msg(self, **event) -> None:
            seen.append(event)

    install()
    structlog.BoundLogger(Logger(), [], {}).msg(key=canary.secret)
    assert [{"key": "[redacted]"}] == seen
