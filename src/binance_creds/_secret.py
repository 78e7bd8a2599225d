"""`Secret`: the one holder of plaintext in this library."""

from __future__ import annotations

from _operator import _compare_digest  # what hmac.compare_digest is, without importing hmac
from typing import TYPE_CHECKING, Final, NoReturn, final

from binance_creds._warnings import warn
from binance_creds.errors import MalformedSecretError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema

__all__ = ["Secret"]

_MASK: Final = "**********"  # constant: a mask that follows the length gives it away
_NOT_TEXT: Final = (
    "a Secret is not text: reveal() gives the text; binance_creds.adapters builds clients that"
    " need none, and `fingerprint` of the credentials is what can be shown."
)


class _NotText:
    """Refuse what can be done with text, and say what to do instead.

    Added by name, so that type checkers go on refusing it too.
    """

    __slots__ = ()


def _refuse_use(_: object, *operands: object) -> NoReturn:
    del operands  # a traceback with locals must not find them here
    raise TypeError(_NOT_TEXT)


def _refuse_attribute(secret: object, name: str) -> NoReturn:
    is_of_text = not name.startswith("_") and (hasattr(str, name) or hasattr(bytes, name))
    message = _NOT_TEXT if is_of_text else f"a Secret has no attribute {name!r}"
    raise AttributeError(message, name=name, obj=secret)


for _name in (
    "add", "bytes", "contains", "ge", "getitem", "gt", "iter", "le", "len", "lt", "mod", "mul",
    "radd", "rmul",
):  # fmt: skip
    setattr(_NotText, f"__{_name}__", _refuse_use)
setattr(_NotText, "__getattr__", _refuse_attribute)  # noqa: B010  # as those above


@final
class Secret(_NotText):
    """Hold a text that must not be shown.

    `reveal()` is the only way out. Everything else (repr, str, format, JSON, pickle, copy, `vars`,
    dataclass, attrs and pydantic dumps) shows a constant mask or refuses. Equality is decided in
    constant time and only against another `Secret`; a comparison with text warns and is false.
    Threads may share it; it never changes.

    Args:
        value: the text; bytes must be UTF-8. A bytearray is copied, wiping it is up to its owner.

    Raises:
        MalformedSecretError: the bytes are not UTF-8, or the text holds a lone surrogate.
        TypeError: the value is neither text nor bytes.
    """

    __slots__ = ("_text",)

    _text: Callable[[], str]

    def __init__(self, value: str | bytes | bytearray) -> None:
        outcome = _read(value)
        del value  # a traceback with locals must not find it here
        if not isinstance(outcome, str):
            raise outcome
        # A bound method-wrapper keeps the text out of reach of anything that prints slots.
        object.__setattr__(self, "_text", outcome.__str__)

    def reveal(self) -> str:
        """Return the plaintext. Do not bind it for longer than one expression."""
        return self._text()

    def __repr__(self) -> str:
        return f"Secret('{_MASK}')"

    def __str__(self) -> str:
        return _MASK

    def __format__(self, spec: str) -> str:
        return _MASK  # no width or precision: both would shape the mask

    def __bool__(self) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Secret):
            return _compare_digest(self._text().encode(), other._text().encode())
        if isinstance(other, str | bytes | bytearray):
            warn("a Secret never equals text: compare it with Secret(text).")
        return NotImplemented

    def __hash__(self) -> int:
        return hash(Secret)  # equal for all: a hash of the text could be searched for it

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __setattr__(self, name: str, value: object) -> NoReturn:
        msg = "Secret is immutable"
        raise AttributeError(msg)

    def __delattr__(self, name: str) -> NoReturn:
        msg = "Secret is immutable"
        raise AttributeError(msg)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        msg = "a Secret cannot be pickled: load the credentials in the process that uses them"
        raise TypeError(msg)

    def __getstate__(self) -> NoReturn:
        self.__reduce_ex__(0)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Validate as `Secret`; dump as itself to Python and as the mask to JSON."""
        from pydantic_core import core_schema  # noqa: PLC0415  # only pydantic calls this

        return core_schema.no_info_plain_validator_function(
            cls._validate,
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda _: _MASK, when_used="json"
            ),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, object]:
        """Describe the field as a write-only password."""
        return {"type": "string", "format": "password", "writeOnly": True}

    @classmethod
    def _validate(cls, value: object) -> Secret:
        # TypeError, not ValueError: pydantic would put the input into the report of the latter.
        outcome = value if isinstance(value, Secret) else _read(value)
        del value
        if isinstance(outcome, Exception):
            raise outcome
        return outcome if isinstance(outcome, Secret) else cls(outcome)


def _read(value: object) -> str | MalformedSecretError | TypeError:
    """Return the text or the error; raising here would keep the value in this frame."""
    if isinstance(value, str):
        text = str.__str__(value)  # of an enumeration too, whose str() is its name
        if text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text):
            return text
        return _not_utf8("the value holds a lone surrogate: it is not UTF-8 text.")
    if not isinstance(value, bytes | bytearray):
        return TypeError(f"a Secret holds str, bytes or bytearray, not {type(value).__name__}")
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return _not_utf8("the value is not UTF-8 text.")


def _not_utf8(message: str) -> MalformedSecretError:
    return MalformedSecretError(message, reason="not_utf8", hint="Write it again as UTF-8.")
