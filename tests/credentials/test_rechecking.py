"""The independent re-check: an honest house has nothing wrong, and whatever is changed is found by its id."""

import json
import zlib
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, models

from credentials import batches, issuance, rechecking, reproof, revocation, statuslists
from credentials.models import Award, Batch, Credential, StatusList, StatusListVersion
from credentials.people import Person
from issuers import keys, registry, sealing
from issuers.models import AuditEvent, AuditLeaf, SigningKey
from tests.factories import (
    NOW,
    award,
    city_officer,
    key_room,
    make_achievement,
    make_credential,
    make_issuer,
)
from tests.triggers import as_owner, audit_log_open

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db(transaction=True)
LATER = NOW + timedelta(hours=3)


@pytest.fixture
def achievement(key_room: Any) -> Any:
    keys.ensure_city_keys(now=NOW - timedelta(days=1))
    return make_achievement(make_issuer())


@pytest.fixture
def house(achievement: Any) -> list[Credential]:
    """Six certificates of two lists, one of them revoked, one suspended, one replaced, one on paper alone."""
    people = [
        Person(
            name_latin="Fatima-Zahra El Idrissi", name_arabic="فاطمة الزهراء", address_kind="", address=""
        ),
        Person(name_latin="Salma Tazi", address_kind="phone", address="+212612345678"),
        Person(name_latin="Omar Berrada", address_kind="email", address="omar@example.org"),
        Person(name_arabic="سلمى التازي"),
    ]
    batch = award(achievement, *people, kind=Batch.Kind.ROSTER, session="A")
    issuance.issue_ready(kind=Batch.Kind.ROSTER, now=NOW)
    first = list(Credential.objects.filter(award__batch=batch).order_by("award__row"))
    revocation.revoke(credential=first[1], reason="fraud", by=None, now=NOW)
    revocation.suspend(credential=first[2], reason="under-review", by=None, now=NOW)
    revocation.replace(
        credential=first[3],
        person=people[3],
        reason="corrected",
        by=None,
        idempotency_key="again",
        now=NOW,
    )
    issuance.issue_ready(kind=Batch.Kind.INTERACTIVE, now=NOW)
    make_credential(make_achievement(achievement.issuer, valid_months=24))
    statuslists.publish_changed(now=NOW)
    sealing.seal(now=NOW)
    return list(Credential.objects.order_by("-award__batch__kind", "award__batch", "award__row"))


def faults(**options: Any) -> dict[str, tuple[str, ...]]:
    return {fault.subject: fault.codes for fault in rechecking.recheck(now=LATER, **options)}


# -- Nothing wrong --------------------------------------------------------------------------------
def test_an_honest_house_has_nothing_wrong(house: list[Credential]) -> None:
    tally = rechecking.Tally()
    assert faults(tally=tally) == {}
    assert (tally.checked, tally.erased) == (6, 0)


def test_an_empty_house_has_nothing_wrong(db: None) -> None:
    assert faults() == {}


def test_it_walks_in_pieces(house: list[Credential], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rechecking, "PIECE", 2)
    tally = rechecking.Tally()
    assert faults(tally=tally) == {}
    assert tally.checked == 6


def test_a_row_that_was_mended_and_a_list_that_waits_are_nothing_wrong(achievement: Any) -> None:
    batch = award(achievement, *(Person(name_latin=f"Salma {x}") for x in "ABC"), kind=Batch.Kind.ROSTER)
    batch.awards.filter(row=2).update(state="failed", error_code="quarantined")
    issuance.issue_ready(kind=Batch.Kind.ROSTER, now=NOW)
    batches.retry(batch=batch, now=NOW)
    issuance.issue_ready(kind=Batch.Kind.ROSTER, now=NOW)
    statuslists.publish_changed(now=NOW)
    sealing.seal(now=NOW)
    award(achievement)
    assert faults() == {}


def test_what_was_erased_is_not_looked_for(house: list[Credential]) -> None:
    gone = house[0]
    nobody = {"name_latin": "", "name_arabic": "", "address": "", "address_kind": ""}
    Award.objects.filter(pk=gone.award_id).update(**nobody | {"name_latin": "-"})
    Credential.objects.filter(pk=gone.pk).update(
        jwt="", paper=b"", erased_at=NOW, **nobody | {"name_latin": "-"}
    )
    tally = rechecking.Tally()
    assert faults(tally=tally) == {}
    assert tally.erased == 1


