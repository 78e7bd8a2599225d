"""End this process at the n-th thing that it is about to change outside, as a power cut does.

That is a request that is sent, a file that is opened to be written, renamed or removed. `KILL_AT`
says which; where there are fewer, it goes on to its end.
"""

import os
import signal
import sys

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
CHANGES = {"http.client.send", "os.rename", "os.remove", "os.mkdir"}
_left = int(os.environ.get("KILL_AT", "0"))


def begin(number: int) -> None:
    """Count from here on; zero is never."""
    global _left
    _left = number


def is_change(event: str, arguments: tuple) -> bool:
    if event != "open":
        return event in CHANGES
    path, _, flags = arguments
    return bool(flags & WRITING) and not str(path).startswith("/dev/")


def hear(event: str, arguments: tuple) -> None:
    global _left
    if is_change(event, arguments):
        _left -= 1
        if _left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


sys.addaudithook(hear)
