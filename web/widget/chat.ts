/**
 * One visitor's chat: keeps the state, talks to the server through `exchange.ts` and `live.ts`,
 * remembers it in the browser, and tells listeners what changed. Knows nothing of the page; the
 * view reads `state` and calls the methods of `ChatActions`.
 */
import type { ServerEvent } from '../shared/sse.ts';
import type { Conversation, Feedback, Message } from '../shared/types.ts';
import type { Session, WidgetApi } from './api.ts';
import { runExchange } from './exchange.ts';
import { followFeed } from './live.ts';
import * as states from './state.ts';
import type { ChatState, Exchange, Question } from './state.ts';
import { loadChat, saveChat, type SavedChat } from './storage.ts';

/**
 * What the view needs; the preview of the dashboard brings an implementation of its own. Events:
 * `change` after every change of the state, `message` with a `Message` that the other side has just
 * written, `open` and `close`.
 */
export interface ChatActions extends EventTarget {
  readonly state: ChatState;
  /** False when there is nothing to send or another question is still under way. */
  ask(text: string, file?: string): boolean;
  /** Posts something else as this visitor, see the extras. */
  post<T>(path: string, body: object): Promise<T>;
  /** Asks a failed question again. */
  retry(question: Question): void;
  stop(): void;
  rate(messageId: string, value: Feedback, comment?: string): void;
  callPerson(): void;
  forget(): void;
  setOpen(isOpen: boolean): void;
}

const TYPING_SHOWS_MS = 6_000;
const MAX_TEXT = 4000;

export class Chat extends EventTarget implements ChatActions {
  state = states.EMPTY_CHAT;

  readonly #api: WidgetApi;
  /** Names this chat in the browser's storage. */
  readonly #key: string;
  #opening: Promise<void> | undefined;
  /** Ends the question that is under way. */
  #asking: AbortController | undefined;
  #feed: AbortController | undefined;
  #typingTimer: ReturnType<typeof setTimeout> | undefined;
  #isOpen = false;

