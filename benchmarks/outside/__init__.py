"""Keys that stay outside of the process: where they are, and how they sign with and without us."""
