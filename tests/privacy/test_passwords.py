"""Everyday Vietnamese words are the first guess."""

import time

import pytest
from django.core.exceptions import ValidationError

from privacy.passwords import NotOnlyEverydayWords, fewest_words, fold


@pytest.mark.parametrize(
    "password",
    ["matkhau12345", "Mật khẩu 2026!!", "anhyeuem1234567", "vietnam-hanoi-1975", "123456789012"]
    + ["Nguyễn Thị 1990", "qwerty!!!!!!!!", "đăng nhập 12345"],
)
def test_it_refuses(password):
    with pytest.raises(ValidationError):
        NotOnlyEverydayWords().validate(password)


@pytest.mark.parametrize(
    "password",
    ["chi-dung-de-thu-nghiem", "bốn-từ-rời-nhau-quạt-trần", "tre-lua-cau-truc-0123", "kP4x!vvR2mmQ"]
    + ["nam bo con duong lan"],
)
def test_it_lets_pass(password):
    NotOnlyEverydayWords().validate(password)


def test_it_counts_the_fewest():
    assert fewest_words("") == 0
    assert fewest_words("anhyeuem") == 1  # one word of the list, although three would do too
    assert fewest_words("emyeunam") == 3
    assert fewest_words("emyeux") is None
    assert fold("ĐẶNG Thị") == "dang thi"


def test_no_password_makes_it_slow():
    began = time.monotonic()
    assert fewest_words("anhyeuem" * 32 + "z") is None
    assert time.monotonic() - began < 0.5
