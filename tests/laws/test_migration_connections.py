# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""App connections that exist: what of them can be read must fit what the task says, or nothing is written by them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .aws import key_of
from .company import AWS, KEY, SECRET, Company

OTHER = {"accessKeyId": "AKIADEV", "secretAccessKey": SECRET}


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    with Company(tmp_path, connected=False).open() as company:
        yield company


def connect(company: Company, project: str | None = "", method: str = "access-key", **keys: str) -> str:
    """Have the server hold a connection with the name that the task says; returns its id."""
    owner = company.project if project == "" else project
    return company.sim.add_connection("aws", method, "aws-main", owner, **keys)["id"]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("phase", ["connect", "create"])
def test_connection_with_another_access_key_is_refused_by_name(company: Company, phase: str, check: bool) -> None:
    """Production's secrets would be written into the account of the other key."""
    connection = connect(company, **OTHER)
    company.many()
    company.settle()
    before = company.content()
    result = company(phase, check=check, fails=True)
    reason = company.item(result, "many")["reason"]
    assert "app connection aws-main" in reason
    assert f"its access_key_id is AKIADEV, and connections[0] (service aws-secret-manager) has {KEY}" in reason
    assert "choose another name" in reason
    assert f"specify connection_id {connection} instead of the name" in reason
    assert company.syncs() == []
    assert company.content() == before
    assert company.is_on("many")


def test_connection_that_is_said_to_be_meant_is_used(company: Company) -> None:
    connection = connect(company, accessKeyId=KEY, secretAccessKey=SECRET)
    company.many()
    company.settle()
    company.connections = [{"service": "aws-secret-manager", "connection_id": connection}]
    company.until("connect", "create")
    assert company.sync_is_on("many")


def test_connection_that_fits_is_used_as_it_is(company: Company) -> None:
    connect(company, accessKeyId=KEY, secretAccessKey=SECRET)
    company.many()
    company.settle()
    before = company.sim.connections(company.project)
    assert not company("connect").changed
    company.until("create")
    assert company.sim.connections(company.project) == before


@pytest.mark.parametrize("phase", ["connect", "create"])
def test_connection_by_another_method_is_refused(company: Company, phase: str) -> None:
    connect(company, method="assume-role", roleArn="arn:aws:iam::123456789012:role/theirs")
    company.many()
    company.settle()
    reason = company.item(company(phase, fails=True), "many")["reason"]
    assert "its method is assume-role, and connections[0] (service aws-secret-manager) has access-key" in reason
    assert company.syncs() == []


@pytest.mark.parametrize("phase", ["connect", "create"])
def test_connection_of_the_project_hides_that_of_the_organization(company: Company, phase: str) -> None:
    """The server finds the one of the project first, also where the task says that it is the organization's."""
    connect(company, None, accessKeyId=KEY, secretAccessKey=SECRET)
    connect(company, accessKeyId=KEY, secretAccessKey=SECRET)
    company.many()
    company.settle()
    company.connections = [{"service": "aws-secret-manager", **AWS, "level": "organization"}]
    reason = company.item(company(phase, fails=True), "many")["reason"]
    assert "it belongs to the project, and connections[0] (service aws-secret-manager) has level organization" in reason
    assert company.syncs() == []


def test_connection_to_another_instance_than_the_native_auth_is_refused(company: Company) -> None:
    auth = company.sim.add_auth(company.project, "gitlab", accessToken="t", url="https://gitlab.example.com")["id"]
    company.add("gitlab", auth, app="web", appId="17", targetEnvironment="prod", region=None)
    keys = {"accessToken": "canary-github-token", "instanceUrl": "https://gitlab.example.org/"}
    company.sim.add_connection(
        "gitlab", "access-token", "gitlab-main", company.project, accessTokenType="project", **keys
    )
    company.connections = [{"service": "gitlab", "name": "gitlab-main"}]
    reason = company.item(company("create", fails=True), "gitlab")["reason"]
    assert (
        "its instance_url is https://gitlab.example.org/, and the native auth has https://gitlab.example.com" in reason
    )
    assert company.syncs() == []


def test_connection_that_was_rotated_after_the_sync_was_created_goes_on(company: Company) -> None:
    """The key in the task may be the old one by then: the sync is known by its own id."""
    connect(company, accessKeyId=KEY, secretAccessKey=SECRET)
    company.many()
    company.settle()
    company.until("create")
    (made,) = company.sim.connections(company.project)
    company.sim._state.connection_credentials[made["id"]].update(OTHER)
    company.aws.same("AKIADEV", KEY)
    company.until("verify", "cut_over")


