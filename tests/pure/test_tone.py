"""One's own text looked over: what must be found, and what must be left alone."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from time import perf_counter

import pytest

from escalation.calm import LONGEST, check, known_of
from escalation.core.tone import Known
from escalation.errors import BadInput
from escalation.sourced import ground
from states.library import SHIPPED

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

EVENING_ZH = {
    "insult": """
        你们太黑了，还让不让人活啊
        真是吃人不吐骨头的公司
        天天打电话是不是有病
        你们有病吧，凌晨打给我妈
        神经病啊，一天打三十个
        你们脑子进水了吧
        什么破平台，连个人都找不到
        你们简直不是东西
        你们就是一群强盗
        跟土匪有什么两样，你们这群土匪
        良心都被狗吃了
        你们还有没有良心
        没良心的公司，专坑穷人
        臭不要脸
        你们连脸都不要了
        给我滚远点
        快滚，别再打来了
        客服全是废物
        智障客服，听不懂人话
        你们这帮孙子，躲着不接电话
        催收狗又来了
        一群畜牲
        我呸
        卧槽，又扣了我八百
        我艹你们
        草泥马的催收
        tmd天天打
        你们都是sb
        傻*逼公司
        冷血动物
        祝你们早日倒闭
        你们早晚遭报应
        你全家死光
        生孩子没屁眼
        你们眼瞎吗，流水都给了
        你们是聋子吗
        天天放屁，没一句真话
        算什么东西，凭什么骂我
        你们这种公司迟早要完
        猪狗不如
        你们喝人血的
        真 他 妈 的 烦
        你们就是垃圾
        这服务太垃圾了
        奸商，一点人味都没有
        禽兽不如
        你们良心不会痛吗
        缺了大德了你们
        一天到晚打，烦不烦，有完没完
        欺负老百姓算什么本事
        你们公司的心真黑，利息高成这样
    """,
    "threat": """
        我要让你们上热搜
        我要让你们付出代价
        信不信我砸了你们公司
        明天我带着全家去你们公司坐着
        光脚的不怕穿鞋的，你们看着吧
        我知道你在哪上班
        早晚送你们进去
        有你们哭的时候
        给我等着
        咱们等着瞧
        别让我逮到你
        见一次打一次
        打断你的腿
        让你们不得安宁
        我不好过你们也别想好过
        谁都别想好过
        我去你们总部门口静坐
        我去你们楼下泼油漆
        我现在就把聊天记录发抖音
        我要发微博，让大家看看你们的嘴脸
        不怕，我这就找记者
        全网曝光你们
        我会去曝光这家平台
        把你们挂到网上
        我就把录音发到朋友圈和小红书
        让网友评评理，你们别后悔
        我要投诉到你下岗
        每天投诉你们十遍
        搞垮你们公司
        告到你们破产
        打爆你们的客服电话
        跟你们死磕到底
        我奉陪到底
        别以为我怕你们
        再敢给我单位打电话，我撕了你们
        让你丢饭碗
        我要去北京上访
    """,
    "ultimatum": """
        你们就是骗子，三天内不答复我就去曝光你们
        不给说法就天天去你们公司
        今晚之前必须给我答复
        明天中午前给我回电话，不然我就投诉
        不给减免我一分钱都不还
        再打一个电话我就报警
        要么减免，要么法院见
        答应就答应，不答应拉倒
        给你们三天时间考虑
        最晚明天给我答复
        敬酒不吃吃罚酒
        识相的就把罚息免了
        你们自己看着办吧
        我的耐心是有限的
        我已经忍无可忍
        我把话撂这儿
        必须马上停止催收
        现在就给我减掉
        不处理我就起诉你们
        要是不同意，我就去银保监告你们
        否则法庭上见
        否则我一分不还
        48小时内不回复，就别想我还钱
        再不回复我就报警
        你们再骚扰我家人我就去举报
        不给我减免我就不还了
        五天之内，不解决就去你们总部
        限贵公司本周五17时前解决
        别逼我，给你们最后一天
        法院见吧
        明天下午五点前不给我答复，我就上抖音
        我要把你们告上法庭
        两天之内给我答复，不然12315见
        你们就等着被查吧
        不减免我就躺平不还了
        等着收律师函
        少一个电话都不行，今天就得给我解决
    """,
    "shouting": """
        还我公道！！
        到底有没有人管？？？？
        凭什么凭什么凭什么
        为什么！ ！ ！
        有人吗？！有人吗
        烦烦烦烦死人
        啊啊啊啊啊啊
        别再打了！！！！！
    """,
    "promise": """
        我发誓下个月全还上
        下周肯定把钱都还清
        过完年一次性还清
        月底全部结清，你们放心
        十天之内一定还上
        我拿命担保会还
        对天发誓，再也不逾期了
        卖肾我也还给你们
        我去别的平台借来还你们
        你们说什么我都答应
        什么条件都答应，别打给我单位
        我下周一准还清
        要多少我给多少
        等发了工资全部还上
        我用房子担保一定结清
        以后绝不逾期
        我说到做到，一分都不会少
        你放心，下礼拜全都还了
    """,
    "claim": """
        你们就是骗子
        一帮骗子
        你们这帮大骗子
        骗子！还我钱
        骗人的平台
        你们这是抢钱
        这跟抢劫有什么区别，你们就是抢劫
        你们 就是 放 高利贷 的
        坑蒙拐骗样样来
        你们全是诈骗犯
        贵公司涉嫌犯罪
        你们把我的信息卖了
        你们倒卖个人信息
        你们跟催收公司勾结
        你们是非法平台
        你们伪造合同
        你们洗钱
        这是一家黑店
        通话我都录音了
        你们说的话我全录下来了
        我手里有证据
        聊天记录为证
        说话不算数，你们骗人
    """,
    "identity": """
        我的身份证号110105 19491231 002X
        支付密码123456
        验证码给你：302918
        登录密码是abc12345
        卡背后的安全码 372
        cvv是372
        卡号 4111 1111 1111 1111，你们扣吧
        短信验证码 556677 发你了
    """,
    "demand": """
        请求停息挂账，分60期
        我要停息分期，五年60期
        国家规定可以分六十期
        按规定可以延期三年
        你们必须给我减免
        贵行有义务同意分期
        银行必须无条件同意我的方案
        利息我一分不给
        利息全免，我只还本金
        我只还本金
        超过的利息全部退给我
        必须全额退息
        征信给我改过来
        把征信给我消了
        给我恢复征信
        不许上征信
        征信清零
        本金也不还了
        一分钱都不还
        欠款全部作废
        要求分60期，每期100
        根据信用卡管理办法第70条
        LPR四倍以上的不用还
        合同无效，不用还
        国家都规定了必须给分期
        凭啥让我还，一毛钱都不还
    """,
    "agent": """
        特此函告，请贵司停催停诉
        我已全权委托专业机构处理
        我的法务老师会联系你们
        代理维权团队会跟你们谈
        本人授权第三方公司协商
        退息维权，包成功
        老师教我这样写的
        债务重组专家说可以铲单
        强烈要求贵行相关负责人处理
    """,
    "self_harm": """
        你们是不是要逼我跳楼
        再打电话我就从你们楼上跳下去
        我真的撑不下去了
        活着太累了，不想活下去
        死给你们看
        一了百了算了
        你们要逼死我吗
        别再打了，我快被逼死了
        只有死路一条了
        我连遗书都写好了
        要死一起死
        真想一觉睡过去不要醒
        我已经买了安眠药
        没有活下去的勇气
        我死了你们就满意了吧
        我想从桥上跳下去
        想一死百了
        带着孩子一起走了算了
        钱还不上，我只能拿命还
        喝药死了干净
        活着还有什么意思
        你们是想让我死吗
        拿我全家的命来抵吧
    """,
}
"""What people write on a bad evening, by what must be found."""

EVENING_EN = {
    "insult": """
        You people are unbelievable
        You are all so stupid
        You're nothing but a bunch of vultures
        your staff are useless
        Are you deaf or just dumb?
        Screw you and your company
        Rot in hell
        f*ck off
        What the hell is wrong with you
        You greedy, heartless leeches
        You are animals
        assholes
        Your company is garbage
        Piss off and stop calling
        You should be ashamed of yourselves
        you are liars
        You are nothing but thieves
        Are you out of your mind
        You evil monsters
        Drop dead
        shameless company
        You guys make me sick
    """,
    "threat": """
        I will post this on Weibo
        I'll put it all over the internet
        I will make it public
        I’ll expose your company
        I am going to tell the newspapers
        Everyone will know what you did
        you'll pay for this
        You will be sorry
        I will find you
        I know where you work
        I'm coming to your office tomorrow with my whole family
        I have nothing to lose, remember that
        Don't push me
        I will make your life hell
        I'm going to ruin you
        I will get you fired
        We'll see you on the news
        I will name and shame you
        I will report you every single day
        I'll smash your windows
        this will go viral
        I'll see to it that you lose your job
        I want you all in jail
        I will drag your name through the mud
    """,
    "ultimatum": """
        You are swindlers. Answer within 3 days or I will make it public
        If you don't answer I will sue you and post this on Weibo!!!
        If you do not agree, I will not pay a cent
        Unless you waive it I'm going to stop paying
        Call me back today or I'll go to the police
        You've got 24 hours
        I am giving you three days
        See you in court
        Waive it or I'm done paying
        My patience is running out
        I won't ask again
        For the last time, stop calling
        Call again or else
        Agree by tomorrow, or we go to the press
        If you call my mother again, I will sue
        Refund me now, or else
        Settle this by Friday or I'm calling a lawyer
    """,
    "shouting": """
        Why???
        STOP CALLING ME
        LEAVE ME ALONE!
        answer me!!!
        I HAVE ALREADY PAID
        Really?! Again?!
        help ! ! !
    """,
    "promise": """
        I swear I'll pay it all back by Friday
        I promise I will never be late again
        I'll pay everything tomorrow
        I guarantee the whole amount next month
        I will borrow from another app to pay you
        I'll do anything you want
        I can promise to pay off the entire balance next week
        I swear to god I'll pay next week, all of it
        I swear on my children
        I'll sell a kidney if I have to
        I will definitely clear the whole debt at the end of the month
        You will have every cent by Monday, I promise
    """,
    "claim": """
        You are frauds
        You're swindlers
        You are nothing but robbers
        what a bunch of scammers
        You cheats
        This is robbery
        You are running a scam
        your company is a criminal gang
        You stole my money
        You sold my data
        This is blackmail
        You forged the contract
        I recorded every call
        I have all the evidence I need
        usury, plain and simple
        You lied to me from the first day
    """,
    "identity": """
        my PIN is 4477
        OTP: 553201
        the one-time code is 120455
        password = abc123
        Card 4111 1111 1111 1111
        CVV 372
        the verification code you sent is 448213
    """,
    "demand": """
        You must agree to 60 installments
        You must freeze the interest
        By law I can pay over five years
        I demand an interest freeze
        The law says you have to give me a plan
        I won't pay a cent of the interest
        I am not paying you a single yuan
        You are obliged to waive the interest
        Clear my credit report
        Fix my credit history
        You can't report me
        Delete my overdue record
        I demand 60 instalments with no interest
        Write off the loan
        Cancel my debt
        Anything above four times LPR is void
        Article 70 of the credit card rules
        I will pay the principal only
        You may not report me to the credit bureau
    """,
    "agent": """
        My debt consultant will contact you
        I have authorised a company to deal with you
        My agent will handle everything from now on
        I hereby solemnly declare
        This is a cease and desist letter
        our debt relief programme
        Please deal with my representative company only
    """,
    "self_harm": """
        You are driving me to suicide
        I'd rather be dead
        I wish I were dead
        I don’t want to live any more
        I might as well jump out of the window
        There is no point in living
        I am thinking of killing myself
        Call again and I will hang myself
        I can't go on living like this
        I feel suicidal tonight
        I'm done. I don't want to be here anymore
        I am tired of living
        I want to end my own life
        I have the pills ready to take them all
    """,
}

CALM_ZH = """
    如有异议，将依法申请核查。
    收到答复后如有异议，我会在30日内申请核查。
    请在15日内答复，谢谢。
    请贵公司在收到后15日内书面告知处理结果。
    十五日内未答复的，我将依法向监管部门反映。
    如果贵公司15日内不答复，我会依法向金融监管部门反映。
    否则我将无法支付下个月的房租。
    不然我就没有钱给孩子交学费了。
    如果不同意，我还是按原来的约定还，并请写明理由。
    如果您不方便电话，可以写信给我。
    我保留依法向法院起诉的权利。
    必要时，我会依法向人民法院提起诉讼。
    如再有此类电话，我会保存记录，并依法投诉。
    催收员在电话里说「你就是骗子，不还钱让你上热搜」。
    短信原文是“三天内不还清，后果自负，法院见”。
    对方短信写着"再不还钱就去你单位闹"，号码见附件。
    他们威胁说要把我挂到网上，曝光我的照片。
    客服称「必须今天全部还清」，我做不到。
    催收员说我神经病，说我不要脸。
    对方要求我月底全部还清，我做不到。
    我的照片被发到网上，家里人都看到了。
    请不要把我的信息发到群里或者发朋友圈。
    请停止曝光我的个人信息，并删除已经发出的内容。
    我不会把这件事发到网上，只想好好谈。
    我不想找媒体，也不想吵。
    我怕遇到骗子，所以先核实一下您的工号。
    请问这个号码是不是骗子冒充的？
    为了防止诈骗，我只用官方渠道还款。
    我妈的医药费每月要两千元。
    我和我妈的收入加起来五千元。
    他妈的手术费还没有凑齐。
    我操作失误，多点了一次还款。
    我操心孩子的学费。
    11月3日你们来电，没有说明身份。
    请尽快给我一个书面答复。
    我孙子要上学，每月要交伙食费。
    我父亲是聋子，接不了电话，请不要再打给他。
    我有病，医生说要休养半年。
    我家里有病人，需要长期照顾。
    糖尿病引起的神经病变，要一直吃药。
    我在废物回收站上班，工资三千二。
    我养了一条狗，没有别的开支。
    那天真黑，我没看清合同上的小字。
    我想知道你们哪个部门受理投诉。
    我需要知道你在哪里办公，材料好寄过去。
    希望从12月起分60期归还，每期300元。
    能不能分60期？如果不行，36期也可以。
    每月还500元，60期还清，合计30000元。
    要么分12期，要么分24期，您看哪种合适。
    请问协商期间能不能不上征信？
    请问这笔账会不会上征信？
    征信报告里2025年3月那一行写错了，附还款凭证。
    请列明利息、罚息、费用各是多少。
    利息能否减免一部分，请考虑。
    如果能减免罚息，我可以一次性结清本金和利息。
    本金和利息我都认，只是需要时间。
    我没有说一分钱都不还，我会慢慢还。
    我不是要免除本金，只是想请您减免罚息。
    年底有奖金，我会主动提前还一部分。
    我计划在12月10日前还清剩下的500元。
    我不敢说下个月一定还上，只能先还三百。
    下个月全部还清我做不到，每月500元可以。
    我会按约定的日子还，有变化提前告诉您。
    我没有证据，只能把记得的写下来。
    我没有录音，只记了时间和号码。
    如果需要，我可以提供银行流水。
    我没有委托任何人，也没有找代理，都是我自己写的。
    有人自称法务，说能债务重组，我没有相信。
    合同第六条写的是年化18%，实际收了24%，请说明依据。
    请说明这笔服务费是怎么来的。
    请核对2025年11月的扣款，银行显示扣了两次。
    谢谢您上次耐心听我说完。
    上次的话我说重了，向您道歉。
    压力很大，最近睡不好，但我想把这件事解决好。
    生意撑不下去，店关了，现在打零工。
    我快累死了，不过还在找工作。
    商场跳楼价的衣服我都舍不得买。
    我想死磕一下业绩，多挣点提成。
    停催的申请我已经在App里提交了。
    我的电话是13800138000，晚上七点以后方便。
    请把来电时间改到早上八点以后、晚上十点以前。
    请不要再联系我的家人、朋友和单位。
    请停止对我亲友的催收，可以直接联系我。
    请问贵司的停止催收流程是什么？
    合同我已读完，有三处不明白，想请教。
    听说12378可以咨询，我想先跟您谈。
    我想知道逾期记录保留多久。
    调解时间我都可以，请提前一天告诉我。
    附件：身份证复印件已按要求另寄。
    密码忘了，请问怎么找回？
    验证码一直收不到，请帮我看看。
    我每月收入4200元，支出3000元，还能拿出1200元。
    这个月能先还200元，剩下的下个月和您商量。
    您说的方案我需要和家人商量，三天内给您答复。
    我会在三天内把材料补齐。
    太好了！谢谢您。
    我快没饭吃了，也怕丢饭碗。
    我靠打零工过日子。
    这份申请先放你那里，材料我补。
    我想了解什么破产程序适合我。
    我明天上午必须回医院复查。
    我明天必须给孩子交学费。
    下个月的房租都付不起。
    请暂停诉讼，先谈一谈。
    我不知道为什么账户涉嫌洗钱被冻结。
    对方一分也不给减，我理解。
    我先借朋友的钱还上了一期。
    结清后请一定开具结清证明。
    我爸眼睛瞎了，我妈在照顾。
    身体搞垮了，公司又裁员。
    为了还钱我已经付出代价。
    请把你们的联系方式填进去，发给我。
    我带着老婆去你们公司签字，可以吗？
    不接电话我就会整天发愁。
    可以死记住的是还款日，我不会忘。
    权限你们有没有，能告诉我吗？
    请问五天内能收到回信吗？
    我会在微博的官方客服那里再问一次。
    抖音上看到有人说可以停息，我想确认是不是真的。
    我不需要律师，只想自己协商。
    法院的调解员说可以先谈。
    他们说要让我上热搜，我很害怕。
    我妈的身体不好，接到电话就睡不着。
    我在工地打工，包吃住，一天一百八。
    我没有逃避，电话都接了。
    请不要给我父母打电话，他们年纪大了。
    三天前我给你们寄了材料。
    我已还了60期，还剩12期。
    我儿子说要报警，我劝住了他。
    您好，我是贵公司的借款人陈小满，想协商还款。
    我因为失业，从8月起收入减少，目前在跑外卖。
    我理解贵公司的规定，也希望您理解我的困难。
    如果方案不合适，请告诉我哪一点可以改。
    请您在收到后15日内给我书面答复，谢谢您。
    孩子刚上小学，母亲要做透析，每月自费1500元。
    我愿意先还本金中的一部分，其余分期。
    如果罚息能减免，我下个月可以先还2000元。
    我已经把情况告诉了12378，他们让我先和贵公司沟通。
    不好意思，前几天电话里我语气不好。
    请问能不能给我一个月的缓冲时间？
    今天给我打电话的是哪位同事？
    给你们添麻烦了。
    请给我发一份还款明细。
    我同意分24期，第一期12月10日还。
    如果不能减息，我也能接受，只求把期限拉长一些。
    我希望贵公司停止委托第三方催收，我会自己联系您。
    根据合同第八条，违约金按日万分之五计算，请核对。
    我想要一份结清证明。
    催收员上门时说我是老赖，还在楼道里喊。
    邻居们都知道了，我很难堪。
    您若不同意，请说明理由，我再调整方案。
    材料里有三张截图，是2025年10月的短信。
    我不接受这个利率，请给出依据。
    我每天只能睡四个小时，医生诊断为焦虑。
