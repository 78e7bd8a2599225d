"""`python -m binance_creds`: the command line."""

import sys

from binance_creds._working_directory import working_directory

# `-m` puts the working directory first: a module or an entry point that merely lies there would
# run, such as one of a repository. pip does the same.
if __name__ == "__main__" and not sys.flags.safe_path and sys.path[:1] == [working_directory()]:
    del sys.path[0]

from binance_creds.cli import main  # not before

if __name__ == "__main__":
    sys.exit(main())
