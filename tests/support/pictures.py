"""The pictures in README and documentation: `python -m tests.support.pictures` plays the story in browsers and keeps some of it.

The story is a test, so a picture can only show what works.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "templates" / "docs" / "pictures"
STORY = "tests/browser/test_story.py"
# Name in the documentation -> name in the story.
CHOSEN = {
    "text": "story-phone",
    "cover": "story-cover",
    "choose": "story-pick",
    "chat": "story-chat",
    "desk": "story-desk",
    "widget": "story-widget",
}


def main() -> int:
    """Makes all pictures anew. Returns the story's exit code; when it fails, the old pictures stay."""
    with tempfile.TemporaryDirectory() as folder:
        story = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", STORY],
            cwd=ROOT,
            env={**os.environ, "SAMETHREAD_SHOTS": folder},
            check=False,
        )
        if story.returncode == 0:
            PICTURES.mkdir(parents=True, exist_ok=True)
            for name, taken in CHOSEN.items():
                shutil.copyfile(Path(folder) / f"{taken}.png", PICTURES / f"{name}.png")
        return story.returncode


if __name__ == "__main__":
    sys.exit(main())
