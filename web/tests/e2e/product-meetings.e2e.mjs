// The built-in scheduler from one end to the other: switched on, booked by a visitor in the widget, seen, moved and
// cancelled. On the real server.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { assertAccessible } from './browser.mjs';
import { DemoTeam } from './demo-team.mjs';
import { WidgetPage } from './page-objects.mjs';
import { reasonToSkip } from './product-server.mjs';

const NORA = { name: 'Nora Lind', email: 'nora@fennel-oak.example', password: 'elm by the river' };
const SHOTS = process.env.RAPPORT_SCREENSHOTS;

describe('meetings', { skip: reasonToSkip(), timeout: 240_000 }, () => {
  let team, server, visits, owner, site;

  before(async () => {
    team = await DemoTeam.start('agent', NORA, {});
    ({ server, visits, owner, site } = team);
  });
  after(() => team?.stop());
  afterEach(() => visits.close());

  async function sitDown(path) {
    const { page } = await visits.open({ path: team.at(path) });
    page.setDefaultTimeout(30_000);
    return page;
  }

  async function picture(page, name) {
    if (SHOTS) await page.screenshot({ path: `${SHOTS}/${name}.png` });
  }

  const row = (page, name) => page.locator('[data-meeting]').filter({ hasText: name });

  it('is switched on in the settings', async () => {
    const page = await sitDown('settings/meetings');
    const form = page.getByRole('region', { name: 'Our own scheduler' });
    await form.getByRole('switch', { name: 'Offer free times in the chat' }).click();
    await form.getByLabel('Duration, in minutes').fill('45');
    await form.getByRole('checkbox', { name: NORA.name }).check();
    await form.getByRole('switch', { name: 'Hours of its own' }).click();
    await form.getByLabel('Said where the bot asks for an address').fill('For this meeting only.');
    await picture(page, 'settings');
    await assertAccessible(page, 'settings');
    const saved = page.waitForResponse((response) => response.request().method() === 'PATCH');
    await form.getByRole('button', { name: 'Save' }).click();
    assert.equal((await saved).status(), 200);
    const { scheduler } = await owner.get('/meetings/settings');
    assert.deepEqual(
      [scheduler.is_on, scheduler.duration_minutes, scheduler.members.length],
      [true, 45, 1],
    );
    assert.equal(scheduler.hours.monday[0][0], '09:00');
  });

  it('is booked by a visitor who presses a time, shown, and cancelled by them', async () => {
    const { page: desk } = await visits.open({ path: team.at('meetings') });
    desk.setDefaultTimeout(30_000);
    await desk.getByText('No meetings ahead').waitFor();
    await assertAccessible(desk, 'none');

    const customer = await visits.openAnonymous(`${site.url}/?channel=${server.channelKey}`);
    customer.record.origins.delete(site.url);
    const { page } = customer;
    page.setDefaultTimeout(30_000);
    const widget = new WidgetPage(page);
    await widget.open();
    await widget.ask('Can I book a call?');
    const chip = widget.chips.filter({ hasText: ':' }).first();
    await chip.waitFor();
    await picture(page, 'widget-offer');
    await chip.click();
    await widget.panel.getByText('For this meeting only.').waitFor();
    await widget.ask('mia@example.com');
    await widget.panel.getByText('Your meeting is booked').waitFor();
    await picture(page, 'widget-booked');

    await row(desk, 'mia@example.com').getByText(NORA.name).waitFor();
    await row(desk, 'mia@example.com').getByText('Booked in the chat').waitFor();
    await picture(desk, 'page');
    await assertAccessible(desk, 'page');
    const [meeting] = (await owner.get('/meetings')).items;
    assert.deepEqual([meeting.source, meeting.duration_minutes], ['builtin', 45]);

    await widget.chips.filter({ hasText: 'Cancel my meeting' }).click();
    await widget.chips.filter({ hasText: 'Yes' }).click();
    await widget.panel.getByText('is cancelled').waitFor();
    await row(desk, 'mia@example.com').waitFor({ state: 'detached' });
    await desk.getByLabel('Show cancelled ones').check();
    await row(desk, 'mia@example.com').getByText('Cancelled', { exact: true }).waitFor();
  });

  it('is written down, moved to a free time and settled by a colleague', async () => {
    const page = await sitDown('meetings');
    await page.getByRole('button', { name: 'New meeting' }).first().click();
    const dialog = page.getByRole('dialog', { name: 'New meeting' });
    await dialog.getByLabel('What it is about').fill('Fitting');
    await dialog.getByLabel('Visitor’s name').fill('Kim Roe');
    await dialog.getByLabel('Member').selectOption({ label: NORA.name });
    await pickDay(dialog);
    await dialog.locator('label:has(input[type=radio])').first().click();
    await picture(page, 'dialog');
    await assertAccessible(page, 'dialog');
    await dialog.getByRole('button', { name: 'New meeting' }).click();
    await page.getByText('The meeting is written down.').waitFor();
    const [before] = (await owner.get('/meetings?status=scheduled')).items;

    await row(page, 'Kim Roe').getByRole('button', { name: 'Move' }).click();
    const moving = page.getByRole('dialog', { name: 'Move the meeting with Kim Roe' });
    await pickDay(moving);
    await moving.locator('label:has(input[type=radio])').nth(2).click();
    await moving.getByRole('button', { name: 'Move' }).click();
    await page.getByText('The meeting is moved.').waitFor();
    const [moved] = (await owner.get('/meetings?status=rescheduled')).items;
    assert.equal(moved.id, before.id);
    assert.notEqual(moved.scheduled_at, before.scheduled_at);

    await row(page, 'Kim Roe').getByRole('combobox').selectOption('completed');
    await page.getByRole('link', { name: 'Past' }).click();
    await page.getByText('No meetings since').waitFor();
    await page.getByRole('link', { name: 'Coming' }).click();
    const settled = page.waitForResponse((response) => response.request().method() === 'PATCH');
    await row(page, 'Kim Roe').getByRole('combobox').selectOption('no_show');
    assert.equal((await settled).status(), 200);
    const again = await owner.get('/meetings?status=no_show');
    assert.equal(again.items.length, 1);
  });

  /** A day a week ahead that is no Sunday or Saturday. */
  async function pickDay(dialog) {
    const day = new Date(Date.now() + 7 * 86_400_000);
    while ([0, 6].includes(day.getUTCDay())) day.setUTCDate(day.getUTCDate() + 1);
    await dialog.getByLabel('Day').fill(day.toISOString().slice(0, 10));
    await dialog.getByText('9:00', { exact: false }).first().waitFor();
  }
});