def test_connection_that_got_the_credentials_of_another_account_proves_nothing(company: Company) -> None:
    connect(company, accessKeyId=KEY, secretAccessKey=SECRET)
    company.many()
    company.settle()
    company.until("create", "verify")
    (made,) = company.sim.connections(company.project)
    edited = {"method": "access-key", "credentials": {"accessKeyId": "AKIADEV", "secretAccessKey": SECRET}}
    company.edit(f"/app-connections/aws/{made['id']}", edited)
    # It writes into the other account, and what it was to write stays as it was.
    for phase in ("verify", "cut_over"):
        item = company.item(company(phase), "many")
        assert item["comparison"]["result"] == "not_comparable"
        assert "has other credentials than when the sync was created" in item["comparison"]["reason"]
    result = company("retire", min_age=0)
    assert "Its destination was not compared" in company.item(result, "many")["reason"]
    assert company.native("many")
    assert company.stages(company("rollback", confirm_deletions=True)) == {"many": "rolled_back"}


def test_destination_that_is_read_with_another_key_is_said(company: Company) -> None:
    connect(company, accessKeyId="AKIADEV", secretAccessKey=SECRET)
    company.many()
    company.settle()
    company.connections = [{"service": "aws-secret-manager", "name": "aws-main"}]
    reads = {"service": "aws-secret-manager", "access_key_id": KEY, "secret_access_key": SECRET}
    for phase in ("create", "verify", "cut_over"):
        warnings = company.item(company(phase, destinations=[reads]), "many")["warnings"]
        assert len([text for text in warnings if "read with another access key" in text]) == 1
    reads["access_key_id"] = "AKIADEV"
    warnings = company.item(company("verify", destinations=[reads]), "many")["warnings"]
    assert not [text for text in warnings if "read with another access key" in text]


PROD, DEV = "111122223333", "444455556666"
PROD_KEY, READ_KEY, DEV_KEY = key_of(PROD, 1), key_of(PROD, 2), key_of(DEV, 1)
LOGIN = {"service": "aws-secret-manager", "secret_access_key": SECRET}


@pytest.fixture
def accounts(company: Company) -> Company:
    """Two accounts; the native integration writes into production's."""
    for key in (PROD_KEY, READ_KEY, DEV_KEY):
        company.know(key)
    company.aws.same(READ_KEY, PROD_KEY)
    company.many(
        auth_id=company.sim.add_auth(company.project, "aws-secret-manager", accessId=PROD_KEY, accessToken=SECRET)["id"]
    )
    company.settle()
    company.connections = [{"service": "aws-secret-manager", "name": "aws-main"}]
    return company


def said(reads: str, writes: str, reader: str = "destinations[0] (service aws-secret-manager)") -> str:
    return f"{reader} reads AWS account {reads}, but app connection aws-main writes to AWS account {writes}:"


@pytest.mark.parametrize("phase", ["plan", "connect", "create"])
@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("by_id", [True, False])
def test_nothing_is_created_that_writes_to_another_account_than_is_read(
    accounts: Company, phase: str, check: bool, by_id: bool
) -> None:
    """Production's secret would be written into the account of development, and nobody would see it."""
    connection = connect(accounts, accessKeyId=DEV_KEY, secretAccessKey=SECRET)
    if by_id:
        accounts.connections = [{"service": "aws-secret-manager", "connection_id": connection}]
    reads = [{**LOGIN, "access_key_id": READ_KEY}]
    result = accounts(phase, check=check, fails=phase != "plan", destinations=reads)
    item = accounts.item(result, "many")
    assert item["after"] == "fault"
    assert item["reason"].startswith(said(PROD, DEV))
    assert f"if {DEV} is right, specify in destinations how to read it" in item["reason"]
    assert accounts.syncs() == []
    assert accounts.aws.account(DEV_KEY).content() == {}


def test_another_key_for_the_same_account_is_good_practice(accounts: Company) -> None:
    connect(accounts, accessKeyId=PROD_KEY, secretAccessKey=SECRET)
    reads = [{**LOGIN, "access_key_id": READ_KEY}]
    for phase in ("create", "verify", "cut_over"):
        item = accounts.item(accounts(phase, destinations=reads), "many")
        assert item["comparison"]["result"] == "same"
        assert not [text for text in item["warnings"] if "key" in text]
    assert accounts.stages(accounts("retire", min_age=0, destinations=reads)) == {"many": "retired"}


