"""What a signature costs whose key stays outside, beside a key in the process and its floor."""

from __future__ import annotations

import base64
import json
import os
import secrets
import shutil
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from benchmarks.core import Bench, Case, Comparison
from binance_creds import Environment, Secret, load_credentials
from binance_creds._credentials import Credentials
from binance_creds._facts import Facts
from binance_creds.adapters import websockets
from binance_creds.providers import memory
from binance_creds.signers import Ed25519Signer, KeyVersion
from binance_creds.signers._outside import OutsideSigner
from binance_creds.signers._public_key import key_version
from binance_creds.testing import FakeExchange

TITLE: Final = "Remote signers"
ABOUT: Final = (
    "One signature of an order's text, by the clock, with Ed25519 keys: in the process, in OpenSSH's"
    " agent, and in a SoftHSM token. The floor of the agent is one message and its answer over a"
    " connection that is there; that of the token is `python-pkcs11` alone. Both places are on this"
    " machine: a network comes on top. Vaults and clouds are not among them, as no server of theirs"
    " is installed by a package. Then orders over the WebSocket API, to a local exchange."
)
PAYLOAD: Final = b"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.1&timestamp=1578963600000"
MARKET: Final = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.001"}
OK = 200
SIGNATURES, ORDERS, THREADS = 200, 100, 16
MODULE: Final = Path("/usr/lib/softhsm/libsofthsm2.so")
LOCAL: Final = "binance-creds, key in the process"


def comparisons(bench: Bench) -> Iterator[Comparison]:
    calls = {LOCAL: local()}
    calls |= of_agent(bench)
    calls |= of_token(bench)
    number = bench.number(SIGNATURES)
    yield Comparison(
        "One signature by the clock",
        "us",
        [Case(name, clocked(call, number)) for name, call in calls.items()],
        base=LOCAL,
    )
    ours = {name: call for name, call in calls.items() if name.startswith("binance-creds")}
    yield Comparison(
        f"Signatures a second, {THREADS} threads",
        "a second",
        [Case(name, together(call, number)) for name, call in ours.items()],
        base=LOCAL,
    )
    if bench.has("a logged-on session", "websockets"):
        yield orders(bench)


def orders(bench: Bench) -> Comparison:
    exchange = bench.stack.enter_context(FakeExchange())
    cases = [
        Case(name, clocked(order(bench, exchange, pause), bench.number(ORDERS)))
        for name, pause in ((LOCAL, 0), ("binance-creds, a key that takes 100 ms", 0.1))
    ]
    note = "A local key signs each order; the slow one has signed the logon, and signs no more."
    return Comparison("An order over a logged-on session", "us", cases, LOCAL, note)


def order(bench: Bench, exchange: FakeExchange, pause: float) -> Callable[[], object]:
    """Return what places an order on a session that is logged on."""
    key = SlowKey(pause)
    name = secrets.token_hex(32)
    exchange.keys.register_public_key(name, str(key.describe().public_key_pem))
    facts = Facts(Environment.LIVE, "memory:slow", 0.0, signed_by="slow:key" if pause else None)
    signer = OutsideSigner(key, key.describe(), "slow:key", timeout_seconds=5)
    creds = Credentials(Secret(name), signer if pause else Ed25519Signer(key.private), facts)
    url = f"{exchange.ws_url}/ws-api/v3"
    connection = bench.stack.enter_context(websockets.client(creds, url))

    def ask(method: str, params: dict[str, str]) -> None:
        connection.send(json.dumps({"id": 1, "method": method, "params": params}))
        if json.loads(connection.recv())["status"] != OK:
            raise RuntimeError(method)

    ask("session.logon", {})
    return lambda: ask("order.place", MARKET)


class SlowKey:
    """A key whose place takes its time."""

    is_pinned = True

    def __init__(self, pause: float) -> None:
        self._pause, self.private = pause, Ed25519PrivateKey.generate()

    def describe(self, deadline: object = None) -> KeyVersion:
        return key_version(self.private.public_key())

    def sign(self, payload: bytes, *_: object) -> bytes:
        time.sleep(self._pause)
        return self.private.sign(payload)

    def close(self) -> None:
        pass


