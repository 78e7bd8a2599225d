"""What coverage measures: all that a thread runs takes twice as long, what is not ours, too."""

from __future__ import annotations

import os
import pkgutil
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from types import ModuleType

from binance_creds.errors import ProviderNotInstalledError

OF_PROGRAMS = "COVERAGE_PROCESS_START"
CASES_SECONDS = 1.0  # of a processor; further cases of a test run the same lines
# Rooms whose lines others run, too, as do modules and cases that are marked.
UNMEASURED = ("bench/", "deploy/", "examples/", "hints/", "structure/")

_seconds: Counter[str] = Counter()  # of each test so far, in this process


@contextmanager
def case_of(test: str) -> Iterator[None]:
    """Measure a case, unless those before it took long."""
    if _seconds[test] > CASES_SECONDS:
        with unmeasured():
            yield
        return
    began = sum(os.times()[:4])
    try:
        yield
    finally:
        _seconds[test] += sum(os.times()[:4]) - began


@contextmanager
def unmeasured() -> Iterator[None]:
    """Trace neither this thread, nor threads and programs that it starts."""
    own, of_threads = sys.gettrace(), threading.gettrace()
    of_programs = os.environ.pop(OF_PROGRAMS, None)
    threading.settrace(None)
    sys.settrace(None)
    try:
        yield
    finally:
        sys.settrace(own)
        threading.settrace(of_threads)
        if of_programs is not None:
            os.environ[OF_PROGRAMS] = of_programs


def save() -> None:
    """Write what a fork has measured; it ends without what Python does at the end."""
    if sys.gettrace() is not None and (current := _current()) is not None:
        current.stop()
        current.save()


def _current():
    """Return what measures this process, if anything does."""
    coverage = sys.modules.get("coverage")
    return None if coverage is None else coverage.Coverage.current()


@contextmanager
def collection(package: ModuleType) -> Iterator[None]:
    """Measure how the modules of a package load, but nothing else of a worker's imports."""
    if sys.gettrace() is None or "PYTEST_XDIST_WORKER" not in os.environ:
        yield
        return
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if module.name.rpartition(".")[2].isidentifier():  # PyInstaller's hook is not
            with suppress(ProviderNotInstalledError):  # one client cannot be beside another
                import_module(module.name)
    with unmeasured():
        yield
