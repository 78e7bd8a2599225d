"""The tutorial, carried out as it is printed, shows what it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from support import plain_environ
from waiting import wait_for

PAGE = Path(__file__).parents[2] / "docs" / "tutorial.md"
BLOCK = re.compile(
    r"^```(?:python file|console (?=run|of))(.*?)\n(.*?)^```", re.MULTILINE | re.DOTALL
)
FINGERPRINT = re.compile(r"\b[0-9a-f]{8}\b")
HOME = "/home/bot"  # what the page calls the working directory


class Desk:
    """A folder, a shell, and the programs that run beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.running = folder, ExitStack()
        self._real: dict[str, str] = {}
        programs = folder.parent / "bin"
        programs.mkdir()
        for name, words in {"python": "", "binance-creds": "-m binance_creds"}.items():
            (programs / name).write_text(f'#!/bin/sh\nexec {sys.executable} {words} "$@"\n')
            (programs / name).chmod(0o700)
        path = os.pathsep.join([str(programs), os.environ["PATH"]])
        self._environ = plain_environ(
            PATH=path, HOME=str(folder.parent), PYTHONPATH=os.environ.get("PYTHONPATH", "")
        )

    def do(self, info: str, text: str) -> None:
        """Carry out a block, and compare what it prints with what the page says."""
        if info.startswith("="):
            (self.folder / info[1:]).write_text(text)
        elif info.startswith("of="):
            self._has_printed(info[3:], text)
        elif info == "run=background":
            command, _, shown = text.partition("\n")
            self._start(command.removeprefix("$ "), shown)
        else:
            for command, shown in re.findall(r"^\$ (.*)\n((?:[^$].*\n|\n)*)", text, re.MULTILINE):
                self._run(command, shown)

    def _run(self, command: str, shown: str) -> None:
        done = subprocess.run(
            ["sh", "-c", f"{self._known(command)} 2>&1"], cwd=self.folder, env=self._environ,
            stdout=subprocess.PIPE, text=True, check=False, timeout=60,
        )  # fmt: skip
        self._compare(shown, done.stdout)

    def _start(self, command: str, shown: str) -> None:
        name = command.split()[-1]
        output = self.running.enter_context((self.folder / f"{name}.out").open("w"))
        process = subprocess.Popen(
            command.split(), cwd=self.folder, env=self._environ,
            stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.running.callback(process.wait)
        self.running.callback(process.terminate)
        self._has_printed(name, shown)

    def _has_printed(self, name: str, shown: str) -> None:
        output = self.folder / f"{name}.out"
        wait_for(lambda: output.read_text().count("\n") >= shown.count("\n"), name)
        self._compare(shown, output.read_text())

    def _compare(self, shown: str, printed: str) -> None:
        """Every fingerprint of the page stands for one key."""
        printed = printed.replace(str(self.folder), HOME)
        self._real.update(
            zip(FINGERPRINT.findall(shown), FINGERPRINT.findall(printed), strict=True)
        )
        assert self._known(shown) == printed

    def _known(self, text: str) -> str:
        return FINGERPRINT.sub(lambda it: self._real.get(it[0], it[0]), text)


@pytest.fixture
def desk(tmp_path):
    folder = tmp_path / "bot"
    folder.mkdir(0o700)
    desk = Desk(folder)
    with desk.running:
        yield desk


def test_the_tutorial_does_what_it_says(desk) -> None:
    blocks = BLOCK.findall(PAGE.read_text())
    assert len(blocks) > 8
    for info, text in blocks:
        desk.do(info, text)
