"""The items of the Secret Service: GNOME Keyring, KeePassXC, KWallet 6.

keyring's own reading of it misses three things that people do: `secret-tool` items with the
attribute `account` instead of `username`, items in another collection than the default, and two
items of one name, of which it gives whichever the daemon lists first (`keyring set` after
`secret-tool store` makes a second item, and the old value goes on being read).
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Final

import secretstorage

from binance_creds._secret import Secret
from binance_creds.errors import MalformedSecretError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jeepney.io.blocking import (  # type: ignore[import-untyped]  # it ships no types
        DBusConnection,
    )
    from secretstorage.dhcrypto import Session

    from binance_creds.providers.keychain._items import Item, Items

__all__ = ["SecretServiceItems"]

# A prompt stays for five minutes, so that somebody can answer it after the caller has gone. Not for
# ever: a daemon that dies meanwhile never says that its prompt ended. Older ones know no timeout.
PROMPT: Final = {"timeout": 300.0} if secretstorage.__version_tuple__ >= (3, 5) else {}


class SecretServiceItems:
    """Read every collection; write where the item is, or where keyring puts a new one.

    Args:
        keyring_items: the same keychain through keyring; it adds new items.
        names: keyring's names of the attributes `service` and `username`, its scheme.
        collection: the path of the only collection to use, or `None` for all.
    """

    def __init__(
        self, keyring_items: Items, names: Mapping[str, str], collection: str | None
    ) -> None:
        self.name = keyring_items.name
        self._keyring_items = keyring_items
        self._names = names
        self._collection = collection

    def read(self, items: Iterable[Item]) -> dict[Item, Secret]:
        """Return those that are there.

        Raises:
            MalformedSecretError: two items of one name differ.
        """
        wanted = list(items)
        with closing(secretstorage.dbus_init()) as connection:
            found = {item: self._search(connection, item) for item in wanted}
            if not any(found.values()):
                # KeePassXC hides the items of a locked database: unlock before saying "absent".
                _unlock_default(connection, self._collection)
                found = {item: self._search(connection, item) for item in wanted}
            return {item: _one(item, entries) for item, entries in found.items() if entries}

    def write(self, item: Item, secret: Secret) -> None:
        """Replace every item of this name, whoever made it, so that no old value stays behind."""
        with closing(secretstorage.dbus_init()) as connection:
            entries = self._search(connection, item)
            for entry in entries:
                _unlock(entry)
                entry.set_secret(secret.reveal().encode())
        if not entries:
            self._keyring_items.write(item, secret)

    def delete(self, item: Item) -> None:
        """Delete every item of this name."""
        with closing(secretstorage.dbus_init()) as connection:
            for entry in self._search(connection, item):
                _unlock(entry)
                entry.delete()

    def _search(self, connection: DBusConnection, item: Item) -> list[secretstorage.Item]:
        entries: dict[str, secretstorage.Item] = {}
        for query in self._queries(item):
            if self._collection is None:
                found = secretstorage.search_items(connection, query)
            else:
                found = secretstorage.Collection(connection, self._collection).search_items(query)
            entries.update((entry.item_path, entry) for entry in found)
        return list(entries.values())

    def _queries(self, item: Item) -> Iterator[dict[str, str]]:
        yield {self._names["service"]: item.service, self._names["username"]: item.account}
        yield {"service": item.service, "account": item.account}  # a habit with secret-tool


def _one(item: Item, entries: list[secretstorage.Item]) -> Secret:
    secrets = []
    session: Session | None = None
    for entry in entries:
        _unlock(entry)
        entry.session = session  # one key exchange for all of them
        secrets.append(Secret(entry.get_secret()))
        session = entry.session
    if any(secret != secrets[0] for secret in secrets):
        msg = f"several items of service {item.service!r} and account {item.account!r} differ."
        hint = (
            "keyring and secret-tool each made one. Delete both and store one: secret-tool clear"
            f" service {item.service} username {item.account}"
        )
        raise MalformedSecretError(msg, reason="ambiguous", field=item.field, hint=hint)
    return secrets[0]


def _unlock(entry: secretstorage.Item) -> None:
    if entry.is_locked():
        entry.unlock(**PROMPT)  # blocks until a prompt is answered; dismissed is still locked


def _unlock_default(connection: DBusConnection, path: str | None) -> None:
    """Unlock the collection that keyring would read; one that does not exist holds nothing."""
    try:
        collection = (
            secretstorage.Collection(connection, path)
            if path
            else secretstorage.Collection(connection)
        )
    except secretstorage.ItemNotFoundException:  # pragma: no cover  # gnome-keyring always has one
        return
    if collection.is_locked():
        collection.unlock(**PROMPT)
        collection.ensure_not_locked()
