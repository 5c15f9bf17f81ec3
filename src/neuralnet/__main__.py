"""Where the command `neuralnet`, and `python -m neuralnet`, begin."""

from __future__ import annotations

import sys


def start() -> None:
    """Run the command line; Ctrl-C ends it without a traceback even while it is being imported."""
    try:
        from neuralnet.cli.main import main

        main()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    start()
