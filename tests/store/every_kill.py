"""Kills a command at every file operation and runs it again: `python -m tests.store.every_kill NAME FOLDER URL LOG`.

One process imports what a run needs, by doing one, and forks a child for each attempt. The first is left alone: what it
makes must come out of every other. Then one is killed at its first operation on the folder, the next at its second, and
so on until one ends before its turn; behind each, the same command is run again. Prints how many were killed.
"""

import argparse
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from distill.dataset.select import select
from distill.errors import RunError
from distill.recipe.sections import GenerateSection, JudgeSection, SelectSection, TeacherSection, VerifySection
from distill.records import Sampling
from distill.sampling import generate as stage
from distill.sampling.prompts import Slice, import_prompts
from distill.store import RunFolder, Table, journal
from distill.store.extend import extend
from distill.store.folder import restart_run, restore_run
from distill.store.merge import merge
from distill.store.restarts import complete
from distill.verifiers.verify import verify_run
from tests.store.crashing import Countdown, forked

CONCURRENCY = 2
NUM_PROMPTS = 3
RUN = "run"
ATTEMPT = "ATTEMPT"
"""A variable and a header: who asks. An endpoint may see what a killed attempt asked only while the next is at work."""
RULES = VerifySection(workers=1)
CALLS_OF_A_VERDICT = 2
"""The judge is shown a general answer twice."""
NOTHING_CHOSEN = SelectSection(filters=())
WITHOUT_A_TIME = ("seconds", "finished_s", "reason")


class Command(NamedTuple):
    """What is killed, and what must come of it."""

    prepare: Callable[[], None]
    """Makes what it works on, in the working folder."""
    work: Callable[[], None]
    ends: Callable[[], None] = lambda: None
    """Leads what an attempt that came to its end leaves to where all must lead, where that is more than one state."""

    def to_the_end(self) -> None:
        """All of it, in a process that nobody kills."""
        self.work()
        self.ends()


class Commands:
    """All commands, in a working folder, against one endpoint that serves as teacher and judge."""

    def __init__(self, url: str) -> None:
        headers = {ATTEMPT: f"${{{ATTEMPT}}}"}
        self._teacher = TeacherSection(model="toy", endpoints=(url,), headers=headers)
        self._judge = JudgeSection(model="toy", endpoints=(url,), headers=headers, concurrency=CONCURRENCY)

    def named(self) -> dict[str, Command]:
        """By the name of what is killed."""
        return {
            "generate": Command(lambda: None, self.draw),
            "generate-with-verdicts-behind": Command(lambda: None, partial(self.draw, policy="at_least(1, 3)")),
            "verify": Command(partial(self.draw, verify=None), self.verify),
            "judge": Command(partial(self.draw, answers=False), partial(self.verify, self._judge)),
            "select": Command(self.draw, self.select),
            "select-again": Command(self.draw_and_select, self.select),
            "merge": Command(self.draw_slices, lambda: _done(merge([Path("a"), Path("b")], Path("run")))),
            "extend": Command(self.draw_short, lambda: _done(extend(Path("old"), Path("run"), 90))),
            "grow": Command(self.draw, partial(self.draw, policy="fixed(3)", num_prompts=NUM_PROMPTS + 2)),
            "restart": Command(self.draw, self.restart),
            "restore": Command(self.restarted, lambda: restore_run(Path(RUN)), self.restore_if_need_be),
            "lost-manifest": Command(self.without_manifest, self.draw),
            "forget": Command(self.draw, self.forget),
        }

    def draw(
        self,
        folder: str = RUN,
        policy: str = "fixed(2)",
        num_prompts: int = NUM_PROMPTS,
        *,
        verify: VerifySection | None = RULES,
        share: str | None = None,
        max_tokens: int = 90,
        answers: bool = True,
    ) -> None:
        """As `distill generate` does."""
        sampling = Sampling(seed=0, max_tokens=max_tokens)
        settings = GenerateSection(policy=policy, concurrency=CONCURRENCY, sampling=sampling)
        with RunFolder.open(Path(folder), print) as run:
            import_prompts(run, prompts_file(num_prompts, answers=answers), Slice.parse(share) if share else None)
            stage.generate(run, self._teacher, settings, None, verify)

    def verify(self, judge: JudgeSection | None = None) -> None:
        with RunFolder.open(RunFolder.at(Path(RUN)).path, print) as run:
            verify_run(run, VerifySection(workers=1, judge=judge))

    def select(self) -> None:
        with RunFolder.open(RunFolder.at(Path(RUN)).path, print) as run:
            select([run], Path(RUN) / "dataset", NOTHING_CHOSEN)

    def draw_and_select(self) -> None:
        self.draw()
        self.select()

    def draw_slices(self) -> None:
        """Two slices, of which one has samples that are to be continued."""
        self.draw("short", share="1/2", max_tokens=10)
        extend(Path("short"), Path("a"), 90)
        self.draw("b", share="2/2")

    def draw_short(self) -> None:
        self.draw("old", max_tokens=10)

    def restart(self) -> None:
        """As whoever is told to leave `--restart` out, once it was heeded, would go on."""
        again = partial(self.draw, policy="at_least(1, 3)")
        try:
            again()
        except RunError:
            restart_run(Path(RUN), "generate")
            again()

    def restarted(self) -> None:
        self.draw_and_select()
        self.restart()

    def restore_if_need_be(self) -> None:
        """A command that was killed after its last step has done its work: run again, it swaps again."""
        complete(Path(RUN))
        if RunFolder.at(Path(RUN)).manifest.stages["generate"].settings["policy"] != "fixed(2)":
            restore_run(Path(RUN))

    def without_manifest(self) -> None:
        self.draw()
        (Path(RUN) / "manifest.json").unlink()

    def forget(self) -> None:
        """Draw some samples again, and give them verdicts of their own."""
        with RunFolder.open(Path(RUN), print) as run:
            run.forget_samples(lambda row: row["index"] == 1, ["index"])
        self.draw()


