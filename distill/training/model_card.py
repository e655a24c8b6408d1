"""The parts of a model's card that all methods share: the Hub's metadata, how the model is used, its scores."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml
from pydantic import JsonValue

from distill.hub.sections import section, unpushed
from distill.rows.hub import is_hub_id, parse_hub_id
from distill.rows.license_links import license_link
from distill.rows.license_names import HUB_LICENSES, license_id
from distill.training.lineage import Lineage, public_name

SCORES = "scores"
"""The section that `distill eval` replaces."""


def model_card(title: str, header: Mapping[str, JsonValue], sections: Mapping[str, str]) -> str:
    """The whole card: metadata, title and the sections that have something to say, each between marks."""
    block = yaml.safe_dump(dict(header), sort_keys=False, allow_unicode=True)
    texts = {"title": f"# {title}", **sections}
    marked = [section(name, text) for name, text in texts.items() if text.strip()]
    return f"---\n{block}---\n\n" + "\n\n".join(marked) + "\n"


def metadata(lineage: Lineage, method: str, datasets: Sequence[str] = ()) -> dict[str, JsonValue]:
    """What the Hub reads of the card. `datasets` are names of any kind, of which Hub ids are told."""
    on_hub = [parse_hub_id(name).repo for name in datasets if _is_on_hub(name)]
    listed: list[JsonValue] = [*dict.fromkeys(on_hub)]
    return {
        **_license(lineage.license),
        "library_name": "transformers",
        "pipeline_tag": "text-generation",
        **({"base_model": lineage.base, "base_model_relation": "finetune"} if _is_on_hub(lineage.base) else {}),
        **({"datasets": listed} if listed else {}),
        "tags": ["distill", "reasoning", method],
    }


def usage(model: Path) -> str:
    """How the model is loaded. A push puts the name on the Hub into it; a folder does as well."""
    name = unpushed(model.name)
    return f'''## Use

```python
from transformers import AutoModelForCausalLM, AutoTokenizer

name = "{name}"
tokenizer, model = AutoTokenizer.from_pretrained(name), AutoModelForCausalLM.from_pretrained(name, dtype="auto")
messages = [{{"role": "user", "content": "What is 6 * 7?"}}]
inputs = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=True, return_tensors="pt")
tokens = model.generate(**inputs, max_new_tokens=4096, do_sample=True, temperature=0.6, top_p=0.95)
print(tokenizer.decode(tokens[0][inputs["input_ids"].shape[1] :], skip_special_tokens=True))
```

With vLLM, as an OpenAI-compatible endpoint:

```sh
vllm serve {name}
```'''


def unscored(model: Path) -> str:
    """What stands in the place of scores until there are some."""
    command = f"distill eval BENCHMARK --model {model.name}"
    return f"## Scores\n\nNone measured yet. `{command}` measures them and writes them here."


def short_name(base: str) -> str:
    """A base without owner or folder: `Qwen2.5-Math-1.5B`."""
    return public_name(base).removeprefix("package:").rpartition("/")[2]


def _is_on_hub(name: str) -> bool:
    """Whether a name is a Hub id, and not a folder that lies here."""
    return is_hub_id(name) and not Path(name).exists()


def _license(stated: str) -> dict[str, JsonValue]:
    """A licence as the Hub has it; one that it does not know needs a name."""
    known = license_id(stated) or stated
    if known in HUB_LICENSES or known in ("other", "unknown"):
        return {"license": known}
    name = "-".join(re.findall(r"[a-z0-9.]+", known.lower())) or "stated-by-its-makers"
    return {
        "license": "other",
        "license_name": name,
        **({"license_link": link} if (link := license_link(known)) else {}),
    }
