"""The five cases of the handbook, each at another point of its journey. All invented.

Days are counted back from today, so that some steps are overdue and some are due today whenever
the demo is started.
"""

from collections.abc import Callable

from cases.models import Case, Channel
from cases.states import AgeBand
from config.demo import words
from config.demo.teller import Teller
from config.demo.world import CAM_THUY, DUY_TIEN, KY_LUA, QUY_NHON
from referrals.models import IncomeBand, LivelihoodPlan, MilestoneKind
from referrals.states import DeclineReason
from services.clocks import add_months


def may(told: Teller) -> None:
    """27, a rented room in Duy Tiên: health and training done, now a sewing machine."""
    contact = {
        "may_text": True,
        "phone": words.phone(9001),
        "hours": "9–11",
        "code_word": "giao hàng",
    }
    told.begin(150, 9)
    told.count("hoa", DUY_TIEN, times=3)
    lead = told.meet("hoa", area=DUY_TIEN, alias="Mây", contact=contact, note="Gặp ở khu trọ.")
    told.wait(hours=0.5)
    told.inform(lead)
    told.wait(hours=1)
    told.hand_over(lead, "hanh")
    told.go(147, 9)
    case = told.open(
        "hanh", area=DUY_TIEN, alias="Mây", contact=contact, channel=Channel.OUTREACH, lead=lead
    )
    told.consent(case)
    told.screen(
        case,
        {
            "C5": "yes",
            "C4": "yes",
            "A1": "no",
            "A5": "yes",
            "B1": "yes",
            "C1h": "yes",
            "C6h": "yes",
            "E1": "1",
            "E2": "0",
            "H1": "yes",
        },
    )
    told.wait(hours=1)
    told.assess(case, "Ở trọ, làm theo ngày, chưa có thẻ bảo hiểm.", "Khéo tay, muốn học may.")
    told.plan(
        case,
        [
            ("Được khám và yên tâm về sức khỏe", "H-STI"),
            ("Có thẻ bảo hiểm y tế", "W-HI"),
            ("Học may và sống bằng nghề may", "V-VOC"),
        ],
    )
    told.submit(case)
    clinic = told.refer(
        case,
        "dt-station",
        "H-STI",
        {"health.concern": "Có triệu chứng, cần khám trong tuần."},
        priority="soon",
    )
    told.go(146, 10)
    told.approve(case)
    told.accept(clinic)
    told.schedule(clinic, days=2, hour=9)
    told.go(144, 11)
    told.serve(clinic, "Đã khám, hẹn 7 ngày.")
    told.go(140, 9)
    told.identity(
        case, legal_name="Họ Tên Minh Họa", birth_year="1999", address="Nhà trọ minh họa số 7"
    )
    insurance = told.refer(
        case,
        "dt-social",
        "W-HI",
        {"legal.matter": "Muốn mua thẻ theo hộ gia đình."},
        also=("identity.alias", "identity.legal_name", "identity.address"),
    )
    school = told.refer(
        case,
        "nb-school",
        "V-VOC",
        {"livelihood.course": "Lớp may công nghiệp, diện lao động nông thôn."},
        also=("identity.legal_name",),
    )
    told.go(137, 10)
    told.complete(clinic, "attended_next", "Đã khám lại, ổn.")
    told.accept(insurance)
    told.accept(school, "Khai giảng đầu tháng, mang theo giấy tờ.")
    told.go(135, 15)
    told.confirm(clinic, "Bác sĩ nhẹ nhàng, không hỏi chuyện riêng.")
    told.serve(insurance)
    told.schedule(school, days=6, hour=8)
    told.go(128, 10)
    told.complete(insurance, "papers_filed")
    told.serve(school, "Đã nhập học.")
    told.go(125, 10)
    told.confirm(insurance)
    told.go(116, 9, 30)
    told.follow_up(case, answers={"C1h": "no", "E1": "0", "E2": "0"}, note="Nhắn tin “giao hàng”.")
    told.go(56, 9, 30)
    told.review(case)
    told.follow_up(case, answers={"E1": "0", "E2": "1", "I1": "no"}, note="Sắp xong khóa học.")
    told.go(48, 9)
    union = told.refer(
        case,
        "dt-union",
        "F-LIV",
        {
            "livelihood.trade": "Nhận may tại nhà",
            "livelihood.loan_plan": "Vay hỗ trợ việc làm, mua máy may",
        },
        priority="soon",
    )
    told.go(46, 10)
    told.accept(union)
    told.go(42, 9)
    told.serve(union, "Đã bàn kế hoạch may tại nhà.")
    sewing = told.livelihood(
        union, trade="May tại nhà", support="Vay hỗ trợ tạo việc làm", amount="30.000.000"
    )
    _start_a_month_ago(told, sewing)
    told.milestone(sewing, MilestoneKind.EQUIPMENT, amount="12.500.000", forward=True)
    told.go(12, 9)
    told.milestone(sewing, MilestoneKind.REPAYMENT, amount="900.000")
    told.go(3, 9)
    told.complete(school, "certificate")


