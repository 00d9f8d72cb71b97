"""The simulator does what a customer would do on each channel, and says where a flow went another way."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import pytest

from disposable import simulate, transcripts
from disposable.definition import Flow
from disposable.simulate import Played
from disposable.transcripts import FACES
from tests.flows.samples import context, flight_delay, flow_of
from widget_server.assets import Assets
from widget_server.words import Words

TYPED = ("chat", "sms", "ussd", "voice")


@cache
def words() -> Words:
    return Words.load(Assets.load().templates / "locale", strict=True)


def speak(locale: str) -> Any:
    return lambda key, **values: words().text(key, locale, **values)


def play(flow: Flow, steps: Sequence[Mapping[str, Any]], **scene: Any) -> dict[str, Played]:
    """One story on every face it is for."""
    on = scene.pop("on", list(transcripts.faces(flow)))
    text = json.dumps(
        {"context": scene.pop("context", {}), "transcripts": {"story": {"on": on, "steps": steps, **scene}}}
    )
    return {one.face: one for one in simulate.play_all(flow, transcripts.read(text, flow), speak)}


def failures(played: Mapping[str, Played]) -> dict[str, str]:
    return {face: one.failure for face, one in played.items() if one.failure}


def fly(*steps: Mapping[str, Any], **scene: Any) -> dict[str, Played]:
    return play(flight_delay(), list(steps), context=context(), **{"calls": {"rebook": {"reference": "X7Q"}}, **scene})


REBOOKED: tuple[Mapping[str, Any], ...] = (
    {"pick": "change"},
    {"fill": "MA 16"},
    {"pick": "done"},
    {"prove": "Müller"},
    {"end": "booked"},
)


def said(played: Played) -> list[str]:
    return [line.text for line in played.lines if line.by == "them"]


def test_one_story_is_told_on_every_face_in_its_own_way() -> None:
    played = fly(*REBOOKED, {"see": "You are on MA 16. Booking X7Q."})
    assert failures(played) == {}
    assert said(played["web"])[0] == "[Change flight]"
    assert said(played["chat"])[:3] == ["Change flight", "MA 16, 9:55 PM", "That is all"]
    for face in ("sms", "ussd", "voice"):
        assert said(played[face]) == ["2", "2", "1", "Müller"], face


def test_the_log_can_be_read() -> None:
    lines = list(simulate.dialog_lines(fly(*REBOOKED)["sms"]))
    assert lines[0].startswith("  < Example: flight MA 12 now leaves")
    assert "  > Müller" in lines
    assert "  * rebook answers" in lines


def test_a_failure_names_the_line_what_was_expected_and_what_stood_there() -> None:
    text = """\
transcripts:
  change:
    on: [sms]
    steps:
      - pick: change
      - see: Which flight suites you?
