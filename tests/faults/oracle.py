"""What has to be true at the end, found out with nothing of the product: SQL, HTTP, JSON, CBOR, signatures.

It knows what was handed over, what the clients were answered, and the public keys as the web showed them.
"""

import gzip
import hashlib
import http.client
import json
from base64 import urlsafe_b64decode
from collections import Counter, defaultdict
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from .database import Books, Row

LIST_SIZE = 131_072
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SETS = {
    "revocation": ("revoked", "replaced"),
    "suspension": ("suspended",),
    "replacement": ("replaced",),
}
ENDS = {"revoke": "revoked", "suspend": "suspended", "replace": "replaced"}
MOST = 20  # ids that are named of one kind of wrong

CREDENTIALS = """
    SELECT c.id, c.award_id, c.achievement_id, c.name_latin, c.name_arabic, c.address_kind, c.address,
           c.subject_id, c.session, c.person_hash, c.jwt, c.paper, c.cti, c.sha256, c.short_code,
           c.status_list_id, c.status_index, c.status, k.thumbprint, k.kid8, a.batch_id, a.row
    FROM credentials_credential c
    JOIN credentials_award a ON a.id = c.award_id
    JOIN issuers_signingkey k ON k.id = c.key_id
"""
AWARDS = """
    SELECT a.id, a.batch_id, a.row, a.state, a.error_code, a.name_latin, a.name_arabic, a.address,
           a.credential_id, a.replaces_id
    FROM credentials_award a
"""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the harness knows: the script by key, what clients were answered, the keys that were shown."""

    lists: dict[str, list[dict[str, str]]]
    singles: list[dict[str, str]]
    learners: list[dict[str, str]]
    journal: list[dict[str, Any]]
    did_documents: list[dict[str, Any]]
    revoked_key: dict[str, Any] | None = None
    until_sent: bool = False


@dataclass
class Verdict:
    """What is wrong, by kind; ``issued`` counts certificates."""

    issued: int = 0
    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    wrongly_refused: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return not (self.lost or self.duplicated or self.wrongly_refused or self.other)

    def every(self) -> list[str]:
        """All of it."""
        return [*self.lost, *self.duplicated, *self.wrongly_refused, *self.other]

    def lines(self) -> list[str]:
        """Each wrong in a line, the first ones of each kind."""
        kinds = {"lost": self.lost, "duplicated": self.duplicated, "wrongly refused": self.wrongly_refused}
        found = []
        for kind, wrongs in (kinds | {"wrong": self.other}).items():
            found += [f"{kind}: {each}" for each in wrongs[:MOST]]
            if len(wrongs) > MOST:
                found.append(f"{kind}: and {len(wrongs) - MOST} more")
        return found


class Web:
    """Reads over HTTP as anybody may."""

    def __init__(self, port: int, host: str) -> None:
        self.port, self.host = port, host

    def get(self, path: str) -> bytes:
        """What stands there. Raises OSError."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        try:
            connection.request("GET", path, headers={"Host": self.host})
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        if answer.status != http.HTTPStatus.OK:
            raise OSError(f"{path} answered {answer.status}")
        return body


# -- Signatures -----------------------------------------------------------------------------------
def unb64(text: str) -> bytes:
    """base64url without padding."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def published(documents: list[dict[str, Any]]) -> dict[str, ec.EllipticCurvePublicKey]:
    """The P-256 keys of these DID documents, by the whole id of each."""
    found = {}
    for document in documents:
        for method in document["verificationMethod"]:
            jwk = method.get("publicKeyJwk")
            if jwk and jwk["crv"] == "P-256":
                x, y = (int.from_bytes(unb64(jwk[name])) for name in "xy")
                numbers = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1())
                found[str(method["id"])] = numbers.public_key()
    return found


def verifies(key: ec.EllipticCurvePublicKey, message: bytes, signature: bytes) -> bool:
    """Whether r || s is this key's ES256 signature."""
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    try:
        key.verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return len(signature) == 64


