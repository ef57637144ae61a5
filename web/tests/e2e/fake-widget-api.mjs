// A small stand-in for the server's Widget API, for tests of the widget alone. What it does follows
// the words of the question (see `SCRIPT`), so that a test reads by itself; a test can also pause an
// answer, cut connections, and speak as a person of the team.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'authorization, content-type, last-event-id',
  'access-control-allow-methods': 'GET, POST',
  'access-control-expose-headers': 'retry-after',
};

const SHIPPING =
  'Yes, we ship to Belgium. Standard delivery takes **3 to 5 working days** and costs €12.\n\n' +
  '1. Choose your items\n2. Pick *Belgium* at checkout\n' +
  '3. Track the parcel from [My orders](https://shop.example/orders)\n\nAnything over €400 ships free.';
const HOSTILE =
  'Raw <img src=x onerror="window.pwned=1"> and <script>window.pwned=2</script> ' +
  '[click](javascript:window.pwned=3) [d](data:text/html,<script>1</script>) ' +
  '**<b onclick=1>bold</b>** `<svg onload=window.pwned=4>` ' +
  '[ok](https://example.com/"onmouseover="window.pwned=5)';

/** What is special about a question that contains the word. */
const SCRIPT = {
  xss: { text: HOSTILE },
  long: { text: `${SHIPPING}\n\n`.repeat(6) },
  person: { answer: { escalation_offered: true } },
  complaint: { handsOver: true },
  meeting: { answer: { actions: [{ kind: 'offer_booking', url: 'https://cal.example/visit' }] } },
  rewrite: { falseStart: 'This was wrong from the start, ' },
  broken: { failsOnce: 'error' },
  busy: { failsOnce: 'limit' },
  cut: { failsOnce: 'cut' },
  wait: { waits: true },
};

export const CHANNEL = {
  channel_key: 'ch_demo',
  display_name: 'Fennel & Oak',
  welcome_message:
    'Hi! 👋 I’m the **Fennel & Oak** assistant. Ask me about delivery, returns or our furniture.',
  placeholder_text: '',
  suggested_messages: ['Do you ship to Belgium?', 'Return policy'],
  booking_url: 'https://cal.example/visit',
  primary_color: '#1f5c4a',
  bubble_color: '#1f5c4a',
  bubble_position: 'right',
  avatar_url: null,
  chat_icon_url: null,
  escalation_enabled: true,
  powered_by: true,
  max_suggestion_chips: 3,
  language: 'en',
  theme: 'light',
  uploads_enabled: false,
  ask_rating: false,
  privacy_url: null,
  people: null,
};

const HANDED_OVER = { status: 'escalated', ai_paused: true };

export class FakeWidgetApi {
  channels = { ch_demo: CHANNEL };
  conversations = new Map();
  /** Every request but preflights: `{method, path, headers, body}`. */
  requests = [];
  #server = createServer((request, response) => void this.#handle(request, response));
  #failed = new Set();
  #feeds = new Map();
  #waiting = [];

  async listen() {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.url = `http://127.0.0.1:${this.#server.address().port}`;
    return this;
  }

  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** Lets every answer that waits go on. */
  release() {
    for (const goOn of this.#waiting.splice(0)) goOn();
  }

  /** The only conversation there is. */
  get conversation() {
    return [...this.conversations.values()].at(-1);
  }

  /** How many live feeds are open. */
  get feedCount() {
    return [...this.#feeds.values()].reduce((sum, feeds) => sum + feeds.size, 0);
  }

  cutFeeds() {
    for (const feeds of this.#feeds.values()) for (const feed of feeds) feed.destroy();
  }

  sayAsPerson(text, name = 'Sarah') {
    this.conversation.ai_paused = true;
    this.#add(this.conversation, { sender_type: 'agent', sender_name: name, text });
    this.#tell(this.conversation, 'conversation', view(this.conversation));
  }

  showTyping() {
    this.#tell(this.conversation, 'typing', { sender_type: 'agent' });
  }

  resolve() {
    this.conversation.status = 'resolved';
    this.#tell(this.conversation, 'conversation', view(this.conversation));
  }

  async #handle(request, response) {
    const { pathname, searchParams } = new URL(request.url, this.url);
    if (request.method === 'OPTIONS') return void response.writeHead(204, CORS).end();
    if (pathname === '/widget.js' || pathname === '/widget-extras.js') {
      const headers = { ...CORS, 'content-type': 'text/javascript' };
      return void response
        .writeHead(200, headers)
        .end(readFileSync(new URL(`../../dist${pathname}`, import.meta.url)));
    }
    const body = await readJson(request);
    this.requests.push({ method: request.method, path: pathname, headers: request.headers, body });
    const [, , , key, ...path] = pathname.split('/');
    const channel = this.channels[key];
    if (!channel) return sendProblem(response, 404, 'There is no such channel.');
    if (path.length === 0) return send(response, 200, channel);
    if (path[0] === 'sessions') return this.#openSession(request, response);
    const conversation = this.conversations.get(tokenOf(request));
    if (!conversation) return sendProblem(response, 401, 'Open a session first.');
    if (path[0] === 'events') return this.#openFeed(conversation, request, response);
    if (path[0] === 'escalations') return this.#escalate(conversation, response);
    if (path[2] === 'feedback') return send(response, 200, body);
    if (request.method === 'POST') return void (await this.#ask(conversation, body, response));
    const after = Number(searchParams.get('after'));
    const messages = conversation.messages.filter(({ seq }) => seq > after);
    send(response, 200, { conversation: view(conversation), messages });
  }

  #openSession(request, response) {
    let token = tokenOf(request);
    if (!this.conversations.has(token)) {
      token = randomUUID();
      const id = randomUUID();
      this.conversations.set(token, { id, status: 'open', ai_paused: false, messages: [] });
    }
    const conversation = this.conversations.get(token);
    const { messages } = conversation;
    send(response, 200, { visitor_token: token, conversation: view(conversation), messages });
  }

  #openFeed(conversation, request, response) {
    const feeds = this.#feeds.get(conversation.id) ?? new Set();
    this.#feeds.set(conversation.id, feeds.add(response));
    response.on('close', () => feeds.delete(response));
    startStream(response);
    const lastSeq = Number(request.headers['last-event-id'] ?? 0);
    for (const message of conversation.messages) {
      if (message.seq > lastSeq) writeEvent(response, 'message', message, message.seq);
    }
  }

  #escalate(conversation, response) {
    Object.assign(conversation, HANDED_OVER);
    const text = 'We have told the team. A person will answer here.';
    const message = this.#add(conversation, { sender_type: 'system', text });
    send(response, 201, { conversation: view(conversation), message });
  }

