"""What was brought is looked at in a forked child, as a worker does it: outside any transaction."""

import os

import pytest

from passport import accounts, import_queue, importing
from tests.factories import NOW, make_learner
from verify.foreign.fetching import Fetched

from .elsewhere import EMAIL, hers, hosts


@pytest.mark.django_db(transaction=True)
def test_a_child_proves_what_was_brought_and_one_that_dies_costs_one_try() -> None:
    learner = make_learner()
    accounts.prove(learner=learner, kind="email", value=EMAIL, now=NOW)
    made = importing.bring(learner=learner, data=hers(), now=NOW)
    assert import_queue.look_at_waiting(now=NOW, fetch=hosts({})) == 1
    made.refresh_from_db()
    assert (made.state, made.standing) == ("kept", "genuine")

    def deadly(url: str) -> Fetched:
        os._exit(1)

    link = importing.bring(learner=learner, data="https://ailleurs.example/badge", now=NOW)
    assert import_queue.look_at_waiting(now=NOW, fetch=deadly) == 0
    link.refresh_from_db()
    assert (link.state, link.attempts, link.lease_token) == ("looking", 1, "")