"""
"""What must be left alone: calm words, others' words, and the sentence nearest to one that is found."""

CALM_EN = """
    Please reply within 15 days as the rule provides.
    If I disagree with your answer, I will apply for a review as the law provides.
    If you do not reply within 15 days, I will turn to the regulator as the rule provides.
    If you do not agree, I will go on paying 300 yuan a month and wait for your reasons.
    If you don't receive it, I will send it again.
    If you call after six, I will pick up.
    If you need documents, I will send them.
    Unless you tell me otherwise, I will pay on the 10th.
    I reserve the right to bring the matter before the court.
    The collector said "you are a fraud, pay within 3 days or I will make it public".
    The message reads “Answer today or else”.
    They threatened to post my photo on Weibo.
    The caller said you stupid woman and hung up.
    A man said he knows where I live.
    My photo was posted online, and my family saw it.
    Please do not post my photo online.
    Please stop publishing my personal data.
    I will post the signed form by registered mail.
    I posted the letter on Monday.
    I will put this in writing.
    I would rather not go public, I only want to talk.
    I have not told the newspapers and do not mean to.
    I was stupid to sign without reading.
    I made a stupid mistake.
    The old card is useless now.
    My dog is my only company.
    I collect garbage for a living, 3200 yuan a month.
    You are kind to listen.
    You are not obliged to agree, and I know that.
    I know you must follow your own rules.
    I understand that nobody must agree to instalments.
    I would like to pay in 60 instalments of 300 yuan.
    Could it be 60 instalments? If not, 36 is fine.
    Please consider waiving part of the penalty.
    I do not ask you to waive the principal.
    I will repay the principal and the interest, I only need time.
    I cannot pay everything next week.
    I cannot promise to pay it all back by Friday.
    I do not want to borrow from another app to pay you.
    I can pay 500 yuan on the 10th of each month.
    I will do what I can.
    I will do my best to keep to the plan.
    Please tell me which clause the fee rests on.
    Clause 6 says 18 percent, and 24 percent was charged. Please explain.
    Is this number a scam, or is it yours?
    I am afraid of scammers, so I checked your number first.
    I am not saying that you are frauds.
    Please check whether your company has been charged twice.
    Please correct the wrong line of March 2025 in my credit report.
    Will this be reported to the credit bureau while we talk?
    How long does a late payment stay on my credit report?
    If the interest is frozen for a month, I can start in May.
    I have no recording, only the time and the number.
    I have no evidence, so I write down what I remember.
    My account was frozen by the bank.
    I forgot my password. How do I reset it?
    The verification code never arrives.
    I forgot the PIN, is there a way to change it?
    I wrote this myself, with no agent.
    I have not authorised anyone to speak for me.
    My lawyer friend told me to keep all receipts.
    Legal aid told me to write to you first.
    I am sorry for what I said on the phone.
    Thank you for your patience.
    I have been patient, and I hope you can be, too.
    I sleep badly, but I want to solve this.
    My shop could not go on and closed in June.
    I am dead tired after two shifts.
    We live in a dead-end street, number 4.
    I want to live within my means.
    I had to jump through many hoops to get the papers.
    The doctor gave me pills for the pain.
    I will take the medicine for six months.
    My father passed away in May.
    My mother is deaf and cannot take calls.
    It is a pity that we did not talk earlier.
    You have until Friday to choose a date for the mediation, the clerk told me.
    Please call me by tomorrow or the day after.
    I can come by Friday or on Monday.
    Please answer by letter or by email.
    I will go to the bank tomorrow and get the statement.
    I will report the change of address.
    I'll call the hotline again tomorrow.
    I sold my car to pay the rent.
    My income is 4200, my costs are 3000, and 1200 is left.
    Contract number: 4111111111111111.
    IOU, BNPL, APR: what do they mean?
    Great news! Thank you.
    Please try me again after six.
    I paid for the last time in May.
    I have nothing to lose by asking.
    Please don't make me choose between rent and food.
    Please call me, or I will call you on Monday.
    If you agree, I will bring the papers to your office.
    I will find your answer in the app.
    I will find a way, a little each month.
    I understand you have 15 days.
    The letter may get lost, so I send it twice.
    I was greedy and borrowed too much, that is on me.
    I would like to go through the fee list with you.
    I saw on Weibo that this is possible. Is it true?
    My son wanted to call the police, and I calmed him down.
    I have paid 60 instalments and 12 are left.
    Please do not call my parents, they are old.
    I posted the papers three days ago.
    I'll make you an offer I can keep.
    Dear Sir or Madam, I would like to ask for a repayment plan.
    I lost my job in August and now deliver food.
    My mother needs dialysis three times a week.
    Could you tell me who called me on the 3rd?
    I can start with 500 yuan and raise it to 800 from June.
    If the plan does not suit you, please tell me what I could change.
    I called the hotline twice and was told to wait.
    Your colleague was kind, thank you.
    I will send the documents by Friday or Monday at the latest.
    I disagree with the rate and ask for its basis.
    Please confirm in writing that the debt is settled once it is paid.
    I do not want to fight, only to find a way.
    The agent said I am a deadbeat and shouted in the hallway.
    Please keep to the hours the rule allows.
    I have until March to find a flat.
    What is the ground of this fee?
    How is it calculated? And from which day?
"""


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


