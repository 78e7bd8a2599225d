"""Ask the exchange about the current pair on request."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from binance_creds.errors import ConfigurationError
from binance_creds.live.run._engine import ENGINE

if TYPE_CHECKING:
    from binance_creds._credentials import Credentials
    from binance_creds.live.run._subject import Subject

__all__ = ["prove_now"]


def prove_now(subject: Subject, used: Credentials) -> Credentials:
    """Return the pair that is current after the exchange has been asked. Blocks.

    Args:
        subject: whose verifier asks.
        used: the snapshot that it is asked about.

    Raises:
        CredentialsError: as `LiveCredentials.verify` does.
    """
    if subject.prover.verifier is None:
        raise ConfigurationError(
            "there is nothing to verify the pair with.", hint="Load it with verify=True."
        )
    verdict = subject.prover.examined(used)
    ENGINE.run(subject, partial(subject.machine.checked, verdict=verdict))
    if verdict.error is not None:
        raise verdict.error.again()
    return subject.pair
