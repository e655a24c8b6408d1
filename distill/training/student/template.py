"""The chat template of a student: one, which renders what is asked at inference."""

from importlib.util import find_spec
from pathlib import Path

from distill.errors import MissingExtraError, RecipeError
from distill.training.recipe import TEMPLATES

R1_ZERO = (
    "{{ bos_token or '' }}A conversation between User and Assistant. The user asks a question, and the Assistant "
    "solves it. The assistant first thinks about the reasoning process in the mind and then provides the user with the "
    "answer. The reasoning process and answer are enclosed within <think> </think> and <answer> </answer> tags, "
    "respectively, i.e., <think> reasoning process here </think> <answer> answer here </answer>."
    "{% for message in messages %}{% if message['role'] == 'assistant' %} Assistant: {{ message['content'] }}"
    "{{ eos_token }}{% else %}{{ ' User: ' if message['role'] == 'user' else ' ' }}{{ message['content'] }}{% endif %}"
    "{% endfor %}{% if add_generation_prompt %} Assistant:{% endif %}"
)
"""R1-Zero's prompt (arXiv 2501.12948 v2, Table 1) as a chat template, so that engines and evaluations pose it too."""


def template_text(name: str, own: str | None) -> str:
    """The template that a recipe names: a file of one's own, one of TEMPLATES, or the base's `own`.

    Raises RecipeError where there is none, MissingExtraError where it comes with a package that is not installed.
    """
    if name.endswith(".jinja"):
        if not Path(name).is_file():
            raise RecipeError(f"There is no template {name}. Correct distill.template.")
        return Path(name).read_text(encoding="utf-8")
    if name == "deepseek-r1":
        return _deepseeks()
    if name == "r1-zero":
        return R1_ZERO
    if name != "base":
        raise RecipeError(
            f"There is no template {name!r}. Set distill.template to one of {', '.join(TEMPLATES)}, or to the path of "
            "a .jinja file."
        )
    if own is None:
        raise RecipeError("The base has no chat template. Set distill.template=deepseek-r1, or to a .jinja file.")
    return own


def _deepseeks() -> str:
    """That of DeepSeek's students, as TRL carries it."""
    spec = find_spec("trl")
    if spec is None or spec.origin is None:
        raise MissingExtraError('The template deepseek-r1 comes with TRL. Run: pip install "distill[train]"')
    return (Path(spec.origin).parent / "chat_templates" / "deepseek_r1_distill.jinja").read_text(encoding="utf-8")
