"""From what a store holds to credentials."""
