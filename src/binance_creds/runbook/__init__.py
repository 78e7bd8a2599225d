"""What to do when a key has leaked, a person leaves, a third party wants a key, a key is due."""

from binance_creds.runbook._runbook import Part, Runbook, Step, runbook, runbook_names

__all__ = ["Part", "Runbook", "Step", "runbook", "runbook_names"]
