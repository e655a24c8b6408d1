"""The prompts on which a student is examined during training: from wherever they lie into the work folder."""

from collections.abc import Iterator
from glob import has_magic
from pathlib import Path

from distill.errors import InputError, RunError
from distill.files import write_whole
from distill.prompts.reader import read_source
from distill.prompts.sources.source import Source, parse_source
from distill.records import Prompt

FILE = "held_out_prompts.jsonl"


def write_prompts(prompts: str, work: Path) -> None:
    """Leave the prompts of a source in WORK/held_out_prompts.jsonl, which every process reads.

    Those without a reference are left out: only a judge could decide on them, and none is asked while GPUs wait.
    Raises InputError where no prompt is left, RunError where a training has begun with others.
    """
    found = list(_read(prompts))
    kept = [prompt for prompt in found if prompt is not None and prompt.reference is not None]
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
    """Raises InputError where `prompts` can be neither a file here nor a source of `distill prompts`; reads nothing."""
    file = _source(prompts).file
    if file is not None and not file.exists() and not has_magic(str(file)):
        raise _nothing(prompts)


def _read(prompts: str) -> Iterator[Prompt | None]:
    """The prompts that rows make; None for a row that no verifier could decide on. The first bad row is an error."""
    check_prompts(prompts)
    seen: dict[str, str] = {}
    for where, _, made in read_source(_local(prompts), is_fetched=True):
        if isinstance(made, InputError):
            raise InputError(f"{where}: {made}. Mend the row or take it out, then run the command again.")
        if isinstance(made, Prompt) and seen.setdefault(made.id, where) != where:
            raise InputError(f"{where} has the id {made.id!r} of {seen[made.id]}; give each prompt an id of its own.")
        yield made if isinstance(made, Prompt) else None


def _source(prompts: str) -> Source:
    try:
        return parse_source(_local(prompts), {})
    except InputError:
        raise _nothing(prompts) from None


def _local(prompts: str) -> str:
    return str(Path(prompts).expanduser()) if prompts.startswith("~") else prompts


def _nothing(prompts: str) -> InputError:
    return InputError(
        f"There is no file {prompts}, which distill.held_out.prompts names. Correct it; a relative path begins at the "
        f"working folder, {Path.cwd()}."
    )
