"""A hardened process, seen from within and from outside."""

from __future__ import annotations

import ctypes
import io
import os
import sys

import pytest
from outside import Kept, stopped, why_not
from support import caught, child, pair, token

from binance_creds import ConfigurationError, harden_process, load_credentials

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="Linux has the switches")
REASON = why_not()
VISIBLE = pytest.mark.skipif(bool(REASON), reason=REASON)
STATE = """
import ctypes, os, resource
print(harden_process(), harden_process())
print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), resource.getrlimit(resource.RLIMIT_CORE))
print(open("/proc/self/status").read().count("TracerPid"), flush=True)
"""


@pytest.fixture
def here(monkeypatch):
    """Harden this process, which others trace and measure, for one test."""
    limits = []
    if sys.platform != "win32":
        monkeypatch.setattr("resource.setrlimit", lambda _, limit: limits.append(limit))
    yield limits
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)


@LINUX
def test_a_process_is_not_dumpable_and_writes_no_core_file() -> None:
    """Asked twice, it is the same."""
    with child(f"from binance_creds import harden_process\n{STATE}") as process:
        out, error = process.communicate()
    assert out.splitlines() == ["() ()", "0 (0, 0)", "1"], error


@LINUX
def test_all_is_done_here(here) -> None:
    """Nothing is left to tell."""
    assert harden_process() == ()
    assert here == [(0, 0)]
    assert ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) == 0


@LINUX
def test_secrets_of_a_prefix_are_gone_and_what_is_no_secret_stays(here, monkeypatch) -> None:
    """Credentials that were loaded before go on; `env://` finds nothing."""
    ours = {f"BOT_{name.upper()}": text for name, text in pair(environment="testnet").items()}
    for name, text in ours.items():
        monkeypatch.setenv(name, text)
    monkeypatch.setenv("OTHER_API_KEY", "x")
    creds = load_credentials("env://BOT")
    before = creds.sign(b"1")
    assert harden_process(forget="BOT") == harden_process(forget=["BOT", "BINANCE"]) == ()
    assert [name for name in os.environ if name.startswith(("BOT_", "OTHER_"))] == [
        "BOT_ENVIRONMENT",
        "OTHER_API_KEY",
    ]
    assert before == creds.sign(b"1")
    assert creds.api_secret is not None
    assert creds.api_secret.reveal() == ours["BOT_API_SECRET"]


@VISIBLE
@pytest.mark.parametrize(
    "also", ["", "os.environ.pop('BINANCE_API_SECRET')", "os.environ.update(os.environ)"],
    ids=["as it was started", "removed by the program", "set by the program"],
)  # fmt: skip
def test_sealed_credentials_of_the_environment_leave_no_copy(tmp_path, also) -> None:
    """What the kernel shows of the start is overwritten too, and what the program has set."""
    kept = Kept(tmp_path, token(), token())
    code = f"""
environ = open("/proc/self/environ", "rb")  # before it is hidden, also from this process
creds = load_credentials("env://BINANCE").sealed(); clear_cache()
{also}
assert harden_process(forget="BINANCE") == ()
creds.sign(b"1")
shown = environ.read()
assert b"BINANCE_API_SECRET=\\0" in shown and b"PYTHONPATH=/" in shown, shown
"""
    try:
        assert kept.counts("env:", code) == [0]
    except PermissionError:
        assert os.geteuid() != 0  # the superuser alone may look now


@VISIBLE
def test_another_process_of_this_user_cannot_look(tmp_path) -> None:
    """Unless it is the superuser's."""
    kept = Kept(tmp_path, token(), token())
    hidden = "from binance_creds import harden_process\nharden_process()"
    with stopped(hidden, {"PYTHONPATH": os.pathsep.join(sys.path)}) as stops:
        if os.geteuid() == 0:
            assert next(stops)(kept.secret) == 0
        else:
            with pytest.raises(PermissionError):
                next(stops)(kept.secret)


@pytest.mark.parametrize("forget", ["BINANCE_API_KEY", "a-b", 7, None, [7], ["BINANCE", b"BOT"]])
def test_what_is_no_prefix_is_refused_before_anything_is_done(here, forget) -> None:
    """With an error that says what it must be."""
    assert type(caught(harden_process, forget=forget)) is ConfigurationError
    assert here == []


def refuse(*_, **__):
    raise OSError


def opens(**contents):
    """Open files of /proc that hold something else, or nothing that can be read."""
    real = open

    def fake(path, *arguments, **options):
        name = os.path.basename(str(path))
        if not str(path).startswith("/proc/self/") or name not in contents:
            return real(path, *arguments, **options)
        return io.StringIO(contents[name]) if contents[name] is not None else refuse()

    return fake


@LINUX
@pytest.mark.parametrize(
    ("what", "value", "told"),
    [
        ("resource.setrlimit", refuse, "The system refused to switch the core file off"),
        ("sys.platform", "darwin", "On darwin the memory of a process cannot be closed"),
        ("ctypes.CDLL", refuse, "The process stays dumpable: `prctl` cannot be called"),
        ("builtins.open", opens(status="TracerPid:\t12\n"), "Process 12 is attached"),
    ],
    ids=["sandbox", "other system", "no ctypes", "debugger"],
)
def test_what_cannot_be_done_is_told(here, monkeypatch, what, value, told) -> None:
    """A sentence each; the rest is done."""
    with monkeypatch.context() as patched:
        patched.setattr(what, value)
        (sentence,) = harden_process()
    assert sentence.startswith(told)
    assert sentence.endswith(".")


@LINUX
def test_a_system_without_core_files_is_told(here, monkeypatch) -> None:
    """Windows has no module for limits."""
    monkeypatch.setitem(sys.modules, "resource", None)
    assert harden_process() == ("This system has no limit for core files.",)


@LINUX
def test_the_block_of_the_start_is_overwritten(here, monkeypatch) -> None:
    """Also for a variable that the program has removed; others stay as they are."""
    block = ctypes.create_string_buffer(b"A=1\0BOT_API_SECRET=abc\0XBOT_API_SECRET=d\0BOT_FILE=e")
    start = ctypes.addressof(block)
    stat = f"1 (a) b) {'0 ' * 47}{start} {start + len(block)} 0\n"
    with monkeypatch.context() as patched:
        patched.setattr("builtins.open", opens(stat=stat))
        assert harden_process(forget="BOT") == ()
    assert block.raw == b"A=1\0BOT_API_SECRET=\0\0\0\0XBOT_API_SECRET=d\0BOT_FILE=e\0"


@LINUX
@pytest.mark.parametrize(
    ("what", "value", "told"),
    [
        ("os.name", "nt", ["BOT_API_SECRET is removed from os.environ"]),
        ("ctypes.CDLL", refuse, ["BOT_API_SECRET is removed from os.environ"]),
        ("os.supports_bytes_environ", False, []),
        ("builtins.open", opens(stat=None, status=""), []),
        ("builtins.open", opens(stat="1 (x) " + "0 " * 60), []),
    ],
    ids=["Windows", "no ctypes", "variables are text", "no /proc", "hidden addresses"],
)
def test_variables_are_removed_in_any_case(here, monkeypatch, what, value, told) -> None:
    """Also where the system keeps what it has of them."""
    monkeypatch.setenv("BOT_API_SECRET", token())
    with monkeypatch.context() as patched:
        patched.setattr(what, value)
        found = harden_process(forget="BOT")
    assert "BOT_API_SECRET" not in os.environ
    assert told == [one.partition(",")[0] for one in found if "BOT_" in one]
