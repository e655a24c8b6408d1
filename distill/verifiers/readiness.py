"""What can be known of verification before anything is sampled: whether it can begin, and what it can never decide."""

from distill.errors import MissingExtraError
from distill.recipe.sections import VerifySection
from distill.records import Prompt
from distill.references import Scorer, Tests


def check_verification(settings: VerifySection) -> None:
    """Raise what verifiers would raise of these settings once they are needed; nothing is started.

    SandboxError for a sandbox that does not exist or is not installed, RecipeError for a judge's template.
    """
    if settings.sandbox != "namespaces":
        from distill.verifiers.unit_tests.verifier import open_sandbox

        open_sandbox(settings.sandbox, 1)
    if settings.judge is not None:
        from distill.verifiers.judge.verifier import load_template

        load_template(settings.judge.with_reference)
        load_template(settings.judge.without_reference)


def undecidable(prompt: Prompt, settings: VerifySection) -> str | None:
    """Why nothing can ever decide on a sample of this prompt; None where something may."""
    match prompt.reference:
        case None:
            return "no reference and no judge" if settings.judge is None else None
        case Tests() as tests:
            return _unrunnable(tests.language, settings.sandbox)
        case Scorer(package=package):
            from distill.verifiers.scorer.packages import installed

            try:
                installed(package)
            except MissingExtraError:
                return f"the package {package} is not installed"
    return None


def _unrunnable(name: str, sandbox: str) -> str | None:
    """Why programs of a language cannot be run there; of a service elsewhere only it knows."""
    from distill.sandbox.languages import language_named

    language = language_named(name)
    if language is None:
        return f"no way to run {name}"
    if sandbox == "wasi" and language.name != "python":
        return f"the sandbox wasi runs no {language.name}"
    if sandbox == "namespaces" and (missing := language.missing_tools()):
        return f"{language.name} needs {', '.join(missing)}"
    return None
