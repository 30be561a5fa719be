"""Signing in with a passkey: a key on a device, which signs a challenge of ours."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pyotp
import webauthn
from webauthn.helpers import (
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    RegistrationCredential,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.helpers.structs import PublicKeyCredentialDescriptor as PasskeyDescriptor
from webauthn.registration.verify_registration_response import VerifiedRegistration

from handoff.auth import (
    AuthError,
    InvitationRefused,
    JoinRefused,
    SignedIn,
    SignInRefused,
    hash_of,
    invited,
    started,
    usable_name,
)
from storage import audit, passkeys, staff
from storage.credentials import Passkey
from storage.database import Database, Session
from storage.errors import KeyMissing, NotFound, SealBroken
from storage.keyring import Purpose
from storage.records import Staff
from storage.vault import Place, Vault

CHALLENGE_LIFETIME = timedelta(minutes=5)
MAX_LABEL = 40
WANTED = 2
"""How many each person should have, so that a lost device locks nobody out."""

SIGN_IN = "sign_in"
_REQUIRED = UserVerificationRequirement.REQUIRED
_NO_ANSWER = (WebAuthnException, ValueError, KeyError, TypeError, RecursionError)
"""What the library raises on bytes that are no device's answer."""


class PasskeyRefused(AuthError):
    """A device's answer cannot be taken, or it is known already; the code says which."""


@dataclass(frozen=True, slots=True)
class Site:
    """The page as the browser knows it: a passkey is good for one site only."""

    origin: str  # https://host:port
    host: str  # without the port: what WebAuthn calls the relying party's id


class Passkeys:
    """Makes challenges and checks what devices answer.

    A challenge is sealed with the staff key, so nothing is kept of it until it is answered, and
    any process can check any answer. An answered one is remembered until it is old.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def registration(self, owner: Staff, site: Site, *, now: datetime) -> str:
        """Return what a browser needs to make a new passkey, as JSON."""
        known = [PasskeyDescriptor(key.credential_id) for key in await self.of(owner)]
        return self._options(owner.id, owner.name, site, _joining(owner), known, now=now)

    async def enrollment(self, invitation: str, name: str, site: Site, *, now: datetime) -> str:
        """Return what an invited person's browser needs to make their first passkey, as JSON.

        Raises:
            InvitationRefused: unknown, used or out of date.
            JoinRefused: the name is not usable.
        """
        await invited(self._database, invitation, now=now)
        return self._options(uuid4(), usable_name(name), site, _invited(invitation), (), now=now)

    async def join(
        self, invitation: str, name: str, site: Site, answer: str, label: str, *, now: datetime
    ) -> SignedIn:
        """Use an invitation up: make an account without a password, and start a session.

        Raises:
            InvitationRefused: unknown, used or out of date.
            JoinRefused: the name is taken or not usable.
            PasskeyRefused: as for `register`.
        """
        challenge, made = _made(answer, site, label)
        async with self._database.transaction() as session:
            staff_id = await self._spent(session, challenge, _invited(invitation), now=now)
            if staff_id is None:
                raise PasskeyRefused("passkey")
            owner = await self._taken_in(session, invitation, name, staff_id, now=now)
            await self._keep(session, owner, made, label.strip(), now=now)
            return await started(session, owner, "join", now=now)

    async def register(
        self, owner: Staff, site: Site, answer: str, label: str, *, now: datetime
    ) -> Passkey:
        """Keep a new passkey of somebody who is signed in.

        Raises:
            PasskeyRefused: the answer is not right or late ("passkey"), the device is known
                ("passkey_taken"), or the label is empty or too long ("passkey_label").
        """
        challenge, made = _made(answer, site, label)
        async with self._database.transaction() as session:
            if await self._spent(session, challenge, _joining(owner), now=now) is None:
                raise PasskeyRefused("passkey")
            return await self._keep(session, owner, made, label.strip(), now=now)

    def request(self, site: Site, *, now: datetime) -> str:
        """Return what a browser needs to ask its devices for a sign-in, as JSON."""
        options = webauthn.generate_authentication_options(
            rp_id=site.host,
            challenge=_challenge(self._database.vault, SIGN_IN, uuid4(), now=now),
            user_verification=_REQUIRED,
        )
        return webauthn.options_to_json(options)

    async def sign_in(self, site: Site, answer: str, *, now: datetime) -> SignedIn:
        """Start a session for whoever's device signed.

        Raises:
            SignInRefused: one answer for every reason.
        """
        with _refusing(SignInRefused("sign_in_refused")):
            credential = parse_authentication_credential_json(answer)
            challenge = _signed(credential)
        async with self._database.transaction() as session:
            key = await passkeys.of_credential(session, self._database.vault, credential.raw_id)
            if key is not None and key.staff.active:
                count = _count(key, credential, challenge, site)
                if count is not None and await self._used(session, key, challenge, count, now=now):
                    return await started(session, key.staff, "sign_in", now=now)
            await audit.record(
                session,
                staff=key.staff if key else None,
                action="sign_in",
                object_id=None,
                result="refused",
                now=now,
            )
        raise SignInRefused("sign_in_refused")

    async def of(self, owner: Staff) -> Sequence[Passkey]:
        """Return a person's passkeys, the oldest first."""
        async with self._database.reading() as session:
            return await passkeys.of_staff(session, self._database.vault, owner.id)

    async def remove(self, owner: Staff, passkey_id: UUID, *, now: datetime) -> None:
        """Forget one of a person's passkeys, unless nobody could sign in as them then.

        Raises:
            PasskeyRefused: they have none of this id ("passkey"), or it is their last way in
                ("passkey_last").
        """
        async with self._database.transaction() as session:
            try:
                await passkeys.remove(session, owner.id, passkey_id)
            except NotFound as error:
                raise PasskeyRefused(error.code) from None
            if not await staff.hold_ways_in(session, owner.id):
                raise PasskeyRefused("passkey_last")
            await audit.record(
                session, staff=owner, action="passkey_remove", object_id=passkey_id, now=now
            )

    async def _keep(
        self,
        session: Session,
        owner: Staff,
        made: VerifiedRegistration,
        label: str,
        *,
        now: datetime,
    ) -> Passkey:
        try:
            key = await passkeys.add(
                session,
                self._database.vault,
                owner=owner,
                credential_id=made.credential_id,
                public_key=made.credential_public_key,
                sign_count=made.sign_count,
                label=label,
                now=now,
            )
        except NotFound as error:
            raise PasskeyRefused(error.code) from None
        await audit.record(session, staff=owner, action="passkey_add", object_id=key.id, now=now)
        return key

    def _options(
        self,
        staff_id: UUID,
        name: str,
        site: Site,
        purpose: str,
        known: Sequence[PasskeyDescriptor],
        *,
        now: datetime,
    ) -> str:
        options = webauthn.generate_registration_options(
            rp_id=site.host,
            rp_name="Gyeot",
            user_id=staff_id.bytes,
            user_name=name,
            challenge=_challenge(self._database.vault, purpose, staff_id, now=now),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=_REQUIRED
            ),
            exclude_credentials=list(known),
        )
        return webauthn.options_to_json(options)

    async def _taken_in(
        self, session: Session, invitation: str, name: str, staff_id: UUID, *, now: datetime
    ) -> Staff:
        try:
            return await staff.join(
                session,
                self._database.vault,
                token=invitation,
                name=usable_name(name),
                password_hash=staff.NO_PASSWORD,
                totp_secret=pyotp.random_base32(),
                staff_id=staff_id,
                now=now,
            )
        except NotFound as error:
            if error.code == "name_taken":
                raise JoinRefused(error.code) from None
            raise InvitationRefused("invitation_refused") from None

    async def _used(
        self, session: Session, key: Passkey, challenge: bytes, count: int, *, now: datetime
    ) -> bool:
        if await self._spent(session, challenge, SIGN_IN, now=now) is None:
            return False
        return await passkeys.use(session, key, count, now=now)

    async def _spent(
        self, session: Session, challenge: bytes, purpose: str, *, now: datetime
    ) -> UUID | None:
        """Use a challenge up; return whom it is for, None when it is worth nothing."""
        told = _told(self._database.vault, challenge, purpose)
        if told is None or told[0] <= now:
            return None
        fresh = await passkeys.spend(session, challenge, until=told[0], now=now)
        return told[1] if fresh else None


