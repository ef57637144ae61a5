"""The tools, called by the Model Context Protocol's own SDK for Python. Started by programs_test.mjs."""

import asyncio
import json
import os

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

SERVER, KEY, OTHER_KEY = (os.environ[name] for name in ("SERVER", "KEY", "OTHER_KEY"))
KNOWN, APPROVED, CONVERSATION = (os.environ[name] for name in ("KNOWN", "APPROVED", "CONVERSATION"))
TOOLS = ["search_knowledge", "ask", "list_conversations", "read_conversation", "list_gaps", "add_qa_pair"]


def connect(key, mode):
    http = httpx2.AsyncClient(headers={"authorization": f"Bearer {key}"}, timeout=30)
    return Client(streamable_http_client(f"{SERVER}/mcp", http_client=http), mode=mode)


async def given(client, name, **arguments):
    result = await client.call_tool(name, arguments)
    assert not result.is_error, result
    return result.structured_content


async def use(mode):
    async with connect(KEY, mode) as client:
        print(f"mcp, {mode}: {client.protocol_version}")
        assert client.server_info.name == "rapport"
        assert "data" in client.instructions
        tools = (await client.list_tools()).tools
        assert [tool.name for tool in tools] == TOOLS, tools
        assert [tool.name for tool in tools if not tool.annotations.read_only_hint] == ["add_qa_pair"]

        found = await given(client, "search_knowledge", query=KNOWN, limit=3)
        assert found["items"][0]["title"] == KNOWN and len(found["items"]) <= 3, found
        assert (await given(client, "ask", question=KNOWN))["text"] == APPROVED
        listed = await given(client, "list_conversations", limit=50)
        assert CONVERSATION in [one["id"] for one in listed["items"]]
        thread = await given(client, "read_conversation", conversation_id=CONVERSATION)
        assert [line["text"] for line in thread["messages"]] == [KNOWN, APPROVED]
        await given(client, "list_gaps")
        added = await given(client, "add_qa_pair", question=f"Do you sell {mode} kites?", answer="No.")
        assert added["status"] == "published", added

        refused = await client.call_tool("read_conversation", {"conversation_id": "nonsense"})
        assert refused.is_error
        assert json.loads(refused.content[0].text)["error"]["code"] == "not_found"

    async with connect(OTHER_KEY, mode) as client:
        assert [tool.name for tool in (await client.list_tools()).tools] == ["ask"]
        refused = await client.call_tool("search_knowledge", {"query": KNOWN})
        assert refused.is_error and "knowledge:read" in refused.content[0].text


async def main():
    for mode in ("auto", "legacy"):
        await use(mode)
    try:
        async with connect("rk_x", "legacy"):
            raise AssertionError("a wrong key was let in")
    except AssertionError:
        raise
    except BaseException as error:  # the SDK wraps it in a group of its own
        assert "rk_x" not in str(error)


asyncio.run(main())
