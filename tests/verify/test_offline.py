"""The verifier page without a network: what it keeps, how long that counts, and what it never takes in."""

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from credentials import bundle, revocation, statuslists
from credentials.models import Achievement, Credential, StatusListVersion
from issuers import jose, keys, publications, trust
from tests.factories import NOW, make_achievement, make_credential
from verify.wording import KEPT

from .browsing import SOON, Node, by_root, code, documents, page_says, said_in
from .test_verifier import on_paper

DAY = timedelta(days=1)


def gone() -> dict[str, Any]:
    """The shelf of a server that nobody reaches."""
    return dict.fromkeys([*documents(), "/bundle.jwt"])


def visit(node: Node, digits: str, **rest: Any) -> Any:
    """A check on a device that keeps what it learns."""
    return page_says(node, digits, stays=True, **rest)


def states(seen: Any) -> list[str]:
    return [each["state"] for each in seen["shown"]]


# -- A verdict at once, then the city's latest word -------------------------------------------------
def test_the_first_visit_waits_for_the_city_and_the_second_does_not(
    node: Node, credential: Credential
) -> None:
    first = visit(node, code(credential))
    assert [(each["state"], each["isLast"]) for each in first["shown"]] == [("valid", True)]
    second = visit(node, code(credential))
    assert [(each["state"], each["isLast"], len(each["asked"])) for each in second["shown"]] == [
        ("valid", False, 0),
        ("valid", True, 4),
    ]
    assert second["trouble"] is None


def test_a_verdict_from_what_was_kept_takes_milliseconds(node: Node, credential: Credential) -> None:
    visit(node, code(credential))
    at_once = [visit(node, code(credential))["shown"][0]["after"] for _ in range(20)]
    assert sorted(at_once)[10] < 5


def test_without_a_network_what_was_kept_decides(node: Node, credential: Credential) -> None:
    visit(node, code(credential))
    there = visit(node, code(credential), shelf=gone(), now=SOON + 3 * DAY)
    assert states(there) == ["valid", "valid"]
    assert (there["trouble"], there["name"]) == ("offline", "Fatima-Zahra El Idrissi")
    assert there["asOf"] == there["shown"][0]["asOf"] == int(_signed_at().timestamp())


def _signed_at() -> Any:
    """The oldest moment of the three lists, as their issuer signed it."""
    said = [said_in(version.body)["iat"] for version in StatusListVersion.objects.all()]
    return datetime.fromtimestamp(min(said), UTC)


def test_the_citys_latest_word_changes_a_kept_verdict(node: Node, credential: Credential) -> None:
    visit(node, code(credential))
    revocation.revoke(credential=credential, reason="fraud", by=None, now=SOON)
    statuslists.publish_changed(now=SOON)
    later = SOON + timedelta(minutes=1)
    assert states(visit(node, code(credential), now=later)) == ["valid", "revoked"]
    assert states(visit(node, code(credential), now=later, shelf=gone())) == ["revoked", "revoked"]


def test_an_older_list_out_of_some_cache_brings_nothing_back(node: Node, credential: Credential) -> None:
    old = documents()
    revocation.revoke(credential=credential, reason="fraud", by=None, now=SOON)
    statuslists.publish_changed(now=SOON)
    assert states(visit(node, code(credential))) == ["revoked"]
    assert states(visit(node, code(credential), shelf=old)) == ["revoked", "revoked"]


@pytest.mark.parametrize("answer", ["<html>Sign in to the airport's network</html>", "a.b.c"])
def test_an_answer_that_is_not_the_citys_leaves_what_was_kept(
    node: Node, credential: Credential, answer: str
) -> None:
    visit(node, code(credential))
    there = visit(node, code(credential), shelf=dict.fromkeys(documents(), answer))
    assert (states(there), there["trouble"]) == (["valid", "valid"], "not-trusted")


def test_that_a_key_is_not_there_is_nobodys_signed_word(node: Node, credential: Credential) -> None:
    visit(node, code(credential))
    there = visit(node, code(credential), shelf={})
    assert (there["state"], there["trouble"]) == ("valid", "offline")
    assert page_says(node, code(credential), shelf={})["state"] == "unknown-issuer"


