// Measures the inbox in Chromium: how long after a key or a click it has painted what was asked for, with many
// conversations in the list and one very long thread.
//   node bench/browser/interactions.mjs                    10,000 conversations, 2,000 messages in one of them
//   node bench/browser/interactions.mjs --times 10 --conversations 1000 --messages 500
//   RAPPORT_BINARY=target/debug/rapport node bench/…       another binary than target/release/rapport
// Writes a table to stdout and every sample to bench/browser/trace.json. Exit 1 when the promise is broken.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Stopwatch } from './stopwatch.mjs';

const fromRoot = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
process.env.RAPPORT_BINARY ??= fromRoot('target/release/rapport');
const { launchBrowser } = await import('../../web/tests/e2e/browser.mjs');
const { Visits } = await import('../../web/tests/e2e/dashboard-visit.mjs');
const { DashboardPage } = await import('../../web/tests/e2e/page-objects.mjs');
const { ProductServer } = await import('../../web/tests/e2e/product-server.mjs');

const { values } = parseArgs({
  options: {
    conversations: { type: 'string', default: '10000' },
    messages: { type: 'string', default: '2000' },
    times: { type: 'string', default: '30' },
  },
});
const [conversations, messages, times] = ['conversations', 'messages', 'times'].map((name) =>
  Number(values[name]),
);
/** The promise, in milliseconds. */
const MOST_MS = 100;
const HAND_MS = 150;
const OWNER = {
  email: 'bench@shop.example',
  password: 'a long bench in the park',
  name: 'Sarah Petit',
  business_name: 'Bench',
};

const [server, browser] = await Promise.all([ProductServer.start(), launchBrowser()]);
const visits = new Visits(browser, server);
try {
  const workspace = await fill();
  const { page } = await visits.open({
    account: OWNER,
    path: `/app/${workspace}/inbox?view=all`,
  });
  page.setDefaultTimeout(60_000);
  report(await measure(page));
} finally {
  await visits.close();
  await browser.close();
  await server.stop();
}

/** A new business with a large history. */
async function fill() {
  const owner = await server.signUp(OWNER);
  const { tenant } = await owner.get('/session');
  const run = (file, settings) => {
    const all = Object.entries({
      tenant: tenant.id,
      ON_ERROR_STOP: 1,
      ...settings,
    });
    const named = all.flatMap(([name, value]) => ['-v', `${name}=${value}`]);
    execFileSync('psql', ['-q', ...named, server.databaseUrl(), '-f', fromRoot(file)]);
  };
  run('bench/inbox.sql', { conversations, messages: 10 });
  run('bench/browser/long-thread.sql', { messages });
  return tenant.slug;
}

async function measure(page) {
  const desk = new DashboardPage(page);
  const watch = await Stopwatch.start(page);
  await loadEverything(page, desk);
  await measureList(page, desk, watch);
  await measureThread(page, desk, watch);
  return watch.samples;
}

/** The whole list and the whole thread, as after a long day. */
async function loadEverything(page, desk) {
  await desk.row('Long thread').first().click();
  await desk.log.getByRole('article').first().waitFor();
  await desk.log.hover();
  const earlier = page.getByRole('button', { name: 'Show earlier messages' });
  while (await earlier.count()) await page.mouse.wheel(0, -20_000);

  const last = () => desk.rows.last().innerText();
  await desk.rows.first().focus();
  while (!(await last()).includes(`Person ${conversations}\n`)) await page.keyboard.press('End');
  await page.keyboard.press('Home');
  await desk.log.focus();
}

