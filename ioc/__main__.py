"""`python -m ioc`."""

from __future__ import annotations

import sys

from ioc.cli import main

if __name__ == "__main__":
    sys.exit(main())
