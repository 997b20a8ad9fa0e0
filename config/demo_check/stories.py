"""The five people of the handbook (domain.md 5.2), each from first contact to the end. Invented."""

from collections.abc import Callable

from config.demo.world import CAM_THUY, DUY_TIEN, KY_LUA, QUY_NHON
from config.demo_check import work
from config.demo_check.journey import Journey

STATION = "Trạm Y tế phường Duy Tiên"
UNION = "Hội Liên hiệp Phụ nữ phường Duy Tiên"
SCHOOL = "Trung tâm dạy nghề Ninh Bình"


def yes(*codes: str) -> dict[str, str]:
    return dict.fromkeys(codes, "yes")


def may(j: Journey) -> None:
    """Mây, 27: outreach, health, training, a sewing machine; a year, and closing."""
    j.secret = ("Mây", "giao hàng", "0900000101")
    j.readers = {"hoa"}
    with j.step("hoa", "Counts a contact whose person wants nothing kept"):
        page = j("hoa").walk(
            "/contacts/new/", {"keep": "no", "area_code": DUY_TIEN, "channel": "outreach"}
        )
        j.expect(page.status == 200 and "/contacts/" in page.path, "the count is not confirmed")
    with j.step("hoa", "Records a contact with her yes: alias, safe hours, code word"):
        page = j("hoa").walk(
            "/contacts/new/",
            {
                "keep": "yes", "age_band": "18_over", "alias": "Mây", "area_code": DUY_TIEN,
                "channel": "outreach", "ways": ["may_text"], "phone": "0900000101",
                "hours": "9–11", "code_word": "giao hàng", "note": "",
            },
        )  # fmt: skip
        lead = j.ends_at(page, r"^/contacts/[0-9a-f-]+/$").path
        j.watch("contact", lead, {"hoa"})
    with j.step("hoa", "Gives information"):
        j.ends_at(j("hoa").send(lead, to="/informed/"), rf"^{lead}")
    with j.step("hoa", "Hands over to Hạnh with her yes; loses sight"):
        page = j("hoa").open(f"{lead}hand-over/")
        box = page.soup.select_one('label:has(input):-soup-contains("Hạnh")')
        j.expect(box is not None, "Hạnh cannot be chosen")
        chosen = box.select_one("input")["value"] if box is not None else ""
        j("hoa").send(f"{lead}hand-over/", {"to": str(chosen), "agreed": ["on"]})
        j.readers = {"hanh"}
        j.now_seen_by("contact", {"hanh"})
    with j.step("hanh", "Opens the case from the contact"):
        page = j("hanh").walk(f"{lead}open-case/", {"age_band": "18_over"})
        case = j.ends_at(page, r"^/cases/[0-9a-f-]+/$").path
        j.readers = {"hanh", "bich"}
        j.watched.pop("contact")
        j.watch("case", case, {"hanh", "bich"})
    with j.step("hanh", "Asks for consent to keep a file"):
        work.agree_to_file(j, "hanh", case)
    with j.step("hanh", "Screens the needs: symptoms, no insurance, wants a trade"):
        work.screen(
            j, "hanh", case,
            {**yes("C5", "C1h", "C6h", "H1", "I3"), "E1": "1", "E2": "0"},
        )  # fmt: skip
        page = j("hanh").open(f"{case}screening/result/")
        j.expect(page.has(j.service("H-STI")), "the health service is not suggested")
        work.finish_screening(j, "hanh", case)
    with j.step("bich", "Approves the plan; Tâm of the same team sees nothing"):
        work.plan(
            j, "hanh", "bich", case,
            [("Khỏi bệnh", "H-STI"), ("Học may", "V-VOC"), ("Có máy may", "F-LIV")],
        )  # fmt: skip
    with j.step("hanh", "Asks about a loan with a certificate: she says no, and nothing is sent"):
        path = work.ask_sharing(j, "hanh", case, "F-LOAN", UNION, [], given="no")
        page = j("hanh").open(path)
        j.expect(not page.soup.select('main form input[name="priority"]'), "a slip can be written")
    with j.step("hanh", "Sends a health referral: alias and concern, nothing else"):
        slip = work.refer(
            j, "hanh", case, "H-STI", STATION, ["identity.alias", "health.concern"],
            {"health.concern": "Cần được khám trong tuần này"},
        )  # fmt: skip
        j.watch("slip", f"/referrals/{slip}/", {"lan", "ngoc"})
        j.readers |= {"lan", "ngoc"}
        j.expect(j.has_task("lan", f"/referrals/{slip}/"), "the slip is not in Lan's list")
        j.expect(not j.has_task("xuan", f"/referrals/{slip}/"), "another station has it too")
    with j.step("lan", "Sees the slip and accepts; a second press is told who was first"):
        work.receive(j, "lan", slip)
        page = j("lan").open(f"/referrals/{slip}/")
        j.expect(page.has("Mây") and page.has("Cần được khám"), "the slip is not readable")
        j.expect(not page.has("Có máy may"), "the station reads of other needs")
        tab = j("ngoc").open(f"/referrals/{slip}/accept/")
        work.answer(j, "lan", slip, "accept", {"note": "Mời đến sáng thứ tư"})
        late = j("ngoc").submit(tab, {"note": "Ngọc cũng nhận phiếu này"})
        j.refused(late, 409)
        j.expect(late.has("Phạm Thị Lan"), "the second is not told who was first")
        j.expect(late.has("Ngọc cũng nhận phiếu này"), "what the second typed is lost")
    with j.step("lan", "Makes an appointment; the client does not come"):
        work.appointment(j, "lan", slip, 2)
        j.later(days=2, hours=2)
        work.press(j, "lan", slip, "no-show")
        j.expect(j.has_task("hanh", f"/slips/{slip}/"), "Hạnh is not told")
    with j.step("hanh", "Talks to the client, who wants a new time"):
        j("hanh").send(f"/slips/{slip}/contacted/", to="contacted")
    with j.step("lan", "New appointment; she comes; the finding stays at the station"):
        work.appointment(j, "lan", slip, 3)
        j.later(days=3)
        work.press(j, "lan", slip, "came")
        work.answer(j, "lan", slip, "entry", {"kind": "visit", "text": "Đã khám, hẹn 7 ngày."})
        work.answer(
            j, "lan", slip, "complete", {"outcome": "attended_next", "text": "Đơn thuốc A."}
        )
        page = j("hanh").open(f"/slips/{slip}/")
        j.expect(not page.has("Đơn thuốc A") and not page.has("hẹn 7 ngày"), "the finding leaked")
    with j.step("hanh", "Asks how it went and closes the loop"):
        j("hanh").send(
            f"/slips/{slip}/confirm/",
            {"helped": "yes", "respected": "yes", "words": "Được tôn trọng"},
        )
    with j.step("minh", "The vocational centre declines; Bích sends it back; Minh accepts"):
        course = work.refer(
            j, "hanh", case, "V-VOC", SCHOOL, ["identity.alias", "livelihood.course"],
            {"livelihood.course": "Lớp may cơ bản"}, priority="routine",
        )  # fmt: skip
        j.watch("course", f"/referrals/{course}/", {"minh"})
        j.readers |= {"minh"}
        work.receive(j, "minh", course)
        work.answer(j, "minh", course, "decline", {"reason": "no_capacity", "text": "Lớp đã đủ"})
        j.refused(j("hanh").open(f"/slips/{course}/send-back/"), 403)
        j("bich").send(f"/slips/{course}/send-back/", {"text": "Lớp tháng sau còn chỗ không?"})
        work.answer(j, "minh", course, "accept", {"note": "Có chỗ tháng sau"})
        work.press(j, "minh", course, "came")
    with j.step("hanh", "After a month: follow-up by text"):
        j.later(days=28)
        # The health slip is done: after the days of grace the station sees nothing.
        j.now_seen_by("slip", set())
        j.readers -= {"lan", "ngoc"}
        j.eventually("the follow-up is in her list", lambda: _has_follow_up(j, "hanh", case))
        work.follow_up(j, "hanh", case)
    with j.step("thu", "Month 4: women's union makes a livelihood plan"):
        j.later(days=90)
        loan = work.refer(
            j, "hanh", case, "F-LIV", UNION, ["identity.alias", "livelihood.trade"],
            {"livelihood.trade": "May gia công tại nhà"}, priority="routine",
        )  # fmt: skip
        j.watch("livelihood slip", f"/referrals/{loan}/", {"thu"})
        j.readers |= {"thu"}
        work.receive(j, "thu", loan)
        work.answer(j, "thu", loan, "accept", {"note": ""})
        work.press(j, "thu", loan, "came")
        page = j("thu").send(
            f"/referrals/{loan}/livelihood/",
            {"trade": "May gia công", "support": "Máy may", "amount": "12.000.000"},
        )
        living = f"/livelihood/{work.uuid_in(page.link(r'^/livelihood/'))}/"
        j.watch("livelihood plan", living, {"thu"})
    with j.step("thu", "Records a milestone; with her yes Hạnh hears of it, without the amount"):
        j("thu").send(f"{living}start/", j.day("on", 0))
        j("thu").send(
            f"{living}milestone/",
            {
                "kind": "equipment", "amount": "9.500.000", "evidence": "seen", "forward": ["on"],
                **j.day("on", 0),
            },
        )  # fmt: skip
        page = j("hanh").open(f"/slips/{loan}/")
        j.expect("9.500.000" not in page.text, "the worker reads the amount")
        page = j("lan").open(living)
        j.refused(page, 404)
    with j.step("hanh", "Month 12: reviews and follow-ups done, she asks to close"):
        for _ in range(3):
            j.later(days=92)
            j.eventually("a follow-up is due", lambda: _has_follow_up(j, "hanh", case))
            work.follow_up(j, "hanh", case)
        page = j("hanh").send(
            f"{case}closure/", {"reason": "goals_reached", "note_text": "Ổn định"}
        )
        j.expect(page.status == 200 and not page.errors(), "closure cannot be requested")
        j.refused(j("hanh").open(f"{case}closure/approval/"), 403)
    with j.step("bich", "Approves the closure: what was open ends for everybody"):
        j("bich").send(f"{case}closure/approval/", {"decision": "approve"})
        for name in ("livelihood slip", "course", "livelihood plan"):
            j.now_seen_by(name, set())
        j.readers = {"hanh", "bich"}


