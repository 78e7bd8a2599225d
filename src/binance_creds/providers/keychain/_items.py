"""The items of a keychain: where the layouts put fields, and how a new version replaces an old."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from binance_creds._raw import VALUE
from binance_creds.errors import ConfigurationError, CredentialsError, ProviderUnavailableError
from binance_creds.providers.keychain._errors import translated
from binance_creds.providers.remote._payload import document_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from binance_creds._secret import Secret
    from binance_creds._time._deadline import Deadline

__all__ = ["ITEM_NAMES", "Item", "Items", "hint_to_store", "items_of", "replaced", "values_of"]

ITEM_NAMES: Final = {
    "api_key": "api-key",
    "api_secret": "api-secret",
    "private_key": "private-key",
    "passphrase": "passphrase",
    "signer": "signer",
    "environment": "environment",
    "created": "created",
    "rotation_days": "rotation-days",
}
"""The account of each field where every field is an item."""


class Item(NamedTuple):
    """One item; `field` is `None` where it holds the whole credential."""

    field: str | None
    service: str
    account: str


class Items(Protocol):
    """What a keychain lets us do; every call blocks and raises whatever the backend raises."""

    name: str

    def read(self, items: Iterable[Item]) -> dict[Item, Secret]:
        """Return those that are there."""

    def write(self, item: Item, secret: Secret) -> None:
        """Add or replace one."""

    def delete(self, item: Item) -> None:
        """Delete one that is there."""


def hint_to_store(item: Item) -> str:
    """Return a command that stores it; its names may have come with a repository."""
    return f"Store it, e.g.: keyring set {quote(item.service)} {quote(item.account)}"


def items_of(location: str, layout: str) -> tuple[Item, ...]:
    """Return the items that a source names."""
    service, _, account = location.strip("/").partition("/")
    if account:
        return (Item(None, service, account),)
    if layout == "security":
        return tuple(Item(f, f"{service}-{name}", service) for f, name in ITEM_NAMES.items())
    return tuple(Item(field, service, name) for field, name in ITEM_NAMES.items())


def values_of(items: tuple[Item, ...], fields: Mapping[str, Secret]) -> dict[Item, Secret | None]:
    """Return what each item shall hold; `None` for those that a new version does not have.

    Raises:
        ConfigurationError: the fields are none that this layout can hold.
    """
    whole = items[0].field is None
    if whole and fields.keys() == {VALUE}:
        return {items[0]: fields[VALUE]}
    if not fields or not fields.keys() <= ITEM_NAMES.keys():
        msg = f"the fields that can be stored are {', '.join(ITEM_NAMES)}."
        raise ConfigurationError(msg)
    if whole:
        return {items[0]: document_of(fields)}
    return {item: fields.get(item.field or "") for item in items}


def replaced(
    items: Items, values: Mapping[Item, Secret | None], deadline: Deadline
) -> CredentialsError | None:
    """Write a version, read it back, and put the old one back if anything fails.

    Also when the deadline passes meanwhile: the caller has been told that nothing was stored.
    """
    try:
        before = items.read(values)
    except Exception as error:  # noqa: BLE001  # the table knows what backends raise
        return translated(error)
    failure = _written(items, values, before, deadline)
    if failure is None:
        return None
    if _put_back(items, before, values):
        return _noted(failure, "What was there before is there again.")
    return _noted(failure, "The old version could not be put back: store the credential again.")


def _written(
    items: Items,
    values: Mapping[Item, Secret | None],
    before: Mapping[Item, Secret],
    deadline: Deadline,
) -> CredentialsError | None:
    try:
        for item, secret in values.items():
            if secret is not None:
                items.write(item, secret)
            elif item in before:
                items.delete(item)
            if deadline.is_over:
                return ProviderUnavailableError("the keychain did not finish in time.")
        if items.read(values) == {i: s for i, s in values.items() if s is not None}:
            return None
    except Exception as error:  # noqa: BLE001  # as above
        return translated(error)
    return ProviderUnavailableError("what was written does not read back.")


def _put_back(items: Items, before: Mapping[Item, Secret], touched: Iterable[Item]) -> bool:
    """Return whether everything is as it was; go on past a failure to put back what can be."""
    wanted = list(touched)
    for item in wanted:
        try:
            now = items.read([item]).get(item)
            if item in before and now != before[item]:
                items.write(item, before[item])
            elif item not in before and now is not None:
                items.delete(item)
        except Exception:  # noqa: BLE001, S112  # told by the comparison below
            continue
    try:
        return items.read(wanted) == before
    except Exception:  # noqa: BLE001  # the keychain is gone: nobody knows
        return False


def _noted(error: CredentialsError, note: str) -> CredentialsError:
    noted = error.again()
    noted.hint = f"{note} {error.hint or ''}".strip()
    return noted
