"""Baked pictures: the very file is inside, once, where readers look; ours and others take it out again."""

import io
import json
import struct
import zlib
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

import png  # type: ignore[import-untyped]  # pypng carries no types
import pytest
from django.test import Client
from django.urls import reverse
from openbadgeslib import baking as others

from credentials import badges, baking, posting, securing
from credentials.errors import NotYours
from credentials.models import Credential, SecuredDocument
from credentials.people import Person
from issuers import keys, orders
from passport.models import Entry
from tests.factories import NOW, key_room, make_achievement, make_credential, make_issuer, make_learner
from verify import carriers
from verify.errors import Malformed

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=5)
SVG = "{http://www.w3.org/2000/svg}"
MAX_PICTURE = 200_000
PIXEL = io.BytesIO()
png.Writer(1, 1, greyscale=True).write(PIXEL, [[0]])
DOT = PIXEL.getvalue()
DRAWING = (
    b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0"/></svg>'
)


@pytest.fixture
def credential(key_room: Path) -> Credential:
    course = make_achievement(make_issuer(), title_ar="مدخل إلى الحاسوب")
    found = make_credential(course, Person(name_latin="Salma Tazi", name_arabic="سلمى التازي"))
    securing.secure_new(now=LATER, within=None)
    return found


def file_of(credential: Credential) -> str:
    return SecuredDocument.objects.get(credential=credential).body


def baked(credential: Credential, kind: str) -> bytes:
    data = badges.baked(credential=credential, kind=kind, now=LATER)
    assert data is not None
    return data


def into_svg(document: str = "{}", picture: bytes = DRAWING) -> bytes:
    return baking.into_svg(picture, document=document, title="Un & deux", description="<badge>")


def chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """Every chunk of a PNG, its checksum looked at."""
    return [
        (kind.encode() if isinstance(kind, str) else kind, body)
        for kind, body in png.Reader(bytes=data).chunks()
    ]


# -- The very file, once --------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["png", "svg"])
def test_our_own_verifier_takes_out_the_file_byte_for_byte(credential: Credential, kind: str) -> None:
    data = baked(credential, kind)
    found = carriers.from_png(data) if kind == "png" else carriers.from_svg(data.decode())
    assert found == file_of(credential)
    assert "سلمى التازي" in found


def test_another_library_takes_it_out_of_the_png(credential: Credential) -> None:
    data = baked(credential, "png")
    found = others.extract_png(data, keyword=others.ITXT_KEYWORD_OB3)
    assert found == file_of(credential)


def test_another_library_takes_it_out_of_the_svg(credential: Credential) -> None:
    data = baked(credential, "svg")
    found = others.extract_svg(data, element=others.SVG_ELEMENT_OB3, text_fallback=True)
    assert found == file_of(credential)


def test_we_take_out_what_another_library_baked(credential: Credential) -> None:
    body = file_of(credential)
    assert carriers.from_png(others.bake_png(DOT, body, keyword=others.ITXT_KEYWORD_OB3)) == body
    drawn = others.bake_svg(
        DRAWING, body, element=others.SVG_ELEMENT_OB3, namespace=others.SVG_NS_OB3, as_text=True
    )
    assert carriers.from_svg(drawn.decode()) == body


# -- Where it lies --------------------------------------------------------------------------------
def test_the_chunk_is_one_not_compressed_and_before_the_image(credential: Credential) -> None:
    found = chunks(baked(credential, "png"))
    kinds = [kind for kind, _ in found]
    assert kinds[:2] == [b"IHDR", b"iTXt"]
    assert kinds.index(b"IDAT") > kinds.index(b"iTXt")
    carried = [body for kind, body in found if kind == b"iTXt" and body.startswith(b"openbadgecredential\0")]
    assert len(carried) == 1
    assert carried[0].startswith(b"openbadgecredential\0\0\0\0\0{")


def test_the_element_comes_first_and_its_namespace_stands_on_the_drawing(credential: Credential) -> None:
    data = baked(credential, "svg").decode()
    head, _, rest = data.partition(">")
    assert f'xmlns:openbadges="{baking.NAMESPACE}"' in head
    assert rest.startswith("<openbadges:credential><![CDATA[{")
    assert data.count("<openbadges:credential") == data.count("<![CDATA[") == 1
    root = ElementTree.fromstring(data)  # noqa: S314  # our own
    assert root[0].tag == f"{{{baking.NAMESPACE}}}credential"
    assert "verify" not in root[0].attrib


