"""What several commands write: rows, what was stored, what a found key can do."""

__all__: list[str] = []
