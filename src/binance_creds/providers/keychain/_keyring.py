"""The code behind `keyring`; it needs the SDK."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, TypeVar

import keyring
from keyring.backend import SchemeSelectable, get_all_keyring
from keyring.backends.chainer import ChainerBackend

from binance_creds._parse._document import read_document
from binance_creds._raw import answer, content_version
from binance_creds._secret import Secret
from binance_creds._threads._bounded_calls import BoundedCalls
from binance_creds._warnings import warn
from binance_creds.errors import (
    ConfigurationError,
    CredentialsError,
    ProviderUnavailableError,
    SecretNotFoundError,
)
from binance_creds.providers._options import check_options
from binance_creds.providers.keychain._errors import HEADLESS_HINT, translated
from binance_creds.providers.keychain._items import hint_to_store, items_of, replaced, values_of
from binance_creds.providers.keychain._policy import OF_MACOS, class_path, refusal_of
from binance_creds.providers.remote._error_row import CHANGED
from binance_creds.providers.remote._provider import diagnosis_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from keyring.backend import KeyringBackend

    from binance_creds._raw import RawSecret, Unchanged
    from binance_creds._time._deadline import Deadline
    from binance_creds._uri import SourceURI
    from binance_creds.providers._protocols import Diagnosis
    from binance_creds.providers.keychain._items import Item, Items

__all__ = ["KeyringProvider"]

_T = TypeVar("_T")

# Of the process, not of a provider: every load makes a provider, and a hung daemon outlives it.
_CALLS: Final = BoundedCalls()
_FREEDESKTOP: Final = "keyring.backends.SecretService."
_PROMPT_HINT: Final = f"Answer its prompt, or unlock it before the program starts. {HEADLESS_HINT}"


class KeyringProvider:
    """Read, and on request write, items of the keychain.

    Options: `backend`, the class or module name of a keyring backend; `layout`, `items` or
    `security`; `allow_plaintext=true`, which takes a backend that does not encrypt.

    Raises:
        ConfigurationError: an unknown option, no service, or an option that the layout cannot use.
    """

    def __init__(self, uri: SourceURI) -> None:
        check_options(uri)
        self._uri = uri
        self._takes_plaintext = uri.flag("allow_plaintext")
        layout = uri.choice("layout", "items", "security")
        self._items = items_of(uri.location, layout)
        if not uri.location.strip("/"):
            msg = "the location is a service, such as in keyring://binance/main."
            raise ConfigurationError(msg, source=uri.redacted)
        is_whole = self._items[0].field is None
        if is_whole and uri.option("layout") is not None:
            msg = "the option 'layout' is for a service without an account."
            raise ConfigurationError(msg, source=uri.redacted)
        if uri.field and not is_whole:
            msg = "a #member is for one item that holds a document: keyring://SERVICE/ACCOUNT."
            raise ConfigurationError(msg, source=uri.redacted)

    def fetch(
        self, deadline: Deadline, *, known_version: str | None = None
    ) -> RawSecret | Unchanged:
        """Return what the keychain holds now; a prompt is waited for until the deadline.

        Raises:
            SecretNotFoundError: the keychain is unlocked and has no such item.
            ProviderUnavailableError: it is locked, or there was no answer in time.
            ConfigurationError: no backend, or none of this name.
            AccessDeniedError: the backend does not encrypt, or refuses this program.
            MalformedSecretError: two items of one name differ, or it is no text or document.
        """
        found, name = self._found(self._members(deadline), deadline)
        source = self._uri.redacted
        if not found:
            msg = f"the keychain ({name}) has no such item."
            raise SecretNotFoundError(msg, source=source, hint=hint_to_store(self._items[0]))
        return answer(self._fields(found), f"{source} ({name})", known_version)

    def store(
        self,
        fields: Mapping[str, Secret],
        deadline: Deadline,
        *,
        expected_version: str | None = None,
    ) -> str | None:
        """Write the fields as the new version in the layout of the URI, and read them back.

        Items of fields that are not given are deleted: an old secret must not stay with a new key.
        The first backend of a chain is written to. A keychain cannot compare and write in one step:
        programs of this library take turns, and what another one writes within the same moment may
        be replaced.

        Returns:
            The version that `fetch` will tell in this process.

        Raises:
            CredentialsError: it failed; its hint tells whether the old version is there again.
            ConflictError: what the keychain holds is not the expected version.
            ConfigurationError: the layout cannot hold these fields.
        """
        self._replace(values_of(self._items, fields), expected_version, deadline)
        return content_version(fields)

    def erase(self, deadline: Deadline, *, expected_version: str | None) -> None:
        """Delete the items, and look whether they are gone."""
        if expected_version is None:
            raise CHANGED.error().at(self._uri.redacted)
        self._replace(dict.fromkeys(self._items), expected_version, deadline)

    def diagnose(self, deadline: Deadline, *, poll_seconds: float) -> Diagnosis:
        """Return which backends are asked, in their order, and that they can be read.

        Raises:
            CredentialsError: no backend can be used, or it is locked.
        """
        members = self._members(deadline)
        self._found(members, deadline)
        if any(member.name.startswith("macOS ") for member in members):
            warn(OF_MACOS)
        names = ", then ".join(member.name for member in members)
        return diagnosis_of((f"this user's, at {names}", {"read": True}), poll_seconds=poll_seconds)

    def close(self) -> None:
        """Nothing is open."""

    def _replace(
        self, values: Mapping[Item, Secret | None], expected: str | None, deadline: Deadline
    ) -> None:
        from binance_creds._files._writer import turn  # noqa: PLC0415  # a load needs none

        source = self._uri.redacted
        if self._uri.field:
            msg = "a #member cannot be stored; store the whole item."
            raise ConfigurationError(msg, source=source)
        members = self._members(deadline)
        with turn(os.path.expanduser("~"), deadline, source=source):  # keychains compare nothing
            found, _ = self._found(members, deadline)
            if (content_version(self._fields(found)) if found else None) != expected:
                raise CHANGED.error().at(source)
            self._bounded(
                members[0].name, lambda: replaced(members[0], values, deadline) or (), deadline
            )

    def _members(self, deadline: Deadline) -> tuple[Items, ...]:
        """Return the backends in the order in which they are asked; asking D-Bus may block too."""
        return self._bounded("choosing", self._chosen, deadline)

    def _found(
        self, members: tuple[Items, ...], deadline: Deadline
    ) -> tuple[dict[Item, Secret], str]:
        return self._bounded(members[0].name, lambda: _read(members, self._items), deadline)

    def _fields(self, found: Mapping[Item, Secret]) -> dict[str, Secret]:
        whole = self._items[0]
        if whole.field is None:
            return read_document(found[whole], self._uri)
        return {str(item.field): secret for item, secret in found.items()}

    def _bounded(
        self, key: str, call: Callable[[], _T | CredentialsError], deadline: Deadline
    ) -> _T:
        try:
            return _CALLS.run(key, call, deadline)
        except CredentialsError as error:
            refusal = error.at(self._uri.redacted)
        if type(refusal) is ProviderUnavailableError and refusal.hint is None:
            refusal.message = f"the keychain does not answer: {refusal.message}"
            refusal.hint = _PROMPT_HINT
        raise refusal

    def _chosen(self) -> tuple[Items, ...] | CredentialsError:
        try:
            backend = _named(self._uri.option("backend"))
        except Exception as error:  # noqa: BLE001  # PYTHON_KEYRING_BACKEND names any module
            name = type(error).__name__
        else:
            if isinstance(backend, CredentialsError):
                return backend
            members = _chain(backend)
            refusal = refusal_of(members, takes_plaintext=self._takes_plaintext)
            return refusal or tuple(_items(member) for member in members)
        msg = f"keyring cannot load the backend that it is configured to use ({name})."
        return ConfigurationError(msg, hint=f"Check PYTHON_KEYRING_BACKEND. {HEADLESS_HINT}")


class BackendItems:
    """The items of one backend, through keyring."""

    def __init__(self, backend: KeyringBackend) -> None:
        self.name = str(backend.name)
        self._backend = backend

    def read(self, items: Iterable[Item]) -> dict[Item, Secret]:
        found = {item: self._one(item) for item in items}
        return {item: secret for item, secret in found.items() if secret is not None}

    def write(self, item: Item, secret: Secret) -> None:
        self._backend.set_password(item.service, item.account, secret.reveal())

    def delete(self, item: Item) -> None:
        self._backend.delete_password(item.service, item.account)

    def _one(self, item: Item) -> Secret | None:
        text = self._backend.get_password(item.service, item.account)
        return None if text is None else Secret(text)


def _items(backend: KeyringBackend) -> Items:
    items = BackendItems(backend)
    if not isinstance(backend, SchemeSelectable) or _FREEDESKTOP not in class_path(backend):
        return items
    from binance_creds.providers.keychain._secret_service import SecretServiceItems  # noqa: PLC0415  # Linux

    names = backend.schemes[backend.scheme]
    return SecretServiceItems(items, names, getattr(backend, "preferred_collection", None))


def _read(
    members: tuple[Items, ...], items: tuple[Item, ...]
) -> tuple[dict[Item, Secret], str] | CredentialsError:
    """Return all items from the first backend that has any: never a key and a secret of two."""
    try:
        for member in members:
            found = member.read(items)
            if found:
                return found, member.name
    except Exception as error:  # noqa: BLE001  # backends raise what D-Bus, kwallet or macOS give
        return translated(error)
    return {}, " and ".join(member.name for member in members)


def _chain(backend: KeyringBackend) -> list[KeyringBackend]:
    """Return the members of a chain, or one backend alone."""
    return backend.backends if isinstance(backend, ChainerBackend) else [backend]


def _named(wanted: str | None) -> KeyringBackend | ConfigurationError:
    if wanted is None:
        return keyring.get_keyring()
    known = {class_path(backend): backend for backend in get_all_keyring()}
    for path, backend in known.items():
        if wanted in {path, path.rpartition(".")[0], path.split(".")[-2]}:
            return backend
    usable = [it for it in sorted(known) if not refusal_of(_chain(known[it]), takes_plaintext=True)]
    msg = f"there is no usable keyring backend of this name; usable: {', '.join(usable) or 'none'}."
    return ConfigurationError(msg, hint=None if usable else HEADLESS_HINT)
