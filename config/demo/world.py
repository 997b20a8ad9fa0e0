"""Who works in the demonstration: real communes, invented offices, invented people.

One ward in full (phường Duy Tiên with its province), and of four other places what the five cases
of the handbook need. All names of people are invented; every account has the same password.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple, Self

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction

from privacy import second_factor
from privacy.actors import Actor
from privacy.models import Membership, Organisation, Team, User
from privacy.roles import OrganisationKind as K
from privacy.roles import Role as R
from privacy.sessions import actor_for
from services import selectors as services
from services.models import AdminUnit, ServiceOffer, ServiceType

DUY_TIEN, NINH_BINH = "13324", "37"
KY_LUA, LANG_SON = "06187", "20"
CAM_THUY, THANH_HOA = "15127", "38"
QUY_NHON, GIA_LAI = "21583", "52"
DONG_XOAI, DONG_NAI = "25210", "75"
PROVINCE_OF = {
    DUY_TIEN: NINH_BINH,
    KY_LUA: LANG_SON,
    CAM_THUY: THANH_HOA,
    QUY_NHON: GIA_LAI,
    DONG_XOAI: DONG_NAI,
}

# Communes whose office does casework here, and how much of the invented work is theirs.
COMMUNES = {DUY_TIEN: 9, CAM_THUY: 4, KY_LUA: 3, QUY_NHON: 2, DONG_XOAI: 2}


class Unit(NamedTuple):
    code: str
    kind: str
    area: str
    name: str


class Person(NamedTuple):
    username: str
    name: str
    role: str
    unit: str


class Offered(NamedTuple):
    """``checked`` = days since somebody asked the provider; ``None`` = never."""

    unit: str
    service: str
    capacity: str = "accepting"
    checked: int | None = 6
    nationwide: bool = False


UNITS = (
    Unit("dt-office", K.CASE_OFFICE, DUY_TIEN, "Phòng Văn hóa – Xã hội phường Duy Tiên"),
    Unit("dt-station", K.HEALTH_STATION, DUY_TIEN, "Trạm Y tế phường Duy Tiên"),
    Unit("dt-union", K.WOMENS_UNION, DUY_TIEN, "Hội Liên hiệp Phụ nữ phường Duy Tiên"),
    Unit("dt-child", K.CHILD_OFFICE, DUY_TIEN, "Bộ phận bảo vệ trẻ em phường Duy Tiên"),
    Unit("dt-social", K.SOCIAL_PROTECTION, DUY_TIEN, "Bộ phận trợ giúp xã hội phường Duy Tiên"),
    Unit("dt-peers", K.PEER_GROUP, DUY_TIEN, "Nhóm đồng đẳng Hoa Sen"),
    Unit("nb-school", K.VOCATIONAL_CENTRE, NINH_BINH, "Trung tâm dạy nghề Ninh Bình"),
    Unit("nb-legal", K.LEGAL_AID_CENTRE, NINH_BINH, "Trung tâm trợ giúp pháp lý Ninh Bình"),
    Unit("nb-jobs", K.JOB_CENTRE, NINH_BINH, "Trung tâm dịch vụ việc làm Ninh Bình"),
    Unit("nb-social", K.OTHER, NINH_BINH, "Trung tâm công tác xã hội Ninh Bình"),
    Unit("kl-office", K.CASE_OFFICE, KY_LUA, "Phòng Văn hóa – Xã hội phường Kỳ Lừa"),
    Unit("kl-station", K.HEALTH_STATION, KY_LUA, "Trạm Y tế phường Kỳ Lừa"),
    Unit("kl-youth", K.YOUTH_UNION, KY_LUA, "Đoàn Thanh niên phường Kỳ Lừa"),
    Unit("ls-jobs", K.JOB_CENTRE, LANG_SON, "Trung tâm dịch vụ việc làm Lạng Sơn"),
    Unit("ls-legal", K.LEGAL_AID_CENTRE, LANG_SON, "Trung tâm trợ giúp pháp lý Lạng Sơn"),
    Unit("ct-office", K.CASE_OFFICE, CAM_THUY, "Phòng Văn hóa – Xã hội xã Cẩm Thủy"),
    Unit("ct-station", K.HEALTH_STATION, CAM_THUY, "Trạm Y tế xã Cẩm Thủy"),
    Unit("ct-union", K.WOMENS_UNION, CAM_THUY, "Hội Liên hiệp Phụ nữ xã Cẩm Thủy"),
    Unit("ct-child", K.CHILD_OFFICE, CAM_THUY, "Bộ phận bảo vệ trẻ em xã Cẩm Thủy"),
    Unit("ct-social", K.SOCIAL_PROTECTION, CAM_THUY, "Bộ phận trợ giúp xã hội xã Cẩm Thủy"),
    Unit("th-legal", K.LEGAL_AID_CENTRE, THANH_HOA, "Trung tâm trợ giúp pháp lý Thanh Hóa"),
    Unit("gl-office", K.CASE_OFFICE, QUY_NHON, "Phòng Văn hóa – Xã hội phường Quy Nhơn"),
    Unit("gl-health", K.HEALTH_STATION, GIA_LAI, "Phòng khám dự phòng tỉnh Gia Lai"),
    Unit("gl-legal", K.LEGAL_AID_CENTRE, GIA_LAI, "Trung tâm trợ giúp pháp lý Gia Lai"),
    Unit("gl-jobs", K.JOB_CENTRE, GIA_LAI, "Trung tâm dịch vụ việc làm Gia Lai"),
    Unit("gl-peers", K.PEER_GROUP, QUY_NHON, "Nhóm đồng đẳng Pơ Lang"),
    Unit("dn-office", K.CASE_OFFICE, DONG_XOAI, "Phòng Văn hóa – Xã hội phường Đồng Xoài"),
    Unit("dn-station", K.HEALTH_STATION, DONG_XOAI, "Trạm Y tế phường Đồng Xoài"),
    Unit("shelter", K.OTHER, "", "Nhà tạm lánh An Yên"),
    Unit("programme", K.PROGRAMME_OFFICE, NINH_BINH, "Ban điều hành chương trình"),
)

PEOPLE = (
    Person("hanh", "Nguyễn Thị Hạnh", R.SOCIAL_WORKER, "dt-office"),
    Person("tam", "Đỗ Thanh Tâm", R.SOCIAL_WORKER, "dt-office"),
    Person("bich", "Trần Ngọc Bích", R.SUPERVISOR, "dt-office"),
    Person("hoa", "Đặng Thị Hoa", R.PEER_WORKER, "dt-peers"),
    Person("cuc", "Lưu Thị Cúc", R.PEER_WORKER, "dt-peers"),
    Person("lan", "Phạm Thị Lan", R.HEALTH_STATION, "dt-station"),
    Person("ngoc", "Chu Minh Ngọc", R.HEALTH_STATION, "dt-station"),
    Person("thu", "Lê Thị Thu", R.WOMENS_UNION, "dt-union"),
    Person("minh", "Vũ Văn Minh", R.VOCATIONAL, "nb-school"),
    Person("dung", "Hoàng Thị Dung", R.LEGAL_AID, "nb-legal"),
    Person("van", "Bùi Thị Vân", R.CHILD_OFFICER, "dt-child"),
    Person("phuong", "Tạ Thu Phương", R.SERVICE_OFFICER, "dt-social"),
    Person("son", "Hà Thái Sơn", R.SERVICE_OFFICER, "nb-jobs"),
    Person("mai", "Phùng Thị Mai", R.SERVICE_OFFICER, "nb-social"),
    Person("khanh", "Nông Văn Khánh", R.SOCIAL_WORKER, "kl-office"),
    Person("duc", "Hoàng Minh Đức", R.SUPERVISOR, "kl-office"),
    Person("huong", "Lý Thị Hương", R.HEALTH_STATION, "kl-station"),
    Person("bao", "Vi Gia Bảo", R.SERVICE_OFFICER, "kl-youth"),
    Person("long", "Triệu Hải Long", R.SERVICE_OFFICER, "ls-jobs"),
    Person("tuyet", "Lương Ánh Tuyết", R.LEGAL_AID, "ls-legal"),
    Person("kien", "Trịnh Trung Kiên", R.SOCIAL_WORKER, "ct-office"),
    Person("loan", "Cao Thị Loan", R.SUPERVISOR, "ct-office"),
    Person("xuan", "Mai Thị Xuân", R.HEALTH_STATION, "ct-station"),
    Person("lien", "Quách Thị Liên", R.WOMENS_UNION, "ct-union"),
    Person("nga", "Bùi Hồng Nga", R.CHILD_OFFICER, "ct-child"),
    Person("hien", "Phạm Thị Hiền", R.SERVICE_OFFICER, "ct-social"),
    Person("trang", "Lê Thu Trang", R.LEGAL_AID, "th-legal"),
    Person("dao", "Võ Thị Đào", R.SOCIAL_WORKER, "gl-office"),
    Person("phuc", "Đinh Văn Phúc", R.SUPERVISOR, "gl-office"),
    Person("hlinh", "Rơ Châm H'Linh", R.PEER_WORKER, "gl-peers"),
    Person("hbia", "Ksor H'Bia", R.SERVICE_OFFICER, "gl-peers"),
    Person("quynh", "Nguyễn Như Quỳnh", R.HEALTH_STATION, "gl-health"),
    Person("vy", "Trần Thảo Vy", R.LEGAL_AID, "gl-legal"),
    Person("toan", "Phan Đức Toàn", R.SERVICE_OFFICER, "gl-jobs"),
    Person("thuy", "Huỳnh Thị Thủy", R.SOCIAL_WORKER, "dn-office"),
    Person("hai", "Lâm Thanh Hải", R.SUPERVISOR, "dn-office"),
    Person("oanh", "Đoàn Kim Oanh", R.HEALTH_STATION, "dn-station"),
    Person("nhu", "Tống Quỳnh Như", R.SERVICE_OFFICER, "shelter"),
    Person("quy", "Ngô Đình Quý", R.PROGRAMME_OFFICER, "programme"),
    Person("an", "Lý Hải An", R.ADMINISTRATOR, "programme"),
    Person("yen", "Đinh Hải Yến", R.DPO, "programme"),
)

AREA_OF = {unit.code: unit.area for unit in UNITS}

_CLINIC = ("H-STI", "H-HIV", "H-SRH", "H-MH")

OFFERS = (
    *(Offered("dt-station", code) for code in _CLINIC),
    Offered("dt-station", "H-MMT", "waitlist", 21),
    Offered("dt-union", "F-LIV"),
    Offered("dt-union", "F-LOAN", "accepting", 12),
    Offered("dt-union", "PEER", "accepting", 44),
    Offered("dt-child", "C-CHILD", "accepting", 2),
    Offered("dt-social", "W-SOC", "accepting", 9),
    Offered("dt-social", "W-HI", "accepting", 9),
    Offered("nb-school", "V-VOC", "accepting", 15),
    Offered("nb-legal", "L-LEG", "accepting", 25),
    Offered("nb-legal", "L-DOC", "accepting", 61),
    Offered("nb-jobs", "J-JOB", "accepting", 34),
    Offered("nb-jobs", "V-VOC", "full", 18),
    Offered("nb-social", "P-PSY", "accepting", 8),
    Offered("nb-social", "G-GBV", "accepting", 8),
    Offered("nb-social", "S-SHEL", "full", 3),
    Offered("nb-social", "S-INT", "unknown", None),
    Offered("nb-social", "T-TIP", "accepting", 95),
    *(Offered("kl-station", code, "accepting", 11) for code in _CLINIC),
    Offered("kl-station", "H-MMT", "accepting", 4),
    Offered("kl-youth", "PEER", "accepting", 19),
    Offered("kl-youth", "V-VOC", "waitlist", 40),
    Offered("ls-jobs", "J-JOB", "waitlist", 13),
    Offered("ls-jobs", "V-VOC", "accepting", 13),
    Offered("ls-legal", "L-LEG", "accepting", 52),
    Offered("ls-legal", "L-DOC", "accepting", 120),
    *(Offered("ct-station", code, "accepting", 16) for code in _CLINIC),
    Offered("ct-union", "F-LIV", "accepting", 5),
    Offered("ct-union", "F-LOAN", "waitlist", 27),
    Offered("ct-union", "V-VOC", "accepting", 31),
    Offered("ct-child", "C-CHILD", "accepting", 7),
    Offered("ct-social", "W-SOC", "accepting", 10),
    Offered("ct-social", "W-HI", "accepting", 10),
    Offered("th-legal", "L-LEG", "accepting", 22),
    Offered("th-legal", "L-DOC", "accepting", 22),
    *(Offered("gl-health", code, "accepting", 14) for code in _CLINIC),
    Offered("gl-legal", "L-LEG", "accepting", 33),
    Offered("gl-legal", "L-DOC", "accepting", 33),
    Offered("gl-jobs", "J-JOB", "accepting", 20),
    Offered("gl-jobs", "V-VOC", "unknown", None),
    Offered("gl-peers", "PEER", "accepting", 3),
    Offered("gl-peers", "S-INT", "accepting", 3),
    *(Offered("dn-station", code, "accepting", 29) for code in _CLINIC),
    Offered("shelter", "S-SHEL", "accepting", 1, nationwide=True),
    Offered("shelter", "G-GBV", "accepting", 1, nationwide=True),
    Offered("shelter", "P-PSY", "waitlist", 1, nationwide=True),
)


class World:
    """The people of the demo, as actors. Read once; nothing here changes while cases are told."""

    def __init__(self, memberships: Iterable[Membership]) -> None:
        self._memberships = {item.user.username: item for item in memberships}
        self._of_user = {item.user_id: item for item in self._memberships.values()}

    @classmethod
    def load(cls) -> Self:
        return cls(
            Membership.objects.filter(user__username__in=[person.username for person in PEOPLE])
            .select_related("user", "organisation", "team")
            .order_by("pk")
        )

    def membership(self, username: str) -> Membership:
        return self._memberships[username]

    def membership_of(self, user_id: int) -> Membership:
        return self._of_user[user_id]

    def actor(self, username: str) -> Actor:
        return actor_for(self._memberships[username])

    def actor_of(self, user_id: int) -> Actor:
        return actor_for(self._of_user[user_id])

    def organisation(self, code: str) -> Organisation:
        return next(
            item.organisation
            for item in self._memberships.values()
            if item.organisation.code == code
        )

    def members(self, team_id: int, role: str) -> list[Actor]:
        return [
            actor_for(item)
            for item in self._memberships.values()
            if item.team_id == team_id and item.role == role
        ]

    def workers_in(self, area: str, *roles: str) -> list[Membership]:
        return [
            item
            for item in self._memberships.values()
            if item.organisation.area_code == area and item.role in roles
        ]


def exists() -> bool:
    return Organisation.objects.filter(code=UNITS[0].code).exists()


@transaction.atomic
def build(password: str) -> None:
    """Everybody and every offer, in one transaction: there is a whole world or none."""
    encoded = make_password(password)  # hashed once: forty slow hashes would be forty waits
    organisations = Organisation.objects.bulk_create(
        [Organisation(code=u.code, kind=u.kind, area_code=u.area, name=u.name) for u in UNITS]
    )
    teams = {
        team.organisation.code: team
        for team in Team.objects.bulk_create(
            [Team(organisation=item, name=item.name) for item in organisations]
        )
    }
    users = User.objects.bulk_create(
        [User(username=p.username, display_name=p.name, password=encoded) for p in PEOPLE]
    )
    since = services.today() - timedelta(days=800)
    Membership.objects.bulk_create(
        [
            Membership(
                user=user,
                organisation=teams[person.unit].organisation,
                team=teams[person.unit],
                role=person.role,
                starts_on=since,
                ends_on=_end_of(person),
            )
            for user, person in zip(users, PEOPLE, strict=True)
        ]
    )
    _offer({item.code: item for item in organisations})


def _end_of(person: Person) -> date:
    """Work is reviewed every year; two people's is due, so that an administrator finds something
    to do. The others' outlives the year that the demo check tells."""
    days = {"son": 20, "vy": 9}.get(person.username, 700)
    return services.today() + timedelta(days=days)


