"""Every thread of this library is started here, and every forked child is made ready here.

* `_spawn`: the one way to start a thread.
* `_latch`: something that happens once, and whoever waits for it.
* `_fork`: what a forked child begins with.
* `_daemons`: call a function in a thread and wait for it, or for several side by side.
* `_bounded_calls`: call what may hang, for no longer than a deadline.
* `_line`: wait for one thing in the order of coming.
"""
