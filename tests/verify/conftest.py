"""Fixtures of the verifier's tests."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from credentials.models import Achievement, Credential
from issuers import localroot
from tests.factories import key_room, make_achievement, make_credential, make_issuer, publish_keys

from .browsing import Node

__all__ = ["key_room"]


@pytest.fixture
def achievement(db: None, key_room: Path) -> Achievement:
    """A course of an issuer whose keys are published."""
    achievement = make_achievement(make_issuer())
    publish_keys()
    return achievement


@pytest.fixture
def credential(achievement: Achievement) -> Credential:
    """Fatima-Zahra's certificate; its lists are published."""
    return make_credential(achievement)


@pytest.fixture(scope="module")
def one_node() -> Iterator[Node]:
    """The page's modules, started once."""
    process = Node()
    yield process
    process.stop()


@pytest.fixture
def node(one_node: Node) -> Node:
    """The page on a device that has never been here."""
    one_node.ask(act="visit", fresh=True)
    return one_node


@pytest.fixture
def folder(key_room: Path) -> Path:
    """Where the roots of this test lie."""
    return key_room.parent


@pytest.fixture
def root_keys(folder: Path, db: None) -> list[ec.EllipticCurvePrivateKey]:
    """Both roots, opened as no code of the product hands them out."""
    publish_keys()
    words = (folder / localroot.PASSPHRASE).read_text().strip().encode()
    keys_: list[Any] = [
        serialization.load_pem_private_key((folder / name).read_bytes(), words) for name in localroot.FILES
    ]
    return keys_
