"""`SignerURI`: where signatures are made when the key stays outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, final

from binance_creds._uri import SourceURI
from binance_creds._uri_advice import signer_advice
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

__all__ = ["SignerURI"]

_FORM: Final = (
    "A signer is written scheme:key[?option=value], e.g. ssh-agent:SHA256:FINGERPRINT or"
    " vault-transit://transit/bot."
)


@final
class SignerURI(SourceURI):
    """Name a key that stays outside. Parse one with `SignerURI.parse`; immutable and hashable.

    It obeys the rules of a `SourceURI`, or for `pkcs11:` those of RFC 7512, has no `#member`, and
    never holds a secret.
    """

    __slots__ = ()

    @classmethod
    def parse(cls, text: str | SourceURI) -> Self:
        """Parse the URI of a signer.

        Raises:
            ConfigurationError: the text does not follow the grammar. It is never repeated: it may
                be a key that was pasted by mistake.
        """
        if isinstance(text, cls):
            return text
        outcome = _read(text)
        del text  # a traceback with locals must not find it here
        if isinstance(outcome, ConfigurationError):
            raise outcome
        return cls(*outcome)

    def __repr__(self) -> str:
        return f"SignerURI({self.redacted!r})"

    __str__ = __repr__


def _read(text: str | SourceURI) -> tuple[str, str, Mapping[str, str]] | ConfigurationError:
    if isinstance(text, str) and text.startswith("pkcs11:"):
        from binance_creds.signers._pkcs11_uri import SCHEME, parsed  # noqa: PLC0415  # few need it

        of_token = parsed(text)
        return of_token if isinstance(of_token, ConfigurationError) else (SCHEME, *of_token)
    if isinstance(text, str) and (hint := signer_advice(text)):
        return ConfigurationError("this is not a signer of this library.", hint=hint)
    try:
        uri = SourceURI.parse(text)
    except ConfigurationError as error:
        return ConfigurationError(error.message.replace(" source", " signer"), hint=_FORM)
    if uri.field is not None:
        msg = "a signer has no members, so '#' selects nothing."
        return ConfigurationError(msg, source=uri.redacted, hint=_FORM)
    return uri.scheme, uri.location, uri.options
