"""`load_credentials` and its siblings.

* `_load`, `_aload`: the one function, blocking and awaitable.
* `_many`: many at once.
* `_plans`: from arguments to a plan; `_types`: what the arguments may be.
* `_process_cache`: what they share.
* `_live`: what `live` and `verify` add.
"""
