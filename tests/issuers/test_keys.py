"""The key room: what it signs, what it refuses, and what outsiders can check with common libraries."""

import json
import logging
import pickle
from base64 import b64encode, urlsafe_b64decode
from datetime import timedelta
from pathlib import Path
from typing import Any

import cbor2
import jwt
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, connection, transaction
from pytest_django import Settings

from issuers import cose, jose, keys, multibase, publications
from issuers.errors import NoActiveKey, NoKeyRoom, SealBroken, WrongState
from issuers.models import Issuer, RegisterChange, SigningKey
from issuers.signable import Form, SelfCheckFailed, Signable
from tests.factories import NOW, city_approver, make_issuer, write_kek, wrongly_signed

VECTOR = json.loads((Path(__file__).parents[1] / "verify/sp1_vector.json").read_text())
DOCUMENT = json.dumps({"id": "http://localhost:8000/c/x", "name": "دبلوم"}, ensure_ascii=False).encode()


def credential(issuer: Issuer, payload: bytes = DOCUMENT) -> Signable:
    return Signable(Form.CREDENTIAL, issuer.pk, payload)


def active(issuer: Issuer, algorithm: str = "ES256") -> SigningKey:
    return SigningKey.objects.get(issuer=issuer, algorithm=algorithm, state="active")


# -- Thumbprints and the algorithm ----------------------------------------------------------------
def test_a_thumbprint_is_that_of_rfc_8037() -> None:
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    assert jose.thumbprint(jwk) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_other_members_do_not_change_a_thumbprint() -> None:
    jwk = VECTOR["jwk"]
    assert jose.thumbprint(jwk | {"kid": "x", "alg": "ES256", "use": "sig"}) == jose.thumbprint(jwk)


def test_the_short_name_on_paper_is_the_start_of_the_thumbprint() -> None:
    assert jose.kid8(jose.thumbprint(VECTOR["jwk"])) == VECTOR["kid_hex"]


def test_a_nonce_is_that_of_rfc_6979() -> None:
    scalar = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
    signature = jose.raw_signature(ec.derive_private_key(scalar, ec.SECP256R1()), b"sample")
    assert signature.hex() == (
        "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
        "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
    )


def test_a_token_has_one_spelling() -> None:
    key = ec.derive_private_key(7, ec.SECP256R1())
    token = jose.JWS.encode(b"{}", key, algorithm="ES256")
    head, body, signature = token.split(".")
    assert jose.JWS.decode(token, key.public_key(), algorithms=["ES256"]) == b"{}"
    last = signature[:-1] + {"A": "B", "Q": "R", "g": "h", "w": "x"}[signature[-1]]
    for other in (f"{signature}==", last, f"{signature}\n", f" {signature}", f"{signature}A", "é"):
        with pytest.raises(jwt.DecodeError):
            jose.JWS.decode(f"{head}.{body}.{other}", key.public_key(), algorithms=["ES256"])


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS256", "EdDSA", "ES384"])
def test_no_other_algorithm_is_known_here(algorithm: str) -> None:
    with pytest.raises(NotImplementedError):
        jose.JWS.get_algorithm_by_name(algorithm)


def test_the_published_paper_vector_is_checked_by_our_own_verifier() -> None:
    message = bytes.fromhex(VECTOR["cose_hex"])
    protected, _, payload, signature = cbor2.loads(message).value
    key = jose.p256_key(VECTOR["jwk"]["x"], VECTOR["jwk"]["y"])
    signed = cose.to_be_signed(protected, payload)
    assert protected == cose.protected_header(VECTOR["kid_hex"])
    assert cose.sealed(protected, payload, signature) == message
    assert jose.verify_raw_signature(key, signed, signature)
    assert not jose.verify_raw_signature(key, signed + b"\0", signature)
    assert not jose.verify_raw_signature(key, signed, bytes(64))
    assert not jose.verify_raw_signature(key, signed, signature + b"\0")


