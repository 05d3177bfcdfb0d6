"""Codes and signed files checked with a bundle alone; most of these tests have no database to ask."""

import io
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone, translation
from pytest_django import Settings

from credentials import bundle, bundling, paper, reading, revocation, statuslists
from credentials.models import Credential
from issuers import cose, jose, keys, profiles, trust
from issuers.errors import NotTrusted
from issuers.models import Publication
from tests.factories import NOW, make_achievement, make_credential, make_issuer, publish_keys
from verify import standalone, verifier
from verify.errors import Malformed
from verify.report import Reason, Report, Verdict

from . import vector

VECTOR = json.loads(vector.FILE.read_text())
SOON = vector.AT + timedelta(minutes=1)
DID = profiles.did_for_issuer(base_url=vector.BASE_URL, slug="ennour")
ROOTS = {vector.thumbprint("root"): vector.jwk("root")}


# -- A city without a database ---------------------------------------------------------------------
def entry(**key: Any) -> dict[str, Any]:
    """The vector's issuer, its key with these members."""
    listed = profiles.directory_entry(vector.issuers()[0], base_url=vector.BASE_URL)
    listed["keys"][0] |= key
    return listed


def listed(*, issuer: str = DID, at: datetime = vector.AT, **marks: set[int]) -> bundle.Listed:
    """The vector's list with these places set."""
    return bundle.Listed(
        number=vector.LIST,
        issuer=issuer,
        issued_at=int(at.timestamp()),
        expires_at=int((at + timedelta(days=2)).timestamp()),
        marks={purpose: frozenset(marks.get(purpose, ())) for purpose in bundle.PURPOSES},
    )


def bundled(
    *issuers: dict[str, Any], lists: tuple[bundle.Listed, ...] = (listed(),), at: datetime = vector.AT
) -> str:
    """A bundle of these, signed as the vector's."""
    document = bundle.compose(
        city=vector.CITY,
        issuers=issuers or (entry(),),
        lists=lists,
        delegation=vector.delegation(),
        version=1,
        issued_at=at,
    )
    return vector.sealed(document)


def loaded(token: str, *, now: datetime = SOON) -> bundle.Bundle:
    return standalone.load(token, roots=ROOTS, city=vector.CITY, now=now)


def check(token: str, *, source: str = VECTOR["qr_text"], now: datetime = SOON) -> Report:
    found = loaded(token, now=now)
    return standalone.verify(source=source, bundle=found, base_url=vector.BASE_URL, now=now)


def code(**changes: Any) -> str:
    """A code as the vector's, signed by its key, with these members of the claim."""
    claim = paper.parse(paper.cose_of(VECTOR["digits"])).claim
    members = {name: getattr(claim, name) for name in claim.__slots__}
    body = paper.payload(paper.Claim(**members | changes))
    protected = cose.protected_header(VECTOR["kid"])
    signature = jose.raw_signature(vector.key("issuer"), cose.to_be_signed(protected, body))
    return paper.digits(cose.sealed(protected, body, signature))


def test_the_vector_is_valid_and_tells_how_old_its_bundle_is() -> None:
    report = check(VECTOR["bundle.jwt"])
    assert (report.reason, report.verdict, report.holds) == (Reason.VALID, Verdict.VALID, True)
    assert report.status_as_of == vector.AT
    assert report.issuer is not None
    assert (report.issuer.did, report.issuer.name_fr) == (DID, "Médiathèque Ennour")
    assert report.stated is not None
    assert [name.text for name in report.stated.names] == [
        "Fatima-Zahra El Idrissi",
        "فاطمة الزهراء الإدريسي",
    ]
    assert [check.number for check in report.checks] == list(range(1, 9))


