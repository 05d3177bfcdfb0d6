"""Steps of the bench inside the product's own Python: awards and lists through the real queue, limits."""

import csv
import io
import json
import math
import os
import secrets
import sys
import time
import urllib.request
from datetime import datetime, timedelta
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from credentials import (
    awards,
    budgets,
    holding,
    issuance,
    linting,
    openbadges,
    paper,
    reading,
    reissue,
    releasing,
)
from credentials.models import LIST_SIZE, Achievement, Award, Batch, Credential, Filing, Message, StatusList
from credentials.people import Person, check_digits
from issuers import keys, registry, staff
from issuers.models import Issuer, Membership, Role, SigningKey
from passport.models import Address, Learner
from verify import verifier
from verify.report import Verdict

from . import cityyear, papers, passports

AWARDS = 20
PATIENCE = 20.0
LONG_PATIENCE = 300.0
LOOK = 0.02  # seconds between two looks
SAMPLE = 50
SIGNS = 1000  # different documents that the limit signs, again and again
SQLITE_ROWS = 100
FOUR_EYES = (Role.OFFICER, Role.APPROVER)


# -- Parts ------------------------------------------------------------------------------------------
def some_achievement() -> Achievement:
    """A course of the demo that may be awarded today."""
    return (
        Achievement.objects.select_related("issuer")
        .filter(state="published", issuer__slug="ennour")[:1]
        .get()
    )


