"""The whole language: one flow that uses every word of it, and every mistake one can make in them."""

import json
import re
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from disposable import graph, loading
from disposable.checking import remarks, saved_types
from disposable.definition import Flow, Step
from disposable.loading import FlowInvalid, check, load
from tests.flows.samples import flow_of
from tests.support.examples import many

EVERYTHING = """app: everything
purpose: Everything
verify: {ask: Your name?, against: who}
context:
  who: personal
  pin: secret
  phone: personal
  shops: [{name: text, lat: number, lon: number, town: text}]
  visits: [{starts: datetime, who: text}]
  appointment: {id: text, starts: datetime}
  order: {events: [{what: text, at: datetime, done: number}], picture: text}
  codes: [{number: secret}]
like: [do it all, everything]
sure: 0.8
only: [web, widget, sms, ussd, voice]
example:
  who: Jo
  pin: "1234"
  phone: "+4930901820"
  shops: [{name: A, lat: 52.5, lon: 13.4, town: B}]
  visits: [{starts: "2026-11-22T10:00:00Z", who: Ann}]
  appointment: {id: s1, starts: "2026-11-22T10:00:00Z"}
  order: {events: [{what: Sent, at: "2026-11-22T10:00:00Z", done: 1}], picture: f1}
  codes: [{number: "1"}]
start: amount
steps:
  amount: {ask: How much?, field: {kind: money, currency: EUR, min: 1, max: 100, save: amount}, next: slot}
  slot:
    ask: When?
    field: {kind: slot, calendar: technician, instead: appointment, group: "{{ item.starts | date }}", look: grid, save: slot}
    next: given
  given: {ask: Which?, field: {kind: slot, from: visits, label: "{{ item.starts }} {{ item.who }}", save: given}, next: place}
  place: {tier: 3, field: {kind: location, why: To find the nearest shop, save: place}, next: shop}
  shop: {ask: Where?, field: {kind: choice, from: shops, near: place, label: "{{ item.name }}", save: shop}, next: several}
  several: {ask: What else?, field: {kind: choices, options: {a: A, b: B}, min: 1, max: 2, save: several}, next: long}
  long: {ask: Tell us, field: {kind: long, max: 400, optional: true, save: long}, next: name}
  name: {ask: Your name?, field: {kind: name, save: name}, next: day}
  day: {ask: Which day?, field: {kind: date, min: today, max: +6w, save: day}, next: hour}
  hour: {ask: What time?, field: {kind: time, min: 08:00, max: 18:30, save: clock}, next: scale}
  scale: {ask: How was it?, field: {kind: scale, scale: nps, save: score}, next: address}
  address: {ask: Where do you live?, field: {kind: address, save: home}, next: photo}
  photo: {tier: 2, ask: A photo, field: {kind: photo, max: 3, save: photos}, next: file}
  file: {tier: 2, ask: A file, field: {kind: file, optional: true, save: papers}, next: code}
  code: {ask: The code, field: {kind: code, to: phone, save: code}, next: consent}
  consent: {field: {kind: consent, terms: "I agree, {{ name }}.", save: agreed}, next: sign}
  sign: {tier: 3, ask: Sign here, field: {kind: signature, save: signed}, next: look}
  look:
    show:
      - card: {title: "Hi {{ name }}", text: "{{ several }}", rows: {Amount: "{{ amount | money }}", At: "{{ clock | time }}"}}
      - list: {from: shops, title: "{{ item.name }}", text: "{{ item.town }}"}
      - table: {from: shops, columns: {Shop: "{{ item.name }}", Town: "{{ item.town }}"}}
        when: amount.amount > 5 and agreed.agreed
      - image: {file: "{{ order.picture }}", alt: A picture}
      - map: {at: place, label: "{{ place.text }}"}
      - map: {from: shops, label: "{{ item.name }}"}
      - timeline: {from: order.events, title: "{{ item.what }}", at: "{{ item.at | time }}", done: item.done == 1}
    next: review
  review: {ask: Is that right?, review: {send: Send it, rows: {Amount: "{{ amount | money }}", Day: "{{ day }}"}}, next: pay}
  pay: {tier: 3, visit: {to: "https://pay.example/x?a={{ amount.amount }}&back={{ back }}", label: Pay}, next: wait}
  wait: {say: One moment, wait: {for: custom.paid, within: 20m, save: paid, otherwise: call}, next: call}
  call: {do: {call: slots.release, with: {slot: "{{ appointment.id }}"}, safe: true, otherwise: late}, next: choose}
  choose:
    choose:
      yes:  {label: Yes, next: done}
      late: {label: Later, when: hour < 20 and open and agents > 0 and weekday != 'sun' and minutes < 30, next: late}
  done:
    end: "Done {{ paid.reference }}, {{ slot.starts | time }}"
    receipt: {Amount: "{{ amount | money }}"}
    calendar: {title: "Visit of {{ name }}", starts: slot.starts, ends: slot, where: "{{ home.lines }}"}
    pass: {title: Your pass, code: "{{ paid.reference }}", rows: {Name: "{{ name }}"}}
  late: {handover: {team: care, why: Late}}
rules:
  - {when: minutes > 30 and open, handover: {team: care, why: Slow}}
  - {when: hour > 22 or weekday == 'sun', next: late}
  - {when: amount.amount > 90, notify: {team: care, text: "Much: {{ amount | money }}"}}
"""

