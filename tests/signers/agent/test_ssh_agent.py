"""A key in an SSH agent signs there: OpenSSH's own, and agents that are none."""

from __future__ import annotations

import base64
import os
import socket
import struct
import threading
from contextlib import ExitStack, suppress

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from ssh_agents import Agent, answering, fingerprint, framed, text
from support import caught, token
from waiting import PATIENCE, timed

from binance_creds import KeyType, load_credentials
from binance_creds.errors import (
    AccessDeniedError,
    ConfigurationError,
    MalformedSecretError,
    ProviderUnavailableError,
    SecretNotFoundError,
)
from binance_creds.providers import Deadline
from binance_creds.providers.signing import key_of, opened_signer
from binance_creds.signers import SignerURI
from binance_creds.testing import SignerContract, assert_no_leak

PAYLOAD = b"symbol=BTCUSDT&timestamp=1700000000000"
ABSENT = "SHA256:" + "a" * 43


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    agent = Agent(tmp_path_factory.mktemp("agent"))
    yield agent
    agent.stop()


@pytest.fixture(scope="module")
def names(shared) -> dict[str, str]:
    """A fingerprint of each kind; making an RSA key takes long."""
    return {"ed25519": shared.add(), "rsa": shared.add("rsa", bits="2048")}


@pytest.fixture
def agent(tmp_path):
    agent = Agent(tmp_path)
    yield agent
    agent.resume()
    agent.stop()


def uri_of(agent: Agent, name: str, **options: str) -> SignerURI:
    more = "".join(f"&{option}={value}" for option, value in options.items())
    return SignerURI.parse(f"ssh-agent:{name}?socket={agent.socket}{more}")


def opened(uri: SignerURI):
    return opened_signer(uri, Deadline(PATIENCE))


class TestLaws(SignerContract):
    """Of OpenSSH's agent."""

    @pytest.fixture(autouse=True, params=["ed25519", "rsa"])
    def _agent(self, shared, names, request) -> None:
        self.agent = shared
        self.name = names[request.param]

    @pytest.fixture(autouse=True)
    def _silent(self, tmp_path):
        with answering(f"{tmp_path}/silent", lambda _: ()) as path:
            self.path = path
            yield

    def uri(self) -> str:
        return f"ssh-agent:{self.name}?socket={self.agent.socket}"

    def missing(self) -> str:
        return f"ssh-agent:{ABSENT}?socket={self.agent.socket}"

    def silent(self) -> str:
        return f"ssh-agent:{self.name}?socket={self.path}"


def test_a_program_signs_as_with_a_dotenv_file(shared, monkeypatch) -> None:
    """Nothing but two variables: the API key, and where the other half stays."""
    name = shared.add()
    monkeypatch.setenv("SSH_AUTH_SOCK", shared.socket)
    monkeypatch.setenv("BINANCE_API_KEY", token())
    monkeypatch.setenv("BINANCE_SIGNER", f"ssh-agent:{name}")
    creds = load_credentials("env://BINANCE")
    assert creds.key_type is KeyType.ED25519
    assert creds.is_sealed
    assert creds.signed_by == f"ssh-agent:{name}"
    assert f"signed by    ssh-agent:{name}" in str(creds.explain())
    assert creds.signer.public_key_pem() == shared.public_pem()
    assert_no_leak(shared.path.read_text().splitlines()[3], creds)


def test_two_keys_are_told_apart(shared) -> None:
    """Each fingerprint signs with its own key."""
    pems = []
    for _ in range(2):
        signer = opened(uri_of(shared, shared.add()))
        assert signer.public_key_pem() == shared.public_pem()
        pems.append(signer.public_key_pem())
        assert (
            signer.origin.removeprefix("ssh-agent:").removesuffix("?socket=...") in shared.names()
        )
    assert len(set(pems)) == 2


