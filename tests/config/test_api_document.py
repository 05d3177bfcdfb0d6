"""The OpenAPI document: whole, without a warning, and served."""

from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.test import Client

from config import problems
from credentials.models import Credential
from issuers import staff
from issuers.models import Issuer
from tests.factories import NOW, key_room, make_achievement, make_credential, make_issuer, make_member

__all__ = ["key_room"]


def test_the_openapi_document_is_made_without_a_warning(tmp_path: Any) -> None:
    target = tmp_path / "openapi.yaml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(target))
    document = yaml.safe_load(target.read_text())
    assert "/api/v1/verify" in document["paths"]
    assert document["components"]["securitySchemes"]["apiClient"]["scheme"] == "bearer"


@pytest.mark.django_db
def test_the_openapi_document_is_served(client: Client) -> None:
    assert client.get("/api/schema/").status_code == 200


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
    rows = client.get("/api/v1/achievements", headers=bearer(issuer, "read")).json()
    assert [row["id"] for row in rows] == [mine.pk]


def test_a_refusals_code_is_its_name() -> None:
    class IssuerSuspended(Exception):
        pass

    assert problems.code_of(IssuerSuspended()) == "issuer-suspended"
