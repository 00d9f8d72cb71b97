"""The REST operations as a table: routes are registered from it, and openapi.py describes the same table.

A view is a plain function. What it takes is read from its signature: `call` first, then the path's names as text, `query`
and `body` as pydantic models. What it returns is the answer's JSON, or an `Answer`, or a ready Flask response for streams
and files. Input is refused before the view runs: unknown fields by name, each mistake with its place.
"""

import inspect
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar, get_type_hints

from flask import Blueprint, Response, current_app, request
from pydantic import BaseModel, ConfigDict, ValidationError
from werkzeug.exceptions import RequestEntityTooLarge

from widget_server.web.problems import Mistake, Problem

View = TypeVar("View", bound=Callable[..., Any])

KEYS = ("key",)
"""Only API keys."""
EVERYONE = ("key", "token", "app", "desk")
"""API keys, customers' tokens, app grants and agents; the verb decides what each of them may do."""

MAX_JSON = 1024 * 1024
"""Bytes of a JSON body. Events are bounded tighter by their kind; contexts of links and notices are the large ones."""

_PATH_NAME = re.compile(r"{(\w+)}")
# U+0000 cannot be stored as text by PostgreSQL; lone surrogates cannot be sent as UTF-8 at all.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Model(BaseModel):
    """A shape on the wire: fields that it does not name are refused."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


@dataclass(frozen=True)
class Call:
    """What every view is handed: the world, who asks, the key under which this write happens once, and who wakes readers."""

    world: Any
    who: Any
    key: str
    live: Any = None


@dataclass(frozen=True)
class Answer:
    """JSON with another status than the operation's usual one, or with headers of its own."""

    body: Any
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Operation:
    """One entry of the table. `answer` is None where the success has no JSON: then `media` says what it is, if anything."""

    name: str
    method: str
    path: str
    view: Callable[..., Any]
    auth: tuple[str, ...]
    status: int
    answer: type[BaseModel] | None
    media: Mapping[str, str]
    query: type[BaseModel] | None
    body: type[BaseModel] | None
    upload: type[BaseModel] | None
    problems: tuple[str, ...]
    summary: str
    description: str

    @property
    def path_names(self) -> list[str]:
        """The names between braces, in order."""
        return _PATH_NAME.findall(self.path)

    @property
    def idempotent(self) -> bool:
        """Whether Idempotency-Key is honoured here."""
        return self.method in ("POST", "PATCH")


class Gate(Protocol):
    """What stands before every operation: who asks, and answers already given."""

    def who(self, auth: tuple[str, ...], writes: bool) -> Any:
        """The party that asks, by one of `auth`. Raises Problem."""

    def once(self, who: Any, answer: Callable[[str], Response]) -> Response:
        """`answer(key)`, or what the same key was answered before. Raises Problem."""


class Operations:
    """A table of operations, filled by a decorator, turned into a blueprint once the world is there."""

    def __init__(self) -> None:
        self.table: list[Operation] = []

    def __iter__(self) -> Iterator[Operation]:
        return iter(self.table)

    def add(
        self,
        method: str,
        path: str,
        *,
        auth: tuple[str, ...],
        answer: type[BaseModel] | None = None,
        status: int = 200,
        media: Mapping[str, str] | None = None,
        upload: type[BaseModel] | None = None,
        problems: tuple[str, ...] = (),
    ) -> Callable[[View], View]:
        """Declare the decorated view as the operation `method path`. `media` maps further content types to what they hold."""

        def declare(view: View) -> View:
            hints = get_type_hints(view)
            summary, _, description = inspect.cleandoc(view.__doc__ or "").partition("\n\n")
            self.table.append(
                Operation(
                    name=view.__name__,
                    method=method,
                    path=path,
                    view=view,
                    auth=auth,
                    status=status,
                    answer=answer,
                    media=media or {},
                    query=hints.get("query"),
                    body=hints.get("body"),
                    upload=upload,
                    problems=problems,
                    summary=" ".join(summary.split()),
                    description=description,
                )
            )
            return view

        return declare

    def blueprint(self, name: str, world: Any, gate: Gate, live: Any = None) -> Blueprint:
        """A blueprint with one route for each operation of the table."""
        made = Blueprint(name, __name__)
        for operation in self.table:
            made.add_url_rule(
                _PATH_NAME.sub(r"<\1>", operation.path),
                endpoint=operation.name,
                view_func=_serve(operation, world, gate, live),
                methods=[operation.method],
                provide_automatic_options=False,
            )
        return made


def _serve(operation: Operation, world: Any, gate: Gate, live: Any) -> Callable[..., Response]:
    def serve(**names: str) -> Response:
        who = gate.who(operation.auth, operation.method != "GET") if operation.auth else None
        given: dict[str, Any] = dict(names)
        if operation.query:
            given["query"] = _query(operation.query)
        else:
            _no_query()
        if operation.body:
            given["body"] = _body(operation.body)

        def answer(key: str) -> Response:
            return _response(operation, operation.view(Call(world, who, key, live), **given))

        return answer("") if operation.method == "GET" else gate.once(who, answer)

    return serve


