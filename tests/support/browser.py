"""A real browser: Debian's Chromium driven by Playwright, a phone and a desktop in it, and what every page must live up to."""

import importlib.resources
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Frame, Page, Playwright, sync_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-features=Translate,OptimizationHints,MediaRouter",
    "--disable-sync",
    "--no-first-run",
    "--no-pings",
    # It does not start for root, nor in many containers; and every page it loads here is our own.
    "--no-sandbox",
    # The widget must live where browsers no longer send cookies into frames of other sites.
    "--test-third-party-cookie-phaseout",
)
SHOTS = Path(os.environ.get("SAMETHREAD_SHOTS", ".cache/shots"))

# What is still fading in has colours nobody is meant to read; what never ends is not waited for.
SETTLED = """() => Promise.allSettled(document.getAnimations({subtree: true})
    .filter(one => one.effect.getComputedTiming().endTime !== Infinity).map(one => one.finished))"""


class NoBrowser(Exception):
    """This machine has no Chromium."""


class PageFault(AssertionError):
    """A page complained in its console, threw, or asked a foreign server for something."""


class Chromium:
    """One running browser. Each context in it is a person with an own cookie jar."""

    def __init__(self, playwright: Playwright, browser: Browser) -> None:
        self._playwright = playwright
        self._browser = browser

    @contextmanager
    def phone(self, **options: Any) -> Iterator[Page]:
        """A page on a phone with touch. `options` are those of a Playwright context, like `java_script_enabled=False`."""
        device = dict(self._playwright.devices["Pixel 7"])
        device.pop("default_browser_type", None)
        with self.person(**{**device, **options}) as page:
            yield page

    @contextmanager
    def desktop(self, **options: Any) -> Iterator[Page]:
        """A page on a desk."""
        with self.person(**{"viewport": {"width": 1280, "height": 800}, **options}) as page:
            yield page

    @contextmanager
    def person(self, **options: Any) -> Iterator[Page]:
        """A page in a cookie jar of its own; when the block ends well, it must not have misbehaved.

        Raises:
            PageFault: something in the page went wrong that nobody saw.
        """
        context = self._browser.new_context(**options)
        faults = watch(context)
        try:
            yield context.new_page()
            if faults:
                raise PageFault("\n".join(faults))
        finally:
            context.close()


@contextmanager
def running() -> Iterator[Chromium]:
    """A browser that lives as long as the block.

    Raises:
        NoBrowser: it is not installed.
    """
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if not program:
        raise NoBrowser("Chromium is missing; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        try:
            yield Chromium(playwright, browser)
        finally:
            browser.close()


def watch(context: BrowserContext) -> list[str]:
    """Collects what goes wrong in a context's pages. A test that provokes a fault takes it out of the list again."""
    faults: list[str] = []

    def console(message: ConsoleMessage) -> None:
        # A network error is the test's own doing when it cuts the line, and seen by what it does to the page.
        if message.type == "error" and "net::ERR_" not in message.text and "status of 4" not in message.text:
            faults.append(f"console: {message.text} ({message.location.get('url', '')})")

    context.on("console", console)
    context.on("weberror", lambda error: faults.append(f"error: {error.error}"))
    context.on("request", lambda request: faults.extend(_foreign(request.url)))
    return faults


def _foreign(url: str) -> list[str]:
    ours = url.startswith(("http://127.0.0.1:", "http://localhost:", "data:", "blob:", "about:", "ws://127.0.0.1:"))
    return [] if ours else [f"asked a foreign server: {url}"]


def assert_axe_clean(page: Page | Frame) -> None:
    """axe finds nothing, best practices included. A frame is looked at by handing it in itself."""
    page.evaluate(SETTLED)
    page.evaluate(_axe())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations'], iframes: false})")
    faults = [
        f"{rule['id']} ({rule['impact']}): {rule['help']}\n    " + "\n    ".join(_where(node) for node in rule["nodes"])
        for rule in found["violations"]
    ]
    assert not faults, f"{page.url}\n" + "\n".join(faults)


def _where(node: dict[str, Any]) -> str:
    return f"{json.dumps(node['target'])} {node['html'][:160]} {node.get('failureSummary', '')[:300]}"


@cache
def _axe() -> str:
    return importlib.resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


def shot(page: Page, name: str) -> Path:
    """A picture of the page as it stands, for people to look at: `.cache/shots/NAME.png`, or below SAMETHREAD_SHOTS."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    path = SHOTS / f"{name}.png"
    page.screenshot(path=path, animations="disabled", scale="css")
    return path