def read_jws(token: str, keys: dict[str, ec.EllipticCurvePublicKey]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and payload of a JWS that a published key signed. Raises ValueError."""
    signed, _, signature = token.rpartition(".")
    head, body = signed.split(".")
    header = json.loads(unb64(head))
    key = keys.get(header["kid"])
    if header["alg"] != "ES256" or key is None:
        raise ValueError(f"signed by {header['kid']}, which is not published")
    if not verifies(key, signed.encode(), unb64(signature)):
        raise ValueError("the signature does not verify")
    return header, json.loads(unb64(body))


# -- The whole judgement --------------------------------------------------------------------------
def judge(url: str, *, web: Web, told: Told) -> Verdict:
    """Hold what is stored and shown against what was handed over."""
    with closing(Books(url)) as books:
        return Judgement(books, web, told).run()


class Judgement:
    """One look at everything."""

    def __init__(self, books: Books, web: Web, told: Told) -> None:
        self.books, self.web, self.told = books, web, told
        self.verdict = Verdict()
        self.credentials = books.rows(CREDENTIALS)
        self.awards = {(row["batch_id"], row["row"]): row for row in books.rows(AWARDS)}
        self.by_award = {row["award_id"]: row for row in self.credentials}
        self.by_id = {row["id"]: row for row in self.credentials}
        self.batches = books.rows("SELECT id, idempotency_key, row_count, state FROM credentials_batch")
        self.keys = published(told.did_documents)

    def run(self) -> Verdict:
        """Everything, in the order in which a certificate travels."""
        self.verdict.issued = len(self.credentials)
        self._requests()
        for key, rows in self.told.lists.items():
            self._list(key, rows)
        self._singles()
        self._people()
        self._unique()
        for row in self.credentials:
            self._signed(row)
        self._status()
        self._messages()
        self._passports()
        self._key()
        self._queue_is_empty()
        return self.verdict

    def wrong(self, what: str) -> None:
        """Something that must not be."""
        self.verdict.other.append(what)

    # -- What was asked -------------------------------------------------------------------------------
    def _requests(self) -> None:
        """One key, one batch; nobody was turned away."""
        answers: dict[str, set[str]] = defaultdict(set)
        for line in self.told.journal:
            event = line["event"]
            if event == "answer":
                answers[line["key"]].add(line["id"])
                if line["status"] not in (200, 202):
                    self.verdict.wrongly_refused.append(
                        f"list {line['key']}: {line['status']} {line['code']}"
                    )
            elif event == "single" and line["status"] != 302:
                self.verdict.wrongly_refused.append(f"award of {line['name']}: {line['status']}")
            elif event == "other-body" and line["status"] not in (409, 422):
                self.wrong(f"another body under key {line['key']} was answered {line['status']}")
            elif event == "failed":
                self.verdict.lost.append(f"a client gave up: {line['why']}")
        for key in self.told.lists:
            stored = [row for row in self.batches if row["idempotency_key"].endswith(f":{key}")]
            if len(stored) > 1 or len(answers[key]) > 1:
                self.verdict.duplicated.append(f"key {key}: {[row['id'] for row in stored]}, {answers[key]}")
            if {row["id"] for row in stored} != answers[key]:
                self.verdict.lost.append(
                    f"key {key}: stored {[r['id'] for r in stored]}, told {answers[key]}"
                )

    def _batch_of(self, key: str) -> Row | None:
        return next((row for row in self.batches if row["idempotency_key"].endswith(f":{key}")), None)

    def _list(self, key: str, rows: list[dict[str, str]]) -> None:
        batch = self._batch_of(key)
        if batch is None:
            self.verdict.lost.append(f"list {key} is not there")
            return
        if batch["row_count"] != len(rows) or batch["state"] != "complete":
            self.wrong(f"list {batch['id']} has {batch['row_count']} rows and is {batch['state']}")
        for number, row in enumerate(rows, start=1):
            self._row(batch["id"], number, row)

    def _row(self, batch: str, number: int, row: dict[str, str]) -> None:
        """Each row ended as it had to."""
        award, fate = self.awards.get((batch, number)), row["fate"]
        where = f"row {number} of {batch}"
        if award is None:
            self.verdict.lost.append(f"{where} is not there")
            return
        ended = (award["state"], award["error_code"])
        issued = self.by_award.get(award["id"])
        if fate in ("kills", "raises"):
            if ended != ("failed", "quarantined") or issued:
                self.wrong(f"{where}, which {fate}, ended {ended}")
        elif fate in ("good", "repeat"):
            if ended == ("pending", ""):
                self.verdict.lost.append(f"{where} still waits")
            elif ended not in (("issued", ""), ("duplicate", "")):
                self.verdict.wrongly_refused.append(f"{where} ended {ended}")
            elif (ended[0] == "issued") != bool(issued):
                self.verdict.lost.append(f"{where} is {ended[0]}, its certificate {issued and issued['id']}")
        elif ended != ("failed", fate) or issued:
            self.wrong(f"{where} with {fate} ended {ended}")

    def _singles(self) -> None:
        for line in self.told.journal:
            if line["event"] == "single" and line["status"] == 302:
                award = self.awards.get((line["id"], 1))
                if award is None or award["id"] not in self.by_award:
                    self.verdict.lost.append(f"award {line['id']} is {award and award['state']}")

    # -- Whom it names --------------------------------------------------------------------------------
    def _people(self) -> None:
        """Everybody once: one living certificate each, with the names and the address that were sent."""
        renamed = {
            line["credential"]: line["name"] for line in self.told.journal if line["event"] == "replace"
        }
        ended = {
            line["credential"]: {"revoke": "revoked", "suspend": "suspended", "replace": "replaced"}[
                line["event"]
            ]
            for line in self.told.journal
            if line["event"] in ("revoke", "suspend", "replace")
        }
        held: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in self.credentials:
            if row["status"] != ended.get(row["id"], "active"):
                self.wrong(
                    f"certificate {row['id']} is {row['status']}, not {ended.get(row['id'], 'active')}"
                )
            held[row["name_latin"], row["address"]].append(row)
        expected = [each for rows in self.told.lists.values() for each in rows if each["fate"] == "good"]
        expected += self.told.singles
        for one in expected:
            who = one["name_latin"], address(one)
            found = held.pop(who, [])
            if not found:
                self.verdict.lost.append(f"{who[0]} has no certificate")
            elif len(found) > 1:
                self.verdict.duplicated.append(f"{who[0]}: {[row['id'] for row in found]}")
            for row in found:
                if (row["name_arabic"], row["address"]) != (one["name_arabic"], address(one)):
                    self.wrong(f"certificate {row['id']} does not name {who[0]} as the list did")
        for (name, _), rows in held.items():  # what is left replaces another
            if [self._predecessor(row) in renamed for row in rows] != [True] or (
                renamed[self._predecessor(rows[0])] != name
            ):
                self.wrong(f"nobody asked for {[row['id'] for row in rows]}")
        if missing := set(renamed) - {self._predecessor(row) for row in self.credentials}:
            self.verdict.lost.append(f"nothing replaces {missing}")

    def _predecessor(self, row: Row) -> str:
        return str(self.awards[row["batch_id"], row["row"]]["replaces_id"] or "")

    def _unique(self) -> None:
        for name in ("id", "award_id", "cti", "short_code", "sha256", "subject_id"):
            counted = Counter(_plain(row[name]) for row in self.credentials)
            if twice := [value for value, count in counted.items() if count > 1]:
                self.verdict.duplicated.append(f"{name}: {twice[:3]}")
        slots = Counter((row["status_list_id"], row["status_index"]) for row in self.credentials)
        if twice := [slot for slot, count in slots.items() if count > 1]:
            self.verdict.duplicated.append(f"status slots: {twice[:3]}")
        living = Counter(
            (row["achievement_id"], row["session"], row["person_hash"])
            for row in self.credentials
            if row["status"] in ("active", "suspended")
        )
        if twice := [each for each, count in living.items() if count > 1]:
            self.verdict.duplicated.append(f"living certificates of one person: {twice[:3]}")

    # -- What was signed --------------------------------------------------------------------------------
    def _signed(self, row: Row) -> None:
        """Both forms verify under the published key and say what the row says."""
        try:
            header, document = read_jws(row["jwt"], self.keys)
        except ValueError as error:
            self.wrong(f"certificate {row['id']}: {error}")
            return
        subject, entry = document["credentialSubject"], document["credentialStatus"]
        names = [each["identityHash"] for each in subject["identifier"]]
        digest = hashlib.sha256(row["jwt"].rpartition(".")[0].encode()).digest()
        agrees = {
            "id": document["id"].rpartition("/")[2] == row["id"] and document["jti"] == document["id"],
            "kid": header["kid"].rpartition("#")[2] == row["thumbprint"],
            "names": names == [name for name in (row["name_latin"], row["name_arabic"]) if name],
            "subject": subject["id"] == f"urn:uuid:{UUID(str(row['subject_id']))}",
            "slot": (entry["statusListIndex"], entry["statusListCredential"].rpartition("/")[2])
            == (str(row["status_index"]), str(row["status_list_id"])),
            "sha256": bytes(row["sha256"]) == digest,
            "cti": bytes(row["cti"]) == digest[:16],
            "short code": row["short_code"] == _short(digest),
            "paper": self._paper(row, names, key=self.keys[header["kid"]]),
        }
        if wrong := [name for name, right in agrees.items() if not right]:
            self.wrong(f"certificate {row['id']} disagrees with itself: {', '.join(wrong)}")

    def _paper(self, row: Row, names: list[str], *, key: ec.EllipticCurvePublicKey) -> bool:
        message = cbor2.loads(bytes(row["paper"]))
        protected, unprotected, payload, signature = message.value
        claims = cbor2.loads(payload)
        told = claims[-65537]
        return (
            message.tag == 18
            and unprotected == {}
            and cbor2.loads(protected) == {1: -7, 4: bytes.fromhex(row["kid8"])}
            and verifies(key, cbor2.dumps(["Signature1", protected, b"", payload]), signature)
            and claims[7] == bytes(row["cti"])
            and told[5] == row["status_list_id"] * LIST_SIZE + row["status_index"]
            and [told[place] for place in (1, 6) if place in told] == names
        )

    def _status(self) -> None:
        """The lists that the web shows are signed, and have the bits of exactly those that ended."""
        for number in {row["status_list_id"] for row in self.credentials}:
            for purpose, statuses in SETS.items():
                expected = {
                    row["status_index"]
                    for row in self.credentials
                    if row["status_list_id"] == number and row["status"] in statuses
                }
                try:
                    _, document = read_jws(self.web.get(f"/s/{purpose}/{number}").decode(), self.keys)
                except (ValueError, OSError) as error:
                    self.wrong(f"status list {purpose}/{number}: {error}")
                    continue
                bits = gzip.decompress(unb64(document["credentialSubject"]["encodedList"][1:]))
                found = {
                    place * 8 + bit
                    for place, byte in enumerate(bits)
                    if byte
                    for bit in range(8)
                    if byte & 0x80 >> bit
                }
                if found != expected:
                    self.wrong(f"status list {purpose}/{number} sets {found}, not {expected}")

    # -- Where it went --------------------------------------------------------------------------------
    def _messages(self) -> None:
        """One message for each certificate that can be told of, and none that failed."""
        told = self.books.rows("SELECT credential_id, state FROM credentials_message WHERE kind = 'issued'")
        counted = Counter(row["credential_id"] for row in told)
        reachable = {row["id"] for row in self.credentials if row["address_kind"] in ("phone", "email")}
        if missing := reachable - set(counted):
            self.verdict.lost.append(f"nobody is told of {sorted(missing)[:3]} ({len(missing)})")
        if more := [pk for pk, count in counted.items() if count > 1 or pk not in reachable]:
            self.verdict.duplicated.append(f"messages of {more[:3]} ({len(more)})")
        if self.told.until_sent:
            self._heard()
        if failed := [row["credential_id"] for row in told if row["state"] in ("failed", "bounced")]:
            self.wrong(f"messages of {failed[:3]} were not sent")

    def _heard(self) -> None:
        """Whatever was to be sent arrived, once or more often."""
        sent = Counter(r["to"] for r in self.books.rows('SELECT "to" FROM credentials_message'))
        arrived = Counter(r["to"] for r in self.books.rows('SELECT "to" FROM credentials_localmessage'))
        if missing := [to for to, count in sent.items() if arrived[to] < count]:
            self.verdict.lost.append(f"{len(missing)} people heard nothing")

    def _passports(self) -> None:
        """Everything was looked at, and is in the passport of whoever has one."""
        filed = {r["credential_id"]: r["outcome"] for r in self.books.rows("SELECT * FROM passport_filing")}
        entries = {
            row["credential_id"]: row["name_latin"]
            for row in self.books.rows(
                "SELECT e.credential_id, l.name_latin FROM passport_entry e"
                " JOIN passport_learner l ON l.id = e.learner_id"
            )
        }
        learners = {(one["name_latin"], address(one)) for one in self.told.learners}
        for row in self.credentials:
            original = self.by_id.get(self._predecessor(row), row)
            known = (original["name_latin"], original["address"]) in learners
            outcome = filed.get(row["id"])
            if known and (outcome != "filed" or entries.get(row["id"]) != original["name_latin"]):
                self.verdict.lost.append(f"certificate {row['id']} is not in its passport: {outcome}")
            elif not known and outcome != "unclaimed":
                self.wrong(f"certificate {row['id']} of nobody's is {outcome}")

    def _key(self) -> None:
        """Since the key was revoked nothing new carries it."""
        if revoked := self.told.revoked_key:
            signed = sum(row["thumbprint"] == revoked["thumbprint"] for row in self.credentials)
            if signed != revoked["signed"]:
                self.wrong(f"{signed - revoked['signed']} certificates carry the key that was revoked before")

    def _queue_is_empty(self) -> None:
        if waiting := self.books.value("SELECT count(*) FROM credentials_chunk WHERE state = 'ready'"):
            self.verdict.lost.append(f"{waiting} chunks wait")


def slots(url: str) -> dict[tuple[int, int], str]:
    """Which certificate has which status slot in this database."""
    with closing(Books(url)) as books:
        found = books.rows("SELECT id, status_list_id, status_index FROM credentials_credential")
    return {(row["status_list_id"], row["status_index"]): row["id"] for row in found}


def address(one: dict[str, str]) -> str:
    """As the product keeps what was typed."""
    return f"+212{one['phone'][1:]}" if one["phone"] else one["email"]


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def _short(digest: bytes) -> str:
    number = int.from_bytes(digest[:8]) >> 4
    return "".join(CROCKFORD[number >> shift & 31] for shift in range(55, -1, -5))
