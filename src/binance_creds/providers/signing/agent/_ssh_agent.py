"""The code behind `ssh_agent`; it needs paramiko."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from binance_creds._enums import KeyType
from binance_creds.errors import AccessDeniedError, SecretNotFoundError
from binance_creds.providers.signing.agent._connection import (
    asked,
    keys_of,
    signature_of,
    socket_of,
)
from binance_creds.providers.signing.agent._public_half import (
    fingerprint_of,
    named_by,
    version_of,
)
from binance_creds.signers._public_key import unsupported

if TYPE_CHECKING:
    from binance_creds._time._deadline import Deadline
    from binance_creds.signers import KeyVersion, SignerURI

__all__ = ["AgentKey"]

_ALGORITHMS: Final = {KeyType.ED25519: "ssh-ed25519", KeyType.RSA: "rsa-sha2-256"}


class AgentKey:
    """Sign with one key of an SSH agent; the key stays there. Threads may share it.

    The agent signs the bytes as they are (RFC 8709 for Ed25519, RFC 8332 for RSA). A refusal is
    never tried again: the agent may have asked its owner.

    Raises:
        ConfigurationError: no fingerprint, or no agent is named.

    Attributes:
        is_pinned: always; a fingerprint names one key for ever.
    """

    is_pinned = True

    def __init__(self, uri: SignerURI) -> None:
        self._fingerprint = named_by(uri)
        self._socket = socket_of(uri)
        self._blob = b""  # the public key, once the agent has listed it

    def describe(self, deadline: Deadline) -> KeyVersion:
        """Return the key, which the agent must list. Blocks.

        Raises:
            SecretNotFoundError: it does not; a locked agent lists none.
            MalformedSecretError: `unsupported_key`.
            ProviderUnavailableError: no agent answers.
        """
        self._blob = self._listed(deadline)
        return version_of(self._blob)

    def sign(self, payload: bytes, version: KeyVersion, deadline: Deadline) -> bytes:
        """Return the raw signature. Blocks, each call on a connection of its own.

        Raises:
            AccessDeniedError: the agent has the key and does not sign with it.
            CredentialsError: as `describe` does.
        """
        blob = self._blob or self._listed(deadline)
        answer = asked(self._socket, deadline, lambda agent: signature_of(agent, blob, payload))
        if answer is None:
            self._listed(deadline)  # else it is locked, or has lost the key
            raise AccessDeniedError(
                "the SSH agent has the key and did not sign with it.",
                hint="Its owner may have declined, or it was added for other hosts only. See what"
                " the agent has with `ssh-add -l`, and add the key again.",
            )
        algorithm, signature = answer
        if algorithm != _ALGORITHMS[version.key_type]:
            raise unsupported(f"signed by this agent as {algorithm} only")
        return signature

    def close(self) -> None:
        """Nothing is open: each signature has a connection of its own."""

    def _listed(self, deadline: Deadline) -> bytes:
        blobs = asked(self._socket, deadline, keys_of)
        for blob in blobs:
            if fingerprint_of(blob) == self._fingerprint:
                return blob
        count = f"{len(blobs)} others" if blobs else "none at all"
        raise SecretNotFoundError(
            f"the SSH agent at {self._socket} does not list this key; it lists {count}.",
            hint="Add it with `ssh-add PATH`. A locked agent lists none: unlock it with"
            " `ssh-add -X`.",
        )
