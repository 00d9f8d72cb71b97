"""What is shipped works where it is unpacked: from the wheel, and from a wheel built from the source archive."""

import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

import widget_server

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The source archive, and the wheel that is built from it."""
    out = tmp_path_factory.mktemp("dist")
    # Without isolation: the build backend of this environment, and nothing from the network.
    done = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return {"wheel": next(out.glob("*.whl")), "sdist": next(out.glob("*.tar.gz"))}


@pytest.fixture(scope="module")
def installed(built: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of an environment that holds the wheel, and borrows its dependencies from this one."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, with_pip=False)
    packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(home), "platbase": str(home)}))
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(home / "bin" / "python"), "install", "--quiet", "--no-deps", "--no-index",
         "--disable-pip-version-check", str(built["wheel"])],
        check=True,
    )  # fmt: skip
    # Only the folder of dependencies, not its .pth files: those would lead back to this checkout.
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return home / "bin"


def run(installed: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    program, *rest = words
    clean = {
        name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    }
    return subprocess.run(
        [str(installed / program), *rest], cwd="/", env=clean, capture_output=True, text=True, check=False
    )


def test_the_wheel_holds_what_runs_and_nothing_else(built: dict[str, Path]) -> None:
    names = zipfile.ZipFile(built["wheel"]).namelist()
    assert {name.split("/")[0] for name in names} == {
        "disposable",
        "widget_server",
        f"samethread-{widget_server.__version__}.dist-info",
    }
    for folder in ("templates", "static"):
        shipped = {name.removeprefix("widget_server/") for name in names if name.startswith(f"widget_server/{folder}/")}
        here = {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob("*") if path.is_file()}
        assert shipped == here


def test_the_source_archive_holds_no_environment(built: dict[str, Path]) -> None:
    with tarfile.open(built["sdist"]) as archive:
        top = {name.split("/")[1] for name in archive.getnames() if "/" in name}
    assert top <= {".gitignore", "CHANGELOG.md", "LICENSE", "PKG-INFO", "README.md", "disposable", "pyproject.toml", "static",
                   "templates", "widget_server"}  # fmt: skip


def test_the_command_answers(installed: Path) -> None:
    done = run(installed, "samethread", "--help")
    assert done.returncode == 0, done.stderr
    assert "demo" in done.stdout


def test_templates_and_static_are_found_in_the_package(installed: Path) -> None:
    script = "from widget_server.assets import Assets; a = Assets.load(); print(a.templates, len(a.files))"
    done = run(installed, "python", "-c", script)
    assert done.returncode == 0, done.stderr
    folder, count = done.stdout.split()
    assert folder.startswith(str(installed.parent))
    assert int(count) > 0


def test_the_version_stands_in_one_place() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = next(line for line in changelog.splitlines() if line.startswith("## "))
    assert newest.split()[1] == widget_server.__version__
