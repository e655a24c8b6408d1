"""Interactive problems: a judge that talks to the program, each in a cell of its own.

The interactor's standard input and output are the program's output and input. Its arguments are the names of three
files, in testlib's order: the input, one that it may write, and what is expected; or Kattis', where 42 and 43 stand in
its source. Its exit status decides, as a special judge's does; what it writes to standard error is the reason. A
program that says nothing has to be refused, or the row abstains. While both wait for each other, the program is the one
that should have spoken. Not covered: a checker that reads what the interactor wrote.
"""

import os
import re
from typing import NamedTuple

from distill.sandbox.cell.cell import ATTEMPTS
from distill.sandbox.clean import clean
from distill.sandbox.limits import Ending, Limits, Run
from distill.sandbox.supervisor.failure import Failure, why_ended
from distill.sandbox.supervisor.judging.interactor import Interactor, Player
from distill.sandbox.supervisor.judging.judge import LIMITS
from distill.sandbox.supervisor.judging.relay import Channel, Conversation, relay
from distill.sandbox.supervisor.judging.ruling import Ruling, Said
from distill.sandbox.supervisor.trial import Showing, decide
from distill.sandbox.task import SHOWN_TEST, Task, TaskDecision

_PROGRAM, _INTERACTOR = "program", "interactor"
_UNREADABLE = re.compile(r"(?:\w*: )*(?:Value|EOF|Index|Key|UnicodeDecode|BrokenPipe)Error\b|.*signal 13$")
"""How an interactor breaks over an answer that is not what it asked for, or over none."""
_SHOWN = 200
_INTERACTOR_S = 5.0
"""CPU time of an interactor."""
_FLOOD = 1 << 20
"""Bytes that a program may say; more, and it is to blame for what they do to an interactor."""
_NEARLY = 0.9
"""Of two that wait for each other, one is ended first, and the other hears of it."""


class Talk(NamedTuple):
    """How a conversation went; no run of the program where only silence was heard from it."""

    program: Run | None
    interactor: Run
    conversation: Conversation


def try_interactive(task: Task, program: Player, interactor: Interactor) -> TaskDecision:
    """Let the program and the interactor talk, once for each test."""
    limits = task.limits()
    longest_s = limits.cpu_s + _INTERACTOR_S  # either may have to wait for as long as the other computes
    waiting = program._replace(work=program.work._replace(limits=program.work.limits._replace(cpu_s=longest_s)))
    patient = LIMITS._replace(cpu_s=longest_s)

    def test(remaining: range) -> Showing:
        stdin, expected = (str(text).encode(errors="surrogatepass") for text in task.cases[remaining.start])
        player = interactor.player(stdin, expected, patient)
        silence = _talk(None, player)
        if interactor.ruling(silence.interactor, patient).said is Said.YES:
            return Showing([], Failure("the interactor accepts a program that says nothing", is_ours=True))
        talk = _talk(waiting, player)
        is_python = program.work.mode == "script"
        failure = _why_failed(talk, interactor.ruling(talk.interactor, patient), limits, is_python)
        shown = failure._replace(got=clean(talk.conversation.transcript, SHOWN_TEST)) if failure else None
        return Showing([] if failure else [None], shown, talk.program.cpu_s if talk.program else 0.0)

    return decide(task, test, _passes)


def _passes(_index: int, _result: object) -> None:
    """The interactor has seen everything."""


def _talk(program: Player | None, interactor: Player) -> Talk:
    for _ in range(ATTEMPTS):
        talk = _talk_once(program, interactor)
        if Ending.LOST not in {talk.interactor.ending, talk.program and talk.program.ending}:
            break
    return talk


def _talk_once(program: Player | None, interactor: Player) -> Talk:
    to_program, by_interactor = os.pipe(), os.pipe()
    to_interactor, by_program = os.pipe(), os.pipe()
    theirs = (to_program[0], by_program[1], to_interactor[0], by_interactor[1])
    judging = interactor.cell.begin(interactor.work._replace(inputs=(), streams=(to_interactor[0], by_interactor[1])))
    playing = None
    if program is not None:
        playing = program.cell.begin(program.work._replace(inputs=(), streams=(to_program[0], by_program[1])))
    for pipe in theirs:
        os.close(pipe)
    conversation = relay(
        Channel(_PROGRAM, by_program[0], to_interactor[1], tells=True),
        # A program may end when it has said its last word, whatever the interactor would still tell it.
        Channel(_INTERACTOR, by_interactor[0], to_program[1], tells=False),
    )
    ended = interactor.cell.finish(judging)
    return Talk(program.cell.finish(playing) if program else None, ended, conversation)


def _why_failed(talk: Talk, ruling: Ruling, limits: Limits, is_python: bool) -> Failure | None:
    """What a conversation shows about the program, by what ended it first."""
    assert talk.program is not None
    own = why_ended(talk.program, limits, is_python=is_python)
    if ruling.said is Said.LOST or (own and own.is_ours):
        return Failure(own.reason if own and own.is_ours else ruling.comment, is_ours=True)
    if talk.program.cpu_s > limits.cpu_s:
        return Failure(f"time limit: {limits.cpu_s:.3g} s")
    if ruling.said in {Said.TOO_SLOW, Said.CRASHED} and talk.conversation.num_said > _FLOOD:
        return Failure(f"wrong answer: the interactor cannot read {talk.conversation.num_said} bytes")
    if ruling.said is Said.TOO_SLOW:
        return _why_waiting(talk)
    if own and own.is_used_up:
        return own if talk.program.ending is Ending.MEMORY else _why_waiting(talk)
    if own and (ruling.said is Said.YES or talk.conversation.first_gone == _PROGRAM):
        return own
    comment = clean(ruling.comment, _SHOWN)
    if ruling.said is Said.NO:
        return Failure(f"wrong answer: the interactor rejects it ({comment})")
    if ruling.said is Said.CRASHED and _UNREADABLE.match(ruling.comment.removeprefix("runtime error: ")):
        return Failure(f"wrong answer: the interactor cannot read it ({comment})")
    return None if ruling.said is Said.YES else Failure(f"the interactor is broken: {comment}", is_ours=True)


def _why_waiting(talk: Talk) -> Failure:
    """Nobody spoke any more: the program's fault, unless the interactor computed, or waited for nobody."""
    assert talk.program is not None
    if talk.interactor.cpu_s > _INTERACTOR_S or talk.program.wall_s < _NEARLY * talk.interactor.wall_s:
        return Failure("the interactor is broken: it does not end", is_ours=True)
    last = talk.conversation.last_speaker
    said = f"the {last} spoke last" if last else "nobody said anything"
    return Failure(f"idleness limit: the program and the interactor wait for each other; {said}")
