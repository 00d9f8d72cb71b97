"""The yardstick: the smallest Flask view there is, served in the same way as Samethread."""

from flask import Flask

app = Flask("bare")


@app.get("/")
def view() -> str:
    """Says hello, looks nothing up."""
    return "hello"
