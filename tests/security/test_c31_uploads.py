"""C31: what strangers send. By the form of a running app and by the API alike: nothing of theirs ever acts, fills or tells."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from tests.support import photos
from tests.support.examples import many
from tests.support.fort import BASE, BEARER, Fort, home, see
from tests.support.pages import SAME, forms
from tests.support.sending import answers, at_photos, kept, on_disk, post, send
from widget_server.actions import pictures, setup, uploads
from widget_server.actions.uploads import MAX_FILE, MAX_REQUEST, Sent, Unfit
from widget_server.web.apps.receiving import MAX_READ

SCRIPT = b"<script>alert(document.cookie)</script>"
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 64


def archive() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as into:
        into.writestr("index.html", SCRIPT)
    return made.getvalue()


NO_FILE = {
    "gif-script": b"GIF89a/*" + SCRIPT + b"*/",
    "svg-script": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT + b"</svg>",
    "svg-after-blanks": b" " * 5_000 + b'<svg onload="alert(1)"/>',
    "html": b"<!doctype html>" + SCRIPT,
    "html-after-text": b"Dear Sirs\n" * 200 + SCRIPT,
    "zip": archive(),
    "program": b"MZ\x90\0" + b"\0" * 100,
    "elf": b"\x7fELF" + b"\0" * 100,
    "heic": HEIC,
    "empty": b"",
    "nulls": b"\0" * 100,
}


def over_api(fort: Fort, data: bytes, name: str = "photo.jpg") -> TestResponse:
    """As the company's own server sends a file."""
    session = fort.api("POST", "/v1/sessions", {"identity": {"phone": fort.phone()}}).json["id"]  # type: ignore[index]
    # Encoded here: the client would put a large form into a temporary file that nobody closes.
    boundary, body = encode_multipart({"session": session, "file": FileStorage(io.BytesIO(data), name, "file")})
    headers = {**BEARER, "Content-Type": f"multipart/form-data; boundary={boundary}"}
    return fort.app.test_client().post("/v1/files", base_url=BASE, data=body, headers=headers)


def got(fort: Fort, file: str, **query: str) -> TestResponse:
    return fort.app.test_client().get(f"/files/{file}", base_url=BASE, headers=BEARER, query_string=query)


@pytest.mark.parametrize("kind", NO_FILE)
def test_c31_what_is_no_picture_is_refused_whatever_it_is_called(fort: Fort, kind: str) -> None:
    before = on_disk(fort)
    mara, page, sent = at_photos(fort)
    assert send(mara, page, ("photo.jpg", NO_FILE[kind])).status_code == 422
    assert over_api(fort, NO_FILE[kind]).status_code == 422
    assert not kept(fort, sent)
    assert on_disk(fort) == before


@pytest.mark.parametrize("data", [b"%PDF-1.7 a bill", b"plain words"], ids=["pdf", "text"])
def test_c31_a_photo_field_takes_pictures_only(fort: Fort, data: bytes) -> None:
    mara, page, sent = at_photos(fort)
    again = send(mara, page, ("photo.jpg", data))
    assert again.status_code == 422
    assert "JPEG, PNG or WebP" in again.text
    assert not kept(fort, sent)


def test_c31_heic_is_told_what_to_do(fort: Fort) -> None:
    mara, page, _ = at_photos(fort)
    assert 'accept="image/jpeg,image/png,image/webp"' in page.text
    assert "Most Compatible" in send(mara, page, ("IMG_1.HEIC", HEIC)).text


HIDDEN = {
    "png-trailing-html": photos.png() + SCRIPT,
    "png-comment": photos.png(told=True) + SCRIPT,
    "jpeg-trailing-zip": photos.jpeg() + archive(),
    "jpeg-comment": photos.written(photos.drawn(), "JPEG", comment=SCRIPT),
    "jpeg-exif": photos.jpeg(told=True),
    "webp-xmp": photos.webp(told=True),
    "webp-trailing": photos.webp() + SCRIPT,
}


