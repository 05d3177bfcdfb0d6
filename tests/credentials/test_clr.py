"""Records as the kernel composes them, and what is not signed as one."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from credentials import dataintegrity, linkeddata, openbadges, records
from credentials.linting import LintError
from credentials.records import PathwayFacts, RecordFacts, StepFacts
from issuers import profiles
from issuers.signable import Form
from tests.factories import NOW

BASE = "https://passeport.example"
CITY = profiles.city_profile(base_url=BASE, name="Casablanca")
DID = CITY["id"]
ALTERNATE = openbadges.CITY_CONTEXT["names"]["@id"]
STEPS = (
    StepFacts(place=1, name="Premiers pas", done_by=(f"{BASE}/a/0",)),
    StepFacts(place=2, name="Suite", done_by=()),
)
PATHWAY = PathwayFacts(
    url=f"{BASE}/pathways/vers-l-accueil",
    version="2026-11-20",
    title_fr="Vers l’accueil",
    title_ar="نحو الاستقبال",
    about_fr="Du français au métier.",
    about_ar="من الفرنسية إلى المهنة.",
    steps=STEPS,
)
FACTS = RecordFacts(
    issuer=CITY,
    name="Passeport de l’apprenant",
    language="fr",
    name_latin="Salma Tazi",
    name_arabic="سلمى التازي",
    pathways=(PATHWAY,),
)


def certificate(number: int) -> dict[str, Any]:
    """As much of one as a record looks at, with a proof that nobody checks here."""
    proof = dataintegrity.options(
        cryptosuite="eddsa-rdfc-2022", verification_method=f"{DID}:issuers:x#key", created=NOW
    )
    document = {
        "@context": [openbadges.VC_CONTEXT, openbadges.OB_CONTEXT],
        "id": f"{BASE}/c/{number}",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {"id": f"{DID}:issuers:x", "type": ["Profile"], "name": "X"},
        "validFrom": "2026-11-24T10:00:00Z",
        "credentialSubject": {
            "id": f"urn:uuid:00000000-0000-4000-8000-{number:012}",
            "type": ["AchievementSubject"],
            "achievement": {
                "id": f"{BASE}/a/{number}",
                "type": ["Achievement"],
                "name": "Premiers pas",
                "description": "Premiers pas",
                "criteria": {"narrative": "Sait."},
            },
        },
    }
    return dataintegrity.signed(document, proof, bytes(64), array=True)


def composed(facts: RecordFacts = FACTS, *, many: int = 2) -> dict[str, Any]:
    return records.compose(
        facts,
        number=UUID(int=1),
        subject=UUID(int=2),
        valid_from=NOW,
        certificates=[certificate(number) for number in range(many)],
    )


def proof(did: str = DID) -> dict[str, Any]:
    return dataintegrity.options(cryptosuite="eddsa-rdfc-2022", verification_method=f"{did}#key", created=NOW)


def test_what_passes_is_a_proof_of_the_citys() -> None:
    signable = records.lint_record(composed(), proof(), city=DID)
    assert (signable.form, signable.issuer_id, len(signable.payload)) == (Form.PROOF, None, 64)


def test_nothing_in_it_is_left_out_of_what_is_signed() -> None:
    before = dataintegrity.hash_data(composed(), proof(), bounds=linkeddata.OWN)
    changes: tuple[Callable[[dict[str, Any]], object], ...] = (
        lambda about: about["association"][0].update(associationType="isPeerOf"),
        lambda about: about["achievement"][1].update(name="Autre"),
        lambda about: about["achievement"][0][ALTERNATE][1].update({"@value": "آخر"}),
        lambda about: about["identifier"][0].update(identityHash="Selma Tazi"),
        lambda about: about["verifiableCredential"][1]["proof"][0].update(created="2026-11-24T10:00:01Z"),
        lambda about: about["verifiableCredential"][1]["issuer"].update(name="Y"),
    )
    for change in changes:
        document = composed()
        change(document["credentialSubject"])
        assert dataintegrity.hash_data(document, proof(), bounds=linkeddata.OWN) != before


Change = Callable[[dict[str, Any], dict[str, Any]], object]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda d, p: d.update(type=["VerifiableCredential"]), "an unsigned record of the city"),
        (lambda d, p: d.update(issuer={"id": f"{DID}:issuers:x"}), "an unsigned record of the city"),
        (lambda d, p: d.update(proof=[]), "an unsigned record of the city"),
        (lambda d, p: p.update(verificationMethod=f"{DID}:issuers:x#key"), "a key of the issuer"),
        (lambda d, p: d["credentialSubject"].update(verifiableCredential=[]), "number of certificates"),
        (
            lambda d, p: d["credentialSubject"]["verifiableCredential"][0].pop("proof"),
            "certificates with their proofs",
        ),
        (
            lambda d, p: d["credentialSubject"]["verifiableCredential"].append(certificate(0)),
            "each certificate once",
        ),
        (
            lambda d, p: d["credentialSubject"]["association"][0].update(targetId=f"{BASE}/a/9"),
            "associations of what is there",
        ),
        (
            lambda d, p: d["credentialSubject"]["association"][0].update(sourceId=PATHWAY.url),
            "associations of what is there",
        ),
        (lambda d, p: d.update(name="Passeport\u202e"), "a character that may not be signed"),
        (lambda d, p: d.update(nickname="x"), "linked data: UndefinedTerm"),
        (lambda d, p: p.update(cryptosuite="eddsa-2022"), "proof"),
    ],
)
def test_nothing_looser_is_signed(change: Change, rule: str) -> None:
    document, options = composed(), proof()
    change(document, options)
    with pytest.raises(LintError) as refusal:
        records.lint_record(document, options, city=DID)
    assert refusal.value.rule == rule


def test_it_has_its_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MOST", 1)
    with pytest.raises(LintError, match="number of certificates"):
        records.lint_record(composed(), proof(), city=DID)
    monkeypatch.setattr(records, "MOST", 2)
    monkeypatch.setattr(records, "LARGEST", 1000)
    with pytest.raises(LintError, match="document too long"):
        records.lint_record(composed(), proof(), city=DID)


def test_without_pathways_and_names_there_is_nothing_empty_in_it() -> None:
    """Open Badges 3.0, appendix A: empty arrays are left out."""
    facts = RecordFacts(issuer=CITY, name="x", language="fr", name_latin="", name_arabic="")
    about = composed(facts)["credentialSubject"]
    assert not {"achievement", "association", "identifier"} & set(about)
    records.lint_record(composed(facts), proof(), city=DID)


def test_its_digest_changes_with_whatever_it_says() -> None:
    other = RecordFacts(issuer=CITY, name=FACTS.name, language="fr", name_latin="Selma", name_arabic="")
    digests = {
        FACTS.digest(("a", "1"), ("b", "1")),
        FACTS.digest(("b", "1"), ("a", "1")),
        FACTS.digest(("a", "1"), ("b", "2")),
        FACTS.digest(("a", "1")),
        other.digest(("a", "1")),
    }
    assert len(digests) == 5
    assert FACTS.digest(("a", "1")) == FACTS.digest(("a", "1"))


def test_two_hundred_of_one_provider_and_course_are_within_the_bounds() -> None:
    document = composed(many=0)
    same = [certificate(number) for number in range(records.MOST)]
    for each in same:
        each["credentialSubject"]["achievement"]["id"] = f"{BASE}/a/0"
        each["issuer"]["address"] = {"type": ["Address"], "addressLocality": "Casablanca"}
        each["validFrom"] = (NOW - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    document["credentialSubject"]["verifiableCredential"] = same
    assert records.lint_record(document, proof(), city=DID).form is Form.PROOF
