"""The folder of an export: what may be replaced by the next one."""

from pathlib import Path

from pydantic import ValidationError

from distill.errors import RunError
from distill.export.tool import ExportFacts
from distill.files import sha256

FACTS, README, SET_ASIDE = "export.json", "README.md", "set_aside.jsonl"


def check_ours(out: Path) -> None:
    """Raises RunError unless `out` is new, empty, or an export as it was written, to which nobody has added."""
    if out.is_file():
        raise RunError(f"{out} is a file; an export needs a folder. Name another with --out.")
    there = _files(out)
    if not there:
        return
    facts = _facts(out)
    ours = {FACTS, README, SET_ASIDE, *(facts.rows if facts else ()), *(facts.texts if facts else ())}
    if facts is None or there - ours:
        strange = sorted(there - ours) if facts else sorted(there)
        raise RunError(
            f"{out} holds {', '.join(strange[:3])}, so it is no export that could be replaced. Name a new or empty "
            "folder with --out."
        )
    edited = [name for name, digest in facts.texts.items() if name in there and sha256(out / name) != digest]
    if edited:
        raise RunError(f"{out} holds {', '.join(edited)} as you have edited it. Move it away, or name another --out.")


def _files(out: Path) -> set[str]:
    return {str(item.relative_to(out)) for item in out.rglob("*") if item.is_file()} if out.is_dir() else set()


def _facts(out: Path) -> ExportFacts | None:
    try:
        return ExportFacts.model_validate_json((out / FACTS).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
