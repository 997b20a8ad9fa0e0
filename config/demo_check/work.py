"""What people do in more than one story: open a case, screen, plan, refer, answer."""

import re
from collections.abc import Mapping, Sequence

from config.demo_check.journey import Journey
from config.demo_check.people import Values


def uuid_in(path: str) -> str:
    found = re.search(r"[0-9a-f]{8}-[0-9a-f-]{27}", path)
    return found.group(0) if found else ""


def open_case(
    j: Journey, worker: str, alias: str, area: str, *, channel: str = "outreach",
    age: str = "18_over", contact: Values | None = None,
) -> str:  # fmt: skip
    """A new file without a lead; the answer is its path."""
    page = j(worker).walk(
        "/cases/new/",
        {"age_band": age, "alias": alias, "area_code": area, "channel": channel, **(contact or {})},
    )
    return j.ends_at(page, r"^/cases/").path


def agree_to_file(j: Journey, worker: str, case: str, *, keep: str = "no") -> None:
    page = j(worker).send(
        f"{case}consent/",
        {"given": "yes", "keep_answers": keep, "method": "verbal", "given_by": "client"},
    )
    j.ends_at(page, r"/screening/$")


def screen(j: Journey, worker: str, case: str, answers: Mapping[str, str]) -> None:
    """On one page; answers that open more questions bring the page back."""
    page = j(worker).open(f"{case}screening/all/")
    for _ in range(4):
        names = {str(tag.get("name")) for tag in page.soup.find_all(attrs={"name": True})}
        here = {code: value for code, value in answers.items() if code in names}
        page = j(worker).send(f"{case}screening/all/", here)
        if page.path.endswith("/screening/result/"):
            return
    j.ends_at(page, r"/screening/result/$")


def finish_screening(j: Journey, worker: str, case: str, *, urgent: bool = False) -> None:
    """As advised."""
    page = j(worker).send(f"{case}screening/result/", {"level": j_level(j, worker, case)})
    j.ends_at(page, r"/safety-plan/$" if urgent else r"^/cases/[0-9a-f-]+/$")


def j_level(j: Journey, worker: str, case: str) -> str:
    page = j(worker).open(f"{case}screening/result/")
    chosen = page.soup.select_one('input[name="level"][checked]')
    j.expect(chosen is not None, "the advised level is not shown")
    return str(chosen["value"]) if chosen is not None else ""


def plan(
    j: Journey, worker: str, supervisor: str, case: str, goals: Sequence[tuple[str, str]]
) -> None:
    """Assessment, goals, check, and the supervisor's approval."""
    page = j(worker).send(
        f"{case}assessment/",
        {"situation": "Đang thuê trọ, làm thời vụ.", "strengths": "Khéo tay, chịu khó."},
    )
    j.ends_at(page, r"/plan/$")
    boxes: dict[str, str] = {}
    for number, (text, service) in enumerate(goals, start=1):
        boxes |= {f"goal_{number}": text, f"service_{number}": service}
    j.ends_at(j(worker).send(f"{case}plan/", boxes), r"/plan/check/$")
    j.ends_at(j(worker).send(f"{case}plan/check/", to="check|plan"), r"^/cases/[0-9a-f-]+/$")
    j.refused(j(worker).open(f"{case}plan/approval/"), 403)
    page = j(supervisor).send(f"{case}plan/approval/", {"decision": "approve"})
    j.ends_at(page, r"^/cases/[0-9a-f-]+/$")


def ask_sharing(
    j: Journey, worker: str, case: str, service: str, provider: str,
    fields: Sequence[str], *, given: str = "yes", everywhere: bool = False,
) -> str:  # fmt: skip
    """Choose service and provider, ask the client; the answer is the page it leads to."""
    page = j(worker).open(f"{case}refer/")
    path = f"{case}refer/{page.link_named(j.service(service))}"
    page = j(worker).open(path + ("&everywhere=1" if everywhere else ""))
    ask = page.link_beside(provider, r"/consent/$")
    values: dict[str, str | Sequence[str]] = {
        "given": given, "method": "verbal", "given_by": "client",
    }  # fmt: skip
    if fields:
        values["fields_shared"] = list(fields)
    page = j(worker).send(ask, values)
    return j.ends_at(page, r"^/consents/[0-9a-f-]+/slip/$").path


def refer(
    j: Journey, worker: str, case: str, service: str, provider: str, fields: Sequence[str],
    written: Mapping[str, str], *, priority: str = "soon", everywhere: bool = False,
) -> str:  # fmt: skip
    """Consent, slip, check, send. The answer is the uuid of the slip."""
    slip = ask_sharing(j, worker, case, service, provider, fields, everywhere=everywhere)
    page = j(worker).send(slip, {**written, "priority": priority})
    check = j.ends_at(page, r"^/slips/[0-9a-f-]+/check/$")
    for text in written.values():
        j.expect(check.has(text), "the check page does not show what is sent")
    page = j(worker).send(check.path, to="check")
    return uuid_in(j.ends_at(page, r"/sent/$").path)


def receive(j: Journey, recipient: str, slip: str) -> None:
    """Before she presses "see the slip" there is nothing of the client on the page."""
    path = f"/referrals/{slip}/"
    page = j(recipient).open(path)
    for word in j.secret:
        j.expect(not page.has(word), "the unopened slip shows a word of the client")
    j.ends_at(j(recipient).send(path, to="/see/"), rf"^{path}")


def answer(j: Journey, recipient: str, slip: str, verb: str, values: Values) -> None:
    path = f"/referrals/{slip}/"
    j.ends_at(j(recipient).send(f"{path}{verb}/", values), rf"^{path}")


def press(j: Journey, recipient: str, slip: str, verb: str) -> None:
    """A page with one question, or one button on the slip's page."""
    path = f"/referrals/{slip}/"
    page = j(recipient).open(path)
    if any(f"{path}{verb}/" == form.get("action") for form in page.soup.find_all("form")):
        j.ends_at(j(recipient).send(path, to=f"/{verb}/"), rf"^{path}")
    else:
        j.ends_at(j(recipient).send(f"{path}{verb}/"), rf"^{path}")


def appointment(j: Journey, recipient: str, slip: str, days: int) -> None:
    answer(
        j, recipient, slip, "appointment",
        {**j.day("day", days), "time": "09:00", "place": "Phòng 2"},
    )  # fmt: skip


def follow_up(j: Journey, worker: str, case: str, decision: str = "continue") -> None:
    """The follow-up that waits in her list."""
    page = j(worker).open(case)
    path = page.link(r"^/follow-ups/")
    page = j(worker).send(path, {"reached": "yes", "decision": decision, "note_text": "Ổn định."})
    j.expect(page.status == 200 and not page.errors(), f"follow-up refused {page.errors()}")
