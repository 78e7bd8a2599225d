"""Count the copies of a secret in the memory of a program, from another process.

The program stops itself wherever it wants to be measured. Then all of its writable memory is
searched: the heap, the stacks, what was freed and not yet used again. Only whole occurrences
count. The program gets the secret from its source and from nowhere else.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from base64 import b64encode
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import binance_creds

if TYPE_CHECKING:
    from collections.abc import Iterator

STOP = "os.kill(os.getpid(), signal.SIGSTOP)"
_REGION = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+ *(.*)")


def why_not() -> str:
    """Return why no program can be measured here; empty if it can."""
    if not os.path.exists("/proc/self/mem"):
        return "there is no /proc/PID/mem"
    try:
        with stopped("", {}) as stops:
            next(stops)("x")
    except PermissionError:
        return "this user must not read the memory of its own programs (ptrace)"
    return ""


@contextmanager
def stopped(code: str, environ: dict[str, str], folder: Path | None = None) -> Iterator:
    """Run code, and give for each of its stops a function that counts a secret.

    Args:
        code: has `os` and `signal`; it stops with `STOP`, and once more at its end.
        environ: all that the program finds in its environment.
        folder: where it begins.
    """
    program = f"import os, signal\n{code}\n{STOP}"
    with subprocess.Popen(
        [sys.executable, "-c", program], env=environ, cwd=folder, stderr=subprocess.PIPE
    ) as process:
        try:
            yield _stops(process)
        finally:
            process.kill()


def forms(secret: str | bytes) -> set[bytes]:
    """Return how a secret lies in memory: text, of a PEM its body with and without lines; a key."""
    if isinstance(secret, bytes):
        return _parts(secret)
    lines = [line for line in secret.splitlines() if not line.startswith("-----")]
    texts = {separator.join(lines) for separator in ("", "\n", "\r\n", "\\n")}
    return {text.encode(code) for text in texts for code in ("utf-8", "utf-16-le", "utf-32-le")}


def _parts(key: bytes) -> set[bytes]:
    """Return what betrays a seed or a number: two parts of each form, as a line may end in one."""
    hexadecimal = key.hex().encode()
    whole = [key, key[::-1], _digits(key), hexadecimal, hexadecimal.upper(), *_base64(key)]
    return {form[at : at + 16] for form in whole for at in (4, len(form) // 2)}


def _digits(key: bytes) -> bytes:
    """Return a number as CPython keeps it: 30 bits in each 32."""
    number, digits = int.from_bytes(key, "big"), []
    while number:
        number, digit = divmod(number, 1 << sys.int_info.bits_per_digit)
        digits.append(digit.to_bytes(4, sys.byteorder))
    return b"".join(digits)


def _base64(key: bytes) -> Iterator[bytes]:
    """Give what stands for a key in base64 of something longer, such as DER, wherever it begins."""
    for before, spoilt in enumerate((0, 2, 3)):
        yield b64encode(bytes(before) + key)[spoilt:-4]


def _stops(process: subprocess.Popen):
    while True:
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            raise AssertionError(process.stderr.read().decode())
        yield lambda secret: _count(process.pid, forms(secret))
        os.kill(process.pid, signal.SIGCONT)


def _count(pid: int, wanted: set[bytes]) -> int:
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        return sum(_in(memory, *ends, wanted) for ends in _writable(pid))


def _in(memory, start: int, end: int, wanted: set[bytes]) -> int:
    found = os.pread(memory.fileno(), end - start, start)
    assert len(found) == end - start
    return sum(found.count(form) for form in wanted)


def _writable(pid: int) -> list[tuple[int, int]]:
    regions: list[tuple[int, int]] = []
    with open(f"/proc/{pid}/maps") as maps:
        for line in maps:
            start, end, rights, name = _REGION.match(line).groups()
            if "w" not in rights or name in {"[vvar]", "[vsyscall]"}:
                continue
            begin = int(start, 16)
            if regions and regions[-1][1] == begin:
                begin = regions.pop()[0]
            regions.append((begin, int(end, 16)))
    return regions


class Kept:
    """A pair in every local source, each in a form that people write."""

    def __init__(self, folder: Path, api_key: str, secret: str) -> None:
        self.folder, self.secret = folder, secret
        field = "private_key" if secret.startswith("-----") else "api_secret"
        self.environ = {"BINANCE_API_KEY": api_key, f"BINANCE_{field.upper()}": secret}
        names = {"api_key": api_key, field: secret}
        files = {
            ".env": "".join(f'{name}="{text}"\n' for name, text in self.environ.items()),
            "pair.json": json.dumps(names),
            **{f"pair/{name}": text for name, text in names.items()},
        }
        (folder / "pair").mkdir(mode=0o700)
        for name, text in files.items():
            (folder / name).touch(0o600)
            (folder / name).write_text(text)

    def counts(self, source: str, code: str) -> list[int]:
        """Return the number of copies at each stop of a program."""
        is_environment = source.startswith("env:")
        environ = {"PYTHONPATH": str(Path(binance_creds.__file__).parents[1])}
        environ |= self.environ if is_environment else {}
        program = f"source = {source!r}\nfrom binance_creds import *\n{code}"
        with stopped(program, environ, self.folder) as stops:
            return [next(stops)(self.secret) for _ in range(code.count(STOP) + 1)]
