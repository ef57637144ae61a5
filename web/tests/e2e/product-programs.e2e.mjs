// Keys for programs and the audit log, on the real server: a key is renewed while its old secret works on, what is shown to
// copy works, and an owner finds who did what and takes it along.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, afterEach, before, describe, it } from 'node:test';
import { assertAccessible } from './browser.mjs';
import { DemoTeam } from './demo-team.mjs';
import { reasonToSkip } from './product-server.mjs';

const SOPHIE = {
  name: 'Sophie Admin',
  email: 'sophie@fennel-oak.example',
  password: 'ash by the sea',
};
const QUESTION = 'Do you ship to Belgium?';

describe('other people’s programs', { skip: reasonToSkip(), timeout: 240_000 }, () => {
  let team, server, visits;
  const at = (path) => team.at(path);

  before(async () => {
    team = await DemoTeam.start('admin', SOPHIE);
    ({ server, visits } = team);
  });
  after(() => team?.stop());
  afterEach(() => visits.close());

  const ask = async (key) => {
    const response = await fetch(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'rapport',
        messages: [{ role: 'user', content: QUESTION }],
      }),
    });
    const body = await response.json();
    return response.ok ? body.choices[0].message.content : body.error.code;
  };

  it('get a key that asks the bot as a model, and is renewed', async () => {
    const page = await team.sitDown('settings/api-keys');
    await page.getByRole('button', { name: 'Create a key' }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('What it is for').fill('Chat in our app');
    await dialog.getByLabel('Ask the assistant').check();
    await dialog.getByRole('button', { name: 'Create a key' }).click();
    const first = await dialog.getByLabel('The key').innerText();
    await dialog.getByRole('button', { name: 'Done' }).click();
    assert.match(await ask(first), /Belgium/);

    await page.getByRole('button', { name: /^Renew.*Chat in our app/ }).click();
    await assertAccessible(page, 'renewing a key');
    await dialog.getByLabel('The old one works on for').selectOption('One hour');
    await dialog.getByRole('button', { name: 'Renew', exact: true }).click();
    const second = await dialog.getByLabel('The key').innerText();
    await dialog.getByRole('button', { name: 'Done' }).click();
    const row = page.getByRole('listitem').filter({ hasText: 'Chat in our app' });
    await row.getByText(`rk_••••${second.slice(-4)}`).waitFor();
    await row.getByText(`The one before, rk_••••${first.slice(-4)}, works until`).waitFor();
    for (const key of [first, second]) assert.match(await ask(key), /Belgium/);

    await page.getByRole('button', { name: /^Renew.*Chat in our app/ }).click();
    await dialog.getByLabel('The old one works on for').selectOption('Not at all: it ends now');
    await dialog.getByRole('button', { name: 'Renew', exact: true }).click();
    await dialog.getByLabel('The key').waitFor();
    await dialog.getByRole('button', { name: 'Done' }).click();
    await row.getByText('The one before').waitFor({ state: 'detached' });
    for (const key of [first, second]) assert.equal(await ask(key), 'invalid_api_key');
  });

  it('find what to write into them', async () => {
    const page = await team.sitDown('settings/api-keys');
    const text = (name) => page.getByLabel(name, { exact: true }).innerText();
    assert.match(
      await text('OpenAI, Python'),
      new RegExp(`base_url="${server.url}/v1", api_key="rk_…"`),
    );
    await page.getByLabel('Program', { exact: true }).selectOption('MCP');
    const config = JSON.parse(await text('MCP'));
    assert.equal(config.mcpServers.rapport.url, `${server.url}/mcp`);
    await page.getByText(/must be allowed: ask, knowledge:read/).waitFor();
    await assertAccessible(page, 'API keys with their use');
    await shoot(page, 'api-keys');
  });

  it('leave a log in which an owner finds who did what', async () => {
    const page = await team.sitDown('settings/audit');
    const rows = page.getByRole('row');
    await page.getByLabel('Show').selectOption({ label: 'API key renewed' });
    await page.getByRole('cell', { name: 'API key renewed' }).first().waitFor();
    await page.getByText('The old one works on for (hours): 1').waitFor();
    // the address alone brings the same
    await page.reload();
    await page.getByRole('cell', { name: 'API key renewed' }).first().waitFor();
    assert.equal(await rows.count(), 3);

    // everything that happened to this key
    await page.getByRole('button', { name: 'API key renewed' }).first().click();
    await page.waitForURL((url) => /^api_key:/.test(url.searchParams.get('subject')));
    await page.getByLabel('Show').selectOption({ label: 'Everything' });
    await page.getByRole('cell', { name: 'API key created' }).waitFor();
    assert.equal(await rows.count(), 4);
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await page.getByRole('cell', { name: 'Invitation accepted' }).waitFor();
    await page.getByLabel('Who').selectOption({ label: 'Sophie Admin' });
    await page.getByRole('cell', { name: 'API key created' }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await page.getByLabel('On', { exact: true }).selectOption({ label: 'API keys' });
    await page.getByRole('cell', { name: 'Invitation accepted' }).waitFor({ state: 'detached' });
    await page.getByLabel('Until').fill('2001-01-01');
    await page.getByText('Nothing of this kind has happened.').waitFor();
    assert.equal(new URL(page.url()).searchParams.get('to'), '2001-01-01');
    await page.getByLabel('Until').fill('');
    await page.getByRole('cell', { name: 'API key created' }).waitFor();
    await assertAccessible(page, 'audit log with filters');
    await shoot(page, 'audit-log');

    const begun = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Export' }).click();
    const lines = (await readFile(await (await begun).path(), 'utf8')).trim().split('\n');
    assert.equal(lines[0], 'created_at,actor,actor_name,action,subject,subject_name,details');
    assert.equal(lines.length, 4);
    assert.ok(lines.slice(1).every((line) => line.includes(',api_key:')));
    await page.goto(server.url + at('settings/audit?action=audit_log_exported'));
    await page.getByRole('cell', { name: 'Audit log exported' }).waitFor();
  });
});

/** A picture of what was seen, where somebody wants to look at it. */
async function shoot(page, name) {
  const folder = process.env.SCREENSHOTS;
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}
