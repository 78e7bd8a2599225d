"""`command:NAME`: what a program prints, such as a password manager.

* `external_program`: the provider.
* `_process`: runs a program without a shell, in a group of its own that the deadline ends.
* `_program`: finds the program, and chooses its variables.
* `_errors`: what an exit code means, and what to do for the programs that are known.
"""

__all__: list[str] = []
