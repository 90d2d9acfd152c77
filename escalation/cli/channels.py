"""Commands about the ways out: channel add, list, test, remove, retry."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from typing import Any

from escalation.cli.arguments import Mixed, add_globals, desk
from escalation.cli.output import Output
from escalation.core.loudness import LEVELS
from escalation.errors import DeliveryFailed


def build_channel(made: ArgumentParser, lang: str) -> None:
    said = _SAID[lang]
    # An address after its options is as natural as one before them.
    actions = made.add_subparsers(metavar="ACTION", required=True, parser_class=Mixed)
    for action, run in _RUN.items():
        each = actions.add_parser(action, help=said[action])
        if action != "list":
            each.add_argument("name", metavar="NAME", help=said["name"])
        if action == "add":
            _build_add(each, said)
        add_globals(each, lang)
        each.set_defaults(run=run)


def _build_add(made: ArgumentParser, said: dict[str, str]) -> None:
    made.add_argument("address", metavar="ADDRESS", nargs="?", help=said["address"])
    made.add_argument("--kind", metavar="apprise|command|log", help=said["kind"])
    source = made.add_mutually_exclusive_group()
    source.add_argument("--from-env", metavar="VAR", help=said["from_env"])
    source.add_argument("--from-stdin", action="store_true", help=said["from_stdin"])
    made.add_argument("--keep", metavar="auto|keyring|file", help=said["keep"])
    made.add_argument("--privacy", metavar="discreet|titles|full", default="discreet", help=said["privacy"])
    hours = made.add_mutually_exclusive_group()
    hours.add_argument("--quiet-hours", metavar="22:00-08:00", default="22:00-08:00", help=said["quiet_hours"])
    hours.add_argument("--no-quiet-hours", action="store_true", help=said["no_quiet_hours"])
    made.add_argument("--zone", metavar="ZONE", default="Asia/Shanghai", help=said["zone"])
    made.add_argument("--client", metavar="C", help=said["client"])
    made.add_argument("--person", metavar="P", help=said["person"])
    made.add_argument("--digest", metavar="none|daily|weekly", default="daily", help=said["digest"])
    made.add_argument("--digest-at", metavar="08:00", default="08:00", help=said["digest_at"])
    made.add_argument("--least", metavar="|".join(LEVELS), default="quiet", help=said["least"])
    made.add_argument("--no-test", action="store_true", help=said["no_test"])


def run_add(options: Namespace, out: Output) -> int:
    """Exit code 1 if the test message was not taken; the channel is then not kept."""
    from escalation import channel_setup
    from escalation.cli.channel_fields import read

    with desk(options, "made") as opened:
        if options.from_stdin and sys.stdin.isatty():
            out.message("paste_address")
        wanted, problem = read(options, out.lang)
        tested = not options.no_test
        try:
            found = channel_setup.add(opened.engine.store, wanted, opened.now(), test=tested, problem=problem)
        except DeliveryFailed as failed:
            return _not_taken(out, options.name, failed, kept=False)
        whose = {"client": options.client, "person": options.person}
        cases = opened.engine.store.cases
        unknown = [k for k, name in whose.items() if name is not None and not any(cases(**{k: name}, limit=1))]
    if out.json:
        out.emit("channel", found | {"unknown": unknown})
    else:
        _page(out, "added", found, tested=tested, unknown=unknown)
    return 0


def run_list(options: Namespace, out: Output) -> int:
    from escalation.deliveries import Deliveries
    from escalation.standing import channel, elsewhere

    with desk(options) as opened:
        known = Deliveries(opened.engine.store).channels()
        rows = [channel(each) for each in known]
        folder, today = opened.engine.store.folder, opened.today()
    if out.json:
        out.emit("lines", rows)
    else:
        _page(out, "listed", rows, today=today, elsewhere={each.name for each in known if elsewhere(each, folder)})
    return 0


def run_test(options: Namespace, out: Output) -> int:
    """Exit code 1 if the message was not taken."""
    with desk(options) as opened:
        try:
            opened.test_channel(options.name)
        except DeliveryFailed as failed:
            return _not_taken(out, options.name, failed, kept=True)
    if out.json:
        out.emit("tested", {"channel": options.name, "taken": True, "reason": None, "permanent": False, "kept": True})
    else:
        _page(out, "taken", {"channel": options.name})
    return 0


def run_remove(options: Namespace, out: Output) -> int:
    with desk(options) as opened:
        secret = opened.remove_channel(options.name)
    if out.json:
        out.emit("removed", {"channel": options.name, "removed": True})
    else:
        _page(out, "removed", {"channel": options.name, "secret": secret})
    return 0


def run_retry(options: Namespace, out: Output) -> int:
    with desk(options) as opened:
        found = {"channel": options.name, "waiting": opened.retry(options.name)}
    if out.json:
        out.emit("retried", found)
    else:
        _page(out, "retried", found)
    return 0


_RUN = {"add": run_add, "list": run_list, "test": run_test, "remove": run_remove, "retry": run_retry}
BUILD = {"channel": build_channel}


def _page(out: Output, kind: str, data: Any, **extra: Any) -> None:
    """For people. Whoever pipes JSON does not pay for layout."""
    from escalation.cli import human_channels
    from escalation.cli.human_page import Page

    human_channels.KINDS[kind](Page(out, extra), data)
    sys.stdout.flush()


def _not_taken(out: Output, name: str, failed: DeliveryFailed, kept: bool) -> int:
    found = {"channel": name, "taken": False, "reason": failed.reason, "permanent": failed.permanent, "kept": kept}
    if out.json:
        out.emit("tested", found)
    else:
        _page(out, "not_taken", found)
    return 1


_SAID = {
    "zh": {
        "add": "加一个通知渠道，发一条试试，收下了才留住",
        "list": "有哪些渠道，通不通",
        "test": "再发一条试试",
        "remove": "去掉一个渠道，地址也一并忘掉",
        "retry": "搁下没送到的，再送一次",
        "name": "渠道的名字，随你起",
        "address": "地址，例如 ntfys://ntfy.sh/主题；写在命令里，同一台机器上的人可能看得到",
        "kind": "哪一种（看得出来就不用写）",
        "from_env": "从这个环境变量读地址，以后每次也从那里读",
        "from_stdin": "从标准输入读地址，一行",
        "keep": "地址放在哪里：系统的钥匙串，或只有你能读的文件（默认 auto，有钥匙串就用它）",
        "privacy": "写多少：discreet 只说几件事，titles 说是哪件，full 连内容一起（默认 discreet）",
        "quiet_hours": "这段时间不打扰（默认 22:00-08:00）",
        "no_quiet_hours": "什么时候都可以打扰",
        "zone": "按哪里的时间（默认 Asia/Shanghai）",
        "client": "只送这位当事人的",
        "person": "只送这个人经手的",
        "digest": "摘要：每天、每周，或不要（默认 daily）",
        "digest_at": "摘要几点送（默认 08:00）",
        "least": "从多要紧的开始送（默认 quiet，都送）",
        "no_test": "不发试的那一条，直接留住",
    },
    "en": {
        "add": "add a way to be told; kept once it has taken a test message",
        "list": "the channels there are, and whether they work",
        "test": "send a test message",
        "remove": "remove a channel and forget its address",
        "retry": "try again what could not be delivered",
        "name": "what you call the channel",
        "address": "the address, such as ntfys://ntfy.sh/TOPIC; on a command line, others on this machine may see it",
        "kind": "which kind (not needed where it shows)",
        "from_env": "read the address from this environment variable, now and at every delivery",
        "from_stdin": "read the address from standard input, one line",
        "keep": "where the address lies: the system's keyring or a private file (default auto: keyring if any)",
        "privacy": "how much is told: discreet numbers only, titles which case, full what about (default discreet)",
        "quiet_hours": "do not disturb in these hours (default 22:00-08:00)",
        "no_quiet_hours": "may disturb at any hour",
        "zone": "the time zone that counts (default Asia/Shanghai)",
        "client": "only this client's cases",
        "person": "only the cases this person looks after",
        "digest": "a summary every day, every week, or none (default daily)",
        "digest_at": "when the summary comes (default 08:00)",
        "least": "from which level on (default quiet: everything)",
        "no_test": "keep it without sending a test message",
    },
}