def test_a_device_that_never_was_here_checks_nothing_without_a_network(
    node: Node, credential: Credential
) -> None:
    there = visit(node, code(credential), shelf=gone())
    assert (states(there), there["name"]) == (["offline"], None)


def test_what_cannot_be_read_is_said_at_once_and_nobody_is_asked(node: Node, credential: Credential) -> None:
    there = visit(node, "1" * 300)
    assert (states(there), there["asked"]) == (["malformed"], [])


# -- Ages -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("age", "state"),
    [
        (timedelta(days=6, hours=23), "valid"),
        (timedelta(days=7, hours=1), "status-stale"),
        (timedelta(days=29, hours=23), "status-stale"),
        (timedelta(days=30, hours=1), "status-unknown"),
        (timedelta(days=300), "status-unknown"),
    ],
)
def test_what_was_kept_is_worth_less_with_age(
    node: Node, credential: Credential, age: timedelta, state: str
) -> None:
    visit(node, code(credential))
    there = visit(node, code(credential), shelf=gone(), now=_signed_at() + age)
    assert (states(there), there["name"]) == ([state, state], "Fatima-Zahra El Idrissi")


def test_a_key_kept_long_ago_ages_even_where_the_list_is_new(node: Node, credential: Credential) -> None:
    visit(node, code(credential))
    later = SOON + 9 * DAY
    StatusListVersion.objects.update(stale_at=later)
    statuslists.publish_changed(now=later)
    without_keys = {url: body if url.startswith("/s/") else None for url, body in documents().items()}
    there = visit(node, code(credential), shelf=without_keys, now=later)
    assert states(there) == ["status-stale", "status-stale"]
    assert (there["trouble"], there["asOf"]) == ("offline", int(later.timestamp()))


@pytest.mark.parametrize("days", [1, 10, 100])
@pytest.mark.parametrize(
    ("act", "reason", "state"),
    [(revocation.revoke, "fraud", "revoked"), (revocation.suspend, "under-review", "suspended")],
)
def test_bad_news_does_not_age(
    node: Node, credential: Credential, act: Any, reason: str, state: str, days: int
) -> None:
    act(credential=credential, reason=reason, by=None, now=NOW)
    statuslists.publish_changed(now=SOON)
    visit(node, code(credential))
    there = visit(node, code(credential), shelf=gone(), now=SOON + days * DAY)
    assert states(there) == [state, state]


def test_a_withdrawn_key_stays_withdrawn(node: Node, credential: Credential) -> None:
    keys.mark_compromised(key=credential.key, by=None, now=SOON)
    publications.tend(now=SOON)
    visit(node, code(credential))
    there = visit(node, code(credential), shelf=gone(), now=SOON + 100 * DAY)
    assert (states(there), there["name"]) == (["key-withdrawn", "key-withdrawn"], None)


def test_a_certificate_expires_without_a_network_too_and_by_no_clock_set_back(
    node: Node, achievement: Achievement
) -> None:
    credential = make_credential(make_achievement(achievement.issuer, valid_months=1))
    visit(node, code(credential))
    later = NOW + 60 * DAY
    assert visit(node, code(credential), shelf=gone(), now=later)["state"] == "expired"
    publications.refresh(now=later)
    visit(node, code(credential), now=later)
    assert visit(node, code(credential), shelf=gone(), now=SOON)["state"] == "expired"


def test_without_its_list_a_code_is_genuine_and_its_status_not_checked(
    node: Node, credential: Credential
) -> None:
    without_lists = {url: body for url, body in documents().items() if not url.startswith("/s/")}
    visit(node, code(credential), shelf=without_lists)
    there = visit(node, code(credential), shelf=gone())
    assert (states(there), there["asOf"]) == (["status-unknown", "status-unknown"], None)


def test_every_age_has_its_sentence(node: Node) -> None:
    assert set(KEPT) == {"valid", "status-stale", "status-unknown"}
    assert set(KEPT) < set(node.ask(act="order"))


