"""Which role may ask for which page, and wish for what on the socket: the whole rule, as data.

A page is added in two steps: make its routes with `route_class=guarded(door, clock)`, and write a
line a route here, `"METHOD /path": roles`. A wish is added by a line in `WISHES`. A route or a wish
without a line is refused to everybody, and fails `tests/handoff/test_matrix.py`; the same test asks
for every route with every role, and for every wish, and compares with these tables.
"""

from collections.abc import Mapping

from storage.records import Role

Roles = frozenset[Role]

STAFF: Roles = frozenset(Role)
ROOM: Roles = frozenset({Role.COUNSELOR, Role.SUPERVISOR})
SUPERVISORS: Roles = frozenset({Role.SUPERVISOR})
STEERING: Roles = frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR})
ADMINISTRATORS: Roles = frozenset({Role.ADMINISTRATOR})
AUDITORS: Roles = frozenset({Role.AUDITOR})

ANYBODY: Roles | None = None
"""Nobody is asked who they are: young people, providers, and staff on the way in."""

ROUTES: Mapping[str, Roles | None] = {
    # young people and providers
    "WS /chat/ws": ANYBODY,
    "POST /channels/{name}": ANYBODY,
    # the way in, and out
    "GET /console/login": ANYBODY,
    "POST /console/login": ANYBODY,
    "POST /console/passkey/request": ANYBODY,
    "POST /console/passkey/sign-in": ANYBODY,
    "GET /console/join": ANYBODY,
    "POST /console/join": ANYBODY,
    "POST /console/join/start": ANYBODY,
    "POST /console/join/passkey": ANYBODY,
    "POST /console/join/passkey/options": ANYBODY,
    "GET /console/static/{name}": ANYBODY,
    # one's own sign-in
    "GET /console": STAFF,  # the room for counselors; the others are led to their own place
    "POST /console/logout": STAFF,
    "GET /console/confirm": STAFF,
    "POST /console/confirm": STAFF,
    "POST /console/confirm/passkey": STAFF,
    "GET /console/passkeys": STAFF,
    "POST /console/passkeys/options": STAFF,
    "POST /console/passkeys/add": STAFF,
    "POST /console/passkeys/remove": STAFF,
    # the room
    "WS /console/ws": ROOM,
    # who works here
    "GET /staff": ADMINISTRATORS,
    "POST /staff/propose": ADMINISTRATORS,
    "POST /staff/approve": ADMINISTRATORS,
    "POST /staff/decline": ADMINISTRATORS,
    "POST /staff/dismiss": ADMINISTRATORS,
    # the supervisor's board
    "GET /console/board": SUPERVISORS,
    "GET /console/board/bell": SUPERVISORS,
    "POST /console/board/surge": SUPERVISORS,
    "GET /console/board/handover": SUPERVISORS,
    "GET /console/board/talk/{talk}": SUPERVISORS,
    "POST /console/board/talk/{talk}/{act}": SUPERVISORS,
    "GET /console/board/stopped/{which}": SUPERVISORS,
    "POST /console/board/stopped/{which}": SUPERVISORS,
    # duties and care
    "GET /console/duties": ROOM,
    "GET /console/duties/talks/{talk}": ROOM,
    "GET /console/duties/talks/{talk}/print": SUPERVISORS,
    "GET /console/duties/unmaskings/{request_id}": ROOM,
    "POST /console/duties/talks/{talk}/unmask": ROOM,
    "POST /console/duties/talks/{talk}/report/{act}": ROOM,
    "POST /console/duties/unmaskings/{request_id}/{act}": ROOM,
    "POST /console/duties/debrief": ROOM,
    "POST /console/duties/debriefs/{debrief_id}": ROOM,
    "POST /console/duties/practice": SUPERVISORS,
    # numbers and steering
    "GET /admin": STEERING,
    "POST /admin/export": STEERING,
    "GET /admin/model": STEERING,
    "GET /admin/settings": STEERING,
    "POST /admin/settings": STEERING,
    "GET /console/services.json": ROOM,
    "GET /admin/words": ROOM,
    "POST /admin/words": ROOM,
    "POST /admin/words/decide": SUPERVISORS,
    "POST /admin/words/end": SUPERVISORS,
    "GET /admin/sentences": ROOM,
    "GET /admin/sentences/{sentence}": ROOM,
    "POST /admin/sentences/{sentence}": ROOM,
    "POST /admin/sentences/{sentence}/decide": SUPERVISORS,
    "POST /admin/sentences/{sentence}/back": SUPERVISORS,
    # what was done
    "GET /audit": AUDITORS,
    "POST /audit/export": AUDITORS,
    "POST /audit/verify": AUDITORS,
}

WISHES: Mapping[str, Roles] = {
    "claim": ROOM,
    "next": ROOM,
    "say": ROOM,
    "release": ROOM,
    "ask_release": ROOM,
    "held": ROOM,
    "to_bot": ROOM,
    "close": ROOM,
    "risk": ROOM,
    "note": ROOM,
    "offer": ROOM,
    "withdraw": ROOM,
    "accept": ROOM,
    "decline": ROOM,
    "presence": ROOM,
    "ask_along": ROOM,
    "join": ROOM,
    "end_along": ROOM,
    "typing": ROOM,
    "heartbeat": ROOM,
}

HOMES: Mapping[Role, str] = {
    Role.COUNSELOR: "/console",
    Role.SUPERVISOR: "/console",
    Role.ADMINISTRATOR: "/staff",
    Role.AUDITOR: "/audit",
}
"""Where each role begins."""

PLACES: Mapping[str, str] = {
    "room": "/console",
    "board": "/console/board",
    "handover": "/console/board/handover",
    "duties": "/console/duties",
    "numbers": "/admin",
    "model": "/admin/model",
    "words": "/admin/words",
    "sentences": "/admin/sentences",
    "settings": "/admin/settings",
    "staff": "/staff",
    "audit": "/audit",
    "transparency": "/transparency",
    "passkeys": "/console/passkeys",
}
"""The pages that the bar of every page leads to, in their order."""

_FOR_EVERYBODY = PLACES["transparency"]  # no sign-in: young people and the press read it, too

_NOTHING_HERE = "{rest:path}"  # says 404, to anybody


def may_ask(role: Role | None, method: str, path: str) -> bool:
    """Tell whether somebody may ask for a route; None: nobody is signed in."""
    if path.endswith(_NOTHING_HERE):
        return True
    roles = ROUTES.get(f"{method} {path}", frozenset())
    return roles is None or role in roles


def is_open(method: str, path: str) -> bool:
    """Tell whether nobody is asked who they are."""
    return may_ask(None, method, path)


def may_wish(role: Role, wish: str) -> bool:
    """Tell whether somebody may wish for this on the socket."""
    return role in WISHES.get(wish, frozenset())


def places_of(role: Role) -> Mapping[str, str]:
    """Return the pages that the bar shows to this role: those it may open, and no other."""
    return {name: path for name, path in PLACES.items() if _is_place_of(role, path)}


def _is_place_of(role: Role, path: str) -> bool:
    """Tell whether a role may open a page and is not led away from it to its own."""
    if path == "/console":
        return HOMES[role] == path
    return path == _FOR_EVERYBODY or may_ask(role, "GET", path)
