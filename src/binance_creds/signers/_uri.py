"""`SignerURI`: where signatures are made when the key stays outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, final

from binance_creds._uri import SourceURI
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from typing import Self

__all__ = ["SignerURI"]

_FORM: Final = (
    "A signer is written scheme:key[?option=value], e.g. ssh-agent:SHA256:FINGERPRINT or"
    " vault-transit://transit/bot."
)


@final
class SignerURI(SourceURI):
    """Name a key that stays outside. Parse one with `SignerURI.parse`; immutable and hashable.

    It obeys the rules of a `SourceURI`, has no `#member`, and never holds a secret.
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
        refusal = None
        try:
            uri = SourceURI.parse(text)
        except ConfigurationError as error:
            refusal = error.again()
        del text  # a traceback with locals must not find it here
        if refusal is not None:
            refusal.hint = _FORM
            raise refusal
        if uri.field is not None:
            msg = "a signer has no members, so '#' selects nothing."
            raise ConfigurationError(msg, source=uri.redacted, hint=_FORM)
        return cls(uri.scheme, uri.location, uri.options)

    def __repr__(self) -> str:
        return f"SignerURI({self.redacted!r})"

    __str__ = __repr__
