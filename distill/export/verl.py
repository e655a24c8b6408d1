"""verl: Parquet for its supervised training and for reinforcement, with a reward that asks distill's verifiers."""

import hashlib
import inspect
import json
from pathlib import Path
from typing import TYPE_CHECKING

from distill.errors import InputError
from distill.export import verl_reward
from distill.export.row_lengths import limit_for
from distill.export.rows import ExportRow, Unfit
from distill.export.seen import Seen
from distill.export.tool import DataPart, ExportFacts, Line, has_earlier_answers, messages
from distill.rows.parse import parse_reference

if TYPE_CHECKING:
    import pyarrow as pa

MIN_TOKENS_A_GPU = 8192
"""verl's own `data.max_token_len_per_gpu`; a row has to fit into it."""
_SFT = """\
#!/bin/sh
# Written by distill export. Supervised training: MODEL=DIR|ID NUM_GPUS=8 {file} [KEY=VALUE ...]
here=$(cd "$(dirname "$0")" && pwd)
exec torchrun --standalone --nproc_per_node="${{NUM_GPUS:-1}}" -m verl.trainer.sft_trainer \\
    "data.train_files='$here/sft/train.parquet'" \\
    "data.val_files={validation}" \\
    data.messages_key=messages \\
    data.max_length={limit} \\
    data.max_token_len_per_gpu={a_gpu} \\
    data.truncation=error \\
    "model.path='$MODEL'" "$@"
"""
_RL = """\
#!/bin/sh
# Written by distill export. Reinforcement with distill's verdicts: MODEL=DIR|ID NUM_GPUS=8 {file} [KEY=VALUE ...]
# First start `distill serve-verifier`; where it is on another machine, set DISTILL_VERIFIER to its address.
here=$(cd "$(dirname "$0")" && pwd)
exec python -m verl.trainer.main_ppo \\
    "data.train_files='$here/rl/train.parquet'" \\
    "data.val_files='$here/rl/{validation}.parquet'" \\
    data.prompt_key=prompt \\
    data.max_prompt_length={prompt} \\
    data.max_response_length={response} \\
    data.truncation=error \\
    "custom_reward_function.path='$here/reward.py'" \\
    custom_reward_function.name=compute_score \\
    algorithm.adv_estimator=grpo \\
    actor_rollout_ref.rollout.n=8 \\
    trainer.n_gpus_per_node="${{NUM_GPUS:-1}}" \\
{without_test}    "actor_rollout_ref.model.path='$MODEL'" "$@"
"""
_WITHOUT_TEST = "    trainer.val_before_train=False trainer.test_freq=-1 \\\n"


