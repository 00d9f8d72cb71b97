"""The live line of a page, "not you?", and the text that carries a link: C33, C34, C36."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import websocket
from werkzeug.test import TestResponse

from disposable.render.text import lint
from tests.support import fort as forts
from tests.support.fort import CLAIM_CONTEXT, Fort, ended, greeted, home, option, see
from tests.support.live import Live
from tests.support.pages import Person, Sent, forms
from widget_server.actions import desk, links
from widget_server.store import tables


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Fort]:
    """A server whose people and numbers nobody else knows."""
    with forts.standing(tmp_path) as made:
        yield made


# C33: a page's live line is opened on our own origin and carries the page's own cookie. There is no hand-off ticket that
# could be copied: what the line may see is decided by that cookie's grant, asked anew at every frame.


def opened(live: Live, person: Person, sent: Sent) -> TestResponse:
    """The app, after Continue, of a server that listens on a port of its own."""
    person.base = live.base
    cover = person.get(sent.path)
    data = {"nonce": forms(cover)[0].nonce, "act": "continue"}
    headers = {"Origin": live.base, "Sec-Fetch-Site": "same-origin"}
    return person.client.post(sent.path, base_url=live.base, data=data, headers=headers, follow_redirects=True)


def hello(base: str, handle: str, session: str, cookie: str | None, origin: str | None) -> Any:
    """What a socket that says hello for this handle is told first; the status if it is not even let in."""
    try:
        line: websocket.WebSocket = websocket.create_connection(
            base.replace("http", "ws") + "/v1/live",
            origin=origin,
            cookie=cookie,
            timeout=10,
            suppress_origin=not origin,
        )
    except websocket.WebSocketBadStatusException as refused:
        return refused.status_code
    line.send(json.dumps({"type": "hello", "handle": handle, "after": {session: 0}}))
    frame = json.loads(line.recv())
    line.shutdown()  # type: ignore[no-untyped-call]
    return frame["type"] if frame["type"] != "bye" else frame["reason"]


def test_c33_a_line_stands_on_the_cookie_of_its_own_page(live: Live) -> None:
    sent = live.link(to={"phone": "+12025583301", "user_id": "c33"})
    mara, other = live.web.person(), live.web.person()
    handle = home(opened(live, mara, sent)).split("/")[2]
    theirs = home(opened(live, other, live.link(to={"phone": "+12025583302", "user_id": "c33b"}))).split("/")[2]
    cookie = f"__Host-a-{handle}={mara.cookies()[f'__Host-a-{handle}']}"
    strange = f"__Host-a-{theirs}={other.cookies()[f'__Host-a-{theirs}']}"
    renamed = f"__Host-a-{handle}={other.cookies()[f'__Host-a-{theirs}']}"
    ours = live.base
    assert hello(ours, handle, sent.session, cookie, ours) == "welcome"
    # The same hello, heard by somebody and said again: without the cookie, with another's, from another's page.
    assert hello(ours, handle, sent.session, None, ours) == "unauthenticated"
    assert hello(ours, handle, sent.session, strange, ours) == "unauthenticated"
    assert hello(ours, handle, sent.session, renamed, ours) == "unauthenticated"
    assert hello(ours, handle, sent.session, cookie, "https://evil.example") == 403
    assert hello(ours, handle, sent.session, cookie, None) == "cross-site"
    # Its own cookie does not open another's session.
    assert hello(ours, theirs, sent.session, strange, ours) == "not-found"


def test_c33_a_revoked_grant_hears_nothing_more(live: Live) -> None:
    sent = live.link(to={"phone": "+12025583303", "user_id": "c33c"})
    mara = live.web.person()
    line = greeted(live.base, mara, opened(live, mara, sent), sent)
    links.revoke(live.house.world, live.house.key, sent.link)
    assert ended(line) == 1008


def test_c33_a_signed_out_agent_and_a_revoked_key_hear_nothing_more(alone: Fort) -> None:
    from widget_server.actions import access, setup  # noqa: PLC0415
    from widget_server.actions.errors import NotFound  # noqa: PLC0415

    seat, token = desk.sign_in(alone.world, "ben@meridian.example", "correct horse battery")
    assert access.still(alone.world, seat) == seat
    assert access.still(alone.world, alone.house.key) == alone.house.key
    with alone.world.store.write() as tx:
        tx.run(tables.seat.delete().where(tables.seat.c.agent == seat.id))
    setup.revoke_key(alone.world, alone.house.key.id)
    assert token
    for who in (seat, alone.house.key):
        with pytest.raises(NotFound):
            access.still(alone.world, who)


def test_c33_the_desk_shows_the_tier_that_was_really_reached(fort: Fort) -> None:
    phone = fort.phone()
    sent, mara = fort.send(phone), fort.person()
    assert badge(fort, sent)[0] <= 1  # a number that was written to proves nothing yet
    pick = mara.press(mara.opened(sent), choice="change")
    extras = mara.press(pick, chosen=option(pick))
    shown = badge(fort, sent)
    assert shown[0] == fort.grant(mara, extras).tier == 1
    assert shown[1] in ("gesture", "sender")
    mara.press(mara.press(extras, choice="done"), follow=False, fact="Lindqvist")
    assert badge(fort, sent) == (fort.grant(mara, extras).tier, "fact") == (2, "fact")


def badge(fort: Fort, sent: Sent) -> tuple[int, str]:
    """What the agent's screen says of how surely the customer is known."""
    found = desk.session(fort.world, fort.house.ada, sent.session)["session"]
    return int(found["tier"]), str(found["by"])


