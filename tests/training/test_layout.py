import re

import pytest

from distill.errors import RecipeError
from distill.training.recipe import load, padding

PACKED = "packing=true distill.batch={unit: tokens, size: 342739}"
SHARED = "distill.accelerate=sp"
EXAMINED = "eval_strategy=steps eval_steps=50"


def split(overrides: str) -> list[str]:
    return re.split(r" (?=[\w.]+=)", overrides)


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ("packing=true", "unknown number of examples"),
        ("distill.rope.max_position_embeddings=4096", "do not fit `distill.rope.max_position_embeddings"),
        ("model_init_kwargs.rope_theta=300000", "Set distill.rope.theta"),
        ("model_init_kwargs.revision=main", "Set `distill.revision`"),
        ("model_init_kwargs.device_map=auto", "Set `distill.accelerate`"),
        ("model_init_kwargs.load_in_4bit=true", "Set the recipe's `load_in_4bit`"),
        ("attn_implementation=sdpaa", "there is no `attn_implementation: sdpaa`"),
        (f"{PACKED} attn_implementation=paged|eager", "there is no"),
        (f"{PACKED} attn_implementation=me/mine", "may see each other"),
        ("distill.sequence_parallel=3", "28 attention heads do not divide over 3"),
        ("distill.sequence_parallel=4", "need each other"),
        (f"{SHARED} distill.sequence_parallel=7", "4 key-value heads do not divide over 7 GPUs, nor 7 by them"),
        (f"{SHARED} distill.sequence_parallel=4 attn_implementation=eager", "cannot share a row under"),
        (f"{SHARED} distill.sequence_parallel=4 {PACKED}", "need a flash kernel"),
        (f"{SHARED} distill.sequence_parallel=4 pad_to_multiple_of=6", "must be a multiple of 4"),
        (EXAMINED, "needs something to examine the student with"),
        ("distill.held_out.share=0.1", "Set eval_strategy=steps"),
        (f"{EXAMINED} distill.held_out={{rows: a, share: 0.1}}", "not both"),
        (f"{EXAMINED} {SHARED} distill.sequence_parallel=4 distill.held_out.prompts=a", "cannot answer prompts"),
        (f"{EXAMINED} distill.held_out={{share: 0.1, patience: 3}}", "load_best_model_at_end=true"),
        (f"{EXAMINED} load_best_model_at_end=true distill.held_out.prompts=a", "Set it to pass_at_1"),
        (
            f"{EXAMINED} load_best_model_at_end=true distill.held_out.share=0.1 metric_for_best_model=pass_at_1",
            "Set it to loss",
        ),
        (
            f"{EXAMINED} load_best_model_at_end=true distill.held_out.share=0.1 greater_is_better=true",
            "would keep the worst model by loss",
        ),
        ("distill.curriculum=easy_first train_sampling_strategy=random", "`distill.curriculum` orders the rows"),
        ("logging_strategy=no", "needs the losses"),
    ],
)
def test_settings_that_contradict_each_other_are_refused_with_what_to_write(overrides: str, said: str) -> None:
    with pytest.raises(RecipeError, match=re.escape(said)):
        load("qwen-7b", split(overrides))


@pytest.mark.parametrize(
    "overrides",
    [
        PACKED,
        f"{PACKED} packing_strategy=bfd_split attn_implementation=flash_attention_2",
        f"{SHARED} distill.sequence_parallel=2 {PACKED} attn_implementation=kernels-community/flash-attn3",
        f"{SHARED} distill.sequence_parallel=28 pad_to_multiple_of=56",
        f"{EXAMINED} load_best_model_at_end=true metric_for_best_model=pass_at_1 distill.held_out.prompts=a",
        f"{EXAMINED} load_best_model_at_end=true distill.held_out={{share: 0.1, patience: 3}}",
        "distill.curriculum=easy_first",
    ],
)
def test_settings_that_agree_stand(overrides: str) -> None:
    load("qwen-7b", split(overrides))


def test_gpus_that_share_a_row_need_lengths_that_divide() -> None:
    assert padding(load("qwen-7b", [SHARED, "distill.sequence_parallel=4"])) == {"pad_to_multiple_of": 4}
    assert padding(load("qwen-7b")) == {}
