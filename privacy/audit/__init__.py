"""The audit: who opened, listed or was refused what. Ids and codes, never a word of a person.

    events    what may be written; the only way in
    chain     each writer's rows, bound to the row before by an HMAC
    merkle    one hash over many rows (RFC 6962)
    sealer    gathers new rows under a root every few seconds
    anchor    once a day a signed file outside the data folder
    verify    tells a gap, a wrong HMAC, seal or anchor apart
    reading   who opened this file; what a data-protection officer looks into
    guard     the database itself refuses to change or remove a row

``record_change`` belongs to the business transaction (a change that rolls back did not happen).
Everything else is written to the database "audit", which commits at once: no audit row, no key.
"""

from privacy.audit.events import (
    configured,
    current_actor,
    exported,
    grants_changed,
    job_opened,
    key_event,
    looked,
    note_locked,
    opened,
    record_change,
    refused,
    signed,
)

__all__ = [
    "configured",
    "current_actor",
    "exported",
    "grants_changed",
    "job_opened",
    "key_event",
    "looked",
    "note_locked",
    "opened",
    "record_change",
    "refused",
    "signed",
]
