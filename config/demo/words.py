"""What invented people say and wish in the demonstration. Data, not interface: never translated.

Aliases are words of nature. Nobody is named, and the telephone numbers begin with seven zeros.
"""

from typing import NamedTuple

ALIASES = (
    "Sương Mai",
    "Nắng Sớm",
    "Mưa Rào",
    "Trăng Non",
    "Sao Hôm",
    "Cỏ May",
    "Lúa Chín",
    "Hoa Gạo",
    "Hoa Ban",
    "Cánh Bèo",
    "Bồ Công Anh",
    "Thông Xanh",
    "Trúc Đào",
    "Bàng Vuông",
    "Phượng Vĩ",
    "Lau Trắng",
    "Cúc Dại",
    "Sim Tím",
    "Đá Cuội",
    "Cát Vàng",
    "Ngọn Đồi",
    "Dòng Suối",
    "Thác Bạc",
    "Biển Lặng",
    "Hạt Mưa",
    "Cầu Vồng",
    "Én Xuân",
    "Chim Sẻ",
    "Bướm Vàng",
    "Chuồn Chuồn",
    "Đom Đóm",
    "Cá Chép",
    "Hạc Giấy",
    "Sóc Nâu",
    "Thỏ Rừng",
    "Nhành Lan",
    "Mầm Xanh",
    "Rễ Đa",
    "Khói Bếp",
    "Heo May",
)

# Said instead of a reason to call; whoever hears it learns nothing.
CODE_WORDS = ("giao hàng", "hỏi giá vải", "lịch học may", "đặt bánh", "sửa xe", "hẹn cà phê")
HOURS = ("9–11", "14–16", "sau 19 giờ", "buổi sáng", "trước 8 giờ")


def phone(number: int) -> str:
    """Shaped like a mobile number, and nobody's."""
    return f"090 000 {number:04d}"


# What goes onto a slip, by the code of the field.
ON_SLIP = {
    "health.concern": "Xin được khám và tư vấn, muốn gặp nhân viên nữ nếu có thể.",
    "needs.request": "Muốn được nghe hướng dẫn và hỗ trợ làm thủ tục.",
    "needs.language": "Tiếng Việt, nói chậm.",
    "needs.accessibility": "Đi xe buýt, cần chỉ đường đến cổng phụ.",
    "protection.safety_need": "Cần một chỗ nghỉ an toàn trong vài ngày.",
    "legal.ground": "Người thuộc hộ nghèo.",
    "legal.matter": "Muốn xin lại bản sao giấy tờ.",
    "livelihood.course": "Lớp may công nghiệp ba tháng, học buổi sáng.",
    "livelihood.trade": "Muốn làm việc gần nhà, ca ngày.",
    "livelihood.loan_plan": "Mua máy may đã qua sử dụng, nhận sửa quần áo tại nhà.",
}


class Need(NamedTuple):
    """One kind of life: what she answers, what she wishes, which services may serve it."""

    answers: dict[str, str]
    situation: str
    strengths: str
    goals: tuple[tuple[str, str], ...]


_CALM = {"C5": "yes", "C4": "yes", "A1": "no", "A5": "yes", "B1": "yes", "E1": "0", "E2": "1"}

