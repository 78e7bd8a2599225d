"""The code behind `signing_key`; it needs the SDK."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import hvac.exceptions

from binance_creds._enums import KeyType
from binance_creds.providers.remote._call import Remote
from binance_creds.providers.remote._provider import timeouts_of
from binance_creds.providers.vault._answers import member
from binance_creds.providers.vault._asking import Asking
from binance_creds.providers.vault._errors import TABLE, is_absent
from binance_creds.providers.vault._options import login_of
from binance_creds.providers.vault.transit._errors import ABSENT, DENIED, translated
from binance_creds.providers.vault.transit._options import pinned_version, place_of
from binance_creds.providers.vault.transit._versions import raw_signature, signing_version
from binance_creds.signers._making import not_made, of_type, unnameable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds._time._deadline import Deadline
    from binance_creds.providers.vault._session import VaultSession
    from binance_creds.signers import KeyVersion, SignerURI

__all__ = ["TransitKey"]

# By kind: the endpoint, what stands behind the name of the key, the parameters, and the member of
# the answer. Source: Vault API documentation, Transit, sign data and generate HMAC.
_OF_KIND: Final[Mapping[KeyType, tuple[str, str, Mapping[str, str], str]]] = {
    KeyType.ED25519: ("sign", "", {}, "signature"),
    KeyType.RSA: (
        "sign",
        "",
        {"hash_algorithm": "sha2-256", "signature_algorithm": "pkcs1v15"},
        "signature",
    ),
    KeyType.HMAC: ("hmac", "/sha2-256", {}, "hmac"),
}
_MADE: Final = {KeyType.ED25519: "ed25519", KeyType.RSA: "rsa-2048"}


class TransitKey:
    """Sign with one key of a Transit engine; the key stays there. Threads may share it.

    Options: `key_version` pins; those of a login are the same as for `vault://`.

    Raises:
        ConfigurationError: no address, or a location without mount and name.

    Attributes:
        is_pinned: whether there is a `key_version`.
    """

    def __init__(self, uri: SignerURI) -> None:
        self._pinned = pinned_version(uri)
        self.is_pinned = self._pinned is not None
        self._mount, self._name = (quote(part) for part in place_of(uri))
        self._asking = Asking(login_of(uri), denied=DENIED, is_known=self._is_known)
        self._remote = Remote(
            uri,
            loggers=("hvac", "requests", "urllib3"),
            translated=translated,
            forget_login=lambda _: False,  # `Asking` logs in anew after a 403
        )
        # The redacted URI is the same for every address and namespace.
        self._of_login = f"{hash((self._asking.login, uri)):x}"

    def describe(self, deadline: Deadline) -> KeyVersion:
        """Return the pinned version of the key, or the latest. Blocks.

        Raises:
            SecretNotFoundError: there is no such key, or no such version.
            SecretDisabledError: the version may no longer sign, or the key is soft-deleted.
            MalformedSecretError: `unsupported_key`.
            CredentialsError: as the table of `_errors` says.
        """
        return self._remote.call(
            lambda: self._described(deadline), deadline, purpose=f"describe {self._of_login}"
        )

    def create(self, key_type: KeyType, deadline: Deadline) -> KeyVersion:
        """Make the key, which nobody can export, and return its first version. Blocks.

        The engine leaves a key alone that has this name already.

        Raises:
            ConfigurationError: there is a `key_version`, or the type is HMAC.
            ConflictError: a key of another type has this name.
            CredentialsError: as `describe` does.
        """
        kind = _MADE.get(key_type)
        if kind is None:
            raise not_made("Transit", key_type)
        if self.is_pinned:
            raise unnameable("Leave out the option `key_version`.")

        def created() -> KeyVersion:
            self._ask("post", f"keys/{self._name}", deadline, json={"type": kind})
            return of_type(self._described(deadline), key_type)

        return self._remote.call(created, deadline, purpose=f"create {self._of_login}")

    def sign(self, payload: bytes, version: KeyVersion, deadline: Deadline) -> bytes:
        """Return the raw signature. Blocks; up to 16 threads are served at the same time.

        Raises:
            CredentialsError: as `describe` does.
        """
        endpoint, behind, parameters, name = _OF_KIND[version.key_type]
        asked = {
            "input": b64encode(payload).decode("ascii"),
            "key_version": int(version.name or 0),
            **parameters,
        }

        def signed() -> bytes:
            path = f"{endpoint}/{self._name}{behind}"
            answer = self._ask("post", path, deadline, json=asked)
            return raw_signature(member(answer, "data").get(name), version)

        return self._remote.sign(signed, deadline, purpose=f"sign {self._of_login}")

    def close(self) -> None:
        """Nothing is open: the session is the process's."""

    def _described(self, deadline: Deadline) -> KeyVersion:
        answer = self._ask("get", f"keys/{self._name}", deadline)
        return signing_version(member(answer, "data"), self._pinned)

    def _ask(self, method: str, path: str, deadline: Deadline, **more: Any) -> Any:
        """Return an answer; half of the time is left for a second attempt."""

        def asked(session: VaultSession) -> Any:
            client = session.client()
            url, timeout = f"/v1/{self._mount}/{path}", timeouts_of(deadline.share(2))
            try:
                return client.adapter.request(method, url, timeout=timeout, **more)
            except hvac.exceptions.InvalidPath as error:
                if not is_absent(error):
                    raise
            raise TABLE.error(ABSENT)

        return self._asking.ask(asked)

    def _is_known(self, client: hvac.Client) -> bool:
        path = f"{self._mount}/keys/{self._name}"
        try:
            client.adapter.get(f"/v1/sys/internal/ui/mounts/{path}")
        except hvac.exceptions.Forbidden:  # no such mount, or nothing allowed in it
            return False
        return True
