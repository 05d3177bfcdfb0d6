"""What is printed against what was signed: genuine prints never differ, edited ones say where."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from credentials.certificates import CertificateFace, render_pdf
from tests.factories import NOW
from verify import comparing, printed
from verify.comparing import Difference, Field
from verify.errors import Malformed, TooLarge
from verify.report import Reason, Report, Stated, Text

FACE = CertificateFace(
    name_latin="Fatima-Zahra El Idrissi",
    name_arabic="فاطمة الزهراء الإدريسي",
    title_fr="Premiers pas avec le smartphone",
    title_ar="الخطوات الأولى في استعمال الهاتف الذكي",
    outcome_fr="Sait appeler, envoyer une photo et installer une application.",
    outcome_ar="يستطيع الاتصال وإرسال صورة وتثبيت تطبيق.",
    issuer_fr="Médiathèque Ennour de Sidi Moumen",
    issuer_ar="الخزانة الوسائطية النور بسيدي مومن",
    kind="MicroCredential",
    theme="digital",
    level_label="B1 · CNC 3",
    hours=12,
    assessment_fr="Épreuve pratique",
    assessment_ar="اختبار تطبيقي",
    awarded_on=date(2026, 8, 1),
    valid_until=date(2028, 1, 31),
    qr_text="http://localhost:8000/v#" + "1234567890" * 50,
    short_code="BZF3-G3DK-P8FZ",
    address="localhost:8000/v",
    city_fr="Casablanca, ville apprenante",
    city_ar="الدار البيضاء، مدينة التعلّم",
    achievement_id="achievement",
    issuer_id="issuer",
    place="06.141.01.53",
    cnc_level=3,
    jwt="eyJhbGciOiJFUzI1NiJ9.e30.AA",
)
LONG_FR = (
    "Réparation d'appareils électroménagers: diagnostic, sécurité électrique et entretien des machines à "
    "laver, réfrigérateurs et climatiseurs domestiques (niveau 2)"
)
LONG_AR = "إصلاح الأجهزة المنزلية: التشخيص والسلامة الكهربائية وصيانة الغسالات والثلاجات (المستوى 2)"
FRENCH_ONLY = {"title_ar": "", "outcome_ar": ""}
ARABIC_ONLY = {"title_fr": "", "outcome_fr": ""}
#: What may be awarded, as varied as cities are; each is also printed in one language alone.
GENUINE: tuple[dict[str, Any], ...] = (
    {},
    {"name_latin": "Abdelouahed-Moulay-Driss Benabdelkader El Idrissi El Hassani El Alaoui"},
    {"name_arabic": "عبد الواحد مولاي ادريس بن عبد القادر الإدريسي الحسني العلوي"},
    {"name_latin": "N’Diaye Ould M'Hamed", "name_arabic": "لألّاء الآسفي"},
    {"name_latin": "Jean-François d’Aïn", "name_arabic": "مُحَمَّد بنعبد اللّٰه"},
    {"name_latin": "Đặng Thị Hương", "name_arabic": "لا إله الله الأمين"},
    {"name_latin": "Žofia Łukasiewicz-Œuvrard", "name_arabic": "ڤاطمة ڭنون آية الله إلياس"},
    {"name_latin": "A" * 60, "name_arabic": "ابن بطّوطة ـــ كشيدة"},
    {"name_latin": "", "name_arabic": "سلمى التازي"},
    {"name_latin": "Salma Tazi", "name_arabic": ""},
    {"title_fr": LONG_FR, "title_ar": LONG_AR},
    {"title_fr": "C++ & C# 101 – niv. 2", "title_ar": "مقدّمة في C++ و C# 101"},
    {"title_fr": "Office 365 : Word, Excel 2019 – 3", "title_ar": "استعمال Microsoft Excel 365 في المحاسبة"},
    {"title_fr": "Français A2.1 – à l’oral", "title_ar": "لغة فرنسية A2.1 – شفوي"},
    {"title_fr": "العربية", "title_ar": "Excel"},
    {
        "title_fr": "Anticonstitutionnellementissimementadministrativement long",
        "title_ar": "اللّغة ١٢",
    },
    *({"hours": hours} for hours in (1, 2, 3, 11, 100, 1250)),
    {"level_label": "CNC 1", "valid_until": None},
    {"level_label": "A2 · CNC 2", "awarded_on": date(2026, 12, 21), "kind": "CertificateOfCompletion"},
    {"awarded_on": date(2026, 2, 1), "valid_until": date(2031, 5, 11)},
)


def signed(face: CertificateFace) -> Report:
    """The report on a file that was signed with what this face shows."""
    names = ((face.name_latin, "fr"), (face.name_arabic, "ar"))
    titles = ((face.title_fr, "fr"), (face.title_ar, "ar"))
    until = face.valid_until
    stated = Stated(
        names=tuple(Text(text=text, language=language) for text, language in names if text),
        titles=tuple(Text(text=text, language=language) for text, language in titles if text),
        level=face.level_label,
        hours=face.hours,
        awarded_on=face.awarded_on,
        valid_until=datetime(until.year, until.month, until.day, 23, tzinfo=UTC) if until else None,
    )
    code = face.short_code.replace("-", "")
    return Report(
        reason=Reason.VALID,
        headline="",
        sentence="",
        checks=(),
        checked_at=NOW,
        stated=stated,
        short_code=code,
    )


def compared(pdf: bytes, report: Report) -> list[Difference]:
    return comparing.differences(shown=printed.read(pdf), report=report)


def samples() -> Iterator[CertificateFace]:
    for changes in GENUINE:
        for side in ({}, FRENCH_ONLY, ARABIC_ONLY):
            yield replace(FACE, **(changes | side))


@pytest.mark.parametrize("face", list(samples()))
def test_a_genuine_print_never_differs(face: CertificateFace) -> None:
    assert compared(render_pdf(face), signed(face)) == []


def test_lines_come_out_as_they_are_read() -> None:
    lines = [line.text for line in printed.read(render_pdf(FACE)).lines]
    expected = [
        "Fatima-Zahra El Idrissi",
        "فاطمة الزهراء الإدريسي",
        "الدار البيضاء، مدينة التعلّم",
        "شهادة مصغّرة",
    ]
    assert [text for text in expected if text in lines] == expected


@pytest.mark.parametrize(
    ("edit", "found"),
    [
        ({"name_latin": "Omar Alaoui"}, [("name", "Omar Alaoui")]),
        ({"name_latin": "Fatima-Zahra El Idrissi Alaoui"}, [("name", "Fatima-Zahra El Idrissi Alaoui")]),
        ({"name_arabic": "عمر العلوي"}, [("name", "عمر العلوي")]),
        ({"name_arabic": "فاطمة الزهراء الإدريسي العلوي"}, [("name", "فاطمة الزهراء الإدريسي العلوي")]),
        ({"title_fr": "Mécanique automobile"}, [("title", "Mécanique automobile")]),
        ({"title_ar": "ميكانيك السيارات"}, [("title", "ميكانيك السيارات")]),
        ({"title_ar": f"{FACE.title_ar} للخبراء"}, [("title", f"{FACE.title_ar} للخبراء")]),
        ({"title_fr": f"{FACE.title_fr}, expert"}, [("title", f"{FACE.title_fr}, expert")]),
        (
            {"name_latin": "Omar Alaoui", "title_fr": "Mécanique"},
            [("name", "Omar Alaoui"), ("title", "Mécanique")],
        ),
        (
            {"hours": 120},
            [("hours", "Volume horaire 120 heures"), ("hours", "الغلاف الزمني 120 ساعة")],
        ),
        ({"hours": 2}, [("hours", "Volume horaire 2 heures"), ("hours", "الغلاف الزمني ساعتان")]),
        (
            {"level_label": "B2 · CNC 3"},
            [("level", "Niveau B2 · CNC 3"), ("level", "المستوى B2 · الإطار الوطني للإشهاد 3")],
        ),
        (
            {"level_label": "B1 · CNC 8"},
            [("level", "Niveau B1 · CNC 8"), ("level", "المستوى B1 · الإطار الوطني للإشهاد 8")],
        ),
        (
            {"awarded_on": date(2026, 8, 11)},
            [("awarded", "Le 11 août 2026"), ("awarded", "بتاريخ 11 غشت 2026")],
        ),
        (
            {"valid_until": date(2029, 1, 31)},
            [("until", "Valable jusqu’au 31 janvier 2029"), ("until", "صالحة إلى غاية 31 يناير 2029")],
        ),
        ({"valid_until": None}, [("until", ""), ("until", "")]),
        ({"short_code": "AZF3-G3DK-P8FZ"}, [("code", "AZF3-G3DK-P8FZ")]),
    ],
)
def test_an_edited_print_says_where(edit: dict[str, Any], found: list[tuple[str, str]]) -> None:
    differences = compared(render_pdf(replace(FACE, **edit)), signed(FACE))
    assert [(each.field.value, each.printed) for each in differences] == found
    assert all(each.signed for each in differences)


# -- What others make of it -----------------------------------------------------------------------
def edited(change: Any) -> bytes:
    """Our print, changed by another program."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(render_pdf(FACE))))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_a_note_that_lies_over_the_page_is_told() -> None:
    def cover(writer: PdfWriter) -> None:
        from pypdf.annotations import FreeText

        writer.add_annotation(0, FreeText(text="Omar Alaoui", rect=(60, 450, 300, 500)))

    assert [each.field for each in compared(edited(cover), signed(FACE))] == [Field.OVERLAY]


