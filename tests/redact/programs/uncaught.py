"""A program whose exceptions are not caught: in a thread, in a destructor, in the main thread."""

from __future__ import annotations

import sys
import threading
import warnings

from given import IS_REDACTED, MESSAGE, fail

if "rich" in sys.argv:
    from rich.traceback import install

    install(show_locals=True)
if IS_REDACTED:
    from binance_creds.redact import install_redaction

    install_redaction()


class Fails:
    def __del__(self) -> None:
        fail()


Fails()
warnings.warn(MESSAGE, stacklevel=1)
thread = threading.Thread(target=fail)
thread.start()
thread.join()
fail()