# -- The key-encryption key -----------------------------------------------------------------------
def test_a_process_without_the_key_encryption_key_cannot_sign(
    db: None, key_room: Path, settings: Settings
) -> None:
    issuer = make_issuer()
    settings.KEY_ENCRYPTION_KEY_FILE = ""
    assert not keys.can_sign()
    with pytest.raises(NoKeyRoom):
        keys.signer(issuer=issuer, now=NOW)


def test_a_file_that_this_process_may_not_read_is_no_key_room(settings: Settings, tmp_path: Path) -> None:
    settings.KEY_ENCRYPTION_KEY_FILE = str(tmp_path / "nowhere")
    assert not keys.can_sign()


def test_a_malformed_file_stops_the_signer_without_showing_its_content(
    settings: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "kek"
    path.write_text(b64encode(b"only-half-a-key!").decode())
    settings.KEY_ENCRYPTION_KEY_FILE = str(path)
    with pytest.raises(ImproperlyConfigured) as caught:
        keys.can_sign()
    assert b64encode(b"only-half-a-key!").decode() not in str(caught.getrepr(showlocals=False))


def test_another_key_encryption_key_opens_nothing(
    db: None, key_room: Path, settings: Settings, tmp_path: Path
) -> None:
    issuer = make_issuer()
    (tmp_path / "other").mkdir()
    settings.KEY_ENCRYPTION_KEY_FILE = str(write_kek(tmp_path / "other"))
    with pytest.raises(SealBroken):
        keys.signer(issuer=issuer, now=NOW)


# -- Sealing --------------------------------------------------------------------------------------
def test_a_sealed_key_moved_to_another_issuer_does_not_open(db: None, key_room: Path) -> None:
    mine, yours = make_issuer(), make_issuer()
    SigningKey.objects.filter(pk=active(yours).pk).update(sealed=bytes(active(mine).sealed or b""))
    with pytest.raises(SealBroken):
        keys.signer(issuer=yours, now=NOW)


def test_a_whole_row_moved_to_another_issuer_does_not_open(db: None, key_room: Path) -> None:
    mine, yours = make_issuer(), make_issuer()
    active(yours).delete()
    SigningKey.objects.filter(pk=active(mine).pk).update(issuer=yours)
    with pytest.raises(SealBroken):
        keys.signer(issuer=yours, now=NOW)


def test_a_city_key_moved_to_another_purpose_does_not_open(db: None, key_room: Path) -> None:
    keys.ensure_city_keys(now=NOW)
    SigningKey.objects.get(purpose="directory").delete()
    SigningKey.objects.filter(purpose="service").update(purpose="directory")
    with pytest.raises(SealBroken):
        keys.city_signer(purpose=SigningKey.Purpose.DIRECTORY, now=NOW)


def test_every_byte_of_the_seal_counts(db: None, key_room: Path) -> None:
    issuer = make_issuer()
    key = active(issuer)
    sealed = bytes(key.sealed or b"")
    for position in range(0, len(sealed), 7):
        broken = bytearray(sealed)
        broken[position] ^= 1
        SigningKey.objects.filter(pk=key.pk).update(sealed=bytes(broken))
        with pytest.raises(SealBroken):
            keys.signer(issuer=issuer, now=NOW)


@pytest.mark.parametrize("column", ["public_jwk", "kid8"])
def test_a_row_whose_public_part_was_edited_signs_nothing(db: None, key_room: Path, column: str) -> None:
    issuer = make_issuer()
    forged: dict[str, Any] = {"public_jwk": VECTOR["jwk"], "kid8": VECTOR["kid_hex"]}
    SigningKey.objects.filter(pk=active(issuer).pk).update(**{column: forged[column]})
    with pytest.raises(SealBroken):
        keys.signer(issuer=issuer, now=NOW)


def test_two_seals_of_one_key_differ(db: None, key_room: Path) -> None:
    issuer = make_issuer()
    nonces = {bytes(key.sealed or b"")[:12] for key in SigningKey.objects.filter(issuer=issuer)}
    assert len(nonces) == 2


def test_no_private_part_is_stored_in_clear(db: None, key_room: Path) -> None:
    for key in SigningKey.objects.filter(issuer=make_issuer()):
        sealed = bytes(key.sealed or b"")
        assert b"\x30" + sealed[:0] not in sealed[:2]
        assert "d" not in key.public_jwk


# -- Making and ending keys -----------------------------------------------------------------------
def test_an_issuer_gets_one_key_of_each_algorithm_however_often_one_asks(db: None, key_room: Path) -> None:
    issuer = make_issuer()
    for _ in range(3):
        keys.ensure_issuer_keys(issuer=issuer, now=NOW)
    held = SigningKey.objects.filter(issuer=issuer)
    assert sorted(key.algorithm for key in held) == ["ES256", "Ed25519"]
    assert {key.state for key in held} == {"active"}


def test_a_process_that_loses_the_race_for_a_key_goes_on_with_the_winners(db: None, key_room: Path) -> None:
    issuer = make_issuer(with_keys=False)
    begun: list[str] = []

    def rival(execute: Any, sql: str, *rest: Any) -> Any:
        # Between our look and our insert, another process makes the keys.
        if sql.startswith("SAVEPOINT") and not begun:
            begun.append(sql)
            keys.ensure_issuer_keys(issuer=issuer, now=NOW)
        return execute(sql, *rest)

    with connection.execute_wrapper(rival):
        keys.ensure_issuer_keys(issuer=issuer, now=NOW)
    assert begun
    assert SigningKey.objects.filter(issuer=issuer).count() == 2
    assert RegisterChange.objects.filter(issuer=issuer, event="key-made").count() == 2


def test_a_proposed_issuer_gets_no_key(db: None, key_room: Path) -> None:
    with pytest.raises(WrongState):
        keys.ensure_issuer_keys(issuer=make_issuer(state="proposed"), now=NOW)


def test_without_a_key_there_is_no_signer(db: None, key_room: Path) -> None:
    with pytest.raises(NoActiveKey):
        keys.signer(issuer=make_issuer(with_keys=False), now=NOW)


def test_a_key_does_not_sign_before_its_time(db: None, key_room: Path) -> None:
    issuer = make_issuer()
    with pytest.raises(NoActiveKey):
        keys.signer(issuer=issuer, now=NOW - timedelta(days=2))


def test_a_retired_key_has_no_private_part_and_is_followed_by_another(db: None, key_room: Path) -> None:
    issuer = make_issuer()
    old = active(issuer)
    keys.retire(key=old, by=None, now=NOW)
    old.refresh_from_db()
    assert (old.state, old.sealed, old.kek_id, old.not_after) == ("retired", None, "", NOW + keys.LATE)
    with pytest.raises(NoActiveKey):
        keys.signer(issuer=issuer, now=NOW)
    keys.ensure_issuer_keys(issuer=issuer, now=NOW)
    assert keys.signer(issuer=issuer, now=NOW).key.pk != old.pk


def test_a_key_is_retired_once(db: None, key_room: Path) -> None:
    key = active(make_issuer())
    keys.retire(key=key, by=None, now=NOW)
    with pytest.raises(WrongState):
        keys.retire(key=key, by=None, now=NOW)


def test_a_retired_key_can_still_turn_out_to_be_compromised(db: None, key_room: Path) -> None:
    key = active(make_issuer())
    keys.retire(key=key, by=None, now=NOW)
    keys.mark_compromised(key=key, by=city_approver(), now=NOW + timedelta(days=1))
    assert (key.state, key.not_after, key.compromised_at) == (
        "compromised",
        NOW + keys.LATE,
        NOW + timedelta(days=1),
    )
    assert RegisterChange.objects.filter(event="key-compromised", detail__kid=key.thumbprint).exists()


@pytest.mark.parametrize("state", ["retired", "compromised"])
def test_the_database_refuses_an_ended_key_with_a_private_part(db: None, key_room: Path, state: str) -> None:
    key = active(make_issuer())
    moment = NOW if state == "compromised" else None
    with pytest.raises(IntegrityError), transaction.atomic():
        SigningKey.objects.filter(pk=key.pk).update(state=state, compromised_at=moment)


def test_the_database_refuses_a_second_active_key(db: None, key_room: Path) -> None:
    key = active(make_issuer())
    key.pk, key.thumbprint = None, "x" * 43
    with pytest.raises(IntegrityError), transaction.atomic():
        key.save(force_insert=True)


# -- What is signed -------------------------------------------------------------------------------
def test_the_header_has_exactly_three_members(db: None, key_room: Path) -> None:
    issuer = make_issuer(slug="ennour")
    token = keys.signer(issuer=issuer, now=NOW).jws(credential(issuer))
    header = json.loads(urlsafe_b64decode(token.split(".")[0] + "=="))
    kid = f"did:web:localhost%3A8000:issuers:ennour#{active(issuer).thumbprint}"
    assert header == {"alg": "ES256", "typ": "JWT", "kid": kid}


def test_a_status_list_has_its_own_type(db: None, key_room: Path) -> None:
    issuer = make_issuer()
    token = keys.signer(issuer=issuer, now=NOW).jws(Signable(Form.STATUS_LIST, issuer.pk, b"{}"))
    assert jwt.get_unverified_header(token)["typ"] == "vc+jwt"


def test_the_payload_is_signed_byte_for_byte(db: None, key_room: Path) -> None:
    issuer = make_issuer()
    signer = keys.signer(issuer=issuer, now=NOW)
    payload = b'{"z": 1,  "a": "\xd8\xaf"}'
    assert keys.verify_jws(signer.jws(credential(issuer, payload)), key=signer.key) == payload


def test_equal_input_gives_equal_bytes(db: None, key_room: Path) -> None:
    issuer = make_issuer()
    first = keys.signer(issuer=issuer, now=NOW).jws(credential(issuer))
    assert keys.signer(issuer=issuer, now=NOW).jws(credential(issuer)) == first


def test_an_outsider_checks_a_jws_with_pyjwt_and_did_json_alone(db: None, key_room: Path) -> None:
    issuer = make_issuer()
    token = keys.signer(issuer=issuer, now=NOW).jws(credential(issuer))
    document = json.loads(json.dumps(publications.issuer_did_document(issuer=issuer)))
    kid = jwt.get_unverified_header(token)["kid"]
    assert kid in document["assertionMethod"]
    method = next(method for method in document["verificationMethod"] if method["id"] == kid)
    key = jwt.PyJWK.from_dict(method["publicKeyJwk"])
    assert jwt.api_jws.decode(token, key, algorithms=["ES256"]) == DOCUMENT


def test_an_outsider_checks_a_paper_claim_with_cbor2_and_cryptography_alone(db: None, key_room: Path) -> None:
    issuer = make_issuer()
    payload = cbor2.dumps({6: 1795167000, -65537: {1: "Fatima-Zahra"}}, canonical=True)
    message = keys.signer(issuer=issuer, now=NOW).cose(Signable(Form.PAPER, issuer.pk, payload))

    tag = cbor2.loads(message)
    protected, unprotected, body, signature = tag.value
    header = cbor2.loads(protected)
    assert (tag.tag, dict(unprotected), body, header[1], len(signature)) == (18, {}, payload, -7, 64)

    document = publications.issuer_did_document(issuer=issuer)
    jwk = next(
        method["publicKeyJwk"]
        for method in document["verificationMethod"]
        if "publicKeyJwk" in method and urlsafe_b64decode(method["id"].split("#")[1] + "==")[:8] == header[4]
    )

    def number(text: str) -> int:
        return int.from_bytes(urlsafe_b64decode(text + "=="), "big")

    key = ec.EllipticCurvePublicNumbers(number(jwk["x"]), number(jwk["y"]), ec.SECP256R1()).public_key()
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    signed = cbor2.dumps(["Signature1", protected, b"", body])
    key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        key.verify(encode_dss_signature(r, s), signed + b"\0", ec.ECDSA(hashes.SHA256()))


def test_a_paper_claim_has_the_structure_of_the_published_vector(db: None, key_room: Path) -> None:
    issuer = make_issuer()
    signer = keys.signer(issuer=issuer, now=NOW)
    vector = bytes.fromhex(VECTOR["cose_hex"])
    payload = cbor2.loads(vector).value[2]
    message = signer.cose(Signable(Form.PAPER, issuer.pk, payload))
    ours, published = bytes.fromhex(signer.key.kid8), bytes.fromhex(VECTOR["kid_hex"])
    assert message[:-64].replace(ours, published) == vector[:-64]
    assert keys.verify_raw(
        cbor2.dumps(["Signature1", message[3:16], b"", payload]), message[-64:], key=signer.key
    )


def test_a_document_of_another_issuer_is_refused(db: None, key_room: Path) -> None:
    mine, yours = make_issuer(), make_issuer()
    signer = keys.signer(issuer=mine, now=NOW)
    with pytest.raises(ValueError, match="another issuer"):
        signer.jws(credential(yours))
    with pytest.raises(ValueError, match="another issuer"):
        signer.cose(Signable(Form.PAPER, yours.pk, b"\xa0"))


@pytest.mark.parametrize("form", [Form.PAPER, Form.KEY_DIRECTORY])
def test_an_issuers_key_signs_no_jws_of_another_form(db: None, key_room: Path, form: Form) -> None:
    issuer = make_issuer()
    with pytest.raises(ValueError, match="this form"):
        keys.signer(issuer=issuer, now=NOW).jws(Signable(form, issuer.pk, b"{}"))


def test_only_paper_is_signed_as_cose(db: None, key_room: Path) -> None:
    issuer = make_issuer()
    with pytest.raises(ValueError, match="COSE"):
        keys.signer(issuer=issuer, now=NOW).cose(credential(issuer))


@pytest.mark.parametrize("purpose", list(SigningKey.Purpose)[1:])
def test_the_citys_keys_sign_no_certificates(db: None, key_room: Path, purpose: SigningKey.Purpose) -> None:
    keys.ensure_city_keys(now=NOW)
    signer = keys.city_signer(purpose=purpose, now=NOW)
    with pytest.raises(ValueError, match="this form"):
        signer.jws(Signable(Form.CREDENTIAL, None, b"{}"))


def test_the_citys_key_of_service_proves_documents_of_the_city_alone(db: None, key_room: Path) -> None:
    issuer = make_issuer()
    keys.ensure_city_keys(now=NOW)
    signer = keys.city_proof_signer(now=NOW)
    hashes = bytes(64)
    assert keys.verify_bytes(hashes, signer.proof(Signable(Form.PROOF, None, hashes)), key=signer.key)
    assert signer.kid in publications.city_did_document()["assertionMethod"]
    with pytest.raises(ValueError, match="another issuer"):
        signer.proof(Signable(Form.PROOF, issuer.pk, hashes))
    with pytest.raises(ValueError, match="signs proofs"):
        keys.city_signer(purpose=SigningKey.Purpose.AUDIT, now=NOW).proof(Signable(Form.PROOF, None, hashes))


def test_an_ed25519_key_signs_no_tokens(db: None, key_room: Path) -> None:
    issuer = make_issuer()
    keys.ensure_city_keys(now=NOW)
    with pytest.raises(ValueError, match="this form"):
        keys.city_proof_signer(now=NOW).jws(Signable(Form.RECEIPT, None, b"{}"))
    with pytest.raises(ValueError, match="this form"):
        keys.proof_signer(issuer=issuer, now=NOW).jws(credential(issuer))


# -- The audit key --------------------------------------------------------------------------------
CHECKPOINT = b"passport.example.ma/log\n42\nRoot+hash+as+base64=\n"


def audit_signer() -> keys.Signer:
    keys.ensure_city_keys(now=NOW)
    return keys.city_signer(purpose=SigningKey.Purpose.AUDIT, now=NOW)


def test_a_checkpoint_is_signed_as_it_is_and_checked_with_did_json_alone(db: None, key_room: Path) -> None:
    signer = audit_signer()
    signature = signer.raw(Signable(Form.CHECKPOINT, None, CHECKPOINT))
    document = publications.city_did_document()
    method = next(m for m in document["verificationMethod"] if m["id"] == signer.kid)
    assert (method["type"], signer.key.algorithm) == ("Multikey", "Ed25519")
    algorithm, public = multibase.decode_key(method["publicKeyMultibase"])
    assert algorithm == "Ed25519"
    ed25519.Ed25519PublicKey.from_public_bytes(public).verify(signature, CHECKPOINT)


def test_a_checkpoints_signature_is_that_of_its_text_alone(db: None, key_room: Path) -> None:
    signer = audit_signer()
    signature = signer.raw(Signable(Form.CHECKPOINT, None, CHECKPOINT))
    assert keys.verify_bytes(CHECKPOINT, signature, key=signer.key)
    assert not keys.verify_bytes(CHECKPOINT + b"\n", signature, key=signer.key)
    assert not keys.verify_bytes(CHECKPOINT, bytes(64), key=signer.key)
    assert not keys.verify_bytes(CHECKPOINT, signature[:-1], key=signer.key)


@pytest.mark.parametrize("form", [form for form in Form if form is not Form.CHECKPOINT])
def test_the_audit_key_signs_nothing_but_checkpoints(db: None, key_room: Path, form: Form) -> None:
    signer = audit_signer()
    with pytest.raises(ValueError, match="only a checkpoint"):
        signer.raw(Signable(form, None, b"{}"))
    with pytest.raises(ValueError, match="this form"):
        signer.jws(Signable(form, None, b"{}"))
    with pytest.raises(ValueError, match="COSE"):
        signer.cose(Signable(form, None, b"{}"))


def test_no_other_key_signs_a_checkpoint(db: None, key_room: Path) -> None:
    issuer = make_issuer()
    keys.ensure_city_keys(now=NOW)
    for purpose in (SigningKey.Purpose.DIRECTORY, SigningKey.Purpose.SERVICE):
        signer = keys.city_signer(purpose=purpose, now=NOW)
        with pytest.raises(ValueError, match="only the audit key"):
            signer.raw(Signable(Form.CHECKPOINT, None, CHECKPOINT))
        with pytest.raises(ValueError, match="this form"):
            signer.jws(Signable(Form.CHECKPOINT, None, CHECKPOINT))
    with pytest.raises(ValueError, match="only the audit key"):
        keys.signer(issuer=issuer, now=NOW).raw(Signable(Form.CHECKPOINT, issuer.pk, CHECKPOINT))


def test_a_checkpoint_belongs_to_the_city(db: None, key_room: Path) -> None:
    with pytest.raises(ValueError, match="another issuer"):
        audit_signer().raw(Signable(Form.CHECKPOINT, make_issuer().pk, CHECKPOINT))


def test_bare_bytes_are_checked_with_ed25519_alone(db: None, key_room: Path) -> None:
    with pytest.raises(ValueError, match="not an Ed25519 key"):
        keys.verify_bytes(b"", bytes(64), key=active(make_issuer()))


def test_a_jws_is_checked_with_p256_alone(db: None, key_room: Path) -> None:
    with pytest.raises(ValueError, match="not a P-256 key"):
        keys.public_key(active(make_issuer(), "Ed25519"))


def test_a_row_that_names_another_algorithm_does_not_open(db: None, key_room: Path) -> None:
    issuer = make_issuer()
    active(issuer).delete()
    SigningKey.objects.filter(issuer=issuer, algorithm="Ed25519").update(algorithm="ES256")
    with pytest.raises(SealBroken):
        keys.signer(issuer=issuer, now=NOW)


# -- What does not verify -------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("form", "method", "check"),
    [
        (Form.CREDENTIAL, "jws", keys.signed),
        (Form.PAPER, "cose", keys.sealed),
        (Form.PROOF, "proof", keys.signed_bytes),
        (Form.CHECKPOINT, "raw", keys.signed_bytes),
    ],
)
def test_a_signature_of_our_own_with_a_wrong_bit_leaves_nobody(
    db: None, key_room: Path, monkeypatch: pytest.MonkeyPatch, form: Form, method: str, check: Any
) -> None:
    issuer = make_issuer()
    if form is Form.CHECKPOINT:
        by = audit_signer()
    else:
        by = (keys.proof_signer if form is Form.PROOF else keys.signer)(issuer=issuer, now=NOW)
    signable = Signable(form, by.key.issuer_id, CHECKPOINT)
    sound = check(signable, by=by)
    assert sound == getattr(by, method)(signable)

    def faulty(_: keys.Signer, __: Signable) -> Any:
        """As a broken key store would sign."""
        if isinstance(sound, bytes):
            return sound[:-1] + bytes([sound[-1] ^ 1])
        return wrongly_signed(sound)

    monkeypatch.setattr(keys.Signer, method, faulty)
    with pytest.raises(SelfCheckFailed):
        check(signable, by=by)


