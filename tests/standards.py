"""Published schemas and contexts that our documents are held against: they lie beside the project, not in it.

The folder is ``../shared/data/standards``, or what ``STANDARDS`` names: 1EdTech's JSON schemas of Open Badges
3.0 under ``schemas/``, JSON-LD contexts under ``contexts/``. Where it is missing the tests that need it are
skipped and say so; in CI they fail.
"""

import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("STANDARDS") or Path(__file__).resolve().parents[2] / "shared/data/standards")
SCHEMAS = FOLDER / "schemas"
CONTEXTS = FOLDER / "contexts"

needed = pytest.mark.skipif(
    not FOLDER.is_dir() and not os.environ.get("CI"),
    reason=f"the published schemas and contexts are not at {FOLDER}; name their folder in STANDARDS",
)
