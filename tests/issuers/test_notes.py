"""Checkpoints as C2SP writes them: the published example is read, and nothing that only looks like one."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from issuers import notes

#: The example of tlog-checkpoint.
PUBLISHED = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9n"
    "To+zyWE+xeMcTOAYQ8=\n"
)
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(32))
PUBLIC = PRIVATE.public_key().public_bytes_raw()
HEAD = notes.Head(origin="city.example/audit", size=7, root=bytes(32))
NOTE = notes.signed(HEAD, public=PUBLIC, signature=PRIVATE.sign(HEAD.text().encode()))


def test_the_published_example_is_read() -> None:
    note = notes.read(PUBLISHED)
    assert (note.head.origin, note.head.size) == ("example.com/behind-the-sofa", 20852163)
    [(name, key, signature)] = note.signatures
    assert (name, len(key), len(signature)) == ("example.com/behind-the-sofa", 4, 64)


def test_what_we_sign_is_read_and_verified() -> None:
    assert notes.read(NOTE).head == HEAD
    assert notes.is_signed(notes.read(NOTE), public=PUBLIC)


def test_the_key_id_is_that_of_signed_note() -> None:
    # golang.org/x/mod/sumdb/note, example: PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW
    from base64 import b64decode

    kind_and_key = b64decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    assert kind_and_key[:1] == notes.ED25519
    assert notes.key_id("PeterNeumann", kind_and_key[1:]).hex() == "c74f20a3"
    expected = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    assert notes.verifier_key("PeterNeumann", kind_and_key[1:]) == expected


def test_signatures_of_witnesses_are_passed_over() -> None:
    cosigned = NOTE + "— witness.example/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn=\n"
    assert notes.is_signed(notes.read(cosigned), public=PUBLIC)


def test_a_note_that_the_key_did_not_sign_is_not_signed() -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(31) + b"\1").public_key().public_bytes_raw()
    assert not notes.is_signed(notes.read(NOTE), public=other)
    assert not notes.is_signed(notes.read(NOTE.replace("\n7\n", "\n8\n")), public=PUBLIC)


def test_a_log_is_named_by_its_address() -> None:
    assert notes.origin("https://passeport.example.ma") == "passeport.example.ma/audit"
    assert notes.origin("http://localhost:8000/city/") == "localhost:8000/city/audit"


@pytest.mark.parametrize(
    "broken",
    [
        "",
        HEAD.text(),
        NOTE.rstrip("\n"),
        NOTE.replace("\n7\n", "\n07\n"),
        NOTE.replace("\n7\n", "\n-7\n"),
        NOTE.replace("AAA=\n\n", "AAB=\n\n"),
        NOTE.replace("\n\n", "\nextension\n\n"),
        NOTE.replace("— ", "- "),
        NOTE + "— witness.example/w1 AAAA\n",
        NOTE + "— witness.example/w1 AAAAA\n",
        NOTE + "\n",
        NOTE.replace("city.example/audit\n7", "city.example/a udit\n7"),
        NOTE + "— witness.example/w1 jWbPPwAAAABkGFDL\n" * 500,
    ],
)
def test_nothing_else_is_a_checkpoint(broken: str) -> None:
    with pytest.raises(notes.NoteError):
        notes.read(broken)
