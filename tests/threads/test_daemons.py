"""Calls in daemon threads: nobody who leaves waits for them."""

from __future__ import annotations

import asyncio
import contextvars
import signal
import subprocess
import sys
import threading

import pytest
from support import caught, child, plain_environ
from waiting import PATIENCE

from binance_creds._threads._daemons import acalled, called_side_by_side


def test_what_is_called_side_by_side_comes_in_order() -> None:
    """By a few threads, which are daemons; nothing needs none."""
    together = threading.Barrier(4)
    seen: set[bool] = set()

    def call(number: int) -> int:
        together.wait(30)
        seen.add(threading.current_thread().daemon)
        return number * 2

    numbers = list(range(40))
    assert called_side_by_side(call, numbers, most_threads=4) == [n * 2 for n in numbers]
    assert seen == {True}
    assert called_side_by_side(call, [], most_threads=4) == []


def test_an_error_of_one_is_raised_and_the_rest_does_not_begin() -> None:
    """Whoever is interrupted leaves it the same way."""
    begun: list[threading.Thread] = []
    gate = threading.Event()

    def call(number: int) -> None:
        begun.append(threading.current_thread())
        if number == 0:
            raise ValueError
        gate.wait(30)

    assert isinstance(caught(called_side_by_side, call, range(9), most_threads=1), ValueError)
    gate.set()
    begun[0].join(PATIENCE)
    assert len(begun) <= 2


def test_a_call_keeps_the_context_of_its_task_and_its_error() -> None:
    """As in `asyncio.to_thread`."""
    name = contextvars.ContextVar[str]("name")

    async def main() -> str:
        name.set("mine")
        with pytest.raises(ZeroDivisionError):
            await acalled(lambda: 1 // 0)
        return await acalled(name.get)

    assert asyncio.run(main()) == "mine"


def test_a_task_that_is_cancelled_before_its_thread_runs_calls_nothing() -> None:
    """The thread finds that nobody waits."""
    works: list = []
    called: list[int] = []

    def start(work, _) -> bool:
        works.append(work)
        return True

    async def main() -> None:
        task = asyncio.create_task(acalled(lambda: called.append(1), start=start))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    works[0]()
    assert called == []


HANGING = """
import asyncio, socket, threading
from binance_creds import aload_credentials, load_many
listening = socket.socket(); listening.bind(("127.0.0.1", 0)); listening.listen(50)
source = f"vault://secret/x?kv=2&address=http://127.0.0.1:{listening.getsockname()[1]}&auth=token"
def tell():
    connection = listening.accept()
    print("asked", flush=True)
    threading.Event().wait()
threading.Thread(target=tell, daemon=True).start()
async def within_a_moment():
    try:
        await asyncio.wait_for(aload_credentials(source, live=True), 0.5)
    except TimeoutError:
        print("late")
"""


@pytest.mark.parametrize(
    "call",
    [
        "asyncio.run(aload_credentials(source, live=True))",
        "load_many({str(n): f'{source}&version={n + 1}' for n in range(20)})",
    ],
    ids=["async live", "many"],
)
def test_ctrl_c_ends_a_load_that_hangs(call) -> None:
    """Within seconds, whatever the deadline is."""
    with child(f"{HANGING}{call}", VAULT_TOKEN="t") as run:
        assert run.stdout.readline() == "asked\n"
        run.send_signal(signal.SIGINT)
        _, errors = run.communicate(timeout=PATIENCE)
    assert "KeyboardInterrupt" in errors
    assert run.returncode != 0


def test_a_task_that_gives_up_a_load_ends_its_loop_at_once() -> None:
    """`asyncio.run` waits for its executor, which has nothing of ours."""
    run = subprocess.run(
        [sys.executable, "-c", f"{HANGING}asyncio.run(within_a_moment())"],
        env=plain_environ(VAULT_TOKEN="t"),
        capture_output=True,
        timeout=PATIENCE,
        check=True,
    )
    assert run.stdout.endswith(b"late\n")
