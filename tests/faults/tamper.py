"""Whether the oracle can say no: rows are changed by hand, one after the other, and each is to be seen."""

from collections.abc import Callable, Sequence

from .database import change, rows
from .oracle import Verdict

#: What is done to one certificate after the other: what it is called → statements about ``{id}``.
MANIPULATIONS: dict[str, Sequence[str]] = {
    "another name": ("UPDATE credentials_credential SET name_latin = 'Autre Nom' WHERE id = '{id}'",),
    "another signature": (
        "UPDATE credentials_credential SET jwt = substr(jwt, 1, length(jwt) - 8) || 'AAAAAAAA'"
        " WHERE id = '{id}'",
    ),
    "another paper": (
        "UPDATE credentials_credential SET paper = (SELECT paper FROM credentials_credential"
        " WHERE id <> '{id}' ORDER BY id LIMIT 1) WHERE id = '{id}'",
    ),
    "another hash": (
        "UPDATE credentials_credential SET sha256 = (SELECT sha256 FROM credentials_credential"
        " WHERE id <> '{id}' ORDER BY id LIMIT 1) WHERE id = '{id}'",
    ),
    "revoked by hand": ("UPDATE credentials_credential SET status = 'revoked' WHERE id = '{id}'",),
    "no message": ("DELETE FROM credentials_message WHERE credential_id = '{id}'",),
    "nobody looked": (
        "DELETE FROM passport_entry WHERE credential_id = '{id}'",
        "DELETE FROM passport_filing WHERE credential_id = '{id}'",
    ),
    "a row set aside": (
        "UPDATE credentials_award SET state = 'failed', error_code = 'quarantined'"
        " WHERE credential_id = '{id}'",
    ),
    "a certificate gone": (
        "DELETE FROM credentials_message WHERE credential_id = '{id}'",
        "DELETE FROM passport_proposal WHERE credential_id = '{id}'",
        "DELETE FROM passport_entry WHERE credential_id = '{id}'",
        "DELETE FROM passport_filing WHERE credential_id = '{id}'",
        "DELETE FROM credentials_secureddocument WHERE credential_id = '{id}'",
        "DELETE FROM credentials_credential WHERE id = '{id}'",
    ),
}
#: Certificates that were told of, replaced by none, in the order of their rows.
VICTIMS = """
    SELECT c.id FROM credentials_credential c JOIN credentials_message m ON m.credential_id = c.id
    WHERE c.status = 'active' AND m.kind = 'issued' ORDER BY c.award_id
"""


def unseen(url: str, *, judge: Callable[[], Verdict]) -> list[str]:
    """The manipulations after which the oracle finds nothing that it had not found before."""
    victims = [str(row["id"]) for row in rows(url, VICTIMS)]
    known, missed = len(judge().every()), []
    for victim, (name, statements) in zip(victims, MANIPULATIONS.items(), strict=False):
        change(url, [statement.format(id=victim) for statement in statements])
        found = len(judge().every())
        if found <= known:
            missed.append(name)
        known = found
    return missed
