"""Every code block of the documentation runs."""

from __future__ import annotations

import gc
import logging
import re
import subprocess
import sys
import threading
import tomllib
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from http.client import HTTPConnection
from io import StringIO
from pathlib import Path

import pytest
from support import new_key

from binance_creds._config import plan_for

ROOT = Path(__file__).parents[2]
STORES = (
    "boto3.md",
    "aws-secretsmanager-caching.md",
    "hvac.md",
    "kms.md",
    "aws.md",
    "transit.md",
    "vault.md",
)
PAGES = [ROOT / "README.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md"))]
FINGERPRINT = re.compile(r"\b[0-9a-f]{8}\b")
BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
OF_SENTRY = (  # what `sentry_sdk.init` of a page replaces
    (subprocess.Popen, "__init__ communicate wait"),
    (HTTPConnection, "getresponse putrequest"),
    (threading.Thread, "start"),
    (logging.Logger, "callHandlers"),
    (ThreadPoolExecutor, "submit"),
    (sys, "excepthook"),
)


@pytest.fixture
def _restored(monkeypatch) -> None:
    """Let nothing of a page stay in the tests of others."""
    for owner, names in OF_SENTRY:
        for name in names.split():
            monkeypatch.setattr(owner, name, getattr(owner, name))


@pytest.mark.usefixtures("_restored")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_blocks_of_a_page_run_in_order(page, tmp_path, monkeypatch, loop, request) -> None:
    """In one namespace, in an empty folder with a .env.

    Pages of `STORES` find a Secrets Manager and a Vault that hold `prod/binance`; the Vault signs, too.

    Blocks with `no-run: reason` or `file=NAME` are compiled; another test runs the files.
    """
    key = new_key()
    monkeypatch.chdir(tmp_path)
    for name, text in (("KEY", key.api_key), ("SECRET", key.api_secret)):
        monkeypatch.setenv(f"BINANCE_API_{name}", text)
        with open(
            ".env", "a", opener=lambda path, flags: __import__("os").open(path, flags, 0o600)
        ) as file:
            file.write(f"BINANCE_API_{name}={text}\n")
    if page.name in STORES:
        for name, text in request.getfixturevalue("stores").items():
            monkeypatch.setenv(name, text)
    _run_blocks_of(page)
    gc.collect()  # what this page left open fails here, and not in the test of another page


def _run_blocks_of(page: Path) -> None:
    namespace: dict[str, object] = {"__name__": "__docs__"}
    printed = StringIO()
    for language, info, text in BLOCK.findall(page.read_text()):
        if language == "python":
            code = compile(text, str(page), "exec", dont_inherit=True)  # no future of ours
            if "no-run" not in info and "file=" not in info:
                printed = StringIO()
                with redirect_stdout(printed):
                    exec(code, namespace)
        elif language == "text" and info.strip() == "printed":
            assert FINGERPRINT.sub("", text) == FINGERPRINT.sub("", printed.getvalue())
        elif language == "toml" and "[profiles" in text:
            document = tomllib.loads(text)
            for name in document["profiles"]:
                assert plan_for(None, config=document, profile=name, environ={}).candidates