@pytest.mark.parametrize(("kind", "text"), FOUND)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_it_is_found_whatever_language_the_answer_is_in(kind: str, text: str, lang: str) -> None:
    found = check(text, lang)

    assert kind in {each["kind"] for each in found}
    assert all(each["why"] and each["better"] for each in found)


@pytest.mark.parametrize("text", CALM)
def test_a_calm_text_is_left_alone(text: str) -> None:
    assert check(text, "zh") == []


@pytest.mark.parametrize(
    ("kind", "text"),
    [(kind, text) for table in (EVENING_ZH, EVENING_EN) for kind, texts in table.items() for text in lines(texts)],
)
def test_what_is_written_in_anger_or_need_is_found(kind: str, text: str) -> None:
    """With nothing attached: a claim of evidence lacks its exhibit."""
    assert kind in {each["kind"] for each in check(text, "zh", Known())}


@pytest.mark.parametrize("text", [*lines(CALM_ZH), *lines(CALM_EN)])
def test_the_calm_neighbour_of_an_angry_sentence_is_left_alone(text: str) -> None:
    assert check(text, "zh", Known()) == []


@pytest.mark.parametrize("path", sorted((SHIPPED / "templates").glob("*.md")), ids=lambda path: path.name)
def test_no_shipped_letter_is_found_fault_with_in_either_language(path: Path) -> None:
    body = path.read_text("utf-8").partition("\n---\n")[2]
    text = re.sub(r"\{\{.*?\}\}", "…", re.sub(r"\{%.*?%\}", "", body, flags=re.DOTALL), flags=re.DOTALL)

    assert text.strip()
    assert [each["found"] for each in check(text, "zh")] == []


def test_what_is_proposed_instead_is_calm_itself() -> None:
    for lang in ("zh", "en"):
        for id, rule in ground(f"tone.{lang}")["rule"].items():
            assert check(rule["better"], lang) == [], id


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
    "nearly an ultimatum": "不给再打给你们",
    "nearly an insult": "you are such a ",
    "nearly a condition": "if you do not ",
    "nearly an exposure": "我就把聊天记录",
    "apostrophes": "i’",
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
