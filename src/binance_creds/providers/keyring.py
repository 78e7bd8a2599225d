"""`keyring://SERVICE[/ACCOUNT]`: the keychain of the operating system.

Three layouts: one item with JSON (`keyring://binance/main`), one item a field
(`keyring://binance`), and the habit of macOS's `security` (`?layout=security`).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

import keyring
from keyring.backend import get_all_keyring
from keyring.errors import (
    InitError,
    KeyringError,
    KeyringLocked,
    NoKeyringError,
    PasswordSetError,
)

from binance_creds._parse._content_version import content_version
from binance_creds._parse._document import read_document
from binance_creds._raw import RawSecret, Unchanged
from binance_creds._secret import Secret
from binance_creds.errors import (
    AccessDeniedError,
    ConfigurationError,
    CredentialsError,
    MalformedSecretError,
    ProviderUnavailableError,
    SecretNotFoundError,
)
from binance_creds.providers._bounded import BoundedCalls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from keyring.backend import KeyringBackend

    from binance_creds._deadline import Deadline
    from binance_creds._uri import SourceURI

__all__ = ["KeyringProvider"]

_T = TypeVar("_T")

_CALLS: Final = BoundedCalls()  # a keychain asks its user one thing at a time anyway
_ITEMS: Final = {
    "api_key": "api-key",
    "api_secret": "api-secret",
    "private_key": "private-key",
    "passphrase": "passphrase",
    "environment": "environment",
    "created": "created",
    "rotation_days": "rotation-days",
}
_UNUSABLE: Final = ("keyring.backends.null", "keyring.backends.fail")
_PLAINTEXT: Final = "keyrings.alt"  # obfuscation at best
_HEADLESS: Final = (
    "On a machine without a desktop start one: dbus-run-session -- sh -c 'gnome-keyring-daemon"
    " --unlock --components=secrets; your-program', or use another source."
)


class _Item(NamedTuple):
    field: str | None
    service: str
    account: str


class KeyringProvider:
    """Read, and on request write, items of the keychain.

    Options: `backend` (a keyring backend by class or module name), `layout=security`,
    `allow_plaintext=true`. A prompt that nobody answers ends with the deadline.

    Raises:
        ConfigurationError: there is no service in the location, or an unknown option.
    """

    def __init__(self, uri: SourceURI) -> None:
        uri.allow_options("allow_plaintext", "backend", "layout")
        if not uri.location.strip("/"):
            msg = "the location of keyring:// is a service, such as keyring://binance/main."
            raise ConfigurationError(msg)
        self._uri = uri
        self._takes_plaintext = uri.flag("allow_plaintext")
        self._items = _items(uri.location, uri.choice("layout", "items", "security"))

    def fetch(
        self, deadline: Deadline, *, known_version: str | None = None
    ) -> RawSecret | Unchanged:
        """Return what the keychain holds now."""

        def read() -> tuple[dict[str | None, Secret], str] | CredentialsError:
            return self._guarded(lambda backend: (_read(backend, self._items), _name(backend)))

        found, backend_name = self._bounded(read, deadline)
        source = self._uri.redacted
        if not found:
            msg = f"the keychain ({backend_name}) has no such item."
            hint = f"Store one, e.g.: {_store_command(self._items[0])}"
            raise SecretNotFoundError(msg, source=source, hint=hint)
        fields = {str(field): secret for field, secret in found.items()}
        if None in found:
            fields = read_document(found[None], source=source, member=self._uri.field)
        version = content_version(fields)
        if version == known_version:
            return Unchanged(version)
        return RawSecret(fields, origin=f"{source} ({backend_name})", version=version)

    def store(self, fields: Mapping[str, Secret], deadline: Deadline) -> str | None:
        """Write the fields in the layout that the URI names; all of them or none.

        Raises:
            CredentialsError: the keychain refused, and what was there before is there again.
        """
        if self._items[0].field is None:
            document = {name: secret.reveal() for name, secret in fields.items()}
            values = {self._items[0]: Secret(json.dumps(document))}
            del document
        else:
            values = {i: fields[i.field] for i in self._items if i.field and i.field in fields}

        def write() -> CredentialsError | None:
            return self._guarded(lambda backend: _write(backend, values))

        self._bounded(write, deadline)
        return content_version(dict(fields))

    def close(self) -> None:
        """Nothing is open."""

    def _bounded(self, call: Callable[[], _T | CredentialsError], deadline: Deadline) -> _T:
        source = self._uri.redacted
        try:
            outcome = _CALLS.run(call, deadline)
        except ProviderUnavailableError as error:
            outcome = ProviderUnavailableError(
                f"the keychain: {error.message}",
                hint=f"Unlock it, or answer its prompt. {_HEADLESS}",
            )
        if isinstance(outcome, CredentialsError):
            raise outcome.at(source)
        return outcome

    def _guarded(self, use: Callable[[KeyringBackend], _T]) -> _T | CredentialsError:
        """Choose the backend and use it; return an error of ours for any of theirs."""
        try:
            return use(self._backend())
        except CredentialsError as error:
            return error.again()
        except Exception as error:  # noqa: BLE001  # backends raise what D-Bus, kwallet or macOS give
            return _typed(error)

    def _backend(self) -> KeyringBackend:
        wanted = self._uri.option("backend")
        backend = _named_backend(wanted) if wanted else keyring.get_keyring()
        for part in getattr(backend, "backends", None) or [backend]:
            module = type(part).__module__
            if module in _UNUSABLE:
                msg = "there is no usable keychain on this machine."
                raise ConfigurationError(msg, hint=_HEADLESS)
            if module.startswith(_PLAINTEXT) and not self._takes_plaintext:
                msg = f"the keychain backend {_name(part)} keeps secrets readable on disk."
                hint = "Configure another backend; allow_plaintext=true takes the risk."
                raise AccessDeniedError(msg, hint=hint)
        return backend


def _items(location: str, layout: str) -> tuple[_Item, ...]:
    service, _, account = location.strip("/").partition("/")
    if account:
        return (_Item(None, service, account),)
    if layout == "security":
        return tuple(_Item(f, f"{service}-{name}", service) for f, name in _ITEMS.items())
    return tuple(_Item(field, service, name) for field, name in _ITEMS.items())


def _read(backend: KeyringBackend, items: tuple[_Item, ...]) -> dict[str | None, Secret]:
    found: dict[str | None, Secret] = {}
    for item in items:
        text = backend.get_password(item.service, item.account)
        if text is not None:
            found[item.field] = Secret(text)
            del text
    return found


def _write(backend: KeyringBackend, values: Mapping[_Item, Secret]) -> None:
    """Write every value, read it back, and undo all of it if one fails."""
    before = {item: _read(backend, (item,)).get(item.field) for item in values}
    done: list[_Item] = []
    try:
        for item, secret in values.items():
            done.append(item)
            _write_one(backend, item, secret)
    except Exception:
        for item in done:
            _restore(backend, item, before[item])
        raise


def _write_one(backend: KeyringBackend, item: _Item, secret: Secret) -> None:
    backend.set_password(item.service, item.account, secret.reveal())
    if _read(backend, (item,)).get(item.field) != secret:
        msg = "what was written does not read back."
        raise ProviderUnavailableError(msg, hint="Check the keychain's backend.")


def _restore(backend: KeyringBackend, item: _Item, before: Secret | None) -> None:
    if before is not None:
        backend.set_password(item.service, item.account, before.reveal())
    elif backend.get_password(item.service, item.account) is not None:
        backend.delete_password(item.service, item.account)


def _named_backend(wanted: str) -> KeyringBackend:
    usable = {_path(backend): backend for backend in get_all_keyring()}
    for path, backend in usable.items():
        if wanted in {path, *_short_names(path)}:
            return backend
    names = ", ".join(sorted(usable)) or "none"
    msg = f"there is no usable keyring backend of this name; usable: {names}."
    raise ConfigurationError(msg)


def _path(backend: KeyringBackend) -> str:
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


def _short_names(path: str) -> Iterator[str]:
    module, _, _ = path.rpartition(".")
    yield module.rpartition(".")[2]


def _name(backend: KeyringBackend) -> str:
    return str(backend.name)


def _store_command(item: _Item) -> str:
    return f"keyring set {item.service} {item.account}"


def _typed(error: Exception) -> CredentialsError:  # noqa: PLR0911  # a table: one row, one return
    """Map what a backend raised; its text is not repeated: backends quote what they got."""
    match error:
        case NoKeyringError():  # no backend at all: headless, or no D-Bus session
            return ConfigurationError(
                "there is no usable keychain on this machine.", hint=_HEADLESS
            )
        case KeyringLocked():  # the user dismissed the prompt, or nobody is there to answer it
            return ProviderUnavailableError(
                "the keychain is locked.", hint=f"Unlock it. {_HEADLESS}"
            )
        case InitError():  # the Secret Service or kwallet daemon did not start
            return ProviderUnavailableError("the keychain did not start.", hint=_HEADLESS)
        case PasswordSetError():  # another program owns the item, or all is read-only
            return AccessDeniedError("the keychain refused to store the item.")
        case KeyringError():  # anything else that a backend reports itself
            return ProviderUnavailableError(f"the keychain failed ({type(error).__name__}).")
        case UnicodeDecodeError():  # an item that holds bytes which are not text
            return MalformedSecretError("the item is not UTF-8 text.", reason="not_utf8")
    # D-Bus errors of SecretStorage and kwallet: the daemon died, or the session ended
    return ProviderUnavailableError(
        f"the keychain does not answer ({type(error).__name__}).", hint=_HEADLESS
    )
