import hashlib
import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from dataclasses import FrozenInstanceError
from pathlib import Path

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill import reasoning
from distill.dataset.candidates import draws_of
from distill.dataset.card_facts import CardFacts
from distill.dataset.detectors import Tools
from distill.dataset.facts import funnel
from distill.dataset.pool import aliases, read_pool
from distill.dataset.reasons import REASONS
from distill.dataset.row_builder import completions
from distill.dataset.select import select
from distill.dataset.selection import choose, weigh
from distill.errors import InputError, RecipeError, RunError
from distill.recipe.sections import JudgeSection, SelectSection
from distill.records import Verdict
from distill.rows.columns import verdict_row
from distill.rows.dataset_rows import REFERENCE
from distill.store import RunFolder
from distill.store.shard import new_shard
from tests.runs import Drawn, drawn, group, make_run

Row = dict[str, object]
TOOLS = Tools(lambda _: "en", lambda one, other: one == other)
COLUMNS = [
    "id", "prompt", "completion", "messages", "domain", "source", "license", "language", "answer", "reference",
    "num_tokens", "num_prompt_tokens", "finish_reason", "pass_rate", "num_samples", "num_passed", "num_failed",
    "probe_pass_rate", "teacher", "verifier",
    "verdict_reason", "judge", "num_tests", "run", "sample_index", "seed", "policy", "sampling",
]  # fmt: skip


def chosen(out: Path, *runs: RunFolder, **settings: object) -> CardFacts:
    return select(runs, out, SelectSection.model_validate(settings), tools=TOOLS)


def rows(out: Path, split: str = "train") -> dict[str, Row]:
    tables = [pq.read_table(shard) for shard in sorted(out.glob(f"data/{split}-*.parquet"))]
    found = pa.concat_tables(tables).to_pylist() if tables else []
    assert len({row["id"] for row in found}) == len(found)
    return {str(row["id"]): row for row in found}


def decisions(out: Path) -> dict[tuple[str, int], str]:
    with pa.ipc.open_file(out / "decisions.arrow") as file:
        table = file.read_all().to_pylist()
    return {(row["prompt_id"], row["index"]): row["decision"] for row in table}


