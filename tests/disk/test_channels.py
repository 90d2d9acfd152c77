"""Messages to real receivers on this machine: what arrives, and what is said when nothing does."""

from __future__ import annotations

import email
import email.policy
import json
import logging
import os
import select
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from escalation import credentials
from escalation.channels import Message, meant, problem_of, send, shown
from escalation.channels.outgoing import redacted
from escalation.channels.service import refusal
from escalation.core.loudness import LOUD, NORMAL, QUIET, URGENT
from escalation.errors import BadInput, DeliveryFailed

TOKEN = "tk9f3secret7"
TYPED = Message("两件事明天到期", "*星号* <b>tags</b> [links](x) _a_ & `c` \\n :smile:\n第二行：李四 12000 元", NORMAL)


@pytest.fixture(autouse=True)
def attempts_end() -> Iterator[None]:
    """An attempt that was given up ends when its receiver goes; no test leaves one behind."""
    yield
    for thread in threading.enumerate():
        if thread.name == "escalation-delivery":
            thread.join(10)
            assert not thread.is_alive()


class Receiver(ThreadingHTTPServer):
    """An HTTP server that keeps what it gets, and answers what it was told to."""

    daemon_threads = True

    def __init__(self, status: int = 200, answer: bytes = b"{}", headers: dict[str, str] | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.status, self.answer, self.headers = status, answer, headers or {}
        self.got: list[tuple[str, dict[str, str], Any]] = []

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class _Request(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, dict(self.headers), json.loads(body)))
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.server.answer)

    def do_GET(self) -> None:
        self.server.got.append((self.path, dict(self.headers), None))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Tests are quiet."""


@contextmanager
def receiving(
    status: int = 200, answer: bytes = b'{"code": 200}', headers: dict[str, str] | None = None
) -> Iterator[Receiver]:
    with Receiver(status, answer, headers) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def mute(said: bytes = b"", every: float = 0.05) -> Iterator[str]:
    """A server that takes a connection and then says nothing, or one byte after the other for ever."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with server.accept()[0] as connection:
                connection.sendall(said)
                while not over.wait(every):
                    if said:
                        connection.sendall(b"a")

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{server.getsockname()[1]}"
        finally:
            over.set()
            thread.join()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def failing(address: str, message: Message = TYPED, seconds: float = 5.0) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as failed:
        send("apprise", address, message, seconds=seconds)
    return failed.value


# -- what arrives ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "title", "body"),
    [("json://{}/x", "title", "message"), ("ntfy://{}/topic", "title", "message"), ("bark://{}/key", "title", "body")],
)
def test_what_arrives_is_what_was_typed(address: str, title: str, body: str) -> None:
    with receiving() as server:
        send("apprise", address.format(server.place), TYPED)

    assert [(TYPED.title, TYPED.body)] == [(got[title], got[body]) for _, _, got in server.got]


class Mailbox:
    """Keeps the messages that an SMTP server took."""

    def __init__(self) -> None:
        self.got: list[bytes] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.got.append(envelope.content)
        return "250 OK"


def test_mail_arrives_as_plain_text_as_it_was_typed() -> None:
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        send("apprise", f"mailto://127.0.0.1:{controller.port}?mode=insecure&from=a@b.cc&to=c@d.ee", TYPED)
    finally:
        controller.stop()
    (found,) = [email.message_from_bytes(each, policy=email.policy.default) for each in box.got]

    assert TYPED.title == found["Subject"]
    assert found.get_content_type() == "text/plain"
    assert TYPED.body.splitlines() == found.get_content().splitlines()


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_a_password_that_mail_does_not_accept_is_told_as_such() -> None:
    def never(*_: Any) -> AuthResult:
        return AuthResult(success=False, handled=False)

    controller = Controller(
        Mailbox(), hostname="127.0.0.1", port=free_port(), authenticator=never, auth_required=True,
        auth_require_tls=False,
    )  # fmt: skip
    controller.start()
    try:
        failed = failing(f"mailto://user:{TOKEN}@127.0.0.1:{controller.port}?mode=insecure&from=a@b.cc&to=c@d.ee")
    finally:
        controller.stop()

    assert failed.reason == "the user name or the password was not accepted"
    assert not failed.permanent


def test_nothing_has_to_be_fetched_from_elsewhere() -> None:
    with receiving() as server:
        send("apprise", f"ntfy://{server.place}/topic", TYPED)
        send("apprise", f"bark://{server.place}/key", TYPED)

    assert "http" not in json.dumps([[headers, body] for _, headers, body in server.got])


