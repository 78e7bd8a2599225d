"""Find out what is the matter with credentials: for people, for cron, for health checks."""

from binance_creds.diagnosis._check import CheckReport, Verdict, check
from binance_creds.diagnosis._diagnose import diagnose
from binance_creds.diagnosis._finding import Finding, Severity

__all__ = ["CheckReport", "Finding", "Severity", "Verdict", "check", "diagnose"]
