"""Pictures, papers and signatures sent with the answer to a step, from a page without scripts."""

import base64
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from tests.support import fort as forts
from tests.support import photos
from tests.support.fort import Fort, home, see
from tests.support.pages import Person, Sent, forms
from tests.support.sending import answers, at_photos, kept, on_disk, post, send, told
from widget_server.actions import files, setup, ticks
from widget_server.actions.errors import NotFound

PDF = b"%PDF-1.7 a bill"


@pytest.fixture
def fort(tmp_path: Path) -> Iterator[Fort]:
    with forts.standing(tmp_path) as made:
        yield made


def test_pictures_come_with_the_answer_and_the_flow_goes_on(fort: Fort) -> None:
    mara, page, sent = at_photos(fort)
    after = send(mara, page, ("a.jpg", photos.jpeg()), ("b.png", photos.png()))
    assert "A bill?" in after.text
    (body,) = answers(fort, sent, "photos")
    assert [(one["name"], one["type"]) for one in body["value"]] == [("a.jpg", "image/jpeg"), ("b.png", "image/png")]
    assert body["value"] == kept(fort, sent)
    got = files.fetch(fort.world, fort.house.ada, body["value"][0]["file"])
    assert photos.seen(got.data) == photos.seen(photos.jpeg())
    assert len(got.data) == body["value"][0]["size"]


def test_a_second_tap_keeps_nothing_twice(fort: Fort) -> None:
    mara, page, sent = at_photos(fort)
    send(mara, page, ("a.jpg", photos.jpeg()))
    again = send(mara, page, ("a.jpg", photos.jpeg()))
    assert "A bill?" in again.text
    assert len(kept(fort, sent)) == len(answers(fort, sent, "photos")) == len(on_disk(fort)) == 1


def test_what_is_optional_may_be_left_out_and_a_browsers_empty_part_is_nothing(fort: Fort) -> None:
    mara, page, sent = at_photos(fort)
    paper = send(mara, page, ("a.jpg", photos.jpeg()))
    after = send(mara, paper, ("", b""))
    assert "Done" in after.text
    assert [body["value"] for body in answers(fort, sent, "paper")] == [None]


def test_what_is_needed_is_asked_for_again(fort: Fort) -> None:
    mara, page, sent = at_photos(fort)
    after = send(mara, page, ("", b""))
    assert after.status_code == 422
    assert 'type="file"' in after.text
    assert not kept(fort, sent)


def test_a_picture_given_anew_takes_the_place_of_the_old_one(fort: Fort) -> None:
    mara, page, _ = at_photos(fort)
    send(mara, page, ("a.jpg", photos.jpeg()))
    (old,) = on_disk(fort)
    back = see(mara, f"{home(page)}/photos")
    send(mara, back, ("b.jpg", photos.jpeg(80, 60)))
    assert len(on_disk(fort)) == 1
    assert old not in on_disk(fort)
    with pytest.raises(NotFound):
        files.fetch(fort.world, fort.house.ada, old)


def test_going_on_without_choosing_again_keeps_what_was_sent(fort: Fort) -> None:
    mara, page, sent = at_photos(fort)
    paper = send(mara, page, ("a.jpg", photos.jpeg()))
    send(mara, paper, ("bill.pdf", PDF))
    after = send(mara, see(mara, f"{home(page)}/photos"), ("", b""))
    assert after.status_code == 200
    assert len(on_disk(fort)) == 2
    assert len(answers(fort, sent, "photos")) == 1


def test_an_earlier_step_says_what_is_wrong_with_what_is_sent_to_it_anew(fort: Fort) -> None:
    mara, page, sent = at_photos(fort)
    send(mara, page, ("a.jpg", photos.jpeg()))
    again = send(mara, see(mara, f"{home(page)}/photos"), ("b.jpg", b"<html>"))
    assert again.status_code == 422
    assert "JPEG, PNG or WebP" in again.text
    # The picture that was sent first still stands.
    assert on_disk(fort) == {body["file"] for body in kept(fort, sent)}
    assert "A bill?" in see(mara, home(page)).text


