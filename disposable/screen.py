"""What stands on the screen now, for one reader. Renderers turn it into HTML, text or speech."""

from collections.abc import Mapping
from dataclasses import replace

from disposable import field_views, fields, formats
from disposable.deciding import AT_REST, FACT_TIER
from disposable.definition import Flow
from disposable.field_views import FieldView, Words
from disposable.fields import FieldError
from disposable.keepsakes import CalendarView, PassView
from disposable.rows import Row
from disposable.shown import Shown
from disposable.state import ENDED, State
from disposable.steps import Setting
from disposable.viewing import View
from disposable.views import ChoiceView, Screen

__all__ = [
    "CalendarView",
    "ChoiceView",
    "FieldView",
    "PassView",
    "Row",
    "Screen",
    "Shown",
    "Words",
    "screen",
]


def screen(
    flow: Flow,
    state: State,
    *,
    tier: int,
    words: Words,
    site: Mapping[str, object] | None = None,
    locale: str = "en",
    zone: str | None = None,
    now: int = 0,
    step: str | None = None,
    error: FieldError | None = None,
    channel: str = "web",
    locked: bool = False,
    typed: Mapping[str, object] | None = None,
    setting: Setting | None = None,
) -> Screen:
    """The screen for a reader of this tier; `step` asks for an earlier one. Of what needs a higher tier it holds nothing.

    `words` gives the texts that are not the flow's, in the reader's language. `locked` is for a reader who may not see
    what another grant answered. `typed` is what was just posted and not taken: it is shown again, so that nothing typed
    is lost. `setting` says all of site, locale, zone and now, and what else decide is told; a flow with slots or with rules
    over time needs it. Never raises for a flow that loading accepted.
    """
    setting = setting or Setting(site or {}, locale, zone, now)
    flow = flow.spoken(setting.locale)
    if channel == "voice":
        setting = replace(setting, locale=setting.locale + formats.SPOKEN)
    view = View(flow, state, tier, setting, words=words, channel=channel)
    if locked or tier < 1:
        return Screen("locked", "", flow.purpose, say=words("screen.locked"))
    revisable = state.status in AT_REST or (state.status == ENDED and tier >= FACT_TIER)
    name = step if step is not None and step in state.earlier and revisable else state.step
    if name not in flow.steps:
        return Screen("working", "", flow.purpose, say=words("screen.working"))
    drawn = view.of(name)
    if drawn.kind not in ("step", "verify", "waiting"):
        return drawn
    errors = view.errors(name, error)
    return replace(drawn, errors=errors, fields=_marked(drawn.fields, dict(errors), typed or {}))


def _marked(
    found: tuple[FieldView, ...], errors: Mapping[str, str], typed: Mapping[str, object]
) -> tuple[FieldView, ...]:
    typed_in = ((field, fields.collect(typed, field.name)) for field in found)
    shown_again = (field if raw is None else field_views.filled(field, raw) for field, raw in typed_in)
    return tuple(field_views.marked(field, errors) for field in shown_again)
