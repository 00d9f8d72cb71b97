"""Whether every text of a flow fits where it is read: measured with the longest names and values one has to reckon with."""

from collections.abc import Iterator, Mapping
from typing import Any

from disposable.context import ContextType
from disposable.definition import Flow
from disposable.known import saved_types
from disposable.links import LENGTH
from disposable.render import text
from disposable.render.sms import GSM_7, foreign, segments
from disposable.screen import Screen, screen
from disposable.state import ASKING, ENDED, State

Where = tuple[str, ...]
Found = Iterator[tuple[Where, str]]

# What a notice is measured with. The opt-out words are those of a bare "STOP ends".
SITE_NAME = "W" * 16
HOST = "h" * 16
STOP = "STOP ends"
LINK = f"https://{HOST}/{'c' * LENGTH}"
SITE: Mapping[str, object] = {"name": SITE_NAME, "host": HOST, "zone": "UTC", "phone": "+490000000000", "stop": STOP}
ONE_SMS = 160
PROMPT_SEGMENTS = 6
ITEMS = text.PAGE

_SAMPLES: Mapping[str, object] = {
    "number": 12345,
    "date": "2026-09-30",
    "datetime": "2026-09-30T22:59:00Z",
    "yes or no": True,
    "time of day": "22:59",
}


def check(flow: Flow) -> Found:
    """Every text that is too long for its screen. For flows whose texts and names are sound."""
    if flow.start not in flow.steps:
        return
    samples = Samples(flow)
    if flow.text is not None:
        yield from _notice(flow, samples.names)
    if not flow.only or set(flow.only) & {"sms", "ussd"}:
        for name in flow.steps:
            yield from _prompt(samples.screen(name, "sms"), name)


class Samples:
    """The screens of a flow with values as long as one has to reckon with."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.names = {name: sample(kind) for name, kind in flow.context.items()}
        self.saved = {key: sample(kind) for key, kind in saved_types(flow).items()}

    def screen(self, name: str, channel: str) -> Screen:
        """A step as who may see all of it sees it there."""
        status = ENDED if self.flow.steps[name].end is not None else ASKING
        state = State(status=status, step=name, path=(name,), context=self.names, done=self.saved, barrier=0)
        return screen(self.flow, state, tier=3, site=SITE, words=words, zone="UTC", channel=channel)


def sample(kind: ContextType) -> Any:
    """A value of a type, as long as one has to reckon with."""
    if isinstance(kind, dict):
        return {key: sample(inner) for key, inner in kind.items()}
    if isinstance(kind, list):
        return [sample(inner) for inner in kind for _ in range(ITEMS)]
    return _SAMPLES.get(str(kind), "x" * 8)


def _notice(flow: Flow, names: Mapping[str, Any]) -> Found:
    said = text.notice(flow, names, SITE, LINK, words=words)
    cost = segments(said)
    strange = foreign(_own_words(flow))
    if cost.encoding == GSM_7 and cost.segments > 1:
        over = cost.units - ONE_SMS
        yield (
            ("text",),
            (
                f"`text` is {over} characters too long for one SMS, measured with a site name of {len(SITE_NAME)}, a host of"
                f" {len(HOST)} and opt-out words of {len(STOP)}: shorten it, or leave out {{{{ menu }}}}"
            ),
        )
    elif cost.encoding != GSM_7 and not any(sign.isalpha() for sign in strange):
        yield (
            ("text",),
            f"`text` holds {_named(strange)}, which makes every SMS cost double: write a plain character instead",
        )
    elif cost.encoding != GSM_7 and cost.segments > 3:
        yield ("text",), f"`text` takes {cost.segments} SMS: shorten it to 3 at most"


def _own_words(flow: Flow) -> str:
    return f"{flow.text}{flow.purpose}{flow.steps[flow.start].model_dump_json()}"


def _named(signs: str) -> str:
    return ", ".join(f"`{sign}` (U+{ord(sign):04X})" for sign in signs[:4])


def _prompt(shown: Screen, name: str) -> Found:
    said = text.prompt(shown, words, link=LINK)
    cost = segments(said)
    if cost.segments > PROMPT_SEGMENTS:
        yield (
            ("steps", name),
            (
                f"step `{name}` takes {cost.segments} SMS as a text, {PROMPT_SEGMENTS} at most: shorten it, or give it other"
                f" words under `layers: {{sms: {{{name}: ...}}}}`"
            ),
        )


def words(key: str, **_values: object) -> str:
    """Stands for the server's own words: as many letters as the longest of them, near enough."""
    return _WORDS.get(key, "Reply with a number.")


_WORDS = {"menu.separator": ", ", "menu.answer": "here", "ussd.back": "0 Zurück", "ussd.more": "98 Weiter"}
