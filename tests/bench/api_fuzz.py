"""Schemathesis against a running server: no 500, and no answer outside the description. Part of `make audit`, not of the tests.

    python -m tests.bench.api_fuzz [URL KEY]        without a URL it starts a demo of its own

Bounded by examples, not by time. One check does not fit: that every body the schema allows is accepted. Some rules (app or
text, what a flow's context must hold) are told in `errors` only.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support import server

PROGRAM = Path(sys.executable).parent / "st"
EXAMPLES = 60
OUT_OF_PLACE = "positive_data_acceptance"


def main(argv: list[str]) -> int:
    """Runs the fuzzer; its exit code."""
    if len(argv) == 2:
        return fuzz(*argv)
    with tempfile.TemporaryDirectory() as folder, server.demo(Path(folder) / "data") as demo:
        return fuzz(demo.base, demo.said["api_key"])


def fuzz(url: str, key: str) -> int:
    """Examples, coverage and fuzzing of every operation at `url`, as an API key."""
    command = [
        str(PROGRAM),
        "run",
        f"{url}/openapi.json",
        "--header",
        f"Authorization: Bearer {key}",
        "--phases",
        "examples,coverage,fuzzing",
        "--max-examples",
        str(EXAMPLES),
        "--exclude-checks",
        OUT_OF_PLACE,
        "--continue-on-failure",
        "--request-timeout",
        "40",
        "--warnings",
        "off",
        "--no-color",
    ]
    # In a folder of its own: it leaves its notes where it runs.
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(command, cwd=folder, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