@pytest.mark.parametrize("kind", HIDDEN)
def test_c31_only_pixels_are_kept_of_a_picture(fort: Fort, kind: str) -> None:
    """A file that is two things at once is one afterwards, and says neither where nor when nor by what it was taken."""
    data = HIDDEN[kind]
    file = over_api(fort, data, "photo.html").json["file"]  # type: ignore[index]
    answer = got(fort, file)
    assert photos.seen(answer.data) == photos.seen(data)
    for left in (SCRIPT, b"script", b"PK\x03\x04", photos.PLACE.encode(), b"Exif", b"icc ", b"GPS", b"XMP", b"xmp"):
        assert left not in answer.data
    assert "photo.html" not in answer.headers["Content-Disposition"]


@pytest.mark.parametrize("turned", range(1, 9))
def test_c31_a_picture_stands_upright_without_saying_how_it_was_held(fort: Fort, turned: int) -> None:
    kept_ = pictures.redrawn(photos.jpeg(64, 48, turned=turned), pictures.JPEG)
    size, corners = photos.seen(kept_.data)
    assert size == ((64, 48) if turned < 5 else (48, 64))
    # The white corner is where that orientation puts it.
    where = {1: 0, 2: 1, 3: 3, 4: 2, 5: 0, 6: 1, 7: 3, 8: 2}
    assert corners[where[turned]] == 2


def test_c31_the_longer_edge_is_bounded(fort: Fort) -> None:
    kept_ = pictures.redrawn(photos.jpeg(4_000, 3_000, told=True, turned=6), pictures.JPEG)
    assert photos.seen(kept_.data)[0] == (1_920, 2_560)
    assert got(fort, over_api(fort, photos.png(3_000, 10)).json["file"]).data.startswith(b"\x89PNG")  # type: ignore[index]


def test_c31_fifty_megapixels_are_refused_before_anything_is_decoded(fort: Fort) -> None:
    # A head without pixels: whoever began to decode it would find it broken, not large.
    head = photos.bomb()[:60]
    mara, page, _ = at_photos(fort)
    again = send(mara, page, ("large.png", head))
    assert again.status_code == 422
    assert "50 megapixels" in again.text
    assert "megapixels" in over_api(fort, head).text


@pytest.mark.parametrize("data", [photos.bomb(), photos.text_bomb()], ids=["pixels", "remark"])
def test_c31_bombs_are_refused(fort: Fort, data: bytes) -> None:
    assert len(data) < 200_000
    mara, page, sent = at_photos(fort)
    assert send(mara, page, ("small.png", data)).status_code == 422
    assert over_api(fort, data).status_code == 422
    assert not kept(fort, sent)


def test_c31_a_pdf_that_is_a_zip_is_only_ever_an_attachment(fort: Fort) -> None:
    data = b"%PDF-1.7 " + SCRIPT + archive()
    file = over_api(fort, data, "bill.html").json["file"]  # type: ignore[index]
    answer = got(fort, file)
    assert answer.data == data
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''bill.pdf"


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (photos.jpeg(), "a.svg"),
        (photos.png(), "a.html"),
        (b"%PDF-1.7", "a.exe"),
        (b"words", "a.xhtml"),
        (b"a,b", "a.csv"),
    ],
)
def test_c31_a_file_is_handed_out_so_that_it_can_do_nothing(fort: Fort, data: bytes, name: str) -> None:
    file = over_api(fort, data, name).json["file"]  # type: ignore[index]
    for answer in (got(fort, file), got(fort, file, size="small")):
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "sandbox" in policy.replace(";", "").split()
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Disposition"].startswith("attachment;")
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == "no-store"
        ending = answer.headers["Content-Disposition"].rpartition(".")[2]
        assert ending in {"jpg", "png", "pdf", "txt", "csv"}


