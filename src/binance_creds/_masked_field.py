"""A field of a pydantic model whose input no report shows.

pydantic puts the input of the step that failed into its report. So the first step never fails: it
gives what was made, or a mask with the reason, and the second step refuses the mask.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from binance_creds.errors import CredentialsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic_core import CoreSchema

__all__ = ["MASK", "Refused", "checked", "masked_schema", "taken"]

MASK: Final = "**********"  # constant: a mask that follows the length gives it away


class Refused(str):
    """The mask in place of an input that was refused, with the reason."""

    __slots__ = ("reason",)
    reason: str


def taken(take: Callable[[object], object], value: object) -> object:
    """Return what is made of the value, or `Refused`; the traceback ends here."""
    try:
        return take(value)
    except (CredentialsError, TypeError, ValueError) as error:
        refused = Refused(MASK)
        refused.reason = str(error)
        return refused


def checked(outcome: object) -> object:
    """Return what `taken` gave.

    Raises:
        ValueError: it was refused.
    """
    if isinstance(outcome, Refused):
        raise ValueError(outcome.reason)  # noqa: TRY004  # what pydantic and msgspec report
    return outcome


def masked_schema(take: Callable[[object], object]) -> CoreSchema:
    """Return a schema that validates by a function, and dumps the mask to JSON."""
    from pydantic_core import core_schema  # noqa: PLC0415  # only pydantic calls this

    plain = core_schema.no_info_plain_validator_function
    masked = core_schema.plain_serializer_function_ser_schema(lambda _: MASK, when_used="json")
    steps: list[CoreSchema] = [plain(partial(taken, take)), plain(checked)]
    return core_schema.chain_schema(steps, serialization=masked)
