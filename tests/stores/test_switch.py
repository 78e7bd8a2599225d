"""One program reads every store; only BINANCE_CREDS_SOURCE differs."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import subprocess
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from shops import SHOPS
from support import plain_environ, token

from binance_creds._pyinstaller import get_hook_dirs
from binance_creds.live.push import _registry as push_registry
from binance_creds.providers._registry import BUILT_IN

pytestmark = pytest.mark.unmeasured

PROGRAM = Path(__file__).parents[2] / "examples" / "switch_stores.py"
IN_CHILD = Path(__file__).parent / "in_child"
PUSHES = [
    "pubsub://my-project/bot",
    "redis://127.0.0.1:1",
    "rediss://127.0.0.1:1",
    "signal:SIGUSR1",
    "sqs:https://sqs.eu-west-1.amazonaws.com/123456789012/bot",
    "storage-queue:https://account.queue.core.windows.net/bot",
]
NOT_HERE = {
    "command",  # needs a table of a configuration: a variable alone must not name a program
    "memory",  # what another process registered is not in this one: that is its point
}
SIGNED = b"recvWindow=5000&timestamp=1578963600000"


@pytest.fixture
def pair() -> dict[str, str]:
    return {"api_key": token(), "api_secret": token()}


def env(pair, folder, open_shop):
    return "env://BINANCE", _variables(pair)


def dotenv(pair, folder, open_shop):
    _write(folder / ".env", "\n".join(f"{k}={v}" for k, v in _variables(pair).items()))
    return "dotenv:.env", {}


def file(pair, folder, open_shop):
    _write(folder / "pair.json", json.dumps(pair))
    return "file:pair.json", {}


def keyring(pair, folder, open_shop):
    _write(folder / "shelf.json", json.dumps({"binance/main": json.dumps(pair)}))
    shelf = {
        "SHELF": str(folder / "shelf.json"),
        "PYTHON_KEYRING_BACKEND": "shelf_keychain.Keyring",
    }
    return "keyring://binance/main", shelf


def at_a_shop(scheme):
    def arrange(pair, folder, open_shop):
        shop = open_shop("vault" if scheme == "openbao" else scheme)
        name = f"bot-{token()[:12]}"
        shop.put(name, pair)
        return shop.source(name).replace(shop.scheme, scheme, 1), shop.environ

    return arrange


STORES = {
    "env": env, "dotenv": dotenv, "file": file, "keyring": keyring,
    **{scheme: at_a_shop(scheme) for scheme in (*SHOPS, "openbao")},
}  # fmt: skip


def test_no_scheme_is_forgotten() -> None:
    assert STORES.keys() | NOT_HERE == BUILT_IN.keys()
    assert {text.partition(":")[0] for text in PUSHES} == push_registry.BUILT_IN.keys()


@pytest.fixture(scope="session")
def frozen(tmp_path_factory) -> list[str]:
    """The command of a program that PyInstaller built, as a user's would be."""
    pytest.importorskip("PyInstaller")
    folder = tmp_path_factory.mktemp("frozen")
    paths = (PROGRAM.parents[1] / "src", PROGRAM.parent, IN_CHILD)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"),
            *(f"--paths={path}" for path in paths),
            *(f"--additional-hooks-dir={path}" for path in get_hook_dirs()),
            *("--runtime-hook", IN_CHILD / "sitecustomize.py", "--hidden-import", "shelf_keychain"),
            *("--distpath", folder, "--workpath", folder / "work", "--specpath", folder),
            IN_CHILD / "frozen_program.py",
        ],
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr
    return [str(folder / "frozen_program" / "frozen_program")]


@pytest.fixture(params=["script", pytest.param("frozen", marks=pytest.mark.frozen)])
def program(request) -> list[str]:
    """The command that runs the example."""
    is_script = request.param == "script"
    return [sys.executable, str(PROGRAM)] if is_script else request.getfixturevalue("frozen")


@pytest.mark.parametrize("scheme", STORES)
def test_the_same_program_reads(scheme, pair, tmp_path, open_shop, program) -> None:
    """And leaves no connection open at its end: that would be told on standard error."""
    source, environ = STORES[scheme](pair, tmp_path, open_shop)
    run = subprocess.run(
        program,
        env=plain_environ(
            BINANCE_CREDS_SOURCE=source,
            PYTHONWARNINGS="default::ResourceWarning",
            PYTHONPATH=os.pathsep.join([str(IN_CHILD), os.environ.get("PYTHONPATH", "")]),
            **environ,
        ),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (run.returncode, run.stderr) == (0, "")
    shown = dict(line.split(":", 1) for line in run.stdout.splitlines())
    assert shown["origin"].strip().startswith(f"{scheme}:")
    assert _fingerprint(pair) == shown["fingerprint"].strip()
    signature = hmac.new(pair["api_secret"].encode(), SIGNED, hashlib.sha256).hexdigest()
    assert signature == shown["signature"].strip()
    assert not any(value in run.stdout for value in pair.values())


@pytest.mark.frozen
def test_a_frozen_program_listens_and_trades(pair, frozen) -> None:
    """Every push source and adapter is there."""
    run = subprocess.run(
        [*frozen, *PUSHES],
        env=plain_environ(**_variables(pair)),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (run.returncode, run.stdout) == (0, f"{_fingerprint(pair)}\n"), run.stderr


@pytest.mark.frozen
def test_a_frozen_program_has_the_packaged_policies(frozen, tmp_path) -> None:
    """They are data: the age that this one says is in the error."""
    path = tmp_path / "config.toml"
    path.write_text(
        '[profiles.bot]\nsource = "env://A"\nverify = true\npolicy = "spot-trading"\n'
        "rotation_days = 91\n"
    )
    run = subprocess.run(
        frozen,
        env=plain_environ(BINANCE_CREDS_CONFIG=str(path)),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "the greatest age of policy 'spot-trading', 90 days" in run.stderr


@pytest.mark.frozen
def test_a_third_partys_scheme_is_found_in_a_frozen_program(frozen) -> None:
    """By the entry point of an installed package, whose provider has no such secret."""
    run = subprocess.run(
        frozen,
        env=plain_environ(BINANCE_CREDS_SOURCE="scripted:nothing"),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "SecretNotFoundError: scripted:nothing" in run.stderr


def test_the_hook_is_where_the_entry_point_says() -> None:
    """The group and the name that PyInstaller asks for: its manual, "Providing PyInstaller Hooks"."""
    project = tomllib.loads((PROGRAM.parents[1] / "pyproject.toml").read_text())["project"]
    (value,) = project["entry-points"]["pyinstaller40"].values()
    (folder,) = EntryPoint("hook-dirs", value, "pyinstaller40").load()()
    assert (Path(folder) / "hook-binance_creds.py").is_file()


def _fingerprint(pair: dict[str, str]) -> str:
    return hashlib.sha256(pair["api_key"].encode()).hexdigest()[:8]


def _variables(pair: dict[str, str]) -> dict[str, str]:
    return {f"BINANCE_{name.upper()}": value for name, value in pair.items()}


def _write(path: Path, text: str) -> None:
    path.touch(0o600)
    path.write_text(text)
