"""The command line (`design.md` §7): commands put together, and every fault told in one sentence.

Exit codes: 0 all good, 1 something is wrong (one sentence on stderr), 2 the command was written
wrongly, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import typer
from typer._click.exceptions import BadParameter, MissingParameter, NoSuchOption, UsageError

from ioc.commands import quarantine
from ioc.commands.collecting import collect, replay
from ioc.commands.desk import Wrong, notes
from ioc.commands.doctor import doctor
from ioc.commands.dossiers import dossiers
from ioc.commands.figures import figures
from ioc.commands.running import schedule, simulate, up
from ioc.commands.sources import sources
from ioc.commands.storing import check, migrate
from ioc.commands.template import template
from ioc.errors import IocError

PROGRAM = "python -m ioc"

app = typer.Typer(
    name="ioc",
    help="Trung tâm điều hành hồ sơ một cửa của tỉnh.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # they print local variables
)
COMMANDS = (
    up,
    migrate,
    doctor,
    collect,
    sources,
    figures,
    dossiers,
    replay,
    check,
    template,
    schedule,
    simulate,
)
for command in COMMANDS:
    app.command()(command)
app.add_typer(quarantine.commands, name="quarantine")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code. A fault of ours is a sentence, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        code = app(arguments, prog_name=PROGRAM, standalone_mode=False)
    except UsageError as fault:
        return _say(_usage_sentence(fault), code=2)
    except IocError as fault:
        return _say(str(fault), code=1)
    except (KeyboardInterrupt, typer.Abort):
        return _say("Đã dừng theo yêu cầu.", code=130)
    except BrokenPipeError:
        # whoever read our answers has had enough (`… | head`)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code if isinstance(code, int) else 0


def _say(sentence: str, *, code: int) -> int:
    notes().print(" ".join(sentence.split()), soft_wrap=True)
    return code


def _usage_sentence(fault: UsageError) -> str:
    command = fault.ctx.command_path if fault.ctx else PROGRAM
    return f"{_usage_fault(fault)}; xem cách dùng: {command} --help"


def _usage_fault(fault: UsageError) -> str:
    if isinstance(fault, NoSuchOption):
        return f"Không có tùy chọn {fault.option_name}"
    if isinstance(fault, MissingParameter):
        return f"Thiếu {_name(fault)}"
    if isinstance(fault, Wrong):
        return (
            f"{_name(fault)}: {fault.message}"
            if fault.param
            else fault.message[:1].upper() + fault.message[1:]
        )
    if isinstance(fault, BadParameter):
        return f"Giá trị của {_name(fault)} không dùng được"
    is_root = fault.ctx is not None and fault.ctx.parent is None
    return "Không có lệnh như vậy" if is_root else "Lệnh viết chưa đúng"


def _name(fault: BadParameter) -> str:
    if fault.param is None:
        return "tham số"
    return max(fault.param.opts, key=len, default="tham số")
