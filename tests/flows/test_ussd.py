"""A run as USSD: pages of 160 characters, keys that turn them, and every option within reach of a keypad."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from disposable.engine import Raised, Returned, Text, decide, evolve
from disposable.render import asks, ussd
from disposable.render.sms import segments
from disposable.render.ussd import Keyed, page, reading
from disposable.screen import Screen
from tests.flows.samples import NOW, Run, catalog, context, flight_delay, flow_of, words
from tests.flows.strategies import CONTEXT, SECRET, commands, flows

LINK = "{link:0123456789abcdef}"


def small(field: dict[str, Any], values: dict[str, Any] | None = None, **more: Any) -> Run:
    step = {"ask": "Which?", "field": {"save": "it", **field}, "next": "z"}
    return Run(flow_of({"a": step, "z": {"end": "Bye"}}, **more), values)


def screen_of(run: Run, tier: int = 1) -> Screen:
    return run.screen(channel="ussd", tier=tier)


def pages(screen: Screen, link: str = LINK) -> list[str]:
    found = [page(screen, words, 0, link)]
    while found[-1].more:
        found.append(page(screen, words, len(found), link))
    return [one.text for one in found]


def key(run: Run, raw: str, at: ussd.At = 0) -> Keyed:
    """What somebody types at the page shown, told to the run."""
    keyed = reading(screen_of(run), at, raw)
    if keyed.text is not None:
        run.tell(Text(keyed.text, channel="ussd"))
    return keyed


def test_a_run_by_keys() -> None:
    run = Run(flight_delay(), context())
    assert page(screen_of(run), words).text == "Now leaves 6:40 PM.\n1 Keep my seat\n2 Change flight"
    key(run, "2")
    assert pages(screen_of(run)) == ["Which flight suits you?\n1 MA 14, 8:40 PM\n2 MA 16, 9:55 PM\n0 Back"]
    key(run, "0")
    assert run.state.step == "status"
    key(run, "2")
    key(run, "1")
    assert run.state.step == "extras"
    key(run, "1")
    assert pages(screen_of(run)) == ["To show that it is you, reply with: Your last name\n00 Back"]
    key(run, "Müller")
    shown = page(screen_of(run), words)
    assert shown.text == "We are working on it. This can take a moment.\n1 Look again"
    assert not shown.end
    assert key(run, "1") == Keyed(None, 0)
    run.tell(Returned("book:1", ok=True, value={"reference": "QX7"}))
    shown = page(screen_of(run, tier=2), words)
    assert (shown.text, shown.end) == ("You are on MA 14. Booking QX7.", True)


def test_a_session_that_timed_out_goes_on_at_its_step() -> None:
    """Nothing but the log is needed: another session draws what the first one would have drawn."""
    run = Run(flight_delay(), context())
    key(run, "2")
    drawn = page(screen_of(run), words)
    again = Run(flight_delay(), context())
    for happened in run.log[len(again.log) :]:
        again.append(happened.kind, happened.body or {})
    assert page(screen_of(again), words) == drawn


TOWNS = [f"{name} {number}" for name in ("Aachen", "Bremen", "Cottbus", "Dresden") for number in range(1, 51)]


def test_two_hundred_options_are_turned_like_pages() -> None:
    run = small({"kind": "choice", "from": "towns"}, {"towns": TOWNS}, context={"towns": ["text"]})
    found = pages(screen_of(run))
    assert found[0].startswith("Which?\nOr type the first letters:\n1 Aachen 1\n2 Aachen 2\n")
    assert found[0].endswith("\n000 More")
    assert all(line.split(" ", 1)[1] == TOWNS[int(line.split()[0]) - 1] for one in found for line in _options(one))
    assert [int(line.split()[0]) for one in found for line in _options(one)] == list(range(1, 201))
    assert all(segments(one).units <= 160 for one in found)
    assert key(run, "000") == Keyed(None, 1)
    assert key(run, "00", 1) == Keyed(None, 0)
    key(run, "98", 3)
    assert run.state.saved == {"it": TOWNS[97]}


def _options(text: str) -> list[str]:
    return [line for line in text.split("\n") if line[0].isdecimal() and line.split()[0] not in ("0", "00", "000")]


def test_the_first_letters_narrow_a_long_list() -> None:
    run = small({"kind": "choice", "from": "towns"}, {"towns": TOWNS}, context={"towns": ["text"]})
    shown = screen_of(run)
    keyed = reading(shown, 0, "dr")
    assert keyed.text is None
    assert page(shown, words, keyed.at).text.startswith("151 Dresden 1\n152 Dresden 2\n")
    assert reading(shown, keyed.at, "000") == Keyed(None, "dr/1")
    assert reading(shown, "dr/1", "00") == Keyed(None, "dr/0")
    assert reading(shown, "dr/0", "00") == Keyed(None, 0)
    assert reading(shown, keyed.at, "cottbus 50") == Keyed("150")
    assert reading(shown, 0, "nowhere") == Keyed("nowhere")


def test_a_short_menu_leaves_words_to_the_run() -> None:
    run = Run(flight_delay(), context())
    assert reading(screen_of(run), 0, "rebook me") == Keyed("rebook me")


def test_a_number_is_never_taken_for_a_key() -> None:
    run = small({"kind": "number", "min": 0, "max": 200})
    assert reading(screen_of(run), 0, "0") == Keyed("0")
    assert reading(screen_of(run), 0, "98") == Keyed("98")
    key(run, "98")
    assert run.state.saved == {"it": 98}


def test_long_words_flow_over_several_pages() -> None:
    words_said = " ".join(f"word{number}" for number in range(80))
    run = Run(flow_of({"a": {"say": words_said, "next": "z"}, "z": {"end": words_said}}))
    found = pages(screen_of(run))
    assert len(found) > 3
    assert "98 More" in found[0]
    assert found[-1].split("\n")[-2:] == ["1 Continue", "0 Back"]
    said = " ".join(line for one in found for line in one.split("\n") if line.startswith("word"))
    assert said == words_said
    key(run, "1", 3)
    end = page(screen_of(run), words)
    assert end.more
    assert not end.end
    assert page(screen_of(run), words, 99).end


def test_an_alphabet_that_needs_two_bytes_has_half_the_room() -> None:
    arabic = "تغادر رحلتك الآن في وقت لاحق " * 10
    run = Run(flow_of({"a": {"say": arabic, "next": "z"}, "z": {"end": "Bye"}}))

    def arabic_words(name: str, **values: object) -> str:
        return catalog("ar")[name].format(**values)

    shown = run.screen(words=arabic_words, locale="ar", channel="ussd")
    found = [page(shown, arabic_words, at) for at in range(9)]
    assert all(len(one.text) <= 80 for one in found)
    assert found[0].more


def test_what_it_cannot_prove_is_texted() -> None:
    run = Run(flow_of({"pay": {"tier": 2, "do": {"call": "pay"}, "next": "z"}, "z": {"end": "Paid"}}))
    shown = page(screen_of(run), words, 0, LINK)
    assert (shown.text, shown.end, shown.link) == ("We have texted you a link to do this on your phone.", True, True)
    assert not page(screen_of(run), words).link


def test_an_error_stands_first() -> None:
    run = small({"kind": "yesno"})
    key(run, "7")
    assert page(screen_of(run), words).text == "Please answer yes or no.\nWhich?\n1 Yes\n2 No"


def given_in(answered: dict[str, Any]) -> list[str]:
    """What was posted, by its values."""
    posted = answered["given"]
    return [str(one) for one in posted] if isinstance(posted, list) else [str(posted)]


@given(st.data())
def test_every_page_fits_and_every_option_is_within_reach(data: st.DataObject) -> None:
    flow = data.draw(flows())
    run = Run(flow, CONTEXT)
    for _ in range(data.draw(st.integers(0, 6))):
        run.tell(data.draw(commands(flow, run.state)))
    tier = data.draw(st.sampled_from([1, 2, 3]))
    shown = screen_of(run, tier)
    found = pages(shown)
    assert all(segments(one).units <= ussd.ROOM[segments(one).encoding] for one in found)
    assert all(SECRET not in one for one in found)
    if shown.kind == "verify" and flow.steps[run.state.step].say:
        assert not any(str(shown.step) in one for one in found)
    turning = {words("ussd.back", press=ussd.keys(shown)[0]), words("ussd.more", press=ussd.keys(shown)[1])}
    whole = "".join(line.replace(" ", "") for one in found for line in one.split("\n") if line not in turning)
    for entry in () if asks.escape(shown, "ussd") else asks.entries(shown):
        assert "".join(entry.line.split()) in "".join(whole.split())
        assert reading(shown, 0, str(entry.number)) == Keyed(str(entry.number))
        told = decide(flow, run.state, Text(str(entry.number), tier, "ussd"), NOW, run.setting)
        answered = [one.body for one in told if one.kind == "run.answered" and one.body]
        state = run.state
        for one in told:
            state = evolve(flow, state, one)
        assert not answered or shown.confirm or entry.value in given_in(answered[0])
        assert told or state.status != "asking"


@given(st.text(max_size=400), st.text(max_size=200))
def test_any_words_at_all_fit(say: str, label: str) -> None:
    steps = {
        "a": {"say": "{{ say }}", "choose": {"x": {"label": "{{ label }}", "next": "z"}}},
        "z": {"end": "{{ say }}"},
    }
    run = Run(flow_of(steps, context={"say": "text", "label": "text"}), {"say": say, "label": label})
    found = pages(screen_of(run))
    assert all(segments(one).units <= ussd.ROOM[segments(one).encoding] for one in found)
    run.tell(Raised(2))
    assert "1" in "".join(found)
