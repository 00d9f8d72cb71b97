"""Imports run downward only, and what is dangerous in many places is imported in one. Imports inside functions count."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Who may import whom below it: each layer may import itself and those it names, and nobody else of ours.
LEAVES = {"settings", "assets", "words", "clock", "addresses", "passwords", "redact", "aside"}
MAY = {
    "disposable": set(),
    "events": {"disposable"},
    "store": {"events", "disposable"},
    "actions": {"store", "events", "disposable"},
    "channels": {"events", "disposable"},
    "realtime": {"actions", "store", "events", "disposable"},
    "outside": set(),
    "web": {"actions", "realtime", "channels", "store", "events", "disposable", "problems"},
    "demo": {"actions", "realtime", "channels", "store", "events", "disposable", "outside", "web"},
    "delivery": {"channels", "outside", "store", "events", "actions", "disposable"},
    "problems": {"actions", "store", "events", "disposable"},
    "app": {
        "web",
        "demo",
        "actions",
        "realtime",
        "channels",
        "store",
        "events",
        "disposable",
        "delivery",
        "outside",
        "problems",
    },
}
# What starts the server, and the command line, may know everything below them.
MAY["server"] = {*MAY["app"], "app", "serve"}
MAY["serve"] = {*MAY["server"]}
MAY["doctor"] = {*MAY["app"], "app"}
MAY["cli"] = {*MAY["server"], "doctor"}
MAY["__main__"] = {"cli"}

# A library, and the only folders of ours that may import it.
HOMES = {
    "flask": {"web", "demo", "app", "server"},
    "flask_sock": {"web", "demo", "app"},
    "werkzeug": {"web", "demo", "app"},
    "sqlalchemy": {"store"},
    "alembic": {"store"},
    "requests": {"outside", "demo"},
    "urllib3": {"outside", "demo"},
    "urllib.request": {"outside", "demo"},
    "http.client": {"outside", "demo"},
}
IMPURE = {"time", "random", "secrets", "os", "socket", "sqlite3", "threading", "uuid"}


def modules() -> dict[str, Path]:
    """All modules of ours by dotted name."""
    found = {}
    for package in ("disposable", "widget_server"):
        for path in (ROOT / package).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def imports(name: str, path: Path) -> Iterator[tuple[str, int]]:
    """Every module this one imports, wherever in it, with the line."""
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package[: len(package) - node.level + 1]
                base = ".".join([*above, *filter(None, [base])])
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                yield (whole if whole in MODULES else base), node.lineno


def layer(name: str) -> str:
    """The layer a module of ours stands in; empty for the package itself."""
    first, *rest = name.split(".")
    return first if first == "disposable" else (rest[0] if rest else "")


def ours(name: str) -> bool:
    return name.split(".", maxsplit=1)[0] in ("disposable", "widget_server")


@pytest.mark.parametrize("name", sorted(MODULES))
def test_imports_run_downward(name: str) -> None:
    here = layer(name)
    allowed = {here, *MAY.get(here, set())}
    if here != "disposable":
        allowed |= {*LEAVES, ""}
    if here in LEAVES | {""}:
        # Hashing is work that goes aside.
        allowed = {"", here, "aside"}
    upward = [
        f"line {line}: {found}"
        for found, line in imports(name, MODULES[name])
        if ours(found) and layer(found) not in allowed
    ]
    assert not upward, f"{name} imports what stands above it: {upward}"


def test_every_module_stands_in_a_known_layer() -> None:
    known = {*MAY, *LEAVES, ""}
    assert not [name for name in MODULES if layer(name) not in known]


def test_no_cycles() -> None:
    graph = {
        name: {found for found, _ in imports(name, path) if found in MODULES and found != name}
        for name, path in MODULES.items()
    }
    # A package's own __init__ may gather what its modules offer; a module that imports its package is then a cycle.
    done: set[str] = set()

    def walk(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, "imports in a circle: " + " -> ".join([*trail[trail.index(name) :], name])
        if name not in done:
            for found in sorted(graph[name]):
                walk(found, (*trail, name))
            done.add(name)

    for name in sorted(graph):
        walk(name, ())


@pytest.mark.parametrize("library", sorted(HOMES))
def test_a_library_stays_in_its_folder(library: str) -> None:
    strays = [
        f"{name}:{line}"
        for name, path in MODULES.items()
        if layer(name) not in HOMES[library]
        for found, line in imports(name, path)
        if f"{found}.".startswith(f"{library}.")
    ]
    assert not strays, f"{library} belongs to {sorted(HOMES[library])}: {strays}"


def test_the_generator_has_no_clock_no_chance_and_no_machine() -> None:
    strays = [
        f"{name}:{line} {found}"
        for name, path in MODULES.items()
        if layer(name) == "disposable"
        for found, line in imports(name, path)
        if found.split(".")[0] in IMPURE
    ]
    assert not strays
    told = [
        f"{name}:{node.lineno}"
        for name, path in MODULES.items()
        if layer(name) == "disposable"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("now", "utcnow", "today") and isinstance(node.value, ast.Name)
        and node.value.id in ("datetime", "date")
    ]  # fmt: skip
    assert not told, f"the clock is handed in: {told}"


def test_imports_inside_functions_and_relative_ones_are_seen(tmp_path: Path) -> None:
    path = tmp_path / "planted.py"
    path.write_text("def late():\n    from ..web import headers\n    import flask\n", encoding="utf-8")
    assert {found for found, _ in imports("widget_server.store.planted", path)} == {
        "widget_server.web.headers",
        "flask",
    }