async function measureList(page, desk, watch) {
  const note = () => location.pathname;
  const isShown = isAnotherConversation;
  await watch.repeat('J, the next conversation', times, {
    note,
    isShown,
    act: () => page.keyboard.press('j'),
  });
  await watch.repeat('K, the one before', times, {
    note,
    isShown,
    act: () => page.keyboard.press('k'),
  });
  await watch.repeat('X, marking it', times, {
    note: () => document.querySelectorAll('[aria-label="Selected conversations"]').length,
    isShown: (before) =>
      document.querySelectorAll('[aria-label="Selected conversations"]').length !== before,
    act: () => page.keyboard.press('x'),
  });
  await watch.repeat('opening a conversation', times, {
    note,
    isShown,
    act: async () => {
      // A hand needs that long between the way to the row and the click.
      const id = await page
        .locator('a[data-id]:not([aria-current])')
        .last()
        .getAttribute('data-id');
      const row = page.locator(`a[data-id="${id}"]`);
      await row.hover();
      await page.waitForTimeout(HAND_MS);
      await row.click();
    },
  });
  await watch.repeat('another view', times, {
    note: () => document.querySelector('a[data-id]').dataset.id,
    isShown: (before) => {
      const first = document.querySelector('a[data-id]');
      return first !== null && first.dataset.id !== before;
    },
    act: (time) =>
      page.getByRole('link', { name: time % 2 ? 'All' : 'Resolved', exact: true }).click(),
  });
  await watch.repeat('the palette', times, {
    isShown: () => document.activeElement.closest('dialog, [role=dialog]') !== null,
    act: () => page.keyboard.press('Control+k'),
    reset: async () => {
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    },
  });
}

async function measureThread(page, desk, watch) {
  const open = (name) => desk.row(name).first().click();
  await page.getByRole('link', { name: 'All', exact: true }).click();
  await open('Person 2');
  await watch.repeat('opening the long thread', times, {
    note: () => location.pathname,
    isShown: isAnotherConversation,
    act: () => open('Long thread'),
    reset: async (time) => {
      if (time === times - 1) return;
      await open('Person 2');
      await desk.log.getByText('Question').first().waitFor({ state: 'detached' });
    },
  });
  await desk.reply.focus();
  await watch.repeat('a letter in its composer', times, {
    note: () => document.activeElement.value.length,
    isShown: (before) => document.activeElement.value.length > before,
    act: (time) => page.keyboard.press('walnutdesk'[time % 10]),
  });
  await desk.log.hover();
  await watch.repeat('scrolling up in it', times, {
    note: () => document.querySelector('[role=log]').scrollTop,
    isShown: isFilledAfterScrolling,
    act: () => page.mouse.wheel(0, -900),
  });
}

/** In the page: header, list and messages are those of another conversation than before. */
function isAnotherConversation(before) {
  const row = document.querySelector('a[data-id][aria-current=true]');
  const name = document.querySelector('main h2')?.textContent.trim();
  return (
    location.pathname !== before &&
    row !== null &&
    name !== undefined &&
    row.textContent.includes(name) &&
    row.href.includes(location.pathname) &&
    document.querySelector('[role=log] article') !== null
  );
}

/** In the page: the messages have moved, and there is no hole at the upper edge. */
function isFilledAfterScrolling(before) {
  const pane = document.querySelector('[role=log]');
  const { top } = pane.getBoundingClientRect();
  const tops = [...pane.querySelectorAll('article')].map((one) => one.getBoundingClientRect().top);
  return pane.scrollTop !== before && Math.min(...tops) < top + 40;
}

function report(samples) {
  const names = [...new Set(samples.map(({ name }) => name))];
  console.log(
    `| ${conversations} conversations, a thread of ${messages} messages | paint p50 ms | p95 | most | shown p50 ms | p95 | most |`,
  );
  console.log('| --- | ---: | ---: | ---: | ---: | ---: | ---: |');
  let isKept = true;
  for (const name of names) {
    const of = (what) =>
      samples
        .filter((one) => one.name === name)
        .map((one) => one[what])
        .toSorted((a, b) => a - b);
    const row = ['paint', 'shown'].flatMap((what) => threeOf(of(what)));
    console.log(`| ${name} | ${row.map((one) => one.toFixed(0)).join(' | ')} |`);
    isKept &&= row[1] < MOST_MS;
  }
  const lines = samples.map((sample) => JSON.stringify(sample)).join(',\n');
  const trace = `{"conversations":${conversations},"messages":${messages},"samples":[\n${lines}\n]}\n`;
  writeFileSync(fromRoot('bench/browser/trace.json'), trace);
  if (!isKept) process.exitCode = 1;
}

/** The middle, the 95th percentile and the last. */
function threeOf(sorted) {
  return [0.5, 0.95, 1].map((part) => sorted[Math.ceil(sorted.length * part) - 1]);
}