def _has_follow_up(j: Journey, worker: str, case: str) -> bool:
    page = j.looker(worker).open(case)
    return any(
        str(anchor["href"]).startswith("/follow-ups/")
        for anchor in page.soup.find_all("a", href=True)
    )


def song(j: Journey) -> None:
    """Sóng, 29: methadone and HIV care that stay in the clinic; an office that does not answer."""
    j.secret = ("Sóng", "bóng đá")
    j.readers = {"khanh", "duc"}
    j.watchers = (*j.watchers, "khanh", "duc", "huong", "bao", "long", "tuyet")
    with j.step("khanh", "Opens a case from the hotline; he agrees to a file"):
        case = work.open_case(
            j, "khanh", "Sóng", KY_LUA, channel="hotline",
            contact={
                "ways": ["may_text"], "phone": "0900000102", "hours": "", "code_word": "bóng đá",
            },
        )  # fmt: skip
        j.watch("case", case, {"khanh", "duc"})
        work.agree_to_file(j, "khanh", case)
    with j.step("khanh", "Screens: opioid use, unknown status, no papers, anxious"):
        work.screen(
            j, "khanh", case,
            {**yes("C5", "D1", "D2", "C2h", "F1", "H3"), "E3": "2", "E4": "2"},
        )  # fmt: skip
        work.finish_screening(j, "khanh", case)
        work.plan(
            j, "khanh", "duc", case,
            [("Bớt dùng", "H-MMT"), ("Biết tình trạng", "H-HIV"), ("Có việc", "J-JOB")],
        )  # fmt: skip
    results = {}
    with j.step("khanh", "Two health referrals; whatever is found, he reads the same words"):
        for code, outcome in (("H-HIV", "attended"), ("H-MMT", "attended")):
            slip = work.refer(
                j, "khanh", case, code, "Trạm Y tế phường Kỳ Lừa",
                ["identity.alias", "health.concern"], {"health.concern": "Muốn được tư vấn"},
            )  # fmt: skip
            j.watch(f"slip {code}", f"/referrals/{slip}/", {"huong"})
            j.readers |= {"huong"}
            work.receive(j, "huong", slip)
            work.answer(j, "huong", slip, "accept", {"note": ""})
            work.press(j, "huong", slip, "came")
            text = "Kết quả dương tính" if code == "H-HIV" else "Liều khởi đầu"
            work.answer(j, "huong", slip, "complete", {"outcome": outcome, "text": text})
            page = j("khanh").open(f"/slips/{slip}/")
            j.expect(text not in page.text, "the result leaked")
            results[code] = page.soup.find("main").get_text(" ").count("dương tính")
        j.expect(set(results.values()) == {0}, "the pages differ by result")
    with j.step("long", "The job centre never answers: the sender, then the supervisor are told"):
        job = work.refer(
            j, "khanh", case, "J-JOB", "Trung tâm dịch vụ việc làm Lạng Sơn",
            ["identity.alias", "livelihood.trade"], {"livelihood.trade": "Phụ xe"},
            priority="routine",
        )  # fmt: skip
        j.watch("job slip", f"/referrals/{job}/", {"long"})
        j.readers |= {"long"}
        j.later(days=14)
        j.now_seen_by("slip H-HIV", set())
        j.now_seen_by("slip H-MMT", set())
        j.readers -= {"huong"}
        j.eventually("the sender is told", lambda: j.has_task("khanh", f"/slips/{job}/"))
        j.eventually("the supervisor is told", lambda: j.has_task("duc", f"/slips/{job}/"))
    with j.step("khanh", "The power fails: everything is killed and starts again, nothing is lost"):
        tab = j("khanh").open(f"/slips/{job}/chased/")
        j.server.kill()
        j.server.start()
        j.expect(j.has_task("khanh", f"/slips/{job}/"), "the step is gone after the restart")
        j.ends_at(j("khanh").submit(tab), r"^/slips/")
        j.refused(j("khanh").submit(tab), 409)
    with j.step("khanh", "The office stays silent, and the slip expires"):
        j.later(days=25)
        j.eventually(
            "the slip expires", lambda: j.looker("long").open(f"/referrals/{job}/").status == 404
        )
        j.now_seen_by("job slip", set())
        j.readers -= {"long"}
        j("khanh").send(f"/slips/{job}/settle/", to="settle")