def test_an_rsa_key_is_never_used_with_sha1(tmp_path) -> None:
    """Some agents ignore the flag that asks for SHA-256."""
    numbers = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    line = numbers.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).split()[1]

    blob = base64.b64decode(line)

    def answer(said: bytes):
        if said[0] == 11:
            yield framed(12, struct.pack(">I", 1), text(blob), text(b"old"))
        else:
            yield framed(14, text(text(b"ssh-rsa") + text(b"s" * 256)))

    with answering(f"{tmp_path}/old", answer) as path:
        uri = SignerURI.parse(f"ssh-agent:{fingerprint(blob)}?socket={path}")
        refusal = caught(opened, uri)
    assert isinstance(refusal, MalformedSecretError)
    assert refusal.reason == "unsupported_key"
    assert "ssh-rsa" in refusal.message


@pytest.mark.parametrize(("kind", "bits"), [("ecdsa", "256"), ("rsa", "1024")])
def test_a_kind_that_binance_does_not_take_is_refused(shared, kind, bits) -> None:
    name = shared.add(kind, bits=bits)
    refusal = caught(opened, uri_of(shared, name))
    assert isinstance(refusal, MalformedSecretError)
    assert refusal.reason == "unsupported_key"


@pytest.mark.parametrize(
    "kind", [b"sk-ssh-ed25519@openssh.com", b"ssh-ed25519-cert-v01@openssh.com"]
)
def test_hardware_keys_and_certificates_are_named_and_refused(tmp_path, kind) -> None:
    """They sign another text than they are given, or are no keys."""
    blob = text(kind) + text(b"k" * 32)
    listed = framed(12, struct.pack(">I", 1), text(blob), text(b"other"))
    with answering(f"{tmp_path}/other", lambda _: [listed]) as path:
        refusal = caught(opened, SignerURI.parse(f"ssh-agent:{fingerprint(blob)}?socket={path}"))
    assert isinstance(refusal, MalformedSecretError)
    assert kind.decode() in refusal.message


def test_a_locked_agent_comes_back_without_a_restart(agent) -> None:
    """A signer that was opened before signs again."""
    signer = opened(uri_of(agent, agent.add()))
    agent.lock()
    refusal = caught(signer.sign, PAYLOAD)
    assert isinstance(refusal, SecretNotFoundError)
    assert "none at all" in refusal.message
    assert "ssh-add -X" in refusal.hint
    agent.unlock()
    assert signer.sign(PAYLOAD)


def test_an_owner_who_declines_is_asked_once(agent) -> None:
    """`ssh-add -c`: nobody confirms here, and a second question would be a nuisance."""
    refusal = caught(opened, uri_of(agent, agent.add("ed25519", "-c")))
    assert isinstance(refusal, AccessDeniedError)
    assert "did not sign" in refusal.message


def test_an_agent_that_crashed_is_unavailable_until_it_is_back(agent) -> None:
    signer = opened(uri_of(agent, agent.add()))
    path = agent.path
    agent.kill()
    for _ in range(2):
        refusal = caught(signer.sign, PAYLOAD)
        assert isinstance(refusal, ProviderUnavailableError)
        assert agent.socket in refusal.message

        if os.path.exists(agent.socket):
            os.unlink(agent.socket)
    agent.start()
    agent.add_again(path)
    assert signer.sign(PAYLOAD)


def test_an_agent_that_listens_elsewhere_now_signs(agent, tmp_path_factory, monkeypatch) -> None:
    """Where the variable leads is asked at each load, while the signer of before is alive."""
    uri = SignerURI.parse(f"ssh-agent:{agent.add()}")
    monkeypatch.setenv("SSH_AUTH_SOCK", agent.socket)
    before = opened(uri)
    other = Agent(tmp_path_factory.mktemp("other"))
    other.add_again(agent.path)
    agent.kill()
    monkeypatch.setenv("SSH_AUTH_SOCK", other.socket)
    after = opened(uri)
    assert after.sign(PAYLOAD)
    assert isinstance(caught(before.sign, PAYLOAD), ProviderUnavailableError)
    other.stop()


