"""End this process at the n-th thing that it is about to change outside, as a power cut does.

That is a request that is sent, a file that is opened to be written, renamed or removed. `KILL_AT`
says which; where there are fewer, it goes on to its end.
"""

import itertools
import os
import signal
import sys

NUMBER = int(os.environ["KILL_AT"])
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
CHANGES = {"http.client.send", "os.rename", "os.remove", "os.mkdir"}
_seen = itertools.count(1)


def is_change(event: str, arguments: tuple) -> bool:
    if event != "open":
        return event in CHANGES
    path, _, flags = arguments
    return bool(flags & WRITING) and not str(path).startswith("/dev/")


def hear(event: str, arguments: tuple) -> None:
    if is_change(event, arguments) and next(_seen) == NUMBER:
        os.kill(os.getpid(), signal.SIGKILL)


sys.addaudithook(hear)