def test_a_changed_token_does_not_verify(db: None, key_room: Path) -> None:
    issuer = make_issuer()
    signer = keys.signer(issuer=issuer, now=NOW)
    head, body, signature = signer.jws(credential(issuer)).split(".")
    other = jose.b64(b'{"alg":"none","kid":"x","typ":"JWT"}')
    for broken in (f"{head}.{body}x.{signature}", f"{head}.{body}.", f"{other}.{body}.{signature}"):
        with pytest.raises(jwt.InvalidTokenError):
            keys.verify_jws(broken, key=signer.key)


# -- Nothing leaks --------------------------------------------------------------------------------
def test_a_signer_shows_and_gives_away_nothing(
    db: None, key_room: Path, caplog: pytest.LogCaptureFixture
) -> None:
    issuer = make_issuer()
    signer = keys.signer(issuer=issuer, now=NOW)
    assert repr(signer) == f"<Signer {signer.kid}>"
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("test").info("signer at work", extra={"signer": signer})
    assert "private" not in caplog.text
    with pytest.raises(TypeError):
        pickle.dumps(signer)
    assert not hasattr(signer, "__dict__")


def test_an_unopened_seal_hides_its_cause(db: None, key_room: Path) -> None:
    issuer = make_issuer()
    SigningKey.objects.filter(pk=active(issuer).pk).update(sealed=b"x" * 60)
    with pytest.raises(SealBroken) as caught:
        keys.signer(issuer=issuer, now=NOW)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("nothing", [b"", b"short"])
