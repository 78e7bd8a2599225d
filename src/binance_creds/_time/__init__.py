"""Durations, deadlines and times of day, without any clock of their own.

* `_duration`: `30s`, `5m`, `24h` to seconds.
* `_deadline`: one deadline over all that a load does.
* `_retry_after`: what a server asks for by `Retry-After`.
* `_swap_window`: the hours in which a pair may change.
"""
