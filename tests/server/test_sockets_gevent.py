"""The socket's tests once more as production runs them: patched by gevent from the first line, one greenlet a socket."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PROGRAM = """
from gevent import monkey
monkey.patch_all()
import sys
import pytest
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:xdist", *sys.argv[1:]]))
"""


def test_the_same_holds_under_gevent() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(HERE / "test_sockets.py"), str(HERE / "test_live_feed.py")],
        capture_output=True,
        text=True,
        check=False,
        cwd=HERE.parents[1],
    )
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-2000:]
