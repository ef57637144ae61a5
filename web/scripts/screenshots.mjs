// Pictures of every page of the dashboard on the real server with the demonstration shop: light and dark, English and
// French, desktop and phone. `npm run screenshots -- FOLDER [name …]` (a name takes only the pages that contain it).
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { launchBrowser, settleAnimations } from '../tests/e2e/browser.mjs';
import { ProductServer, Visitor } from '../tests/e2e/product-server.mjs';

const [folder = 'screenshots', ...wanted] = process.argv.slice(2);
const screens = { desktop: { width: 1440, height: 900 }, phone: { width: 375, height: 812 } };

const SECTIONS = [
  'workspace',
  'members',
  'privacy',
  'labels',
  'saved-replies',
  'hours',
  'assignment',
  'ai-agent',
  'models',
  'api-keys',
  'audit',
  'profile',
  'security',
];

/** What each picture shows: an address below the workspace, and what to do there first. */
const scenes = [
  { name: 'home', path: '/home' },
  { name: 'inbox', path: '/inbox' },
  { name: 'inbox-all', path: '/inbox?view=all' },
  { name: 'conversation', path: ({ handedOver }) => `/inbox/${handedOver}` },
  { name: 'conversation-ai', path: ({ answered }) => `/inbox/${answered}?view=all` },
  { name: 'conversation-team', path: ({ team }) => `/inbox/${team}?view=all` },
  { name: 'palette', path: '/inbox', keys: ['Control+k'] },
  { name: 'shortcuts', path: '/inbox', keys: ['?'] },
  { name: 'knowledge', path: '/knowledge' },
  { name: 'documents', path: '/knowledge/documents' },
  { name: 'document', path: ({ document }) => `/knowledge/documents?document=${document}` },
  { name: 'versions', path: '/knowledge/versions' },
  { name: 'version', path: ({ version }) => `/knowledge/versions/${version}` },
  { name: 'draft', path: ({ draft }) => `/knowledge/versions/${draft}` },
  { name: 'backtest', path: ({ draft }) => `/knowledge/versions/${draft}?part=backtest` },
  { name: 'evaluation', path: '/knowledge/evaluation' },
  { name: 'evaluation-set', path: ({ set }) => `/knowledge/evaluation/${set}` },
  { name: 'evaluation-result', path: ({ set }) => `/knowledge/evaluation/${set}?part=result` },
  { name: 'evaluation-history', path: ({ set }) => `/knowledge/evaluation/${set}?part=history` },
  { name: 'gaps', path: '/gaps' },
  { name: 'gap', path: ({ gap }) => `/gaps/${gap}` },
  { name: 'playground', path: '/playground' },
  { name: 'widget-content', path: '/widget' },
  ...['look', 'behaviour', 'install'].map((tab) => ({
    name: `widget-${tab}`,
    path: `/widget?tab=${tab}`,
  })),
  ...SECTIONS.map((section) => ({ name: `settings-${section}`, path: `/settings/${section}` })),
];

const server = await ProductServer.start();
const browser = await launchBrowser();
try {
  const talked = await talk(server);
  const seen = { ...talked, ...(await improve(server)), document: await learn(server) };
  const chosen = scenes.filter(({ name }) => wanted.every((word) => name.includes(word)));
  await mkdir(folder, { recursive: true });
  for (const [screen, viewport] of Object.entries(screens)) {
    for (const language of ['en', 'fr']) {
      for (const theme of ['light', 'dark']) {
        await photograph({ chosen, seen, screen, viewport, language, theme });
      }
    }
  }
} finally {
  await browser.close();
  await server.stop();
}

async function photograph({ chosen, seen, screen, viewport, language, theme }) {
  const context = await browser.newContext({ viewport, locale: language, colorScheme: theme });
  const page = await context.newPage();
  const loading = watchLoading(page);
  await page.goto(`${server.url}/app/sign-in`);
  await page.locator('input[type=email]').fill(server.account.email);
  await page.locator('input[type=password]').fill(server.account.password);
  await page.locator('input[type=password]').press('Enter');
  await page.locator('nav').first().waitFor();
  const workspace = new URL(page.url()).pathname.split('/').slice(0, 3).join('/');
  for (const { name, path, keys = [] } of chosen) {
    const address = typeof path === 'string' ? path : path(seen);
    await page.goto(server.url + workspace + address);
    await page.locator('main :is(h1, h2)').first().waitFor({ state: 'attached' });
    await loading.end();
    for (const key of keys) await page.keyboard.press(key);
    await settleAnimations(page);
    await page.screenshot({ path: join(folder, `${name}-${screen}-${language}-${theme}.png`) });
  }
  await context.close();
}

