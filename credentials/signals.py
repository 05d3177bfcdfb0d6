"""News for whoever stands above: doorbells sent on commit; the sweeper does what they missed."""

from django.dispatch import Signal

#: A chunk was issued. ``credential_ids``: list of str, ``now``: aware datetime.
credentials_issued = Signal()

#: One credential was revoked, suspended, reinstated or replaced. ``credential_id``: str, ``now`` as above.
credential_status_changed = Signal()
