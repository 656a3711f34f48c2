"""Prints what a screen reader has of a window: a line for each thing, with its role, its name and its states, indented by
what it is part of. The arguments are the application's name, the beginning of the document's, and the role of the part that
is wanted, if it is not the whole. What is repeated stands there a few times."""

import json
import sys

from gi.repository import GLib
from listen import Atspi, children, text

ALIKE = 2
REPEATED = {"table row", "list item"}
# What is nothing by itself: its children stand in its place.
THROUGH = {"section", "paragraph", "unknown", "redundant object", "filler"}
STATES = ["checked", "pressed", "expanded", "selected", "read-only", "required", "invalid-entry", "modal", "has-popup"]
OBJECT = "\ufffc"


def states(node):
    has = node.get_state_set()
    said = [name for name in STATES if has.contains(getattr(Atspi.StateType, name.replace("-", "_").upper()))]
    return said + ([] if has.contains(Atspi.StateType.SENSITIVE) else ["disabled"])


def words(node):
    said = node.get_name() or ("" if node.get_child_count() else text(node).replace(OBJECT, ""))
    return " ".join(said.split())


def lines(node, indent):
    role, name, about = node.get_role_name(), words(node), node.get_attributes()
    # What a live region says comes and goes by the clock.
    if about.get("live") in ("polite", "assertive"):
        return []
    bare = role in THROUGH and not name
    # WebKit has one role for all landmarks, and one for tables and grids.
    kind = [about[key] for key in ("xml-roles", "level") if about.get(key)]
    below, before, alike = [], None, 0
    for child in children(node):
        is_a = child.get_role_name()
        alike = alike + 1 if is_a == before else 1
        before = is_a
        if alike <= ALIKE or is_a not in REPEATED:
            below += lines(child, indent if bare else indent + "  ")
        elif alike == ALIKE + 1:
            below.append(f"{indent}  … more of {is_a}")
    if bare:
        return below
    return [" ".join([f"{indent}{role}", *kind, *([json.dumps(name, ensure_ascii=False)] if name else []), *states(node)]), *below]


def find(node, fits):
    if fits(node):
        return node
    return next(filter(None, (find(child, fits) for child in children(node))), None)


def main(application, title, part=None):
    for app in children(Atspi.get_desktop(0)):
        if app.get_name() != application:
            continue
        page = find(app, lambda node: node.get_role_name() == "document web" and node.get_name().startswith(title))
        wanted = page and (page if part is None else find(page, lambda node: part in (node.get_role_name(), node.get_attributes().get("xml-roles"))))
        if wanted:
            print("\n".join(lines(wanted, "")))
            return 0
    return 1


if __name__ == "__main__":
    Atspi.init()
    try:
        sys.exit(main(*sys.argv[1:]))
    except GLib.Error as error:
        sys.exit(f"it changed while it was read: {error.message}")
