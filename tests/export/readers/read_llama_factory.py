"""Reads an export as `llamafactory-cli train sft.yaml` does, and prints what is trained, a line of JSON a row."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import yaml
from llamafactory.data.loader import _get_preprocessed_dataset, _load_single_dataset
from llamafactory.data.parser import get_dataset_list
from llamafactory.data.template import get_template_and_fix_tokenizer
from llamafactory.hparams.data_args import DataArguments
from transformers import AutoTokenizer

KEYS_OF_OTHERS = {"stage", "do_train"}
"""Of its training and fine-tuning arguments."""


def main(tokenizer_folder: str, config_file: str, *templates: str) -> None:
    config = yaml.safe_load(Path(config_file).read_text(encoding="utf-8"))
    given = {name: value for name, value in config.items() if name not in KEYS_OF_OTHERS}
    for template in templates:
        for key in ("dataset", "eval_dataset"):
            for text in trained(tokenizer_folder, DataArguments(**given, template=template), key):
                print("row", json.dumps([f"{template} {key}", text]))


def trained(tokenizer_folder: str, data: DataArguments, key: str) -> Iterator[object]:
    training = SimpleNamespace(
        local_process_index=0, predict_with_generate=False, should_log=False, dataloader_num_workers=0
    )
    model = SimpleNamespace(cache_dir=None, hf_hub_token=None)
    tokenizer = AutoTokenizer.from_pretrained(tokenizer_folder)
    (attributes,) = get_dataset_list(getattr(data, key), data.dataset_dir)
    rows = _load_single_dataset(attributes, model, data, training)
    made = get_template_and_fix_tokenizer(tokenizer, data)
    for row in _get_preprocessed_dataset(rows, data, training, "sft", made, tokenizer):
        yield tokenizer.decode([token for token in row["labels"] if token != -100])


if __name__ == "__main__":
    main(*sys.argv[1:])
