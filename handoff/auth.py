"""Who may enter the console: password, one-time code, invitation, session."""

import asyncio
import base64
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from unicodedata import normalize
from urllib.parse import urlsplit

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from handoff.rates import Rate, Rates
from storage import audit, staff
from storage.credentials import Invitation, StaffSecrets
from storage.database import Database, Session
from storage.errors import KeyMissing, NotFound, SealBroken
from storage.keyring import Purpose
from storage.records import Role, Staff, StaffSession
from storage.vault import Place

CONSOLE_ROLES = frozenset({Role.COUNSELOR, Role.SUPERVISOR})

MIN_PASSWORD = 12
"""Characters. NIST SP 800-63B-4 asks for 15 when it is the only factor, 8 with a second one."""

MAX_PASSWORD = 256
MAX_NAME = 40
CODE_SECONDS = 30  # RFC 6238, section 4.1

ENROLLMENT_LIFETIME = timedelta(hours=1)
"""How long an invited person may take from opening the page to joining."""

FRESH = timedelta(minutes=10)
"""How old a sign-in may be for a change of accounts or of one's own passkeys."""

_PER_NAME = Rate(burst=5, refill=timedelta(seconds=30))
_OVERALL = Rate(burst=20, refill=timedelta(seconds=1))
_HASHES_AT_ONCE = 2


class AuthError(Exception):
    """Somebody is not let in; holds a code, never what they typed."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class SignInRefused(AuthError):
    """Name, password or code is wrong; never says which."""


class TooManyTries(AuthError):
    """Wait before the next try; nothing was looked at."""


class InvitationRefused(AuthError):
    """The invitation is unknown, used or out of date: ask for a new one."""


class JoinRefused(AuthError):
    """The name, password or code cannot be taken; the code says which, and why."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session, and the token that only the browser keeps."""

    session: StaffSession
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Enrollment:
    """What an invited person sets their authenticator up with.

    `sealed` is the seed for the browser to bring back. Nothing is kept for it here, so a person
    may begin at one process and finish at another.
    """

    role: Role
    secret: str = field(repr=False)  # base32, 160 bits
    uri: str = field(repr=False)  # otpauth://, for the QR code
    sealed: str = field(repr=False)  # URL-safe base64


