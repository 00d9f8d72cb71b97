"""C21: nobody says "I am back" without the nonce of the visit, however the word is written, sent twice, or smuggled in."""

import itertools
import re
from urllib.parse import unquote

import pytest

from disposable import loading
from tests.support import showcase
from tests.support.pages import SAME, Person, Sent, Web, web
from widget_server.actions import runs, setup
from widget_server.assets import Assets
from widget_server.words import Words

NUMBERS = itertools.count(100)
FORGED = (
    " returned",
    "returned ",
    "\treturned\r\n",
    "return\x00ed",
    "\x1breturned",
    ["returned", "x"],
    ["returned", ""],
    ["returned", "returned "],
    ["x", "returned"],
    ["", "returned"],
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, words: Words, assets: Assets) -> Web:
    made = web(tmp_path_factory.mktemp("forged"), words, assets)
    setup.publish(made.house.world, made.house.site.id, loading.load(showcase.FLOW))
    return made


@pytest.fixture
def sent(site: Web) -> Sent:
    return site.link(app="showcase", context=showcase.CONTEXT, to={"phone": f"+1202556{next(NUMBERS):04d}"})


@pytest.fixture
def mara(site: Web, sent: Sent) -> Person:
    return site.person()


def form_nonce(mara: Person, home: str) -> str:
    page = mara.get(f"{home}/overview")
    return page.text.split('name="nonce" value="')[1].partition('"')[0]


@pytest.mark.parametrize("choice", FORGED, ids=repr)
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_c21_however_it_is_written_it_needs_its_nonce(
    site: Web, mara: Person, sent: Sent, choice: str | list[str], kind: str
) -> None:
    page = mara.press(mara.opened(sent), choice="pay")
    path = page.request.path
    before = site.house.kinds(sent.session).count("run.answered")
    data = {"nonce": form_nonce(mara, path.rpartition("/")[0]), "choice": choice}
    mara.client.post(path, base_url=mara.base, data=data, headers=SAME, content_type=kind)
    assert site.house.kinds(sent.session).count("run.answered") == before


class TestWhileAPersonHasTheRun:
    """No page shows the visit then; it is ended by its nonce all the same, and by nothing else."""

    def left(self, site: Web, mara: Person, sent: Sent) -> tuple[str, str]:
        page = mara.press(mara.opened(sent), choice="pay")
        path, back = page.request.path, page.text.partition("back%3D")[2]
        handle = path.split("/")[2]
        grant = runs.grant(site.house.world, mara.cookies()[f"__Host-a-{handle}"], handle)
        self.form = form_nonce(mara, path.rpartition("/")[0])
        runs.person(site.house.world, grant, handle, "wants-a-person")
        return path, re.split(r"[^A-Za-z0-9_%-]", back)[0]

    def returns(self, site: Web, mara: Person, sent: Sent, path: str, **given: str) -> int:
        before = site.house.kinds(sent.session).count("run.answered")
        mara.client.post(path, base_url=mara.base, data={"nonce": self.form, **given}, headers=SAME)
        return site.house.kinds(sent.session).count("run.answered") - before

    @pytest.mark.parametrize("choice", ["returned", " returned"])
    def test_c21_not_without_the_nonce(self, site: Web, mara: Person, sent: Sent, choice: str) -> None:
        path, _ = self.left(site, mara, sent)
        assert self.returns(site, mara, sent, path, choice=choice) == 0
        assert self.returns(site, mara, sent, path, choice=choice, back=self.form) == 0

    def test_c21_once_with_it(self, site: Web, mara: Person, sent: Sent) -> None:
        path, nonce = self.left(site, mara, sent)
        assert self.returns(site, mara, sent, path, choice="returned", back=unquote(unquote(nonce))) == 1
        assert self.returns(site, mara, sent, path, choice="returned", back=unquote(unquote(nonce))) == 0