NEEDS = (
    Need(
        {**_CALM, "C1h": "yes", "C6h": "yes", "H1": "yes"},
        "Ở trọ một mình, thu nhập theo ngày, chưa có thẻ bảo hiểm.",
        "Khéo tay, biết may vá, có bạn cùng phòng tin cậy.",
        (("Được khám sớm và yên tâm về sức khỏe", "H-STI"), ("Học một nghề ổn định", "V-VOC")),
    ),
    Need(
        {**_CALM, "C2h": "yes", "C4h": "yes", "F1": "yes"},
        "Mới chuyển đến, giấy tờ để quên ở quê.",
        "Chủ động tìm hiểu thông tin, giữ lịch hẹn tốt.",
        (("Biết rõ tình trạng sức khỏe của mình", "H-HIV"), ("Có lại giấy tờ", "L-DOC")),
    ),
    Need(
        {**_CALM, "H3": "yes", "I1": "yes"},
        "Mất việc từ tháng trước, tiền ăn thiếu trước hụt sau.",
        "Đã từng làm ở xưởng gỗ, quen làm theo tổ.",
        (("Có việc làm gần nhà", "J-JOB"), ("Qua được tháng này", "W-SOC")),
    ),
    Need(
        {**_CALM, "E1": "2", "E2": "2", "G1": "yes"},
        "Ngủ nhờ nhà người quen, hay mất ngủ.",
        "Thích nấu ăn, muốn nói chuyện với người hiểu mình.",
        (("Ngủ được và bớt lo", "P-PSY"), ("Có chỗ ở của riêng mình", "W-SOC")),
    ),
    Need(
        {**_CALM, "D1": "yes", "D2": "yes", "K3": "yes"},
        "Muốn điều trị thay thế, ngại đến nơi đông người.",
        "Có anh trai ủng hộ, đã tự giảm liều.",
        (("Bắt đầu điều trị và giữ đều", "H-MMT"), ("Gặp bạn đồng đẳng", "PEER")),
    ),
    Need(
        {**_CALM, "C5h": "yes", "C6h": "yes", "J2": "yes"},
        "Đang mang thai tháng thứ năm, chăm mẹ già.",
        "Cẩn thận, ghi chép mọi lịch hẹn.",
        (("Khám thai đều đặn", "H-SRH"), ("Có thẻ bảo hiểm y tế", "W-HI")),
    ),
    Need(
        {**_CALM, "F2": "yes", "I2": "yes"},
        "Vay nóng từ năm ngoái, chủ nợ gọi nhiều lần mỗi ngày.",
        "Giữ đủ giấy tờ vay, muốn giải quyết rõ ràng.",
        (("Hiểu quyền của mình với khoản nợ", "L-LEG"), ("Được trợ giúp khi khó khăn", "W-SOC")),
    ),
    Need(
        {**_CALM, "I3": "yes", "H1": "no"},
        "Bán hàng nhỏ ở chợ, muốn mở rộng.",
        "Tính toán tốt, có khách quen.",
        (("Có kế hoạch làm ăn của riêng mình", "F-LIV"), ("Biết cách vay vốn an toàn", "F-LIV")),
    ),
    Need(
        {**_CALM, "K1": "yes", "H2": "yes"},
        "Tiếng Việt chưa thạo, ít người quen ở đây.",
        "Học nhanh, được tổ dân phố quý mến.",
        (("Học đọc, học viết", "V-VOC"), ("Có người nói cùng tiếng", "PEER")),
    ),
    Need(
        {"C5": "yes", "C2h": "unknown", "D4": "yes", "E3": "2", "E4": "2", "SRQ": "9"},
        "Làm ca đêm, dùng rượu để dễ ngủ.",
        "Muốn thay đổi vì con.",
        (("Ngủ không cần rượu", "H-MH"), ("Được tham vấn", "P-PSY")),
    ),
)

IN_DANGER = Need(
    {"C5": "yes", "A1": "yes", "A2": "yes", "A4": "yes", "A5": "no", "G1": "yes"},
    "Bị người ở cùng đe dọa, tối nay chưa biết ngủ ở đâu.",
    "Đã tự chuẩn bị túi giấy tờ, có chị gái ở xã bên.",
    (("Có chỗ an toàn", "S-SHEL"), ("Biết mình có những lựa chọn nào", "G-GBV")),
)

SAFETY_PLAN = (
    "Túi giấy tờ để ở nhà chị gái; khi nguy hiểm nhắn một dấu chấm, sang nhà hàng xóm rồi gọi; "
    "tự quyết định việc trình báo."
)
CHILD_FACTS = (
    "Em kể: điện thoại và tiền công do người khác giữ. Hôm nay ở cùng cán bộ, tối đến nơi tạm lánh."
)
RETURNED = "Xin hỏi thêm mong muốn của thân chủ về nơi khám."
NOT_YET = "Xin hẹn thêm một lần gặp trước khi kết thúc."
DECLINED = "Tháng này đã đủ người, mời hỏi lại sau."
REDIRECTED = "Trung tâm công tác xã hội của tỉnh có lớp phù hợp hơn."
ON_HOLD = "Thân chủ về quê, hẹn trở lại."
WELCOME = "Mời đến cổng phụ, gặp chị trực."
ENTRY = "Đã đến, đã trao đổi và hướng dẫn, hẹn lần sau."
AFTER = "Được đón tiếp tử tế, sẽ đến tiếp."
FOLLOWED_UP = "Nhắn tin đúng giờ hẹn; mọi việc ổn."
CLOSED = "Thân chủ thấy đã tự lo được, biết đường quay lại khi cần."
MOVED = "Chuyển nơi ở; muốn tiếp tục được hỗ trợ việc làm. Không cần kể lại từ đầu."
