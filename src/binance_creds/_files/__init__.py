"""Read files that others must not be able to change.

* `_reader`: reads a file or a folder of files, all of one generation.
* `_walk`: goes to a file folder by folder, through descriptors where the platform has them.
* `_rules`: who may own and write what is met on the way.
* `_paths`: from a path as it was written to the one that is read.
* `_folder`, `_content`: one open folder, and the bytes of one file.
* `_state_folder`: where this library keeps what it remembers.
* `_toml`: a TOML file that anybody may write.
* `_errors`: what the operating system's answers mean.
"""

__all__: list[str] = []
