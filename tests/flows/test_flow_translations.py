"""A flow in other languages: its texts beside it, checked with their own lines, and what is missing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from disposable import loading, source, texts
from disposable.definition import Flow
from disposable.loading import FlowInvalid, check, load, missing
from tests.support.examples import many

TRAIN = """
app: train
purpose: A change to your train
title: Train {{ train.number }}
text: "{{ site.name }}: train {{ train.number }} is late. Tap {{ link }} or reply {{ menu }}"
context: {train: {number: text, leaves: datetime, stops: [{name: text, at: datetime}]}}
start: news
steps:
  news:
    say: "It leaves at {{ train.leaves | time }}."
    show:
      - table: {from: train.stops, columns: {Stop: "{{ item.name }}", Time: "{{ item.at | time }}"}}
      - card: {title: Hello}
    choose:
      ok:     {label: That is fine, next: seat, like: [okay then]}
      person: {label: Talk to us, handover: {team: care, why: Wants to talk}}
  seat:
    ask: Which seat?
    field: {kind: choice, options: {window: Window, aisle: Aisle}, hint: We do what we can, save: seat}
    next: bye
  bye: {end: "Goodbye.", receipt: {Seat: "{{ seat }}"}}
layers:
  sms: {news: {say: "Leaves {{ train.leaves | time }}.", choose: {ok: Fine}}, bye: {end: Bye}}
"""
DE = """
purpose: Eine Änderung bei Ihrem Zug
title: Zug {{ train.number }}
text: "{{ site.name }}: Zug {{ train.number }} hat Verspätung. {{ menu }} oder {{ link }} hier"
steps:
  news:
    say: "Er fährt um {{ train.leaves | time }}."
    show:
      - table: {columns: {Halt: "{{ item.name }}", Zeit: "{{ item.at | time }}"}}
      - card: {title: Hallo}
    choose:
      ok: {label: Das passt, like: [passt schon]}
      person: {label: Mit uns reden}
  seat:
    ask: Welcher Platz?
    field: {options: {window: Fenster, aisle: Gang}, hint: Wir tun was wir können}
  bye: {end: Auf Wiedersehen., receipt: {Platz: "{{ seat }}"}}
layers:
  sms: {news: {say: "Fährt {{ train.leaves | time }}."}}