IN_A_YEAR = int((vector.AT + timedelta(days=365)).timestamp())
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("token", "source", "now", "reason"),
    [
        (lambda: bundled(lists=(listed(revocation={vector.BIT}),)), None, SOON, Reason.REVOKED),
        (lambda: bundled(lists=(listed(suspension={vector.BIT}),)), None, SOON, Reason.SUSPENDED),
        (
            lambda: bundled(lists=(listed(revocation={vector.BIT}, replacement={vector.BIT}),)),
            None,
            SOON,
            Reason.REPLACED,
        ),
        (
            lambda: bundled(lists=(listed(revocation={vector.BIT - 1, vector.BIT + 1}),)),
            None,
            SOON,
            Reason.VALID,
        ),
        (lambda: bundled(lists=()), None, SOON, Reason.STATUS_UNKNOWN),
        (bundled, None, vector.AT + 7 * DAY, Reason.VALID),
        (bundled, None, vector.AT + 7 * DAY + timedelta(seconds=1), Reason.STATUS_STALE),
        (bundled, None, vector.AT + 30 * DAY + timedelta(seconds=1), Reason.STATUS_UNKNOWN),
        (lambda: bundled(lists=(listed(at=vector.AT - 8 * DAY),)), None, SOON, Reason.STATUS_STALE),
        (
            lambda: bundled(lists=(listed(at=vector.AT - 40 * DAY, revocation={vector.BIT}),)),
            None,
            SOON,
            Reason.REVOKED,
        ),
        (bundled, {"expires_at": int(vector.AT.timestamp()) + 30}, SOON, Reason.EXPIRED),
        (bundled, {"issued_at": int(SOON.timestamp()) + 301}, SOON, Reason.NOT_YET_VALID),
        (bundled, {"issued_at": 0}, SOON, Reason.OUTSIDE_KEY_PERIOD),
        (bundled, {"issuer": "did:web:elsewhere.example"}, SOON, Reason.CONTRADICTORY),
        (bundled, {"issuer": DID}, SOON, Reason.VALID),
        (bundled, {"expires_at": 2**39}, SOON, Reason.CONTRADICTORY),
        (bundled, {"name": " ", "second_name": None}, SOON, Reason.CONTRADICTORY),
        (bundled, {"status": (vector.LIST + 1) * 131_072}, SOON, Reason.STATUS_UNKNOWN),
        (lambda: bundled(entry(compromised=True)), None, SOON, Reason.KEY_WITHDRAWN),
        (lambda: bundled(entry(until=int(vector.AT.timestamp()))), None, SOON, Reason.OUTSIDE_KEY_PERIOD),
        (lambda: bundled(entry(until=IN_A_YEAR)), None, SOON, Reason.VALID),
        (lambda: bundled(entry() | {"accredited": {}}), None, SOON, Reason.NOT_ACCREDITED),
        (
            lambda: bundled(entry() | {"accredited": {"languages": [["2025-01-01", "2026-11-24"]]}}),
            None,
            SOON,
            Reason.NOT_ACCREDITED,
        ),
        (lambda: bundled(entry() | {"keys": []}), None, SOON, Reason.UNKNOWN_ISSUER),
    ],
)
def test_every_state_is_told(
    token: Callable[[], str], source: dict[str, Any] | None, now: datetime, reason: Reason
) -> None:
    text = VECTOR["qr_text"] if source is None else code(**source)
    assert check(token(), source=text, now=now).reason == reason


def test_a_list_of_another_issuer_says_nothing() -> None:
    other = entry() | {"did": f"{vector.CITY}:issuers:other", "keys": []}
    token = bundled(entry(), other, lists=(listed(issuer=other["did"]),))
    assert check(token).reason == Reason.STATUS_UNKNOWN


def test_no_flipped_byte_survives() -> None:
    found = loaded(bundled())
    message = bytes.fromhex(VECTOR["cose"])
    for position in range(len(message)):
        flipped = bytearray(message)
        flipped[position] ^= 1 << position % 8
        report = standalone.verify(
            source=paper.digits(bytes(flipped)), bundle=found, base_url=vector.BASE_URL, now=SOON
        )
        assert report.reason in (Reason.MALFORMED, Reason.TAMPERED, Reason.UNKNOWN_ISSUER), position
        assert (report.stated, report.issuer) == (None, None)


def test_of_two_keys_of_one_short_name_the_right_one_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jose, "kid8", lambda _: VECTOR["kid"])  # nobody finds such a pair
    other = entry() | {"did": f"{vector.CITY}:issuers:other"}
    other["keys"] = [other["keys"][0] | {"jwk": vector.jwk("other")}]
    report = check(bundled(other, entry()))
    assert report.reason == Reason.VALID
    assert report.issuer is not None
    assert report.issuer.did == DID


@pytest.mark.parametrize(
    ("token", "now", "rule"),
    [
        (bundled, vector.AT - timedelta(minutes=6), "not-yet"),
        (bundled, vector.AT + timedelta(days=336), "expired"),
        (lambda: VECTOR["keys.jwt"], SOON, "header"),
        (lambda: bundled()[:-4] + "AAAA", SOON, "signature"),
    ],
)
def test_a_bundle_that_cannot_be_relied_on_is_refused(
    token: Callable[[], str], now: datetime, rule: str
) -> None:
    with pytest.raises(NotTrusted) as refused:
        loaded(token(), now=now)
    assert refused.value.reason == rule


@pytest.mark.parametrize("source", ["BZF3-G3DK-P8FZ", f"{vector.BASE_URL}/c/abc", "Dear Sir"])
def test_what_only_the_server_has_cannot_be_checked(source: str) -> None:
    with pytest.raises(Malformed):
        check(bundled(), source=source)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ('{"type": "OpenBadgeCredential"}', Reason.UNSIGNED),
        ('{"type": "OpenBadgeCredential", "proof": {}}', Reason.FOREIGN_PROOF),
        ("eyJ.eyJ.x", Reason.MALFORMED),
    ],
)
def test_what_carries_no_signature_of_ours_is_told(source: str, reason: Reason) -> None:
    assert check(bundled(), source=source).reason == reason


# -- As the server says ---------------------------------------------------------------------------------
@pytest.fixture
def credential(db: None, key_room: Path) -> Credential:
    return make_credential(make_achievement(make_issuer()))


def carried(credential: Credential) -> bundle.Bundle:
    """The bundle that the product publishes now."""
    publish_keys(now=NOW)
    statuslists.publish_changed(now=NOW)
    Publication.objects.filter(pk="bundle").delete()
    bundling.tend(now=NOW)
    body = Publication.objects.get(pk="bundle").body
    return standalone.load(body, roots=trust.roots(), city=trust.city(), now=NOW)