def _response(operation: Operation, found: Any) -> Response:
    if isinstance(found, Response):
        return found
    made = found if isinstance(found, Answer) else Answer(found)
    status = made.status or operation.status
    if operation.answer is None:
        return Response(status=status, headers=dict(made.headers))
    if current_app.testing:
        # A drift between the code and its description is a bug of ours, found by whichever test walks past.
        operation.answer.model_validate(made.body)
    text = json.dumps(made.body, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Response(text, status, dict(made.headers), mimetype="application/json")


def _query(model: type[BaseModel]) -> BaseModel:
    given: dict[str, str] = {}
    mistakes: list[Mistake] = []
    for name, values in request.args.lists():
        if name == "handle" and "handle" not in model.model_fields:
            continue
        if len(values) > 1:
            mistakes.append((f"query.{name}", "given more than once"))
        if _UNSTORABLE.search(name + values[0]):
            mistakes.append((f"query.{_clean(name)}", "holds a character that cannot be stored"))
        given[name] = values[0]
    if mistakes:
        raise Problem("invalid", errors=mistakes)
    return _validated(model, given, "query", strict=False)


def _no_query() -> None:
    unknown = [name for name in request.args if name != "handle"]
    if unknown:
        raise Problem("invalid", errors=[(f"query.{_clean(name)}", "unknown field") for name in unknown])


def _body(model: type[BaseModel]) -> BaseModel:
    if request.mimetype != "application/json":
        raise Problem("unsupported-type", "send application/json")
    request.max_content_length = MAX_JSON
    try:
        text = request.get_data(cache=True)
    except RequestEntityTooLarge:
        raise Problem("too-large", f"at most {MAX_JSON} bytes", limit=MAX_JSON) from None
    given = parse_json(text)
    if not isinstance(given, dict):
        raise Problem("invalid", errors=[("body", "must be an object")])
    mistakes = list(_unstorable(given, "body"))
    if mistakes:
        raise Problem("invalid", errors=mistakes)
    return _validated(model, given, "body", strict=True)


def mistakes_in_form(fields: set[str], uploads: set[str]) -> None:
    """Refuses a multipart form that has not exactly these fields and files, each once. Raises Problem."""
    found: list[Mistake] = []
    try:
        parts = [(name, "field") for name, _ in request.form.items(multi=True)]
        parts += [(name, "file") for name, _ in request.files.items(multi=True)]
    except RequestEntityTooLarge:
        raise Problem("too-large", limit=request.max_content_length) from None
    wanted = {(name, "field") for name in fields} | {(name, "file") for name in uploads}
    found += [(f"body.{_clean(name)}", "unknown field") for name, kind in parts if (name, kind) not in wanted]
    found += [(f"body.{name}", f"is missing: send it as a {kind}") for name, kind in sorted(wanted - set(parts))]
    found += [(f"body.{name}", "given more than once") for name, kind in wanted if parts.count((name, kind)) > 1]
    found += [
        (f"body.{name}", "holds a character that cannot be stored")
        for name, value in request.form.items()
        if _UNSTORABLE.search(value)
    ]
    if found:
        raise Problem("invalid", errors=found)


def parse_json(text: bytes | str) -> Any:
    """The value written in `text`. Raises Problem("malformed")."""
    try:
        return json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise Problem("malformed", "nested too deeply") from None
    except ValueError as error:
        raise Problem("malformed", str(error)) from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _unstorable(value: Any, where: str) -> Iterator[Mistake]:
    if isinstance(value, str):
        if _UNSTORABLE.search(value):
            yield where, "holds a character that cannot be stored"
    elif isinstance(value, dict):
        for name, inner in value.items():
            if _UNSTORABLE.search(name):
                yield where, "has a name with a character that cannot be stored"
            else:
                yield from _unstorable(inner, f"{where}.{name}")
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _unstorable(inner, f"{where}.{place}")


def _validated(model: type[BaseModel], given: Mapping[str, Any], root: str, *, strict: bool) -> BaseModel:
    try:
        return model.model_validate(given, strict=strict)
    except ValidationError as error:
        raise Problem("invalid", errors=mistakes_of(error, root)) from None


def mistakes_of(error: ValidationError, root: str) -> list[Mistake]:
    """Pydantic's findings as (where, message), without what was sent: it may be personal."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return [
        (
            _clean(".".join((root, *map(str, one["loc"])))),
            "unknown field" if one["type"] == "extra_forbidden" else one["msg"],
        )
        for one in found
    ]


def _clean(name: str) -> str:
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", name)[:200]
