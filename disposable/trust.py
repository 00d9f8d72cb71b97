"""Who is there: a fact is compared with what the company holds, and dropped."""

import hmac

from disposable import answering, fields, walking
from disposable.deciding import FACT_TIER, Decision
from disposable.expressions import lookup
from disposable.fields import FieldError
from disposable.state import ASKING

_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "æ": "ae"})


def text_below(run: Decision, said: str, word: str) -> None:
    """At a step that asks for more trust, a text is the fact that gives it."""
    proves = run.flow.verify is not None and run.tier < FACT_TIER
    if proves and (word not in ("back", "agent") or _is_fact(run, said)):
        compare(run, said)
    elif not walking.moved(run, word):
        answering.misunderstood(run, run.state.step, FieldError("tier"), "choice")


def compare(run: Decision, raw: str) -> None:
    """Right or wrong; what was said stands in no event."""
    if _is_fact(run, raw):
        verified(run, FACT_TIER, "fact")
    else:
        run.happen("run.unverified", step=run.state.step, tries=run.state.tries + 1, channel=run.channel)


def _is_fact(run: Decision, raw: str) -> bool:
    if run.flow.verify is None:
        return False
    against = run.flow.verify.against
    said = fields.clean(raw) or ""
    expected = fields.clean(lookup(tuple(against.split(".")), run.state.context)) or ""
    if run.flow.types.get(against) == "date" and (on := fields.read_date(said, run.setting.locale)):
        said = on.isoformat()
    known = {_bare(expected), _bare(expected.casefold().translate(_GERMAN))} - {""}
    return any(hmac.compare_digest(_bare(said).encode(), fact.encode()) for fact in known)


def _bare(text: str) -> str:
    return fields.plain_words(text).replace(" ", "")


def verified(run: Decision, tier: int, by: str) -> None:
    """Somebody is known more surely; a call that waited for it is made."""
    state = run.state
    run.tier = max(run.tier, tier)
    run.happen("run.verified", step=state.step, tier=tier, by=by)
    step = run.flow.steps.get(state.step)
    if state.status == ASKING and step and step.do and run.may(state.step):
        walking.call(run, state.step)
