"""The letters that are shipped: what they cite and never say, and how they read when a case fills them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

import pytest

from escalation.calm import check
from escalation.core.entries import Entry, EventEntry
from escalation.core.evaluate import evaluate
from escalation.core.history import effective
from escalation.core.instants import read_instant
from escalation.core.snapshot import Snapshot
from escalation.core.table import Table
from escalation.core.values import Wrong, read_value
from escalation.letters.blocks import Block, Bullets, Paragraph, text_of
from escalation.letters.filling import Known, fields, from_case, lacking, names
from escalation.letters.markdown import plain_text
from escalation.letters.render import rendered
from escalation.lines import LogReader
from escalation.story_file import Story, read_stories
from states.calendar import load_calendar
from states.library import SHIPPED, STORIES, in_english, shipped
from states.model import Procedure
from states.reader import read_procedure
from states.template import Template, differing, read_template, unfit

TEMPLATES = SHIPPED / "templates"
SENT = sorted(p.name for p in TEMPLATES.glob("*.md") if not p.name.endswith(".en.md"))
FAR = datetime(2200, 12, 31, tzinfo=UTC)
LANGS = ("zh", "en")
PROMISED = {
    "proposal", "hardship_statement", "complaint", "follow_up_day15", "renegotiation", "regulator_complaint",
    "association_application", "mediation_application", "legal_aid_application", "payment_order_objection",
    "defence_outline", "credit_objection", "power_of_attorney", "settlement_checklist", "phone_scripts",
}  # fmt: skip
BANNED = (
    "停息挂账", "四倍", "LPR", "第七十条", "第70条", "个性化分期", "债务清零", "征信洗白", "修复征信", "曝光",
    "后果自负", "必须同意", "有权要求分期", "保证一定", "包过", "强烈要求", "勒令", "！", "!", "art. 70", "article 70,",
    "guarantee you",
)  # fmt: skip
"""Claims that no rule supports, threats, and promises that nobody can keep."""
DENIED = "我明白这不等于{{ them }}必须同意"
"""The one place where the words may stand."""
REPORTED = ("collection_standard", "consumer_rule", "consumer_finance_notice", "assisted_lending")
"""Sources that were read only as others retell them."""
ASKED: dict[str, Any] = {
    "id_number": "110101199003070011",
    "my_name": "陈小满",
    "my_phone": "13800000000",
    "my_address": "重庆市渝北区某某路 12 号",
    "lender_name": "重庆某某消费金融有限公司",
    "hardship": "一月底住院手术，休养期间没有收入",
    "hardship_since": "2026-01-26",
    "outlook": "三月起恢复上班，工资每月十五日发",
    "monthly_offer": "750",
    "months_offer": 24,
    "first_payment_on": "2026-04-15",
    "what_is_new": "三月已经恢复上班，附三月工资流水",
    "respondent": "consumer_finance",
    "contract_number": "JB20250711-0042",
    "association": "重庆市消费者权益保护委员会",
    "body": "重庆市某某金融纠纷人民调解委员会",
    "office": "重庆市渝北区法律援助中心",
    "regulator_office": "国家金融监督管理总局重庆监管局",
    "questions": "利息这样算对不对？答辩状怎么写？",
    "court_name": "重庆市渝北区人民法院",
    "case_number": "（2026）渝0112民督123号",
    "calculation": "实收本金20000元，已还6000元，利息多计1200元",
    "own_amount": "16800",
    "received_on": "2026-04-03",
    "report_on": "2026-03-02",
    "order_amount": "18000",
    "claim_amount": "18000",
    "recipient": "中国人民银行征信中心",
    "entry": "2026年2月逾期1个月",
    "facts": "该期已于2026年2月18日还清，有还款凭证",
    "should_be": "正常",
    "agent_name": "陈大有",
    "agent_id": "110101196003070012",
    "agent_phone": "13900000000",
    "relation": "父亲",
    "matter": "与重庆某某消费金融有限公司的借款合同纠纷",
    "valid_until": "2026-12-31",
}
EXHIBITS = (
    {"no": 1, "title": "借款合同", "day": "2025-07-11", "proves": "借款的金额和利率"},
    {"no": 2, "title": "诊断证明。", "day": None, "proves": None},
)


class Moment(NamedTuple):
    """A case of a story, at the first instant at which a letter fits."""

    story: str
    document: str
    template: str
    table: Table
    snapshot: Snapshot
    entries: Sequence[Entry]


@cache
def procedures() -> dict[str, Table]:
    readings = {name: read_procedure(path.read_bytes(), name) for name, path in shipped().items()}
    return {n: Table(r.procedure, load_calendar(r.procedure.calendar), r.hash) for n, r in readings.items()}


@cache
def template(name: str) -> Template:
    return read_template((TEMPLATES / name).read_bytes(), name)


def body(name: str) -> str:
    return template(name).body


def offering(name: str) -> list[Procedure]:
    """The procedures that offer a letter."""
    all_of_them = (table.procedure for table in procedures().values())
    return [p for p in all_of_them if any(d.template == name for d in p.documents.values())]


@cache
def moments() -> tuple[Moment, ...]:
    """Every letter at the first instant of each story at which the case is where the letter belongs."""
    found = []
    for name, table in procedures().items():
        if table.procedure.documents:
            stories, _ = read_stories(SHIPPED / f"{name}{STORIES}", table.procedure)
            found += [moment for id, story in stories.items() for moment in _told(id, story, table)]
    return tuple(found)


def _told(id: str, story: Story, table: Table) -> Iterator[Moment]:
    reader = LogReader("", lambda hash: table, lambda procedure, hash: table.hash, FAR)
    seen: set[str] = set()
    opened = {"kind": "opened", "procedure": table.procedure.procedure, "title": id, "facts": story.facts}
    said: list[tuple[str, dict[str, Any]]] = [(story.opened, {**opened, "at": _at(story.opened, table).isoformat()})]
    said += [
        (line.at, line.logged(_at(line.at, table)))
        for line in story.entries
        if line.shows is None and line.refused is None
    ]
    for number, (at, data) in enumerate(said):
        reader.now = _at(at, table)
        reader.take(number, data)
        entries = list(reader.entries)
        snapshot = evaluate(lambda hash: table, entries, reader.now)
        places = {track.state for track in snapshot.tracks}
        places |= {e.event for e in entries if isinstance(e, EventEntry)}
        for document, defined in table.procedure.documents.items():
            if document not in seen and places & set(defined.for_):
                seen.add(document)
                yield Moment(id, document, defined.template, table, snapshot, effective(entries))


def _at(text: str, table: Table) -> datetime:
    at = read_instant(text, table.clock.zone, FAR)
    assert at is not None, text
    return at


def budget(facts: dict[str, Any]) -> dict[str, str] | None:
    """What a desk would say of these facts."""

    def total(kind: str) -> Decimal:
        return sum((Decimal(v) for k, v in facts.items() if k.startswith(kind)), Decimal(0))

    income, costs, debts = total("income_"), total("cost_"), total("debts_")
    left = income - costs - debts
    sums = {"income": income, "costs": costs, "debts": debts, "left": left, "low": left, "likely": left}
    return {k: str(v) for k, v in sums.items()} if income else None


def known_at(moment: Moment, lang: str, exhibits: tuple[dict[str, Any], ...] = EXHIBITS) -> Known:
    facts = dict(moment.snapshot.facts)
    return Known("C", moment.table, moment.snapshot, moment.entries, exhibits, budget(facts), lang)


def letter(moment: Moment, lang: str = "zh", *, bare: bool = False, **given: Any) -> tuple[Block, ...]:
    """A letter as it is written. `bare`: with nothing that it does not require."""
    found = template(moment.template if lang == "zh" else in_english(moment.template))
    known = known_at(moment, lang, () if bare else EXHIBITS)
    types = fields(found, moment.table)
    values = {} if bare else from_case(found, known)
    for name, field in found.head.fields.items():
        value = given.get(name, ASKED.get(name, next(iter(types[name].of or ()), None)))
        if types[name].type == "boolean":
            value = given.get(name, not bare)
        if value is not None and (name in given or (field.required and name not in values)):
            typed = read_value(types[name], value)
            assert not isinstance(typed, Wrong), (name, value)
            values[name] = typed
    if bare:
        known = known._replace(capacity=None)
    still = [each.name for each in lacking(found, known, values) if each.required]
    assert still == [], (moment.document, moment.story)
    return rendered(found, names(found, known, values), lang)


def ready(moment: Moment) -> bool:
    """Whether the log holds what the letter needs of it."""
    return not [
        e for e in lacking(template(moment.template), known_at(moment, "zh"), ASKED) if e.kind not in ("ask", "fact")
    ]


@cache
def some() -> tuple[Moment, ...]:
    """Of each letter, the cases of three stories: what stories have besides is the same to a letter."""
    found = [m for m in moments() if ready(m)]
    return tuple(m for m in found if [n for n in found if n.document == m.document].index(m) < 3)


def first(document: str, story: str | None = None) -> Moment:
    return next(m for m in moments() if m.document == document and story in (None, m.story) and ready(m))


def lines_of(blocks: tuple[Block, ...], lang: str = "zh") -> list[str]:
    return [line.strip() for line in plain_text(blocks, lang).splitlines() if line.strip()]


# -- the files ---------------------------------------------------------------------------------------


def test_every_letter_that_was_promised_is_there_and_a_case_can_get_it() -> None:
    assert {f"{name}.md" for name in PROMISED} == set(SENT)
    assert [name for name in SENT if not offering(name)] == []


@pytest.mark.parametrize("name", SENT)
def test_the_reading_version_asks_and_needs_the_same(name: str) -> None:
    sent, read = template(name), template(in_english(name))

    assert differing(sent, read) == ()
    assert sent.head == read.head


@pytest.mark.parametrize("name", SENT)
def test_the_reading_version_says_first_that_it_is_not_what_is_sent(name: str) -> None:
    assert body(in_english(name)).strip().startswith("> For your understanding. What is sent is the Chinese letter;")


@pytest.mark.parametrize("name", SENT)
def test_it_fits_every_procedure_that_offers_it(name: str) -> None:
    for procedure in offering(name):
        for each in (name, in_english(name)):
            assert unfit(template(each), procedure) == (), procedure.procedure


@pytest.mark.parametrize("name", SENT)
def test_what_was_only_reported_is_cited_as_reported(name: str) -> None:
    for basis in template(name).head.basis:
        assert basis.certainty == ("reported" if basis.source in REPORTED else "statute"), basis.source


@pytest.mark.parametrize("name", SENT)
def test_every_article_that_is_named_stands_among_its_grounds(name: str) -> None:
    grounds = {a.strip() for basis in template(name).head.basis for a in (basis.article or "").split(",")}
    cited = {str(_number(found)) for found in re.findall(r"第([零一二三四五六七八九十百]+)条", body(name))}
    in_english_too = set(re.findall(r"articles? (\d+)", body(in_english(name))))

    assert cited <= grounds
    assert in_english_too <= grounds
    assert cited == in_english_too | (cited & {"19"})  # "articles 18 and 19"


def _number(text: str) -> int:
    total = digit = 0
    for sign in text:
        if sign in "百十":
            total, digit = total + (digit or 1) * (100 if sign == "百" else 10), 0
        else:
            digit = "零一二三四五六七八九".index(sign)
    return total + digit


@pytest.mark.parametrize("name", [*SENT, *map(in_english, SENT)])
def test_no_letter_claims_threatens_or_promises_what_it_must_not(name: str) -> None:
    whole = (TEMPLATES / name).read_text("utf-8").replace(DENIED, "")
    said = [phrase for phrase in BANNED if phrase in re.sub(r"\{%.*?%\}", "", whole)]

    assert said == []


@pytest.mark.parametrize("name", [*SENT, *map(in_english, SENT)])
def test_no_line_of_text_ends_with_a_tag_that_would_swallow_the_line_break(name: str) -> None:
    swallowed = [
        line
        for line in body(name).splitlines()
        if line.rstrip().endswith("%}") and re.sub(r"\{%.*?%\}", "", line).strip()
    ]

    assert swallowed == []


# -- filled from the stories -------------------------------------------------------------------------


def test_the_stories_come_to_where_every_letter_belongs() -> None:
    offered = {(t.procedure.procedure, d) for t in procedures().values() for d in t.procedure.documents}
    told = {(m.table.procedure.procedure, m.document) for m in moments() if ready(m)}

    assert offered - told == set()


@pytest.mark.parametrize("bare", [False, True])
@pytest.mark.parametrize("lang", LANGS)
def test_every_letter_of_a_story_reads_without_gaps(lang: str, bare: bool) -> None:
    for moment in some():
        blocks = letter(moment, lang, bare=bare)
        text = plain_text(blocks, lang)
        where = (moment.story, moment.document, lang)

        assert not re.search(r"\{[{%]|%\}|None|。。|，。|：。|，，|；。|（）|\(\)|\.\.|: \.|  \S", text), (where, text)
        assert all(text.count(a) == text.count(b) for a, b in ("（）", "()", "《》", "“”", "「」")), where
        assert [b for b in _all(blocks) if isinstance(b, Paragraph) and not text_of(b.runs).strip()] == [], where
        assert [b for b in _all(blocks) if isinstance(b, Bullets) and not all(b.items)] == [], where


def _all(blocks: tuple[Block, ...]) -> Iterator[Block]:
    for block in blocks:
        yield block
        if isinstance(block, Bullets):
            for item in block.items:
                yield from _all(item)


def test_a_calm_reader_has_nothing_to_say_to_our_own_words() -> None:
    for moment in some():
        found = check(plain_text(letter(moment), "zh"), "zh")

        assert [f["found"] for f in found if f["kind"] != "identity"] == [], (moment.story, moment.document)


def test_a_letter_ends_as_letters_do() -> None:
    lines = lines_of(letter(first("proposal", "article-path")))

    assert lines[-4:] == ["此致", "敬礼", "陈小满", "2026年3月2日"]


def test_a_sum_stands_in_figures_and_in_capitals() -> None:
    text = "\n".join(lines_of(letter(first("proposal", "article-path"), monthly_offer="750", months_offer=24)))

    assert "每月还人民币750.00元（大写：柒佰伍拾元整），分24期，合计18,000.00元。" in text


def test_a_plan_below_what_is_owed_says_so_instead_of_hiding_it() -> None:
    moment = first("proposal", "article-path")
    short = "\n".join(lines_of(letter(moment, monthly_offer="700", months_offer=24, amount_owed="18000")))
    waived = "\n".join(
        lines_of(letter(moment, monthly_offer="700", months_offer=24, amount_owed="18000", waiver_asked="1200"))
    )

    assert "还差1,200.00元" in short
    assert "还差" not in waived
    assert "减免罚息、违约金等共1,200.00元" in waived


def test_the_budget_adds_up_line_by_line() -> None:
    """Source: the story's facts: 4200 a month, less 1300 + 1100 + 400 + 200, less 300."""
    text = plain_text(letter(first("complaint", "article-path")), "zh")

    assert re.findall(r"[\d,]+\.\d\d", text.partition("我每月的收支")[2]) == [
        "4,200.00", "3,000.00", "300.00", "900.00",
    ]  # fmt: skip