# -- What is kept -----------------------------------------------------------------------------------
def test_nothing_of_a_certificate_is_kept_and_a_visit_keeps_little(
    node: Node, credential: Credential
) -> None:
    visit(node, code(credential))
    kept = node.ask(act="kept")
    assert set(kept) == {f"key/{credential.key.kid8}", f"list/{credential.status_list_id}"}
    text = json.dumps(kept, ensure_ascii=False)
    for of_hers in ("Fatima", "فاطمة", "smartphone", bytes(credential.paper).hex()[-40:]):
        assert of_hers not in text
    assert len(text) < 2000


def test_single_visits_do_not_pile_up(node: Node) -> None:
    records = [(f"{kind}/{number}", number) for kind in ("key", "list") for number in range(40)]
    kept = node.ask(act="put", records=[[name, {"iat": iat, "seq": 0}] for name, iat in records])
    assert {name for name in kept if name.startswith("key/")} == {f"key/{n}" for n in range(8, 40)}
    assert {name for name in kept if name.startswith("list/")} == {f"list/{n}" for n in range(16, 40)}


def test_an_older_record_takes_no_newer_ones_place(node: Node) -> None:
    node.ask(act="put", records=[["list/1", {"iat": 9, "seq": 0, "which": "newer"}]])
    node.ask(act="put", records=[["list/1", {"iat": 8, "seq": 0, "which": "older"}]])
    assert node.ask(act="kept")["list/1"]["which"] == "newer"


# -- The bundle -------------------------------------------------------------------------------------
class City:
    """A directory key of the test's own, delegated by the city's root, and the bundles that it signs."""

    def __init__(self, root: ec.EllipticCurvePrivateKey) -> None:
        self.root = root
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.seq = 1_000_000

    @property
    def kid(self) -> str:
        return f"{trust.city()}#{jose.thumbprint(jose.jwk_of(self.key.public_key()))}"

    def delegation(self) -> str:
        jwk = jose.jwk_of(self.key.public_key())
        return by_root(
            self.root,
            {
                "iss": trust.city(),
                "sub": self.kid,
                "jwk": {name: jwk[name] for name in ("crv", "kty", "x", "y")},
                "nbf": int((NOW - DAY).timestamp()),
                "exp": int((NOW + 300 * DAY).timestamp()),
                "seq": self.seq,
            },
        )

    def bundle(
        self, inside: Any, *, at: Any = NOW, version: int = 1, header: Any = None, **members: Any
    ) -> str:
        said = {
            "iss": trust.city(),
            "sub": "bundle",
            "iat": int(at.timestamp()),
            "ttl": 86_400,
            "version": version,
            "delegation": self.delegation(),
        }
        text = inside if isinstance(inside, bytes) else json.dumps(said | inside | members).encode()
        head = {"typ": "bundle+jose", "cty": "gzip", "alg": "ES256", "kid": self.kid} | (header or {})
        return jose.compact(head, gzip.compress(text, mtime=0), self.key)


@pytest.fixture
def city(root_keys: list[ec.EllipticCurvePrivateKey]) -> City:
    return City(root_keys[0])


def gaps(*places: int) -> str:
    """As docs/paper-format.md writes sets of places."""
    out = bytearray()
    last = -1
    for place in sorted(places):
        gap, last = place - last - 1, place
        while gap > 127:
            out.append(gap & 127 | 128)
            gap >>= 7
        out.append(gap)
    return jose.b64(bytes(out)) if out else ""


def content(credential: Credential, *, at: Any = NOW, **purposes: list[int]) -> dict[str, Any]:
    """What a bundle says of this certificate's issuer and list."""
    directory = publications.read(name="keys")
    assert directory is not None
    issuers = [bundle._issuer_entry(issuer) for issuer in said_in(directory.body)["issuers"]]
    return {
        "issuers": issuers,
        "lists": [
            {
                "number": credential.status_list_id,
                "issuer": issuers[0]["did"],
                "iat": int(at.timestamp()),
                "exp": int((at + 2 * DAY).timestamp()),
                "revocation": gaps(*purposes.get("revocation", [])),
                "suspension": gaps(*purposes.get("suspension", [])),
                "replacement": gaps(*purposes.get("replacement", [])),
            }
        ],
    }


def _config() -> dict[str, Any]:
    return {"city": trust.city(), "roots": trust.pinned()}