@pytest.mark.parametrize("how", ["keys", "profile"])
@pytest.mark.parametrize(
    ("phase", "before"), [("verify", ("create",)), ("cut_over", ("create", "verify")), ("retire", ("create", "verify"))]
)
def test_connection_of_another_account_stops_what_was_created(
    accounts: Company, phase: str, before: tuple[str, ...], how: str
) -> None:
    """Whoever edits the connection after the sync was created leads the secrets astray."""
    connection = connect(accounts, accessKeyId=PROD_KEY, secretAccessKey=SECRET)
    accounts.aws.profiles["reader"] = READ_KEY
    keys = {"service": "aws-secret-manager", "profile": "reader"}
    reads = {"destinations": [keys if how == "profile" else {**LOGIN, "access_key_id": READ_KEY}]}
    for one in (*before, *(["cut_over"] if phase == "retire" else [])):
        accounts(one, **reads)
    edited = {"method": "access-key", "credentials": {"accessKeyId": DEV_KEY, "secretAccessKey": SECRET}}
    accounts.edit(f"/app-connections/aws/{connection}", edited)
    only = {"only": [accounts.ids["many"]], "require_compared": False, "min_age": 0} if phase == "retire" else {}
    for check in (True, False):
        item = accounts.item(accounts(phase, check=check, fails=True, **reads, **only), "many")
        assert item["reason"].startswith(said(PROD, DEV))
        assert item["after"] == "fault"
    assert accounts.native("many")
    # The way back is open.
    assert accounts.stages(accounts("rollback", confirm_deletions=True, **reads)) == {"many": "rolled_back"}
    assert accounts.is_on("many")
    assert not accounts.sync_is_on("many")
    # As is the way on, once the connection is right.
    edited["credentials"]["accessKeyId"] = PROD_KEY
    accounts.edit(f"/app-connections/aws/{connection}", edited)
    for one in ("create", "verify", "cut_over"):
        assert accounts.item(accounts(one, **reads), "many")["comparison"]["result"] == "same"


def test_what_was_rolled_back_is_created_by_the_connection_that_is_planned_now(accounts: Company) -> None:
    """Another connection than before is used: what counts is the account of that one."""
    connect(accounts, accessKeyId=PROD_KEY, secretAccessKey=SECRET)
    reads = {"destinations": [{**LOGIN, "access_key_id": READ_KEY}]}
    for phase in ("create", "rollback"):
        accounts(phase, **reads)
    astray = {"accessKeyId": DEV_KEY, "secretAccessKey": SECRET}
    accounts.sim.add_connection("aws", "access-key", "aws-dev", accounts.project, **astray)
    accounts.connections = [{"service": "aws-secret-manager", "name": "aws-dev"}]
    for check in (True, False):
        reason = accounts.item(accounts("create", check=check, fails=True, **reads), "many")["reason"]
        assert reason.startswith(said(PROD, DEV).replace("aws-main", "aws-dev"))
    assert not accounts.sync_is_on("many")
    assert accounts.aws.account(DEV_KEY).content() == {}
    accounts.connections = [{"service": "aws-secret-manager", "name": "aws-main"}]
    accounts("create", **reads)
    assert accounts.sync_is_on("many")


def test_connection_that_can_not_be_read_is_asked_for_once(accounts: Company) -> None:
    """Of thousands of integrations, each would wait for its request."""
    auth = accounts.auth("aws-secret-manager")
    for number in range(8):
        accounts.many(f"many-{number}", f"my-app/{number}", auth)
    connection = connect(accounts, accessKeyId=PROD_KEY, secretAccessKey=SECRET)
    accounts.connections = [{"integration_auth_id": auth, "connection_id": connection}]
    accounts.sim.fail_next(403, times=99, method="GET", path=f"/api/v1/app-connections/aws/{connection}")
    accounts.sim.clear_requests()
    accounts("plan", destinations=[{**LOGIN, "access_key_id": READ_KEY}])
    asked = [request["path"] for request in accounts.sim.requests if connection in request["path"]]
    assert len(asked) == 1


def test_new_key_of_a_connection_for_its_account_is_the_same(accounts: Company) -> None:
    connection = connect(accounts, accessKeyId=PROD_KEY, secretAccessKey=SECRET)
    reads = {"destinations": [{**LOGIN, "access_key_id": READ_KEY}]}
    accounts("create", **reads)
    edited = {"method": "access-key", "credentials": {"accessKeyId": READ_KEY, "secretAccessKey": SECRET}}
    accounts.edit(f"/app-connections/aws/{connection}", edited)
    for phase in ("verify", "cut_over"):
        assert accounts.item(accounts(phase, **reads), "many")["comparison"]["result"] == "same"