@pytest.mark.parametrize(
    ("level", "query", "ntfy", "bark"),
    [
        (QUIET, "", None, None), (NORMAL, "", None, None), (LOUD, "", "high", None),
        (URGENT, "", "max", "timeSensitive"),
        (URGENT, "?priority=low&level=passive", "low", "passive"),
    ],
)  # fmt: skip
def test_the_more_urgent_the_louder_unless_the_address_says_otherwise(
    level: int, query: str, ntfy: str | None, bark: str | None
) -> None:
    with receiving() as server:
        for scheme in ("ntfy", "bark"):
            send("apprise", f"{scheme}://{server.place}/key{query}", TYPED._replace(level=level))
    loud, sensitive = server.got

    assert ntfy == loud[1].get("X-Priority")
    assert bark == sensitive[2].get("level")


# -- what does not arrive ----------------------------------------------------------------------------------------


def test_a_receiver_in_trouble_is_told_with_its_number_and_may_recover() -> None:
    with receiving(500) as server:
        failed = failing(f"ntfy://user:{TOKEN}@{server.place}/{TOKEN}")

    assert failed.reason == "the service refused it: 500"
    assert not failed.permanent


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_refusal_is_never_for_good(status: int) -> None:
    with receiving(status) as server:
        assert not failing(f"json://{server.place}/{TOKEN}").permanent


def test_nobody_at_home() -> None:
    failed = failing(f"json://127.0.0.1:{free_port()}/{TOKEN}")

    assert failed.reason == "the connection was refused"


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"], ids=["mute", "trickling"])
@pytest.mark.parametrize("address", ["json://{}/x", "mailto://{}?mode=insecure&from=a@b.cc&to=c@d.ee"])
def test_a_receiver_that_hangs_holds_us_no_longer_than_we_said(said: bytes, address: str) -> None:
    if address.startswith("mailto"):
        said = said and b"220-"
    with mute(said) as place:
        failing("json://127.0.0.1:1/x")  # apprise is there
        begun = time.monotonic()
        failed = failing(address.format(place), seconds=0.5)
        took = time.monotonic() - begun

    assert failed.reason == "no answer in time"
    assert took < 2


def test_of_an_answer_without_end_only_the_beginning_is_read() -> None:
    parts, sent = 200, []

    def serve(server: socket.socket) -> None:
        with server.accept()[0] as connection, suppress(OSError):
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (parts << 20))
            for _ in range(parts):
                connection.sendall(bytes(1 << 20))
                sent.append(1)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, args=(server,))
        thread.start()
        send("apprise", f"json://127.0.0.1:{server.getsockname()[1]}/x", TYPED, seconds=30.0)
        thread.join()

    assert len(sent) < parts / 4  # what lies in buffers of the system on its way


def test_a_service_that_refuses_with_a_good_status_has_not_taken_it() -> None:
    with receiving(200, b'{"code": 400, "message": "no such device"}') as server:
        failed = failing(f"bark://{server.place}/{TOKEN}")

    assert failed.reason == "the service refused it: 400 no such device"


@pytest.mark.parametrize(
    ("service", "answer", "expected"),
    [
        ("NotifyDingTalk", b'{"errcode":0,"errmsg":"ok"}', None),
        ("NotifyDingTalk", b'{"errcode":310000,"errmsg":"sign not match"}', "310000 sign not match"),
        ("NotifyWeComBot", b'{"errcode":93000,"errmsg":"invalid webhook url"}', "93000 invalid webhook url"),
        ("NotifyFeishu", b'{"code":0,"data":{},"msg":"success"}', None),
        ("NotifyFeishu", b'{"code":19024,"msg":"Key Words Not Found"}', "19024 Key Words Not Found"),
        ("NotifyServerChan", b'{"code":0,"message":""}', None),
        ("NotifyServerChan", b'{"code":40001,"message":"bad pushtoken"}', "40001 bad pushtoken"),
        ("NotifyJSON", b'{"errcode": 1}', None),
    ],
)
def test_answers_of_services_that_cannot_be_led_here(service: str, answer: bytes, expected: str | None) -> None:
    assert refusal(service, 200, answer) == (None if expected is None else f"the service refused it: {expected}")


@pytest.mark.parametrize("answer", [b"<html>Welcome to the hotel</html>", '{"errmsg":"拒绝"}'.encode("gbk")])
def test_an_answer_that_is_no_answer_of_the_service_is_no_success(answer: bytes) -> None:
    assert refusal("NotifyWeComBot", 200, answer) == "the answer could not be read"


