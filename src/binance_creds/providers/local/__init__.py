"""Sources on this machine: `environment`, `dotenv`, and `file`."""

__all__: list[str] = []
