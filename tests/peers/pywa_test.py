"""WhatsApp: pywa reads what our simulator posts, and our simulator takes what pywa sends.

The bodies that pywa sends are kept in reference/whatsapp.json; UPDATE_REFERENCE=1 writes them anew.
"""

import json
import os
import pathlib
import unittest

import httpx
from pywa import WhatsApp, handlers, types
from pywa.errors import WhatsAppError
from pywa.types.templates import BodyText, TemplateLanguage
from pywa.utils import webhook_updates_validator

import simulator

REFERENCE = pathlib.Path(__file__).parent / "reference" / "whatsapp.json"
KINDS = [
    "Message", "CallbackButton", "CallbackSelection", "MessageStatus", "EditedMessage", "DeletedMessage",
]


class Redirected(httpx.BaseTransport):
    """Takes what goes to Meta to the simulator, and keeps the bodies."""

    def __init__(self, base):
        self.base = httpx.URL(base)
        self.inner = httpx.HTTPTransport()
        self.bodies = []

    def handle_request(self, request):
        request.url = request.url.copy_with(scheme="http", host=self.base.host, port=self.base.port)
        request.headers["host"] = f"{self.base.host}:{self.base.port}"
        request.read()
        if request.headers.get("content-type") == "application/json":
            self.bodies.append(json.loads(request.content))
        return self.inner.handle_request(request)


class Inbound(unittest.TestCase):
    def setUp(self):
        self.posts = simulator.dump("whatsapp")

    def test_signatures_are_valid_and_broken_ones_are_not(self):
        for headers, body in self.posts:
            signature = headers["x-hub-signature-256"]
            self.assertTrue(webhook_updates_validator("test_app_secret", body, signature))
            self.assertFalse(webhook_updates_validator("test_app_secret", body + b" ", signature))
            self.assertFalse(webhook_updates_validator("other", body, signature))

    def test_every_event_is_understood(self):
        seen = []
        client = WhatsApp(phone_id="100000000000009", token="x", validate_updates=False)
        for kind in KINDS:
            handler = getattr(handlers, kind + "Handler")
            client.add_handlers(handler(lambda _, update, kind=kind: seen.append((kind, update))))
        for _, body in self.posts:
            before = len(seen)
            answer = client.webhook_update_handler(body)
            self.assertEqual(answer[1], 200)
            self.assertGreater(len(seen), before, f"nobody understood {body.decode()}")
        found = [(kind, getattr(update, "type", None) or getattr(update, "status", None)) for kind, update in seen]
        names = [f"{kind}:{getattr(what, 'value', what)}" for kind, what in found]
        self.assertEqual(names, EXPECTED)
        messages = [update for kind, update in seen if kind == "Message"]
        self.assertEqual(messages[0].text, "Olá 😀")
        self.assertEqual(messages[0].from_user.name, "Ana Tést 😀")
        self.assertIsNone(messages[-1].from_user.wa_id)
        self.assertTrue(messages[-1].from_user.bsuid.startswith("BR."))
        image = next(message for message in messages if message.type.value == "image")
        self.assertEqual((image.image.mime_type, image.caption), ("image/jpeg", "Look"))
        pressed = next(update for kind, update in seen if kind == "CallbackButton")
        self.assertEqual((pressed.title, pressed.data), ("Yes", "yes"))
        failed = [update for kind, update in seen if kind == "MessageStatus"][-1]
        self.assertEqual(failed.error.code, 131047)


EXPECTED = [
    "Message:text", "CallbackButton:interactive", "CallbackSelection:interactive", "Message:text", "Message:image",
    "Message:audio", "Message:document", "Message:location", "Message:contacts", "Message:reaction",
    "CallbackButton:button", "EditedMessage:text", "DeletedMessage:revoke", "Message:unsupported", "Message:text",
    "MessageStatus:sent", "MessageStatus:delivered", "MessageStatus:read", "MessageStatus:failed", "Message:text",
]


