"""What was picked stands in texts as its label, and goes to a server and into an address as its value."""

import json

from disposable.commands import Answer, Returned
from tests.flows.samples import Run, flow_of

STEPS = {
    "room": {
        "ask": "Where?",
        "field": {"kind": "choice", "options": {"in": "Inside", "out": "On the terrace"}, "save": "room"},
        "next": "parts",
    },
    "parts": {
        "ask": "What?",
        "field": {"kind": "choices", "options": {"a": "The screen", "b": "The battery"}, "save": "parts"},
        "next": "phone",
    },
    "phone": {"ask": "Number?", "field": {"kind": "phone", "save": "phone"}, "next": "way"},
    "way": {
        "say": "{{ room }}",
        "choose": {
            "go": {"label": "For {{ room }}", "when": "room == 'out' and 'b' in parts", "next": "call"},
            "no": {"label": "No", "next": "done"},
        },
    },
    "call": {
        "do": {
            "call": "book",
            "with": {"room": "{{ room }}", "parts": "{{ parts }}", "phone": "{{ phone }}"},
            "otherwise": "done",
        },
        "next": "pay",
    },
    "pay": {
        "visit": {"to": "https://pay.example/{{ room }}?to={{ back }}", "label": "Pay for {{ room }}"},
        "next": "done",
    },
    "done": {"end": "Booked: {{ room }}.", "receipt": {"Parts": "{{ parts }}", "Phone": "{{ phone }}"}},
}


def picked() -> Run:
    run = Run(flow_of(STEPS))
    run.tell(Answer("room", {"room": "out"}))
    run.tell(Answer("parts", {"parts": ["a", "b"]}))
    run.tell(Answer("phone", {"phone": "+4915123456789"}))
    return run


def test_texts_print_labels_and_conditions_read_values() -> None:
    shown = picked().screen()
    assert (shown.say, [choice.label for choice in shown.choices]) == ("On the terrace", ["For On the terrace", "No"])


def test_a_receipt_prints_labels_and_phone_numbers_as_people_write_them() -> None:
    run = picked()
    run.tell(Answer("way", {"choice": "no"}))
    shown = run.screen()
    assert shown.say == "Booked: On the terrace."
    assert [row.value for row in shown.rows] == ["The screen and The battery", "+49 1512 3456789"]


def test_a_call_is_given_values() -> None:
    run = picked()
    run.tell(Answer("way", {"choice": "go"}))
    given = run.last("run.called")["with"]
    assert json.loads(json.dumps(given)) == {"room": "out", "parts": ["a", "b"], "phone": "+4915123456789"}
    assert type(given["room"]) is str


def test_an_address_is_made_of_values() -> None:
    run = picked()
    run.tell(Answer("way", {"choice": "go"}))
    key = run.last("run.called")["key"]
    run.tell(Returned(key, True, {}))
    assert run.screen().visit == ("Pay for On the terrace", "https://pay.example/out?to={back}")