def test_a_contact_of_which_nothing_was_noted_is_not_told() -> None:
    text = "\n".join(lines_of(letter(first("complaint", "article-path"))))

    assert "对方表示：要前后三个月流水" in text
    assert not re.search(r"联系（[^（）]*）。", text)


def test_a_complaint_has_all_that_the_rule_asks_for() -> None:
    """Source: rule on consumer complaints in banking and insurance, article 13."""
    text = "\n".join(lines_of(letter(first("complaint", "article-path"))))

    for element in ("陈小满", "110101199003070011", "13800000000", "被投诉机构：重庆某某消费金融有限公司"):
        assert element in text
    for part in ("请求", "事实经过", "依据", "投诉人：陈小满"):
        assert part in text


def test_what_happened_is_told_in_order_of_time() -> None:
    text = "\n".join(lines_of(letter(first("complaint", "article-path"))))
    told = ["2026年3月4日，", "2026年3月5日，我向贵公司提出", "2026年3月10日，贵公司答复", "2026年3月18日，"]

    assert sorted(told, key=text.index) == told


def test_collection_is_only_spoken_of_where_it_touched_others() -> None:
    moment = first("complaint", "article-path")
    without = next(
        m for m in moments() if m.document == "complaint" and not any(
            isinstance(e, EventEntry) and e.event == "collector_contacted" for e in m.entries
        )
    )  # fmt: skip

    assert "2026年3月6日，催收人员联系了我的家人" in "\n".join(lines_of(letter(moment)))
    assert "催收" not in "\n".join(lines_of(letter(without)))


