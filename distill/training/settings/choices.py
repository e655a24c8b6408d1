"""Values of keys that TRL 1.16 reads as any text."""

from collections.abc import Mapping

from pydantic import JsonValue

from distill.training.settings.owned import Method

CHOICES: Mapping[Method, Mapping[str, tuple[JsonValue, ...]]] = {
    "sft": {"loss_type": ("nll", "dft"), "packing_strategy": ("bfd", "bfd_split")},
    "grpo": {
        "importance_sampling_level": ("token", "sequence"),
        "loss_type": ("grpo", "dr_grpo", "dapo", "bnpo", "cispo", "sapo", "luspo", "vespo"),
        "multi_objective_aggregation": ("sum_then_normalize", "normalize_then_sum"),
        "scale_rewards": ("group", "batch", "none", True, False),
        "vllm_importance_sampling_mode": ("token_truncate", "token_mask", "sequence_truncate", "sequence_mask"),
        "vllm_mode": ("colocate", "server"),
        "vllm_model_impl": ("vllm", "transformers"),
    },
}
"""It refuses others in the middle of the training, or takes them for one of these.

Rows are packed by best fit, and none is longer than a sequence, so `bfd_split` is `bfd`; under any other strategy TRL
would have the documents of a sequence see each other (trl #3067).
"""
