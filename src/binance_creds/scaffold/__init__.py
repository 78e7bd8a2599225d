"""Set a project up: a profile in a configuration, `.env.example`, `.gitignore`; nothing secret."""

from binance_creds.scaffold._changes import FileChange, Setup, changes_for
from binance_creds.scaffold._stores import StoreChoice, store_choices
from binance_creds.scaffold._writing import write

__all__ = ["FileChange", "Setup", "StoreChoice", "changes_for", "store_choices", "write"]