MISTAKES = [
    # what belongs to another kind, and what a kind needs
    ("currency: EUR,", "", "a field of kind `money` needs `currency`: write `currency: EUR`"),
    ("currency: EUR", "currency: EURO", "unknown currency `EURO`: write its code, like EUR or USD"),
    ("currency: EUR", "currency: XQZ", "unknown currency `XQZ`"),
    ("currency: EUR", "currency: eur", "unknown currency `eur`: did you mean `EUR`?"),
    ("kind: name,", "kind: name, currency: EUR,", "`currency` belongs to kind `money`, not to `name`: leave it out"),
    ("kind: long,", "kind: long, look: grid,", "`look` belongs to the kinds `choice`, `choices`, `slot`, not to `long`"),
    ("kind: scale, scale: nps", "kind: scale", "needs `scale`: write `scale: nps`, `scale: stars` or `scale: csat`"),
    ("scale: nps", "scale: npm", "unknown scale `npm`: did you mean `nps`?"),
    ('terms: "I agree, {{ name }}.", ', "", "a field of kind `consent` needs `terms`"),
    ("why: To find the nearest shop, ", "", "a field of kind `location` needs `why`"),
    ("calendar: technician, ", "", "a field of kind `slot` needs either `calendar: NAME` or `from: LIST`"),
    ("calendar: technician, ", "calendar: technician, from: visits, ", "a field of kind `slot` needs either"),
    ("calendar: technician, ", "from: visits, ", "`instead` needs `calendar: NAME`"),
    ("options: {a: A, b: B}, min", "min", "a field of kind `choices` needs either `options"),
    ("options: {a: A, b: B}", "options: {a: A}, near: place", "`near` belongs to kind `choice`, not to `choices`"),
    ("options: {a: A, b: B}", "options: {a: A}, group: A", "`group` needs `from: LIST`"),
    ("look: grid", "look: map", "unknown look `map`: there are list, grid"),
    ("min: 1, max: 2", "min: 3, max: 2", "`min` is above `max`"),
    ("min: 1, max: 2", "min: 1.5", "`min` must be how many can be chosen"),
    ("min: 08:00", "min: 8", "`min` must be a time like 08:30"),
    ("min: today", "min: soon", "`min` must be a date like 2026-11-21, today, or +14d"),
    ("max: +6w", "max: 2026-02-30", "`max` must be a date like"),
    ("kind: name,", "kind: name, min: 2,", "`min` does not go with kind `name`"),
    ("max: 3,", "max: 99,", "`max` must be how many can be sent"),
    # names
    ("near: place", "near: plac", "`near`: unknown name `plac`: did you mean `place`?"),
    ("near: place", "near: who", "`near`: `who` is no place: name one with lat and lon"),
    ("from: shops, near", "from: visits, near", "the items of `visits` have no position"),
    ("from: visits, label", "from: shops, label", "the items of `shops` are no slots: each needs `starts: datetime`"),
    ("instead: appointment", "instead: appointment.starts", "`instead`: `appointment.starts` is no slot"),
    ("instead: appointment", "instead: place", "`place` is not known here: no step before"),
    ("to: phone", "to: appointment", "`to`: `appointment` is an object: name the phone"),
    ("to: phone", "to: pin", "`to`: `pin` is secret"),
    ('Amount: "{{ amount | money }}", At', 'Amount: "{{ amount }}", At', "`amount` is an object and has no words: print one"),
    ('Amount: "{{ amount | money }}", At', 'Amount: "{{ place | money }}", At', "the filter `money` takes a number"),
    ("{{ clock | time }}", "{{ clock | date }}", "`clock` is a time of day: the filter `date` takes a datetime"),
    ("{{ slot.starts | time }}", "{{ slot.start | time }}", "unknown name `start` in `slot`: did you mean `starts`?"),
    ("{{ slot.starts | time }}", "{{ agreed }}", "`agreed` is an object and has no words"),
    ("{{ home.lines }}", "{{ home.street }}", "unknown name `street` in `home`: there are lines"),
    ("{{ home.lines }}", "{{ papers }}", "`papers` is a list and has no words"),
    ("starts: slot.starts", "starts: amount", "`starts`: `amount` is an object: name a datetime, a date or a slot"),
    ("ends: slot,", "ends: pin,", "`ends`: `pin` is secret"),
    ("{{ back }}", "{{ bak }}", "unknown name `bak`"),
    ('say: One moment', 'say: "{{ back }}"', "`back` stands only in the `to` of a `visit`"),
    ('say: One moment', 'say: "{{ minutes }}"', "`minutes` stands only in `when` of a rule or a choice"),
    ("when: amount.amount > 5", "when: minutes > 5", "`minutes` stands only in `when`"),
    ("done: item.done", "done: item.don", "unknown name `don` in `item`: did you mean `done`?"),
    ("done: item.done == 1", "done: item.done ==", "`done`: does not parse"),
    ("{from: order.events", "{from: order.picture", "`from` must name a list: `order.picture` is not one"),
    ("- list: {from: shops", "- list: {from: codes", "`codes` holds secrets: only what may be shown"),
    ("map: {at: place", "map: {at: who", "`at`: `who` is no place"),
    ("map: {from: shops", "map: {from: visits", "the items of `visits` are no places: each needs `lat` and `lon`"),
    ("file: \"{{ order.picture }}\"", "file: \"{{ pin }}\"", "`pin` is secret"),
    ("Much: {{ amount", "Much: {{ amout", "unknown name `amout`: did you mean `amount`?"),
    ("save: paid", "save: who", "`who` is a name of the context: save under another name"),
    ("save: paid", "save: minutes", "`minutes` has a meaning of its own"),
    ("  who: personal", "  back: text\n  who: personal", "`back` has a meaning of its own"),
    # what is shown
    ("- card: {title", "- crad: {title", "unknown key `crad` in `show` of step `look`: did you mean `card`?"),
    ("- image: {file", "- image: {fil", "unknown key `fil` in `image`: did you mean `file`?"),
    (", alt: A picture", "", "no `alt` in `image`: write `alt: TEXT`"),
    ("map: {at: place, label", "map: {at: place, from: shops, label", "a map needs either `at: PLACE` or `from: LIST`"),
    (", columns: {Shop: \"{{ item.name }}\", Town: \"{{ item.town }}\"}", "", "no `columns` in `table`: write `columns: {"),
    ("        when: amount", "        image: {file: x, alt: y}\n        when: amount", "`table` and `image`"),
    ("      - image: {file: \"{{ order.picture }}\", alt: A picture}", "      - when: agreed", "nothing is shown here"),
    ("receipt: {Amount: ", "receipt: {_Amount: ", "`_Amount` cannot name a row"),
    ("  done:\n", "  done:\n    show: {card: {title: x}}\n", "`show` must be a list: put a `-` before each"),
    # steps
    ("  late: {handover", "  late: {pass: {title: a, code: b}, handover", "step `late` has `pass` and no `end`"),
    ("  pay: {tier: 3, visit", "  pay: {end: x, visit", "step `pay` has `visit` and `end`: keep one"),
    (", label: Pay}, next: wait}", ", label: Pay}}", "step `pay` has no `next`"),
    ("  wait: {say", "  wait: {ask", "step `wait` has `ask` and nothing to answer it"),
    ("within: 20m, ", "", "`wait` has `otherwise` and no `within`: write how long to wait"),
    ("within: 20m", "within: 2", "`2` is no duration"),
    ("for: custom.paid", "for: paid", "`paid` is not an event of yours: write `for: custom.NAME`"),
    ("for: custom.paid", "fro: custom.paid", "unknown key `fro` in `wait` of step `wait`: did you mean `for`?"),
    ("call: slots.release", "call: slots.relase", "unknown call `slots.relase`: did you mean `slots.release`?"),
    ("with: {slot:", "with: {slott:", "`slots.release` takes no `slott`: did you mean `slot`?"),
    ("safe: true", "safe: maybe", "`safe` must be true or false"),
    ("otherwise: late}, next", "otherwise: lat}, next", "`otherwise` names no step: `lat`: did you mean `late`?"),
    ("  done:\n", "  done:\n    nxt: x\n", "unknown key `nxt` in step `done`"),
    ("do: {call", "show: [{card: {title: x}}], do: {call", "step `call` has `show` and `do`: show it in the step before"),
    # visits
    ("https://pay.example/x", "http://pay.example/x", "can be read and changed on its way: write https"),
    ("https://pay.example/x", "javascript:alert(1)//", "is not the address of a page"),
    ("https://pay.example/x", "//pay.example/x", "is not the address of a page"),
    ("https://pay.example/x", "https://{{ who }}.example/x", "is not the address of a page"),
    ("https://pay.example/x", "https://jo:pw@pay.example/x", "is not the address of a page"),
    ("https://pay.example/x", "https://pay.example\\\\@evil.example/x", "is not the address of a page"),
    ("https://pay.example/x", "https://pay.example:443@evil.example/x", "is not the address of a page"),
    ("https://pay.example/x", "https://pay.example?x", "is not the address of a page"),
    ("https://pay.example/x", "https://{{ back }}/x", "is not the address of a page"),
    ("https://pay.example/x", "https://pay.example/x y", "an address has no spaces"),
    ("&back={{ back }}", "", "`to` has no {{ back }}: the page must be told where to send the customer back to"),
    # rules, and the flow itself
    ("open, handover", "open, next: late, handover", "a rule has `handover` and `next`: keep one"),
    (", next: late}\n  - {when: amount", "}\n  - {when: amount", "a rule does nothing: write `handover"),
    ("'sun', next: late", "'sun', next: lat", "`next` names no step: `lat`: did you mean `late`?"),
    ("notify: {team: care, text", "notify: {team: care, txt", "unknown key `txt` in `notify`: did you mean `text`?"),
    ("only: [web,", "only: [wap,", "`only`: unknown channel `wap`: there are web, widget"),
    ("only: [web, widget, sms, ussd, voice]", "only: []", "`only` is empty"),
    ("sure: 0.8", "sure: 80", "`sure` must be a number above 0, 1 at most"),
    ("sure: 0.8", "sure: high", "`sure` must be a number above 0, 1 at most"),
    ("  who: Jo\n", "", "`example`: `who` is missing: it must be text"),
    ("  who: Jo\n", "  who: Jo\n  whom: Jo\n", "`example`: `whom` is not in the flow's context"),
    ("lat: 52.5", "lat: north", "`example`: `shops[0].lat` must be a number"),
    ("at: \"2026-11-22T10:00:00Z\", done: 1", "at: \"10:00\", done: 1", "`example`: `order.events[0].at` must be an instant"),
]  # fmt: skip


