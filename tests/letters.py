"""A small procedure with letters, and its templates: what tests of letters share."""

from __future__ import annotations

from pathlib import Path

PROCEDURE = Path(__file__).parent / "procedures" / "parcel-dispute.yaml"

HEAD = """\
---
to: {zh: 快递公司, en: the courier}
fields:
  my_name: {ask: text, max_length: 100, title: {zh: 我的姓名, en: My name}, required: true}
  loss: {required: true}
  id_number:
    ask: text
    title: {zh: 身份证号, en: ID number}
    why: {zh: 对方要核对是不是本人, en: They check that it is you}
needs: [last.claim_sent]
limit: 400
notes: {zh: 附上照片再寄, en: Send the photos along}
basis: [{source: express-rules, article: "27"}]
---
"""
CLAIM = (
    HEAD
    + """\
# 索赔函

快递公司：

本人{{ my_name }}{% if id_number %}（身份证号{{ id_number }}）{% endif %}于{{ last.claim_sent.day | day }}提出索赔，\
损失**{{ loss | money }}元**（{{ loss | upper }}）。

## 经过

{% for each in timeline %}
{{ loop.index }}. {{ each.day | day }}，{{ each.who }}：{{ each.what }}。
{% endfor %}

| 证据 | 日期 | 证明什么 |
|:---:|---|---|
{% for each in exhibits %}
| {{ each.no }} | {{ each.day | day }} | {{ each.title }} |
{% endfor %}

> 以上属实。

此致

快递公司

```right
{{ my_name }}
{{ today | day }}
```
"""
)
CLAIM_EN = (
    HEAD
    + """\
# Claim

To the courier:

I, {{ my_name }}{% if id_number %} (ID {{ id_number }}){% endif %}, claimed on {{ last.claim_sent.day | day }}: \
**{{ loss | money }} yuan**.

```right
{{ my_name }}
{{ today | day }}
```
"""
)
THANKS = """\
---
to: {zh: 快递公司, en: the courier}
fields: {my_name: {ask: text, max_length: 100, title: {zh: 我的姓名, en: My name}, required: true}}
---
# 感谢信

{{ my_name }}谢谢你们。
"""
DOCUMENTS = """
documents:
  claim_letter: {title: {zh: 索赔函, en: Claim}, template: claim.md, for: [waiting]}
  thanks: {title: {zh: 感谢信, en: Thanks}, template: thanks.md, for: [settled]}
"""


def procedure_with_letters(folder: Path, *, claim: str = CLAIM, documents: str = DOCUMENTS) -> Path:
    """The parcel procedure in a folder of its own, with templates beside it."""
    (folder / "templates").mkdir(parents=True, exist_ok=True)
    file = folder / "parcel-dispute.yaml"
    file.write_text(PROCEDURE.read_text("utf-8") + documents, "utf-8")
    (folder / "templates" / "claim.md").write_text(claim, "utf-8")
    (folder / "templates" / "claim.en.md").write_text(CLAIM_EN, "utf-8")
    (folder / "templates" / "thanks.md").write_text(THANKS, "utf-8")
    return file
