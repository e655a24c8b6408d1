"""The formulas beside real tensors: what a layer saves and what a step holds, on a CPU and in small."""

from typing import Any

import pytest
import torch
from torch.autograd.graph import saved_tensors_hooks
from torch.distributed._tools.mem_tracker import MemTracker
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel
from trl.kernels import chunked_logprob
from trl.trainer import utils as trl_models

from distill.training.machine import memory as formulas
from distill.training.machine.memory import memory
from distill.training.recipe import StudentRecipe, load

SIZES = {"layers": 3, "hidden": 256, "intermediate": 704, "heads": 8, "kv_heads": 2, "vocab": 4096}
LENGTH = 512


def recipe_of(*overrides: str, length: int = LENGTH, tied: bool = False) -> StudentRecipe:
    """The 1.5B student with small sizes, one row at a time on one GPU."""
    shape = ", ".join(f"{name}: {size}" for name, size in SIZES.items())
    settings = (f"max_length={length}", "distill.batch.size=1", "distill.accelerate=single", "distill.rope=null")
    qwen = f"distill.shape={{{shape}, tied: {str(tied).lower()}, qkv_bias: true}}"
    return load("qwen-1.5b", [*settings, "distill.tokens={}", "distill.untied=false", qwen, *overrides])


def model_of(attention: str, dtype: torch.dtype, tied: bool = False) -> PreTrainedModel:
    """The same sizes as a model of transformers."""
    torch.manual_seed(0)
    config = AutoConfig.for_model(
        "qwen2",
        num_hidden_layers=SIZES["layers"],
        hidden_size=SIZES["hidden"],
        intermediate_size=SIZES["intermediate"],
        num_attention_heads=SIZES["heads"],
        num_key_value_heads=SIZES["kv_heads"],
        vocab_size=SIZES["vocab"],
        tie_word_embeddings=tied,
    )
    config._attn_implementation = attention
    model: PreTrainedModel = AutoModelForCausalLM.from_config(config, dtype=dtype)  # type: ignore[no-untyped-call]
    model.train()
    return model


