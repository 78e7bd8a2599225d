"""`ExchangeCheck`: proves a pair at the exchange, and compares its key with a policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from binance_creds._enums import Environment
from binance_creds._extras import sdk_of
from binance_creds._threads._bounded_calls import BoundedCalls
from binance_creds._threads._daemons import acalled
from binance_creds._time._deadline import Deadline
from binance_creds._warnings import warn_if_a_loop_waits
from binance_creds.errors import ConfigurationError, CredentialsError, VerificationError
from binance_creds.exchange._clock import LARGEST_OFFSET_SECONDS, offset_clock
from binance_creds.exchange._markets import checked_address
from binance_creds.exchange._memo import Asked, Memo, Pauses
from binance_creds.signers._fingerprint import pair_digest

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from binance_creds._credentials import Credentials
    from binance_creds._credentials_handle import CredentialsHandle
    from binance_creds.exchange._findings import Findings
    from binance_creds.exchange._policies._model import Policy

__all__ = ["ExchangeCheck"]

# The line has the same deadline, so a call that its caller has left ends soon.
_CALLS: Final = BoundedCalls(patience_seconds=2.0)
_MEMO: Final = Memo()
_PAUSES: Final = Pauses()
_UNTOLD: Final = (
    "the exchange did not answer what this key may do, as the live one does; if the key is of a"
    " test network, declare that: BINANCE_ENVIRONMENT=testnet, or"
    ' environment = "testnet" in the profile.'
)


class ExchangeCheck:
    """Prove that key and secret belong together, where they are valid, and what the key may do.

    One signed request that reads proves the pair, and one more asks for the permissions of the key
    where the exchange tells them. Pass it as `verify=`, or call it. A pair that was proven is not
    asked for again within a day; `examine` always asks. Threads and tasks may share it: they ask
    once for one pair.

        check = ExchangeCheck(policy="spot-trading")
        credentials = load_credentials(verify=check)

    Args:
        policy: what the key may and must not be able to do: the name of a policy that comes with
            the library, the path of one, or a `Policy`. It also says for which markets. Without one
            only the pair is proven, and that it is of its environment.
        base_url: of a proxy of your own, or of a local exchange; it serves every market. Without
            one the environment of the pair and the market choose the host.
        timeout_seconds: for all requests of one check together.
        when_unreachable: whether a first load uses a pair that the exchange neither proved nor
            refused, with a warning ("use"), or fails ("refuse").

    Raises:
        ProviderNotInstalledError: httpx is not installed.
        ConfigurationError: an argument is wrong.
    """

    def __init__(
        self,
        policy: str | os.PathLike[str] | Policy | None = None,
        *,
        base_url: str | None = None,
        timeout_seconds: float = 10.0,
        when_unreachable: Literal["use", "refuse"] = "use",
    ) -> None:
        with sdk_of("exchange"):
            import httpx  # noqa: F401, PLC0415  # so that its absence is told before a load
        Deadline(timeout_seconds)  # which refuses what is no time
        if when_unreachable not in {"use", "refuse"}:
            msg = "when_unreachable must be 'use' or 'refuse'."
            raise ConfigurationError(msg)
        self._policy = None if policy is None else _policy_of(policy)
        self._markets = () if self._policy is None else self._policy.markets
        self._base_url = None if base_url is None else checked_address(base_url)
        self._timeout_seconds = timeout_seconds
        self._when_unreachable: Literal["use", "refuse"] = when_unreachable
        self._offset_seconds = 0.0
        self._clock = offset_clock(lambda: self._offset_seconds)

    @property
    def policy(self) -> Policy | None:
        """What the key is compared with."""
        return self._policy

    @property
    def when_unreachable(self) -> Literal["use", "refuse"]:
        """What a first load does with a pair that was neither proven nor refused."""
        return self._when_unreachable

    @property
    def clock(self) -> Callable[[], float]:
        """The exchange's time, in seconds since the epoch: pass it to an adapter as `clock=`.

        It is this machine's until a check had to measure how far that is off.
        """
        return self._clock

    def __call__(
        self, credentials: CredentialsHandle, deadline: Deadline | None = None
    ) -> Findings:
        """Do what `examine` does, unless the same pair was proven within a day."""
        return self._checked(credentials.current, deadline, anew=False)

    def examine(self, credentials: CredentialsHandle, deadline: Deadline | None = None) -> Findings:
        """Return what the exchange says of a pair. Blocks until a deadline at most.

        Args:
            credentials: credentials, or a handle, of which one snapshot is taken.
            deadline: an end that may come before `timeout_seconds`.

        Raises:
            VerificationError: the exchange refuses the pair, or the key breaks the policy; `reason`
                says why, and `is_certain` whether a later check may have another outcome.
            ProviderUnavailableError: the pair was neither proven nor refused.
            ThrottledError: so it is, and the exchange asks for a pause.
            ConfigurationError: the environment has no such market.
        """
        warn_if_a_loop_waits("examine", "aexamine")
        return self._checked(credentials.current, deadline, anew=True)

    async def aexamine(
        self, credentials: CredentialsHandle, deadline: Deadline | None = None
    ) -> Findings:
        """Do what `examine` does, without blocking the event loop."""
        used = credentials.current
        return await acalled(lambda: self._checked(used, deadline, anew=True))

    def notes(self, findings: Findings) -> tuple[str, ...]:
        """Return what should be known of a key, and does not refuse it."""
        if findings.environment is Environment.LIVE and findings.permissions is None:
            return (_UNTOLD,)
        if self._policy is None:
            return ()
        from binance_creds.exchange._policies._judge import noted  # noqa: PLC0415  # pydantic

        return noted(self._policy, findings)

    def __repr__(self) -> str:
        name = self._policy and self._policy.name
        return f"ExchangeCheck(policy={name!r}, base_url={self._base_url!r})"

    def _checked(self, used: Credentials, deadline: Deadline | None, *, anew: bool) -> Findings:
        pair = _name_of(used, self._base_url, self._markets)
        outcome = None if anew else _MEMO.recall(pair)
        if outcome and outcome.findings and self._broken(outcome.findings):
            outcome, anew = None, True  # the key may have been mended at the exchange since
        if outcome is None:
            limit = Deadline(self._timeout_seconds)
            if deadline and deadline.remaining_seconds < limit.remaining_seconds:
                limit = deadline
            outcome = self._asked(pair, used, limit, anew=anew)
        if outcome.findings is not None:
            self._judge(outcome.findings, used)
        if outcome.error is not None:
            raise outcome.error.at(used.origin)  # another source may have the same pair
        assert outcome.findings is not None  # noqa: S101  # it has one of the two
        return outcome.findings

    def _judge(self, findings: Findings, used: Credentials) -> None:
        """Refuse a key that breaks the policy, and note the offset of the clock."""
        offset = findings.clock_offset_seconds
        if offset is not None and abs(offset) <= LARGEST_OFFSET_SECONDS:
            self._offset_seconds = offset
        sentences = self._broken(findings)
        if sentences:
            msg = f"the key is refused: {' '.join(sentences)}"
            raise VerificationError(msg, reason="policy", source=used.origin)

    def _broken(self, findings: Findings) -> tuple[str, ...]:
        if self._policy is None:
            return ()
        from binance_creds.exchange._policies._judge import broken  # noqa: PLC0415  # pydantic

        return broken(self._policy, findings)

    def _asked(self, pair: str, used: Credentials, deadline: Deadline, *, anew: bool) -> Asked:
        """Ask in a thread: a name server may hang, and an interrupt shows no frame of httpx."""
        asked_at = _MEMO.now()

        def ask() -> Asked:
            found = None if anew else _MEMO.recall(pair, asked_at)
            if found is None:
                found = self._outcome(used, deadline)
                _MEMO.keep(pair, found)
            return found

        try:
            return _CALLS.run(pair, ask, deadline)
        except CredentialsError as error:
            return Asked(error=error.again())

    def _outcome(self, used: Credentials, deadline: Deadline) -> Asked:
        from binance_creds.exchange._asking import asked  # noqa: PLC0415  # httpx

        try:
            return asked(
                used,
                self._markets,
                deadline,
                _PAUSES,
                base_url=self._base_url,
                known_offset=self._offset_seconds,
                needs_permissions=self._policy is not None,
            )
        except CredentialsError as error:
            return Asked(error=error.again())


def _name_of(used: Credentials, *asked: object) -> str:
    """Return what a pair is remembered by: what is asked of it is a part of the name."""
    about = f"{used.environment.value} {asked}"
    return f"check {pair_digest(used.api_key, used.signer, about).hex()}"


def _policy_of(policy: str | os.PathLike[str] | Policy) -> Policy:
    from binance_creds.exchange._policies._reading import policy_named  # noqa: PLC0415  # pydantic

    return policy_named(policy)
