"""The one client for hosts of others: https, public addresses alone, looked up once, connected to as found.

Whoever names an address to us may mean a machine of this house by it. So the name is looked up once, every
address that comes back must be public, and the connection goes to one of these very addresses, while TLS asks
for the name. No redirect is followed, no proxy of the environment is used, nothing is unpacked, and both time
and size of an answer are bounded, however slowly it comes.
"""

import ssl
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from socket import IPPROTO_TCP, SOCK_STREAM, getaddrinfo
from typing import Any
from urllib.parse import urlsplit

import urllib3
from django.conf import settings
from urllib3.connection import HTTPSConnection

from .errors import (
    AddressNotPublic,
    AddressRefused,
    AnswerTooLarge,
    AnswerTooSlow,
    AnswerUnreadable,
    HostUnknown,
    HostUnreachable,
    Redirected,
    TlsRefused,
)

Address = IPv4Address | IPv6Address

SECONDS = 10.0
LOOK_UP_SECONDS = 5.0
CONNECT_SECONDS = 5.0
#: Of several addresses of one name so many are tried, one after the other.
ADDRESSES = 3
MAX_BYTES = 64 * 1024
#: What the head of an answer, and the frames around its body, may weigh besides.
MAX_OVERHEAD = 64 * 1024
MAX_URL = 500

_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")
_LABEL = _LETTERS | frozenset("0123456789-")
#: What an address may hold: RFC 3986 without brackets; a backslash is read differently by every parser.
_IN_URLS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?@!$&'()*+,;=%")
#: Names that lead nowhere outside a house (RFC 6761, 6762, 8375, 9476; the last for address → name).
_HOUSE_NAMES = frozenset({"localhost", "local", "internal", "alt", "onion", "arpa", "invalid"})
#: Public by the registries of IANA, and yet not for everybody: relays, platforms, tests, documents.
_NOT_FOR_US = tuple(
    ip_network(text)
    for text in (
        "192.0.0.0/24",  # RFC 6890: protocol assignments
        "192.88.99.0/24",  # RFC 7526: the old relays of 6to4
        "168.63.129.16/32",  # a cloud platform's own machine, as seen from every guest
        "2001::/23",  # RFC 2928: Teredo and other protocol assignments
        "2001:db8::/32",
        "2002::/16",  # 6to4 wraps any IPv4 address
        "3fff::/20",  # RFC 9637: documents
    )
)
_UNICAST = ip_network("2000::/3")  # RFC 4291, 2.4: all of IPv6 that is given out
_NAT64 = ip_network("64:ff9b::/96")  # RFC 6052


# -- What may be asked ----------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Target:
    """An address that may be asked, in its parts."""

    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        return self.host if self.port == 443 else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        return f"https://{self.authority}{self.path}"


