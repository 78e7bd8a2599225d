"""The commands of the page about rotation print what it says, from the first to the deleted key."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path

import pytest
from support import plain_environ, write_dotenv
from waiting import wait_for

from binance_creds import RefreshPolicy, Secret, load_credentials
from binance_creds.adapters.requests import client
from binance_creds.rotation import reports_of
from binance_creds.signers._fingerprint import fingerprint_of

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "keys" / "rotate.md"
BLOCKS = re.findall(r"^```console\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
A_DAY_LATER = 2  # the number of the block before which the overlap has passed
HALF = "PUBLIC KEY-----"
LISTED = {"ip_list": ("127.0.0.1",)}
# What differs from run to run, and what stands for it where two texts are compared.
VARYING = (
    (re.compile(r"\b(?=[0-9a-f]*\d)[0-9a-f]{8}\b"), "FINGERPRINT"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?"), "TIME"),
    (re.compile(r"(?<=dotenv:)/\S*?(?=\.env)|(?<= )/\S*?/(?=bots)"), "FOLDER/"),
    (re.compile(r"(\S+) \(pid \d+ on \S+?\)"), "PROCESS"),
    (re.compile(r"^MCow\S+$", re.MULTILINE), "PUBLIC KEY"),
)


def plain(text: str) -> str:
    for pattern, name in VARYING:
        text = pattern.sub(name, text)
    return text.strip()


def steps(block: str):
    """Return the commands of a block, each with what it prints."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, printed = part.partition("\n")
        yield command, printed


class Desk:
    """Whoever goes through the page: a shell, the website of the exchange, and two bots."""

    def __init__(self, folder: Path, exchange) -> None:
        self.folder, self.exchange = folder, exchange
        old = exchange.issue(**LISTED)
        self.keys = [old.api_key]
        write_dotenv(folder / "pair.env", old.fields())
        self._write("binance-creds.toml", _configuration().replace("/srv/bots", f"{folder}/bots"))
        self._program = folder / "bin" / "binance-creds"
        self._program.parent.mkdir()
        self._program.write_text(f'#!/bin/sh\nexec {sys.executable} -m binance_creds "$@" $MORE\n')
        self._program.chmod(0o755)
        self.bots = [self._bot() for _ in range(2)]
        self.clients = [client(bot) for bot in self.bots]

    def _write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.touch(0o600)
        path.write_text(text)

    def _bot(self):
        return load_credentials(
            profile="main", config="binance-creds.toml", live=True, refresh=RefreshPolicy(poll=0.1)
        )

    def wait_for_reports(self) -> None:
        wait_for(lambda: len(reports_of(["bots"])) == len(self.bots), "the reports")

    @contextmanager
    def busy(self):
        """Let no bot switch inside the block, as orders of several legs do; then all do."""
        with ExitStack() as holds:
            for bot in self.bots:
                holds.enter_context(bot.hold())
            yield
        held = load_credentials("dotenv:pair.env", fresh=True).fingerprint
        wait_for(lambda: {held} == {one.fingerprint for one in reports_of(["bots"])})

    def key_of(self, fingerprint: str) -> str:
        keys = {fingerprint_of(Secret(key)): key for key in self.keys}
        return keys[fingerprint]

    def trade(self) -> None:
        for each in self.clients:
            each.get(f"{self.exchange.url}/api/v3/account").raise_for_status()

    def run(self, command: str, overlap: str) -> str:
        more = f"--base-url {self.exchange.url} --overlap {overlap}"
        done = subprocess.run(
            ["bash", "-e", "-c", command], cwd=self.folder, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=plain_environ(
                PATH=f"{self._program.parent}:/usr/bin:/bin", PYTHONUNBUFFERED="1",
                MORE=more if "rotate" in command else "",
                XDG_STATE_HOME=str(self.folder / "state"),
                BINANCE_CREDS_CONFIG=str(self.folder / "binance-creds.toml"),
            ),
        )  # fmt: skip
        return done.stdout

    def _asked(self) -> str:
        """Return what a command has written into a file for its user, once."""
        path = self.folder / "public-key.txt"
        text = path.read_text() if path.exists() else ""
        path.unlink(missing_ok=True)
        return text

    def act(self, printed: str) -> None:
        """Do what the output asks for, and what a person does between two commands."""
        if found := re.search(
            f"-----BEGIN {HALF}.*?-----END {HALF}", printed + self._asked(), re.DOTALL
        ):
            api_key = "n" + os.urandom(32).hex()[:63]
            self.exchange.keys.register_public_key(api_key, found[0], **LISTED)
            self._write("api-key.txt", api_key)
            self.keys.append(api_key)
        if "Delete the key" in printed:
            name = re.search(r"Delete the key (\w{8})", printed)[1]
            self.exchange.keys.revoke(self.key_of(name))
        self.trade()

    def close(self) -> None:
        for each in (*self.clients, *self.bots):
            each.close()


def _configuration() -> str:
    (text,) = re.findall(
        r"^```toml\n(\[profiles.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL
    )
    return text


@pytest.mark.skipif(sys.platform == "win32", reason="the page shows a shell")
def test_the_commands_print_what_the_page_says(tmp_path, exchange, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tmp_path.chmod(0o700)
    desk = Desk(tmp_path, exchange)
    try:
        desk.wait_for_reports()
        for number, block in enumerate(BLOCKS):
            for command, expected in steps(block):
                with desk.busy() if "--abort" in command else nullcontext():
                    printed = desk.run(command, "1ms" if number == A_DAY_LATER else "24h")
                assert plain(expected) == plain(printed), printed
                desk.act(printed)
    finally:
        desk.close()
    assert exchange.mixed() == []
