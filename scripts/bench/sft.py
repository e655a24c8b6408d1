"""How fast rows become training data, and how much packing wastes: ours beside TRL's own preparation.

    python scripts/bench/sft.py [--rows 16384]

Rows are made up (seeded) with lengths drawn like those of long reasoning traces. Both sides get the same rows one after
the other, with one process and then with one for each core, after a few rows that load the libraries. Ours renders,
tokenises, proves every row (decoding included), and packs. TRL's renders, tokenises and packs. Wall seconds are what a
user waits, CPU seconds, of all processes, are disturbed less by what else the machine does.
"""

import json
import os
import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import peers
import results
from results import Figure, figure

TEXT = "so we need to find the value of x such that f(x) = 3x + 7 and check 2^10 mod 13 wait that is wrong \\frac{1}{2}"
WORDS = TEXT.split(" ")
PACKED = ("packing=true", "distill.batch.unit=tokens", "distill.batch.size=342739", "max_length=8192")


def make_rows(path: Path, num_rows: int) -> None:
    """Write rows whose lengths are log-normal around 1,100 tokens, as traces are, with a long tail."""
    random.seed(0)
    with path.open("w", encoding="utf-8") as file:
        for number in range(num_rows):
            words = min(4000, int(random.lognormvariate(6.2, 0.9)))
            reasoning = " ".join(random.choices(WORDS, k=words))
            content = f"<think>\n{reasoning}\n</think>\n\nThe answer is {number}."
            row = {
                "prompt": [{"role": "user", "content": f"Question {number}: {' '.join(random.choices(WORDS, k=40))}?"}],
                "completion": [{"role": "assistant", "content": content}],
                "domain": "math",
            }
            file.write(json.dumps(row) + "\n")


def ours(rows: Path, folder: Path, num_processes: int) -> tuple[int, float]:
    """Tokens, and the share of packed sequences that is empty."""
    from distill.training.examples import prepare
    from distill.training.recipe import load
    from distill.training.student import student

    recipe = load("smollm2-135m", PACKED)
    base = student.prepare(recipe.distill)
    summary = prepare.prepare(rows, base, recipe, folder, num_processes=num_processes).summary
    return summary.num_tokens, summary.padding_share(recipe.max_length)


def trls(rows: Path, folder: Path, num_processes: int) -> tuple[int, float]:
    """The same through SFTTrainer's preparation; the model is a stand-in that is never trained."""
    from datasets import Dataset, load_dataset
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer
    from trl import SFTConfig, SFTTrainer  # type: ignore[attr-defined]

    from distill.training.recipe import load
    from distill.training.student import student

    base = student.prepare(load("smollm2-135m").distill).folder
    config = AutoConfig.from_pretrained(
        base, num_hidden_layers=1, hidden_size=9, intermediate_size=9, num_attention_heads=1
    )
    config.num_key_value_heads, config.head_dim = 1, 8
    arguments = SFTConfig(
        output_dir=str(folder),
        max_length=8192,
        packing=True,
        bf16=False,
        use_cpu=True,
        dataset_num_proc=num_processes if num_processes > 1 else None,
        report_to="none",
    )
    trainer = SFTTrainer(
        model=AutoModelForCausalLM.from_config(config),  # type: ignore[no-untyped-call]
        args=arguments,
        train_dataset=load_dataset("json", data_files=str(rows), split="train", cache_dir=str(folder)),
        processing_class=AutoTokenizer.from_pretrained(base),
    )
    packed = trainer.train_dataset
    assert isinstance(packed, Dataset)
    tokens = sum(sum(lengths) for lengths in packed["seq_lengths"])
    return tokens, 1 - tokens / (len(packed) * 8192)


def measured(who: tuple[str, str], number: int, run: Callable[[Path], tuple[int, float]]) -> Iterator[Figure]:
    """A preparation into an empty folder by a number of processes."""
    with tempfile.TemporaryDirectory() as folder:
        before, started = _cpu_seconds(), time.perf_counter()
        tokens, waste = run(Path(folder))
        seconds, cpu_s = time.perf_counter() - started, _cpu_seconds() - before
    case = f"rows prepared and packed, {number} process{'es' * (number > 1)}"
    yield figure(("sft", case), who, tokens / seconds, "tokens/s")
    yield figure(("sft", f"{case}, CPU"), who, tokens / cpu_s, "tokens per CPU-second")
    if number == 1:
        where = ("sft", "empty share of sequences of 8,192 tokens")
        yield figure(where, who, 100 * waste, "%", higher_is_better=False)


def measure(rows: Path) -> Iterator[Figure]:
    """One round."""
    for number in sorted({1, os.cpu_count() or 1}):
        yield from measured(peers.ours(), number, partial(ours, rows, num_processes=number))
        trl = ("TRL", peers.version("trl"))
        yield from measured(trl, number, partial(trls, rows, num_processes=number))


def _cpu_seconds() -> float:
    """CPU time of this process and of the children it has waited for."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def main() -> None:
    """Measure and report."""
    parser = results.parser(__doc__)
    parser.add_argument("--rows", type=int, help="default: 16,384, with --quick 100")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder) / "rows.jsonl"
        make_rows(rows, options.rows or (100 if options.quick else 16384))
        few = Path(folder) / "few.jsonl"
        make_rows(few, 20)
        list(measure(few))
        results.report(options, lambda: list(measure(rows)))


if __name__ == "__main__":
    main()