# C34


def test_c34_not_you_ends_the_link_shows_nothing_and_tells_the_company(fort: Fort) -> None:
    sent, mara, stranger = fort.send(), fort.person(), fort.person()
    first = mara.opened(sent)
    page = stranger.press(stranger.get(sent.path), act="disown")
    assert page.status_code == 200
    assert not stranger.cookies()
    for personal in ("Mara", "Lindqvist", "MA 204", "+1202"):
        assert personal not in page.text
    assert fort.person().get(sent.path).status_code == 404
    assert see(mara, home(first)).status_code == 404
    assert "link.disowned" in fort.house.kinds(sent.session)


def test_c34_the_company_learns_it_of_a_link_nobody_used_too(fort: Fort) -> None:
    phone = fort.phone()
    made = fort.api("POST", "/v1/links", {"app": "claim", "context": CLAIM_CONTEXT, "identity": {"phone": phone}}).json
    assert made is not None
    stranger = fort.person()
    stranger.press(stranger.get(f"/l/{made['code']}"), act="disown")
    shown = fort.api("GET", f"/v1/links/{made['id']}").json
    assert shown is not None
    assert shown["state"] == "disowned"
    assert "link.disowned" in fort.house.kinds(shown["session"])
    assert made["id"] in fort.api("GET", "/v1/export/events").text


def test_c34_the_number_is_left_alone_until_it_writes_itself(alone: Fort) -> None:
    phone = alone.phone()
    sent, stranger = alone.send(phone), alone.person()
    stranger.press(stranger.get(sent.path), act="disown")
    alone.house.pay()
    notice = {"app": "claim", "context": CLAIM_CONTEXT}
    for to in ({"phone": phone}, {"phone": phone, "user_id": "somebody else"}, {"user_id": f"user {phone}"}):
        refused = alone.api("POST", "/v1/notifications", {"to": to, "channels": ["sms"], **notice})
        assert refused.status_code in (403, 422), to
    agent_writes(alone, sent, "Are you there?")
    assert [one for one in alone.house.pay() if one.payload.get("to") == phone] == []
    alone.house.text("who is this?", phone)
    assert alone.api("POST", "/v1/notifications", {"to": {"phone": phone}, **notice}).status_code == 202


