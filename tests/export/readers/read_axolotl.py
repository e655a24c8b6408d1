"""Reads an export as `axolotl preprocess axolotl.yaml` does, and prints what is trained, a line of JSON a row."""

import json
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import yaml
from transformers import AutoTokenizer


def main(tokenizer_folder: str, *config_files: str) -> None:
    for file in map(Path, config_files):
        given = yaml.safe_load(file.read_text(encoding="utf-8"))
        for key in sorted({"datasets", "test_datasets"} & set(given)):
            for text in trained(tokenizer_folder, given, key):
                print("row", json.dumps([f"{file.name} {key}", text]))


def trained(tokenizer_folder: str, given: dict[str, object], key: str) -> Iterator[object]:
    # It compiles the packing of rows into batches, which comes behind what is read here.
    numba = sys.modules["numba"] = types.ModuleType("numba")
    setattr(numba, "njit", lambda function: function)  # noqa: B010 - mypy knows no such attribute

    from axolotl.utils.data.shared import load_dataset_with_config
    from axolotl.utils.data.utils import handle_long_seq_in_dataset
    from axolotl.utils.data.wrappers import get_dataset_wrapper
    from axolotl.utils.dict import DictDefault
    from axolotl.utils.schemas.config import AxolotlInputConfig
    from axolotl.utils.schemas.datasets import SFTDataset

    assert set(given) <= set(AxolotlInputConfig.model_fields)
    config, tokenizer = DictDefault(given), AutoTokenizer.from_pretrained(tokenizer_folder)
    for each in config[key]:
        dataset = DictDefault(SFTDataset(**each).model_dump(exclude_none=True))
        rows = load_dataset_with_config(dataset, use_auth_token=False)
        encoded, _ = get_dataset_wrapper(dataset, tokenizer, config, dataset.type, rows)
        for row in handle_long_seq_in_dataset(encoded, config.sequence_len, config):
            yield tokenizer.decode([token for token in row["labels"] if token != -100])


if __name__ == "__main__":
    main(*sys.argv[1:])
