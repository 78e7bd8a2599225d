"""Calls in daemon threads: whoever is interrupted or cancelled leaves them, and so does the exit.

The executors of the standard library are waited for at the end of a block, of an event loop and of
the process: Ctrl-C would take as long as a store that hangs.
"""

from __future__ import annotations

from binance_creds._threads._spawn import no_thread, spawn
from binance_creds._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Future
    from typing import TypeVar

    _T = TypeVar("_T")
    _I = TypeVar("_I")

__all__ = ["acalled", "called_side_by_side"]


async def acalled(
    call: Callable[[], _T], *, start: Callable[[Callable[[], object], str], bool] = spawn
) -> _T:
    """Return what a blocking call returns, without blocking the event loop.

    Args:
        call: may raise anything.
        start: as `BoundedCalls` has it.

    Raises:
        ProviderUnavailableError: no thread could be started.
    """
    import asyncio  # noqa: PLC0415  # synchronous programs never need it
    from concurrent.futures import Future  # noqa: PLC0415  # pulls logging in
    from contextvars import copy_context  # noqa: PLC0415

    future: Future[_T] = Future()
    context = copy_context()
    if not start(lambda: _settle(future, lambda: context.run(call)), "load"):
        raise no_thread()
    return await asyncio.wrap_future(future)


def called_side_by_side(
    call: Callable[[_I], _T], items: Iterable[_I], *, most_threads: int
) -> list[_T]:
    """Return what a blocking call returns for each item, in order; raises as the first does.

    With fewer threads than wanted it takes longer; with none the caller does all of it.
    """
    from concurrent.futures import Future  # noqa: PLC0415  # pulls logging in

    begun: list[tuple[Future[_T], _I]] = [(Future(), item) for item in items]
    futures = [future for future, _ in begun]
    shared = iter(begun)

    def work() -> None:
        for future, item in shared:
            _settle(future, lambda item=item: call(item))  # type: ignore[misc]  # bound at once

    try:
        started = [spawn(work, "load") for _ in range(min(most_threads, len(begun)))]
        if not any(started):
            work()
        return [future.result() for future in futures]
    finally:
        begun.clear()  # what has not begun when the caller is interrupted never does


def _settle(future: Future[_T], call: Callable[[], _T]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = call()
    except BaseException as error:  # noqa: BLE001  # raised again by whoever waits
        future.set_exception(error)
    else:
        future.set_result(result)
