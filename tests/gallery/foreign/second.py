"""Assertions of Open Badges 2.0: whole, and broken in one place each, every issuer on a host of its own."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.gallery.make import itxt, png
from tests.verify.foreign import badges2
from tests.verify.foreign.badges2 import (
    ASSERTION,
    BADGE,
    HOME,
    KEY,
    PROFILE,
    REVOKED,
    WEAK,
    assertion,
    pem,
    to_sign,
)

RECIPIENT = assertion()["recipient"]
ELSEWHERE = {"allowedOrigins": "autre.example"}
OTHER = "https://autre.example/issuer"


@dataclass(frozen=True, kw_only=True)
class Case:
    """What is said otherwise: in the assertion that is handed over, and on the issuer's pages."""

    given: dict[str, Any] = field(default_factory=dict)
    hosted: dict[str, Any] = field(default_factory=dict)  # the same in the copy that is hosted
    page: str = ""
    changes: dict[str, Any] = field(default_factory=dict)
    key: Any = badges2.RSA
    header: dict[str, Any] = field(default_factory=dict)
    gone: bool = False


def both(**changes: Any) -> Case:
    """The assertion as it is hosted says so too."""
    return Case(given=changes, hosted=changes)


HOSTED = {
    "whole.ob2-hosted": Case(),
    "status-revoked.ob2-hosted": Case(page=ASSERTION, changes={"revoked": True}),
    "ob2-differs.recipient": Case(given={"recipient": RECIPIENT | {"identity": "sha256$" + "0" * 64}}),
    "ob2-differs.salt": Case(given={"recipient": RECIPIENT | {"salt": "kosher"}}),
    "ob2-differs.issuedOn": Case(given={"issuedOn": "2018-06-01T09:00:00Z"}),
    "ob2-differs.expires": Case(given={"expires": "2030-01-01T00:00:00Z"}),
    "ob2-gone.assertion": Case(page=ASSERTION, gone=True),
    "ob2-gone.badge-class": Case(page=BADGE, gone=True),
    "ob2-other-id.badge-class": Case(page=BADGE, changes={"id": f"{HOME}/badges/8"}),
    "ob2-other-id.issuer": Case(page=PROFILE, changes={"id": OTHER}),
    "ob2-scope.startsWith": Case(page=PROFILE, changes={"verification": {"startsWith": f"{HOME}/badges/"}}),
    "ob2-scope.allowedOrigins": Case(page=PROFILE, changes={"verification": ELSEWHERE}),
    "ob2-scope.issuer-elsewhere": Case(page=BADGE, changes={"issuer": OTHER}),
    "ob2-no-address.urn": both(id="urn:uuid:7b0f7c7e-31c3-4a0e-9f4f-0b3f3bb4c2a2"),
    "ob2-not-as-declared.signed": both(verification={"type": "SignedBadge", "creator": KEY}),
    "schema-missing-recipient.ob2": both(recipient=None),
    "schema-missing-verification.ob2": both(verification=None),
    "schema-form-identity.ob2": both(recipient=RECIPIENT | {"identity": "sha256$12"}),
    "schema-form-context.ob2": both(**{"@context": "https://w3id.org/openbadges/v1"}),
    "schema-missing-image.ob2-badge": Case(page=BADGE, changes={"image": None}),
    "schema-missing-email.ob2-issuer": Case(page=PROFILE, changes={"email": None}),
    "expired.ob2-hosted": both(expires="2020-01-01T00:00:00Z"),
}  # fmt: skip
SIGNED = {
    "whole.ob2-signed": Case(),
    "status-revoked.ob2-signed": Case(page=REVOKED, changes={"revokedAssertions": [{"id": to_sign()["id"]}]}),
    "status-list-issuer.ob2": Case(page=REVOKED, changes={"issuer": OTHER}),
    "status-list-form.ob2": Case(page=REVOKED, changes={"revokedAssertions": "none"}),
    "status-unreachable.ob2": Case(page=REVOKED, gone=True),
    "method-unreachable.ob2": Case(page=KEY, gone=True),
    "method-weak-key.ob2": Case(page=KEY, changes={"publicKeyPem": pem(WEAK)}),
    "method-key.ob2": Case(page=KEY, changes={"publicKeyPem": "no key"}),
    "method-document.ob2": Case(page=KEY, changes={"id": f"{HOME}/keys/2"}),
    "issuer-not-controller.ob2-owner": Case(page=KEY, changes={"owner": OTHER}),
    "issuer-not-controller.ob2-not-listed": Case(page=PROFILE, changes={"publicKey": [f"{HOME}/keys/2"]}),
    "proof-tampered.ob2-other-key": Case(key=WEAK),
    "ob2-not-as-declared.hosted": Case(given={"verification": {"type": "HostedBadge"}}),
    "token-alg.ob2": Case(header={"alg": "ES256"}),
    "token-alg.ob2-none": Case(header={"alg": "none"}),
    "token-header.ob2": Case(header={"jku": "https://evil.example/k"}),
    "not-yet-valid.ob2": Case(given={"issuedOn": "2027-01-01T00:00:00Z"}),
    "schema-missing-badge.ob2-signed": Case(given={"badge": None}),
}  # fmt: skip


def _of(host: str, value: Any) -> Any:
    """The same for an issuer on this host."""
    return json.loads(json.dumps(value).replace("ancien.example", host))


def _host(name: str) -> str:
    return name.replace(".", "-").lower() + ".example"


def _signed(name: str, case: Case) -> str:
    return badges2.signed(_of(_host(name), to_sign(**case.given)), key=case.key, **case.header)


def files() -> Iterator[tuple[str, bytes]]:
    """Hosted assertions as JSON, signed ones as JWS, and pictures of both."""
    for name, case in HOSTED.items():
        yield (
            f"{name}.json",
            json.dumps(_of(_host(name), assertion(**case.given)), ensure_ascii=False).encode(),
        )
    for name, case in SIGNED.items():
        yield f"{name}.jwt", _signed(name, case).encode()
    whole = _signed("whole.ob2-signed", Case())
    yield "whole.ob2-baked.png", png(itxt(whole, keyword=b"openbadges"))
    yield (
        "whole.ob2-baked-link.png",
        png(itxt(_of(_host("whole.ob2-hosted"), ASSERTION), keyword=b"openbadges")),
    )
    head, _body, signature = whole.split(".")
    other = _signed("whole.ob2-signed", Case(given={"issuedOn": "2019-06-01T09:00:01Z"})).split(".")
    yield "proof-tampered.ob2-baked.png", png(itxt(f"{head}.{other[1]}.{signature}", keyword=b"openbadges"))
    yield "more-than-one-credential.ob2.png", png(itxt(whole, keyword=b"openbadges"), itxt(whole))


def pages() -> dict[str, Any]:
    """What the hosts of all these answer."""
    made: dict[str, Any] = {OTHER: badges2.pages()[PROFILE] | {"id": OTHER}}
    for name, case in (HOSTED | SIGNED).items():
        site = badges2.pages() | {ASSERTION: assertion(**case.hosted)}
        if case.gone:
            del site[case.page]
        elif case.page:
            page = site[case.page] | case.changes
            site[case.page] = {member: value for member, value in page.items() if value is not None}
        made |= _of(_host(name), site)
    return made
