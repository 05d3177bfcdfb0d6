"""The API as its document describes it, asked with whatever fits that document and whatever does not.

Nothing makes it fail (no 5xx), every answer is one that the document names, and what the document forbids is
refused. Cases follow from the document alone, so that a run repeats; ``SCHEMATHESIS_CASES`` asks for more.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.specs.openapi import checks

from tests.furnished import NAMES, House, furnished

load_all_checks()
pytestmark = pytest.mark.django_db
#: Cases of each operation in each of three ways: what fits, what does not, and ids that nobody has.
CASES = int(os.environ.get("SCHEMATHESIS_CASES", "70"))
DOCUMENT: dict[str, Any] = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]  # not typed
OPERATIONS = [(path, method) for path, methods in DOCUMENT["paths"].items() for method in methods]
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
    checks.missing_required_header,
]


@pytest.fixture(scope="module")
def house(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    with django_db_blocker.unblock(), furnished(tmp_path_factory.mktemp("house")) as house:
        yield house


@pytest.fixture(scope="module")
def described() -> Iterator[Any]:
    """The document over the product itself, in this process and within its transaction."""
    schema = schemathesis.openapi.from_dict(DOCUMENT)
    schema.app = WSGIHandler()
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield schema
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def real_ids(house: House, path: str) -> dict[str, Any]:
    """The words of a path with things that are there."""
    kinds = NAMES | {"batch_id": "running-list"}
    return {word: house.things[kind].own for word, kind in kinds.items() if f"{{{word}}}" in path}


def breakable(path: str, method: str) -> bool:
    """Whether the document forbids anything there: an id may be any text."""
    operation = DOCUMENT["paths"][path][method]
    return "requestBody" in operation or any(p["in"] != "path" for p in operation.get("parameters", ()))


WAYS = [
    (path, method, way)
    for path, method in OPERATIONS
    for way in ("fits", "does not fit", "names nothing")
    if way != "does not fit" or breakable(path, method)
]


@pytest.mark.parametrize(("path", "method", "way"), WAYS, ids=[f"{m.upper()} {p} {w}" for p, m, w in WAYS])
def test_every_answer_is_one_that_the_document_names(
    house: House, described: Any, path: str, method: str, way: str
) -> None:
    operation = described[path][method.upper()]
    token = house.tokens["gateway" if path.endswith("/receipt") else "all"]
    given_ids = {} if way == "names nothing" else {"path_parameters": real_ids(house, path)}
    cases = operation.as_strategy(
        generation_mode=GenerationMode.NEGATIVE if way == "does not fit" else GenerationMode.POSITIVE,
        headers={"Authorization": f"Bearer {token}"},
        **given_ids,
    )

    @settings(
        max_examples=CASES,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def try_it(case: Any) -> None:
        with transaction.atomic():
            answer = case.call()
            transaction.set_rollback(True)
        case.validate_response(answer, checks=CHECKS)

    try_it()
