"""Keys on this machine: in OpenSSH's agent, and in a token of SoftHSM."""

from __future__ import annotations

import base64
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
from typing import Any, Final

from benchmarks.core import Bench
from benchmarks.outside.places import PAYLOAD, Call, Place, signing

MODULE: Final = Path("/usr/lib/softhsm/libsofthsm2.so")
SIGN_REQUEST: Final = b"\x0d"
KINDS: Final = {  # arguments of ssh-keygen, and the flags of a request (RFC 8332: SHA-256)
    "Ed25519": (["-t", "ed25519"], 0),
    "RSA-2048": (["-t", "rsa", "-b", "2048"], 2),
}


def agent(bench: Bench) -> Iterator[Place]:
    if not bench.has("an SSH agent", "paramiko"):
        return
    if shutil.which("ssh-agent") is None:
        bench.left_out.append("an SSH agent: `ssh-agent` is not installed")
        return
    path = f"{bench.folder}/agent"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", path], stdout=subprocess.DEVNULL)
    bench.stack.callback(process.wait)
    bench.stack.callback(process.terminate)
    while not os.path.exists(path):
        time.sleep(0.01)
    for kind, (options, flags) in KINDS.items():
        print_, blob = added(f"{bench.folder}/key-{kind}", options, path)
        uri = f"ssh-agent:{print_}?socket={path}"
        ours = signing(f"agent-{kind}", signer=uri)
        yield Place(f"ssh-agent, {kind}", ours, message(path, blob, flags))


def added(key: str, options: list[str], path: str) -> tuple[str, bytes]:
    """Make a key and give it to the agent; return its fingerprint and its public half."""
    subprocess.run(["ssh-keygen", "-q", "-N", "", "-f", key, *options], check=True)
    environ = {**os.environ, "SSH_AUTH_SOCK": path}
    subprocess.run(["ssh-add", "-q", key], check=True, env=environ)
    listed = subprocess.run(["ssh-keygen", "-l", "-f", key], capture_output=True, text=True)
    half = Path(f"{key}.pub").read_text().split()[1]
    return listed.stdout.split()[1], base64.b64decode(half)


def message(path: str, blob: bytes, flags: int) -> Call:
    """Return what sends one message, and reads the answer, over a connection that is there."""
    parts = [struct.pack(">I", len(it)) + it for it in (blob, PAYLOAD)]
    body = SIGN_REQUEST + b"".join(parts) + struct.pack(">I", flags)
    connected = for_each_thread(lambda: connection(path))

    def talk() -> bytes:
        there = connected()
        there.sendall(struct.pack(">I", len(body)) + body)
        (size,) = struct.unpack(">I", there.recv(4))
        return there.recv(size, socket.MSG_WAITALL)

    return talk


def connection(path: str) -> socket.socket:
    made = socket.socket(socket.AF_UNIX)
    made.connect(path)
    return made


def token(bench: Bench) -> Iterator[Place]:
    if not bench.has("a token", "pkcs11"):
        return
    if not MODULE.exists():
        bench.left_out.append("a token: SoftHSM is not installed")
        return
    from binance_creds import KeyType
    from binance_creds.rotation import keygen_outside

    options = f"module-path={MODULE}&pin-source=file:{new_token(bench.folder)}"
    kinds = {"Ed25519": KeyType.ED25519, "RSA-2048": KeyType.RSA}
    uris = {kind: f"pkcs11:token=bot;object={kind}?{options}" for kind in kinds}
    for kind, key_type in kinds.items():
        keygen_outside(uris[kind], key_type=key_type)
    for kind, uri in uris.items():
        yield Place(f"SoftHSM, {kind}", signing(f"token-{kind}", signer=uri), by_module(kind))


def new_token(folder: Path) -> Path:
    """Make a token; return the file with its PIN."""
    tokens, configuration, file = folder / "tokens", folder / "softhsm2.conf", folder / "pin"
    tokens.mkdir()
    configuration.write_text(f"directories.tokendir = {tokens}\n")
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    file.touch(0o600)
    file.write_text(pin := secrets.token_hex(8))
    make = ["softhsm2-util", "--init-token", "--free", "--label", "bot", "--pin", pin]
    subprocess.run([*make, "--so-pin", pin], check=True, stdout=subprocess.DEVNULL)
    return file


def by_module(kind: str) -> Call:
    """Return what signs by the module alone: threads take turns, as it knows of none."""
    import pkcs11

    mechanism = {
        "Ed25519": pkcs11.Mechanism.EDDSA,
        "RSA-2048": pkcs11.Mechanism.SHA256_RSA_PKCS,
    }[kind]
    session = (
        pkcs11.lib(str(MODULE)).get_token(token_label="bot").open()
    )  # the process has logged in
    key = session.get_key(pkcs11.ObjectClass.PRIVATE_KEY, label=kind)
    turn = threading.Lock()

    def sign() -> bytes:
        with turn:
            return key.sign(PAYLOAD, mechanism=mechanism)

    return sign


def for_each_thread(make: Callable[[], Any]) -> Callable[[], Any]:
    """Return what gives each thread one of its own."""
    own = threading.local()

    def get() -> Any:
        try:
            return own.made
        except AttributeError:
            own.made = make()
            return own.made

    return get