ACTS: dict[str, Callable[[Credential], object]] = {
    "nothing": lambda credential: None,
    "suspended": lambda one: revocation.suspend(credential=one, reason="under-review", by=None, now=NOW),
    "revoked": lambda one: revocation.revoke(credential=one, reason="fraud", by=None, now=NOW),
    "withdrawn": lambda one: keys.mark_compromised(key=one.key, by=None, now=NOW),
}


@pytest.mark.parametrize("act", ACTS.values(), ids=list(ACTS))
def test_code_file_and_pdf_get_the_servers_verdict(
    credential: Credential, settings: Settings, act: Callable[[Credential], object]
) -> None:
    act(credential)
    found = carried(credential)
    sources: list[str | bytes] = [reading.qr_text(credential), credential.jwt, reading.pdf(credential)]
    for source in sources:
        ours = standalone.verify(source=source, bundle=found, base_url=settings.BASE_URL, now=NOW)
        servers = verifier.verify(source=source, now=NOW, door="page")
        assert ours.reason == servers.reason
        assert [(c.number, c.outcome) for c in ours.checks] == [(c.number, c.outcome) for c in servers.checks]
        assert (ours.issuer is None) == (servers.issuer is None)


@pytest.mark.parametrize(
    ("part", "reason"), [(1, Reason.TAMPERED), (0, Reason.UNKNOWN_KEY)], ids=["payload", "key"]
)
def test_a_changed_file_is_told(
    credential: Credential, settings: Settings, part: int, reason: Reason
) -> None:
    found = carried(credential)
    segments = credential.jwt.split(".")
    said = json.loads(jose.unb64(segments[part]))
    said |= (
        {"name": "Autre"} if part else {"kid": said["kid"][:-1] + ("A" if said["kid"][-1] != "A" else "E")}
    )
    segments[part] = jose.b64(json.dumps(said).encode())
    report = standalone.verify(source=".".join(segments), bundle=found, base_url=settings.BASE_URL, now=NOW)
    assert report.reason == reason


# -- From the command line -----------------------------------------------------------------------------
@pytest.fixture
def far_away(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine that has the city's roots and its bundle in a folder, and nothing else."""
    settings.BASE_URL = vector.BASE_URL
    settings.ROOT_KEYS_FILE = str(tmp_path / "roots.json")
    (tmp_path / "roots.json").write_text(json.dumps(VECTOR["roots"]))
    (tmp_path / "bundle.jwt").write_text(bundled() + "\n")
    (tmp_path / "code.txt").write_text(VECTOR["qr_text"])
    monkeypatch.setattr(timezone, "now", lambda: SOON)
    return tmp_path


def run(folder: Path, *names: str) -> tuple[int, str]:
    out = io.StringIO()
    status = 0
    with translation.override("en"):
        try:
            call_command(
                "verify", *[str(folder / name) for name in names], bundle=folder / "bundle.jwt", stdout=out
            )
        except SystemExit as ended:
            status = int(ended.code or 0)
    return status, out.getvalue()


def test_the_command_needs_neither_database_nor_network(far_away: Path) -> None:
    status, printed = run(far_away, "code.txt")
    assert status == 0
    assert "code.txt: valid\n" in printed
    assert "list 3 as of 2026-11-24T10:00:00Z, 0 days old" in printed


def test_the_command_ends_with_1_for_a_revoked_one(far_away: Path) -> None:
    (far_away / "bundle.jwt").write_text(bundled(lists=(listed(revocation={vector.BIT}),)))
    assert run(far_away, "code.txt")[0] == 1


def test_the_command_ends_with_2_for_an_old_bundle(far_away: Path) -> None:
    (far_away / "bundle.jwt").write_text(bundled(lists=(listed(at=vector.AT - 8 * DAY),)))
    assert run(far_away, "code.txt")[0] == 2


def test_a_bundle_of_somebody_else_is_named(far_away: Path) -> None:
    (far_away / "bundle.jwt").write_text(VECTOR["keys.jwt"])
    with pytest.raises(CommandError, match="its header says something else"):
        run(far_away, "code.txt")
    (far_away / "bundle.jwt").unlink()
    with pytest.raises(CommandError, match="No such file"):
        run(far_away, "code.txt")


def test_what_is_published_is_written_for_a_stick(credential: Credential, tmp_path: Path) -> None:
    found = carried(credential)
    out = io.StringIO()
    call_command("bundle", str(tmp_path / "b.jwt"), stdout=out)
    again = standalone.load((tmp_path / "b.jwt").read_text(), roots=trust.roots(), city=trust.city(), now=NOW)
    assert again == found
    assert "b.jwt: of 2026-11-24 10:00 UTC" in out.getvalue()


def test_where_there_is_none_it_says_so(
    credential: Credential, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("issuers.orders.PATIENCE", 0)
    with pytest.raises(CommandError, match="There is no bundle yet"):
        call_command("bundle", str(tmp_path / "b.jwt"))
    assert not (tmp_path / "b.jwt").exists()