def agent_writes(fort: Fort, sent: Sent, text: str) -> None:
    from widget_server.actions import sessions  # noqa: PLC0415

    epoch = sessions.get(fort.world, fort.house.key, sent.session)["epoch"]
    desk.accept(fort.world, fort.house.ada, sent.session, epoch, "take")
    sessions.write(fort.world, fort.house.ada, sent.session, "m", "message", {"text": text}, epoch=epoch + 1)


def test_c34_it_needs_the_covers_own_button(fort: Fort) -> None:
    sent, stranger = fort.send(), fort.person()
    stranger.post(sent.path, {"act": "disown"})
    stranger.get(f"{sent.path}?act=disown")
    assert "link.disowned" not in fort.house.kinds(sent.session)


# C36

URL = "https://go.example/0123456789ABCDEFGHIJKL"
GOOD = f"Meridian Air: your flight is late. Tap {URL} or reply 1"
CORPUS = {
    GOOD: [],
    f"{URL} Meridian Air: your flight is late": ["link_first"],
    f"Meridian Air: your flight is late {URL}": ["link_last"],
    f"Meridian Air: tap {URL}. Thank you": ["link_punctuation"],
    f"Meridian Air: tap {URL}, thank you": ["link_punctuation"],
    f"Meridian Air: tap ({URL}) now": ["link_punctuation"],
    f"Meridian Air: tap {URL} or https://other.example/x now": ["links"],
    f"Meridian Air: tap {URL} or {URL} now": ["links"],
    "Meridian Air: your flight is late": ["links"],
    f"Your flight is late. Tap {URL} now": ["sender"],
    f"Meridian Air: dear Mara Lindqvist, tap {URL} now": ["personal"],
    f"Meridian Air: policy POL-77421, tap {URL} now": ["personal"],
    f"Meridian Air: ✈ {URL} now": ["unicode"],
    f"Meridian Air: {'your flight is very late ' * 6}tap {URL} now": ["segments"],
}


@pytest.mark.parametrize("text", CORPUS)
def test_c36_lint(text: str) -> None:
    personal = ["Mara", "Lindqvist", "POL-77421", "", "DE02120300000000202051"]
    assert lint(text, URL, sender="Meridian Air", personal=personal) == CORPUS[text]


def test_c36_minting_warns_of_it(fort: Fort) -> None:
    from disposable import loading  # noqa: PLC0415
    from widget_server.actions import setup  # noqa: PLC0415

    assert warned(fort, "claim", CLAIM_CONTEXT) == []
    # A flow cannot say a personal value in a text at all; one that stands in a plain value too is noticed at minting.
    told = {**CLAIM_CONTEXT, "claim": {**CLAIM_CONTEXT["claim"], "topic": CLAIM_CONTEXT["claim"]["policy"]}}
    texts = {
        "About {{ claim.topic }}, tap {{ link }} now": 2,
        "{{ site.name }}: {{ claim.topic }}, tap {{ link }} now": 1,
        "{{ site.name }}: tap now {{ link }}": 1,
        "{{ link }} is from {{ site.name }}, tap it": 1,
    }
    for text, faults in texts.items():
        flow = forts.CLAIM.replace("app: claim", "app: badly-said").replace(
            '"{{ site.name }}: about your claim, tap {{ link }} or reply {{ menu }}"', json.dumps(text)
        )
        setup.publish(fort.world, fort.house.site.id, loading.load(flow))
        assert len(warned(fort, "badly-said", told)) == faults, text


def warned(fort: Fort, app: str, context: dict[str, Any]) -> list[str]:
    made = fort.api("POST", "/v1/links", {"app": app, "context": context}).json
    noticed = fort.api(
        "POST", "/v1/notifications", {"to": {"phone": fort.phone()}, "app": app, "context": context}
    ).json
    assert made is not None
    assert noticed is not None
    assert noticed["sms"]["warnings"] == made["sms"]["warnings"]
    found: list[str] = made["sms"]["warnings"]
    return found
