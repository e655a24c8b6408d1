"""Endpoints that come and go while a run goes on, as a file or a dashboard of Ray names them."""

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest
from aiohttp import web

from distill.errors import TeacherError
from distill.recipe.sections import TeacherSection
from distill.sampling import generate as stage
from distill.sampling.prompts import import_prompts
from distill.store import RunFolder
from tests.endpoint import Endpoint
from tests.teacher.test_faults import settings, write_prompts


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("distill.teacher.roster.follow.INTERVAL_S", 0.05)
    monkeypatch.delenv("RAY_AUTH_TOKEN", raising=False)


def follow(folder: Path, place: str, *urls: str, num_prompts: int = 200, **changes: object) -> int:
    """Draw a sample of each prompt from where the roster says; how many there are."""
    file = write_prompts(folder, num_prompts)
    with RunFolder.open(folder / "run", print) as run:
        import_prompts(run, file)
        teacher = TeacherSection(model="toy", endpoints=urls, endpoints_from=place)
        stage.generate(run, teacher, settings("fixed(1)", **changes), None)
        return run.samples.count()


def at(number: int, then: Callable[[], object]) -> Callable[[web.Request, dict[str, object], int], None]:
    """Do something as an endpoint is asked for the so-manieth time."""

    def trouble(request: web.Request, body: dict[str, object], asked: int) -> None:
        if asked == number:
            then()

    return trouble


class Dashboard:
    """Says where an application is, as Ray's does; here each of its proxies is an endpoint on a port of its own."""

    def __init__(self) -> None:
        self.is_away = False
        self.port = 0
        self.applications = {"r1": {"status": "RUNNING", "route_prefix": "/", "deployments": {}}}
        self.num_asked_while_away = 0
        self.when_asked: Callable[[], None] = lambda: None
        self._endpoint = Endpoint()
        self._endpoint.app = self._app  # type: ignore[method-assign]

    def moves_to(self, endpoint: Endpoint) -> None:
        self.port = int(endpoint.url.split(":")[2].split("/")[0])

    def running(self) -> "contextlib.AbstractContextManager[Endpoint]":
        return self._endpoint.running()

    @property
    def place(self) -> str:
        return f"serve://{self._endpoint.url.removeprefix('http://').removesuffix('/v1')}/r1"

    def _app(self) -> web.Application:
        app = web.Application()
        app.add_routes([web.get("/api/serve/applications/", self._tell)])
        return app

    async def _tell(self, request: web.Request) -> web.Response:
        self.when_asked()
        if self.is_away:
            self.num_asked_while_away += 1
            return web.Response(status=503, text="Failed to get a response from the controller.")
        proxies = {"node": {"node_ip": "10.0.0.1", "status": "HEALTHY"}}
        options = {"host": "127.0.0.1", "port": self.port}
        return web.json_response({"http_options": options, "proxies": proxies, "applications": self.applications})


def test_endpoints_join_and_leave_by_their_file(tmp_path: Path) -> None:
    roster = tmp_path / "endpoints.txt"
    with Endpoint(delay_s=0.05).running() as first, Endpoint(delay_s=0.05).running() as second:
        first.trouble = at(10, lambda: roster.write_text(f"{second.url}  # its successor\n"))
        roster.write_text(first.url + "\n")
        assert follow(tmp_path, str(roster)) == 200
        assert first.asked.total() < 100
        assert second.asked.total() > 100


def test_endpoints_that_are_named_elsewhere_stay(tmp_path: Path) -> None:
    roster = tmp_path / "endpoints.txt"
    with Endpoint(delay_s=0.05).running() as first, Endpoint(delay_s=0.05).running() as second:
        first.trouble = at(10, lambda: roster.write_text(""))
        roster.write_text(first.url + "\n")
        assert follow(tmp_path, str(roster), second.url) == 200
        assert first.asked.total() < 100
        assert second.asked.total() > 100


