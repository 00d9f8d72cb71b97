"""The only place that touches flask.request: every surface that speaks HTTP or WebSocket."""
