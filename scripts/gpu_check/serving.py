"""The parts that serve: the teacher is sampled, and an export answers as the trainer's model does."""

import json
import time
import urllib.request
from pathlib import Path

from distill.progress import say
from distill.recipe.sections import GenerateSection, TeacherSection, VerifySection
from distill.records import Sampling
from distill.rows.parse import parse_prompt
from distill.sampling.generate import generate
from distill.sampling.prompts import import_prompts
from distill.store import RunFolder
from distill.teacher.engines.engine import Engine
from distill.training.work_folder import work_of
from distill.verifiers.verify import count_outcomes, verify_run
from gpu_check.setting import Setting
from gpu_check.table import Row, answers_verdict

NUM_ANSWERS = 16
NUM_TOKENS = 32
FIRST = 4
"""Tokens of an answer that count as its first."""


def sampled(setting: Setting) -> Row:
    """Serve the teacher, draw one sample of each prompt, and verify."""
    started, folder = time.monotonic(), setting.out / "teacher"
    drawing = GenerateSection(sampling=Sampling(temperature=0.6, top_p=0.95, max_tokens=setting.max_tokens))
    verify = VerifySection()
    with RunFolder.open(folder, say) as run, Engine(setting.teacher, folder / "engine.log", say) as engine:
        import_prompts(run, setting.out / "prompts.jsonl")
        generate(run, setting.teacher, drawing, engine, verify)
        verify_run(run, verify)
        outcomes = count_outcomes(run)
        num_tokens = sum(int(str(row["num_tokens"])) for row in run.samples.rows(["num_tokens"]))
    counts = ", ".join(f"{number} {outcome}" for outcome, number in outcomes.items())
    seconds = time.monotonic() - started
    return Row(
        "teacher",
        f"{setting.teacher.model} on {setting.teacher.engine}: {setting.num_prompts} prompts sampled and verified",
        "–",
        f"{counts}; {num_tokens / seconds:,.0f} tokens/s, start included",
        "ok" if outcomes.get("pass") else "nothing was right",
        seconds,
    )


def compared(setting: Setting, model: Path) -> Row:
    """Greedy answers of the served export, beside those of the model that the trainer left."""
    started = time.monotonic()
    lines = (setting.out / "prompts.jsonl").read_text(encoding="utf-8").splitlines()[:NUM_ANSWERS]
    questions = [parse_prompt(json.loads(line)).messages[-1].content for line in lines]
    teacher = setting.served(model)
    with Engine(teacher, setting.out / "served.log", say) as engine:
        theirs = [_asked(engine.url(), teacher, question) for question in questions]
    ours, heads = _trainers(model, questions, theirs)
    equal = sum(own == other for own, other in zip(ours, theirs, strict=True))
    return Row(
        "served",
        f"{model.name}'s export on {teacher.engine} beside the trainer's model: {len(questions)} greedy answers",
        "the same",
        f"{equal} equal, {heads} with the same first {FIRST} tokens",
        answers_verdict(equal, heads, len(questions)),
        time.monotonic() - started,
    )


def _asked(url: str, teacher: TeacherSection, question: str) -> str:
    body = {
        "model": teacher.served_name,
        "messages": [{"role": "user", "content": question}],
        "temperature": 0,
        "max_tokens": NUM_TOKENS,
    }
    request = urllib.request.Request(  # noqa: S310 - our own engine, on this machine
        f"{url}/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=300) as reply:  # noqa: S310
        return str(json.load(reply)["choices"][0]["message"]["content"]).strip()


def _trainers(model: Path, questions: list[str], theirs: list[str]) -> tuple[list[str], int]:
    """What transformers writes with the trainer's weights, and how many of `theirs` begin with the same tokens."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model)
    dtype = "bfloat16" if torch.cuda.is_available() else "float32"
    device = "cuda" if torch.cuda.is_available() else "cpu"
    loaded = AutoModelForCausalLM.from_pretrained(work_of(model) / "model", dtype=dtype, device_map=device)
    ours: list[str] = []
    num_equal = 0
    for question, other in zip(questions, theirs, strict=True):
        asked = [{"role": "user", "content": question}]
        text = tokenizer.apply_chat_template(asked, add_generation_prompt=True, tokenize=False)
        tokens = tokenizer(text, add_special_tokens=False, return_tensors="pt").to(loaded.device)
        written = loaded.generate(**tokens, do_sample=False, temperature=None, top_p=None, max_new_tokens=NUM_TOKENS)  # type: ignore[misc]
        own = str(tokenizer.decode(written[0, tokens["input_ids"].shape[1] :], skip_special_tokens=True)).strip()
        ours.append(own)
        first, second = (tokenizer.encode(each, add_special_tokens=False)[:FIRST] for each in (own, other))
        num_equal += first == second
    return ours, num_equal
