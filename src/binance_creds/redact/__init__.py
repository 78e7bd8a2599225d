"""Keep secrets out of logs, reports and traces.

    undo = install_redaction()

Sentry and OpenTelemetry have modules of their own: `redact.sentry`, `redact.opentelemetry`; so has
`redact.structlog`, for those who do not install the redaction. `redacted` is for a text of yours.
"""

from typing import TYPE_CHECKING

from binance_creds._late import late

if TYPE_CHECKING:
    from binance_creds.redact._install import install_redaction
    from binance_creds.redact._text import redacted

__all__ = ["install_redaction", "redacted"]

__getattr__, __dir__ = late(
    __name__,
    {
        "install_redaction": "binance_creds.redact._install",
        "redacted": "binance_creds.redact._text",
    },
)