def saved_by_a_layer(attention: str, dtype: torch.dtype, is_packed: bool) -> int:
    """Bytes of a row's tensors that the second layer keeps for its backward pass, each once and without weights."""
    model = model_of(attention, dtype)
    kept: dict[int, torch.Tensor] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        if LENGTH in tensor.shape:
            kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    layer: Any = model.model.layers[1]
    hooks = saved_tensors_hooks(keep, lambda tensor: tensor)
    layer.register_forward_pre_hook(lambda *_: hooks.__enter__())
    layer.register_forward_hook(lambda *_: hooks.__exit__(None, None, None))
    half = torch.arange(LENGTH // 2)
    places = {"position_ids": torch.cat([half, half])[None]} if is_packed else {}
    with torch.autocast("cpu", torch.bfloat16, enabled=dtype == torch.float32):
        model.model(input_ids=torch.zeros(1, LENGTH, dtype=torch.long), use_cache=False, **places)
    return sum(tensor.untyped_storage().nbytes() for tensor in kept.values())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(("attention", "is_packed"), [("sdpa", False), ("sdpa", True), ("eager", False)])
def test_what_a_layer_saves_is_what_the_formula_has(attention: str, is_packed: bool, dtype: torch.dtype) -> None:
    """Left out are rotary cosines and the norms' and attention's statistics: a fiftieth here, less in real sizes."""
    packing = ["packing=true", "distill.batch.unit=tokens"] if is_packed else []
    name = str(dtype).removeprefix("torch.")
    found = memory(recipe_of(f"attn_implementation={attention}", f"dtype={name}", *packing), 1)
    gradients = 4 * LENGTH * SIZES["intermediate"]
    shared = LENGTH**2 if is_packed else 0  # the mask in bytes is the model's, not the layer's
    foretold = found.layer - gradients + found.attention - shared
    assert saved_by_a_layer(attention, dtype, is_packed) == pytest.approx(foretold, rel=0.03)


def test_a_mask_of_32768_tokens_is_a_gigabyte_and_two_more_in_the_layer() -> None:
    packed = ["packing=true", "distill.batch.unit=tokens", "distill.batch.size=342739"]
    found = memory(load("qwen-7b", packed), 8)
    repeated = 4 * 32768 * (3584 - 512)
    assert found.attention == 3 * 32768**2 + repeated
    flash = memory(load("qwen-7b", [*packed, "attn_implementation=kernels-community/flash-attn3"]), 8)
    assert flash.attention == memory(load("qwen-7b"), 8).attention == 0


@pytest.mark.parametrize("is_checkpointing", [True, False])
@pytest.mark.parametrize("tied", [True, False])
def test_a_whole_step_on_one_gpu_holds_what_the_terms_sum_up_to(
    is_checkpointing: bool, tied: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Torch's own tracker counts the second of two micro-batches; the sum, as if all were there at once, is above."""
    monkeypatch.setattr(formulas, "TILE", 0)
    monkeypatch.setattr(chunked_logprob, "TOKEN_CHUNK_SIZE", 32)  # its folds in torch, for CPUs, take several tiles
    monkeypatch.setattr(trl_models, "_CHUNKED_LOGPROB_CHUNK_SIZE", 512)
    settings = [f"activation_checkpointing={str(is_checkpointing).lower()}"]
    foretold = memory(recipe_of(*settings, tied=tied), 1).computed
    assert 0.98 <= foretold / peak_of_a_step(is_checkpointing, tied) <= 1.2


def peak_of_a_step(is_checkpointing: bool, tied: bool) -> float:
    model = model_of("sdpa", torch.float32, tied)
    trl_models.add_fused_lm_head(model)
    if is_checkpointing:
        model.activation_checkpointing_enable({"use_reentrant": False})
    optimizer = torch.optim.AdamW(model.parameters(), foreach=False, fused=True)
    tracker = MemTracker()
    tracker.track_external(model, optimizer)
    tokens = torch.zeros(1, LENGTH, dtype=torch.long)
    with tracker:
        for micro_batch in range(4):
            with torch.autocast("cpu", torch.bfloat16):
                loss = model(input_ids=tokens, labels=tokens, fused_lm_head=True).loss
            loss.backward()
            if micro_batch % 2:
                optimizer.step()
                optimizer.zero_grad()
            tracker.reset_mod_stats()
        peak = tracker.get_tracker_snapshot("peak")[torch.device("cpu")]
    return float(peak["Total"])


def test_four_bits_are_half_a_byte_and_a_float_for_64_numbers() -> None:
    qlora = ["use_peft=true", "load_in_4bit=true", "distill.accelerate=single", "dtype=bfloat16"]
    matrices = 32 * (2 * 4096 * 4096 + 2 * 4096 * 1024 + 3 * 4096 * 14336)
    rest = 8_030_261_248 - matrices
    assert memory(load("llama-8b", qlora), 1).weights == 0.5625 * matrices + 2 * rest
    nested = memory(load("llama-8b", [*qlora, "use_bnb_nested_quant=true"]), 1).weights
    assert nested == (0.5 + 1 / 64) * matrices + 2 * rest
    eight = [setting.replace("4bit", "8bit") for setting in qlora]
    assert memory(load("llama-8b", eight), 1).weights == matrices + 2 * rest


def test_the_quantized_base_has_neither_gradient_nor_optimizer() -> None:
    qlora = ["use_peft=true", "load_in_4bit=true", "distill.accelerate=single", "distill.tokens={}"]
    found, lora = memory(load("llama-8b", qlora), 1), memory(load("llama-8b", qlora[:1] + qlora[2:]), 1)
    assert (found.gradients, found.optimizer) == (lora.gradients, lora.optimizer)
    assert found.gradients < 0.2e9 and found.head == 0
    assert found.weights < lora.weights / 3


def test_adapters_train_the_rows_of_new_tokens_too() -> None:
    with_rows, without = load("llama-8b", ["use_peft=true"]), load("llama-8b", ["use_peft=true", "distill.tokens={}"])
    rows = 2 * len(with_rows.distill.tokens) * 4096  # both matrices
    assert memory(with_rows, 1).gradients - memory(without, 1).gradients == 4 * rows
    alone = [
        load("llama-8b", ["use_peft=true", "distill.accelerate=single", *more]) for more in ([], ["distill.tokens={}"])
    ]
    assert [memory(each, 1).head for each in alone] == [4 * 2 * 128256 * 4096, 0]


def test_a_second_embedding_matrix_counts() -> None:
    tied = recipe_of(tied=True)
    untied = recipe_of("distill.untied=true", tied=True)
    assert memory(untied, 1).weights == memory(recipe_of(tied=False), 1).weights
    assert memory(untied, 1).weights - memory(tied, 1).weights == 4 * SIZES["vocab"] * SIZES["hidden"]
