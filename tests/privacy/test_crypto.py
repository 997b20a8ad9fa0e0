"""Envelopes open in one place only, and say nothing about what is in them."""

import copy
import pickle
import struct
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy import crypto

RAW = bytes(range(32))
PLACE = crypto.Place("case.alias", UUID(int=1), UUID(int=2), 1)
texts = st.binary(max_size=3000)
labels = st.text(min_size=1, max_size=40)
places = st.builds(crypto.Place, labels, st.uuids(), st.uuids(), st.integers(0, 255))
versions = st.integers(0, 65535)


def key(version: int = 1, raw: bytes = RAW) -> crypto.DataKey:
    return crypto.DataKey(raw, version)


@given(texts, places, versions)
@settings(max_examples=60, deadline=None)
def test_what_is_sealed_opens_again(text, place, version):
    envelope = key(version).seal(text, place)
    assert key(version).open(envelope, place) == text
    assert crypto.envelope_version(envelope) == version


def test_the_layout_is_the_written_one():
    envelope = key(258).seal("Mây".encode(), PLACE)
    assert envelope[:5] == bytes([1, 1, 1, 1, 2])  # format, algorithm, compartment, key version
    assert len(envelope) == 5 + 12 + 32 + 16
    assert crypto.OVERHEAD == 33


@given(texts)
@settings(max_examples=60, deadline=None)
def test_the_overhead_is_33_bytes_over_the_bucket(text):
    envelope = key().seal(text, PLACE)
    assert len(envelope) == 33 + crypto.bucket(len(text) + 4)


@given(st.integers(1, 20_000))
def test_buckets_hold_what_they_are_for(length):
    size = crypto.bucket(length)
    assert size >= length
    assert size in crypto.BUCKETS or size % 512 == 0
    assert crypto.bucket(size) == size


def test_lengths_do_not_speak():
    sizes = {len(key().seal(word.encode(), PLACE)) for word in ("dương tính", "âm tính", "", "x")}
    assert len(sizes) == 1


def test_two_envelopes_of_one_text_differ_and_hide_it():
    one, two = key().seal(b"HIV", PLACE), key().seal(b"HIV", PLACE)
    assert one != two
    assert b"HIV" not in one


@given(texts)
def test_padding_is_undone(text):
    assert crypto.unpad(crypto.pad(text)) == text


@pytest.mark.parametrize(
    "moved",
    [
        replace(PLACE, label="case.legal_name"),
        replace(PLACE, record=UUID(int=9)),
        replace(PLACE, owner=UUID(int=9)),
        replace(PLACE, record=PLACE.owner, owner=PLACE.record),
        replace(PLACE, compartment=2),
    ],
    ids=["label", "record", "owner", "swapped", "compartment"],
)
def test_a_moved_envelope_does_not_open(moved):
    with pytest.raises(crypto.Tampered):
        key().open(key().seal(b"secret", PLACE), moved)


def test_the_key_version_is_bound():
    envelope = bytearray(key(1).seal(b"secret", PLACE))
    envelope[3:5] = struct.pack(">H", 2)
    with pytest.raises(crypto.Tampered):
        key(2).open(bytes(envelope), PLACE)


def test_another_key_does_not_open():
    with pytest.raises(crypto.Tampered):
        key(raw=bytes(32)).open(key().seal(b"secret", PLACE), PLACE)


@given(places, places)
def test_different_places_never_share_a_binding(one, two):
    """Length prefixes: no part can slide into its neighbour."""
    assert (one == two) == (one.aad(1) == two.aad(1))


def test_a_flipped_bit_anywhere_is_refused():
    envelope = key().seal(b"secret", PLACE)
    for position in range(len(envelope)):
        for bit in range(8):
            changed = bytearray(envelope)
            changed[position] ^= 1 << bit
            with pytest.raises(crypto.CryptoError):
                key().open(bytes(changed), PLACE)


def test_every_cut_is_refused():
    envelope = key().seal(b"secret", PLACE)
    for length in range(len(envelope)):
        with pytest.raises(crypto.CryptoError):
            key().open(envelope[:length], PLACE)
    with pytest.raises(crypto.Tampered):
        key().open(envelope + b"\0", PLACE)


@given(st.binary(max_size=200))
def test_garbage_is_refused_with_an_error_of_ours(garbage):
    with pytest.raises(crypto.CryptoError):
        key().open(garbage, PLACE)


@pytest.mark.parametrize(("position", "value"), [(0, 0), (0, 2), (1, 0), (1, 2), (1, 3)])
def test_an_unknown_format_or_algorithm_says_so(position, value):
    envelope = bytearray(key().seal(b"secret", PLACE))
    envelope[position] = value
    with pytest.raises(crypto.UnknownAlgorithm):
        key().open(bytes(envelope), PLACE)


@pytest.mark.parametrize("carry", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_data_key_is_never_carried_away(carry):
    with pytest.raises(TypeError):
        carry(key())


def test_a_data_key_shows_nothing():
    assert repr(key()) == "<DataKey v1>"
    assert not hasattr(key(), "__dict__")
    with pytest.raises(crypto.Malformed):
        crypto.DataKey(b"short", 1)


def test_errors_carry_no_part_of_a_value_or_key():
    envelope = key().seal(b"secret", PLACE)
    with pytest.raises(crypto.Tampered) as caught:
        key(raw=bytes(32)).open(envelope, PLACE)
    assert "secret" not in str(caught.value) and caught.value.__cause__ is None


# -- wrapped keys


@given(st.binary(max_size=64))
def test_wrapped_keys_open_in_their_context_only(context):
    wrapped = crypto.wrap(RAW, bytes(32), context)
    assert crypto.unwrap(RAW, wrapped, context) == bytes(32)
    for wrong in ((bytes(32), wrapped, context), (RAW, wrapped, context + b"\0")):
        with pytest.raises(crypto.Tampered):
            crypto.unwrap(*wrong)


@given(st.binary(max_size=80), st.binary(max_size=40))
def test_whatever_the_key_store_hands_out_the_error_is_ours(wrapped, kek):
    with pytest.raises(crypto.CryptoError):
        crypto.unwrap(RAW, wrapped, b"")
    if len(kek) != 32:
        with pytest.raises(crypto.Malformed):
            crypto.unwrap(kek, crypto.wrap(RAW, RAW, b""), b"")
        with pytest.raises(crypto.Malformed):
            crypto.wrap(kek, RAW, b"")


def test_keys_are_new_every_time():
    assert len({crypto.new_key() for _ in range(50)}) == 50


# -- blind index


def test_a_blind_index_is_64_bits_and_bound_to_root_and_field():
    digest = crypto.blind_index(RAW, "phone", "+84912345678")
    assert len(digest) == 8
    assert digest == crypto.blind_index(RAW, "phone", "+84912345678")
    others = {
        crypto.blind_index(bytes(32), "phone", "+84912345678"),
        crypto.blind_index(RAW, "national_id", "+84912345678"),
        crypto.blind_index(RAW, "phone", "+84912345679"),
    }
    assert digest not in others and len(others) == 3


def test_the_chain_depends_on_what_came_before():
    first = crypto.chain_mac(RAW, b"", b"one")
    assert crypto.chain_mac(RAW, first, b"two") != crypto.chain_mac(RAW, b"", b"two")


def test_places_are_values():
    record = uuid4()
    one = crypto.Place("a", record, record, 1)
    assert one == crypto.Place("a", record, record, 1)
