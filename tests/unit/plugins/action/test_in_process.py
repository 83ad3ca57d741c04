# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
from ansible.errors import AnsibleError
from ansible_collections.community.infisical.plugins.action import in_process
from ansible_collections.community.infisical.plugins.module_utils import _masking as masking
from hypothesis import given
from hypothesis import strategies as st

LOGGED_IN = {"changed": False, "login_data": {"url": "https://x.example.com", "access_token": "own-token"}}


@pytest.fixture(params=["in this process", "as an ordinary module"])
def door(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Returns a function that runs a task by one of the two doors, with the core's result given."""
    suitable = request.param == "in this process"
    refusal = None if suitable else in_process.Unsuitable("a test")

    def run(result: dict) -> dict:
        inside, ordinary = mock.Mock(return_value=dict(result)), mock.Mock(return_value=dict(result))
        monkeypatch.setattr(in_process, "shared_session", mock.Mock())
        monkeypatch.setattr(in_process.ActionModule, "_check_suitable", mock.Mock(side_effect=refusal))
        monkeypatch.setattr(in_process.ActionModule, "_plain_args", mock.Mock(return_value={}))
        monkeypatch.setattr(in_process.ActionModule, "_run_here", inside)
        monkeypatch.setattr(in_process.OrdinaryAction, "run", ordinary)
        monkeypatch.setattr(in_process.ActionBase, "run", mock.Mock(return_value={}))
        task = mock.Mock(action="community.infisical.infisical_login", async_val=0, no_log=False)
        returned = in_process.ActionModule(task, *[mock.Mock() for _unused in range(5)]).run(task_vars={})
        assert (inside.called, ordinary.called) == (suitable, not suitable)
        return returned

    return run


def test_a_result_with_a_token_is_censored_and_whole(door: Any) -> None:
    assert door(LOGGED_IN) == {**LOGGED_IN, "_ansible_no_log": True}


def test_options_that_break_ansibles_own_check_are_refused_in_one_line() -> None:
    plugin = action(task__action="community.infisical.infisical_integrations")
    plugin._loader.get_basedir.return_value = "."
    result = plugin._run_here({"project_id": "x", "integrations": [{"metadata": True}]}, {})
    assert (result["failed"], result["error_kind"]) == (True, "input")
    assert result["msg"].startswith("An option holds a value that Ansible can't check: ")


@pytest.mark.parametrize(
    "plain", [{"changed": True, "login_data": None}, {"failed": True, "msg": "refused"}, {"changed": False}]
)
def test_what_holds_no_token_is_shown(door: Any, plain: dict) -> None:
    assert door(plain) == plain


class Shared:
    """The objects of a server, as far as a session sees them."""

    def __init__(self) -> None:
        self.client = SimpleNamespace(server=None, close=self.close)
        self.memory = {"lists": {"a": 1}}
        self.closed = 0

    def forget_all(self) -> None:
        self.memory.clear()

    def close(self) -> str | None:
        self.closed += 1
        return "trouble"


def action(**changes: Any) -> Any:
    """The plugin with a task that suits it: on this machine, as this user, without anything special."""
    special = {"environment": [{}], "delegate_to": None, "loop": None, "loop_with": None, "until": [], "retries": None}
    task = mock.Mock(async_val=0, no_log=False, **special)
    task.action, task._uuid, task.args = "community.infisical.infisical_integration", "uuid-1", {}
    plugin = in_process.ActionModule(
        task=task,
        connection=mock.Mock(transport="local", spec=["transport", "close"]),
        play_context=mock.Mock(become=False),
        loader=mock.Mock(),
        templar=mock.Mock(),
        shared_loader_obj=mock.Mock(),
    )
    for name, value in changes.items():
        owner, _unused, attribute = name.partition("__")
        setattr(getattr(plugin, f"_{owner}"), attribute, value)
    return plugin


def reason(plugin: Any, variables: dict | None = None) -> str | None:
    try:
        plugin._check_suitable({"ansible_playbook_python": sys.executable, **(variables or {})})
    except in_process.Unsuitable as unsuitable:
        return str(unsuitable)
    return None


OTHER = "/usr/bin/such-a-python"


class TestHandOver:
    def test_nothing_special(self) -> None:
        assert reason(action()) is None

    @pytest.mark.parametrize(
        ("changes", "text"),
        [
            ({"connection__transport": "ssh"}, "the connection is ssh"),
            ({"play_context__become": True}, "become"),
            ({"task__async_val": 10}, "async"),
            ({"task__environment": [{}, {"A": "b"}]}, "the task has an environment"),
        ],
    )
    def test_a_task_that_is_special(self, changes: dict, text: str) -> None:
        assert reason(action(**changes)) == text

    def test_requests_is_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(in_process, "REQUESTS_IMPORT_ERROR", "No module named requests")
        assert reason(action()) == "the Python of ansible-core lacks requests"

    def test_boto3_is_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(in_process, "find_spec", {"boto3": None}.__getitem__)
        asks_aws = action(task__action="community.infisical.infisical_destination_info")
        assert reason(asks_aws) == "the Python of ansible-core lacks boto3"
        assert reason(action()) is None

    @pytest.mark.parametrize(
        ("core", "tested"), [((2, 15), False), ((2, 16), True), ((2, 21), True), ((2, 22), False), ((3, 0), False)]
    )
    def test_cores(self, core: tuple, tested: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(in_process, "CORE", core)
        assert (reason(action()) is None) == tested

    @pytest.mark.parametrize("value", [False, "false", "no", 0])
    def test_switched_off_by_variable(self, value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("INFISICAL_IN_PROCESS", "true")
        assert reason(action(), {"infisical_in_process": value}) == "infisical_in_process is false"

    def test_switched_off_by_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("INFISICAL_IN_PROCESS", "false")
        assert reason(action()) == "infisical_in_process is false"
        assert reason(action(), {"infisical_in_process": True}) is None

    def test_a_template_is_looked_through(self) -> None:
        plugin = action()
        template = plugin._templar.copy_with_new_env.return_value.template
        template.return_value = False
        assert reason(plugin, {"infisical_in_process": "{{ off }}"}) == "infisical_in_process is false"
        template.assert_called_once_with("{{ off }}")

    @pytest.mark.parametrize(
        "interpreter", ["auto", "auto_silent", "auto_legacy", sys.executable, f" {sys.executable}"]
    )
    def test_own_interpreters(self, interpreter: str) -> None:
        assert reason(action(), {"ansible_python_interpreter": interpreter}) is None

    @pytest.mark.parametrize("interpreter", [OTHER, "/usr/bin/env python3", "no-such-python"])
    def test_other_interpreters(self, interpreter: str) -> None:
        assert reason(action(), {"ansible_python_interpreter": interpreter}) == "another Python interpreter is set"

    def test_another_environment_of_the_same_python(self, tmp_path: Path) -> None:
        (tmp_path / "python").symlink_to(sys.executable)
        (tmp_path / "python3").symlink_to("python")
        assert not in_process.is_same_python(str(tmp_path / "python"), sys.executable)
        assert in_process.is_same_python(str(tmp_path / "python"), str(tmp_path / "python3"))

    @pytest.mark.parametrize(
        "variables", [{"infisical_in_process": False}, {"ansible_python_interpreter": OTHER}], ids=["off", "python"]
    )
    def test_the_delegated_host_counts(self, variables: dict) -> None:
        delegated = action(task__delegate_to="there")
        assert reason(delegated, {"ansible_delegated_vars": {"there": variables}}) is not None
        assert reason(delegated, {"ansible_delegated_vars": {"there": {}}, **variables}) is None

    def test_values_that_json_lacks(self) -> None:
        with pytest.raises(in_process.Unsuitable, match="JSON"):
            action(task__args={"timeout": object()})._plain_args()

    def test_encrypted_values_are_decrypted(self) -> None:
        class EncryptedString:
            def __str__(self) -> str:
                return "plain"

        assert action(task__args={"metadata": {"a": [EncryptedString()]}})._plain_args() == {
            "metadata": {"a": ["plain"]}
        }


class TestSharedSession:
    @pytest.fixture
    def shared(self, monkeypatch: pytest.MonkeyPatch) -> in_process.SharedSession:
        fresh = in_process.SharedSession()
        monkeypatch.setattr(in_process, "shared_session", fresh)
        monkeypatch.setattr(in_process, "Finalize", mock.Mock())
        return fresh

    def test_a_single_task_shares_nothing(self, shared: in_process.SharedSession) -> None:
        assert shared.of(action())[1] is False
        assert shared.of(action())[0] is not shared.of(action())[0]

    @pytest.mark.parametrize("looped", [{"task__loop": [1]}, {"task__loop_with": "items"}])
    def test_items_share_a_session_and_what_it_read(self, shared: in_process.SharedSession, looped: dict) -> None:
        session, kept = shared.of(action(**looped))
        session._stores.append(Shared())
        assert kept is True
        assert shared.of(action(**looped)) == (session, True)
        assert session._stores[0].memory

    def test_tasks_share_nothing(self, shared: in_process.SharedSession) -> None:
        session, _unused = shared.of(action(task__loop=[1]))
        client = Shared()
        session._stores.append(client)
        assert shared.of(action(task__loop=[1], task___uuid="uuid-2"))[0] is not session
        assert client.closed == 1

    @pytest.mark.parametrize("repeated", [{"task__until": ["true"]}, {"task__retries": 0}])
    def test_attempts_share_the_login_and_read_afresh(self, shared: in_process.SharedSession, repeated: dict) -> None:
        session, _unused = shared.of(action(**repeated))
        session._stores.append(Shared())
        assert shared.of(action(**repeated))[0] is session
        assert not session._stores[0].memory

    def test_the_end_of_the_connection_ends_it(
        self, shared: in_process.SharedSession, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        warning = mock.Mock()
        monkeypatch.setattr(in_process.display, "warning", warning)
        plugin = action(task__loop=[1])
        ordinary, client = plugin._connection.close, Shared()
        shared.of(plugin)[0]._stores.append(client)
        shared.of(plugin)
        plugin._connection.close()
        plugin._connection.close()
        assert client.closed == 1
        assert ordinary.call_count == 2
        warning.assert_called_once_with("trouble")

    def test_a_fork_leaves_the_session_to_its_owner(
        self, shared: in_process.SharedSession, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client = Shared()
        shared.of(action(task__loop=[1]))[0]._stores.append(client)
        monkeypatch.setattr(os, "getpid", lambda: -1)
        shared.close()
        assert client.closed == 0


@pytest.mark.parametrize(("setting", "shown"), [(True, True), (False, False), (AnsibleError("no such setting"), True)])
def test_the_invocation_is_shown_as_this_core_does(setting: Any, shown: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_process.C.config, "get_config_value", mock.Mock(side_effect=[setting]))
    assert in_process.invocation_is_shown({}) is shown


def test_results_are_masked_plain_and_no_templates() -> None:
    result = {"changed": True, "none": None, "text": "a secret here", "rows": ("secret", 1), 1: "key"}
    assert in_process.as_returned(result, {"secret"}) == {
        "changed": True,
        "none": None,
        "text": "a ******** here",
        "rows": ["VALUE_SPECIFIED_IN_NO_LOG_PARAMETER", 1],
        "1": "key",
    }


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.sampled_from(
    ['"', "\\", "\n", "é", "true", "1e"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(
    result=st.dictionaries(TEXTS, VALUES, max_size=4),
    others=st.sets(TEXTS.filter(str.strip), max_size=3),
    data=st.data(),
)
def test_masking_finds_all_that_is_to_be_masked(result: dict, others: set[str], data: st.DataObject) -> None:
    """Whether or not a look at the whole finds a secret, each value is masked as a module's would be."""
    shown = [
        text for text in re.findall(r"[^\[\]{}, ]+", json.dumps(result, ensure_ascii=False)) if text.strip('"').strip()
    ]
    mine = {data.draw(st.sampled_from(shown)).strip('"')} if shown else set()
    secrets = {secret for secret in others | mine if secret.strip()}
    expected = json.loads(json.dumps(masking.masked(result, secrets)))
    assert in_process.as_returned(result, secrets) == expected
