"""The prompts on which a student is examined during training: from wherever they lie into the work folder."""

from collections.abc import Iterator
from glob import has_magic
from pathlib import Path

from distill.errors import InputError, RunError
from distill.files import write_whole
from distill.records import Prompt
from distill.rows.files import names_rows
from distill.rows.hub import hub_files, is_hub_id
from distill.rows.read import read_prompts

FILE = "held_out_prompts.jsonl"


def write_prompts(prompts: str, work: Path) -> None:
    """Leave the prompts of a file or a Hub dataset in WORK/held_out_prompts.jsonl, which every process reads.

    Those without a reference are left out: only a judge could decide on them, and none is asked while GPUs wait.
    Raises InputError where no prompt is left, RunError where a training has begun with others.
    """
    found = list(_read(prompts))
    kept = [prompt for prompt in found if prompt.reference is not None]
    if not kept:
        raise InputError(
            f"None of the {len(found)} prompts of {prompts} has a reference, so no verifier could decide on an answer. "
            "Name others with distill.held_out.prompts=FILE."
        )
    text = "".join(f"{prompt.model_dump_json()}\n" for prompt in kept)
    file = work / FILE
    if file.is_file() and file.read_text(encoding="utf-8") != text and any(work.glob("checkpoint-*")):
        raise RunError(
            f"{work} belongs to a training that was examined on other prompts than those of {prompts}. Choose another "
            "--out, or remove the folder to train anew."
        )
    work.mkdir(parents=True, exist_ok=True)
    write_whole(file, text)


def read_written(work: Path) -> list[Prompt]:
    """The prompts as `write_prompts` left them."""
    with (work / FILE).open(encoding="utf-8") as lines:
        return [Prompt.model_validate_json(line) for line in lines]


def check_prompts(prompts: str) -> None:
    """Raises InputError where `prompts` can be neither a file here nor a dataset of the Hub; reads nothing."""
    path = Path(prompts).expanduser()
    if not path.exists() and not has_magic(str(path)) and not _is_on_hub(prompts):
        raise InputError(
            f"There is no file {prompts}, which distill.held_out.prompts names. Correct it; a relative path begins at "
            f"the working folder, {Path.cwd()}."
        )


def _read(prompts: str) -> Iterator[Prompt]:
    check_prompts(prompts)
    for file in hub_files(prompts) if _is_on_hub(prompts) else [Path(prompts).expanduser()]:
        yield from read_prompts(file)


def _is_on_hub(prompts: str) -> bool:
    path = Path(prompts)
    return not path.exists() and not names_rows(prompts) and is_hub_id(prompts)
