"""What all tests share: servers that are started once, a browser, and the rule that nothing is skipped where all is installed."""

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TypeVar

import hypothesis
import pytest
from playwright.sync_api import Page

from tests.support import browser as browsers
from tests.support import postgres as postgresql
from tests.support import server as servers
from tests.support.examples import many
from widget_server.assets import Assets
from widget_server.words import Words

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)
NO_SKIPS = os.environ.get("SAMETHREAD_NO_SKIPS", "") not in ("", "0")

hypothesis.settings.register_profile(
    "samethread", deadline=None, database=None, print_blob=True, derandomize="CI" in os.environ, max_examples=many(100)
)
hypothesis.settings.load_profile("samethread")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    return _no_skip(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    return _no_skip(report)


def _no_skip(report: Report) -> Report:
    if NO_SKIPS and report.skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be: {reason}"
    return report


@pytest.fixture(scope="session")
def assets() -> Assets:
    """Templates and static files as shipped."""
    return Assets.load()


@pytest.fixture(scope="session")
def words(assets: Assets) -> Words:
    """The catalogs; a missing word is an error here."""
    return Words.load(assets.templates / "locale", strict=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[postgresql.Postgres]:
    """A private PostgreSQL server."""
    try:
        with postgresql.running() as server:
            yield server
    except postgresql.NoPostgres as missing:
        pytest.skip(str(missing))


@pytest.fixture
def postgres_url(postgres: postgresql.Postgres) -> Iterator[str]:
    """The address of an empty database of its own."""
    url = postgres.fresh()
    yield url
    postgres.drop(url)


@pytest.fixture(scope="session")
def chromium() -> Iterator[browsers.Chromium]:
    """A browser; each person in it has a cookie jar."""
    try:
        with browsers.running() as browser:
            yield browser
    except browsers.NoBrowser as missing:
        pytest.skip(str(missing))


@pytest.fixture
def phone(chromium: browsers.Chromium) -> Iterator[Page]:
    """A customer's phone."""
    with chromium.phone() as page:
        yield page


@pytest.fixture
def plain_phone(chromium: browsers.Chromium) -> Iterator[Page]:
    """A customer's phone with JavaScript off."""
    with chromium.phone(java_script_enabled=False) as page:
        yield page


@pytest.fixture
def desktop(chromium: browsers.Chromium) -> Iterator[Page]:
    """An agent's desk."""
    with chromium.desktop() as page:
        yield page


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Demo]:
    """A running demo that many tests share: whoever uses it makes sessions of its own."""
    with servers.demo(tmp_path_factory.mktemp("demo") / "data") as server:
        yield server


@pytest.fixture
def fresh_demo(tmp_path: Path) -> Iterator[servers.Demo]:
    """A running demo of the test's own, to be killed and started again at will."""
    with servers.demo(tmp_path / "data") as server:
        yield server
