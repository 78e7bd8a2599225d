"""`python -m binance_creds`: the command line."""

import sys

from binance_creds.cli import main

if __name__ == "__main__":
    sys.exit(main())