def take(node: Node, body: str, *, now: Any = SOON, as_file: bool = False) -> Any:
    return node.ask(act="bundle", body=body, config=_config(), now=now.timestamp(), asFile=as_file)


def test_a_device_with_a_bundle_needs_no_network_at_all(
    node: Node, credential: Credential, city: City
) -> None:
    taken = take(node, city.bundle(content(credential)))
    assert taken == {"iat": int(NOW.timestamp()), "issuers": 1, "lists": 1}
    there = visit(node, code(credential), shelf=gone())
    assert (states(there), there["issuer"]) == (["valid", "valid"], credential.issuer.slug)


@pytest.mark.parametrize(
    ("purpose", "state"),
    [("revocation", "revoked"), ("suspension", "suspended"), ("replacement", "replaced")],
)
def test_what_a_bundle_says_of_one_place_counts_for_it_alone(
    node: Node, credential: Credential, city: City, purpose: str, state: str
) -> None:
    index = credential.status_index
    others = [place for place in (0, index - 1, index + 1, 131_071) if 0 <= place != index]
    take(node, city.bundle(content(credential, **{purpose: others})))
    assert visit(node, code(credential), shelf=gone())["state"] == "valid"
    take(node, city.bundle(content(credential, at=SOON, **{purpose: [*others, index]}), at=SOON, version=2))
    assert visit(node, code(credential), shelf=gone())["state"] == state


def test_a_bundle_younger_than_a_paper_knows_its_key_and_an_older_one_may_not(
    node: Node, credential: Credential, city: City
) -> None:
    nobody = content(credential) | {"issuers": []}
    take(node, city.bundle(nobody, at=SOON))
    assert visit(node, code(credential), shelf=gone())["state"] == "unknown-issuer"
    ahead = on_paper(credential, issued_at=int((SOON + DAY).timestamp()))
    assert visit(node, ahead, shelf=gone())["state"] == "offline"


def test_a_list_in_a_bundle_counts_for_its_issuer_alone(
    node: Node, credential: Credential, city: City
) -> None:
    said = content(credential)
    said["lists"][0]["issuer"] = "did:web:elsewhere.example"
    take(node, city.bundle(said))
    assert visit(node, code(credential), shelf=gone())["state"] == "status-unknown"


def test_the_age_that_counts_is_the_lists_own(node: Node, credential: Credential, city: City) -> None:
    take(node, city.bundle(content(credential, at=NOW - 8 * DAY)))
    there = visit(node, code(credential), shelf=gone())
    assert (there["state"], there["asOf"]) == ("status-stale", int((NOW - 8 * DAY).timestamp()))


def test_a_bundle_from_the_network_lasts_a_day_and_one_on_a_stick_a_month(
    node: Node, credential: Credential, city: City
) -> None:
    body = city.bundle(content(credential))
    assert take(node, body, now=NOW + 2 * DAY)["refused"] == "expired"
    assert "refused" not in take(node, body, now=NOW + 29 * DAY, as_file=True)
    assert visit(node, code(credential), shelf=gone(), now=NOW + 29 * DAY)["state"] == "status-stale"
    assert take(node, body, now=NOW + 31 * DAY, as_file=True)["refused"] == "expired"


def test_an_older_bundle_is_refused_also_on_a_stick_and_on_the_next_visit(
    node: Node, credential: Credential, city: City
) -> None:
    old = city.bundle(content(credential), version=7)
    assert "refused" not in take(node, old)
    assert "refused" not in take(node, city.bundle(content(credential), version=8))
    for as_file in (False, True):
        assert take(node, old, as_file=as_file)["refused"] == "older"
    node.ask(act="visit")
    assert take(node, old, now=NOW + 20 * DAY, as_file=True)["refused"] == "older"


def test_a_newer_delegation_ends_what_was_kept_under_the_older(
    node: Node, credential: Credential, city: City
) -> None:
    take(node, city.bundle(content(credential)))
    assert visit(node, code(credential), shelf=gone())["state"] == "valid"
    old = city.bundle(content(credential), version=2)
    city.seq += 1
    nothing: dict[str, Any] = {"issuers": [], "lists": []}
    take(node, city.bundle(nothing, at=NOW - timedelta(hours=1), version=3))
    assert take(node, old)["refused"] == "older"
    assert visit(node, code(credential), shelf=gone())["state"] in ("offline", "unknown-issuer")


