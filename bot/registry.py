"""The channels that are on: one adapter for each whose secrets are set."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Protocol, runtime_checkable

from pydantic import SecretStr

from bot.channels.base import Channel
from bot.channels.kakao_consult import make_kakao_consult
from bot.channels.kakao_skill import KakaoSkillChannel, make_kakao_skill
from bot.channels.kakao_texts import KakaoTexts
from bot.channels.meta import make_instagram, make_messenger
from bot.channels.telegram import TelegramChannel, make_telegram
from bot.channels.x import make_x
from bot.config import Settings
from bot.dialogue.content import Content
from storage.records import Language


def make_channels(
    settings: Settings, content: Content, clock: Callable[[], datetime]
) -> Mapping[str, Channel]:
    """Return every provider's adapter that is configured, by name."""
    made = (
        _telegram(settings, content),
        _line(settings),
        _messenger(settings),
        _instagram(settings),
        _x(settings),
        _kakao_skill(settings, content, clock),
        _kakao_consult(settings),
    )
    return {channel.name: channel for channel in made if channel is not None}


def use(channels: Mapping[str, Channel], content: Content) -> None:
    """Have adapters say the sentences of another set from now on, where they hold some."""
    for channel in channels.values():
        if isinstance(channel, KakaoSkillChannel):
            channel.use(_kakao_texts(content))
        if isinstance(channel, TelegramChannel):
            channel.use(_group_refusal(content))


@runtime_checkable
class Closable(Protocol):
    """A channel that holds connections."""

    async def close(self) -> None:
        """Close them."""
        ...


async def close(channel: Channel) -> None:
    """Close what a channel holds open, if it holds anything."""
    if isinstance(channel, Closable):
        await channel.close()


def secret(value: SecretStr | None) -> str:
    """Open a setting that is not to be printed; "" when it is not set."""
    return value.get_secret_value() if value else ""


def _telegram(settings: Settings, content: Content) -> Channel | None:
    if not settings.telegram_token:
        return None
    return make_telegram(
        secret(settings.telegram_token),
        secret(settings.telegram_secret),
        settings.telegram_api,
        group_refusal=_group_refusal(content),
    )


def _group_refusal(content: Content) -> str:
    return content.sentence("group.1", Language.KO)


def _line(settings: Settings) -> Channel | None:
    if not settings.line_secret:
        return None
    from bot.channels.line import make_line  # noqa: PLC0415 -- its SDK takes 50 MiB

    return make_line(secret(settings.line_secret), secret(settings.line_token), settings.line_api)


def _messenger(settings: Settings) -> Channel | None:
    if not settings.messenger_token:
        return None
    return make_messenger(
        secret(settings.meta_app_secret),
        secret(settings.meta_verify_token),
        secret(settings.messenger_token),
        settings.meta_api,
    )


def _instagram(settings: Settings) -> Channel | None:
    if not settings.instagram_token:
        return None
    return make_instagram(
        secret(settings.meta_app_secret),
        secret(settings.meta_verify_token),
        secret(settings.instagram_token),
        settings.meta_api,
    )


def _x(settings: Settings) -> Channel | None:
    if not settings.x_token:
        return None
    return make_x(
        secret(settings.x_consumer_secret),
        secret(settings.x_token),
        settings.x_user_id or "",
        settings.x_api,
    )


def _kakao_skill(
    settings: Settings, content: Content, clock: Callable[[], datetime]
) -> Channel | None:
    if not settings.kakao_skill_key:
        return None
    return make_kakao_skill(
        secret(settings.kakao_skill_key),
        settings.kakao_bot_id or "",
        _kakao_texts(content),
        clock,
        consult=settings.kakao_consult_key is not None,
    )


def _kakao_consult(settings: Settings) -> Channel | None:
    if not settings.kakao_consult_key:
        return None
    return make_kakao_consult(
        secret(settings.kakao_consult_key),
        secret(settings.kakao_consult_token),
        settings.kakao_consult_api or "",
    )


def _kakao_texts(content: Content) -> KakaoTexts:
    """KakaoTalk is written in Korean: the adapter knows nobody's language."""
    say = partial(content.sentence, language=Language.KO)
    return KakaoTexts(
        waiting=say("kakao_waiting.1"),
        not_stored=say("not_stored.1"),
        too_much=say("slow_down.1"),
        test=say("skill_test.1"),
        check_label=say("kakao_check.1"),
        operator=say("kakao_operator.1"),
        operator_label=say("kakao_operator_label.1"),
    )
