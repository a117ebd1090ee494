"""`python -m paper_run`."""

import sys

from paper_run.cli import main

if __name__ == "__main__":
    sys.exit(main())
