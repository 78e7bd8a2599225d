"""`Policy`: what a key may and must not be able to do; pydantic checks it, and sees no secret."""

from __future__ import annotations

import datetime as dt  # noqa: TC003  # pydantic reads the annotations
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from binance_creds._enums import Environment, KeyType
from binance_creds.exchange._findings import Market
from binance_creds.exchange._policies._permissions import KNOWN

if TYPE_CHECKING:
    from typing import LiteralString, Self

__all__ = ["CONTRADICTION", "POLICY_NAME", "RIGHTS", "Policy", "PolicyTable"]

# Shorter than an API key: a pasted one is not taken for a name, which messages may show.
POLICY_NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,47}$"
RIGHTS: Final = ("required", "one_of", "allowed", "forbidden")
CONTRADICTION: Final = "contradiction"


def _known(name: str) -> str:
    if name in KNOWN:
        return name
    close = get_close_matches(name.casefold(), KNOWN, n=1, cutoff=0.5)
    meant = f", did you mean {close[0]!r}?" if close else ""
    known = ", ".join(KNOWN)
    raise _problem("permission", f"no such permission{meant}; they are {known}")


Permission = Annotated[str, AfterValidator(_known), Field(json_schema_extra={"enum": list(KNOWN)})]
Days = Annotated[int, Field(strict=True, ge=1, le=3650)]


class _Rules(
    BaseModel,
    frozen=True,
    extra="forbid",
    hide_input_in_errors=True,
    use_attribute_docstrings=True,
):
    required: frozenset[Permission] = frozenset()
    """Permissions that the key must have."""
    one_of: frozenset[Permission] = frozenset()
    """Permissions of which the key must have at least one."""
    allowed: frozenset[Permission] = frozenset()
    """Permissions that the key may have."""
    forbidden: frozenset[Permission] = frozenset()
    """Permissions that the key must not have. A right to withdraw or transfer that is listed
    nowhere is forbidden as well; any other is only reported."""
    ip_restriction: Literal["required", "recommended", "optional"] = "recommended"
    """Whether the key must be restricted to a list of IP addresses."""
    key_types: Annotated[tuple[KeyType, ...], Field(min_length=1)] = tuple(KeyType)
    """The types that the key may have."""
    markets: Annotated[tuple[Market, ...], Field(min_length=1)] = (Market.SPOT,)
    """Where the key is proven: in the first of these whose exchange knows it."""
    environments: Annotated[tuple[Environment, ...], Field(min_length=1)] = tuple(Environment)
    """The environments that the key may belong to."""
    greatest_age_days: Days | None = None
    """An older key is refused."""
    rotation_days: Days | None = None
    """Age at which the key should be replaced, unless the profile or the secret says another."""
    source: str | None = None
    """Where the figures come from."""
    date: dt.date | None = None
    """When they were read there."""

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        for name in ("required", "one_of", "allowed"):
            for permission in sorted(getattr(self, name) & self.forbidden):
                raise _problem(CONTRADICTION, f"forbidden: {permission!r} is in {name} as well")
        days, greatest = self.rotation_days, self.greatest_age_days
        if days and greatest and days > greatest:
            raise _problem(
                CONTRADICTION,
                f"rotation_days: {days} is more than greatest_age_days, {greatest}: the key would"
                " be refused before it is due",
            )
        return self


class Policy(_Rules, frozen=True):
    """What a key may and must not be able to do at the exchange. Immutable and hashable.

    Permissions are `reading`, `spot-and-margin-trading`, `margin`, `futures`, `withdrawals`,
    `internal-transfer`, `universal-transfer`, `vanilla-options`, `portfolio-margin-trading`,
    `fix-api-trade` and `fix-read-only`.

    Raises:
        pydantic.ValidationError: a permission is unknown, a value has another type, or two entries
            contradict each other. Policies of files and configurations raise `ConfigurationError`.
    """

    name: Annotated[str, Field(pattern=POLICY_NAME)] = "own"
    """What messages call it."""


class PolicyTable(_Rules, frozen=True):
    """A policy as a file or a table of the configuration writes it."""

    base: str | None = None
    """A packaged policy. Permissions listed here move there; other entries replace those of it."""

    def named(self, name: str, base: Policy | None = None) -> Policy:
        """Return the policy.

        Raises:
            pydantic.ValidationError: an entry contradicts one of the base.
        """
        said = {entry: getattr(self, entry) for entry in self.model_fields_set - {"base"}}
        if base is None:
            return Policy(name=name, **said)
        moved = frozenset[str]().union(*(getattr(self, entry) for entry in RIGHTS))
        inherited = {entry: getattr(base, entry) for entry in _Rules.model_fields}
        for entry in RIGHTS:
            said[entry] = getattr(self, entry) | (inherited[entry] - moved)
        return Policy(name=name, **{**inherited, **said})


def _problem(kind: LiteralString, text: str) -> PydanticCustomError:
    return PydanticCustomError(kind, "{text}", {"text": text})
