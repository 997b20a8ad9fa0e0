from django.urls import path

from privacy import switching, views

urlpatterns = [
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-in/work/", views.choose_membership, name="choose_membership"),
    path("work/", switching.switch, name="switch_membership"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("leave/", views.quick_exit, name="quick_exit"),
    path("weather/", views.neutral_page, name="neutral_page"),
    path("language/", views.set_language_choice, name="set_language_choice"),
    path("session-ended/", views.session_ended, name="session_ended"),
    path("stay/", views.stay_signed_in, name="keep_alive"),
]
