"""What a Lava job might leave behind: processes, shared memory, folders."""

import os
import tempfile
from pathlib import Path

from hardware.lava import warden


def marked(token):
    """PIDs of all processes that have inherited the token in their environment."""
    found = []
    for entry in filter(lambda entry: entry.name.isdigit(), Path("/proc").iterdir()):
        try:
            if token.encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def leaked_memory():
    """Segments that bear a job's name and whose warden is gone."""
    leaked = []
    for entry in warden.SHARED_MEMORY.iterdir():
        name = entry.name.removeprefix("sem.")
        if name.startswith(warden.PREFIX):
            namespace, pid, start = name.removeprefix(warden.PREFIX).split("-")[:3]
            if warden.owner(int(pid)) != f"{namespace}-{pid}-{start}":
                leaked.append(entry.name)
    return leaked


def own_folders():
    return list(Path(tempfile.gettempdir()).glob(f"{warden.PREFIX}{warden.owner(os.getpid())}-*"))
