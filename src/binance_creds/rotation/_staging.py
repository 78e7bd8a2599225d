"""The step that puts a new pair where no bot reads it, whole or one half after the other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from binance_creds._enums import KeyType
from binance_creds._parse._clean import trimmed
from binance_creds.errors import ConflictError, ProviderUnavailableError
from binance_creds.rotation._events import Waiting
from binance_creds.rotation._keygen import completed, made_of, make_half
from binance_creds.rotation._state import Step
from binance_creds.signers._fingerprint import fingerprint_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from binance_creds._raw import RawSecret
    from binance_creds._secret import Secret
    from binance_creds.rotation._keygen import NewKey
    from binance_creds.rotation._setting import Places, SubAccount
    from binance_creds.rotation._state import Journal

__all__ = ["stage"]


def stage(
    journal: Journal,
    places: Places,
    new: Mapping[str, Secret],
    *,
    key_type: KeyType | None,
    sub_account: SubAccount | None,
    save: Callable[[Journal], None],
) -> Journal | Waiting:
    """Stage what was given, or make a key and wait for its API key.

    Raises:
        ConflictError: another pair waits there, or the new pair has the old key.
        CredentialsError: the store or the exchange failed.
    """
    half = places.staged.read()
    if half is None and (sub_account is not None or key_type is not None) and not new:
        make_half(places.staged, key_type or KeyType.ED25519)
        half = places.staged.read()
    if half is None:
        return _write(journal, places, new, None) if new else Waiting(Step.STAGE, _NO_PAIR)
    key = made_of(places.staged, half.fields)
    if not new and sub_account is not None:
        made = _made(journal, key, sub_account, save)
        if isinstance(made, Waiting):
            return made
        new = {"api_key": made}
    if not new:
        return Waiting(Step.STAGE, _NO_KEY, public_key=key.public_key)
    if new.keys() != {"api_key"}:
        msg = "a private key waits there for its API key, and another pair was given."
        hint = "Give its API key alone, or remove it: binance-creds rotate PROFILE --abort"
        raise ConflictError(msg, source=key.target, hint=hint)
    return _write(journal, places, {**half.fields, **new}, half)


def _write(
    journal: Journal, places: Places, new: Mapping[str, Secret], before: RawSecret | None
) -> Journal | Waiting:
    fields = dict(completed(new, places.target.read()))
    if "api_key" not in fields:  # a private key of one's own, which is not registered yet
        key = made_of(places.staged, fields)
        places.staged.write(fields, None)
        return Waiting(Step.STAGE, _NO_KEY, public_key=key.public_key)
    fields["api_key"] = trimmed(fields["api_key"])
    _refuse_old(journal, fields["api_key"])
    places.staged.write(fields, before)
    return journal


def _refuse_old(journal: Journal, api_key: Secret) -> None:
    if fingerprint_of(api_key) == journal.old:
        msg = "this is the API key that is to be replaced."
        raise ConflictError(msg, source=journal.target, hint="Give that of the new key.")


def _made(
    journal: Journal, key: NewKey, sub_account: SubAccount, save: Callable[[Journal], None]
) -> Secret | Waiting:
    if journal.was_asked:
        reason = (
            f"The exchange was asked for the key {sub_account.name!r}, and its answer was lost."
            " Give its API key, or delete it there and start again after an abort."
        )
        return Waiting(Step.STAGE, reason, public_key=key.public_key)
    save(replace(journal, was_asked=True))
    try:
        return sub_account.keys.create(
            sub_account.name,
            key.public_key,
            permissions=sub_account.permissions,
            ip_list=sub_account.ip_list,
        )
    except ProviderUnavailableError:
        raise
    except BaseException:
        save(journal)  # it was refused, and has made none
        raise


_NO_PAIR = (
    "There is no new pair yet. Give one, or have a key made (--keygen), then go on with --resume."
)
_NO_KEY = (
    "Register the public half at Binance, then go on with --resume, which asks for the API key."
)