def suoi(j: Journey) -> None:
    """Suối, 16: the age ends the adult way before any other question."""
    j.secret = ("Suối",)
    j.readers = {"van", "bich"}
    with j.step("hanh", "Says the age: the adult way ends, she sees only “handed over”"):
        page = j("hanh").walk(
            "/cases/new/",
            {
                "age_band": "16_17", "alias": "Suối", "area_code": DUY_TIEN, "channel": "clinic",
                "ways": [], "phone": "", "hours": "", "code_word": "",
            },
        )  # fmt: skip
        j.ends_at(page, r"^/cases/handed-over/$")
        j.expect(not page.has("Suối"), "the handed-over page names her")
        page = j("van").open("/")
        case = page.link(r"^/cases/[0-9a-f-]+/$")
        j.watch("child's file", case, {"van", "bich"})
    with j.step("van", "Makes the safety plan the same day, with the dates of the official steps"):
        page = j("van").open(f"{case}child-plan/")
        page = j("van").send(
            f"{case}child-plan/",
            {"text": "Ở nơi an toàn tối nay, gọi 111.", **j.day("line_111", 0)},
        )
        j.ends_at(page, r"^/cases/[0-9a-f-]+/$")
        j.refused(j("hanh").open(f"{case}child-plan/"), 404)
        j.refused(j("quy").open(case), 404)
    with j.step("bich", "The named supervisor reads it; nobody else of the team"):
        j.expect(j("bich").open(case).status == 200, "the named supervisor cannot see it")
        j.refused(j("tam").open(case), 404)
    with j.step("van", "Concludes child protection"):
        j.later(days=30)
        page = j("van").send(f"{case}child-end/", to="child-end")
        j.ends_at(page, r"^/cases/[0-9a-f-]+/$")


