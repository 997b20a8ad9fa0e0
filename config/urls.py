from django.urls import include, path

urlpatterns = [
    path("", include("workflow.urls")),
    path("", include("privacy.urls")),
    path("", include("referrals.urls")),
    path("", include("cases.urls")),
    path("", include("config.pages")),
]

handler400 = "privacy.views.bad_request"
handler404 = "privacy.views.page_not_found"
handler500 = "privacy.views.server_error"
