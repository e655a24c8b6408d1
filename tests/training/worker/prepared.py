"""A tiny training, prepared as `distill sft --check` leaves it, to be trained in this process."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors.torch import load_file
from torch import nn
from transformers import AutoModelForCausalLM
from trl import SFTTrainer  # type: ignore[attr-defined]

from distill.training.recipe import load
from distill.training.sft import check
from distill.training.student.export import export
from distill.training.work_folder import work_of
from distill.training.worker import sft
from tests.training.tiny import SHAPE, tiny_base, tiny_dataset, tiny_recipe

Tensors = dict[str, torch.Tensor]


class Prepared(NamedTuple):
    """Files of a tiny training."""

    base: Path
    recipe: Path
    work: Path
    overrides: Sequence[str]

    def trained(self) -> SFTTrainer:
        """Train it here; the model lies in WORK/model."""
        return sft.main(self.work)

    def exported(self) -> Path:
        """The folder that the model was exported into."""
        trainer = load(self.recipe, self.overrides)
        out = self.work.with_name("exported")
        student = next(self.work.parent.glob("cache/students/*"))
        export(self.work / "model", student, trainer, out)
        return out


def prepared(folder: Path, kind: str = "qwen2", overrides: Sequence[str] = (), **config: object) -> Prepared:
    """A base with `config`, its recipe with an export in float32, and 16 rows, proved."""
    base = tiny_base(folder / "base", kind, **config)
    shape = SHAPE | {"qkv_bias": kind == "qwen2", "tied": bool(config.get("tie_word_embeddings"))}
    recipe = tiny_recipe(folder / "tiny.yaml", base, kind, export_dtype="float32", shape=shape)
    check(recipe, tiny_dataset(folder / "rows.jsonl"), out=folder / "out", overrides=overrides)
    return Prepared(base, recipe, work_of(folder / "out"), overrides)


def weights(folder: Path) -> Tensors:
    """All tensors of a model folder."""
    return {name: tensor for file in folder.glob("*.safetensors") for name, tensor in load_file(file).items()}


def logits(model: nn.Module | Path | None) -> torch.Tensor:
    """What a model says after a text of old and new tokens."""
    if isinstance(model, Path):
        model = AutoModelForCausalLM.from_pretrained(model, dtype="float32")
    assert isinstance(model, nn.Module)
    ids = torch.tensor([[1, 5, *range(300, 306), 9]])
    with torch.no_grad():
        found = model.eval()(input_ids=ids).logits
    assert isinstance(found, torch.Tensor)
    return found.float()