def _start_a_month_ago(told: Teller, plan: LivelihoodPlan) -> None:
    """So that the first visit is due today."""
    today = told.day(0)
    start = next(
        told.day(ago) for ago in range(33, 27, -1) if add_months(told.day(ago), 1) >= today
    )
    told.go((today - start).days, 10)
    told.start_livelihood(plan, on=start)


def song(told: Teller) -> None:
    """29, Kỳ Lừa, called the hotline: treatment interrupted, the plan is being renewed."""
    contact = {"may_text": True, "phone": words.phone(9002), "hours": "sau 18 giờ"}
    told.begin(104, 14)
    case = told.open("khanh", area=KY_LUA, alias="Sóng", contact=contact, channel=Channel.HOTLINE)
    told.wait(hours=1)
    told.consent(case)
    told.go(103, 9)
    told.screen(
        case,
        {
            "C5": "yes",
            "A1": "no",
            "A5": "yes",
            "C2h": "yes",
            "D1": "yes",
            "D2": "yes",
            "D3": "no",
            "E3": "2",
            "E4": "2",
            "F1": "yes",
            "H3": "yes",
        },
    )
    told.go(102, 9)
    told.assess(case, "Sống cùng mẹ, mất giấy tờ, ngại nơi đông người.", "Có mẹ ủng hộ.")
    told.plan(
        case,
        [
            ("Điều trị đều", "H-MMT"),
            ("Biết rõ sức khỏe của mình", "H-HIV"),
            ("Làm lại giấy tờ ở quầy hộ tịch, có người đi cùng", ""),
            ("Có việc làm", "J-JOB"),
        ],
    )
    told.submit(case)
    told.go(100, 15)
    told.approve(case)
    told.go(99, 9)
    # Asked, not told: the ground that would reveal is not used, and his no is kept.
    told.share(case, "ls-legal", "L-LEG", ["identity.alias", "legal.ground"], given=False)
    testing = told.refer(case, "kl-station", "H-HIV", {"health.concern": "Xin được tư vấn."})
    methadone = told.refer(
        case, "kl-station", "H-MMT", {"health.concern": "Muốn bắt đầu điều trị."}, priority="soon"
    )
    told.go(98, 9)
    told.accept(methadone)
    told.accept(testing)
    told.schedule(testing, days=3, hour=8)
    told.go(97, 9)
    told.serve(methadone)
    told.go(94, 9)
    told.serve(testing)
    told.wait(days=1)
    told.complete(testing, "attended_next")
    told.go(92, 9)
    told.confirm(testing, "Được giải thích rõ.")
    told.go(72, 10)
    told.follow_up(case, answers={"E3": "1", "E4": "1"}, note="Chỉ nhắn tin, đúng như đã hẹn.")
    told.go(20, 9)
    youth = told.refer(case, "kl-youth", "PEER", {"needs.request": "Muốn gặp nhóm bạn cùng tuổi."})
    jobs = told.refer(case, "ls-jobs", "J-JOB", {"livelihood.trade": "Việc kho, ca ngày"})
    told.go(17, 9)
    told.accept(youth)
    told.schedule(youth, days=3, hour=15)
    told.go(14, 8)
    told.no_show(youth)
    told.go(13, 9)
    told.hold(methadone, days=14, text="Gián đoạn điều trị; chỉ nhắn tin, không đến nhà.")
    told.go(12, 9)
    told.decline(jobs, DeclineReason.NO_CAPACITY)
    told.go(2, 10)
    told.follow_up(case, answers={"E3": "1"}, decision="renew_plan", note="Muốn thử lại.")
    told.review(case, renew=True)


