"""C28: nothing that can be typed keeps a server busy: what is read in several ways is read in a bounded number of them.

Each text runs in a process of its own, which is stopped if it does not come to an end: no clock is compared.
"""

import datetime as dt
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pytest

from disposable import understand
from disposable.definition import Field
from disposable.fields import FieldError, Option, parse

TODAY = dt.date(2026, 11, 22)
PATIENCE = 30
"""Seconds; the worst of these once took hours, and now takes milliseconds."""
OPTIONS = tuple(Option(str(number), f"Label {number}", str(number), ("another word",)) for number in range(50))
LONG = 10_000
SLOW = {
    "words behind an hour": "1 " + "a" * 36 + ":",
    "words behind a minute": "10:30 " + "ab " * 10 + ":",
    "spaces behind a score": "1" + " " * (LONG - 2) + "x",
    "spaces in a list": "1" + " " * (LONG - 2) + "!",
    "no-break spaces in a list": "1" + "\u00a0" * (LONG - 2) + "!",
    "one long word": "a" * LONG,
    "ligatures of many letters": "\ufdfa" * LONG,
    "corrections": "no, " * (LONG // 4),
    "counting": "hundred " * (LONG // 8),
    "dates": "1/1 " * (LONG // 4) + "x",
}
KINDS = (
    "text", "name", "email", "phone", "number", "money", "date", "time", "choice", "choices", "slot", "yesno", "scale",
    "address", "location", "consent", "signature", "code", "photo",
)  # fmt: skip


def _field(kind: str) -> Field:
    return Field(kind=kind, label="x", options={"a": "A", "b": "B"} if kind in ("choice", "choices") else None)


def read_all(text: str) -> int:
    """Reads a text as every kind of field, from a form and from a thread. Returns how many kinds took it."""
    names = {"site": {"zone": "Europe/Berlin"}}
    taken = 0
    for kind in KINDS:
        field = _field(kind)
        taken += not isinstance(parse(field, text, names, "en", today=TODAY), FieldError)
        options = OPTIONS if kind in ("choice", "choices", "slot") else None
        understand.value(field, text, names, "en", today=TODAY, options=options)
        understand.ahead(field, text, names, "en", today=TODAY, options=options or OPTIONS)
    for part in ("lines", "postcode", "city", "country"):
        parse(_field("address"), {"lines": "x", part: text}, names, "en")
    understand.choose(text, OPTIONS)
    understand.negated(text)
    return taken


@pytest.fixture(scope="module")
def pool() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))


def test_c28_what_is_typed_is_read_in_bounded_time(pool: ProcessPoolExecutor) -> None:
    reading = {what: pool.submit(read_all, text) for what, text in SLOW.items()}
    stuck = []
    try:
        for what, one in reading.items():
            try:
                one.result(timeout=PATIENCE)
            except TimeoutError:
                stuck.append(what)
                break
    finally:
        for process in list((pool._processes or {}).values()):
            if stuck:
                process.kill()
        pool.shutdown(cancel_futures=True)
    assert stuck == []


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("8 / 10", 8),
        ("8  of   10", 8),
        ("8 points.", 8),
        ("8/10 points!", 8),
        ("8 x", None),
        ("8" + " " * 70 + "x", None),
    ],
)
def test_c28_a_score_is_read_as_before(said: str, value: int | None) -> None:
    read = parse(Field(kind="scale", label="x", scale="nps"), said, {}, "en")
    assert (None if isinstance(read, FieldError) else read) == value


@pytest.mark.parametrize(
    ("said", "at"), [("4:30 p.m.", "16:30"), ("9 am", "09:00"), ("9 a m", "09:00"), ("9 x:", None)]
)
def test_c28_a_time_is_read_as_before(said: str, at: str | None) -> None:
    read = parse(Field(kind="time", label="x"), said, {}, "en")
    assert (None if isinstance(read, FieldError) else read) == at