def test_nothing_is_kept_of_an_answer_that_is_not_taken(fort: Fort) -> None:
    mara, page, sent = at_photos(fort)
    bad = send(mara, page, ("a.jpg", photos.jpeg()), ("b.jpg", b"\xff\xd8\xff of no picture"))
    assert bad.status_code == 422
    assert "cannot be read" in bad.text
    assert not kept(fort, sent)
    assert not on_disk(fort)
    assert "A bill?" in send(mara, bad, ("a.jpg", photos.jpeg())).text


def test_a_refused_file_is_told_to_the_agents_and_counts_as_a_try(fort: Fort) -> None:
    mara, page, sent = at_photos(fort)
    send(mara, page, ("a.jpg", b"<html>"))
    (event,) = [one for one in fort.house.events(sent.session) if one["kind"] == "run.misunderstood"]
    assert (event["body"]["error"], event["body"]["tries"]) == ("upload_photo", 1)


def signing(fort: Fort) -> tuple[Person, Sent, str]:
    """Somebody at the signature, which takes a fact and a code for this very act."""
    phone = fort.phone()
    mara, page, sent = at_photos(fort, phone)
    done = send(mara, send(mara, page, ("a.jpg", photos.jpeg())), ("", b""))
    asked = mara.press(mara.press(done, choice="done"), act="send")
    page = mara.press(asked, code=fort.texted_code(phone), act="prove")
    assert "Your signature" in page.text
    return mara, sent, page.request.path


def test_a_signature_is_drawn_by_file(fort: Fort) -> None:
    mara, sent, path = signing(fort)
    after = send(mara, see(mara, path), ("signature.png", photos.png(400, 150)), field="name")
    assert "Agreed?" in after.text
    (body,) = answers(fort, sent, "sign")
    assert set(body["value"]) == {"file"}
    assert files.fetch(fort.world, fort.house.ada, body["value"]["file"]).type == "image/png"


def drawn(person: Person, path: str, url: str) -> TestResponse:
    """A signature that a script put into a hidden field."""
    page = see(person, path)
    return post(person, path, [("nonce", forms(page)[0].nonce), ("name.drawn", url)])


def test_a_signature_is_drawn_by_data_url(fort: Fort) -> None:
    mara, sent, path = signing(fort)
    url = "data:image/png;base64," + base64.b64encode(photos.png(400, 150, told=True)).decode()
    after = drawn(mara, path, url)
    assert "Agreed?" in after.text
    got = files.fetch(fort.world, fort.house.ada, answers(fort, sent, "sign")[0]["value"]["file"])
    assert photos.PLACE.encode() not in got.data


@pytest.mark.parametrize(
    "url", ["data:text/html;base64,PGI+", "data:image/png;base64,###", "data:image/png;base64," + "A" * 450_000]
)
def test_a_data_url_that_is_no_picture_is_no_signature(fort: Fort, url: str) -> None:
    mara, sent, path = signing(fort)
    assert drawn(mara, path, url).status_code == 422
    assert not answers(fort, sent, "sign")


def test_a_name_is_typed_instead(fort: Fort) -> None:
    mara, sent, path = signing(fort)
    page = see(mara, path)
    after = mara.post(path, {"nonce": forms(page)[0].nonce, "name.typed": "Mara Lindqvist"})
    assert "Agreed?" in after.text
    assert answers(fort, sent, "sign")[0]["value"] == {"typed": "Mara Lindqvist"}


def test_what_is_sent_is_bounded_by_session_and_site(fort: Fort) -> None:
    mara, page, _ = at_photos(fort)
    setup.set_site(fort.world, fort.house.site.id, options={"files_session": 1})
    full = send(mara, page, ("a.jpg", photos.jpeg()), ("b.jpg", photos.jpeg()))
    assert full.status_code == 422
    assert "no room" in full.text
    assert not on_disk(fort)
    setup.set_site(fort.world, fort.house.site.id, options={"files_site_bytes": 10})
    full = send(mara, full, ("a.jpg", photos.jpeg()))
    assert "no room" in full.text
    setup.set_site(fort.world, fort.house.site.id, options={"files_site_bytes": 10**9})
    assert "A bill?" in send(mara, full, ("a.jpg", photos.jpeg())).text


