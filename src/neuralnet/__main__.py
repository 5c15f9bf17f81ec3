"""Entry point of the command `neuralnet` and of `python -m neuralnet`."""

from __future__ import annotations

import sys


def start() -> None:
    """Run the command line; Ctrl-C ends it without a traceback, even during the imports."""
    try:
        from neuralnet.cli.main import main

        main()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    start()
