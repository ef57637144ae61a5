// Who may do what and what is left of it, on the real server: keys and their scopes, several workspaces, erasing a
// visitor, the AI's instructions, and changes that colleagues see at once.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { assertAccessible } from './browser.mjs';
import { DemoTeam } from './demo-team.mjs';
import { DashboardPage, WidgetPage } from './page-objects.mjs';
import { reasonToSkip, Visitor } from './product-server.mjs';

const SOPHIE = {
  name: 'Sophie Admin',
  email: 'sophie@fennel-oak.example',
  password: 'ash by the sea',
};

describe('access', { skip: reasonToSkip(), timeout: 240_000 }, () => {
  let team, server, visits, owner, site;
  const at = (path) => team.at(path);
  const sitDown = (...where) => team.sitDown(...where);

  before(async () => {
    team = await DemoTeam.start('admin', SOPHIE);
    ({ server, visits, owner, site } = team);
  });
  after(() => team?.stop());
  afterEach(() => visits.close());

  it('lets a key do what was ticked, and nothing else', async () => {
    const page = await sitDown('settings/api-keys');
    await page.getByRole('button', { name: 'Create a key' }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('What it is for').fill('Export of conversations');
    await dialog.getByLabel('Read conversations').check();
    await dialog.getByLabel('Good for').selectOption({ label: '30 days' });
    await dialog.getByRole('button', { name: 'Create a key' }).click();
    const key = await dialog.getByLabel('The key').innerText();
    await dialog.getByRole('button', { name: 'Done' }).click();
    await page.getByText('Read conversations', { exact: true }).waitFor();

    const call = async (method, path, body) => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
      const response = await fetch(`${server.url}/api/v1${path}`, init);
      return [response.status, (await response.json().catch(() => ({}))).code];
    };
    const [{ id }] = (await owner.get('/conversations')).items;
    assert.deepEqual(await call('GET', '/conversations'), [200, undefined]);
    assert.deepEqual(await call('GET', `/conversations/${id}`), [200, undefined]);
    const refused = [403, 'permission_missing'];
    assert.deepEqual(await call('POST', `/conversations/${id}/messages`, hello()), refused);
    assert.deepEqual(await call('GET', '/qa-pairs'), refused);
    assert.deepEqual(await call('GET', '/members'), refused);
    assert.deepEqual(await call('POST', '/labels', { name: 'A', color: 'red' }), refused);
    assert.deepEqual(await call('GET', '/profile'), [403, 'not_a_person']);

    await page.getByRole('button', { name: /^Revoke.*Export/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('heading', { name: 'Export of', level: 3 }).waitFor({ state: 'detached' });
    assert.deepEqual(await call('GET', '/conversations'), [401, 'unauthenticated']);
    await page.goto(server.url + at('settings/audit'));
    await page
      .getByText(/Export of conversations · Good until: .* · May: Read conversations/)
      .waitFor();
    await assertAccessible(page, 'audit log');
  });

  it('goes from one workspace to the other and back', async () => {
    const nia = { name: 'Nia', email: 'nia@two.example', password: 'a long password' };
    const bakery = await server.signUp({ ...nia, business_name: 'Two Ovens' });
    const { url } = await owner.post('/invitations', { role: 'viewer' });
    const token = url.split('/').at(-1);
    await bakery.post(`/invitations/by-token/${token}/accept`, {});
    const { page } = await visits.open({ account: nia });
    const account = page.getByRole('button', { name: 'Account:' });
    await account.getByText('Fennel & Oak').waitFor();
    await account.click();
    await assertAccessible(page, 'account menu with workspaces');
    await page.getByRole('menuitemradio', { name: 'Two Ovens' }).click();
    await page.waitForURL('**/app/two-ovens/**');
    await account.getByText('Two Ovens').waitFor();
    // an owner here, a viewer there
    await page.goto(`${server.url}/app/two-ovens/settings/members`);
    await page.getByRole('button', { name: 'Invite a colleague' }).waitFor();
    await account.click();
    await page.getByRole('menuitemradio', { name: 'Fennel & Oak' }).click();
    await page.waitForURL('**/app/fennel-oak/**');
    await page.goto(server.url + at('settings/members'));
    await page.getByText('Only owners and admins can open this').waitFor();
  });

  it('erases a visitor with everything that the text promises', async () => {
    const page = await sitDown('settings/privacy');
    await page.getByLabel('Privacy policy').fill('https://fennel-oak.example/privacy');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('Saved.', { exact: true }).waitFor();

    // the chat links to the policy, and keeps nothing in the browser before somebody writes
    const address = `${server.url}/api/widget/${server.channelKey}`;
    while (!(await (await fetch(address)).json()).privacy_url);
    const guest = await visits.openAnonymous(`${site.url}/?channel=${server.channelKey}`);
    const chat = new WidgetPage(guest.page);
    await chat.open();
    const link = chat.link('Privacy');
    assert.equal(await link.getAttribute('href'), 'https://fennel-oak.example/privacy');
    assert.equal(await guest.page.evaluate(() => localStorage.length), 0);
    await chat.ask('Do you sell canarybird cages?');
    await chat.answer();
    assert.deepEqual(await guest.context.cookies(), []);
    assert.equal(await guest.page.evaluate(() => localStorage.length), 1);
    guest.record.origins.delete(site.url);

    const [written] = (await owner.get('/conversations?view=all&limit=1')).items;
    const { contact, id } = written;
    await owner.patch(`/contacts/${contact.id}`, { name: 'Wren Canarybird' });
    const note = { client_note_id: crypto.randomUUID(), text: 'Ask about the canarybird.' };
    await owner.post(`/conversations/${id}/notes`, note);
    const file = await owner.upload('/assets?filename=canarybird.csv', 'size,price\nbig,12\n');
    const reply = { ...hello(), attachment_id: file.id };
    await owner.post(`/conversations/${id}/messages`, reply);
    assert.equal((await fetch(server.url + file.url)).status, 200);
    assert.ok((await owner.get('/gaps')).items.some(({ question }) => /canarybird/.test(question)));

    await page.getByLabel('Name, e-mail or words').fill('canarybird');
    await page.getByRole('button', { name: /^Erase.*Wren Canarybird/ }).click();
    await page.getByText('Files can no longer be opened').waitFor();
    await assertAccessible(page, 'erase a visitor');
    await page.getByRole('dialog').getByRole('button', { name: 'Erase' }).click();
    await page.getByText('Erased.', { exact: true }).waitFor();
    await page.getByText('Nobody was found.').waitFor();

    assert.equal((await fetch(server.url + file.url)).status, 404);
    await assert.rejects(owner.get(`/conversations/${id}`), /404/);
    await assert.rejects(owner.get(`/contacts/${contact.id}`), /404/);
    for (const path of ['/search?q=canarybird', '/conversations?view=all', '/gaps', '/audit-log']) {
      const text = JSON.stringify(await owner.get(path)).replaceAll('q=canarybird', '');
      assert.ok(!/canarybird/i.test(text), `${path}: ${text.slice(0, 300)}`);
    }
    await page.goto(server.url + at('settings/audit'));
    await page.getByRole('cell', { name: 'Visitor erased Conversations: 1' }).waitFor();
  });

  it('gives the AI its instructions and its model, and guards what is not saved', async () => {
    await owner.post('/llm-credentials', {
      provider: 'openai_compatible',
      model: 'fake-model',
      key: '',
      base_url: `${site.url}/v1`,
      label: 'In house',
      is_default: false,
    });
    const second = await owner.post('/channels', { name: 'Wholesale' });
    const page = await sitDown('settings/ai-agent');
    await page.getByRole('button', { name: 'Add prompt' }).click();
    const sheet = page.getByRole('dialog');
    await sheet.getByLabel('Name').fill('Formal');
    await sheet.getByLabel('Description').fill('For traders');
    await sheet.getByLabel('Personality prompt').fill('Write as to a business partner.');
    await assertAccessible(page, 'new prompt');
    await sheet.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('button', { name: 'Formal' }).waitFor();

    await page.getByLabel('Channel', { exact: true }).selectOption({ label: 'Wholesale' });
    await page.getByLabel('Instructions for the model').selectOption({ label: 'Formal' });
    await page.getByText('Write as to a business partner.').waitFor();
    await page.getByLabel('Model', { exact: true }).selectOption({ label: 'In house' });
    await page.getByLabel('Confidence needed to answer').fill('0.9');
    await page.getByText('more questions go to people').waitFor();
    assert.ok(await page.getByLabel('Channel', { exact: true }).isDisabled());
    await page.getByRole('link', { name: 'Workspace' }).click();
    await page.getByRole('dialog', { name: 'Leave without saving?' }).waitFor();
    await page.getByRole('button', { name: 'Stay here' }).click();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('Saved.', { exact: true }).waitFor();
    await page.getByText('Used by Wholesale').waitFor();
    await page.reload();
    await page.getByText('90%').waitFor();
    const [model] = (await owner.get('/llm-credentials')).items;
    const { settings } = await owner.get(`/channels/${second.id}`);
    assert.equal(settings.credential_id, model.id);
    assert.equal(settings.confidence_threshold, 0.9);
    // the other channel is as it was
    await page.getByLabel('Channel', { exact: true }).selectOption({ index: 0 });
    const instructions = page.getByLabel('Instructions for the model');
    await page.getByRole('textbox', { name: 'Personality prompt' }).waitFor();
    assert.equal(await instructions.inputValue(), '');

    // a prompt in use stays; one that is free goes, and comes back
    const visit = visits.newest;
    visit.expected = /409/;
    await page.getByRole('button', { name: 'Formal' }).click();
    await sheet.getByRole('button', { name: 'Delete' }).click();
    await sheet.getByText('Wholesale uses this prompt').waitFor();
    await sheet.getByLabel('Personality prompt').fill('Write as to a good neighbour.');
    await sheet.getByRole('button', { name: 'Save', exact: true }).click();
    await sheet.waitFor({ state: 'detached' });
    const [prompt] = (await owner.get('/agent-prompts')).items;
    assert.equal(prompt.system_prompt, 'Write as to a good neighbour.');
  });

  it('shows a colleague’s changes in an open tab', async () => {
    const sophie = await sitDown('settings/workspace', SOPHIE);
    await sophie.getByLabel('Contact e-mail').fill('half@typed');
    const members = await sitDown('settings/members', SOPHIE);
    await members.getByText('Open invitations').waitFor();
    await members.getByLabel('Role of Sophie Admin').waitFor();
    const knowledge = await sitDown('knowledge', SOPHIE);
    await knowledge.getByRole('heading', { name: 'Knowledge' }).waitFor();

    await owner.patch('/workspace', { name: 'Fennel & Elm' });
    await sophie.getByRole('button', { name: 'Account:' }).getByText('Fennel & Elm').waitFor();
    // the menu and the form ask the server each for themselves
    await sophie.waitForFunction(() =>
      [...document.querySelectorAll('input')].some(({ value }) => value === 'Fennel & Elm'),
    );
    assert.equal(await sophie.getByLabel('Business name').inputValue(), 'Fennel & Elm');
    // what is being typed stays
    assert.equal(await sophie.getByLabel('Contact e-mail').inputValue(), 'half@typed');
    await owner.patch('/workspace', { name: 'Fennel & Oak' });

    await owner.post('/invitations', { role: 'agent', email: 'new@fennel-oak.example' });
    await members.getByText('new@fennel-oak.example').waitFor();
    await owner.post('/qa-pairs', { question: 'Do you rent out tables?', answer: 'No.' });
    await knowledge.getByText('Do you rent out tables?').waitFor();

    // a role counts at once, for what is shown too
    const { items } = await owner.get('/members');
    const { user_id } = items.find(({ name }) => name === SOPHIE.name);
    await owner.patch(`/members/${user_id}`, { role: 'agent' });
    await members.getByText('Only owners and admins can open this').waitFor();
    await owner.patch(`/members/${user_id}`, { role: 'admin' });
    await members.getByText('Open invitations').waitFor();
  });

  it('signs one other browser out', async () => {
    const program = await server.signIn(SOPHIE);
    const page = await sitDown('settings/security', SOPHIE);
    await page.getByText('This browser').waitFor();
    const other = page.getByRole('button', { name: /^Sign out.*Another program/ });
    // from joining, and from just now
    await other.nth(1).waitFor();
    await other.first().click();
    await page.getByText('Signed out.').waitFor();
    await other.nth(1).waitFor({ state: 'detached' });
    await other.click();
    await other.waitFor({ state: 'detached' });
    await assert.rejects(program.get('/session'), /401/);
    await page.reload();
    await page.getByText('This browser').waitFor();
  });
});

function hello() {
  return { client_message_id: crypto.randomUUID(), text: 'Hello, a person here.' };
}
