"""Documents that the conformance endpoints know besides the product's own, and what their digests are.

The suites use contexts that no certificate uses, and one of them counts the bytes of an early version of
another; whoever runs them names a file with such documents in ``VC_API_DOCUMENTS``. The product itself never
reads it.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

from credentials import linkeddata
from issuers import jose, multibase

from .datamodel import NotConforming

SHA2_256 = b"\x12\x20"  # multihash: the algorithm's number and the length of what follows


@lru_cache(maxsize=4)
def _files(index: str) -> dict[str, list[Path]]:
    """Address → its files, the one that is served first."""
    if not index:
        return {}
    folder = Path(index).parent
    listed: dict[str, list[str] | str] = json.loads(Path(index).read_text())
    return {
        address: [folder / name for name in ([names] if isinstance(names, str) else names)]
        for address, names in listed.items()
    }


def contexts() -> dict[str, Path | dict[str, Any]] | None:
    """Contexts besides our own; one that the product carries is never replaced."""
    more = {
        address: files[0]
        for address, files in _files(settings.VC_API_DOCUMENTS).items()
        if address not in linkeddata.CONTEXTS
    }
    return dict(more) or None


def require_digests(document: Mapping[str, Any]) -> list[str]:
    """Each related resource that we know has the digest that is stated; returns those that we do not know.

    VCDM 2.0, section 5.3. Raises NotConforming.
    """
    given, unknown = document.get("relatedResource", []), []
    for each in given if isinstance(given, list) else [given]:
        address = each["id"]
        versions = [path.read_bytes() for path in _known(address)]
        if not versions:
            unknown.append(address)
        elif not any(_matches(each, data) for data in versions):
            raise NotConforming("relatedResource", "the digest is not that of the resource")
    return unknown


def _known(address: str) -> list[Path]:
    own = linkeddata.CONTEXTS.get(address)
    return [*([own] if own else []), *_files(settings.VC_API_DOCUMENTS).get(address, [])]


def _matches(resource: Mapping[str, Any], data: bytes) -> bool:
    sri, multi = resource.get("digestSRI"), resource.get("digestMultibase")
    return (sri is None or _sri(str(sri), data)) and (multi is None or _multibase(str(multi), data))


def _sri(stated: str, data: bytes) -> bool:
    """Subresource Integrity, section 3.5: any of the stated digests."""
    for each in stated.split():
        algorithm, _, digest = each.partition("-")
        if algorithm in ("sha256", "sha384", "sha512"):
            found = hashlib.new(algorithm, data).digest()
            if digest == base64.b64encode(found).decode():
                return True
    return False


def _multibase(stated: str, data: bytes) -> bool:
    """A multihash of SHA-256 in base58btc or base64url (CID 1.0, 2.4 and 2.5); the bare hash counts too."""
    found = hashlib.sha256(data).digest()
    return stated in {
        form
        for value in (SHA2_256 + found, found)
        for form in (multibase.encode(value), f"u{jose.b64(value)}")
    }