  async #ask(conversation, { client_message_id: id, text }, response) {
    const script = Object.entries(SCRIPT).find(([word]) => text.includes(word))?.[1] ?? {};
    const failure = this.#failed.has(id) ? null : script.failsOnce;
    this.#failed.add(id);
    if (failure === 'limit') {
      return sendProblem(response, 429, 'Too many messages.', { 'retry-after': '2' });
    }
    startStream(response);
    const question =
      conversation.messages.find((message) => message.client_message_id === id) ??
      this.#add(conversation, { sender_type: 'user', text, client_message_id: id });
    writeEvent(response, 'message', { message: question, conversation: view(conversation) });
    if (conversation.ai_paused) return response.end();
    if (failure === 'error') {
      const detail = 'The assistant cannot answer right now.';
      writeEvent(response, 'error', { status: 503, code: 'unavailable', title: '', detail });
      return response.end();
    }
    await this.#answer(conversation, question, script, failure, response);
  }

  async #answer(conversation, question, script, failure, response) {
    const text = script.text ?? SHIPPING;
    const words = text.match(/\S+\s*/g);
    if (script.falseStart) {
      writeEvent(response, 'delta', { text: script.falseStart });
      writeEvent(response, 'delta', { text: '', replace: true });
    }
    for (const [index, word] of words.entries()) {
      if (index === 12 && failure === 'cut') return response.destroy();
      if (index === 12 && script.waits) await new Promise((goOn) => this.#waiting.push(goOn));
      writeEvent(response, 'delta', { text: word });
    }
    if (script.handsOver) Object.assign(conversation, HANDED_OVER);
    const message =
      conversation.messages.find(({ answers }) => answers === question.id) ??
      this.#add(conversation, answerTo(question, text, script.answer));
    const { answer } = message;
    writeEvent(response, 'answer', { answer, message, conversation: view(conversation) });
    response.end();
  }

  #add(conversation, fields) {
    const seq = conversation.messages.length + 1;
    const message = {
      id: randomUUID(),
      conversation_id: conversation.id,
      seq,
      sender_name: null,
      created_at: new Date().toISOString(),
      client_message_id: null,
      answer: null,
      ...fields,
    };
    if (message.answer) message.answer.id = message.id;
    conversation.messages.push(message);
    this.#tell(conversation, 'message', message, seq);
    return message;
  }

  #tell(conversation, event, data, id) {
    for (const feed of this.#feeds.get(conversation.id) ?? []) writeEvent(feed, event, data, id);
  }
}

function answerTo(question, text, special) {
  const answer = {
    text,
    confidence: 0.9,
    sources: [
      { kind: 'qa', title: 'Shipping & delivery', url: 'https://shop.example/shipping' },
      { kind: 'passage', title: 'Prices', url: null },
    ],
    suggestion_chips: ['How do I track my parcel?', 'What does returning cost?'],
    gap_detected: false,
    escalation_offered: false,
    matched_qa_ids: [],
    feedback: null,
    actions: [],
    ...special,
  };
  return { sender_type: 'ai', text, answers: question.id, answer };
}

function view({ id, status, ai_paused, messages }) {
  return { id, status, ai_paused, last_seq: messages.length };
}

function tokenOf(request) {
  return request.headers.authorization?.replace('Bearer ', '');
}

async function readJson(request) {
  const chunks = await request.toArray();
  return chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : null;
}

function send(response, status, body, headers = {}) {
  response.writeHead(status, { ...CORS, 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

function sendProblem(response, status, detail, headers = {}) {
  const type = { 'content-type': 'application/problem+json' };
  send(response, status, { status, code: 'test', title: '', detail }, { ...type, ...headers });
}

function startStream(response) {
  response.writeHead(200, { ...CORS, 'content-type': 'text/event-stream' });
  response.write(': hello\n\n');
}

function writeEvent(response, event, data, id) {
  if (id) response.write(`id: ${id}\n`);
  response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}