def test_c31_a_file_has_a_name_of_its_own_and_lies_sealed(fort: Fort) -> None:
    before = on_disk(fort)
    file = over_api(fort, b"the words of Lindqvist", "lindqvist.txt").json["file"]  # type: ignore[index]
    assert on_disk(fort) - before == {file}
    (path,) = (Path(fort.world.settings.data_dir) / "files").rglob(file)
    assert b"Lindqvist" not in path.read_bytes()
    assert "lindqvist" not in str(path)


# sizes and numbers


class Endless(io.RawIOBase):
    """A body that goes on and on; `given` says how much of it was asked for."""

    def __init__(self, begin: bytes, size: int) -> None:
        self.begin, self.size, self.at, self.given = begin, size, 0, 0

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.at

    def seek(self, at: int, whence: int = 0) -> int:
        self.at = at + (self.size if whence else 0)
        return self.at

    def readinto(self, into: Any) -> int:
        size = min(len(into), self.size - self.at)
        into[:size] = self.begin[self.at : self.at + size].ljust(size, b"x")
        self.at += size
        self.given += size
        return size


def streamed(fort: Fort, size: int, page: TestResponse, person: Any, path: str) -> tuple[TestResponse, Endless]:
    nonce = forms(page)[0].nonce
    begin = (
        f'--B\r\nContent-Disposition: form-data; name="nonce"\r\n\r\n{nonce}\r\n'
        '--B\r\nContent-Disposition: form-data; name="pictures"; filename="a.jpg"\r\n\r\n'
    ).encode()
    body = Endless(begin, size)
    headers = {**SAME, "Content-Type": "multipart/form-data; boundary=B", "Content-Length": str(size)}
    answer = person.client.post(path, base_url=person.base, input_stream=body, headers=headers, content_length=size)
    return answer, body


def test_c31_a_file_too_large_is_let_go_as_it_comes_and_the_page_says_so(fort: Fort) -> None:
    mara, page, sent = at_photos(fort)
    again = send(mara, page, ("large.jpg", photos.jpeg() + b"x" * MAX_FILE), ("good.jpg", photos.jpeg()))
    assert again.status_code == 422
    assert f"larger than {MAX_FILE // 1024**2} MB" in again.text
    assert not kept(fort, sent)
    assert "A bill?" in send(mara, again, ("good.jpg", photos.jpeg())).text
    assert over_api(fort, b"x" * (MAX_FILE + 70_000)).status_code == 413
    assert over_api(fort, b"x" * (MAX_FILE + 1)).status_code == 422


def test_c31_what_was_typed_is_kept_beside_a_file_that_is_not_taken(fort: Fort) -> None:
    phone = fort.phone()
    mara, page, _ = at_photos(fort, phone)
    done = send(mara, send(mara, page, ("a.jpg", photos.jpeg())), ("", b""))
    asked = mara.press(mara.press(done, choice="done"), act="send")
    page = mara.press(asked, code=fort.texted_code(phone), act="prove")
    again = send(mara, page, ("s.png", b"\x89PNG\r\n\x1a\n"), field="name", **{"name.typed": "Mara Lindqvist"})
    assert again.status_code == 422
    assert 'value="Mara Lindqvist"' in again.text


def test_c31_a_post_too_large_to_be_read_is_refused_by_what_it_says_of_itself(fort: Fort) -> None:
    mara, page, sent = at_photos(fort)
    answer, body = streamed(fort, MAX_READ + 1, page, mara, f"{home(page)}/photos")
    assert answer.status_code == 413
    assert f"more than {MAX_REQUEST // 1024**2} MB" in answer.text
    assert 'type="file"' in answer.text
    assert body.given == 0
    assert not kept(fort, sent)


def test_c31_who_sends_no_files_here_is_not_listened_to_for_long(fort: Fort) -> None:
    mara, page, _ = at_photos(fort)
    choose = send(mara, send(mara, page, ("a.jpg", photos.jpeg())), ("", b""))
    answer, body = streamed(fort, 1_000_000, choose, mara, f"{home(page)}/right")
    assert answer.status_code == 413
    assert body.given == 0


