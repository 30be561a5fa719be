"""The place of every sealed column: what each value is bound to."""

from uuid import UUID

from storage.records import Speaker
from storage.seal import Place


def contact_address(contact: UUID, channel: str) -> Place:
    """Where an answer to a person goes."""
    return Place("contacts", "address_ct", None, contact, channel)


def conversation_memory(conversation: UUID) -> Place:
    """What the dialogue remembers of its conversation."""
    return Place("conversations", "memory_ct", conversation, conversation)


def line_text(conversation: UUID, line: UUID, speaker: Speaker, seq: int) -> Place:
    """What was said."""
    return Place("lines", "text_ct", conversation, line, speaker.value, seq)


def inbox_body(row: UUID, channel: str, event_hash: bytes) -> Place:
    """A provider's delivery until it is worked on."""
    return Place("inbox", "body_ct", None, row, f"{channel}:{event_hash.hex()}")


def outbox_body(conversation: UUID, row: UUID, seq: int) -> Place:
    """A message on its way out."""
    return Place("outbox", "body_ct", conversation, row, "out", seq)


def receipt_address(receipt: UUID, channel: str) -> Place:
    """Where the last word to somebody who erased goes."""
    return Place("receipts", "address_ct", None, receipt, channel)


def receipt_body(receipt: UUID) -> Place:
    """The last word to somebody who erased."""
    return Place("receipts", "body_ct", None, receipt)


def staff_totp(staff: UUID) -> Place:
    """The seed of a member of staff's one-time codes."""
    return Place("staff", "totp_ct", None, staff)


def case_note(conversation: UUID, note: UUID) -> Place:
    """What a counselor wrote down about a talk."""
    return Place("case_notes", "text_ct", conversation, note)


def stopped_words(conversation: UUID, row: UUID) -> Place:
    """A text that the guard stopped, and why its counselor asks to send it."""
    return Place("stopped", "words_ct", conversation, row)


def stopped_answer(conversation: UUID, row: UUID) -> Place:
    """A supervisor's word about a stopped text."""
    return Place("stopped", "answer_ct", conversation, row)


def passkey(row: UUID, staff: UUID) -> Place:
    """A member of staff's passkey: its id, its public key and what it is called."""
    return Place("passkeys", "key_ct", staff, row)
