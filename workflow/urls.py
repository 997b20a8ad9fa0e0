"""Everyone's first page."""

from django.urls import path

from workflow import views

urlpatterns = [
    path("", views.worklist, name="worklist"),
    path("team/", views.team, name="team_worklist"),
]
