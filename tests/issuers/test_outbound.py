"""Hosts of others: what is never asked, where a name may lead, and how much of an answer is waited for."""

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from issuers import errors, outbound
from issuers.outbound import Client, is_public, read_url
from tests.hosts import NAME, Asked, Host, answers, host

URLS = [
    "http://hooks.example/",
    "HTTPS://hooks.example/",
    "ftp://hooks.example/",
    "file:///etc/passwd",
    "gopher://hooks.example/_",
    "//hooks.example/",
    "https:hooks.example",
    "https:/hooks.example",
    "https:///hooks.example",
    "https://",
    " https://hooks.example/",
    "https://hooks.example/\n",
    "https://hooks.example/a\r\nHost: localhost",
    "https://hooks.example/\x00",
    "https://hooks.exam\tple/",
    "https://hooks.example/ a",
    "https:\\\\hooks.example\\",
    "https://hooks.example\\@169.254.169.254/",
    "https://me@hooks.example/",
    "https://me:secret@hooks.example/",
    "https://@hooks.example/",
    "https://169.254.169.254#@hooks.example/",
    "https://hooks.example/#part",
    "https://hooks.example:80/",
    "https://hooks.example:22/",
    "https://hooks.example:6379/",
    "https://hooks.example:8443/",
    "https://hooks.example:/",
    "https://hooks.example:0443/",
    "https://hooks.example:443:80/",
    "https://hooks.example:+443/",
    "https://hooks.example:٤٤٣/",
    "https://hooks.example:999999/",
    "https://127.0.0.1/",
    "https://8.8.8.8/",
    "https://127.1/",
    "https://0/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://127.0.0.0x1/",
    "https://hooks.example.127/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[fe80::1%25eth0]/",
    "https://%31%32%37.0.0.1/",
    "https://hooks%2eexample/",
    "https://localhost/",
    "https://redis/",
    "https://db.internal/",
    "https://printer.local/",
    "https://api.localhost/",
    "https://1.0.0.127.in-addr.arpa/",
    "https://hidden.onion/",
    "https://hooks.example./",
    "https://.hooks.example/",
    "https://hooks..example/",
    "https://-hooks.example/",
    "https://hooks-.example/",
    "https://ho_oks.example/",
    "https://hooks.exämple/",
    "https://①⑥⑨.②⑤④.①⑥⑨.②⑤④/",
    "https://127。0。0。1/",
    "https://xn---.example/",
    "https://xn--99999999999.example/",
    "https://ab--cd.example/",
    "https://" + "a" * 64 + ".example/",
    "https://" + "a." * 130 + "example/",
    "https://hooks.example/" + "a" * 500,
]
ADDRESSES = [
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254"),  # noqa: S104  # looked at, not bound
    *("169.254.169.254", "169.254.170.2", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.0.192"),
    *("192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.7", "203.0.113.9"),
    *("168.63.129.16", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
    *(
        "::",
        "::1",
        "::127.0.0.1",
        "::8.8.8.8",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
    ),
    *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808", "100::1"),
    *("2001::1", "2001:0:7f00:1::", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1"),
    *("2002:7f00:1::", "2002:a9fe:a9fe::1", "2002:808:808::1", "3fff::1", "5f00::1"),
    *("fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1", "4000::1"),
]


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Host]:
    with host(tmp_path) as running:
        yield running


def sends(*pieces: bytes, pause: float = 0.0) -> Callable[[ssl.SSLSocket, Asked], None]:
    """A host that sends these pieces, and waits before each."""

    def manner(connection: ssl.SSLSocket, asked: Asked) -> None:
        for piece in pieces:
            time.sleep(pause)
            connection.sendall(piece)

    return manner


# -- Forms ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("url", URLS)
def test_an_address_of_this_form_is_never_asked(url: str) -> None:
    with pytest.raises(errors.AddressRefused):
        read_url(url)


@pytest.mark.parametrize(
    ("url", "host_name", "path"),
    [
        ("https://hooks.example", "hooks.example", "/"),
        ("https://hooks.example:443/a/b", "hooks.example", "/a/b"),
        ("https://Hooks.Example/A?b=C&d", "hooks.example", "/A?b=C&d"),
        ("https://hooks.example/@me/x:y", "hooks.example", "/@me/x:y"),
        ("https://xn--mgbh0fb.xn--mgbc0a9azcg/", "xn--mgbh0fb.xn--mgbc0a9azcg", "/"),
        ("https://3com.hooks2.example/%20", "3com.hooks2.example", "/%20"),
    ],
)
def test_an_address_of_the_public_web_is_read_in_its_parts(url: str, host_name: str, path: str) -> None:
    target = read_url(url)
    assert (target.host, target.port, target.path) == (host_name, 443, path)
    assert read_url(target.url) == target


def test_another_port_is_asked_where_the_settings_allow_it(settings: Any) -> None:
    settings.OUTBOUND_PORTS = [443, 8443]
    client = Client(resolve=lambda name: ["8.8.8.8"])
    assert client.check("https://hooks.example:8443/").authority == "hooks.example:8443"
    with pytest.raises(errors.AddressRefused):
        client.check("https://hooks.example:8080/")


# -- Addresses ------------------------------------------------------------------------------------
@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_that_not_everybody_reaches_is_refused(address: str) -> None:
    assert not is_public(ip_address(address))
    with pytest.raises(errors.AddressNotPublic):
        Client(resolve=lambda name: [address]).check("https://hooks.example/")


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "105.158.0.1", "196.200.0.9", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"],
)
def test_a_public_address_is_not_refused(address: str) -> None:
    assert is_public(ip_address(address))


def test_more_forms_and_addresses_are_refused_than_the_threat_model_asks() -> None:
    assert len(set(URLS)) + len(set(ADDRESSES)) >= 48


@pytest.mark.parametrize("found", [["8.8.8.8", "10.0.0.1"], ["10.0.0.1", "8.8.8.8"], ["8.8.8.8", "::1"]])
def test_one_private_address_among_public_ones_is_enough_to_refuse(found: list[str]) -> None:
    with pytest.raises(errors.AddressNotPublic):
        Client(resolve=lambda name: found).check("https://hooks.example/")


@pytest.mark.parametrize("found", [[], ["not an address"], ["8.8.8.8", "127.1"]])
def test_what_a_resolver_says_that_is_no_address_is_refused(found: list[str]) -> None:
    with pytest.raises(errors.HostUnknown):
        Client(resolve=lambda name: found).check("https://hooks.example/")


def test_a_name_that_is_not_known_is_said_so() -> None:
    def nothing(name: str) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    with pytest.raises(errors.HostUnknown):
        Client(resolve=nothing).check("https://hooks.example/")


def test_a_resolver_that_hangs_is_not_waited_for() -> None:
    over = threading.Event()
    started = time.monotonic()
    with pytest.raises(errors.AnswerTooSlow):
        Client(resolve=lambda name: [str(over.wait(10))], seconds=0.3).check("https://hooks.example/")
    assert time.monotonic() - started < 2
    over.set()


def test_the_machines_own_resolver_is_asked_for_tcp_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    def found(name: str, port: int, **rest: Any) -> list[Any]:
        assert (name, rest) == ("hooks.example", {"type": socket.SOCK_STREAM, "proto": socket.IPPROTO_TCP})
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", port))]

    monkeypatch.setattr(outbound, "getaddrinfo", found)
    assert outbound.look_up("hooks.example") == ["93.184.215.14"]
    assert Client().check("https://hooks.example/").host == "hooks.example"


# -- Asking ---------------------------------------------------------------------------------------
def test_a_document_is_fetched_by_name_from_the_address_that_was_found(there: Host) -> None:
    there.manner = answers(200, body=b'{"a":1}', Content_Type="application/json; charset=utf-8")
    answer = there.client().get(there.url, headers={"Accept": "application/json"})
    assert (answer.status, answer.content_type, answer.body) == (200, "application/json", b'{"a":1}')
    asked = there.asked[0]
    assert (asked.method, asked.path) == ("GET", "/hook")
    assert asked.headers == {
        "host": f"{NAME}:{there.port}",
        "accept": "application/json",
        "accept-encoding": "identity",
        "connection": "close",
        "user-agent": "learner-passport/1 (+http://localhost:8000)",
    }


def test_what_is_handed_over_arrives_as_it_is(there: Host) -> None:
    body = bytes(range(256)) * 100
    there.manner = answers(202, body=b"x" * 200_000, Content_Encoding="gzip")
    answer = there.client().post(there.url, body=body, headers={"Content-Type": "application/json"})
    assert (answer.status, answer.body) == (202, b"")
    assert there.asked[0].body == body


def test_the_second_address_is_tried_when_the_first_takes_no_connection(there: Host) -> None:
    client = there.client(resolve=lambda name: ["127.0.0.2", "127.0.0.1"])
    assert client.get(there.url).status == 204
    assert there.connections == 1


def test_a_name_that_is_bound_anew_is_asked_for_once(there: Host) -> None:
    lookups = cycle([["93.184.215.14"], ["127.0.0.1"]])
    asked: list[str] = []

    def rebinding(name: str) -> list[str]:
        asked.append(name)
        return next(lookups)

    with pytest.raises(Exception, match=r"93\.184\.215\.14"):  # the tests' own guard of the sockets names it
        there.client(resolve=rebinding, permits=is_public).get(there.url)
    assert asked == [NAME]
    with pytest.raises(errors.AddressNotPublic):
        there.client(resolve=rebinding, permits=is_public).get(there.url)
    assert (asked, there.connections) == ([NAME, NAME], 0)


def test_no_proxy_of_the_environment_is_asked(there: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert there.client().get(there.url).status == 204


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_redirect_is_not_followed(there: Host, status: int, method: str) -> None:
    there.manner = answers(status, Location=f"https://{NAME}:{there.port}/elsewhere")
    with pytest.raises(errors.Redirected):
        getattr(there.client(), method)(there.url, **({"body": b""} if method == "post" else {}))
    assert len(there.asked) == 1


def test_a_cookie_is_not_kept(there: Host) -> None:
    there.manner = answers(200, Set_Cookie="a=b")
    client = there.client()
    client.get(there.url)
    client.get(there.url)
    assert "cookie" not in there.asked[1].headers


# -- TLS ------------------------------------------------------------------------------------------
def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    with host(tmp_path, name="other.example") as there:
        with pytest.raises(errors.TlsRefused):
            there.client().get(there.url)
        assert there.asked == []


def test_a_certificate_of_an_unknown_authority_is_refused(there: Host) -> None:
    with pytest.raises(errors.TlsRefused):
        there.client(ca_file=None).get(there.url)
    assert there.asked == []


def test_a_host_that_does_not_speak_tls_is_refused(there: Host) -> None:
    with socket.create_server(("127.0.0.1", 0)) as plain:

        def speak() -> None:
            visitor, _ = plain.accept()
            with visitor:
                visitor.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        threading.Thread(target=speak, daemon=True).start()
        port = plain.getsockname()[1]
        with pytest.raises(errors.TlsRefused):
            there.client(ports={port}).get(f"https://{NAME}:{port}/")


def test_where_nobody_listens_no_connection_is_made(there: Host) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    with pytest.raises(errors.HostUnreachable):
        there.client(ports={port}).get(f"https://{NAME}:{port}/")


# -- Bounds ---------------------------------------------------------------------------------------
OK = b"HTTP/1.1 200 OK\r\n"


def took(act: Callable[[], object], refusal: type[Exception]) -> float:
    started = time.monotonic()
    with pytest.raises(refusal):
        act()
    return time.monotonic() - started


@pytest.mark.parametrize(
    "pieces",
    [
        [b"H"] + [b"x"] * 100,
        [OK, *([b"X: y\r\n"] * 100)],
        [OK + b"Content-Length: 1000\r\n\r\n", *([b"x"] * 100)],
        [OK + b"Transfer-Encoding: chunked\r\n\r\n", *([b"1\r\nx\r\n"] * 100)],
        [b"HTTP/1.1 100 Continue\r\n\r\n"] * 100,
    ],
    ids=["status", "headers", "body", "chunks", "continue"],
)
def test_an_answer_that_comes_drop_by_drop_is_cut_off_in_time(there: Host, pieces: list[bytes]) -> None:
    there.manner = sends(*pieces, pause=0.1)
    assert took(lambda: there.client(seconds=0.6).get(there.url), errors.AnswerTooSlow) < 1.5


def test_a_host_that_takes_the_connection_and_says_nothing_is_left_in_time(there: Host) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        client = there.client(ports={port}, seconds=0.6)
        assert took(lambda: client.get(f"https://{NAME}:{port}/"), errors.AnswerTooSlow) < 1.5


@pytest.mark.parametrize(
    "head",
    [
        OK + b"Content-Length: 100000000\r\n\r\n",
        OK + b"\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"ffffff\r\n",
        b"HTTP/1.1 100 Continue\r\n" + b"X: " + b"y" * 60_000 + b"\r\n\r\n" + b"HTTP/1.1 100 Continue\r\n",
    ],
    ids=["announced", "until-the-end", "chunked", "head"],
)
def test_an_answer_without_measure_is_cut_off(there: Host, head: bytes) -> None:
    sent = 0

    def flood(connection: ssl.SSLSocket, asked: Asked) -> None:
        nonlocal sent
        connection.sendall(head)
        for _ in range(4_000):
            connection.sendall(b"X: " + b"y" * 10_000 + b"\r\n\r\n")
            sent += 10_000

    there.manner = flood
    with pytest.raises((errors.AnswerTooLarge, errors.AnswerUnreadable)):
        there.client(max_bytes=100_000).get(there.url)
    assert sent < 20_000_000  # what the buffers between us hold, not what the host would have sent


def test_an_answer_just_within_the_measure_is_read(there: Host) -> None:
    there.manner = answers(200, body=b"x" * 1000)
    assert len(there.client(max_bytes=1000).get(there.url).body) == 1000
    with pytest.raises(errors.AnswerTooLarge):
        there.client(max_bytes=999).get(there.url)


def test_a_bomb_is_not_unpacked(there: Host) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    there.manner = answers(200, body=bomb, Content_Encoding="gzip", Content_Type="application/json")
    with pytest.raises(errors.AnswerUnreadable):
        there.client().get(there.url)


@pytest.mark.parametrize(
    "answer",
    [b"", b"nonsense\r\n\r\n", OK + b"Content-Length: 10\r\n\r\nshort"],
    ids=["nothing", "nonsense", "cut-off"],
)
def test_what_is_no_whole_answer_is_refused(there: Host, answer: bytes) -> None:
    there.manner = sends(answer)
    with pytest.raises(errors.AnswerUnreadable):
        there.client().get(there.url)