def _done(run: RunFolder) -> None:
    print(run.path)


def prompts_file(num_prompts: int, *, answers: bool) -> Path:
    """Sums to choose from; without answers, every second is left to a judge and every other cannot be decided."""
    rows = [
        {"id": f"q{i}", "prompt": f"What is {i} + 1?"}
        | ({"answer": "A", "choices": [str(i + 1), str(i + 2)]} if answers or i % 2 else {})
        for i in range(num_prompts)
    ]
    file = Path("prompts.jsonl")
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def content(folder: Path) -> dict[str, object]:
    """What a run holds, but for times and the names of files."""
    if not (folder / "manifest.json").exists():
        return {}
    run = RunFolder.at(folder)
    tables = {"prompts": run.prompts, "samples": run.samples, "verdicts": run.verdicts, "cut": run.cut}
    found: dict[str, object] = {name: sorted(_rows(table)) for name, table in tables.items()}
    for name, rows in found.items():
        assert isinstance(rows, list)
        assert len(rows) == tables[name].count() == len(tables[name].keys()), f"{name} has a key twice"
    stages = run.manifest.stages
    found["stages"] = {name: (entry.settings, entry.is_done, entry.digest) for name, entry in stages.items()}
    found["dataset"] = {str(file.relative_to(folder)): sha256(file.read_bytes()).hexdigest()
                        for file in sorted((folder / "dataset").rglob("*")) if file.suffix == ".parquet"}  # fmt: skip
    return found


def _rows(table: Table) -> Iterator[str]:
    for row in table.rows():
        yield json.dumps({name: value for name, value in row.items() if name not in WITHOUT_A_TIME}, default=str)


def num_answers(folder: Path) -> int:
    """How many answers of teacher and judge a run has on the disk; whoever kills it takes none of them away."""
    run = RunFolder(folder)
    judged = (row for row in run.verdicts.rows(["verifier", "outcome"]) if row["verifier"] == "judge")
    return run.samples.count() + CALLS_OF_A_VERDICT * sum(row["outcome"] != "abstain" for row in judged)


class Trial:
    """One command, in folders of its own."""

    def __init__(self, command: Command, base: Path, log: Path) -> None:
        self._command = command
        self._base = base
        self._work = base.with_name("work")
        self._log = log
        self._errors = base.with_name("errors")
        self._num_attempts = 0

    def num_kills(self) -> int:
        """Kill it at every operation in turn; exits with what is wrong where another attempt ends otherwise."""
        self._begin_anew()
        num_needed = self._finish("left alone")
        expected, number = content(self._work / RUN), 1
        while self._is_killed(number):
            when = f"killed at operation {number}"
            num_stored = num_answers(self._work / RUN) - num_answers(self._base / RUN)
            num_asked, found = self._finish(when), content(self._work / RUN)
            differs = {name: (found.get(name), value) for name, value in expected.items() if found.get(name) != value}
            if differs:
                sys.exit(f"{when}: what is found, and what it should be: {differs}")
            if num_asked > max(0, num_needed - num_stored):
                sys.exit(f"{when}: {num_asked} requests, with {num_stored} of {num_needed} answers on the disk")
            number += 1
        return number - 1

    def _begin_anew(self) -> None:
        os.chdir(self._base)
        shutil.rmtree(self._work, ignore_errors=True)
        shutil.copytree(self._base, self._work)
        os.chdir(self._work)

    def _is_killed(self, number: int) -> bool:
        """Whether an attempt from the beginning has so many operations."""
        self._begin_anew()
        self._name_attempt()
        countdown = Countdown(number, self._work)
        status = forked(partial(countdown.watch, self._command.work), self._errors)
        if os.WIFEXITED(status) and os.WEXITSTATUS(status):
            sys.exit(f"not killed at operation {number}, it failed: {self._errors.read_text()}")
        return os.WIFSIGNALED(status)

    def _finish(self, when: str) -> int:
        """Lead it to its end; how much that has asked."""
        name = self._name_attempt()
        if forked(self._command.to_the_end, self._errors):
            sys.exit(f"{when}, it does not go on: {self._errors.read_text()}")
        return self._log.read_text().splitlines().count(name) if self._log.exists() else 0

    def _name_attempt(self) -> str:
        self._num_attempts += 1
        os.environ[ATTEMPT] = name = str(self._num_attempts)
        return name


def main() -> None:
    """Prints the number of kills."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("folder", type=Path)
    parser.add_argument("url")
    parser.add_argument("log", type=Path)
    options = parser.parse_args()
    commands = Commands(options.url)
    command = commands.named()[options.name]
    base = options.folder / "base"
    base.mkdir(parents=True)  # beside the endpoint's log
    journal.COMMIT_INTERVAL_S = 0.005
    os.environ[ATTEMPT] = "to prepare"
    os.chdir(options.folder)
    with redirect_stdout(sys.stderr):
        commands.draw_and_select()  # imports what the children need
        os.chdir(base)
        command.prepare()
    print(Trial(command, base, options.log).num_kills())


if __name__ == "__main__":
    main()
