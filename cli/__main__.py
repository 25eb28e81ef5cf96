"""Where the process begins: the installed ``lava-fed``, and ``python -m cli``."""

from __future__ import annotations

import sys


def start() -> int:
    """Run the command line and return its exit code; Ctrl-C while it is being imported ends quietly."""
    try:
        from cli.main import main
    except KeyboardInterrupt:
        return 130
    return main()


if __name__ == "__main__":
    sys.exit(start())
