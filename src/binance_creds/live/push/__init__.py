"""Hear of changes from outside: a thread for each push source.

* `_listeners`: the thread, shared by all live handles that name the source.
* `redis`, `signals`: push sources that belong to no store; a store's own stand in its folder.
"""

__all__: list[str] = []
