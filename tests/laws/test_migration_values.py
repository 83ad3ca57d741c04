# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the migration knows of each destination: KMS keys, tags, whose a secret is, and what a deletion would take."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import boto3
import pytest
from ansible_collections.community.infisical.plugins.module_utils._migration import aws as migration_aws
from moto import mock_aws
from moto.kms.models import kms_backends

from simulator.destinations import Destinations

from .company import KEY, REGION, SECRET, Company

ALL = ("create", "verify", "cut_over")
CUSTOMERS = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
OF_AWS = "arn:aws:kms:us-east-1:123456789012:key/00000000-12ab-34cd-56ef-1234567890ab"


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    with Company(tmp_path).open() as company:
        yield company


def encrypt(company: Company, key: str) -> None:
    """Have all that is in the account encrypted with a key."""
    for one in (*company.account.secrets.values(), *company.account.parameters.values()):
        one["key"] = key


def key_id(company: Company, name: str) -> str | None:
    return (company.sync(name) or {})["syncOptions"].get("keyId")


def warnings(company: Company, phase: str, name: str) -> str:
    return " ".join(company.item(company(phase), name)["warnings"])


def test_key_of_a_customer_is_in_the_plan(company: Company) -> None:
    company.many()
    company.parameters()
    company.settle()
    encrypt(company, CUSTOMERS)
    for name in company.ids:
        said = warnings(company, "plan", name)
        assert f"is carried over to its sync: '{CUSTOMERS}'" in said
        assert "AWS's own" not in said
    assert not company.journal.exists()
    company("create")
    assert {key_id(company, name) for name in company.ids} == {CUSTOMERS}


def test_key_of_aws_is_not_carried_over_whatever_it_is_called(company: Company) -> None:
    company.many()
    company.parameters()
    company.settle()
    encrypt(company, OF_AWS)
    company.account.own_keys.add(OF_AWS)
    for name in company.ids:
        said = warnings(company, "plan", name)
        assert "KMS" not in said
        assert OF_AWS not in said
    company("create")
    assert {key_id(company, name) for name in company.ids} == {None}
    company.until("verify", "cut_over")


@pytest.mark.parametrize(
    ("refused", "said"),
    [
        ({"describe_secret", "describe_parameters"}, "The KMS key of {} could not be read: "),
        ({"describe_key"}, "Whether it is AWS's own key could not be read: "),
    ],
)
def test_key_that_can_not_be_read_is_said(company: Company, refused: set[str], said: str) -> None:
    company.many()
    company.parameters()
    company.settle()
    encrypt(company, CUSTOMERS)
    company.account.refused |= {*refused, *(f"_{name}" for name in refused)}
    places = {
        "many": "aws-secrets-manager us-east-1 my-app/dev",
        "parameters": "aws-parameter-store us-east-1 /my-app/",
    }
    for phase in ("plan", "create"):
        result = company(phase, fails=None)
        for name, place in places.items():
            assert said.format(place) in " ".join(company.item(result, name)["warnings"])
    # One that may be AWS's own is kept as it is named.
    kept = CUSTOMERS if "describe_key" in refused else None
    assert {key_id(company, name) for name in company.ids} == {kept}


def test_keys_of_a_real_client(tmp_path: Path) -> None:
    """With boto3 itself, and AWS as moto has it."""
    company, login = Company(tmp_path), {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET}

    def client(_destinations: Destinations, service: str, region: str, _keys: tuple[str, str]) -> object:
        return boto3.client(service, region_name=region, **login)

    with (
        mock_aws(),
        company.open(),
        mock.patch.object(migration_aws, "boto3", boto3),
        mock.patch.object(Destinations, "_client", client),
    ):
        company.many()
        company.many("default", app="default/dev", auth_id=company.sim.auths(company.project)[0]["id"])
        company.parameters(path="/own/")
        company.parameters("default_parameters", "/default/", auth_id=company.sim.auths(company.project)[1]["id"])
        company.settle()
        kms = boto3.client("kms", region_name=REGION, **login)
        key = kms.create_key()["KeyMetadata"]["Arn"]
        own = kms.describe_key(KeyId="alias/aws/secretsmanager")["KeyMetadata"]["Arn"]
        # It says of its own keys that they are customers'.
        kms_backends["123456789012"][REGION].describe_key(own).key_manager = "AWS"
        manager = boto3.client("secretsmanager", region_name=REGION, **login)
        for name, key_of_it in (("my-app/dev", key), ("default/dev", own)):
            manager.update_secret(SecretId=name, KmsKeyId=key_of_it)
        ssm = boto3.client("ssm", region_name=REGION, **login)
        for row in ssm.get_parameters_by_path(Path="/own/", WithDecryption=True)["Parameters"]:
            ssm.put_parameter(Name=row["Name"], Value=row["Value"], Type="SecureString", Overwrite=True, KeyId=key)
        plan = company("plan")
        for name in ("many", "parameters"):
            assert key in " ".join(company.item(plan, name)["warnings"])
        for name in ("default", "default_parameters"):
            assert "KMS" not in " ".join(company.item(plan, name)["warnings"])
        company.until(*ALL)
        found = {name: key_id(company, name) for name in company.ids}
        assert found == {"many": key, "parameters": key, "default": None, "default_parameters": None}
        assert manager.describe_secret(SecretId="my-app/dev")["KmsKeyId"] == key