def test_what_would_end_the_element_is_written_otherwise() -> None:
    told = json.dumps({"name": "a]]>b", "note": "<svg> & ]]"})
    found = carriers.from_svg(into_svg(told).decode())
    assert json.loads(found) == json.loads(told)
    assert others.extract_svg(into_svg(told), element=others.SVG_ELEMENT_OB3, text_fallback=True) == found


@pytest.mark.parametrize("picture", [b"", b"GIF89a", DRAWING, DOT[:8], DOT[:10] + b"IDAT" + DOT[14:]])
def test_what_is_no_png_is_refused(picture: bytes) -> None:
    with pytest.raises(baking.NoPicture):
        baking.into_png(picture, document="{}", texts={})


@pytest.mark.parametrize("picture", [b"", b"<html></html>"])
def test_what_is_no_drawing_is_refused(picture: bytes) -> None:
    with pytest.raises(baking.NoPicture):
        into_svg(picture=picture)


def test_nothing_is_baked_twice(credential: Credential) -> None:
    with pytest.raises(baking.NoPicture):
        baking.into_png(baked(credential, "png"), document="{}", texts={})
    with pytest.raises(baking.NoPicture):
        into_svg(picture=into_svg())


def test_two_in_one_are_refused_by_our_verifier(credential: Credential) -> None:
    data = baked(credential, "png")
    length = struct.unpack_from(">I", data, baking.HEADER)[0]
    chunk = data[baking.HEADER : baking.HEADER + 12 + length]
    with pytest.raises(Malformed):
        carriers.from_png(data[: baking.HEADER] + chunk + data[baking.HEADER :])


# -- What is seen ---------------------------------------------------------------------------------
def test_the_png_is_a_square_that_says_what_it_shows(credential: Credential) -> None:
    data = baked(credential, "png")
    width, height, pixels, _ = png.Reader(bytes=data).read_flat()
    assert (width, height) == (1000, 1000)
    assert len(set(pixels[::997])) > 3  # it is not blank
    assert len(data) - len(file_of(credential)) <= MAX_PICTURE
    texts = {
        body.partition(b"\0")[0].decode(): body[body.index(b"\0") + 5 :].decode()
        for kind, body in chunks(data)
        if kind == b"iTXt"
    }
    course = credential.achievement
    assert texts["Title"] == f"{course.title_fr} – {course.title_ar}"
    assert course.issuer.name_fr in texts["Description"]
    assert course.issuer.name_ar in texts["Description"]


def test_the_drawing_needs_no_font_and_nothing_from_elsewhere(credential: Credential) -> None:
    root = ElementTree.fromstring(baked(credential, "svg"))  # noqa: S314  # our own
    assert root.attrib["role"] == "img"
    assert root.find(f"{SVG}title") is not None
    assert root.find(f"{SVG}desc") is not None
    names = {element.tag for element in root.iter()}
    assert not names & {f"{SVG}{name}" for name in ("text", "image", "script", "style", "foreignObject")}
    places = [value for element in root.iter() for name, value in element.attrib.items() if "href" in name]
    assert all(place.startswith("#") for place in places)
    assert sum(element.tag == f"{SVG}svg" for element in root.iter()) == 3  # itself, badge and frieze


def test_nobodys_name_is_drawn_so_that_one_is_made_for_all(credential: Credential) -> None:
    other = make_credential(credential.achievement, Person(name_latin="Omar Alami"))
    securing.secure_new(now=LATER, within=None)
    pictures = []
    for each in (credential, other):
        (picture,) = {
            baked(each, "svg").decode().replace(file_of(each), "") for _ in range(2)
        }  # the same each time
        pictures.append(picture)
    assert pictures[0] == pictures[1]
    assert "Tazi" not in pictures[0]
    achievement = credential.achievement
    assert posting.square(achievement=achievement, kind="png") is posting.square(
        achievement=achievement, kind="png"
    )


