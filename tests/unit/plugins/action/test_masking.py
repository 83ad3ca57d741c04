# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server repeats a secret in some form, or an option does not validate: no part of a secret is shown."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from unittest import mock
from urllib.parse import quote, quote_plus

import pytest
from ansible.module_utils import basic
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.community.infisical.plugins.action import in_process
from ansible_collections.community.infisical.plugins.module_utils import _masking as masking
from ansible_collections.community.infisical.plugins.module_utils import _module as module_utils
from ansible_collections.community.infisical.plugins.module_utils._migration import aws as aws_destination
from ansible_collections.community.infisical.plugins.modules import (
    infisical_app_connection,
    infisical_destination_info,
    infisical_integration_auth,
    infisical_integration_auth_info,
    infisical_login,
    infisical_secret_sync,
)
from ansible_collections.community.infisical.plugins.plugin_utils import _session
from ansible_collections.community.infisical.tests.unit.plugins.controller import plugin_of
from ansible_collections.community.infisical.tests.unit.plugins.harness import (
    AUTH,
    AUTH_ID,
    AUTHS,
    PROJECT,
    SYNC_ID,
    TOKEN,
    URL,
    Server,
    api_auth,
    api_error,
    api_sync,
)
from hypothesis import given
from hypothesis import strategies as st

DICE = random.Random(4711)  # noqa: S311 - made-up values, the same in every run


def made_up(length: int, alphabet: str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") -> str:
    return "".join(DICE.choices(alphabet, k=length))


PEM = "\n".join(
    ["-----BEGIN PRIVATE KEY-----", *(made_up(64) for _unused in range(24)), made_up(30), "-----END PRIVATE KEY-----"]
)
SECRETS = {
    "a PEM key": PEM,
    "a PEM key with a line end": PEM + "\n",
    "a PEM key with line ends of Windows": PEM.replace("\n", "\r\n"),
    "a PEM key in one line": PEM.replace("\n", "\\n"),
    "a PEM key in JSON": json.dumps({"type": "service_account", "private_key": PEM}, indent=2),
    "a line end": "correct-horse-battery\n",
    "blanks at the ends": "  correct-horse-battery ",
    "two blanks inside": "correct  horse-battery",
    "a tab inside": "correct-horse\tbattery-staple",
    "a long token": made_up(900),
    "letters beyond ASCII": 'Zürich-"pass"\\wörd-😀-staple',
    "an URL's own characters": "p%2F/ss?w+rd=&more~than:enough",
}
ECHOES: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "stripped": str.strip,
    "blanks joined": lambda secret: " ".join(secret.split()),
    "line by line": lambda secret: "; ".join(line for line in secret.splitlines()),
    "line ends dropped": lambda secret: "".join(secret.splitlines()),
    "line ends that were written out": lambda secret: secret.replace("\\n", "\n"),
    "JSON": json.dumps,
    "JSON of UTF-8": lambda secret: json.dumps(secret, ensure_ascii=False),
    "JSON, stripped": lambda secret: json.dumps({"v": secret.strip()}),
    "as Python shows it": repr,
    "path of a URL": quote,
    "part of a URL": lambda secret: quote(secret, safe=""),
    "part of a URL, stripped": lambda secret: quote(secret.strip(), safe=""),
    "part of a form": quote_plus,
    "part of a URL, small digits": lambda secret: re.sub(r"%..", lambda m: m[0].lower(), quote(secret, safe="")),
    "part of a form, small digits": lambda secret: re.sub(r"%..", lambda m: m[0].lower(), quote_plus(secret)),
    "far behind": lambda secret: "x" * 560 + " " + secret,
    "beyond all limits": lambda secret: "x" * 2370 + secret,
    "often": lambda secret: f"{secret} " * 5,
}
# What is common to secrets and to messages, and no part of either's value.
ORDINARY = re.compile(r"-{5}(BEGIN|END) PRIVATE KEY-{5}|service_account|private_key|x{8,}")
LONGEST_PART = 7


def parts_shown(secret: str, output: str) -> set[str]:
    """Return the parts of a secret, longer than LONGEST_PART, that an output holds."""
    found = set()
    for word in ORDINARY.sub(" ", secret).replace("\\n", " ").split():
        pieces = (word[start : start + LONGEST_PART + 1] for start in range(len(word) - LONGEST_PART))
        found.update(piece for piece in pieces if piece in output)
    return found


AUTH_OPTIONS = {"project_id": PROJECT, "integration": "github"}


