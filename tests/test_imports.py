import subprocess
import sys

HEAVY = {"accelerate", "aiohttp", "datasets", "huggingface_hub", "math_verify", "numpy", "pandas", "pyarrow", "sympy",
         "torch", "transformers", "trl", "vllm", "yaml"}  # fmt: skip


def loaded_by(code: str) -> set[str]:
    """The top-level modules that are loaded after `code` ran in a fresh interpreter."""
    script = f"import sys\n{code}\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    run = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    return set(run.stdout.splitlines()[-1].split())


def test_the_command_line_loads_nothing_heavy() -> None:
    assert not loaded_by("import distill.cli") & HEAVY


def test_help_loads_nothing_heavy() -> None:
    code = "import distill.cli\ntry: distill.cli.main(['generate', '--help'])\nexcept SystemExit: pass"
    assert not loaded_by(code) & HEAVY


def test_a_run_is_planned_without_torch() -> None:
    assert "torch" not in loaded_by("import distill.pipeline.recipe_run, distill.report.status")
