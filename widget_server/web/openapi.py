"""/openapi.json (3.1), made from the same table that serves the operations. Nothing is described by hand."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from widget_server.web.operations import Operation
from widget_server.web.problems import STATUS

_REF = "#/components/schemas/{model}"

SECURITY_SCHEMES: dict[str, dict[str, str]] = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key of one site: `Authorization: Bearer KEY`. For the company's servers only.",
    },
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A customer's token, as the widget's panel gets one for the company's signed identity token.",
    },
    "app": {
        "type": "apiKey",
        "in": "header",
        "name": "Handle",
        "description": "A disposable app's handle, beside the cookie that holds its grant. Writes need `X-CSRF`.",
    },
    "desk": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-desk",
        "description": "An agent's login cookie. Writes need the page's token in `X-CSRF`.",
    },
}

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457. Facts of the case (owner, epoch, retry_in, limit) are further members.",
    "required": ["type", "code", "title", "status"],
    "properties": {
        "type": {"type": "string", "description": "Where this problem is explained."},
        "code": {"type": "string", "enum": sorted(STATUS)},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["where", "message"],
                "properties": {"where": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
    "additionalProperties": True,
}


def document(operations: Iterable[Operation], *, version: str, base_url: str) -> dict[str, Any]:
    """The OpenAPI document of a table of operations, as plain JSON values."""
    table = list(operations)
    schemas = _schemas(table)
    paths: dict[str, dict[str, Any]] = {}
    for operation in table:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Samethread",
            "version": version,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": base_url}],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": SECURITY_SCHEMES},
    }


def problems_of(operation: Operation) -> list[str]:
    """Every problem an operation may answer with: its own, and those its features bring along."""
    found = {"bad-request", *operation.problems}
    if operation.auth:
        found |= {"unauthenticated", "refused", "throttled"}
    if operation.path_names:
        found |= {"not-found"}
    if operation.body or operation.upload:
        found |= {"malformed", "too-large", "unsupported-type"}
    if operation.idempotent:
        found |= {"key-reused"}
    return sorted(found | {"invalid"}, key=lambda slug: (STATUS[slug], slug))


def _schemas(table: list[Operation]) -> dict[str, Any]:
    models: list[tuple[type[BaseModel], str]] = []
    for operation in table:
        models += [(model, "validation") for model in (operation.body, operation.upload, operation.answer) if model]
    _, made = models_json_schema(list(dict.fromkeys(models)), ref_template=_REF)  # type: ignore[arg-type]
    return {**made.get("$defs", {}), "Problem": PROBLEM_SCHEMA}


def _described(operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": _parameters(operation),
        "responses": _responses(operation),
        "security": [{scheme: []} for scheme in operation.auth],
    }
    if operation.description:
        found["description"] = operation.description
    if operation.body:
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(operation.body)}}}
    if operation.upload:
        found["requestBody"] = {
            "required": True,
            "content": {"multipart/form-data": {"schema": _ref(operation.upload)}},
        }
    return found


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1, "maxLength": 64}}
        for name in operation.path_names
    ]
    if operation.query:
        schema = operation.query.model_json_schema(ref_template=_REF)
        for name, described in schema.get("properties", {}).items():
            required = name in schema.get("required", ())
            found.append({"name": name, "in": "query", "required": required, "schema": described})
    if operation.idempotent:
        found.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "description": "With an API key: the same key and body within 48 hours answer as the first time.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[!-~]+$"},
            }
        )
    return found


def _responses(operation: Operation) -> dict[str, Any]:
    success: dict[str, Any] = {"description": HTTPStatus(operation.status).phrase}
    content: dict[str, Any] = {
        kind: {"schema": {"type": "string", "description": what}} for kind, what in operation.media.items()
    }
    if operation.answer:
        content["application/json"] = {"schema": _ref(operation.answer)}
    if content:
        success["content"] = content
    found: dict[str, Any] = {str(operation.status): success}
    by_status: dict[int, list[str]] = {}
    for slug in problems_of(operation):
        by_status.setdefault(STATUS[slug], []).append(slug)
    for status, slugs in by_status.items():
        found[str(status)] = {
            "description": ", ".join(slugs),
            "content": {"application/problem+json": {"schema": {"$ref": _REF.format(model="Problem")}}},
        }
    return found


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _REF.format(model=model.__name__)}
