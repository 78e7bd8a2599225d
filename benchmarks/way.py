"""The way of a value: how many files of the package are entered, and how often another one is.

Counted by a profile hook, over all threads, while nothing else happens; imports are done before.

    python benchmarks/way.py               the counts
    python benchmarks/way.py --sequence    also each change: the file, and what is called in it
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path

import binance_creds
from binance_creds import load_credentials

PACKAGE = str(Path(binance_creds.__file__).parent)
PATIENCE_SECONDS = 10


class Way:
    """Note each call of a function of the package, in its order within a thread."""

    def __init__(self) -> None:
        self.files: set[str] = set()
        self.hops: list[str] = []
        self._last: dict[int, str] = {}

    def __call__(self, frame, event: str, argument) -> None:
        name = frame.f_code.co_filename
        if event != "call" or not name.startswith(PACKAGE):
            return
        self.files.add(name)
        if self._last.get(threading.get_ident()) != name:
            self.hops.append(f"{name.removeprefix(PACKAGE)[1:]}: {frame.f_code.co_qualname}")
        self._last[threading.get_ident()] = name

    @contextmanager
    def counted(self, what: str):
        self.__init__()
        sys.setprofile(self)
        try:
            yield
        finally:
            sys.setprofile(None)
            changes = len(self.hops) - len(self._last)  # no thread changes with its first file
            print(f"{what}: {len(self.files)} files, {changes} changes of file")
            if "--sequence" in sys.argv:
                print(*(f"{number:6} {hop}" for number, hop in enumerate(self.hops)), sep="\n")


def write(path: Path, letter: str) -> None:
    new = path.with_suffix(".new")
    new.touch(0o600)
    new.write_text(f"BINANCE_API_KEY={letter * 63}1\nBINANCE_API_SECRET={letter * 63}2\n")
    new.rename(path)


def rest() -> None:
    """Wait for the threads that end by themselves: all is reported then."""
    for thread in threading.enumerate():
        if thread.name.startswith("binance-creds ") and thread.name != "binance-creds live":
            thread.join(PATIENCE_SECONDS)


def rotate(path: Path, swapped: threading.Event, letter: str) -> None:
    swapped.clear()
    write(path, letter)
    assert swapped.wait(PATIENCE_SECONDS)
    rest()


def main() -> None:
    way = Way()
    threading.setprofile(way)  # in the threads of the library, from their start
    os.environ.update(BINANCE_API_KEY="k1" * 32, BINANCE_API_SECRET="s2" * 32)
    load_credentials("env://BINANCE")
    with way.counted("a cold load from the environment"):
        load_credentials("env://BINANCE", fresh=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, ".env")
        write(path, "a")
        load_credentials(f"dotenv:{path}", live=True).close()
        rest()
        with way.counted("a live start"):
            live = load_credentials(f"dotenv:{path}", live=True)
        with live:
            swapped = threading.Event()
            live.on_rotation(lambda rotation: swapped.set())
            rotate(path, swapped, "b")
            with way.counted("a file change until the swap is reported"):
                rotate(path, swapped, "c")


if __name__ == "__main__":
    main()