@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES)
@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_no_part_of_an_echoed_secret_is_shown(server: Server, run: Any, secret: str, echo: Any) -> None:
    answer = api_error(400, "BadRequest", f"You sent {echo(secret)} to us.")
    server.expects("GET", AUTHS, answer, status=400)
    result = run(infisical_integration_auth, **AUTH_OPTIONS, access_token=secret)
    assert result["status"] == 400
    assert "You sent" in result.msg
    assert parts_shown(secret, result.output) == set()
    assert parts_shown(secret, json.dumps(result.data, ensure_ascii=False)) == set()


def test_no_part_of_a_secret_in_an_address_or_a_kind_of_answer_is_shown(server: Server, run: Any) -> None:
    secret = made_up(900)
    server.expects("GET", AUTH, "moved", status=302, answer_headers={"Location": f"/?token={quote(secret)}"})
    result = run(infisical_integration_auth, integration_auth_id=AUTH_ID, access_token=secret)
    assert "redirects" in result.msg
    assert parts_shown(secret, result.output) == set()


def test_no_part_of_a_secret_in_a_structure_is_shown(server: Server, run: Any) -> None:
    issue = {"path": ["a", PEM], "message": PEM, "received": {"access_token": PEM}}
    for message in ([issue], [PEM], {"sent": {"token": PEM}}, [{"sent": [PEM]}]):
        server.expects("GET", AUTHS, api_error(422, "ValidationFailure", message, reqId=PEM), status=422)
        result = run(infisical_integration_auth, **AUTH_OPTIONS, access_token=PEM)
        assert parts_shown(PEM, result.output) == set()


def test_a_secret_in_a_structure_is_masked_whatever_is_around_it(server: Server, run: Any) -> None:
    secret = "it's-a-secret"
    message = {"sent": f'the "token" {secret}'}
    server.expects("GET", AUTHS, api_error(400, "BadRequest", message), status=400)
    result = run(infisical_integration_auth, **AUTH_OPTIONS, access_token=secret)
    assert result.msg.startswith("""The server refused: {'sent': 'the "token" ********'}""")


def test_no_part_of_a_secret_in_the_outcome_of_a_sync_is_shown(server: Server, run: Any) -> None:
    """The message is in an answer that is fine, so that it is cut only later."""
    key = made_up(900)
    sent = {"headers": {"X-Gateway-Key": key}}
    syncs = "/api/v1/secret-syncs"
    one = f"{syncs}/aws-secrets-manager/{SYNC_ID}"
    ran = {"syncStatus": "succeeded", "lastSyncJobId": "1"}
    failed = {"syncStatus": "failed", "lastSyncJobId": "2", "lastSyncMessage": f"Not allowed: {key}"}
    server.expects("GET", syncs, {"secretSyncs": [api_sync(**ran)]}, query={"projectId": PROJECT}, **sent)
    server.expects("POST", f"{one}/sync-secrets", {"secretSync": api_sync(**ran)}, body={}, **sent)
    server.expects("GET", one, {"secretSync": api_sync(**failed)}, **sent)
    options = {"project_id": PROJECT, "name": "app-dev", "sync": True, "wait": True}
    result = run(infisical_secret_sync, **options, extra_headers={"X-Gateway-Key": key})
    assert result.msg.endswith("failed: Not allowed: ********")
    assert parts_shown(key, result.output) == set()


