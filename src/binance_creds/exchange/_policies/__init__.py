"""Policies: what a key may and must not be able to do, as data.

* `_model`: `Policy`, and the table that a file or a configuration writes; needs pydantic.
* `_reading`: from a name, a path or a table to a policy; the packaged ones are the files beside it.
* `_problems`: what is wrong with an entry.
* `_judge`: whether a key fits a policy.
* `_permissions`: what each right means.
"""

__all__: list[str] = []
