"""Sources on this machine: `environment`, `dotenv`, and `file`.

* `_file_reader`: reads a file from an open descriptor; `_file_rules` says which may be read.
"""

__all__: list[str] = []
