import pytest

from distill.training.machine import fit
from distill.training.machine.memory import memory
from distill.training.machine.parameters import num_parameters
from distill.training.recipe import load


@pytest.mark.parametrize(
    ("name", "num_gpus", "is_fitting"),
    [
        ("qwen-1.5b", 1, True),
        ("qwen-7b", 1, False),
        ("qwen-7b", 8, True),  # open-r1 trained it so
        ("qwen-14b", 16, True),
        ("qwen-32b", 8, False),
        ("qwen-32b", 16, False),  # simplescaling/s1 #13: out of memory at 32,768 tokens
        ("qwen-32b", 32, True),
        ("llama-8b", 8, True),
        ("llama-70b", 8, False),
        ("llama-70b", 64, True),
    ],
)
def test_which_layouts_fit_80_gb(name: str, num_gpus: int, is_fitting: bool) -> None:
    assert fit.estimate(load(name), num_gpus).is_fitting is is_fitting


def test_sharded_state_is_sixteen_bytes_a_parameter() -> None:
    recipe = load("llama-70b")
    found = memory(recipe, 64)
    state = found.weights + found.gradients + found.optimizer
    assert state == pytest.approx(16 * 70_553_706_496 / 64)


def test_offloading_moves_the_checkpoints_into_host_memory() -> None:
    kept = fit.estimate(load("qwen-32b"), 32)
    offloaded = fit.estimate(load("qwen-32b", ["activation_checkpointing_kwargs={offload: true}"]), 32)
    assert kept.memory.checkpoints == offloaded.host_bytes == 2 * 32768 * 5120 * 64
    assert kept.host_bytes == offloaded.memory.checkpoints == 0


def test_sequence_parallelism_divides_the_activations() -> None:
    alone = memory(load("qwen-32b"), 32)
    shared = memory(load("qwen-32b", ["distill.accelerate=sp", "distill.sequence_parallel=4"]), 32)
    assert (shared.layer, shared.checkpoints) == (alone.layer / 4, alone.checkpoints / 4)
    assert shared.weights == alone.weights


def test_lora_trains_the_adapter_alone() -> None:
    full, lora = memory(load("llama-8b"), 8), memory(load("llama-8b", ["use_peft=true", "lora_r=16"]), 8)
    assert lora.weights == full.weights
    assert lora.optimizer < full.optimizer / 50


def test_the_papers_set_takes_the_steps_that_the_paper_implies() -> None:
    assert fit.estimate(load("qwen-7b"), 8).num_steps == round(2 * 804_745 / 64)
    packed = ("packing=true", "distill.batch.unit=tokens", "distill.batch.size=2097152")
    assert fit.estimate(load("qwen-7b", packed), 8).num_steps == round(2 * 4_309_651_000 / 2_097_152)


def test_gpu_hours_are_operations_over_what_the_card_does() -> None:
    """6·N alone gives 277 GPU-hours for 7B; attention over 5,355 tokens adds a fifteenth."""
    assert fit.estimate(load("qwen-7b"), 8).gpu_hours == pytest.approx(277 * 1.07, rel=0.01)


def test_a_refusal_shows_the_arithmetic_and_what_would_fit() -> None:
    recipe = load("llama-70b")
    text = fit.refusal(recipe, fit.estimate(recipe, 8))
    assert "does not fit 8 × H100" in text
    assert "--gpus 32" in text
    assert "optimizer       70.6 GB" in text


def test_parameters_are_counted_as_torch_counts_them() -> None:
    from transformers import AutoConfig, AutoModelForCausalLM

    from distill.training.recipe import ModelShape
    from tests.training.tiny import SHAPE

    for kind in ("qwen2", "llama"):
        shape = ModelShape.model_validate(SHAPE | {"qkv_bias": kind == "qwen2"})
        config = AutoConfig.for_model(
            kind,
            num_hidden_layers=shape.layers,
            hidden_size=shape.hidden,
            intermediate_size=shape.intermediate,
            num_attention_heads=shape.heads,
            num_key_value_heads=shape.kv_heads,
            vocab_size=shape.vocab,
        )
        model = AutoModelForCausalLM.from_config(config)  # type: ignore[no-untyped-call]
        assert num_parameters(shape) == sum(p.numel() for p in model.parameters())


def test_what_is_advised_would_fit_and_is_not_set_already() -> None:
    lora = load("qwen-7b", ["use_peft=true", "distill.accelerate=single"])
    advice = list(fit.ways(lora, "a100", 1))
    assert not any(way.startswith("use_peft") for way in advice)
    qlora = load("llama-70b", ["use_peft=true", "load_in_4bit=true", "distill.accelerate=single"])
    assert not any("load_in_4bit" in way for way in fit.ways(qlora, "h100", 1))
    small = load("llama-70b", ["max_length=4096", "dtype=bfloat16"])
    assert any("load_in_4bit=true" in way for way in fit.ways(small, "h100", 1))
    assert "'activation_checkpointing_kwargs={offload: true}'" in fit.ways(load("qwen-32b"), "h100", 16)


def test_adapters_are_not_advised_where_the_reference_moves() -> None:
    from distill.training.grpo.recipe import load as load_grpo

    moving = load_grpo("r1-zero", ["distill.student=qwen-32b"])
    assert moving.trl["sync_ref_model"]
    assert not any("use_peft" in way for way in fit.ways(moving, "h100", 8))
