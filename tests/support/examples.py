"""How hard a property is tried: as usual in the suite, many times as hard in `make audit`."""

import os
from collections.abc import Sequence

TIMES = "SAMETHREAD_EXAMPLES"
"""The variable by which the audit asks for more."""


def many(usual: int) -> int:
    """The examples of one property: `usual`, times what the audit asks for."""
    return usual * int(os.environ.get(TIMES, "1"))


APPS = "SAMETHREAD_APPS"
"""The variable by which the audit asks for all ready-made apps, and somebody who mends one for that: all, or its name."""


def apps(known: Sequence[str], usual: Sequence[str]) -> Sequence[str]:
    """The ready-made apps to walk through: a few, as usual, or those that were asked for."""
    named = os.environ.get(APPS, "")
    return known if named == "all" else [name for name in known if name in named.split(",")] if named else usual
