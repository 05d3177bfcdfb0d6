"""Each code that the checks can give has its sentence, and no sentence is left over."""

import re
from pathlib import Path

import pytest
from django.utils import translation

from verify import endorsed
from verify.foreign import schemas, wording, wording_checks
from verify.foreign.report import Step, failed

SOURCES = "\n".join(
    path.read_text()
    for path in sorted(Path(wording.__file__).parent.glob("*.py"))
    if not path.name.startswith("wording")
)


def test_every_code_of_status_and_older_badges_has_a_sentence_and_no_other_has() -> None:
    given = set(re.findall(r'"((?:status|ob2)-[a-z-]+[a-z])"', SOURCES))
    told = {code for code in wording_checks.CHECKS if not code.startswith("schema-")}
    assert given == told


def test_every_code_of_endorsements_has_a_sentence_and_no_other_has() -> None:
    judging = Path(endorsed.__file__).read_text()
    given = set(re.findall(r'"(endorsement-[a-z-]+[a-z])"', SOURCES + judging))
    assert given == wording_checks.ENDORSEMENTS.keys()
    for code in re.findall(r'Own\(code="([a-z-]+)"', judging):
        assert code in wording_checks.ENDORSEMENTS or code in wording.FAULTS


def test_every_kind_of_fault_of_structure_has_a_sentence_that_names_the_member() -> None:
    kinds = set(re.findall(r'_fault\("([a-z]+)"', SOURCES)) | {"null", "empty"}
    assert {f"schema-{kind}-" for kind in kinds} <= wording_checks.FAMILIES.keys()
    for start in wording_checks.FAMILIES:
        said = str(wording.of(failed(Step.SCHEMA, f"{start}criteria")))
        assert "criteria" in said
        assert "{" not in said


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_the_sentence_follows_the_language_of_whoever_reads_it(language: str) -> None:
    found = wording.of(failed(Step.SCHEMA, "schema-missing-criteria"))
    with translation.override("en"):
        english = str(found)
    with translation.override(language):
        assert "criteria" in str(found) != english


def test_what_a_stranger_calls_a_member_is_not_repeated_unless_it_is_a_plain_name() -> None:
    document = {
        "@context": [],
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "credentialSubject": {"achievement": {}, "call this number: +212": None},
    }
    codes = {fault.code for fault in schemas.faults(document, root="AchievementCredential")}
    assert "schema-null-member" in codes
    assert not any("212" in code for code in codes)
