"""The settings under test: the product's own, on a Redis (and a PostgreSQL, if asked) of the tests."""

import os

from tests import services

os.environ.update(services.environment_under_test())

from config.settings import *  # noqa: F403  # the environment decides, so it comes first
from config.settings import DATABASES  # as above

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # a file, since the in-memory database locks otherwise than the one that runs
    DATABASES["default"]["TEST"] = {"NAME": str(services.folder() / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"
