"""Verifiers by others, each asked the way its makers describe it, and what each of them said."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from openbadgeslib.ob3 import OB3LdpVerifier, OB3VerificationError, OB3Verifier

from .flips import unb64
from .node import Node
from .world import REGISTRY, Surroundings


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a library said: whether it accepts, its reasons, and the credential as it hands it on."""

    accepted: bool
    why: str
    credential: dict[str, Any]


def openbadgeslib(document: dict[str, Any], world: Surroundings, node: Node) -> Verdict:
    """PyPI openbadgeslib: the issuer's did:web, the embedded proof, the status list with its signature."""
    verifier = OB3LdpVerifier.for_issuer_did(document["issuer"]["id"], download=world.download)
    try:
        found = verifier.verify(document, check_status=True, download=world.download)
    except OB3VerificationError as error:
        return Verdict(accepted=False, why=str(error), credential={})
    return Verdict(accepted=True, why="", credential=found.raw or {})


def openbadgeslib_token(token: str, world: Surroundings) -> Verdict:
    """The same library for a VC-JWT, by the key that the token's header names."""
    did = json.loads(unb64(token.split(".")[1]))["issuer"]["id"]
    try:
        verifier = OB3Verifier.for_issuer_did(did, download=world.download)
        found = verifier.verify(token, check_status=True, download=world.download)
    except OB3VerificationError as error:
        return Verdict(accepted=False, why=str(error), credential={})
    return Verdict(accepted=True, why="", credential=found.raw or {})


def digitalbazaar(document: dict[str, Any], world: Surroundings, node: Node) -> Verdict:
    """npm @digitalbazaar/vc with its Data Integrity suites, did:web driver and status list."""
    node.pages = world.pages
    said = node.ask("digitalbazaar", credential=document)
    why = " · ".join([*said["why"], *said["set"]])
    accepted = said["verified"] and not said["set"]
    return Verdict(accepted=accepted, why=why, credential=said["credential"] or {})


def verifier_core(document: dict[str, Any], world: Surroundings, node: Node) -> Verdict:
    """npm @digitalcredentials/verifier-core: all its steps, the registry of issuers and the schema too."""
    node.pages = world.pages
    said = node.ask("verifierCore", credential=document, registry=REGISTRY)
    failed = [step for step in said["log"] or [] if step.get("valid") is not True]
    schemas = [one for check in said["schemas"] or [] for one in check["results"]]
    failed += [one for one in schemas if not one["result"]["valid"]]
    faults = said["errors"] or failed
    accepted = bool(said["log"]) and bool(schemas) and not faults
    why = json.dumps(faults, ensure_ascii=False) if faults else ""
    return Verdict(accepted=accepted, why=why, credential=said["credential"] or {})


#: openbadgeslib's way of taking the credential out of a picture.
TAKEN_OUT: dict[str, Callable[[bytes], str]] = {
    "png": OB3Verifier.extract_token_from_png,
    "svg": OB3Verifier.extract_token_from_svg,
}
Verifier = Callable[[dict[str, Any], Surroundings, Node], Verdict]
VERIFIERS: dict[str, Verifier] = {
    "openbadgeslib": openbadgeslib,
    "@digitalbazaar/vc": digitalbazaar,
    "@digitalcredentials/verifier-core": verifier_core,
}
