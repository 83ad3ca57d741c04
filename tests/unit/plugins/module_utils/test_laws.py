# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Laws that hold for all values, not only for the examples of the other tests."""

from __future__ import annotations

import copy
import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.community.infisical.plugins.module_utils._catalog.services import SERVICES
from ansible_collections.community.infisical.plugins.module_utils._engine.kind import Change, Kind
from ansible_collections.community.infisical.plugins.module_utils._engine.plan import (
    check_update,
    create_body,
    diff_of,
    difference,
    patch_body,
    plan_create,
    plan_delete,
    plan_update,
    stated,
)
from ansible_collections.community.infisical.plugins.module_utils._engine.values import (
    is_placeholder,
    mark_of,
    moment,
    oldest_first,
    oldest_of,
    placeholder_id,
)
from ansible_collections.community.infisical.plugins.module_utils._errors import (
    InputError,
    UpdateIgnored,
    clean_text,
    shown,
)
from ansible_collections.community.infisical.plugins.module_utils._http.server import base_url
from ansible_collections.community.infisical.plugins.module_utils._kinds.native import (
    AUTH,
    INTEGRATION,
    METADATA,
    METADATA_PARTS,
    metadata_from_api,
    metadata_to_api,
)
from hypothesis import assume, given
from hypothesis import strategies as st

texts = st.text("ab/ ", max_size=4)
names = st.lists(texts, max_size=3)
SETTINGS = {
    **dict.fromkeys(METADATA, texts),
    **{option: st.booleans() for option in METADATA if option.startswith("should_")},
    "github_visibility_repo_ids": names,
    "secret_aws_tag": st.lists(st.fixed_dictionaries({"key": texts, "value": texts}), max_size=3),
    "secret_gcp_label": st.fixed_dictionaries({"label_name": texts, "label_value": texts}),
    "octopus_deploy_scope_values": st.fixed_dictionaries(
        {}, optional=dict.fromkeys(METADATA_PARTS["octopus_deploy_scope_values"], names)
    ),
}
metadatas = st.fixed_dictionaries({}, optional=SETTINGS)

# Of some fields only certain texts are accepted.
PARTICULAR = {
    "integration_auth_id": st.sampled_from([f"88de59c4-dc8b-45d8-94b9-00000000000{number}" for number in range(3)]),
    "secret_path": st.sampled_from(["/", "/a", "/a/", " /a/b ", "/a b"]),
}
PLAIN = [item.option for item in INTEGRATION.fields if item.option not in ("metadata", "is_active")]
CHANGEABLE = [item.option for item in INTEGRATION.fields if item.change is not Change.NEVER]
wishes = st.fixed_dictionaries(
    {}, optional={**dict.fromkeys(PLAIN, texts), **PARTICULAR, "is_active": st.booleans(), "metadata": metadatas}
)
changeable_wishes = wishes.map(lambda wish: {key: value for key, value in wish.items() if key in CHANGEABLE})
views = st.builds(
    lambda wish, unset: {**INTEGRATION.blank(), "id": "an-id", "is_active": True, **wish, **dict.fromkeys(unset)},
    wishes,
    st.lists(st.sampled_from(PLAIN), max_size=3),
)


@given(changeable_wishes, views)
def test_after_a_plan_nothing_differs(wanted: dict, view: dict) -> None:
    plan = plan_update(INTEGRATION, wanted, view)
    assert difference(INTEGRATION, wanted, plan.after) == {}
    assert plan.action == ("update" if difference(INTEGRATION, wanted, view) else "none")
    assert plan_update(INTEGRATION, wanted, plan.after).action == "none"


@given(views)
def test_nothing_is_planned_for_what_is_there(view: dict) -> None:
    wanted = stated(INTEGRATION, view)
    assert difference(INTEGRATION, wanted, view) == {}
    plan = plan_update(INTEGRATION, wanted, view)
    assert (plan.action, plan.changed, plan.after) == ("none", False, view)


