"""The cast of every test: invented people in two communes, each with one job.

Hạnh   social worker, phường Duy Tiên       Bích   her supervisor
Lan    nurse at the health station          Thu    women's union officer
Minh   vocational centre                    Dung   legal aid centre
Hoa    peer worker                          Vân    commune child officer
Tâm    social worker, the same team         Kiên   social worker in another commune
Loan   supervisor in another commune        Quý    programme officer
An     administrator                        Yến    data-protection officer
stranger   a nurse in another commune
"""

from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

from privacy.actors import Actor
from privacy.models import Membership, Organisation, Team, User
from privacy.roles import OrganisationKind as K
from privacy.roles import Role as R
from privacy.sessions import actor_for
from services.models import AdminUnit, ServiceOffer, ServiceType
from tests.rehearsal import Point

PASSWORD = "chi-dung-de-thu-nghiem"  # noqa: S105
HOME = "13324"  # phường Duy Tiên, Ninh Bình
AWAY = "15127"  # xã Cẩm Thủy, Thanh Hóa

ORGANISATIONS = {
    "office": (K.CASE_OFFICE, HOME, "Phòng Văn hoá – Xã hội Duy Tiên"),
    "station": (K.HEALTH_STATION, HOME, "Trạm Y tế Duy Tiên"),
    "union": (K.WOMENS_UNION, HOME, "Hội LHPN Duy Tiên"),
    "school": (K.VOCATIONAL_CENTRE, HOME, "Trung tâm dạy nghề"),
    "legal": (K.LEGAL_AID_CENTRE, HOME, "Trung tâm trợ giúp pháp lý"),
    "child": (K.CHILD_OFFICE, HOME, "Bảo vệ trẻ em Duy Tiên"),
    "peers": (K.PEER_GROUP, HOME, "Nhóm đồng đẳng Hoa Sen"),
    "programme": (K.PROGRAMME_OFFICE, HOME, "Ban điều hành"),
    "other_office": (K.CASE_OFFICE, AWAY, "Phòng Văn hoá – Xã hội Cẩm Thủy"),
    "other_station": (K.HEALTH_STATION, AWAY, "Trạm Y tế Cẩm Thủy"),
}

PEOPLE = {
    "hanh": ("Nguyễn Thị Hạnh", R.SOCIAL_WORKER, "office"),
    "tam": ("Đỗ Thanh Tâm", R.SOCIAL_WORKER, "office"),
    "bich": ("Trần Ngọc Bích", R.SUPERVISOR, "office"),
    "lan": ("Phạm Thị Lan", R.HEALTH_STATION, "station"),
    "thu": ("Lê Thị Thu", R.WOMENS_UNION, "union"),
    "minh": ("Vũ Văn Minh", R.VOCATIONAL, "school"),
    "dung": ("Hoàng Thị Dung", R.LEGAL_AID, "legal"),
    "van": ("Bùi Thị Vân", R.CHILD_OFFICER, "child"),
    "hoa": ("Đặng Thị Hoa", R.PEER_WORKER, "peers"),
    "quy": ("Ngô Đình Quý", R.PROGRAMME_OFFICER, "programme"),
    "an": ("Lý Hải An", R.ADMINISTRATOR, "programme"),
    "yen": ("Đinh Hải Yến", R.DPO, "programme"),
    "kien": ("Trịnh Trung Kiên", R.SOCIAL_WORKER, "other_office"),
    "loan": ("Cao Thị Loan", R.SUPERVISOR, "other_office"),
    "stranger": ("Mai Thị Xa", R.HEALTH_STATION, "other_station"),
}

OFFERS = {
    "station": ["H-STI", "H-HIV", "H-MMT", "H-SRH", "H-MH"],
    "union": ["F-LIV", "F-LOAN", "G-GBV"],
    "school": ["V-VOC", "J-JOB"],
    "legal": ["L-LEG", "L-DOC"],
    "other_station": ["H-STI"],
}


@dataclass
class Cast:
    organisations: dict[str, Organisation] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    memberships: dict[str, Membership] = field(default_factory=dict)
    point: Point | None = None
    """Where the story of this test stands; see tests/rehearsal.py."""

    def __getattr__(self, name: str) -> Actor:
        """``cast.hanh`` is the actor; ``cast.user("hanh")`` her account."""
        if name.startswith("_") or name not in PEOPLE:
            raise AttributeError(name)
        return actor_for(self.memberships[name], session_key=f"session-of-{name}")

    def user(self, name: str) -> User:
        return self.memberships[name].user


def assemble() -> Cast:
    cast = Cast()
    for code, (kind, area, name) in ORGANISATIONS.items():
        organisation = Organisation.objects.create(code=code, name=name, kind=kind, area_code=area)
        cast.organisations[code] = organisation
        cast.teams[code] = Team.objects.create(organisation=organisation, name=name)
    for username, (name, role, organisation) in PEOPLE.items():
        user = User.objects.create_user(username, PASSWORD, display_name=name)
        cast.memberships[username] = Membership.objects.create(
            user=user,
            organisation=cast.organisations[organisation],
            team=cast.teams[organisation],
            role=role,
        )
    areas = {unit.code: unit for unit in AdminUnit.objects.filter(code__in=[HOME, AWAY])}
    for organisation, codes in OFFERS.items():
        for service in ServiceType.objects.filter(code__in=codes):
            offer = ServiceOffer.objects.create(
                organisation=cast.organisations[organisation],
                service_type=service,
                capacity=ServiceOffer.Capacity.ACCEPTING,
            )
            offer.areas.add(areas[cast.organisations[organisation].area_code])
    return cast


_rows: dict[str, list[tuple[Any, ...]]] = {}


def rehearse() -> None:
    """Assemble once and keep the rows: putting them back costs a tenth of making them."""
    places: Any = ServiceOffer.areas
    tables = [
        model._meta.db_table
        for model in (Organisation, Team, User, Membership, ServiceOffer, places.through)
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        assemble()
        for table in tables:
            cursor.execute(f"SELECT * FROM {table}")  # noqa: S608
            _rows[table] = cursor.fetchall()
        transaction.set_rollback(True)


def enter() -> Cast:
    """The cast, in the database of one test."""
    with connection.cursor() as cursor:
        for table, rows in _rows.items():
            marks = ", ".join(["%s"] * len(rows[0]))
            cursor.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608
    cast = Cast()
    cast.organisations = {item.code: item for item in Organisation.objects.all()}
    for team in Team.objects.select_related("organisation"):
        cast.teams[team.organisation.code] = team
    people = Membership.objects.select_related("user", "team", "organisation")
    cast.memberships = {item.user.username: item for item in people}
    cast.point = Point()
    return cast
