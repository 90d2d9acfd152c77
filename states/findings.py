"""Everything that reading and checking can say about a definition, as sentences in Chinese and English."""

from __future__ import annotations

from states.errors import Finding

SENTENCES: dict[str, tuple[str, str]] = {
    # the file and its shape
    "too-large": ("文件太大了，最多 {expected}。", "The file is too large; the most is {expected}."),
    "not-utf8": ("文件不是 UTF-8 编码。", "The file is not UTF-8."),
    "not-yaml": ("这不是 YAML 1.2：{found}。", "This is not YAML 1.2: {found}."),
    "empty": ("文件里什么都没有。", "There is nothing in the file."),
    "several-documents": (
        "一个文件只能写一个流程。",
        "One file holds one procedure; this one holds several documents.",
    ),
    "tag": ("这里不能用 YAML 标签 {found}。", "The YAML tag {found} cannot be used here."),
    "unknown-key": ("没有 {found} 这个键，可以写的有：{expected}。", "There is no key {found}; there are: {expected}."),
    "missing-key": ("少了 {expected}。", "{expected} is missing."),
    "duplicate-key": (
        "{found} 写了两次，第一次在第 {expected} 行。",
        "{found} stands here twice; first in line {expected}.",
    ),
    "bad-name": ("{found} 不能当名字，只能用 {expected}。", "{found} cannot be a name; use {expected}."),
    "empty-mapping": ("这里至少要写一项。", "At least one entry is needed here."),
    "empty-list": ("{event} 下面至少要写一条转移。", "{event} needs at least one transition."),
    "wrong-value": ("这里写的是 {found}，应该是 {expected}。", "Here stands {found}; expected: {expected}."),
    # names
    "undefined-state": ("没有叫 {found} 的状态。", "There is no state {found}."),
    "undefined-stage": ("没有叫 {found} 的阶段。", "There is no stage {found}."),
    "undefined-track": ("没有叫 {found} 的轨道。", "There is no track {found}."),
    "undefined-party": ("没有叫 {found} 的当事方。", "There is no party {found}."),
    "undefined-event": ("没有叫 {found} 的事件。", "There is no event {found}."),
    "undefined-checklist": ("没有叫 {found} 的清单。", "There is no checklist {found}."),
    "undefined-fact": ("没有叫 {found} 的事实。", "There is no fact {found}."),
    "undefined-source": ("没有叫 {found} 的依据来源。", "There is no source {found}."),
    "undefined-template": ("没有 {found} 这个模板。", "There is no template {found}."),
    "undefined-state-or-event": ("没有叫 {found} 的状态或事件。", "There is no state or event {found}."),
    "unused-stage": ("阶段 {found} 没有用到。", "The stage {found} is never used."),
    "unused-party": ("当事方 {found} 没有用到。", "The party {found} is never used."),
    "unused-event": ("事件 {found} 没有用到。", "The event {found} is never used."),
    "unused-checklist": ("清单 {found} 没有用到。", "The checklist {found} is never used."),
    "unused-fact": ("事实 {found} 没有用到。", "The fact {found} is never used."),
    "unused-source": ("依据来源 {found} 没有用到。", "The source {found} is never used."),
    "unused-deadline": (
        "期限 {found} 没有写 {expected}，永远不会开始。",
        "The deadline {found} never starts: it has no {expected}.",
    ),
    "reserved-name": ("{found} 是保留的名字，请换一个。", "{found} is a reserved name; choose another."),
    "duplicate-deadline": (
        "期限 {found} 在第 {line} 行已经有了，名字不能重复。",
        "There is a deadline {found} already, in line {line}; each needs its own name.",
    ),
    "unknown-calendar": ("没有叫 {found} 的日历。", "There is no calendar {found}."),
    "bad-calendar": (
        "{found} 不像日历的名字，可以写：{expected}。",
        "{found} is no name of a calendar; write {expected}.",
    ),
    "unknown-timezone": (
        "没有叫 {found} 的时区，例如：{expected}。",
        "There is no time zone {found}; one is {expected}.",
    ),
    # values and texts
    "of-missing": ("选择题要用 of 列出选项。", "A choice lists what can be chosen, in `of`."),
    "of-twice": ("选项 {found} 写了两次。", "The choice {found} stands there twice."),
    "of-needless": ("只有 choice 才有 of，这里的类型是 {found}。", "Only a choice has `of`; this is of type {found}."),
    "bound-needless": ("类型 {found} 不能有 {bound}。", "The type {found} takes no {bound}."),
    "bound-type": (
        "界限 {found} 的类型不对，例如：{expected}。",
        "The bound {found} is not of this type; one is {expected}.",
    ),
    "bounds-order": (
        "上限 {found} 比下限 {expected} 还小。",
        "The upper bound {found} is below the lower one, {expected}.",
    ),
    "sets-type": (
        "答案的类型是 {found}，存不进类型是 {expected} 的事实 {fact}。",
        "An answer of type {found} cannot be kept as the fact {fact}, which is of type {expected}.",
    ),
    "sets-choice": (
        "事实没有 {found} 这个选项，它有：{expected}。",
        "The fact has no choice {found}; it has: {expected}.",
    ),
    "sets-bounds": (
        "界限 {found} 超出了事实 {fact} 的范围：{expected}。",
        "The bound {found} is outside what the fact {fact} allows: {expected}.",
    ),
    "no-date": ("{found} 不是一个日期，例如：{expected}。", "{found} is no date; one is {expected}."),
    "until-before-effective": (
        "失效日 {found} 早于生效日 {expected}。",
        "It ends on {found}, before it took effect on {expected}.",
    ),
    "text-empty": ("这里的文字是空的。", "This text is empty."),
    "text-missing": ("这段文字缺 {lang}。", "This text is missing in {lang}."),
    # expressions
    "expression-syntax": (
        "第 {at} 个字符起读不懂：{expression}",
        "Cannot be read from character {at} on: {expression}",
    ),
    "expression-size": (
        "条件太长，最多 {expected} 个部分。",
        "The condition is too long; the most is {expected} parts.",
    ),
    "expression-type": (
        "第 {at} 个字符处的 {found} 类型不对，应该是 {expected}。",
        "At character {at}, {found} is of the wrong type; expected: {expected}.",
    ),
    "expression-types": (
        "第 {at} 个字符处，{found} 两边不能比较。",
        "At character {at}, the two sides of {found} cannot be compared.",
    ),
    "expression-unknown": ("条件里不能这样写：{found}。", "A condition cannot say this: {found}."),
    "expression-choice": (
        "没有 {found} 这个选项，可以选的有：{expected}。",
        "There is no choice {found}; there are: {expected}.",
    ),
    "expression-name": ("条件里的 {found} 不存在。", "There is no {found} that a condition could read."),
    # states
    "initial-foreign": (
        "{found} 属于轨道 {expected}，不能当轨道 {track} 的起点。",
        "{found} belongs to the track {expected} and cannot be where {track} begins.",
    ),
    "initial-final": ("轨道 {track} 一开始就结束了。", "The track {track} begins where it ends, in {found}."),
    "no-final": ("轨道 {track} 没有终点。", "The track {track} has no final state."),
    "track-never-starts": ("没有事件让轨道 {track} 开始。", "No event begins the track {track}."),
    "outcome-not-final": ("{state} 不是终点，不能写结果。", "{state} is not final and has no outcome."),
    "final-no-outcome": (
        "终点 {state} 没有写结果：{expected}。",
        "The final state {state} says no outcome: {expected}.",
    ),
    "final-goes-on": ("{state} 是终点，不能再有 {found}。", "{state} is final and can have no {found}."),
    "foreign-target": (
        "{found} 属于轨道 {track}，从轨道 {expected} 去不了。",
        "{found} belongs to the track {track}; a transition stays in {expected}.",
    ),
    "unreachable": ("从 {expected} 出发，到不了 {state}。", "{state} cannot be reached from {expected}."),
    "dead-end": ("从 {state} 走不到任何终点。", "From {state} no final state can be reached."),
    "waits-forever": (
        "{state} 只能等 {parties}，却没有期限也没有跟进，可能一直等下去。",
        "In {state} only {parties} can act, and there is no deadline and no follow-up: it may wait for ever.",
    ),
    "waits-forever-warning": (
        "{state} 要等 {parties}，却没有期限也没有跟进；自己只能走适用于整条轨道的路。",
        "{state} waits for {parties} with no deadline and no follow-up; I can only do what any state allows.",
    ),
    "idle-loop": (
        "{states} 之间可以自己来回转，别人不动，时间也不走。",
        "One can go round in {states}: nobody else acts and no time passes.",
    ),
    # transitions and guards
    "clock-never": (
        "{event} 由时钟触发，但没有期限届满会触发它，所以永远不会发生。",
        "{event} is by the clock, but no deadline that runs here lapses into it: it never happens.",
    ),
    "never-taken": ("条件 {found} 不可能成立，这条转移永远不会走。", "{found} can never hold: this is never taken."),
    "never-taken-shadowed": (
        "凡是这条能走的时候，前面的已经先走了，所以它永远不会走。",
        "Whenever this could be taken, an earlier one is: it never is.",
    ),
    "guard-gap": (
        "{event} 有漏掉的情形：{case}。那时会被拒绝，最后加一条没有条件的吧。",
        "{event} leaves a gap: {case}. It is refused then; a last branch without a condition would close it.",
    ),
    "guard-overlap": (
        "两个条件会同时成立（{case}），结果由先后顺序决定。",
        "Two conditions can hold at once ({case}); their order decides.",
    ),
    "read-before-set": (
        "条件读了事实 {fact}，但走到这里之前还没有什么能填上它。",
        "The condition reads the fact {fact}, which nothing on the way here can have set.",
    ),
    # deadlines
    "no-length": (
        "期限 {deadline} 没写多长，要写 {expected} 之一。",
        "The deadline {deadline} needs one of {expected}.",
    ),
    "two-lengths": (
        "期限 {deadline} 只能写 {expected} 之一。",
        "The deadline {deadline} takes only one of {expected}.",
    ),
    "due-on-no-date": ("{found} 的类型是 {type}，不是日期。", "{found} is of type {type}, not a date."),
    "due-on-changed": (
        "期限 {deadline} 的最后一天由 due_on 定，不能再写 {found}。",
        "The last day of {deadline} is the date in due_on; it takes no {found}.",
    ),
    "bad-length": ("{found} 读不出是多长，应该像：{expected}。", "{found} says no length; one is {expected}."),
    "absurd-length": ("{found} 超过了 {expected}，大概是笔误。", "{found} is more than {expected}: a slip, surely."),
    "length-no-last": (
        "期限 {deadline} 按条件定长短，最后一条不能有 when。",
        "The last length of {deadline} must have no `when`, so that there always is one.",
    ),
    "length-never": (
        "前一条没有 when，所以这条永远用不上。",
        "The one before has no `when`, so this length is never used.",
    ),
    "bad-offset": (
        "{found} 读不出是什么时候提醒，应该像：{expected}。",
        "{found} says no time to remind; one is {expected}.",
    ),
    "reminder-hours": (
        "期限 {deadline} 不是按小时算的，不能提前几小时提醒。",
        "{deadline} is not counted in hours; it cannot remind by the hour.",
    ),
    "reminder-never": (
        "期限 {deadline} 最多就 {length}，{found} 的时候它还没开始，这条提醒永远不会来。",
        "{deadline} takes {length} at the most; {found} is not after its start, so this reminder never comes.",
    ),
    "reminder-seldom": (
        "期限 {deadline} 是 {length}，{found} 的提醒来不来，要看它几点开始；提前的时间写短一些就稳妥。",
        "{deadline} takes {length}: by the hour at which it starts, {found} may never come. A shorter one is safe.",
    ),
    "no-basis": ("期限 {deadline} 没有写依据。", "The deadline {deadline} says no basis."),
    "source-ended": (
        "期限 {deadline} 依据的 {found} 到 {until} 就失效了。",
        "{found}, on which the deadline {deadline} rests, ended on {until}.",
    ),
    "same-instant": (
        "{deadline} 和 {other} 都是 {length}，会同时届满，结果由先后顺序决定。",
        "{deadline} and {other} are both {length} and lapse at one instant; their order decides.",
    ),
    "not-taken": (
        "期限 {deadline} 提到 {found}，但在 {state} 时没有什么会接它。",
        "{deadline} names {found}, which nothing takes while the case is in {state}.",
    ),
    "not-taken-anywhere": (
        "期限 {deadline} 提到 {found}，但没有哪个状态会接它。",
        "{deadline} names {found}, which nothing takes anywhere.",
    ),
    "pause-for-ever": (
        "{event} 让期限 {deadline} 停下后，{found} 不可能发生，它就再也不走了。",
        "Once {event} has paused {deadline}, {found} cannot happen: it would never run again.",
    ),
    "lapse-not-taken": (
        "期限 {deadline} 届满会触发 {event}，但 {states} 没有对应的转移。",
        "{deadline} lapses into {event}, which nothing takes in {states}.",
    ),
    "lapse-guarded": (
        "期限 {deadline} 届满会触发 {event}，但在 {states} 每条转移都有条件，可能被拒绝。",
        "{deadline} lapses into {event}, but in {states} every transition for it has a condition and may refuse it.",
    ),
    "lapse-asks": (
        "期限 {deadline} 届满会触发 {event}，但它有必须回答的问题（{asks}），时钟答不了。",
        "{deadline} lapses into {event}, which must be told {asks}; the clock cannot answer.",
    ),
    "lapse-cycle": (
        "没人动的话，时钟会让案件一直兜圈子：{states}。",
        "With nobody acting, the clock alone goes round for ever: {states}.",
    ),
    "lapse-cycle-deadlines": (
        "这些期限届满后互相重新开始，永远停不下来：{deadlines}。",
        "These deadlines start one another by lapsing and never end: {deadlines}.",
    ),
}
SENTENCES |= {
    # templates of letters
    "undefined-deadline": ("没有叫 {found} 的期限。", "There is no deadline {found}."),
    "template-no-head": (
        "模板开头要有两行 --- 夹着的说明（写给谁、要哪些内容）。",
        "A template begins with its front matter between two lines of ---.",
    ),
    "template-kind": ("模板要是 .md 文件，这里是 {found}。", "A template is a .md file; this is {found}."),
    "template-syntax": ("模板里的 Jinja 写法不对：{found}。", "The Jinja of the template cannot be read: {found}."),
    "template-not-allowed": (
        "模板里不能用 {found}：只能写内容、判断和循环。",
        "{found} cannot be used in a template: it says values, asks whether they are there, and goes through lists.",
    ),
    "template-filter": (
        "没有 {found} 这个过滤器，可以用的有：{expected}。",
        "There is no filter {found}; there are: {expected}.",
    ),
    "template-test": (
        "没有 {found} 这个判断，可以用的有：{expected}。",
        "There is no test {found}; there are: {expected}.",
    ),
    "template-undefined": (
        "模板里的 {found} 没有来处，能用的有：{expected}。",
        "Nothing gives the template {found}; there are: {expected}.",
    ),
    "template-choice": (
        "{found} 要么是 choice 并列出 of，要么两样都不写。",
        "{found} is either a choice and lists what there is in `of`, or neither.",
    ),
    "template-need": (
        "不认识 {found} 这样的前提，可以写：{expected}。",
        "There is no need {found}; there are: {expected}.",
    ),
    "template-no-fact": (
        "这个流程没有 {found} 这项事实；要在写信时问，就加上 ask。",
        "The procedure has no fact {found}; to ask for it when the letter is written, say `ask`.",
    ),
    "template-fails": (
        "按模板写到这里写不下去：{found}。",
        "The template cannot go on here: {found}.",
    ),
    "template-differs": (
        "{found} 和 {expected} 里写的不一样，两种文字要一致。",
        "{found} is not what {expected} says; both languages ask and need the same.",
    ),
}
SENTENCES["lapse-not-taken-warning"] = SENTENCES["lapse-not-taken"]
SENTENCES["lapse-guarded-warning"] = SENTENCES["lapse-guarded"]

