/** What to write into other programs so that they use a key. The key itself is put in by whoever has it. */

export interface Use {
  id: string;
  /** The program's own name: it is the same in every language. */
  name: string;
  /** The scopes that the key needs. */
  scopes: string;
  text: string;
}

export function uses(server: string): Use[] {
  return [
    {
      id: 'openai-python',
      name: 'OpenAI, Python',
      scopes: 'ask',
      text: `from openai import OpenAI

client = OpenAI(base_url="${server}/v1", api_key="rk_…")
answer = client.chat.completions.create(
    model="rapport",
    messages=[{"role": "user", "content": "Do you ship to Belgium?"}],
)
print(answer.choices[0].message.content)`,
    },
    {
      id: 'openai-js',
      name: 'OpenAI, JavaScript',
      scopes: 'ask',
      text: `import OpenAI from 'openai';

const client = new OpenAI({ baseURL: '${server}/v1', apiKey: 'rk_…' });
const answer = await client.chat.completions.create({
  model: 'rapport',
  messages: [{ role: 'user', content: 'Do you ship to Belgium?' }],
});
console.log(answer.choices[0].message.content);`,
    },
    {
      id: 'mcp',
      name: 'MCP',
      scopes: 'ask, knowledge:read, knowledge:write, conversations:read',
      text: JSON.stringify(
        {
          mcpServers: {
            rapport: {
              type: 'http',
              url: `${server}/mcp`,
              headers: { Authorization: 'Bearer rk_…' },
            },
          },
        },
        null,
        2,
      ),
    },
    {
      id: 'curl',
      name: 'curl',
      scopes: 'ask',
      text: `curl -s ${server}/api/v1/ask -H "Authorization: Bearer rk_…" \\
     -H "Content-Type: application/json" -d '{"question": "Do you ship to Belgium?"}'`,
    },
  ];
}
