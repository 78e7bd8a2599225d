"""What one load is to do, after arguments, environment variables and configuration agreed."""

from __future__ import annotations

from binance_creds._typing import TYPE_CHECKING, NamedTuple
from binance_creds._uri import SourceURI

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from typing import Any, Final, Literal

    from binance_creds._enums import Environment
    from binance_creds._refresh_policy import RefreshPolicy
    from binance_creds.signers import SignerURI

__all__ = [
    "DEFAULT_TTL_SECONDS",
    "Candidate",
    "Check",
    "Plan",
    "SplitPair",
    "Terms",
    "is_local",
    "sources_of",
    "store_of",
]

DEFAULT_TTL_SECONDS: Final = 300.0  # five minutes: a rotation is noticed well within an overlap


_NEVER: Final = float("inf")

# What says where a store is: two parts that differ in one of these are in two stores.
_STORE_OPTIONS: Final = (
    "address", "backend", "cloud", "endpoint", "endpoint_url", "location", "namespace", "profile",
    "region", "role_arn",
)  # fmt: skip


class SplitPair(NamedTuple):
    """Two secrets of one store, each under the name of the one field that it gives.

    Three with a passphrase; the names are such as `api_key`.
    """

    parts: tuple[tuple[str, SourceURI], ...]

    @property
    def redacted(self) -> str:
        """The sources without option values."""
        return " + ".join(uri.redacted for _, uri in self.parts)


Candidate = SourceURI | SplitPair
"""One place that may hold the whole credential."""

# Reading them takes no longer than reading a file: an event loop does not notice.
_LOCAL: Final = frozenset({"dotenv", "env", "file", "memory"})


class Check(NamedTuple):
    """What a profile says of asking the exchange about a pair before it is used.

    Attributes:
        policy: a `binance_creds.exchange.Policy`, or `None`: prove the pair and its environment.
        when_unreachable: whether a first pair is used or refused that nobody could prove.
        is_of_file: whether the policy is from a file of its own, which may change at any time.
    """

    policy: Hashable = None
    when_unreachable: Literal["use", "refuse"] = "use"
    is_of_file: bool = False


class Terms(NamedTuple):
    """How a load is done, as arguments and a profile say. Most plans share the defaults.

    Attributes:
        environment: overrides the source; `None` leaves it to the source, then to live.
        is_override: whether `environment` came from an argument, which wins over the secret's own;
            from a profile it must agree with it.
        sealed: drop the signing secret's text after the signer is built.
        rotation_days: age at which the key should be replaced, in days.
        ttl_seconds: how long the cache serves the result.
        timeout_seconds: one deadline over all candidates.
        continues_when_unavailable: whether an unavailable source moves on to the next.
        profile: the profile's name, or `None`.
        refresh: how a live handle keeps itself current; `None` for the defaults.
        notes: what was decided that may surprise; for `explain()`.
        check: what the profile says of a check by the exchange; `None` for none.
        status_dir: where live handles report which key they use; `None` for nowhere.
        signer: what signs for an API key whose source names no secret.
        is_found: whether nobody named the sources: they are the defaults, or those of a
            configuration that lay in the working directory.
    """

    environment: Environment | None = None
    is_override: bool = False
    sealed: bool = False
    rotation_days: int | None = None
    ttl_seconds: float = DEFAULT_TTL_SECONDS
    timeout_seconds: float | None = None
    continues_when_unavailable: bool = False
    profile: str | None = None
    refresh: RefreshPolicy | None = None
    notes: tuple[str, ...] = ()
    check: Check | None = None
    status_dir: str | None = None
    signer: SignerURI | None = None
    is_found: bool = False


class Plan(NamedTuple):
    """Every decision that a load depends on. Equal plans give equal credentials.

    Attributes:
        candidates: tried in order.
        terms: how.
    """

    candidates: tuple[Candidate, ...]
    terms: Terms = Terms()

    def with_terms(self, **changes: Any) -> Plan:
        """Return the plan with some of its terms changed."""
        return self._replace(terms=self.terms._replace(**changes))

    @property
    def sources(self) -> tuple[SourceURI, ...]:
        """Every source of every candidate."""
        return tuple(uri for candidate in self.candidates for uri in sources_of(candidate))

    @property
    def is_local(self) -> bool:
        """Whether reading all of it is as quick as reading files."""
        return all(map(is_local, self.candidates))

    @property
    def unasked_seconds(self) -> float:
        """How far apart live credentials read these sources unasked; infinite is never.

        A program may ask its user for something: it is run as rarely as its table says.
        """
        told = [uri.settings for uri in self.sources if uri.settings is not None]
        if not told:
            return 0.0
        from binance_creds._command import Command  # noqa: PLC0415  # few plans run a program

        polls = (command.poll_seconds for command in told if isinstance(command, Command))
        return max((_NEVER if poll is None else poll for poll in polls), default=0.0)

    def with_sources(self, change: Callable[[SourceURI], SourceURI]) -> Plan:
        """Return the plan with each of its sources changed; itself where none is another then."""
        changed = tuple([_changed(candidate, change) for candidate in self.candidates])
        return self if changed == self.candidates else self._replace(candidates=changed)


def sources_of(candidate: Candidate) -> tuple[SourceURI, ...]:
    """Return every source that a candidate reads."""
    if isinstance(candidate, SplitPair):
        return tuple(uri for _, uri in candidate.parts)
    return (candidate,)


def is_local(candidate: Candidate) -> bool:
    """Return whether reading it is as quick as reading a file."""
    return all(uri.scheme in _LOCAL for uri in sources_of(candidate))


def _changed(candidate: Candidate, change: Callable[[SourceURI], SourceURI]) -> Candidate:
    if isinstance(candidate, SplitPair):
        return SplitPair(tuple((name, change(uri)) for name, uri in candidate.parts))
    return change(candidate)


def store_of(uri: SourceURI) -> Hashable:
    """Return what tells one store from another, options and location taken together."""
    place: object = None
    if uri.scheme in {"azure-kv", "gcp-sm"}:  # VAULT/NAME, PROJECT/SECRET, projects/PROJECT/...
        place = uri.location.removeprefix("projects/").partition("/")[0]
    elif uri.location.startswith("arn:"):  # arn:partition:service:region:account:...
        place = uri.location.split(":")[:5]
    return uri.scheme, str(place), *(uri.option(name) for name in _STORE_OPTIONS)
