"""The page's own modules, run by node: they read codes as strictly as the server and come to its verdicts."""

import json
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from credentials import issuance, paper, revocation, statuslists
from credentials.models import Achievement, Credential, StatusListVersion
from credentials.people import Person
from issuers import delegations, jose, keys, publications, registry, trust
from issuers.errors import NotTrusted
from issuers.signable import Form, Signable
from tests.factories import NOW, city_officer, make_achievement, make_credential, publish_keys
from verify import verifier
from verify.report import Reason

from .browsing import SOON, Node, by_root, code, documents, page_says, said_in
from .test_verifier import on_paper

VECTOR = json.loads((Path(__file__).parent / "sp1_vector.json").read_text())
DIGITS = VECTOR["url"].partition("#")[2]


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
        ("https://passport.example/v%23" + "1" * 200, "1" * 200),
        ("/v%2523" + "1" * 100, "1" * 100),
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
def both_say(node: Node, digits: str, *, now: Any = SOON) -> str:
    """The page's state, which must be the server's."""
    there = page_says(node, digits, now=now)
    here = verifier.verify(source=digits, now=now, door="api")
    assert there["state"] == here.reason.value
    assert [step for step, _ in there["checks"]] == [check.step.value for check in here.checks if check.made]
    assert (there["name"] is None) == (here.stated is None)
    return str(there["state"])


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
    late = on_paper(credential, issued_at=int((SOON + keys.LATE).timestamp()))
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


# -- From the pinned roots down, and never back -------------------------------------------------------
def pinned(**rest: Any) -> dict[str, Any]:
    return {"city": trust.city(), "roots": trust.pinned()} | rest


def directory_says(node: Node, body: str, *, name: str = "keys", now: Any = SOON, **rest: Any) -> str:
    """Nothing if the page believes this directory, or the rule by which it refuses it, as the server's."""
    config = pinned(**rest)
    there = node.ask(act="trust", body=body, name=name, config=config, now=now.timestamp())
    assert there.get("kind") in (None, "NotTrusted"), there
    return str(there.get("refused", ""))


def server_says(body: str, *, name: str = "keys", now: Any = SOON) -> str:
    """The same of the server's own reader."""
    try:
        found = delegations.read_directory(body, name=name, roots=trust.roots(), city=trust.city())
        delegations.require_fresh(found, now=now)
    except NotTrusted as refused:
        return str(refused.reason)
    return ""


def stored() -> str:
    publication = publications.read(name="keys")
    assert publication is not None
    return publication.body


def under(token: str, **members: Any) -> str:
    """The present directory with this delegation, signed by the city's directory key."""
    signer = keys.city_signer(purpose=keys.Purpose.DIRECTORY, now=NOW)
    document = said_in(stored()) | {"delegation": token} | members
    return signer.jws(Signable(Form.KEY_DIRECTORY, None, json.dumps(document).encode()))


YEAR = timedelta(days=365)
OTHER = {"crv": "P-256", "kty": "EC", "x": "A" * 43, "y": "A" * 43}


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({}, ""),
        ({"iss": "did:web:rabat.example"}, "city"),
        ({"sub": "did:web:rabat.example#x"}, "key"),
        ({"jwk": OTHER}, "key"),
        ({"jwk": None}, "key"),
        ({"nbf": int((SOON + timedelta(hours=1)).timestamp())}, "not-yet"),
        ({"nbf": int((NOW - timedelta(days=36)).timestamp())}, "period"),
        ({"nbf": "x"}, "members"),
        ({"exp": int((SOON - timedelta(hours=1)).timestamp())}, "period"),
        ({"nbf": int((NOW - 2 * YEAR).timestamp()), "exp": int((NOW - YEAR).timestamp())}, "expired"),
        ({"exp": int((NOW + timedelta(days=401)).timestamp())}, "period"),
        ({"exp": 1.5}, "members"),
        ({"seq": -1}, "members"),
        ({"seq": "1"}, "members"),
        ({"aud": "x"}, "members"),
    ],
)
def test_a_delegation_is_refused_by_the_rule_that_it_breaks(
    node: Node, root_keys: list[Any], members: dict[str, Any], reason: str
) -> None:
    said = said_in(said_in(stored())["delegation"]) | members
    body = under(by_root(root_keys[0], said))
    assert directory_says(node, body) == reason
    assert server_says(body) == {"not-yet": "outside", "expired": "outside"}.get(reason, reason)


