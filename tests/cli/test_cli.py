"""Every mistake a user can make gives one sentence and exit code 2, and harms nothing that is stored."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from aiohttp import web

from tests.endpoint import Endpoint

PROMPTS = [{"prompt": f"What is {i} + 1?", "answer": str(i + 1)} for i in range(6)]


def distill(
    *arguments: object, cwd: Path | None = None, env: dict[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run the command as a user does."""
    line = [sys.executable, "-m", "distill", *map(str, arguments)]
    around = {**os.environ, **(env or {})}
    return subprocess.run(line, capture_output=True, text=True, timeout=120, check=False, cwd=cwd, env=around)


def write(path: Path, rows: list[dict[str, object]] | list[dict[str, str]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def refused(done: "subprocess.CompletedProcess[str]") -> str:
    """The sentence of a command that was refused properly."""
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([{"question": "2+2?"}], "prompts.jsonl, row 1: it has no `prompt` column; its columns are question."),
        ([PROMPTS[0], {"prompt": "?", "answer": ["4"]}], "prompts.jsonl, row 2: `answer` should be text or a number"),
        ([{"id": "a", **PROMPTS[0]}, {"id": "a", **PROMPTS[1]}], "row 2 has the id 'a' of"),
        ([PROMPTS[0], PROMPTS[0]], "give each prompt an id of its own"),
        ([], "prompts.jsonl is empty"),
    ],
)
def test_bad_prompts_are_named_before_anything_is_asked(
    tmp_path: Path, rows: list[dict[str, object]], sentence: str
) -> None:
    prompts = write(tmp_path / "prompts.jsonl", rows)
    done = distill(
        "generate", prompts, "--run", tmp_path / "run", "--endpoint", "http://127.0.0.1:9/v1", "--model", "m"
    )
    assert sentence in refused(done)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    done = distill(
        "generate", tmp_path / "no.jsonl", "--run", tmp_path / "run", "--endpoint", "http://x/v1", "--model", "m"
    )
    assert "There is no file" in refused(done)


def test_an_endpoint_that_is_down_is_named(tmp_path: Path) -> None:
    prompts = write(tmp_path / "prompts.jsonl", PROMPTS)
    done = distill(
        "generate", prompts, "--run", tmp_path / "run", "--endpoint", "http://127.0.0.1:9/v1", "--model", "m"
    )
    assert "Nothing answers at http://127.0.0.1:9/v1" in refused(done)


def test_a_model_that_the_endpoint_does_not_list_is_named_with_those_it_does(tmp_path: Path) -> None:
    prompts = write(tmp_path / "prompts.jsonl", PROMPTS)
    with Endpoint(model="toy").running() as endpoint:
        done = distill("generate", prompts, "--run", tmp_path / "run", "--endpoint", endpoint.url, "--model", "r1")
    assert "does not list the model 'r1', but toy" in done.stderr


def test_an_unknown_policy_is_named(tmp_path: Path) -> None:
    prompts = write(tmp_path / "prompts.jsonl", PROMPTS)
    done = distill(
        "generate", prompts, "--run", tmp_path / "r", "--endpoint", "http://x/v1", "--model", "m", "--policy", "best(3)"
    )
    assert "There is no policy 'best(3)'" in refused(done)


