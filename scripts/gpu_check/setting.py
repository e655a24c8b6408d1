"""What is checked on a machine: a teacher, a student, layouts. Tests put a CPU's stand-ins in each place."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from distill.recipe.sections import TeacherSection
from distill.training.machine.gpus import Gpu

SHORT = ("save_strategy=no", "logging_steps=1", "report_to=none", "packing=false")


class Layout(NamedTuple):
    """A way to lay a training out."""

    name: str
    overrides: tuple[str, ...]
    num_processes: int
    needs: str | None = None
    """A package without which it is left out."""

    @property
    def is_missing(self) -> bool:
        """Whether its package is not installed."""
        return self.needs is not None and find_spec(self.needs) is None


class Setting(NamedTuple):
    """Everything that the parts need to know."""

    out: Path
    hardware: str
    card: Gpu | None
    """None where the machine's card is not in the table: then there is no utilisation."""
    teacher: TeacherSection
    prompts: Path
    num_prompts: int
    max_tokens: int
    """Of a teacher's answer."""
    student: str
    """A recipe of a student."""
    overrides: tuple[str, ...]
    """Of every fine-tuning."""
    layouts: tuple[Layout, ...]
    num_steps: int
    grpo: str
    grpo_overrides: tuple[str, ...]
    num_processes: int
    served: Callable[[Path], TeacherSection]
    """What serves an exported model."""


def layouts(num_gpus: int) -> tuple[Layout, ...]:
    """Those of a machine with GPUs; which of them it allows shows."""
    lora = ("distill.accelerate=single", "use_peft=true", "lora_target_modules=all-linear")
    return (
        Layout("single", ("distill.accelerate=single",), 1),
        Layout("fsdp2", ("distill.accelerate=fsdp2",), num_gpus),
        Layout("zero3", ("distill.accelerate=zero3",), num_gpus, "deepspeed"),
        Layout("lora", lora, 1, "peft"),
        Layout("qlora", (*lora, "load_in_4bit=true"), 1, "bitsandbytes"),
    )
