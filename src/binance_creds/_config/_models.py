"""What a configuration may say; pydantic checks it and never sees a secret value."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from binance_creds._plan import DEFAULT_TTL_SECONDS
from binance_creds._time._duration import LONGEST_SECONDS, duration_seconds

__all__ = [
    "DURATIONS",
    "NAME_PATTERN",
    "SPLIT_FIELDS",
    "Audit",
    "Configuration",
    "Profile",
    "Program",
    "Refresh",
]  # fmt: skip

SPLIT_FIELDS: Final = ("api_key", "api_secret", "private_key", "passphrase")
DURATIONS: Final = frozenset({"timeout", "ttl", "poll", "max_stale", "overlap", "max_hold"})
_STRICT: Final = ConfigDict(
    frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True
)

# Shorter than an API key: a pasted one is not taken for a name, which messages may show.
NAME_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,47}$"
_DURATION: Final = r"^(0*[1-9][0-9]*(\.[0-9]+)?|0+\.[0-9]*[1-9][0-9]*)(ms|s|m|h|d)$"  # never zero
_ABSOLUTE: Final = r"^(~/|/|[A-Za-z]:[\\/])"
_ARGUMENT: Final = r"^[^\x00]+$"
_VARIABLE: Final = r"^[A-Za-z_][A-Za-z0-9_]*$"


def _bounded(text: str) -> str:
    if duration_seconds(text, name="duration") > LONGEST_SECONDS:
        msg = "longer than ten years"
        raise ValueError(msg)
    return text


Source = Annotated[str, Field(min_length=1, examples=["aws-sm://prod/binance/main"])]
Signer = Annotated[str, Field(min_length=1, examples=["vault-transit://transit/bot"])]
Duration = Annotated[
    str, Field(pattern=_DURATION, examples=["30s", "5m"]), AfterValidator(_bounded)
]
Name = Annotated[str, Field(pattern=NAME_PATTERN)]


class Refresh(BaseModel):
    """How long what was loaded is served, and how a live handle keeps itself current."""

    model_config = _STRICT

    ttl: Duration = f"{DEFAULT_TTL_SECONDS / 60:.0f}m"
    """How long the cache serves the credentials; live ones not confirmed for as long are stale."""
    poll: Duration = "30s"
    """How often a live handle asks the source for its version."""
    max_stale: Duration = "1h"
    """After this long without confirmation live credentials are no longer served."""
    jitter: Annotated[float, Field(strict=True, ge=0, le=0.5)] = 0.1
    """How far a poll may come early or late, as a share of it."""
    overlap: Duration = "24h"
    """How long the previous pair stays at hand after a rotation."""
    max_hold: Duration = "60s"
    """How long a hold keeps a rotation back at most."""
    on_denied: Literal["stop", "keep"] = "stop"
    """What follows when the source, asked twice, says denied or gone."""
    swap_window: str | None = None
    """When rotations may happen, such as `Mon-Fri 02:00-02:30 UTC`; at once if absent."""
    push: list[Source] = []
    """Sources of announcements, such as `sqs:https://...`."""


class Profile(BaseModel):
    """One named set of credentials."""

    model_config = _STRICT

    source: Source | Annotated[list[Source], Field(min_length=1)] | None = None
    """One source, or several that are tried in order. Either this or the four below."""
    api_key: Source | None = None
    """The secret that holds the API key alone; its siblings must be in the same store."""
    api_secret: Source | None = None
    """The secret that holds the HMAC secret alone."""
    private_key: Source | None = None
    """The secret that holds the Ed25519 or RSA private key alone."""
    passphrase: Source | None = None
    """The secret that holds the passphrase of the private key alone."""
    signer: Signer | None = None
    """What signs where the key stays outside; the source holds the API key alone."""
    environment: Literal["live", "testnet", "demo", "us"] | None = None
    """Which Binance environment the key belongs to; a secret that says another is refused."""
    rotation_days: Annotated[int, Field(strict=True, ge=1, le=3650)] | None = None
    """Age at which the key should be replaced, in days."""
    verify: Annotated[bool, Field(strict=True)] = False
    """Ask the exchange about every pair before it is used: whether key and secret belong together,
    and to the environment."""
    policy: Annotated[str, Field(min_length=1, examples=["spot-trading"])] | None = None
    """What the key may and must not be able to do: a packaged policy, a table of `policies`, or the
    path of a TOML file. Needs `verify`."""
    when_unreachable: Literal["use", "refuse"] = "use"
    """What becomes of the first pair if the exchange does not answer. Needs `verify`."""
    sealed: Annotated[bool, Field(strict=True)] = False
    """Drop the signing secret's text once the signer is built."""
    timeout: Duration | None = None
    """One deadline over all sources and retries."""
    fallback: Literal["unavailable"] | None = None
    """Also move on to the next source when one is unavailable, not only when it has nothing."""
    status_dir: Annotated[str, Field(min_length=1, examples=["/run/bots"])] | None = None
    """The folder in which a live handle's process says which key it uses; an absolute path."""
    refresh: Refresh = Refresh()
    """How long what was loaded is served, and how a live handle keeps itself current."""


class Program(BaseModel):
    """A program that prints credentials; it counts only in a configuration that was named."""

    model_config = _STRICT

    argv: Annotated[list[Annotated[str, Field(pattern=_ARGUMENT)]], Field(min_length=1)]
    """The program and its arguments. No shell reads them; `~/` at the start is the home folder."""
    poll: Duration | None = None
    """How often live credentials run it unasked; never if absent, as it may ask for a password."""
    variables: list[Annotated[str, Field(pattern=_VARIABLE)]] | None = None
    """The variables that it gets besides those of a session, such as HOME; all if absent."""


class Audit(BaseModel):
    """Where what is done with credentials is recorded; only in a configuration that was named."""

    model_config = _STRICT

    path: Annotated[str, Field(pattern=_ABSOLUTE, examples=["/var/log/bot/credentials.jsonl"])]
    """The file, absolute; `~/` at the start is the home folder."""
    key_file: Annotated[str, Field(pattern=_ABSOLUTE)] | None = None
    """The key of its chain; `PATH.key` if absent."""
    max_bytes: Annotated[int, Field(strict=True, ge=4096)] = 10_000_000
    """When a new file is begun."""
    keep: Annotated[int, Field(strict=True, ge=1, le=10_000)] = 10
    """How many old files are kept."""


class Configuration(BaseModel):
    """The content of `binance-creds.toml`, or of `[tool.binance-creds]` in `pyproject.toml`."""

    model_config = _STRICT

    default_profile: str | None = None
    """The profile to use when none is named."""
    profiles: dict[Name, Profile] = {}
    """The profiles by name: at most 48 letters, digits, dots, dashes and underscores."""
    audit: Audit | None = None
    """Record loads, rotations, rejections, uses and writes in a file."""
    commands: dict[Name, Program] = {}
    """Programs by name, for sources such as `command:NAME`."""
    policies: dict[Name, dict[str, object]] = {}
    """Own policies by name, which no packaged policy has."""