  constructor(api: WidgetApi, channelKey: string) {
    super();
    this.#api = api;
    this.#key = `rapport:${channelKey}`;
    const changed = () => this.#change({});
    addEventListener('online', changed);
    addEventListener('offline', changed);
    document.addEventListener('visibilitychange', changed);
    addEventListener('storage', ({ key }) => {
      if (key === this.#key) this.#adopt(loadChat(key));
    });
  }

  /** Brings back the chat of an earlier page; tells whether its panel was open. */
  resume(): boolean {
    const saved = loadChat(this.#key);
    if (!saved) return false;
    this.#adopt(saved);
    void this.#finish(saved.unanswered);
    return saved.isOpen;
  }

  ask(text: string, file?: string): boolean {
    const question = { clientMessageId: newId(), text: text.trim().slice(0, MAX_TEXT), file };
    return !!(question.text || file) && this.#run(question);
  }

  retry(question: Question): void {
    this.#run(question);
  }

  stop(): void {
    const { clientMessageId } = states.activeExchange(this.state) ?? {};
    if (!clientMessageId) return;
    this.#asking?.abort();
    // What the server may not have seen can still be sent.
    const phase = states.findQuestion(this.state, clientMessageId) ? 'stopped' : 'failed';
    this.#set(states.withExchange(this.state, clientMessageId, { phase }));
  }

  rate(messageId: string, value: Feedback, comment?: string): void {
    this.#set(states.withRating(this.state, messageId, value));
    void this.#attempt(() => this.#api.rate(messageId, value, comment));
  }

  async post<T>(path: string, body: object): Promise<T> {
    await this.#openSession();
    return this.#api.post(path, body);
  }

  callPerson(): void {
    void this.#attempt(async () => {
      const { conversation, message } = await this.#api.post<{
        conversation: Conversation;
        message: Message;
      }>('/escalations', {});
      this.#receive(message, conversation);
    });
  }

  /** Signs the visitor in with a token that the business's own server made. */
  identify(identityToken: string): void {
    this.#api.identityToken = identityToken;
    if (this.#api.token) void this.#attempt(() => this.#refresh());
  }

  forget(): void {
    saveChat(this.#key, null);
    this.#adopt(null);
  }

  setOpen(isOpen: boolean): void {
    if (isOpen === this.#isOpen) return;
    this.#isOpen = isOpen;
    this.#change({});
    this.dispatchEvent(new Event(isOpen ? 'open' : 'close'));
  }

  #run(question: Question): boolean {
    if (states.activeExchange(this.state)) return false;
    const { clientMessageId } = question;
    const { signal } = (this.#asking = new AbortController());
    this.#set(states.withQuestion(this.state, question));
    const context = {
      openSession: () => this.#openSession(),
      dropSession: () => {
        this.#api.token = null;
      },
      post: () => this.#api.ask(question, signal),
      onStored: (message: Message, conversation?: Conversation) =>
        this.#receive(message, conversation),
      change: (change: Partial<Exchange>) => {
        if (signal.aborted) return;
        this.#set(states.withExchange(this.state, clientMessageId, change));
      },
      end: () => this.#set(states.withoutExchange(this.state, clientMessageId)),
    };
    void runExchange(context, signal);
    return true;
  }

  /** Does something that needs a session; a failure is shown, not thrown. */
  async #attempt(action: () => Promise<unknown>): Promise<void> {
    try {
      await this.#openSession();
      await action();
    } catch {
      this.#change({ hasProblem: true });
    }
  }

  async #openSession(): Promise<void> {
    if (this.#api.token) return;
    this.#opening ??= this.#refresh().finally(() => {
      this.#opening = undefined;
    });
    await this.#opening;
  }

  /** Takes over what the server knows of the session, or begins one. */
  async #refresh(): Promise<void> {
    this.#takeOver(await this.#api.openSession());
  }

  #takeOver({ conversation, messages }: Session): void {
    if (this.state.conversation?.id !== conversation.id) this.#stopFeed();
    this.#set(states.withSession(this.state, conversation, messages));
  }

  /** Brings a resumed chat up to date, and asks again what an earlier page has left open. */
  async #finish(unanswered: Question | undefined): Promise<void> {
    // Without an answer from the server the saved chat stays on screen; the feed goes on trying.
    await this.#refresh().catch(() => undefined);
    if (!unanswered) return;
    const { seq = Infinity } = states.findQuestion(this.state, unanswered.clientMessageId) ?? {};
    const isAnswered = this.state.messages.some((m) => m.sender_type === 'ai' && m.seq > seq);
    if (!isAnswered) this.#run(unanswered);
  }

  /** Takes over a chat from storage: of an earlier page, or of another tab that began or forgot it. */
  #adopt(saved: SavedChat | null): void {
    this.#api.token = saved?.token ?? null;
    const current = this.state.conversation?.id;
    if (current && saved?.conversation?.id === current) return;
    this.#asking?.abort();
    this.#stopFeed();
    const { conversation = null, messages = [], seenSeq = 0 } = saved ?? {};
    this.#set({ ...states.EMPTY_CHAT, conversation, messages, seenSeq });
  }

  /** A message that has just been written, by whom and in which tab ever. */
  #receive(message: Message, conversation = this.state.conversation): void {
    const isNew = !this.state.messages.some(({ id }) => id === message.id);
    this.#set({ ...states.withMessage(this.state, message), conversation });
    if (!isNew || message.sender_type === 'user') return;
    this.dispatchEvent(new CustomEvent('message', { detail: message }));
  }

  #change(change: Partial<ChatState>): void {
    this.#set({ ...this.state, ...change });
  }

  #set(state: ChatState): void {
    this.state = this.#isOpen ? { ...state, seenSeq: states.lastSeq(state) } : state;
    this.#save();
    this.#connectFeed();
    this.dispatchEvent(new Event('change'));
  }

  #save(): void {
    const { token } = this.#api;
    const unanswered = states.activeExchange(this.state);
    // A piece of an answer is not worth the writing; the server has all of it.
    if (!token || unanswered?.answerText) return;
    const { conversation, messages, seenSeq } = this.state;
    const isOpen = this.#isOpen;
    saveChat(this.#key, { token, conversation, messages, seenSeq, unanswered, isOpen });
  }

  /** Follows the live feed while someone looks at the chat or a person is going to write. */
  #connectFeed(): void {
    const { conversation } = this.state;
    const awaitsPerson = conversation?.ai_paused || conversation?.status === 'escalated';
    const isWatched = this.#isOpen || awaitsPerson;
    // A hidden tab needs none: a browser has few connections to spare, and nothing gets lost.
    if (!this.#api.token || !isWatched || document.hidden) return this.#stopFeed();
    if (this.#feed) return;
    const { signal } = (this.#feed = new AbortController());
    const context = {
      connect: () => this.#api.events(states.lastGaplessSeq(this.state), signal),
      onEvent: (event: ServerEvent) => this.#onFeedEvent(event),
      onBroken: () => this.#change({ isReconnecting: true }),
    };
    void followFeed(context, signal);
  }

  #stopFeed(): void {
    this.#feed?.abort();
    this.#feed = undefined;
  }

  #onFeedEvent({ event, data }: ServerEvent): void {
    if (event === 'open') this.#change({ isReconnecting: false });
    if (event === 'message') this.#receive(JSON.parse(data));
    if (event === 'conversation') this.#change({ conversation: JSON.parse(data) });
    if (event === 'resync') {
      void this.#attempt(async () => this.#takeOver(await this.#api.messages()));
    }
    if (event === 'typing') {
      clearTimeout(this.#typingTimer);
      this.#change({ isAgentTyping: true });
      this.#typingTimer = setTimeout(() => this.#change({ isAgentTyping: false }), TYPING_SHOWS_MS);
    }
  }
}

/** 128 random bits; `crypto.randomUUID` exists on https pages only. */
function newId(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join('-');
}
