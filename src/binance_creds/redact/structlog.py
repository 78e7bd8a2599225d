"""structlog: a processor for those who do not call `install_redaction()`.

structlog.configure(processors=[..., dict_tracebacks, structlog.processor, JSONRenderer()])
"""

from __future__ import annotations

from binance_creds.redact._libraries._structlog import processor

__all__ = ["processor"]