def test_a_key_that_was_retired_since_and_an_issuer_that_was_stopped_are_nothing_wrong(
    house: list[Credential],
) -> None:
    later = NOW + timedelta(hours=1)
    keys.retire(key=house[0].key, by=None, now=later)
    registry.suspend_issuer(issuer=house[0].issuer, reason="Contrôle", by=city_officer(), now=later)
    assert faults() == {}


# -- One byte in each column ----------------------------------------------------------------------
def flipped(field: Any, value: Any) -> Any:
    """Another value of this column that differs in one byte or the least there is."""
    if field.is_relation and value is None:
        return Credential.objects.order_by("pk").values_list("pk", flat=True).first()
    if isinstance(field, models.BinaryField):
        data = bytearray(value)
        data[len(data) // 2] ^= 1
        return bytes(data)
    if isinstance(field, models.DateTimeField):
        return value + timedelta(microseconds=1) if value else NOW
    if isinstance(field, models.DateField):
        return value + timedelta(days=1)
    if isinstance(value, int):
        return value ^ 512  # nobody else has it
    if hasattr(value, "int"):
        return type(value)(int=value.int ^ 1)
    if not value:
        return "x"
    place = len(value) // 2
    return f"{value[:place]}{chr(ord(value[place]) ^ 1)}{value[place + 1 :]}"


COLUMNS = [field.attname for field in Credential._meta.concrete_fields]


@pytest.mark.parametrize("column", COLUMNS)
def test_one_byte_flipped_in_any_column_reports_exactly_that_certificate(
    house: list[Credential], column: str
) -> None:
    victim, other = house[0], house[1]
    field = Credential._meta.get_field(column)
    value = flipped(field, getattr(victim, column))
    with as_owner():
        try:
            Credential.objects.filter(pk=victim.pk).update(**{column: value})
        except IntegrityError:
            # PostgreSQL holds it to a constraint whoever asks: the row is as it was.
            assert column in ("status", "replaced_by_id")
            return
    found = faults()
    name = value if column == "id" else victim.pk
    assert set(found) == {name}, (column, found)
    assert other.pk not in found


def test_no_byte_of_the_signed_file_can_be_changed(house: list[Credential]) -> None:
    victim = house[0]
    for place in range(0, len(victim.jwt), 131):
        changed = "B" if victim.jwt[place] == "A" else "A"
        text = f"{victim.jwt[:place]}{changed}{victim.jwt[place + 1 :]}"
        Credential.objects.filter(pk=victim.pk).update(jwt=text)
        assert set(faults()) == {victim.pk}, place


# -- Whole acts -----------------------------------------------------------------------------------
def test_a_certificate_taken_away_is_missed(house: list[Credential]) -> None:
    with as_owner() as cursor:
        cursor.execute("DELETE FROM credentials_credential WHERE id = %s", [house[0].pk])
    assert faults() == {house[0].pk: ("certificate-missing",)}


def test_an_award_taken_away_is_missed(house: list[Credential]) -> None:
    batch = house[0].award.batch_id
    with as_owner() as cursor:
        cursor.execute("DELETE FROM credentials_award WHERE id = %s", [house[0].award_id])
    assert faults() == {
        f"list {batch} row 1": ("certificate-missing",),
        house[0].pk: ("award-missing",),
    }


def test_a_certificate_put_in_past_the_log_is_found(house: list[Credential]) -> None:
    batch = house[0].award.batch
    extra = make_credential(make_achievement(batch.issuer))
    event = AuditEvent.objects.filter(event="chunk-issued").latest("id")
    with audit_log_open():
        AuditLeaf.objects.filter(event=event).delete()
        event.waiting.delete()
        event.delete()
    statuslists.publish_changed(now=NOW)
    assert faults() == {extra.pk: ("not-in-log",)}


def test_certificates_that_were_all_changed_alike_are_found_by_the_root(house: list[Credential]) -> None:
    event = AuditEvent.objects.get(event="chunk-issued", about=house[0].award.batch_id) if house else None
    assert event is not None
    detail = json.loads(event.detail) | {"root": "00" * 32}
    with audit_log_open():
        AuditEvent.objects.filter(pk=event.pk).update(
            detail=json.dumps(detail, sort_keys=True, separators=(",", ":"))
        )
    found = faults()
    assert found.pop(f"event {event.pk}") == ("log-edited",)
    [(subject, codes)] = found.items()
    assert (subject.split()[0], codes) == ("list", ("log-root",))


def test_an_event_that_is_not_sealed_in_time_is_said(achievement: Any) -> None:
    make_credential(achievement)
    [event] = AuditEvent.objects.filter(event="chunk-issued")
    assert faults() == {f"event {event.pk}": ("log-unsealed",)}


def test_a_slot_given_twice_is_refused_and_found_where_the_constraint_is_gone(
    house: list[Credential],
) -> None:
    one, other = house[0], house[1]

    def give(index: int) -> None:
        Credential.objects.filter(pk=one.pk).update(status_index=index)

    with pytest.raises(IntegrityError):
        give(other.status_index)
    if connection.vendor == "sqlite":  # there the constraint goes with its table alone
        return
    table, name = "credentials_credential", "credential_slot_once"
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        try:
            give(other.status_index)
            found = faults()
        finally:
            give(one.status_index)
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE (status_list_id, status_index)")
    assert set(found) == {one.pk, other.pk}
    assert found[other.pk] == ("slot-twice",)


def test_a_list_that_does_not_say_what_the_rows_say_is_found(house: list[Credential]) -> None:
    version = StatusListVersion.objects.get(status_list=house[0].status_list_id, purpose="revocation")
    StatusListVersion.objects.filter(pk=version.pk).update(
        body=version.body.replace(version.body[1000], "A" if version.body[1000] != "A" else "B", 1)
    )
    found = faults()
    assert found[f"list {version.status_list_id} revocation"] == ("list-signature",)


def test_a_status_that_no_list_tells_in_time_is_found(house: list[Credential]) -> None:
    revocation.revoke(credential=house[0], reason="fraud", by=None, now=NOW + timedelta(minutes=1))
    assert faults() == {house[0].pk: ("list: revocation",)}
    statuslists.publish_changed(now=NOW + timedelta(minutes=2))
    assert faults() == {}


def test_a_status_that_changed_a_moment_ago_may_wait_for_its_list(house: list[Credential]) -> None:
    revocation.revoke(credential=house[0], reason="fraud", by=None, now=LATER)
    assert faults() == {}


def test_lists_that_are_not_published_are_missed(house: list[Credential]) -> None:
    number = house[0].status_list_id
    StatusListVersion.objects.filter(status_list=number).delete()
    on_it = set(Credential.objects.filter(status_list=number).values_list("pk", flat=True))
    assert faults() == dict.fromkeys(on_it, ("list-missing",))
    assert StatusList.objects.count() == 1


def test_a_key_of_another_shape_is_not_believed(house: list[Credential]) -> None:
    changes: tuple[dict[str, Any], ...] = ({"thumbprint": "x" * 43}, {"kid8": "0" * 16}, {"public_jwk": {}})
    for change in changes:
        kept = {name: getattr(house[0].key, name) for name in change}
        SigningKey.objects.filter(pk=house[0].key_id).update(**change)
        found = faults()
        assert all("key" in found[each.pk] for each in house)
        SigningKey.objects.filter(pk=house[0].key_id).update(**kept)


def test_of_a_compromised_key_only_what_was_logged_before_stands(achievement: Any) -> None:
    before = make_credential(achievement)
    sealing.seal(now=NOW)
    after = make_credential(achievement, Person(name_latin="Omar Berrada"))
    keys.mark_compromised(key=before.key, by=None, now=NOW + timedelta(minutes=5))
    sealing.seal(now=NOW + timedelta(minutes=6))
    keys.ensure_issuer_keys(issuer=achievement.issuer, now=NOW + timedelta(minutes=7))
    StatusListVersion.objects.all().delete()
    statuslists.publish_changed(now=NOW + timedelta(minutes=8))
    found = faults()
    assert before.pk not in found
    assert "key-compromised" in found[after.pk]


def test_a_key_compromised_later_without_a_later_checkpoint(achievement: Any) -> None:
    before = make_credential(achievement)
    sealing.seal(now=NOW)
    keys.mark_compromised(key=before.key, by=None, now=NOW + timedelta(minutes=5))
    keys.ensure_issuer_keys(issuer=achievement.issuer, now=NOW + timedelta(minutes=7))
    StatusListVersion.objects.all().delete()
    statuslists.publish_changed(now=NOW + timedelta(minutes=8))
    sealing.seal(now=LATER)
    assert faults() == {}


def test_an_award_outside_the_mandate_is_found(house: list[Credential]) -> None:
    house[0].issuer.mandates.update(starts_on=(NOW + timedelta(days=1)).date())
    assert all(codes == ("accreditation",) for codes in faults().values())
    house[0].issuer.mandates.update(approved_at=None, approved_by=None)
    assert len(faults()) == 6


# -- The command ----------------------------------------------------------------------------------
def test_the_command_says_that_nothing_is_wrong(house: list[Credential]) -> None:
    out = StringIO()
    call_command("check_credentials", stdout=out)
    assert out.getvalue().startswith("6 certificates (0 erased), 0 wrong")


def test_the_command_tells_what_is_wrong_and_fails(
    house: list[Credential], capsys: pytest.CaptureFixture[str]
) -> None:
    Credential.objects.filter(pk=house[0].pk).update(name_latin="Somebody Else")
    with pytest.raises(SystemExit) as ended:
        call_command("check_credentials")
    assert ended.value.code == 1
    line, summary = capsys.readouterr().out.splitlines()
    assert line.startswith(house[0].pk)
    assert "names" in line
    assert ", 1 wrong," in summary
    with pytest.raises(SystemExit):
        call_command("check_credentials", "--json")
    told = [json.loads(each) for each in capsys.readouterr().out.splitlines()]
    assert told[0]["subject"] == house[0].pk
    assert (told[1]["checked"], told[1]["wrong"]) == (6, 1)


def test_since_a_day_leaves_out_what_was_complete_before(house: list[Credential]) -> None:
    out = StringIO()
    call_command("check_credentials", "--since", "2999-01-01", "--json", stdout=out)
    assert json.loads(out.getvalue())["checked"] == 0
    call_command("check_credentials", "--since", "2000-01-01T00:00:00+01:00", "--json", stdout=out)
    assert json.loads(out.getvalue().splitlines()[-1])["checked"] == 6
    with pytest.raises(CommandError, match="a day or a moment"):
        call_command("check_credentials", "--since", "yesterday")


# -- By hand --------------------------------------------------------------------------------------
def test_documents_are_read_by_hand_and_strictly(house: list[Credential]) -> None:
    credential = house[0]
    key, thumbprint = reproof.public_key(credential.key.public_jwk)
    kid = f"did:web:localhost%3A8000:issuers:{credential.issuer.slug}#{thumbprint}"
    assert reproof.jws(credential.jwt, key=key, kid=kid, typ="JWT")["jti"].endswith(credential.pk)
    head, body, signature = credential.jwt.split(".")
    for broken, why in (
        (f"{head}.{body}", "three segments"),
        (f"{head}.{body}.{signature}=", "base64url"),
        (f"{head}.{body}.é", "three segments"),
        (f"ew.{body}.{signature}", "JSON"),
        (f"{head}.{body}.{'A' * 86}", "signature"),
        (f"{head}.{body}.{'A' * 40}", "signature"),
        (f"{head}.{body}x.{signature}", "base64url|JSON|header"),
    ):
        with pytest.raises(reproof.Wrong, match=why):
            reproof.jws(broken, key=key, kid=kid, typ="JWT")
    with pytest.raises(reproof.Wrong, match="header"):
        reproof.jws(credential.jwt, key=key, kid=kid, typ="vc+jwt")
    paper = bytes(credential.paper)
    kid8 = bytes.fromhex(credential.key.kid8)
    assert reproof.cose(paper, key=key, kid8=kid8)[7] == bytes(credential.cti)
    for bad, why in ((b"", "CBOR"), (paper[:-1] + b"\0", "signature"), (b"\xd8" + paper, "CBOR|header")):
        with pytest.raises(reproof.Wrong, match=why):
            reproof.cose(bad, key=key, kid8=kid8)
    with pytest.raises(reproof.Wrong, match="header"):
        reproof.cose(paper, key=key, kid8=bytes(8))


def test_a_list_is_inflated_within_bounds() -> None:
    for text in ("x", "uAAAA"):
        with pytest.raises(reproof.Wrong):
            reproof.bits_of(text)
    bomb = zlib.compressobj(9, zlib.DEFLATED, 31)
    data = bomb.compress(bytes(1_000_000)) + bomb.flush()
    with pytest.raises(reproof.Wrong, match="status list"):
        reproof.inflated(data)
