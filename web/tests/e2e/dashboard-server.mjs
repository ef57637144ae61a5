// A stand-in for the Rust server in browser tests of the dashboard: the built files under the real CSP, and the
// Dashboard API over data in memory. A test drives it through the object that `startServer` returns.
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const dist = fileURLToPath(new URL('../../dist/dashboard/', import.meta.url));
const mimeTypes = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.woff2': 'font/woff2',
  '.svg': 'image/svg+xml',
};
const CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "style-src-attr 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types svelte-trusted-html',
].join('; ');

class ProblemError extends Error {
  constructor(status, code, detail) {
    super(detail);
    Object.assign(this, { status, code });
  }
}

/** The data of one workspace and the streams that hear of its changes. */
export class Workspace {
  session = null;
  account = null;
  conversations = new Map();
  messages = new Map();
  gaps = new Map();
  pairs = new Map();
  channel = {
    id: randomUUID(),
    kind: 'widget',
    name: 'Web site',
    channel_key: 'ch_test',
    allowed_origins: [],
  };
  streams = new Set();
  events = [];
  /** Set to answer the next call whose "METHOD /path" starts with this with an error. */
  failNext = null;

  emit(event, data) {
    const id = String(this.events.length + 1);
    const text = `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    this.events.push(text);
    for (const stream of this.streams) stream.write(text);
  }

  addConversation({ name = null, email = null, minutesAgo = 0, ...changes } = {}) {
    const time = new Date(Date.now() - minutesAgo * 60_000).toISOString();
    const conversation = {
      id: randomUUID(),
      status: 'open',
      ai_paused: false,
      needs_person: false,
      contact: { id: randomUUID(), name, email },
      channel: { id: this.channel.id, name: this.channel.name, kind: this.channel.kind },
      last_message_preview: null,
      last_message_at: null,
      last_seq: 0,
      unread_count: 0,
      assigned_to: null,
      language: 'en',
      created_at: time,
      updated_at: time,
      escalation: null,
      ...changes,
    };
    this.conversations.set(conversation.id, conversation);
    this.messages.set(conversation.id, []);
    return conversation;
  }

  addMessage(conversation, sender_type, text, { minutesAgo = 0, ...changes } = {}) {
    const created_at = new Date(Date.now() - minutesAgo * 60_000).toISOString();
    const message = {
      id: randomUUID(),
      conversation_id: conversation.id,
      seq: (conversation.last_seq += 1),
      sender_type,
      sender_name: sender_type === 'user' ? conversation.contact.name : null,
      text,
      created_at,
      client_message_id: null,
      answer: null,
      ...changes,
    };
    conversation.last_message_at = created_at;
    if (sender_type !== 'system') conversation.last_message_preview = text.slice(0, 120);
    if (sender_type === 'user') conversation.unread_count += 1;
    this.messages.get(conversation.id).push(message);
    this.emit('message', { message, conversation: summary(conversation) });
    return message;
  }

  addGap(question, changes = {}) {
    const time = new Date().toISOString();
    const gap = {
      id: randomUUID(),
      question,
      ai_answer: null,
      best_match_id: null,
      similarity_score: null,
      conversation_id: null,
      status: 'open',
      times_asked: 1,
      resolved_qa_id: null,
      created_at: time,
      last_asked_at: time,
      ...changes,
    };
    this.gaps.set(gap.id, gap);
    this.emit('gap', gap);
    return gap;
  }

  addPair(question, answer, changes = {}) {
    const time = new Date().toISOString();
    const pair = {
      id: randomUUID(),
      question,
      answer,
      category: null,
      language: 'en',
      source: 'manual',
      is_active: true,
      phrasings: [],
      merged_into: null,
      used_in_answers: 0,
      created_at: time,
      updated_at: time,
      ...changes,
    };
    this.pairs.set(pair.id, pair);
    return pair;
  }
}

const summary = ({ escalation: _, ...conversation }) => conversation;

const routes = [
  ['POST', '/sign-up', signUp],
  ['GET', '/session', (workspace) => signedIn(workspace) && [200, workspace.session]],
  ['POST', '/session', signIn],
  ['DELETE', '/session', (workspace) => [204, (workspace.session = null)]],
  ['PATCH', '/profile', (w, { json }) => [200, Object.assign(w.session.profile, json)]],
  ['GET', '/conversations', listConversations],
  ['GET', '/conversations/:id', (w, { id }) => [200, found(w.conversations, id)]],
  ['PATCH', '/conversations/:id', changeConversation],
  ['POST', '/conversations/:id/read', markRead],
  ['GET', '/conversations/:id/messages', listMessages],
  ['POST', '/conversations/:id/messages', postReply],
  ['GET', '/gaps', (w, { query }) => page(w.gaps, (gap) => gap.status === query.get('status'))],
  ['POST', '/gaps/:id/resolve', resolveGap],
  ['POST', '/gaps/:id/dismiss', dismissGap],
  ['GET', '/gaps/counts', countGaps],
  ['GET', '/gaps/:id/occurrences', () => [200, { items: [] }]],
  ['GET', '/qa-pairs', listPairs],
  ['GET', '/qa-pairs/facets', facets],
  ['POST', '/qa-pairs/similar', () => [200, { items: [] }]],
  ['POST', '/qa-pairs/import/preview', previewPairs],
  ['POST', '/qa-pairs', (w, { json }) => [201, w.addPair(json.question, json.answer, json)]],
  ['PATCH', '/qa-pairs/:id', (w, { id, json }) => [200, Object.assign(found(w.pairs, id), json)]],
  ['POST', '/qa-pairs/import', importPairs],
  ['GET', '/channels', (w) => [200, { items: [w.channel] }]],
];

function signUp(workspace, { json }) {
  if (json.password.length < 10) {
    throw new ProblemError(422, 'weak_password', 'Choose a password of at least 10 characters.');
  }
  workspace.account = json;
  const tenant = { id: randomUUID(), name: json.business_name, slug: 'maison-noyer' };
  workspace.session = {
    user: { id: randomUUID(), email: json.email, name: json.name },
    tenant,
    role: 'owner',
    profile: {
      name: json.name,
      email: json.email,
      has_two_factor: false,
      language: null,
      theme: 'auto',
      density: 'comfortable',
      single_keys: true,
      notifications: { sound: true, browser: false, only_mine: false },
    },
    workspaces: [{ ...tenant, role: 'owner', is_active: true }],
  };
  return [201, workspace.session];
}

function signIn(workspace, { json }) {
  const { account } = workspace;
  if (json.email !== account?.email || json.password !== account.password) {
    throw new ProblemError(401, 'wrong_credentials', 'E-mail or password is not right.');
  }
  return signUp(workspace, { json: account });
}

function listConversations(workspace, { query }) {
  const [status, search] = [query.get('status') ?? 'all', query.get('q')?.toLowerCase() ?? ''];
  const items = [...workspace.conversations.values()]
    .filter((item) =>
      status === 'needs_person' ? item.needs_person : status === 'all' || item.status === status,
    )
    .filter((item) =>
      JSON.stringify([item.contact, item.last_message_preview]).toLowerCase().includes(search),
    )
    .sort((a, b) => Date.parse(b.last_message_at) - Date.parse(a.last_message_at));
  const start = Number(query.get('cursor') ?? 0);
  const end = start + Number(query.get('limit') ?? 50);
  const next_cursor = end < items.length ? String(end) : null;
  return [200, { items: items.slice(start, end).map(summary), next_cursor }];
}

function changeConversation(workspace, { id, json }) {
  const conversation = Object.assign(found(workspace.conversations, id), json);
  conversation.needs_person = conversation.status === 'escalated';
  workspace.emit('conversation', summary(conversation));
  return [200, conversation];
}

function markRead(workspace, { id }) {
  const conversation = found(workspace.conversations, id);
  conversation.unread_count = 0;
  workspace.emit('conversation', summary(conversation));
  return [204];
}

function listMessages(workspace, { id, query }) {
  const after = Number(query.get('after') ?? 0);
  const items = found(workspace.messages, id).filter((message) => message.seq > after);
  return [200, { items: items.slice(0, Number(query.get('limit') ?? 50)) }];
}

function postReply(workspace, { id, json: { client_message_id, text } }) {
  const known = found(workspace.messages, id).find(
    (message) => message.client_message_id === client_message_id,
  );
  if (known) return [201, known];
  const conversation = found(workspace.conversations, id);
  conversation.ai_paused = true;
  const sender_name = workspace.session.user.name;
  return [
    201,
    workspace.addMessage(conversation, 'agent', text, { client_message_id, sender_name }),
  ];
}

function resolveGap(workspace, { id, json }) {
  const gap = found(workspace.gaps, id);
  const qa_pair = workspace.addPair(json.question ?? gap.question, json.answer, json);
  Object.assign(gap, { status: 'resolved', resolved_qa_id: qa_pair.id });
  workspace.emit('gap', gap);
  return [200, { gap, qa_pair }];
}

function dismissGap(workspace, { id }) {
  const gap = Object.assign(found(workspace.gaps, id), { status: 'dismissed' });
  workspace.emit('gap', gap);
  return [200, gap];
}

function listPairs(workspace, { query }) {
  const search = query.get('q')?.toLowerCase() ?? '';
  return page(workspace.pairs, (pair) =>
    (pair.question + pair.answer).toLowerCase().includes(search),
  );
}

function countGaps({ gaps }) {
  const count = (status) => [...gaps.values()].filter((gap) => gap.status === status).length;
  const [open, resolved, dismissed] = ['open', 'resolved', 'dismissed'].map(count);
  return [200, { open, resolved, dismissed }];
}

function facets({ pairs }) {
  const active = [...pairs.values()].filter((pair) => pair.is_active).length;
  const counts = { active, inactive: pairs.size - active };
  return [200, { categories: [], languages: [], sources: [], ...counts }];
}

const rowsOf = (body) => {
  const rows = body.trim().split('\n').slice(1);
  return rows.map((row, index) => [index + 2, ...row.split(',')]);
};

function previewPairs(workspace, { body }) {
  const columns = ['question', 'answer', 'category'];
  const rows = rowsOf(body).map(([line, question, answer]) => ({
    line,
    question,
    answer: answer ?? '',
    status: answer ? 'new' : 'error',
    detail: answer ? null : 'The answer is missing.',
    similar: null,
  }));
  const error = rows.filter((row) => row.status === 'error').length;
  const counts = { new: rows.length - error, update: 0, duplicate: 0, error };
  const [question, answer, category] = columns;
  return [200, { columns, mapping: { question, answer, category, language: null }, rows, counts }];
}

function importPairs(workspace, { body }) {
  const rows = rowsOf(body);
  const complete = rows.filter(([, , answer]) => answer);
  for (const [, question, answer, category] of complete)
    workspace.addPair(question, answer, { category });
  const errors = rows
    .filter(([, , answer]) => !answer)
    .map(([line]) => ({ line, detail: 'The answer is missing.' }));
  return [200, { imported: complete.length, updated: 0, skipped: 0, errors, stopped: null }];
}

const page = (map, keep) => [200, { items: [...map.values()].filter(keep), next_cursor: null }];

function found(map, id) {
  const item = map.get(id);
  if (!item) throw new ProblemError(404, 'not_found', 'There is nothing with this id.');
  return item;
}

function signedIn(workspace) {
  if (workspace.session) return true;
  throw new ProblemError(401, 'not_signed_in', 'Sign in first.');
}

/** The handler of a path and what the path names. */
function routeOf(method, path) {
  for (const [verb, pattern, handler] of routes) {
    const names = [];
    const source = pattern.replace(/:(\w+)/g, (_, name) => (names.push(name), '([^/]+)'));
    const match = verb === method && new RegExp(`^/api/v1${source}$`).exec(path);
    if (match)
      return { handler, params: Object.fromEntries(names.map((name, i) => [name, match[i + 1]])) };
  }
  throw new ProblemError(404, 'no_such_route', `There is no ${method} ${path}.`);
}

async function answerApi(workspace, request, response, url) {
  const call = `${request.method} ${url.pathname}`;
  if (workspace.failNext && call.startsWith(workspace.failNext)) {
    workspace.failNext = null;
    throw new ProblemError(
      503,
      'unavailable',
      'The database is restarting. Try again in a minute.',
    );
  }
  if (!/sign-up$|session$/.test(url.pathname)) signedIn(workspace);
  if (url.pathname === '/api/v1/events') return openStream(workspace, request, response);
  const { handler, params } = routeOf(request.method, url.pathname);
  let body = '';
  for await (const chunk of request) body += chunk;
  const isJson = request.headers['content-type']?.startsWith('application/json');
  const json = isJson ? JSON.parse(body) : {};
  const [status, data] = handler(workspace, { ...params, query: url.searchParams, json, body });
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(status === 204 ? undefined : JSON.stringify(data));
}

function openStream(workspace, request, response) {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.write(': hello\n\n');
  const lastId = request.headers['last-event-id'];
  if (lastId !== undefined)
    for (const text of workspace.events.slice(Number(lastId))) response.write(text);
  workspace.streams.add(response);
  request.on('close', () => workspace.streams.delete(response));
}

function answerFile(response, pathname) {
  const path = normalize(decodeURIComponent(pathname)).slice('/app'.length);
  let file = join(dist, path);
  if (!existsSync(file) || statSync(file).isDirectory()) {
    if (path.startsWith('/assets/')) return response.writeHead(404).end();
    file = join(dist, 'index.html');
  }
  response.writeHead(200, {
    'content-type': mimeTypes[extname(file)] ?? 'application/octet-stream',
    'content-security-policy': CSP,
  });
  response.end(readFileSync(file));
}

/** Starts on a free port. Returns `{ origin, workspace, close }`. */
export async function startServer() {
  const workspace = new Workspace();
  const server = createServer((request, response) => {
    const url = new URL(request.url, 'http://localhost');
    if (!url.pathname.startsWith('/api/')) return answerFile(response, url.pathname);
    answerApi(workspace, request, response, url).catch((error) => {
      const { status = 500, code = 'internal', message: detail } = error;
      if (status === 500) console.error(error);
      response.writeHead(status, { 'content-type': 'application/problem+json' });
      response.end(JSON.stringify({ type: 'about:blank', title: code, status, code, detail }));
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { origin, workspace, close };
}