def give_devices() -> None:
    """A second factor for everybody, ready to be shown on the page that asks for the code."""
    usernames = [person.username for person in PEOPLE]
    second_factor.give_ready(list(User.objects.filter(username__in=usernames)))


def _offer(organisations: dict[str, Organisation]) -> None:
    today = services.today()
    types = {item.code: item for item in ServiceType.objects.all()}
    areas = AdminUnit.objects.in_bulk({unit.area for unit in UNITS if unit.area})
    made = ServiceOffer.objects.bulk_create(
        [
            ServiceOffer(
                organisation=organisations[offer.unit],
                service_type=types[offer.service],
                capacity=offer.capacity,
                nationwide=offer.nationwide,
                checked_on=None if offer.checked is None else today - timedelta(days=offer.checked),
            )
            for offer in OFFERS
        ]
    )
    serves = ServiceOffer.areas.through
    serves.objects.bulk_create(
        [
            serves(serviceoffer_id=row.pk, adminunit_id=row.organisation.area_code)
            for row in made
            if row.organisation.area_code in areas
        ]
    )


def set_password(password: str) -> None:
    """Make sure that the shown password is the one that opens the accounts."""
    people = User.objects.filter(username__in=[person.username for person in PEOPLE])
    first = people.order_by("pk").first()
    if first is not None and not check_password(password, first.password):
        people.update(password=make_password(password))
