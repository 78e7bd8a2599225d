"""`SubAccountKeys`: keys of a sub-account, made and deleted by its master account.

No endpoint makes a key for the account that asks. A master account can make keys of its
sub-accounts, but not of those that it manages for investors.

Source: developers.binance.com, Sub Account, API Management (Create Sub-account API Key V2, Delete
Sub-account API Key), read on 2026-11-26.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from binance_creds._enums import Environment
from binance_creds._secret import Secret
from binance_creds._threads._bounded_calls import BoundedCalls
from binance_creds._time._deadline import Deadline
from binance_creds.errors import (
    ConfigurationError,
    ProviderUnavailableError,
    ThrottledError,
    VerificationError,
)
from binance_creds.exchange._check import ExchangeCheck
from binance_creds.exchange._findings import Market
from binance_creds.exchange._markets import checked_address, places_of
from binance_creds.exchange._memo import Pauses
from binance_creds.exchange._rejection import Meaning

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from binance_creds._credentials import Credentials
    from binance_creds._credentials_handle import CredentialsHandle
    from binance_creds.errors import CredentialsError
    from binance_creds.exchange._findings import Findings
    from binance_creds.exchange._line import Answer

__all__ = ["SubAccountKeys"]

_CREATE: Final = "/sapi/v2/sub-account/subAccountApi"
_DELETE: Final = "/sapi/v1/sub-account/subAccountApi"
_RIGHTS: Final = {
    "spot-and-margin-trading": "canTrade",
    "margin": "canMarginLoanRepay",
    "futures": "canFuturesTrade",
    "universal-transfer": "canUniversalTransfer",
    "vanilla-options": "canVanillaOptions",
    "fix-api-trade": "canFixApiTrading",
    "fix-read-only": "canFixApiReading",
}
_ALWAYS: Final = "reading"
_ANY, _LISTED = "1", "2"  # values of `status`: any address, or those of a list
_RECV_WINDOW_MS: Final = "5000"
_LONGEST_LIST: Final = 500  # characters
_UNKNOWN: Final = 500  # from this HTTP status on nobody knows whether it was carried out
_PAUSES: Final = Pauses()
_CALLS: Final = BoundedCalls(patience_seconds=2.0)  # as for checks
_LOOK: Final = "Look at the sub-account's keys in the API management before you try again."


class SubAccountKeys:
    """Make and delete API keys of one sub-account. Threads may share it. Its calls block.

    The private half of a new key never leaves its owner: the exchange gets the public one, so that
    no answer holds a secret. Needs a key of the master account that may trade, with an IP list.

        keys = SubAccountKeys(master, "alpha@example.com")
        api_key = keys.create("bot 2026-11", public_key, permissions={"futures"}, ip_list=[...])

    Args:
        master: credentials of the master account, or a handle, of which each call takes a snapshot.
        email: the address of the sub-account.
        base_url: as for `ExchangeCheck`.
        timeout_seconds: for all requests of one call together.

    Raises:
        ProviderNotInstalledError: httpx is not installed.
        ConfigurationError: an argument is wrong.
    """

    def __init__(
        self,
        master: CredentialsHandle,
        email: str,
        *,
        base_url: str | None = None,
        timeout_seconds: float = 10.0,
    ) -> None:
        self._check = ExchangeCheck(base_url=base_url, timeout_seconds=timeout_seconds)
        self._base_url = None if base_url is None else checked_address(base_url)
        self._master, self._email = master, email
        self._timeout_seconds = timeout_seconds

    def create(
        self,
        name: str,
        public_key: str,
        *,
        permissions: Collection[str],
        ip_list: Collection[str] = (),
    ) -> Secret:
        """Make a key, and return its API key.

        Args:
            name: of the key in the exchange's lists.
            public_key: the PEM of an Ed25519 or RSA public key.
            permissions: names such as `futures`; reading is always among them, and withdrawals
                cannot be.
            ip_list: addresses from which it may be used; any without.

        Raises:
            ConfigurationError: an argument is wrong.
            VerificationError: the exchange refuses it, or the master's key is not fit for it.
            ProviderUnavailableError: there is no answer; the key may have been made.
        """
        answer = self._changed(
            "POST",
            _CREATE,
            {
                "email": self._email,
                "apiName": name,
                **_addresses(ip_list),
                **_rights(permissions),
                "publicKey": public_key,
            },
        )
        api_key = (answer.body or {}).get("apiKey")
        if not isinstance(api_key, str) or not api_key:
            msg = "the exchange answered without the API key of the new key."
            raise ProviderUnavailableError(msg, hint=_LOOK)
        return Secret(api_key)

    def delete(self, api_key: Secret) -> None:
        """Delete a key.

        Args:
            api_key: of the sub-account, such as `credentials.api_key`.

        Raises:
            CredentialsError: as `create` does; without an answer it may have been deleted.
        """
        self._changed("DELETE", _DELETE, {"email": self._email, "subAccountApiKey": api_key})

    def __repr__(self) -> str:
        return f"SubAccountKeys({self._email!r})"

    def _changed(
        self,
        method: Literal["POST", "DELETE"],
        path: str,
        parameters: Mapping[str, str | Secret],
    ) -> Answer:
        used, deadline = self._master.current, Deadline(self._timeout_seconds)
        _refuse_elsewhere(used)
        _refuse_unfit(self._check.examine(used, deadline), used)
        ((_, place),) = places_of((Market.SPOT,), used.environment, self._base_url)
        timestamp = str(int(self._check.clock() * 1000))
        timed = {**parameters, "timestamp": timestamp, "recvWindow": _RECV_WINDOW_MS}

        from binance_creds.exchange._line import Answer, Line  # noqa: PLC0415  # httpx

        def ask() -> Answer:
            with Line(deadline, _PAUSES) as line:
                return line.changed(method, place.spot_address, path, timed, used)

        try:
            answer = _CALLS.run(f"sub-account {id(timed)}", ask, deadline)
        except ProviderUnavailableError:  # such as a name server that hangs
            answer = Answer(silence="there was no answer in time")
        if not answer.is_served:
            raise _error_of(answer, used)
        return answer


def _addresses(ip_list: Collection[str]) -> dict[str, str]:
    if not ip_list:
        return {"status": _ANY}
    text = ",".join(ip_list)
    if len(text) > _LONGEST_LIST:
        msg = f"the IP list is longer than {_LONGEST_LIST} characters."
        raise ConfigurationError(msg, hint="Name fewer addresses.")
    return {"status": _LISTED, "ipAddress": text}


def _rights(permissions: Collection[str]) -> dict[str, str]:
    unknown = set(permissions) - _RIGHTS.keys() - {_ALWAYS}
    if unknown:
        msg = f"a key of a sub-account cannot be given {', '.join(sorted(map(repr, unknown)))}."
        raise ConfigurationError(msg, hint=f"There is {', '.join(_RIGHTS)}.")
    return {_RIGHTS[name]: "true" for name in sorted(permissions) if name != _ALWAYS}


def _refuse_elsewhere(used: Credentials) -> None:
    if used.environment is not Environment.LIVE:
        msg = (
            f"keys of sub-accounts can be made on the live exchange, not {used.environment.value}."
        )
        raise ConfigurationError(msg, source=used.origin)


def _refuse_unfit(findings: Findings, used: Credentials) -> None:
    """Refuse a master's key that the exchange would refuse without saying why."""
    may = findings.permissions
    if findings.is_ip_restricted is False:
        lacks = "an IP list"
    elif may is not None and "spot-and-margin-trading" not in may:
        lacks = "the permission spot-and-margin-trading"
    else:
        return
    msg = f"the key of the master account lacks {lacks}, which Binance wants here."
    raise VerificationError(msg, reason="permission", is_certain=False, source=used.origin)


def _error_of(answer: Answer, used: Credentials) -> CredentialsError:
    said = answer.rejection
    if said is None or (said.status or 0) >= _UNKNOWN:
        why = answer.silence or f"HTTP status {said and said.status}"
        msg = f"the exchange did not confirm the change: {why}."
        return ProviderUnavailableError(msg, source=used.origin, hint=_LOOK)
    code = said.code or said.status
    if answer.meaning is Meaning.LIMIT:
        msg = f"the exchange wants a pause ({code}), and changed nothing."
        wait = said.wait_seconds
        return ThrottledError(msg, source=used.origin, retry_after_seconds=wait or None)
    msg = f"the exchange refuses to change keys of this sub-account ({code})."
    hint = "Check its e-mail address, and that it is a sub-account of this master account."
    return VerificationError(
        msg, reason="sub_account", is_certain=False, source=used.origin, hint=hint
    )
