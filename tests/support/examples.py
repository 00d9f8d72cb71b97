"""How hard a property is tried: as usual in the suite, many times as hard in `make audit`."""

import os

TIMES = "SAMETHREAD_EXAMPLES"
"""The variable by which the audit asks for more."""


def many(usual: int) -> int:
    """The examples of one property: `usual`, times what the audit asks for."""
    return usual * int(os.environ.get(TIMES, "1"))
