from django.urls import path

from privacy.views import account, accounts, door, organisations, proof, recovery, second_factor

urlpatterns = [
    path("sign-in/", door.sign_in, name="sign_in"),
    path("sign-in/work/", door.choose_membership, name="choose_membership"),
    path("sign-out/", door.sign_out, name="sign_out"),
    path("leave/", door.quick_exit, name="quick_exit"),
    path("weather/", door.neutral_page, name="neutral_page"),
    path("language/", door.set_language_choice, name="set_language_choice"),
    path("session-ended/", door.session_ended, name="session_ended"),
    path("stay/", door.stay_signed_in, name="keep_alive"),
    # the second factor
    path("sign-in/code/", second_factor.ask_code, name="ask_code"),
    path("sign-in/phone/", second_factor.set_up_factor, name="set_up_factor"),
    path("sign-in/phone/picture.svg", second_factor.factor_picture, name="factor_picture"),
    path("sign-in/phone/ready/", second_factor.factor_ready, name="factor_ready"),
    path("prove/", proof.prove, name="prove"),
    # a code from the office
    path("sign-in/office-code/", recovery.use_office_code, name="use_office_code"),
    path("sign-in/password/", recovery.choose_password, name="choose_password"),
    path("sign-in/lost/", recovery.ask_recovery, name="ask_recovery"),
    # my account
    path("account/", account.my_account, name="my_account"),
    path("account/password/", account.change_password, name="change_password"),
    path("account/recovery-codes/", account.renew_recovery_codes, name="renew_recovery_codes"),
    path("account/phone/", account.replace_factor, name="replace_factor"),
    path("account/sessions/end/", account.close_other_sessions, name="close_other_sessions"),
    path("account/sessions/<uuid:uuid>/end/", account.close_session, name="close_session"),
    # accounts, for those who keep them
    path("accounts/", accounts.people, name="accounts"),
    path("accounts/new/", accounts.invite, name="account_invite"),
    path("accounts/<uuid:uuid>/", accounts.person, name="person"),
    path("accounts/<uuid:uuid>/invite/", accounts.invite_again, name="invite_again"),
    path("accounts/<uuid:uuid>/work/", accounts.propose_work, name="propose_work"),
    path("accounts/<uuid:uuid>/close/", accounts.close_account, name="close_account"),
    path("accounts/<uuid:uuid>/reinstate/", accounts.reinstate, name="reinstate_account"),
    path("accounts/<uuid:uuid>/sessions/", accounts.end_sessions, name="end_sessions"),
    path("accounts/changes/<uuid:uuid>/", accounts.account_change, name="account_change"),
    path("accounts/lost/<uuid:uuid>/", accounts.account_recovery, name="account_recovery"),
    path("accounts/work/<uuid:uuid>/", accounts.membership_review, name="membership_review"),
    path("accounts/work/<uuid:uuid>/end/", accounts.membership_end, name="membership_end"),
    path("offices/", organisations.organisations, name="organisations"),
    path("offices/new/", organisations.add, name="organisation_new"),
    path("offices/<uuid:uuid>/", organisations.organisation, name="organisation"),
    path("offices/<uuid:uuid>/change/", organisations.change, name="organisation_change"),
    path("offices/<uuid:uuid>/team/", organisations.team_new, name="team_new"),
    path("teams/<uuid:uuid>/", organisations.team_change, name="team_change"),
]
