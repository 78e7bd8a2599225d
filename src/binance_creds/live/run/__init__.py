"""Execute what the machines decide: one thread for all live handles, and some that fetch.

* `_engine`: what handles call; `_loop`, its thread; `_refreshes`, fetches that are waited for.
* `_driver`: does what machines decide, and knows when each is ticked.
* `_fetchers`: the threads that fetch, and what there is to fetch; `_reader`, how.
* `_subject`: one handle's plan, machine and state, and who waits; `_changes`, a part of it.
* `_hooks`, `_event_log`, `_telemetry`: what the user is told; `_publisher`, in which thread.
* `_locks`, `_same_key`: the locks, and whether two pairs are the same.
"""

__all__: list[str] = []
