"""Promises of the structure: who may come in, who listens, who signs, what is documented."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.views import APIView

from config import problems
from config.celery import QUEUES, ROUTES, app
from config.launch import WORKERS, Stack

ROOT = Path(__file__).resolve().parents[2]
APPS = ("config", "passport", "verify", "credentials", "issuers")
ACCESS = re.compile(r"public|signed-in|member:[a-z,]+|city:[a-z,]+")


def routes(patterns: Any = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every route with its whole pattern."""
    for pattern in patterns if patterns is not None else get_resolver().url_patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, path)
        else:
            yield path, pattern


def sources(*apps: str) -> Iterator[Path]:
    for name in apps or APPS:
        yield from (p for p in (ROOT / name).rglob("*.py") if "migrations" not in p.parts)


@pytest.mark.parametrize(("path", "pattern"), list(routes()), ids=[path for path, _ in routes()])
def test_every_route_says_who_may_come_in(path: str, pattern: URLPattern) -> None:
    view = getattr(pattern.callback, "cls", None)
    if view is not None and issubclass(view, APIView):
        declared = getattr(pattern.callback, "access", None) or "permission_classes" in vars(view)
        assert declared, f"{view.__name__} names no permission of its own"
    else:
        assert ACCESS.fullmatch(getattr(pattern.callback, "access", "")), f"{path} is decorated with nothing"


def test_every_queue_has_a_worker() -> None:
    listened = {queue for queues in WORKERS.values() for queue in queues.split(",")}
    assert listened == set(QUEUES)
    assert set(WORKERS) == set(QUEUES.values())


def test_every_task_has_a_queue_and_every_ring_a_task() -> None:
    app.loader.import_default_modules()
    ours = {name for name in app.tasks if not name.startswith("celery.")}
    assert ours == set(ROUTES)
    assert set(ROUTES.values()) <= set(QUEUES)
    rung = set()
    for path in sources():
        for task, queue in re.findall(r'ring\(\s*"([a-z_.]+)",\s*queue="([a-z]+)"', path.read_text()):
            assert ROUTES[task] == queue, path
            rung.add(task)
    assert rung <= ours


def test_tasks_carry_no_work() -> None:
    for path in sources():
        if path.name != "tasks.py":
            continue
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef):
                assert not node.args.args, f"{node.name} takes arguments"
                assert len(node.body) == 2, f"{node.name} does more than call one verb"


def test_tasks_are_never_run_eagerly() -> None:
    assert settings.CELERY_TASK_ALWAYS_EAGER is False
    assert app.conf.task_always_eager is False


#: Where private keys are touched, and why there.
PRIVATE_KEYS = {
    "issuers/keys.py": "the one door to the keys that sign every day",
    "issuers/keyroom.py": "its inner room, where they are sealed and opened",
    "issuers/root.py": "the city's root: it runs on a machine that has no database",
    "verify/conformance/throwaway.py": "keys that nobody trusts, made in memory for the conformance suites",
    "verify/conformance/keyfiles.py": "keys that a suite publishes and hands over in files",
}


def test_the_key_room_and_the_offline_root_alone_see_private_keys() -> None:
    names = re.compile(
        r"load_der_private_key|load_pem_private_key|generate_private_key|private_bytes|from_private_bytes|\._private\b"
    )
    seen = {str(p.relative_to(ROOT)) for p in sources() if names.search(p.read_text())}
    assert seen == set(PRIVATE_KEYS)


def test_the_root_is_opened_by_its_command_and_by_a_machine_that_is_its_own_root_alone() -> None:
    importing = re.compile(
        r"from (?:issuers|\.) import [^\n]*\b(?:root|localroot)\b|issuers\.(?:local)?root\b"
    )
    users = {str(p.relative_to(ROOT)) for p in sources() if importing.search(p.read_text())}
    assert users == {
        "issuers/management/commands/root.py",
        "issuers/localroot.py",
        "config/management/commands/prepare.py",
        "passport/demo/seed.py",
        "passport/demo/year.py",
    }