def test_each_member_changed_after_signing_breaks_the_roots_signature(
    node: Node, root_keys: list[Any]
) -> None:
    token = said_in(stored())["delegation"]
    head, _, signature = token.split(".")
    for member, value in said_in(token).items():
        said = said_in(token) | {member: value + 1 if isinstance(value, int) else "other"}
        tampered = under(f"{head}.{jose.b64(json.dumps(said).encode())}.{signature}")
        assert directory_says(node, tampered) == server_says(tampered) == "signature"


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"typ": "keys+jwt"}, "header"),
        ({"alg": "none"}, "header"),
        ({"kid": "x"}, "root"),
        ({"jku": "x"}, "header"),
    ],
)
def test_a_delegation_with_another_header_is_refused(
    node: Node, root_keys: list[Any], header: dict[str, str], reason: str
) -> None:
    body = under(by_root(root_keys[0], said_in(said_in(stored())["delegation"]), **header))
    assert directory_says(node, body) == server_says(body) == reason


def test_a_root_that_is_not_pinned_is_refused(node: Node, root_keys: list[Any]) -> None:
    said = said_in(said_in(stored())["delegation"])
    stranger = ec.generate_private_key(ec.SECP256R1())
    body = under(by_root(stranger, said))
    assert directory_says(node, body) == server_says(body) == "root"
    disguised = under(by_root(stranger, said, kid=trust.pinned()[0]["kid"]))
    assert directory_says(node, disguised) == server_says(disguised) == "signature"


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"iss": "did:web:rabat.example"}, "city"),
        ({"sub": "k/0123456789abcdef"}, "name"),
        ({"iat": int((NOW - timedelta(hours=1)).timestamp())}, "outside"),
        ({"iat": int((SOON + timedelta(hours=1)).timestamp())}, "not-yet"),
        ({"iat": "now"}, "members"),
        ({"ttl": 60}, "expired"),
        ({"version": "x"}, "members"),
        ({"issuers": {}}, "members"),
        ({"delegation": 1}, "members"),
        ({"delegation": "a.b"}, "form"),
    ],
)
def test_a_directory_is_refused_by_the_rule_that_it_breaks(
    node: Node, root_keys: list[Any], members: dict[str, Any], reason: str
) -> None:
    body = under(said_in(stored())["delegation"], **members)
    later = SOON + timedelta(minutes=10) if reason == "expired" else SOON
    assert directory_says(node, body, now=later) == server_says(body, now=later) == reason


def test_a_directory_of_another_key_than_was_delegated_to_is_refused(
    node: Node, root_keys: list[Any]
) -> None:
    rival = ec.generate_private_key(ec.SECP256R1())
    payload = json.dumps(said_in(stored())).encode()
    kid = said_in(said_in(stored())["delegation"])["sub"]
    for named, reason in ((kid, "signature"), (f"{trust.city()}#x", "directory-key")):
        body = jose.compact({"typ": "keys+jwt", "alg": "ES256", "kid": named}, payload, rival)
        assert directory_says(node, body) == server_says(body) == reason


def test_the_city_of_the_page_counts_not_that_of_the_document(node: Node, root_keys: list[Any]) -> None:
    assert directory_says(node, stored(), city="did:web:rabat.example") == "city"


def test_without_pinned_roots_the_page_believes_nothing(node: Node, root_keys: list[Any]) -> None:
    assert directory_says(node, stored(), roots=[]) == "root"


def test_the_second_root_takes_over(node: Node, root_keys: list[Any]) -> None:
    assert directory_says(node, stored()) == ""
    said = said_in(said_in(stored())["delegation"])
    body = under(by_root(root_keys[1], said | {"seq": said["seq"] + 1}))
    assert directory_says(node, body, roots=trust.pinned()[1:]) == ""
    assert directory_says(node, body) == ""


