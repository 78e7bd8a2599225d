"""A dry request proves, when a client is attached, that what it sends comes where it is signed."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Proof", "Reached", "proving", "reach"]


class Reached(BaseException):
    """The dry request has come where it would be signed; it goes no further.

    No `Exception`, because clients catch and repeat those.
    """


class Proof:
    """Whether the dry request has come where it would be signed."""

    is_reached = False


_proof: ContextVar[Proof | None] = ContextVar("binance_creds_proof", default=None)


@contextmanager
def proving() -> Iterator[Proof]:
    """Catch the first request in the block that would be signed, and leave the block with it."""
    proof = Proof()
    token = _proof.set(proof)
    try:
        yield proof
    except Reached:
        pass
    finally:
        _proof.reset(token)


def reach() -> None:
    """Stop here, if this is the dry request of an attachment."""
    proof = _proof.get()
    if proof is not None:
        proof.is_reached = True
        raise Reached
