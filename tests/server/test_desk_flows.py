"""Flows at the desk: who may write, drafts that are not lost, publishing what was seen, and where customers leave."""

import json
import re
from html import unescape
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from tests.support.api import Api, Party
from widget_server.actions import authoring, flows, setup, trying
from widget_server.actions.access import Seat
from widget_server.actions.authoring import FLOW, TESTS, Overtaken
from widget_server.actions.errors import Invalid, NotFound, Refused
from widget_server.assets import Assets
from widget_server.store import accounts
from widget_server.web import desk as desk_web
from widget_server.web.guards import csrf_token
from widget_server.words import Words

TEA = """\
app: tea
purpose: Your tea     # said to everybody
start: which
steps:
  which: {ask: Which tea?, field: {kind: choice, options: {black: Black, green: Green}, save: tea}, next: done}
  done: {end: Thank you.}
"""


@pytest.fixture
def api(tmp_path: Path, assets: Assets, words: Words) -> Api:
    made = Api(tmp_path, assets, words)
    for name in ("sue", "sam"):
        setup.add_agent(
            made.world,
            made.house.site.id,
            f"{name}@meridian.example",
            name.title(),
            "correct horse battery",
            "supervisor",
        )
    made.app.register_blueprint(desk_web.blueprint(made.world, made.base.guards, assets))
    return made


def seat(api: Api, name: str) -> Seat:
    with api.world.store.read() as tx:
        row = accounts.agent_by_email(tx, f"{name}@meridian.example")
    assert row is not None
    return Seat(row.id, row.site, row.name, row.role, tuple(row.teams))


@pytest.fixture
def sue(api: Api) -> Seat:
    return seat(api, "sue")


@pytest.fixture
def sam(api: Api) -> Seat:
    return seat(api, "sam")


@pytest.fixture
def page(api: Api) -> Party:
    """Sue's browser."""
    return api.agent("sue")


def form(api: Api, who: Party, path: str, **fields: str) -> TestResponse:
    token = csrf_token(api.world.signer, who.cookies["__Host-desk"])
    return who.post(path, data={"csrf": token, **fields})


def begun(api: Api, who: Seat, text: str = TEA) -> str:
    authoring.begin(api.world, who, "tea", {FLOW: text})
    return authoring.texts(api.world, who, "tea").mark(FLOW)


def published(api: Api, who: Seat, text: str = TEA, note: str = "") -> str:
    """The hash of the version that this text is."""
    try:
        held = authoring.texts(api.world, who, "tea")
    except NotFound:
        authoring.begin(api.world, who, "tea", {FLOW: text})
    else:
        authoring.save(api.world, who, "tea", FLOW, text, held.mark(FLOW))
    seen = authoring.texts(api.world, who, "tea").digest
    return trying.publish(api.world, who, "tea", note, seen).hash


# Who may


def test_agents_look_and_try_but_write_nothing(api: Api, sue: Seat) -> None:
    mark = begun(api, sue)
    agent = api.agent("ada")
    assert agent.get("/desk/flows").status_code == 200
    there = agent.get("/desk/flows/tea")
    assert there.status_code == 200
    assert 'value="save"' not in there.text
    assert agent.post("/desk/api/flows/tea/play", {"file": "", "text": TEA, "acts": {}}).status_code == 200
    refused = agent.post("/desk/api/flows/tea/draft", {"file": "", "text": "x", "mark": mark})
    assert refused.status_code == 403
    assert form(api, agent, "/desk/flows/tea", act="save", file="", text="x", mark=mark).status_code == 403
    with pytest.raises(Refused):
        trying.publish(api.world, api.house.ada, "tea", "", authoring.texts(api.world, sue, "tea").digest)
    with pytest.raises(Refused):
        trying.unpublish(api.world, api.house.ada, "flight-delay", "")


def test_without_a_seat_one_ends_at_the_door(api: Api) -> None:
    answer = api.nobody.get("/desk/flows")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/desk/login")


