"""Find out what is the matter with credentials: for people, for cron, for health checks."""

from binance_creds.diagnosis._check import CheckReport, Verdict, check

__all__ = ["CheckReport", "Verdict", "check"]