def bent(content: dict[str, Any], place: str, value: Any) -> dict[str, Any]:
    """The content with one list's member changed."""
    return content | {"lists": [content["lists"][0] | {place: value}]}


REFUSALS: list[tuple[dict[str, Any], str]] = [
    ({"iss": "did:web:rabat.example"}, "city"),
    ({"sub": "keys"}, "name"),
    ({"iat": int((NOW - 2 * DAY).timestamp())}, "outside"),
    ({"iat": int((SOON + DAY).timestamp())}, "not-yet"),
    ({"iat": "now"}, "members"),
    ({"ttl": -1}, "members"),
    ({"version": 1.5}, "members"),
    ({"delegation": None}, "members"),
    ({"delegation": "a.b"}, "form"),
    ({"lists": 1}, "members"),
    ({"more": 1}, "members"),
    ({"header": {"typ": "keys+jwt"}}, "header"),
    ({"header": {"alg": "none"}}, "header"),
    ({"header": {"jku": "x"}}, "header"),
    ({"header": {"cty": "json"}}, "header"),
    ({"header": {"kid": "x"}}, "directory-key"),
]


@pytest.mark.parametrize(("members", "reason"), REFUSALS)
def test_a_bundle_is_refused_by_the_rule_that_it_breaks_and_leaves_nothing(
    node: Node, credential: Credential, city: City, members: dict[str, Any], reason: str
) -> None:
    assert take(node, city.bundle(content(credential), **members))["refused"] == reason
    assert node.ask(act="kept") == {}


#: No point of P-256 has this x.
NOWHERE = b"\x02" + (1).to_bytes(32)


def _broken_contents(said: dict[str, Any]) -> Iterator[Any]:
    yield b"not JSON"
    yield b"\xff\xfe"
    yield b"[]"
    yield said | {"more": []}
    yield said | {"issuers": {}}
    yield said | {"issuers": [said["issuers"][0] | {"more": 1}]}
    for point in (
        None,
        "",
        "AA",
        jose.b64(b"\x04" + bytes(32)),
        jose.b64(b"\x02" + b"\xff" * 32),
        jose.b64(NOWHERE),
    ):
        key = said["issuers"][0]["keys"][0] | {"point": point}
        yield said | {"issuers": [said["issuers"][0] | {"keys": [key]}]}
    yield said | {"lists": [said["lists"][0]] * 2}
    yield bent(said, "number", -1)
    yield bent(said, "number", 2**15)
    yield bent(said, "iat", "now")
    yield bent(said, "iat", int((NOW + DAY).timestamp()))
    yield bent(said, "exp", None)
    yield bent(said, "revocation", None)
    yield bent(said, "revocation", jose.b64(b"\x80"))  # cut off
    yield bent(said, "revocation", jose.b64(b"\x80\x00"))  # longer than needed
    yield bent(said, "revocation", jose.b64(b"\xff\xff\x7f"))  # beyond the last place
    yield bent(said, "revocation", jose.b64(b"\xff\xff\x07\x00"))  # one beyond the last place
    yield bent(said, "revocation", jose.b64(b"\x80\x80\x80\x01"))  # a number too large
    yield bent(said, "suspension", "=")


def test_a_content_with_any_flaw_is_refused_as_a_whole(
    node: Node, credential: Credential, city: City
) -> None:
    said = content(credential)
    for number, flawed in enumerate(_broken_contents(said)):
        answer = take(node, city.bundle(flawed, version=number))
        assert answer.get("kind") == "NotTrusted", (number, answer)
        assert answer["refused"] in ("members", "form"), (number, answer)
    assert node.ask(act="kept") == {}
    assert "refused" not in take(node, city.bundle(said, version=0))


def test_a_bundle_that_unpacks_without_end_is_refused(node: Node, credential: Credential, city: City) -> None:
    assert take(node, city.bundle(b" " * (5 * 1024 * 1024)))["refused"] == "form"
    assert take(node, "x" * 600_001)["refused"] == "form"


