"""C21: an app leads out only where its flow says so, names the host, and takes back only who brings the nonce of that visit."""

import base64
import itertools
import re
from urllib.parse import parse_qs, quote, unquote, urlsplit

import pytest

from disposable import loading
from tests.support import showcase
from tests.support.pages import Person, Sent, Web, web
from widget_server.actions import setup
from widget_server.assets import Assets
from widget_server.words import Words

EVIL = (
    "https://evil.example/",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https:evil.example",
    "https://pay.example@evil.example/",
    "https://pay.example%2eevil.example/",
    "%2f%2fevil.example",
    "%252f%252fevil.example",
    "javascript:alert(1)",
    "https://127.0.0.1:8123@evil.example/a/",
    "\thttps://evil.example",
)

NUMBERS = itertools.count(100)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, words: Words, assets: Assets) -> Web:
    made = web(tmp_path_factory.mktemp("visits"), words, assets)
    setup.publish(made.house.world, made.house.site.id, loading.load(showcase.FLOW))
    return made


@pytest.fixture
def sent(site: Web) -> Sent:
    return site.link(app="showcase", context=showcase.CONTEXT, to={"phone": f"+1202555{next(NUMBERS):04d}"})


@pytest.fixture
def mara(site: Web) -> Person:
    return site.person()


def leaving(mara: Person, sent: Sent) -> tuple[str, str]:
    """(the path of the visit, the nonce of its way back)"""
    page = mara.press(mara.opened(sent), choice="pay")
    found = re.search(r'href="(https://pay\.example[^"]*)"', page.text)
    assert found
    (back,) = parse_qs(urlsplit(found[1].replace("&amp;", "&")).query)["back"]
    return page.request.path, parse_qs(urlsplit(back).query)["back"][0]


def form_nonce(mara: Person, path: str) -> str:
    """One of any form of this app."""
    found = re.search(r'name="nonce" value="([^"]+)"', mara.get("/".join([*path.split("/")[:3], "overview"])).text)
    assert found
    return found[1]


def answers(site: Web, sent: Sent) -> int:
    return site.house.kinds(sent.session).count("run.answered")


def come_back(mara: Person, path: str, nonce: str, form: str = "") -> None:
    """Posts the form of the welcome page with some nonce in it."""
    mara.post(path, {"nonce": form or form_nonce(mara, path), "choice": "returned", "back": nonce})


def test_c21_no_parameter_leads_anywhere(mara: Person, sent: Sent) -> None:
    path, _ = leaving(mara, sent)
    for name in ("next", "back", "to", "url", "return", "redirect_uri"):
        for evil in EVIL:
            page = mara.get(f"{path}?{name}={quote(evil, safe='%:/@')}")
            assert page.status_code == 200
            assert "evil" not in page.text


def test_c21_no_parameter_leads_anywhere_after_an_answer_either(mara: Person, sent: Sent) -> None:
    home = "/".join(mara.opened(sent).request.path.split("/")[:3])
    form = form_nonce(mara, home)
    for evil in EVIL:
        at = f"?next={quote(evil, safe='')}"
        assert "evil" not in mara.get(home + at).headers["Location"]
        given = {"nonce": form, "choice": "pay", "next": evil, "back": evil}
        assert mara.post(f"{home}/overview{at}", given, follow=False).headers["Location"] == f"{home}/pay"


@pytest.mark.parametrize("number", EVIL)
def test_c21_nothing_printed_into_the_address_changes_its_host(site: Web, mara: Person, number: str) -> None:
    order = {**showcase.CONTEXT["order"], "number": number.strip()}
    page = mara.press(
        mara.opened(site.link(app="showcase", context={**showcase.CONTEXT, "order": order})), choice="pay"
    )
    targets = re.findall(r'<a class="go" href="([^"]*)"', page.text)
    assert [urlsplit(one).netloc for one in targets] == ["pay.example"]
    assert urlsplit(targets[0]).path == "/checkout"