def letters(number: int) -> str:
    """A word for a number, different for each."""
    return "".join(chr(97 + number // 26**place % 26) for place in range(5)).title()


def name(number: int) -> str:
    """The learner with this number."""
    return f"Salma {letters(number)}"


def phone(number: int) -> str:
    """Her phone."""
    return f"+2126{10_000_000 + number}"


def accepted(
    achievement: Achievement,
    *people: Person,
    kind: Batch.Kind,
    session: str = "",
    now: datetime | None = None,
) -> Batch:
    """A batch as the web accepts it."""
    now = now or timezone.now()
    return awards.accept(
        issuer=achievement.issuer,
        achievement=achievement,
        awarded_on=timezone.localdate(now),
        people=people,
        kind=kind,
        requested_by=None,
        idempotency_key=secrets.token_hex(8),
        now=now,
        session=session,
        notify=False,
    ).batch


def is_valid(credential_id: str) -> bool:
    """Whether the verifier finds this certificate valid."""
    report = verifier.verify_stored(credential=reading.by_id(credential_id), now=timezone.now())
    return report.verdict is Verdict.VALID


def one_award(achievement: Achievement) -> None:
    """Award one badge and wait until it verifies."""
    word = "".join(chr(97 + byte % 26) for byte in secrets.token_bytes(9)).title()
    person = Person(name_latin=f"Salma {word}", name_arabic="سلمى التازي")
    row = accepted(achievement, person, kind=Batch.Kind.INTERACTIVE).awards.get()
    until = time.perf_counter() + PATIENCE
    while not Credential.objects.filter(pk=row.credential_id).exists():
        if time.perf_counter() > until:
            raise SystemExit("an award was not signed in time")
        time.sleep(0.003)
    if not is_valid(row.credential_id):
        raise SystemExit("an award does not verify")


# -- One by one -------------------------------------------------------------------------------------
def one_by_one() -> dict[str, Any]:
    """Seconds from accepting one award to its verdict being valid, through broker, worker and lists."""
    achievement, seconds = some_achievement(), []
    for _ in range(AWARDS):
        started = time.perf_counter()
        one_award(achievement)
        seconds.append(time.perf_counter() - started)
        time.sleep(0.05)
    return {"seconds": seconds}


def ids() -> dict[str, Any]:
    """Certificates whose pages are valid."""
    found = Credential.objects.filter(status="active", valid_until__isnull=True)
    return {"ids": list(found.values_list("pk", flat=True)[:64])}


def code() -> dict[str, Any]:
    """What a camera reads from a printed certificate that is valid."""
    return {"code": reading.qr_text(reading.by_id(ids()["ids"][0]))}


# -- Lists ------------------------------------------------------------------------------------------
def city(rows: str) -> dict[str, Any]:
    """So many learners with a proven phone each, who are on the lists; nobody is made twice."""
    now = timezone.now()
    there = Address.objects.filter(value=phone(0), learner__name_latin=name(0))
    if not there.exists():
        learners = [
            Learner(
                name_latin=name(number),
                joined_at=now,
                password="!",
                passport_number=f"{10_000_000 + number}{check_digits(str(10_000_000 + number))}",
            )
            for number in range(int(rows))
        ]
        Learner.objects.bulk_create(learners, batch_size=500)
        Address.objects.bulk_create(
            (
                Address(
                    learner=learner,
                    kind="phone",
                    value=phone(number),
                    verified_at=now,
                    added_at=now,
                    primary=True,
                )
                for number, learner in enumerate(learners)
            ),
            batch_size=500,
        )
        usual(int(rows))
    return {"learners": Learner.objects.count()}


def usual(rows: int) -> None:
    """Make lists of so many rows usual for the provider, as a city does: two raise its number a day.

    Its first long list, of yesterday, waits until an approver has released it.
    """
    achievement, now = some_achievement(), timezone.now()
    yesterday = now - timedelta(days=1)
    by = {role: Membership.objects.filter(issuer=None, role=role)[:1].get().person for role in FOUR_EYES}
    mandate = registry.propose_mandate(
        issuer=achievement.issuer,
        theme=achievement.theme,
        starts_on=timezone.localdate(now),
        daily_cap=100 * rows,
        by=by[Role.OFFICER],
        now=now,
    )
    registry.approve_mandate(mandate=mandate, by=by[Role.APPROVER], now=now)
    people = [Person(name_latin=name(number)) for number in range(rows // holding.TIMES + 1)]
    first = accepted(achievement, *people, kind=Batch.Kind.ROSTER, session="usual", now=yesterday)
    if first.state == Batch.State.HELD:
        releasing.release(batch=first, by=by[Role.APPROVER], now=yesterday)
    until = time.perf_counter() + LONG_PATIENCE
    while not Batch.objects.filter(pk=first.pk, state=Batch.State.COMPLETE).exists():
        if time.perf_counter() > until:
            raise SystemExit("the first list was not issued in time")
        time.sleep(LOOK)


def post_list(rows: int, session: str) -> str:
    """Upload a list through the API, as a provider's program does; returns the id of its batch."""
    achievement, now = some_achievement(), timezone.now()
    owner = Membership.objects.filter(issuer=achievement.issuer, role=Role.OWNER)[:1].get().person
    client = staff.create_api_client(
        issuer=achievement.issuer, name="Bench", scopes=["issue", "read"], by=owner, now=now
    )
    text = io.StringIO()
    table = csv.writer(text, delimiter=";")
    table.writerow(["Nom et prénom", "Nom en arabe", "Téléphone"])
    table.writerows((name(number), "سلمى التازي", f"0{phone(number)[4:]}") for number in range(rows))
    request = urllib.request.Request(  # noqa: S310  # our own address
        f"{settings.BASE_URL}/api/v1/batches?achievement={achievement.pk}&session={session.replace(' ', '+')}"
        f"&awarded_on={timezone.localdate(now).isoformat()}",
        data=text.getvalue().encode(),
        headers={
            "Authorization": f"Bearer {client.token}",
            "Content-Type": "text/csv",
            "Idempotency-Key": secrets.token_hex(8),
        },
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310  # as above
        return str(json.load(answer)["id"])


def wait_for(batch_id: str, rows: int) -> None:
    """Return when every row is issued and in a passport."""
    until = time.perf_counter() + LONG_PATIENCE
    while not Batch.objects.filter(pk=batch_id, state=Batch.State.COMPLETE).exists():
        if time.perf_counter() > until:
            raise SystemExit("a list was not issued in time")
        time.sleep(LOOK)
    filed = Filing.objects.filter(credential__award__batch=batch_id, outcome=Filing.Outcome.FILED)
    while filed.count() < rows:
        if time.perf_counter() > until:
            raise SystemExit("a list was not filed in time")
        time.sleep(LOOK)


def quiet() -> None:
    """Return when no message waits but for tomorrow's budget: the next measure begins on a quiet machine.

    Securing certificates as files goes on behind it, as it would in a city: it gives way to lists.
    """
    until = time.perf_counter() + LONG_PATIENCE
    waiting = Message.objects.filter(state=Message.State.PENDING).exclude(last_error=budgets.OVER_TODAY)
    while waiting.exists():
        if time.perf_counter() > until:
            raise SystemExit("messages were not delivered in time")
        time.sleep(LOOK)


def one_list(rows: str, session: str) -> dict[str, Any]:
    """A list from its upload to the last passport; some of its certificates are verified."""
    started = time.perf_counter()
    batch_id = post_list(int(rows), session)
    uploaded = time.perf_counter()
    wait_for(batch_id, int(rows))
    done = time.perf_counter()
    issued = Award.objects.filter(batch=batch_id).values_list("credential_id", flat=True)
    sample = list(issued[:: max(1, int(rows) // SAMPLE)])
    if not all(map(is_valid, sample)):
        raise SystemExit("a certificate of the list does not verify")
    quiet()
    return {
        "accept_seconds": uploaded - started,
        "filed_seconds": done - uploaded,
        "whole_seconds": done - started,
    }


def busy(rows: str, session: str) -> dict[str, Any]:
    """Seconds from accepting one badge to its verdict, again and again while a list is issued."""
    achievement, seconds = some_achievement(), []
    one_award(achievement)  # whoever measures has loaded what it needs
    batch_id = post_list(int(rows), session)
    while not Batch.objects.filter(pk=batch_id, state=Batch.State.COMPLETE).exists():
        started = time.perf_counter()
        one_award(achievement)
        seconds.append(time.perf_counter() - started)
        time.sleep(0.02)
    return {"seconds": seconds}


def anew() -> dict[str, Any]:
    """Withdraw a key and sign anew all that it signed; seconds from the first act to the last certificate."""
    issuer, now = some_achievement().issuer, timezone.now()
    key = SigningKey.objects.get(issuer=issuer, algorithm="ES256", state=SigningKey.State.ACTIVE)
    started = time.perf_counter()
    keys.mark_compromised(key=key, by=None, now=now)
    ordered = reissue.order(key=key, by=None, now=timezone.now()).ordered
    ordering = time.perf_counter() - started
    mine = Batch.objects.filter(kind=Batch.Kind.REISSUE, issuer=issuer)
    until = time.perf_counter() + 2 * LONG_PATIENCE
    while mine.filter(state=Batch.State.ACCEPTED).exists():
        if time.perf_counter() > until:
            raise SystemExit("a re-issue did not end in time")
        time.sleep(0.2)
    done = time.perf_counter() - started
    replaced = reissue.standing(key=key, now=timezone.now()).replaced
    successors = Credential.objects.filter(replaces__key=key).values_list("pk", flat=True)
    if replaced != ordered or not all(map(is_valid, successors[:: max(1, replaced // SAMPLE)])):
        raise SystemExit("a certificate has no successor that holds")
    quiet()
    return {"replaced": replaced, "ordering_seconds": ordering, "seconds": done}


def limit(rows: str) -> dict[str, Any]:
    """Rows a second of composing, linting, signing twice and storing in a bare table: nothing else."""
    achievement = some_achievement()
    with transaction.atomic():  # held back until measured: no worker sees it
        people = [Person(name_latin=name(number), name_arabic="سلمى التازي") for number in range(SIGNS)]
        batch = accepted(achievement, *people, kind=Batch.Kind.ROSTER, session=secrets.token_hex(4))
        awarded = list(Award.objects.filter(batch=batch).order_by("row"))
        signing = issuance.Signing(batch.chunks.earliest("id"), now=timezone.now())
        transaction.set_rollback(True)
    bare_table()
    time.sleep(math.ceil(time.time() / 4) * 4 - time.time())  # every core begins at once
    started = time.perf_counter()
    done = 0
    while done < int(rows):
        portion = [twice_signed(signing, row, done + n) for n, row in enumerate(awarded[:200])]
        store(portion)
        awarded = awarded[200:] + awarded[:200]
        done += len(portion)
    return {"rate": done / (time.perf_counter() - started)}


def twice_signed(signing: issuance.Signing, row: Award, number: int) -> tuple[str, str, bytes]:
    """One certificate in both forms."""
    document = openbadges.compose(
        openbadges.CredentialFacts(
            base_url=settings.BASE_URL,
            id=row.credential_id,
            issuer=signing.profile,
            subject=openbadges.SubjectFacts(
                id=row.subject_id, name_latin=row.name_latin, name_arabic=row.name_arabic
            ),
            achievement=signing.document,
            awarded_on=row.awarded_on,
            valid_from=signing.valid_from,
            valid_until=None,
            slot=openbadges.StatusSlot(list_number=1, index=number % LIST_SIZE),
        )
    )
    issuer_id = signing.batch.issuer_id
    token = signing.signer.jws(linting.lint_credential(document, issuer_id=issuer_id))
    claim = paper.Claim(
        name=row.name_latin,
        title=document["name"],
        level="A1",
        hours=12,
        status=number,
        issued_at=openbadges.seconds(signing.valid_from),
        cti=secrets.token_bytes(16),
    )
    prefix = len(settings.BASE_URL) + 3
    cose = signing.signer.cose(linting.lint_paper(claim, issuer_id=issuer_id, prefix=prefix))
    return secrets.token_urlsafe(16), token, cose


def bare_table() -> None:
    """A table of an id and the two documents, with no index but its key."""
    form = "bytea" if connection.vendor == "postgresql" else "blob"
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE IF NOT EXISTS bench_limit (id varchar(22) PRIMARY KEY, jwt text, paper {form})"
        )


def store(rows: list[tuple[str, str, bytes]]) -> None:
    """COPY, or a bulk insert."""
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy("COPY bench_limit FROM STDIN (FORMAT BINARY)") as copy:
                copy.set_types(["varchar", "text", "bytea"])
                for row in rows:
                    copy.write_row(row)
        else:
            cursor.executemany("INSERT INTO bench_limit VALUES (%s, %s, %s)", rows)


# -- A million --------------------------------------------------------------------------------------
def stored() -> dict[str, Any]:
    """How many certificates there are."""
    return {"stored": Credential.objects.count()}


def fill(count: str) -> dict[str, Any]:
    """Fill the tables up to so many certificates of last year: copies of a signed one under new ids."""
    model = Credential.objects.filter(replaced_by=None).order_by("issued_at")[:1].get()
    missing = int(count) - Credential.objects.count()
    issuer = Issuer.objects.get(pk=model.issuer_id)
    lists = [
        StatusList.objects.create(
            issuer=issuer, permutation_key=secrets.token_bytes(16), next_index=LIST_SIZE
        ).pk
        for _ in range(missing // LIST_SIZE + 1)
    ]
    batch = accepted(
        model.achievement, Person(name_latin="Salma Tazi"), kind=Batch.Kind.ROSTER, session="fill"
    )
    award = _columns(Award, id="", batch_id="%(batch)s", row="n + 1", credential_id=_ID, subject_id=_UUID)
    credential = _columns(
        Credential,
        id="a.credential_id",
        award_id="a.id",
        subject_id="a.subject_id",
        person_hash="md5(a.credential_id)",
        cti="decode(md5(a.credential_id || 'cti'), 'hex')",
        short_code="upper(substr(md5(a.credential_id || 'code'), 1, 12))",
        status_list_id="(%(lists)s::int[])[(a.row - 2) / %(size)s + 1]",
        status_index="(a.row - 2) %% %(size)s",
        issued_at="now() - interval '400 days'",
    )
    values: Any = {"batch": batch.pk, "lists": lists, "size": LIST_SIZE, "model": model.pk, "n": missing}
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO credentials_award ({award[0]}) SELECT {award[1]} FROM credentials_award m,"
            " generate_series(1, %(n)s) n WHERE m.credential_id = %(model)s",
            values,
        )
        cursor.execute(
            f"INSERT INTO credentials_credential ({credential[0]}) SELECT {credential[1]}"
            " FROM credentials_credential m, credentials_award a"
            " WHERE m.id = %(model)s AND a.batch_id = %(batch)s AND a.row > 1",
            values,
        )
        cursor.execute("VACUUM ANALYZE credentials_award")
        cursor.execute("VACUUM ANALYZE credentials_credential")
    return stored()


_ID = "translate(substr(encode(decode(md5(random()::text || n), 'hex'), 'base64'), 1, 22), '+/', '-_')"
_UUID = "md5(random()::text || n || 'subject')::uuid"


def _columns(model: Any, **changed: str) -> tuple[str, str]:
    """The columns of a table, and what each holds: as the model row does, or as said."""
    fields = [field for field in model._meta.concrete_fields if changed.get(field.attname, "m") != ""]
    names = ", ".join(f'"{field.column}"' for field in fields)
    return names, ", ".join(changed.get(field.attname, f'm."{field.column}"') for field in fields)


ACTS: dict[str, Any] = {
    "awards": one_by_one,
    "ids": ids,
    "prints": papers.prints,
    "print-order": papers.print_order,
    "scans": papers.scans,
    "codes": papers.codes,
    "passport": passports.passport,
    "code": code,
    "city": city,
    "list": one_list,
    "busy": busy,
    "anew": anew,
    "limit": limit,
    "stored": stored,
    "fill": fill,
    "bundle": cityyear.bundled,
}

if __name__ == "__main__":
    sys.stdout.write(json.dumps(ACTS[sys.argv[1]](*sys.argv[2:])))