def _joining(owner: Staff) -> str:
    return f"register:{owner.id}"


def _invited(invitation: str) -> str:
    return f"join:{hash_of(invitation).hex()}"


def _challenge(vault: Vault, purpose: str, staff_id: UUID, *, now: datetime) -> bytes:
    until = (now + CHALLENGE_LIFETIME).isoformat()
    return vault.seal(vault.staff_key(), f"{until} {staff_id}", _place(purpose))


def _told(vault: Vault, challenge: bytes, purpose: str) -> tuple[datetime, UUID] | None:
    """Return until when a challenge is good and for whom; None if it is not ours for this."""
    try:
        key = vault.keyring_key(challenge, Purpose.STAFF)
        until, staff_id = vault.open(key, challenge, _place(purpose)).split()
    except (SealBroken, KeyMissing):
        return None
    return datetime.fromisoformat(until), UUID(staff_id)


def _place(purpose: str) -> Place:
    return Place("challenges", "challenge", None, purpose.encode())


@contextmanager
def _refusing(refusal: AuthError) -> Generator[None]:
    """Turn whatever the library says of an answer into one refusal; its words may quote it."""
    try:
        yield
    except _NO_ANSWER:
        raise refusal from None


def _signed(credential: RegistrationCredential | AuthenticationCredential) -> bytes:
    """Return the challenge that a device says it signed; whether it did is checked later."""
    return parse_client_data_json(credential.response.client_data_json).challenge


def _made(answer: str, site: Site, label: str) -> tuple[bytes, VerifiedRegistration]:
    """Return the challenge that a new device signed, and what it made."""
    words = label.strip()
    if not 1 <= len(words) <= MAX_LABEL or not words.isprintable():
        raise PasskeyRefused("passkey_label")
    with _refusing(PasskeyRefused("passkey")):
        credential = parse_registration_credential_json(answer)
        challenge = _signed(credential)
        return challenge, webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )


def _count(
    key: Passkey, credential: AuthenticationCredential, challenge: bytes, site: Site
) -> int | None:
    """Return the device's count of uses if its signature is right, else None."""
    try:
        return webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=key.public_key,
            credential_current_sign_count=0,  # counted in the database, in one step with its use
            require_user_verification=True,
        ).new_sign_count
    except _NO_ANSWER:
        return None
