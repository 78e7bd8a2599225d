"""The user data streams of an account, one after another, for every client."""

__all__: list[str] = []
