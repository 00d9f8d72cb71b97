"""A flow inside another: its steps stand in the place of one step, and its mistakes are told with its own file's name."""

from collections.abc import Mapping

import pytest

from disposable.engine import Answer, Setting, Start, State, decide, evolve
from disposable.loading import FlowInvalid, check, load
from tests.flows.samples import NOW, SITE

PAYMENT = """
app: payment
purpose: A payment
context: {bill: {amount: number, currency: text}}
start: how
steps:
  how:
    say: "{{ bill | money }} are due."
    choose:
      card: {label: By card, next: card}
      no:   {label: Not now, next: later}
  card: {ask: Your name on the card, field: {kind: name, save: payer}, next: paid}
  paid: {end: Paid}
  later: {end: Later}
layers:
  sms: {how: {say: "{{ bill | money }} due."}}
"""
SHOP = """
app: shop
purpose: Your order
context: {bill: {amount: number, currency: text, due: date}}
start: hello
steps:
  hello: {say: Hello, next: pay}
  pay: {subflow: payment, next: thanks}
  thanks: {end: "Thank you {{ payer }}."}
"""
BILL = {"bill": {"amount": 12.5, "currency": "EUR", "due": "2026-11-30"}}


def said(text: str, files: Mapping[str, str]) -> list[str]:
    return [str(mistake) for mistake in check(text, "flows/shop.yaml", files.get)]


def test_the_steps_of_the_other_flow_stand_in_its_place() -> None:
    flow = load(SHOP, find={"payment": PAYMENT}.get)
    assert list(flow.steps) == ["hello", "pay.how", "pay.card", "thanks"]
    assert flow.steps["hello"].next == "pay.how"
    choices = flow.steps["pay.how"].choose or {}
    assert [choice.next for choice in choices.values()] == ["pay.card", "thanks"]
    assert flow.steps["pay.card"].next == "thanks"
    assert flow.layers["sms"]["pay.how"].say == "{{ bill | money }} due."
    assert "subflow" not in flow.to_json()


def test_it_runs_through() -> None:
    flow = load(SHOP, find={"payment": PAYMENT}.get)
    state, setting = State(), Setting(SITE)
    for command in (
        Start(BILL, "web"),
        Answer("hello", {"choice": "continue"}, 1, "web"),
        Answer("pay.how", {"choice": "card"}, 1, "web"),
        Answer("pay.card", {"payer": "Jo"}, 1, "web"),
    ):
        for happened in decide(flow, state, command, NOW, setting):
            state = evolve(flow, state, happened)
    assert (state.status, state.step) == ("ended", "thanks")


def test_a_flow_may_begin_with_a_flow_and_hold_it_twice() -> None:
    twice = SHOP.replace("start: hello", "start: pay").replace("next: pay}", "next: again}")
    twice = twice.replace("  hello: {say: Hello, next: again}\n", "  again: {subflow: payment, next: thanks}\n")
    twice = twice.replace("payment, next: thanks}\n  thanks", "payment, next: again}\n  thanks")
    flow = load(twice, find={"payment": PAYMENT}.get)
    assert flow.start == "pay.how"
    assert flow.steps["pay.card"].next == "again.how"
    assert flow.steps["again.card"].next == "thanks"


def test_a_flow_of_nothing_but_an_end_is_passed_by() -> None:
    nothing = "app: payment\npurpose: p\nstart: e\nsteps: {e: {end: x}}"
    flow = load(SHOP.replace(" {{ payer }}", ""), find={"payment": nothing}.get)
    assert list(flow.steps) == ["hello", "thanks"]
    assert flow.steps["hello"].next == "thanks"