def signing(name: str, **fields: str) -> Callable[[], object]:
    memory.register(name, {"api_key": "k1" * 32, **fields})
    creds = load_credentials(f"memory:{name}")
    return lambda: creds.sign(PAYLOAD)


def local() -> Callable[[], object]:
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return signing("remote-local", private_key=pem.decode())


def of_agent(bench: Bench) -> dict[str, Callable[[], object]]:
    if not bench.has("an SSH agent", "paramiko"):
        return {}
    if shutil.which("ssh-agent") is None:
        bench.left_out.append("an SSH agent: `ssh-agent` is not installed")
        return {}
    path, key = f"{bench.folder}/agent", f"{bench.folder}/key"
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", path], stdout=subprocess.DEVNULL)
    bench.stack.callback(agent.wait)
    bench.stack.callback(agent.terminate)
    while not os.path.exists(path):
        time.sleep(0.01)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    added = {**os.environ, "SSH_AUTH_SOCK": path}
    subprocess.run(["ssh-add", "-q", key], check=True, env=added)
    listed = subprocess.run(["ssh-keygen", "-l", "-f", key], capture_output=True, text=True)
    uri = f"ssh-agent:{listed.stdout.split()[1]}?socket={path}"
    connection = bench.stack.enter_context(socket.socket(socket.AF_UNIX))
    connection.connect(path)
    blob = base64.b64decode(Path(f"{key}.pub").read_text().split()[1])
    return {
        "binance-creds, ssh-agent": signing("remote-agent", signer=uri),
        "one message to the agent, the floor": lambda: talked(connection, blob),
    }


def talked(connection: socket.socket, blob: bytes) -> bytes:
    parts = [struct.pack(">I", len(it)) + it for it in (blob, PAYLOAD)]
    body = b"\x0d" + b"".join(parts) + bytes(4)  # sign request, without flags
    connection.sendall(struct.pack(">I", len(body)) + body)
    (size,) = struct.unpack(">I", connection.recv(4))
    return connection.recv(size, socket.MSG_WAITALL)


def of_token(bench: Bench) -> dict[str, Callable[[], object]]:
    if not bench.has("a token", "pkcs11"):
        return {}
    if not MODULE.exists():
        bench.left_out.append("a token: SoftHSM is not installed")
        return {}
    from binance_creds import KeyType
    from binance_creds.rotation import keygen_outside

    folder, pin = bench.folder / "tokens", secrets.token_hex(8)
    folder.mkdir()
    configuration = bench.folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {folder}\n")
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    (bench.folder / "pin").write_text(pin)
    (bench.folder / "pin").chmod(0o600)
    make = ["softhsm2-util", "--init-token", "--free", "--label", "bot", "--pin", pin]
    subprocess.run([*make, "--so-pin", pin], check=True, stdout=subprocess.DEVNULL)
    uri = f"pkcs11:token=bot;object=ed?module-path={MODULE}&pin-source=file:{bench.folder}/pin"
    keygen_outside(uri, key_type=KeyType.ED25519)
    return {
        "binance-creds, pkcs11 (SoftHSM)": signing("remote-token", signer=uri),
        "python-pkcs11 alone, the floor": by_module(bench),
    }


def by_module(bench: Bench) -> Callable[[], object]:
    import pkcs11

    token = pkcs11.lib(str(MODULE)).get_token(token_label="bot")
    session = bench.stack.enter_context(token.open())  # the process has logged in
    key = session.get_key(pkcs11.ObjectClass.PRIVATE_KEY, label="ed")
    return lambda: key.sign(PAYLOAD, mechanism=pkcs11.Mechanism.EDDSA)


def clocked(call: Callable[[], object], number: int) -> Callable[[], float]:
    """Return a function that measures one of many calls, in microseconds by the clock."""

    def measure() -> float:
        began = time.perf_counter()
        for _ in range(number):
            call()
        return (time.perf_counter() - began) / number * 1e6

    call()
    return measure


def together(call: Callable[[], object], number: int) -> Callable[[], float]:
    """Return a function that measures how many calls a second many threads make."""

    def work() -> None:
        for _ in range(number):
            call()

    def measure() -> float:
        threads = [threading.Thread(target=work) for _ in range(THREADS)]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return THREADS * number / (time.perf_counter() - began)

    return measure
