"""Keep others out of the memory of this process, as far as the system lets it.

* `_process`: the switches of the process.
* `_variables`: remove variables, and overwrite what is left of them.
"""

from binance_creds._harden._process import harden_process

__all__ = ["harden_process"]
