"""From arguments, environment variables and a configuration file to one `Plan`."""

from binance_creds._config._resolve import plan_for

__all__ = ["plan_for"]
