"""Who is told which key."""

import asyncio
from collections.abc import Iterator

import pytest
from aiohttp import web
from yarl import URL

from distill.errors import TeacherError
from distill.recipe.sections import EndpointsSection
from distill.records import Message, Sampling
from distill.teacher.asking.access import connector
from distill.teacher.asking.client import Ask, Client
from distill.teacher.asking.connection import host_of, proxy_for
from distill.teacher.replies.reply import Completion
from tests.endpoint import Endpoint

KEYS = ("FIRST_KEY", "SECOND_KEY")
ASK = Ask("q", (Message(role="user", content="What is 1 + 1?"),), Sampling())


@pytest.fixture(autouse=True)
def _no_keys_or_proxies(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in (*KEYS, "TOY_KEY", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    yield


def secrets(section: EndpointsSection, *urls: str, of: str | None = None) -> dict[str, str]:
    """The secret headers that a client is made with."""
    client = connector(section, "toy", 5.0, urls, KEYS)(of or urls[0])
    return client.connection._secrets


class Curious(Endpoint):
    """Keeps the headers of its requests."""

    def __init__(self) -> None:
        super().__init__()
        self.headers: list[dict[str, str]] = []

    async def chat(self, request: web.Request) -> web.StreamResponse:
        self.headers.append(dict(request.headers))
        return await super().chat(request)


async def told(client: Client) -> None:
    async with client:
        await client.check()
        await client.complete(ASK, Completion(), lambda so_far: None)


def test_keys_and_headers_arrive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRST_KEY", " sk-1\n")
    monkeypatch.setenv("TOY_KEY", "shh")
    endpoint = Curious()
    section = EndpointsSection(headers={"X-Toy": "plain", "X-Secret": "a ${TOY_KEY} b"})
    with endpoint.running():
        asyncio.run(told(connector(section, "toy", 5.0, (endpoint.url,), KEYS)(endpoint.url)))
    (headers,) = endpoint.headers
    assert (headers["Authorization"], headers["X-Toy"], headers["X-Secret"]) == ("Bearer sk-1", "plain", "a shh b")


def test_the_first_variable_that_is_set_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECOND_KEY", "two")
    assert secrets(EndpointsSection(), "https://a/v1") == {"Authorization": "Bearer two"}
    monkeypatch.setenv("FIRST_KEY", "one")
    assert secrets(EndpointsSection(), "https://a/v1") == {"Authorization": "Bearer one"}


def test_a_key_goes_to_the_host_of_the_first_endpoint_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FIRST_KEY", "one")
    urls = ("https://api.a/v1", "https://api.b/v1", "https://api.c/v1")
    assert secrets(EndpointsSection(), *urls, of=urls[1]) == {}
    assert secrets(EndpointsSection(), *urls, of="http://api.a:9/v2") == {"Authorization": "Bearer one"}
    said = capsys.readouterr().err
    assert said.count("api.b is sent no key: what is in FIRST_KEY goes to api.a alone.") == 2, "once each"
    assert "--key-env api.b=NAME" in said


def test_a_roster_alone_names_the_first_host_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRST_KEY", "one")
    connect = connector(EndpointsSection(), "toy", 5.0, (), KEYS)
    assert connect("http://x:1/v1").connection._secrets
    assert not connect("http://y:1/v1").connection._secrets


@pytest.mark.parametrize(
    ("entry", "url", "is_sent"),
    [
        ("TOY_KEY", "https://a/v1", True),
        ("TOY_KEY", "https://b/v1", False),
        ("b=TOY_KEY", "https://b/v1", True),
        ("b=TOY_KEY", "https://a/v1", False),
        ("*=TOY_KEY", "https://any.where/v1", True),
        ("*.where=TOY_KEY", "https://any.where/v1", True),
        ("*.where=TOY_KEY", "https://any.where.else/v1", False),
        ("localhost=TOY_KEY", "http://127.0.0.1:8000/v1", True),
        ("localhost:8000=TOY_KEY", "http://127.0.0.1:8000/v1", True),
        ("localhost:8000=TOY_KEY", "http://127.0.0.1:8001/v1", False),
    ],
)
def test_a_key_may_be_named_for_a_host(monkeypatch: pytest.MonkeyPatch, entry: str, url: str, is_sent: bool) -> None:
    monkeypatch.setenv("TOY_KEY", "k")
    monkeypatch.setenv("FIRST_KEY", "never, since one is named")
    section = EndpointsSection(key_env=(entry,))
    assert secrets(section, "https://a/v1", of=url) == ({"Authorization": "Bearer k"} if is_sent else {})


@pytest.mark.parametrize("name", ["Authorization", "api-key", "X-API-Key"])
def test_a_header_that_is_a_key_replaces_the_bearer(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("FIRST_KEY", "one")
    assert secrets(EndpointsSection(headers={name: "mine"}), "https://a/v1") == {name: "mine"}


@pytest.mark.parametrize(
    ("section", "value", "words"),
    [
        ({"key_env": ["TOY_KEY"]}, "", "The variable TOY_KEY, which --key-env names, is not set"),
        ({"key_env": ["TOY_KEY"]}, "a\nb", "The key in TOY_KEY holds the character '\\\\n'"),
        ({"key_env": ["TOY_KEY"]}, "schlüssel", "The key in TOY_KEY holds the character 'ü'"),
        ({"headers": {"X-Toy": "${TOY_KEY}"}}, "", "The header X-Toy wants the variable TOY_KEY, which is not set."),
        ({"headers": {"X-Toy": "${TOY_KEY}"}}, "a\rb", "The header X-Toy holds the character '\\\\r'"),
        ({"headers": {"X Toy": "a"}}, "", "'X Toy' cannot be the name of a header"),
    ],
)
def test_what_cannot_be_sent_is_told(
    monkeypatch: pytest.MonkeyPatch, section: dict[str, object], value: str, words: str
) -> None:
    monkeypatch.setenv("TOY_KEY", value)
    with pytest.raises(TeacherError, match=words):
        connector(EndpointsSection.model_validate(section), "toy", 5.0, ("https://a/v1",), KEYS)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("api.a/v1", "names no scheme; write http://api.a/v1 or https://api.a/v1."),
        ("127.0.0.1:8000/v1", "names no scheme"),
        ("ftp://a/v1", "is no address of an endpoint"),
        ("https:///v1", "is no address of an endpoint"),
    ],
)
def test_what_is_no_address_is_told(url: str, words: str) -> None:
    with pytest.raises(TeacherError, match=words):
        connector(EndpointsSection(), "toy", 5.0, (url,), KEYS)


async def test_secrets_go_to_no_other_host_over_the_same_session() -> None:
    endpoint, other = Curious(), Curious()
    with endpoint.running(), other.running():
        client = Client("http://elsewhere.example/v1", "toy", 5.0, secrets={"Authorization": "Bearer one"})
        async with client, client.connection.session.post(f"{other.url}/chat/completions", json=body()):
            pass
        client = Client(endpoint.url, "toy", 5.0, secrets={"Authorization": "Bearer one"})
        async with client, client.connection.session.post(f"{endpoint.url}/chat/completions", json=body()):
            pass
    assert "Authorization" not in other.headers[0]
    assert endpoint.headers[0]["Authorization"] == "Bearer one"


def body() -> dict[str, object]:
    return {"messages": [{"role": "user", "content": "What is 1 + 1?"}]}


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://127.0.0.1/", "localhost"),
        ("http://[::1]:1/", "localhost"),
        ("http://0.0.0.0/", "localhost"),
        ("http://LocalHost/", "localhost"),
        ("http://API.a./", "api.a"),
        ("http://10.0.0.1/", "10.0.0.1"),
    ],
)
def test_the_names_of_this_machine_are_one(url: str, host: str) -> None:
    assert host_of(URL(url)) == host