def test_no_part_of_a_secret_that_aws_repeats_is_shown(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = made_up(900)

    class Refused(Exception):
        """What boto3 raises."""

    refusing = mock.Mock(side_effect=Refused(f"The token {quote(secret, safe='')} is not valid: {secret}"))
    fake = SimpleNamespace(Session=refusing)
    for name, value in (("boto3", fake), ("BotoCoreError", Refused), ("ClientError", Refused)):
        monkeypatch.setattr(aws_destination, name, value)
    monkeypatch.setattr(aws_destination, "BOTO3_IMPORT_ERROR", None)
    destination = {"region": "us-east-1", "mapping_behavior": "many-to-one", "secret_name": "my-app"}
    result = run(
        infisical_destination_info,
        login={},
        key="digest-key-1234",
        access_key_id="AKIAEXAMPLE",
        secret_access_key="secret-access-key",
        session_token=secret,
        destinations=[{"name": "one", "destination": "aws-secrets-manager", "destination_config": destination}],
    )
    assert result["destinations"][0]["reason"] == "The token ******** is not valid: ********"
    assert parts_shown(secret, result.output) == set()


def test_a_secret_that_is_a_key_is_masked(server: Server, run: Any) -> None:
    secret = "correct-horse-battery"
    rows = [api_auth(integration="github", metadata={secret: "x", "kept": {f"of {secret}": [{secret: 1}]}})]
    server.expects("GET", AUTHS, {"authorizations": rows})
    result = run(infisical_integration_auth, **AUTH_OPTIONS, access_token=secret)
    assert secret not in result.output
    assert result["integration_auth"]["metadata"] == {"********": "x", "kept": {"of ********": [{"********": 1}]}}


@pytest.mark.parametrize("secret", ["id", "name", "integration_auth", "e", "integrat"])
def test_the_names_of_a_result_s_own_keys_stay(server: Server, run: Any, secret: str) -> None:
    """A secret that is a word of every result must not make results unusable."""
    server.expects("GET", AUTHS, {"authorizations": [api_auth(integration="github")]})
    result = run(infisical_integration_auth, **AUTH_OPTIONS, access_token=secret)
    assert {"id", "project_id", "integration", "metadata"} <= result["integration_auth"].keys()


BROKEN = {"retries": "many"}
LOGIN = {"url": URL, "access_token": "token-of-the-login"}
UNFIT_OPTIONS: dict[str, tuple[Any, dict, str]] = {
    "login_data": (infisical_integration_auth_info, {"login_data": LOGIN, **BROKEN}, "token-of-the-login"),
    "login_data in JSON": (
        infisical_integration_auth_info,
        {"login_data": json.dumps(LOGIN), **BROKEN},
        "token-of-the-login",
    ),
    "login_data that is the token": (
        infisical_integration_auth_info,
        {"login_data": "token-of-the-login"},
        "token-of-the-login",
    ),
    "login_data that is the whole result": (
        infisical_integration_auth_info,
        {"login_data": {"changed": False, "login_data": LOGIN}, **BROKEN},
        "token-of-the-login",
    ),
    "login_data in a list": (infisical_integration_auth_info, {"login_data": [LOGIN]}, "token-of-the-login"),
    "extra_headers": (
        infisical_integration_auth_info,
        {"extra_headers": {"X-Key": "key-of-the-gateway"}, **BROKEN},
        "key-of-the-gateway",
    ),
    "extra_headers in JSON": (
        infisical_integration_auth_info,
        {"extra_headers": '{"X-Key": "key-of-the-gateway"}', **BROKEN},
        "key-of-the-gateway",
    ),
    "extra_headers as pairs": (
        infisical_integration_auth_info,
        {"extra_headers": "X-Key=key-of-the-gateway", **BROKEN},
        "key-of-the-gateway",
    ),
    "extra_headers in a list": (
        infisical_integration_auth_info,
        {"extra_headers": [{"X-Key": "key-of-the-gateway"}]},
        "key-of-the-gateway",
    ),
    "extra_headers with a secret for a name": (
        infisical_integration_auth_info,
        {"extra_headers": {"key-of-the-gateway": "key-of-the-gateway"}, **BROKEN},
        "key-of-the-gateway",
    ),
    "credentials in JSON": (
        infisical_app_connection,
        {
            "app": "aws",
            "name": "a",
            "method": "access-key",
            "credentials": '{"access_key_id": "AKIA", "secret_access_key": "secret-of-aws-1"}',
            **BROKEN,
        },
        "secret-of-aws-1",
    ),
    "a secret that excludes another": (
        infisical_integration_auth,
        {**AUTH_OPTIONS, "access_token": "first-secret-1", "refresh_token": {"a": ["first-secret-1"]}},
        "first-secret-1",
    ),
    "an option that is not known": (
        infisical_integration_auth,
        {**AUTH_OPTIONS, "acces_token": "misspelled-secret-1"},
        "misspelled-secret-1",
    ),
    "an option that is not known, nested": (
        infisical_destination_info,
        {
            "key": "key-of-the-digests",
            "destinations": [
                {"name": "a", "destination": "b", "destination_config": {}, "session_token": "misplaced-secret-1"}
            ],
        },
        "misplaced-secret-1",
    ),
    "in a name": (
        infisical_integration_auth,
        {**AUTH_OPTIONS, "namespace": "of first-secret-1\n ", "access_token": "first-secret-1\n", **BROKEN},
        "first-secret-1",
    ),
}


@pytest.mark.parametrize(("module", "options", "secret"), UNFIT_OPTIONS.values(), ids=UNFIT_OPTIONS)
def test_no_secret_is_shown_where_an_option_does_not_validate(
    run: Any, module: Any, options: dict, secret: str
) -> None:
    login = {} if module is infisical_destination_info else {"url": URL}
    result = run(module, login=login, **options)
    assert result.failed
    assert secret not in result.output
    assert "invocation" in result.data
    if login:
        assert result["invocation"]["module_args"]["url"] == URL


def test_an_option_that_is_a_mapping_may_be_text_also_where_all_is_fine(server: Server, run: Any) -> None:
    headers = {"X-Key": "key-of-the-gateway"}
    server.expects(
        "GET", AUTHS, api_error(400, "BadRequest", "You sent key-of-the-gateway."), status=400, headers=headers
    )
    result = run(infisical_integration_auth_info, project_id=PROJECT, extra_headers="X-Key=key-of-the-gateway")
    assert "key-of-the-gateway" not in result.output
    assert result["invocation"]["module_args"]["extra_headers"] == {"X-Key": "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"}


@pytest.mark.parametrize("options", [{}, BROKEN])
def test_a_module_writes_nothing_to_the_system_s_log(
    server: Server, monkeypatch: pytest.MonkeyPatch, options: dict
) -> None:
    written: list[tuple] = []
    for way in ("_log_to_syslog", "_log_to_journal"):
        monkeypatch.setattr(AnsibleModule, way, lambda _self, *what: written.append(what), raising=False)
    monkeypatch.setattr(basic, "has_journal", False, raising=False)
    if not options:
        server.expects("GET", AUTHS, {"authorizations": []}, token="token-of-the-login")
    server.run(
        infisical_integration_auth_info,
        login={"login_data": LOGIN},
        project_id=PROJECT,
        _ansible_no_log=False,
        **options,
    )
    assert written == []


def test_what_is_no_secret_is_shown(server: Server, run: Any) -> None:
    server.expects("GET", AUTHS, {"authorizations": [api_auth()]}, token="token-of-the-login")
    result = run(infisical_integration_auth_info, login={"login_data": LOGIN}, project_id=PROJECT)
    assert result["invocation"]["module_args"]["login_data"]["url"] == URL
    assert result["invocation"]["module_args"]["project_id"] == PROJECT
    assert result["integration_auths"][0]["id"] == AUTH_ID
    assert "token-of-the-login" not in result.output


def test_a_token_that_was_given_with_blanks_comes_back_whole(run: Any) -> None:
    login = {"url": URL, "auth_method": "token_auth", "token": "  given-token-4711\n"}
    assert run(infisical_login, login=login)["login_data"]["access_token"] == "given-token-4711"


UNIVERSAL = {"url": URL, "universal_auth_client_id": "client-1", "universal_auth_client_secret": "client-secret-1"}
NOT_ENDED = "The access token that this task created could not be revoked and is valid until it expires"
KEY = made_up(900)
SAID = f"You sent own-token, client-secret-1, {PEM} and {KEY}."


def expects_refused_end(server: Server) -> None:
    headers = {"X-Gateway-Key": KEY}
    server.expects_revoke(answer=api_error(400, "BadRequest", SAID), status=400, headers=headers)


def expects_one_item(server: Server) -> None:
    headers = {"X-Gateway-Key": KEY}
    server.expects(
        "GET", AUTHS, {"authorizations": [api_auth(integration="github")]}, token="own-token", headers=headers
    )


ITEM = {**AUTH_OPTIONS, "access_token": PEM, "extra_headers": {"X-Gateway-Key": KEY}}


def check_warning(warnings: list[str]) -> None:
    (warning,) = warnings
    assert warning.startswith(f"{NOT_ENDED}: The server refused: You sent ********, ********, ******** and ********.")
    assert parts_shown(PEM + KEY, warning) == set()
    assert "own-token" not in warning
    assert "client-secret-1" not in warning


def test_the_warning_of_an_end_that_failed_is_masked(server: Server) -> None:
    server.expects_login(headers={"X-Gateway-Key": KEY})
    expects_one_item(server)
    expects_refused_end(server)
    check_warning(server.run(infisical_integration_auth, login=UNIVERSAL, **ITEM).warnings)


def test_whatever_a_client_says_at_its_end_is_masked() -> None:
    session = module_utils.Session()
    session.secrets = {"correct horse battery"}
    client = SimpleNamespace(close=lambda: "Sent with correct horse battery.")
    session._stores.append(SimpleNamespace(client=client))
    assert session.close() == ["Sent with ********."]


class TestLoop:
    """The items of a loop share a login, which ends only after the last one, outside of any task's core."""

    @pytest.fixture
    def warnings(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        shown: list[str] = []
        monkeypatch.setattr(in_process.display, "warning", shown.append)
        monkeypatch.setattr(in_process, "shared_session", in_process.SharedSession())
        monkeypatch.setattr(_session, "Finalize", mock.Mock())
        return shown

    def loop(self, server: Server, *no_log: bool) -> None:
        server.expects_login(headers={"X-Gateway-Key": KEY})
        expects_one_item(server)
        expects_refused_end(server)
        for number, quiet in enumerate(no_log):
            plugin = plugin_of(infisical_integration_auth, loop=[1, 2], _uuid="uuid", no_log=quiet)
            # Only the first item has the secret that the server repeats at the end.
            token = {} if number else {"access_token": PEM}
            result = plugin._run_here({**UNIVERSAL, **ITEM, "access_token": "another", **token}, {})
            assert not result.get("failed")
        plugin._connection.close()
        server._check_script()

    def test_the_warning_is_masked_with_the_secrets_of_all_items(self, server: Server, warnings: list[str]) -> None:
        self.loop(server, False, False)
        check_warning(warnings)

    @pytest.mark.parametrize("no_log", [(True, True), (True, False), (False, True)])
    def test_no_log_leaves_no_word_of_the_server(self, server: Server, warnings: list[str], no_log: tuple) -> None:
        self.loop(server, *no_log)
        assert warnings == [module_utils.UNSAID]


@pytest.mark.parametrize(("no_log", "shown"), [(False, "validate_certs is false: "), (True, module_utils.UNSAID)])
def test_no_log_hides_warnings(server: Server, no_log: bool, shown: str) -> None:
    options = {"project_id": PROJECT, "validate_certs": False}
    server.expects("GET", AUTHS, {"authorizations": []})
    result = server.run(infisical_integration_auth_info, _ansible_no_log=no_log, **options)
    server.expects("GET", AUTHS, {"authorizations": []})
    plugin = plugin_of(infisical_integration_auth_info, no_log=no_log)
    data = plugin._run_here({"url": URL, "auth_method": "token_auth", "token": TOKEN, **options}, {})
    for warnings in (result.warnings, data["warnings"]):
        assert len(warnings) == 1
        assert warnings[0].startswith(shown)


@pytest.mark.parametrize("no_log", [True, False])
def test_a_module_learns_of_no_log_alone(no_log: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def update(_self: Any, _name: str, args: dict, *_more: Any) -> None:
        args["_ansible_no_log"] = True  # as with no_target_syslog

    monkeypatch.setattr(in_process.OrdinaryAction, "_update_module_args", update)
    args: dict = {}
    plugin_of(infisical_integration_auth, no_log=no_log)._update_module_args("any", args, {})
    assert args == {"_ansible_no_log": no_log}


class TestLogin:
    """Later tasks need the token, so that the module can't mask it in its own result."""

    def test_async_is_refused(self) -> None:
        plugin = plugin_of(infisical_login, async_val=60)
        assert plugin.run(task_vars={}) == {
            "failed": True,
            "msg": (
                "infisical_login does not support async: the result would be kept in a file that others can read, with"
                " the access token in it. Remove async and poll from the task."
            ),
            "error_kind": "input",
        }

    @pytest.mark.parametrize(("module", "quiet"), [(infisical_login, True), (infisical_integration_auth, False)])
    def test_the_connection_prints_nothing_of_what_the_module_prints(
        self, module: Any, quiet: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        plugin = plugin_of(module)
        plugin._connection = SimpleNamespace(transport="ssh", close=lambda: None, _play_context=mock.Mock(no_log=False))
        plugin._play_context.no_log = plugin._play_context.become = False
        seen = []

        def ordinary(*_unused: Any) -> dict:
            seen.append((plugin._play_context.no_log, plugin._connection._play_context.no_log))
            return {"changed": False}

        monkeypatch.setattr(in_process.OrdinaryAction, "run", ordinary)
        plugin.run(task_vars={})
        assert seen == [(quiet, quiet)]


TEXTS = st.text(max_size=6) | st.sampled_from(["\n", "a\\nb", "%2f", '"', "'", "é", "😀", "  "])


@given(parts=st.lists(TEXTS, min_size=1, max_size=6), before=st.text(max_size=3))
def test_whatever_is_written_somehow_is_masked(parts: list[str], before: str) -> None:
    secret = "".join(parts)
    stripped = secret.strip()
    if len(stripped) < 2 or set(stripped) <= set("* "):
        return
    for write in (str, str.strip, json.dumps, repr, lambda text: json.dumps(text, ensure_ascii=False)):
        shown = masking.Mask({secret}).text(f"{before}<{write(secret)}>")
        assert shown.endswith((">", f"{masking.MASK}>"))
        assert masking.MASK in shown
        if secret not in before + "<>" + masking.MASK:
            assert secret not in shown
