"""What the model in training answers to prompts, as its template renders them for inference."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from accelerate import DistributedType
from transformers import AutoTokenizer, GenerationConfig
from trl import SFTConfig, SFTTrainer  # type: ignore[attr-defined]

from distill import reasoning
from distill.records import Prompt
from distill.training.recipe import HeldOut

_GREEDY = {"temperature": 1.0, "top_p": 1.0}
_SHARDED = {DistributedType.FSDP, DistributedType.DEEPSPEED}
TOP_P = 0.95
"""DeepSeek's for evaluation (arXiv 2501.12948 v2, D.1)."""


class DrawnAnswer(NamedTuple):
    """One answer of the student."""

    prompt: Prompt
    number: int
    """The place of the prompt among all."""
    text: str
    """What stands after the reasoning."""
    is_truncated: bool
    """Whether the token limit cut it off."""


class Answering:
    """Prompts that the model in training answers, each process its share of them.

    The weights stay where training has them: sharded ones are gathered layer by layer, for every token anew, so a
    model that fits while it trains fits here, too. All processes take as many steps.
    """

    def __init__(self, trainer: SFTTrainer, student: str, prompts: Sequence[Prompt], settings: HeldOut) -> None:
        """Render and encode the prompts once, by tokenizer and template of the prepared `student`."""
        self._tokenizer = AutoTokenizer.from_pretrained(student, padding_side="left")
        self._trainer, self._prompts, self._settings = trainer, prompts, settings
        self._texts = [self._rendered(prompt) for prompt in prompts]
        self._ids = [self._tokenizer(text, add_special_tokens=False)["input_ids"] for text in self._texts]

    def draw(self) -> list[DrawnAnswer]:
        """This process's answers.

        The same weights on as many processes draw the same, at every evaluation and after a resume; the training's
        own random numbers go on as if nothing had been drawn.
        """
        accelerator, args = self._trainer.accelerator, self._trainer.args
        asked = [number for number in range(len(self._prompts)) for _ in range(self._settings.num_samples)]
        mine = asked[accelerator.process_index :: accelerator.num_processes]
        share = -(-len(asked) // accelerator.num_processes)
        # Who has one less answers the first prompt as well, since sharded weights are gathered by all together.
        numbers, size, found = [*mine, 0][:share], self._batch_size(), list[DrawnAnswer]()
        devices = [accelerator.device] if accelerator.device.type == "cuda" else []
        with torch.random.fork_rng(devices), torch.no_grad():
            torch.manual_seed(args.seed + accelerator.process_index)
            for start in range(0, share, size):
                found += self._batch(numbers[start : start + size])
        return found[: len(mine)]

    def _batch_size(self) -> int:
        """As many answers at once as their tokens are no more than those of the rows that one device trains on."""
        args = self._trainer.args
        assert isinstance(args, SFTConfig)
        assert args.max_length is not None
        longest = max(map(len, self._ids)) + self._settings.max_tokens
        return max(1, args.per_device_train_batch_size * args.max_length // longest)

    def _batch(self, numbers: Sequence[int]) -> list[DrawnAnswer]:
        accelerator = self._trainer.accelerator
        # Layers checkpoint their activations only while they train, so the cache needs nothing switched off.
        model = accelerator.unwrap_model(self._trainer.model_wrapped)
        inputs = self._tokenizer.pad({"input_ids": [self._ids[number] for number in numbers]}, return_tensors="pt")
        is_sharded = accelerator.num_processes > 1 and accelerator.distributed_type in _SHARDED
        output = model.generate(
            **inputs.to(accelerator.device), generation_config=self._generation(), synced_gpus=is_sharded
        )
        written = output[:, inputs["input_ids"].shape[1] :].tolist()
        return [self._answer(number, ids) for number, ids in zip(numbers, written, strict=True)]

    def _answer(self, number: int, ids: list[int]) -> DrawnAnswer:
        text = str(self._tokenizer.decode(ids, skip_special_tokens=True))
        if self._texts[number].rstrip().endswith(reasoning.OPEN):
            text = reasoning.OPEN + text
        is_truncated = self._tokenizer.eos_token_id not in ids
        return DrawnAnswer(self._prompts[number], number, reasoning.split(text).answer, is_truncated)

    def _generation(self) -> GenerationConfig:
        temperature = self._settings.temperature
        # What is left out the student's own generation_config fills in.
        drawing = {"temperature": temperature, "top_p": TOP_P, "top_k": 0} if temperature else _GREEDY
        return GenerationConfig(  # type: ignore[no-untyped-call]
            max_new_tokens=self._settings.max_tokens,
            do_sample=temperature > 0,
            use_cache=True,
            eos_token_id=self._tokenizer.eos_token_id,
            pad_token_id=self._tokenizer.pad_token_id,
            **drawing,
        )

    def _rendered(self, prompt: Prompt) -> str:
        turns = [message.model_dump() for message in prompt.messages]
        return str(self._tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False))