@given(changeable_wishes, views)
def test_a_plan_changes_only_what_was_stated_and_no_argument(wanted: dict, view: dict) -> None:
    before = copy.deepcopy((wanted, view))
    plan = plan_update(INTEGRATION, wanted, view)
    assert (wanted, view) == before
    for option in view.keys() - plan.changes.keys():
        assert plan.after[option] == view[option]
    assert plan.changes.keys() <= wanted.keys()


@given(wishes, views)
def test_what_can_not_be_changed_is_refused_by_name(wanted: dict, view: dict) -> None:
    fixed = [option for option in difference(INTEGRATION, wanted, view) if option not in CHANGEABLE]
    if not fixed:
        plan_update(INTEGRATION, wanted, view)
        return
    with pytest.raises(InputError) as refusal:
        plan_update(replace(INTEGRATION, way_out="The way out."), wanted, view)
    assert all(re.search(rf"\b{option} \(is ", str(refusal.value)) for option in fixed)
    assert str(refusal.value).endswith("The way out.")


@given(changeable_wishes, views)
def test_a_patch_says_what_the_server_would_reset(wanted: dict, view: dict) -> None:
    changes = difference(INTEGRATION, wanted, view)
    body = patch_body(INTEGRATION, view, changes)
    sent = {"environment": "source_environment", "secretPath": "secret_path", "isActive": "is_active"}
    for api, option in sent.items():
        value = changes.get(option, view[option])
        assert value is None or body[api] == value
    stated_names = {item.patch_api or item.api for item in INTEGRATION.fields if item.option in changes}
    assert body.keys() - sent.keys() == stated_names - sent.keys()


@given(changeable_wishes, views)
def test_an_update_that_was_carried_out_passes_and_one_that_was_not_does_not(wanted: dict, view: dict) -> None:
    plan = plan_update(INTEGRATION, wanted, view)
    check_update(INTEGRATION, plan.changes, plan.after)
    if not plan.changes:
        return
    with pytest.raises(UpdateIgnored) as ignored:
        check_update(INTEGRATION, plan.changes, view)
    assert ignored.value.details == {"changed": False}
    assert all(option in str(ignored.value) for option in plan.changes)


@given(wishes)
def test_a_planned_object_has_every_key_and_what_was_stated(wanted: dict) -> None:
    plan = plan_create(INTEGRATION, wanted, {})
    assert plan.after.keys() == INTEGRATION.blank().keys()
    assert is_placeholder(plan.after["id"])
    assert difference(INTEGRATION, wanted, plan.after) == {}


@given(wishes)
def test_a_create_sends_nothing_empty_and_only_known_names(wanted: dict) -> None:
    body = create_body(INTEGRATION, wanted)
    assert "" not in body.values()
    assert {} not in body.values()
    assert body.keys() <= {item.api for item in INTEGRATION.fields} - {"integration"}
    assert all(body[api] == wanted[option] for option, api in (("app", "app"), ("app_id", "appId")) if api in body)


@given(views, changeable_wishes)
def test_a_diff_holds_the_stated_fields_and_nothing_that_changes_by_itself(view: dict, wanted: dict) -> None:
    plan = plan_update(INTEGRATION, wanted, view)
    diff = diff_of(INTEGRATION, plan, plan.after)
    assert (diff["before"] == diff["after"]) or plan.changed
    read_only = {item.option for item in INTEGRATION.read_only}
    assert not read_only & (diff["before"].keys() | diff["after"].keys())


def test_a_diff_of_what_comes_and_goes() -> None:
    view = {**AUTH.blank(), "id": "an-id", "integration": "github"}
    gone = diff_of(AUTH, plan_delete(view), None)
    assert (gone["before_header"], gone["after_header"]) == ("integration auth an-id", "integration auth (absent)")
    assert (gone["before"], gone["after"]) == ({"id": "an-id", "integration": "github"}, {})
    nothing = diff_of(AUTH, plan_delete(None), None)
    assert nothing["before"] == nothing["after"] == {}


# --- metadata ---------------------------------------------------------------------------------------------------------


@given(metadatas)
def test_metadata_comes_back_from_the_api_as_it_was(metadata: dict) -> None:
    assert metadata_from_api(metadata_to_api(metadata)) == metadata


