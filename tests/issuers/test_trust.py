"""The chain of trust on the server: what is installed, what is refused, and what the operators are told."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from issuers import chain, delegations, keys, localroot, publications, root, trust
from issuers.chain import Trouble
from issuers.delegations import Reason
from issuers.errors import NoActiveKey, NoDelegation, NotTrusted, WrongState
from issuers.models import Delegation, Publication, RegisterChange, SigningKey
from tests.factories import NOW, make_issuer, publish_keys

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
YEAR = timedelta(days=365)


@pytest.fixture
def roots(key_room: Path) -> list[root.RootKey]:
    """The city's two roots, opened; the directory key is there, and nothing is delegated yet."""
    keys.ensure_city_keys(now=NOW)
    return opened_roots(key_room.parent)


def opened_roots(folder: Path) -> list[root.RootKey]:
    passphrase = (folder / localroot.PASSPHRASE).read_text().strip()
    return [root.open_file(folder / name, passphrase=passphrase) for name in localroot.FILES]


def directory_key() -> SigningKey:
    return SigningKey.objects.get(purpose="directory", state="active")


def delegated(by: root.RootKey, *, now: datetime = NOW, **rest: Any) -> str:
    """What this root signs of what the server requests."""
    return by.delegate(trust.request(now=now, **rest), now=now)


def reason_of(act: Callable[[], Any]) -> str:
    with pytest.raises(NotTrusted) as refused:
        act()
    return refused.value.reason


def announce() -> SigningKey:
    """A successor of the directory key, published and not in use."""
    return keys.prepare_successor(key=directory_key(), by=None, now=NOW)


# -- Installing -----------------------------------------------------------------------------------
def test_the_roots_word_is_installed_recorded_and_published(roots: list[root.RootKey]) -> None:
    with pytest.raises(NoDelegation):
        publications.tend(now=NOW)
    found = trust.install(token=delegated(roots[0]), now=NOW)
    assert (found.thumbprint, found.not_after) == (directory_key().thumbprint, NOW + YEAR)
    line = RegisterChange.objects.get(event="delegation-installed")
    assert line.detail["kid"] == directory_key().thumbprint
    assert publications.tend(now=NOW) == 1
    assert publications.read(name="keys") is not None


def test_the_same_again_changes_nothing(roots: list[root.RootKey]) -> None:
    token = delegated(roots[0])
    assert trust.install(token=token, now=NOW) == trust.install(token=token, now=NOW)
    assert Delegation.objects.count() == 1


def test_an_older_one_is_refused(roots: list[root.RootKey]) -> None:
    first = delegated(roots[0])
    second = delegated(roots[0], now=NOW + DAY)
    trust.install(token=second, now=NOW + DAY)
    assert reason_of(lambda: trust.install(token=first, now=NOW + DAY)) == Reason.OLDER


def test_the_second_root_takes_over_where_the_first_left_off(roots: list[root.RootKey]) -> None:
    first = trust.install(token=delegated(roots[0]), now=NOW)
    second = trust.install(token=delegated(roots[1], now=NOW + DAY), now=NOW + DAY)
    assert second.seq > first.seq
    assert trust.delegation_of(key=directory_key(), now=NOW + DAY).root == roots[1].thumbprint


def test_a_root_that_is_not_pinned_delegates_nothing(roots: list[root.RootKey], tmp_path: Path) -> None:
    stranger = root.make(tmp_path / "stranger.pem", passphrase="nobody knows this root at all")
    assert reason_of(lambda: trust.install(token=delegated(stranger), now=NOW)) == Reason.ROOT


def test_a_root_of_two_cities_speaks_to_each_alone(roots: list[root.RootKey], settings: Settings) -> None:
    settings.BASE_URL = "https://passeport.rabat.example"
    token = delegated(roots[0])
    settings.BASE_URL = "http://localhost:8000"
    assert reason_of(lambda: trust.install(token=token, now=NOW)) == Reason.CITY


def test_one_whose_year_is_over_is_refused(roots: list[root.RootKey]) -> None:
    token = delegated(roots[0])
    assert reason_of(lambda: trust.install(token=token, now=NOW + YEAR)) == Reason.EXPIRED


def test_one_to_a_key_that_signs_no_directory_here_is_refused(roots: list[root.RootKey]) -> None:
    token = delegated(roots[0])
    keys.retire(key=directory_key(), by=None, now=NOW)
    assert reason_of(lambda: trust.install(token=token, now=NOW)) == Reason.KEY