ASK = ["generate", "prompts.jsonl", "--run", "run", "--endpoint", "http://127.0.0.1:9/v1", "--model", "m"]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ([*ASK, "--top-p", 1.5], "`sampling.top_p`: input should be less than or equal to 1"),
        ([*ASK, "--temperature", "hot"], "`sampling.temperature`: input should be a valid number"),
        ([*ASK, "--max-tokens-field", "tokens"], "`max_tokens_field`: input should be 'max_tokens'"),
        ([*ASK, "--max-cost", 0], "`max_cost`: input should be greater than 0"),
        ([*ASK, "--time-limit", 0], "`time_limit_s`: input should be greater than 0"),
        (["verify", "c.jsonl", "--time-limit", 0], "`time_limit_s`: input should be greater than 0"),
        (
            ["verify", "c.jsonl", "--judge", "m", "--judge-endpoint", "http://127.0.0.1:9/v1", "--audit", 2],
            "`audit_share`: input should be less than or equal to 1",
        ),
    ],
)
def test_a_value_out_of_its_range_is_a_sentence(line: list[object], sentence: str) -> None:
    assert sentence in refused(distill(*line))
    assert refused(distill(*line)).startswith("distill: These options cannot be used: ")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--extra-body", "{"], "--extra-body takes a JSON object, but '{' is no JSON"),
        (["--extra-body", "[1]"], "--extra-body takes a JSON object, such as"),
        (["--extra-body", '{"n": 4}'], "The extra body may not hold 'n', which --policy sets"),
        (["--header", "X-Title"], "--header reads 'NAME: VALUE'"),
        (["--header", "A: 1", "--header", "A: 2"], "--header gives A twice"),
        (["--price", "cheap"], "--price reads IN,OUT"),
        (["--price", "1,2,3"], "--price reads IN,OUT"),
        (["--max-cost", 5], "A limit on the cost needs a price: add --price IN,OUT"),
        (["--wording", "no.txt"], "There is no file no.txt; --wording takes a file"),
        (["--wording", "prompts.jsonl"], "`wording` needs {prompt} where the prompt belongs"),
        (["--few-shot", "no.json"], "There is no file no.json; --few-shot takes a file"),
        (["--few-shot", "prompts.jsonl"], "prompts.jsonl, example 1 should read"),
        (["--policy", "at_least(9, 8)"], "9 can never pass of at most 8 samples"),
        (["--sandbox", "namespace"], "There is no sandbox 'namespace'; write namespaces, wasi"),
        (
            ["--judge", "m", "--judge-endpoint", "http://x/v1", "--judge-template", "genral"],
            "There is no recipe 'genral'",
        ),
        (["--redraw", "all"], "--redraw takes refused or damaged"),
        (["--cut", "--redraw", "refused"], "--redraw draws on this machine"),
        (["--cut", "--max-samples", 3], "look at the whole run; leave them out where it is cut in shards"),
    ],
)
def test_what_cannot_be_asked_is_named_and_moves_nothing(tmp_path: Path, options: list[object], sentence: str) -> None:
    write(tmp_path / "prompts.jsonl", PROMPTS)
    (tmp_path / "run" / "samples").mkdir(parents=True)
    (tmp_path / "run" / "manifest.json").write_text('{"stages": {}}')
    assert sentence in refused(distill(*ASK, "--restart", "generate", *options, cwd=tmp_path))
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == ["manifest.json", "samples"]


def test_nothing_is_moved_where_no_endpoint_answers_or_a_file_is_missing(tmp_path: Path) -> None:
    write(tmp_path / "prompts.jsonl", PROMPTS)
    (tmp_path / "run" / "samples").mkdir(parents=True)
    (tmp_path / "run" / "manifest.json").write_text('{"stages": {}}')
    assert "Nothing answers at" in refused(distill(*ASK, "--restart", "generate", cwd=tmp_path))
    (tmp_path / "prompts.jsonl").unlink()
    assert "There is no file" in refused(distill(*ASK, "--restart", "generate", cwd=tmp_path))
    done = distill("verify", "run", "--restart", "verify", "--sandbox", "namespace", cwd=tmp_path)
    assert "There is no sandbox" in refused(done)
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == ["manifest.json", "samples"]