def test_a_flow_of_every_word_is_sound() -> None:
    assert [str(mistake) for mistake in check(EVERYTHING)] == []
    flow = load(EVERYTHING)
    assert Flow.from_json(flow.to_json()) == flow
    assert (flow.sure, flow.only[0], flow.like[0]) == (0.8, "web", "do it all")
    wait = flow.steps["wait"].wait
    assert wait is not None
    assert (wait.within, wait.for_) == (1200, "custom.paid")
    assert flow.steps["call"].do is not None
    assert flow.steps["call"].do.with_ == {"slot": "{{ appointment.id }}"}


@pytest.mark.parametrize(("old", "new", "says"), MISTAKES)
def test_a_mistake_is_named_where_it_stands(old: str, new: str, says: str) -> None:
    assert old in EVERYTHING
    text = EVERYTHING.replace(old, new, 1)
    found = [str(mistake) for mistake in check(text, "a.yaml")]
    assert any(says in line for line in found), found
    assert all(re.fullmatch(r"a\.yaml:\d+: [^\n]+", line) for line in found)
    assert len(found) <= 3, found
    with pytest.raises(FlowInvalid):
        load(text)


def test_a_page_of_ones_own_machine_may_be_visited_without_https() -> None:
    for host in ("http://localhost:8000", "http://127.0.0.1", "https://xn--bcher-kva.example:8443"):
        assert check(EVERYTHING.replace("https://pay.example", host)) == []


