"""The rules of a flow: what holds leads to a person, to another step, or tells a team."""

from disposable import walking
from disposable.deciding import AT_REST, Decision
from disposable.definition import ANYONE, Flow, Handover, Rule
from disposable.expressions import Condition
from disposable.steps import PAGES

TRIES = 4
"""So many replies in a row that are not understood go to a person, where no rule counts them itself."""
TIMED = frozenset({"minutes", "open", "agents", "hour", "weekday"})


def fire(run: Decision) -> None:
    """Does what the first rule says that holds now; notes to a team go out on the way to it."""
    if run.state.status not in AT_REST:
        return
    known = run.names()
    for rule in run.flow.rules:
        if not _may_fire(run, rule) or not Condition.parse(rule.when).test(known):
            continue
        if rule.notify is not None:
            run.happen("run.notified", rule=rule.when, team=rule.notify.team, text=run.say(rule.notify.text))
            continue
        if rule.next is not None:
            walking.enter(run, rule.next, "rule", rule=rule.when)
        elif rule.handover is not None:
            walking.hand_over(run, rule.handover, rule=rule.when, left=run.state.step)
        return
    if _is_lost(run):
        walking.hand_over(run, Handover(team=ANYONE), rule="stuck", left=run.state.step)


def _is_lost(run: Decision) -> bool:
    """Whether words were not understood so often that a person should look, in a flow that says nothing of it."""
    in_words = run.channel not in PAGES and any(one.kind == "run.misunderstood" for one in run.happened)
    return in_words and run.state.tries >= TRIES and not any("stuck" in _reads(rule) for rule in run.flow.rules)


def _may_fire(run: Decision, rule: Rule) -> bool:
    """A rule over data would hold again at once: it fires once in a run, and so does every note."""
    fired = run.state.fired
    if rule.notify is not None:
        return f"notify {rule.when}" not in fired
    counts = "stuck" in _reads(rule)
    if rule.next is not None:
        return run.state.step != rule.next and (counts or f"next {rule.when}" not in fired)
    return counts or rule.when not in fired


def _reads(rule: Rule) -> set[object]:
    return {read.path[0] for read in Condition.parse(rule.when).reads}


def timed(flow: Flow) -> bool:
    """Whether some rule may begin to hold by itself, so that the run wants a Tick now and then."""
    return any(_reads(rule) & TIMED for rule in flow.rules)
