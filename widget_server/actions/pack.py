"""The context pack: the typed card an agent reads before the first word, folded from a session's log.

A pure function over events and the runs they belong to: goal, how surely the customer is known, steps done, values given,
what was asked, where it failed, what was promised, what to do next. The desk words it, or somebody else's contact center.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from widget_server.actions.pack_cards import Asked, Done, Failure, Goal, Known, Next, Pack, Promise, Window
from widget_server.actions.pack_values import Journey, Wording, answered, given
from widget_server.events import Body, Event

SENDER = {"sms": "sender", "web": "link"}
"""What a customer's own act on a channel proves by itself; anywhere else they are a visitor."""

NEWEST = 5


def build(
    events: Sequence[Event],
    runs: Iterable[Journey],
    *,
    site: Mapping[str, Any],
    addresses: Iterable[tuple[str, str]] = (),
    locale: str = "en",
    zone: str | None = None,
    words: Callable[..., str] | None = None,
) -> dict[str, Any]:
    """The pack of one session (see pack_cards.Pack), ready for JSON.

    `events` is the session's whole log, oldest first; `runs` its runs in any order; `site` what templates call `site`;
    `addresses` are (kind, value) of the person's identities, the best last.
    `locale` and `zone` print instants and the flow's own words, `words` are ours. Never raises for an event it does not know.
    """
    say = Wording({journey.run: journey for journey in runs}, site, locale, zone, words)
    log = [event for event in events if event.body is not None]
    pack = Pack(
        session=events[0].session if events else "",
        seq=events[-1].seq if events else 0,
        goal=_goal(log, say),
        known=_known(log),
        steps=tuple(_steps(log, say)),
        given=tuple(given(log, say, addresses)),
        asked=tuple(_asked(log)),
        failed=tuple(_failed(log, say)),
        promised=tuple(_promised(log, say)),
        next=Next("nothing"),
        owner=_newest(log, "owner", "owner") or "none",
        previous=_newest(log, "session.opened", "previous"),
        closed=any(event.kind == "session.closed" for event in events),
        erased=any(event.kind == "erased" for event in events),
    )
    return asdict(replace(pack, next=_next(pack, log)))


def _newest(log: Sequence[Event], kind: str, member: str) -> Any:
    return next(((event.body or {}).get(member) for event in reversed(log) if event.kind == kind), None)


def _goal(log: Sequence[Event], say: Wording) -> Goal | None:
    """That of the run that moved last: the newest run is not always the one the customer is in."""
    moved = (event.run for event in reversed(log) if event.run in say.journeys and event.kind.startswith("run."))
    run = next(moved, None)
    if run is None:
        return None
    flow, state = say.journeys[run].flow, say.journeys[run].state
    step = say.step(run, state.step) if state.step else ""
    return Goal(flow.app, flow.purpose, say.title(run), state.status, step, say.end(run, state.outcome))


# How surely known


def _known(log: Sequence[Event]) -> Known:
    windows: dict[str, Window] = {}
    now = ""
    for event in log:
        seen = _window(event)
        if seen is None:
            continue
        name = event.grant or seen.channel
        before = windows.get(name)
        if before is None or seen.tier > before.tier:
            windows[name] = replace(seen, channel=seen.channel or (before.channel if before else ""))
        if event.actor.kind == "customer":
            now = name
    surest = max(windows.values(), key=lambda window: window.tier, default=Window("", 0, "none"))
    disowned = any(event.kind == "link.disowned" for event in log)
    return Known(surest.tier, surest.by, surest.channel, windows.get(now), tuple(windows.values()), disowned)


def _window(event: Event) -> Window | None:
    """What one event proves about who is there. A link that was only sent proves nothing, and makes no window."""
    body = event.body or {}
    if event.kind in ("grant.raised", "run.verified"):
        return Window(event.channel, int(body.get("tier", 1)), body.get("by") or "fact", event.at)
    if event.kind == "link.engaged":
        return Window(event.channel or "web", 1, "link", event.at)
    if event.actor.kind == "customer" and event.kind not in ("link.disowned", "seen"):
        return Window(event.channel, 1, SENDER.get(event.channel, "visitor"), event.at)
    return None


