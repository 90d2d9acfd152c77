"""One's own text looked over: what must be found, and what must be left alone."""

from __future__ import annotations

import re
from itertools import pairwise
from time import perf_counter

import pytest

from escalation.calm import LONGEST, check, known_of
from escalation.core.tone import Known
from escalation.errors import BadInput
from escalation.sourced import ground

ID_CARD = "11010519491231002X"
"""The example of the standard: nobody's."""
BANK_CARD = "6222020000000000000"


def luhn_card() -> str:
    """A number of 19 digits with a right check digit."""
    body = BANK_CARD[:-1]
    for last in "0123456789":
        if any(f["kind"] == "identity" for f in check(body + last, "en")):
            return body + last
    raise AssertionError("no check digit fits")


FOUND = [
    ("insult", "你们这群人根本不办事"),
    ("insult", "真是个王八蛋公司"),
    ("insult", "我跟客服说你们都是混蛋"),
    ("insult", "客服不理我。垃圾平台"),
    ("insult", "你他妈再打电话"),
    ("insult", "滚"),
    ("insult", "SB客服"),
    ("insult", "你们去死"),
    ("insult", "You idiots never answer"),
    ("insult", "what a bunch of ＩＤＩＯＴＳ"),
    ("threat", "再不解决就同归于尽吧"),
    ("threat", "我明天就去你们公司闹"),
    ("threat", "你们等着，我不会放过你们"),
    ("threat", "我要找媒体曝光你们"),
    ("threat", "天天投诉，看谁先垮"),
    ("threat", "再打电话骚扰我家人，我跟你们没完"),
    ("threat", "再打电话试试"),
    ("threat", "I know where you live"),
    ("threat", "I will go to the media"),
    ("ultimatum", "限你们三天内答复"),
    ("ultimatum", "必须在24小时内给我答复"),
    ("ultimatum", "今天之内必须处理好"),
    ("ultimatum", "三天之内不给我答复我就去门口"),
    ("ultimatum", "不答应的话后果自负"),
    ("ultimatum", "You have 3 days to agree, or I will not pay"),
    ("shouting", "为什么不答复！！！"),
    ("shouting", "为什么？？？"),
    ("shouting", "还还还还要我怎么样"),
    ("shouting", "WHY DO YOU NOT ANSWER me"),
    ("promise", "我保证下个月一定还清"),
    ("promise", "明天全部还给你们"),
    ("promise", "我绝对不会再逾期"),
    ("promise", "我用人格担保下个月还清所有欠款"),
    ("promise", "砸锅卖铁也还"),
    ("promise", "I promise to pay everything next week"),
    ("claim", "你们违法收费"),
    ("claim", "贵司的行为已经构成诈骗"),
    ("claim", "这就是高利贷"),
    ("claim", "你们跟黑社会一样"),
    ("claim", "You are breaking the law"),
    ("demand", "请给我停息挂账"),
    ("demand", "依法必须分60期"),
    ("demand", "根据第七十条，应当给我个性化分期"),
    ("demand", "利率超过四倍LPR的部分无效"),
    ("demand", "超过了4 倍 lpr"),
    ("demand", "请消除征信上的记录"),
    ("demand", "请删除我的逾期记录"),
    ("demand", "请免除全部本金"),
    ("demand", "Please delete my credit record"),
    ("demand", "I am entitled to 60 instalments"),
    ("agent", "我们的法务团队会和贵司联系"),
    ("agent", "本人郑重声明如下"),
    ("agent", "申请债务清零"),
    ("identity", f"身份证{ID_CARD}"),
    ("identity", f"「{ID_CARD}」"),
    ("identity", "银行卡密码是 334455"),
    ("identity", "验证码：8848"),
    ("identity", "my password: hunter22"),
    ("self_harm", "我不想活了"),
    ("self_harm", "活着没意思"),
    ("self_harm", "我还不如去死"),
    ("self_harm", "催收说「你去死」，我真的想死"),
    ("self_harm", "I want to die"),
]

