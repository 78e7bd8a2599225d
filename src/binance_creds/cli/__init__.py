"""The command line, `binance-creds`. It has no logic of its own: commands call public functions."""

from binance_creds.cli._exit_codes import ExitCode
from binance_creds.cli._main import main

__all__ = ["ExitCode", "main"]