# Steps done


def _steps(log: Sequence[Event], say: Wording) -> Iterator[Done]:
    done: dict[tuple[str | None, str, str], Done] = {}
    calls: dict[str, str] = {}
    for event in log:
        body = event.body or {}
        one: Done | None = None
        if event.kind == "run.answered":
            one = _answer(event, say)
        elif event.kind == "run.verified":
            one = _done("verified", event, say, body.get("by", ""))
        elif event.kind == "run.called":
            calls[body.get("key", "")] = body.get("call", "")
        elif event.kind == "run.returned":
            one = _done("call", event, say, calls.get(body.get("key", ""), ""), ok=bool(body.get("ok")))
        if one:
            # What was revised takes the place of the first, and stands where it happened last.
            done.pop((event.run, one.step, one.kind), None)
            done[event.run, one.step, one.kind] = one
    yield from done.values()


def _answer(event: Event, say: Wording) -> Done | None:
    body = event.body or {}
    if body.get("given", "continue") in ("continue", "returned") and not body.get("label"):
        return None  # "Continue" was pressed: nothing was told by it
    return _done("answer", event, say, answered(body, say), sure=float(body.get("sure", 1.0)))


def _done(kind: str, event: Event, say: Wording, value: str, *, ok: bool = True, sure: float = 1.0) -> Done:
    body, run = event.body or {}, event.run or ""
    step = body.get("step", "")
    return Done(kind, run, step, say.step(run, step), value, body.get("channel") or event.channel, event.at, ok, sure)


# What was asked


def _asked(log: Sequence[Event]) -> Iterator[Asked]:
    handover = next((event for event in reversed(log) if event.kind == "run.handover"), None)
    if handover:
        body = handover.body or {}
        yield Asked("handover", body.get("why", ""), handover.at, handover.seq, body.get("team", ""), handover.channel)
    spoken = max((e.seq for e in log if e.kind == "message" and e.actor.kind in ("agent", "flow")), default=0)
    waiting = [e for e in log if e.kind == "message" and e.actor.kind == "customer" and e.seq > spoken]
    for event in waiting[-NEWEST:]:
        yield Asked("message", (event.body or {}).get("text", ""), event.at, event.seq, channel=event.channel)


# Where it failed


def _failed(log: Sequence[Event], say: Wording) -> Iterator[Failure]:
    """Each open failure once, with its newest facts. What later goes well under the same name closes it."""
    open_: dict[tuple[str, str], Failure] = {}
    for event in log:
        judge = JUDGES.get(event.kind)
        if judge is None:
            continue
        name, failure = judge(event, event.body or {}, say)
        open_.pop(name, None)
        if failure:
            open_[name] = failure
    yield from sorted(open_.values(), key=lambda one: one.seq)


Judged = tuple[tuple[str, str], Failure | None]


def _call(event: Event, body: Body, say: Wording) -> Judged:
    failure = _at_step("call", event, say, detail=_reason(body.get("value")))
    return ("call", f"{event.run} {body.get('step')}"), None if body.get("ok") else failure


def _misunderstood(event: Event, body: Body, say: Wording) -> Judged:
    failure = _at_step("misunderstood", event, say, detail=body.get("error", ""), tries=int(body.get("tries", 0)))
    return ("step", f"{event.run} {body.get('step')}"), failure


def _answered(event: Event, body: Body, _say: Wording) -> Judged:
    return ("step", f"{event.run} {body.get('step')}"), None


def _unverified(event: Event, body: Body, say: Wording) -> Judged:
    return ("proof", event.run or ""), _at_step("unverified", event, say, tries=int(body.get("tries", 0)))


def _verified(event: Event, _body: Body, _say: Wording) -> Judged:
    return ("proof", event.run or ""), None


def _delivery(event: Event, body: Body, _say: Wording) -> Judged:
    lost = body.get("status") in ("failed", "unknown")
    failure = Failure("delivery", event.at, event.seq, body.get("channel", ""), detail=body.get("reason", ""))
    return ("delivery", body.get("delivery", "")), failure if lost else None


