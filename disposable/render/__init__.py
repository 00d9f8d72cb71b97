"""Renderers: a Screen as HTML or as a text."""
