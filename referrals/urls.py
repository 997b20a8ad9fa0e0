"""Where a recipient answers. Every address carries random uuids only."""

from django.urls import path

from referrals.views import livelihood, referral

urlpatterns = [
    path("referrals/", referral.listing, name="referral_list"),
    path("referrals/<uuid:uuid>/", referral.show, name="referral"),
    path("referrals/<uuid:uuid>/see/", referral.receive, name="referral_receive"),
    path("referrals/<uuid:uuid>/accept/", referral.accept, name="referral_accept"),
    path("referrals/<uuid:uuid>/decline/", referral.decline, name="referral_decline"),
    path("referrals/<uuid:uuid>/redirect/", referral.redirect, name="referral_redirect"),
    path("referrals/<uuid:uuid>/appointment/", referral.schedule, name="referral_schedule"),
    path("referrals/<uuid:uuid>/came/", referral.began, name="referral_began"),
    path("referrals/<uuid:uuid>/no-show/", referral.no_show, name="referral_no_show"),
    path("referrals/<uuid:uuid>/hold/", referral.hold, name="referral_hold"),
    path("referrals/<uuid:uuid>/entry/", referral.entry, name="referral_entry"),
    path("referrals/<uuid:uuid>/complete/", referral.complete, name="referral_complete"),
    path("referrals/<uuid:uuid>/unfinished/", referral.unfinished, name="referral_unfinished"),
    path("referrals/<uuid:uuid>/consent-ends/", referral.relay, name="referral_relay"),
    path("referrals/<uuid:uuid>/livelihood/", livelihood.new, name="livelihood_new"),
    path("livelihood/<uuid:uuid>/", livelihood.show, name="livelihood"),
    path("livelihood/<uuid:uuid>/start/", livelihood.start, name="livelihood_start"),
    path("livelihood/<uuid:uuid>/milestone/", livelihood.milestone, name="livelihood_milestone"),
    path("livelihood/<uuid:uuid>/visit/", livelihood.visit, name="livelihood_visit"),
    path("livelihood/<uuid:uuid>/conclude/", livelihood.conclude, name="livelihood_conclude"),
    path("livelihood/<uuid:uuid>/end/", livelihood.end, name="livelihood_end"),
]
