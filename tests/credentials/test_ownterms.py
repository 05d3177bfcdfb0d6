"""The city's terms by their full names: the same graph, published contexts alone, and the way back."""

from typing import Any

import pytest

from credentials import linkeddata, openbadges, ownterms

from .test_documents import course, facts


def credential(**changes: Any) -> dict[str, Any]:
    return openbadges.credential(facts(achievement=course(**changes)))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"title_ar": "", "criteria_ar": ""},
        {"title_fr": "", "criteria_fr": ""},
        {"mode_uri": "", "assessment_uri": "", "prerequisites": "", "identity_check": ""},
    ],
    ids=["both languages", "French alone", "Arabic alone", "the least"],
)
def test_both_spellings_make_the_same_graph(changes: dict[str, str]) -> None:
    ours = credential(**changes)
    spelled = ownterms.spelled_out(ours)
    assert spelled["@context"] == [openbadges.VC_CONTEXT, openbadges.OB_CONTEXT]
    assert linkeddata.canonical(spelled) == linkeddata.canonical(ours)


def test_no_term_of_ours_is_left_and_all_of_them_come_back() -> None:
    ours = credential()
    spelled = ownterms.spelled_out(ours)["credentialSubject"]["achievement"]
    assert not openbadges.CITY_CONTEXT.keys() & spelled.keys()
    assert ownterms.TERM_OF.keys() <= spelled.keys()
    assert ownterms.in_our_words(spelled) == ours["credentialSubject"]["achievement"]


def test_what_was_composed_stays_as_it_was() -> None:
    ours = credential()
    ownterms.spelled_out(ours)
    assert ours == credential()


@pytest.mark.parametrize("value", ["PT50H", ["PT50H"], {"other": 1}, [{"@value": "x"}], [1], None], ids=str)
def test_what_somebody_else_wrote_there_does_no_harm(value: Any) -> None:
    for name in ownterms.TERM_OF:
        assert list(ownterms.in_our_words({name: value})) == [ownterms.TERM_OF[name]]