def suoi(told: Teller) -> None:
    """16, Duy Tiên: the protected child track. The system keeps dates, not testimony."""
    told.begin(told.working_days_ago(2), 8, 30)
    case = told.open(
        "tam",
        area=DUY_TIEN,
        alias="Suối",
        contact={},
        channel=Channel.CLINIC,
        age=AgeBand.FROM_16_TO_17,
    )
    told.wait(hours=2)
    today = told.day(told.working_days_ago(2))
    told.child_plan(
        case,
        "van",
        "Em nói: một người “dì” giữ điện thoại và tiền công. Tối nay em ở nhà tạm lánh.",
        {"line_111": today, "health_check": today, "shelter": today, "provincial_health": today},
    )


def gio(told: Teller) -> None:
    """22, Jrai, working online in Quy Nhơn: moving to Đồng Nai, the new office is asked."""
    contact = {"may_text": True, "may_call": True, "phone": words.phone(9004), "hours": "14–16"}
    told.begin(66, 14)
    lead = told.meet(
        "hlinh",
        area=QUY_NHON,
        alias="Gió",
        contact=contact,
        channel=Channel.ONLINE,
        note="Khu vực Quy Nhơn. Muốn nói chuyện bằng tiếng Jrai.",
    )
    told.inform(lead)
    told.wait(days=1)
    told.hand_over(lead, "dao")
    told.go(63, 9)
    case = told.open(
        "dao", area=QUY_NHON, alias="Gió", contact=contact, channel=Channel.ONLINE, lead=lead
    )
    told.consent(case, keep_answers=True)
    told.screen(
        case,
        {"C5": "yes", "A5": "yes", "C4h": "yes", "E1": "0", "F1": "yes", "H3": "yes", "K1": "yes"},
    )
    told.identity(case, legal_name="H'Gió (tên minh họa)", birth_year="2004", address="")
    told.go(62, 9)
    told.assess(case, "Làm việc trên mạng, ở nhờ bạn.", "Nói ba thứ tiếng, tự học giỏi.")
    told.plan(
        case,
        [
            ("Được tư vấn PrEP", "H-HIV"),
            ("Xin bản sao giấy khai sinh", "L-DOC"),
            ("Có việc", "J-JOB"),
        ],
    )
    told.submit(case)
    told.go(60, 9)
    told.approve(case)
    clinic = told.refer(case, "gl-health", "H-HIV", {"health.concern": "Muốn tìm hiểu PrEP."})
    papers = told.refer(
        case,
        "gl-legal",
        "L-DOC",
        {"legal.matter": "Xin trích lục khai sinh."},
        also=("identity.legal_name", "identity.birth_year"),
    )
    told.go(57, 9)
    told.accept(clinic)
    told.serve(clinic)
    told.go(55, 9)
    told.accept(papers)
    told.serve(papers)
    told.go(50, 9)
    told.complete(clinic, "attended_next")
    told.confirm(clinic)
    told.go(31, 9)
    told.follow_up(case, answers={"E1": "0", "I1": "no"})
    told.go(told.working_days_ago(3), 9)
    transfer = told.ask_to_move(
        case, "dn-office", "Chuyển đến Đồng Xoài; cần tiếp tục về giấy khai sinh và việc làm."
    )
    told.go(told.working_days_ago(2), 15)
    told.release(case, transfer)


