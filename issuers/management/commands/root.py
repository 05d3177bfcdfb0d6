"""``manage.py root``: the city's offline root, its yearly word for the directory key, how both stand.

``init``, ``show`` and ``sign`` run on a machine that has no database and no settings of the city;
``request``, ``install`` and ``status`` run where the city's database is.
"""

import getpass
import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from issuers import chain, delegations, root, trust
from issuers.errors import IssuersError, NotTrusted


class Command(BaseCommand):
    """Prints what is to be carried to the other machine on standard output, and all else beside it."""

    help = "The city's offline root: make it, let it delegate once a year, see how the chain of trust stands."
    requires_system_checks: list[
        str
    ] = []  # they ask the settings of a city, and the offline machine has none

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(
            dest="act", required=True, metavar="init|show|request|sign|install|status"
        )
        init = acts.add_parser("init", help="offline: make a root key, print its public half")
        init.add_argument("file", type=Path)
        show = acts.add_parser("show", help="offline: print the public halves of root keys, as a JWK set")
        show.add_argument("file", type=Path, nargs="+")
        sign = acts.add_parser("sign", help="offline: sign a delegation request, print the delegation")
        sign.add_argument("file", type=Path, help="the root key")
        sign.add_argument("request", type=Path)
        sign.add_argument("--yes", action="store_true", help="do not ask before signing")
        for act in (init, show, sign):
            act.add_argument(
                "--passphrase-file", type=Path, metavar="FILE", help="read it there instead of asking"
            )
        request = acts.add_parser("request", help="online: print a delegation request")
        request.add_argument(
            "--days", type=int, default=trust.A_YEAR.days, help="wanted period (default 365)"
        )
        request.add_argument("--key", default="", metavar="THUMBPRINT", help="of a directory key")
        install = acts.add_parser("install", help="online: verify a delegation and install it")
        install.add_argument("delegation", type=Path)
        acts.add_parser("status", help="online: follow the chain; exit 1 when something is wrong or due")

    def handle(self, *args: Any, act: str, **options: Any) -> None:
        acts: dict[str, Callable[..., None]] = {
            "init": self._init,
            "show": self._show,
            "sign": self._sign,
            "request": self._request,
            "install": self._install,
            "status": self._status,
        }
        try:
            acts[act](**options)
        except NotTrusted as error:
            meaning = delegations.MEANS[delegations.Reason(error.reason)]
            raise CommandError(f"Refused ({error.reason}): {meaning}.") from error
        except IssuersError as error:
            raise CommandError(str(error)) from error

    # -- On the machine that is never online --------------------------------------------------------
    def _init(self, *, file: Path, passphrase_file: Path | None, **options: Any) -> None:
        passphrase = _passphrase(passphrase_file, of=file, twice=True)
        made = root.make(file, passphrase=passphrase)
        self._print(delegations.roots_set({made.thumbprint: made.jwk}))
        self._say(f"Root {made.thumbprint} is in {file}. Keep a copy of the file, and its passphrase apart.")

    def _show(self, *, file: list[Path], passphrase_file: Path | None, **options: Any) -> None:
        opened = [root.open_file(each, passphrase=_passphrase(passphrase_file, of=each)) for each in file]
        self._print(delegations.roots_set({each.thumbprint: each.jwk for each in opened}))

    def _sign(
        self, *, file: Path, request: Path, passphrase_file: Path | None, yes: bool, **options: Any
    ) -> None:
        asked = delegations.read_request(_read(request))
        self._say("The root is asked to delegate:")
        self._say(f"  city           {asked.city}")
        self._say(f"  directory key  {asked.thumbprint}")
        self._say(f"  from           {asked.not_before:%Y-%m-%d %H:%M} UTC")
        self._say(f"  until          {asked.not_after:%Y-%m-%d %H:%M} UTC")
        self._say(f"  today is       {timezone.now():%Y-%m-%d %H:%M} UTC, says this machine")
        if (
            not yes
            and _ask("Is this the key that “root request” named, and the right day? [yes/no] ") != "yes"
        ):
            raise CommandError("Nothing was signed.")
        opened = root.open_file(file, passphrase=_passphrase(passphrase_file, of=file))
        self.stdout.write(opened.delegate(asked, now=timezone.now()))

    # -- Where the city's database is ---------------------------------------------------------------
    def _request(self, *, days: int, key: str, **options: Any) -> None:
        if not 1 <= days <= delegations.LONGEST.days:
            raise CommandError(f"A delegation lasts between 1 and {delegations.LONGEST.days} days.")
        asked = trust.request(now=timezone.now(), days=days, thumbprint=key)
        self.stdout.write(delegations.request_text(asked), ending="")
        self._say(f"Directory key {asked.thumbprint}: compare it with what “root sign” shows.")

    def _install(self, *, delegation: Path, **options: Any) -> None:
        found = trust.install(token=_read(delegation).strip(), now=timezone.now())
        self.stdout.write(
            f"Delegation {found.seq} to {found.thumbprint} holds until {found.not_after:%Y-%m-%d %H:%M} UTC."
        )

    def _status(self, **options: Any) -> None:
        found = chain.look(now=timezone.now())
        for name in found.roots:
            self.stdout.write(f"root           {name}")
        if found.key:
            self.stdout.write(f"directory key  {found.key.thumbprint}")
        if found.delegation:
            until = f"{found.delegation.not_after:%Y-%m-%d %H:%M} UTC"
            self.stdout.write(
                f"delegation     {found.delegation.seq}, until {until} ({found.days_left} days)"
            )
        for key, held in found.successors:
            self.stdout.write(f"next key       {key.thumbprint}{' (delegated)' if held else ''}")
        for reason in found.reasons:
            self.stdout.write(f"refused        {reason}: {delegations.MEANS[delegations.Reason(reason)]}")
        if found.troubles:
            raise CommandError(" ".join(str(sentence) for sentence in found.sentences))
        self.stdout.write("The chain holds.")

    # -- Talking ------------------------------------------------------------------------------------
    def _print(self, document: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(document, indent=2))

    def _say(self, line: str) -> None:
        self.stderr.write(line, self.style.NOTICE)


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > delegations.MOST_BYTES:
            raise CommandError(f"{path} is too large.")
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read.") from error


def _passphrase(file: Path | None, *, of: Path, twice: bool = False) -> str:
    if file is not None:
        return _read(file).strip()
    if not sys.stdin.isatty():
        raise CommandError("There is nobody to ask for the passphrase. Name its file with --passphrase-file.")
    given = getpass.getpass(f"Passphrase of {of}: ")
    if twice and getpass.getpass("Once more: ") != given:
        raise CommandError("These two differ. Nothing was made.")
    return given


def _ask(question: str) -> str:
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower()