def test_c21_the_notice_names_the_host_one_leaves_for(mara: Person, sent: Sent) -> None:
    path, _ = leaving(mara, sent)
    assert re.search(r'<p class="notice">[^<]*pay\.example', mara.get(path).text)


def test_c21_the_way_back_is_on_our_own_host_whatever_the_request_says(site: Web, mara: Person, sent: Sent) -> None:
    path, _ = leaving(mara, sent)
    page = mara.get(
        path, **{"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "gopher", "Forwarded": "host=evil.example"}
    )
    assert "evil" not in page.text
    assert "back=http%3A%2F%2F127.0.0.1%3A8123%2Fa%2F" in page.text


def test_c21_the_other_side_is_told_neither_the_code_nor_the_grant(mara: Person, sent: Sent) -> None:
    path, nonce = leaving(mara, sent)
    page = mara.get(path)
    (out,) = re.findall(r'<a class="go" href="([^"]*)"', page.text)
    assert sent.code not in unquote(unquote(out))
    assert not any(value in unquote(out) for value in mara.cookies().values())
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert len(base64.urlsafe_b64decode(nonce + "==")) == 28


class TestReturn:
    def test_c21_without_the_nonce_nothing_goes_on(self, site: Web, mara: Person, sent: Sent) -> None:
        path, nonce = leaving(mara, sent)
        before = answers(site, sent)
        wrong = ["", "x", nonce[:-1], nonce[::-1], nonce + "A", "returned", "../" + nonce]
        for one in wrong:
            assert "Welcome back" not in mara.get(f"{path}?back={quote(one, safe='')}").text
            come_back(mara, path, one)
        assert answers(site, sent) == before

    def test_c21_a_form_nonce_is_none(self, site: Web, mara: Person, sent: Sent) -> None:
        path, _ = leaving(mara, sent)
        before = answers(site, sent)
        come_back(mara, path, form_nonce(mara, path))
        assert answers(site, sent) == before

    def test_c21_nor_is_that_of_another_customer_or_another_run(self, site: Web, mara: Person, sent: Sent) -> None:
        path, _ = leaving(mara, sent)
        other_sent = site.link(app="showcase", context=showcase.CONTEXT, to={"phone": "+12025550199"})
        _, theirs = leaving(site.person(), other_sent)
        _, other_run = leaving(mara, site.link(app="showcase", context=showcase.CONTEXT))
        before = answers(site, sent)
        for nonce in (theirs, other_run):
            assert "Welcome back" not in mara.get(f"{path}?back={nonce}").text
            come_back(mara, path, nonce)
        assert answers(site, sent) == before

    def test_c21_it_is_worth_nothing_to_who_holds_no_grant(self, site: Web, mara: Person, sent: Sent) -> None:
        path, nonce = leaving(mara, sent)
        stranger = site.person()
        assert stranger.get(f"{path}?back={nonce}").status_code == 404
        before = answers(site, sent)
        stranger.post(path, {"nonce": nonce, "choice": "returned", "back": nonce})
        assert answers(site, sent) == before

    def test_c21_it_counts_once(self, site: Web, mara: Person, sent: Sent) -> None:
        path, nonce = leaving(mara, sent)
        before, forms = answers(site, sent), [form_nonce(mara, path) for _ in range(2)]
        come_back(mara, path, nonce, forms[0])
        assert answers(site, sent) == before + 1
        come_back(mara, path, nonce, forms[0])
        come_back(mara, path, nonce, forms[1])
        assert answers(site, sent) == before + 1

    def test_c21_a_mere_fetch_of_the_way_back_answers_nothing(self, site: Web, mara: Person, sent: Sent) -> None:
        path, nonce = leaving(mara, sent)
        before = answers(site, sent)
        for _ in range(3):
            assert "Welcome back" in mara.get(f"{path}?back={nonce}").text
        assert answers(site, sent) == before