def test_what_each_kind_saves_is_known() -> None:
    types = saved_types(load(EVERYTHING))
    assert types["amount"] == {"amount": "number", "currency": "text"}
    assert types["several"] == ["text"]
    assert types["shop"] == {"name": "text", "lat": "number", "lon": "number", "town": "text"}
    assert types["paid"] == "any"
    assert types["day"] == "date"


def test_old_flows_keep_their_hash() -> None:
    """What a link was pinned to before the language grew is what it is pinned to now."""
    # As it was shipped at first: it has had an example since.
    flow = load(re.sub(r"(?m)^example:\n(?:  .*\n)+", "", loading.gallery()["flight-delay"]))
    small = load("app: a\npurpose: p\nstart: s\nsteps: {s: {say: Hi, next: e}, e: {end: Bye}}")
    assert json.loads(small.to_json()) == {
        "app": "a",
        "purpose": "p",
        "start": "s",
        "steps": {"s": {"say": "Hi", "next": "e"}, "e": {"end": "Bye"}},
    }
    assert small.hash == "13c752c826666d7814a928834a3a47fd2997936aff00528ac974fe48f2a54ed2"
    assert flow.hash == "45c5baf42615df3b7d8f0686a8bbadc6026d8d958fde815f650f40e95eef229a"
    assert not {"like", "sure", "only", "example", "translations"} & set(json.loads(flow.to_json()))


