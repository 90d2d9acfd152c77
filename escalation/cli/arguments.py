"""What every command takes, and how what was typed is read."""

from __future__ import annotations

import os
import sys
from argparse import SUPPRESS, ArgumentParser, HelpFormatter, Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

from escalation.errors import BadInput, EscalationError, FieldProblem, NotFound, Refused, StoreError, WouldConflict

if TYPE_CHECKING:
    from escalation.api import Desk
    from escalation.cli.output import Output

LANGUAGES = ("zh", "en")


class Usage(EscalationError):
    """The words of the command are off. Nothing was done; see its `--help`."""

    exit_code = 2
    kind = "usage"

    def __init__(self, message: str, usage: str) -> None:
        self.message, self.usage = message, usage
        super().__init__(message)

    def facts(self) -> dict[str, Any]:
        return {"usage": self.usage.strip()}


class Parser(ArgumentParser):
    """A parser whose errors are ours to print."""

    def error(self, message: str) -> NoReturn:
        if self.prog.split()[1:2] == ["channel"]:
            message = _harmless(message)
        raise Usage(message, self.format_usage())


class Mixed(Parser):
    """One whose options may stand between its arguments, of which the last may be left out."""

    _mixed = False

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Namespace | None = None
    ) -> tuple[Namespace, list[str]]:
        """As by the library, which takes an argument that may be left out for left out at the first option."""
        if self._mixed:
            return super().parse_known_args(args, namespace)
        self._mixed = True  # it comes back here, for the options and then for the arguments
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._mixed = False


def _harmless(message: str) -> str:
    """Without words that nobody expected: they may be an address, and with it a secret. Names of options stay."""
    import re  # loaded by argparse anyhow

    known, sign, words = message.partition("unrecognized arguments: ")
    if sign:
        names = [word for word in words.split() if re.fullmatch("--?[a-z-]+", word)]
        return known + sign + (" ".join(names) or "…")
    return re.sub(r"(invalid choice: )'(?![a-z]+').*(?=' \(choose)", r"\1'…", message, flags=re.DOTALL)


def parser(program: str, lang: str, helping: bool) -> Parser:
    """An empty parser. `helping`: its help is going to be printed, so it may look well."""
    made = Parser(prog=program, formatter_class=formatter(helping), allow_abbrev=False)
    entitle(made, lang)
    return made


def entitle(made: ArgumentParser, lang: str) -> None:
    """The headings of its help, and the line about help itself, in the language of the rest."""
    made._positionals.title, made._optionals.title = _SAID[lang]["positionals"], _SAID[lang]["optionals"]
    for action in made._actions:
        if action.dest == "help":
            action.help = _SAID[lang]["help"]


def formatter(helping: bool) -> type[HelpFormatter]:
    """How help is laid out. The good-looking one costs 70 ms, so only who asks for help pays."""
    if not helping:
        return _Unmeasured
    if not sys.stdout.isatty():
        return HelpFormatter
    from rich_argparse import RichHelpFormatter

    return RichHelpFormatter


class _Unmeasured(HelpFormatter):
    """For usage lines of errors: asking how wide the terminal is costs 5 ms at every start."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=100)


def add_globals(made: ArgumentParser, lang: str) -> None:
    """Options that stand before or after any command alike."""
    entitle(made, lang)
    said = _SAID[lang]
    group = made.add_argument_group(said["globals"])
    group.add_argument("--json", action="store_true", default=SUPPRESS, help=said["json"])
    group.add_argument("--store", metavar="URL", default=SUPPRESS, help=said["store"])
    group.add_argument("--lang", choices=LANGUAGES, default=SUPPRESS, help=said["lang"])
    group.add_argument("--now", metavar="INSTANT", default=SUPPRESS, help=said["now"])
    group.add_argument("--quiet", action="store_true", default=SUPPRESS, help=said["quiet"])
    group.add_argument("--no-color", action="store_true", default=SUPPRESS, help=said["color"])


def language(argv: Sequence[str]) -> str:
    """The language of the answer: as said last, else that of the locale."""
    for i, word in reversed(list(enumerate(argv))):
        if word == "--lang" and i + 1 < len(argv) and argv[i + 1] in LANGUAGES:
            return argv[i + 1]
        if word.startswith("--lang=") and word[7:] in LANGUAGES:
            return word[7:]
    variable = _locale()
    return "zh" if variable and os.environ[variable].lower().startswith("zh") else "en"


def _locale() -> str | None:
    """The variable of the environment that says the locale."""
    return next((name for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), None)


def language_by(options: Namespace) -> str:
    """What chose the language: `option`, the name of a variable, or `default`."""
    return "option" if hasattr(options, "lang") else _locale() or "default"


def desk(options: Namespace, missing: str = "told") -> Desk:
    """The store that the options name, open.

    `missing`: what becomes of a file that is not there. `made`: it is created, by commands that put something in.
    `told`: where `--store` named it that is an error, for it may be mistyped; else it is taken for empty, and not
    made. `later`: always the latter. `empty`: the same, also of a file that cannot be used, for what needs no case.
    Raises: NotFound, StoreError, BadInput.
    """
    from escalation.api import open_nothing, open_store

    path, lang = store_path(options), getattr(options, "lang", None) or language(())
    if missing == "made" or "://" in path or os.path.lexists(path):
        try:
            return open_store(path, now=getattr(options, "now", None), lang=lang)
        except StoreError:
            if missing != "empty" or "://" in path:
                raise  # what needs no case is answered without one, whatever is the matter with the file
    if missing == "told" and store_named(options) == "option":
        raise NotFound("store", path)
    return open_nothing(path, now=getattr(options, "now", None), lang=lang)


@contextmanager
def naming(opened: Desk, case: str, out: Output) -> Iterator[None]:
    """Inside, an error about the case is told with the names that people use."""
    try:
        yield
    except (Refused, WouldConflict):
        if not out.json:
            out.titles = opened.titles(case)
        raise


def store_path(options: Namespace) -> str:
    """The SQLite file or PostgreSQL URL of `--store`, `ESCALATION_STORE`, or the file in the user's data folder."""
    url = getattr(options, "store", None) or os.environ.get("ESCALATION_STORE")
    if not url:
        return default_store()
    if url.startswith("sqlite:///"):
        return url.removeprefix("sqlite:///")
    _no_near_miss(url)
    if "://" in url and not url.startswith(("postgresql://", "postgres://")):
        raise BadInput(FieldProblem("store", url.partition("://")[0] + "://…", "store_url"))
    return url


