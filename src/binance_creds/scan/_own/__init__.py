"""Find your own keys, exactly, whatever they are written as.

* `_digests`: what is known of a key: keyed digests of what it is made of.
* `_search`: where one of them is in a text.
* `_forms`: what a text says once escapes, base64, hex and zeros are undone.
* `_remembered`: the digests in a file, so that a hook needs no store.
"""

__all__: list[str] = []
