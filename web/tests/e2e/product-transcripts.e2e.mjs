// Past chats on the real server: pasted or dropped, read, and what they propose accepted, joined, changed or dismissed.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { assertAccessible } from './browser.mjs';
import { DemoTeam } from './demo-team.mjs';
import { assertFit, PHONE } from './inbox-team.mjs';
import { reasonToSkip } from './product-server.mjs';

const NORA = { name: 'Nora Lind', email: 'nora@fennel-oak.example', password: 'elm by the river' };
const BEE = { name: 'Bee', email: 'bee@hive.example', password: 'a long password' };
const EXPECTED = /Failed to load resource|ERR_/;

const PHONE_CHAT = `12/31/23, 9:15 PM - Marie: Hello! Can I rent your hammock for a wedding?
12/31/23, 9:16 PM - Fennel: Hi Marie, one moment please
12/31/23, 9:20 PM - Fennel: Yes, a hammock can be rented for 20 euros a day.
12/31/23, 9:21 PM - Marie: Thank you`;
const TWICE = (question, other, answer) =>
  `Customer: ${question}\nAgent: ${answer}\n---\nCustomer: ${other}\nAgent: ${answer}\n---\n`;

describe('transcripts', { skip: reasonToSkip(), timeout: 280_000 }, () => {
  let team, server, visits, owner;

  before(async () => {
    team = await DemoTeam.start('viewer', NORA);
    ({ server, visits, owner } = team);
  });
  after(() => team?.stop());
  afterEach(() => visits.close());

  async function sitDown(account) {
    const page = await team.sitDown('knowledge/transcripts', account);
    visits.newest.expected = EXPECTED;
    page.setDefaultTimeout(30_000);
    return page;
  }

  async function paste(page, text) {
    await page.getByRole('button', { name: 'Add chats' }).first().click();
    const dialog = page.getByRole('dialog', { name: 'Add chats' });
    await dialog.getByLabel('Paste chats').fill(text);
    await dialog.getByRole('button', { name: 'Read the chats' }).click();
    await dialog.waitFor({ state: 'detached' });
  }

  const proposal = (page, question) =>
    page.locator('[data-proposal]').filter({ hasText: question });
  const answerTo = async (question) => (await owner.post('/ask', { question })).answer.text;

  it('begins with what can be added, and says what cannot be read', async () => {
    await server.signUp({ ...BEE, business_name: 'Hive' });
    const { page } = await visits.open({ account: BEE, path: '/app/hive/knowledge' });
    visits.newest.expected = EXPECTED;
    await page.getByRole('link', { name: 'Transcripts' }).click();
    await page.waitForURL('**/app/hive/knowledge/transcripts');
    await page.getByText('No chats yet').waitFor();
    await assertAccessible(page, 'no chats');
    await page.getByRole('button', { name: 'Add chats' }).last().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Read the chats' }).click();
    await dialog.getByText('Paste chats or choose a file first.').waitFor();
    await dialog.getByLabel('Paste chats').fill('A story without any names.');
    await dialog.getByRole('button', { name: 'Read the chats' }).click();
    await dialog.getByText('No messages were recognised.').waitFor();
    await assertAccessible(page, 'chats that cannot be read');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Learn from the inbox' }).first().click();
    await page.getByRole('dialog').getByRole('button', { name: 'Find questions' }).click();
    await page.getByText(/No conversation that a person has answered/).waitFor();
  });

  it('asks who answers, and what is found is answered from once it is accepted', async () => {
    const colleague = await sitDown(NORA);
    const page = await sitDown();
    await paste(page, PHONE_CHAT);
    const who = page.getByRole('dialog', { name: 'Who answers for you?' });
    assert.equal(await who.getByRole('checkbox', { name: /^Fennel/ }).isChecked(), true);
    assert.equal(await who.getByRole('checkbox', { name: /^Marie/ }).isChecked(), false);
    await assertAccessible(page, 'who answers');
    await who.getByRole('button', { name: 'Find questions' }).click();
    const found = proposal(page, 'Can I rent your hammock');
    await found.waitFor();
    await proposal(colleague, 'Can I rent your hammock').getByRole('button').click();
    await colleague.getByText('Where it comes from').waitFor();
    assert.equal(await colleague.getByRole('button', { name: 'Accept' }).count(), 0);
    assert.equal(await colleague.getByRole('button', { name: 'Add chats' }).count(), 0);

    await page.keyboard.press('j');
    await found.getByText('Where it comes from').waitFor();
    await assertAccessible(page, 'a proposal');
    await page.keyboard.press('e');
    await found.getByLabel('Answer', { exact: true }).fill('A hammock is 25 euros a day.');
    await found.getByRole('button', { name: 'Save' }).click();
    await found.getByText('Changed', { exact: true }).waitFor();
    await page.keyboard.press('a');
    await found.waitFor({ state: 'detached' });
    assert.match(await answerTo('Can I rent your hammock for a wedding?'), /25 euros a day/);
  });

  it('shows beside it what is answered already, and joins both', async () => {
    await owner.post('/qa-pairs', {
      question: 'Do you sell garden gnomes?',
      answer: 'No gnomes are sold here.',
    });
    const page = await sitDown();
    await paste(
      page,
      TWICE(
        'Do you sell garden gnomes',
        'do you also sell garden gnomes?',
        'We sell gnomes in June.',
      ),
    );
    const found = proposal(page, 'garden gnomes');
    await found.getByText(/Answered already/).waitFor();
    await found.getByRole('button').first().click();
    await found.getByText('Answered now').waitFor();
    await found.getByText('No gnomes are sold here.').waitFor();
    await assertAccessible(page, 'two answers');
    await found.getByRole('button', { name: 'Replace the answer' }).click();
    await found.waitFor({ state: 'detached' });
    const pairs = (await owner.get('/qa-pairs?q=gnomes')).items;
    assert.equal(pairs.length, 1);
    assert.equal(pairs[0].answer, 'We sell gnomes in June.');
    await page.getByRole('link', { name: 'Accepted' }).click();
    await proposal(page, 'garden gnomes').getByText('Answer replaced').waitFor();
  });

  it('accepts many at once, puts one into a draft, and dismisses with a way back', async () => {
    const page = await sitDown();
    await paste(
      page,
      TWICE(
        'Are your lamps made of glass?',
        'are the lamps made of glass',
        'All lamps are blown glass.',
      ) +
        TWICE(
          'Can I borrow a ladder from the shop?',
          'can i borrow a ladder at the shop',
          'Ladders are lent for a day.',
        ) +
        'Customer: Which wood is the blue bench made of?\nAgent: The blue bench is made of larch.\n',
    );
    await proposal(page, 'lamps').waitFor();
    await page.getByRole('button', { name: 'Choose those that need no look' }).click();
    await page.getByRole('button', { name: 'Accept 2' }).click();
    await page.getByText('2 accepted.').waitFor();
    await proposal(page, 'a ladder').waitFor({ state: 'detached' });
    assert.match(await answerTo('Can I borrow a ladder from the shop?'), /lent for a day/);

    const bench = proposal(page, 'blue bench');
    await bench.getByRole('button').first().click();
    await page.keyboard.press('x');
    await bench.waitFor({ state: 'detached' });
    await page.keyboard.press('z');
    await bench.waitFor();
    await bench.getByRole('button', { name: 'Into a draft' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Title').fill('Benches');
    await dialog.getByRole('button', { name: 'Save to a draft' }).click();
    await bench.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Open the draft' }).click();
    await page.getByRole('heading', { name: 'Which wood is the blue bench made of?' }).waitFor();
  });

  it('takes a file that is dropped, and fits a phone in French and in the dark', async () => {
    const page = await sitDown();
    const dataTransfer = await page.evaluateHandle(() => {
      const transfer = new DataTransfer();
      const text =
        'conversation_id,role,message\n1,visitor,Is the green sofa washable?\n1,agent,The cover of the green sofa can be washed at 30 degrees.\n';
      transfer.items.add(new File([text], 'chats.csv', { type: 'text/csv' }));
      return transfer;
    });
    await page.locator('main').dispatchEvent('dragover', { dataTransfer });
    await page.locator('main').dispatchEvent('drop', { dataTransfer });
    const dialog = page.getByRole('dialog');
    await dialog.getByText('File: chats.csv').waitFor();
    await dialog.getByRole('button', { name: 'Read the chats' }).click();
    await proposal(page, 'green sofa').waitFor();

    const { page: phone } = await visits.open({
      path: team.at('knowledge/transcripts'),
      locale: 'fr-FR',
      colorScheme: 'dark',
      ...PHONE,
    });
    const found = proposal(phone, 'green sofa');
    await found.getByRole('button').first().click();
    await found.getByText('D’où elle vient').waitFor();
    await assertFit(phone);
    await assertAccessible(phone, 'a proposal on a phone, dark, French');

    await page.getByRole('button', { name: 'Forget chats.csv' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Forget' }).click();
    await proposal(page, 'green sofa').waitFor({ state: 'detached' });
    await page.getByText('Forgotten.').waitFor();
  });
});
