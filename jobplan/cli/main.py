"""The program `jobplan`. Only the module of the chosen command is imported."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any

from jobplan import NOMAD_VERSION, __version__
from jobplan.cli.options import nomad_spelling
from jobplan.errors import JobplanError

# Command → the line that `jobplan --help` shows. The module is jobplan.cli.commands.<name>, `-` written `_`.
COMMANDS = {
    "plan": "show what a job change will do to a cluster",
    "diff": "compare two jobs",
    "validate": "tell whether a server would accept jobs",
    "check": "check jobs against rules",
    "periodic": "list the next launches of a periodic job",
    "convert": "print an HCL job file as API JSON",
    "show": "render a saved plan",
    "verify": "tell whether the inputs of a saved plan are unchanged",
    "schema": "print a JSON Schema",
    "capture": "write the state of a running cluster to an inventory file",
    "drift": "compare job files with the jobs of an inventory",
    "git-diff": "external diff driver of git for job files",
    "serve": "offer the Jobs HTTP API",
    "completion": "print a shell completion script",
}
INVOCATION_ERROR = 255
INTERRUPTED = 130
TRACEBACK_VARIABLE = "JOBPLAN_TRACEBACK"


class Parser(argparse.ArgumentParser):
    """Refuses bad options with exit code 255, as Nomad does, or that of the command. spec: plan §7.1, §7.11"""

    invocation_error = INVOCATION_ERROR

    def error(self, message: str) -> Any:
        self.print_usage(sys.stderr)
        self.exit(self.invocation_error, f"{self.prog}: {message}\n")

    def _print_message(self, message: str, file: Any = None) -> None:
        """Help that cannot be written is an error like any other; argparse would ignore it."""
        stream = file or sys.stderr
        stream.write(message)
        stream.flush()


class Layout(argparse.RawDescriptionHelpFormatter):
    """Help that looks the same in every version of Python: `-i, --inventory FILE`, short names first."""

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if not action.option_strings:
            return super()._format_action_invocation(action)
        names = ", ".join(sorted(action.option_strings, key=lambda name: name.startswith("--")))
        return names if action.nargs == 0 else f"{names} {self._format_args(action, action.dest.upper())}"


def _shown(action: argparse.Action) -> str:
    """A positional argument in the usage line."""
    name = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    forms = {"?": f"[{name}]", "*": f"[{name} ...]", "+": f"{name} [{name} ...]"}
    return forms.get(str(action.nargs), name)


def available() -> dict[str, str]:
    """The commands whose module is installed."""
    here = os.path.join(os.path.dirname(__file__), "commands")
    return {name: text for name, text in COMMANDS.items() if os.path.exists(os.path.join(here, f"{_module(name)}.py"))}


def _module(command: str) -> str:
    return command.replace("-", "_")


def command_parser(name: str) -> argparse.ArgumentParser:
    """The parser of one command. Its module may set `INVOCATION_ERROR`, the exit code for bad options."""
    module = importlib.import_module(f"jobplan.cli.commands.{_module(name)}")
    parser = Parser(
        prog=f"jobplan {name}",
        description=module.__doc__,
        formatter_class=Layout,
        allow_abbrev=False,
    )
    parser.invocation_error = getattr(module, "INVOCATION_ERROR", INVOCATION_ERROR)
    module.add_arguments(parser)
    arguments = (_shown(action) for action in parser._actions if not action.option_strings)
    parser.usage = " ".join((f"jobplan {name} [options]", *arguments))
    parser.set_defaults(execute=module.execute)
    return parser


def overview() -> str:
    """What `jobplan --help` prints."""
    rows = "\n".join(f"  {name:<11} {text}" for name, text in available().items())
    return (
        "usage: jobplan [--version] [--help] COMMAND [options] [arguments]\n\n"
        "What a change to a HashiCorp Nomad job will do: offline, exact, before anybody submits it.\n\n"
        f"commands:\n{rows}\n\n"
        "`jobplan COMMAND --help` tells the options of a command. `jobplan job plan`, `-verbose`, `-diff=false` and\n"
        "Nomad's other spellings are understood, so that `alias nomad=jobplan` works.\n"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; gives its exit code. Whatever goes wrong ends in one message, never in a traceback."""
    try:
        code = _run(list(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()
    except JobplanError as error:
        _complain(f"Error: {error}")
        return error.exit_code
    except BrokenPipeError:
        return INVOCATION_ERROR
    except OSError as error:
        _complain(f"Error: {_named(error)}")
        return INVOCATION_ERROR
    except RecursionError:
        _complain("Error: the input is nested too deeply")
        return INVOCATION_ERROR
    except MemoryError:
        _complain("Error: out of memory")
        return INVOCATION_ERROR
    except Exception as error:
        if os.environ.get(TRACEBACK_VARIABLE):
            raise
        _complain(
            f"Error: jobplan itself failed ({type(error).__name__}: {error}). This is a defect: please report it, "
            f"with what {TRACEBACK_VARIABLE}=1 shows."
        )
        return INVOCATION_ERROR
    return code


def _run(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("-h", "-help", "--help", "help"):
        if len(arguments) < 2:
            sys.stdout.write(overview())
            return 0 if arguments else INVOCATION_ERROR
        arguments = [*arguments[1:], "--help"]
    if arguments[0] in ("-v", "-version", "--version", "version"):
        sys.stdout.write(f"jobplan {__version__} (Nomad {NOMAD_VERSION})\n")
        return 0
    if arguments[0] == "job":  # `alias nomad=jobplan` then takes `nomad job plan` too
        arguments.pop(0)
    name = arguments[0] if arguments else ""
    if name not in available():
        sys.stderr.write(f"jobplan: there is no command {name!r}\n\n{overview()}")
        return INVOCATION_ERROR
    parser = command_parser(name)
    args = parser.parse_args(nomad_spelling(arguments[1:], parser))
    code: int = args.execute(args)
    return code


def _named(error: OSError) -> str:
    """What went wrong, and with which file."""
    said = error.strerror or str(error)
    return said if error.filename is None else f"{os.fsdecode(error.filename)}: {said}"


def _complain(text: str) -> None:
    from jobplan.cli.terminal import complain

    complain(text)


def run() -> None:
    """Entry point of the installed program."""
    _occupy_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        code = main()
    except KeyboardInterrupt:
        code = INTERRUPTED
    try:
        sys.stdout.flush()
    except OSError:  # told already; what is left goes nowhere, or the interpreter fails a second time at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def _occupy_closed_streams() -> None:
    """Python leaves out streams that the caller has closed. Opened the wrong way round, they refuse to be used.

    Standard error takes what is written: there is nobody left to tell.
    """
    for name, mode, unusable in (
        ("stdin", "r", os.O_WRONLY),
        ("stdout", "w", os.O_RDONLY),
        ("stderr", "w", os.O_WRONLY),
    ):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, unusable), mode, encoding="utf-8"))
