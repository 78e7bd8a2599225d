"""User data streams of the local exchange: who listens, and what there is to hear."""
