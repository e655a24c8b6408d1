"""TRL's trainer, built as the worker will build it, but around a model of one small layer and on the CPU.

What only the trainer's constructor, its optimizer or its schedule refuse is then said in seconds and before any row is
prepared. It downloads nothing, trains nothing, and needs no GPU. What it leaves out: vLLM, quantization, kernels from
the Hub and trackers, whose packages may be on another machine than this one.
"""

import copy
import json
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import fields
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import JsonValue

from distill.training.settings.attention import BUILT_IN
from distill.training.settings.owned import Method
from distill.training.settings.parser import parse

if TYPE_CHECKING:
    from transformers import Trainer, TrainingArguments

    from distill.training.recipe import StudentBlock

_SIZES = {
    "vocab_size": 16,
    "hidden_size": 32,
    "intermediate_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
}
_ELSEWHERE: Mapping[str, JsonValue] = {
    "activation_offloading": False,
    "fp16": False,
    "load_in_4bit": False,
    "load_in_8bit": False,
    "log_level": "error",
    "report_to": "none",
    "tf32": None,
    "use_cpu": True,
}
"""What depends on the machine that trains."""

_OPTIMIZER = ("adam_beta1", "adam_beta2", "adam_epsilon", "optim_args")

STEPS = 10
"""Of the schedule that is built."""


class _Refused(Exception):  # noqa: N818 - it names what happened to the settings
    """TRL, transformers or PEFT refused the settings; the text is theirs."""


def refusal(block: "StudentBlock", settings: dict[str, JsonValue], method: Method) -> str | None:
    """What they say against the settings; None where trainer, optimizer and schedule can be built."""
    with _quietly(), TemporaryDirectory() as folder:
        _tiny_student(Path(folder), block)
        try:
            _build(Path(folder), block, settings, method)
        except _Refused as error:
            # Overrides come last, and details behind their switch.
            blamed = (key for key in reversed(settings) if _stands(Path(folder), block, settings, key, method))
            culprit = f"`{key}: {json.dumps(settings[key])}`" if (key := next(blamed, None)) else "these settings"
            return f"TRL does not take {culprit}: {error}"
    return None


def _stands(folder: Path, block: "StudentBlock", settings: Mapping[str, JsonValue], key: str, method: Method) -> bool:
    """Whether the settings would without one of them."""
    try:
        _build(folder, block, {name: value for name, value in settings.items() if name != key}, method)
    except _Refused:
        return False
    return True


def _build(folder: Path, block: "StudentBlock", settings: Mapping[str, JsonValue], method: Method) -> None:
    given = {**settings, **_here(settings), "model_name_or_path": str(folder), "output_dir": str(folder / "work")}
    file = folder / "train.yaml"
    file.write_text(yaml.safe_dump(given), encoding="utf-8")
    # A package that is missing here is looked for where the training runs (`hardware.need_packages`).
    with suppress(ImportError):
        try:
            trainer = _sft(file, block) if method == "sft" else _grpo(file)
            trainer.create_optimizer_and_scheduler(STEPS)
            _refuse_idle(trainer.args)
        except (ArithmeticError, AttributeError, LookupError, RuntimeError, SystemExit, TypeError, ValueError) as error:
            raise _Refused(" ".join(str(error).split())) from error


def _refuse_idle(training: "TrainingArguments") -> None:
    """Refuse settings of an optimizer that the chosen one does not read."""
    from transformers import Trainer

    chosen = Trainer.get_optimizer_cls_and_kwargs(training)
    for field in fields(training):
        if field.name in _OPTIMIZER and getattr(training, field.name) != field.default:
            plain = copy.copy(training)
            setattr(plain, field.name, field.default)
            if Trainer.get_optimizer_cls_and_kwargs(plain) == chosen:
                name = str(training.optim).rpartition(".")[2].lower()
                raise _Refused(f"`{field.name}` has no effect with `optim: {name}`. Leave it out.")


def _here(settings: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """The settings that a trial has otherwise."""
    arguments = settings.get("model_init_kwargs")
    kept = (
        {key: value for key, value in arguments.items() if key != "use_kernels"}
        if isinstance(arguments, dict)
        else None
    )
    ours = {key: value for key, value in _ELSEWHERE.items() if key in settings or key in {"log_level", "use_cpu"}}
    attention = settings.get("attn_implementation")
    ours |= {"model_init_kwargs": kept, "attn_implementation": attention if attention in BUILT_IN else None}
    return ours | ({"use_vllm": False} if settings.get("use_vllm") else {})


def _sft(file: Path, block: "StudentBlock") -> "Trainer":
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer, get_peft_config  # type: ignore[attr-defined]

    training, model = parse(file, SFTConfig)
    rows = Dataset.from_list([{"input_ids": [1, 2], "labels": [1, 2], "seq_lengths": [2], "length": 2}])
    return SFTTrainer(
        model=str(model.model_name_or_path),
        args=training,
        train_dataset=rows,
        eval_dataset=rows if block.held_out else None,
        peft_config=get_peft_config(model),
    )


def _grpo(file: Path) -> "Trainer":
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer, get_peft_config  # type: ignore[attr-defined]

    training, model = parse(file, GRPOConfig)
    return GRPOTrainer(
        model=str(model.model_name_or_path),
        reward_funcs=list[Any]([_no_reward] * len(training.reward_weights or [1.0])),
        args=training,
        train_dataset=Dataset.from_list([{"prompt": "a"}]),
        peft_config=get_peft_config(model),
    )


def _no_reward(completions: list[str], **_: object) -> list[float | None]:
    return [None] * len(completions)


def _tiny_student(folder: Path, block: "StudentBlock") -> None:
    """A model folder of the base's architecture, with a tokenizer of three words."""
    from tokenizers import Tokenizer, models
    from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedTokenizerFast

    kind = "qwen2" if block.shape.qkv_bias else "llama"
    config = AutoConfig.for_model(kind, tie_word_embeddings=block.shape.tied and not block.untied, **_SIZES)
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)  # type: ignore[no-untyped-call]
    words = Tokenizer(models.WordLevel({"<eos>": 0, "a": 1, "b": 2}, "a"))
    special = dict.fromkeys(("eos_token", "pad_token"), "<eos>")
    PreTrainedTokenizerFast(tokenizer_object=words, **special).save_pretrained(folder)  # type: ignore[no-untyped-call]


@contextmanager
def _quietly() -> Iterator[None]:
    """Without the warnings and progress bars of libraries; what they raise comes through."""
    with redirect_stderr(StringIO()), redirect_stdout(StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
