"""Being told, in words: the daemon, the ways out, what was announced. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rich.text import Text

from escalation.wording import Wording, visible
from escalation.wording.errors import reason_said, system_said
from tui.widgets.status import missed_said, span

Data = Mapping[str, Any]

HIDDEN = "***"
SETTLED = ("told", "silent", "overtaken", "kept")


def standing_text(words: Wording, standing: Data, now: datetime) -> Text:
    """The daemon, what was put aside, and what to do where something is missing."""
    text = Text()
    if standing["read_only"]:
        text.append(f"{words.say('mark.bad')} ")
        reason = system_said(standing["read_only"], words)
        text.append(words.say("store_read_only.status", reason=reason) + "\n", "bold")
    _daemon(text, words, standing, now)
    for each in standing["parked"]:
        why = reason_said(each["reason"], words)
        text.append(f"{words.say('mark.bad')} ")
        text.append(
            words.say("daemon.parked", n=each["deliveries"], channel=each["channel"], reason=why) + "\n", "bold"
        )
    if standing["put_off"]:
        text.append(f"{words.say('mark.bad')} ")
        text.append(words.say("put_off.what", n=standing["put_off"]) + "\n", "bold")
        text.append(words.say("put_off.do") + "\n")
    if standing["deliveries"]["late"]:
        text.append(f"!  {words.say('daemon.late', n=standing['deliveries']['late'])}\n")
    if standing["calendar_missing"]:
        text.append(f"?  {words.say('daemon.calendar_missing', year=standing['calendar_missing'])}\n")
    text.rstrip()
    return text


def _daemon(text: Text, words: Wording, standing: Data, now: datetime) -> None:
    last = standing["last_tick"]
    ago = "" if last is None else words.say("daemon.ago", span=span(words, (now - last).total_seconds()))
    if standing["alive"]:
        text.append(f"{words.say('mark.ok')} ")
        text.append(words.say("daemon.alive", ago=ago) + "\n", "bold")
    elif standing["now_and_then"]:
        text.append(f"{words.say('mark.ok')} ")
        text.append(words.say("daemon_now_and_then.looked", ago=ago) + "\n", "bold")
        text.append(words.say("daemon_now_and_then.until") + "\n")
    else:
        missed = missed_said(words, standing, now)
        text.append(f"{words.say('mark.bad')} ")
        text.append((missed or words.say("daemon.never")) + "\n", "bold")
        text.append(words.say("delivery.no_harm") + "\n")
        text.append(words.say("delivery.start_how") + "\n")
    waiting = standing["deliveries"]["waiting"]
    if waiting:
        text.append(words.say("delivery.waits", n=waiting) + "\n")


def channel_line(words: Wording, each: Data, masked: bool) -> Text:
    """A way out in two lines: whether it works, what it is called and where it leads; then what goes out, and when."""
    text = Text()
    failing, elsewhere = each["failing_since"], each["elsewhere"]
    sign = words.say("mark.bad") if failing else "? " if elsewhere else "- " if not each["ok_at"] else "ok"
    text.append(f"{sign} ")
    text.append(visible(each["name"]), "bold")
    text.append(f"  {HIDDEN if masked else visible(each['address'])}\n")
    says = [health(words, each), words.say(f"channel.privacy_{each['privacy']}")]
    says.append(words.say(f"channel.digest_{each['digest']}", at=each["digest_at"]))
    text.append("   " + words.say("word.comma").join(says))
    return text


def health(words: Wording, each: Data) -> str:
    """Whether a way out works, and since when not."""
    if each["failing_since"]:
        said = words.say("channel.failing", at=words.instant(each["failing_since"]))
        return said + words.say("word.comma") + words.say("channel.why", why=reason_said(each["error"] or "", words))
    if each["elsewhere"]:
        return words.say("channel.elsewhere")
    return words.say("channel.ok", at=words.instant(each["ok_at"])) if each["ok_at"] else words.say("channel.unused")


def channel_text(words: Wording, each: Data, masked: bool) -> Text:
    """All about one way out."""
    text = channel_line(words, each, masked)
    hours = words.say("channel.quiet", begin=each["quiet_from"], end=each["quiet_to"])
    about = [hours if each["quiet_from"] else words.say("channel.no_quiet"), each["zone"]]
    if each["least"] != "quiet":
        about.append(words.say("channel.least", level=words.say(f"channel.level_{each['least']}")))
    names = [(key, HIDDEN if masked else visible(each[key])) for key in ("client", "person") if each[key]]
    about += [words.say(f"channel.{key}", name=name) for key, name in names]
    about.append(words.say(f"channels.lang_{each['lang']}"))
    text.append("\n   " + words.say("word.comma").join(about))
    place, _, name = each["secret"].partition(":")
    kept = words.say("channel.label_kept") + words.say("word.colon") + words.say(f"channel.kept_{place}", name=name)
    text.append("\n   " + kept + "\n\n")
    text.append(words.say(f"channels.about_{each['privacy']}"))
    return text


def announcement_text(words: Wording, each: Data, masked: bool) -> Text:
    """One announcement in a line: what became of it, which case, what about, which day."""
    status = each["status"] if each["status"] in (*SETTLED, "parked") else "waiting"
    if each["acknowledged"] and status != "parked":
        status = "acknowledged"
    day = words.day(each["due"]) if each["due"] else words.day(each["at"])
    title, what = (HIDDEN if masked else visible(each[name]) for name in ("title", "what"))
    state = words.say(f"delivery.{status}")
    if status == "waiting" and each["waits_until"]:
        state = words.say("delivery.waiting_until", at=words.instant(each["waits_until"]))
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(words.say(f"delivery.kind_{each['kind']}") + " ")
    text.append(day, "bold")
    text.append(f"  {state}  ")
    text.append(f"{title}{words.say('word.colon')}{what}")
    if each["provisional"]:
        text.append("  " + words.say("mark.provisional"))
    return text
