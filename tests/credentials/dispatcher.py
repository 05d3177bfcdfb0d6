"""A process of its own that delivers webhooks until it is killed: ``python -m tests.credentials.dispatcher``.

The arguments are the port of the host, the file of its authority, and how many seconds this process is ahead:
so that what a killed one held is due again at once.
"""

import sys
import time
from datetime import timedelta

import django


def main(port: str, ca_file: str, ahead: str) -> None:
    django.setup()

    from django.utils import timezone

    from credentials import webhooks
    from issuers.outbound import Client

    client = Client(
        resolve=lambda host: ["127.0.0.1"], permits=lambda address: True, ports={int(port)}, ca_file=ca_file
    )
    while True:
        webhooks.deliver_due(now=timezone.now() + timedelta(seconds=int(ahead)), client=client)
        time.sleep(0.01)


if __name__ == "__main__":
    main(*sys.argv[1:])
