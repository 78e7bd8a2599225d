"""Notice that files have changed.

* `_files`: the files of one live handle.
* `_inotify`: the kernel's word that a folder has changed.
* `_paths`: which folders lead to a file.
"""

__all__: list[str] = []
