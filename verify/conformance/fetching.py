"""Finds what a document refers to: this installation's own documents here, all others by the one client.

Our own DIDs and the conformance issuer's status list are never asked for over the network, so a suite can run
against an address that this machine alone knows.
"""

import json
import re
from datetime import datetime
from typing import Any

from django.conf import settings

from issuers import publications
from issuers.models import Issuer
from issuers.outbound import Client
from verify.foreign.fetching import Bounded, Fetch, Fetched, FetchError, from_hosts

from . import issuing, statuslists

_ISSUER = re.compile(r"/issuers/([-a-zA-Z0-9_]+)/did\.json")


def ours_first(*, now: datetime) -> Fetch:
    """A way to fetch for one document, with a budget of its own."""
    outside = from_hosts(Client())

    def fetch(url: str) -> Fetched:
        scheme, colon, rest = url.partition("://")
        host, slash, path = rest.partition("/")
        if scheme in ("https", "http") and colon and host == settings.HOST.partition("/")[0]:
            document = _own(url, slash + path, now=now)
            return Fetched(url=url, content_type="application/json", body=json.dumps(document).encode())
        return outside(url)

    return Bounded(fetch)


def _own(url: str, path: str, *, now: datetime) -> dict[str, Any]:
    """A document of this installation. Raises FetchError (not-found)."""
    if path == "/.well-known/did.json":
        return publications.city_did_document()
    if found := _ISSUER.fullmatch(path):
        issuer = Issuer.objects.filter(slug=found[1]).first()
        if issuer is not None:
            return publications.issuer_did_document(issuer=issuer)
    if url.partition("://")[2] == statuslists.address().partition("://")[2]:
        return issuing.status_list(now=now)
    raise FetchError("not-found")