def test_flows_stand_in_each_other() -> None:
    outer = "app: o\npurpose: p\nstart: a\nsteps: {a: {subflow: shop, next: z}, z: {end: Bye}}\n"
    whole = outer + "context: {bill: {amount: number, currency: text, due: date}}"
    flow = load(whole, find={"payment": PAYMENT, "shop": SHOP}.get)
    assert list(flow.steps) == ["a.hello", "a.pay.how", "a.pay.card", "z"]
    assert flow.steps["a.pay.card"].next == "z"
    assert flow.layers["sms"]["a.pay.how"].say


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("subflow: payment", "subflow: paymen", "flows/shop.yaml:8: `subflow`: there is no flow `paymen` beside"),
        (
            "currency: text, due",
            "due",
            "flows/shop.yaml:8: `subflow`: `payment` needs `bill` to be {amount: number, cur",
        ),
        (
            "{bill: {amount: number, currency: text, due: date}}",
            "{}",
            "`payment` needs `bill`, which is neither in the",
        ),
        ("due: date}}", "due: date}, payer: text}", "flows/payment.yaml:12: `payer` is a name of the context"),
        ("subflow: payment", "subflow: payment, say: Hello", "step `pay` has `subflow` and `say`"),
        (", next: thanks", "", "step `pay` has no `next`"),
        ("next: pay}", "next: pay.card}", "`pay.card` cannot be one: lead to the step with the `subflow`"),
        ("subflow: payment", "subflow: ../etc/passwd", "`../etc/passwd` is not a name"),
    ],
)
def test_what_does_not_fit_together_is_told(old: str, new: str, says: str) -> None:
    assert old in SHOP
    found = said(SHOP.replace(old, new), {"payment": PAYMENT})
    assert any(says in line for line in found), found


def test_what_a_subflow_is_not_given_is_told_once() -> None:
    assert (
        len(said(SHOP.replace("{bill: {amount: number, currency: text, due: date}}", "{}"), {"payment": PAYMENT})) == 1
    )


def test_what_was_saved_before_is_given_too() -> None:
    asked = SHOP.replace(
        "{say: Hello, next: pay}", "{ask: How much?, field: {kind: money, currency: EUR, save: bill}, next: pay}"
    )
    asked = asked.replace("context: {bill: {amount: number, currency: text, due: date}}\n", "")
    assert said(asked, {"payment": PAYMENT}) == []


def test_mistakes_inside_are_told_with_the_name_of_their_file() -> None:
    wrong = (
        PAYMENT.replace("kind: name", "kind: nam").replace("next: later", "next: latr").replace("{{ bill |", "{{ bil |")
    )
    found = said(SHOP, {"payment": wrong})
    assert [line.split(": ")[0] for line in found] == [f"flows/payment.yaml:{number}" for number in (8, 11, 12, 16)]
    assert "did you mean `name`?" in found[2]


@pytest.mark.parametrize("wrong", ["", "[1", "steps: 5", "app: a\npurpose: p\nstart: x\nsteps: {s: {end: e}}"])
def test_a_broken_flow_inside_is_no_worse(wrong: str) -> None:
    found = said(SHOP, {"payment": wrong})
    assert found
    assert all(line.startswith("flows/payment.yaml:") for line in found)


def test_a_flow_that_runs_itself_is_refused() -> None:
    circle = PAYMENT.replace("card: {ask", "more: {subflow: shop, next: card}\n  card: {ask").replace(
        "next: card}", "next: more}", 1
    )
    found = said(SHOP, {"payment": circle, "shop": SHOP})
    assert any("runs itself in the end" in line for line in found), found
    assert any(
        "runs itself" in line
        for line in said(
            "app: a\npurpose: p\nstart: s\nsteps: {s: {subflow: me, next: e}, e: {end: x}}",
            {"me": "app: a\npurpose: p\nstart: s\nsteps: {s: {subflow: me, next: e}, e: {end: x}}"},
        )
    )


def test_flows_that_multiply_are_refused() -> None:
    files = {}
    for number in range(30):
        inner = f"subflow: f{number + 1}" if number < 29 else "say: x"
        steps = ", ".join(f"s{index}: {{{inner}, next: s{index + 1}}}" for index in range(20))
        files[f"f{number}"] = f"app: f{number}\npurpose: p\nstart: s0\nsteps: {{{steps}, s20: {{end: e}}}}"
    assert any("at most" in line for line in said(files["f0"], files))


def test_many_steps_in_all_are_refused() -> None:
    steps = ", ".join(f"s{index}: {{say: x, next: s{index + 1}}}" for index in range(900))
    big = f"app: big\npurpose: p\nstart: s0\nsteps: {{{steps}, s900: {{end: e}}}}"
    four = ", ".join(f"s{index}: {{subflow: big, next: s{index + 1}}}" for index in range(4))
    found = said(f"app: a\npurpose: p\nstart: s0\nsteps: {{{four}, s4: {{end: e}}}}", {"big": big})
    assert any("more than 3000 steps" in line for line in found), found


def test_without_other_files_a_subflow_is_a_mistake() -> None:
    with pytest.raises(FlowInvalid, match="there is no flow `payment`"):
        load(SHOP)
