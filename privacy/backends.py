"""Passwords, and one rule: no role ever holds a case permission for a whole model.

Object permissions are answered by ``privacy.access`` for an actor, who has one membership.
A user alone has none, so Django's ``has_perm`` says no to everything here.
"""

from typing import Any

from django.contrib.auth.backends import ModelBackend


class PasswordBackend(ModelBackend):
    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        return False

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        return False

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return set()