def hashes(out: Path) -> dict[str, str]:
    files = sorted(file for file in out.rglob("*") if file.is_file())
    return {str(file.relative_to(out)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


@pytest.fixture
def math(tmp_path: Path) -> RunFolder:
    return make_run(
        tmp_path / "math",
        [
            group("two", "pass 30", "pass 10", "fail 5", "judge 4"),
            group("one", "fail 5", "pass 20"),
            group("none", "fail 5", "fail 6"),
            group("open", "none 7", Drawn("none", 3, None, "", "cancelled")),
        ],
    )


def test_the_shortest_that_passed_becomes_a_row_with_what_redoes_it(tmp_path: Path, math: RunFolder) -> None:
    chosen(tmp_path / "out", math)
    found = rows(tmp_path / "out")
    assert set(found) == {"one", "two"}
    assert list(found["two"]) == COLUMNS
    assert found["two"] == {
        "id": "two",
        "prompt": [{"role": "user", "content": "What is two?"}],
        "completion": [
            {"role": "assistant", "content": "<think>\nThought 1 of 10 tokens.\n</think>\n\nThe answer is 1."}
        ],
        "messages": [
            {"role": "user", "content": "What is two?"},
            {"role": "assistant", "content": "<think>\nThought 1 of 10 tokens.\n</think>\n\nThe answer is 1."},
        ],
        "domain": "math",
        "source": "toy",
        "license": "apache-2.0",
        "language": None,
        "answer": "4",
        "reference": {"answer": "4", "choices": None, "tests": None, "constraints": None, "scorer": None},
        "num_tokens": 10,
        "num_prompt_tokens": 5,
        "finish_reason": "stop",
        "pass_rate": 2 / 3,
        "num_samples": 4,
        "num_passed": 2,
        "num_failed": 1,
        "probe_pass_rate": 2 / 3,
        "teacher": "toy",
        "verifier": "math_answer",
        "verdict_reason": "as told",
        "judge": None,
        "num_tests": None,
        "run": "math",
        "sample_index": 1,
        "seed": None,
        "policy": "fixed(8)",
        "sampling": {
            "temperature": 0.6,
            "top_p": 0.95,
            "max_tokens": 100,
            "seed": None,
            "stop": None,
            "extra_body": None,
        },
    }


def test_every_sample_has_its_reason(tmp_path: Path, math: RunFolder) -> None:
    facts = chosen(tmp_path / "out", math)
    assert decisions(tmp_path / "out") == {
        ("two", 0): "another sample of its prompt is preferred",
        ("two", 1): "kept",
        ("two", 2): "failed",
        ("two", 3): "abstained",
        ("one", 0): "failed",
        ("one", 1): "kept",
        ("none", 0): "failed",
        ("none", 1): "failed",
        ("open", 0): "not verified",
        ("open", 1): "cancelled",
    }
    assert sum(facts.decisions.values()) == facts.num_samples == 10


@pytest.mark.parametrize("held_out", [0.0, 0.5, 0.99])
def test_load_dataset_reads_the_folder_as_it_is(tmp_path: Path, held_out: float) -> None:
    run = make_run(tmp_path / "run", [group(f"q{n}", "pass 3", "pass 2") for n in range(20)])
    chosen(tmp_path / "out", run, policy="all", held_out=held_out)
    loaded = datasets.load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    assert {split: len(loaded[split]) for split in loaded} == {
        split: len(found) for split in ("train", "test") if (found := rows_of(tmp_path / "out", split))
    }
    assert all(loaded[split].column_names == COLUMNS for split in loaded)


def rows_of(out: Path, split: str) -> list[Row]:
    return [row for shard in out.glob(f"data/{split}-*.parquet") for row in pq.read_table(shard).to_pylist()]


def test_a_prompt_is_never_in_both_splits_whatever_the_seed(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [group(f"q{n}", "pass 1", "pass 2") for n in range(40)])
    held_out = []
    for seed in (1, 2):
        chosen(tmp_path / "out", run, policy="all", held_out=0.3, seed=seed)
        train, test = ({row["id"] for row in rows_of(tmp_path / "out", split)} for split in ("train", "test"))
        assert not train & test
        assert len(train) + len(test) == 40
        held_out.append(test)
    assert held_out[0] == held_out[1]
    assert 4 <= len(held_out[0]) <= 20


def test_the_same_settings_give_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [group(f"q{n}", "pass 1", "pass 2") for n in range(50)])
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        chosen(tmp_path / name / "out", run, rows=20, seed=seed)
    a, b, c = (hashes(tmp_path / name / "out") for name in "abc")
    assert a == b
    assert a["data/train-00000-of-00001.parquet"] != c["data/train-00000-of-00001.parquet"]


def test_with_room_for_all_the_seed_still_orders_the_rows(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [group(f"q{n}", "pass 1") for n in range(50)])
    chosen(tmp_path / "a", run, seed=1)
    chosen(tmp_path / "b", run, seed=2)
    assert set(rows(tmp_path / "a")) == set(rows(tmp_path / "b"))
    assert list(rows(tmp_path / "a")) != list(rows(tmp_path / "b"))


@pytest.mark.parametrize("seed", [2**24, 20250120, 2**32, 2**64 + 1, -1, 10**80])
def test_any_whole_number_is_a_seed(tmp_path: Path, seed: int) -> None:
    run = make_run(tmp_path / "run", [group(f"q{n}", "pass 1") for n in range(9)])
    chosen(tmp_path / "out", run, seed=seed)
    assert len(rows(tmp_path / "out")) == 9


def test_large_seeds_that_differ_order_the_rows_differently(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [group(f"q{n}", "pass 1") for n in range(50)])
    orders = []
    for seed in (1, 2**24 + 1, 2**32 + 1, -1, -2):
        chosen(tmp_path / "out", run, seed=seed)
        orders.append(tuple(rows(tmp_path / "out")))
    assert len(set(orders)) == 5


def test_no_two_seeds_draw_alike_however_long_they_are() -> None:
    seeds = [0, 1, -1, 2**64, 10**80, 10**80 + 1, 10**80 + 2**64, 16**5000]
    assert len({tuple(draws_of(["a", "b"], seed, "order").tolist()) for seed in seeds}) == len(seeds)


def test_runs_older_than_a_column_have_nulls_there(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [group("q", "pass 3", "fail 2")])
    newest = {"prompts": ["scorer"], "verdicts": ["num_tests", "failed_test"], "samples": ["refusal"]}
    for table, columns in newest.items():
        for shard in (run.path / table).glob("*.parquet"):
            old = pq.read_table(shard).drop_columns(columns)
            with new_shard(shard, old.schema) as writer:
                writer.write_table(old)
    chosen(tmp_path / "out", run)
    row = rows(tmp_path / "out")["q"]
    assert (row["verdict_reason"], row["num_tests"]) == ("as told", None)
    assert row["reference"] == dict.fromkeys(REFERENCE.names) | {"answer": "4"}


def test_a_policy_that_ends_groups_leaves_two_rates(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [group("q", "fail 3", "fail 3", "pass 3")], policy="at_least(1, 8)")
    chosen(tmp_path / "out", run)
    row = rows(tmp_path / "out")["q"]
    assert (row["num_passed"], row["num_failed"], row["pass_rate"], row["probe_pass_rate"]) == (1, 2, 1 / 3, 0.0)
    assert row["policy"] == "at_least(1, 8)"


def test_each_row_has_the_seed_of_its_own_request(tmp_path: Path) -> None:
    seeded = [drawn("pass 3"), drawn("pass 2")]
    run = make_run(tmp_path / "run", [group("q", *seeded)], seed=7)
    chosen(tmp_path / "out", run, policy="all")
    assert {(row["sample_index"], row["seed"]) for row in rows_of(tmp_path / "out", "train")} == {(0, 7), (1, 8)}


def test_a_judge_is_named_where_it_decided(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [group("q", "pass 3")])
    with RunFolder.open(run.path, lambda _: None) as opened:
        opened.begin("verify", {"judge": JudgeSection(model="wise", endpoints=("http://judge/v1",)).digested()})
        opened.verdicts.remove(lambda _: True, ["index"])
        passed = Verdict.passed("judge", "it says so")
        opened.verdicts.append(verdict_row("q", 0, passed))
    chosen(tmp_path / "out", run)
    row = rows(tmp_path / "out")["q"]
    assert (row["verifier"], row["judge"], row["verdict_reason"]) == ("judge", "wise", "it says so")


def test_a_seed_gives_the_same_order_of_rows_in_every_version(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [group(f"q{n}", "pass 1") for n in range(9)])
    chosen(tmp_path / "out", run, seed=3)
    assert list(rows(tmp_path / "out")) == "q4 q2 q0 q1 q6 q8 q3 q7 q5".split()
    chosen(tmp_path / "out", run, seed=2**24 - 1)
    assert list(rows(tmp_path / "out")) == "q5 q3 q6 q0 q1 q4 q7 q8 q2".split()


def test_a_dropped_trace_is_replaced_by_the_next_that_the_policy_prefers(tmp_path: Path) -> None:
    loop = Drawn("pass", 1, "I should check this once more to be sure of it. " * 30, "4")
    run = make_run(tmp_path / "run", [group("q", "pass 9", loop, "pass 5", Drawn("pass", 2, "So 4.", ""))])
    facts = chosen(tmp_path / "out", run)
    assert rows(tmp_path / "out")["q"]["num_tokens"] == 5
    assert decisions(tmp_path / "out") == {
        ("q", 0): "another sample of its prompt is preferred",
        ("q", 1): "repetition",
        ("q", 2): "kept",
        ("q", 3): "unanswered",
    }
    assert facts.filters["unanswered"] == facts.filters["unanswered"].model_validate(
        {"num_examined": 3, "num_dropped": 1}
    )
    assert (facts.filters["repetition"].num_examined, facts.filters["repetition"].num_dropped) == (2, 1)


def test_where_all_of_a_prompt_is_dropped_another_prompt_fills_the_quota(tmp_path: Path) -> None:
    empty = Drawn("pass", 1, "thought", "")
    run = make_run(tmp_path / "run", [group(f"q{n}", empty if n % 2 else "pass 2", empty) for n in range(40)])
    chosen(tmp_path / "out", run, rows=20)
    assert set(rows(tmp_path / "out")) == {f"q{n}" for n in range(0, 40, 2)}


def test_bands_leave_out_what_is_too_long_too_easy_or_too_hard(tmp_path: Path) -> None:
    run = make_run(
        tmp_path / "run",
        [
            group("easy", "pass 10", "pass 10"), group("fair", "pass 10", "fail 9"), group("long", "pass 90", "fail 9"),
            group("hard", "pass 10", "fail 1", "fail 1", "fail 1", "fail 1"),
        ],
    )  # fmt: skip
    chosen(tmp_path / "out", run, max_tokens=50, min_pass_rate=0.25, max_pass_rate=0.99)
    assert set(rows(tmp_path / "out")) == {"fair"}
    found = Counter(decisions(tmp_path / "out").values())
    assert found["pass rate outside the band"] == 3
    assert found["token length outside the band"] == 1
    chosen(tmp_path / "out", run, context_length=20)
    assert decisions(tmp_path / "out")["long", 0] == "longer than the student's context"


def test_two_runs_are_composed_with_quotas(tmp_path: Path) -> None:
    maths = make_run(tmp_path / "maths", [group(f"m{n}", "pass 3") for n in range(30)])
    code = make_run(tmp_path / "code", [group(f"c{n}", "pass 3", domain="code", source="mbpp") for n in range(30)])
    mixture = tmp_path / "mix.yaml"
    mixture.write_text("name: mix\nquotas:\n  - {domain: math, rows: 2}\n  - {domain: code, rows: 1}\n")
    facts = chosen(tmp_path / "out", maths, code, mixture=str(mixture), rows=24)
    assert Counter(row["domain"] for row in rows(tmp_path / "out").values()) == {"math": 16, "code": 8}
    assert [quota.num_missing for quota in facts.quotas] == [0, 0]
    assert facts.domains == {"math": 16, "code": 8}
    assert [run.name for run in facts.runs] == ["maths", "code"]
    assert Counter(decisions(tmp_path / "out").values()) == {"kept": 24, "its quota is full": 36}


def test_what_the_endpoint_refused_or_withheld_is_never_a_row_and_told_by_its_own_name(tmp_path: Path) -> None:
    refused, filtered = (Drawn("pass", 3, "4", "The answer is 4.", word) for word in ("refused", "content_filter"))
    run = make_run(tmp_path / "run", [group("q", refused, filtered, "pass 9")])
    facts = select([run], tmp_path / "out", SelectSection())
    assert facts.num_rows == 1
    assert facts.decisions == {"kept": 1, "refused by the endpoint": 1, "withheld or cut by the endpoint": 1}
    assert (facts.num_refused, facts.num_filtered, facts.num_abstained) == (1, 1, 0)


def test_a_shortage_is_refused_and_the_old_dataset_stays(tmp_path: Path, math: RunFolder) -> None:
    chosen(tmp_path / "out", math)
    before = hashes(tmp_path / "out")
    with pytest.raises(RunError, match=r"all rows has 2 of 8 rows from 4 prompts .* about 12 more prompts, 30 samples"):
        chosen(tmp_path / "out", math, rows=8)
    assert hashes(tmp_path / "out") == before


def test_a_shortage_is_written_if_allowed(tmp_path: Path, math: RunFolder) -> None:
    facts = chosen(tmp_path / "out", math, rows=8, allow_short=True)
    assert facts.num_rows == 2
    assert facts.quotas[0].num_missing == 6


def test_prompts_come_before_second_samples_of_one_prompt(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [group(f"q{n}", "pass 1", "pass 2", "pass 3") for n in range(10)])
    chosen(tmp_path / "out", run, policy="all(2)", rows=13)
    per_prompt = Counter(row["id"] for row in rows_of(tmp_path / "out", "train"))
    assert sorted(per_prompt.values()) == [1] * 7 + [2] * 3


def test_one_prompt_in_two_runs_is_one_group(tmp_path: Path) -> None:
    first = make_run(tmp_path / "first", [group("q", "pass 9", "fail 1")])
    second = make_run(tmp_path / "second", [group("q", "pass 5", "fail 1")])
    chosen(tmp_path / "out", first, second)
    row = rows(tmp_path / "out")["q"]
    assert (row["num_tokens"], row["num_samples"], row["pass_rate"]) == (5, 4, 0.5)


def test_different_prompts_under_one_id_stay_apart(tmp_path: Path) -> None:
    first = make_run(tmp_path / "first", [group("1", "pass 9")])
    second = make_run(tmp_path / "second", [group("1", "pass 5", answer="7")])
    chosen(tmp_path / "out", first, second)
    found = rows(tmp_path / "out")
    assert {name: (row["answer"], row["num_tokens"]) for name, row in found.items()} == {
        "1": ("4", 9),
        "1@second": ("7", 5),
    }


def test_only_prompts_that_differ_from_an_earlier_run_get_another_name() -> None:
    first, second, third = {"a": 1, "b": 2}, {"a": 1, "b": 7, "c": 3}, {"b": 7, "c": 4}
    assert aliases([("x", first), ("y", second), ("z", third)]) == [{}, {"b": "b@y"}, {"b": "b@z", "c": "c@z"}]


def test_a_selection_is_a_record_that_nothing_changes(math: RunFolder) -> None:
    taken = list[int]()
    prospects = weigh(read_pool([math]), SelectSection(), TOOLS)
    decided = prospects.reasons.tolist()
    selection = choose(prospects, TOOLS, lambda found, _: taken.extend(found.tolist()))
    assert [REASONS[code] for code in selection.reasons[selection.kept]] == ["kept", "kept"]
    assert sorted(taken) == selection.kept.tolist()
    assert prospects.reasons.tolist() == decided
    assert funnel(selection) == {
        "samples": 10, "decided": 7, "passed": 3, "whole and within the bands": 3, "preferred": 2, "rows kept": 2,
    }  # fmt: skip
    with pytest.raises(FrozenInstanceError):
        selection.reasons = selection.reasons  # type: ignore[misc]


def test_nothing_to_select_is_said(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [group("q", "fail 9")])
    with pytest.raises(RunError, match=r"No sample of .* can be kept \(1 failed\)"):
        chosen(tmp_path / "out", run)
    with pytest.raises(RunError, match="has no samples yet"):
        chosen(tmp_path / "out", make_run(tmp_path / "empty", [group("q")]))


def test_a_folder_with_other_things_in_it_is_never_replaced(tmp_path: Path, math: RunFolder) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").write_text("years of work")
    with pytest.raises(RunError, match=r"holds thesis\.tex, so it is no dataset"):
        chosen(tmp_path / "out", math)
    assert (tmp_path / "out" / "thesis.tex").read_text() == "years of work"


def test_an_unknown_filter_is_refused(tmp_path: Path, math: RunFolder) -> None:
    with pytest.raises(RecipeError, match="no filter 'shiny'"):
        chosen(tmp_path / "out", math, filters=["shiny"])


def test_an_empty_vote_leaves_prompts_without_a_reference_out(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [group("q", "judge 3", "judge 4", answer=None), group("r", "pass 1")])
    facts = chosen(tmp_path / "out", run)
    assert set(rows(tmp_path / "out")) == {"r"}
    assert facts.num_abstained == 2


TEXTS = st.none() | st.text(max_size=20)


@given(st.lists(st.tuples(TEXTS, st.text(max_size=20)), min_size=1, max_size=5))
def test_columns_are_joined_exactly_as_single_completions_are(texts: list[tuple[str | None, str]]) -> None:
    table = pa.table({"reasoning": [text[0] for text in texts], "answer": [text[1] for text in texts]},
                     schema=pa.schema([("reasoning", pa.string()), ("answer", pa.string())]))  # fmt: skip
    written = [messages[0]["content"] for messages in completions(table).to_pylist()]
    assert written == [reasoning.join(*text) for text in texts]


def _select_forever(run: Path, out: Path) -> None:
    while True:
        chosen(out, RunFolder.at(run), seed=3)


@pytest.mark.slow
def test_killed_at_any_moment_the_next_start_gives_the_same(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [group(f"q{n}", "pass 3", "pass 2") for n in range(300)])
    chosen(tmp_path / "whole" / "out", run, seed=3)
    out, rng = tmp_path / "out", random.Random(0)
    context = multiprocessing.get_context("fork")
    for _ in range(8):
        process = context.Process(target=_select_forever, args=(run.path, out))
        process.start()
        assert process.pid is not None
        time.sleep(0.3 + rng.random())
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        if out.exists():
            assert hashes(out) == hashes(tmp_path / "whole" / "out")
    chosen(out, run, seed=3)
    assert hashes(out) == hashes(tmp_path / "whole" / "out")
    assert {item.name for item in tmp_path.iterdir()} == {"run", "whole", "out"}


def answered(text: str, num_tokens: int) -> Drawn:
    return Drawn("judge", num_tokens, "thought", text)


def test_a_majority_by_equivalence_stands_in_for_a_missing_reference(tmp_path: Path) -> None:
    halves = [answered(r"\boxed{\frac{1}{2}}", 9), answered(r"So it is \boxed{0.5}.", 4), answered(r"\boxed{1/2}", 6)]
    run = make_run(
        tmp_path / "run",
        [
            group("agreed", *halves, answered(r"\boxed{3}", 2), answered("", 1), answer=None),
            group("split", answered(r"\boxed{1}", 1), answered(r"\boxed{2}", 1), answer=None),
            group("known", "pass 7", "fail 2"),
        ],
    )
    facts = select([run], tmp_path / "out", SelectSection(vote_share=0.6))
    found = rows(tmp_path / "out")
    assert set(found) == {"agreed", "known"}
    row = found["agreed"]
    assert (row["num_tokens"], row["verifier"], row["pass_rate"], row["num_passed"]) == (4, "majority_vote", 0.75, 3)
    assert row["answer"] in (r"\frac{1}{2}", "0.5", "1/2")
    assert row["reference"] == dict.fromkeys(REFERENCE.names) | {"answer": row["answer"]}
    assert row["verdict_reason"] == "the answer that 75% of its prompt's samples gave"
    assert facts.votes is not None
    assert (facts.votes.num_prompts, facts.votes.mean_share) == (1, 0.75)
    assert "which is no proof" in (tmp_path / "out" / "README.md").read_text()


def test_a_vote_below_the_share_elects_nobody(tmp_path: Path) -> None:
    samples = [answered(r"\boxed{1}", 1), answered(r"\boxed{1}", 1), answered(r"\boxed{2}", 1)]
    run = make_run(tmp_path / "run", [group("q", *samples, answer=None), group("r", "pass 1")])
    facts = chosen(tmp_path / "out", run, vote_share=0.7)
    assert set(rows(tmp_path / "out")) == {"r"}
    assert facts.votes is None


def test_shortest_counts_as_the_student_reads(tmp_path: Path) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    wordy, terse = Drawn("pass", 1, "one two three four five six", "4"), Drawn("pass", 9, "one", "4")
    run = make_run(tmp_path / "run", [group("q", wordy, terse)])
    chosen(tmp_path / "out", run, tokenizer=str(tmp_path))
    assert rows(tmp_path / "out")["q"]["num_tokens"] == len("<think> one </think> 4".split())
    with pytest.raises(InputError, match="There is no tokenizer"):
        chosen(tmp_path / "out", run, tokenizer=str(tmp_path / "nothing"))
