"""What these tests stand on: verifiers by others, running, and a city that they can ask."""

from collections.abc import Iterator

import pytest

from .node import Node, running
from .world import HOSTS


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """The verifiers for Node, started once."""
    with running(tmp_path_factory.mktemp("node"), hosts=HOSTS) as process:
        yield process
