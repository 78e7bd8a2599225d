"""The plugin in a pytest of its own: found by its entry point, light until it is used."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "howto" / "extend" / "test-with-pytest.md"
GROUP = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["pytest11"]
LEAKS = """
import logging
import warnings

import pytest

def test_prints(fake_exchange):
    print(fake_exchange.issue().api_secret)

def test_logs_a_piece(fake_exchange):
    logging.getLogger("bot").warning("key %s", fake_exchange.issue().api_secret[:20])

def test_raises(fake_exchange):
    raise ValueError(fake_exchange.issue().api_secret)

def test_prints_a_pem(fake_exchange):
    print(fake_exchange.issue(fake_exchange.issue().key_type.ED25519).private_key_pem)

@pytest.fixture
def printed_late(fake_exchange):
    yield
    print(fake_exchange.issue().api_secret)

def test_leaks_at_its_end(printed_late):
    pass

def test_shows_nothing(fake_exchange, binance_credentials):
    print(binance_credentials, "-----BEGIN PRIVATE KEY-----")

def test_needs_no_key():
    print("x" * 64)
"""


@pytest.fixture
def run(tmp_path):
    """Run pytest in a project where the package is installed with its entry point."""
    installed = tmp_path / "installed" / "binance_creds-0.dist-info"
    installed.mkdir(parents=True)
    lines = "".join(f"{name} = {module}\n" for name, module in GROUP.items())
    (installed / "entry_points.txt").write_text(f"[pytest11]\n{lines}")
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: binance-creds\nVersion: 0\n")
    project = tmp_path / "project"
    project.mkdir()
    (project / "pytest.ini").write_text("[pytest]\n")
    path = f"{installed.parent}:{ROOT / 'src'}"

    def start(text: str, *options: str) -> str:
        (project / "test_bot.py").write_text(text)
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rA", *options]
        measured = {"COVERAGE_FILE": str(ROOT / ".coverage")}  # one of many: it is parallel
        environ = dict(os.environ) | measured | {"BINANCE_CREDS_PROFILE": "of-the-user"}
        environ["PYTHONPATH"] = path
        done = subprocess.run(
            command, cwd=project, env=environ, capture_output=True, text=True, timeout=60
        )
        return done.stdout + done.stderr

    return start


def outcomes(output: str) -> dict[str, str]:
    return {
        name: word
        for word, name in re.findall(r"^(PASSED|FAILED|ERROR) .*::(\w+)", output, re.MULTILINE)
    }


def test_the_test_of_the_page_passes(run) -> None:
    """With the key of the test, whatever profile the user's environment names."""
    block = re.search(r"^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)[1]
    found = outcomes(run(block))
    assert ["PASSED", "PASSED"] == list(found.values()), found


def test_a_test_that_leaks_fails_where_it_is_asked_for(run) -> None:
    """What is printed, logged or raised, also at the end; and nothing else."""
    output = run(LEAKS, "--binance-leak-check")
    assert {
        "test_prints": "FAILED",
        "test_logs_a_piece": "FAILED",
        "test_raises": "FAILED",
        "test_prints_a_pem": "FAILED",
        "test_leaks_at_its_end": "ERROR",
        "test_shows_nothing": "PASSED",
        "test_needs_no_key": "PASSED",
    } == outcomes(output), output
    assert "A secret of `fake_exchange` is shown in: Captured stdout call." in output
    assert "A secret of `fake_exchange` is shown in: the traceback." in output
    assert "A secret of `fake_exchange` is shown in: Captured stdout teardown." in output


@pytest.mark.unmeasured
def test_the_setting_is_the_option(run) -> None:
    found = outcomes(run(LEAKS, "-o", "binance_leak_check=true", "-k", "prints"))
    assert {"test_prints": "FAILED", "test_prints_a_pem": "FAILED"} == found


@pytest.mark.unmeasured
def test_without_the_option_nothing_is_searched(run) -> None:
    assert {"test_prints": "PASSED"} == outcomes(run(LEAKS, "-k", "test_prints and not pem"))


@pytest.mark.unmeasured
def test_the_plugin_loads_nothing_until_it_is_used(run) -> None:
    """Neither the exchange nor what it needs, nor any SDK."""
    text = (
        "import sys\n"
        "def test_light(request):\n"
        "    assert request.config.pluginmanager.hasplugin('binance_creds')\n"
        "    loaded = {name for name in sys.modules if name.startswith('binance_creds.')}\n"
        "    for name in ('testing.exchange', 'testing._leaks', '_api._load', 'live'):\n"
        "        assert f'binance_creds.{name}' not in loaded\n"
        "    assert not {'cryptography', 'httpx', 'pydantic', 'asyncio'} & {*sys.modules}\n"
    )
    assert {"test_light": "PASSED"} == outcomes(run(text, "-p", "no:anyio"))


@pytest.mark.unmeasured
def test_the_plugin_can_be_left_out(run) -> None:
    output = run("def test_it(fake_exchange): pass\n", "-p", "no:binance_creds")
    assert "fixture 'fake_exchange' not found" in output
