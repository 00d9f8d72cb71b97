"""`make audit`: what takes too long for every change: many more examples, all apps in a browser, scanners, faults many times."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.examples import APPS, TIMES

BIN = Path(sys.executable).parent
NO_SCANNER = "The scanner is missing: make audit installs it (or: pip install '.[audit]')."


def main() -> int:
    """Runs everything, or the parts that were named, even after a failure. The exit code is the number of parts that failed."""
    named = sys.argv[1:] or list(PARTS)
    failed = [name for name in named if PARTS[name]()]
    print(f"audit: {', '.join(failed)} failed" if failed else "audit: all passed", flush=True)
    return len(failed)


def examples() -> int:
    """Every property, ten times as hard as in the suite."""
    tests = ["tests/flows", "tests/server/test_log.py", "tests/server/test_look.py", "tests/server/test_pack.py"]
    return _run([str(BIN / "pytest"), "-q", "--timeout=3600", "-n", "2", *tests], {TIMES: "10"})


def apps() -> int:
    """Every story of every ready-made app in a browser, with scripts and without, in every shape, and in Arabic."""
    return _run([str(BIN / "pytest"), "-q", "--timeout=600", "-n", "2", "tests/browser/test_gallery.py"], {APPS: "all"})


def api() -> int:
    """The API against its own description: no 500, no answer that the description does not know."""
    if not (BIN / "st").exists():
        print(NO_SCANNER)
        return 1
    return _run([sys.executable, "-m", "tests.bench.api_fuzz"])


def faults() -> int:
    """What only shows now and then: the tests that kill, cut and repeat, many times over."""
    return max(_run([str(BIN / "pytest"), "-q", "-k", "kill or race or twice or reorder", "tests"]) for _ in range(5))


PARTS = {"examples": examples, "apps": apps, "api": api, "faults": faults}


def _run(command: Sequence[str], environ: Mapping[str, str] | None = None) -> int:
    print("$ " + " ".join(part if "Bearer" not in part else "Authorization: ..." for part in command), flush=True)
    return subprocess.run(command, check=False, env={**os.environ, **(environ or {})}).returncode


if __name__ == "__main__":
    sys.exit(main())
