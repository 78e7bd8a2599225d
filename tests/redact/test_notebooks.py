"""A notebook gets what a real kernel sends to it."""

from __future__ import annotations

import json

import pytest
from support import plain_environ

pytestmark = pytest.mark.unmeasured

manager = pytest.importorskip("jupyter_client.manager")

SETUP = """
import json
from binance_creds import load_credentials
from binance_creds.providers import memory
from binance_creds.redact import install_redaction
fields = json.loads({fields!r})
memory.register("bot", fields)
kept = load_credentials("memory:bot")
"""
CELLS = [
    "print(fields)",
    "fields['api_secret']",
    "display({'text/plain': fields['api_key']}, raw=True)",
    "raise ValueError(fields['api_secret'])",
    "[1, 'kept']",
]


@pytest.fixture
def shown(keys):
    """Return a function that gives what cells show, in a kernel of their own."""
    kernels = []

    def run(*cells: str) -> str:
        kernel = manager.KernelManager()
        kernel.start_kernel(env=plain_environ())
        kernels.append((kernel, kernel.blocking_client()))
        client = kernels[-1][1]
        client.start_channels()
        client.wait_for_ready(timeout=120)
        outputs: list[dict] = []
        for cell in (SETUP.format(fields=json.dumps(keys[0].fields())), *cells):
            reply = client.execute_interactive(cell, output_hook=outputs.append, timeout=120)
            outputs.append(reply)
        return json.dumps([one["content"] for one in outputs if one["msg_type"] != "execute_input"])

    yield run
    for kernel, client in kernels:
        client.stop_channels()
        kernel.shutdown_kernel(now=True)


def test_ipython_in_a_terminal_shows_redacted_values(canary, install) -> None:
    """Once it is imported; what is displayed passes one formatter."""
    formatter = pytest.importorskip("IPython.core.formatters").DisplayFormatter()
    install(streams=True)
    data, _ = formatter.format({"key": canary.secret, "n": 1})
    assert "{'key':'[redacted]','n':1}" == "".join(data["text/plain"].split())


def test_values_errors_and_prints_of_cells_are_redacted(canary, shown) -> None:
    """On request; without it they show all."""
    output = shown("undo = install_redaction(streams=True)", *CELLS, "undo()")
    assert "ValueError" in output
    assert "kept" in output
    assert not canary.is_in(output)
    assert canary.is_in(shown("undo = install_redaction()", *CELLS, "undo()"))