"""
    flow = flight_delay().model_copy(update={"example": context()})
    (played,) = simulate.play_all(flow, transcripts.read(text, flow, "f.test.yaml"), speak)
    first, *rest = played.failure.splitlines()
    assert first.startswith("f.test.yaml:6: `change` on sms: expected to see `Which flight suites you?`;")
    assert first.endswith("the run is at `pick` (asking), and there stands:")
    assert "    | Which flight suits you?" in rest
    assert "    nearest: Which flight suits you?" in rest


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ([{"pick": "refund"}], "`refund` is not offered here"),
        ([{"pick": "chnge"}], "did you mean `Change flight`?"),
        ([{"fill": "x"}], "there is no field"),
        ([{"pick": "change"}, {"fill": "MA 99"}], "`MA 99` is not offered here"),
        ([{"at": "pick"}], "expected to be at step `pick`"),
        ([{"end": "kept"}], "expected to have ended at `kept`"),
        ([{"pick": "keep"}, {"end": "booked"}], "expected to have ended at `booked`"),
        ([{"handed": "care"}], "expected to be handed to care"),
        ([{"unseen": "Change flight"}], "should not stand here"),
        ([{"prove": "Müller"}], "nothing asks who is there"),
        ([{"confirm": True}], "nothing is asked to be confirmed"),
        ([{"take": "s1"}], "no free slot `s1`"),
        ([{"revise": "pick"}], "cannot be gone back to"),
        ([{"agent": "then"}], "nothing came of it"),
        ([{"event": {"kind": "custom.paid"}}], "nothing came of it"),
    ],
)
def test_what_goes_another_way_is_said_on_every_face(steps: list[dict[str, Any]], says: str) -> None:
    found = failures(fly(*steps))
    assert set(found) == set(FACES)
    assert all(says in one for one in found.values()), found


def test_a_call_the_file_says_nothing_of_is_a_failure() -> None:
    found = failures(fly(*REBOOKED, calls={}))
    assert set(found) == set(FACES)
    assert all("the flow calls `rebook`" in one for one in found.values())


def test_calls_answer_in_turn_and_may_fail() -> None:
    flow = flow_of(
        {
            "a": {"do": {"call": "ask", "save": "one", "otherwise": "b"}, "next": "b"},
            "b": {"do": {"call": "ask", "save": "two", "otherwise": "c"}, "next": "c"},
            "c": {"do": {"call": "ask", "save": "three", "otherwise": "lost"}, "next": "e"},
            "e": {"end": "{{ two.n }} and {{ three.n }}"},
            "lost": {"end": "Lost"},
        }
    )
    steps: list[Mapping[str, Any]] = [{"end": "e"}, {"see": "2 and 2"}]
    assert failures(play(flow, steps, calls={"ask": [{"fail": 500}, {"n": 2}]})) == {}


def test_going_back_and_asking_for_a_person() -> None:
    again = (
        {"pick": "change"},
        {"fill": "MA 14"},
        {"back": True},
        {"see": "Which flight suits you?"},
        {"fill": "MA 16"},
    )
    assert failures(fly(*again, {"at": "extras"})) == {}
    assert failures(fly({"person": True}, {"handed": "anyone"}, {"agent": "step"}, {"at": "status"})) == {}


def test_a_person_hands_back_and_may_have_changed_the_context() -> None:
    steps: list[Mapping[str, Any]] = [
        {"pick": "change"},
        {"fill": "MA 14"},
        {"pick": "business"},
        {"handed": "upgrades"},
        {"agent": {"then": True, "set": {"passenger.last_name": "Smith"}}},
        {"prove": "Smith"},
        {"end": "booked"},
    ]
    assert failures(fly(*steps)) == {}


def test_nobody_there_goes_otherwise() -> None:
    flow = flow_of(
        {
            "s": {"choose": {"help": {"label": "Help", "handover": {"team": "care", "otherwise": "later"}}}},
            "later": {"end": "We call you."},
        }
    )
    assert failures(play(flow, [{"pick": "help"}, {"end": "later"}], agents=0)) == {}
    assert failures(play(flow, [{"pick": "help"}, {"handed": "care"}])) == {}


def test_a_wrong_fact_is_no_way_in_and_leaks_nothing() -> None:
    tries: tuple[Mapping[str, Any], ...] = ({"prove": "Maier"}, {"at": "book"}, {"unseen": "Müller"})
    assert failures(fly(*REBOOKED[:3], *tries, *REBOOKED[3:])) == {}


def test_a_secret_in_a_text_is_found_whatever_the_story_says() -> None:
    flow = flow_of(
        {"s": {"say": "Hello {{ name.first }}", "choose": {"a": {"label": "A", "next": "e"}}}, "e": {"end": "Bye"}},
        context={"name": {"first": "personal"}, "pin": "secret"},
    )
    values = {"name": {"first": "Kranich"}, "pin": "Kranich"}
    found = failures(play(flow, [{"pick": "a"}], context=values))
    assert set(found) == set(TYPED)
    assert all("the secret value of `pin` stands in a text" in one for one in found.values())


def test_what_the_customer_wrote_is_no_secret_to_them() -> None:
    flow = flow_of(
        {
            "name": {"ask": "Your name?", "field": {"kind": "name", "save": "name"}, "next": "bye"},
            "bye": {"end": "{{ name }}!"},
        },
        verify={"ask": "Your last name", "against": "last_name"},
        context={"last_name": "secret"},
    )
    assert failures(play(flow, [{"fill": "Mara Lind"}, {"see": "Mara Lind!"}], context={"last_name": "Lind"})) == {}


def test_what_a_text_cannot_take_is_done_behind_the_link_and_the_dialog_goes_on() -> None:
    flow = flow_of(
        {
            "damage": {
                "tier": 2,
                "ask": "A photo, please",
                "field": {"kind": "photo", "save": "damage"},
                "next": "well",
            },
            "well": {"choose": {"yes": {"label": "I am well", "next": "e"}}},
            "e": {"end": "Thank you"},
        },
        verify={"ask": "Your last name", "against": "last_name"},
        context={"last_name": "secret"},
    )
    played = play(
        flow,
        [
            {"prove": "Müller"},
            {"fill": {"photo": 2}},
            {"at": "well"},
            {"see": "I am well"},
            {"pick": "yes"},
            {"end": "e"},
        ],
        context={"last_name": "Müller"},
    )
    assert failures(played) == {}
    for face in TYPED:
        faces = [line.face for line in played[face].lines if line.by == "them"]
        assert faces == [face, "web", "web", face], played[face].lines


def test_every_step_keeps_within_the_limits_of_its_face() -> None:
    flow = flow_of(
        {"s": {"say": "{{ text }}", "choose": {"a": {"label": "A", "next": "e"}}}, "e": {"end": "Bye"}},
        context={"text": "text"},
    )
    found = failures(play(flow, [{"pick": "a"}], context={"text": "too long " * 110}))
    assert "SMS, 6 at most" in found["sms"]
    assert "ussd" not in found, "a long page is turned, not cut"


def test_words_of_other_languages() -> None:
    played = fly({"see": "Antworten Sie", "on": ["ussd"]}, {"pick": "keep"}, locale="de", on=["sms", "ussd", "voice"])
    assert set(failures(played)) <= {"ussd"}
    assert failures(fly(*REBOOKED, locale="ar")) == {}


def test_seeing_may_differ_by_face() -> None:
    assert failures(fly({"see": {"sms": "Tap https://", "web": "Keep my seat"}}, {"pick": "keep"})) == {}


KINDS: Mapping[str, tuple[Mapping[str, Any], Any]] = {
    "text": ({}, "two suitcases"),
    "long": ({}, "They never came."),
    "name": ({}, "Ada Lovelace"),
    "email": ({}, "ada@example.com"),
    "phone": ({}, "030 901820"),
    "number": ({}, 12),
    "money": ({"currency": "EUR"}, "12.50"),
    "date": ({}, "2026-12-24"),
    "time": ({}, "16:30"),
    "choice": ({"options": {"a": "Apples", "p": "Pears"}}, "Pears"),
    "choices": ({"options": {"a": "Apples", "p": "Pears", "q": "Quinces"}}, ["Apples", "q"]),
    "yesno": ({}, True),
    "scale": ({"scale": "nps"}, 9),
    "address": ({}, {"lines": "Am Markt 1", "postcode": "10115", "city": "Berlin"}),
    "signature": ({}, "Ada Lovelace"),
    "location": ({"why": "To find the nearest shop"}, "Berlin"),
    "consent": ({"terms": "We may write to you."}, True),
    "code": ({}, "code"),
    "file": ({}, 1),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_field_is_filled_in_on_every_face(kind: str) -> None:
    more, value = KINDS[kind]
    field = {"kind": kind, "label": "It", "save": "it", **more}
    tier = {"photo": 2, "file": 2, "signature": 3}.get(kind, 1)
    steps = {"s": {"tier": tier, "ask": "What is it?", "field": field, "next": "e"}, "e": {"end": "Thank you"}}
    flow = flow_of(steps, verify={"ask": "Your pin", "against": "pin"}, context={"pin": "secret"})
    played = play(flow, [{"fill": value}, {"end": "e"}], tier=tier, context={"pin": "4711"})
    assert failures(played) == {}


def test_what_was_only_guessed_is_asked_and_confirmed() -> None:
    flow = flow_of(
        {"s": {"ask": "When?", "field": {"kind": "date", "save": "day"}, "next": "e"}, "e": {"end": "{{ day | date }}"}}
    )
    now = "2026-11-21T10:00:00+01:00"
    steps: list[Mapping[str, Any]] = [
        {"say": "tomorrow"},
        {"at": "s"},
        {"confirm": False},
        {"say": "in two days"},
        {"confirm": True},
        {"end": "e"},
    ]
    seen = [{"see": "Nov 23, 2026", "on": ["chat", "sms", "ussd"]}, {"see": "November 23, 2026", "on": ["voice"]}]
    assert failures(play(flow, [*steps, *seen], on=list(TYPED), now=now)) == {}


SLOTS = {
    "fitter": [
        {"id": "s1", "starts": "2026-11-23T09:00:00+01:00", "ends": "2026-11-23T11:00:00+01:00"},
        {"id": "s2", "starts": "2026-11-24T09:00:00+01:00", "ends": "2026-11-24T11:00:00+01:00"},
    ]
}


def test_a_slot_is_booked_and_one_that_was_taken_meanwhile_is_asked_anew() -> None:
    flow = flow_of(
        {
            "when": {"ask": "When?", "field": {"kind": "slot", "calendar": "fitter", "save": "slot"}, "next": "sure"},
            "sure": {"choose": {"yes": {"label": "Book it", "next": "e"}}},
            "e": {"end": "See you."},
        }
    )
    assert failures(play(flow, [{"fill": "s2"}, {"pick": "yes"}, {"end": "e"}], slots=SLOTS)) == {}
    late = [{"fill": "s2"}, {"take": "s2"}, {"pick": "yes"}, {"at": "when"}, {"unseen": "24"}, {"fill": "s1"}]
    assert failures(play(flow, [*late, {"end": "e"}], slots=SLOTS)) == {}


def test_news_that_are_awaited_come_or_do_not() -> None:
    wait = {"for": "custom.paid", "within": "20m", "save": "paid", "otherwise": "late"}
    flow = flow_of(
        {
            "s": {"say": "Waiting.", "wait": wait, "next": "e"},
            "e": {"end": "Thanks for {{ paid.amount }}"},
            "late": {"end": "Late"},
        }
    )
    paid = {"event": {"kind": "custom.paid", "body": {"amount": 12}}}
    assert failures(play(flow, [{"at": "s"}, paid, {"end": "e"}, {"see": "Thanks for 12"}])) == {}
    assert failures(play(flow, [{"wait": "19m"}, {"at": "s"}, {"wait": "2m"}, {"end": "late"}])) == {}


def test_a_visit_is_behind_the_link_and_comes_back() -> None:
    visit = {"to": "https://pay.example/x?back={{ back }}", "label": "Pay"}
    flow = flow_of({"s": {"say": "12 euros.", "visit": visit, "next": "e"}, "e": {"end": "Thank you"}})
    assert failures(play(flow, [{"see": "12 euros"}, {"returned": True}, {"end": "e"}])) == {}


def test_answers_are_looked_over_changed_and_left_out() -> None:
    flow = flow_of(
        {
            "name": {"ask": "Who are you?", "field": {"kind": "name", "label": "Name", "save": "who"}, "next": "note"},
            "note": {
                "ask": "A note?",
                "field": {"kind": "long", "label": "Note", "save": "note", "optional": True},
                "next": "look",
            },
            "look": {"ask": "Is this right?", "review": {"send": "Send it"}, "next": "e"},
            "e": {"end": "Thank you, {{ who }}"},
        }
    )
    steps: list[Mapping[str, Any]] = [
        {"fill": "Ada"},
        {"skip": True},
        {"see": "Ada"},
        {"revise": "name"},
        {"fill": "Bo"},
        {"at": "look"},
    ]
    assert failures(play(flow, [*steps, {"pick": "continue"}, {"end": "e"}, {"see": "Thank you, Bo"}])) == {}


def test_what_asks_most_is_done_behind_the_link_by_fact_and_code() -> None:
    flow = flow_of(
        {
            "s": {"tier": 3, "say": "Close the account?", "choose": {"yes": {"label": "Yes", "next": "e"}}},
            "e": {"end": "Closed"},
        },
        verify={"ask": "Your last name", "against": "last_name"},
        context={"last_name": "secret"},
    )
    steps: list[Mapping[str, Any]] = [{"unseen": "Close the account"}, {"prove": "Müller"}, {"prove": "code"}]
    done: list[Mapping[str, Any]] = [{"see": "Close the account?"}, {"pick": "yes"}, {"end": "e"}]
    played = play(flow, [*steps, *done], context={"last_name": "Müller"})
    assert failures(played) == {}
    assert [line.face for line in played["sms"].lines if line.by == "them"][-1] == "web"
    found = failures(play(flow, [{"prove": "code"}, {"pick": "yes"}], context={"last_name": "Müller"}))
    assert set(found) == set(FACES), "a code alone is not enough for what asks most"


def test_the_page_of_a_link_is_locked_once_the_thread_has_answered() -> None:
    flow = flow_of(
        {
            "who": {"ask": "Who are you?", "field": {"kind": "name", "save": "who"}, "next": "pay"},
            "pay": {
                "say": "12 euros.",
                "visit": {"to": "https://pay.example/?b={{ back }}", "label": "Pay"},
                "next": "e",
            },
            "e": {"end": "Thank you"},
        }
    )
    played = play(flow, [{"fill": "Ada"}, {"returned": True}, {"end": "e"}])
    assert failures(played) == {}
    assert said(played["sms"]) == ["Ada", "[code]", "[comes back]"]
    assert said(played["web"]) == ["Who are you?: Ada", "[comes back]"]
