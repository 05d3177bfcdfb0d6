"""The demo's ways: six pathways over its courses, and what Fatima-Zahra learned without a certificate."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from credentials import frameworks
from issuers.models import Arrondissement, Membership, Role
from passport import declaring, months, signposts
from passport.models import Learner

from . import people

if TYPE_CHECKING:
    from .seed import Story

#: Theme, titles, texts in French and Arabic, and the steps: courses by their code, or levels.
WAYS: tuple[tuple[str, str, str, str, str, tuple[tuple[str, ...], ...]], ...] = (
    (
        "languages",
        "Lire, écrire, se débrouiller",
        "القراءة والكتابة وقضاء الأغراض",
        "Des premières lettres aux démarches en ligne : lire, écrire, et ne plus dépendre de personne.",
        "من الحروف الأولى إلى الخدمات الإدارية عبر الإنترنت: القراءة والكتابة دون الاعتماد على أحد.",
        (("C01",), ("C02", "language:fr:A1"), ("C08",), ("C09",)),
    ),
    (
        "languages",
        "Travailler en centre de contact",
        "العمل في مركز الاتصال",
        "Du français du quotidien au métier de conseiller client, que les entreprises recherchent.",
        "من فرنسية الحياة اليومية إلى مهنة مستشار الزبناء التي تطلبها مقاولات المدينة.",
        (("C02", "language:fr:A1"), ("C30",), ("C03", "language:fr:B1"), ("C28",)),
    ),
    (
        "digital",
        "Du premier smartphone au bureau",
        "من أول هاتف ذكي إلى العمل المكتبي",
        "Se servir d’un téléphone, se protéger, s’informer, puis écrire et calculer sur un ordinateur.",
        "استعمال الهاتف والحماية والبحث عن المعلومة، ثم الكتابة والحساب على الحاسوب.",
        (("C08",), ("C11", "digital:4:basic"), ("C12",), ("C10",)),
    ),
    (
        "financial",
        "Ouvrir sa petite activité",
        "إطلاق مشروع صغير",
        "Tenir un budget, ouvrir un compte, prendre un statut, vendre en ligne, tenir ses comptes.",
        "تدبير الميزانية وفتح حساب واختيار النظام والبيع عبر الإنترنت ومسك الحسابات.",
        (("C15",), ("C16",), ("C18",), ("C14",), ("C19",)),
    ),
    (
        "health",
        "Prendre soin des siens et des autres",
        "العناية بالأسرة وبالآخرين",
        "Les gestes qui sauvent, l’alimentation, la mère et l’enfant : les bases d’une aide de santé.",
        "إسعافات تنقذ الحياة وتغذية سليمة وصحة الأم والطفل: أسس المساعدة الصحية.",
        (("C20",), ("C21",), ("C25",), ("C22",)),
    ),
    (
        "trades",
        "Poser des panneaux solaires",
        "تركيب الألواح الشمسية",
        "Travailler en sécurité sur un chantier, apprendre l’installation, puis se mettre à son compte.",
        "العمل بأمان في الورش وتعلم التركيب، ثم العمل لحسابك الخاص.",
        (("C20",), ("C29",), ("C30", "C18")),
    ),
)
#: Kind, title, place, district, began, ended, skill (the beginning of its French name), in her own words.
FATIMAS_LIFE: tuple[tuple[str, str, str, str, str, str, str, str], ...] = (
    ("school", "École primaire", "École Ibn Tachfine", "Hay-Mohammadi", "2000", "2005", "", ""),
    ("school", "Collège, jusqu’en troisième année", "", "Hay-Mohammadi", "2005", "2009", "", ""),
    (
        "work",
        "Couturière, atelier de quartier",
        "Atelier de Lalla Aïcha",
        "Hay-Mohammadi",
        "mars 2012",
        "octobre 2019",
        "coudre",
        "Coupe, assemblage, retouches. J’ai formé deux apprenties.",
    ),
    ("family", "Trois ans auprès de ma grand-mère", "", "Sidi Moumen", "2019", "2022", "", ""),
    (
        "circle",
        "Cercle de lecture du samedi",
        "Médiathèque Ennour",
        "Sidi Moumen",
        "janvier 2023",
        "",
        "",
        "Un livre par mois, en arabe et en français.",
    ),
    (
        "volunteering",
        "Accueil au guichet de l’association",
        "Association Tiwizi des femmes",
        "Sidi Othmane",
        "septembre 2024",
        "juin 2025",
        "service à la client",
        "",
    ),
)


def tell(story: "Story") -> None:
    """The city publishes its pathways; Fatima-Zahra tells her life."""
    official = {
        role: Membership.objects.filter(issuer__isnull=True, role=role).select_related("person")[0].person
        for role in (Role.OFFICER, Role.APPROVER)
    }
    moment = story.opened + timedelta(days=60)
    for theme, title_fr, title_ar, about_fr, about_ar, steps in WAYS:
        made = signposts.propose(
            theme=theme,
            title_fr=title_fr,
            title_ar=title_ar,
            about_fr=about_fr,
            about_ar=about_ar,
            steps=[[_way(story, one) for one in any_of] for any_of in steps],
            by=official[Role.OFFICER],
            now=moment,
        )
        signposts.publish(pathway=made, by=official[Role.APPROVER], now=moment + timedelta(days=3))
    learner = Learner.objects.get(addresses__value=people.FATIMA_PHONE, addresses__kind="phone")
    for line in FATIMAS_LIFE:
        _declare(learner, *line, now=story.now - timedelta(days=200))


def _way(story: "Story", one: str) -> str:
    provider = story.provider_of.get(one)
    return f"course:{story.issuers[provider].slug}/{one}" if provider else one


def _declare(
    learner: Learner,
    kind: str,
    title: str,
    place: str,
    district: str,
    began: str,
    ended: str,
    skill: str,
    about: str,
    *,
    now: Any,
) -> None:
    from_list = [uri for uri, one in frameworks.skills().items() if skill and one.fr.startswith(skill)]
    declaring.declare(
        learner=learner,
        kind=kind,
        title=title,
        place=place,
        arrondissement=Arrondissement.objects.get(name_fr=district),
        began=months.read(began),
        ended=months.read(ended) if ended else None,
        skills=from_list,
        about=about,
        now=now,
    )