class Door:
    """Lets staff in and out.

    Hashing costs 64 MiB and a quarter of a second, so the rate limits come before it and no
    more than two run at once. `hasher` has RFC 9106's second recommended cost by default:
    Argon2id, t=3, m=64 MiB, p=4.

    The rate limits are of one process. With several, that many times more tries are possible,
    and the one-time code still stands before each guess.
    """

    def __init__(self, database: Database, *, hasher: PasswordHasher | None = None) -> None:
        self._database = database
        self._hasher = hasher or PasswordHasher()
        self._hashing = asyncio.Semaphore(_HASHES_AT_ONCE)
        self._by_name = Rates(_PER_NAME)
        self._overall = Rates(_OVERALL, names=1)
        # An unknown name is checked against this, so that it takes as long as a known one.
        self._nobody = self._hasher.hash(secrets.token_urlsafe(32))

    async def sign_in(self, name: str, password: str, code: str, *, now: datetime) -> SignedIn:
        """Start a session for somebody who knows the password and has the authenticator.

        Raises:
            TooManyTries: nothing was looked at.
            SignInRefused: one answer for every other reason.
        """
        name = normalize("NFC", name.strip())[: MAX_NAME + 1]
        self._count(name.casefold(), now=now)
        async with self._database.reading() as session:
            known = await staff.secrets_of(session, self._database.vault, name)
        has_one = known is not None and known.password_hash != staff.NO_PASSWORD
        expected = known.password_hash if known and has_one else self._nobody
        right = await self._verify(expected, password)
        return await self._admit(known, right=right, code=code, now=now)

    async def enrollment(
        self, invitation: str, *, sealed: str | None = None, now: datetime
    ) -> Enrollment:
        """Return what an invited person needs.

        Args:
            invitation: its token.
            sealed: of an earlier enrollment in this browser; the same again, so that a reload
                of the page shows the seed that the authenticator has already.
            now: aware UTC time.

        Raises:
            TooManyTries: nothing was looked at.
            InvitationRefused: unknown, used or out of date.
            JoinRefused: it is for a passkey only.
        """
        self._count("", now=now)
        role = (await self._with_password(invitation, now=now)).role
        secret = self._unsealed(invitation, sealed, now=now)
        if secret is None or sealed is None:
            secret = pyotp.random_base32()
            sealed = self._sealed(invitation, secret, now=now)
        uri = pyotp.TOTP(secret).provisioning_uri(name="console", issuer_name="Gyeot")
        return Enrollment(role=role, secret=secret, uri=uri, sealed=sealed)

    async def join(
        self,
        invitation: str,
        *,
        sealed: str | None,
        name: str,
        password: str,
        code: str,
        now: datetime,
    ) -> SignedIn:
        """Use an invitation up: make the account and start its first session.

        Args:
            invitation: its token.
            sealed: of the enrollment whose seed the authenticator has.
            name: a pseudonym.
            password: in words of their own.
            code: what the authenticator shows.
            now: aware UTC time.

        Raises:
            TooManyTries: nothing was looked at.
            InvitationRefused: unknown, used or out of date.
            JoinRefused: the name is taken or unusable, the password too short, the code wrong,
                or the page was open for too long.
        """
        self._count("", now=now)
        await self._with_password(invitation, now=now)
        name = usable_name(name)
        if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
            raise JoinRefused("password_length")
        secret = self._unsealed(invitation, sealed, now=now)
        if secret is None:
            raise JoinRefused("enrollment_expired")
        step = _step_of(code, secret, now=now)
        if step is None:
            raise JoinRefused("code")
        hashed = await self._hash(password)
        return await self._make_account(invitation, name, hashed, secret, step, now=now)

    async def session(
        self, token: str | None, *, now: datetime, touch: bool = True
    ) -> StaffSession | None:
        """Return the session of this token, and count the visit as activity, with `touch`."""
        if not token:
            return None
        async with self._database.transaction() as session:
            return await staff.session_of(session, hash_of(token), now=now, touch=touch)

    async def still_signed_in(self, token: str, *, now: datetime) -> bool:
        """Tell whether a session goes on, without counting as activity."""
        async with self._database.reading() as session:
            return await staff.session_of(session, hash_of(token), now=now, touch=False) is not None

    async def is_locked(self, token: str, *, now: datetime) -> bool:
        """Tell whether a session is over only because nobody touched its page for long."""
        async with self._database.reading() as session:
            return await staff.is_idle(session, hash_of(token), now=now)

    async def sign_out(self, session: StaffSession, *, now: datetime) -> None:
        """End a session; its token is worth nothing from here on."""
        async with self._database.transaction() as open_session:
            await staff.end_session(open_session, session.id)
            await audit.record(
                open_session, staff=session.staff, action="sign_out", object_id=None, now=now
            )

    def count(self, *, now: datetime) -> None:
        """Count a try that names nobody.

        Raises:
            TooManyTries: there were too many of all kinds.
        """
        self._count("", now=now)

    def _count(self, name: str, *, now: datetime) -> None:
        if not self._overall.take("", now=now) or (name and not self._by_name.take(name, now=now)):
            raise TooManyTries("too_many_tries")

    async def _verify(self, expected: str, password: str) -> bool:
        async with self._hashing:
            return await asyncio.to_thread(_matches, self._hasher, expected, password)

    async def _hash(self, password: str) -> str:
        async with self._hashing:
            return await asyncio.to_thread(self._hasher.hash, _as_bytes(password))

    async def _admit(
        self, known: StaffSecrets | None, *, right: bool, code: str, now: datetime
    ) -> SignedIn:
        async with self._database.transaction() as session:
            person = known.staff if known else None
            admitted = known is not None and known.staff.active and right
            if known and admitted and await _use_code(session, known, code, now=now):
                return await started(session, known.staff, "sign_in", now=now)
            await audit.record(
                session, staff=person, action="sign_in", object_id=None, result="refused", now=now
            )
        raise SignInRefused("sign_in_refused")

    async def _with_password(self, token: str, *, now: datetime) -> Invitation:
        found = await invited(self._database, token, now=now)
        if not found.with_password:
            raise JoinRefused("passkey_only")
        return found

    async def _make_account(
        self, invitation: str, name: str, hashed: str, secret: str, step: int, *, now: datetime
    ) -> SignedIn:
        try:
            async with self._database.transaction() as session:
                person = await staff.join(
                    session,
                    self._database.vault,
                    token=invitation,
                    name=name,
                    password_hash=hashed,
                    totp_secret=secret,
                    now=now,
                )
                await staff.use_totp_step(session, person.id, step)
                return await started(session, person, "join", now=now)
        except NotFound as error:
            if error.code == "name_taken":
                raise JoinRefused(error.code) from None
            raise InvitationRefused("invitation_refused") from None

    def _sealed(self, invitation: str, secret: str, *, now: datetime) -> str:
        until = int((now + ENROLLMENT_LIFETIME).timestamp())
        vault = self._database.vault
        blob = vault.seal(vault.staff_key(), f"{until} {secret}", _enrollment_place(invitation))
        return base64.urlsafe_b64encode(blob).decode()

    def _unsealed(self, invitation: str, sealed: str | None, *, now: datetime) -> str | None:
        """Return the seed, None if it is of another invitation, too old, or not from here."""
        vault = self._database.vault
        try:
            blob = base64.urlsafe_b64decode(_as_bytes(sealed or ""))
            key = vault.keyring_key(blob, Purpose.STAFF)
            until, secret = vault.open(key, blob, _enrollment_place(invitation)).split()
        except (ValueError, SealBroken, KeyMissing):
            return None
        return secret if now.timestamp() < int(until) else None


