"""Print a shell completion script, made from the options of all commands.

bash  source <(jobplan completion bash)                                    (in ~/.bashrc)
zsh   source <(jobplan completion zsh)                                     (in ~/.zshrc, after compinit)
fish  jobplan completion fish > ~/.config/fish/completions/jobplan.fish
"""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from jobplan.cli.terminal import show


@dataclass(frozen=True, slots=True)
class Completable:
    """An option of a command. `choices`: its values, `None`: it takes none, empty: files."""

    names: tuple[str, ...]
    help: str
    choices: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class CommandShape:
    """What can be completed after a command: options, and the values of positional arguments (empty: files)."""

    help: str
    options: tuple[Completable, ...]
    values: tuple[str, ...]


Shapes = Mapping[str, CommandShape]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", metavar="SHELL", choices=SHELLS, help=", ".join(SHELLS))


def execute(args: argparse.Namespace) -> int:
    show(SHELLS[args.shell](shapes()))
    return 0


def shapes() -> Shapes:
    """All commands and their options."""
    from jobplan.cli.main import available, command_parser

    return {name: _shape(text, command_parser(name)) for name, text in available().items()}


def _shape(text: str, parser: argparse.ArgumentParser) -> CommandShape:
    options: list[Completable] = []
    values: tuple[str, ...] = ()
    for action in parser._actions:
        choices = tuple(map(str, action.choices or ()))
        if not action.option_strings:
            values = choices
        elif action.help is not argparse.SUPPRESS:
            shown = re.sub(r"\s+", " ", action.help or "")
            options.append(Completable(tuple(action.option_strings), shown, None if action.nargs == 0 else choices))
    return CommandShape(text, tuple(options), values)


# ---- bash ------------------------------------------------------------------------------------------------------------

_BASH = """# bash completion for jobplan
_jobplan() {{
    local word="${{COMP_WORDS[COMP_CWORD]}}" before="${{COMP_WORDS[COMP_CWORD-1]}}" command="${{COMP_WORDS[1]}}"
    local options="" values=""
    COMPREPLY=()
    if [[ $COMP_CWORD -eq 1 ]]; then
        COMPREPLY=($(compgen -W {commands} -- "$word"))
        return
    fi
    case "$command $before" in
{choices}
    esac
    if [[ -n $values ]]; then
        COMPREPLY=($(compgen -W "$values" -- "$word"))
        return
    fi
    case "$command" in
{options}
    esac
    if [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$word"))
    elif [[ -n $values ]]; then
        COMPREPLY=($(compgen -W "$values" -- "$word"))
    else
        COMPREPLY=($(compgen -f -- "$word"))
    fi
}}
complete -o filenames -F _jobplan jobplan
"""


def _bash(shapes: Shapes) -> str:
    choices = [
        f"        {'|'.join(shlex.quote(f'{name} {option}') for option in item.names)}) "
        f"values={shlex.quote(' '.join(item.choices))} ;;"
        for name, shape in shapes.items()
        for item in shape.options
        if item.choices
    ]
    options = [
        f"        {name}) options={shlex.quote(' '.join(_names(shape.options)))} "
        f"values={shlex.quote(' '.join(shape.values))} ;;"
        for name, shape in shapes.items()
    ]
    return _BASH.format(commands=shlex.quote(" ".join(shapes)), choices="\n".join(choices), options="\n".join(options))


def _names(options: Sequence[Completable]) -> Iterator[str]:
    for item in options:
        yield from item.names


# ---- zsh -------------------------------------------------------------------------------------------------------------

_ZSH = """#compdef jobplan
_jobplan() {{
    local curcontext="$curcontext" state line
    _arguments -C '1:command:->command' '*::argument:->argument'
    case $state in
    command)
        local -a commands=({commands})
        _describe command commands ;;
    argument)
        case $line[1] in
{cases}
        esac ;;
    esac
}}
if [[ $funcstack[1] == _jobplan ]]; then _jobplan "$@"; else compdef _jobplan jobplan; fi
"""


def _zsh(shapes: Shapes) -> str:
    commands = " ".join(shlex.quote(f"{name}:{shape.help}") for name, shape in shapes.items())
    cases = "\n".join(f"        {name}) _arguments {' '.join(_zsh_specs(shape))} ;;" for name, shape in shapes.items())
    return _ZSH.format(commands=commands, cases=cases)


def _zsh_specs(shape: CommandShape) -> Iterator[str]:
    for item in shape.options:
        text = re.sub(r"([\[\]:\\])", r"\\\1", item.help)
        value = "" if item.choices is None else f":value:({' '.join(item.choices)})" if item.choices else ":file:_files"
        yield from (shlex.quote(f"*{name}[{text}]{value}") for name in item.names)
    yield shlex.quote(f"*:value:({' '.join(shape.values)})" if shape.values else "*:file:_files")


# ---- fish ------------------------------------------------------------------------------------------------------------


def _fish(shapes: Shapes) -> str:
    lines = ["# fish completion for jobplan", "complete -c jobplan -n __fish_use_subcommand -f"]
    for name, shape in shapes.items():
        lines.append(f"complete -c jobplan -n __fish_use_subcommand -a {name} -d {_fish_text(shape.help)}")
    for name, shape in shapes.items():
        when = f"complete -c jobplan -n '__fish_seen_subcommand_from {name}'"
        if shape.values:
            lines.append(f"{when} -f -a {_fish_text(' '.join(shape.values))}")
        for item in shape.options:
            value = ""
            if item.choices is not None:
                value = f" -x -a {_fish_text(' '.join(item.choices))}" if item.choices else " -r -F"
            lines.append(f"{when} {' '.join(map(_fish_option, item.names))}{value} -d {_fish_text(item.help)}")
    return "\n".join(lines) + "\n"


def _fish_option(name: str) -> str:
    if name.startswith("--"):
        return f"-l {name[2:]}"
    return f"-s {name[1:]}" if len(name) == 2 else f"-o {name[1:]}"


def _fish_text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


SHELLS: dict[str, Callable[[Shapes], str]] = {"bash": _bash, "zsh": _zsh, "fish": _fish}