def test_the_rule_for_banks_is_not_cited_to_others() -> None:
    moment = first("complaint", "article-path")
    bank, buyer = ("\n".join(lines_of(letter(moment, respondent=kind))) for kind in ("bank", "debt_buyer"))

    assert "银行业保险业消费投诉处理管理办法" in bank
    assert "贵行" in bank
    assert "银行业保险业消费投诉处理管理办法" not in buyer
    assert "贵公司" in buyer


def test_nobody_is_asked_for_an_answer_before_the_time_is_over() -> None:
    found = template("follow_up_day15.md")
    early, late = first("complaint", "article-path"), first("follow_up_day15")

    assert {"complaint_sent", "decision"} <= {e.name for e in lacking(found, known_at(early, "zh"), ASKED)}
    assert "decision" not in {e.name for e in lacking(found, known_at(late, "zh"), ASKED)}
    assert "我查看了短信、邮箱和来电，还没有看到答复。也许是我漏看了" in "\n".join(lines_of(letter(late)))


@pytest.mark.parametrize("ground", ["amount", "interest", "not_my_debt", "already_paid", "limitation", "other_defence"])
def test_an_objection_to_a_payment_order_contests_the_debt_and_pleads_no_hardship(ground: str) -> None:
    """Source: interpretation of the Civil Procedure Law, article 436."""
    text = "\n".join(lines_of(letter(first("payment_order_objection"), ground=ground, own_amount="16800")))

    assert "对债务本身有异议" in text
    assert "与支付令相差1,200.00元" in text
    assert not re.search("困难|分期|缓|还不起|无力", text)
    assert ("诉讼时效" in text) == (ground == "limitation")


