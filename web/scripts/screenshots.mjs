// Pictures of every page of the dashboard on the real server with the demonstration shop: light and dark, English and
// French, desktop and phone. `npm run screenshots -- FOLDER [name …]` (a name takes only the pages that contain it).
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { launchBrowser, settleAnimations } from '../tests/e2e/browser.mjs';
import { ProductServer, Visitor } from '../tests/e2e/product-server.mjs';
import { SmallSite } from '../tests/e2e/small-site.mjs';

const [folder = 'screenshots', ...wanted] = process.argv.slice(2);
const screens = { desktop: { width: 1440, height: 900 }, phone: { width: 375, height: 812 } };

const isWanted = (name) => wanted.length === 0 || wanted.some((word) => name.includes(word));

const SECTIONS = [
  'workspace',
  'members',
  'privacy',
  'labels',
  'sales',
  'sales-tags',
  'sales-fields',
  'sales-pipelines',
  'saved-replies',
  'hours',
  'assignment',
  'email',
  'ai-agent',
  'models',
  'search-model',
  'api-keys',
  'webhooks',
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
  { name: 'analytics', path: '/analytics' },
  { name: 'analytics-ai', path: '/analytics/ai' },
  { name: 'analytics-topics', path: '/analytics/topics' },
  { name: 'answer', path: ({ pair }) => `/knowledge?pair=${pair}` },
  { name: 'documents', path: '/knowledge/documents' },
  { name: 'document', path: ({ document }) => `/knowledge/documents?document=${document}` },
  {
    name: 'document-answers',
    path: ({ document }) => `/knowledge/documents?document=${document}&part=answers`,
  },
  { name: 'websites', path: '/knowledge/websites' },
  { name: 'website', path: ({ website }) => `/knowledge/websites?site=${website}` },
  { name: 'transcripts', path: '/knowledge/transcripts' },
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
  { name: 'gap-effects', path: '/gaps?status=effect' },
  { name: 'upkeep', path: '/knowledge/upkeep' },
  { name: 'texts', path: '/knowledge/texts' },
  { name: 'playground', path: '/playground' },
  { name: 'channels', path: '/channels' },
  { name: 'connect', path: '/channels/new' },
  ...['whatsapp', 'crisp'].map((vendor) => ({
    name: `connect-${vendor}`,
    path: `/channels/new/${vendor}`,
  })),
  { name: 'widget-content', path: '/widget' },
  ...['look', 'behaviour', 'answers', 'install'].map((tab) => ({
    name: `widget-${tab}`,
    path: `/widget?tab=${tab}`,
  })),
  { name: 'clients', path: '/clients' },
  { name: 'client', path: ({ client }) => `/clients/${client}` },
  { name: 'duplicates', path: '/clients/duplicates' },
  { name: 'activities', path: '/activities' },
  { name: 'leads', path: '/leads' },
  { name: 'deals', path: '/deals' },
  { name: 'deals-table', path: '/deals?view=table' },
  { name: 'deal', path: ({ deal }) => `/deals/${deal}` },
  { name: 'orders', path: '/orders' },
  { name: 'order', path: ({ order }) => `/orders/${order}` },
  { name: 'products', path: '/products' },
  ...SECTIONS.map((section) => ({ name: `settings-${section}`, path: `/settings/${section}` })),
];

const server = await ProductServer.start({}, { hasSales: true });
const browser = await launchBrowser();
try {
  const talked = await talk(server);
  const seen = {
    ...talked,
    ...(await improve(server)),
    ...(await learn(server)),
    ...(await sold(server)),
  };
  const chosen = scenes.filter(({ name }) => isWanted(name));
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

/** A client, a deal and an order of those that the demonstration brings. */
async function sold({ api }) {
  const first = async (path) => (await api.get(path)).items[0].id;
  return {
    client: await first('/crm/clients?q=goossens'),
    deal: await first('/crm/deals?q=breakfast'),
    order: await first('/crm/orders?q=FO-203890'),
  };
}

/** Some documents, one of which cannot be read and one of which answers; a web site; past chats. */
async function learn(server) {
  const { url, channelKey, api } = server;
  const document = await readDocuments(api);
  const visitor = await Visitor.begin(url, channelKey);
  await visitor.ask('How do I draw candle wax out of oiled oak?');
  await visitor.ask('What do I do about black spots from a wet tin on oak?');
  const chat = (question) =>
    `Customer: ${question}\nAgent: Yes, a hammock can be rented for 20 euros a day.\n---\n`;
  const chats = ['Can I rent your hammock for a wedding?', 'Can a hammock be rented?'];
  await api.upload('/transcripts?filename=chats.txt', chats.map(chat).join(''));
  await settled(async () => (await api.get('/qa-proposals')).items.length > 0);
  return { document, website: await readSite(server) };
}

async function readSite({ api }) {
  const site = await SmallSite.start();
  const links = ['about', 'workshop'].map((name) => `<a href="/${name}">${name}</a>`).join(' ');
  site.write('/', 'Fennel & Oak', `<p>Furniture made to last, in Ghent.</p>${links}`);
  site.write('/about', 'About us', '<p>We are nine people and a dog named Spruce.</p>');
  const { id } = await api.post('/websites', { base_url: site.url });
  await settled(async () => {
    const { items } = await api.get('/websites');
    return items.every(({ last_crawled_at, pages_queued }) => last_crawled_at && !pages_queued);
  });
  site.stop();
  return id;
}

async function settled(isSettled) {
  while (!(await isSettled())) await new Promise((go) => setTimeout(go, 200));
}

/** Gives the id of one that the demonstration brings, once all are read. */
async function readDocuments(api) {
  const file = new URL(
    '../../demo/knowledge/documents/returns-and-warranty-terms.md',
    import.meta.url,
  );
  await api.upload('/documents/files?filename=returns-and-warranty-terms.md', await readFile(file));
  await api.upload('/documents/files?filename=price-list.pdf', '%PDF-1.7 not one');
  await settled(async () =>
    (await api.get('/documents')).items.every(({ status }) => status !== 'pending'),
  );
  const { items } = await api.get('/documents');
  return items.find(({ title }) => title === 'Caring for oiled oak').id;
}

/** Some life in the shop: an answered question, one that nobody could answer, and one for a person. */
async function talk({ url, channelKey, api }) {
  const happy = await Visitor.begin(url, channelKey);
  await happy.ask('Do you ship to Belgium?');
  const [pair] = (await api.get('/qa-pairs?q=ship%20to%20Belgium')).items;
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
    pair: pair.id,
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
