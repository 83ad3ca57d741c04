# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server's objects by kind: listed once a task or loop, and kept true by the task's own writes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from string import Formatter
from threading import RLock
from typing import Any, TypeVar
from urllib.parse import quote

from .._errors import (
    InfisicalError,
    NotFound,
    NotUnderstood,
    RouteMissing,
    ServerError,
    UnexpectedAnswer,
    listed,
    shown,
)
from .._http.client import Client
from .kind import Kind, View
from .paths import PROJECTS, Paths
from .shapes import MAPPING, check, list_of
from .values import oldest_of

ValueT = TypeVar("ValueT")

# Seconds between the looks for an object that the list may show later than it was made.
LOOKS = (0, 1, 2, 4, 8)
# An id that no object has: asking for it tells what the server offers and changes nothing.
NOBODY = "00000000-0000-4000-8000-000000000000"


def if_readable(read: Callable[[], ValueT]) -> ValueT | None:
    """Return what `read` gives, or None where the identity may not read it, or the server does not have it.

    For looks that only help to say more. Raises NotUnderstood for an answer that is not what the API says.
    """
    try:
        return read()
    except NotUnderstood:
        raise
    except InfisicalError:
        return None


class Store:
    """Reads and writes objects of any kind for one task, or all items of its loop. Objects go in and out as views.

    `where` is what the paths of a kind need: the project's id, and for some kinds the app or the destination.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self._lists: dict[tuple[Any, ...], dict[str, dict[str, Any]]] = {}
        self._groups: dict[tuple[Any, ...], dict[Hashable, dict[str, dict[str, Any]]]] = {}
        self._looked_up: dict[tuple[Any, ...], Any] = {}
        # Ids of what certainly is this task's own work.
        self._made: set[str] = set()
        self.paths = Paths(client)
        self._lock = RLock()

    @property
    def is_old(self) -> bool:
        """Whether the server may have only the older paths of projects, as far as one of them was read."""
        return self.paths.may_lack(PROJECTS)

    def start_item(self) -> None:
        """Serve a further item of a loop."""
        self._made.clear()

    def forget_all(self) -> None:
        """Read everything afresh from now on."""
        for memory in (self._lists, self._groups, self._looked_up):
            memory.clear()

    def once(self, key: tuple[Any, ...], read: Callable[[], Any]) -> Any:
        """Return what `read` gives, asked for once a task: items side by side often need the same look-up."""
        with self._lock:
            if key not in self._looked_up:
                self._looked_up[key] = read()
            return self._looked_up[key]

    def all(self, kind: Kind, where: Mapping[str, str | None]) -> list[dict[str, Any]]:
        """Return the views of all objects of a kind in a place, from one list call."""
        key = _key(kind, where)
        with self._lock:
            if key not in self._lists:
                self._lists[key] = {view["id"]: view for view in self._read_list(kind, where)}
            return list(self._lists[key].values())

    def listed(self, kind: Kind, where: Mapping[str, str | None]) -> dict[str, dict[str, Any]] | None:
        """Return the views by id where the list has been read already, else None."""
        with self._lock:
            return self._lists.get(_key(kind, where))

    def group(
        self, kind: Kind, where: Mapping[str, str | None], by: Callable[[View], Hashable], wanted: Hashable
    ) -> list[dict[str, Any]]:
        """Return the views for which `by` (a function of a module) gives `wanted`.

        Computed once for all of a list, as a task with thousands of items would else compare each with each.
        """
        key = _key(kind, where)
        with self._lock:
            views = self.all(kind, where)
            groups = self._groups.get((key, by))
            if groups is None:
                groups = self._groups[key, by] = {}
                for view in views:
                    groups.setdefault(by(view), {})[view["id"]] = view
            return list(groups.get(wanted, {}).values())

    def _read_list(self, kind: Kind, where: Mapping[str, str | None]) -> list[dict[str, Any]]:
        query = {name: str(where[key]) for name, key in kind.list_query.items() if where.get(key)}
        try:
            path, answer = self.paths.get(
                PROJECTS, *((_filled(path, where).rstrip("/"), query or None) for path in kind.list_paths)
            )
        except RouteMissing as error:
            raise _explained(kind, error) from None
        holder = answer.get(kind.list_envelope) if kind.list_envelope else answer
        rows = holder.get(kind.list_name) if isinstance(holder, Mapping) else None
        if not isinstance(rows, list):
            raise UnexpectedAnswer(
                f"{self.client.server.url} did not return a list of {kind.list_name}: is url the address of an"
                " Infisical server?",
                status=200,
                maybe_done=False,
            )
        check(rows, list_of(MAPPING), kind.list_name, f"the response to GET {path}")
        # A row that is left out would be created a second time, or purged by its absence.
        views = [kind.view(row, where.get("project_id")) for row in rows]
        compared = [key for key in kind.listed_by if not (kind.mixed_list and key == "project_id")]
        for view in views:
            self._refuse_another(kind, view, {key: where.get(key) for key in compared}, maybe_done=False)
        return views

    def find(self, kind: Kind, object_id: str, where: Mapping[str, str | None] | None = None) -> dict[str, Any] | None:
        """Return the view of one object by its id, or None where there is none."""
        where = where or {}
        try:
            answer = self.client.get(f"{_filled(kind.object_path, where)}/{quote(object_id, safe='')}")
        except NotFound:
            return None
        view = self.unwrapped(kind, answer, {**_place(kind, where), "id": object_id})
        if object_id in (self.listed(kind, where) or ()):
            self._remember(kind, where, view)
        return view

    def create(
        self,
        kind: Kind,
        body: View,
        where: Mapping[str, str | None],
        is_it: Callable[[View], bool],
        warn: Callable[[str], None],
    ) -> dict[str, Any]:
        """Create an object and return its view.

        Where the answer is lost, or is about another object, the new one is looked for in the list, never sent again:
        `is_it` tells the view of what was asked for. Found, it is returned, with a warning; else the error says what is
        known.
        """
        known = {view["id"] for view in self.all(kind, where)}
        try:
            answer = self.client.post(_filled(kind.create_path, where), body)
            asked = {**_asked(kind, body), **_place(kind, where)}
            made = answer.get(kind.envelope)
            if kind.mixed_list and isinstance(made, Mapping) and not made.get("projectId"):
                # It is not the project's; whoever asked for it decides what becomes of it.
                asked.pop("project_id", None)
            view = self.unwrapped(kind, answer, asked)
            if view["id"] in known:
                raise self._another(kind, view, "id", "a new one", maybe_done=True)
            self._made.add(view["id"])
        except InfisicalError as error:
            if not error.maybe_done:
                raise _explained(kind, error) from None
            # This reads the list anew, and so leaves a true one behind also where it finds nothing.
            view = self._look_for(kind, where, lambda view: view["id"] not in known and is_it(view), error)
            warn(
                f"The response to the creation of {kind.label} {view['id']} was lost ({error}); it was found in the"
                " list."
            )
        self._remember(kind, where, view)
        return view

    def _look_for(
        self,
        kind: Kind,
        where: Mapping[str, str | None],
        is_it: Callable[[View], bool],
        lost: InfisicalError,
    ) -> dict[str, Any]:
        # A plain 500 is the server's own word that it failed; one look makes sure.
        looks = LOOKS[:1] if isinstance(lost, ServerError) and lost.status == 500 else LOOKS
        found: list[dict[str, Any]] = []
        for pause in looks:
            self.client.clock.sleep(pause)
            self.forget(kind, where)
            try:
                found = [view for view in self.all(kind, where) if is_it(view)]
            except InfisicalError as error:
                raise lost.extended(
                    f"Whether the {kind.label} was created could not be determined ({error}). Run the task again: it"
                    " checks first."
                ) from None
            # Of several, another run may be about to remove its own.
            if len(found) == 1:
                return found[0]
        if found:
            ids = listed(sorted(view["id"] for view in found))
            raise lost.extended(
                f"Several new ones like it are in the list ({ids}): another run created one at the same time. Remove"
                " all"
                " but one."
            ) from None
        if len(looks) == 1:
            raise lost
        raise lost.extended(
            f"The {kind.label} did not appear in the list within {sum(looks)} seconds; the request was not sent again."
        ) from None

    def namesake(
        self,
        kind: Kind,
        where: Mapping[str, str | None],
        is_it: Callable[[View], bool],
        refused: ServerError,
        warn: Callable[[str], None],
    ) -> dict[str, Any]:
        """Return what has taken the name of an object whose creation was refused: another run was faster.

        Raises `refused` where the list doesn't show the other one.
        """
        self.forget(kind, where)
        found = next((view for view in self.all(kind, where) if is_it(view)), None)
        if found is None and "the name" not in refused.text:
            # Something else exists already, such as another sync to the same destination.
            raise refused
        if found is None:
            raise refused.extended(
                "This identity can't see one with that name here. Choose another name, or allow the identity to see the"
                f" {kind.label} that has it."
            )
        warn(f"Another run created the same {kind.label} at the same time: {found['id']} is used.")
        return found

    def settle(
        self,
        kind: Kind,
        where: Mapping[str, str | None],
        views: Iterable[View],
        by: Callable[[View], Hashable],
        warn: Callable[[str], None],
    ) -> dict[str, dict[str, Any]]:
        """Look at the list once more for what another run has made meanwhile, and remove the younger of two alike.

        `views` are what this task has created, `by` gives what two alike have in common. An own one that has an older
        duplicate is removed again, with a warning; returned are those older ones, by the ids of the own ones. All runs
        keep the same one: the oldest.
        """
        own = [view for view in views if view["id"] in self._made]
        if not own or not self._see(kind, where, {view["id"] for view in own}, warn):
            return {}
        older = {}
        for view in own:
            alike = self.group(kind, where, by, by(view))
            oldest = oldest_of(alike)
            if oldest is None and len(alike) > 1:
                others = listed(sorted(other["id"] for other in alike if other["id"] != view["id"]))
                warn(
                    f"There are several {kind.label}s like {view['id']}, which this task created: {others}. The server"
                    " doesn't report which is the oldest, so none was removed. Remove all but one."
                )
            if oldest is None or oldest["id"] == view["id"]:
                continue
            older[view["id"]] = dict(oldest)
            sentence = f"Another run created the same {kind.label} at the same time: {oldest['id']} is older and stays"
            try:
                self.delete(kind, view)
                warn(f"{sentence}; the one that this task created, {view['id']}, was removed.")
            except InfisicalError as error:
                warn(f"{sentence}, but the one that this task created, {view['id']}, could not be removed: {error}")
        return older

    def _see(self, kind: Kind, where: Mapping[str, str | None], ids: set[str], warn: Callable[[str], None]) -> bool:
        """Read the list anew until these objects show in it: then all older ones do, too. Returns whether they did."""
        for pause in LOOKS:
            self.client.clock.sleep(pause)
            try:
                fresh = self._read_list(kind, where)
            except InfisicalError as error:
                warn(
                    f"Whether another run created the same {kind.label} at the same time could not be determined:"
                    f" {error}"
                )
                # What is decided by the list from here on, such as a purge, must see one that can be read.
                self.forget(kind, where)
                return False
            for view in fresh:
                if view["id"] not in (self.listed(kind, where) or ()):
                    self._remember(kind, where, view)
            if ids <= {view["id"] for view in fresh}:
                return True
        warn(
            f"What this task created did not appear in the list within {sum(LOOKS)} seconds, so it is not known whether"
            f" another run created the same {kind.label} at the same time."
        )
        return False

    def look_again(self, kind: Kind, where: View) -> dict[str, dict[str, Any]]:
        """Return the views of a new list call by id. Those that are known already are kept true to it."""
        fresh = {view["id"]: view for view in self._read_list(kind, where)}
        known = self.listed(kind, where) or {}
        for view in [view for view in fresh.values() if view["id"] in known]:
            self._remember(kind, where, view)
        return fresh

    def patch(self, kind: Kind, view: View, body: View, final: Collection[int] = ()) -> dict[str, Any]:
        """Update an object and return the view of the server's answer. `final`: as for the client's `patch`."""
        with self._forgetting(kind, view):
            answer = self.client.patch(self._path_of(kind, view), body, final)
            updated = self.unwrapped(kind, answer, _same(kind, view))
        self._remember(kind, view, updated)
        return updated

    def act(self, kind: Kind, view: View, action: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        """POST an action of an object, such as a sync, and return the view of the answer."""
        with self._forgetting(kind, view):
            answer = self.client.post(f"{self._path_of(kind, view)}/{action}", {}, params)
            acted = self.unwrapped(kind, answer, _same(kind, view))
        self._remember(kind, view, acted)
        return acted

    def delete(self, kind: Kind, view: View, params: Mapping[str, str] | None = None) -> None:
        """Delete an object; one that is gone already is fine."""
        with self._forgetting(kind, view), suppress(NotFound):
            answer = self.client.delete(self._path_of(kind, view), params)
            # Some servers answer with what they deleted, not always whole.
            gone = answer.get(kind.envelope)
            if isinstance(gone, Mapping) and isinstance(gone.get("id"), str):
                self._refuse_another(kind, gone, {"id": view["id"]}, maybe_done=True)
        key = _key(kind, view)
        with self._lock:
            self._regroup(key, self._lists.get(key, {}).pop(view["id"], None), None)

    @contextmanager
    def _forgetting(self, kind: Kind, where: View) -> Iterator[None]:
        """Drop the list where a write fails: it may have taken effect, and a loop's next item must see that."""
        try:
            yield
        except InfisicalError:
            self.forget(kind, where)
            raise

    def forget(self, kind: Kind, where: View) -> None:
        """Have the list read anew when it is wanted next."""
        key = _key(kind, where)
        with self._lock:
            self._lists.pop(key, None)
            for grouped in [grouped for grouped in self._groups if grouped[0] == key]:
                del self._groups[grouped]

    @staticmethod
    def _path_of(kind: Kind, view: View) -> str:
        return f"{_filled(kind.object_path, view)}/{quote(str(view['id']), safe='')}"

    def _remember(self, kind: Kind, where: View, view: dict[str, Any]) -> None:
        """Keep what was read of the list true to `view`."""
        key = _key(kind, where)
        with self._lock:
            listed = self._lists.get(key)
            if listed is not None:
                self._regroup(key, listed.get(view["id"]), view)
                listed[view["id"]] = view

    def _regroup(self, key: tuple[Any, ...], before: dict[str, Any] | None, after: dict[str, Any] | None) -> None:
        for (grouped, by), groups in self._groups.items():
            if grouped == key and before:
                groups.get(by(before), {}).pop(before["id"], None)
            if grouped == key and after:
                groups.setdefault(by(after), {})[after["id"]] = after

    def unwrapped(self, kind: Kind, answer: View, asked: View) -> dict[str, Any]:
        """Return the view of the object in an answer. `asked` is what is known of the one that was asked for."""
        obj = answer.get(kind.envelope)
        if not isinstance(obj, Mapping):
            raise UnexpectedAnswer(
                f"{self.client.server.url} did not return the requested {kind.label}.",
                status=200,
                maybe_done=True,
            )
        view = kind.view(obj, asked.get("project_id"))
        self._refuse_another(kind, view, asked, maybe_done=True)
        return view

    def _refuse_another(self, kind: Kind, view: View, asked: View, *, maybe_done: bool) -> None:
        """Raise UnexpectedAnswer where an answer is about another object than the one that was asked for."""
        for option, value in asked.items():
            given = view.get(option)
            # An unset project is the organization; any other key that is unset tells nothing.
            if value in (None, "") or (given is None and option != "project_id"):
                continue
            if str(given).lower() != str(value).lower():
                raise self._another(kind, view, option, shown(value), maybe_done=maybe_done)

    def _another(self, kind: Kind, view: View, option: str, asked: str, *, maybe_done: bool) -> UnexpectedAnswer:
        return UnexpectedAnswer(
            f"{self.client.server.url} returned a different {kind.label} than requested:"
            f" {shown(view['id'])}, whose {option} is {shown(view.get(option))} instead of {asked}. Nothing more was"
            " done. Does a proxy between here and the server cache responses? It must not.",
            status=200,
            maybe_done=maybe_done,
        )


def _explained(kind: Kind, error: InfisicalError) -> InfisicalError:
    """Return the error, with what it means for this kind where the server lacks the endpoint."""
    return error.extended(kind.lacking) if isinstance(error, RouteMissing) and kind.lacking else error


def _place(kind: Kind, where: View) -> dict[str, Any]:
    return {option: where[option] for option in kind.anchors if where.get(option)}


def _same(kind: Kind, view: View) -> dict[str, Any]:
    return {"id": view["id"], **_place(kind, view)}


def _asked(kind: Kind, body: View) -> dict[str, Any]:
    """Return what a request to create says of the options that the answer must repeat."""
    fields = [item for item in kind.fields if item.option in (*kind.anchors, "name")]
    return {item.option: body[item.api] for item in fields if body.get(item.api)}


def _filled(template: str, where: View) -> str:
    named = (name for _text, name, _format, _conversion in Formatter().parse(template) if name)
    return template.format_map({name: quote(str(where.get(name) or ""), safe="") for name in named})


def _key(kind: Kind, where: View) -> tuple[Any, ...]:
    return (kind.name, *(where.get(name) for name in kind.listed_by))
