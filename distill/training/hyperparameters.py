"""How a model was trained, in the few lines that a reader of its card looks for."""

from collections.abc import Mapping

from pydantic import JsonValue

from distill.training.recipe import StudentRecipe


def hyperparameters(recipe: StudentRecipe, arguments: Mapping[str, JsonValue]) -> dict[str, str]:
    """Name → value. `arguments` are TRL's as the training ran with them; what the recipe says is as it was written."""
    given, block = {**arguments, **recipe.trl}, recipe.distill
    found = {
        "learning rate": f"{given.get('learning_rate')}, {_schedule(given)}",
        "batch": f"{block.batch.size:,} {block.batch.unit} a step",
        "epochs": _length(given),
        "max_length": f"{recipe.max_length:,}",
        "packing": "yes" if recipe.packing else "no",
        "dtype": _dtype(given),
        "adapter": _adapter(given),
        "optimizer": _named(
            given, "optim", "adam_beta1", "adam_beta2", "adam_epsilon", "weight_decay", "max_grad_norm"
        ),
        "seed": str(given.get("seed", 42)),
        "template": block.template.rpartition("/")[2],
        "layout": block.accelerate.rpartition("/")[2],
    }
    return {name: value for name, value in found.items() if value}


def _schedule(given: Mapping[str, JsonValue]) -> str:
    kwargs = given.get("lr_scheduler_kwargs")
    settings = [f"{key} {value}" for key, value in kwargs.items()] if isinstance(kwargs, dict) else []
    return ", ".join(
        [str(given.get("lr_scheduler_type", "linear")), *settings, f"warm-up {given.get('warmup_steps', 0)}"]
    )


def _length(given: Mapping[str, JsonValue]) -> str:
    steps = given.get("max_steps", -1)
    return f"{steps} steps" if isinstance(steps, int) and steps > 0 else f"{given.get('num_train_epochs', 3)}"


def _dtype(given: Mapping[str, JsonValue]) -> str:
    compute = "float16" if given.get("fp16") else "the same" if given.get("bf16") is False else "bfloat16"
    return f"{given.get('dtype', 'float32')}, computing in {compute}"


def _adapter(given: Mapping[str, JsonValue]) -> str:
    if not given.get("use_peft"):
        return "none, all weights are trained"
    bits = next((f" on {bits} bits" for bits in (4, 8) if given.get(f"load_in_{bits}bit")), "")
    return f"LoRA{bits}, {_named(given, 'lora_r', 'lora_alpha', 'lora_dropout', 'lora_target_modules')}"


def _named(given: Mapping[str, JsonValue], *keys: str) -> str:
    return ", ".join(f"{key} {_text(given[key])}" for key in keys if given.get(key) is not None)


def _text(value: JsonValue) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