"""


def german(text: str = DE) -> Flow:
    return load(TRAIN, translations={"de": text})


def said(text: str) -> list[str]:
    return [str(mistake) for mistake in check(TRAIN, "flows/train.yaml", translations={"de": text})]


def test_a_flow_speaks_its_languages() -> None:
    flow = german()
    spoken = flow.spoken("de-AT")
    assert spoken.steps["news"].say == "Er fährt um {{ train.leaves | time }}."
    assert (spoken.steps["news"].choose or {})["ok"].like == ("passt schon",)
    assert (spoken.steps["news"].choose or {})["person"].handover == (flow.steps["news"].choose or {})[
        "person"
    ].handover
    assert spoken.steps["seat"].field is not None
    assert spoken.steps["seat"].field.options == {"window": "Fenster", "aisle": "Gang"}
    assert spoken.steps["seat"].field.save == "seat"
    assert spoken.steps["bye"].receipt == {"Platz": "{{ seat }}"}
    table = spoken.steps["news"].show[0].table
    assert table is not None
    assert (table.from_, list(table.columns)) == ("train.stops", ["Halt", "Zeit"])
    assert (spoken.context, spoken.start, list(spoken.steps)) == (flow.context, flow.start, list(flow.steps))


def test_the_hash_and_the_name_stay_those_of_the_whole() -> None:
    flow = german()
    assert (flow.spoken("de").hash, flow.spoken("de").app) == (flow.hash, "train")
    assert flow.spoken("de") is flow.spoken("de")
    assert flow.spoken("fr") is flow
    assert flow.hash != load(TRAIN).hash
    assert load(TRAIN).hash == load(TRAIN, translations={}).hash


def test_translations_survive_their_json() -> None:
    again = Flow.from_json(german().to_json())
    assert again == german()
    assert again.spoken("de").steps["bye"].end == "Auf Wiedersehen."


def test_other_words_of_a_channel_give_way_to_a_translation_without_them() -> None:
    sms = german().spoken("de").layers["sms"]
    assert sms["news"].say == "Fährt {{ train.leaves | time }}."
    assert sms["news"].choose == {}
    assert sms["bye"].end is None
    partly = german("steps: {seat: {ask: Welcher Platz?}}").spoken("de").layers["sms"]
    assert (partly["bye"].end, partly["news"].choose) == ("Bye", {"ok": "Fine"})


def test_a_translation_may_have_words_for_a_channel_of_its_own() -> None:
    flow = german("layers: {ussd: {seat: {ask: Platz?}}}")
    assert flow.spoken("de").layers["ussd"]["seat"].ask == "Platz?"
    assert "ussd" not in flow.layers


@pytest.mark.parametrize(
    ("locale", "found"),
    [
        ("de", "de"),
        ("de_AT", "de"),
        ("DE-at", "de"),
        ("zh-Hant-TW", "zh-Hant"),
        ("zh-CN", None),
        ("d", None),
        ("", None),
    ],
)
def test_the_nearest_language_serves(locale: str, found: str | None) -> None:
    assert texts.language(locale, {"de": {}, "zh-Hant": {}}) == found


# (what is replaced, by what, the line it is then wrong on, what the message must say)
MISTAKES = [
    ("  seat:\n", "  seet:\n", 14, "`steps` has no `seet`: did you mean `seat`?"),
    ('say: "Er', 'next: "Er', 7, "`next` is not a text of `steps.news`: there are say"),
    ("ask: Welcher Platz?", "next: bye", 15, "`next` is not a text: a translation holds texts only"),
    ("ask: Welcher Platz?", "say: Welcher Platz?", 15, "`steps.seat` has no `say`: there are ask, field"),
    ("hint: Wir", "kind: Wir", 16, "`kind` is not a text: a translation holds texts only"),
    ("hint: Wir", "terms: Wir", 16, "`steps.seat.field` has no `terms`"),
    ("window: Fenster", "windo: Fenster", 16, "`steps.seat.field.options` has no `windo`: did you mean `window`?"),
    (
        "Zug {{ train.number }}\n",
        "Zug {{ train.numer }}\n",
        3,
        "unknown name `numer` in `train`: did you mean `number`?",
    ),
    ("fährt um {{ train", "fährt um {{ seat }}{{ train", 7, "`seat` is not known here: no step before"),
    ("{{ link }} hier", "hier", 4, "`text` has no {{ link }}"),
    ("hat Verspätung.", "hat leider eine sehr große Verspätung von vielen Minuten.", 4, "characters too long"),
    ("Auf Wiedersehen.", "'Auf Wiedersehen {{ x.y() }}'", 17, "a call is not part of the language"),
    ("purpose: Eine", "purpose: '{{ train.number }}' #", 2, "write it without {{ }}"),
    ("purpose: Eine", "app: train\npurpose: Eine", 2, "`app` is not a text: a translation holds texts only"),
    ("columns: {Halt", "from: x, columns: {Halt", 9, "`from` is not a text"),
    (', Zeit: "{{ item.at | time }}"', "", 9, "`columns` has 1 entries, the flow's has 2: write them all"),
    ("{{ item.name }}", "{{ item.nam }}", 9, "unknown name `nam` in `item`: did you mean `name`?"),
    ("      - card: {title: Hallo}", "      - {}\n      - {}", 8, "`show` has 3 entries, the flow's has 2"),
    ("  sms: {news", "  smss: {news", 19, "`smss` is not known here: did you mean `sms`?"),
    ("  sms: {news", "  sms: {nws", 19, "`nws` is not known here: did you mean `news`?"),
    ("  sms: {news: {say", "  sms: {news: {end", 19, "step `news` has no `end`: a layer only says in other words"),
    ("{end: Auf", "{end: [Auf]} #", 17, "`end` must be a text"),
]


@pytest.mark.parametrize(("old", "new", "line", "says"), MISTAKES)
def test_a_mistake_is_named_where_it_stands(old: str, new: str, line: int, says: str) -> None:
    assert old in DE
    found = said(DE.replace(old, new, 1))
    assert any(one.startswith(f"flows/train.de.yaml:{line}: ") and says in one for one in found), found


@pytest.mark.parametrize("text", ["", "- a", "steps: 5", "[1", "steps: {news: 7}", "steps: {news: {show: {a: b}}}"])
def test_what_is_no_translation_is_told_so(text: str) -> None:
    found = said(text)
    assert found
    assert all(one.startswith("flows/train.de.yaml:") for one in found)


def test_what_is_no_language_is_told_so() -> None:
    assert "`xx1` is no language" in str(check(TRAIN, translations={"xx1": DE})[0])


def test_mistakes_of_the_flow_and_of_its_translation_come_at_once() -> None:
    wrong = TRAIN.replace("label: That is fine, next: seat", "label: That is fine, next: seet")
    found = check(wrong, "a.yaml", translations={"de": DE.replace("{{ train.leaves", "{{ trin.leaves", 1)})
    assert [(mistake.file, mistake.line) for mistake in found] == [("a.yaml", 15), ("a.de.yaml", 7)]
    with pytest.raises(FlowInvalid):
        load(wrong, translations={"de": DE})


def test_what_is_not_translated_is_listed() -> None:
    assert missing(german()) == {"de": []}
    part = german("steps: {news: {say: Hallo, choose: {ok: {label: Gut}}, show: [{}, {card: {title: Hallo}}]}}")
    assert missing(part) == {
        "de": [
            *("purpose", "title", "text", "steps.news.show.0.table.columns", "steps.news.choose.person.label"),
            *("steps.seat.ask", "steps.seat.field.hint", "steps.seat.field.options.window"),
            *("steps.seat.field.options.aisle", "steps.bye.end", "steps.bye.receipt"),
        ]
    }
    assert missing(load(TRAIN)) == {}


def test_what_has_no_words_needs_no_translation() -> None:
    flow = load(
        TRAIN.replace("Goodbye.", "{{ seat }} 7!").replace(
            "title: Train {{ train.number }}", "title: '{{ train.number }}'"
        ),
        translations={"de": "{}"},
    )
    assert not {"title", "steps.bye.end"} & set(missing(flow)["de"])


def test_a_subflow_brings_its_translation() -> None:
    outer = "app: o\npurpose: p\nstart: a\nsteps: {a: {subflow: inner, next: z}, z: {end: Bye}}"
    files = {
        "inner": "app: i\npurpose: p\nstart: s\nsteps: {s: {say: Hello, next: e}, e: {end: x}}",
        "inner.de": "steps: {s: {say: Hallo}}",
        "inner.fr": "steps: {s: {say: Bonjour}}",
    }
    flow = load(outer, find=files.get, translations={"de": "{}"})
    assert flow.spoken("de").steps["a.s"].say == "Hallo"
    assert list(flow.translations) == ["de"]
    assert missing(flow) == {"de": ["purpose", "steps.z.end"]}
    own = load(outer, find=files.get, translations={"de": "steps: {a.s: {say: Servus}}"})
    assert own.spoken("de").steps["a.s"].say == "Servus"
    wrong = files | {"inner.de": "steps: {s: {say: '{{ nobody }}'}}"}
    assert "inner.de.yaml:1: `say`: unknown name `nobody`" in str(
        check(outer, find=wrong.get, translations={"de": "{}"})[0]
    )


LINES = DE.splitlines()


@settings(max_examples=many(150), deadline=None)
@given(st.data())
def test_no_torn_translation_makes_it_fall_over(data: st.DataObject) -> None:
    lines = list(LINES)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        cut = data.draw(st.integers(0, len(lines[at])))
        line = lines[at]
        lines[at] = data.draw(
            st.sampled_from(
                [line[:cut], line[cut:], f"{line[:cut]}x{line[cut:]}", "", line.replace("{", "["), line * 2]
            )
        )
    for mistake in check(TRAIN, translations={"de": "\n".join(lines)}):
        assert 1 <= mistake.line <= max(len(lines), len(TRAIN.splitlines())) + 1


def test_a_bomb_is_refused_in_a_translation_too() -> None:
    assert "larger than" in said("x" * (source.MAX_BYTES + 1))[0]
    assert loading.gallery()
