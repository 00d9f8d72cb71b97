"""Samethread: one conversation across an app, its texts, its disposable web apps and its agents."""

__version__ = "0.1.0"
