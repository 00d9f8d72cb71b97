"""What a running demo's server weighs: the proportional memory of its processes, the simulated handset left out."""

import os
from pathlib import Path

from tests.support.server import Demo


def of_group(demo: Demo) -> int:
    """Bytes of all processes of the demo's group that are the server's; pages shared between them count once."""
    assert demo.process is not None
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(folder.name)) != demo.process.pid or b"handset" in (folder / "cmdline").read_bytes():
                continue
            lines = (folder / "smaps_rollup").read_text().splitlines()
        except (OSError, ProcessLookupError):
            continue  # it ended while we looked
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return total
