"""The README's page on hosted teachers: its command, run as it stands there, and what it says of it."""

import json
import re
import shlex
from pathlib import Path

import pytest
from aiohttp import web

from distill.store import RunFolder
from tests.endpoint import Endpoint
from tests.stand_ins.drawing import command, draw, shell, write_prompts
from tests.stand_ins.hosted import KEY, MODEL, MODERATED, Hosted
from tests.stand_ins.teacher import StandIn

README = Path(__file__).parent.parent.parent / "README.md"
NUM_PROMPTS = 12


def page() -> str:
    """What the README says of hosted teachers."""
    return README.read_text().partition("### Hosted teachers\n")[2].partition("\n### ")[0]


def line_of_page(endpoint: Endpoint, folder: Path) -> list[str]:
    """The page's command, with the stand-in's address and model, and this folder's files."""
    text = page().replace("\\\n", " ")
    (line,) = [line for line in text.splitlines() if line.startswith("distill generate")]
    words = shlex.split(line)[1:]
    ours = {
        "https://api.example.com/v1": endpoint.url,
        "MODEL": MODEL,
        "prompts.jsonl": str(folder / "prompts.jsonl"),
        "runs/hosted": str(folder / "run"),
    }
    assert set(ours) <= set(words)
    return command(*(ours.get(word, word) for word in words))


def write_hosted_prompts(folder: Path) -> None:
    """Twelve sums, of which the third is not wanted there."""
    file = write_prompts(folder, NUM_PROMPTS)
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    rows[2]["prompt"] = f"What is the forbidden {rows[2]['prompt']}"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_a_new_user_reaches_a_hosted_teacher_with_the_pages_command_and_sees_the_cost(tmp_path: Path) -> None:
    write_hosted_prompts(tmp_path)
    with Hosted(budget=4).running() as endpoint:
        done = shell(line_of_page(endpoint, tmp_path), DISTILL_API_KEY=KEY)
        status = shell(command("status", tmp_path / "run"))
        assert endpoint.refusals[429] > 0, "its budget was met"
        assert endpoint.refusals[403] == 1
        assert {body.get("stream") for body in endpoint.bodies} == {True}
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    rows = {str(row["prompt_id"]): row for row in RunFolder.at(tmp_path / "run").samples.rows()}
    assert len(rows) == NUM_PROMPTS
    assert {name: row["finish_reason"] for name, row in rows.items()} == {
        f"q{i}": "refused" if i == 2 else "stop" for i in range(NUM_PROMPTS)
    }
    assert MODERATED in str(rows["q2"]["error"])
    sampling = rows["q0"]["sampling"]
    assert isinstance(sampling, dict)
    assert (sampling["temperature"], sampling["top_p"]) == (None, None)
    # 11 answers of 5 prompt and 12 completion tokens at 0.55 and 2.19 a million.
    cost = f"{11 * (5 * 0.55 + 12 * 2.19) / 1e6:.3g}"
    assert cost in done.stderr
    assert cost in status.stdout
    assert MODERATED in done.stderr
    assert "--redraw refused" in done.stderr
    assert KEY not in "".join(
        file.read_bytes().decode(errors="replace") for file in (tmp_path / "run").rglob("*") if file.is_file()
    )


def test_a_wrong_key_stops_in_the_hosts_words_and_names_the_variable(tmp_path: Path) -> None:
    write_hosted_prompts(tmp_path)
    with Hosted().running() as endpoint:
        done = shell(line_of_page(endpoint, tmp_path), DISTILL_API_KEY="sk-other")
        assert endpoint.refusals.total() <= NUM_PROMPTS
    assert done.returncode == 2
    assert "Incorrect API key provided" in done.stderr
    assert "DISTILL_API_KEY" in done.stderr
    assert "sk-other" not in done.stderr


def test_the_page_names_only_options_that_there_are() -> None:
    known = shell(command("generate", "--help")).stdout
    assert {option for option in re.findall(r"--[a-z][a-z-]+", page()) if option not in known} == set()


def test_each_extra_body_of_the_page_is_sent_as_it_stands(tmp_path: Path) -> None:
    bodies = [json.loads(" ".join(text.split())) for text in re.findall(r"`'(\{.*?\})'`", page(), re.DOTALL)]
    assert len(bodies) == 3
    for number, extra in enumerate(bodies):
        (tmp_path / str(number)).mkdir()
        with StandIn().running() as endpoint:
            attempt = draw(tmp_path / str(number), endpoint, num_prompts=1, sampling={"extra_body": extra})
            assert extra.items() <= endpoint.bodies[0].items()
        assert attempt.ends == {"stop": 1}


class Azure(StandIn):
    """Stands below a deployment, wants its version in the query and its key in a header of its own."""

    def app(self) -> web.Application:
        app = web.Application()
        app.add_routes([web.post("/openai/deployments/toy/chat/completions", self.versioned)])
        return app

    async def versioned(self, request: web.Request) -> web.StreamResponse:
        assert request.query["api-version"] == "2024-10-21"
        assert request.headers["api-key"] == "azure-key"
        return await self.chat(request)


def test_azure_is_reached_with_the_pages_url_and_header(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url, header = re.findall(r"(?:--endpoint|--header) '([^']+)'", " ".join(page().split()))
    monkeypatch.setenv("AZURE_API_KEY", "azure-key")
    with Azure().running() as endpoint:
        ours = url.replace("https://NAME.openai.azure.com", endpoint.url.removesuffix("/v1")).replace("MODEL", "toy")
        name, _, value = header.partition(": ")
        attempt = draw(tmp_path, ours, teacher={"headers": {name: value}})
        assert not any("Authorization" in each for each in endpoint.headers)
    assert attempt.ends == {"stop": 6}
    assert "azure-key" not in (tmp_path / "run" / "manifest.json").read_text()


def test_several_hosts_have_a_key_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRST_KEY", "one")
    monkeypatch.setenv("SECOND_KEY", "two")
    with StandIn().running() as proxy:  # which stands in for both
        monkeypatch.setenv("http_proxy", proxy.url.removesuffix("/v1"))
        attempt = draw(
            tmp_path,
            "http://api.example.com/v1",
            "http://eu.example.org/v1",
            teacher={"key_env": ("api.example.com=FIRST_KEY", "*.example.org=SECOND_KEY")},
            num_prompts=24,
        )
        sent = {(each["Host"], each["Authorization"]) for each in proxy.headers}
    assert attempt.ends == {"stop": 24}
    assert sent == {("api.example.com", "Bearer one"), ("eu.example.org", "Bearer two")}