def _missed(event: Event, body: Body, _say: Wording) -> Judged:
    failure = Failure("callback", event.at, event.seq, event.channel, detail=body.get("topic", ""))
    return ("callback", body.get("callback", "")), failure if body.get("state") == "missed" else None


def _disowned(event: Event, _body: Body, _say: Wording) -> Judged:
    return ("disowned", ""), Failure("disowned", event.at, event.seq, event.channel)


JUDGES: Mapping[str, Callable[[Event, Body, Wording], Judged]] = {
    "run.returned": _call,
    "run.misunderstood": _misunderstood,
    "run.answered": _answered,
    "run.unverified": _unverified,
    "run.verified": _verified,
    "receipt": _delivery,
    "callback": _missed,
    "link.disowned": _disowned,
}
"""For each kind that can tell of a failure or of its cure: the failure's name, and the failure (None: it is well now)."""


def _at_step(what: str, event: Event, say: Wording, *, detail: str = "", tries: int = 0) -> Failure:
    step = (event.body or {}).get("step", "")
    label = say.step(event.run or "", step)
    return Failure(what, event.at, event.seq, event.channel, step, label, detail, tries)


def _reason(value: object) -> str:
    """What the company's server said, if it said it in words."""
    if isinstance(value, Mapping):
        value = value.get("error") or value.get("reason") or value.get("detail")
    return value if isinstance(value, str) else ""


# What was promised


def _promised(log: Sequence[Event], say: Wording) -> Iterator[Promise]:
    open_: dict[str, Promise] = {}
    for event in log:
        body, run = event.body or {}, event.run or ""
        if event.kind == "callback":
            open_.pop(body.get("callback", ""), None)
            if body.get("state") == "requested":
                open_[body.get("callback", "")] = _callback(event.at, body)
        elif event.kind == "run.handover" and body.get("then"):
            open_[run] = Promise("step", event.at, run=run, step=body["then"], label=say.step(run, body["then"]))
        elif event.kind in ("run.resumed", "run.ended"):
            open_.pop(run, None)
    yield from open_.values()


def _callback(at: int, body: Body) -> Promise:
    facts = {name: body.get(name, "") for name in ("callback", "phone", "topic")}
    return Promise("callback", at, due=int(body.get("due", 0)), **facts)


# What to do next


def _next(pack: Pack, log: Sequence[Event]) -> Next:
    """One suggestion: what would hurt most if it were forgotten."""
    if pack.closed or pack.erased:
        return Next("nothing")
    if pack.known.disowned:
        return Next("careful")
    if pack.owner.startswith("flow:"):
        return Next("watch")
    if pack.owner.startswith("queue:"):
        return Next("accept")
    said = [one for one in pack.asked if one.kind == "message"]
    if said or not _greeted(log):
        asked = [*said, *pack.asked]
        return Next("reply", label=asked[0].text if asked else "")
    return _owed(pack) or _trouble(pack) or _onwards(pack, log)


def _greeted(log: Sequence[Event]) -> bool:
    """Whether a person has written since the session last came to the desk."""
    queued = (e.seq for e in log if e.kind == "owner" and str((e.body or {}).get("owner", "")).startswith("queue:"))
    came = max(queued, default=0)
    return any(e.kind == "message" and e.actor.kind == "agent" and e.seq > came for e in log)


def _owed(pack: Pack) -> Next | None:
    calls = sorted((one for one in pack.promised if one.what == "callback"), key=lambda one: one.due)
    return Next("call_back", label=calls[0].topic, due=calls[0].due, callback=calls[0].callback) if calls else None


def _trouble(pack: Pack) -> Next | None:
    lost = {one.what: one for one in pack.failed}
    if "delivery" in lost:
        return Next("other_channel", label=lost["delivery"].channel)
    return Next("settle", label=lost["call"].label, step=lost["call"].step) if "call" in lost else None


def _onwards(pack: Pack, log: Sequence[Event]) -> Next:
    step = next((one for one in pack.promised if one.what == "step"), None)
    if step:
        return Next("return", label=step.label, run=step.run, step=step.step)
    if any(one.what == "unverified" for one in pack.failed):
        return Next("verify")
    question = str(_newest(log, "message", "text") or "").rstrip().endswith(("?", "؟"))
    return Next("wait" if question else "close")