CALM = [
    "我会依法投诉，也会保留相关记录。",
    "如果对处理结果有异议，我会依法向监管部门反映。",
    "请在15日内书面答复，并说明依据和理由。",
    "我的投诉于11月3日送达，已满15日。请说明延长的期限。",
    "客服说「你就是个骗子，等着坐牢」，我很难受。",
    "他们骂我是垃圾，还说要去你单位闹。",
    "催收员威胁说不会放过你家人",
    "对方说：限你今天还清，否则后果自负",
    "本金我会还，请考虑减免罚息和违约金。",
    "我每月能还800元，第一笔12月10日到账。",
    "我不敢保证一定能还清，只能按月尽力。",
    "我不能保证下个月全部还清",
    "没有工资，一家人生活不下去。",
    "我拼命加班，想早点还上。",
    "化疗后一直恶心呕吐，需要复查。",
    "合同号 6222020000000000000 的借款",
    "工单号：2026112200000001，谢谢。",
    "请更正错误的逾期记录：2025年3月的那一行。",
    "贵司是否违法，由监管部门判断，我只说事实。",
    "根据《民法典》第六百七十条规定，利息不得预先在本金中扣除。",
    "民法典第670条、第585条",
    "上海的规定是受理后60日内调解完。",
    "四倍LPR对持牌机构不适用，我不引用它。",
    "Four times the LPR does not bind licensed lenders.",
    "他妈妈住院了，他妈帮着还，滚动扣款扣了三次。",
    "我弟弟拼命省钱，请小心点处理这份材料。",
    "逾期不是人为造成的。",
    "希望在必须支付的房租之外，留出24小时护理的费用。",
    "合同编号：20210915000134567890。",
    "本人承诺以上材料属实，愿意承担相应责任。",
    "我一定配合核实，明天我会去银行打流水。",
    "一次性结清的话，能减免多少？",
    "我不是不还，是现在还不上。压力很大，晚上睡不着。",
    "请停止联系我的亲友和单位，我的电话是13800138000。",
    "请问期限你们是怎么算的",
    "还款期限从12月开始。",
    "NFRA, LPR and GDP are abbreviations.",
    "I disagree and will turn to the regulator as the law provides.",
    'The collector said "you idiot, you will regret this". I would like that to stop.',
    "They threatened to go to the media about me.",
    "Please answer in writing within 15 days.",
    "I cannot promise to pay everything at once.",
    "The shampoo was fine!",
    "Scunthorpe and its password policy. The password is wrong.",
    "忘了密码，验证码也收不到",
    "",
    "   \n\n",
]


@pytest.mark.parametrize(("kind", "text"), FOUND)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_it_is_found_whatever_language_the_answer_is_in(kind: str, text: str, lang: str) -> None:
    found = check(text, lang)

    assert kind in {each["kind"] for each in found}
    assert all(each["why"] and each["better"] for each in found)


@pytest.mark.parametrize("text", CALM)
def test_a_calm_text_is_left_alone(text: str) -> None:
    assert check(text, "zh") == []


def test_the_place_is_told_by_character_line_and_column() -> None:
    text = "第一行没事\n第二行：你们违法收费"
    (found,) = check(text, "zh")

    assert text[found["start"] : found["end"]] == found["found"] == "你们违法"
    assert (found["line"], found["column"]) == (2, 5)


def test_who_may_be_in_danger_hears_of_help_and_of_nothing_else() -> None:
    found = check("你们这群混蛋！！！我不想活了，明天全部还清", "zh")

    assert [each["kind"] for each in found] == ["self_harm"]
    assert {"12356", "110 / 120"} <= {row["number"] for row in found[0]["help"]}
    assert {row["certainty"] for row in found[0]["help"]} <= {"reported", "default"}


def test_a_number_that_identifies_someone_is_not_repeated() -> None:
    card = luhn_card()
    found = check(f"卡号 {card}，身份证 {ID_CARD}", "zh")

    assert [each["kind"] for each in found] == ["identity", "identity"]
    assert all(card not in str(each) and ID_CARD not in str(each) for each in found)


def test_a_bank_card_is_found_in_groups_of_four() -> None:
    card = luhn_card()
    grouped = " ".join(card[i : i + 4] for i in range(0, len(card), 4))

    assert [each["kind"] for each in check(f"请转到 {grouped}", "zh")] == ["identity"]


@pytest.mark.parametrize("wrong", ["110105194912310021", "11010519491331002X", "210105194912310022"])
def test_digits_that_are_no_identity_number_are_left_alone(wrong: str) -> None:
    assert check(f"编号 {wrong}", "zh") == []


def test_the_cases_own_numbers_are_no_cards() -> None:
    card = luhn_card()
    known = known_of({"contract_number": card}, [])

    assert [each["kind"] for each in check(f"合同 {card}", "zh")] == ["identity"]
    assert check(f"合同 {card}", "zh", known) == []