_MEANT = ("是不是想写 {meant}？", " Did you mean {meant}?")


def sentence(finding: Finding, lang: str) -> str:
    """A finding as one sentence for people, with the near miss if there is one. Never raises."""
    index = 0 if lang == "zh" else 1
    template = SENTENCES.get(finding.code, ("{code}：{key}", "{code}: {key}"))[index]
    if finding.code == "not-yaml" and index == 0 and finding.found:
        return template.format(found=_yaml_said(finding.found))
    facts = _Facts({"code": finding.code, "key": finding.key, **finding.facts})
    return (template + (_MEANT[index] if finding.meant else "")).format_map(facts)


class _Facts(dict[str, str]):
    """Facts of a finding; one that is missing shows as `…`."""

    def __missing__(self, key: str) -> str:
        return "…"


_YAML = (
    ("mapping values are not allowed", "这里不该有冒号。看看缩进；文字里要用冒号加空格，就把整段放进引号"),
    ("'\\t' that cannot start", "缩进要用空格，不能用 Tab"),
    ("cannot start any token", "用这个符号开头的文字要放进引号"),
    ("expected <block end>", "缩进对不上，和上面同一层的对齐"),
    ("could not find expected ':'", "这里少了一个冒号"),
    ("expected ',' or", "方括号或花括号没有收尾，或者少了逗号"),
    ("expected the node content", "这里少了内容"),
    ("found unexpected end of stream", "引号没有收尾"),
    ("document separator", "引号没有收尾"),
    ("undefined alias", "用了没有定义过的别名（*）"),
    ("duplicate anchor", "同一个锚点（&）写了两次"),
    ("expected a single document", "一个文件里只能有一份文档，不要再写 ---"),
    ("unknown escape character", "双引号里的反斜杠写法不认识；用单引号就好"),
    ("special characters are not allowed", "里面有不能用的控制字符"),
)
"""What the reader of YAML complains of, by a part of its words, for those who read Chinese."""


def _yaml_said(found: str) -> str:
    return next(
        (said for part, said in _YAML if part in found), "这里的写法读不懂，看看这一行和上一行的缩进、引号和括号"
    )
