"""The setting of a machine with GPUs."""

import argparse
from pathlib import Path

from distill.evaluation.models import find_model
from distill.recipe.loading import is_recipe, recipes_folder
from distill.recipe.sections import TeacherSection
from distill.training.machine.gpus import GPUS, Gpu
from distill.training.recipe import KIND
from gpu_check.setting import SHORT, Setting, layouts

EXPORTED = ("distill.template=base", "distill.tokens={}", "distill.rope=null", "distill.bos=null", "distill.eos=null")
"""A model that was trained here as a base: what a preparation does was done to it."""


def setting_of(options: argparse.Namespace) -> Setting:
    """What the options ask for, on the GPUs of this machine."""
    import torch

    num_gpus = options.gpus or torch.cuda.device_count()
    name = torch.cuda.get_device_name()
    length, max_tokens = (2048, 512) if options.quick else (16384, 4096)
    is_known = is_recipe(options.student, KIND)
    base = () if is_known else (f"distill.base={options.student}",)
    return Setting(
        out=options.out.absolute(),
        hardware=f"{num_gpus} × {name}",
        card=card_of(name),
        teacher=find_model(options.teacher, None, max_tokens),
        prompts=recipes_folder() / "quickstart" / "train.jsonl",
        num_prompts=8 if options.quick else 64,
        max_tokens=max_tokens,
        student=options.student if is_known else "qwen-1.5b",
        overrides=(*SHORT, *base, f"max_length={length}", f"distill.batch.size={2 * num_gpus}"),
        layouts=layouts(num_gpus),
        num_steps=6 if options.quick else 20,
        grpo="modern",
        grpo_overrides=(
            *(f"distill.student={options.student}",) * is_known,
            *("distill.student=qwen-1.5b",) * (not is_known),
            *EXPORTED,
            "distill.accelerate=fsdp2",
            "distill.rewards={accuracy: 1.0}",
            f"distill.batch.size={16 * num_gpus}",
            f"generation_batch_size={16 * num_gpus}",
            "distill.max_prompt_tokens=256",
            "num_generations=8",
            "max_completion_length=512",
            "max_steps=5",
            "warmup_steps=0",
            "save_strategy=no",
        ),
        num_processes=num_gpus,
        served=served,
    )


def served(model: Path) -> TeacherSection:
    """An export on vLLM."""
    return TeacherSection(model=model.name, engine="vllm", weights=str(model), num_slots=16, context_length=2048)


def card_of(name: str) -> Gpu | None:
    """The card in the table that a driver's name stands for.

    >>> card_of("NVIDIA H100 80GB HBM3"), card_of("NVIDIA L4")
    (Gpu(memory_gb=80, tflops=989), None)
    """
    return next((card for known, card in GPUS.items() if known in name.lower()), None)
