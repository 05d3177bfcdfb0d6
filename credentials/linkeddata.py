"""Pure. JSON-LD read strictly, with contexts from disk alone, and canonicalised (RDFC-1.0) within bounds.

What a signature covers is the graph, so a term that no context defines would be dropped from it unseen: here
it is an error, as is an identifier that is no absolute IRI (JSON-LD best practices, "safe mode"). Contexts
come from the packages that carry them and nothing is fetched. The work that a hostile graph can cause is
bounded before and while it is done.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar

from pyld import jsonld
from pyld.canon import URDNA2015
from pyld.documentloader.frozen import BUNDLED_CONTEXTS, FrozenDocumentLoader

#: Address → a file, or the context itself.
Contexts = Mapping[str, Path | dict[str, Any]]
_OB = resources.files("openbadgeslib.ob3") / "contexts"
#: Context → the file that a package carries; a test compares each with the published one.
CONTEXTS: dict[str, Path] = {
    **BUNDLED_CONTEXTS,
    **{
        address: Path(str(_OB / name))
        for address, name in {
            "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json": "ob-v3p0-context-3.0.1.json",
            "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.2.json": "ob-v3p0-context-3.0.2.json",
            "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json": "ob-v3p0-context-3.0.3.json",
            "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json": "ob-v3p0-extensions.json",
            "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json": "clr_context_2.0.1.json",
            "https://w3id.org/security/data-integrity/v2": "security-data-integrity-v2.json",
            "https://w3id.org/security/multikey/v1": "security-multikey-v1.json",
        }.items()
    },
}
_UNDEFINED, _RELATIVE = "urn:undefined-term:", "urn:rel:/"
#: What RDFC-1.0 writes escaped and pyld does not; nobody needs it in a certificate.
_CONTROLS = frozenset(map(chr, (*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F)))


class LinkedDataError(ValueError):
    """The document cannot be read as linked data; ``where`` names the term, the address or the measure."""

    def __init__(self, where: str = "") -> None:
        super().__init__(where)
        self.where = where


class UnknownContext(LinkedDataError):
    """A context that we do not carry; none is fetched."""


class UndefinedTerm(LinkedDataError):
    """A member or a type that no context defines: a signature would not cover it."""


class RelativeIdentifier(LinkedDataError):
    """An identifier that is no absolute IRI."""


class NotLinkedData(LinkedDataError):
    """Not JSON-LD: the processor's own name for what is wrong."""


class TooComplex(LinkedDataError):
    """More statements, more nodes without names, or more work to tell them apart than is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much a graph may hold and cost: statements, blank nodes, twins among them, looks at twins."""

    quads: int = 2_000
    blank_nodes: int = 400
    twins: int = 6
    looks: int = 500


#: What a graph may be that came from elsewhere, and a record of many certificates that is our own.
FOREIGN = Bounds()
OWN = Bounds(quads=60_000, blank_nodes=20_000, twins=400, looks=5_000)
_one_at_a_time = Lock()  # the processor keeps its contexts in caches that are not made for threads
#: Contexts of types and members that are kept; a document of ours needs some twenty.
KEPT = 512


class _Reading(jsonld.JsonLdProcessor):  # type: ignore[misc]  # pyld is not typed
    """Keeps what a type's or a member's own context makes of the context around it.

    The processor makes that anew at each object that has the type, which is half the work of reading one of
    our documents. Should its inner way change, nothing is kept and nothing else is different.
    """

    _kept: ClassVar[dict[tuple[Any, ...], tuple[Any, Any]]] = {}

    def _process_context(
        self,
        active_ctx: Any,
        local_ctx: Any,
        options: Any,
        override_protected: bool = False,
        propagate: bool = True,
        *more: Any,
        **named: Any,
    ) -> Any:  # the processor's own way to call it
        process = super()._process_context
        scoped = override_protected or not propagate
        final = type(active_ctx) is not dict  # a plain one is still in the making
        if not (scoped and final) or more or named or options["documentLoader"] is not _LOADER:
            return process(active_ctx, local_ctx, options, override_protected, propagate, *more, **named)
        key = (active_ctx["_uuid"], id(local_ctx), override_protected, propagate)
        if key not in self._kept:
            made = process(active_ctx, local_ctx, options, override_protected, propagate)
            if len(self._kept) >= KEPT:
                self._kept.clear()
            self._kept[key] = (local_ctx, made)  # held with it: an id names an object while it lives
        return self._kept[key][1]


class _Expanded(jsonld.JsonLdProcessor):  # type: ignore[misc]  # pyld is not typed
    """Takes documents whose names are in full already, and does not do that work twice."""

    def expand(self, input_: Any, options: Any) -> Any:  # the processor's own way to call it
        return input_


