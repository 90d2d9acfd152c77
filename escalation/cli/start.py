"""What a newcomer meets: no command at all, demo, shell completion, and one line about each command."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from escalation.cli.arguments import store_path
from escalation.cli.output import Output

if TYPE_CHECKING:
    from escalation.api import Desk


class Screens(Protocol):
    """Opens the screens on a store, stays until the person leaves, and gives the exit code."""

    def __call__(self, store: str, *, now: str | None = None, lang: str = "en", demo: bool = False) -> int: ...


def summary(command: str, lang: str) -> str:
    """One line about a command."""
    return _SAID[lang].get(command, command)


def nothing_named(options: Namespace, out: Output) -> int:
    """The screens, at a terminal; else what is next in every open case."""
    screens = _screens(out)
    if screens is None:
        from escalation.cli.questions import run_next

        return run_next(options, out)
    return screens(store_path(options), now=getattr(options, "now", None), lang=out.lang)


def _screens(out: Output) -> Screens | None:
    """What opens the screens: None where nobody looks on, or none are installed.

    They are another package, found by an entry point: this one does not know it.
    """
    if out.json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return None
    from importlib.metadata import entry_points

    found = next(iter(entry_points(group="escalation.screens", name="terminal")), None)
    if found is None:
        return None
    try:
        opened: Screens = found.load()
    except ImportError:  # installed without what they need: the program's answers are there all the same
        return None
    return opened


def build_demo(made: ArgumentParser, lang: str) -> None:
    made.add_argument("--keep", metavar="FILE", help=_SAID[lang]["keep"])
    made.add_argument("--plain", action="store_true", help=_SAID[lang]["plain"])
    made.set_defaults(run=run_demo)


def run_demo(options: Namespace, out: Output) -> int:
    """A throw-away store with made-up cases in every stage: on the screens, or next, due and show of them."""
    from tempfile import TemporaryDirectory

    from escalation.api import open_store
    from escalation.demo import fill

    screens = None if options.plain else _screens(out)
    with TemporaryDirectory(prefix="escalation-demo-") as folder:
        path = options.keep or str(Path(folder) / "demo.db")
        with open_store(path, now=getattr(options, "now", None), lang=out.lang) as desk:
            cases = fill(desk)
            if screens is None:
                return _told(desk, cases, options, out, path)
        code = screens(path, now=getattr(options, "now", None), lang=out.lang, demo=True)
    out.message("demo_kept" if options.keep else "demo_over", file=path)
    return code


def _told(desk: Desk, cases: list[str], options: Namespace, out: Output, path: str) -> int:
    """The demo as text."""
    if out.json:
        out.emit("lines", (desk.show(case) for case in cases))
        return 0
    out.message("demo_intro", n=len(cases))
    still_open = (desk.next(case) for case in cases if desk.show(case)["open"])
    out.emit("next_all", still_open, titles_of=desk.titles, cases=len(cases))
    out.emit("due", desk.due("14d"), today=desk.today())
    out.emit("show", desk.show(cases[0]), titles=desk.titles(cases[0]))
    out.message("demo_kept" if options.keep else "demo_over", file=path)
    return 0


def build_completion(made: ArgumentParser, lang: str) -> None:
    made.add_argument("shell", choices=("bash", "zsh", "tcsh"), help=_SAID[lang]["shell"])
    made.set_defaults(run=run_completion)


def run_completion(options: Namespace, out: Output) -> int:
    """A script for the shell: `eval "$(escalation completion bash)"`."""
    import shtab

    from escalation.cli import everything

    sys.stdout.write(shtab.complete(everything(out.lang), options.shell) + "\n")
    return 0


BUILD = {"demo": build_demo, "completion": build_completion}

_SAID = {
    "zh": {
        "open": "开一个案件",
        "record": "记下发生的事",
        "facts": "记下数值（金额、日期等）",
        "done": "勾选清单里的一项",
        "note": "写一条备注",
        "attach": "附上文件",
        "follow-up": "自己的跟进提醒",
        "amend": "更正一条记录",
        "withdraw": "撤回一条记录",
        "migrate": "换到流程的另一个版本",
        "show": "案件现在的情况",
        "list": "所有案件",
        "next": "现在该做什么，最晚哪天，为什么",
        "due": "按日子列出期限和跟进",
        "log": "完整记录，更正也看得见",
        "why": "一个日子怎么算出来的；一件事还缺什么",
        "forecast": "没人行动的话会走到哪里",
        "verify": "核对记录没有被改动",
        "export": "导出",
        "import": "导入",
        "backup": "备份：全部案件放进一个文件",
        "restore": "从备份恢复",
        "copy": "把整个存储搬到另一处",
        "procedure": "流程：列出、阅读、检查、测试、画图",
        "calendar": "工作日历",
        "channel": "通知渠道：加上、试一试、去掉",
        "daemon": "后台：到点提醒，送到手机和邮箱",
        "ack": "知道了：不再为同一件事提醒",
        "assign": "案件归谁管（机构用）",
        "settings": "这个存储自己的设定",
        "plan": "能还多少、怎么还合适、约定的还款还到哪了",
        "evidence": "附上的证据、联系记录、催收记录",
        "simulate": "编很多段经历，看一个流程会怎么结束、多久",
        "write": "写信：从案件写出方案、投诉、申请",
        "ground": "规矩和合同：眼下用得上的几页，投诉前的几问",
        "trust": "这个人靠不靠得住：一句一句核对",
        "calm": "寄出之前，看看语气和不该写的话",
        "demo": "看一遍示例（不会留下任何东西）",
        "serve": "在浏览器里打开界面，只有这台电脑能看",
        "doctor": "一样一样看过：都好不好；报告问题时贴上",
        "completion": "命令行补全脚本",
        "keep": "把示例案件留在这个文件里",
        "plain": "只打印文字，不打开界面",
        "shell": "哪种命令行",
    },
    "en": {
        "open": "open a case",
        "record": "log something that happened",
        "facts": "set values (amounts, dates …)",
        "done": "tick a checklist item",
        "note": "write a note",
        "attach": "attach a file",
        "follow-up": "your own reminders",
        "amend": "correct an entry",
        "withdraw": "take an entry back",
        "migrate": "move to another version of the procedure",
        "show": "how a case stands",
        "list": "all cases",
        "next": "what to do now, by when, why",
        "due": "deadlines and follow-ups by day",
        "log": "the history, corrections visible",
        "why": "how a day was counted; what an event still lacks",
        "forecast": "where it goes if nobody acts",
        "verify": "check that no log was altered",
        "export": "let cases out",
        "import": "take cases in",
        "backup": "everything into one file, verified",
        "restore": "bring a backup back",
        "copy": "a whole store into another one",
        "procedure": "definitions: list, read, check, test, draw",
        "calendar": "working days",
        "channel": "ways to be told: add, test, remove",
        "daemon": "the background scheduler: reminds in time, by phone or mail",
        "ack": "seen: no more reminders of the same thing",
        "assign": "who looks after a case, in an office",
        "settings": "what this store is told about itself",
        "plan": "what can be paid, ways to pay side by side, the agreed plan followed",
        "evidence": "what is attached, who said what, how they collect",
        "simulate": "many made-up lives of a procedure: how long, which ends",
        "write": "letters from a case: proposal, complaint, application",
        "ground": "law and contract: the pages needed now, the questions before a complaint",
        "trust": "whether somebody can be trusted, question by question",
        "calm": "look a text over before it goes out",
        "demo": "look around (leaves nothing behind)",
        "serve": "the screens in a browser, on this machine only",
        "doctor": "is everything all right; what to put into a bug report",
        "completion": "a script for your shell's completion",
        "keep": "keep the demo cases in this file",
        "plain": "print text, do not open the screens",
        "shell": "which shell",
    },
}
