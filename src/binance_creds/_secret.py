"""`Secret`: the one holder of plaintext in this library.

CPython does not overwrite what it frees: each copy of a text stays in memory until something else
is written there. So plaintext is passed on as the object that the source gave, or as a buffer that
overwrites itself, and is judged as bytes where it lies.
"""

from __future__ import annotations

from _operator import _compare_digest  # what hmac.compare_digest is, without importing hmac
from io import BytesIO

from binance_creds._typing import TYPE_CHECKING, final
from binance_creds._warnings import warn
from binance_creds.errors import MalformedSecretError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Final, NoReturn, Self

    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema

__all__ = ["Buffer", "Secret", "cut", "joined", "overwrite", "plain_bytes"]

_MASK: Final = "**********"  # constant: a mask that follows the length gives it away
_NOT_TEXT: Final = (
    "a Secret is not text: reveal() gives the text; binance_creds.adapters builds clients that"
    " need none, and `fingerprint` of the credentials is what can be shown."
)
# To tell whether bytes are UTF-8 without decoding what they say.
_WITHOUT_ASCII: Final = b"x" * 128 + bytes(range(128, 256))


class Buffer(bytearray):
    """Plaintext that is overwritten when nobody holds it any more."""

    __slots__ = ()

    def __del__(self) -> None:
        self[:] = bytes(len(self))

    def __repr__(self) -> str:
        return f"Buffer('{_MASK}')"


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

    What it is given is kept as it is; of a bytearray it keeps a copy of its own, which it
    overwrites in the end. From the first `reveal()` on it keeps the text instead.

    Args:
        value: the text; bytes must be UTF-8. Wiping a bytearray is up to its owner.

    Raises:
        MalformedSecretError: the bytes are not UTF-8, or the text holds a lone surrogate.
        TypeError: the value is neither text nor bytes.
    """

    __slots__ = ("_text",)

    _text: Callable[[], str]

    def __init__(self, value: str | bytes | bytearray) -> None:
        outcome = value if type(value) is Buffer and value.isascii() else _read(value)
        del value  # a traceback with locals must not find it here
        if isinstance(outcome, Exception):
            raise outcome
        _keep(self, outcome)

    def reveal(self) -> str:
        """Return the plaintext. Do not bind it for longer than one expression."""
        text: str = self._text.__self__  # type: ignore[attr-defined]  # as in `plain_bytes`
        if type(text) is not str:
            _keep(self, text := self._text())  # else each call would leave a copy behind
        return text

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
            return _compare_digest(plain_bytes(self), plain_bytes(other))  # pyright: ignore[reportArgumentType]  # a bytearray is as good
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
        from binance_creds._masked_field import masked_schema  # noqa: PLC0415  # for pydantic only

        return masked_schema(cls._validate)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, object]:
        """Describe the field as a write-only password."""
        return {"type": "string", "format": "password", "writeOnly": True}

    @classmethod
    def _validate(cls, value: object) -> Secret:
        outcome = value if isinstance(value, Secret) else _read(value)
        del value
        if isinstance(outcome, Exception):
            raise outcome
        return outcome if isinstance(outcome, Secret) else cls(outcome)


def plain_bytes(secret: Secret) -> bytes | bytearray:
    """Return the plaintext as UTF-8, without a copy that stays. As with `reveal()`, few may ask."""
    held: str | bytes | Buffer = secret._text.__self__  # type: ignore[attr-defined]  # noqa: SLF001  # of this file
    if not isinstance(held, str):
        return held
    encoded = [held.encode()]
    buffer = Buffer(encoded[0])
    overwrite(encoded)
    return buffer


def cut(plain: bytes | bytearray, start: int, stop: int) -> Buffer:
    """Return a part of plaintext."""
    return Buffer(memoryview(plain)[start:stop])


def joined(parts: Sequence[bytes | bytearray | memoryview]) -> Buffer:
    """Return parts of plaintext as one; unlike `bytes.join` it leaves nothing behind."""
    whole = Buffer(sum(map(len, parts)))
    end = 0
    with memoryview(whole) as view:
        for part in parts:
            view[end : end + len(part)] = part
            end += len(part)
    return whole


def overwrite(box: list[bytes]) -> None:
    """Take the bytes out of a list and overwrite them, if the list alone holds them.

    CPython's `BytesIO` writes into the very object that it was given, unless anybody else has it.
    Elsewhere this does nothing.
    """
    size = len(box[0])
    BytesIO(box.pop()).write(bytes(size))


def _keep(secret: Secret, plain: str | bytes | Buffer) -> None:
    """Keep it behind a bound method: out of reach of anything that prints slots."""
    give: Callable[[], str] = plain.__str__ if isinstance(plain, str) else plain.decode
    object.__setattr__(secret, "_text", give)


def _read(value: object) -> str | bytes | Buffer | MalformedSecretError | TypeError:
    """Return what is kept or the error; raising here would keep the value in this frame."""
    if isinstance(value, str):
        text = str.__str__(value)  # of an enumeration too, whose str() is its name
        if text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text):
            return text
        return _not_utf8("the value holds a lone surrogate: it is not UTF-8 text.")
    if not isinstance(value, bytes | bytearray):
        return TypeError(f"a Secret holds str, bytes or bytearray, not {type(value).__name__}")
    if not (value.isascii() or _is_utf8(value.translate(_WITHOUT_ASCII))):
        return _not_utf8("the value is not UTF-8 text.")
    if isinstance(value, bytes):
        return bytes(value)  # itself, unless it is of a class of its own
    return value if isinstance(value, Buffer) else Buffer(value)


def _is_utf8(value: bytes | bytearray) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def _not_utf8(message: str) -> MalformedSecretError:
    return MalformedSecretError(message, reason="not_utf8", hint="Write it again as UTF-8.")