@pytest.mark.parametrize("languages", [("fr",), ("ar",), ("fr", "ar")])
def test_a_course_has_its_picture_in_the_languages_it_has(key_room: Path, languages: tuple[str, ...]) -> None:
    titles = {"fr": "Titre " + "très long " * 12, "ar": "عنوان طويل جدا " * 8}
    course = make_achievement(
        make_issuer(),
        **{f"title_{each}": titles[each].strip() if each in languages else "" for each in titles},
    )
    picture = posting.square(achievement=course, kind="png")
    assert picture.title == " – ".join(titles[each].strip() for each in languages)
    assert len(picture.data) < MAX_PICTURE


# -- Over HTTP ------------------------------------------------------------------------------------
@pytest.mark.parametrize(("kind", "content_type"), [("png", "image/png"), ("svg", "image/svg+xml")])
def test_whoever_has_the_link_has_the_picture(
    client: Client, credential: Credential, kind: str, content_type: str
) -> None:
    answer = client.get(reverse(f"credential-{kind}", args=[credential.pk]))
    assert (answer.status_code, answer["Content-Type"]) == (200, content_type)
    assert answer.content == baked(credential, kind)
    assert answer["Cache-Control"] == "no-store"
    assert answer["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_a_private_one_is_its_holders(client: Client, credential: Credential, kind: str) -> None:
    Credential.objects.filter(pk=credential.pk).update(visibility=Credential.Visibility.PRIVATE)
    assert client.get(reverse(f"credential-{kind}", args=[credential.pk])).status_code == 404
    learner = make_learner()
    Entry.objects.create(learner=learner, credential=credential, how=Entry.How.CONFIRMED, filed_at=NOW)
    client.force_login(learner)
    assert client.get(reverse(f"me-{kind}", args=[credential.pk])).content == baked(credential, kind)


def test_it_is_said_that_it_is_being_prepared(
    client: Client, credential: Credential, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "PATIENCE", 0.0)
    SecuredDocument.objects.all().delete()
    answer = client.get(reverse("credential-png", args=[credential.pk]))
    assert (answer.status_code, answer["Retry-After"]) == (202, "2")


def test_a_person_reads_that_it_is_being_prepared_and_her_browser_asks_again(
    client: Client, credential: Credential, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "PATIENCE", 0.0)
    SecuredDocument.objects.all().delete()
    address = reverse("credential-png", args=[credential.pk])
    answer = client.get(address, headers={"Accept": "text/html,image/png,*/*;q=0.8", "Accept-Language": "fr"})
    assert (answer.status_code, answer["Retry-After"], answer["Refresh"]) == (202, "2", "2")
    assert "Votre fichier est en préparation" in answer.content.decode()
    for accept in ("image/*", "*/*", "application/json"):
        program = client.get(address, headers={"Accept": accept})
        assert (program.status_code, program.content) == (202, b"")
        assert "Refresh" not in program


FILES = ("png", "svg", "json", "elm")


def test_the_certificates_pages_offer_its_files(client: Client, credential: Credential) -> None:
    learner = make_learner()
    Entry.objects.create(learner=learner, credential=credential, how=Entry.How.CONFIRMED, filed_at=NOW)
    public = client.get(reverse("credential", args=[credential.pk])).content.decode()
    client.force_login(learner)
    own = client.get(reverse("me-entry", args=[credential.pk])).content.decode()
    for room, page in (("credential", public), ("me", own)):
        for name in FILES:
            address = reverse(f"{room}-{name}", args=[credential.pk])
            assert f'href="{address}"' in page
            assert client.get(address).status_code == 200
        assert page.count("<details") >= 1


def test_there_is_none_of_what_was_signed_with_a_withdrawn_key(credential: Credential) -> None:
    keys.mark_compromised(key=credential.key, by=None, now=LATER)
    credential.key.refresh_from_db()
    with pytest.raises(NotYours):
        badges.baked(credential=credential, kind="png", now=LATER)


def test_the_carried_chunk_has_the_checksum_it_should(credential: Credential) -> None:
    data = baked(credential, "png")
    length = struct.unpack_from(">I", data, baking.HEADER)[0]
    body = data[baking.HEADER + 4 : baking.HEADER + 8 + length]
    (checksum,) = struct.unpack_from(">I", data, baking.HEADER + 8 + length)
    assert zlib.crc32(body) == checksum