def test_a_window_below_the_steps_tier_sends_nothing(fort: Fort) -> None:
    sent, stranger = told(fort), fort.person()
    page = stranger.opened(sent)
    assert "Your last name" in page.text
    send(stranger, page, ("a.jpg", photos.jpeg()), field="pictures")
    assert not kept(fort, sent)
    assert not on_disk(fort)


def test_a_posted_text_is_never_a_file(fort: Fort) -> None:
    mara, page, sent = at_photos(fort)
    body = {"nonce": forms(page)[0].nonce, "pictures": "01940000-0000-7000-8000-000000000001"}
    assert mara.post(f"{home(page)}/photos", body).status_code == 422
    assert not answers(fort, sent, "photos")


def test_pictures_are_seen_by_who_sent_them_and_at_the_desk(fort: Fort) -> None:
    mara, page, sent = at_photos(fort)
    send(mara, page, ("a.jpg", photos.jpeg(1200, 900)))
    (body,) = kept(fort, sent)
    path = f"/files/{body['file']}?handle={home(page).split('/')[2]}"
    assert mara.get(path).status_code == 200
    small = mara.get(f"{path}&size=small")
    assert photos.seen(small.data)[0] == (320, 240)
    assert fort.person().get(path).status_code == 401


def test_a_sites_own_picture_is_shown_to_every_window_of_the_site(fort: Fort) -> None:
    made = files.keep_for_site(fort.world, fort.house.key, "map.png", photos.png())
    mara, page, _ = at_photos(fort)
    assert mara.get(f"/files/{made['file']}?handle={home(page).split('/')[2]}").status_code == 200
    assert fort.person().get(f"/files/{made['file']}").status_code == 401


def test_bytes_nobody_tells_of_are_swept(fort: Fort) -> None:
    mara, page, _ = at_photos(fort)
    send(mara, page, ("a.jpg", photos.jpeg()))
    stray = next((Path(fort.world.settings.data_dir) / "files").rglob("*/*")).with_name("0" * 36)
    stray.write_bytes(b"left by a server that died")
    os.utime(stray, (fort.clock.at / 1000,) * 2)
    ticks.tidy(fort.world)
    assert stray.exists()
    fort.clock.on(seconds=2 * 86_400)
    files.sweep(fort.world)
    assert not stray.exists()
    assert len(on_disk(fort)) == 1


def test_what_was_sent_to_something_nobody_finished_is_forgotten_with_it(fort: Fort) -> None:
    mara, page, sent = at_photos(fort)
    ben, other, whole = at_photos(fort)
    send(mara, page, ("a.jpg", photos.jpeg()))
    done = send(ben, send(ben, other, ("a.jpg", photos.jpeg())), ("", b""))
    assert "Left as it is" in ben.press(done, choice="leave").text
    fort.house.pay()
    fort.clock.on(seconds=31 * 86_400)
    ticks.tidy(fort.world)
    assert on_disk(fort) == {body["file"] for body in kept(fort, whole)}
    with pytest.raises(NotFound):
        files.fetch(fort.world, fort.house.ada, kept(fort, sent)[0]["file"])


def test_c14_a_purge_leaves_no_row_no_byte_and_no_page_of_what_was_sent(fort: Fort) -> None:
    mara, page, sent = at_photos(fort)
    done = send(mara, send(mara, page, ("a.jpg", photos.jpeg())), ("bill.pdf", PDF))
    ended = mara.press(done, choice="leave")
    # The window that finished may look at it again until then.
    assert "Left as it is" in see(mara, home(ended)).text
    setup.set_site(fort.world, fort.house.site.id, options={"keep_ms": 3_600_000})
    fort.house.pay()
    fort.clock.on(seconds=25 * 3600)
    ticks.tidy(fort.world)
    assert len(on_disk(fort)) == 2
    fort.clock.on(seconds=2 * 3600)
    ticks.tidy(fort.world)
    assert not on_disk(fort)
    assert not forts.rows(fort)["file"]
    assert not [one for one in fort.house.events(sent.session) if one["body"]]
    assert "Left as it is" not in see(mara, home(ended)).text
