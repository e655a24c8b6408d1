"""Reads an export as verl's trainers do, and prints what is trained and which reward an answer has, as lines of JSON.

The keys that `sft.sh` and `rl.sh` set are looked up in verl's own configurations first.
"""

import importlib.resources
import json
import shlex
import sys
import types
from collections.abc import Iterator, Mapping
from pathlib import Path

from omegaconf import OmegaConf
from transformers import AutoTokenizer, PreTrainedTokenizerBase

# verl reads its vision models when it is imported, and one of them imports what this transformers no longer has.
STAND_IN = types.ModuleType("verl.models.transformers.qwen2_vl")
setattr(STAND_IN, "get_rope_index", None)  # noqa: B010 - mypy knows no such attribute
sys.modules[STAND_IN.__name__] = STAND_IN


def main(tokenizer_folder: str, export: str, answers: str) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tokenizer_folder)
    for split in ("train", "val"):
        for text in trained(tokenizer, Path(export) / "sft.sh", split):
            print("row", json.dumps([split, text]))
    for found in reinforced(tokenizer, Path(export) / "rl.sh", json.loads(Path(answers).read_text(encoding="utf-8"))):
        print("row", json.dumps(["rl", found]))


def overrides(script: Path, config: str) -> Mapping[str, str]:
    """What a script sets, each key one that verl's configuration has."""
    words = shlex.split(script.read_text(encoding="utf-8").replace("$here", str(script.parent)), comments=True)
    given = dict(word.split("=", 1) for word in words if "." in word.partition("=")[0] and "=" in word)
    known = OmegaConf.load(str(importlib.resources.files("verl.trainer.config") / config))
    for key in given:
        section, _, name = key.rpartition(".")
        assert key == "model.path" or name in OmegaConf.select(known, section), f"verl has no {key}"
    return {key: value.strip("'") for key, value in given.items()}


def trained(tokenizer: PreTrainedTokenizerBase, script: Path, split: str) -> Iterator[object]:
    from verl.utils.dataset.multiturn_sft_dataset import MultiTurnSFTDataset

    given = overrides(script, "sft_trainer_engine.yaml")
    settings = {"pad_mode": "no_padding", "max_length": int(given["data.max_length"])}
    settings |= {"messages_key": given["data.messages_key"], "truncation": given["data.truncation"]}
    for row in MultiTurnSFTDataset(given[f"data.{split}_files"], tokenizer, OmegaConf.create(settings)):
        yield tokenizer.decode(row["input_ids"][row["loss_mask"] == 1])


def reinforced(
    tokenizer: PreTrainedTokenizerBase, script: Path, answers: Mapping[str, list[str]]
) -> Iterator[dict[str, object]]:
    """Each prompt, with the scores of answers by the reward function as verl loads it."""
    from verl.experimental.reward_loop.reward_loop import migrate_legacy_reward_impl
    from verl.trainer.ppo.reward import get_custom_reward_fn
    from verl.utils.dataset.rl_dataset import RLHFDataset, collate_fn

    given = overrides(script, "_generated_ppo_trainer.yaml")
    config = OmegaConf.load(str(importlib.resources.files("verl.trainer.config") / "_generated_ppo_trainer.yaml"))
    for name in ("path", "name"):
        config.custom_reward_function[name] = given[f"custom_reward_function.{name}"]
    compute_score = get_custom_reward_fn(migrate_legacy_reward_impl(config))
    settings = {"max_prompt_length": int(given["data.max_prompt_length"]), "filter_overlong_prompts_workers": None}
    rows = RLHFDataset(given["data.train_files"], tokenizer, OmegaConf.create(settings))
    batch = collate_fn([rows[place] for place in range(len(rows))])
    for place, extra in enumerate(batch["extra_info"]):
        asked = {
            "data_source": batch["data_source"][place],
            "ground_truth": batch["reward_model"][place]["ground_truth"],
            "extra_info": extra,
        }
        scores = [compute_score(solution_str=text, **asked) for text in answers[extra["id"]]]
        yield {"id": extra["id"], "prompt": list(batch["raw_prompt"][place]), "scores": scores}


if __name__ == "__main__":
    main(*sys.argv[1:])
