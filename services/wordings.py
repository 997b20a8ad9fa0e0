"""The words in which a consent is asked: dated, versioned, in both languages.

What was read to her is stored with her answer by version and by the hash of its words, so that it
can be shown again years later, and a change behind its back is noticed.
"""

import hashlib
import json
from dataclasses import dataclass

from services import selectors
from services.bilingual import Text, text
from services.models import RuleSet


@dataclass(frozen=True, slots=True)
class Wording:
    """``paragraphs`` may name ``{recipient}`` and ``{service}``."""

    purpose: str
    version: str
    paragraphs: tuple[Text, ...]

    @property
    def digest(self) -> str:
        """SHA-256 over purpose, version and the words of both languages."""
        words = [self.purpose, self.version, [[item.vi, item.en] for item in self.paragraphs]]
        return hashlib.sha256(json.dumps(words, ensure_ascii=False).encode()).hexdigest()

    def read_out(self, *, recipient: object = "", service: object = "") -> list[str]:
        """The paragraphs in the language of the page, as they are said to her."""
        return [
            str(item).replace("{recipient}", str(recipient)).replace("{service}", str(service))
            for item in self.paragraphs
        ]


def _of(rules: selectors.Rules, purpose: str) -> Wording:
    raw = rules.payload["purposes"][purpose]
    return Wording(purpose, rules.version, tuple(text(item) for item in raw))


def wording(purpose: str) -> Wording:
    """The words in force today. KeyError for a purpose without words."""
    return _of(selectors.rule_set(RuleSet.Kind.CONSENT_WORDING), purpose)


def wording_of(purpose: str, version: str) -> Wording | None:
    """The words of an earlier answer; ``None`` when that version is not (or no longer) known."""
    try:
        rules = selectors.rule_set_version(RuleSet.Kind.CONSENT_WORDING, version)
        return _of(rules, purpose)
    except (selectors.NoRuleInForce, KeyError):
        return None
