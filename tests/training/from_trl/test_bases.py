import json
from pathlib import Path

import pytest

from distill.recipe.loading import recipe_names
from distill.training.from_trl.bases import by_name, find_base, shape_of
from distill.training.machine.parameters import num_parameters
from distill.training.recipe import load
from tests.training.tiny import SHAPE, tiny_base


@pytest.mark.parametrize(
    ("name", "parameters"),
    [  # what the Hub counts in the safetensors of each
        ("Qwen/Qwen2.5-0.5B", 494_032_768),
        ("Qwen/Qwen2.5-Coder-1.5B-Instruct", 1_543_714_304),
        ("Qwen/Qwen2.5-3B", 3_085_938_688),
        ("Qwen/Qwen2.5-Math-7B-Instruct", 7_615_616_512),
        ("Qwen/Qwen2.5-14B", 14_770_033_664),
        ("Qwen/Qwen2.5-Coder-32B-Instruct", 32_763_876_352),
        ("Qwen/Qwen2.5-72B", 72_706_203_648),
        ("deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B", 1_777_088_000),
        ("unsloth/Llama-3.2-1B", 1_235_814_400),
        ("meta-llama/Llama-3.2-3B-Instruct", 3_212_749_824),
        ("meta-llama/Meta-Llama-3.1-8B", 8_030_261_248),
        ("meta-llama/Llama-3.3-70B-Instruct", 70_553_706_496),
        ("meta-llama/Llama-2-7b-hf", 6_738_415_616),
        ("meta-llama/Llama-2-13b-chat-hf", 13_015_864_320),
        ("TinyLlama/TinyLlama-1.1B-Chat-v1.0", 1_100_048_384),
        ("mistralai/Mistral-7B-v0.1", 7_241_732_096),
        ("microsoft/phi-4", 14_659_507_200),
        ("HuggingFaceTB/SmolLM2-135M", 134_515_008),
        ("HuggingFaceTB/SmolLM-360M-Instruct", 361_821_120),
        ("HuggingFaceTB/SmolLM2-1.7B-Instruct", 1_711_376_384),
        ("HuggingFaceTB/SmolLM3-3B-Base", 3_075_098_624),
    ],
)
def test_a_known_name_tells_the_dimensions(name: str, parameters: int) -> None:
    found = by_name(name)
    assert found is not None
    assert found.shape is not None
    assert num_parameters(found.shape) == parameters


@pytest.mark.parametrize("student", [name for name in recipe_names("students") if not name.startswith("smollm2")])
def test_the_shipped_students_bases_are_known_by_name(student: str) -> None:
    block = load(student).distill
    found = by_name(block.base)
    assert found is not None
    assert (found.shape, found.license) == (block.shape, block.license)


@pytest.mark.parametrize("name", ["Qwen/Qwen2.5-VL-7B-Instruct", "Qwen/Qwen3-30B-A3B", "x/NotQwen2.5-7B0", "gpt2"])
def test_other_names_tell_nothing(name: str) -> None:
    assert by_name(name) is None


def test_a_folders_own_config_and_card_count(tmp_path: Path) -> None:
    base = tiny_base(tmp_path / "Qwen2.5-7B")
    (base / "README.md").write_text("---\nlicense: mit\n---\n\n# A model\n")
    found = find_base(str(base))
    assert found.shape is not None
    assert found.shape.model_dump(include=set(SHAPE)) == SHAPE
    assert (found.shape.qkv_bias, found.license) == (True, "mit")


def test_a_config_with_other_names_has_no_shape() -> None:
    assert shape_of({"n_layer": 12, "n_embd": 768}) is None


def test_every_head_has_its_own_key_where_a_config_is_silent() -> None:
    shape = shape_of(
        json.loads(
            '{"num_hidden_layers": 2, "hidden_size": 64, "intermediate_size": 128, "vocab_size": 9,'
            '"num_attention_heads": 4}'
        )
    )
    assert shape is not None
    assert shape.kv_heads == 4
