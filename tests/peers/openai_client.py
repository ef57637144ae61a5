"""The bot, asked by OpenAI's own client for Python. Started by programs_test.mjs."""

import os

import openai

SERVER, KEY, OTHER_KEY = (os.environ[name] for name in ("SERVER", "KEY", "OTHER_KEY"))
KNOWN, UNKNOWN, APPROVED = (os.environ[name] for name in ("KNOWN", "UNKNOWN", "APPROVED"))
MESSAGES = [{"role": "developer", "content": "You are a pirate."}, {"role": "user", "content": KNOWN}]


def client(key):
    return openai.OpenAI(base_url=f"{SERVER}/v1", api_key=key, max_retries=0)


def refused(kind, code, ask):
    try:
        ask()
    except kind as error:
        assert error.code == code, error
        return error
    raise AssertionError(f"{code} was expected")


bot = client(KEY)
models = [model.id for model in bot.models.list()]
assert models[0] == "rapport", models
assert bot.models.retrieve(models[1]).id == models[1]

whole = bot.chat.completions.create(model=models[1], messages=MESSAGES)
assert whole.choices[0].message.content == APPROVED, whole
assert whole.choices[0].finish_reason == "stop"
assert whole.usage.total_tokens == 0
assert whole.rapport["mode"] == "approved_text"

raw = bot.chat.completions.with_raw_response.create(model="rapport", messages=MESSAGES)
assert raw.parse().choices[0].message.content == APPROVED

chunks = list(
    bot.chat.completions.create(
        model="rapport", messages=MESSAGES, stream=True, stream_options={"include_usage": True}
    )
)
text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
assert text == APPROVED, text
assert chunks[-1].usage.total_tokens == 0 and not chunks[-1].choices
assert chunks[-2].choices[0].finish_reason == "stop"
assert chunks[-2].rapport["sources"]

with bot.chat.completions.stream(model="rapport", messages=MESSAGES) as stream:
    for _ in stream:
        pass
    assert stream.get_final_completion().choices[0].message.content == APPROVED

unknown = bot.chat.completions.create(model="rapport", messages=[{"role": "user", "content": UNKNOWN}])
assert unknown.rapport["gap_detected"] is True, unknown

ask = bot.chat.completions.create
refused(openai.AuthenticationError, "invalid_api_key", lambda: client("rk_x").models.list())
refused(
    openai.PermissionDeniedError,
    "permission_missing",
    lambda: client(OTHER_KEY).chat.completions.create(model="rapport", messages=MESSAGES),
)
refused(openai.NotFoundError, "model_not_found", lambda: ask(model="gpt-9", messages=MESSAGES))
refused(openai.NotFoundError, "model_not_found", lambda: bot.models.retrieve("gpt-9"))
error = refused(openai.BadRequestError, "no_question", lambda: ask(model="rapport", messages=MESSAGES[:1]))
assert error.param == "messages" and error.type == "invalid_request_error"
picture = [{"type": "image_url", "image_url": {"url": "https://shop.example/a.png"}}]
refused(
    openai.BadRequestError,
    "unsupported_content",
    lambda: ask(model="rapport", messages=[{"role": "user", "content": picture}]),
)


def too_often():
    for _ in range(121):
        bot.models.list()


error = refused(openai.RateLimitError, "rate_limit_exceeded", too_often)
assert 1 <= int(error.response.headers["retry-after"]) <= 60