async def invited(database: Database, token: str, *, now: datetime) -> Invitation:
    """Return what an invitation is for.

    Raises:
        InvitationRefused: unknown, used or out of date.
    """
    try:
        async with database.reading() as session:
            return await staff.invitation(session, token, now=now)
    except NotFound:
        raise InvitationRefused("invitation_refused") from None


def is_fresh(session: StaffSession, *, now: datetime) -> bool:
    """Tell whether somebody proved only now who they are; else they are asked once more."""
    return now - session.started_at < FRESH


def hash_of(token: str) -> bytes:
    """Return what is stored of a session's token: its SHA-256."""
    return sha256(_as_bytes(token)).digest()


def same_site(host: str, origin: str | None, fetch_site: str | None) -> bool:
    """Tell whether an unsafe request came from a page of ours.

    Browsers send `Origin: null` with a form under `Referrer-Policy: no-referrer`, and
    `Sec-Fetch-Site` wherever it can be trusted; a call with neither is not from a page.
    """
    if origin is not None and origin != "null":
        return _host_of(origin) == host.lower() and fetch_site in (None, "same-origin")
    return fetch_site == "same-origin"


def same_origin(host: str, origin: str | None) -> bool:
    """Tell whether a WebSocket was opened by a page of ours; browsers always say."""
    return origin is not None and _host_of(origin) == host.lower()


def _host_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _enrollment_place(invitation: str) -> Place:
    return Place("invitations", "enrollment", None, hash_of(invitation))


def _matches(hasher: PasswordHasher, expected: str, password: str) -> bool:
    try:
        return hasher.verify(expected, _as_bytes(password[: MAX_PASSWORD + 1]))
    except (VerificationError, InvalidHashError):
        return False


def _as_bytes(text: str) -> bytes:
    # One key may be typed as one character or as two; half a surrogate pair has no bytes at all.
    return normalize("NFC", text).encode("utf-8", "replace")


def usable_name(name: str) -> str:
    """Return a pseudonym as it is kept.

    Raises:
        JoinRefused: it is empty, too long, or not one line.
    """
    words = normalize("NFC", name.strip())
    if not 1 <= len(words) <= MAX_NAME or not words.isprintable():
        raise JoinRefused("name")
    return words


def _step_of(code: str, secret: str, *, now: datetime) -> int | None:
    """Return the 30-second step this code belongs to: now, one before or one after."""
    typed = _as_bytes("".join(code.split())[:16])
    current = int(now.timestamp()) // CODE_SECONDS
    totp = pyotp.TOTP(secret)
    for step in (current, current - 1, current + 1):
        if hmac.compare_digest(totp.at(step * CODE_SECONDS).encode(), typed):
            return step
    return None


async def _use_code(session: Session, known: StaffSecrets, code: str, *, now: datetime) -> bool:
    step = _step_of(code, known.totp_secret, now=now)
    return step is not None and await staff.use_totp_step(session, known.staff.id, step)


async def started(session: Session, person: Staff, action: str, *, now: datetime) -> SignedIn:
    """Start a session of somebody who proved who they are, and write down how."""
    token = secrets.token_urlsafe(32)  # 256 bits
    started = await staff.start_session(
        session, staff=person, token_hash=hash_of(token), csrf_token=secrets.token_urlsafe(32),
        now=now,
    )  # fmt: skip
    await audit.record(session, staff=person, action=action, object_id=None, now=now)
    return SignedIn(session=started, token=token)
