"""Members of the staff, as rows, for tests that need one to act."""

from datetime import timedelta
from uuid import uuid4

from storage import staff
from storage.database import Database
from storage.records import Role, Staff
from tests.factories import NOON


async def member(database: Database, role: Role) -> Staff:
    """Somebody of the staff with this role and a pseudonym of their own."""
    async with database.transaction() as session:
        token = await staff.invite(
            session, database.vault, role=role, invited_by=None, now=NOON,
            lifetime=timedelta(hours=1),
        )  # fmt: skip
        return await staff.join(
            session, database.vault, token=token, name=f"소나무-{uuid4().hex[:8]}",
            password_hash=staff.NO_PASSWORD, totp_secret="SEEDSEED", now=NOON,
        )  # fmt: skip