def test_two_installed_at_once_end_in_one(roots: list[root.RootKey]) -> None:
    one, other = delegated(roots[0]), delegated(roots[1], now=NOW + DAY)
    begun: list[str] = []

    def rival(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("SAVEPOINT") and not begun:
            begun.append(sql)
            trust.install(token=one, now=NOW + DAY)
        return execute(sql, *rest)

    with connection.execute_wrapper(rival), pytest.raises(WrongState):
        trust.install(token=other, now=NOW + DAY)
    assert begun
    assert [row.body for row in Delegation.objects.all()] == [one]


@pytest.mark.parametrize("purpose", ["directory", "service"])
def test_no_key_that_is_online_signs_a_delegation(roots: list[root.RootKey], purpose: str) -> None:
    signer = keys.city_signer(purpose=SigningKey.Purpose(purpose), now=NOW)
    with pytest.raises(ValueError, match="this form"):
        signer.jws(delegations.lint_delegation(request=trust.request(now=NOW), now=NOW))


# -- What the database holds --------------------------------------------------------------------------
def row(seq: int, follows: int | None, **fields: Any) -> Delegation:
    sound = {
        "thumbprint": "x" * 43,
        "body": "a.b.c",
        "not_before": NOW,
        "not_after": NOW + DAY,
        "installed_at": NOW,
    }
    return Delegation.objects.create(seq=seq, follows_id=follows, **(sound | fields))


@pytest.mark.parametrize(
    ("seq", "follows", "fields"),
    [
        (20, None, {}),  # a second beginning
        (20, 5, {}),  # beside the one that follows already
        (9, 10, {}),  # falling
        (20, 10, {"not_after": NOW}),
    ],
)
def test_numbers_rise_from_row_to_row(seq: int, follows: int | None, fields: dict[str, Any]) -> None:
    row(5, None)
    row(10, 5)
    with pytest.raises(IntegrityError), transaction.atomic():
        row(seq, follows, **fields)
    row(20, 10)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"body": "a.b.c"}, Reason.FORM),
        ({"not_after": NOW + 2 * YEAR}, Reason.ROW),
        ({"not_before": NOW - YEAR}, Reason.ROW),
    ],
)
def test_a_row_that_somebody_changed_is_refused_and_nothing_is_signed(
    roots: list[root.RootKey], fields: dict[str, Any], reason: str
) -> None:
    make_issuer()
    trust.install(token=delegated(roots[0]), now=NOW)
    Delegation.objects.update(**fields)
    assert reason_of(lambda: trust.delegation_of(key=directory_key(), now=NOW)) == reason
    with pytest.raises(NotTrusted):
        publications.tend(now=NOW)
    assert not Publication.objects.exists()


def test_a_delegation_lent_to_another_key_is_refused(roots: list[root.RootKey]) -> None:
    trust.install(token=delegated(roots[0]), now=NOW)
    keys.retire(key=directory_key(), by=None, now=NOW)
    keys.ensure_city_keys(now=NOW)
    Delegation.objects.update(thumbprint=directory_key().thumbprint)
    assert reason_of(lambda: trust.delegation_of(key=directory_key(), now=NOW)) == Reason.ROW


def test_a_changed_newest_row_does_not_bring_back_an_older_one(roots: list[root.RootKey]) -> None:
    trust.install(token=delegated(roots[0]), now=NOW)
    trust.install(token=delegated(roots[0], now=NOW + DAY), now=NOW + DAY)
    newest = Delegation.objects.first()
    assert newest is not None
    Delegation.objects.filter(pk=newest.pk).update(not_after=NOW + DAY + timedelta(hours=1))
    with pytest.raises(NotTrusted):
        trust.delegation_of(key=directory_key(), now=NOW + 2 * DAY)


def test_one_for_later_leaves_the_present_one_in_force(roots: list[root.RootKey]) -> None:
    present = trust.install(token=delegated(roots[0]), now=NOW)
    asked = delegations.Request(
        city=trust.city(),
        jwk=directory_key().public_jwk,
        not_before=NOW + 30 * DAY,
        not_after=NOW + 400 * DAY,
        after=present.seq,
    )
    later = trust.install(token=roots[0].delegate(asked, now=NOW + DAY), now=NOW + DAY)
    assert trust.delegation_of(key=directory_key(), now=NOW + 29 * DAY) == present
    assert trust.delegation_of(key=directory_key(), now=NOW + 30 * DAY) == later


# -- Roots ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("text", ["", "{}", '{"keys": []}'])
def test_a_file_that_holds_no_roots_is_named(settings: Settings, tmp_path: Path, text: str) -> None:
    path = tmp_path / "roots.json"
    path.write_text(text)
    settings.ROOT_KEYS_FILE = str(path)
    with pytest.raises(ImproperlyConfigured, match="ROOT_KEYS_FILE does not hold"):
        trust.roots()


