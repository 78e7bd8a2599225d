"""One conversation with an SSH agent, within a deadline.

Source: draft-ietf-sshm-ssh-agent, SSH Agent Protocol.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from typing import TYPE_CHECKING, Any, Final

from paramiko.agent import AgentKey, AgentSSH
from paramiko.message import Message
from paramiko.ssh_exception import SSHException

from binance_creds.errors import (
    AccessDeniedError,
    ConfigurationError,
    CredentialsError,
    ProviderUnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from binance_creds._time._deadline import Deadline
    from binance_creds._uri import SourceURI

    _T = TypeVar("_T")

__all__ = ["asked", "keys_of", "signature_of", "socket_of"]

_SHA2: Final = "rsa-sha2-256"  # asked for by name: without it an agent signs RSA with SHA-1
_PAUSE_SECONDS: Final = 0.002  # about as long as an agent takes for a signature
_LONGEST_MESSAGE: Final = 256 * 1024  # bytes each way, as OpenSSH bounds it; others may say more
_AROUND_PAYLOAD: Final = 13  # bytes: the number of the request, two lengths and the flags
_LONGEST_PATH: Final = 103 if sys.platform == "darwin" else 107  # bytes: sun_path, without its NUL


class _Socket:
    """A connection that gives up at the deadline, however slowly the answer trickles."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)

    def connect(self, path: str) -> None:
        """Connect; while the agent's queue is full, try again: the system tells nobody of room."""
        while True:
            self._in_time()
            try:
                return self._socket.connect(path)
            except BlockingIOError:
                time.sleep(_PAUSE_SECONDS)

    def send(self, data: bytes) -> None:
        self._in_time()
        self._socket.sendall(data)

    def recv(self, size: int) -> bytes:
        if size > _LONGEST_MESSAGE:
            msg = "an answer is too long"
            raise SSHException(msg)
        self._in_time()
        return self._socket.recv(size)

    def close(self) -> None:
        self._socket.close()

    def _in_time(self) -> None:
        remaining = self._deadline.remaining_seconds
        if not remaining:
            raise TimeoutError
        self._socket.settimeout(remaining)


def socket_of(uri: SourceURI) -> str:
    """Return the path of an agent's socket: of the option, else of the environment.

    Raises:
        ConfigurationError: neither names one, or by a relative path or one that is too long.
    """
    path = os.path.expanduser(uri.option("socket") or os.environ.get("SSH_AUTH_SOCK", ""))
    if not path:
        msg = "no SSH agent is named: SSH_AUTH_SOCK is not set."
        raise ConfigurationError(
            msg,
            hint='Start one with `eval "$(ssh-agent)"`, or write ?socket=PATH; a service does not'
            " inherit the variable from your shell.",
        )
    if not os.path.isabs(path):
        msg = "the path of the agent's socket is relative."
        raise ConfigurationError(msg, hint="Write it from / on, or with ~/.")
    if len(os.fsencode(path)) > _LONGEST_PATH:
        msg = f"the path of the agent's socket is longer than {_LONGEST_PATH} bytes."
        hint = "The system connects to no longer one: name a link to it with a shorter path."
        raise ConfigurationError(msg, hint=hint)
    return path


def asked(path: str, deadline: Deadline, ask: Callable[[Any], _T]) -> _T:
    """Return what an agent answers, over a connection of its own.

    Answers carry no number, so that a connection is never shared.

    Raises:
        CredentialsError: it does not answer, or refuses the connection.
    """
    connection = _Socket(deadline)
    try:
        connection.connect(path)
        return ask(_agent(connection))
    except (OSError, SSHException) as error:
        refusal = _refusal(error, path)
    finally:
        connection.close()
    raise refusal


def keys_of(agent: Any) -> list[bytes]:
    """Return the public keys that an agent lists, as SSH writes them; a locked one lists none."""
    agent._connect(agent._conn)  # noqa: SLF001  # as below
    return [key.blob for key in agent.get_keys()]


def signature_of(agent: Any, blob: bytes, payload: bytes) -> tuple[str, bytes] | None:
    """Return the algorithm and the signature, or `None` if the agent refuses.

    Raises:
        ConfigurationError: the payload is too long for an agent, which would hang up.
    """
    if len(payload) + len(blob) + _AROUND_PAYLOAD > _LONGEST_MESSAGE:
        msg = "the payload is too long: an SSH agent takes 256 KiB with the public key."
        raise ConfigurationError(msg, hint="Sign it with a key that is loaded here.")
    key: Any = AgentKey(agent, blob)
    try:
        answer = Message(key.sign_ssh_data(payload, _SHA2 if key.name == "ssh-rsa" else None))
    except SSHException as error:
        if "cannot be used for signing" in str(error):
            return None
        raise
    return answer.get_text(), answer.get_binary()


def _agent(connection: _Socket) -> Any:
    """Return paramiko's end of a conversation; its own opens no socket but SSH_AUTH_SOCK."""
    agent: Any = AgentSSH()
    agent._conn = connection  # noqa: SLF001  # see above
    return agent


def _refusal(error: Exception, path: str) -> CredentialsError:
    if isinstance(error, PermissionError):
        msg = f"this user may not use the SSH agent at {path}."
        return AccessDeniedError(msg, hint="Name an agent of this user.")
    if isinstance(error, TimeoutError):
        msg = f"the SSH agent at {path} did not answer in time."
        hint = "It may ask its owner for a confirmation; raise `timeout`, or look at its window."
        return ProviderUnavailableError(msg, hint=hint)
    msg = f"no SSH agent answers at {path}."
    hint = "Start one there with `ssh-agent -a PATH`, or name another socket by ?socket=PATH."
    return ProviderUnavailableError(msg, hint=hint)
