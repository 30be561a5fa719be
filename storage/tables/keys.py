"""Keys of data, each wrapped, and the proofs of the keyring."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, Table, Uuid

from storage.tables.kinds import CODE, HASH, KEYS, METADATA, UtcDateTime

data_keys = Table(
    "data_keys",
    KEYS,
    Column("owner", Uuid, primary_key=True),
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("purpose", CODE, nullable=False),
    Column("wrap_key", BigInteger, nullable=False, index=True),
    Column("wrapped", LargeBinary, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
)

wrap_keys = Table(
    "wrap_keys",
    KEYS,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("retired_at", UtcDateTime),  # since then no data key may lie under it
)

key_work = Table(
    "key_work",
    KEYS,
    Column("name", CODE, primary_key=True),  # which work only one process does at a time
    Column("holder", Uuid, nullable=False),
    Column("until", UtcDateTime, nullable=False),
)

key_proofs = Table(
    "key_proofs",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("proof", HASH, nullable=False),
)

erasures = Table(
    "erasures",
    METADATA,
    Column("owner", Uuid, primary_key=True),  # a conversation or contact that is gone for good
    Column("at", UtcDateTime, nullable=False),
)

ledgers = Table(
    "ledgers",
    METADATA,
    Column("keyring", Uuid, primary_key=True),  # whose erasure ledger was begun
    Column("begun_at", UtcDateTime, nullable=False),
)
