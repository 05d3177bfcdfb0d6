"""``manage.py make_token_kek``: makes the key-encryption key inside the PKCS#11 token of the settings."""

import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from issuers import keyroom
from issuers.errors import IssuersError


class Command(BaseCommand):
    """AES-256, made in the token, which can never be told to give it out."""

    help = "Make the key-encryption key in the token that PKCS11_MODULE, PKCS11_TOKEN and PKCS11_PIN name."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            room = keyroom.make_in_token(name=secrets.token_bytes(16))
        except IssuersError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"The token holds key-encryption key {room.kek_id}.")