@given(metadatas, st.dictionaries(st.text(max_size=5), st.integers()))
def test_metadata_that_nobody_knows_is_left_out(metadata: dict, unknown: dict) -> None:
    assume(not unknown.keys() & set(METADATA.values()))
    assert metadata_from_api({**unknown, **metadata_to_api(metadata)}) == metadata


@pytest.mark.parametrize("nothing", [None, {}, {"secretPrefix": None}, {"region": "us-east-1", "awsIamRole": None}])
def test_no_metadata(nothing: dict | None) -> None:
    assert metadata_from_api(nothing) == {}


@given(metadatas, st.randoms())
def test_the_order_of_lists_makes_no_difference(metadata: dict, random: object) -> None:
    shuffled = {
        key: random.sample(value, len(value)) if isinstance(value, list) else value for key, value in metadata.items()
    }
    view = {**INTEGRATION.blank(), "metadata": metadata}
    assert difference(INTEGRATION, {"metadata": shuffled}, view) == {}


@given(st.sampled_from(sorted(METADATA)))
def test_empty_off_and_unset_are_one(option: str) -> None:
    for empty in ("", [], {}, False):
        for there in ({}, {option: empty}, {option: None}):
            view = {**INTEGRATION.blank(), "metadata": there}
            assert difference(INTEGRATION, {"metadata": {option: empty}}, view) == {}


@pytest.mark.parametrize(
    ("option", "value"), [("secret_prefix", "x"), ("kms_key_id", "0"), ("should_mask_secrets", True)]
)
def test_set_and_unset_are_two(option: str, value: object) -> None:
    view = {**INTEGRATION.blank(), "metadata": {option: value}}
    assert difference(INTEGRATION, {"metadata": {option: value}}, INTEGRATION.blank())
    assert difference(INTEGRATION, {"metadata": {option: type(value)()}}, view)


# --- ids, order, texts ------------------------------------------------------------------------------------------------

identities = st.lists(texts, min_size=1, max_size=4)


@given(identities, identities)
def test_stand_in_ids(one: list, other: list) -> None:
    first = placeholder_id(*one)
    assert is_placeholder(first)
    assert first == placeholder_id(*one)
    assert (first == placeholder_id(*other)) is (one == other)


@given(identities, st.sampled_from(sorted(SERVICES)))
def test_a_stand_in_id_tells_its_service(identity: list, slug: str) -> None:
    assert mark_of(placeholder_id(*identity, mark=slug), SERVICES) == slug
    assert is_placeholder(placeholder_id(*identity, mark=slug))


@given(st.uuids(version=4).map(str) | st.text() | st.none())
def test_nothing_else_is_a_stand_in(value: str | None) -> None:
    assert not is_placeholder(value)


HALF_PAST = datetime(2026, 3, 2, 9, 15, 0, 500000, tzinfo=timezone.utc)
# One time, as servers and databases write it.
WRITTEN: list = [
    "2026-03-02T09:15:00.500Z",
    "2026-03-02T09:15:00.5Z",
    " 2026-03-02T09:15:00.500000+00:00 ",
    "2026-03-02 09:15:00.500",
    "2026-03-02T11:15:00.500+02:00",
    "2026-03-01T23:15:00.500-10:00",
    1772442900.5,
    1772442900500,
    1772442900500.0,
    "1772442900500",
]
NO_TIME: list = [
    *(None, "", " ", "soon", "2026", "2026-03-02", "20260302", "2026-13-02T09:15:00Z", "17724429005", "\u0661" * 10),
    *(0, -1, True, False, float("nan"), float("inf"), 1e300, 10**400, [], {}, "0001-01-01T00:00:00+23:00"),
]


@pytest.mark.parametrize("value", WRITTEN)
def test_one_time_however_it_is_written(value: object) -> None:
    assert moment(value) == HALF_PAST


def test_seconds_as_digits() -> None:
    assert moment("1772442900") == moment(1772442900) == HALF_PAST.replace(microsecond=0)


@pytest.mark.parametrize("value", NO_TIME)
def test_what_is_no_time(value: object) -> None:
    assert moment(value) is None


