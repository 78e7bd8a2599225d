"""Set a project up: a profile in a configuration, `.env.example`, `.gitignore`; nothing secret."""

from binance_creds.scaffold._changes import FileChange, Setup, changes_for
from binance_creds.scaffold._stores import STORES, StoreChoice
from binance_creds.scaffold._writing import write

__all__ = ["STORES", "FileChange", "Setup", "StoreChoice", "changes_for", "write"]