def test_a_message_is_not_sent_on_to_elsewhere() -> None:
    with receiving() as other, receiving(302, b"", {"Location": f"http://{other.place}/"}) as server:
        failed = failing(f"json://{server.place}/x")

    assert failed.reason == "the service refused it: 302"
    assert other.got == []


def test_an_address_can_neither_call_a_failure_a_success_nor_try_by_itself() -> None:
    with receiving(500) as server:
        failing(f"json://{server.place}/x?optional=yes&retry=3&wait=0.1")

    assert len(server.got) == 1


def test_an_address_that_cannot_be_read_is_given_up_at_once() -> None:
    assert failing("gibberish://nothing").permanent


# -- what is told of it ------------------------------------------------------------------------------------------


def test_a_reason_repeats_neither_the_address_nor_the_message() -> None:
    said = f"bad topic {TOKEN} at http://h/{TOKEN} for a@b.cc: {TYPED.title} 李四 12000 Zm9vYmFyMTIzNDU2Nzg5"
    with receiving(400, json.dumps({"error": said}).encode()) as server:
        failed = failing(f"json://someone:pass12@{server.place}/{TOKEN}/")

    assert failed.reason.startswith("the service refused it: 400 bad topic")
    for secret in (TOKEN, "http", "a@b.cc", "明天", "李四", "12000", "Zm9v", "someone", "pass12"):
        assert secret not in failed.reason


def test_a_short_password_is_not_told_either_and_harmless_words_are() -> None:
    said = redacted("the service refused it: 401 no ab, unable", "json://x:ab@h/", Message("", ""))

    assert said == "the service refused it: 401 no …, unable"


def test_no_log_of_the_program_learns_of_the_address_or_the_text(capfd: pytest.CaptureFixture[str]) -> None:
    seen: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(record.getMessage())

    root, handler = logging.getLogger(), Keep(0)
    level = root.level
    root.addHandler(handler)
    root.setLevel(1)
    try:
        with receiving() as server:
            send("apprise", f"ntfy://user:{TOKEN}@{server.place}/{TOKEN}", TYPED)
        with receiving(500) as server:
            failing(f"bark://{server.place}/{TOKEN}")
        failing(f"ntfy://127.0.0.1:{free_port()}/{TOKEN}")
        problem_of("apprise", f"serverchan://{TOKEN}")
        problem_of("apprise", f"tgram://{TOKEN}")
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
    text = "\n".join(seen) + "".join(capfd.readouterr())

    assert TOKEN not in text
    assert "李四" not in text


# -- commands, and the log ---------------------------------------------------------------------------------------


def python(program: str) -> str:
    return json.dumps([sys.executable, "-c", program])


def test_a_command_is_told_on_its_input_and_in_its_environment(tmp_path: Path) -> None:
    program = (
        "import os, sys, json; json.dump([os.environ['ESCALATION_TITLE'], os.environ['ESCALATION_BODY'],"
        f" os.environ['ESCALATION_LEVEL'], sys.stdin.buffer.read().decode()], open({str(tmp_path / 'got')!r}, 'w'))"
    )
    send("command", python(program), TYPED)

    assert json.loads((tmp_path / "got").read_text()) == [
        TYPED.title, TYPED.body, "1", f"{TYPED.title}\n\n{TYPED.body}",
    ]  # fmt: skip


def test_a_command_is_no_shell_line(tmp_path: Path) -> None:
    send("command", f"{sys.executable} -c 'import sys; open(sys.argv[1], \"w\")' '{tmp_path}/$(id);x'", TYPED)

    assert [path.name for path in tmp_path.iterdir()] == ["$(id);x"]


def test_a_long_message_reaches_a_command_whole(tmp_path: Path) -> None:
    body = "很长。" * 100_000
    program = f"import sys; open({str(tmp_path / 'got')!r}, 'wb').write(sys.stdin.buffer.read())"
    send("command", python(program), Message("t", body))

    assert (tmp_path / "got").read_text("utf-8") == f"t\n\n{body}"


def test_a_command_that_fails_has_not_taken_it() -> None:
    with pytest.raises(DeliveryFailed, match=r"^the command failed: 3$") as failed:
        send("command", python(f"print('{TOKEN}'); raise SystemExit(3)"), TYPED)

    assert not failed.value.permanent


