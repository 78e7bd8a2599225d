"""What all tests share: a clean cache, Ctrl-C for child processes, no skipped real server in CI."""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import hypothesis
import pytest
import trustme

import binance_creds
from binance_creds.exchange import _check
from binance_creds.exchange._memo import Pauses
from binance_creds.testing import FakeExchange

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # for tests/support.py
# For the servers of a provider's folder, each module of a name of its own.
sys.path += [str(path) for path in sorted((HERE / "providers").iterdir()) if path.is_dir()]

import measuring  # noqa: E402 - which is beside this file

# A script's background job ignores SIGINT, and so would every child that the tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Where it is set, children would write otherwise than those of a user.
os.environ.pop("PYTHONUNBUFFERED", None)

# What a busy machine takes long for is no defect.
hypothesis.settings.register_profile(
    "untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def google_ca(tmp_path_factory):
    """The authority that both transports of Google trust, and the path of its certificate.

    gRPC reads the variable once in a process, at its first connection over TLS, whoever makes it.
    """
    authority = trustme.CA()
    path = tmp_path_factory.mktemp("google") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    os.environ["GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"] = str(path)
    return authority, str(path)


def pytest_report_header() -> str:
    """Say which server stands behind the tests of Vault."""
    program = shutil.which("bao") or shutil.which("vault")
    if program is None:
        return "vault: a small server of the tests; neither bao nor vault is installed"
    done = subprocess.run([program, "version"], capture_output=True, text=True, check=False)
    return f"vault: {done.stdout.strip()}"


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Measure no import of tests and SDKs, and spare them in each garbage collection.

    They are over a million objects, which would take a second each time.
    """
    gc.disable()
    try:
        with measuring.collection(binance_creds):
            return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items) -> None:
    for item in items:
        if item.path.relative_to(HERE).as_posix().startswith(measuring.UNMEASURED):
            item.add_marker("unmeasured")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    """Run at full speed what is marked so, and most cases of a test that takes long."""
    is_marked = item.get_closest_marker("unmeasured") is not None
    with measuring.unmeasured() if is_marked else measuring.case_of(item.nodeid.partition("[")[0]):
        return (yield)


@pytest.fixture(autouse=True)
def _clean_cache() -> None:
    """Let no test see what another loaded."""
    binance_creds.clear_cache()


@pytest.fixture(autouse=True)
def _no_pauses() -> None:
    """Let no local exchange be spared for one that had its port before, and wanted a pause."""
    _check._PAUSES = Pauses()


@pytest.fixture
def loop():
    """Give python-binance a loop that somebody closes; it would make one of its own."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield loop
    asyncio.set_event_loop(None)
    loop.close()


@pytest.fixture
def exchange():
    with FakeExchange() as running:
        yield running


@pytest.fixture
def key_store(request, google_ca, tmp_path_factory, monkeypatch):
    """What keeps keys outside; the parameter is one of `key_stores.STORES`."""
    store = request.param(tmp_path_factory.mktemp("keys"), google_ca)
    store.prepare(monkeypatch)
    yield store
    store.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Fail a skipped real-server test where CI is set: there the server must be installed."""
    report = yield
    must_run = os.environ.get("CI") and sys.platform == "linux"
    if report.skipped and must_run and item.get_closest_marker("real_server"):
        report.outcome = "failed"
        report.longrepr = f"a real-server test must not skip in CI: {report.longrepr}"
    return report
