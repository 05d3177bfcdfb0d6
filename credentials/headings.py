"""Pure. What the columns of a class list are called: in French, Arabic and English, however written."""

import re
import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What a column holds.

    Of a name also which part (``full``, ``first``, ``last``, or ``any``: “Nom” is a whole name, or the last
    name beside “Prénom”), the script if the heading says so, and the script that the heading is written in.
    """

    field: str
    part: str = ""
    script: str = ""
    written_in: str = ""


_ARABIC_LETTERS = str.maketrans("أإآٱىئؤة", "ااااييوه", "ـء")
_PREFIX = re.compile(r"^(?:وال|بال|لل|ال)(?=\w{3})")
_WORD = re.compile(r"[^\W\d_]+")
_ENDING = re.compile(r"\((?:e|s|es|ne|ة)\)|·(?:e|s|es)\b")  # apprenant(e), apprenant·es
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


#: Words that say nothing about what a column holds.
_FILLERS = _set("""
    de du des d l le la les et en a au the of and in for s person personne lettre lettres caractere caracteres
    letters characters script complet complete full entier legal
    حروف احرف و في من عن كامل كامله خاص خاصه
""")
_NUMBERS = _set("n no nr num numero numeros number رقم")
_PEOPLE = _set("""
    participant participants participante participantes apprenant apprenants apprenante apprenantes
    stagiaire stagiaires eleve eleves etudiant etudiants etudiante etudiantes candidat candidats candidate
    candidates beneficiaire beneficiaires titulaire titulaires
    learner learners student students trainee trainees holder
    مشارك مشاركه مشاركين متعلم متعلمه متعلمين مستفيد مستفيده مستفيدين متدرب متدربه متدربين تلميذ تلميذه
    طالب طالبه صاحب صاحبه
""")
_WHOLE = _set("complet complete full entier كامل")
_SCRIPTS = {
    "latin": _set("latin latine latins latines francais francaise fr french لاتيني لاتينيه فرنسيه"),
    "arabic": _set("arabe arabes arabic ar عربي عربيه"),
}
_NAMES = {
    "any": "nom|noms|name|names|اسم",
    "full": """
        nom prenom|noms prenoms|nom prenoms|noms prenom|fullname|nomcomplet|nomprenom|identite
        |first last name|first name surname|name surname
        |اسم نسب|اسم لقب|اسم شخصي عايلي|شخصي عايلي
    """,
    "first": """
        prenom|prenoms|first name|firstname|given name|given names|givenname|forename
        |اسم شخصي|شخصي|اسم اول
    """,
    "last": """
        nom famille|last name|lastname|surname|family name|familyname
        |نسب|لقب|اسم عايلي|عايلي|اسم عايله
    """,
}
_FIELDS = {
    "phone": """
        telephone|telephones|tel|telephone portable|tel portable|telephone mobile|tel mobile|gsm|tel gsm
        |portable|mobile|whatsapp|tel whatsapp|telephone whatsapp|contact telephonique
        |phone|phones|mobile phone|cell phone|cellphone
        |هاتف|تليفون|تلفون|محمول|هاتف محمول|هاتف نقال|نقال|جوال|هاتف جوال|واتساب
    """,
    "email": """
        email|emails|e mail|mail|mel|courriel|adresse email|adresse e mail|adresse mail|adresse courriel
        |adresse electronique|courrier electronique|email address|e mail address
        |بريد الكتروني|بريد كتروني|بريد|عنوان الكتروني|عنوان بريد الكتروني|ايميل
    """,
    "passport": "passeport|passport|city passport|passeport ville|جواز|جواز مدينه",
    "language": """
        langue|langue certificat|langue attestation|langue message|langue messages|langue contact
        |langue preferee|language|lang|certificate language|message language|preferred language
        |لغه|لغه شهاده|لغه رساله
    """,
    "awarded_on": """
        date|date obtention|date delivrance|date attribution|date reussite|date certificat
        |date attestation|date fin|date fin formation|delivre|obtenu
        |awarded|awarded on|award date|date awarded|issue date|completion date|certificate date
        |تاريخ|تاريخ حصول|تاريخ منح|تاريخ تسليم|تاريخ شهاده|تاريخ اصدار|تاريخ نجاح|تاريخ نهايه تكوين
    """,
}


def _meanings() -> dict[frozenset[str], tuple[str, str]]:
    """Each set of words with the field and, of a name, the part that it means."""
    meant: dict[frozenset[str], tuple[str, str]] = {}
    for part, phrases in _NAMES.items():
        meant |= {frozenset(phrase.split()): ("name", part) for phrase in phrases.split("|")}
    for field, phrases in _FIELDS.items():
        meant |= {frozenset(phrase.split()): (field, "") for phrase in phrases.split("|")}
    return meant


_MEANS = _meanings()


def understand(text: str) -> Heading | None:
    """What the heading says, or ``None``; a heading in two languages must say the same in both."""
    words = _words(text)
    if not words or len(words) > 12:
        return None
    arabic = [word for word in words if word[0] >= "\u0600"]
    latin = [word for word in words if word[0] < "\u0600"]
    if not (arabic and latin):
        return _in_one_language(words, "arabic" if arabic else "latin")
    one, other = _in_one_language(latin, "latin"), _in_one_language(arabic, "arabic")
    if one is None or other is None or one.field != other.field:
        return None
    parts = {one.part, other.part} - {"any"} or {"any"}
    if len(parts) > 1 or (one.script and other.script and one.script != other.script):
        return None
    return Heading(field=one.field, part=parts.pop(), script=one.script or other.script)


def _in_one_language(words: list[str], written_in: str) -> Heading | None:
    script = ""
    kept = set()
    for word in words:
        named = next((name for name, known in _SCRIPTS.items() if word in known), "")
        if named:
            script = named
        elif word not in _FILLERS and word not in _NUMBERS and word not in _PEOPLE:
            kept.add(word)
    if not kept and set(words) & _PEOPLE and not set(words) & _NUMBERS:
        return Heading(field="name", part="full", script=script, written_in=written_in)
    field, part = _MEANS.get(frozenset(kept), ("", ""))
    if not field or (field != "name" and script):
        return None
    if part == "any" and _WHOLE & set(words):
        part = "full"
    return Heading(field=field, part=part, script=script, written_in=written_in)


def _words(text: str) -> list[str]:
    """The words without case, accents, signs, digits and Arabic articles."""
    decomposed = unicodedata.normalize("NFKD", _CAMEL.sub(" ", _ENDING.sub("", text))).casefold()
    bare = "".join(c for c in decomposed if not unicodedata.combining(c) and unicodedata.category(c) != "Cf")
    words = _WORD.findall(bare.replace("_", " ").translate(_ARABIC_LETTERS))
    return [_PREFIX.sub("", word) for word in words]