def la(told: Teller) -> None:
    """41, two children, Cẩm Thủy: was in danger, now steady; took one consent back."""
    contact = {
        "may_call": True,
        "phone": words.phone(9005),
        "hours": "8–10",
        "code_word": "hỏi giống gà",
    }
    told.begin(158, 8, 30)
    case = told.open("kien", area=CAM_THUY, alias="Lá", contact=contact, channel=Channel.WALK_IN)
    told.consent(case)
    told.screen(
        case,
        {
            "C5": "yes",
            "A1": "yes",
            "A2": "yes",
            "A4": "yes",
            "A5": "no",
            "E1": "3",
            "E2": "2",
            "E5": "yes",
            "E6": "no",
            "SRQ": "12",
            "F2": "yes",
            "I1": "yes",
            "I2": "yes",
            "J1": "yes",
        },
    )
    told.seen(case)
    told.safety(case, "Hai con sang bà ngoại. Chị quyết định chưa trình báo; đã nghe giải thích.")
    shelter = told.refer(
        case,
        "shelter",
        "S-SHEL",
        {"protection.safety_need": "Một mẹ hai con, từ tối nay."},
        priority="urgent",
    )
    told.accept(shelter, "Xe đón ở bến.")
    told.wait(hours=3)
    told.serve(shelter)
    told.go(157, 9)
    told.assess(case, "Nợ nóng, sợ người ở cùng, hai con đang học.", "Nuôi gà giỏi, thương con.")
    told.plan(
        case,
        [
            ("Mẹ con được an toàn", "S-SHEL"),
            ("Thoát khoản nợ", "L-LEG"),
            ("Con tiếp tục đi học", "W-SOC"),
            ("Nuôi gà để có thu nhập", "F-LIV"),
        ],
    )
    told.submit(case)
    told.go(156, 9)
    told.approve(case)
    clinic = told.refer(
        case, "ct-station", "H-MH", {"health.concern": "Khó ngủ, buồn nhiều."}, priority="soon"
    )
    aid = told.refer(
        case,
        "ct-social",
        "W-SOC",
        {"needs.request": "Trợ giúp khẩn cấp, xét hộ nghèo."},
        priority="soon",
    )
    legal = told.refer(
        case,
        "th-legal",
        "L-LEG",
        {"legal.ground": "Người bị bạo lực gia đình, có khó khăn.", "legal.matter": "Khoản nợ."},
    )
    told.go(155, 9)
    told.accept(clinic)
    told.accept(aid)
    told.serve(clinic)
    told.serve(aid)
    told.go(152, 9)
    told.accept(legal)
    told.schedule(legal, days=4)
    told.go(148, 10)
    told.serve(legal, "Đã nhận việc, đang làm hồ sơ.")
    told.complete(aid, "emergency_given")
    told.complete(shelter, "left_safely")
    told.go(146, 9)
    told.confirm(aid)
    told.confirm(shelter, "Được đối xử tốt.")
    told.complete(clinic, "attended_next")
    told.go(144, 9)
    told.confirm(clinic)
    told.go(126, 9)
    told.follow_up(case, answers={"A1": "no", "A5": "yes", "E1": "1", "E2": "1"})
    _chickens(told, case)


def _chickens(told: Teller, case: Case) -> None:
    """A livestock loan with the women's union, until she takes that consent back."""
    told.go(98, 9)
    union = told.refer(
        case,
        "ct-union",
        "F-LIV",
        {"livelihood.trade": "Nuôi gà", "livelihood.loan_plan": "Vay hộ nghèo, mua gà giống"},
    )
    told.go(95, 9)
    told.accept(union)
    told.serve(union, "Đã xem chuồng.")
    told.go(92, 9)
    plan = told.livelihood(union, trade="Nuôi gà", support="Vay hộ nghèo", amount="20.000.000")
    told.start_livelihood(plan)
    told.go(66, 9)
    told.review(case)
    told.follow_up(case, answers={"A1": "no", "E1": "1"})
    told.go(61, 9)
    told.visit(plan, IncomeBand.BELOW_2)
    told.milestone(plan, MilestoneKind.REPAYMENT, amount="800.000", forward=True)
    told.go(30, 9)
    told.milestone(plan, MilestoneKind.REPAYMENT, amount="800.000")
    told.go(4, 9)
    told.withdraw(union)


STORIES: tuple[Callable[[Teller], None], ...] = (may, song, suoi, gio, la)