def test_a_print_that_was_only_written_anew_does_not_differ() -> None:
    def compress(writer: PdfWriter) -> None:
        for page in writer.pages:
            page.compress_content_streams()

    assert compared(edited(compress), signed(FACE)) == []


def test_a_page_without_text_cannot_be_compared() -> None:
    writer = PdfWriter()
    writer.add_blank_page(842, 595)
    out = io.BytesIO()
    writer.write(out)
    assert [each.field for each in compared(out.getvalue(), signed(FACE))] == [Field.UNREADABLE]


def page_with(content: bytes, resources: DictionaryObject | None = None) -> bytes:
    """A PDF of one page that draws this."""
    writer = PdfWriter()
    page = writer.add_blank_page(842, 595)
    stream = DecodedStreamObject()
    stream.set_data(content)
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    page[NameObject("/Contents")] = writer._add_object(stream)
    page[NameObject("/Resources")] = resources or DictionaryObject(
        {NameObject("/Font"): DictionaryObject({NameObject("/F1"): writer._add_object(font)})}
    )
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_simple_fonts_escapes_and_brackets_are_read() -> None:
    content = rb"BT /F1 12 Tf 50 700 Td (Salma \(Tazi\) (a) \351t\351) Tj 0 -20 Td <4F6D6172> Tj ET"
    lines = [line.text for line in printed.read(page_with(content)).lines]
    assert lines == ["Salma (Tazi) (a) été", "Omar"]


