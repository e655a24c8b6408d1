"""What is read from Ray's dashboard, recorded from a real one, and a run that follows a real application."""

import json
import threading
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from distill.errors import RecipeError, TeacherError
from distill.recipe.loading import parse_section
from distill.recipe.sections import TeacherSection
from distill.teacher.roster.named import Present
from distill.teacher.roster.ray_serve import Instance, ServeApp, ServeRoster
from tests.ray_serve import TOKEN, Serve, serving
from tests.sampling.test_generate import free_port
from tests.teacher.roster.test_follow import follow

RECORDED = json.loads((Path(__file__).parents[2] / "data" / "ray_serve.json").read_text())["response"]
NODE = next(iter(RECORDED["proxies"]))
NUM_PROMPTS = 200


def present(changes: dict[str, Any] | None = None, app: dict[str, Any] | None = None, name: str = "teacher") -> Present:
    """What is read where an answer, or its application, differs from the recorded one."""
    answer = RECORDED | (changes or {})
    answer["applications"] = {"teacher": RECORDED["applications"]["teacher"] | (app or {})}
    return Instance.model_validate(answer).present(name)


def proxies(*found: tuple[str, str]) -> dict[str, Any]:
    return {"proxies": {f"node {ip}": RECORDED["proxies"][NODE] | {"node_ip": ip, "status": s} for ip, s in found}}


def replicas(*states: str) -> dict[str, Any]:
    return {"deployments": {f"part {i}": {"replicas": [{"state": state}]} for i, state in enumerate(states)}}


def test_a_proxy_on_loopback_is_reached_there() -> None:
    assert present() == Present(("http://127.0.0.1:8124/r1/v1",))


@pytest.mark.parametrize("options", [{"http_options": {"host": "0.0.0.0", "port": 8000}}, {"http_options": None}])
def test_each_healthy_proxy_is_an_endpoint(options: dict[str, Any]) -> None:
    found = proxies(("10.0.0.1", "HEALTHY"), ("10.0.0.2", "DRAINING"), ("fd00::3", "HEALTHY"), ("10.0.0.4", "STARTING"))
    assert present(found | options, {"route_prefix": "/"}).urls == (
        "http://10.0.0.1:8000/v1",
        "http://[fd00::3]:8000/v1",
    )


@pytest.mark.parametrize(
    ("status", "states", "is_there"),
    [
        ("RUNNING", ("RUNNING", "RUNNING"), True),
        ("RUNNING", ("STARTING",), True),  # scaled to zero: a request brings a replica
        ("DEPLOYING", ("STARTING",), False),
        ("DEPLOYING", ("RUNNING", "STARTING"), False),
        ("DEPLOYING", ("RUNNING", "RUNNING"), True),  # an update, replica by replica
        ("UNHEALTHY", ("RUNNING",), True),  # others have died
        ("DEPLOY_FAILED", ("RUNNING",), True),  # the version before goes on
        ("DELETING", ("RUNNING",), False),
        ("NOT_STARTED", (), False),
    ],
)
def test_an_application_serves_as_long_as_replicas_of_it_run(
    status: str, states: tuple[str, ...], is_there: bool
) -> None:
    found = present(app={"status": status} | replicas(*states))
    assert bool(found.urls) is is_there
    assert found.reason == ("" if is_there else f"the application is {status}")


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (present(name="r1"), "no application 'r1' is there, only teacher"),
        (present(app={"route_prefix": None}), "the application has no route_prefix, so that no proxy leads to it"),
        (present(proxies(("10.0.0.1", "UNHEALTHY"))), "no proxy is HEALTHY"),
    ],
)
def test_why_there_is_no_endpoint_is_told(found: Present, reason: str) -> None:
    assert found == Present((), reason)


def test_ray_without_serve_has_no_application() -> None:
    """The whole of what Ray 2.60 answers then."""
    empty = b'{"controller_info": {}, "proxies": {}, "applications": {}, "target_capacity": null}'
    assert Instance.model_validate_json(empty).present("r1").reason == "no application 'r1' is there, only none"


async def test_a_dashboard_that_is_not_there_is_told() -> None:
    with pytest.raises(
        TeacherError, match=r"No dashboard of Ray answers at http://127.0.0.1:9/api/serve/applications/"
    ):
        await ServeRoster(ServeApp(host="127.0.0.1", port=9, name="r1")).read()


@pytest.mark.parametrize(
    ("place", "app"),
    [
        ("serve://head:8266/r1", ServeApp(host="head", port=8266, name="r1")),
        ("serve://10.0.0.1/deepseek r1/", ServeApp(host="10.0.0.1", port=8265, name="deepseek r1")),
        ("serve://[fd00::1]:8265/r1", ServeApp(host="[fd00::1]", port=8265, name="r1")),
        ("endpoints.txt", None),
        ("/shared/serve/endpoints", None),
    ],
)
def test_an_application_has_a_url_and_a_file_has_a_path(place: str, app: ServeApp | None) -> None:
    assert ServeApp.parse(place) == app


@pytest.mark.parametrize(
    "place",
    ["serve://head:8265", "serve://head:8265/", "serve:///r1", "serve://head:0/r1", "serve://head:99999/r1",
     "serve://me@head/r1", "serve://head:x/r1", "serve://head/a/b", "http://head:8000/v1", "ray://head:10001"],
)  # fmt: skip
def test_other_urls_are_refused_with_a_sentence(place: str) -> None:
    with pytest.raises(
        RecipeError, match=r"`endpoints_from`.* names no source of endpoints; give the path of a file, or"
    ):
        parse_section(TeacherSection, {"model": "toy", "endpoints_from": place}, ())


class Events:
    """What befalls an application while a run follows it; each once it has answered where it is."""

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self.is_over = False

    def happen(self) -> None:
        self._wait_for("r1")
        self._serve.tell("deploy teacher /moved 10")
        self._wait_for("moved")
        self._serve.tell("delete teacher")
        self._serve.tell(f"deploy teacher /back {NUM_PROMPTS}")

    def _wait_for(self, prefix: str) -> None:
        while self._serve.asked().count(completions(prefix)) < 10 and not self.is_over:
            time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.real
@pytest.mark.skipif(find_spec("ray") is None or find_spec("aiohttp_cors") is None, reason="pip install 'ray[serve]'")
def test_a_run_follows_a_real_application_that_moves_goes_and_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(free_port(), free_port(), tmp_path / "asked") as serve:
        serve.tell("deploy teacher /r1 10")
        place, events = f"serve://{serve.dashboard}/teacher", Events(serve)
        with pytest.raises(TeacherError, match="put the cluster's token into RAY_AUTH_TOKEN"):
            follow(tmp_path, place, num_prompts=NUM_PROMPTS)
        monkeypatch.setenv("RAY_AUTH_TOKEN", TOKEN)
        thread = threading.Thread(target=events.happen)
        thread.start()
        try:
            assert follow(tmp_path, place, num_prompts=NUM_PROMPTS) == NUM_PROMPTS
        finally:
            events.is_over = True
            thread.join()
        assert {path: path in serve.asked() for path in map(completions, ("r1", "moved", "back"))} == {
            completions("r1"): True,
            completions("moved"): True,
            completions("back"): True,
        }
    said = capsys.readouterr().err
    for prefix in ("moved", "back"):
        assert f"http://127.0.0.1:{serve.port}/{prefix}/v1 joins." in said
    assert "waiting for one." in said


def completions(prefix: str) -> str:
    return f"/{prefix}/v1/chat/completions"
