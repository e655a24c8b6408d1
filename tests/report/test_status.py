from collections.abc import Iterable
from pathlib import Path

from rich.console import Console

from distill.recipe.sections import GenerateSection, Price
from distill.records import FailedTest
from distill.report.status import readable, summary, traces
from distill.sampling.live import EndpointState, Live, write_live
from distill.store import RunFolder
from tests.endpoint import Endpoint
from tests.runs import Drawn, group, make_run
from tests.sampling.test_sampler import draw

LIVE = Live(
    updated_s=1e9,
    is_over=False,
    num_done=300,
    num_samples=1000,
    outcomes={"pass": 200, "fail": 100},
    samples_per_s=12.5,
    tokens_per_s=6000.0,
    seconds_left=56.0,
    num_tokens=150_000,
    num_tokens_saved=90_000,
    price=2.0,
    endpoints=(
        EndpointState(url="http://a/v1", num_under_way=64, limit=64, tokens_per_s=93.0, is_down=False),
        EndpointState(url="http://b/v1", num_under_way=0, limit=8, tokens_per_s=None, is_down=True),
    ),
)


def shown(run: RunFolder) -> str:
    console = Console(width=140, highlight=False)
    with console.capture() as capture:
        console.print(summary(run))
    return capture.get()


def lines(text: str, *starts: str) -> Iterable[str]:
    """What stands behind each heading."""
    rows = [[part.strip() for part in line.strip("│ ").split("│")] for line in text.splitlines()]
    return [row[-1] for start in starts for row in rows if row[0] == start]


def test_what_goes_on_is_shown_with_each_endpoint(tmp_path: Path) -> None:
    with RunFolder.open(tmp_path / "run", print) as run:
        run.begin("generate", GenerateSection(policy="fixed(2)").digested() | {"model": "toy", "weights": None})
    write_live(run.path, LIVE)
    text = shown(run)
    sampling, speed, first, second = lines(text, "sampling", "speed", "http://a/v1", "http://b/v1")
    assert sampling.startswith("300 of 1,000, 56 s left (last heard")
    assert speed == "12.5 samples/s, 6,000 tokens/s"
    assert first == "64 in flight of at most 64, 93 tokens/s a request"
    assert second == "does not answer, 0 in flight of at most 8"
    assert list(lines(text, "saved by the policy")) == ["about 90,000 teacher tokens"]


def test_what_the_policy_cancelled_is_not_told_as_abstained(tmp_path: Path) -> None:
    cancelled = Drawn("abstain", 3, None, "The", "cancelled")
    run = make_run(tmp_path / "run", [group("q", "pass 12", cancelled, "abstain 9")])
    assert list(lines(shown(run), "pass / fail / abstain / cancelled")) == ["1 / 0 / 1 / 1"]


def test_pass_rates_come_from_probes_alone(tmp_path: Path) -> None:
    with Endpoint().running() as endpoint:  # of each question the first answer is right, the second wrong, and so on
        run = draw(tmp_path, endpoint, "at_least(2, 4)", num_prompts=3, concurrency=1)
    (outcomes,) = lines(shown(run), "pass / fail / abstain / cancelled")
    (rate,) = lines(shown(run), "pass rate")
    assert outcomes in ("6 / 3 / 0 / 0", "6 / 6 / 0 / 0")  # whether the fourth is drawn depends on when verdicts come
    assert rate == "50.0% of the 6 decided probes"


def test_a_trace_shows_the_first_test_that_its_program_did_not_pass(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [group("one", "fail 12")])
    trace = next(iter(traces(run, "one")))
    assert trace.verdict
    many = "".join(f"line {number}\n" for number in range(30))
    test = FailedTest(number=4, input="2\n", expected=many, got="<5>")
    console = Console(width=100, highlight=False)
    with console.capture() as capture:
        verdict = trace.verdict.model_copy(update={"failed_test": test})
        console.print(readable(trace.model_copy(update={"verdict": verdict})))
    text = capture.get()
    for line in ("input of test 4:", "expected of test 4:", "line 19", "… 10 more lines", "got of test 4:", "<5>"):
        assert line in text
    assert "line 20" not in text


def test_what_endpoints_kept_back_is_told_with_its_words_and_how_to_draw_it_again(tmp_path: Path) -> None:
    refused = Drawn("abstain", 0, None, "", "refused")
    filtered = Drawn("abstain", 3, None, "The", "filtered")
    run = make_run(tmp_path / "run", [group("q", "pass 12", refused, refused, filtered)])
    text = shown(run)
    assert list(lines(text, "pass / fail / abstain / cancelled", "filtered by the endpoint")) == ["1 / 0 / 0 / 0", "1"]
    (told,) = lines(text, "refused")
    assert told == "2: other 2; draw them again: distill generate … --redraw refused"


def test_the_cost_is_that_of_every_sample_at_the_price_the_run_was_told(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [group("q", "pass 12", "fail 8")])
    assert list(lines(shown(run), "cost")) == []
    run.note_attempt("generate", 1.0, Price(prompt=1e6, completion=1e6))
    prompt_tokens = sum(int(str(row["num_prompt_tokens"])) for row in run.samples.rows())
    assert list(lines(shown(run), "cost")) == [f"{20 + prompt_tokens:,}"]
