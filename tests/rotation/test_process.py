"""Whether another process of this machine still runs, with and without /proc."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from binance_creds._process import is_running, machine, started


@pytest.fixture(params=["with /proc", "without"])
def _system(request, monkeypatch):
    if request.param == "without":
        monkeypatch.setattr(os.path, "exists", lambda _: False)


@pytest.fixture
def ended():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.mark.usefixtures("_system")
def test_this_process_runs_and_one_that_ended_does_not(ended):
    assert is_running(os.getpid(), started(os.getpid()))
    assert not is_running(ended, None)


def test_a_process_of_another_user_runs(monkeypatch):
    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(os.path, "exists", lambda _: False)
    monkeypatch.setattr(os, "kill", refuse)
    assert is_running(1, None)


def test_a_number_that_no_process_can_have_is_of_none(monkeypatch):
    monkeypatch.setattr(os.path, "exists", lambda _: False)
    assert not is_running(2**70, None)


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="this system has no /proc")
def test_a_process_that_nobody_has_waited_for_has_ended():
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert not is_running(process.pid, None)


def test_a_process_that_has_ended_has_no_start(ended):
    assert started(ended) is None


def test_a_machine_has_one_name():
    assert machine() == machine()
