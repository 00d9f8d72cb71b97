"""/static/<tree>/<path>: what the installation ships, compressed once at start, kept by browsers for ever."""

from flask import Blueprint, Response, request

from widget_server.assets import Asset, Assets
from widget_server.web import headers
from widget_server.web.compress import accepts_gzip
from widget_server.web.problems import Problem


def blueprint(assets: Assets) -> Blueprint:
    """The routes of the static files."""
    made = Blueprint("static_files", __name__)

    @made.get("/static/<tree>/<path:path>")
    def static_file(tree: str, path: str) -> Response:
        asset = assets.files.get(path)
        if asset is None:
            raise Problem("not-found")
        response = sent(asset)
        if tree != assets.tree:
            # A page of another version asks: it gets what there is, but no one may keep it under that name.
            response.headers["Cache-Control"] = headers.NO_STORE
        return response

    return made


def sent(asset: Asset) -> Response:
    """One static file as a response: with its ETag, compressed for who accepts that."""
    packed = bool(asset.gzipped) and accepts_gzip()
    response = Response(asset.gzipped if packed else asset.raw, content_type=asset.type)
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    if asset.gzipped:
        response.vary.add("Accept-Encoding")
    response.add_etag(weak=True)
    response.make_conditional(request)
    return response