def test_limitation_and_other_requests_stand_in_a_defence_only_if_asked() -> None:
    moment = first("defence_outline")
    plain = "\n".join(lines_of(letter(moment, bare=True)))
    full = "\n".join(lines_of(letter(
        moment, plead_limitation="最后一次还款是2022年1月5日", jurisdiction="objected_separately",
        contest_fees="服务费没有凭证", fees_not_pointed_out=True, interest_deducted=True,
        monthly_offer="500", months_offer=12,
    )))  # fmt: skip

    assert not re.search("时效|违约金|管辖|24%|调解|第六百七十条|第四百九十六条", plain)
    assert "对相差的1,200.00元不予认可" in plain
    for said in (
        "第六百七十条",
        "第四百九十六条",
        "诉讼时效",
        "过分高于损失",
        "据公开报道",
        "不表示接受本院管辖",
        "合计6,000.00元",
        "证据1：借款合同",
    ):
        assert said in full


def test_a_power_of_attorney_gives_no_money_no_passwords_and_leaves_no_blank() -> None:
    text = "\n".join(lines_of(letter(first("power_of_attorney"), scope="attend_mediation")))

    for said in ("不得代收、代付、代管任何款项", "密码和验证码", "到2026年12月31日为止", "没有空白之处"):
        assert said in text
    assert "__" not in text


def test_the_checklist_says_where_an_offer_does_not_add_up() -> None:
    moment = first("settlement_checklist")
    text = "\n".join(lines_of(letter(moment, offered_monthly="800", offered_months=24, offered_total="20000")))

    assert "对不上" in text
    assert "对不上" not in "\n".join(
        lines_of(letter(moment, offered_monthly="800", offered_months=25, offered_total="20000"))
    )
