"""Find keys in one text.

* `_runs`: where letters and digits follow each other, at the speed of memory.
* `_value`: whether such a run looks like a key by itself.
* `_edges`: what touches it.
* `_names`: what its own name says that it is.
* `_around`: what stands near it.
* `_rules`: the rules, of all of these.
* `_blocks`: private keys, and text that is base64 by the line.
* `_windows`: a text of any size, a part at a time.
"""

__all__: list[str] = []
