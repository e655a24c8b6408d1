"""HTTP with one endpoint: its paths, its redirects, its proxy, and the secrets that go to no other host.

Time-outs are idle times, not totals: a long answer is fine, silence is not.
"""

import socket
import urllib.request
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import ip_address
from types import TracebackType
from typing import Any, Self

import aiohttp
from yarl import URL

from distill.errors import TeacherError
from distill.teacher.trouble.kinds import EndpointRefused

CONNECT_TIMEOUT_S = 10.0
KEEPALIVE_S = 4.0
"""An idle connection is closed before the server does so: uvicorn, under vLLM and SGLang, waits 5 s."""
PROBE_AFTER_S, PROBE_INTERVAL_S, NUM_PROBES = 30, 15, 4
"""A silent connection is probed, so that gateways keep it, and one that is dead is found within two minutes."""
MAX_REDIRECTS = 5
_MOVED = frozenset({301, 302, 307, 308})


class Connection:
    """Connections to one base URL; use as an async context manager."""

    def __init__(self, url: str, idle_timeout_s: float, headers: Mapping[str, str], secrets: Mapping[str, str]) -> None:
        """`secrets` are further headers: whatever is asked over this session, they go to the host of `url` alone."""
        self._base = URL(url)
        self._headers = {"Content-Type": "application/json", **headers}
        self._secrets = dict(secrets)
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT_S, sock_read=idle_timeout_s)
        self._moved: dict[URL, URL] = {}
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(
            limit=0, ttl_dns_cache=300, keepalive_timeout=KEEPALIVE_S, socket_factory=probed_socket
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            timeout=self._timeout,
            headers=self._headers,
            cookie_jar=aiohttp.DummyCookieJar(),
            middlewares=(self._confide,),
            proxy=proxy_for(self._base),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.session.close()

    @property
    def session(self) -> aiohttp.ClientSession:
        """For requests beside the API's own paths."""
        assert self._session is not None, "the client is used as a context manager"
        return self._session

    def place(self, path: str) -> URL:
        """`chat/completions` behind the base URL, and before its query (Azure's `?api-version=…`)."""
        return self._base.with_path(f"{self._base.raw_path.rstrip('/')}/{path}", encoded=True, keep_query=True)

    async def get(self, path: str, timeout_s: float) -> tuple[int, bytes]:
        """Status and body. Raises EndpointRefused where another host is to be asked."""
        timeout = aiohttp.ClientTimeout(total=timeout_s, sock_connect=CONNECT_TIMEOUT_S)
        async with await self._follow("GET", self.place(path), timeout=timeout) as answer:
            return answer.status, await answer.read()

    async def post(self, path: str, data: bytes) -> aiohttp.ClientResponse:
        """Send a request; once more where the connection turns out to be one that the server had given up."""
        try:
            return await self._follow("POST", self.place(path), data=data)
        except aiohttp.ClientConnectorError:
            raise
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, ConnectionResetError):
            return await self._follow("POST", self.place(path), data=data)

    async def _follow(self, method: str, place: URL, **options: Any) -> aiohttp.ClientResponse:  # noqa: ANN401
        """Redirects are followed on the same host, as the same request, and remembered."""
        now = self._moved.get(place, place)
        for _ in range(MAX_REDIRECTS):
            answer = await self.session.request(method, now, allow_redirects=False, **options)
            to = answer.headers.get("Location")
            if answer.status not in _MOVED or to is None:
                return answer
            answer.release()
            before, now = now, now.join(URL(to))
            if host_of(now) != host_of(before) or (before.scheme, now.scheme) == ("https", "http"):
                raise EndpointRefused(
                    f"HTTP {answer.status}: it sends us on to {now.with_query(None)}, and keys are sent to no other "
                    "host; name that one with --endpoint URL, if it is the right one"
                )
            self._moved[place] = now
        raise EndpointRefused(f"it redirects more than {MAX_REDIRECTS} times")

    async def _confide(self, request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        if host_of(request.url) == host_of(self._base):
            request.headers.update(self._secrets)
        return await send(request)


def host_of(url: URL) -> str:
    """The host, by which keys are given out; the names of this machine are one."""
    return _known_as((url.host or "").lower().rstrip("."))


@lru_cache
def _known_as(host: str) -> str:
    """Looked up with each request."""
    return "localhost" if _is_loopback(host) else host


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def proxy_for(url: URL) -> URL | None:
    """The proxy that the environment names (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, less NO_PROXY); never to this machine.

    Raises TeacherError for one that speaks no HTTP.
    """
    proxies = urllib.request.getproxies()
    named = proxies.get(url.scheme) or proxies.get("all")
    if not named or host_of(url) == "localhost" or urllib.request.proxy_bypass(f"{url.host}:{url.port}"):
        return None
    proxy = URL(named if "://" in named else f"http://{named}")
    if proxy.scheme not in ("http", "https"):
        raise TeacherError(
            f"The environment names a proxy of the kind {proxy.scheme}://, of which only http:// and https:// are "
            f"known here. Name one of these in {url.scheme.upper()}_PROXY, or set NO_PROXY={url.host}."
        )
    return proxy


def probed_socket(address: aiohttp.AddrInfoType) -> socket.socket:
    """A socket whose peer is asked for a sign of life where nothing else is sent."""
    made = socket.socket(*address[:3])
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (
        ("TCP_KEEPIDLE", PROBE_AFTER_S), ("TCP_KEEPINTVL", PROBE_INTERVAL_S), ("TCP_KEEPCNT", NUM_PROBES)
    ):  # fmt: skip
        if (option := getattr(socket, name, None)) is not None:  # not on every system
            made.setsockopt(socket.IPPROTO_TCP, option, value)
    return made
