"""The root of one machine, for a demo or a trial: it lies beside the other keys and delegates by itself.

It makes two commands enough, and it protects nobody: whoever takes this machine has the root as well. A
city makes its roots elsewhere (``docs/operations.md``) and names them with ``ROOT_KEYS_FILE``; the launcher
then gives no ``LOCAL_ROOT_DIR``. Web and workers are never given one.
"""

import json
import os
import secrets
from datetime import datetime
from pathlib import Path

from django.conf import settings

from . import delegations, keys, root, trust

FILES = ("root-1.pem", "root-2.pem")  # one in use, one for the day on which the first is lost
PASSPHRASE = "root-passphrase"  # noqa: S105  # the name of a file
ROOTS = "roots.json"


def delegate(*, now: datetime) -> int:
    """Let the machine's own root, if it has one, delegate to the directory keys that need it; how many.

    Makes roots and city keys that are missing. Raises NoKeyRoom, RootClosed, NotTrusted where
    ROOT_KEYS_FILE names other roots.
    """
    if not settings.LOCAL_ROOT_DIR:
        return 0
    folder = Path(settings.LOCAL_ROOT_DIR)
    make(folder)
    keys.ensure_city_keys(now=now)
    needing = [key for key in trust.directory_keys() if not trust.lasts(key=key, now=now)]
    if needing:
        ours = root.open_file(folder / FILES[0], passphrase=(folder / PASSPHRASE).read_text().strip())
        for key in needing:
            request = trust.request(now=now, thumbprint=key.thumbprint)
            trust.install(token=ours.delegate(request, now=now), now=now)
    return len(needing)


def make(folder: Path) -> None:
    """Both roots, their passphrase and the set of their public halves, as far as they are not there."""
    if (folder / ROOTS).exists():
        return
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    words = folder / PASSPHRASE
    if not words.exists():
        _write(words, secrets.token_urlsafe(24) + "\n")
    passphrase = words.read_text().strip()
    made = [
        root.open_file(folder / name, passphrase=passphrase)
        if (folder / name).exists()
        else root.make(folder / name, passphrase=passphrase)
        for name in FILES
    ]
    public = delegations.roots_set({each.thumbprint: each.jwk for each in made})
    _write(folder / ROOTS, json.dumps(public, indent=2) + "\n")


def _write(path: Path, text: str) -> None:
    """A whole file or none, for its owner alone."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)
