"""Execute what the machines decide: one thread for all live handles, and some that fetch.

* `_engine`: the thread.
* `_fetchers`: the threads that fetch, and `_reader`, what they do.
* `_subject`: one handle's plan, machine and state.
* `_hooks`, `_event_log`, `_telemetry`: what the user is told.
* `_locks`, `_clock`, `_same_key`: locks, seconds, and whether two pairs are the same.
"""

__all__: list[str] = []