@pytest.mark.parametrize(
    ("variables", "url", "proxy"),
    [
        ({}, "https://a/v1", None),
        ({"HTTPS_PROXY": "http://p:1"}, "https://a/v1", "http://p:1"),
        ({"https_proxy": "p:1"}, "https://a/v1", "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1"}, "http://a/v1", None),
        ({"ALL_PROXY": "http://p:1"}, "http://a/v1", "http://p:1"),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": "a"}, "http://a/v1", None),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": ".b"}, "http://a.b/v1", None),
        ({"HTTP_PROXY": "http://p:1"}, "http://127.0.0.1:8000/v1", None),
    ],
)
def test_proxies_of_the_environment_are_used(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], url: str, proxy: str | None
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert proxy_for(URL(url)) == (None if proxy is None else URL(proxy))


def test_a_proxy_of_another_kind_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://p:1")
    with pytest.raises(TeacherError, match=r"socks5://.* NO_PROXY=a"):
        proxy_for(URL("https://a/v1"))


def test_requests_go_through_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = Curious()
    with proxy.running():
        monkeypatch.setenv("HTTP_PROXY", proxy.url.removesuffix("/v1"))
        asyncio.run(told(connector(EndpointsSection(), "toy", 5.0, (), KEYS)("http://elsewhere.example/v1")))
    assert proxy.headers[0]["Host"] == "elsewhere.example"