/** `end` waits until the page has asked for nothing during a moment, apart from the stream that never ends. */
function watchLoading(page) {
  const QUIET_MS = 250;
  const open = new Set();
  let changed = Date.now();
  const note = (change) => (request) => {
    if (request.url().includes('/api/v1/events')) return;
    change(request);
    changed = Date.now();
  };
  page.on(
    'request',
    note((request) => open.add(request)),
  );
  page.on(
    'requestfinished',
    note((request) => open.delete(request)),
  );
  page.on(
    'requestfailed',
    note((request) => open.delete(request)),
  );
  const isQuiet = () => open.size === 0 && Date.now() - changed > QUIET_MS;
  return {
    async end() {
      while (!isQuiet()) await page.waitForTimeout(QUIET_MS / 5);
    },
  };
}

/** Some documents, one of which cannot be read. Gives the id of the first, once it is read. */
async function learn({ api }) {
  const FOLDER = new URL('../../demo/knowledge/documents/', import.meta.url);
  const send = (name, bytes) => api.upload(`/documents/files?filename=${name}`, bytes);
  const names = ['caring-for-oiled-oak.md', 'returns-and-warranty-terms.md'];
  const [first] = await Promise.all(
    names.map(async (name) => send(name, await readFile(new URL(name, FOLDER)))),
  );
  await send('price-list.pdf', '%PDF-1.7 not one');
  const isRead = async () =>
    (await api.get('/documents')).items.every((one) => one.status !== 'pending');
  while (!(await isRead())) await new Promise((go) => setTimeout(go, 200));
  return first.id;
}

/** Some life in the shop: an answered question, one that nobody could answer, and one for a person. */
async function talk({ url, channelKey, api }) {
  const happy = await Visitor.begin(url, channelKey);
  await happy.ask('Do you ship to Belgium?');
  await happy.ask('How do I care for an oiled oak table?');
  const curious = await Visitor.begin(url, channelKey);
  await curious.ask('Do you repair old violins?');
  const worried = await Visitor.begin(url, channelKey, { page_url: `${url}/demo` });
  await worried.ask('What is your return policy?');
  await worried.ask('I would like to talk to a person, please.');
  await worried.api.post('/escalations', {}).catch(() => undefined);
  const [team] = (await api.get('/conversations?q=Camille')).items;
  const [gap] = (await api.get('/gaps?status=open')).items;
  return {
    answered: happy.conversationId,
    handedOver: worried.conversationId,
    team: team.id,
    gap: gap?.id,
  };
}

/** A version, a draft that was tried, and an evaluation set that was run before and after the version. */
async function improve({ api }) {
  const [pair] = (await api.get('/qa-pairs?q=Belgium&limit=1')).items;
  const { question, answer, category, language, phrasings } = pair;
  const state = { question, answer, category, language, phrasings, is_active: true };
  const violins = {
    question: 'Do you repair violins?',
    answer: 'No, we restore furniture only. The luthier in Rue Haute repairs violins.',
  };
  const cases = [
    { question, expects: 'qa_pair', expected_qa_id: pair.id },
    { question: 'Can my violin be repaired?', expects: 'text', expected_text: 'Rue Haute' },
    { question: 'Who won the cup in 1998?', expects: 'no_answer' },
    { question: 'How do I oil an oak table?', expects: 'text', expected_text: 'every Sunday' },
  ];
  const set = await api.post('/evaluation-sets', { name: 'Everyday questions', cases });
  await api.post(`/evaluation-sets/${set.id}/runs`);
  const published = await api.post('/drafts', {
    title: 'Violins',
    changes: [{ subject: 'qa_pair', after: violins }],
  });
  await api.post(`/drafts/${published.id}/publish`, {});
  await api.post(`/evaluation-sets/${set.id}/runs`);
  const changed = answer.replace(/\d+/, (number) => String(Number(number) + 2));
  const more = `${changed} Ask us for a date before you order.`;
  const [other] = (await api.get('/qa-pairs?q=return&limit=1')).items;
  const draft = await api.post('/drafts', {
    title: 'Deliveries in winter',
    changes: [
      { subject: 'qa_pair', id: pair.id, after: { ...state, answer: more } },
      { subject: 'qa_pair', id: other.id, after: null },
      {
        subject: 'qa_pair',
        after: { question: 'Do you repair old violins?', answer: violins.answer },
      },
    ],
  });
  await api.post(`/drafts/${draft.id}/backtest`);
  return { version: published.id, draft: draft.id, set: set.id };
}
