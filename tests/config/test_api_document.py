"""The OpenAPI document: whole, without a warning, an example for everything; and the page that shows it."""

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
import yaml
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client
from django.utils import translation
from drf_spectacular.generators import SchemaGenerator

from config import problems
from credentials.models import Credential
from issuers import apidoc, staff
from issuers.models import Issuer
from tests.factories import NOW, key_room, make_achievement, make_credential, make_issuer, make_member

__all__ = ["key_room"]
Operation = tuple[str, dict[str, Any]]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]  # not typed
    made: dict[str, Any] = generator.get_schema(public=True)  # type: ignore[no-untyped-call]  # as above
    return made


def operations(document: dict[str, Any]) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def bodies(operation: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """What is asked and answered: ``request`` or a status, the media type, its description."""
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        yield "request", media_type, content
    for status, answer in operation["responses"].items():
        for media_type, content in answer.get("content", {}).items():
            yield status, media_type, content


def test_the_openapi_document_is_made_without_a_warning(tmp_path: Any) -> None:
    target = tmp_path / "openapi.yaml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(target))
    made = yaml.safe_load(target.read_text())
    assert made["openapi"].startswith("3.")
    assert made["components"]["securitySchemes"]["apiClient"]["scheme"] == "bearer"


def test_every_address_of_the_contract_is_described(document: dict[str, Any]) -> None:
    assert {name for name, _ in operations(document)} == {
        "GET /api/v1/achievements",
        "GET /api/v1/achievements/{achievement_id}",
        "GET /api/v1/batches",
        "POST /api/v1/batches",
        "GET /api/v1/batches/{batch_id}",
        "POST /api/v1/batches/{batch_id}/cancel",
        "POST /api/v1/batches/{batch_id}/retry",
        "GET /api/v1/batches/{batch_id}/rows",
        "PATCH /api/v1/batches/{batch_id}/rows/{row}",
        "GET /api/v1/credentials/{credential_id}",
        "POST /api/v1/credentials/{credential_id}/reinstate",
        "POST /api/v1/credentials/{credential_id}/replace",
        "POST /api/v1/credentials/{credential_id}/revoke",
        "POST /api/v1/credentials/{credential_id}/suspend",
        "GET /api/v1/issuers",
        "POST /api/v1/messages/{message_id}/receipt",
        "POST /api/v1/verify",
    }


def test_every_operation_has_a_summary_and_a_shelf(document: dict[str, Any]) -> None:
    shelves = {tag["name"] for tag in document["tags"]}
    for name, operation in operations(document):
        assert operation.get("summary"), name
        assert set(operation["tags"]) <= shelves, name


def test_everything_asked_and_answered_has_an_example(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        for part, media_type, content in bodies(operation):
            assert content.get("examples"), f"{name}: {part} {media_type}"


def test_every_example_is_as_its_schema_says(document: dict[str, Any]) -> None:
    checked = 0
    for name, operation in operations(document):
        for part, media_type, content in bodies(operation):
            if not media_type.endswith("json"):
                continue
            schema = content["schema"] | {"components": document["components"]}
            validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
            for title, example in content["examples"].items():
                faults = [fault.message for fault in validator.iter_errors(example["value"])]
                assert not faults, f"{name}: {part} {title}"
                checked += 1
    assert checked > 100


def test_every_operation_describes_its_refusals_as_problem_documents(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        refused = {status: answer for status, answer in operation["responses"].items() if status[0] == "4"}
        assert {kind for answer in refused.values() for kind in answer["content"]} == {apidoc.PROBLEM}, name
        ways_in = {way for choice in operation["security"] for way in choice}
        expected = {"apiClient": {"401", "403", "429"}, "gateway": {"401"}}
        assert set().union(*map(expected.__getitem__, ways_in)) <= refused.keys(), name
        assert ways_in or "429" in refused, name


@pytest.mark.parametrize("code", apidoc.REFUSALS)
def test_a_refusal_is_described_as_it_is_given(code: str) -> None:
    with translation.override("en"):
        known = {each.code: each for each in problems.known()}
    status, sentence = apidoc.REFUSALS[code]
    assert known[code].status == status
    if "…" not in known[code].sentence and code != "bad-award":  # which says what in particular
        assert known[code].sentence == sentence


def test_an_answer_is_as_its_schema_says(client: Client, db: None, key_room: Any, document: Any) -> None:
    issuer = make_issuer()
    achievement = make_achievement(issuer)
    credential = make_credential(achievement)
    batch = credential.award.batch_id
    headers = bearer(issuer, "read")
    paths = document["paths"]
    for template, path in (
        ("/api/v1/achievements", "/api/v1/achievements"),
        ("/api/v1/achievements/{achievement_id}", f"/api/v1/achievements/{achievement.pk}"),
        ("/api/v1/batches", "/api/v1/batches"),
        ("/api/v1/batches/{batch_id}", f"/api/v1/batches/{batch}"),
        ("/api/v1/batches/{batch_id}/rows", f"/api/v1/batches/{batch}/rows"),
        ("/api/v1/credentials/{credential_id}", f"/api/v1/credentials/{credential.pk}"),
        ("/api/v1/issuers", "/api/v1/issuers"),
    ):
        content = paths[template]["get"]["responses"]["200"]["content"]["application/json"]
        schema = content["schema"] | {"components": document["components"]}
        validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
        answer = client.get(path, headers=headers)
        assert answer.status_code == 200
        assert not [fault.message for fault in validator.iter_errors(answer.json())], path
        example = next(iter(content["examples"].values()))["value"]
        assert set(example) == set(answer.json()), path


# -- Its pages ------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_the_openapi_document_is_served(client: Client) -> None:
    answer = client.get("/api/schema/?format=json")
    assert answer.status_code == 200
    assert answer.json()["info"]["title"]


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["fr", "ar", "en"])
def test_the_page_of_the_document_brings_all_it_needs_from_this_house(client: Client, language: str) -> None:
    html = client.get("/api/docs/", headers={"Accept-Language": language}).content.decode()
    assert 'data-document="/api/schema/?format=json"' in html
    for path in (
        "drf_spectacular_sidecar/swagger-ui-dist/swagger-ui.css",
        "drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js",
        "js/api-docs.js",
    ):
        assert f"/static/{path}" in html
        assert finders.find(path)


@pytest.mark.django_db
def test_the_type_of_a_problem_leads_to_its_line(client: Client) -> None:
    answer = client.get("/api/v1/batches/x")
    kind = answer.json()["type"].removeprefix("http://localhost:8000")
    page, anchor = kind.split("#")
    html = client.get(page).content.decode()
    assert f'id="{anchor}"' in html
    for code in ("list-too-many-rows", "nobody-to-issue", "key-reused", "issuer-suspended", "malformed"):
        assert f'id="{code}"' in html


# -- Programs -------------------------------------------------------------------------------------
def bearer(issuer: Issuer, *scopes: str) -> dict[str, str]:
    """The header of a program of this issuer."""
    owner = make_member(issuer, "owner")
    made = staff.create_api_client(issuer=issuer, name="Logiciel", scopes=list(scopes), by=owner, now=NOW)
    return {"authorization": f"Bearer {made.token}"}


@pytest.mark.django_db
def test_a_program_revokes_within_its_scope_and_house(client: Client, key_room: Any) -> None:
    issuer, other = make_issuer(), make_issuer()
    credential = make_credential(make_achievement(issuer))
    path = f"/api/v1/credentials/{credential.pk}/revoke"
    body = {"reason": "issued-in-error"}

    def send(path: str, headers: dict[str, str] | None = None) -> Any:
        return client.post(path, body, content_type="application/json", headers=headers)

    assert send(path).status_code == 401
    assert send(path, {"authorization": "Bearer nobody.nothing"}).status_code == 401
    assert send(path, bearer(issuer, "read")).status_code == 403
    foreign = send(path, bearer(other, "revoke"))
    unknown = send(path.replace(credential.pk, "x" * 22), bearer(other, "revoke"))
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.json()["detail"] == unknown.json()["detail"]
    answer = send(path, bearer(issuer, "revoke"))
    assert answer.json()["status"] == Credential.Status.REVOKED
    again = send(path, bearer(issuer, "revoke"))
    assert again.status_code == 409
    assert again["Content-Type"] == "application/problem+json"


@pytest.mark.django_db
def test_a_wrong_field_is_named_in_the_problem(client: Client, key_room: Any) -> None:
    issuer = make_issuer()
    credential = make_credential(make_achievement(issuer))
    answer = client.post(
        f"/api/v1/credentials/{credential.pk}/suspend",
        data={"reason": "because"},
        content_type="application/json",
        headers=bearer(issuer, "revoke"),
    )
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == ["reason"]


@pytest.mark.django_db
def test_a_program_reads_its_providers_courses_alone(client: Client, key_room: Any) -> None:
    issuer, other = make_issuer(), make_issuer()
    mine = make_achievement(issuer)
    make_achievement(other)
    body = client.get("/api/v1/achievements", headers=bearer(issuer, "read")).json()
    assert [row["id"] for row in body["results"]] == [mine.pk]


def test_a_refusals_code_is_its_name() -> None:
    class IssuerSuspended(Exception):
        pass

    assert problems.code_of(IssuerSuspended()) == "issuer-suspended"
