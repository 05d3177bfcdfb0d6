"""What strangers wrote is hashed in a process that is killed when it takes too long, and started afresh."""

import os
import resource
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from pyld import jsonld

from credentials import dataintegrity, linkeddata
from credentials.dataintegrity import DataIntegrityError
from tests import standards
from verify.foreign import apart, reader
from verify.foreign.apart import Reader, TooSlow
from verify.foreign.fetching import NO_FETCH
from verify.foreign.proofs import ProofError, verify_document

from . import signers

DOCUMENT = signers.signed(signers.badge())
PROOF = DOCUMENT["proof"][0]
#: No bounds to speak of: what only the time limit ends.
BOUNDLESS = linkeddata.Bounds(quads=10**6, blank_nodes=10**6, twins=10**6, looks=10**9)


@pytest.fixture
def running() -> Iterator[Reader]:
    one = Reader()
    yield one
    one.close()


def pid(one: Reader) -> int:
    assert one._process is not None
    return one._process.pid


@standards.needed
def test_a_poison_graph_is_killed_and_the_next_question_answered(running: Reader) -> None:
    quads = (standards.FOLDER / "vectors/rdfc10/rdfc10/test074-in.nq").read_text()
    poison: dict[str, Any] = {
        "@context": signers.V2,
        "@graph": jsonld.from_rdf(quads, {"format": "application/n-quads"}),
    }
    running.hash_data(DOCUMENT, PROOF)
    first = pid(running)
    patience, running.seconds = running.seconds, 1.0
    with pytest.raises(TooSlow):
        running.hash_data(poison, PROOF, bounds=BOUNDLESS)
    assert not Path(f"/proc/{first}/cmdline").exists()
    running.seconds = patience
    assert running.hash_data(DOCUMENT, PROOF) == dataintegrity.hash_data(DOCUMENT, PROOF)
    assert pid(running) != first
    with pytest.raises(linkeddata.TooComplex):
        running.hash_data(poison, PROOF)  # within bounds it does not come so far


def test_it_says_what_this_process_would_say(running: Reader) -> None:
    assert running.hash_data(DOCUMENT, PROOF) == dataintegrity.hash_data(DOCUMENT, PROOF)
    kept = pid(running)
    for changes, expected in (
        ({"favourite": "x"}, linkeddata.UndefinedTerm),
        ({"id": "x"}, linkeddata.RelativeIdentifier),
        ({"@context": ["https://ailleurs.example/c"]}, linkeddata.UnknownContext),
        ({"@context": [{"@version": 7}]}, linkeddata.NotLinkedData),
    ):
        with pytest.raises(expected) as refused:
            running.hash_data(DOCUMENT | changes, PROOF)
        with pytest.raises(expected) as here:
            dataintegrity.hash_data(DOCUMENT | changes, PROOF)
        assert refused.value.where == here.value.where
    assert pid(running) == kept
    known = {"https://ailleurs.example/c": {"@context": {"favourite": "https://ailleurs.example/f"}}}
    more = DOCUMENT | {"@context": [*DOCUMENT["@context"], "https://ailleurs.example/c"], "favourite": "x"}
    assert running.hash_data(more, PROOF, contexts=known) == dataintegrity.hash_data(
        more, PROOF, contexts=known
    )


def test_what_is_no_graph_is_hashed_here(running: Reader) -> None:
    given: dict[str, Any] = {"suite": "eddsa-jcs-2022"}
    signed = signers.signed(signers.badge(), **given)
    assert running.hash_data(signed, signed["proof"][0]) == dataintegrity.hash_data(
        signed, signed["proof"][0]
    )
    with pytest.raises(DataIntegrityError):
        running.hash_data(signed | {"n": 2**60}, signed["proof"][0])
    assert running._process is None


def test_a_reader_that_died_is_followed_by_another(running: Reader) -> None:
    running.hash_data(DOCUMENT, PROOF)
    first = pid(running)
    os.kill(first, 9)
    while Path(f"/proc/{first}/stat").read_text().split()[2] != "Z":
        time.sleep(0.01)
    assert running.hash_data(DOCUMENT, PROOF)
    assert pid(running) != first


def test_it_knows_nothing_of_ours(running: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY_ENCRYPTION_KEY_FILE", "/somewhere")
    running.hash_data(DOCUMENT, PROOF)
    environment = Path(f"/proc/{pid(running)}/environ").read_bytes()
    assert b"KEY_ENCRYPTION" not in environment
    assert b"DJANGO" not in environment
    limits = Path(f"/proc/{pid(running)}/limits").read_text()
    assert str(reader.MEMORY) in limits
    loaded = Path(f"/proc/{pid(running)}/maps").read_text()
    assert "psycopg" not in loaded


def test_many_threads_share_one(running: Reader) -> None:
    expected = dataintegrity.hash_data(DOCUMENT, PROOF)
    found: list[bytes] = []
    threads = [Thread(target=lambda: found.append(running.hash_data(DOCUMENT, PROOF))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 6


def test_whose_turn_does_not_come(running: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "TURN", 0.01)
    with running._turn, pytest.raises(TooSlow):
        running.hash_data(DOCUMENT, PROOF)


def test_a_forked_child_has_a_reader_of_its_own(running: Reader) -> None:
    expected = running.hash_data(DOCUMENT, PROOF)
    mine = pid(running)
    child = os.fork()
    if child == 0:
        try:
            fits = running._process is None and running.hash_data(DOCUMENT, PROOF) == expected
            running.close()
            os._exit(0 if fits else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert running.hash_data(DOCUMENT, PROOF) == expected
    assert pid(running) == mine


def test_a_reader_born_under_a_bound_keeps_it(running: Reader) -> None:
    """The bench examines in a child whose share of the processor nobody can raise again."""
    expected = running.hash_data(DOCUMENT, PROOF)
    child = os.fork()
    if child == 0:
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (20, 21))
            fits = running.hash_data(DOCUMENT, PROOF) == expected
            running.close()
            os._exit(0 if fits else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_document_too_deep_for_the_reader(running: Reader) -> None:
    deep: Any = "x"
    for _ in range(400):
        deep = {"@list": [deep]}
    with pytest.raises(linkeddata.LinkedDataError):
        running.hash_data(DOCUMENT | {"name": deep}, PROOF)


def test_more_values_than_statements_are_not_even_asked(running: Reader) -> None:
    many = DOCUMENT | {"evidence": [{"type": ["Evidence"], "name": "x"}] * 2_000}
    with pytest.raises(linkeddata.TooComplex, match="values"):
        running.hash_data(many, PROOF)
    assert running._process is None


def test_a_proof_that_takes_too_long_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*given: Any, **named: Any) -> bytes:
        raise TooSlow("time")

    with pytest.raises(ProofError) as refused:
        verify_document(DOCUMENT, fetch=NO_FETCH, hashing=slow)
    assert refused.value.code == "too-slow"