def test_a_bundle_by_another_key_is_refused(node: Node, credential: Credential, city: City) -> None:
    head, payload, _ = city.bundle(content(credential)).split(".")
    other = city.bundle(content(credential), version=2).split(".")[2]
    assert take(node, f"{head}.{payload}.{other}")["refused"] == "signature"
    assert take(node, f"{head}.{payload}")["refused"] == "form"
    stranger = City(ec.generate_private_key(ec.SECP256R1()))
    assert take(node, stranger.bundle(content(credential)))["refused"] == "root"


# -- Gaps -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "places",
    [
        [],
        [0],
        [131_071],
        [0, 1, 2],
        [127],
        [128],
        [129],
        [0, 128, 16_512],
        [7, 8, 9, 4_000, 131_070, 131_071],
    ],
)
def test_places_come_back_from_their_gaps(node: Node, places: list[int]) -> None:
    bits = bytearray(131_072 // 8)
    for place in places:
        bits[place >> 3] |= 0x80 >> (place & 7)
    there = node.ask(act="gaps", bits=bits.hex())
    assert (there["places"], there["among"]) == (places, True)
    assert there["gaps"] == jose.unb64(gaps(*places)).hex() if places else there["gaps"] == ""


def test_places_that_no_paper_can_name_are_left_out(node: Node) -> None:
    assert node.ask(act="gaps", bits="00" * (131_072 // 8) + "ff")["places"] == []


# -- Hand scanners ----------------------------------------------------------------------------------
DIGITS = json.loads((Path(__file__).parent / "sp1_vector.json").read_text())["url"].partition("#")[2]
#: Digit keys as a keyboard of France writes them; the scanner believes in one of the United States.
ON_AZERTY = dict(zip("1234567890", "&é\"'(-è_çà", strict=True))
#: The other way round: the scanner presses shift for a digit, and the keyboard writes these signs.
FOR_AZERTY = dict(zip("1234567890", "!@#$%^&*()", strict=True))


def typed(text: str, *, layout: dict[str, str] | None = None) -> list[dict[str, Any]]:
    """The key events of a scanner that believes in the keyboard of the United States."""
    keys_ = []
    for sign in text:
        where = (
            f"Digit{3 if sign == '#' else sign}" if sign.isdigit() or sign == "#" else f"Key{sign.upper()}"
        )
        meant = (layout or {}).get(sign, sign)
        if sign == "#" and layout:
            meant = "3"
        keys_.append({"key": meant, "code": where, "shiftKey": sign == "#"})
    return [*keys_, {"key": "Enter", "code": "Enter"}]


def test_a_hand_scanner_types_a_code_whatever_the_keyboards_layout(node: Node) -> None:
    for layout in (None, ON_AZERTY):
        assert node.ask(act="wedge", keys=typed(f"https;--x-v#{DIGITS}", layout=layout)) == [DIGITS]
    set_for_azerty = [
        {"key": FOR_AZERTY[digit], "code": f"Digit{digit}", "shiftKey": True} for digit in DIGITS
    ]
    for before in ([], [{"key": "v", "code": "KeyV"}, {"key": "3", "code": "Digit3", "altKey": True}]):
        assert node.ask(act="wedge", keys=[*before, *set_for_azerty, {"key": "Enter", "code": "Enter"}]) == [
            DIGITS
        ]
    pad = [{"key": digit, "code": f"Numpad{digit}"} for digit in DIGITS]
    assert node.ask(act="wedge", keys=[*pad, {"key": "Enter", "code": "NumpadEnter"}]) == [DIGITS]
    arabic = [{"key": chr(0x660 + int(digit)), "code": f"Digit{digit}"} for digit in DIGITS]
    assert node.ask(act="wedge", keys=[*arabic, {"key": "Enter", "code": "Enter"}]) == [DIGITS]


def test_what_a_person_types_is_no_scan(node: Node) -> None:
    slowly = [key | {"after": 2500} for key in typed(DIGITS)]
    assert node.ask(act="wedge", keys=slowly) == []
    assert node.ask(act="wedge", keys=typed("BZF3G3DKP8FZ")) == []


def test_one_scan_after_another_is_two_scans(node: Node) -> None:
    assert node.ask(act="wedge", keys=typed(DIGITS) * 2) == [DIGITS, DIGITS]