def chain(count: int) -> str:
    steps = (
        f"  s{number}: {{ask: What?, field: {{kind: text, save: v{number}}}, next: s{number + 1}}}"
        for number in range(count)
    )
    return "\n".join(["app: chain", "purpose: p", "start: s0", "steps:", *steps, f"  s{count}: {{end: x}}"])


def test_a_long_flow_looks_at_each_way_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    edges = graph.edges

    def looking(name: str, step: Step) -> Iterator[graph.Edge]:
        looked.append(name)
        return edges(name, step)

    monkeypatch.setattr(graph, "edges", looking)
    flow = load(chain(300))
    assert len(looked) < 20 * len(flow.steps)
    before = graph.reached(flow, {})
    assert "v298" in before["s299"]
    assert "v299" not in before["s299"]
    assert list(before["s2"]) == ["v0", "v1"]


def test_what_is_saved_in_a_circle_is_known_in_all_of_it() -> None:
    text = """
app: circle
purpose: p
start: a
steps:
  a: {say: "{{ b }}", choose: {on: {label: On, next: b}, off: {label: Off, next: e}}}
  b: {ask: What?, field: {kind: text, save: b}, next: c}
  c: {do: {call: x, save: c, otherwise: d}, next: a}
  d: {say: "{{ b }}", next: a}
  e: {end: "{{ c }}"}
"""
    assert check(text) == []
    assert "`c` is not known here" in str(
        check(text.replace("next: a}\n  d", "next: e}\n  d").replace('say: "{{ b }}", next', 'say: "{{ c }}", next'))[0]
    )


def test_a_rule_leads_with_all_that_may_be_known() -> None:
    text = "app: r\npurpose: p\nstart: a\nsteps:\n  a: {ask: What?, field: {kind: text, save: v}, next: b}\n  b: {end: x}\n"
    ruled = text + "  c: {end: '{{ v }}'}\nrules: [{when: minutes > 5, next: c}]"
    assert check(ruled) == []
    assert "step `c` can never be reached" in str(
        check(ruled.replace("rules:", "like:").replace("[{when: minutes > 5, next: c}]", "x"))[0]
    )


