# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of options and of the API's fields, and names that may have been meant."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from ansible_collections.community.infisical.plugins.module_utils._catalog.destinations import DESTINATIONS
from ansible_collections.community.infisical.plugins.module_utils._catalog.names import (
    did_you_mean,
    from_api,
    in_kind,
    near_matches,
    to_api,
)
from ansible_collections.community.infisical.plugins.module_utils._catalog.schema import FieldSpec
from ansible_collections.community.infisical.plugins.module_utils._catalog.services import SERVICES
from ansible_collections.community.infisical.plugins.module_utils._masking import hiding
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("options", "api"),
    [
        ({"secret_name": 1}, {"secretName": 1}),
        ({"key": {"sync_secret_metadata_as_tags": [{"a_b": 1}]}}, {"key": {"syncSecretMetadataAsTags": [{"aB": 1}]}}),
        ({"apply_to_all": ("x_y",)}, {"applyToAll": ["x_y"]}),
        ({"_x": 1, "a__b": 1, "a_1": 1, "": 1, 3: 1}, {"_x": 1, "a__b": 1, "a_1": 1, "": 1, 3: 1}),
    ],
)
def test_names(options: dict, api: dict) -> None:
    assert to_api(options) == api
    assert to_api(api) == api


@pytest.mark.parametrize(
    ("spec", "value", "coerced"),
    [
        (FieldSpec("x", kind="dict", fields=(FieldSpec("a_b", kind="int"),)), {"aB": "1"}, {"a_b": 1}),
        (FieldSpec("x", kind="dict"), "text", "text"),
        (FieldSpec("x"), {"aB": "1"}, {"aB": "1"}),
    ],
    ids=["mapping", "no mapping", "not asked for one"],
)
def test_only_mappings_are_read_as_mappings(spec: FieldSpec, value: object, coerced: object) -> None:
    assert in_kind({"x": value}, [spec]) == {"x": coerced}


SNAKE = st.from_regex(r"[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*", fullmatch=True)
CAMEL = st.from_regex(r"[a-z][a-z0-9]*([A-Z][a-z0-9]*)*", fullmatch=True)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()


def trees(keys: st.SearchStrategy) -> st.SearchStrategy:
    return st.recursive(
        LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=12
    )


@given(trees(SNAKE))
def test_options_come_back_from_the_api(value: object) -> None:
    assert from_api(to_api(value)) == value
    assert from_api(value) == value


@given(trees(CAMEL))
def test_api_names_come_back_from_options(value: object) -> None:
    assert to_api(from_api(value)) == value
    assert to_api(value) == value


# --- near misses ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slug", "near"),
    [
        ("githb", ["github"]),
        ("Fly.io", ["flyio"]),
        ("gcp", ["gcp-secret-manager"]),
        ("aws parameter store", ["aws-parameter-store"]),
        ("cloudflare", ["cloudflare-pages", "cloudflare-workers"]),
        ("", []),
        ("zzzz", []),
    ],
)
def test_near_matches(slug: str, near: list) -> None:
    found = near_matches(slug, SERVICES)
    assert found[: len(near)] == near or sorted(found) == near


@given(st.text(max_size=20))
def test_near_matches_are_known_and_few(slug: str) -> None:
    found = near_matches(slug, SERVICES)
    assert len(found) <= 3
    assert set(found) <= SERVICES.keys()


@pytest.mark.parametrize(
    ("name", "known", "question"),
    [
        ("aws_secret_manager", SERVICES, " Did you mean aws-secret-manager or gcp-secret-manager?"),
        ("prodution", ("production", "preview"), " Did you mean production?"),
        ("zzzz", SERVICES, ""),
        ("ab[2j", ["a\nb\x1b[2J"], " Did you mean a b [2J?"),
    ],
)
def test_a_question_names_what_may_have_been_meant(name: str, known: Iterable[str], question: str) -> None:
    assert did_you_mean(name, known) == question


def test_a_question_is_cut_and_shows_no_secret() -> None:
    long = "name" * 100
    assert did_you_mean(long, [long]) == f" Did you mean {long[:199]}…?"
    with hiding({"hidden-name"}):
        assert did_you_mean("hidden-nam", ["hidden-name"]) == " Did you mean ********?"


def test_a_question_can_be_kept_to_the_nearest_name() -> None:
    choices = ("github-repo", "github-org", "github-env")
    assert did_you_mean("github-rpo", choices, most=1) == " Did you mean github-repo?"
    assert did_you_mean("hub", choices, most=2).count(" or ") == 1


@given(LEAVES | st.lists(st.text()))
def test_odd_names_have_few_near_matches(value: object) -> None:
    assert len(near_matches(value, DESTINATIONS)) <= 3