def test_a_recording_that_is_claimed_must_be_among_the_exhibits() -> None:
    text = "以上通话均有录音为证。"

    assert check(text, "zh") == []  # nothing is known of a case
    assert [f["kind"] for f in check(text, "zh", Known())] == ["claim"]
    assert [f["kind"] for f in check(text, "zh", known_of({}, ["合同.pdf"]))] == ["claim"]
    assert check(text, "zh", known_of({}, ["通话-1122.M4A"])) == []


def test_two_findings_never_overlap_and_stand_in_order() -> None:
    found = check("保证一定明天全部还清！！！你们这群骗子公司，否则后果自负", "zh")
    spans = [(each["start"], each["end"]) for each in found]

    assert spans == sorted(spans)
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))


def test_a_quotation_that_is_never_closed_hides_nothing() -> None:
    assert [each["kind"] for each in check("他说「没问题。我：你们这群人" + "。好" * 300 + "」", "zh")] == ["insult"]


def test_a_demand_says_what_rule_is_wrongly_named_and_how_certain_that_is() -> None:
    (found,) = check("四倍LPR", "zh")

    assert [(c["source"], c["certainty"]) for c in found["rests_on"]] == [("private_loans", "statute")]


def test_a_text_beyond_all_measure_is_refused() -> None:
    with pytest.raises(BadInput):
        check("好" * (LONGEST + 1), "zh")


HARD = {
    "exclamation": "！",
    "question": "?!",
    "the same sign": "还",
    "digits": "6",
    "capitals": "ABC ",
    "opening marks": "「",
    "swearing": "混蛋",
    "nearly a promise": "保证一定肯定",
    "nearly a threat": "去你们",
    "nearly a report": "对方",
    "plain": "请在15日内书面答复，谢谢。",
    "no stops": "abc def ",
}


@pytest.mark.parametrize("piece", HARD.values(), ids=HARD)
def test_the_time_grows_with_the_text_and_no_faster(piece: str) -> None:
    def seconds(length: int) -> float:
        text = (piece * length)[:length]
        best = 60.0
        for _ in range(3):
            start = perf_counter()
            check(text, "zh")
            best = min(best, perf_counter() - start)
        return best

    seconds(1000)  # what is made once is made now

    assert seconds(100_000) < 40 * seconds(10_000)


def test_no_pattern_can_run_away() -> None:
    for lang in ("zh", "en"):
        for id, rule in ground(f"tone.{lang}")["rule"].items():
            for pattern in rule.get("patterns", ()):
                assert not re.search(r"\)[*+]|\){\d+,}|\.[*+]", pattern), id


def test_both_languages_have_the_same_rules() -> None:
    zh, en = ground("tone.zh")["rule"], ground("tone.en")["rule"]

    assert zh.keys() == en.keys()
    assert all(zh[id]["kind"] == en[id]["kind"] for id in zh)
    assert all(rule["why"] and rule["better"] for table in (zh, en) for rule in table.values())


def test_what_is_said_is_calm_itself() -> None:
    for lang in ("zh", "en"):
        for rule in ground(f"tone.{lang}")["rule"].values():
            assert not re.search("[!！]|您", rule["why"] + rule["better"])


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("你们就是骗子，三天内不答复我就去曝光你们", {"claim", "ultimatum", "threat"}),
        ("不给说法我就天天来", {"ultimatum"}),
        ("一群骗子，吃人不吐骨头", {"claim", "insult"}),
        ("You are swindlers. Answer within 3 days or I will make it public", {"claim", "ultimatum", "threat"}),
        ("Thieves, all of you", {"insult"}),
        ("If nothing happens I will post this on Weibo", {"threat"}),
    ],
)
def test_what_people_write_on_a_bad_evening_is_found(text: str, kinds: set[str]) -> None:
    assert {each["kind"] for each in check(text, "zh")} == kinds


@pytest.mark.parametrize(
    "text",
    [
        "请在收到之日起15日内书面答复。",
        "如果15日内没有答复，我将依法向监管部门反映。",
        "我担心自己遇到了冒充客服的人，请帮我核实。",
        "Please reply within 15 days, as the rule provides.",
        "I can pay within three days or on the first of next month.",
        "Have you received my letter?",
    ],
)
def test_calm_words_of_the_same_matter_are_left_alone(text: str) -> None:
    assert check(text, "zh") == []