LINES = EVERYTHING.splitlines()


@settings(max_examples=many(60), deadline=None)
@given(st.data())
def test_no_torn_flow_makes_it_fall_over(data: st.DataObject) -> None:
    lines = list(LINES)
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(lines) - 1))
        line, cut = lines[at], data.draw(st.integers(0, len(lines[at])))
        other = data.draw(st.sampled_from(LINES))
        lines[at] = data.draw(
            st.sampled_from(
                [
                    line[:cut],
                    line[cut:],
                    f"{line[:cut]}x{line[cut:]}",
                    "",
                    line.replace("{", "["),
                    line * 2,
                    other,
                    line[:cut] + other,
                ]
            )
        )
    for mistake in check("\n".join(lines)):
        assert 1 <= mistake.line <= len(lines) + 1
        assert "\n" not in mistake.message


WORDS = sorted(set(re.findall(r"[a-z_]+", EVERYTHING)))
VALUES = st.recursive(
    st.sampled_from([None, True, 1, -2.5, 1e300, "", "{{ x }}", "{{", "a.b", "2026-11-21", *WORDS[:40]])
    | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=8,
)


@settings(max_examples=many(60), deadline=None)
@given(st.dictionaries(st.sampled_from(WORDS), VALUES, max_size=5), VALUES)
def test_nothing_put_anywhere_makes_it_fall_over(step: dict[str, object], whole: object) -> None:
    flow = {
        "app": "a",
        "purpose": "p",
        "start": "s",
        "steps": {"s": step, "e": {"end": "x"}},
        "rules": [step],
        "example": whole,
    }
    check(json.dumps(flow))
    check(json.dumps({**flow, "steps": {"s": {"field": step, "show": [step], "next": "e"}, "e": {"end": "x", **step}}}))
    check(json.dumps(whole), translations={"de": json.dumps(flow)})
    check(EVERYTHING, translations={"de": json.dumps({"steps": {"look": step, "sign": step}, "layers": whole})})


def test_a_photo_has_the_tier_it_needs_by_itself() -> None:
    steps = "steps:\n  a: {ask: A picture, field: {kind: photo, save: p}, next: b}\n  b: {end: Thanks}\n"
    head = "app: a\npurpose: P\nstart: a\n"
    assert load(head + steps).steps["a"].tier == 2
    lower = steps.replace("a: {ask", "a: {tier: 1, ask")
    assert "write `tier: 2` or leave it out" in str(check(head + lower)[0])


def test_tier_three_without_a_fact_is_worth_a_remark() -> None:
    steps = "steps:\n  a: {tier: 3, say: Pay, next: b}\n  b: {end: Thanks}\n"
    [remark] = remarks(load("app: a\npurpose: P\nstart: a\n" + steps))
    assert "only who is signed in" in remark


def test_calls_in_a_circle_would_never_end() -> None:
    head = "app: a\npurpose: P\nstart: a\nsteps:\n"
    circle = "  a: {do: {call: one, otherwise: b}, next: z}\n  b: {do: {call: two, otherwise: z}, next: a}\n  z: {end: Bye}\n"
    assert [str(one) for one in check(head + circle)] == [
        "flow.yaml:5: step `a` calls in a circle: between it and itself nobody is asked anything, so it would go on for ever."
        " Lead it to a step that asks, waits, hands over or ends",
        "flow.yaml:6: step `b` calls in a circle: between it and itself nobody is asked anything, so it would go on for ever."
        " Lead it to a step that asks, waits, hands over or ends",
    ]
    asked = circle.replace("next: a}", "next: c}") + "  c: {say: Once more?, next: a}\n"
    assert check(head + asked) == []


def test_a_call_is_given_numbers_as_they_are() -> None:
    flow = flow_of({"a": {"do": {"call": "book", "with": {"n": 1.5}}, "next": "b"}, "b": {"end": "Bye"}})
    assert flow.steps["a"].do is not None
    assert flow.steps["a"].do.with_ == {"n": 1.5}