def test_an_agent_whose_queue_is_full_is_waited_for(tmp_path) -> None:
    """The system says so at once: an agent that asks its owner takes no connections meanwhile."""
    path = f"{tmp_path}/busy"
    with socket.socket(socket.AF_UNIX) as server, ExitStack() as queue:
        server.bind(path)
        server.listen(0)
        fill(path, queue)
        key = key_of(SignerURI.parse(f"ssh-agent:{ABSENT}?socket={path}"))
        refusal = caught(key.describe, Deadline(0.3))
    assert isinstance(refusal, ProviderUnavailableError)
    assert "did not answer in time" in refusal.message


def fill(path: str, queue: ExitStack) -> None:
    """Connect until no more connections are queued."""
    with suppress(BlockingIOError):
        while True:
            one = queue.enter_context(socket.socket(socket.AF_UNIX))
            one.setblocking(False)
            one.connect(path)


def test_an_answer_that_trickles_ends_with_the_deadline(tmp_path) -> None:
    """A timeout for each part would wait for ever."""
    go_on = threading.Event()

    def answer(_: bytes):
        yield struct.pack(">I", 1000)
        while not go_on.wait(0.05):
            yield b"x"

    with answering(f"{tmp_path}/slow", answer) as path, timed() as spent:
        uri = SignerURI.parse(f"ssh-agent:{ABSENT}?socket={path}")
        refusal = caught(opened_signer, uri, Deadline(0.3))
        go_on.set()
    assert isinstance(refusal, ProviderUnavailableError)
    assert spent.fair < PATIENCE


@pytest.mark.parametrize(
    "parts", [[b"\xff\xff\xff\xff"], [framed(5)], [framed(12)[:4]], [b"\0\0\0\1"]]
)
def test_what_is_no_agent_is_told_as_unavailable(tmp_path, parts) -> None:
    """Something else listens there, or says too much."""

    def answer(_: bytes):
        yield from parts
        raise OSError  # and hangs up

    with answering(f"{tmp_path}/foreign", answer) as path:
        refusal = caught(opened, SignerURI.parse(f"ssh-agent:{ABSENT}?socket={path}&timeout=1s"))
    assert isinstance(refusal, ProviderUnavailableError), refusal


@pytest.mark.parametrize(
    ("uri", "what"),
    [
        ("ssh-agent:MD5:aa:bb", "fingerprint"),
        ("ssh-agent:", "fingerprint"),
        (f"ssh-agent:{ABSENT}", "SSH_AUTH_SOCK is not set"),
        (f"ssh-agent:{ABSENT}?socket=agent.sock", "relative"),
        (f"ssh-agent:{ABSENT}?socket=/{'a' * 107}", "longer than"),
        (f"ssh-agent:{ABSENT}?timeout=5", "duration"),
    ],
)
def test_what_is_wrong_with_a_uri_is_told_before_anything_is_asked(uri, what, monkeypatch) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    refusal = caught(opened, SignerURI.parse(uri))
    assert isinstance(refusal, ConfigurationError)
    assert what in refusal.message


def test_a_payload_of_more_than_an_agent_takes_is_refused(shared, names) -> None:
    """It would hang up, which looks like an agent that is not there."""
    signer = opened(uri_of(shared, names["ed25519"]))
    most = 256 * 1024 - 13 - 51  # without the public key
    assert signer.sign(b"a" * most)
    refusal = caught(signer.sign, b"a" * (most + 1))
    assert ConfigurationError is type(refusal)
    assert "256 KiB" in refusal.message


def test_an_agent_of_another_user_is_denied(tmp_path, monkeypatch) -> None:
    """The system says so when the socket is opened."""

    def connect(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(socket.socket, "connect", connect)
    refusal = caught(opened, SignerURI.parse(f"ssh-agent:{ABSENT}?socket={tmp_path}/agent"))
    assert isinstance(refusal, AccessDeniedError)
