"""Loading: every mistake at once, each with its line, the wrong word and what to write instead."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from disposable import loading
from disposable.definition import Flow
from disposable.loading import FlowInvalid, Mistake, check, load
from tests.support.examples import many

GOOD = loading.gallery()["flight-delay"]


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


@pytest.mark.parametrize("name", sorted(loading.gallery()))
def test_the_gallery_is_sound(name: str) -> None:
    assert check(loading.gallery()[name], name) == []
    assert load(loading.gallery()[name]).app == name


def test_a_flow_survives_its_json_with_its_hash() -> None:
    flow = load(GOOD)
    again = Flow.from_json(flow.to_json())
    assert (again, again.hash, again.to_json()) == (flow, flow.hash, flow.to_json())


def test_the_hash_changes_with_the_order_of_choices() -> None:
    keep = "      keep:   {label: Keep my seat, next: kept}\n"
    change = "      change: {label: Change flight, next: pick, like: [another flight, rebook me, earlier one]}\n"
    assert load(changed(keep + change, change + keep)).hash != load(GOOD).hash
    assert load(GOOD + "\n# a remark\n").hash == load(GOOD).hash


# (what is replaced, by what, where it is then wrong, what the message must say)
MISTAKES = [
    ("start: status\n", "", "app:", "no `start` in a flow: write `start: STEP`"),
    ("start: status", "start: statsu", "start:", "`start` names no step: `statsu`: did you mean `status`?"),
    ("next: kept}", "next: kep}", "next: kep}", "`next` names no step: `kep`: did you mean `kept`?"),
    (
        "otherwise: failed",
        "otherwise: fail",
        "otherwise: fail",
        "`otherwise` names no step: `fail`: did you mean `failed`?",
    ),
    (", then: book", ", then: boook", "then: boook", "`then` names no step: `boook`: did you mean `book`?"),
    ("rules:", "  lost: {end: Bye}\nrules:", "lost:", "step `lost` can never be reached"),
    ("expires: 48h", "expires: 48", "expires", "`48` is no duration: write 30m, 48h or 7d"),
    ("expires: 48h", "expires: 99d", "expires", "`99d` is no duration"),
    ("expires: 48h", "expire: 48h", "expire:", "unknown key `expire` in a flow: did you mean `expires`?"),
    ("kind: choice", "kind: choise", "kind: choise", "unknown kind `choise`: did you mean `choice`?"),
    ("save: chosen}", "sav: chosen}", "sav:", "unknown key `sav` in `field` of step `pick`: did you mean `save`?"),
    (
        "departs: datetime, alternatives",
        "departs: datetim, alternatives",
        "datetim,",
        "unknown type `datetim`: did you mean `datetime`?",
    ),
    (
        "label: That is all, next",
        "label: That is all, nxt",
        "nxt",
        "unknown key `nxt` in choice `done`: did you mean `next`?",
    ),
    (
        "from: flight.alternatives",
        "from: flight.alternative",
        "from:",
        "unknown name `alternative` in `flight`: did you mean `alternatives`?",
    ),
    (
        "from: flight.alternatives",
        "from: flight.number",
        "from:",
        "`from` must name a list: `flight.number` is not one",
    ),
    (
        "{{ flight.number }} is late",
        "{{ fligt.number }} is late",
        "fligt",
        "unknown name `fligt`: did you mean `flight`?",
    ),
    (
        "{{ flight.number }} is late",
        "{{ flight.numbr }} is late",
        "numbr",
        "unknown name `numbr` in `flight`: did you mean `number`?",
    ),
    ("{{ flight.number }} is late", "{{ flight.__class__ }} is late", "__class__", "`__class__` begins with `_`"),
    ("{{ flight.number }} is late", "{{ flight['_x'] }} is late", "_x", "`_x` begins with `_`"),
    (
        "{{ flight.number }} is late",
        "{{ flight.number.upper() }} is late",
        "upper",
        "a call is not part of the language",
    ),
    ("{{ flight.number }} is late", "{{ flight.number | upper }} is late", "upper", "there is no filter `upper`"),
    (
        "{{ flight.number }} is late",
        "{{ flight.number | time }} is late",
        "title",
        "`flight.number` is a text: the filter `time` takes a datetime",
    ),
    ("{{ flight.number }} is late", "{{ flight }} is late", "title", "`flight` is an object and has no words"),
    ("{{ flight.number }} is late", "{{ flight.number is late", "title", "does not parse"),
    ("{{ flight.number }} is late", "{{ link }} is late", "title", "`link` stands only in the flow's `text`"),
    ("{{ flight.number }} is late", "{{ chosen.number }} is late", "title", "`chosen` is not known here"),
    ("{{ flight.number }} is late", "{{ passenger.last_name }} is late", "title", "`passenger.last_name` is secret"),
    ('say: "Your flight now', 'say: "{{ item.number }} now', "item.number", "`item` stands only in the label"),
    ('say: "Your flight now', 'say: "{{ stuck }} now', "stuck }}", "`stuck` stands only in `when`"),
    (
        'say: "Your flight now',
        'say: "{{ booking.reference }} now',
        "booking.reference }} now",
        "`booking` is not known here: no step before",
    ),
    ("{{ site.name }}: flight", "{{ passenger.first_name }}: flight", "text:", "`passenger.first_name` is personal"),
    ("label: Keep my seat", 'label: "Keep {{ passenger.first_name }}"', "keep:", "`passenger.first_name` is personal"),
    ("Tap {{ link }} or", "Tap or", "text:", "`text` has no {{ link }}"),
    ("Tap {{ link }} or", "Tap {{ link }} {{ link }} or", "text:", "`text` has more than one {{ link }}"),
    (
        "now leaves at {{ flight.departs | time }}. Tap",
        "will now leave at {{ flight.departs | time }}. Tap",
        "text:",
        "characters too long for one SMS",
    ),
    (
        "now leaves at {{ flight.departs | time }}. Tap",
        "leaves – at {{ flight.departs | time }}. Tap",
        "text:",
        "`–` (U+2013), which makes every SMS cost double",
    ),
    ("purpose: A change to your flight", "purpose: Flight {{ flight.number }}", "purpose", "write it without {{ }}"),
    ("against: passenger.last_name", "against: passenger.surname", "against", "unknown name `surname` in `passenger`"),
    ("against: passenger.last_name", "against: flight", "against", "must name one value"),
    ("tier: 2", "tier: 4", "tier: 4", "`tier` must be a whole number from 1 to 3"),
    ("tier: 2", "tier: two", "tier: two", "`tier` must be a whole number from 1 to 3"),
    ('"stuck >= 3"', '"stuck >= "', "rules:\n  - ", "`when`: does not parse"),
    ('"stuck >= 3"', '"stick >= 3"', "stick", "unknown name `stick`: did you mean `stuck`?"),
    ('"stuck >= 3"', '"stuck.count() > 3"', "count", "a call is not part of the language"),
    ("    next: extras\n", "", "  pick:", "step `pick` has no `next`"),
    (
        "  extras:\n",
        "  extras:\n    next: book\n",
        "next: book\n",
        "step `extras` has `choose` and `next`: leave `next` out",
    ),
    ("  extras:\n", "  extras:\n    end: Bye\n", "  extras:", "step `extras` has `choose` and `end`: keep one"),
    ("kept:   {end:", "kept:   {ask: Well?, end:", "ask: Well", "step `kept` has `ask` and nothing to answer it"),
    ("kept:   {end:", "kept:   {say: Well, end:", "say: Well", "step `kept` has `say` and `end`"),
    ('kept:   {end: "Your seat is kept."}', "kept:   {}", "kept: ", "step `kept` is empty"),
    ('kept:   {end: "Your seat is kept."}', "kept:   {tier: 1}", "kept: ", "step `kept` does nothing"),
    (
        'kept:   {end: "Your seat is kept."}',
        "kept:   Bye",
        "kept:   Bye",
        "step `kept` must be written as keys and values",
    ),
    ('kept:   {end: "Your seat is kept."}', "kept:   {say: Hm, next: kept}", "kept: ", "step `kept` can never be left"),
    ('kept:   {end: "Your seat is kept."}', 'kept:   {end: ""}', "kept: ", "`end` is empty"),
    (
        "label: Keep my seat, next: kept",
        "label: Keep my seat",
        "keep:",
        "choice `keep` has neither `next` nor `handover`",
    ),
    ("label: Keep my seat, next: kept", "next: kept", "keep:", "no `label` in choice `keep`"),
    (
        "label: That is all, next: book",
        "label: That is all, next: book, handover: {team: a}",
        "done:",
        "both `next` and `handover`",
    ),
    ("save: booking", "save: flight", "save: flight", "`flight` is a name of the context"),
    ("save: booking", "save: site", "save: site", "`site` has a meaning of its own"),
    ("save: booking", "save: _booking", "save: _booking", "`_booking` is not a name to save under"),
    ("  sms: {status", "  smss: {status", "smss", "unknown key `smss` in `layers`: did you mean `sms`?"),
    ("  sms: {status", "  sms: {statuss", "statuss", "layer `sms` names no step: `statuss`: did you mean `status`?"),
    (
        "  sms: {status: {say",
        "  sms: {status: {end",
        "sms:",
        "step `status` has no `end`: a layer only says in other words",
    ),
    ("sms: {status: {say", "sms: {status: {next: kept, say", "sms:", "unknown key `next` in layer of step `status`"),
    ("app: flight-delay", "app: flight delay", "app:", "`flight delay` is not a name"),
    ("app: flight-delay", "app: flight-delay\napp: again", "app: again", "`app` stands twice: keep one"),
    ("  kept:  ", "  status: {end: x}\n  kept:  ", "  status: {end: x}", "`status` stands twice: keep one"),
    ("title: Flight {{ flight", "title: {{ flight", "title", "a text that begins with {{ needs quotes around it"),
    ("  flight: {number", "  _flight: {number", "_flight", "`_flight` cannot name a name"),
    ("  flight: {number", "  link: {number", "  link: ", "`link` has a meaning of its own"),
    (
        "alternatives: [{number: text, departs: datetime}]",
        "alternatives: []",
        "alternatives: []",
        "write one type in it",
    ),
]


@pytest.mark.parametrize(("old", "new", "place", "says"), MISTAKES)
def test_a_mistake_is_named_where_it_stands(old: str, new: str, place: str, says: str) -> None:
    text = changed(old, new)
    found = [mistake for mistake in check(text, "a.yaml") if says in mistake.message]
    assert found, [str(mistake) for mistake in check(text)]
    if place in text and not place.startswith("rules"):
        assert line_of(text, place) in [mistake.line for mistake in found]
    assert all(re.fullmatch(r"a\.yaml:\d+: [^\n]+", str(mistake)) for mistake in check(text, "a.yaml"))
    with pytest.raises(FlowInvalid):
        load(text)


def test_all_mistakes_come_at_once_in_the_order_of_lines() -> None:
    text = (
        GOOD.replace("start: status", "start: statsu")
        .replace("kind: choice", "kind: choise")
        .replace("next: kept}", "next: kep}")
    )
    text = text.replace("expires: 48h", "expires: soon").replace('"stuck >= 3"', '"stick >= 3"')
    found = check(text)
    assert len(found) == 5
    assert [mistake.line for mistake in found] == sorted(mistake.line for mistake in found)


def test_one_mistake_hides_no_other_of_the_same_step() -> None:
    text = changed(
        "  extras:\n",
        "  extras:\n    say: '{{ nobody }}'\n    colour: red\n    next: nowhere\n    end: '{{ x.y() }}'\n",
    )
    found = " ".join(mistake.message for mistake in check(text))
    for says in (
        "unknown name `nobody`",
        "unknown key `colour`",
        "`choose` and `end`",
        "a call is not",
        "names no step: `nowhere`",
    ):
        assert says in found


def test_one_mistake_is_not_said_twice_in_other_words() -> None:
    assert len(check(changed("next: extras", "next: extra"))) == 1
    assert len(check(changed("start: status", "start: statsu"))) == 1
    assert len(check(changed("label: That is all, next", "label: That is all, nxt"))) == 1
    assert len(check(changed("    next: extras\n", ""))) == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("- a\n- b", "keys and values"),
        ("just words", "keys and values"),
        ("app: [1, 2", "a comma or a closing bracket is missing"),
        ("app: {say: hi: there}", "a text that holds `: ` needs quotes"),
        ("app: a\t\tb\n\tpurpose: x", "tab"),
        ("app: x\n\tpurpose: y", "tab"),
        ("app: a: b", "quotes"),
        ("app: \x00", "character"),
        ("app: &a x\npurpose: *a", "anchors"),
        ("app: !!python/object/apply:os.system [ls]", "tags"),
        ("app: ! x", "tags"),
        ("[" * 100_000, "nested too deeply"),
        ("a: {" * 5_000, "nested too deeply"),
        ("x" * 300_000, "larger than"),
        ("a: 1\n---\nb: 2", "not YAML"),
        ("? [a, b]\n: c", "a key must be one word"),
        ("steps: 5\napp: x\npurpose: y\nstart: z", "`steps` must be written"),
        ("steps: {}\napp: x\npurpose: y\nstart: z", "`steps` is empty"),
        ("{{ app }}: x", "quotes"),
    ],
)
def test_what_is_no_flow_is_told_so(text: str, says: str) -> None:
    found = check(text)
    assert found
    assert any(says in mistake.message for mistake in found), [str(mistake) for mistake in found]


def test_a_bomb_of_aliases_is_refused_before_it_grows() -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20)
    )
    assert [mistake.line for mistake in check(bomb)] == [1]


def test_yes_no_on_and_off_are_words() -> None:
    text = """