def test_every_option_reaches_the_request_or_the_run(tmp_path: Path) -> None:
    bodies, headers = [], []

    def remember(request: web.Request, body: dict[str, object], number: int) -> None:
        bodies.append(body)
        headers.append(request.headers.get("X-Title"))

    write(tmp_path / "prompts.jsonl", PROMPTS[:1])
    (tmp_path / "wording.txt").write_text("{prompt}\n\nBox it.\n")
    (tmp_path / "shots.json").write_text('[{"prompt": "1 + 1?", "completion": "2"}]')
    with Endpoint().running() as endpoint:
        endpoint.trouble = remember
        ask = ["generate", "prompts.jsonl", "--run", "run", "--endpoint", endpoint.url, "--model", "toy"]
        done = distill(
            *ask, "--temperature", "none", "--top-p", "none", "--stop", "END", "--seed", 7, "--system", "Think.",
            "--wording", "wording.txt", "--few-shot", "shots.json", "--extra-body", '{"top_k": 20}',
            "--header", "X-Title: ${DISTILL_TITLE}", "--price", "1,2", "--max-samples", 50,
            cwd=tmp_path, env={"DISTILL_TITLE": "toy run"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert "Next: distill select run --out DIR" in done.stderr
    (body,) = bodies
    messages = body["messages"]
    assert isinstance(messages, list)
    assert [turn["content"] for turn in messages] == ["Think.", "1 + 1?", "2", "What is 0 + 1?\n\nBox it."]
    assert "temperature" not in body
    assert "top_p" not in body
    assert (body["stop"], body["seed"], body["top_k"]) == (["END"], 7, 20)
    assert headers == ["toy run"]
    stored = (tmp_path / "run" / "manifest.json").read_text()
    assert '"price"' in stored
    assert "toy run" not in stored


def test_verify_goes_on_where_generate_has_checked_in_the_same_way(tmp_path: Path) -> None:
    prompts, run = write(tmp_path / "prompts.jsonl", PROMPTS), tmp_path / "run"
    with Endpoint().running() as endpoint:
        checks = [
            "--time-limit",
            2,
            "--sandbox",
            "piston:http://127.0.0.1:9",
            "--judge",
            "toy",
            "--judge-endpoint",
            endpoint.url,
        ]
        done = distill("generate", prompts, "--run", run, "--endpoint", endpoint.url, "--model", "toy", *checks)
        assert done.returncode == 0, done.stderr
        assert distill("verify", run, *checks).stdout == "pass 6 · fail 0 · abstain 0\n"
    assert "--restart verify" in refused(distill("verify", run))


def test_other_settings_do_not_touch_a_run(tmp_path: Path) -> None:
    prompts = write(tmp_path / "prompts.jsonl", PROMPTS)
    with Endpoint().running() as endpoint:
        line = ["generate", prompts, "--run", tmp_path / "run", "--endpoint", endpoint.url, "--model", "toy"]
        assert distill(*line).returncode == 0
        before = {path.name: path.read_bytes() for path in (tmp_path / "run" / "samples").iterdir()}
        sentence = refused(distill(*line, "--temperature", 1.0))
        after = {path.name: path.read_bytes() for path in (tmp_path / "run" / "samples").iterdir()}
    assert "temperature" in sentence
    assert "--restart generate" in sentence
    assert before == after


def test_a_mistyped_recipe_key_is_named(tmp_path: Path) -> None:
    assert "did you mean `policy`?" in refused(distill("run", "quickstart", "generate.polcy=fixed(1)"))


def test_verify_needs_an_out_for_a_file_and_a_run_for_a_folder(tmp_path: Path) -> None:
    file = write(tmp_path / "c.jsonl", [{**PROMPTS[0], "completion": "1"}])
    assert "name it with --out" in refused(distill("verify", file))
    assert "is no run folder" in refused(distill("verify", tmp_path))


def test_a_file_of_something_else_is_no_completion_file(tmp_path: Path) -> None:
    file = write(tmp_path / "c.jsonl", [{"text": "hello"}])
    sentence = refused(distill("verify", file, "--out", tmp_path / "v.jsonl"))
    assert "row 1 is no completion row: `completion` should be text, but is nothing" in sentence


def test_the_chain_from_prompts_to_dataset_works_from_the_command_line(tmp_path: Path) -> None:
    prompts, run = write(tmp_path / "prompts.jsonl", PROMPTS), tmp_path / "run"
    with Endpoint().running() as endpoint:
        line = ["generate", prompts, "--run", run, "--endpoint", endpoint.url, "--model", "toy", "--policy", "fixed(4)"]
        assert distill(*line).returncode == 0
        assert distill(*line).returncode == 0
        assert endpoint.num_requests == 24  # the second time nothing was asked
    assert distill("verify", run).stdout == "pass 12 · fail 12 · abstain 0\n"
    assert "6 of 6 prompts" in distill("select", run, "--out", tmp_path / "dataset").stdout
    assert "12 / 12 / 0" in distill("status", run).stdout
    prompt_id = json.loads((tmp_path / "prompts.jsonl").read_text().splitlines()[0]).get("id") or ids(run)[0]
    assert "The answer is" in distill("show", run, prompt_id).stdout
    assert "no prompt 'nobody'" in refused(distill("show", run, "nobody"))


def ids(run: Path) -> list[str]:
    """The prompt ids of a run."""
    import pyarrow.parquet as pq

    return [str(name) for name in pq.read_table(run / "prompts").column("id").to_pylist()]


def test_a_training_that_cannot_fit_is_refused_with_the_arithmetic(tmp_path: Path) -> None:
    sentence = distill("sft", "--recipe", "llama-70b", "--dry-run", "--gpus", 8)
    assert sentence.returncode == 2
    assert "llama-70b does not fit 8 × H100" in sentence.stderr
    assert "accelerate launch" in distill("sft", "--recipe", "llama-70b", "--dry-run", "--gpus", 64).stdout


def test_a_model_is_called_after_its_whole_recipe() -> None:
    assert "students/qwen-1.5b.work" in distill("sft", "--recipe", "qwen-1.5b", "--dry-run", "--gpus", 8).stdout


def test_a_training_needs_rows(tmp_path: Path) -> None:
    assert "name them with --dataset" in refused(distill("sft", "--recipe", "smollm2-135m"))
    assert "name them with --prompts" in refused(distill("grpo", "--recipe", "smollm2-135m"))


def test_a_dry_run_of_reinforcement_learning_tells_what_it_would_take() -> None:
    shown = distill("grpo", "--recipe", "r1-zero", "--student", "qwen-32b", "--gpus", 32, "--dry-run").stdout
    for part in ("use_vllm: true", "reference", "at most", "GPU-hours", "distill.training.grpo.worker"):
        assert part in shown


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_full_disk_is_a_sentence_and_harms_nothing(tmp_path: Path) -> None:
    prompts, disk = write(tmp_path / "prompts.jsonl", PROMPTS), tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], check=True)
    try:
        (disk / "ballast").write_bytes(bytes(60_000))
        line = ["generate", prompts, "--run", disk / "run", "--endpoint", "http://127.0.0.1:9/v1", "--model", "m"]
        assert "cannot be written: No space left on device" in refused(distill(*line))
    finally:
        subprocess.run(["umount", disk], check=True)
