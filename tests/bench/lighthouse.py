"""Lighthouse's three scores for a page, as a phone on a slow network sees it (its mobile preset), in Debian's Chromium."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / ".cache" / "lighthouse" / "node_modules" / ".bin" / "lighthouse"
SCORES = ("performance", "accessibility", "best-practices")


class NotThere(RuntimeError):
    """Lighthouse, Node or Chromium is missing; says which."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Out of 100 each; `wrong` names the audits that cost points."""

    performance: int
    accessibility: int
    best_practices: int
    wrong: tuple[str, ...]

    @property
    def full(self) -> bool:
        """Whether nothing could be better."""
        return (self.performance, self.accessibility, self.best_practices) == (100, 100, 100)

    def __str__(self) -> str:
        said = f"{self.performance}, {self.accessibility}, {self.best_practices}"
        return f"{said} ({', '.join(self.wrong[:5])})" if self.wrong and not self.full else said


def measure(url: str, headers: Mapping[str, str] | None = None) -> Scores:
    """The scores of the page at a URL, asked for with these headers. Raises NotThere."""
    chromium = shutil.which("chromium")
    if not PROGRAM.exists() or not shutil.which("node") or not chromium:
        raise NotThere("needs Node, Chromium and Lighthouse: sh .ci/need-lighthouse")
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [
            str(PROGRAM),
            url,
            "--quiet",
            "--output=json",
            f"--output-path={report}",
            "--max-wait-for-load=20000",
        ]
        command += [f"--only-categories={','.join(SCORES)}", "--chrome-flags=--headless=new --no-sandbox --disable-gpu"]
        if headers:
            command.append(f"--extra-headers={json.dumps(dict(headers))}")
        done = subprocess.run(
            command, env={**os.environ, "CHROME_PATH": chromium}, capture_output=True, text=True, check=False
        )
        if not report.exists():
            raise RuntimeError(f"Lighthouse gave no report for {url}: {done.stderr[-500:]}")
        found = json.loads(report.read_text("utf-8"))
    return _scores(found)


def _scores(report: dict[str, object]) -> Scores:
    categories, audits = report["categories"], report["audits"]
    assert isinstance(categories, dict)
    assert isinstance(audits, dict)
    fast, open_to_all, sound = (round(100 * (categories[name]["score"] or 0)) for name in SCORES)
    counted = {one["id"] for name in SCORES for one in categories[name]["auditRefs"] if one["weight"]}
    wrong = [name for name in counted if (score := audits[name].get("score")) is not None and score < 0.9]
    return Scores(fast, open_to_all, sound, tuple(sorted(wrong)))
