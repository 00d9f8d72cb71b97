"""The context pack, folded from a log: what an agent reads before the first word."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disposable.commands import Answer, Command, Prove, Resume, Returned, Text
from tests.flows.samples import SITE, Run, context, flight_delay
from widget_server import events
from widget_server.actions import pack
from widget_server.actions.pack_cards import MASK, NEXT
from widget_server.actions.pack_values import Journey, human
from widget_server.events import Actor, Event

CUSTOMER, ADA, FLOW, SYSTEM = Actor("customer", "c"), Actor("agent", "ada"), Actor("flow", "r1"), Actor("system")
HOUR = 3_600_000


class Story:
    """A session as it is told: its log, and the one run in it."""

    def __init__(self) -> None:
        self.log: list[Event] = []
        self.run: Run | None = None
        self.told = 0

    def add(self, kind: str, body: dict[str, Any], actor: Actor = SYSTEM, channel: str = "", **more: Any) -> None:
        seq = len(self.log) + 1
        facts = {"run": None, "grant": None, "device": "", "v": 1, **more}
        at, epoch = 1_800_000_000_000 + seq * 1000, sum(event.kind == "owner" for event in self.log)
        told = events.checked(kind, body)
        self.log.append(
            Event(
                f"e{seq}",
                seq,
                "s",
                seq,
                f"k{seq}",
                kind,
                epoch=epoch,
                actor=actor,
                channel=channel,
                at=at,
                body=told,
                **facts,
            )
        )

    def starts(self) -> "Story":
        self.add("session.opened", {"channel": "sms", "previous": "before"})
        self.run = Run(flight_delay(), context())
        self._note()
        self.owner("flow:r1")
        return self

    def tell(self, command: Command, channel: str = "web", grant: str = "g1") -> "Story":
        assert self.run is not None
        self.run.tell(command)
        self._note(channel, grant)
        return self

    def _note(self, channel: str = "web", grant: str | None = None) -> None:
        """Writes down what happened in the run since the last time, as the server does."""
        assert self.run is not None
        for one in self.run.log[self.told :]:
            own = one.kind in ("run.answered", "run.misunderstood", "run.verified", "run.unverified")
            self.add(one.kind, one.body or {}, CUSTOMER if own else FLOW, channel, run="r1", grant=grant)
        self.told = len(self.run.log)

    def owner(self, owner: str, why: str = "") -> "Story":
        self.add("owner", {"owner": owner, "previous": "none", "why": why})
        return self

    def says(self, text: str, channel: str = "web", grant: str = "g1") -> "Story":
        self.add("message", {"text": text}, CUSTOMER, channel, grant=grant)
        return self

    def answers(self, text: str) -> "Story":
        self.add("message", {"text": text}, ADA, "web")
        return self

    def pack(self, **more: Any) -> dict[str, Any]:
        runs = [Journey("r1", self.run.flow, self.run.state)] if self.run else []
        made = pack.build(self.log, runs, site=SITE, **more)
        assert json.loads(json.dumps(made, default=list)) == json.loads(json.dumps(made))
        return made


def handed_over() -> Story:
    """The example of the design: another flight picked, business class asked for."""
    story = Story().starts()
    story.add("link.engaged", {"link": "1"}, CUSTOMER, "web", grant="g1")
    story.tell(Answer("status", {"choice": "change"}, 1, "web"))
    story.tell(Text("2", 1, "web"))
    story.tell(Answer("extras", {"choice": "business"}, 1, "web"))
    return story.owner("queue:upgrades", "Business class on MA 16")


def given_of(story: Story, **more: Any) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in story.pack(**more)["given"]}


def test_an_empty_session_has_a_pack() -> None:
    made = pack.build([], [], site=SITE)
    assert (made["goal"], made["steps"], made["given"]) == (None, (), ())
    assert made["known"]["by"] == "none"


def test_the_goal_is_the_flows_title_filled_in() -> None:
    goal = handed_over().pack()["goal"]
    assert (goal["title"], goal["purpose"]) == ("Flight MA 12 is late", "A change to your flight")
    assert (goal["status"], goal["app"]) == ("handed", "flight-delay")


def test_a_finished_goal_says_how_it_ended() -> None:
    story = Story().starts().tell(Answer("status", {"choice": "keep"}, 1, "web"))
    assert story.pack()["goal"]["outcome"] == "Your seat is kept."


def test_steps_are_those_that_were_answered_with_their_words() -> None:
    steps = handed_over().pack()["steps"]
    assert [(one["step"], one["kind"]) for one in steps] == [
        ("status", "answer"),
        ("pick", "answer"),
        ("extras", "answer"),
    ]
    assert steps[1]["label"] == "Which flight suits you?"
    assert steps[1]["value"].startswith("MA 16, ")
    assert steps[2]["value"] == "Upgrade to business"


def test_a_revised_answer_stands_once_at_its_last_place() -> None:
    story = Story().starts().tell(Answer("status", {"choice": "change"}, 1, "web")).tell(Text("1", 1, "web"))
    first = story.pack()["steps"]
    story.tell(Answer("pick", {"chosen": "2"}, 1, "web")).tell(Answer("pick", {"chosen": "1"}, 1, "web"))
    assert [one["step"] for one in story.pack()["steps"]] == [one["step"] for one in first]


def test_a_chosen_way_is_a_step_and_no_value() -> None:
    names = given_of(handed_over())
    assert "status" not in names
    assert names["chosen"]["text"].startswith("MA 16, ")


def test_values_stand_in_the_order_of_the_flow_and_lists_read_like_it() -> None:
    found = handed_over().pack()["given"]
    names = [one["name"] for one in found if one["source"] == "context"]
    assert names == [
        "flight.number", "flight.departs", "flight.alternatives", "passenger.first_name", "passenger.last_name",
    ]  # fmt: skip
    assert next(one for one in found if one["name"] == "flight.alternatives")["text"].startswith("MA 14, ")


def test_secrets_are_masked_wherever_they_come_from() -> None:
    story = handed_over()
    story.add("context", {"set": {"passenger.last_name": "Changed", "passenger": {"last_name": "Again"}}}, SYSTEM)
    text = json.dumps(story.pack(), ensure_ascii=False)
    assert not any(name in text for name in ("Müller", "Changed", "Again"))
    secret = given_of(story)["passenger.last_name"]
    assert (secret["shown"], secret["text"]) == (False, MASK)
    assert "last name" in secret["words"]


def test_a_secret_in_another_shape_is_hidden_whole() -> None:
    story = handed_over()
    story.add("context", {"set": {"passenger": ["Müller", "Jo"]}})
    assert "Müller" not in json.dumps(story.pack(), ensure_ascii=False)


def test_dotted_and_whole_context_are_the_same() -> None:
    story = handed_over()
    story.add("context", {"set": {"flight.number": "MA 99", "bag": {"tag": "X1"}}})
    found = given_of(story)
    assert (found["flight.number"]["text"], found["bag.tag"]["text"]) == ("MA 99", "X1")


def test_words_to_look_for_name_the_thing() -> None:
    found = given_of(handed_over())
    assert found["flight.number"]["words"] == ("flight number",)
    assert found["passenger.first_name"]["words"] == ("passenger first name", "first name")
    assert human("passenger.last_name") == "Passenger last name"


def test_addresses_count_as_given() -> None:
    found = given_of(Story(), addresses=[("phone", "+1"), ("user_id", "u1"), ("phone", "+2")])
    assert {name: one["text"] for name, one in found.items()} == {"phone": "+2"}


@pytest.mark.parametrize(
    ("act", "tier", "by"),
    [
        (lambda story: None, 0, "none"),
        (lambda story: story.add("link.made", {"link": "1"}), 0, "none"),
        (lambda story: story.add("link.engaged", {"link": "1"}, CUSTOMER, "web", grant="g1"), 1, "link"),
        (lambda story: story.says("hi", "sms", "g2"), 1, "sender"),
        (lambda story: story.says("hi", "widget", "g3"), 1, "visitor"),
        (
            lambda story: story.add("grant.raised", {"tier": 2, "by": "token"}, CUSTOMER, "widget", grant="g3"),
            2,
            "token",
        ),
        (
            lambda story: story.add("run.verified", {"step": "book", "tier": 2, "by": "fact"}, CUSTOMER, "web"),
            2,
            "fact",
        ),
    ],
)
def test_how_surely_known(act: Callable[[Story], None], tier: int, by: str) -> None:
    story = Story()
    act(story)
    known = story.pack()["known"]
    assert (known["tier"], known["by"]) == (tier, by)


def test_each_window_is_known_by_itself() -> None:
    """A texted word after a proven page is not proven: the agent sees both."""
    story = handed_over().tell(Prove("mueller", 1, "web")).says("Still there?", "sms", "g2")
    known = story.pack()["known"]
    assert (known["tier"], known["by"], known["channel"]) == (2, "fact", "web")
    assert (known["now"]["tier"], known["now"]["channel"]) == (1, "sms")
    assert len(known["windows"]) == 2


def test_what_was_asked_is_the_hand_over_and_what_nobody_answered() -> None:
    story = handed_over().says("Is there a window seat?").says("Hello?")
    asked = story.pack()["asked"]
    assert [one["text"] for one in asked] == ["Business class on MA 16", "Is there a window seat?", "Hello?"]
    assert asked[0]["team"] == "upgrades"
    assert [one["kind"] for one in story.answers("Yes").pack()["asked"]] == ["handover"]


def test_a_failure_is_open_until_it_is_put_right() -> None:
    story = Story().starts()
    story.tell(Answer("status", {"choice": "change"}, 1, "web")).tell(Text("purple", 1, "web"))
    assert [(one["what"], one["step"]) for one in story.pack()["failed"]] == [("misunderstood", "pick")]
    story.tell(Text("1", 1, "web"))
    assert story.pack()["failed"] == ()


def test_a_refused_call_is_where_it_failed() -> None:
    story = Story().starts().tell(Answer("status", {"choice": "change"}, 2, "web")).tell(Text("1", 2, "web"))
    story.tell(Answer("extras", {"choice": "done"}, 2, "web"))
    assert story.run is not None
    key = story.run.last("run.called")["key"]
    story.tell(Returned(key, ok=False, value=None))
    made = story.owner("agent:ada").answers("I look into it").pack()
    assert [one["what"] for one in made["failed"]] == ["call"]
    assert (made["steps"][-1]["kind"], made["steps"][-1]["ok"], made["steps"][-1]["value"]) == ("call", False, "rebook")
    assert made["next"]["code"] == "settle"


@pytest.mark.parametrize("status", ["failed", "unknown"])
def test_a_lost_delivery_is_where_it_failed_until_it_arrives(status: str) -> None:
    story = Story().owner("agent:ada").answers("Hello")
    receipt = {"delivery": "d", "of": 2, "channel": "sms"}
    story.add("receipt", {**receipt, "status": status, "permanent": status == "failed", "reason": "not_reachable"})
    made = story.pack()
    assert [(one["what"], one["channel"], one["detail"]) for one in made["failed"]] == [
        ("delivery", "sms", "not_reachable")
    ]
    assert made["next"]["code"] == "other_channel"
    story.add("receipt", {**receipt, "status": "delivered"})
    assert story.pack()["failed"] == ()


def test_promises_are_calls_owed_and_where_the_flow_goes_on() -> None:
    story = handed_over().owner("agent:ada").answers("Yes")
    story.add("callback", {"callback": "cb", "state": "requested", "due": 9, "phone": "+1", "topic": "Seat"}, CUSTOMER)
    promised = {one["what"]: one for one in story.pack()["promised"]}
    assert promised["callback"]["due"] == 9
    assert promised["step"]["step"] == "book"
    assert story.pack()["next"]["code"] == "call_back"
    story.add("callback", {"callback": "cb", "state": "done", "outcome": "reached"}, ADA)
    assert story.pack()["next"] | {"run": ""} == story.pack()["next"] | {"run": "", "code": "return", "step": "book"}
    story.tell(Resume("then", 1))
    assert [one["what"] for one in story.pack()["promised"]] == []


def test_a_missed_call_failed_and_is_owed_no_more() -> None:
    story = Story()
    story.add("callback", {"callback": "cb", "state": "requested", "due": 9, "phone": "+1"}, CUSTOMER)
    story.add("callback", {"callback": "cb", "state": "missed"})
    made = story.pack()
    assert [one["what"] for one in made["failed"]] == ["callback"]
    assert made["promised"] == ()


@pytest.mark.parametrize(
    ("story", "code"),
    [
        (handed_over, "accept"),
        (lambda: handed_over().owner("agent:ada"), "reply"),
        (lambda: handed_over().owner("agent:ada").answers("Yes").says("Thanks"), "reply"),
        (lambda: handed_over().owner("agent:ada").answers("Yes"), "return"),
        (lambda: Story().owner("queue:care").owner("agent:ada").answers("Where are you?"), "wait"),
        (lambda: Story().owner("queue:care").owner("agent:ada").answers("You are welcome."), "close"),
        (lambda: Story().starts(), "watch"),
    ],
)
def test_the_next_step_is_what_would_hurt_most_if_forgotten(story: Callable[[], Story], code: str) -> None:
    assert story().pack()["next"]["code"] == code


def test_somebody_who_said_it_is_not_them_is_treated_with_care() -> None:
    story = handed_over()
    story.add("link.disowned", {"link": "1"}, CUSTOMER, "web")
    made = story.pack()
    assert made["known"]["disowned"]
    assert made["next"]["code"] == "careful"


def test_a_closed_session_suggests_nothing() -> None:
    story = handed_over()
    story.add("session.closed", {"reason": "disposition", "disposition": "resolved"}, ADA)
    made = story.pack()
    assert (made["closed"], made["next"]["code"]) == (True, "nothing")
    assert made["previous"] == "before"


def test_an_erased_person_leaves_a_pack_without_them() -> None:
    story = handed_over().says("I am Jo")
    erased = [Event(**{**{name: getattr(one, name) for name in Event.__slots__}, "body": None}) for one in story.log]
    made = pack.build(erased, [], site=SITE)
    assert (made["goal"], made["given"], made["asked"], made["known"]["by"]) == (None, (), (), "none")


MOVES: list[Callable[[Story], Any]] = [
    lambda story: story.tell(Text("1", 1, "sms"), "sms", "g2"),
    lambda story: story.tell(Text("change", 2, "web")),
    lambda story: story.tell(Text("nonsense", 1, "web")),
    lambda story: story.tell(Answer("extras", {"choice": "business"}, 2, "web")),
    lambda story: story.tell(Prove("wrong", 1, "web")),
    lambda story: story.tell(Resume("then", 1)),
    lambda story: story.says("?"),
    lambda story: story.answers("!"),
    lambda story: story.owner("queue:care"),
    lambda story: story.owner("agent:ada"),
    lambda story: story.add("link.disowned", {"link": "1"}, CUSTOMER, "web"),
    lambda story: story.add("receipt", {"delivery": "d", "of": 1, "channel": "sms", "status": "failed"}),
    lambda story: story.add("custom.seen", {"page": "/seats"}, CUSTOMER, "widget"),
    lambda story: story.add("context", {"set": {"flight": "gone", "a.b": [1, {"c": None}]}}),
]


@given(st.lists(st.sampled_from(MOVES), max_size=12))
def test_any_story_folds(moves: list[Callable[[Story], Any]]) -> None:
    story = Story().starts()
    for move in moves:
        move(story)
    made = story.pack()
    assert made["next"]["code"] in NEXT
    assert made["seq"] == len(story.log)
    assert "Müller" not in json.dumps(made, ensure_ascii=False)
