"""Commands that write an entry: open, record, facts, done, note, attach, follow-up, amend, withdraw, migrate."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from escalation.cli.arguments import desk, naming, pairs, whole
from escalation.cli.output import Output

if TYPE_CHECKING:
    from escalation.api import Desk

Data = dict[str, Any]


def _entry_options(made: ArgumentParser, lang: str, at: bool = True) -> None:
    """What every command that writes an entry takes."""
    said = _SAID[lang]
    if at:
        made.add_argument("--at", metavar="INSTANT", help=said["at"])
    made.add_argument("--preview", action="store_true", help=said["preview"])
    made.add_argument("--accept", metavar="SEQ", nargs="+", action="extend", help=said["accept"])
    made.add_argument("--key", help=said["key"])
    made.add_argument("--head", metavar="SEQ", help=said["head"])


def _options(options: Namespace) -> Data:
    found: Data = {"preview": options.preview, "key": options.key}
    found["accept"] = frozenset(whole(each, "accept") for each in options.accept or ())
    found["head"] = whole(options.head, "head") if options.head is not None else None
    if getattr(options, "at", None) is not None:
        found["at"] = options.at
    return found


def _writes(do: Callable[[Desk, Namespace, Data], Data]) -> Callable[[Namespace, Output], int]:
    """A command that writes one entry and prints the case as it is then."""

    def run(options: Namespace, out: Output) -> int:
        with desk(options) as opened, naming(opened, options.case, out):
            data = do(opened, options, _options(options))
            extra = {} if out.json else {"titles": opened.titles(options.case), "next": _next(opened, options)}
            out.emit("preview" if options.preview else "recorded", data, **extra)
        return 0

    return run


def _next(opened: Desk, options: Namespace) -> Data | None:
    return None if options.preview else opened.next(options.case)


def build_open(made: ArgumentParser, lang: str) -> None:
    said = _SAID[lang]
    made.add_argument("procedure", metavar="PROCEDURE", help=said["procedure"])
    made.add_argument("--title", help=said["title"])
    made.add_argument("--client", help=said["client"])
    made.add_argument("--at", metavar="INSTANT", help=said["at"])
    made.add_argument("--set", metavar="FACT=VALUE", nargs="+", action="extend", help=said["set"])
    made.set_defaults(run=run_open)


def run_open(options: Namespace, out: Output) -> int:
    """Open a case: a person sees its id and what to do first, a script the id alone, `--json` the `show` object."""
    with desk(options, "made") as opened:
        ref = opened.open(
            options.procedure, title=options.title, client=options.client, at=options.at, facts=pairs(options.set)
        )
        if out.json:
            out.emit("recorded", {**opened.show(ref), "seq": 1})
        elif out.quiet or not sys.stdout.isatty():
            out.raw(ref, kind="case")
        else:
            out.emit("opened", {"case": ref}, next=opened.next(ref), titles=opened.titles(ref))
    return 0


def build_record(made: ArgumentParser, lang: str) -> None:
    said = _SAID[lang]
    made.add_argument("case", metavar="CASE", help=said["case"])
    made.add_argument("event", metavar="EVENT", help=said["event"])
    made.add_argument("--set", metavar="K=V", nargs="+", action="extend", help=said["set"])
    made.add_argument("--note", help=said["note"])
    made.add_argument("--attach", metavar="FILE", nargs="+", action="extend", help=said["attach"])
    _entry_options(made, lang)
    made.set_defaults(
        run=_writes(
            lambda d, o, more: d.record(o.case, o.event, pairs(o.set), note=o.note, attach=o.attach or (), **more)
        )
    )


def build_facts(made: ArgumentParser, lang: str) -> None:
    said = _SAID[lang]
    made.add_argument("case", metavar="CASE", help=said["case"])
    made.add_argument("values", metavar="K=V", nargs="+", help=said["set"])
    _entry_options(made, lang)
    made.set_defaults(run=_writes(lambda d, o, more: d.set_facts(o.case, pairs(o.values, "facts"), **more)))


def build_done(made: ArgumentParser, lang: str) -> None:
    said = _SAID[lang]
    made.add_argument("case", metavar="CASE", help=said["case"])
    made.add_argument("item", metavar="ITEM", help=said["item"])
    made.add_argument("--undo", action="store_true", help=said["undo"])
    _entry_options(made, lang)
    made.set_defaults(run=_writes(lambda d, o, more: d.done(o.case, o.item, undo=o.undo, **more)))


def build_note(made: ArgumentParser, lang: str) -> None:
    said = _SAID[lang]
    made.add_argument("case", metavar="CASE", help=said["case"])
    made.add_argument("text", metavar="TEXT", help=said["text"])
    _entry_options(made, lang)
    made.set_defaults(run=_writes(lambda d, o, more: d.note(o.case, o.text, **more)))


def build_attach(made: ArgumentParser, lang: str) -> None:
    said = _SAID[lang]
    made.add_argument("case", metavar="CASE", help=said["case"])
    made.add_argument("files", metavar="FILE", nargs="+", help=said["file"])
    made.add_argument("--as", dest="as_title", metavar="TITLE", help=said["title"])
    made.add_argument("--for", dest="for_item", metavar="ITEM", help=said["item"])
    made.add_argument("--type", metavar="TYPE", help=said["type"])
    made.add_argument("--dated", metavar="DAY", help=said["dated"])
    made.add_argument("--proves", metavar="TEXT", help=said["proves"])
    made.add_argument("--name", help=said["name"])
    _entry_options(made, lang)
    made.set_defaults(run=run_attach)


def run_attach(options: Namespace, out: Output) -> int:
    """One file is an entry like any other; of several, or a folder, each is told. Exit code 2 if any was left out."""
    from escalation.cli.evidence import attach  # only this command reads files

    return attach(options, _options(options), out)


def build_follow_up(made: ArgumentParser, lang: str) -> None:
    said = _SAID[lang]
    made.add_argument("case", metavar="CASE", help=said["case"])
    actions = made.add_subparsers(metavar="ACTION", required=True)
    shapes = {"add": ("DATE", "TEXT"), "done": ("N",), "move": ("N", "DATE"), "drop": ("N",)}
    for action, words in shapes.items():
        each = actions.add_parser(action, help=said[f"follow_{action}"])
        for word in words:
            each.add_argument(word.lower(), metavar=word, help=said[word.lower()])
        if action == "add":
            each.add_argument("--every", metavar="LENGTH", help=said["every"])
        _entry_options(each, lang)
        from escalation.cli.arguments import add_globals

        add_globals(each, lang)
        each.set_defaults(run=_writes(_followed(action)))


def _followed(action: str) -> Callable[[Desk, Namespace, Data], Data]:
    def do(opened: Desk, o: Namespace, more: Data) -> Data:
        n = whole(o.n, "n") if hasattr(o, "n") else None
        text, every = getattr(o, "text", None), getattr(o, "every", None)
        return opened.follow_up(o.case, action, n=n, due=getattr(o, "date", None), text=text, every=every, **more)

    return do


def build_amend(made: ArgumentParser, lang: str) -> None:
    said = _SAID[lang]
    made.add_argument("case", metavar="CASE", help=said["case"])
    made.add_argument("seq", metavar="SEQ", help=said["seq"])
    made.add_argument("--set", metavar="K=V", nargs="+", action="extend", help=said["amend_set"])
    made.add_argument("--note", help=said["note"])
    _entry_options(made, lang)
    made.set_defaults(run=_writes(_amended))


def _amended(opened: Desk, o: Namespace, more: Data) -> Data:
    return opened.amend(o.case, whole(o.seq), data=pairs(o.set), note=o.note, **more)


def build_withdraw(made: ArgumentParser, lang: str) -> None:
    said = _SAID[lang]
    made.add_argument("case", metavar="CASE", help=said["case"])
    made.add_argument("seq", metavar="SEQ", help=said["seq"])
    made.add_argument("--note", help=said["note"])
    _entry_options(made, lang, at=False)
    made.set_defaults(run=_writes(lambda d, o, more: d.withdraw(o.case, whole(o.seq), note=o.note, **more)))


def build_migrate(made: ArgumentParser, lang: str) -> None:
    said = _SAID[lang]
    made.add_argument("cases", metavar="CASE", nargs="+", help=said["case"])
    made.add_argument("--to", metavar="PROCEDURE", required=True, help=said["procedure"])
    made.add_argument("--map", metavar="OLD=NEW", nargs="+", action="extend", help=said["map"])
    _entry_options(made, lang, at=False)
    made.set_defaults(run=run_migrate)


def run_migrate(options: Namespace, out: Output) -> int:
    """Each case is moved, or left, by itself; the first that cannot be stops the rest."""
    with desk(options) as opened:
        for case in options.cases:
            with naming(opened, case, out):
                data = opened.migrate(case, options.to, mapping=pairs(options.map, "map"), **_options(options))
            extra = {} if out.json else {"titles": opened.titles(case)}
            out.emit("preview" if options.preview else "migrated", data, **extra)
    return 0


BUILD = {
    "open": build_open, "record": build_record, "facts": build_facts, "done": build_done, "note": build_note,
    "attach": build_attach, "follow-up": build_follow_up, "amend": build_amend, "withdraw": build_withdraw,
    "migrate": build_migrate,
}  # fmt: skip

_SAID = {
    "zh": {
        "case": "案件编号（开头几位够分辨就行）",
        "event": "发生了什么（`escalation show CASE` 里列着可选的）",
        "procedure": "流程名，或流程文件",
        "title": "标题",
        "client": "当事人（机构使用）",
        "at": "什么时候发生的：2026-03-02、2026-03-02T10:00；不写就是现在",
        "set": "名称=内容",
        "amend_set": "名称=新内容；等号后留空就是删去",
        "note": "附一句说明",
        "attach": "一起附上的文件",
        "file": "要附上的文件，可以写几个；文件夹就是里面的全部；- 是粘贴的文字",
        "type": "是什么：contract、statement、chat、call、letter……",
        "dated": "纸上写的日期",
        "proves": "能说明什么，一句话",
        "name": "粘贴的文字叫什么（和 - 一起用）",
        "item": "清单里的哪一项",
        "undo": "取消勾选",
        "text": "文字",
        "date": "哪一天（2026-03-02）",
        "n": "跟进的编号",
        "every": "每隔多久再提醒，例如 2 weeks",
        "follow_add": "新增一条跟进",
        "follow_done": "这条办完了",
        "follow_move": "改到另一天",
        "follow_drop": "不再跟进",
        "seq": "哪一条记录（`escalation log CASE` 里的编号）",
        "preview": "只看看会怎样，不保存",
        "accept": "接受这些记录因此不再适用",
        "key": "防重复的标识：同一个标识只记一次",
        "head": "你看到的最后一条编号；之后有人写过就拒绝",
        "map": "旧状态=新状态",
    },
    "en": {
        "case": "the case's id (a unique beginning is enough)",
        "event": "what happened (`escalation show CASE` lists what can)",
        "procedure": "a procedure's name, or its file",
        "title": "title",
        "client": "whose case it is (for offices)",
        "at": "when it happened: 2026-03-02, 2026-03-02T10:00; now if left out",
        "set": "name=value",
        "amend_set": "name=new value; nothing after the sign takes it out",
        "note": "a remark to keep with it",
        "attach": "files to attach along with it",
        "file": "the files to attach; of a folder all that is in it; - for pasted text",
        "type": "what it is: contract, statement, chat, call, letter …",
        "dated": "the day that the paper bears",
        "proves": "what it shows, in a sentence",
        "name": "what the pasted text is called (with -)",
        "item": "which item of a checklist",
        "undo": "untick it",
        "text": "the text",
        "date": "the day (2026-03-02)",
        "n": "the follow-up's number",
        "every": "remind again every so often: 2 weeks, say",
        "follow_add": "add a follow-up",
        "follow_done": "this one is done",
        "follow_move": "move it to another day",
        "follow_drop": "drop it",
        "seq": "which entry (the number in `escalation log CASE`)",
        "preview": "show what it would do, and keep nothing",
        "accept": "accept that these entries become inapplicable",
        "key": "idempotency key: what is recorded twice under one key is recorded once",
        "head": "the last entry you saw; refused if someone has written since",
        "map": "old state=new state",
    },
}