def test_a_file_that_is_not_there_is_named(settings: Settings, tmp_path: Path) -> None:
    settings.ROOT_KEYS_FILE = str(tmp_path / "nowhere.json")
    with pytest.raises(ImproperlyConfigured, match="ROOT_KEYS_FILE cannot be read"):
        trust.roots()


def test_a_root_taken_out_of_the_set_vouches_for_nothing_any_more(
    roots: list[root.RootKey], settings: Settings
) -> None:
    trust.install(token=delegated(roots[0]), now=NOW)
    left = delegations.roots_set({roots[1].thumbprint: roots[1].jwk})
    Path(settings.ROOT_KEYS_FILE).write_text(json.dumps(left))
    assert reason_of(lambda: trust.delegation_of(key=directory_key(), now=NOW)) == Reason.ROOT
    trust.install(token=delegated(roots[1], now=NOW + DAY), now=NOW + DAY)
    assert trust.delegation_of(key=directory_key(), now=NOW + DAY).root == roots[1].thumbprint


# -- Requests -------------------------------------------------------------------------------------
def test_a_request_is_for_the_key_that_needs_it_first(roots: list[root.RootKey]) -> None:
    active = directory_key()
    trust.install(token=delegated(roots[0]), now=NOW)
    successor = announce()
    assert trust.request(now=NOW).thumbprint == successor.thumbprint
    assert trust.request(now=NOW, thumbprint=active.thumbprint).thumbprint == active.thumbprint
    trust.install(token=delegated(roots[0], now=NOW + DAY), now=NOW + DAY)
    assert trust.request(now=NOW + 2 * DAY).thumbprint == active.thumbprint
    assert trust.request(now=NOW + 2 * DAY).after == int((NOW + DAY).timestamp())


def test_without_a_directory_key_there_is_nothing_to_request(key_room: Path) -> None:
    with pytest.raises(NoActiveKey):
        trust.request(now=NOW)


# -- The root of this machine -------------------------------------------------------------------------
def test_a_machine_that_is_its_own_root_delegates_once_and_renews_in_time(key_room: Path) -> None:
    assert localroot.delegate(now=NOW) == 1
    assert localroot.delegate(now=NOW + YEAR - 61 * DAY) == 0
    assert localroot.delegate(now=NOW + YEAR - 60 * DAY) == 1
    assert Delegation.objects.count() == 2


def test_without_a_root_of_its_own_it_makes_and_delegates_nothing(key_room: Path, settings: Settings) -> None:
    settings.LOCAL_ROOT_DIR = ""
    assert localroot.delegate(now=NOW) == 0
    assert not SigningKey.objects.exists()


def test_its_files_are_made_once_and_an_interrupted_making_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    localroot.make(folder)
    whole = {path.name: path.read_text() for path in folder.iterdir()}
    assert set(whole) == {"root-1.pem", "root-2.pem", "root-passphrase", "roots.json"}
    assert {path.stat().st_mode & 0o077 for path in folder.iterdir()} == {0}
    (folder / "roots.json").unlink()
    localroot.make(folder)
    assert {path.name: path.read_text() for path in folder.iterdir()} == whole


# -- How it stands --------------------------------------------------------------------------------
def troubles(now: datetime = NOW) -> list[str]:
    return [trouble.value for trouble in chain.look(now=now).troubles]


def test_a_chain_that_holds_has_no_trouble(key_room: Path) -> None:
    make_issuer()
    publish_keys()
    found = chain.look(now=NOW)
    assert (found.troubles, found.days_left, len(found.roots)) == ((), 365, 2)
    assert not found.broken


def test_it_warns_for_sixty_days(key_room: Path) -> None:
    make_issuer()
    publish_keys()
    for days, said in ((61, []), (60, ["runs-out"]), (1, ["runs-out"])):
        now = NOW + YEAR - days * DAY
        publications.tend(now=now)
        assert troubles(now) == said
    assert not chain.look(now=now).broken
    assert troubles(NOW + YEAR) == ["not-delegated", "directory-old"]


def test_each_missing_link_is_named(key_room: Path, settings: Settings) -> None:
    assert troubles() == ["no-key", "unpublished"]
    keys.ensure_city_keys(now=NOW)
    assert troubles() == ["not-delegated", "unpublished"]
    publish_keys()
    announce()
    assert troubles() == ["successor"]
    assert not chain.look(now=NOW).broken
    assert troubles(NOW + 2 * DAY) == ["directory-old", "successor"]
    Publication.objects.update(body="a.b.c")
    assert troubles() == ["directory-refused", "successor"]
    Delegation.objects.update(body="a.b.c")
    assert chain.look(now=NOW).reasons == ("form", "form")
    settings.ROOT_KEYS_FILE = ""
    assert troubles()[0] == "no-roots"
    assert set(chain.SENTENCES) == set(Trouble)


