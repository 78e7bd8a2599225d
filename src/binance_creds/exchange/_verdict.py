"""What the exchange's answers say of a pair: it is proven, refused, or neither.

Only what the exchange says about the credentials refuses a pair. No answer, a limit, a ban, a page
of a firewall or a wrong clock neither proves nor refuses it.

Source: binance-spot-api-docs a5e0bc3d, errors.md, and rest-api.md, "HTTP Return Codes".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from binance_creds._enums import KeyType
from binance_creds.errors import (
    CredentialsError,
    ProviderUnavailableError,
    ThrottledError,
    VerificationError,
)
from binance_creds.exchange._causes import causes_of, declaring, permission_hint
from binance_creds.exchange._clock import how_far_off
from binance_creds.exchange._evidence import AMBIGUOUS
from binance_creds.exchange._findings import restrictions_of
from binance_creds.exchange._markets import endpoint_of
from binance_creds.exchange._rejection import Meaning

if TYPE_CHECKING:
    from binance_creds._credentials import Credentials
    from binance_creds.exchange._evidence import Evidence
    from binance_creds.exchange._findings import Market
    from binance_creds.exchange._line import Answer
    from binance_creds.exchange._markets import Place

__all__ = ["not_live", "unanswered", "verdict"]

_FOREIGN_SECRET: Final = -1022
_MALFORMED_KEY: Final = -2014
_UNKNOWN_KEY: Final = -2008
_RESTRICTED_LOCATION: Final = 451  # the exchange does not serve the country of the address


def verdict(
    evidence: Evidence, used: Credentials, market: Market, place: Place
) -> CredentialsError | None:
    """Return why a pair is not proven, or `None`."""
    proof = evidence.proof
    if proof.code == AMBIGUOUS:
        return _of_ambiguous(evidence, used, market, place)
    if proof.meaning is Meaning.CREDENTIALS:
        return _refusal(proof, used, place)
    if proof.meaning is Meaning.ACCOUNT:
        return VerificationError(
            f"the exchange does not let the account of this key act ({proof.code}).",
            reason="account",
            is_certain=False,
            source=used.origin,
            hint="The account or its keys may be locked: see the API management of Binance.",
        )
    if proof.meaning is Meaning.CLOCK:
        return _wrong_clock(evidence, used)
    return unanswered(proof, used, place.host)


def unanswered(answer: Answer, used: Credentials, host: str) -> CredentialsError | None:
    """Return the error of an answer that says nothing about the pair; `None` if it was served."""
    if answer.is_served:
        return None
    said = answer.silence or _said(answer)
    msg = f"the exchange at {host} neither proved nor refused the pair: {said}."
    wait = answer.rejection.wait_seconds if answer.rejection else 0.0
    if answer.meaning is Meaning.LIMIT or wait:
        return ThrottledError(
            msg,
            source=used.origin,
            hint="Send fewer requests from this address, and none before the pause is over.",
            retry_after_seconds=wait or None,
        )
    hint = "Check the network and the status of the exchange; the same check may succeed later."
    return ProviderUnavailableError(msg, source=used.origin, hint=hint)


def not_live(used: Credentials, host: str) -> VerificationError:
    """Return the error of an exchange without permissions where a policy is to be checked."""
    return VerificationError(
        f"the exchange at {host} does not answer what a key may do (/sapi), as the live one does:"
        " the policy cannot be checked.",
        reason="environment",
        source=used.origin,
        hint=f"{declaring(used)} A proxy must pass /sapi/v1/account/apiRestrictions on.",
    )


def _said(answer: Answer) -> str:
    rejection = answer.rejection
    status = rejection.status if rejection else None
    if rejection and rejection.meaning is Meaning.LIMIT and status is None:
        return "it has asked for a pause that is not over"
    if status == _RESTRICTED_LOCATION:
        return "it does not serve the location of this machine (451)"
    return f"it answered {answer.code or 'no error code'}, with status {status}"


def _refusal(proof: Answer, used: Credentials, place: Place) -> VerificationError:
    """Return the error of a refusal that has one meaning."""
    is_hmac = used.key_type is KeyType.HMAC
    if proof.code == _FOREIGN_SECRET:
        swapped = "; if key and secret are swapped, swap them back." if is_hmac else "."
        return VerificationError(
            "the exchange refuses the signature (-1022): secret and API key do not fit.",
            reason="foreign_secret",
            source=used.origin,
            hint=f"Store the secret or private key that this API key was made with{swapped}",
        )
    if proof.code == _MALFORMED_KEY:
        return VerificationError(
            "the exchange refuses the form of the API key (-2014).",
            reason="malformed_key",
            source=used.origin,
            hint="Copy the whole key again; key and secret may be swapped.",
        )
    swapped = ", or key and secret are swapped" if is_hmac else ""
    return VerificationError(
        f"the exchange at {place.host} does not know this API key ({_UNKNOWN_KEY}).",
        reason="unknown_key",
        source=used.origin,
        hint=f"It was deleted, or is of another environment{swapped}. {declaring(used)}",
    )


def _of_ambiguous(
    evidence: Evidence, used: Credentials, market: Market, place: Place
) -> VerificationError:
    told = evidence.restrictions
    if told is None or not told.is_served:
        return VerificationError(
            f"the exchange at {place.host} refuses the key (-2015), and does not say whether the"
            " key, the address of this machine or a permission is wrong.",
            reason="key_address_or_permission",
            is_certain=False,
            source=used.origin,
            hint=causes_of(evidence, used, market),
        )
    needed = endpoint_of(market).permission
    return VerificationError(
        f"the key lacks the permission {needed!r}, which the market {market.value!r} needs (-2015);"
        " key, secret and address are right.",
        reason="permission",
        is_certain=needed in restrictions_of(told.body or {}).denied_permissions,
        source=used.origin,
        hint=permission_hint(needed),
    )


def _wrong_clock(evidence: Evidence, used: Credentials) -> ProviderUnavailableError:
    offset = evidence.offset_seconds
    off = "wrong" if offset is None else f"{how_far_off(offset)} the exchange's"
    return ProviderUnavailableError(
        f"the exchange neither proved nor refused the pair (-1021): this machine's clock is {off}.",
        source=used.origin,
        hint="Set the clock, for instance by NTP.",
    )