@pytest.mark.parametrize(
    ("name", "before", "after", "trait"),
    [
        ("tags", [{"Key": "team", "Value": "core"}], [{"Key": "team", "Value": "other"}], "tags"),
        ("tags", [], [{"Key": "team", "Value": "other"}], "tags"),
        ("tier", "Advanced", "Standard", "tier"),
        ("type", "String", "SecureString", "type"),
    ],
)
def test_traits_of_parameters_are_compared(
    company: Company, name: str, before: object, after: object, trait: str
) -> None:
    company.parameters()
    company.settle()
    parameter = company.account.parameters["/my-app/API_KEY"]
    parameter[name] = before
    company("create")
    parameter[name] = after
    result = company("verify", fails=True)
    assert company.item(result, "parameters")["comparison"]["changed"] == [f"/my-app/API_KEY ({trait})"]


def test_tags_that_can_be_read_only_later_are_no_difference(company: Company) -> None:
    company.parameters()
    company.settle()
    company.account.parameters["/my-app/API_KEY"]["tags"] = [{"Key": "team", "Value": "core"}]
    company.account.refused.add("list_tags_for_resource")
    result = company("create")
    assert "tags could not be read" in " ".join(company.item(result, "parameters")["warnings"])
    company.account.refused.clear()
    result = company("verify")
    assert company.item(result, "parameters")["comparison"]["result"] == "same"


def test_only_what_is_ours_is_read_one_to_one(company: Company) -> None:
    company.many(metadata={"mappingBehavior": "one-to-one"})
    company.settle()
    company.account.create_secret("theirs", "theirs-value")
    company.account.create_secret("about-to-go", "theirs-value")
    company.account.reads.clear()
    company("create")
    company.account.secrets["theirs"]["value"] = "theirs-value-2"
    company.account.create_secret("database", "theirs-value")
    company.account.delete_secret("about-to-go")
    company.until("verify", "cut_over", "rollback", *ALL)
    company("retire", min_age=0)
    assert company.account.reads == {"API_KEY", "DB_PASSWORD"}
    # What was ours once still counts.
    assert company.content().keys() == {"API_KEY", "DB_PASSWORD", "theirs", "database"}


def test_what_was_ours_at_first_still_counts_one_to_one(company: Company) -> None:
    company.many(metadata={"mappingBehavior": "one-to-one"})
    company.settle()
    company("create")
    company.sim.delete_secret(company.project, "dev", "/app", "API_KEY")
    company.account.delete_secret("API_KEY")
    result = company("verify", fails=True)
    assert company.item(result, "many")["comparison"]["missing"] == ["API_KEY"]


def test_without_the_names_all_of_the_region_counts_and_that_is_said(company: Company) -> None:
    company.many(metadata={"mappingBehavior": "one-to-one"})
    company.settle()
    company.account.create_secret("theirs", "theirs-value")
    company.sim.fail_next(403, times=100, path="*/secrets*", method="GET")
    result = company("create")
    said = " ".join(company.item(result, "many")["warnings"])
    assert "The names of the secrets in dev:/app could not be read" in said
    company.account.secrets["theirs"]["value"] = "theirs-value-2"
    result = company("verify", fails=True)
    assert company.item(result, "many")["comparison"]["changed"] == ["theirs"]


def test_restored_deletion_names_exactly_what_vanishes(company: Company) -> None:
    company.parameters()
    company.settle()
    company.account.put_parameter("/my-app/FROM_BEFORE", "theirs-value")
    company.until(*ALL)
    company("retire", min_age=0)
    company.settle("NEW", "api-value")
    company.sim.delete_secret(company.project, "dev", "/app", "API_KEY")
    company.here.clock.sleep(60.0)
    company.account.put_parameter("/my-app/THEIRS", "theirs-value")
    before = company.content()
    going = ["/my-app/API_KEY", "/my-app/FROM_BEFORE", "/my-app/THEIRS"]
    native = company.ids["parameters"]
    assert company("restore_deletion", check=True, fails=True)["would_delete"] == {native: going}
    result = company("restore_deletion", fails=True)
    assert result["would_delete"] == {native: going}
    assert ", ".join(going) in company.item(result, "parameters")["reason"].replace(" and ", ", ")
    assert company.content() == before
    assert company("restore_deletion", confirm_deletions=True)["would_delete"] == {native: going}
    assert sorted(before.keys() - company.content().keys()) == going


def test_deletion_that_can_not_be_named_is_said(company: Company) -> None:
    company.parameters()
    company.settle()
    company.until(*ALL)
    company("retire", min_age=0)
    company.sim.fail_next(403, times=100, path="*/secrets*", method="GET")
    result = company("restore_deletion", fails=True)
    assert "the names can't be read" in company.item(result, "parameters")["reason"]


def test_rollback_names_no_secret_of_infisical(company: Company) -> None:
    company.parameters()
    company.settle()
    company.until(*ALL)
    company.settle("NEW", "api-value")
    assert "/my-app/NEW" in company.content()
    assert company.stages(company("rollback")) == {"parameters": "rolled_back"}


def test_what_a_new_sync_would_replace_needs_a_word(company: Company) -> None:
    company.many()
    company.settle()
    before = company.content()
    value = json.dumps({**json.loads(before["my-app/dev"]), "THEIRS": "theirs-value"})
    company.account.secrets["my-app/dev"]["value"] = value
    plan = company("plan")
    (difference,) = plan["differences"]
    assert "These are not in Infisical and would be lost: THEIRS." in company.item(plan, "many")["reason"]
    assert difference["missing"] == ["THEIRS"]
    for _run in range(2):
        result = company("create", fails=True)
        assert result["differences"] == [difference]
        assert company.syncs() == []
        assert company.content() == {"my-app/dev": value}
    assert company("plan", accept_differences=[difference["id"]])["differences"] == []
    company("create", accept_differences=[difference["id"]])
    company.until("verify", "cut_over")
    assert company.content() == before
