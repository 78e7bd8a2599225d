"""Every thread of this library is started here.

* `_daemons`: call a function in a thread and wait for it, or for several side by side.
* `_bounded_calls`: call what may hang, for no longer than a deadline.
"""
