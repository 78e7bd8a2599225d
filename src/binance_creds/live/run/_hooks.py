"""Call hooks in order, each on its own: none can delay or stop a swap, or another hook."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from binance_creds._threads._spawn import spawn
from binance_creds.errors import ConfigurationError
from binance_creds.live.run._locks import LOCK, is_inside

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Hook = Callable[[Any], object]

__all__ = ["Hooks"]

_LOG: Final = logging.getLogger("binance_creds.live")


class Hooks:
    """The hooks of one handle. Threads may share it.

    A plain function runs in a thread that lives as long as there is something to tell it. A
    coroutine function runs in the event loop that ran when it was added, else in such a thread in a
    loop of its own. What a hook raises is logged by the name of its class.
    """

    def __init__(self) -> None:
        self._hooks: list[_Queue] = []

    def add(self, hook: Hook) -> Callable[[], None]:
        """Add a hook; return what removes it, which may be called within the hook.

        Raises:
            ConfigurationError: it cannot be called.
        """
        _refuse_unless_callable(hook)
        queue = _Queue(hook)
        with LOCK:
            self._hooks = [*self._hooks, queue]

        def remove() -> None:
            if is_inside():
                queue.mute()
                return
            with LOCK:
                self._hooks = [one for one in self._hooks if one is not queue]
            queue.close()

        return remove

    def tell(self, value: object) -> None:
        """Queue a value for every hook; never blocks, never raises."""
        for queue in self._hooks:
            queue.put(value)

    def start_over(self) -> None:
        """Forget what is queued: in a forked child nobody is running it."""
        for queue in self._hooks:
            queue.start_over()
            queue.leave_loop()


class _Queue:
    """What one hook has still to be told, in order."""

    def __init__(self, hook: Hook) -> None:
        self._hook = hook
        self._loop = _loop_of(hook)
        self.start_over()

    def start_over(self) -> None:
        self._waiting: deque[object] = deque()
        self._is_running = False
        self._is_closed = False

    def leave_loop(self) -> None:
        """Run in threads from now on: the loop of before runs in the parent process."""
        self._loop = None

    def put(self, value: object) -> None:
        with LOCK:
            if self._is_closed:
                return
            self._waiting.append(value)
            is_lost = self._loop is not None and self._loop.is_closed()
            if self._is_running and not is_lost:
                return
            self._is_running = True
        if not self._start():
            self._stop()

    def mute(self) -> None:
        """Tell nothing more; takes no lock."""
        self._is_closed = True

    def close(self) -> None:
        with LOCK:
            self._is_closed = True
            self._waiting.clear()

    def _stop(self) -> None:
        with LOCK:
            self._waiting.clear()
            self._is_running = False

    def _start(self) -> bool:
        try:
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._run_in_loop)
            else:
                return spawn(self._run, "hook")
        except RuntimeError:  # the loop is closed
            return False
        return True

    def _next(self) -> tuple[object] | None:
        with LOCK:
            if self._waiting and not self._is_closed:
                return (self._waiting.popleft(),)
            self._is_running = False
            return None

    def _run(self) -> None:
        while (item := self._next()) is not None:
            try:
                found = self._hook(item[0])
                if inspect.isawaitable(found):
                    asyncio.run(_awaited(found))
            except BaseException as error:  # noqa: BLE001  # a user's code may also call sys.exit()
                _report(self._hook, error)

    def _run_in_loop(self) -> None:
        task = asyncio.ensure_future(self._run_all())
        _TASKS.add(task)  # the loop keeps only a weak reference
        task.add_done_callback(_TASKS.discard)

    async def _run_all(self) -> None:
        try:
            while (item := self._next()) is not None:
                await self._run_one(item[0])
        except asyncio.CancelledError:  # the loop ends, and with it what it has still to be told
            self._stop()
            raise

    async def _run_one(self, value: object) -> None:
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
    call = getattr(hook, "__call__", hook)  # noqa: B004  # an object whose __call__ is async
    if not (inspect.iscoroutinefunction(hook) or inspect.iscoroutinefunction(call)):
        return None
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


async def _awaited(value: Awaitable[object]) -> None:
    await value


def _refuse_unless_callable(hook: object) -> None:
    if not callable(hook):
        msg = f"a hook is a function, not {type(hook).__name__}."
        raise ConfigurationError(msg)


def _report(hook: Hook, error: BaseException) -> None:
    """Log the class alone: a hook has the credentials, and its error may quote them."""
    name = getattr(hook, "__qualname__", type(hook).__qualname__)
    raised = type(error).__name__
    _LOG.error("a hook of live credentials raised %s (%s); the others go on", raised, name)
