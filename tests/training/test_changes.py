import pytest

from distill.training.changes import KEYS, Settings, changes, needs_export

RECIPE = {
    "distill": {"base": "org/base", "batch": {"unit": "examples", "size": 64}, "accelerate": "fsdp2"},
    "learning_rate": 1e-4,
    "lr_scheduler_kwargs": {"min_lr_rate": 0.1},
    "per_device_train_batch_size": 2,
    "save_steps": 500,
}


def settings(**keys: object) -> Settings:
    """Of RECIPE; `distill__x` stands for a key of the block."""
    block = RECIPE["distill"] | {  # type: ignore[operator]
        key.removeprefix("distill__"): value for key, value in keys.items() if key.startswith("distill__")
    }
    flat = {key: value for key, value in keys.items() if not key.startswith("distill__")}
    return {"recipe": str(keys), "base": "b", "dataset": "d", KEYS: {**RECIPE, **flat, "distill": block}}  # type: ignore[dict-item]


@pytest.mark.parametrize(
    "change",
    [
        {"save_steps": 100, "save_strategy": "epoch", "save_total_limit": 1},
        {"report_to": "trackio", "run_name": "again", "logging_steps": 10, "log_level": "info"},
        {"dataloader_num_workers": 4},
        {"per_device_train_batch_size": 1, "activation_checkpointing": True},
        {"activation_checkpointing_kwargs": {"selective": True}, "activation_offloading": True},
        {"distill__accelerate": "single", "distill__gpus_per_node": 4},
        {"eval_strategy": "steps", "eval_steps": 50, "distill__held_out": {"prompts": "file.jsonl"}},
        {"distill__base": "/moved/base"},  # its digest says that it is the same
        {"distill__export_dtype": "float32", "distill__license": "mit"},
    ],
)
def test_what_leaves_the_weights_as_they_would_be_is_free(change: dict[str, object]) -> None:
    assert changes(settings(), settings(**change)) == []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"learning_rate": 5e-5}, "learning_rate: 0.0001 → 5e-05"),
        ({"lr_scheduler_kwargs": {"min_lr_rate": 0.2}}, "lr_scheduler_kwargs.min_lr_rate: 0.1 → 0.2"),
        ({"seed": 7}, "seed: unset → 7"),
        ({"distill__batch": {"unit": "examples", "size": 32}}, "distill.batch.size: 64 → 32"),
        ({"dataloader_drop_last": True}, "dataloader_drop_last: unset → true"),
        ({"distill__held_out": {"share": 0.1}}, "distill.held_out.share: unset → 0.1"),
        ({"use_peft": True, "packing": True}, "packing: unset → true; use_peft: unset → true"),
    ],
)
def test_what_changes_them_is_named_with_what_it_was_and_is(change: dict[str, object], named: str) -> None:
    assert changes(settings(), settings(**change)) == [f"another recipe ({named})"]


def test_evaluations_that_choose_the_checkpoint_are_not_free() -> None:
    then = settings(load_best_model_at_end=True, eval_steps=50)
    assert changes(then, settings(load_best_model_at_end=True, eval_steps=10)) == [
        "another recipe (eval_steps: 50 → 10)"
    ]


def test_another_base_is_told_by_its_key_or_where_no_key_changed_by_its_name() -> None:
    assert changes(settings(), settings() | {"base": "c"}) == ["another base"]
    assert changes(settings(), settings(distill__untied=True) | {"base": "c"}) == [
        "another recipe (distill.untied: unset → true)"
    ]


def test_another_dataset_or_number_of_rows_stands_in_the_way() -> None:
    name = "number of rows a step"
    then, now = settings() | {name: 8}, settings() | {"dataset": "e", name: 12}
    assert changes(then, now) == ["another dataset", f"another {name} (8 → 12)"]


def test_a_training_of_an_earlier_version_has_digests_alone() -> None:
    now = settings() | {"number of rows a step": 8}
    old: Settings = {name: now[name] for name in ("recipe", "base", "dataset")}
    assert changes(old, now) == []
    assert changes(old | {"recipe": "other"}, now) == ["another recipe"]


def test_only_what_the_export_writes_asks_for_another_one() -> None:
    assert needs_export(settings(), settings(distill__export_dtype="float32"))
    assert not needs_export(settings(), settings(save_steps=1))
