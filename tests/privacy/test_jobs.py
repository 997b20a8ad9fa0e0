"""The one way in which the system opens keys, and every way in which it must not."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from privacy import access, audit, jobs, keys
from privacy.compartments import Compartment as C
from privacy.errors import AlreadyDone, Invalid, NotFound
from privacy.fields import LOCKED
from privacy.models import AuditEvent, JobGrant, User
from privacy.sessions import system_actor
from tests import factories as make
from tests.cases import rights_story as story

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])


@pytest.fixture
def request_(cast):
    return story.asked(cast, "copy")


@pytest.fixture
def grant(cast, request_):
    return allow(cast, request_)


def allow(cast, request_, **changed):
    words = {
        "job": "client_copy",
        "request": request_,
        "owners": {request_.case.uuid: [C.IDENTITY, C.NOTES]},
        "first": cast.user("yen").pk,
        "second": cast.user("bich").pk,
        "expires_at": timezone.now() + timedelta(days=1),
    }
    return jobs.allow(**{**words, **changed})


def opened(request_, **changed):
    words = {
        "actor": system_actor(),
        "job": "client_copy",
        "request": request_,
        "owners": {request_.case.uuid: [C.IDENTITY]},
    }
    return jobs.opened_for(**{**words, **changed})


def refuses(request_, **changed):
    before = JobGrant.objects.filter(used_at__isnull=True).count()
    with pytest.raises(NotFound), opened(request_, **changed):
        raise AssertionError("the door stood open")
    assert JobGrant.objects.filter(used_at__isnull=True).count() == before
    assert AuditEvent.objects.filter(result__startswith="refused").exists()
    assert make.fresh(request_.case).alias is LOCKED


def test_without_a_grant_the_system_opens_nothing(request_):
    refuses(request_)
    assert access.open_keys(system_actor(), [request_.case], [C.IDENTITY], purpose="x") == set()


def test_it_opens_once_with_the_request_in_the_audit(request_, grant):
    with opened(request_):
        assert make.fresh(request_.case).alias == make.ALIAS
        assert make.fresh(request_.case).contact is LOCKED
    assert make.fresh(request_.case).alias is LOCKED
    told = AuditEvent.objects.filter(action="job:client_copy", result="allowed").get()
    assert told.object_uuid == request_.uuid and told.role == "system"
    owner = AuditEvent.objects.get(action="open", object_uuid=request_.case.uuid, role="system")
    assert owner.purpose == f"client_copy:{request_.uuid}" and owner.compartments == "identity"
    refuses(request_)


def test_no_person_goes_through_it(cast, request_, grant):
    for name in ("hanh", "bich", "yen", "an"):
        refuses(request_, actor=getattr(cast, name))


def test_not_for_another_request_job_owner_or_compartment(cast, request_, grant):
    other = story.asked(cast, "view")
    refuses(other)
    refuses(request_, job="report")
    refuses(request_, owners={uuid4(): [C.IDENTITY]})
    refuses(request_, owners={request_.case.uuid: [C.IDENTITY, C.HEALTH]})
    refuses(request_, owners={})


def test_not_after_its_end_nor_when_it_was_taken_back(cast, request_, grant):
    JobGrant.objects.update(expires_at=timezone.now())
    refuses(request_)
    JobGrant.objects.update(expires_at=timezone.now() + timedelta(days=1))
    assert jobs.revoke(request_) == 1
    refuses(request_)


def test_not_when_one_of_the_two_has_left(cast, request_, grant):
    User.objects.filter(username="bich").update(is_active=False)
    refuses(request_)


def test_one_person_is_not_two(cast, request_):
    one = cast.user("yen").pk
    with pytest.raises(Invalid):
        allow(cast, request_, second=one)
    with pytest.raises(IntegrityError), transaction.atomic():
        JobGrant.objects.create(
            job="client_copy",
            request_type="cases.rightsrequest",
            request_uuid=request_.uuid,
            owners={},
            first_id=one,
            second_id=one,
            expires_at=timezone.now(),
        )


def test_it_is_allowed_once_for_a_request(cast, request_, grant):
    with pytest.raises(AlreadyDone):
        allow(cast, request_)


def test_no_audit_row_no_key(request_, grant, monkeypatch):
    def broken(**_):
        raise DatabaseError

    monkeypatch.setattr(audit, "job_opened", broken)
    with pytest.raises(DatabaseError), opened(request_):
        raise AssertionError("the door stood open")
    assert not keys.ring().seen and JobGrant.objects.get().used_at is None


def test_what_fails_inside_can_be_tried_again(request_, grant):
    with pytest.raises(RuntimeError), opened(request_):
        raise RuntimeError
    with opened(request_):
        assert make.fresh(request_.case).alias == make.ALIAS
