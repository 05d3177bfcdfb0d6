"""Secures and opens credentials and presentations by VC-JOSE-COSE: as JWT, SD-JWT and COSE (W3C, 2025).

The key is given, so what is looked at is the form, the signature and the document; dates are a verifier's
policy and not part of it. The credentials in a presentation must each be in an envelope of a known kind,
which is opened by whoever has their keys: they are not given here.
"""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import cbor2

from credentials import linkeddata
from credentials.linkeddata import Contexts
from issuers.jose import b64
from verify.foreign import tokens
from verify.foreign.proofs import ProofError

from . import datamodel, sdjwt
from .datamodel import ENVELOPED, NotConforming
from .keyfiles import KeyFile
from .sdjwt import NotDisclosable

#: COSE (RFC 9053; RFC 9360 is not used): the algorithm's number by its JOSE name.
COSE_ALGORITHMS = {"ES256": -7, "ES384": -35, "ES512": -36, "EdDSA": -8}
ALG, CONTENT_TYPE, KID, TYP = 1, 3, 4, 16  # labels of RFC 9052, 3.1, and RFC 9596
SIGN1 = 18
#: Claims that a JWT may have beside the document (VC-JOSE-COSE, 3.1.1; RFC 7519).
CLAIMS = ("iss", "sub", "aud", "exp", "nbf", "iat", "jti", "cnf", "nonce")


@dataclass(frozen=True, slots=True)
class Feature:
    """A kind of document in a kind of envelope, as ``credential_jose``."""

    short: str  # vc or vp
    form: str  # jose, sdjwt, cose

    @property
    def media(self) -> str:
        """The media type without ``application/``."""
        return f"{self.short}+{ {'jose': 'jwt', 'sdjwt': 'sd-jwt', 'cose': 'cose'}[self.form] }"


#: What stands at the top of what is issued here: extensions go into the subject (VCDM 2.0, 5.2, allows more).
MEMBERS = {
    "vc": {"@context", "id", "type", "name", "description", "issuer", "credentialSubject", "validFrom"}
    | {"validUntil", "relatedResource", "confidenceMethod", "renderMethod", "credentialStatus"}
    | {"credentialSchema", "refreshService", "termsOfUse", "evidence"},
    "vp": {"@context", "id", "type", "holder", "verifiableCredential", "termsOfUse"},
}
FEATURES = {
    f"{name}_{form}": Feature(short, form)
    for name, short in (("credential", "vc"), ("presentation", "vp"))
    for form in ("jose", "sdjwt", "cose")
}
REFUSALS = (NotConforming, NotDisclosable, ProofError, linkeddata.LinkedDataError)


# -- Issuing ------------------------------------------------------------------------------------------
def secure(
    document: Mapping[str, Any],
    *,
    feature: Feature,
    key: KeyFile,
    hidden: Iterable[str] = (),
    contexts: Contexts | None = None,
) -> str:
    """The document in its envelope, signed. Raises one of REFUSALS."""
    require(document, feature, contexts=contexts)
    if unknown := set(document) - MEMBERS[feature.short]:
        raise NotConforming(sorted(unknown)[0], "not a member of the data model")
    if feature.form == "cose":
        return _cose(document, feature, key)
    header = {"alg": key.alg, "typ": feature.media, "cty": feature.short, "kid": key.kid}
    if feature.form == "jose":
        return _jws(header, document, key)
    payload, disclosures = sdjwt.hide(document, hidden)
    return "".join(f"{part}~" for part in (_jws(header, payload, key), *disclosures))


def _jws(header: Mapping[str, str], payload: Mapping[str, Any], key: KeyFile) -> str:
    signed = f"{b64(json.dumps(header).encode())}.{b64(_text(payload))}"
    return f"{signed}.{b64(key.sign(signed.encode()))}"