def test_forms_need_our_own_page(api: Api, page: Party, sue: Seat) -> None:
    begun(api, sue)
    assert page.post("/desk/flows/tea", data={"csrf": "forged", "act": "drop"}).status_code == 403
    foreign = {"Origin": "https://evil.example"}
    token = csrf_token(api.world.signer, page.cookies["__Host-desk"])
    assert page.post("/desk/flows/tea", data={"csrf": token, "act": "drop"}, headers=foreign).status_code == 403
    assert authoring.texts(api.world, sue, "tea").is_draft


def test_another_sites_flows_are_not_there(api: Api, page: Party, sue: Seat) -> None:
    other = setup.add_site(api.world, "Other", [], zone="UTC", secret=b"o" * 32)
    setup.add_agent(api.world, other.id, "eve@other.example", "Eve", "correct horse battery", "admin")
    with api.world.store.read() as tx:
        row = accounts.agent_by_email(tx, "eve@other.example")
    assert row is not None
    eve = Seat(row.id, row.site, row.name, row.role, ())
    begun(api, sue)
    with pytest.raises(NotFound):
        authoring.texts(api.world, eve, "tea")
    assert authoring.listed(api.world, eve) == []


# Beginning


def test_a_flow_begins_from_one_that_is_shipped(api: Api, page: Party, sue: Seat) -> None:
    offered = page.get("/desk/flows?from=appointment")
    assert 'value="appointment"' in offered.text
    answer = form(api, page, "/desk/flows", **{"from": "appointment", "name": "dentist"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/desk/flows/dentist")
    held = authoring.texts(api.world, sue, "dentist")
    assert "app: dentist" in held.files[FLOW]
    assert TESTS in held.files
    assert trying.check(api.world, sue, held).mistakes == ()
    assert page.get("/desk/flows/dentist").status_code == 200


def test_a_flow_begins_from_nothing_and_works(api: Api, page: Party, sue: Seat) -> None:
    form(api, page, "/desk/flows", name="visit", **{"from": ""})
    review = trying.review(api.world, sue, authoring.texts(api.world, sue, "visit"))
    assert review.checked.mistakes == ()
    assert review.played
    assert not review.failed


@pytest.mark.parametrize(("name", "told"), [("flight-delay", "already"), ("1 a", "no name"), ("", "no name")])
def test_a_name_is_free_and_sound(api: Api, page: Party, name: str, told: str) -> None:
    answer = form(api, page, "/desk/flows", name=name, **{"from": ""})
    assert answer.status_code == 422
    assert told in answer.text


# Writing


def test_what_was_published_by_command_can_be_written_on_with_its_comments(api: Api, page: Party, sue: Seat) -> None:
    text = page.get("/desk/flows/flight-delay").text
    assert "app: flight-delay" in unescape(text)
    assert "#" in authoring.texts(api.world, sue, "flight-delay").files[FLOW]


def test_the_text_of_a_version_is_kept_with_its_comments(api: Api, sue: Seat) -> None:
    published(api, sue)
    held = authoring.texts(api.world, sue, "tea")
    assert held.files == {FLOW: TEA}
    assert not held.is_draft


def test_a_version_without_its_text_is_written_anew(api: Api, sue: Seat, page: Party) -> None:
    held = authoring.texts(api.world, sue, "flight-delay")
    flow = trying.check(api.world, sue, held).flow
    assert flow is not None
    other = flow.but(purpose="Another purpose")
    flows.publish(api.world, sue.site, other)
    held = authoring.texts(api.world, sue, "flight-delay")
    assert held.made_up
    found = trying.check(api.world, sue, held).flow
    assert found is not None
    assert found.hash == other.hash
    assert "written anew" in page.get("/desk/flows/flight-delay").text
    published(api, sue)
    assert "written anew" not in page.get("/desk/flows/tea").text


def test_two_who_write_at_once_lose_nothing(api: Api, sue: Seat, sam: Seat) -> None:
    mark = begun(api, sue)
    authoring.save(api.world, sam, "tea", FLOW, TEA.replace("Thank you", "Thanks"), mark)
    with pytest.raises(Overtaken) as told:
        authoring.save(api.world, sue, "tea", FLOW, TEA.replace("Black", "Dark"), mark)
    assert told.value.by == "sam@meridian.example"
    assert "Thanks" in told.value.text
    authoring.save(api.world, sue, "tea", FLOW, TEA.replace("Black", "Dark"), told.value.mark)
    saves = authoring.saves(api.world, sue, "tea")
    assert [(one.by.partition("@")[0], one.why) for one in saves] == [
        ("sue", "saved"),
        ("sam", "saved"),
        ("sue", "begun"),
    ]
    assert "Thanks" in authoring.saved(api.world, sue, "tea", saves[1].id).text


def test_without_a_script_the_second_sees_both_texts(api: Api, page: Party, sue: Seat, sam: Seat) -> None:
    mark = begun(api, sue)
    authoring.save(api.world, sam, "tea", FLOW, TEA.replace("Thank you", "Thanks"), mark)
    mine = TEA.replace("Black", "Dark")
    answer = form(api, page, "/desk/flows/tea", act="save", file="", text=mine, mark=mark)
    assert answer.status_code == 409
    shown = unescape(answer.text)
    assert "Somebody else saved this file" in shown
    assert mine in shown
    assert "-  done: {end: Thanks.}" in shown
    again = re.search(r'name="mark" value="([^"]+)"', answer.text)
    assert again
    form(api, page, "/desk/flows/tea", act="save", file="", text=mine, mark=again[1])
    assert authoring.texts(api.world, sue, "tea").files[FLOW] == mine


def test_a_save_after_somebody_published_is_told_too(api: Api, sue: Seat, sam: Seat) -> None:
    published(api, sue)
    mark = authoring.texts(api.world, sue, "tea").mark(FLOW)
    published(api, sam, TEA.replace("Black", "Dark"))
    with pytest.raises(Overtaken):
        authoring.save(api.world, sue, "tea", FLOW, TEA.replace("Black", "Red"), mark)


def test_the_script_is_told_of_the_other_writer(api: Api, page: Party, sue: Seat, sam: Seat) -> None:
    mark = begun(api, sue)
    saved = page.post("/desk/api/flows/tea/draft", {"file": "", "text": TEA + "# mine\n", "mark": mark})
    assert saved.status_code == 200
    again = page.post("/desk/api/flows/tea/draft", {"file": "", "text": TEA, "mark": mark})
    assert again.status_code == 409
    assert again.get_json()["by"] == "sue@meridian.example"


def test_mistakes_stand_where_they_are(api: Api, page: Party, sue: Seat) -> None:
    begun(api, sue)
    wrong = TEA.replace("next: done}", "next: dome}")
    found = page.post("/desk/api/flows/tea/check", {"file": "", "text": wrong}).get_json()
    assert [one["line"] for one in found["mistakes"]][:1] == [5]
    assert all(one["file"] == "tea.yaml" for one in found["mistakes"])
    checked = form(api, page, "/desk/flows/tea", act="check", file="", text=wrong, mark="1-")
    assert "tea.yaml:5" in checked.text
    assert wrong in unescape(checked.text)
    assert authoring.texts(api.world, sue, "tea").files[FLOW] == TEA


def test_a_flow_is_called_what_its_draft_is_called(api: Api, sue: Seat) -> None:
    begun(api, sue, "# a remark\n" + TEA.replace("app: tea", "app: coffee"))
    found = trying.check(api.world, sue, authoring.texts(api.world, sue, "tea")).mistakes
    assert [(one.line, "coffee" in one.message) for one in found] == [(2, True)]


def test_translations_stand_beside_it_and_what_they_lack_is_told(api: Api, page: Party, sue: Seat) -> None:
    begun(api, sue)
    german = "steps:\n  which: {ask: Welcher Tee?}\n"
    assert "Deutsch" in page.get("/desk/flows/tea?file=de", headers={"Accept-Language": "de"}).text
    mark = authoring.texts(api.world, sue, "tea").mark("de")
    authoring.save(api.world, sue, "tea", "de", german, mark)
    found = page.post("/desk/api/flows/tea/check", {"file": "de", "text": german}).get_json()
    assert found["mistakes"] == []
    assert "steps.done.end" in found["lacking"]
    wrong = page.post("/desk/api/flows/tea/check", {"file": "de", "text": "steps:\n  whitch: {ask: Tee?}\n"}).get_json()
    assert [(one["file"], one["line"]) for one in wrong["mistakes"]] == [("tea.de.yaml", 2)]
    held = authoring.texts(api.world, sue, "tea")
    authoring.save(api.world, sue, "tea", "de", "", held.mark("de"))
    assert authoring.texts(api.world, sue, "tea").languages == ()


@pytest.mark.parametrize("file", ["../x", "de_DE", "deutsch", "d"])
def test_a_file_is_a_language_or_nothing(api: Api, page: Party, sue: Seat, file: str) -> None:
    mark = begun(api, sue)
    with pytest.raises(Invalid):
        authoring.save(api.world, sue, "tea", file, "x", mark)
    assert page.get(f"/desk/flows/tea?file={file}").status_code == 404


@pytest.mark.parametrize("text", ["a" * 300_000, "a\x00b"])
def test_what_cannot_be_stored_comes_back(api: Api, page: Party, sue: Seat, text: str) -> None:
    mark = begun(api, sue)
    answer = form(api, page, "/desk/flows/tea", act="save", file="", text=text, mark=mark)
    assert answer.status_code == 422
    assert text[:1000] in answer.text


# Trying


def test_it_is_tried_as_it_stands_in_the_editor(api: Api, page: Party, sue: Seat) -> None:
    begun(api, sue)
    acts = {"sms": [{"do": "type", "text": "1"}]}
    told = {"file": "", "text": TEA.replace("Thank you", "Enjoy it"), "acts": acts}
    shown = page.post("/desk/api/flows/tea/play", told).get_json()
    assert set(shown["panes"]) == {"web", "chat", "sms", "ussd", "voice"}
    assert "Enjoy it" in json.dumps(shown["panes"]["sms"])
    assert "Which tea?" in shown["panes"]["web"]["html"]
    broken = page.post("/desk/api/flows/tea/play", {**told, "text": "app: tea\n"}).get_json()
    assert broken["panes"] == {}
    assert broken["mistakes"]


# Publishing


def test_what_changes_and_what_is_left_behind_is_shown_before(api: Api, page: Party, sue: Seat) -> None:
    begun(api, sue)
    fresh = page.get("/desk/flows/tea/publish").text
    assert "all of it is new" in fresh
    published(api, sue, TEA)
    mark = authoring.texts(api.world, sue, "tea").mark(FLOW)
    authoring.save(api.world, sue, "tea", FLOW, TEA.replace("save: tea", "save: leaves"), mark)
    shown = unescape(page.get("/desk/flows/tea/publish").text)
    assert "~ steps.which.field.save: tea -> leaves" in shown
    assert "What is left behind" in shown
    assert "`tea`" in shown or "tea" in shown
    seen = re.search(r'name="seen" value="([^"]+)"', shown)
    assert seen
    done = form(api, page, "/desk/flows/tea/publish", note="Leaves", seen=seen[1])
    assert done.status_code == 303
    history = flows.history(api.world, sue.site, "tea")
    assert (history[0]["by"], history[0]["note"]) == ("sue@meridian.example", "Leaves")
    assert not authoring.texts(api.world, sue, "tea").is_draft


def test_only_what_was_seen_is_published(api: Api, page: Party, sue: Seat, sam: Seat) -> None:
    mark = begun(api, sue)
    seen = authoring.texts(api.world, sue, "tea").digest
    authoring.save(api.world, sam, "tea", FLOW, TEA.replace("Black", "Dark"), mark)
    answer = form(api, page, "/desk/flows/tea/publish", seen=seen)
    assert answer.status_code == 409
    with pytest.raises(NotFound):
        flows.history(api.world, sue.site, "tea")


def test_what_has_mistakes_is_not_published(api: Api, page: Party, sue: Seat) -> None:
    begun(api, sue, TEA.replace("start: which", "start: witch"))
    shown = page.get("/desk/flows/tea/publish").text
    assert "cannot be published" in shown
    seen = authoring.texts(api.world, sue, "tea").digest
    assert form(api, page, "/desk/flows/tea/publish", seen=seen).status_code == 422


def test_an_old_version_is_brought_back_as_a_draft(api: Api, page: Party, sue: Seat) -> None:
    first = published(api, sue)
    second = published(api, sue, TEA.replace("Black", "Dark"))
    shown = unescape(page.get(f"/desk/flows/tea/versions?a={first}&b={second}").text)
    assert "Black -> Dark" in shown
    form(api, page, "/desk/flows/tea/versions", act="bring_back", version=first)
    held = authoring.texts(api.world, sue, "tea")
    assert (held.files[FLOW], held.is_draft) == (TEA, True)
    assert flows.version(api.world, sue.site, "tea").hash == second
    form(api, page, "/desk/flows/tea/publish", seen=held.digest)
    assert flows.version(api.world, sue.site, "tea").hash == first


def test_a_flow_is_taken_back_and_can_still_be_written(api: Api, page: Party, sue: Seat) -> None:
    published(api, sue)
    assert form(api, page, "/desk/flows/tea/versions", act="unpublish", note="No tea").status_code == 303
    with pytest.raises(NotFound):
        flows.version(api.world, sue.site, "tea")
    listed = {one["name"]: one for one in authoring.listed(api.world, sue)}
    assert (listed["tea"]["state"], listed["tea"]["by"]) == ("taken", "sue@meridian.example")
    assert authoring.texts(api.world, sue, "tea").files[FLOW] == TEA


def test_a_draft_is_thrown_away_and_can_be_taken_up_again(api: Api, page: Party, sue: Seat) -> None:
    published(api, sue)
    mark = authoring.texts(api.world, sue, "tea").mark(FLOW)
    authoring.save(api.world, sue, "tea", FLOW, TEA + "# more\n", mark)
    form(api, page, "/desk/flows/tea", act="drop")
    assert authoring.texts(api.world, sue, "tea").files[FLOW] == TEA
    save = authoring.saves(api.world, sue, "tea")[0]
    assert (save.closed, save.why) == ("dropped", "saved")
    assert "# more" in unescape(page.get(f"/desk/flows/tea/versions?save={save.id}").text)
    form(api, page, "/desk/flows/tea/versions", act="take_up", save=save.id)
    assert authoring.texts(api.world, sue, "tea").files[FLOW] == TEA + "# more\n"


def test_a_draft_begun_over_an_older_version_says_so(api: Api, page: Party, sue: Seat) -> None:
    published(api, sue)
    mark = authoring.texts(api.world, sue, "tea").mark(FLOW)
    authoring.save(api.world, sue, "tea", FLOW, TEA + "# more\n", mark)
    flow = trying.check(api.world, sue, authoring.texts(api.world, sue, "tea")).flow
    assert flow is not None
    flows.publish(api.world, sue.site, flow.but(purpose="Other tea"), "operator")
    assert authoring.texts(api.world, sue, "tea").stale
    assert "would undo it" in page.get("/desk/flows/tea").text


# Channels


def test_each_step_stands_on_each_channel(page: Party) -> None:
    shown = unescape(page.get("/desk/flows/flight-delay/channels").text)
    assert "as written" in shown
    assert "a numbered menu" in shown


@pytest.mark.parametrize("room", ["", "/publish", "/versions", "/figures", "/channels"])
def test_a_flow_nobody_wrote_is_not_there(page: Party, room: str) -> None:
    assert page.get(f"/desk/flows/nothing{room}").status_code == 404


def test_the_desk_does_not_carry_the_words_of_its_workshop(api: Api, page: Party) -> None:
    assert "desk.flows." not in page.get("/desk").text


def test_what_is_written_is_text_wherever_it_is_shown(api: Api, page: Party, sue: Seat, sam: Seat) -> None:
    evil = TEA + "# </textarea></pre></script><script>alert(1)</script>\n"
    mark = begun(api, sue, evil)
    authoring.save(api.world, sam, "tea", FLOW, evil.replace("Black", "<b>Dark</b>"), mark)
    save = authoring.saves(api.world, sue, "tea")[1].id
    conflict = form(api, page, "/desk/flows/tea", act="save", file="", text=evil, mark=mark)
    rooms = [page.get(f"/desk/flows/tea{one}") for one in ("", "/publish", f"/versions?save={save}")]
    for answer in (conflict, *rooms):
        assert "<script>alert" not in answer.text
        assert "<b>Dark" not in answer.text
    assert evil in unescape(conflict.text)
