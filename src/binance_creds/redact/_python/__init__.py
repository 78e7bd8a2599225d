"""What Python itself shows: records of logging, both streams, and uncaught exceptions."""

__all__: list[str] = []