# -- The commands ---------------------------------------------------------------------------------
def command(*arguments: str) -> tuple[str, str]:
    out, beside = StringIO(), StringIO()
    call_command("root", *arguments, stdout=out, stderr=beside)
    return out.getvalue(), beside.getvalue()


def test_the_yearly_act_goes_from_machine_to_machine(roots: list[root.RootKey], tmp_path: Path) -> None:
    SigningKey.objects.update(not_before=timezone.now() - DAY)
    with pytest.raises(CommandError):
        command("status")
    asked, beside = command("request", "--days", "400")
    assert directory_key().thumbprint in beside
    (tmp_path / "request.json").write_text(asked)
    (tmp_path / "words").write_text((tmp_path / localroot.PASSPHRASE).read_text())
    files = (str(tmp_path / "root-1.pem"), str(tmp_path / "request.json"))
    signed, _ = command("sign", *files, "--passphrase-file", str(tmp_path / "words"), "--yes")
    (tmp_path / "delegation.jwt").write_text(signed)
    installed, _ = command("install", str(tmp_path / "delegation.jwt"))
    assert directory_key().thumbprint in installed
    publications.tend(now=timezone.now())
    said, _ = command("status")
    assert "The chain holds." in said
    assert "(399 days)" in said


def test_a_delegation_that_is_refused_is_refused_by_name(
    roots: list[root.RootKey], tmp_path: Path, settings: Settings
) -> None:
    now = timezone.now()
    (tmp_path / "delegation.jwt").write_text(delegated(roots[0], now=now))
    settings.ROOT_KEYS_FILE = ""
    with pytest.raises(CommandError, match=r"Refused \(root\): its root is none of the pinned ones"):
        command("install", str(tmp_path / "delegation.jwt"))
    for days in ("0", "401"):
        with pytest.raises(CommandError, match="between 1 and 400"):
            command("request", "--days", days)
    with pytest.raises(CommandError):
        command("request", "--key", "nobody")


def test_the_status_names_what_is_wrong(key_room: Path) -> None:
    make_issuer()
    publish_keys(now=timezone.now())
    announce()
    Publication.objects.update(body="a.b.c")
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("root", "status", stdout=out)
    assert "refused        form: it is not a compact JWS" in out.getvalue()
    assert "next key" in out.getvalue()


def test_a_directory_key_takes_over_once_the_root_has_delegated_to_it(key_room: Path, db: None) -> None:
    publish_keys()
    successor = announce()
    with pytest.raises(NoDelegation):
        keys.activate(key=successor, by=None, now=NOW, at_once=True)
    assert directory_key() != successor
    localroot.delegate(now=NOW)
    keys.activate(key=successor, by=None, now=NOW, at_once=True)
    assert publications.refresh(now=NOW + timedelta(minutes=1)) > 0
    assert directory_key() == successor


# -- Over HTTP ------------------------------------------------------------------------------------
def test_what_is_not_vouched_for_is_not_handed_out(client: Client, key_room: Path) -> None:
    issuer = make_issuer()
    publish_keys()
    kid8 = SigningKey.objects.get(issuer=issuer, algorithm="ES256").kid8
    Publication.objects.update(body="a.b.c")
    for path in ("/keys.jwt", f"/k/{kid8}"):
        response = client.get(path)
        assert (response.status_code, response["Retry-After"], response.content) == (202, "2", b"")
    publish_keys()
    assert client.get("/keys.jwt").status_code == 200


def test_identity_never_follows_the_host_that_was_asked(client: Client, key_room: Path) -> None:
    issuer = make_issuer(slug="ennour")
    publish_keys()
    kid8 = SigningKey.objects.get(issuer=issuer, algorithm="ES256").kid8
    paths = ("/.well-known/did.json", "/issuers/ennour/did.json", "/keys.jwt", f"/k/{kid8}")
    plain = {path: client.get(path).content for path in paths}
    hosts = (
        "localhost",
        "localhost:8000",
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1:8000",
        "[::1]",
    )
    for host in hosts:
        for path in paths:
            for headers in (
                {"Host": host},
                {"X-Forwarded-Host": host},
                {"Host": host, "Forwarded": f"host={host}"},
            ):
                response = client.get(path, headers=headers)
                assert response.status_code == 400 or response.content == plain[path]