class _Canonical(URDNA2015):  # type: ignore[misc]  # pyld is not typed
    """RDFC-1.0 that gives up rather than try every order of too many nodes that look alike."""

    def __init__(self, bounds: Bounds) -> None:
        super().__init__()
        self.bounds, self.looks = bounds, 0

    def hash_n_degree_quads(self, id_: str, issuer: Any) -> Any:
        self.looks += 1
        if self.looks > self.bounds.looks:
            raise TooComplex("looks")
        return super().hash_n_degree_quads(id_, issuer)

    def create_hash_to_related(self, id_: str, issuer: Any) -> Any:
        related = super().create_hash_to_related(id_, issuer)
        if max(map(len, related.values()), default=0) > self.bounds.twins:
            raise TooComplex("twins")
        return related


def canonical(
    document: Mapping[str, Any],
    *,
    bounds: Bounds = FOREIGN,
    contexts: Contexts | None = None,
) -> str:
    """The canonical N-Quads (RDFC-1.0 with SHA-256) of this JSON-LD document.

    ``contexts`` are known besides our own. Raises UnknownContext, UndefinedTerm, RelativeIdentifier,
    NotLinkedData, TooComplex.
    """
    loader = _LOADER if contexts is None else FrozenDocumentLoader({**CONTEXTS, **contexts})
    with _one_at_a_time:
        try:
            expanded = _expanded(document, loader)
            dataset = _Expanded().to_rdf(expanded, {"documentLoader": loader})
            _require_small(dataset, bounds)
            return str(_Canonical(bounds).main(dataset, {"format": "application/n-quads"}))
        except jsonld.JsonLdError as error:
            raise _said(error) from error


def check(document: Mapping[str, Any], *, contexts: Contexts | None = None) -> None:
    """Read the document strictly and nothing more. Raises as ``canonical`` does."""
    loader = _LOADER if contexts is None else FrozenDocumentLoader({**CONTEXTS, **contexts})
    with _one_at_a_time:
        try:
            _expanded(document, loader)
        except jsonld.JsonLdError as error:
            raise _said(error) from error


class _Resident(FrozenDocumentLoader):  # type: ignore[misc]  # pyld is not typed
    """Our own contexts, which never change: the processor may keep what it made of them."""

    def __call__(self, url: str, options: dict[str, Any]) -> dict[str, Any]:
        return {**super().__call__(url, options), "tag": "static"}


_LOADER = _Resident(dict(CONTEXTS))


def _expanded(document: Mapping[str, Any], loader: FrozenDocumentLoader) -> list[Any]:
    """The document with every name in full; what has no full name stands out by its prefix."""
    given = document.get("@context", [])
    contexts = given if isinstance(given, list) else [given]
    read = {**document, "@context": [{"@vocab": _UNDEFINED}, *contexts]}
    expanded: list[Any] = _Reading().expand(read, {"documentLoader": loader, "base": _RELATIVE})
    for name, value in _names(expanded):
        if value.startswith(_UNDEFINED):
            raise UndefinedTerm(value.removeprefix(_UNDEFINED))
        if value.startswith(_RELATIVE):
            raise (UndefinedTerm if name == "@type" else RelativeIdentifier)(value.removeprefix(_RELATIVE))
        if name == "@value" and not _CONTROLS.isdisjoint(value):
            raise NotLinkedData("control character")
    return expanded


def _names(node: Any) -> Iterator[tuple[str, str]]:
    """Every member's name, identifier, type and text of an expanded document, without recursion."""
    waiting: list[Any] = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting += part
        elif isinstance(part, dict):
            for name, value in part.items():
                if name in ("@id", "@type", "@value"):
                    yield from ((name, text) for text in _texts(value))
                else:
                    yield ("", name)
                    waiting.append(value)


def _texts(value: Any) -> Sequence[str]:
    values = value if isinstance(value, list) else [value]
    return [text for text in values if isinstance(text, str)]


def _require_small(dataset: Mapping[str, list[dict[str, Any]]], bounds: Bounds) -> None:
    quads = [quad for graph in dataset.values() for quad in graph]
    if len(quads) > bounds.quads:
        raise TooComplex("quads")
    nameless = {
        part["value"]
        for quad in quads
        for part in (quad["subject"], quad["object"])
        if part["type"] == "blank node"
    }
    if len(nameless) > bounds.blank_nodes:
        raise TooComplex("blank nodes")


def _said(error: jsonld.JsonLdError) -> LinkedDataError:
    """What the processor refused, by the deepest cause that has a name."""
    cause: BaseException | None = error
    code, address = "", ""
    while cause is not None:
        if isinstance(cause, jsonld.JsonLdError):
            code = str(cause.code or code or cause.type)
            details = cause.details if isinstance(cause.details, dict) else {}
            address = str(details.get("url", address))
        cause = cause.__cause__ or getattr(cause, "cause", None)
    if code == "loading document failed":
        return UnknownContext(address)
    return NotLinkedData(code)
