"""An output embedding of its own for a base that has one matrix for both ends.

DeepSeek's 1.5B student has two (`tie_word_embeddings: false` in its config.json) where Qwen2.5-Math-1.5B has one.
"""

import json
from pathlib import Path

INPUT, OUTPUT = "model.embed_tokens.weight", "lm_head.weight"
_FILE = "lm_head.safetensors"
_INDEX = "model.safetensors.index.json"


def untie(folder: Path) -> None:
    """Write the output embedding of a model folder as a copy of the input's, and the index that names both.

    `folder` holds links to the base's weights, which are not touched. A single file gets another name, since
    transformers reads `model.safetensors` alone where it is there.
    """
    from safetensors import safe_open
    from safetensors.torch import save_file

    if (single := folder / "model.safetensors").is_symlink():
        single.rename(folder / "model-00001-of-00001.safetensors")
    places, size = dict[str, str](), 0
    for file in sorted(folder.glob("*.safetensors")):
        size += file.stat().st_size
        with safe_open(file, "pt") as tensors:
            places |= dict.fromkeys(tensors.keys(), file.name)
    with safe_open(folder / places[INPUT], "pt") as tensors:
        save_file({OUTPUT: tensors.get_tensor(INPUT)}, folder / _FILE, metadata={"format": "pt"})
    index = {"metadata": {"total_size": size}, "weight_map": places | {OUTPUT: _FILE}}
    (folder / _INDEX).unlink(missing_ok=True)  # a link to the base's, which stays as it is
    (folder / _INDEX).write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")