def _written(seconds: int, form: int) -> object:
    made = datetime.fromtimestamp(seconds, timezone.utc)
    elsewhere = made.astimezone(timezone(timedelta(hours=form - 3)))
    return [seconds, seconds * 1000, made.isoformat(), elsewhere.isoformat(), f"{made:%FT%T}Z", f"{made:%FT%T}.000Z"][
        form
    ]


times = st.tuples(st.integers(1_600_000_000, 1_600_000_003), st.integers(0, 5))


@given(st.lists(times, min_size=1, max_size=5), st.randoms())
def test_everyone_picks_the_same_oldest(pairs: list, random: Any) -> None:
    rows = [{"created_at": _written(*pair), "id": str(index)} for index, pair in enumerate(pairs)]
    in_order = oldest_first(rows)
    assert [pairs[int(row["id"])][0] for row in in_order] == sorted(seconds for seconds, _form in pairs)
    shuffled = random.sample(rows, len(rows))
    assert oldest_first(shuffled) == in_order
    assert oldest_of(shuffled) == in_order[0]


@given(st.lists(times, max_size=3), st.sampled_from(NO_TIME), st.randoms())
def test_nobody_picks_one_where_a_time_is_missing(pairs: list, missing: object, random: Any) -> None:
    rows = [{"created_at": _written(*pair), "id": str(index)} for index, pair in enumerate(pairs)]
    rows.append({"created_at": missing, "id": ""})
    shuffled = random.sample(rows, len(rows))
    assert oldest_of(shuffled) is None
    assert oldest_first(shuffled)[-1]["id"] == ""


@given(st.text(st.characters()) | st.text("a \n\x1b\x9b\u2028\u202e\u200f\ud800"), st.integers(1, 50))
def test_cleaned_text_is_one_short_line_without_control_characters(text: str, limit: int) -> None:
    clean = clean_text(text, limit)
    assert len(clean) <= limit
    assert not re.search(
        r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u206f\u061c\u200e\u200f\ud800-\udfff]", clean
    )
    assert clean_text(clean, limit) == clean


@given(st.text("abc", max_size=50))
def test_cleaning_leaves_clean_text_alone(text: str) -> None:
    assert clean_text(text, 50) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "unset"),
        ("", "unset"),
        ("x", "'x'"),
        (False, "False"),
        (["a"], "['a']"),
        ("y" * 500, "'" + "y" * 118 + "…"),
    ],
)
def test_values_in_messages(value: object, text: str) -> None:
    assert shown(value) == text


hosts = st.from_regex(r"[a-z][a-z0-9]{0,8}(\.[a-z]{1,5}){0,2}", fullmatch=True)
prefixes = st.lists(st.from_regex(r"[a-z]{1,5}", fullmatch=True).filter(lambda part: part != "api"), max_size=2)


@given(hosts, st.none() | st.integers(1, 65535), prefixes, st.sampled_from(["", "/", "//", "/api", "/api/", "//api//"]))
def test_base_url(host: str, port: int | None, prefix: list, end: str) -> None:
    base = "/".join(["https:/", host + (f":{port}" if port else ""), *prefix])
    assert base_url(base + end, False) == base
    assert base_url(base_url(base + end, False), False) == base


@given(st.text(max_size=40) | st.from_regex(r"https?://[^/]{0,10}.{0,10}"))
def test_any_text_is_a_url_or_one_clear_refusal(text: str) -> None:
    try:
        base = base_url(text, False)
    except InputError as error:
        refusal = str(error)
        base = "https://refused"
    else:
        refusal = "url "
    assert refusal.startswith("url ")
    assert re.match(r"https?://[^\s@]+$", base)
    assert not base.endswith("/")


@pytest.mark.parametrize("kind", [AUTH, INTEGRATION])
def test_the_tables_name_everything_once(kind: Kind) -> None:
    options = [item.option for item in (*kind.fields, *kind.read_only)]
    assert len(options) == len(set(options))
    assert not set(options) & set(kind.write_only)
    assert [kind.field_named(item.option) for item in kind.fields] == list(kind.fields)
