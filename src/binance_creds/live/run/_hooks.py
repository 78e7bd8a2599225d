"""Call hooks in order, each on its own: none can delay or stop a swap, or another hook."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Awaitable
from contextlib import suppress

from binance_creds._threads._spawn import spawn
from binance_creds._typing import TYPE_CHECKING
from binance_creds.errors import ConfigurationError
from binance_creds.live.run._locks import LOCK, is_inside

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from typing import Any, Final

    Hook = Callable[[Any], object]

__all__ = ["Hooks"]


class Hooks:
    """The hooks of one handle, of rotations and of events. Threads may share it.

    A plain function runs in a thread that lives as long as there is something to tell it. A
    coroutine function runs in the event loop that ran when it was added; where there was none, or
    once it has closed, in such a thread in a loop of its own. What a hook raises is logged by the
    name of its class.
    """

    __slots__ = ("__weakref__", "queues")

    def __init__(self) -> None:
        self.queues: tuple[_Queue, ...] = ()

    def add(self, hook: Hook, *, of_events: bool = False) -> Callable[[], None]:
        """Add a hook; return what removes it, which may be called within the hook.

        Args:
            hook: what is called.
            of_events: whether it is for events; else for rotations.

        Raises:
            ConfigurationError: it cannot be called.
        """
        _refuse_unless_callable(hook)
        import datetime as dt  # noqa: F401, PLC0415  # a rotation needs both, maybe when no file opens

        from binance_creds.live import _values  # noqa: F401, PLC0415  # as above

        queue = _Queue(hook, of_events=of_events)
        with LOCK:
            self._sweep()
            self.queues = (*self.queues, queue)

        def remove() -> None:
            queue.mute()
            # A collector may call it in any thread, also in one that the holder waits for.
            if is_inside() or not LOCK.acquire(blocking=False):
                return  # it is silent; the next who adds or removes one sweeps
            try:
                self._sweep()
                queue.waiting.clear()
            finally:
                LOCK.release()

        return remove

    def tell(self, value: object, *, of_events: bool = False) -> None:
        """Queue a value for every hook of its kind; never blocks, never raises."""
        for queue in self.queues:
            if queue.of_events is of_events:
                queue.put(value)

    def _sweep(self) -> None:
        """Let go of what was silenced. Whoever calls holds `LOCK`."""
        self.queues = tuple(queue for queue in self.queues if not queue.is_closed)

    def start_over(self) -> None:
        """Forget what is queued: in a forked child nobody is running it."""
        self._sweep()
        for queue in self.queues:
            queue.start_over()
            queue.leave_loop()


class _Queue:
    """What one hook has still to be told, in order."""

    def __init__(self, hook: Hook, *, of_events: bool) -> None:
        self._hook, self.of_events = hook, of_events
        self._loop = _loop_of(hook)
        self._has_lost_loop = False  # and nobody has been told of it yet
        self.start_over()

    def start_over(self) -> None:
        self.waiting: deque[object] = deque()
        self._is_running = False
        self.is_closed = False

    def leave_loop(self) -> None:
        """Run in threads from now on: the loop of before runs in the parent process."""
        self._loop = None

    def put(self, value: object) -> None:
        with LOCK:
            if self.is_closed:
                return
            self.waiting.append(value)
            if self._loop is not None and self._loop.is_closed():
                self._lose_loop()
            if self._is_running:
                return
            self._is_running = True
        if not self._start():
            self._stop()

    def mute(self) -> None:
        """Tell nothing more; takes no lock."""
        self.is_closed = True

    def _stop(self) -> None:
        with LOCK:
            self.waiting.clear()
            self._is_running = False

    def _lose_loop(self) -> None:
        self._loop, self._is_running, self._has_lost_loop = None, False, True

    def _start(self) -> bool:
        if self._loop is not None:
            try:
                self._loop.call_soon_threadsafe(self._run_in_loop)
            except RuntimeError:  # it has closed in this moment
                self._lose_loop()
                self._is_running = True
            else:
                return True
        return spawn(self._run, "hook")

    def _next(self) -> tuple[object] | None:
        with LOCK:
            if self.waiting and not self.is_closed:
                return (self.waiting.popleft(),)
            self._is_running = False
            return None

    def _run(self) -> None:
        try:
            self._tell_all()
        except BaseException:  # such as no memory; what is left comes with what is told next
            self._is_running = False
            raise

    def _tell_all(self) -> None:
        if self._has_lost_loop:
            self._has_lost_loop = False
            name = _name(self._hook)
            _log(f"the event loop of a hook has closed ({name}): it runs in threads from now on")
        while (item := self._next()) is not None:
            try:
                _finish(self._hook(item[0]))
            except BaseException as error:  # noqa: BLE001  # a user's code may also call sys.exit()
                _report(self._hook, error)

    def _run_in_loop(self) -> None:
        import asyncio  # noqa: PLC0415  # as below

        task = asyncio.ensure_future(self._run_all())
        _TASKS.add(task)  # the loop keeps only a weak reference
        task.add_done_callback(_TASKS.discard)

    async def _run_all(self) -> None:
        try:
            while (item := self._next()) is not None:
                await self._run_one(item[0])
        except BaseException:  # such as a loop that ends; the rest comes with what is told next
            self._is_running = False
            raise

    async def _run_one(self, value: object) -> None:
        import asyncio  # noqa: PLC0415  # as below

        try:
            await self._hook(value)  # type: ignore[misc]  # a coroutine function, see _loop_of
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            _report(self._hook, error)  # of something that the hook awaited
        except Exception as error:  # noqa: BLE001  # as above
            _report(self._hook, error)


_TASKS: Final[set[asyncio.Future[None]]] = set()


def _loop_of(hook: Hook) -> asyncio.AbstractEventLoop | None:
    """Return the loop that a hook runs in; there is none where asyncio was never imported."""
    if "asyncio" not in sys.modules:
        return None
    import asyncio  # noqa: PLC0415  # synchronous programs never need it
    import inspect  # noqa: PLC0415  # which asyncio imports

    call = getattr(hook, "__call__", hook)  # noqa: B004  # an object whose __call__ is async
    if not (inspect.iscoroutinefunction(hook) or inspect.iscoroutinefunction(call)):
        return None
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _finish(found: object) -> None:
    """Await what a coroutine function returned."""
    if isinstance(found, Awaitable):
        import asyncio  # noqa: PLC0415  # synchronous programs never need it

        asyncio.run(_awaited(found))


async def _awaited(value: Awaitable[object]) -> None:
    await value


def _refuse_unless_callable(hook: object) -> None:
    if not callable(hook):
        msg = f"a hook is a function, not {type(hook).__name__}."
        raise ConfigurationError(msg)


def _report(hook: Hook, error: BaseException) -> None:
    """Log the class alone: a hook has the credentials, and its error may quote them."""
    raised = type(error).__name__
    _log(f"a hook of live credentials raised {raised} ({_name(hook)}); the others go on")


def _name(hook: Hook) -> str:
    name: str = getattr(hook, "__qualname__", type(hook).__qualname__)
    return name


def _log(message: str) -> None:
    with suppress(Exception):  # a handler's defect: the hook is told the next all the same
        import logging  # noqa: PLC0415  # slow, and rarely needed at the start

        logging.getLogger("binance_creds.live").error(message)
