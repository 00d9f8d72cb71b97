"""A posted form as it comes in: its fields, and its files, counted byte by byte, so that too much is let go as it arrives.

What is too large is still read to the end, within reason: a browser shows no answer to a form it is still sending, and what was
typed beside it is not to be lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import MultiPartParser

from widget_server.actions.uploads import MAX_FILE, MAX_REQUEST, Sent

MULTIPART = "multipart/form-data"
MAX_READ = 4 * MAX_REQUEST
"""Bytes of one post that are read at all."""
MAX_TEXT = 512 * 1024
"""Bytes of a field that is no file, and of a whole form where no file is wanted."""
MAX_PARTS = 100
IN_MEMORY = 256 * 1024

Given = dict[str, str | list[str]]


@dataclass
class Received:
    """The fields by name, a list where one came several times; the files by name. `refused`: too large to be read at all."""

    given: Given = field(default_factory=dict)
    sent: dict[str, list[Sent]] = field(default_factory=dict)
    refused: bool = False

    def one(self, name: str) -> str:
        """A field that comes once; the last one, if it did not."""
        value = self.given.get(name, "")
        return value if isinstance(value, str) else value[-1]


@contextmanager
def received(most: int = 0) -> Iterator[Received]:
    """The form of this request, with at most so many files; its files can be read within the block."""
    if request.mimetype != MULTIPART:
        yield Received(_fields(request.form.lists()))
        return
    parts = _Parts(most)
    request.max_content_length = MAX_READ if most else MAX_TEXT
    try:
        yield _read(parts)
    finally:
        parts.close()


def _read(parts: _Parts) -> Received:
    parser = MultiPartParser(cast("Any", parts.begin), max_form_memory_size=MAX_TEXT, max_form_parts=MAX_PARTS)
    boundary = request.mimetype_params.get("boundary", "").encode("latin-1", "replace")
    if not boundary:
        return Received()
    try:
        form, files = parser.parse(request.stream, boundary, request.content_length)
    except RequestEntityTooLarge:
        return Received(refused=True)
    except ValueError:
        # Not what it says it is. It then has no nonce, and nothing comes of it.
        return Received()
    sent: dict[str, list[Sent]] = {}
    for name, one in files.items(multi=True):
        part = cast("_Part", one.stream)
        if one.filename or part.size:
            sent.setdefault(name, []).append(Sent(one.filename or "", part.whole, part.over))
    return Received(_fields(form.lists()), sent)


def _fields(listed: Any) -> Given:
    return {name: values if len(values) > 1 else values[0] for name, values in listed}


class _Parts:
    """The files of one post: how many there are, and how much they weigh together."""

    def __init__(self, most: int) -> None:
        self.most, self.weight = most, 0
        self.all: list[_Part] = []

    def begin(self, **_about: Any) -> _Part:
        """One more file begins."""
        # One more than wanted is kept, so that whoever counts finds too many.
        part = _Part(self, keep=len(self.all) <= self.most)
        self.all.append(part)
        return part

    def close(self) -> None:
        for part in self.all:
            part.file.close()


class _Part:
    """One file as it comes: what the parser writes to."""

    def __init__(self, parts: _Parts, *, keep: bool) -> None:
        self.parts, self.size, self.over = parts, 0, not keep
        self.file: IO[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed by _Parts.close

    def write(self, data: bytes) -> None:
        self.size += len(data)
        self.parts.weight += len(data)
        if self.over:
            return
        if self.size > MAX_FILE or self.parts.weight > MAX_REQUEST:
            self.over = True
            self.file.seek(0)
            self.file.truncate()
        else:
            self.file.write(data)

    def seek(self, at: int) -> None:
        self.file.seek(at)

    def whole(self) -> bytes:
        """All of it."""
        self.file.seek(0)
        return self.file.read()