def gio(j: Journey) -> None:
    """Gió, 22: helped far from home, then moves to another commune."""
    j.secret = ("Gió", "H'Gió")
    j.readers = {"dao", "phuc"}
    j.watchers = (*j.watchers, "dao", "phuc", "quynh", "thuy", "hai", "oanh")
    with j.step("dao", "Opens a case from online counselling; name with apostrophe kept as typed"):
        case = work.open_case(j, "dao", "H'Gió", QUY_NHON, channel="online")
        j.watch("case", case, {"dao", "phuc"})
        j.expect(j("dao").open(case).has("H'Gió"), "the apostrophe was changed")
        work.agree_to_file(j, "dao", case)
        work.screen(
            j, "dao", case,
            yes("C5", "C4h", "F1", "H3", "K1"),
        )  # fmt: skip
        work.finish_screening(j, "dao", case)
        work.plan(j, "dao", "phuc", case, [("Được dự phòng", "H-HIV"), ("Có việc làm", "J-JOB")])
    with j.step("quynh", "A clinic outside her commune, at her wish"):
        slip = work.refer(
            j, "dao", case, "H-HIV", "Phòng khám dự phòng tỉnh Gia Lai",
            ["identity.alias", "health.concern"], {"health.concern": "Muốn dự phòng"},
            everywhere=True,
        )  # fmt: skip
        j.watch("slip", f"/referrals/{slip}/", {"quynh"})
        j.readers |= {"quynh"}
        work.receive(j, "quynh", slip)
        work.answer(j, "quynh", slip, "accept", {"note": ""})
        work.press(j, "quynh", slip, "came")
    with j.step("dao", "She moves to Đồng Nai: transfer asked, with her consent"):
        j.later(days=45)
        page = j("dao").open(f"{case}transfer/?q=dong+xoai")
        office = page.link_named("Phòng Văn hóa – Xã hội phường Đồng Xoài")
        look = j("dao").send(
            f"{case}transfer/{office}",
            {"summary": "Muốn tiếp tục dự phòng và tìm việc.", "method": "verbal"},
        )
        j.expect(look.has("Muốn tiếp tục dự phòng"), "the summary is not shown before it is sent")
        transfer = j.ends_at(j("dao").submit(look), r"^/transfers/").path
        j.watch("transfer", transfer, {"dao", "phuc"})
    with j.step("phuc", "Releases; the other office reads the summary, not the file"):
        j("phuc").send(transfer)
        j.now_seen_by("transfer", {"dao", "phuc", "hai"})
        page = j("hai").open(transfer)
        j.expect(page.has("tiếp tục dự phòng") and not page.has("H'Gió"), "more than the summary")
    with j.step("hai", "Accepts and names Thủy; the old team reads on for seven days only"):
        page = j("hai").open(transfer)
        chosen = page.soup.select_one('input[name="worker"]')
        j.expect(chosen is not None, "no worker can be chosen")
        j("hai").send(
            transfer,
            {"worker": str(chosen["value"]) if chosen is not None else ""},
        )
        j.readers |= {"thuy", "hai"}
        j.now_seen_by("case", {"dao", "phuc", "thuy", "hai"})
    with j.step("thuy", "A week later the new team alone sees the case, nobody the summary"):
        j.later(days=8)
        j.now_seen_by("case", {"thuy", "hai"})
        j.now_seen_by("transfer", set())
        j.readers = {"thuy", "hai", "quynh"}
        j.expect(j("quynh").open(f"/referrals/{slip}/").status == 200, "the clinic lost the slip")


