"""Telegram: python-telegram-bot reads our simulator's updates, and is a client that it serves."""

import json
import unittest

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, ReplyParameters, Update
from telegram.constants import ChatAction, ParseMode
from telegram.error import BadRequest, InvalidToken

import simulator


class Updates(unittest.TestCase):
    def test_every_update_is_understood(self):
        bot = Bot("110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw")
        seen = []
        for headers, body in simulator.dump("telegram"):
            self.assertEqual(headers["x-telegram-bot-api-secret-token"], "telegram-secret")
            update = Update.de_json(json.loads(body), bot)
            self.assertFalse(update.api_kwargs, body)
            content = update.effective_message or update.my_chat_member
            self.assertFalse(content.api_kwargs, f"python-telegram-bot does not know {content.api_kwargs}")
            self.assertEqual(update.effective_user.id, 400000001)
            seen.append(kind(update))
        self.assertEqual(seen, EXPECTED)

    def test_ids_ascend(self):
        ids = [json.loads(body)["update_id"] for _, body in simulator.dump("telegram")]
        self.assertEqual(ids, sorted(set(ids)))


EXPECTED = [
    "text", "text", "reply", "edited", "photo", "voice", "document", "video", "photo", "photo", "sticker", "location",
    "venue", "contact", "callback", "kicked", "member",
]


def kind(update):
    if update.my_chat_member:
        return update.my_chat_member.new_chat_member.status
    if update.callback_query:
        return "callback"
    if update.edited_message:
        return "edited"
    if update.message.reply_to_message:
        return "reply"
    kinds = ["venue", "text", "photo", "voice", "document", "video", "sticker", "location", "contact"]
    return next(kind for kind in kinds if getattr(update.message, kind))


class Client(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.vendor = simulator.Running("telegram")
        told = self.vendor.told
        self.chat = told["chat_id"]
        self.bot = Bot(told["token"], base_url=told["base"] + "/bot", base_file_url=told["base"] + "/file/bot")
        await self.bot.initialize()

    async def asyncTearDown(self):
        await self.bot.shutdown()
        self.vendor.close()

    async def test_a_message_goes_with_its_marks_and_buttons(self):
        yes = InlineKeyboardButton("Yes", callback_data="yes")
        site = InlineKeyboardButton("Site", url="https://x.example")
        sent = await self.bot.send_message(
            self.chat, "<b>Pick</b> one", parse_mode=ParseMode.HTML, reply_markup=InlineKeyboardMarkup([[yes, site]]),
        )
        self.assertEqual((sent.text, sent.entities[0].type), ("Pick one", "bold"))
        self.assertEqual(self.vendor.messages()[-1]["buttons"], ["Yes", "Site"])
        quoting = await self.bot.send_message(self.chat, "So?", reply_parameters=ReplyParameters(sent.message_id))
        self.assertEqual(quoting.reply_to_message.message_id, sent.message_id)
        edited = await self.bot.edit_message_text("Chosen", self.chat, sent.message_id)
        self.assertEqual(edited.text, "Chosen")
        self.assertTrue(await self.bot.delete_message(self.chat, sent.message_id))
        self.assertTrue(await self.bot.send_chat_action(self.chat, ChatAction.TYPING))

    async def test_files_are_sent_and_fetched(self):
        picture = await self.bot.send_photo(self.chat, b"picture", caption="Look")
        file = await self.bot.get_file(picture.photo[-1].file_id)
        self.assertEqual(bytes(await file.download_as_bytearray()), b"picture")
        by_id = await self.bot.send_photo(self.chat, picture.photo[-1].file_id)
        self.assertEqual(by_id.photo[-1].file_id, picture.photo[-1].file_id)
        document = await self.bot.send_document(self.chat, b"%PDF-", filename="bill.pdf")
        self.assertEqual(document.document.file_name, "bill.pdf")
        voice = await self.bot.send_voice(self.chat, "https://cdn.example/a.ogg")
        self.assertTrue(voice.voice.file_id)
        video = await self.bot.send_video(self.chat, "https://cdn.example/a.mp4")
        self.assertTrue(video.video.file_id)

    async def test_the_webhook_is_set_described_and_deleted(self):
        url = "http://127.0.0.1:9/hook"
        self.assertTrue(await self.bot.set_webhook(url, secret_token="s3cret", allowed_updates=["message"]))
        info = await self.bot.get_webhook_info()
        self.assertEqual((info.url, info.allowed_updates), (url, ("message",)))
        self.assertTrue(await self.bot.delete_webhook())
        self.assertEqual((await self.bot.get_webhook_info()).url, "")

    async def test_refusals_are_read_as_errors(self):
        with self.assertRaisesRegex(BadRequest, "(?i)chat not found"):
            await self.bot.send_message(1, "Hi")
        with self.assertRaisesRegex(BadRequest, "(?i)message is too long"):
            await self.bot.send_message(self.chat, "x" * 4097)
        with self.assertRaisesRegex(BadRequest, "(?i)can't parse entities"):
            await self.bot.send_message(self.chat, "1.5", parse_mode=ParseMode.MARKDOWN_V2)
        stranger = Bot("1:wrong", base_url=self.vendor.told["base"] + "/bot")
        with self.assertRaises(InvalidToken):
            await stranger.initialize()


if __name__ == "__main__":
    unittest.main()