def test_numbers_behind_an_image_in_the_stream_are_found() -> None:
    content = b"BI /W 1 /H 1 ID \x00(\xff EI BT /F1 12 Tf 1 0 0 1 5 5 Tm [(Sal) -20 (ma)] TJ ET"
    assert [line.text for line in printed.read(page_with(content)).lines] == ["Salma"]


@pytest.mark.parametrize(
    "content",
    [
        b"BT /F1 12 Tf (" * 20_000,
        b"[" * 300_000,
        b"q 1 0 0 1 5 5 cm " * 20_000,
        b"<" + b"0" * 400_000,
        b"BT /F1 12 Tf " + b"(aaaaaaaaaa) Tj " * 25_000,
        b"1 2 3 Tm Td cm Tf",
    ],
    ids=["open", "arrays", "stack", "hex", "long", "short of operands"],
)
def test_whatever_a_stream_holds_is_read_within_bounds_or_refused(content: bytes) -> None:
    try:
        shown = printed.read(page_with(content))
    except Malformed:
        return
    assert sum(len(line.text) for line in shown.lines) <= printed.MAX_GLYPHS


def test_a_table_of_letters_cannot_grow_without_end() -> None:
    ranges = b"beginbfrange" + b"<0000> <FFFFFFFF> <0041>\n" * 5_000 + b"endbfrange"
    assert len(printed._texts(ranges)) <= printed.MAX_CODES
    long = b"beginbfchar <0001> <" + b"0041" * 100_000 + b"> endbfchar"
    assert len(printed._texts(long)[1]) == printed.MAX_OF_CODE


def test_what_is_no_pdf_or_too_large_is_refused() -> None:
    with pytest.raises(Malformed):
        printed.read(b"%PDF-1.7 nothing")
    with pytest.raises(TooLarge):
        printed.read(b"%PDF-" + b"0" * 3_000_000)
