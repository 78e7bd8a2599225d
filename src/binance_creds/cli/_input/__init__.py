"""What commands are given: options, sources and profiles, pairs, answers on a terminal."""

__all__: list[str] = []
