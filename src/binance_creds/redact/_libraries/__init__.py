"""What other packages show: those for logs, tracebacks and notebooks, and OpenTelemetry."""

__all__: list[str] = []
