"""Record what is done with credentials: who loaded, swapped, used, revealed or wrote which, when.

Off by default. `start` begins for the whole process, with a file or a function; `[audit]` in a
configuration that was named does the same. A file is a chain: `verify` finds what was changed in
it, removed or reordered.
"""

from binance_creds._recorded import Record
from binance_creds.audit._recording import Head, flush, head, start, stop
from binance_creds.audit._verify import Report, verify

__all__ = ["Head", "Record", "Report", "flush", "head", "start", "stop", "verify"]
