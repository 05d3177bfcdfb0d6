"""A suite as it drives the endpoints: posts JSON, reads JSON."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from tests.standards import CONTEXTS

V1, V2 = "https://www.w3.org/2018/credentials/v1", "https://www.w3.org/ns/credentials/v2"
BASE = "https://passport.example"
EXAMPLES = "https://www.w3.org/ns/credentials/examples/v2"


@dataclass(frozen=True)
class Suite:
    """One of the names under ``/vc-api/``."""

    name: str

    def post(self, path: str, body: Any) -> Any:
        data = body if isinstance(body, str) else json.dumps(body)
        return Client().post(
            f"/vc-api/{self.name}/{path}", data, content_type="application/json", secure=True
        )

    @property
    def issuer(self) -> str:
        return str(Client().get(f"/vc-api/{self.name}", secure=True).json()["issuer"])

    def asked(self, **changes: Any) -> dict[str, Any]:
        """A plain credential; a change to ``None`` leaves the member out."""
        whole = {
            "@context": [V2],
            "type": ["VerifiableCredential"],
            "issuer": self.issuer,
            "credentialSubject": {"id": "did:example:subject", "name": "سلمى التازي"},
        }
        return {name: value for name, value in (whole | changes).items() if value is not None}

    def issue(self, credential: dict[str, Any]) -> Any:
        return self.post("credentials/issue", {"credential": credential, "options": {}})

    def issued(self, **changes: Any) -> dict[str, Any]:
        answer = self.issue(self.asked(**changes))
        assert answer.status_code == 201, answer.content
        found: dict[str, Any] = answer.json()["verifiableCredential"]
        return found

    def verify(self, credential: Any) -> Any:
        body = {"verifiableCredential": credential, "options": {"checks": ["proof"]}}
        return self.post("credentials/verify", body)

    def present(self, presentation: Any, **options: str) -> Any:
        return self.post("presentations/verify", {"verifiablePresentation": presentation, "options": options})


@pytest.fixture
def suite(settings: Settings, tmp_path: Any) -> Callable[[str], Suite]:
    """A suite by its name; contexts of the suites' own are known as ``VC_API_DOCUMENTS`` names them."""
    settings.ROOT_URLCONF = "tests.verify.conformance.urls"
    settings.BASE_URL, settings.HOST = BASE, "passport.example"
    if CONTEXTS.is_dir():
        known = {
            EXAMPLES: str(CONTEXTS / "credentials-examples-v2.test-only.jsonld"),
            V2: [str(CONTEXTS / "credentials-v2.2024-07-03.test-only.jsonld")],
        }
        index = tmp_path / "documents.json"
        index.write_text(json.dumps(known))
        settings.VC_API_DOCUMENTS = str(index)
    return Suite
