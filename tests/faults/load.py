"""The clients: they hand over lists and single awards as decent programs do, and insist with the same key.

A process of its own; what it asked and what it was answered goes line by line into a journal.
"""

import csv
import http.client
import io
import json
import re
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ASK_SECONDS = 15.0
PAUSE_SECONDS = 0.25
Answer = tuple[int, http.client.HTTPMessage, bytes]
HEADINGS = {
    "name_latin": "Nom et prénom",
    "name_arabic": "Nom en arabe",
    "phone": "Téléphone",
    "email": "Courriel",
}


class GaveUp(Exception):
    """The web did not answer for as long as a client waits."""


@dataclass(kw_only=True)
class Clients:
    """What all of them share: the address, the terms, the journal."""

    port: int
    host: str
    terms: dict[str, Any]
    journal: Path
    began: float
    patience: float

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._lines = self.journal.open("a")

    def tell(self, event: str, **detail: Any) -> None:
        """A line of the journal."""
        with self._lock:
            self._lines.write(json.dumps({"at": time.monotonic(), "event": event, **detail}) + "\n")
            self._lines.flush()

    def wait_until(self, seconds: float) -> None:
        """Sleep until so long after the beginning."""
        time.sleep(max(0.0, self.began + seconds - time.monotonic()))

    def ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        """One request over a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ASK_SECONDS)
        try:
            connection.request(method, path, body, {"Host": self.host, **headers})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def insist(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        """Ask until somebody answers for good: again when nobody does, on 5xx, and on 429 when it says so.

        Raises GaveUp.
        """
        until = time.monotonic() + self.patience
        while time.monotonic() < until:
            try:
                status, told, content = self.ask(method, path, body, headers)
            except (OSError, http.client.HTTPException) as error:
                self.tell("unheard", why=type(error).__name__)
                time.sleep(PAUSE_SECONDS)
                continue
            if status < 500 and status != 429:
                return status, told, content
            self.tell("later", status=status)
            time.sleep(float(told.get("Retry-After", PAUSE_SECONDS)) if status == 429 else PAUSE_SECONDS)
        raise GaveUp

    # -- Lists --------------------------------------------------------------------------------------
    def hand_over(self, given: dict[str, Any], *, rows: list[dict[str, str]], event: str = "answer") -> str:
        """One list under its key; returns the id of the batch, or nothing where it was refused."""
        terms = self.terms | {"achievement": given["achievement"]}
        path, body, kind = _as_csv(terms, rows) if given["csv"] else _as_json(terms, rows)
        headers = _program(given["token"]) | {"Content-Type": kind, "Idempotency-Key": given["key"]}
        status, _, content = self.insist("POST", path, body, headers)
        told = json.loads(content)
        batch = str(told.get("id", ""))
        self.tell(event, key=given["key"], status=status, id=batch, code=str(told.get("type", ""))[-40:])
        return batch

    # -- One by one -----------------------------------------------------------------------------------
    def award_one(self, one: dict[str, str], *, achievement: str, session: str) -> None:
        """A trainer opens the form, sends it, and sends the very same form again if nobody answers."""
        path = f"/teach/award/{achievement}"
        cookie = {"Cookie": f"session={session}"}
        status, told, content = self.insist("GET", path, None, cookie)
        page = content.decode()
        fields = dict(re.findall(r'name="(csrfmiddlewaretoken|key)" value="([^"]+)"', page))
        cookies = dict(cookie.partition(";")[0].split("=", 1) for cookie in told.get_all("Set-Cookie", []))
        if status != 200 or len(fields) != 2:
            self.tell("single", name=one["name_latin"], status=status, id="", key="")
            return
        kind = "phone" if one["phone"] else "email" if one["email"] else "none"
        body = {
            **{name: one[name] for name in ("name_latin", "name_arabic")},
            "address_kind": kind,
            "address": one["phone"] or one["email"],
            "awarded_on": self.terms["awarded_on"],
            "language": "fr",
            "step": "issue",
        }
        headers = {
            "Cookie": f"session={session}; csrf={cookies.get('csrf', '')}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        status, told, _ = self.insist("POST", path, urlencode(fields | body).encode(), headers)
        batch = told.get("Location", "").rpartition("/")[2]
        self.tell("single", name=one["name_latin"], status=status, id=batch, key=fields["key"])

    # -- A change of mind -------------------------------------------------------------------------------
    def change(self, given: dict[str, Any], *, batch: str) -> None:
        """Once the list is complete: one certificate is revoked, one suspended, one replaced."""
        headers = _program(given["token"])
        asked = headers | {"Content-Type": "application/json"}
        until = time.monotonic() + self.patience
        while (
            json.loads(self.insist("GET", f"/api/v1/batches/{batch}", None, headers)[2])["state"]
            != "complete"
        ):
            if time.monotonic() > until:
                raise GaveUp
            time.sleep(0.5)
        answer = self.insist("GET", f"/api/v1/batches/{batch}/rows?state=issued&limit=3", None, headers)
        found = json.loads(answer[2])["results"]
        acts = (
            ("revoke", {"reason": "issued-in-error"}),
            ("suspend", {"reason": "under-review"}),
            ("replace", {"reason": "corrected", "name_latin": f"{found[2]['name_latin']} Corrigee"}),
        )
        for row, (act, body) in zip(found, acts, strict=True):
            credential = row["credential"]["id"]
            status, _, content = self.insist(
                "POST",
                f"/api/v1/credentials/{credential}/{act}",
                json.dumps(body).encode(),
                asked | ({"Idempotency-Key": f"{act}-{credential}"} if act == "replace" else {}),
            )
            code = str(json.loads(content).get("type", "")).rpartition("#")[2]
            self.tell(act, credential=credential, status=status, code=code, name=body.get("name_latin", ""))


def _as_csv(terms: dict[str, str], rows: list[dict[str, str]]) -> tuple[str, bytes, str]:
    text = io.StringIO()
    table = csv.writer(text, delimiter=";")
    table.writerow(HEADINGS.values())
    table.writerows([row[field] for field in HEADINGS] for row in rows)
    return f"/api/v1/batches?{urlencode(terms)}", text.getvalue().encode(), "text/csv"


def _as_json(terms: dict[str, str], rows: list[dict[str, str]]) -> tuple[str, bytes, str]:
    cells = [{field: row[field] for field in HEADINGS if row[field]} for row in rows]
    return "/api/v1/batches", json.dumps(terms | {"rows": cells}).encode(), "application/json"


def _program(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Accept": "application/json"}


def main(path: str) -> None:
    """Do all that the file asks for, each at its time; the last line of the journal is ``done``."""
    asked = json.loads(Path(path).read_text())
    clients = Clients(
        port=asked["port"],
        host=asked["host"],
        terms=asked["terms"],
        journal=Path(asked["journal"]),
        began=time.monotonic(),
        patience=asked["patience"],
    )
    threads = [
        threading.Thread(target=_guarded, args=(clients, _one_list, asked, given, twin))
        for given in asked["lists"]
        for twin in range(given["twins"])
    ]
    threads.append(threading.Thread(target=_guarded, args=(clients, _singles, asked)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    clients.tell("done")


def _guarded(clients: Clients, act: Any, *arguments: Any) -> None:
    try:
        act(clients, *arguments)
    except Exception as error:  # noqa: BLE001  # whatever it is, the harness has to hear of it
        clients.tell("failed", why=f"{type(error).__name__}: {error}", act=act.__name__)


def _one_list(clients: Clients, asked: dict[str, Any], given: dict[str, Any], twin: int) -> None:
    clients.wait_until(given["at"])
    batch = clients.hand_over(given, rows=given["rows"])
    if twin == 0 and given["again"]:
        clients.hand_over(given, rows=given["rows"][1:], event="other-body")
    if twin == 0 and given["change"] and batch:
        clients.change(given, batch=batch)


def _singles(clients: Clients, asked: dict[str, Any]) -> None:
    for number, one in enumerate(asked["singles"]):
        clients.wait_until(asked["every"] * number)
        clients.award_one(one, achievement=asked["achievement"], session=asked["session"])


if __name__ == "__main__":
    main(sys.argv[1])
