from distill.training.hyperparameters import hyperparameters
from distill.training.recipe import load


def test_what_the_recipe_says_is_as_it_was_written_and_the_rest_as_trl_ran() -> None:
    found = hyperparameters(load("qwen-7b"), {"optim": "adamw_torch_fused", "weight_decay": 0.0, "learning_rate": 1.0})
    assert found == {
        "learning rate": "8e-05, cosine_with_min_lr, min_lr_rate 0.1, warm-up 0.03",
        "batch": "64 examples a step",
        "epochs": "2",
        "max_length": "32,768",
        "packing": "no",
        "dtype": "float32, computing in bfloat16",
        "adapter": "none, all weights are trained",
        "optimizer": "optim adamw_torch_fused, adam_beta1 0.9, adam_beta2 0.999, weight_decay 0.0, max_grad_norm 1.0",
        "seed": "42",
        "template": "deepseek-r1",
        "layout": "fsdp2",
    }


def test_an_adapter_on_quantized_weights_is_told_with_its_rank() -> None:
    lora = ["use_peft=true", "load_in_4bit=true", "lora_r=16", "lora_target_modules=[q_proj, v_proj]"]
    adapter = hyperparameters(load("qwen-7b", lora), {})["adapter"]
    assert adapter == "LoRA on 4 bits, lora_r 16, lora_target_modules q_proj v_proj"
    steps = ["max_steps=20", "bf16=false"]
    found = hyperparameters(load("qwen-7b", steps), {})
    assert (found["epochs"], found["dtype"]) == ("20 steps", "float32, computing in the same")