def test_neither_web_nor_workers_nor_sweeper_load_the_root() -> None:
    """By whatever way: all that they run on is loaded, and the root is not among it."""
    loading = (
        "import sys, config.wsgi, config.sweeper\n"
        "from django.urls import get_resolver\n"
        "from config.celery import app\n"
        "assert get_resolver().url_patterns\n"
        "app.loader.import_default_modules()\n"
        "assert 'issuers.tasks' in sys.modules and 'issuers.views.register' in sys.modules\n"
        "print([name for name in ('issuers.root', 'issuers.localroot') if name in sys.modules])"
    )
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": "of no worth",
    }
    done = subprocess.run(
        [sys.executable, "-c", loading], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.stdout == "[]\n", done.stderr


def test_the_web_and_the_workers_are_not_told_where_a_root_lies(tmp_path: Path) -> None:
    stack = Stack(
        port=1,
        base_url="http://localhost:1",
        var_dir=tmp_path,
        environment={"LOCAL_ROOT_DIR": "/somewhere", "KEY_ENCRYPTION_KEY_FILE": "/kek"},
    )
    assert "LOCAL_ROOT_DIR" not in stack.web_environment()
    assert "LOCAL_ROOT_DIR" not in stack.signer_environment()
    assert stack.operator_environment()["LOCAL_ROOT_DIR"] == str(tmp_path / "keys")
    named = Stack(
        port=1,
        base_url="http://localhost:1",
        var_dir=tmp_path,
        environment={"ROOT_KEYS_FILE": "/roots.json", "KEY_ENCRYPTION_KEY_FILE": "/kek"},
    )
    assert "LOCAL_ROOT_DIR" not in named.operator_environment()
    assert named.web_environment()["ROOT_KEYS_FILE"] == "/roots.json"


#: What opens connections, and who may use it for what.
OUTWARD = re.compile(
    r"(requests|urllib|urllib3|http\.client|httpx|aiohttp|socket|socketserver|ssl|asyncio|smtplib|ftplib|redis"
    r"|urllib\.request)(\..*)?"
)
MAY_GO_OUT = {
    "issuers/outbound.py": "the one client for hosts of others",
    "config/launch.py": "asks its own children on this machine whether they answer",
    "config/embedded.py": "waits for its own Redis",
    "credentials/messengers.py": "names an error of Django's e-mail backend, which the settings choose",
}


def test_one_module_alone_speaks_to_hosts_of_others() -> None:
    seen: dict[str, set[str]] = {}
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            for name in names:
                if OUTWARD.fullmatch(name) and not name.startswith("urllib.parse"):
                    seen.setdefault(str(path.relative_to(ROOT)), set()).add(name)
    assert set(seen) == set(MAY_GO_OUT)
    assert seen["credentials/messengers.py"] == {"smtplib.SMTPRecipientsRefused"}


def test_the_key_room_alone_holds_the_key_that_seals_them() -> None:
    names = re.compile(r"AESGCM|KEY_ENCRYPTION_KEY|CREDENTIALS_DIRECTORY|PKCS11_[A-Z]+\b|\bpkcs11\b")
    seen = {str(p.relative_to(ROOT)) for p in sources() if names.search(p.read_text())}
    told = {"config/settings.py", "config/launch.py"}  # who is given it, and who is not
    words = {"passport/management/commands/seed_demo.py", "issuers/management/commands/make_token_kek.py"}
    people = {"passport/seals.py"}  # another key: secrets of second factors
    assert seen == {"issuers/keyroom.py"} | told | words | people


def test_linters_alone_make_what_can_be_signed() -> None:
    makers = {
        str(p.relative_to(ROOT)) for p in sources() if re.search(r"(?<!class )\bSignable\(", p.read_text())
    }
    assert makers == {
        "credentials/linting.py",
        "credentials/records.py",
        "issuers/audit.py",
        "issuers/delegations.py",
        "issuers/publications.py",
        "verify/bench_receipts.py",
    }


def test_the_web_is_given_no_way_to_the_key_encryption_key(tmp_path: Path) -> None:
    settings_text = (ROOT / "config/settings.py").read_text()
    section = settings_text.partition("# -- The key-encryption key")[2].partition("# --")[0]
    read = set(re.findall(r'(?:env\.str|_secret)\("([A-Z0-9_]+)"', section))
    assert read >= {"PKCS11_PIN", "KEY_ENCRYPTION_KEY", "KEY_ENCRYPTION_KEY_FILE", "CREDENTIALS_DIRECTORY"}
    given = dict.fromkeys({*read, "PKCS11_PIN_FILE"}, "x")
    stack = Stack(port=1, base_url="http://localhost:1", var_dir=tmp_path, environment=given)
    assert not set(given) & set(stack.web_environment())
    assert set(given) <= set(stack.signer_environment())


@pytest.mark.parametrize("app_name", ["issuers", "credentials", "verify", "passport"])
def test_every_error_becomes_a_problem_document(app_name: str) -> None:
    import importlib

    module = importlib.import_module(f"{app_name}.errors")
    errors = [e for e in vars(module).values() if isinstance(e, type) and issubclass(e, Exception)]
    bases = [e for e in errors if Exception in e.__bases__]
    assert len(bases) == 1
    for error in errors:
        assert issubclass(error, problems.REFUSALS)
        assert 400 <= error.status < 600
        assert str(error.message)


def test_the_recheck_shares_nothing_with_signer_and_verifier() -> None:
    ours: dict[str, set[str]] = {
        "credentials/reproof.py": set(),
        "credentials/relogging.py": {"issuers.models", ".models", ".reproof"},
        "credentials/relisting.py": {"issuers.models", ".models", ".reproof"},
        "credentials/rechecking.py": {"issuers.models", ".models", ".reproof", ".relogging", ".relisting"},
    }
    for name, allowed in ours.items():
        for node in ast.walk(ast.parse((ROOT / name).read_text())):
            if isinstance(node, ast.Import):
                found = {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                module = "." * node.level + (node.module or "")
                found = {f".{alias.name}" for alias in node.names} if module == "." else {module}
            else:
                continue
            assert {each for each in found if each.startswith((".", *APPS))} <= allowed, (name, found)


def test_pure_modules_import_no_framework() -> None:
    for path in sources():
        text = path.read_text()
        if not text.startswith('"""Pure.'):
            continue
        for node in ast.walk(ast.parse(text)):
            named = []
            if isinstance(node, ast.Import):
                named = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                named = [node.module or ""]
            for name in named:
                assert name.split(".")[0] not in ("django", "rest_framework", "celery", "allauth"), (
                    f"{path}: {name}"
                )


def test_every_module_says_what_it_is_for() -> None:
    for path in sources():
        text = path.read_text()
        if text.strip():
            assert ast.get_docstring(ast.parse(text)), path


def test_every_variable_of_the_environment_is_documented() -> None:
    text = (ROOT / "config/settings.py").read_text() + (ROOT / "config/launch.py").read_text()
    named = set(re.findall(r'env\.[a-z_]+\(\s*f?"([A-Z0-9_]+)"', text))
    named |= set(re.findall(r'_secret\(\s*"([A-Z0-9_]+)"', text))
    named |= set(re.findall(r'environ(?:\.get\(|\[)\s*"([A-Z_]+)"', text))
    documented = (ROOT / "docs/settings.md").read_text()
    missing = sorted(name for name in named if f"`{name}`" not in documented)
    assert not missing


def test_styles_use_logical_properties_alone() -> None:
    physical = re.compile(
        r"(?<![a-z-])(margin|padding|border)-(left|right|top|bottom)\b|(?<![a-z-])(left|right|top|bottom)\s*:"
        r"|text-align\s*:\s*(left|right)|float\s*:"
    )
    for sheet in ROOT.glob("*/static/**/*.css"):
        if "built" not in sheet.parts:
            assert not physical.search(sheet.read_text()), sheet


def test_no_template_has_inline_style_or_script() -> None:
    for page in [p for name in APPS for p in (ROOT / name).glob("templates/**/*.html")]:
        if page.parent.name == "mail":
            continue  # a mail fetches no style sheet
        text = page.read_text()
        assert not re.search(r"\sstyle=", text), page
        assert not re.search(r"<style\b", text), page
        assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", text), page
        assert not re.search(r"\son[a-z]+=", text), page


def test_no_lock_file_names_an_address() -> None:
    for name in (
        *("requirements/run.txt", "requirements/test.txt"),
        *("package-lock.json", "tests/interop/package-lock.json"),
    ):
        text = (ROOT / name).read_text()
        assert "://" not in text, name
        assert '"resolved"' not in text


@pytest.mark.parametrize(
    "program", ["tests.bench.__main__", "tests.everything", "tests.faults.__main__", "tests.shots"]
)
def test_what_make_starts_can_be_loaded_by_itself(program: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"import {program}"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_whatever_signs_looks_at_its_signature_once_more() -> None:
    """What is stored goes through the functions that check; the bare methods of a signer are theirs alone."""
    bare = {"jws", "cose", "raw", "proof"}
    for source in sources():
        if source == ROOT / "issuers/keys.py":
            continue
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in bare:
                assert "signer" not in ast.unparse(node.func.value), f"{source.name}:{node.lineno}"
