"""A service that apprise speaks to: one attempt at handing it one message, and why it failed."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterable
from concurrent.futures import Future
from functools import cache, wraps
from threading import Lock, Thread, local
from typing import Any

import msgspec

from escalation.channels.outgoing import Message, redacted
from escalation.core.loudness import LOUD, URGENT
from escalation.errors import DeliveryFailed
from states.model import UNREADABLE

_LOUDER: dict[str, tuple[str, dict[int, str]]] = {
    "ntfy": ("priority", {LOUD: "high", URGENT: "max"}),
    "gotify": ("priority", {LOUD: "high", URGENT: "emergency"}),
    "pover": ("priority", {LOUD: "high", URGENT: "high"}),
    "bark": ("level", {URGENT: "timeSensitive"}),
}
"""What makes a service louder, by its scheme: the parameter, and its value by level."""
_READS_MARKDOWN = ("NotifyServerChan", "NotifyDiscord", "NotifyMattermost", "NotifyRocketChat", "NotifyZulip")
"""Services that read text as Markdown, although apprise gives it to them as it is."""
_SAYS_NO = {
    "NotifyDingTalk": ("errcode", 0), "NotifyWeComBot": ("errcode", 0), "NotifyFeishu": ("code", 0),
    "NotifyLark": ("code", 0), "NotifyServerChan": ("code", 0), "NotifyPushDeer": ("code", 0),
    "NotifyBark": ("code", 200),
}  # fmt: skip
"""Services that refuse with status 200, which apprise takes for success: a key of the answer, its good value."""
_TROUBLE = (
    (r"\(53[0457], ", "the user name or the password was not accepted"),
    (r"recipient .* was refused|\(55\d, ", "the recipient was not accepted"),
    (r"CERTIFICATE_VERIFY|certificate verify|SSLError", "its certificate is not trusted"),
    (r"[Tt]imed? ?out|Timeout", "no answer in time"),
    (r"[Rr]efused|Errno 111|Errno 61\b", "the connection was refused"),
    (r"NameResolution|getaddrinfo|[Nn]ame or service|nodename|name resolution", "its name was not found"),
    (r"unreachable|No route", "the network cannot be reached"),
    (r"reset by peer|RemoteDisconnected|[Cc]onnection.*closed|aborted", "the connection was closed"),
)
"""What libraries say of a connection that failed, in our words."""
_EXPLAINS = ("errmsg", "msg", "message", "error", "description", "info")
"""Keys under which services say why."""

MOST_BYTES = 64 * 1024
"""Of an answer, after unpacking; what services say is a line or two."""

_hearing = local()
_one_at_a_time = Lock()


def _apprise() -> Any:
    """The library, made ready once, whichever thread asks first."""
    with _one_at_a_time:
        return _made_ready()


@cache
def _made_ready() -> Any:
    """It and its connections are made to keep to themselves what they log: it holds tokens and texts."""
    for name in ("apprise", "urllib3", "requests"):
        logger = logging.getLogger(name)
        logger.propagate = False
        logger.addHandler(logging.NullHandler())
    # Only then does it say in its answer why a connection failed.
    logging.getLogger("apprise").setLevel(logging.DEBUG)
    with warnings.catch_warnings():
        # It tries deprecated modules, and says so.
        warnings.simplefilter("ignore")
        import apprise
        from apprise.manager_plugins import NotificationManager
        from requests import Session

        manager: Any = NotificationManager  # untyped
        manager().load_modules()
    answered: Any = Session.send

    @wraps(answered)
    def heard(*words: Any, **options: Any) -> Any:
        if options.get("stream"):
            return answered(*words, **options)
        # Read here, and no more than anybody needs: the library would take in whatever a server sends.
        answer = answered(*words, **{**options, "stream": True})
        try:
            answer._content = _beginning(answer.iter_content(MOST_BYTES))
            answer._content_consumed = True
        finally:
            answer.close()
        getattr(_hearing, "answers", []).append((answer.status_code, answer.content[:4000]))
        return answer

    # Apprise tells whether the status was good, and nothing else of an answer; `_SAYS_NO` needs the rest.
    Session.send = heard  # type: ignore[method-assign]
    return apprise


def _beginning(parts: Iterable[bytes]) -> bytes:
    body = b""
    for part in parts:
        body += part
        if len(body) >= MOST_BYTES:
            break
    return body[:MOST_BYTES]


def schemes() -> list[str]:
    """All that the library knows."""
    return sorted(_apprise().manager_plugins.NotificationManager().schemas())


def parts_of(address: str) -> dict[str, Any] | None:
    """What an address says, as apprise reads it."""
    parts: dict[str, Any] | None = _apprise().plugins.url_to_dict(address)
    return parts


def opened(parts: dict[str, Any], level: int, seconds: float) -> Any:
    """The one service of an address, set up for one attempt; None if something is missing or wrong."""
    apprise = _apprise()
    # No redirects: a message sent on would arrive as a question without content, and count as taken.
    asset = apprise.AppriseAsset(
        app_id="Escalation", app_desc="Escalation", app_url="", async_mode=False, service_timeout=0,
        interpret_emojis=False, http_redirects=False, storage_mode="memory",
    )  # fmt: skip
    given = parts.get("qsd") or {}
    ours: dict[str, Any] = {"cto": seconds, "rto": seconds, "overflow": "truncate"}
    if "image" not in given:
        # The phone would fetch it from elsewhere.
        ours["include_image"] = False
    scheme = str(parts["schema"])
    name, values = _LOUDER.get(scheme) or _LOUDER.get(scheme.removesuffix("s")) or ("", {})
    if level in values:
        ours[name] = values[level]
    ours = {key: value for key, value in ours.items() if key not in given}
    # Retries are the daemon's, and a failure that is called optional would count as taken.
    return apprise.Apprise.instantiate({**parts, **ours, "retry": 0, "optional": False}, asset=asset)


def _attempted(service: Any, message: Message) -> str | None:
    """Why the service did not take the message, not yet redacted; None if it did."""
    apprise = _apprise()
    kinds = {LOUD: apprise.NotifyType.WARNING, URGENT: apprise.NotifyType.FAILURE}
    body = message.body
    if type(service).__name__ in _READS_MARKDOWN:
        body = apprise.conversion.text_to_markdown(body).replace("\n", "  \n")
    sender = apprise.Apprise(service, asset=service.asset)
    answers: list[tuple[int, bytes]] = []
    _hearing.answers = answers
    taken = sender.notify(
        body=body, title=message.title, body_format=apprise.NotifyFormat.TEXT, interpret_escapes=False,
        notify_type=kinds.get(message.level, apprise.NotifyType.INFO), log_level=logging.DEBUG,
    )  # fmt: skip
    if taken:
        return refusal(type(service).__name__, *answers[-1]) if answers else None
    if answers and answers[-1][0] >= 300:
        return f"the service refused it: {answers[-1][0]} {_explained(answers[-1][1])}"
    return _trouble([(each.level, each.message) for each in taken.logs()])


def refusal(service: str, status: int, answer: bytes) -> str | None:
    """Why a service refused with a good status, by the class that speaks to it; None if it did not."""
    if service not in _SAYS_NO:
        return None
    key, good = _SAYS_NO[service]
    said = _object(answer)
    if said is None:
        return "the answer could not be read"
    return None if said.get(key, good) == good else f"the service refused it: {said[key]} {_explained(answer)}"


def _trouble(logs: list[tuple[str, str]]) -> str:
    text = "\n".join(line for _, line in logs)
    known = next((phrase for pattern, phrase in _TROUBLE if re.search(pattern, text)), None)
    warnings = [line for level, line in logs if level in ("WARNING", "ERROR")]
    return known or f"the service did not take it: {warnings[-1] if warnings else ''}"


def _object(answer: bytes) -> dict[str, Any] | None:
    try:
        return msgspec.json.decode(answer, type=dict[str, Any])
    except UNREADABLE:
        return None


def _explained(answer: bytes) -> str:
    """What a service says about why."""
    said = _object(answer) or {}
    return next((text for key in _EXPLAINS if isinstance(text := said.get(key), str)), "")


def notify(address: str, message: Message, seconds: float) -> None:
    """One attempt, on a thread of its own: time-outs between bytes do not end a server that sends one a second."""
    parts = parts_of(address)
    service = None if parts is None else opened(parts, message.level, seconds)
    if service is None:
        raise DeliveryFailed("the address cannot be used", permanent=True)
    attempt: Future[str | None] = Future()

    def make() -> None:
        try:
            attempt.set_result(_attempted(service, message))
        except BaseException as error:
            attempt.set_exception(error)

    # A daemon thread: one that hangs must not hold up the end of the program.
    Thread(target=make, name="escalation-delivery", daemon=True).start()
    try:
        reason = attempt.result(seconds)
    except TimeoutError:
        raise DeliveryFailed("no answer in time") from None
    if reason is not None:
        raise DeliveryFailed(redacted(reason, address, message))
