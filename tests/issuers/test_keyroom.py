"""Where the key-encryption key comes from, first that is given; and a real token that never lets it out."""

import logging
import os
import subprocess
from base64 import b64encode
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pkcs11
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection
from pkcs11 import Attribute, KeyType, ObjectClass
from pkcs11.exceptions import AttributeSensitive, PKCS11Error
from pytest_django import Settings

from issuers import keyroom, keys
from issuers.errors import NoKeyRoom, SealBroken, TokenAway, WrongState
from issuers.models import SigningKey
from issuers.signable import Form, Signable
from tests import services
from tests.factories import NOW, make_issuer, write_kek

PIN, SO_PIN = "648219", "17263544"
AAD = b"city|service|thumbprint|kek"


@pytest.fixture(autouse=True)
def nothing_given(settings: Settings) -> None:
    """A process that was given no key-encryption key."""
    settings.PKCS11_MODULE = settings.CREDENTIALS_DIRECTORY = ""
    settings.KEY_ENCRYPTION_KEY_FILE = settings.KEY_ENCRYPTION_KEY = ""


@pytest.fixture(scope="module")
def softhsm(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str, Path]:
    """SoftHSM, which reads where its tokens lie once a process."""
    library, program = services.require_softhsm()
    home = tmp_path_factory.mktemp("softhsm")
    (home / "softhsm2.conf").write_text(f"directories.tokendir = {home}\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(home / "softhsm2.conf")
    return library, program, home


@pytest.fixture
def token(softhsm: tuple[str, str, Path], settings: Settings, tmp_path: Path) -> Iterator[str]:
    """A fresh token with a user PIN and no key; its label."""
    library, program, _ = softhsm
    label = f"passport-{tmp_path.name[-20:]}"
    subprocess.run(
        [program, "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", SO_PIN],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    settings.PKCS11_MODULE, settings.PKCS11_TOKEN, settings.PKCS11_PIN = library, label, PIN
    settings.PKCS11_KEK_LABEL = "kek"
    pkcs11.lib(library).reinitialize()  # a library looks for new tokens when it is initialised
    yield label
    keyroom._tokens._refused.clear()  # what a restart does


def in_token(settings: Settings, **attributes: Any) -> None:
    """A key of this test's own making in the token, under the label that the product looks for."""
    names = {getattr(Attribute, name.upper()): value for name, value in attributes.items()}
    library = pkcs11.lib(settings.PKCS11_MODULE)
    with library.get_token(token_label=settings.PKCS11_TOKEN).open(rw=True, user_pin=PIN) as session:
        session.generate_key(
            KeyType.AES,
            names.pop(Attribute.VALUE_LEN, 256),
            label="kek",
            id=names.pop(Attribute.ID, b"name"),
            store=True,
            template=keyroom.TEMPLATE | names,
        )


def private() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


# -- Which one ------------------------------------------------------------------------------------
def test_without_any_there_is_no_key_room() -> None:
    assert not keyroom.is_given()
    with pytest.raises(NoKeyRoom):
        keyroom.enter()


def test_a_credential_comes_before_a_file_and_a_file_before_the_environment(
    settings: Settings, tmp_path: Path
) -> None:
    ids = []
    settings.KEY_ENCRYPTION_KEY = b64encode(os.urandom(32)).decode()
    ids.append(keyroom.enter().kek_id)
    settings.KEY_ENCRYPTION_KEY_FILE = str(write_kek(tmp_path))
    ids.append(keyroom.enter().kek_id)
    settings.CREDENTIALS_DIRECTORY = str(tmp_path / "credentials")
    assert keyroom.enter().kek_id == ids[-1]  # systemd gave this process others, and no kek
    (tmp_path / "credentials").mkdir()
    write_kek(tmp_path / "credentials")
    ids.append(keyroom.enter().kek_id)
    assert len(set(ids)) == 3
    assert keyroom.is_given()


def test_a_token_comes_before_everything(settings: Settings, token: str, tmp_path: Path) -> None:
    in_token(settings)
    settings.CREDENTIALS_DIRECTORY = str(write_kek(tmp_path).parent)
    with_token = keyroom.enter().kek_id
    settings.PKCS11_MODULE = ""
    assert keyroom.enter().kek_id != with_token


def test_a_file_that_is_named_and_cannot_be_read_is_not_passed_over(
    settings: Settings, tmp_path: Path
) -> None:
    settings.KEY_ENCRYPTION_KEY = b64encode(os.urandom(32)).decode()
    for broken in (tmp_path / "nowhere", tmp_path):
        settings.KEY_ENCRYPTION_KEY_FILE = str(broken)
        with pytest.raises(NoKeyRoom):
            keyroom.enter()
    (tmp_path / "raw").write_bytes(b"\xff\xfe" + os.urandom(30))
    settings.KEY_ENCRYPTION_KEY_FILE = str(tmp_path / "raw")
    with pytest.raises(NoKeyRoom):
        keyroom.enter()


@pytest.mark.parametrize("wrong", ["not base64 at all!", b64encode(b"x" * 31).decode(), "é"])
def test_a_malformed_key_is_said_and_not_shown(settings: Settings, wrong: str) -> None:
    settings.KEY_ENCRYPTION_KEY = wrong
    with pytest.raises(ImproperlyConfigured, match=r"^KEY_ENCRYPTION_KEY must hold 32 bytes") as caught:
        keyroom.enter()
    assert wrong not in str(caught.value)
    assert caught.value.__suppress_context__


def test_the_name_of_a_key_is_not_the_key(settings: Settings) -> None:
    kek = os.urandom(32)
    settings.KEY_ENCRYPTION_KEY = b64encode(kek).decode()
    room = keyroom.enter()
    assert len(room.kek_id) == 16
    assert room.kek_id not in kek.hex()
    assert kek.hex() not in repr(room)
    assert not hasattr(room, "__dict__")


# -- The token ------------------------------------------------------------------------------------
def test_a_key_made_in_the_token_seals_opens_and_never_leaves(settings: Settings, token: str) -> None:
    out = StringIO()
    call_command("make_token_kek", stdout=out)
    room = keyroom.enter()
    assert room.kek_id in out.getvalue()
    key = private()
    sealed = room.seal(key, aad=AAD)
    opened = keyroom.enter().open(sealed, aad=AAD)
    assert opened.private_numbers() == key.private_numbers()  # type: ignore[union-attr]  # it is of P-256
    assert sealed != room.seal(key, aad=AAD)

    library = pkcs11.lib(settings.PKCS11_MODULE)
    with library.get_token(token_label=token).open(user_pin=PIN) as session:
        made = session.get_key(ObjectClass.SECRET_KEY, KeyType.AES, "kek")
        assert made[Attribute.NEVER_EXTRACTABLE]
        assert made[Attribute.ALWAYS_SENSITIVE]
        with pytest.raises(AttributeSensitive):
            made[Attribute.VALUE]


def test_the_token_refuses_a_seal_that_was_touched_or_moved(settings: Settings, token: str) -> None:
    in_token(settings)
    room = keyroom.enter()
    sealed = room.seal(private(), aad=AAD)
    for position in range(0, len(sealed), 11):
        broken = bytearray(sealed)
        broken[position] ^= 1
        with pytest.raises(SealBroken) as caught:
            room.open(bytes(broken), aad=AAD)
        assert caught.value.__suppress_context__
    with pytest.raises(SealBroken):
        room.open(sealed, aad=AAD + b"x")
    with pytest.raises(SealBroken):
        room.open(b"", aad=AAD)


def test_there_is_one_key_of_a_label(settings: Settings, token: str) -> None:
    call_command("make_token_kek", stdout=StringIO())
    with pytest.raises(CommandError):
        call_command("make_token_kek", stdout=StringIO())
    with pytest.raises(WrongState):
        keyroom.make_in_token(name=b"another")
    settings.PKCS11_MODULE = ""
    with pytest.raises(NoKeyRoom):
        keyroom.make_in_token(name=b"another")


@pytest.mark.parametrize(
    "attributes",
    [{"extractable": True}, {"sensitive": False}, {"value_len": 128}, {"id": b""}],
    ids=lambda attributes: next(iter(attributes)),
)
def test_a_key_that_could_leave_is_short_or_nameless_is_refused(
    settings: Settings, token: str, caplog: pytest.LogCaptureFixture, attributes: dict[str, Any]
) -> None:
    in_token(settings, **attributes)
    with pytest.raises(TokenAway):
        keyroom.enter()
    assert "CKA_ID" in caplog.text


def test_a_token_without_the_key_or_no_token_is_away(
    settings: Settings, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(TokenAway):
        keyroom.enter()
    settings.PKCS11_TOKEN = "another"  # a label
    with pytest.raises(TokenAway):
        keyroom.enter()
    settings.PKCS11_MODULE = "/nowhere/libtoken.so"
    assert keyroom.is_given()
    with pytest.raises(TokenAway):
        keyroom.enter()
    causes = [record.__dict__["error"] for record in caplog.records]
    assert causes == ["NoSuchKey", "NoSuchToken", "PKCS11Error"]


def test_a_wrong_pin_is_tried_once(settings: Settings, token: str, caplog: pytest.LogCaptureFixture) -> None:
    in_token(settings)
    settings.PKCS11_PIN = "000000"
    with caplog.at_level(logging.ERROR):
        for _ in range(20):
            with pytest.raises(TokenAway):
                keyroom.enter()
    assert len(caplog.records) == 1
    assert "000000" not in caplog.text
    settings.PKCS11_PIN = PIN
    assert keyroom.enter().kek_id


def in_a_child(work: Callable[[], object]) -> int:
    """Run this in a fork; its exit code says how it went."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_child_opens_the_token_for_itself_and_the_parent_goes_on(settings: Settings, token: str) -> None:
    in_token(settings)
    room = keyroom.enter()
    sealed = room.seal(private(), aad=AAD)

    def in_child() -> None:
        keyroom.enter().open(sealed, aad=AAD)
        room.open(room.seal(private(), aad=AAD), aad=AAD)

    assert in_a_child(in_child) == 0
    assert in_a_child(in_child) == 0
    room.open(sealed, aad=AAD)


def test_a_child_that_was_forked_while_a_session_was_open_does_not_wait_for_it(
    settings: Settings, token: str
) -> None:
    in_token(settings)
    room = keyroom.enter()
    sealed = room.seal(private(), aad=AAD)
    with keyroom._tokens.session():
        assert in_a_child(lambda: keyroom.enter().open(sealed, aad=AAD)) == 0
    room.open(sealed, aad=AAD)


def test_a_library_that_another_process_initialised_is_initialised_anew(
    settings: Settings, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_token(settings)
    room = keyroom.enter()
    library = pkcs11.lib(settings.PKCS11_MODULE)
    inherited = library.get_token(token_label=token).open(user_pin=PIN)
    monkeypatch.setattr(keyroom._tokens, "_process", os.getppid())  # as a child finds it
    assert room.seal(private(), aad=AAD)
    with pytest.raises(PKCS11Error):  # what the library had before is gone
        inherited.generate_random(64)
    assert keyroom._tokens._process == os.getpid()


def test_an_issuer_signs_with_keys_that_the_token_sealed(db: None, settings: Settings, token: str) -> None:
    call_command("make_token_kek", stdout=StringIO())
    issuer = make_issuer()
    signable = Signable(Form.CREDENTIAL, issuer.pk, b"{}")
    signer = keys.signer(issuer=issuer, now=NOW)
    assert keys.is_signed(signer.jws(signable), signable, key=signer.key)
    key = SigningKey.objects.get(pk=signer.key.pk)
    connection.close()  # a child must not share it

    def in_child() -> None:
        private = keys._opened(key, keyroom.enter())
        assert isinstance(private, ec.EllipticCurvePrivateKey)

    assert in_a_child(in_child) == 0


# -- Another key-encryption key -------------------------------------------------------------------
def test_every_key_is_sealed_anew_from_a_file_into_the_token_and_back(
    db: None, settings: Settings, token: str, tmp_path: Path
) -> None:
    call_command("make_token_kek", stdout=StringIO())
    module, settings.PKCS11_MODULE = settings.PKCS11_MODULE, ""
    old = write_kek(tmp_path)
    settings.KEY_ENCRYPTION_KEY_FILE = str(old)
    issuer = make_issuer()
    keys.ensure_city_keys(now=NOW)
    settings.PKCS11_MODULE = module
    with pytest.raises(SealBroken):
        keys.signer(issuer=issuer, now=NOW)

    out = StringIO()
    call_command("rewrap_keys", "--from", str(old), stdout=out)
    assert out.getvalue() == "6 keys sealed anew.\n"
    keys.signer(issuer=issuer, now=NOW)
    assert {key.kek_id for key in SigningKey.objects.all()} == {keyroom.enter().kek_id}

    (tmp_path / "new").mkdir()
    new = write_kek(tmp_path / "new")
    call_command("rewrap_keys", "--from", "token:kek", "--to", str(new), stdout=StringIO())
    settings.PKCS11_MODULE, settings.KEY_ENCRYPTION_KEY_FILE = "", str(new)
    keys.signer(issuer=issuer, now=NOW)
    keys.city_signer(purpose=keys.Purpose.AUDIT, now=NOW)
    call_command("rewrap_keys", "--from", str(old), stdout=(again := StringIO()))
    assert again.getvalue() == "0 keys sealed anew.\n"


def test_one_key_that_does_not_open_leaves_all_as_they_were(
    db: None, settings: Settings, tmp_path: Path
) -> None:
    old = write_kek(tmp_path)
    settings.KEY_ENCRYPTION_KEY_FILE = str(old)
    make_issuer()
    broken = SigningKey.objects.latest("pk")
    SigningKey.objects.filter(pk=broken.pk).update(sealed=b"x" * 60)
    before = list(SigningKey.objects.values_list("sealed", "kek_id"))
    (tmp_path / "new").mkdir()
    with pytest.raises(CommandError, match="ne s’ouvre pas"):
        call_command("rewrap_keys", "--to", str(write_kek(tmp_path / "new")))
    assert list(SigningKey.objects.values_list("sealed", "kek_id")) == before


def test_an_ended_key_is_passed_over(db: None, settings: Settings, tmp_path: Path) -> None:
    settings.KEY_ENCRYPTION_KEY_FILE = str(write_kek(tmp_path))
    make_issuer()
    ended = SigningKey.objects.latest("pk")
    keys.retire(key=ended, by=None, now=NOW)
    (tmp_path / "new").mkdir()
    new = keyroom.enter_named(str(write_kek(tmp_path / "new")))
    assert keys.rewrap(old=keyroom.enter(), new=new) == 1
    ended.refresh_from_db()
    assert (ended.sealed, ended.kek_id) == (None, "")


def test_an_operator_names_at_least_one_and_one_that_is_there(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="--from"):
        call_command("rewrap_keys")
    for source in ("token", "token:kek", str(tmp_path / "nowhere")):
        with pytest.raises(CommandError, match="ne signe pas"):
            call_command("rewrap_keys", "--from", source)