class Outbound(unittest.TestCase):
    def setUp(self):
        self.vendor = simulator.Running("whatsapp")
        told = self.vendor.told
        self.to = told["to"]
        self.transport = Redirected(told["base"])
        session = httpx.Client(transport=self.transport)
        self.client = WhatsApp(phone_id=told["phone_number_id"], token=told["token"], session=session)

    def tearDown(self):
        self.vendor.close()

    def sends(self):
        hello, to, client = self.vendor.told["message_id"], self.to, self.client
        yes_no = [types.Button("Yes", "yes"), types.Button("No", "no")]
        rows = [types.SectionRow("Row", "r1", "d"), types.SectionRow("Other", "r2")]
        listed = types.SectionList("Options", [types.Section("A", rows)])
        follow_up = dict(name="follow_up", language=TemplateLanguage.ENGLISH_US)
        return {
            "text": lambda: client.send_message(to, "Hi"),
            "text_with_preview": lambda: client.send_message(to, "https://x.example", preview_url=True),
            "text_with_key": lambda: client.send_message(to, "Hi", tracker="msg-42"),
            "text_quoting": lambda: client.send_message(to, "Hi", reply_to_message_id=hello),
            "text_to_user_id": lambda: client.send_message(self.vendor.told["user_id"], "Hi"),
            "buttons": lambda: client.send_message(to, "Pick", buttons=yes_no),
            "buttons_with_header_and_footer": lambda: client.send_message(to, "Pick", "Head", "Foot", yes_no),
            "list": lambda: client.send_message(to, "Pick", buttons=listed),
            "link_button": lambda: client.send_message(to, "Book", buttons=types.URLButton("Open", "https://x.example")),
            "image_by_link": lambda: client.send_image(to, "https://cdn.example/a.jpg", "A"),
            "video_by_link": lambda: client.send_video(to, "https://cdn.example/a.mp4"),
            "audio_by_link": lambda: client.send_audio(to, "https://cdn.example/a.ogg"),
            "document_by_link": lambda: client.send_document(to, "https://cdn.example/a.pdf", "a.pdf", "A"),
            "sticker_by_link": lambda: client.send_sticker(to, "https://cdn.example/a.webp"),
            "location": lambda: client.send_location(to, -23.55, -46.63, "Sé", "Praça da Sé"),
            "contact": lambda: client.send_contact(to, types.Contact(types.Contact.Name("Bea Test", "Bea"))),
            "reaction": lambda: client.send_reaction(to, "👍", hello),
            "no_reaction": lambda: client.remove_reaction(to, hello),
            "template": lambda: client.send_template(to, params=[BodyText.params("Ana")], **follow_up),
            "read": lambda: client.mark_message_as_read(hello),
            "typing": lambda: client.indicate_typing(hello),
        }

    def test_everything_is_accepted_and_equals_the_reference(self):
        bodies = {}
        for name, send in self.sends().items():
            with self.subTest(name):
                send()
                bodies[name] = self.transport.bodies[-1]
        # what differs from run to run
        text = json.dumps(bodies, indent=1, ensure_ascii=False, sort_keys=True)
        text = text.replace(self.vendor.told["message_id"], "wamid.TEST1")
        if os.environ.get("UPDATE_REFERENCE"):
            REFERENCE.write_text(text + "\n")
        self.assertEqual(json.loads(text), json.loads(REFERENCE.read_text()))
        self.assertEqual(len(self.vendor.messages()), len(bodies) - 2)
        keyed = [entry for entry in self.vendor.messages() if entry["correlation"] == "msg-42"]
        self.assertEqual(len(keyed), 1)

    def test_media_is_uploaded_described_and_sent(self):
        media = self.client.upload_media(b"picture", mime_type="image/png", filename="a.png")
        self.client.send_image(self.to, media.id, "A")
        url = self.client.get_media_url(media.id)
        self.assertEqual((url.mime_type, url.file_size), ("image/png", 7))
        self.assertEqual(self.client.get_business_phone_number().display_phone_number, "15550001111")

    def test_refusals_are_read_as_errors(self):
        with self.assertRaises(WhatsAppError) as caught:
            self.client.send_message(self.to, "x" * 4097)
        self.assertEqual(caught.exception.code, 100)
        with self.assertRaises(WhatsAppError) as caught:
            self.client.send_message("5511988887777", "Hi")
        self.assertEqual(caught.exception.code, 131047)


if __name__ == "__main__":
    unittest.main()
