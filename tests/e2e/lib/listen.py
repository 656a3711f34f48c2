"""Hears a window as a screen reader does. It walks the window's tree once, because WebKit tells nobody anything until
somebody has looked, says {"ready": how many nodes}, and then prints each block that is added to a live region, one JSON
object a line: {"live": "polite" or "assertive", "text": ...}. The argument is the window's application name."""

import json
import sys

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402

NODES_MAX = 20_000
LOOK_AGAIN_MS = 200


def say(what):
    print(json.dumps(what), flush=True)


def children(node):
    return [child for child in map(node.get_child_at_index, range(node.get_child_count())) if child is not None]


def text(node):
    if node.get_text_iface() is not None:
        return Atspi.Text.get_text(node, 0, -1)
    return node.get_name() or " ".join(map(text, children(node)))


def heard(event):
    try:
        attributes = event.source.get_attributes()
        live = attributes.get("live") or attributes.get("container-live")
        if live in ("polite", "assertive"):
            # The block itself, and not its place: by now there may be others.
            say({"live": live, "text": text(event.any_data)})
    except GLib.Error as error:
        say({"live": "lost", "text": str(error)})


def walk(name):
    """How many nodes the application has, once its page is among them; else nothing."""
    found, pages = 0, 0
    waiting = [app for app in children(Atspi.get_desktop(0)) if app.get_name() == name]
    while waiting and found < NODES_MAX:
        node = waiting.pop()
        found += 1
        pages += node.get_role_name() == "document web"
        waiting += children(node)
    return found if pages else 0


def look(name):
    try:
        found = walk(name)
    except GLib.Error:
        return True  # It changed while it was walked.
    if found:
        say({"ready": found})
    return not found


if __name__ == "__main__":
    Atspi.init()
    listener = Atspi.EventListener.new(heard)
    listener.register("object:children-changed:add")
    GLib.timeout_add(LOOK_AGAIN_MS, look, sys.argv[1])
    Atspi.event_main()
