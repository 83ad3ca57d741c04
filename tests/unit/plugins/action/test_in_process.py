# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import functools
import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible_collections.community.infisical.plugins.action import in_process
from ansible_collections.community.infisical.plugins.module_utils import _module
from ansible_collections.community.infisical.plugins.plugin_utils import _core, _session

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
        monkeypatch.setattr(_core, "plain_args", mock.Mock(return_value={}))
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
    result = plugin._run_here({"project_id": "x", "timeout": 10**400}, {})
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
        templar=mock.Mock(template=lambda text: text),
        shared_loader_obj=mock.Mock(),
    )
    for name, value in changes.items():
        owner, _unused, attribute = name.partition("__")
        setattr(getattr(plugin, f"_{owner}"), attribute, value)
    return plugin


def with_templar(template: Callable[[Any], Any]) -> Any:
    """Return the plugin with something else that fills in templates."""
    return action(templar__template=template)


# Ansible's own.
TEMPLATES = Templar(loader=DataLoader(), variables={}).template


def reason(plugin: Any, variables: dict | None = None) -> str | None:
    try:
        plugin._check_suitable({"ansible_playbook_python": sys.executable, **(variables or {})})
    except in_process.Unsuitable as unsuitable:
        return str(unsuitable)
    return None


OTHER = "/usr/bin/such-a-python"
SOURCES = [path for module in (in_process, _core) for path in Path(module.__file__).parent.glob("*.py")]


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

    @pytest.mark.parametrize("value", [False, "false", "no", 0])
    def test_switched_off_by_variable(self, value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("INFISICAL_IN_PROCESS", "true")
        assert reason(action(), {"infisical_in_process": value}) == "infisical_in_process is false"

    def test_switched_off_by_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("INFISICAL_IN_PROCESS", "false")
        assert reason(action()) == "infisical_in_process is false"
        assert reason(action(), {"infisical_in_process": True}) is None

    @pytest.mark.parametrize("value", ["", "true"])
    def test_not_switched_off_by_the_environment(self, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
        monkeypatch.setenv("INFISICAL_IN_PROCESS", value)
        assert reason(action()) is None

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
            _core.plain_args(action(task__args={"timeout": object()}))

    def test_encrypted_values_are_decrypted(self) -> None:
        class EncryptedString:
            def __str__(self) -> str:
                return "plain"

        encrypted = action(task__args={"metadata": {"a": [EncryptedString()]}})
        assert _core.plain_args(encrypted) == {"metadata": {"a": ["plain"]}}


class TestCore:
    """What is undocumented of ansible-core is looked for and tried first; without it, modules run the ordinary way."""

    @pytest.fixture(autouse=True)
    def _unseen(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(_core, "_passed", set())

    @pytest.fixture
    def way(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], str]:
        """Returns a function that runs a task and tells how it ran: what -vvv says, or that it ran in this process."""
        said = mock.Mock()
        monkeypatch.setattr(in_process.display, "vvv", said)
        monkeypatch.setattr(in_process.OrdinaryAction, "run", mock.Mock(return_value={"ran": "as a module"}))
        monkeypatch.setattr(in_process.ActionBase, "run", mock.Mock(return_value={}))
        monkeypatch.setattr(in_process.ActionModule, "_run_here", mock.Mock(return_value={"ran": "here"}))

        def run(plugin: Any) -> str:
            result = plugin.run(task_vars={"ansible_playbook_python": sys.executable})
            assert result == {"ran": "as a module" if said.called else "here"}
            return said.call_args.args[0] if said.called else "here"

        return run

    def test_this_core_has_all(self, way: Callable) -> None:
        assert way(with_templar(TEMPLATES)) == "here"

    def test_all_that_is_used_is_looked_for(self) -> None:
        files = [path for path in SOURCES if path.name in ("in_process.py", "_core.py", "_session.py")]
        assert len(files) == 3
        used = {use for path in files for use in re.findall(r"(?:self|action)(\._[a-z_]+\.[a-z_]+)", path.read_text())}
        # What the developer's guide names, what is the session's own, and what is asked for by getattr.
        known, asked = {"._task.action", "._session.forget", "._session.close"}, {"action._task.async_val"}
        looked_for = {name for name in _core.NAMES if name.startswith("action.")}
        assert {f"action{use}" for use in used - known} | asked == looked_for

    @pytest.mark.parametrize("name", _core.NAMES)
    def test_a_name_is_missing(self, name: str, way: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
        plugin = action()
        monkeypatch.setattr(_core, "constants", mock.Mock())
        monkeypatch.setattr(_core, "ArgumentSpecValidator", validator := mock.Mock())
        roots = {
            "action": plugin,
            "constants": _core.constants,
            "validation": validator.return_value.validate.return_value,
        }
        root, *path, last = name.split(".")
        owner = functools.reduce(getattr, path, roots[root])
        getattr(owner, last)
        delattr(owner, last)

        assert way(plugin) == (
            f"community.infisical.infisical_integration runs as an ordinary module: ansible-core {_core.core_version}"
            f" lacks {name}"
        )

    @pytest.mark.parametrize("name", ["_connection", "_loader", "_play_context", "_templar"])
    def test_an_object_is_missing(self, name: str, way: Callable) -> None:
        plugin = action()
        delattr(plugin, name)
        assert f"lacks action.{name}." in way(plugin)

    def test_a_text_is_a_template(self, way: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
        text = _core.template.trust_as_template(_core.TEMPLATE) if _core.DATA_TAGGING else _core.TEMPLATE
        monkeypatch.setattr(_core, "as_returned", lambda *_unused: {"text": "", "template": text})
        assert str(TEMPLATES(text)) == "2"
        assert way(with_templar(TEMPLATES)).endswith(": the self-test saw a text of a result become a template")

    def test_nothing_marks_texts_as_data(self, way: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(_core, "DATA_TAGGING", False)
        monkeypatch.setitem(sys.modules, "ansible.utils.unsafe_proxy", None)
        assert way(action()).endswith(" ended in ModuleNotFoundError")

    def test_the_test_itself_breaks_off(self, way: Callable) -> None:
        broken = mock.Mock(side_effect=RuntimeError("canary"))
        assert way(with_templar(broken)).endswith(
            f": the self-test on ansible-core {_core.core_version} ended in RuntimeError"
        )

    @pytest.mark.parametrize(
        ("core", "said"), [((2, 15), 1), ((2, 16), 0), ((2, 21), 0), ((2, 22), 1), ((3, 0), 1)], ids=str
    )
    def test_a_core_that_is_not_tested(
        self, core: tuple[int, int], said: int, way: Callable, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        word = mock.Mock()
        monkeypatch.setattr(_core, "CORE", core)
        monkeypatch.setattr(_core.display, "v", word)
        assert [way(action()), way(action())] == ["here", "here"]
        assert [call.args[0] for call in word.call_args_list] == said * [
            f"Running in the controller's process on ansible-core {_core.core_version}; tested is 2.16 to 2.21."
        ]

    def test_it_is_looked_once_in_a_process(self, way: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
        asked = mock.Mock(side_effect=str)
        for pid in (1, 1, 2):
            monkeypatch.setattr(os, "getpid", lambda pid=pid: pid)
            assert way(with_templar(asked)) == "here"
        assert asked.call_count == 2


class TestSharedSession:
    @pytest.fixture
    def shared(self, monkeypatch: pytest.MonkeyPatch) -> in_process.SharedSession:
        fresh = in_process.SharedSession()
        monkeypatch.setattr(in_process, "shared_session", fresh)
        monkeypatch.setattr(_session, "Finalize", mock.Mock())
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
        monkeypatch.setattr(_session.display, "warning", warning)
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
    monkeypatch.setattr(_core.constants.config, "get_config_value", mock.Mock(side_effect=[setting]))
    assert in_process.invocation_is_shown({}) is shown


def test_results_are_no_templates() -> None:
    result = {"changed": True, "none": None, "text": "a {{ text }}", "rows": ["one", 1]}
    assert _core.as_returned(result) == result
    assert TEMPLATES(_core.as_returned(result)["text"]) == "a {{ text }}"


def test_results_are_of_the_types_that_a_module_can_print() -> None:
    declaration = _module.Declaration(run=mock.Mock(), options={})
    masked = declaration.masked({"changed": True, "none": None, "rows": ("one", 1)}, {"retries": 1}, set())
    assert masked == json.loads(json.dumps(masked))
    assert masked["rows"] == ["one", 1]
