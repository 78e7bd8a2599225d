"""Real `pass` and `gpg` as sources, with the tables of the page on password managers."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
import tomllib
from pathlib import Path

import pytest
from support import caught, pair
from waiting import PATIENCE

from binance_creds import load_credentials
from binance_creds.errors import ProviderUnavailableError

pytestmark = [pytest.mark.real_server, pytest.mark.unmeasured]

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "stores" / "password-managers.md"
CONFIG = tomllib.loads(
    re.search(r"^```toml\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)[1]
)
PROGRAMS = ("pass", "gpg")
QUICK = ("future-default", "default", "never")  # Ed25519: an RSA key takes seconds to make
PAIR = pair()
LINES = "".join(f"BINANCE_{name.upper()}={text}\n" for name, text in PAIR.items())


@pytest.fixture(scope="module")
def home():
    """A user with a key without a passphrase; the folder is short, as paths of sockets must be."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)} (apt: pass gnupg)")
    with tempfile.TemporaryDirectory(prefix="gpg-") as folder:
        (Path(folder) / ".gnupg").mkdir(mode=0o700)
        # Rounds for a passphrase; measuring how many the machine can do takes up to ten seconds.
        (Path(folder) / ".gnupg/gpg-agent.conf").write_text("s2k-count 65536\n")
        yield Path(folder)
        subprocess.run(["gpgconf", "--kill", "gpg-agent"], env=environ(Path(folder)), check=True)


def environ(home: Path) -> dict[str, str]:
    return {"HOME": str(home), "PATH": os.environ["PATH"], "GNUPGHOME": str(home / ".gnupg")}


def gpg(home: Path, *arguments: str, text: str = "", program: str = "gpg") -> None:
    command = [program, *arguments]
    subprocess.run(
        command,
        input=text.encode(),
        env=environ(home),
        capture_output=True,
        timeout=PATIENCE,
        check=True,
    )


@pytest.fixture(scope="module")
def store(home):
    """A password store with the pair, and a file of gpg with it."""
    batch = ("--batch", "--quiet", "--passphrase", "")
    gpg(home, *batch, "--quick-generate-key", "bot@example.invalid", *QUICK)
    gpg(home, "init", "bot@example.invalid", program="pass")
    gpg(home, "insert", "--multiline", "binance/main", text=LINES, program="pass")
    encrypt = (
        "--encrypt",
        "--recipient",
        "bot@example.invalid",
        "--output",
        str(home / "binance.json.gpg"),
    )
    gpg(home, "--batch", *encrypt, text=json.dumps(PAIR))
    return home


@pytest.fixture(autouse=True)
def _as_that_user(request, monkeypatch) -> None:
    home = request.getfixturevalue("store")
    for name, text in environ(home).items():
        monkeypatch.setenv(name, text)


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_pair_is_read(program) -> None:
    credentials = load_credentials(f"command:{program}", config=CONFIG)
    assert PAIR["api_key"] == credentials.api_key.reveal()
    assert credentials.origin == f"command:{program}"


def test_the_profile_of_the_page_is_read() -> None:
    assert PAIR["api_key"] == load_credentials(config=CONFIG).api_key.reveal()


def test_a_live_handle_reads_what_was_changed(store) -> None:
    new = pair()
    with load_credentials("command:pass", config=CONFIG, live=True) as live:
        lines = LINES.replace(PAIR["api_key"], new["api_key"]).replace(
            PAIR["api_secret"], new["api_secret"]
        )
        gpg(store, "insert", "--multiline", "--force", "binance/main", text=lines, program="pass")
        live.refresh()
        assert new["api_key"] == live.current.api_key.reveal()
    gpg(store, "insert", "--multiline", "--force", "binance/main", text=LINES, program="pass")


def test_an_entry_that_is_not_there_is_not_taken_for_absent() -> None:
    """The exit code is the same as that of a locked key."""
    config = {"commands": {"pass": {"argv": ["pass", "show", "binance/none"]}}}
    error = caught(load_credentials, ["command:pass", "env://BINANCE"], config=config)
    assert ProviderUnavailableError is type(error)
    assert "gpg-agent" in error.hint


def test_a_key_with_a_passphrase_asks_nobody_without_a_terminal(store) -> None:
    """It fails at once, or the deadline ends it: nothing waits for an answer."""
    gpg(
        store, "--batch", "--passphrase", "closed", "--quick-generate-key", "locked@example.invalid",
        *QUICK,
    )  # fmt: skip
    locked = store / "locked.gpg"
    gpg(
        store,
        "--batch",
        "--encrypt",
        "--recipient",
        "locked@example.invalid",
        "--output",
        str(locked),
        text="x",
    )
    subprocess.run(["gpgconf", "--kill", "gpg-agent"], env=environ(store), check=True)  # it forgets
    config = {"commands": {"gpg": {"argv": ["gpg", "--batch", "--decrypt", str(locked)]}}}
    error = caught(load_credentials, "command:gpg", config=config, timeout_seconds=20)
    assert ProviderUnavailableError is type(error)