def read_url(url: str, *, ports: Collection[int] = (443,)) -> Target:
    """The parts of an address that may be asked. Raises AddressRefused for every other form.

    A host is named by its name, in ASCII (``xn--…`` for other scripts): no numbers in any notation, no user
    name, no name of this house, no fragment. What two parsers could read differently is refused.
    """
    if not url.startswith("https://") or len(url) > MAX_URL or not _IN_URLS.issuperset(url):
        raise AddressRefused
    parts = urlsplit(url)
    host, colon, digits = parts.netloc.lower().partition(":")
    if colon and not (digits.isdecimal() and len(digits) <= 5 and digits[0] != "0"):
        raise AddressRefused
    port = int(digits) if colon else 443
    if port not in ports or not is_host_name(host):
        raise AddressRefused
    return Target(host, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def is_host_name(host: str) -> bool:
    """Whether this is the name of a host in the public DNS, as machines write it."""
    labels = host.split(".")
    return (
        len(host) <= 253
        and len(labels) > 1
        and all(map(_is_label, labels))
        and labels[-1] not in _HOUSE_NAMES
        # No top-level domain holds a digit, save in punycode: what ends in a number is an address to some.
        and (_LETTERS.issuperset(labels[-1]) or labels[-1].startswith("xn--"))
    )


def _is_label(label: str) -> bool:
    if not 0 < len(label) <= 63 or not _LABEL.issuperset(label) or label[0] == "-" or label[-1] == "-":
        return False
    if label[2:4] != "--":
        return True
    try:  # RFC 5890, 2.3.1: two dashes there are punycode's alone
        text = label[4:].encode().decode("punycode")
        return (
            label.startswith("xn--") and not text.isascii() and text.encode("punycode") == label[4:].encode()
        )
    except (UnicodeError, ValueError, OverflowError):
        return False


def is_public(address: Address) -> bool:
    """Whether everybody may reach this address, and nobody reaches something else through it."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return is_public(address.ipv4_mapped)
        if address in _NAT64:
            return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
        if address not in _UNICAST:
            return False
    if any(address in network for network in _NOT_FOR_US):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def look_up(host: str) -> list[str]:
    """The addresses of a name, as this machine's resolver knows them. Raises OSError."""
    found = getaddrinfo(host, 443, type=SOCK_STREAM, proto=IPPROTO_TCP)
    return [str(address[4][0]) for address in found]


# -- Asking ---------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a host of others answered: the whole body, within bounds."""

    status: int
    content_type: str
    body: bytes


class Client:
    """Asks hosts of others, one question a connection; holds no cookies and remembers nothing."""

    def __init__(
        self,
        *,
        resolve: Callable[[str], Iterable[str]] = look_up,
        permits: Callable[[Address], bool] = is_public,
        ports: Collection[int] | None = None,
        ca_file: str | None = None,
        seconds: float = SECONDS,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        """``ports`` are those of the settings, ``ca_file`` the machine's own, unless others are given."""
        self._resolve, self._permits = resolve, permits
        self._ports = settings.OUTBOUND_PORTS if ports is None else ports
        self._seconds, self._max_bytes = seconds, max_bytes
        self._tls = ssl.create_default_context(cafile=ca_file)
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_2
        self._tls.sslsocket_class = _BoundedSocket

    def check(self, url: str) -> Target:
        """The address in its parts, if it may be asked and leads outside now.

        Raises AddressRefused, HostUnknown, AddressNotPublic, AnswerTooSlow.
        """
        target = read_url(url, ports=self._ports)
        self._addresses(target.host, until=time.monotonic() + self._seconds)
        return target

    def get(self, url: str, *, headers: Mapping[str, str] | None = None) -> Answer:
        """Fetch a document, whole. Raises an OutboundError."""
        return self._ask("GET", url, body=None, headers=headers or {})

    def post(self, url: str, *, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
        """Hand a document over, once; the status answers, what else is said is not read.

        Raises an OutboundError.
        """
        return self._ask("POST", url, body=body, headers=headers or {})

    def _ask(self, method: str, url: str, *, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        until = time.monotonic() + self._seconds
        target = read_url(url, ports=self._ports)
        addresses = self._addresses(target.host, until=until)
        connection = self._connected(target, addresses, until=until)
        try:
            connection.request(
                method,
                target.path,
                body=body,
                headers={
                    **headers,
                    "Host": target.authority,
                    "User-Agent": f"learner-passport/1 (+{settings.BASE_URL})",
                    "Accept-Encoding": "identity",
                    "Connection": "close",
                },
                preload_content=False,
                decode_content=False,
            )
            response = connection.getresponse()
            if 300 <= response.status < 400:
                raise Redirected
            return self._answer(response, body=b"" if method == "POST" else self._read(response))
        except (TimeoutError, urllib3.exceptions.TimeoutError):
            raise AnswerTooSlow from None
        except (urllib3.exceptions.HTTPError, HTTPException, OSError, ValueError) as error:
            if time.monotonic() >= until:
                raise AnswerTooSlow from None
            raise AnswerUnreadable from error
        finally:
            connection.close()

    def _read(self, response: Any) -> bytes:
        """The body, if it is one that we read to its end. Raises AnswerUnreadable, AnswerTooLarge."""
        coding = response.headers.get("Content-Encoding", "").strip().lower()
        if coding not in ("", "identity"):
            raise AnswerUnreadable
        length = response.headers.get("Content-Length", "0")
        if length.isdecimal() and int(length[:19]) > self._max_bytes:
            raise AnswerTooLarge
        body = b""
        while piece := response.read(self._max_bytes + 1 - len(body), decode_content=False):
            body += piece
            if len(body) > self._max_bytes:
                raise AnswerTooLarge
        return body

    @staticmethod
    def _answer(response: Any, *, body: bytes) -> Answer:
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return Answer(status=response.status, content_type=kind, body=body)

    # -- where to -----------------------------------------------------------------------------------
    def _addresses(self, host: str, *, until: float) -> list[Address]:
        """Every address of the name, looked up once. Raises HostUnknown, AddressNotPublic, AnswerTooSlow.

        The resolver of the system has no time limit, so it runs beside; a late answer is thrown away.
        """
        found: list[Any] = []

        def run() -> None:
            try:
                found.append([ip_address(text) for text in self._resolve(host)])
            except (OSError, ValueError, UnicodeError) as error:
                found.append(error)

        looking = threading.Thread(target=run, name="look-up", daemon=True)
        looking.start()
        looking.join(max(0.0, min(LOOK_UP_SECONDS, until - time.monotonic())))
        if not found:
            raise AnswerTooSlow
        if isinstance(found[0], Exception) or not found[0]:
            raise HostUnknown
        if not all(map(self._permits, found[0])):
            raise AddressNotPublic
        return list(dict.fromkeys(found[0]))

    def _connected(self, target: Target, addresses: list[Address], *, until: float) -> HTTPSConnection:
        """A connection to the first of these addresses that takes one; nothing has been said on it yet."""
        problem: Exception = HostUnreachable()
        for address in addresses[:ADDRESSES]:
            left = until - time.monotonic()
            if left <= 0:
                raise AnswerTooSlow
            connection = HTTPSConnection(
                str(address),
                target.port,
                timeout=min(CONNECT_SECONDS, left / 2),  # for the connection, and once more for TLS
                server_hostname=target.host,
                ssl_context=self._tls,
            )
            try:
                connection.connect()
            except ssl.SSLCertVerificationError:
                problem = TlsRefused()
            except urllib3.exceptions.NewConnectionError:
                problem = HostUnreachable()
            except (TimeoutError, urllib3.exceptions.TimeoutError):
                problem = AnswerTooSlow()
            except ssl.SSLError:
                problem = TlsRefused()
            except (urllib3.exceptions.HTTPError, OSError):
                problem = HostUnreachable()
            else:
                if isinstance(connection.sock, _BoundedSocket):
                    connection.sock.bound(until=until, room=self._max_bytes + MAX_OVERHEAD)
                return connection
            connection.close()
        raise problem


class _BoundedSocket(ssl.SSLSocket):
    """A TLS connection that ends at a moment, and after so many bytes, whatever the other side does."""

    _until: float | None = None
    _room = 0

    def bound(self, *, until: float, room: int) -> None:
        """From now on each wait ends at ``until``, and no more than ``room`` bytes are taken in."""
        self._until, self._room = until, room

    def _hurry(self) -> None:
        if self._until is not None:
            left = self._until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self.settimeout(left)

    def send(self, data: Any, flags: int = 0) -> int:
        self._hurry()
        return super().send(data, flags)

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        self._hurry()
        came = super().recv_into(buffer, nbytes, flags)
        if self._until is not None:
            self._room -= came
            if self._room < 0:
                raise AnswerTooLarge
        return came