def la(j: Journey) -> None:
    """Lá, 41: danger now, a safety plan first; later she takes one consent back."""
    j.secret = ("Lá", "0900000105")
    j.readers = {"kien", "loan"}
    j.watchers = (*j.watchers, "lien", "nga", "trang", "hien")
    with j.step("kien", "Opens the case; answers that cannot wait"):
        case = work.open_case(
            j, "kien", "Lá", CAM_THUY, channel="walk_in",
            contact={"ways": ["may_call"], "phone": "0900000105", "hours": "14–16"},
        )  # fmt: skip
        j.watch("case", case, {"kien", "loan"})
        work.agree_to_file(j, "kien", case)
        work.screen(
            j, "kien", case,
            yes("C5", "A1", "A4", "E5", "I2", "I3", "J1"),
        )  # fmt: skip
    with j.step("kien", "Urgent: lowering the level without a reason is refused; supervisor paged"):
        page = j("kien").send(f"{case}screening/result/", {"level": "routine", "level_reason": ""})
        j.refused(page, 422)
        work.finish_screening(j, "kien", case, urgent=True)
        j.expect(j.has_task("loan", case), "the supervisor is not paged")
        j("loan").send(case, to="urgent-seen")
    with j.step("kien", "Makes the safety plan with her; then assessment and plan"):
        j("kien").send(
            f"{case}safety-plan/", {"text": "Sang nhà chị gái tối nay; gọi 115 khi cần."}
        )
        work.plan(j, "kien", "loan", case, [("An toàn", "L-LEG"), ("Nuôi gà", "F-LIV")])
    with j.step(
        "lien", "Month 2: the women's union tracks a livestock loan; no violence, no health"
    ):
        j.later(days=60)
        slip = work.refer(
            j, "kien", case, "F-LIV", "Hội Liên hiệp Phụ nữ xã Cẩm Thủy",
            ["identity.alias", "livelihood.loan_plan"], {"livelihood.loan_plan": "Vay nuôi gà"},
        )  # fmt: skip
        j.watch("slip", f"/referrals/{slip}/", {"lien"})
        j.readers |= {"lien"}
        work.receive(j, "lien", slip)
        work.answer(j, "lien", slip, "accept", {"note": ""})
        work.press(j, "lien", slip, "came")
        page = j("lien").open(f"/referrals/{slip}/")
        for word in ("chị gái", "115", "khẩn cấp"):
            j.expect(not page.has(word), "the union reads of the danger")
        page = j("lien").send(
            f"/referrals/{slip}/livelihood/", {"trade": "Nuôi gà", "support": "", "amount": ""}
        )
        living = f"/livelihood/{work.uuid_in(page.link(r'^/livelihood/'))}/"
        j.watch("livelihood plan", living, {"lien"})
        j("lien").send(f"{living}start/", j.day("on", 0))
        j("lien").send(
            f"{living}milestone/",
            {"kind": "repayment", "amount": "500.000", "evidence": "paper", **j.day("on", 0)},
        )
    with j.step("kien", "Month 5: she takes the consent back; sight ends with the next click"):
        j.later(days=90)
        j("lien").sign_in()
        j.expect(j("lien").open(living).status == 200, "the union lost sight too early")
        typing = j("lien").open(f"{living}milestone/")
        consents = j("kien").open(f"{case}consents/")
        take_back = consents.link_beside("Hội Liên hiệp Phụ nữ", r"/withdraw/$")
        j("kien").send(take_back, {"method": "verbal"})
        late = j("lien").submit(
            typing,
            {"kind": "repayment", "amount": "600.000", "evidence": "paper", **j.day("on", 0)},
        )
        j.refused(late, 404)
        j.refused(j("lien").open(living), 404)
        j.refused(j("lien").open(f"/referrals/{slip}/"), 404)
        j.expect(not j.has_task("lien", living), "the plan is still in her list")
        j.now_seen_by("slip", set())
        j.now_seen_by("livelihood plan", set())
        j.readers -= {"lien"}
    with j.step("kien", "The slip's words are gone for the sender too; a new slip needs a new yes"):
        j.eventually(
            "the packet is destroyed",
            lambda: not j.looker("kien").open(f"/slips/{slip}/").has("Vay nuôi gà"),
        )


STORIES: dict[str, Callable[[Journey], None]] = {
    "Mây": may,
    "Sóng": song,
    "Suối": suoi,
    "Gió": gio,
    "Lá": la,
}