def test_an_active_row_without_its_private_part_does_not_open(
    db: None, key_room: Path, nothing: bytes
) -> None:
    issuer = make_issuer()
    SigningKey.objects.filter(pk=active(issuer).pk).update(sealed=nothing)
    with pytest.raises(SealBroken):
        keys.signer(issuer=issuer, now=NOW)


@pytest.mark.parametrize("state", ["pending", "active"])
def test_the_database_refuses_a_key_that_could_sign_and_has_no_private_part(
    db: None, key_room: Path, state: str
) -> None:
    key = active(make_issuer())
    with pytest.raises(IntegrityError), transaction.atomic():
        SigningKey.objects.filter(pk=key.pk).update(state=state, sealed=None)


def test_a_seal_that_does_not_open_is_logged_by_its_public_name_alone(
    db: None, key_room: Path, caplog: pytest.LogCaptureFixture
) -> None:
    key = active(make_issuer())
    SigningKey.objects.filter(pk=key.pk).update(sealed=b"x" * 60)
    assert key.issuer is not None
    with pytest.raises(SealBroken):
        keys.signer(issuer=key.issuer, now=NOW)
    [record] = caplog.records
    assert (record.message, record.__dict__["kid"]) == ("sealed key does not open", key.thumbprint)
    assert "x" * 20 not in caplog.text