def test_c31_more_files_than_asked_for_are_refused_and_so_are_endless_parts(fort: Fort) -> None:
    mara, page, sent = at_photos(fort)
    again = send(mara, page, *[(f"{number}.jpg", photos.jpeg()) for number in range(4)])
    assert again.status_code == 422
    assert not kept(fort, sent)
    parts: list[tuple[str, Any]] = [("nonce", forms(again)[0].nonce), *[(f"x{n}", "y") for n in range(200)]]
    assert post(mara, f"{home(page)}/photos", parts).status_code == 413


@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=é"]
)
def test_c31_a_form_that_is_none_changes_nothing(fort: Fort, kind: str) -> None:
    mara, page, sent = at_photos(fort)
    headers = {**SAME, "Content-Type": kind}
    path = f"{home(page)}/photos"
    for body in (b"", b"--B\r\nnonsense", b"\0" * 1000):
        assert mara.client.post(path, base_url=mara.base, data=body, headers=headers).status_code in (303, 413)
    assert not answers(fort, sent, "photos")


def test_c31_files_of_another_site_or_without_the_pages_nonce_are_not_taken(fort: Fort) -> None:
    mara, page, sent = at_photos(fort)
    assert send(mara, page, ("a.jpg", photos.jpeg()), nonce="forged").status_code == 200
    assert not kept(fort, sent)
    headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    data = {"nonce": forms(page)[0].nonce, "pictures": (io.BytesIO(photos.jpeg()), "a.jpg")}
    refused = mara.client.post(f"{home(page)}/photos", base_url=mara.base, data=data, headers=headers)
    assert refused.status_code == 403
    assert not kept(fort, sent)


def test_c31_a_session_has_room_for_so_much_and_no_more(fort: Fort) -> None:
    mara, page, sent = at_photos(fort)
    setup.set_site(fort.world, fort.house.site.id, options={"files_session_bytes": 1_000})
    try:
        full = send(mara, page, ("a.jpg", photos.jpeg(400, 300)))
        assert full.status_code == 422
        assert "no room" in full.text
        assert over_api(fort, b"x" * 2_000).status_code == 403
    finally:
        setup.set_site(fort.world, fort.house.site.id, options={"files_session_bytes": 10**8})
    assert not kept(fort, sent)
    assert "A bill?" in send(mara, see(mara, home(page)), ("a.jpg", photos.jpeg(400, 300))).text


# anything at all

WHOLE = [photos.jpeg(told=True), photos.png(told=True), photos.webp(told=True), b"%PDF-1.7", b"GIF89a", HEIC]


@st.composite
def hostile(draw: st.DrawFn) -> bytes:
    """A picture with bytes changed, cut, doubled or put in."""
    data = bytearray(draw(st.sampled_from(WHOLE)))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        how = draw(st.sampled_from(["change", "cut", "put", "double"]))
        if how == "change" and data:
            data[at] = draw(st.integers(0, 255))
        elif how == "cut":
            del data[at:]
        elif how == "put":
            data[at:at] = draw(st.binary(max_size=40))
        else:
            data[at:at] = data[at : at + 200]
    return bytes(data)


@given(data=st.one_of(hostile(), st.binary(max_size=300)))
@pytest.mark.parametrize("examples", [many(100)])
def test_c31_whatever_is_sent_is_taken_anew_or_refused(data: bytes, examples: int) -> None:
    try:
        taken = uploads.take(Sent("x.jpg", lambda: data))
    except Unfit:
        return
    assert taken.type in uploads.DOCUMENTS
    if taken.type in uploads.PICTURES:
        assert uploads.kind_of(taken.data) == taken.type
        assert photos.PLACE.encode() not in taken.data
        assert max(photos.seen(taken.data)[0]) <= pictures.LONGEST
    else:
        assert taken.data == data