class Verl:
    """The trainer of that name, 0.9."""

    name = "verl"

    def parts(self) -> list[DataPart]:
        """Traces for supervised training, and each prompt once for reinforcement."""
        return [
            DataPart("sft", _trace, _traces, folder="sft/"),
            DataPart("rl", Reinforced().line, _prompts, folder="rl/"),
        ]

    def texts(self, facts: ExportFacts, out: Path) -> dict[str, str]:
        """The command lines, and the reward function."""
        made = {}
        if facts.has("sft/train.parquet"):
            limit, has_test = limit_for(facts.lengths.longest), facts.has("sft/test.parquet")
            made["sft.sh"] = _SFT.format(
                file=out / "sft.sh",
                validation="'$here/sft/test.parquet'" if has_test else "null",
                limit=limit,
                a_gpu=max(limit, MIN_TOKENS_A_GPU),
            )
        if facts.has("rl/train.parquet"):
            has_test = facts.has("rl/test.parquet")
            made["rl.sh"] = _RL.format(
                file=out / "rl.sh",
                validation="test" if has_test else "train",  # verl wants a file, which is then not looked at
                prompt=limit_for(facts.lengths.longest_prompt),
                response=limit_for(facts.lengths.longest_completion),
                without_test="" if has_test else _WITHOUT_TEST,
            )
        return made | {"reward.py": inspect.getsource(verl_reward)}

    def how(self, facts: ExportFacts, out: Path) -> str:  # noqa: ARG002 - the same for all
        """For README.md."""
        return f"""\
```sh
MODEL=DIR|ID NUM_GPUS=8 {out}/sft.sh                 # traces: supervised
distill serve-verifier --workers 8 &                 # prompts: reinforced by verdicts
MODEL=DIR|ID NUM_GPUS=8 {out}/rl.sh
```

- verl trains on every answer of a row and has no mark for one that is only read: rows whose prompt holds answers are
  not in `sft/`. They are in `rl/`, where a prompt is a prompt.
- verl's own limits are 1,024 tokens a row, and 512 a prompt and a response; here they are those of the longest row, and
  what is longer all the same is an error (`data.truncation=error`).
- verl compares the turns one by one with the whole, so templates that rewrite answers stop it: those of Qwen3 and
  R1-Distill as published do, and the first takes reasoning out. Give the student one that does not (ChatML, Qwen2.5's).
- `rl/` has a prompt once, whatever its traces. `data_source` is `distill/DOMAIN`, which verl's own rewards refuse:
  `reward.py` asks `distill serve-verifier` (`DISTILL_VERIFIER`, else {verl_reward.HERE}) with what `extra_info.row`
  holds. What a verifier cannot decide scores 0, and is counted as `is_undecided`.
"""


class Reinforced:
    """Makes rows for reinforcement: a prompt once, with all that checking takes."""

    def __init__(self) -> None:
        self._seen = Seen()

    def line(self, row: ExportRow) -> Line | None:
        """A prompt in verl's shape. Raises Unfit where no rule can check an answer to it."""
        truth = _truth(row)
        if not self._seen.add(_key(row)):
            return None
        prompt = [message.model_dump() for message in row.prompt]
        about = {"id": row.id, "prompt": prompt, "domain": row.domain, **row.reference}
        return {
            "data_source": f"distill/{row.domain}",
            "prompt": prompt,
            "ability": row.domain,
            "reward_model": {"style": "rule", "ground_truth": truth},
            "extra_info": {
                "index": len(self._seen) - 1,
                "split": row.split,
                "id": row.id,
                "row": json.dumps(about, ensure_ascii=False),
            },
        }


def _key(row: ExportRow) -> int:
    texts = "\0".join([row.id, *(text for message in row.prompt for text in (message.role, message.content))])
    return int.from_bytes(hashlib.blake2b(texts.encode("utf-8", "surrogatepass"), digest_size=8).digest())


def _truth(row: ExportRow) -> str:
    """The answer where there is one, else tests, constraints or scorer as JSON."""
    try:
        reference = parse_reference(row.reference)
    except InputError:
        raise Unfit("its reference cannot be read") from None
    if reference is None:
        raise Unfit("it has no reference, so that no rule can score an answer")
    return str(row.reference.get("answer") or reference.model_dump_json())


def _trace(row: ExportRow) -> Line:
    if has_earlier_answers(row):
        raise Unfit("its prompt holds answers, on which verl would train")
    return {"id": row.id, "messages": messages(row)}


def _traces() -> "pa.Schema":
    import pyarrow as pa

    from distill.rows.columns import MESSAGES

    return pa.schema([("id", pa.string()), ("messages", MESSAGES)])


def _prompts() -> "pa.Schema":
    import pyarrow as pa

    from distill.rows.columns import MESSAGES

    text = pa.string()
    extra = pa.struct([("index", pa.int64()), ("split", text), ("id", text), ("row", text)])
    reward = pa.struct([("style", text), ("ground_truth", text)])
    return pa.schema(
        [
            ("data_source", text),
            ("prompt", MESSAGES),
            ("ability", text),
            ("reward_model", reward),
            ("extra_info", extra),
        ]
    )
