"""docs/processing-register.md and docs/impact-dossier.md, written from code and rule data.

What is asked of both: Law 91/2025/QH15 and Decree 356/2025/NĐ-CP (purposes, kinds of data, who
receives them, how long, transfers abroad, measures, risks); to be confirmed by counsel. Every fact
that the code knows is read from the code, so that neither document can promise what is not there.
In Vietnamese, because the authority reads them.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation
from django.utils.text import capfirst

from cases.models import Consent, Purpose, RightsKind
from cases.models.rights import CLOCKS
from privacy import retention
from privacy.compartments import CASE_COMPARTMENTS, Compartment
from privacy.crypto import KEY_BYTES
from privacy.fields import SealedField
from privacy.matrix import MATRIX, Scope
from privacy.roles import OrganisationKind, Role
from services import loading
from services.clocks import Clock, parse_clocks
from services.models import RuleSet, ServiceType

DOCS = Path(settings.BASE_DIR) / "docs"
REGISTER = DOCS / "processing-register.md"
DOSSIER = DOCS / "impact-dossier.md"
ROOMS = ("privacy", "services", "workflow", "referrals", "cases")

ENGLISH = (
    "> English note: written by `manage.py render_registers` from compartments, access matrix, "
    "sealed fields, clocks and settings; `make check` fails when it is out of date. "
    "The office fills in what stands in square brackets.\n"
)

# The five purposes of the law's register, in the words of this house.
PURPOSES = (
    ("Hỗ trợ thân chủ theo kế hoạch đã cùng thống nhất", "Đồng ý giữ hồ sơ (`file`)"),
    ("Giới thiệu đến nơi cung cấp dịch vụ", "Đồng ý chia sẻ cho từng nơi, từng dịch vụ (`share`)"),
    ("Chuyển hồ sơ sang xã, phường khác", "Đồng ý chuyển (`transfer`)"),
    ("Giữ từng câu trả lời khảo sát", "Đồng ý giữ câu trả lời (`keep_answers`)"),
    ("Bảo vệ người dưới 18 tuổi", "Luật Trẻ em 2016; Luật 53/2024/QH15"),
    ("Thống kê, báo cáo", "Chỉ số đếm; không có dữ liệu của từng người"),
)

MEASURES = (
    (
        "Mã hóa từng trường dữ liệu",
        f"AES-256-GCM, khóa {KEY_BYTES * 8} bit riêng cho từng hồ sơ và từng ngăn",
    ),
    ("Khóa để riêng với dữ liệu", "Cơ sở dữ liệu `keystore` và vòng khóa ngoài cơ sở dữ liệu"),
    ("Phân quyền", "Vai trò ∧ quyền còn hạn ∧ ngăn ∧ sự đồng ý ([bảng](access-matrix.md))"),
    ("Nhật ký", "Mỗi lần mở được ghi trước khi khóa được trao; không ghi được thì không mở"),
    ("Mật khẩu", "Argon2; khóa tài khoản sau nhiều lần sai"),
    (
        "Phiên làm việc",
        f"Tự đóng sau {settings.SESSION_IDLE_SECONDS // 60} phút không dùng, "
        f"{settings.SESSION_ABSOLUTE_SECONDS // 3600} giờ là tối đa",
    ),
    ("Quyết định bởi hai người", "Bản sao hồ sơ, khiếu nại, yêu cầu của cơ quan khác"),
    ("Không thu thập", "Giá, người mua, địa điểm và ngày của hành vi; ảnh giấy tờ; sổ địa điểm"),
)

# Likelihood and severity are the office's own judgement; the code proposes none.
RISKS = (
    (
        "Đồng nghiệp tò mò mở hồ sơ không phải của mình",
        "Quyền theo tên hoặc nhóm, có hạn; mỗi lần mở được ghi; thân chủ xem được nơi nào đã mở",
    ),
    ("Mất điện thoại, máy tính", "Không lưu trang trên máy; phiên tự đóng; khóa không ở trên máy"),
    ("Mất bản sao lưu", "Dữ liệu là bản mã; khóa ở nơi khác, có chính sách sao lưu riêng"),
    (
        "Cơ quan khác đòi dữ liệu",
        "Mặc định từ chối, ghi sổ, hai người quyết định, trả lời trên giấy",
    ),
    ("Nơi nhận biết nhiều hơn cần thiết", "Phiếu chỉ có các trường đã đồng ý; không dẫn về hồ sơ"),
    ("Thân chủ bị nhận ra qua tin nhắn", "Tin báo trung tính; mặc định không liên lạc"),
    ("Sự cố dữ liệu không được báo kịp", "Sổ sự cố, đồng hồ 72 giờ chạy cả đêm và ngày nghỉ"),
)


def _clocks() -> dict[str, Clock]:
    payload = [row for row in loading.rule_sets() if row["kind"] == RuleSet.Kind.CLOCK][-1]
    return parse_clocks(payload["payload"])


def _sealed() -> dict[Compartment, list[str]]:
    """Compartment → the frozen labels of what is kept in it."""
    found: dict[Compartment, list[str]] = {}
    for model in apps.get_models():
        if model._meta.app_label in ROOMS:
            for field in model._meta.get_fields():
                if isinstance(field, SealedField):
                    found.setdefault(field.compartment, []).append(field.label)
    return {item: sorted(found[item]) for item in Compartment if item in found}


def _readers(compartment: Compartment) -> str:
    words = {Scope.OWN: "theo tên", Scope.TEAM: "cả nhóm"}
    roles = [
        f"{Role(role).label} ({words[held[compartment]]})"
        for role, held in MATRIX.items()
        if compartment in held and held[compartment] in words
    ]
    return "; ".join(roles) or "không vai trò nào"


def _table(head: tuple[str, ...], rows: Any) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|---" * len(head) + "|"
    for row in rows:
        yield "| " + " | ".join(str(cell).replace("|", "/") for cell in row) + " |"
    yield ""


def _clock_rows() -> Iterator[tuple[str, ...]]:
    known = _clocks()
    first = known["rights_answer"]
    yield "Trả lời lần đầu", first.name.vi, first.source
    for kind in RightsKind:
        clock = known[CLOCKS[kind]]
        yield str(kind.label), clock.name.vi, clock.source
    breach = known["breach_notice"]
    yield "Sự cố dữ liệu", breach.name.vi, breach.source


def _compartment_rows() -> Iterator[tuple[str, ...]]:
    for compartment, labels in _sealed().items():
        kept = ", ".join(f"`{label}`" for label in labels)
        yield f"{capfirst(compartment.label)} (`{compartment.value}`)", kept, _readers(compartment)


def _retention() -> Iterator[str]:
    """The schedule that the nightly job obeys, and what no rule ends."""
    schedule = retention.schedule()
    yield f"Nguồn: {schedule.source}. Tình trạng: {schedule.status}."
    yield ""
    units = {"hours": "giờ", "days": "ngày", "months": "tháng"}
    yield from _table(
        ("dữ liệu", "thời hạn", "nguồn"),
        ((rule.vi, f"{rule.amount} {units[rule.unit]}", rule.source) for rule in schedule.rules),
    )
    yield "Không có thời hạn:"
    yield ""
    yield from _table(("dữ liệu", "nguồn"), ((kept.vi, kept.source) for kept in schedule.kept))


def render_register() -> str:
    with translation.override("vi"):
        lines = [
            "# Sổ đăng ký hoạt động xử lý dữ liệu cá nhân",
            "",
            ENGLISH,
            "Nguồn: Luật 91/2025/QH15, Nghị định 356/2025/NĐ-CP. Cấu hình, chờ luật sư xác nhận.",
            "",
            "## 1. Bên kiểm soát và người phụ trách",
            "",
            "- Bên kiểm soát: [tên cơ quan, địa chỉ]",
            "- Người phụ trách bảo vệ dữ liệu: [họ tên, cách liên lạc]",
            "",
            "## 2. Mục đích và căn cứ",
            "",
            *_table(("mục đích", "căn cứ"), PURPOSES),
            f"Mỗi sự đồng ý là một bản ghi riêng ({len(Purpose)} mục đích), có phiên bản, "
            "có câu chữ đã đọc cho thân chủ nghe; rút lại là một bản ghi mới và có hiệu lực ngay.",
            "",
            "## 3. Chủ thể dữ liệu",
            "",
            "- Thân chủ từ 18 tuổi; người dưới 18 tuổi theo lối bảo vệ riêng",
            "- Người làm việc trong chương trình (tài khoản, nhật ký)",
            "",
            "## 4. Dữ liệu, ngăn và ai mở được",
            "",
            "Tất cả là dữ liệu nhạy cảm, niêm phong từng trường. Cột giữa là nhãn của trường.",
            "",
            *_table(("ngăn", "giữ gì", "vai trò mở được"), _compartment_rows()),
            "## 5. Nơi nhận",
            "",
            "Chỉ nhận phiếu đã cắt gọn theo sự đồng ý còn hiệu lực, không bao giờ nhận hồ sơ.",
            "",
            *(f"- {kind.label}" for kind in OrganisationKind),
            "",
            f"Dịch vụ được phân theo {len(ServiceType.Family)} nhóm: "
            + ", ".join(str(family.label) for family in ServiceType.Family)
            + ".",
            "",
            "## 6. Chuyển dữ liệu ra nước ngoài",
            "",
            "Không. Phần mềm chạy tại cơ quan, không gọi dịch vụ nào bên ngoài.",
            "",
            "## 7. Thời hạn lưu giữ và xóa",
            "",
            *_retention(),
            "## 8. Quyền của thân chủ và thời hạn của luật",
            "",
            *_table(("việc", "thời hạn", "nguồn"), _clock_rows()),
            "Mỗi thời hạn được kéo dài một lần, thêm bằng chừng ấy, có lý do bằng văn bản.",
            "",
            "## 9. Biện pháp bảo vệ",
            "",
            *_table(("biện pháp", "như thế nào"), MEASURES),
        ]
    return "\n".join(lines).rstrip() + "\n"


def render_dossier() -> str:
    with translation.override("vi"):
        sealed = sum(len(labels) for labels in _sealed().values())
        lines = [
            "# Hồ sơ đánh giá tác động xử lý dữ liệu cá nhân",
            "",
            ENGLISH,
            "Nguồn: Luật 91/2025/QH15, Nghị định 356/2025/NĐ-CP. "
            "Cấu hình, chờ luật sư xác nhận; mẫu chính thức do cơ quan điền và ký.",
            "",
            "## 1. Thông tin chung",
            "",
            "- Bên kiểm soát, bên xử lý: [tên cơ quan, địa chỉ, số điện thoại]",
            "- Người phụ trách bảo vệ dữ liệu: [họ tên, cách liên lạc]",
            "- Ngày bắt đầu xử lý: [ngày]",
            "",
            "## 2. Mô tả việc xử lý",
            "",
            "Tiếp cận → đồng ý → khảo sát nhu cầu → kế hoạch hỗ trợ → giới thiệu dịch vụ → "
            "theo dõi → kết thúc. Các bước và trạng thái: [flows.md](flows.md). "
            "Mục đích, loại dữ liệu, nơi nhận, thời hạn: "
            "[sổ đăng ký xử lý](processing-register.md).",
            "",
            "## 3. Sự cần thiết và tương xứng",
            "",
            "- Bắt đầu bằng tên gọi và mã hồ sơ; tên thật, địa chỉ chỉ hỏi khi dịch vụ cần.",
            f"- {sealed} trường niêm phong, chia vào {len(_sealed())} ngăn; mỗi ngăn mở riêng "
            f"({len(CASE_COMPARTMENTS)} ngăn của hồ sơ).",
            "- Không ô nào được đánh dấu sẵn; không đồng ý thì không có giới thiệu.",
            f"- Mỗi sự đồng ý ghi: {', '.join(_consent_facts())}.",
            "",
            "## 4. Rủi ro và biện pháp",
            "",
            "Khả năng xảy ra và mức độ do cơ quan tự đánh giá.",
            "",
            *_table(
                ("rủi ro", "biện pháp trong phần mềm", "khả năng", "mức độ"),
                ((risk, measure, "[ ]", "[ ]") for risk, measure in RISKS),
            ),
            "## 5. Biện pháp kỹ thuật và tổ chức",
            "",
            *_table(("biện pháp", "như thế nào"), MEASURES),
            "## 6. Quyền của thân chủ",
            "",
            *_table(("việc", "thời hạn", "nguồn"), _clock_rows()),
            "## 7. Điều còn lại",
            "",
            "- Rủi ro còn lại và người chấp nhận: [cơ quan điền]",
            "- Ý kiến của luật sư: [cơ quan điền]",
            "- Ngày xem lại tiếp theo: [ngày]",
        ]
    return "\n".join(lines).rstrip() + "\n"


def _consent_facts() -> list[str]:
    words = {
        "purpose": "mục đích",
        "recipient": "nơi nhận",
        "service": "dịch vụ",
        "fields": "từng trường",
        "compartments": "ngăn",
        "method": "cách nói",
        "given_by": "ai nói",
        "wording": "câu chữ đã đọc",
        "version": "phiên bản",
        "valid_until": "thời hạn",
    }
    named = {field.name for field in Consent._meta.get_fields()}
    return [word for name, word in words.items() if name in named]


class Command(BaseCommand):
    help = "Write the processing register and the impact dossier from code and rule data."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument(
            "--check", action="store_true", help="only say whether they are current"
        )

    def handle(self, *args: Any, check: bool = False, **options: Any) -> None:
        for path, text in ((REGISTER, render_register()), (DOSSIER, render_dossier())):
            if not check:
                path.write_text(text)
            elif not path.exists() or path.read_text() != text:
                raise CommandError(f"docs/{path.name} is out of date: manage.py render_registers")