def _no_near_miss(url: str) -> None:
    """What was meant for a database must not become a file of that name, with the password in it. Raises: BadInput."""
    if url.startswith(("postgresql://", "postgres://")):
        return
    import re  # loaded by argparse anyhow

    connection = re.search(r"(?:^|\s)(host|hostaddr|port|dbname|user|password|passfile|service|sslmode)\s*=", url)
    scheme = re.match(r"(p\w*gres\w*|sqlite)(?=:|//)", url, re.IGNORECASE)
    if connection:
        raise BadInput(FieldProblem("store", f"{connection[1]}=…", "store_connection"))
    if scheme and "://" not in url:
        raise BadInput(FieldProblem("store", f"{scheme[1]}…", "store_connection"))
    if re.match(r"[^/\\\s:@]+:[^/\\\s]*@[^/\\\s]+(/|$)", url):
        raise BadInput(FieldProblem("store", "…@…", "store_connection"))


def default_store() -> str:
    """The file in the user's data folder."""
    import platformdirs

    return str(platformdirs.user_data_path("escalation", appauthor=False) / "cases.db")


def store_named(options: Namespace) -> str:
    """Who named the store: `option`, `environment`, or nobody: `default`."""
    if getattr(options, "store", None):
        return "default" if os.path.abspath(store_path(options)) == default_store() else "option"
    return "environment" if os.environ.get("ESCALATION_STORE") else "default"


def pairs(given: Sequence[str] | None, field: str = "set") -> dict[str, str]:
    """`K=V …` as a mapping. Raises: BadInput with every one that is none, or stands twice."""
    found: dict[str, str] = {}
    wrong = []
    for each in given or ():
        name, sign, value = each.partition("=")
        if not sign or not name or name in found:
            wrong.append(FieldProblem(field, each, "pair"))
        found[name] = value
    if wrong:
        raise BadInput(*wrong)
    return found


def whole(text: str, field: str = "seq") -> int:
    """A whole number that is typed for `field`, with a calm message where it is none, or below nought."""
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise BadInput(FieldProblem(field, text, "year_number" if field == "year" else "whole"))
    return int(text)


_SAID = {
    "zh": {
        "positionals": "要写的",
        "optionals": "可选的",
        "help": "显示这份说明",
        "globals": "通用选项（写在命令前后都可以）",
        "json": "输出 JSON，供程序使用",
        "store": "存放案件的文件，或 postgresql://… 数据库（默认在你的数据文件夹；也可设环境变量 ESCALATION_STORE）",
        "lang": "界面语言（默认随系统）",
        "now": "当作现在是这一刻：用于演练和测试",
        "quiet": "只输出结果",
        "color": "不用颜色",
    },
    "en": {
        "positionals": "arguments",
        "optionals": "options",
        "help": "show this help and end",
        "globals": "global options (before or after the command)",
        "json": "print JSON, for programs",
        "store": "the file that holds the cases, or postgresql://… (default: in your data folder; or ESCALATION_STORE)",
        "lang": "language (default: the locale)",
        "now": "act as if it were this instant: for rehearsals and tests",
        "quiet": "print the result only",
        "color": "no colour",
    },
}
