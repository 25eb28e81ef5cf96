"""One run of a sweep in a process of its own: ``python -m lava_fed.sweep.child``, told on stdin what to do."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from hardware.errors import LavaFedError
from lava_fed.config import parse
from lava_fed.coordinator.rounds import federate

MISTAKE = 2
"""Exit code of a user's mistake, told in one sentence on stderr."""


def main() -> int:
    """Run or resume one federation; return the exit code."""
    told = json.load(sys.stdin)
    try:
        config = parse(told["document"], Path(told["folder"]), told["where"])
        federate(config, Path(told["out"]), resume=True)
    except LavaFedError as error:
        sys.stderr.write(f"{error.lines[-1]}\n")
        return MISTAKE
    return 0


if __name__ == "__main__":
    sys.exit(main())
