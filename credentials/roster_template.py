"""Pure. An empty class list to fill in, as CSV or XLSX, in French, Arabic or English.

Two rows show how it is done. The word in brackets behind their names marks them: ``rosters.read`` passes such
rows over and says which, so that they may stay, and whoever writes over a name removes the mark with it.
"""

import csv
import io
from dataclasses import dataclass
from datetime import UTC, datetime

import xlsxwriter

from .people import check_digits

_PHONE, _EMAIL, _PASSPORT = (
    "06 83 00 00 01",
    "omar.bennani@example.org",
    f"1000 0000 {check_digits('10000000')}",
)
#: Column → width; the columns that a spreadsheet must not take for numbers; where the language is chosen.
_WIDTHS = (32, 32, 20, 30, 24, 14, 20)
_TEXT_COLUMNS, _LANGUAGE_COLUMN, _LAST_ROW = (2, 4), 5, 10_000
_AS_TEXT = 49  # ECMA-376, 18.8.30
#: Nobody's clock: the same template has the same bytes every day.
_MADE = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """All that the template says in one language."""

    separator: str
    header: tuple[str, ...]
    example: str
    languages: tuple[str, ...]
    sheet: str
    help_sheet: str
    help_lines: tuple[str, ...]


_WORDS = {
    "fr": _Words(
        separator=";",
        header=(
            "Nom complet en lettres latines",
            "Nom complet en lettres arabes",
            "Téléphone",
            "E-mail",
            "Numéro de passeport",
            "Langue",
            "Date d’obtention",
        ),
        example="exemple",
        languages=("français", "arabe", "anglais"),
        sheet="Liste",
        help_sheet="Aide",
        help_lines=(
            "Une personne par ligne, 10 000 au plus. Gardez la première ligne : elle nomme les colonnes.",
            "Écrivez le nom en lettres latines, en lettres arabes, ou les deux. C’est lui qui figure sur le "
            "certificat.",
            "Un téléphone, un e-mail ou un numéro de passeport de l’apprenant suffit pour que la personne "
            "reçoive son certificat. Sans rien, il s’imprime.",
            "La langue est celle des messages. La date s’écrit jour/mois/année ; laissée vide, c’est celle "
            "que vous choisissez en déposant la liste.",
            "Les lignes marquées (exemple) ne sont pas lues. Vous pouvez les laisser.",
            "Une colonne inutile peut rester vide ou être supprimée. Les colonnes que vous ajoutez ne sont "
            "pas lues.",
        ),
    ),
    "ar": _Words(
        separator=";",
        header=(
            "الاسم الكامل بالحروف اللاتينية",
            "الاسم الكامل بالحروف العربية",
            "الهاتف",
            "البريد الإلكتروني",
            "رقم جواز المتعلّم",
            "اللغة",
            "تاريخ الحصول",
        ),
        example="مثال",
        languages=("العربية", "الفرنسية", "الإنجليزية"),
        sheet="اللائحة",
        help_sheet="مساعدة",
        help_lines=(
            "شخص واحد في كل سطر، و10000 على الأكثر. احتفظ بالسطر الأول: فهو يسمّي الأعمدة.",
            "اكتب الاسم بالحروف اللاتينية أو العربية أو بهما معًا. وهو الذي يظهر في الشهادة.",
            "يكفي رقم هاتف أو بريد إلكتروني أو رقم جواز المتعلّم ليتوصّل الشخص بشهادته. وبدونها تُطبع الشهادة.",
            "اللغة هي لغة الرسائل. ويُكتب التاريخ هكذا: اليوم/الشهر/السنة، وإذا تُرك فارغًا فهو التاريخ "
            "الذي تختاره عند إيداع اللائحة.",
            "السطور التي تحمل كلمة (مثال) لا تُقرأ. يمكنك تركها.",
            "كل عمود لا تحتاجه يمكن أن يبقى فارغًا أو يُحذف. والأعمدة التي تضيفها لا تُقرأ.",
        ),
    ),
    "en": _Words(
        separator=",",
        header=(
            "Full name in Latin letters",
            "Full name in Arabic letters",
            "Phone",
            "E-mail",
            "Passport number",
            "Language",
            "Date of award",
        ),
        example="example",
        languages=("English", "French", "Arabic"),
        sheet="List",
        help_sheet="Help",
        help_lines=(
            "One person in each row, 10,000 at most. Keep the first row: it names the columns.",
            "Write the name in Latin letters, in Arabic letters, or both. It is what the certificate shows.",
            "A phone, an e-mail or a learner's passport number is enough for the person to receive the "
            "certificate. Without any, it is printed.",
            "The language is that of messages. Write dates as day/month/year; left empty, it is the date "
            "that you choose when you hand in the list.",
            "Rows marked (example) are not read. You may leave them.",
            "A column that you do not need may stay empty or be removed. Columns that you add are not read.",
        ),
    ),
}


def as_csv(language: str) -> bytes:
    """The template as a CSV file that a spreadsheet opens in the right letters and columns."""
    words = _WORDS[language]
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=words.separator, lineterminator="\r\n").writerows(
        [words.header, *_rows(words)]
    )
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(language: str) -> bytes:
    """The template as a workbook: phones and passport numbers stay text, a second sheet helps."""
    words = _WORDS[language]
    data = io.BytesIO()
    with xlsxwriter.Workbook(data, {"in_memory": True}) as book:
        book.set_properties({"created": _MADE})
        bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        pale = book.add_format({"italic": True, "font_color": "#595959", "num_format": _AS_TEXT})
        text = book.add_format({"num_format": _AS_TEXT})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        sheet, help_sheet = book.add_worksheet(words.sheet), book.add_worksheet(words.help_sheet)
        for place, width in enumerate(_WIDTHS):
            sheet.set_column(place, place, width, text if place in _TEXT_COLUMNS else None)
        sheet.freeze_panes(1, 0)
        for number, cells in enumerate([words.header, *_rows(words)]):
            for place, cell in enumerate(cells):
                sheet.write_string(number, place, cell, pale if number else bold)
        choice = {"validate": "list", "source": list(words.languages)}
        sheet.data_validation(1, _LANGUAGE_COLUMN, _LAST_ROW, _LANGUAGE_COLUMN, choice)
        help_sheet.set_column(0, 0, 90)
        for number, line in enumerate(words.help_lines):
            help_sheet.write_string(number, 0, line, wrapped)
        if language == "ar":
            sheet.right_to_left()
            help_sheet.right_to_left()
    return data.getvalue()


def _rows(words: _Words) -> list[tuple[str, ...]]:
    """Two people who do not exist, each marked as an example in every name."""
    latin, arabic = f"Salma Tazi ({words.example})", f"سلمى التازي ({words.example})"
    return [
        (latin, arabic, _PHONE, "", "", words.languages[0], "05/03/2026"),
        (f"Omar Bennani ({words.example})", "", "", _EMAIL, _PASSPORT, words.languages[1], ""),
    ]
