"""What a profile says of asking the exchange about a pair, and the policies of a configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from binance_creds._plan import Check
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds._config._models import Configuration, Profile
    from binance_creds.exchange import Policy

__all__ = ["check_of", "own_policies"]


def check_of(configuration: Configuration, name: str, *, is_found: bool) -> Check | str | None:
    """Return how the pair of a profile is checked, `None` if it is not, or what is wrong.

    Args:
        configuration: with its policies.
        name: of the profile.
        is_found: whether nobody named the configuration.
    """
    own = own_policies(configuration)
    if isinstance(own, str):
        return own
    profile = configuration.profiles[name]
    problem = _problem(profile, is_found=is_found)
    outcome = _check(profile, own) if problem is None else problem
    return f"profiles.{name}.{outcome}" if isinstance(outcome, str) else outcome


def own_policies(configuration: Configuration) -> dict[str, Policy] | str:
    """Return the policies of the configuration, or what is wrong with one of them."""
    if not configuration.policies:
        return {}
    from binance_creds.exchange._policies._reading import PACKAGED, policy_of_table  # noqa: PLC0415  # few have any

    own: dict[str, Policy] = {}
    for name, table in configuration.policies.items():
        if name in PACKAGED:
            return (
                f"policies.{name}: a packaged policy has this name. Write another, and"
                f" base = {name!r} in it to start from that policy."
            )
        outcome = policy_of_table(table, name, f"policies.{name}")
        if isinstance(outcome, str):
            return f"{outcome}."
        own[name] = outcome
    return own


def _problem(profile: Profile, *, is_found: bool) -> str | None:
    for entry in ("policy", "when_unreachable"):
        if entry in profile.model_fields_set and not profile.verify:
            return f"{entry}: nothing is checked without verify = true. Write both, or neither."
    if is_found and _is_file(profile):
        return (
            "policy: a configuration that was only found in the working directory may not name"
            " another file. Write the policy here as [policies.NAME], or name the configuration:"
            " pass config=..., or set BINANCE_CREDS_CONFIG."
        )
    return None


def _check(profile: Profile, own: Mapping[str, Policy]) -> Check | str | None:
    if not profile.verify:
        return None
    if profile.policy is None:
        return Check(None, profile.when_unreachable)
    from binance_creds.exchange._policies._reading import policy_named  # noqa: PLC0415  # few have one

    try:
        policy = policy_named(profile.policy, own=own)
    except ConfigurationError as error:
        return f"policy: {error}"
    days, greatest = profile.rotation_days, policy.greatest_age_days
    if days is not None and greatest is not None and days > greatest:
        return (
            f"rotation_days: {days} is more than the greatest age of policy {policy.name!r},"
            f" {greatest} days: the key would be refused before it is due. Write at most"
            f" {greatest}, or a policy of your own."
        )
    return Check(policy, profile.when_unreachable, is_of_file=_is_file(profile))


def _is_file(profile: Profile) -> bool:
    if profile.policy is None:
        return False
    from binance_creds.exchange._policies._reading import is_path  # noqa: PLC0415  # as above

    return is_path(profile.policy)