app: words
purpose: Words
start: on
steps:
  on: {ask: no, choose: {yes: {label: yes, next: off}, no: {label: off, next: off}}}
  off: {end: on}
"""
    flow = load(text)
    assert list(flow.steps["on"].choose or {}) == ["yes", "no"]
    assert (flow.steps["on"].choose or {})["no"].label == "off"
    assert (flow.start, flow.steps["off"].end) == ("on", "on")


def test_every_choice_hidden_is_a_dead_end() -> None:
    text = changed("label: That is all, next", "label: That is all, when: stuck > 1, next").replace(
        "business: {label", "business: {when: stuck > 1, label"
    )
    assert "every choice of step `extras` has a `when`" in check(text)[0].message


def test_a_long_step_is_told_to_have_other_words_for_texts() -> None:
    text = changed("Your seat is kept.", "Your seat is kept. " * 60)
    assert "step `kept` takes" in check(text)[0].message
    mended = text.replace("  sms: {status:", '  sms: {kept: {end: "Kept."}, status:')
    assert check(mended) == []


def test_a_language_without_gsm_letters_may_take_more_segments() -> None:
    text = changed("now leaves at", "رحلة").replace(" or reply {{ menu }}", " للمزيد")
    assert check(text) == []


@pytest.mark.parametrize(
    ("text", "seconds"), [("48h", 172800), ("30m", 1800), ("7d", 604800), ("1d12h", 129600), ("90s", 90)]
)
def test_durations(text: str, seconds: int) -> None:
    assert load(changed("expires: 48h", f"expires: {text}")).expires == seconds


def test_what_is_left_out_has_its_usual_value() -> None:
    flow = load("app: a\npurpose: p\nstart: s\nsteps: {s: {end: Bye}}")
    assert (flow.expires, flow.title, flow.text, flow.verify) == (172800, None, None, None)


def test_a_mistake_prints_as_one_line() -> None:
    assert str(Mistake("a.yaml", 3, "wrong")) == "a.yaml:3: wrong"


@settings(max_examples=many(300), deadline=None)
@given(st.text(max_size=400) | st.text(alphabet="ab:{}[]&*!|>-? \n'\"#%@`,", max_size=200))
def test_no_text_at_all_makes_it_fall_over(text: str) -> None:
    assert check(text)


LINES = GOOD.splitlines()


@settings(max_examples=many(200), deadline=None)
@given(st.data())
def test_no_torn_flow_makes_it_fall_over(data: st.DataObject) -> None:
    lines = list(LINES)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        line = lines[at]
        cut = data.draw(st.integers(0, len(line)))
        lines[at] = data.draw(
            st.sampled_from(
                [line[:cut], line[cut:], line[:cut] + "x" + line[cut:], "", line.replace("{", "["), line * 2]
            )
        )
    for mistake in check("\n".join(lines)):
        assert 1 <= mistake.line <= len(lines) + 1
        assert "\n" not in mistake.message