def _text(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _cose(document: Mapping[str, Any], feature: Feature, key: KeyFile) -> str:
    """COSE_Sign1, tagged (RFC 9052, 4.2), in base64."""
    media = f"application/{feature.media}"
    kind = f"application/{feature.short}"
    head = {ALG: COSE_ALGORITHMS[key.alg], CONTENT_TYPE: kind, KID: key.kid.encode(), TYP: media}
    protected, payload = cbor2.dumps(head, canonical=True), _text(document)
    signature = key.sign(_to_be_signed(protected, payload))
    message = cbor2.CBORTag(SIGN1, [protected, {}, payload, signature])
    return base64.b64encode(cbor2.dumps(message)).decode()


def _to_be_signed(protected: bytes, payload: bytes) -> bytes:
    return cbor2.dumps(["Signature1", protected, b"", payload])


# -- Opening ------------------------------------------------------------------------------------------
def opened(
    secured: str, *, feature: Feature, key: KeyFile, contexts: Contexts | None = None
) -> dict[str, Any]:
    """The document of an envelope that this key signed. Raises one of REFUSALS."""
    if feature.form == "cose":
        document, claims = _from_cose(secured, feature, key), {}
    else:
        token, disclosures = secured, []
        if feature.form == "sdjwt":
            token, *disclosures = secured.split("~")
            if not disclosures or disclosures.pop():
                raise NotDisclosable("the last part")  # what follows is a key binding, which nobody asked for
        whole = _from_jws(token, feature, key)
        if feature.form == "sdjwt":
            whole = sdjwt.put_back(whole, disclosures)
        claims = {name: whole[name] for name in CLAIMS if name in whole}
        document = {name: value for name, value in whole.items() if name not in CLAIMS}
    for claim in ("vc", "vp"):
        if claim in document:
            raise ProofError("token-claim", claim)  # VC-JOSE-COSE, 3.1.1: they MUST NOT be present
    if "iss" in claims and claims["iss"] != datamodel.issuer_of(document):
        raise ProofError("token-claim", "iss")
    require(document, feature, contexts=contexts)
    return document


def _from_jws(token: str, feature: Feature, key: KeyFile) -> dict[str, Any]:
    opened = tokens.open_jws(
        token,
        types={feature.media, f"application/{feature.media}"},
        content_types={feature.short, f"application/{feature.short}"},
    )
    if opened.alg != key.alg:
        raise ProofError("token-alg", opened.alg)
    if not key.public.checks(opened.signature, opened.signed):
        raise ProofError("proof-tampered", opened.alg)
    return opened.payload


def _from_cose(secured: str, feature: Feature, key: KeyFile) -> dict[str, Any]:
    try:
        text = secured.rstrip("=")
        message = cbor2.loads(base64.b64decode(text + "=" * (-len(text) % 4), validate=True))
        protected, _unprotected, payload, signature = message.value
        head = cbor2.loads(protected)
        document = json.loads(payload)
    except (ValueError, TypeError, AttributeError, binascii.Error, cbor2.CBORError):
        raise ProofError("token-form", "COSE_Sign1") from None
    if message.tag != SIGN1 or not isinstance(document, dict):
        raise ProofError("token-form", "COSE_Sign1")
    if head.get(ALG) != COSE_ALGORITHMS[key.alg]:
        raise ProofError("token-alg", str(head.get(ALG)))
    for label, allowed in (
        (TYP, f"application/{feature.media}"),
        (CONTENT_TYPE, f"application/{feature.short}"),
    ):
        if label in head and head[label] != allowed:
            raise ProofError("token-type", str(head[label])[:80])
    if not key.public.checks(signature, _to_be_signed(protected, payload)):
        raise ProofError("proof-tampered", "COSE_Sign1")
    return document


# -- The document -------------------------------------------------------------------------------------
def require(document: Mapping[str, Any], feature: Feature, *, contexts: Contexts | None) -> None:
    """A document of its kind, of which every term is defined. Raises NotConforming, LinkedDataError."""
    if feature.short == "vc":
        datamodel.require_credential(document)
    else:
        datamodel.require_presentation(document)
        for each in datamodel.credentials_of(document):
            media, _content = datamodel.enveloped(each, ENVELOPED)
            if media not in ("application/vc+jwt", "application/vc+sd-jwt", "application/vc+cose"):
                raise NotConforming("verifiableCredential.id", media)
    linkeddata.check(document, contexts=contexts)
