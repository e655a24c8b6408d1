import pytest

from distill.training.settings.attention import BUILT_IN, is_known, is_separating


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of torch, in what transformers calls for flex_attention
@pytest.mark.parametrize("kind", ["qwen2", "llama"])
@pytest.mark.parametrize("name", BUILT_IN)
def test_a_packed_document_sees_only_itself(kind: str, name: str) -> None:
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    sizes = {"hidden_size": 64, "intermediate_size": 128, "num_attention_heads": 4, "num_key_value_heads": 2}
    config = AutoConfig.for_model(kind, num_hidden_layers=2, vocab_size=320, **sizes)
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config, attn_implementation=name).eval()  # type: ignore[no-untyped-call]
    first, second = torch.randint(0, 320, (1, 9)), torch.randint(0, 320, (1, 14))
    ids = torch.cat([torch.arange(9), torch.arange(14)])[None]
    with torch.no_grad():
        alone = model(second, position_ids=ids[:, 9:], use_cache=False).logits
        packed = model(torch.cat([first, second], 1), position_ids=ids, use_cache=False).logits[:, 9:]
    assert torch.allclose(alone, packed, atol=1e-6)


def test_what_nobody_has_shown_to_separate_them_is_not_taken_to() -> None:
    names = ("sdpa", "kernels-community/flash-attn3", "paged|eager", "sdpaa", "me/mine")
    assert [is_separating(name) for name in names] == [True, True, False, False, False]
    assert is_known("me/mine")
    assert not is_known("sdpaa")


def test_those_that_need_no_package_are_transformers_own() -> None:
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    assert {*BUILT_IN} - {"eager"} <= {*ALL_ATTENTION_FUNCTIONS.valid_keys()}
