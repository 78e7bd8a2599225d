"""What many tests need: keys that are made for the test, and credentials of them."""

from __future__ import annotations

import os
import secrets
import string
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from binance_creds import Credentials, KeyType, Secret
from binance_creds._chain._walk import built
from binance_creds._plan import Plan
from binance_creds._raw import RawSecret
from binance_creds._time._deadline import Deadline
from binance_creds.testing import FakeExchange, IssuedKey

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def token() -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(64))


def pair(**more: str) -> dict[str, str]:
    return {"api_key": token(), "api_secret": token(), **more}


def raw(origin: str = "memory:test", **fields: str) -> RawSecret:
    return RawSecret({name: Secret(text) for name, text in fields.items()}, origin=origin)


def build(plan: Plan | None = None, **fields: str) -> Credentials:
    return built(raw(**fields), plan or Plan(()), Deadline())


def new_key(key_type: KeyType = KeyType.HMAC) -> IssuedKey:
    return FakeExchange().issue(key_type)


def rotations(few: int, many: int):
    """Return a mark: so many rotations in each run, and many when every case is asked for."""
    whole = pytest.param(many, marks=pytest.mark.product)
    return pytest.mark.parametrize("rotations", [few, whole])


def plain_environ(**more: str) -> dict[str, str]:
    """Return the environment for a child process that is not measured: measuring imports a lot."""
    return {k: v for k, v in os.environ.items() if not k.startswith("COV")} | more


@contextmanager
def child(code: str, **environ: str):
    """Run code in a Python of its own; nothing of it is left after the block."""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=plain_environ(**environ),
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def caught(call, *arguments, **options) -> BaseException:
    """Return what a call raises, with its traceback."""
    try:
        call(*arguments, **options)
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


def write_dotenv(path: Path, fields: Mapping[str, str], *, mode: int = 0o600) -> None:
    """Write a `.env` as an editor does: a new file that takes the old one's name."""
    new = path.with_suffix(".new")
    new.touch(mode)
    new.chmod(mode)
    new.write_text("".join(f"BINANCE_{name.upper()}='{value}'\n" for name, value in fields.items()))
    new.rename(path)
