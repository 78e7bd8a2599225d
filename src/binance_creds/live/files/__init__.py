"""Notice that files have changed.

* `_watch`: the thread, for the files of all live handles.
* `_interests`: who is interested in which path, and what one thread looks at.
* `_targets`: which files are watched for whom, and what of them has changed.
* `_folders`: what is at which name in which folder, each with a watch of the kernel.
* `_paths`: where a path leads, and what tells that it leads elsewhere.
* `_inotify`: the kernel's interface.
"""

__all__: list[str] = []