@pytest.mark.parametrize("method", ["access-key", "assume-role"])
def test_connection_that_is_to_be_created_for_another_account_is_refused(accounts: Company, method: str) -> None:
    keys = {"access_key_id": DEV_KEY, "secret_access_key": SECRET}
    role = {"role_arn": f"arn:aws:iam::{DEV}:role/infisical"}
    given = {"name": "aws-main", "method": method, "credentials": role if method == "assume-role" else keys}
    accounts.connections = [{"service": "aws-secret-manager", **given}]
    result = accounts("connect", fails=True, destinations=[{**LOGIN, "access_key_id": READ_KEY}])
    assert accounts.item(result, "many")["reason"].startswith(said(PROD, DEV))
    assert accounts.sim.connections(accounts.project) == []


def test_what_is_read_by_the_credentials_of_the_task_is_named_by_its_entry(accounts: Company) -> None:
    connection = connect(accounts, accessKeyId=PROD_KEY, secretAccessKey=SECRET)
    keys = {"access_key_id": PROD_KEY, "secret_access_key": SECRET}
    entry = {"service": "aws-secret-manager", "name": "aws-main", "method": "access-key", "credentials": keys}
    accounts.connections = [entry]
    accounts.until("create")
    edited = {"method": "access-key", "credentials": {"accessKeyId": DEV_KEY, "secretAccessKey": SECRET}}
    accounts.edit(f"/app-connections/aws/{connection}", edited)
    reason = accounts.item(accounts("verify", fails=True), "many")["reason"]
    assert reason.startswith(said(PROD, DEV, "connections[0] (service aws-secret-manager)"))


def test_connection_with_another_secret_for_its_key_is_the_same(company: Company) -> None:
    connect(company, accessKeyId=KEY, secretAccessKey=SECRET)
    company.many()
    company.settle()
    company.until("create")
    company.rotate("another-secret")
    company.until("verify", "cut_over")
    assert company.item(company("plan"), "many")["comparison"]["result"] == "same"


def test_gateway_of_a_connection_that_exists_is_left_as_it_is(company: Company) -> None:
    connect(company, accessKeyId=KEY, secretAccessKey=SECRET)
    company.many()
    company.settle()
    gateway = "5ac469a1-55fe-4cb6-b675-a568810f1f42"
    company.connections = [{"service": "aws-secret-manager", **AWS, "gateway_id": gateway}]
    reason = company.item(company("connect", fails=True), "many")["reason"]
    assert f"its gateway_id is none, and connections[0] (service aws-secret-manager) has {gateway}" in reason
    (made,) = company.sim.connections(company.project)
    assert made["gatewayId"] is None


ROLE = "arn:aws:iam::123456789012:role/infisical-sync"


@pytest.mark.parametrize(
    ("native", "connection", "said"),
    [
        ("", {}, None),
        (ROLE, {}, "Its native auth assumes the role infisical-sync, and its connection has access keys: "),
        (
            "",
            {"method": "assume-role", "credentials": {"role_arn": ROLE}},
            "Its native auth has access keys, and its connection assumes the role infisical-sync: ",
        ),
        (ROLE, {"method": "assume-role", "credentials": {"role_arn": ROLE}}, None),
        (
            ROLE,
            {"method": "assume-role", "credentials": {"role_arn": f"{ROLE}-2"}},
            "Its native auth assumes the role infisical-sync, and its connection assumes the role infisical-sync-2: ",
        ),
        (ROLE, None, "Its native auth assumes the role infisical-sync."),
    ],
)
def test_another_kind_of_login_is_said(
    company: Company, native: str, connection: dict | None, said: str | None
) -> None:
    """Which account a native auth is for can't be read, but how it logs in, from a single integration."""
    auth = company.auth("aws-secret-manager")
    if native:
        keys = {"accessId": None, "accessToken": None, "awsAssumeIamRoleArn": native}
        company.sim._state.credentials[auth].update(keys)
    company.many("many", "my-app/dev", auth)
    company.many("another", "my-app/another", auth)
    company.connections = [] if connection is None else [{"service": "aws-secret-manager", **AWS, **connection}]
    result = company("connect", check=True)
    found = [text for text in company.item(result, "another")["warnings"] if "native auth" in text]
    assert found == ([] if said is None else [found[0]])
    assert said is None or found[0].startswith(said)