def test_an_application_is_followed_to_where_it_goes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dashboard = Dashboard()
    with (
        Endpoint(delay_s=0.05).running() as first,
        Endpoint(delay_s=0.05).running() as second,
        dashboard.running(),
    ):
        first.trouble = at(10, lambda: dashboard.moves_to(second))
        dashboard.moves_to(first)
        assert follow(tmp_path, dashboard.place) == 200
        assert first.asked.total() < 100
        assert second.asked.total() > 100
    said = capsys.readouterr().err
    assert f"{second.url} joins." in said
    assert f"{dashboard.place} has {first.url} no more" in said


def test_while_the_dashboard_is_away_its_endpoints_stay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dashboard = Dashboard()
    with Endpoint(delay_s=0.05).running() as endpoint, dashboard.running():

        def leave() -> None:
            dashboard.is_away = True

        endpoint.trouble = at(10, leave)
        dashboard.moves_to(endpoint)
        assert follow(tmp_path, dashboard.place) == 200
        assert dashboard.num_asked_while_away > 3
    assert capsys.readouterr().err.count("Meanwhile its endpoints of before are used.") == 1


def test_an_application_that_is_gone_is_waited_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Ray's proxies answer 404 where an application was. It returns once the dashboard has told that it is gone."""
    dashboard, num_told = Dashboard(), 0

    def refuse(request: web.Request, body: dict[str, object], number: int) -> web.Response | None:
        if number == 10:
            dashboard.applications = {"other": dashboard.applications["r1"]}
            dashboard.when_asked = come_back
        if dashboard.applications.keys() == {"other"}:
            return web.Response(status=404, text="Path '/v1/chat/completions' not found.")
        return None

    def come_back() -> None:
        nonlocal num_told
        num_told += 1
        if num_told == 4:
            dashboard.applications = {"r1": dashboard.applications["other"]}

    with Endpoint(delay_s=0.05).running() as endpoint, dashboard.running():
        endpoint.trouble = refuse
        dashboard.moves_to(endpoint)
        assert follow(tmp_path, dashboard.place) == 200
    said = capsys.readouterr().err
    assert num_told >= 4
    assert "No endpoint is left (no application 'r1' is there, only other); waiting for one." in said
    assert f"{endpoint.url} joins." in said


def test_an_endpoint_that_is_gone_for_a_moment_is_tried_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody but the endpoint itself tells that an application was replaced by its next version."""

    def refuse(request: web.Request, body: dict[str, object], number: int) -> web.Response | None:
        return web.Response(status=404, text="Path '/v1/chat/completions' not found.") if 10 <= number < 15 else None

    with Endpoint(delay_s=0.05).running() as endpoint:
        endpoint.trouble = refuse
        (tmp_path / "endpoints.txt").write_text(endpoint.url)
        assert follow(tmp_path, str(tmp_path / "endpoints.txt")) == 200
        assert endpoint.asked.total() == 200
    assert "HTTP 404" in capsys.readouterr().err


def test_waiting_has_an_end(tmp_path: Path) -> None:
    dashboard = Dashboard()
    with Endpoint(delay_s=0.05).running() as endpoint, dashboard.running():
        endpoint.trouble = at(10, dashboard.applications.clear)
        dashboard.moves_to(endpoint)
        with pytest.RaisesGroup(
            pytest.RaisesExc(TeacherError, match=r"No endpoint has answered for .* \(none is there\)")
        ):
            follow(tmp_path, dashboard.place, patience_s=0.2)


def test_a_run_does_not_begin_without_any(tmp_path: Path) -> None:
    dashboard = Dashboard()
    dashboard.applications = {}
    with dashboard.running(), pytest.raises(TeacherError, match=r"no application 'r1' is there, only none"):
        follow(tmp_path, dashboard.place)
    (tmp_path / "none.txt").write_text("# later\n")
    with pytest.raises(TeacherError, match=r"names no endpoint \(no line of it is a URL\)\. Start"):
        follow(tmp_path, str(tmp_path / "none.txt"))
    with pytest.raises(TeacherError, match=r"There is no file of endpoints missing\.txt"):
        follow(tmp_path, "missing.txt")