def test_a_command_that_is_not_there_is_given_up_at_once(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("")
    for command in (str(tmp_path / "nothing"), str(tmp_path / "text"), ""):
        with pytest.raises(DeliveryFailed) as failed:
            send("command", command, TYPED)
        assert failed.value.permanent


def test_a_command_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        started = json.dumps(["sh", "-c", f"(echo begun; exec sleep 600) > '{pipe}' & wait"])
        with pytest.raises(DeliveryFailed, match=r"^the command did not end in time$"):
            send("command", started, TYPED, seconds=0.5)
        begun = os.read(reader, 100)
        ended = select.select([reader], [], [], 10)[0] and os.read(reader, 100)
    finally:
        os.close(reader)

    assert (begun, ended) == (b"begun\n", b"")


def test_the_log_gets_one_line_with_the_title(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "escalation.told"):
        send("log", "log", Message("1 件事\n明天到期", "李四 12000", LOUD))

    assert [record.getMessage() for record in caplog.records] == ["1 件事 明天到期"]


# -- addresses ---------------------------------------------------------------------------------------------------

ADDRESSES = [
    # kind, address, what is wrong, what was meant, what is shown
    ("log", "log", None, None, "log"),
    ("command", '["true", "SECRET"]', None, None, "command: true"),
    ("command", "/usr/bin/env SECRET", None, None, "command: env"),
    ("command", "no-such-command-here SECRET", "channel_no_command", None, "command: no-such-command-here"),
    ("command", "'unclosed SECRET", "channel_command", None, "command: …"),
    ("apprise", "ntfys://ntfy.sh/SECRET", None, None, "ntfys://ntfy.sh/…"),
    ("apprise", "ntfy://SECRET", None, None, "ntfy://…"),
    ("apprise", "ntfy://ntfy.sh/SECRET", "channel_plain", "ntfys://", "ntfy://ntfy.sh/…"),
    ("apprise", "ntfy://192.168.1.5:8080/SECRET", None, None, "ntfy://192.168.1.5:8080/…"),
    ("apprise", "barks://api.day.app/SECRET", None, None, "barks://api.day.app/…"),
    ("apprise", "bark://api.day.app/SECRET", "channel_plain", "barks://", "bark://api.day.app/…"),
    ("apprise", "schan://SCTSECRET", None, None, "schan://…"),
    ("apprise", "serverchan://SECRET", "channel_scheme", "schan://", "serverchan://…"),
    ("apprise", "dingtalk://SECRET@abcSECRET", None, None, "dingtalk://…"),
    ("apprise", "dingding://SECRET@abc", "channel_scheme", "dingtalk://", "dingding://…"),
    ("apprise", "wework://SECRET", "channel_scheme", "wecombot://", "wework://…"),
    ("apprise", "wecombot://SECRET", None, None, "wecombot://…"),
    ("apprise", "feishu://SECRET", None, None, "feishu://…"),
    ("apprise", "tgram://123456789:SECRET_abcdefghijklmnopqrstuvwxyz/987654321/", None, None, "tgram://…"),
    ("apprise", "email://u:SECRET@qq.com", "channel_scheme", "mailto://", "email://…"),
    ("apprise", "mailto://u:SECRET@qq.com", None, None, "mailto://…@qq.com"),
    ("apprise", "mailtos://u:SECRET@163.com?to=me@example.com", None, None, "mailtos://…@163.com"),
    ("apprise", "mailto://u:SECRET@example.com", "channel_plain", "mailtos://", "mailto://…@example.com"),
    ("apprise", "mailtos://u:p@163.com?to=a@b.cn,c@d.cn", "channel_several", None, "mailtos://…@163.com"),
    ("apprise", "mailto://u.x:SECRET/3.x@qq.com", "channel_parts", None, "mailto://…"),
    ("apprise", "mailto://u.x:12?SECRET@qq.com", "channel_parts", None, "mailto://…"),
    ("apprise", "https://oapi.dingtalk.com/robot/send?access_token=SECRET", "channel_page",
     "dingtalk://SECRET@ACCESS_TOKEN", "https://…"),
    ("apprise", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=SECRET", None, None, "https://…"),
    ("apprise", "https://example.com/SECRET", "channel_scheme", None, "https://…"),
    ("apprise", "tgram://SECRET", "channel_parts", None, "tgram://…"),
    ("apprise", "SECRET", "channel_address", None, "…"),
    ("apprise", "", "required", None, "…"),
    ("apprise", "ntfys://ntfy.sh/SEC\nRET", "text", None, "ntfys://ntfy.sh/…"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "address", "wrong", "instead", "seen"), ADDRESSES, ids=[a[1] for a in ADDRESSES])
def test_an_address(kind: str, address: str, wrong: str | None, instead: str | None, seen: str) -> None:
    assert (problem_of(kind, address), meant(kind, address), shown(kind, address)) == (wrong, instead, seen)


# -- where they lie ----------------------------------------------------------------------------------------------


@pytest.fixture
def ring() -> Iterator[Callable[[Any], None]]:
    """Makes a keyring the system's for one test. The first is the one of a server: none."""
    import keyring
    from keyring.backends.fail import Keyring

    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())  # type: ignore[no-untyped-call]
    yield keyring.set_keyring
    keyring.set_keyring(before)


def in_memory() -> Any:
    from keyring.backend import KeyringBackend

    class Memory(KeyringBackend):
        priority = 5

        def __init__(self) -> None:
            self.kept: dict[tuple[str, str], str] = {}

        def get_password(self, service: str, username: str) -> str | None:
            return self.kept.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            self.kept[service, username] = password

        def delete_password(self, service: str, username: str) -> None:
            del self.kept[service, username]

    return Memory()


def test_without_a_keyring_an_address_lies_in_a_private_file(ring: Callable[[Any], None], tmp_path: Path) -> None:
    secret = credentials.keep("手机", f"ntfys://h/{TOKEN}", str(tmp_path), "auto")
    file = tmp_path / "channels" / "手机"

    assert secret == "file"
    assert [oct(each.stat().st_mode & 0o777) for each in (file, file.parent)] == ["0o600", "0o700"]
    assert credentials.find("手机", secret, str(tmp_path)) == f"ntfys://h/{TOKEN}"
    credentials.forget("手机", secret, str(tmp_path))
    assert list(file.parent.iterdir()) == []
    assert credentials.find("手机", secret, str(tmp_path)) is None


def test_with_a_keyring_it_lies_there_and_nowhere_else(ring: Callable[[Any], None], tmp_path: Path) -> None:
    ring(in_memory())
    other = tmp_path / "other"
    secret = credentials.keep("phone", f"ntfys://h/{TOKEN}", str(tmp_path), "auto")
    credentials.keep("phone", "ntfys://h/another", str(other), "auto")

    assert secret == "keyring"
    assert list(tmp_path.iterdir()) == []
    assert credentials.find("phone", secret, str(tmp_path)) == f"ntfys://h/{TOKEN}"
    credentials.forget("phone", secret, str(tmp_path))
    assert credentials.find("phone", secret, str(tmp_path)) is None
    assert credentials.find("phone", secret, str(other)) == "ntfys://h/another"


def test_a_keyring_that_is_asked_for_and_not_there_is_told(ring: Callable[[Any], None], tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        credentials.keep("phone", TOKEN, str(tmp_path), "keyring")

    assert list(tmp_path.iterdir()) == []
    assert credentials.find("phone", "keyring", str(tmp_path)) is None


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    credentials.keep("phone", TOKEN, str(tmp_path), "file")
    (tmp_path / "channels" / "phone").chmod(0o640)
    with pytest.raises(DeliveryFailed, match="may be read by others") as failed:
        credentials.find("phone", "file", str(tmp_path))

    assert TOKEN not in failed.value.reason


def test_a_name_that_another_store_uses_is_not_taken_from_it(tmp_path: Path) -> None:
    credentials.keep("phone", TOKEN, str(tmp_path), "file")
    with pytest.raises(BadInput):
        credentials.keep("phone", "another", str(tmp_path), "file")

    assert credentials.find("phone", "file", str(tmp_path)) == TOKEN
    assert [path.name for path in (tmp_path / "channels").iterdir()] == ["phone"]


def test_the_environment_is_read_at_every_delivery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = credentials.keep("phone", TOKEN, str(tmp_path), "env:TRY_PHONE")
    before = credentials.find("phone", secret, str(tmp_path))
    monkeypatch.setenv("TRY_PHONE", "ntfys://h/x")

    assert (before, credentials.find("phone", secret, str(tmp_path))) == (None, "ntfys://h/x")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../up", "a/b", "", ".hidden", "a b", "x" * 41, "a\n"])
def test_a_name_leads_nowhere_else(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no name"):
        credentials.keep(name, TOKEN, str(tmp_path), "file")

    assert not credentials.fits(name)
    assert list(tmp_path.iterdir()) == []
