"""The processor for structlog works by itself, before and after the renderer."""

from __future__ import annotations

import io

import pytest
import structlog as library
from structlog import processors

from binance_creds.redact import structlog

CHAINS = {
    "json": [processors.dict_tracebacks, structlog.processor, processors.JSONRenderer()],
    "bytes": [processors.format_exc_info, processors.JSONRenderer(lambda *a, **o: str(a).encode()),
              structlog.processor],
    "text": [processors.format_exc_info, structlog.processor, processors.KeyValueRenderer()],
    "console": [structlog.processor,
                library.dev.ConsoleRenderer(exception_formatter=library.dev.plain_traceback),
                structlog.processor],
    "logfmt": [processors.ExceptionRenderer(), processors.LogfmtRenderer(bool_as_flag=False),
               structlog.processor],
}  # fmt: skip


@pytest.mark.parametrize("chain", CHAINS)
def test_it_redacts_what_passes(canary, chain) -> None:
    out = io.StringIO() if chain != "bytes" else io.BytesIO()
    printer = library.PrintLogger if chain != "bytes" else library.BytesLogger
    log = library.wrap_logger(printer(out), CHAINS[chain])
    try:
        raise ValueError(canary.message)
    except ValueError:
        log.exception("failed", url=canary.url, api_secret=canary.secret, number=1)
    written = str(out.getvalue())
    assert "failed" in written
    assert not canary.is_in(written)
