"""Two-layer models of the real architectures, with tokenizers made on the spot: there is no hub here."""

import contextlib
import json
import time
from pathlib import Path

import psutil
import yaml
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

TEXTS = ["What is 2 + 2?", "We need 2 + 2. That is 4.", "\n<think>\n</think>\n\n", "user assistant", "0123456789"]
TEXTS += ["assistant"] * 9
QWEN_TOKENS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|box_start|>", "<|box_end|>"]
LLAMA_TOKENS = [
    "<|begin_of_text|>",
    "<|end_of_text|>",
    "<|reserved_0|>",
    "<|reserved_1|>",
    "<|reserved_2|>",
    "<|reserved_3|>",
]
DEEPSEEK = {
    "qwen2": [
        "<｜end▁of▁sentence｜>",
        "<｜User｜>",
        "<｜Assistant｜>",
        "<｜begin▁of▁sentence｜>",
        "<think>",
        "</think>",
    ],
    "llama": [
        "<｜begin▁of▁sentence｜>",
        "<｜end▁of▁sentence｜>",
        "<｜User｜>",
        "<｜Assistant｜>",
        "<think>",
        "</think>",
    ],
}
CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
FIRST = 300
"""Id of the first added token: the vocabulary below it is filled up to there."""
SHAPE = {"layers": 2, "hidden": 64, "intermediate": 128, "heads": 4, "kv_heads": 2, "vocab": 320}


def tiny_base(folder: Path, kind: str = "qwen2", **config: object) -> Path:
    """A base as the Hub has it: config in transformers 4's spelling, random weights, tokenizer, ChatML template."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    torch.manual_seed(0)
    sizes = {
        "num_hidden_layers": SHAPE["layers"],
        "hidden_size": SHAPE["hidden"],
        "intermediate_size": SHAPE["intermediate"],
        "num_attention_heads": SHAPE["heads"],
        "num_key_value_heads": SHAPE["kv_heads"],
        "vocab_size": SHAPE["vocab"],
        "max_position_embeddings": 4096,
    }
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(kind, **sizes | config))  # type: ignore[no-untyped-call]
    model.save_pretrained(folder)
    special = QWEN_TOKENS if kind == "qwen2" else LLAMA_TOKENS
    tokenizer(special, kind).save(str(folder / "tokenizer.json"))
    names = {"eos_token": "<|endoftext|>"} if kind == "qwen2" else {"bos_token": special[0], "eos_token": special[1]}
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "chat_template": CHATML, **names}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return folder


def tokenizer(special: list[str], kind: str) -> Tokenizer:
    """Byte-level BPE; Qwen's normalises to NFC, Llama's puts its first special token before every text."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(
        TEXTS, trainers.BpeTrainer(vocab_size=FIRST, initial_alphabet=alphabet, show_progress=False)
    )
    made.add_special_tokens([f"<|unused_{n}|>" for n in range(FIRST - made.get_vocab_size())])
    made.add_special_tokens(special)
    if kind == "qwen2":
        made.normalizer = normalizers.NFC()
    else:
        first = made.token_to_id(special[0])
        made.post_processor = processors.TemplateProcessing(
            single=f"{special[0]} $A", special_tokens=[(special[0], first)]
        )
    return made


def tiny_recipe(path: Path, base: Path, kind: str = "qwen2", **block: object) -> Path:
    """A recipe for a tiny base with the DeepSeek template: 1 epoch of batches of 4 on CPU."""
    names = DEEPSEEK[kind]
    settings: dict[str, object] = {
        "base": str(base),
        "template": "deepseek-r1",
        "tokens": {FIRST + n: name for n, name in enumerate(names)},
        "bos": "<｜begin▁of▁sentence｜>",
        "eos": "<｜end▁of▁sentence｜>",
        "batch": {"unit": "examples", "size": 4},
        "accelerate": "cpu",
        "license": "apache-2.0",
        "shape": SHAPE | {"qkv_bias": kind == "qwen2"},
    }
    trl = {
        "max_length": 512,
        "packing": False,
        "learning_rate": 1e-3,
        "num_train_epochs": 1,
        "per_device_train_batch_size": 2,
        "activation_checkpointing": False,
        "bf16": False,
        "use_cpu": True,
        "logging_steps": 1,
        "save_strategy": "no",
        "report_to": "none",
    }
    given = {key: value for key, value in (settings | block).items() if value is not None}
    path.write_text(yaml.safe_dump({"distill": given, **trl}, allow_unicode=True), encoding="utf-8")
    return path


def tiny_dataset(path: Path, num_rows: int = 16) -> Path:
    """Sums; every third row has no reasoning."""
    with path.open("w", encoding="utf-8") as file:
        for n in range(num_rows):
            reasoning = "" if n % 3 == 0 else f"We need {n} + {n}. That is {2 * n}."
            file.write(json.dumps(row(f"What is {n} + {n}?", f"<think>\n{reasoning}\n</think>\n\n{2 * n}")) + "\n")
    return path


def row(question: str, content: str, domain: str = "math") -> dict[str, object]:
    """A dataset row."""
    return {
        "id": question,
        "prompt": [{"role": "user", "content": question}],
        "completion": [{"role": "assistant", "content": content}],
        "domain": domain,
        "teacher": "toy-teacher",
        "verifier": "math_answer",
    }


def is_gone(pid: int) -> bool:
    """Whether a process that was killed ends, be it as a zombie."""
    for _ in range(600):
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.1)
    return False


def kill_training() -> None:
    """SIGKILL to every process of a training that this process has started, and to no other child."""
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if any("distill.training" in word for word in process.cmdline()):
                process.kill()
