"""A converted recipe prepares its base and proves its rows: template, EOS, shape and rows all fit."""

from pathlib import Path

from distill.training import sft as stage
from distill.training.from_trl.convert import convert
from tests.training.from_trl.files import trl_file
from tests.training.tiny import CHATML, tiny_base, tiny_dataset

SETTINGS: dict[str, object] = {
    "model_revision": "main",
    "torch_dtype": "float32",
    "chat_template": "{# own #}" + CHATML,
    "eos_token": "<|im_end|>",
    "use_cpu": True,
    "bf16": False,
    "gradient_checkpointing": False,
    "gradient_accumulation_steps": 2,
    "learning_rate": 1e-3,
    "max_seq_length": 512,
    "per_device_train_batch_size": 2,
    "report_to": ["none"],
    "save_strategy": False,
    "warmup_ratio": 0.1,
}


def test_a_converted_recipe_proves_its_rows(tmp_path: Path) -> None:
    rows, new = tiny_dataset(tmp_path / "rows.jsonl"), tmp_path / "new.yaml"
    base = tiny_base(tmp_path / "base")
    settings = SETTINGS | {"model_name_or_path": str(base), "dataset_name": str(rows)}
    converted = convert(trl_file(tmp_path, settings), "sft", out=new, overrides=["distill.license=mit"])
    new.write_text(converted.text)
    Path(converted.template.name).write_text(converted.template.text or "")
    assert converted.commands == (f"distill sft --recipe {new} --dataset {rows}",)
    checked = stage.check(new, rows, out=tmp_path / "model", num_gpus=1)
    assert checked.summary.num_rows == 16
    trained = [span.text for span in checked.document if span.is_trained]
    assert trained[-1].endswith("<|im_end|>")