def test_a_directory_rolled_back_is_refused_also_on_the_next_visit(node: Node, root_keys: list[Any]) -> None:
    old = stored()
    later = NOW + timedelta(hours=7)
    publications.refresh(now=later)
    assert directory_says(node, old, now=later) == ""
    assert directory_says(node, stored(), now=later) == ""
    assert directory_says(node, old, now=later) == "older"
    node.ask(act="visit")
    assert directory_says(node, old, now=later) == "older"
    assert directory_says(node, stored(), now=later) == ""
    node.ask(act="visit", fresh=True)
    assert directory_says(node, old, now=later) == ""


def test_a_delegation_rolled_back_is_refused_for_every_document(node: Node, root_keys: list[Any]) -> None:
    old = stored()
    said = said_in(said_in(old)["delegation"])
    newer = under(by_root(root_keys[0], said | {"seq": said["seq"] + 1}), sub="k/0123456789abcdef")
    assert directory_says(node, newer, name="k/0123456789abcdef") == ""
    assert directory_says(node, old) == "older"
    node.ask(act="visit")
    assert directory_says(node, old) == "older"


def test_a_clock_set_back_brings_nothing_back(node: Node, root_keys: list[Any]) -> None:
    old = stored()
    later = NOW + timedelta(days=3)
    publications.refresh(now=later)
    assert directory_says(node, stored(), now=later) == ""
    assert directory_says(node, old, now=SOON) in ("older", "expired")
    assert (
        directory_says(
            node,
            under(said_in(old)["delegation"], sub="k/0123456789abcdef", iat=said_in(old)["iat"]),
            name="k/0123456789abcdef",
            now=SOON,
        )
        == "expired"
    )


@pytest.mark.parametrize("broken", ["missing", "throws"])
def test_without_storage_the_page_remembers_for_as_long_as_it_lives(
    node: Node, root_keys: list[Any], broken: str
) -> None:
    node.ask(act="visit", fresh=True, broken=broken)
    old = stored()
    later = NOW + timedelta(hours=7)
    publications.refresh(now=later)
    assert directory_says(node, stored(), now=later) == ""
    assert directory_says(node, old, now=later) == "older"


def test_what_is_remembered_names_no_certificate_and_does_not_grow(node: Node, root_keys: list[Any]) -> None:
    for hour in range(0, 24 * 6, 8):
        now = NOW + timedelta(hours=hour)
        publications.refresh(now=now, force=True)
        body = under(said_in(stored())["delegation"], sub=f"k/{hour:016x}")
        assert directory_says(node, body, name=f"k/{hour:016x}", now=now) == ""
    [[place, text]] = node.ask(act="visit").items()
    assert place == f"trust {trust.city()}"
    seen = json.loads(text)
    assert set(seen) == {"seq", "latest", "versions"}
    assert 1 <= len(seen["versions"]) <= 5


def test_a_rolled_back_key_or_an_ended_delegation_leaves_a_code_unchecked(
    node: Node, credential: Credential
) -> None:
    digits, old = code(credential), documents()
    later = NOW + timedelta(hours=7)
    publications.refresh(now=later)
    assert both_say(node, digits, now=later) == "valid"
    rolled = page_says(
        node, digits, now=later, shelf=documents() | {k: v for k, v in old.items() if "/k/" in k}
    )
    assert (rolled["state"], rolled["name"]) == ("not-trusted", None)
    assert rolled["asked"].count(f"/k/{credential.key.kid8}") == 2  # once more, past any cache
    assert rolled["checks"] == [["readable", "passed"], ["issuer", "not-trusted"]]
    ended = NOW + YEAR
    publications.refresh(now=ended - timedelta(hours=1))
    assert page_says(node, digits, now=ended + timedelta(minutes=10))["state"] == "not-trusted"


def test_the_page_ranks_findings_as_the_server_does(node: Node) -> None:
    ours = [reason.value for reason in Reason]
    theirs = [state for state in node.ask(act="order") if state in ours]
    assert theirs == [reason for reason in ours if reason in theirs]
    assert theirs[-1] == "valid"
