"""The HTML of a disposable app's pages, by their templates, catalogs and sheets alone: no world, no request.

The running app draws with it, and so does whatever shows a flow that is not published yet.
"""

import secrets
from collections.abc import Mapping
from typing import Any

from jinja2 import Environment

from disposable.render.page import page
from disposable.screen import Screen
from widget_server.assets import Assets
from widget_server.web import headers
from widget_server.web.apps.maps import Maps
from widget_server.web.inline import Inline
from widget_server.web.look import logo
from widget_server.words import Words, direction

SHEETS = ("css/tokens.css", "css/app.css", "css/fields.css", "css/shown.css")
"""How anything looks that can stand on these pages; each page carries what it uses of them."""
_STYLE = secrets.token_hex(16)


class Drawing:
    """Draws pages."""

    def __init__(self, assets: Assets, words: Words) -> None:
        self.words, self.asset = words, assets.url
        self.plain = Inline(assets, SHEETS)
        self.live = Inline(assets, SHEETS, "js/app.js", later="css/chat.css")
        self.keeping = Inline(assets, SHEETS, "js/pass.js")

    def html(
        self,
        env: Environment,
        template: str,
        locale: str,
        *,
        site: Mapping[str, Any] | None,
        screen: Screen | None = None,
        live: bool = False,
        keeps: bool = False,
        **facts: Any,
    ) -> tuple[str, list[str], list[str]]:
        """A page's text, and the hashes that its policy must name: of its styles, of its scripts.

        `live` pages carry the script of a running app, `keeps` that of a pass; others none.
        """
        inline = self.live if live else self.keeping if keeps else self.plain
        script = inline.script
        language = self.words.language(locale)
        defaults: dict[str, Any] = {"mark": "", "refresh": "", "handle": "", "maps": Maps()}
        html = page(
            env,
            template,
            screen or Screen("", "", ""),
            **{**defaults, **facts},
            _=lambda key, **values: self.words.text(key, locale, **values),
            lang=language,
            dir=direction(language),
            asset=self.asset,
            site=site,
            logo=logo(site["look"]) if site else "",
            style=_STYLE,
            script=script,
        )
        style = inline.fitting(site["look"] if site else {}, html, later=template == "app/chat.html")
        scripts = [headers.csp_hash(one) for one in (script, facts.get("tidy")) if one]
        return html.replace(_STYLE, style, 1), [headers.csp_hash(style)], scripts
