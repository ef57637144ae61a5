/** Who else looks at a conversation or types in it, and telling the others that one does so oneself. */
import { api, ask } from '../api';
import { session } from '../session.svelte';

export interface Person {
  user_id: string;
  name: string;
  is_typing: boolean;
}

/** The server forgets somebody 25 s after the last word from them. */
const BEAT_MS = 10_000;
let present = $state.raw<Record<string, Person[]>>({});

/** The others; oneself is left out. */
export function peopleIn(conversationId: string): Person[] {
  const me = session()?.user.id;
  return (present[conversationId] ?? []).filter((person) => person.user_id !== me);
}

export function putPresence(conversationId: string, people: Person[]): void {
  present = { ...present, [conversationId]: people };
}

/** After an interruption nobody knows who is still there; the next heartbeats say it. */
export function forgetPresence(): void {
  present = {};
}

/** Says that one is here, for as long as the page is in sight. */
export class Viewing {
  readonly #id: string;
  #timer: ReturnType<typeof setInterval> | undefined;
  #isTyping = false;
  #typedAt = 0;

  constructor(id: string) {
    this.#id = id;
  }

  start(): () => void {
    const follow = () => {
      if (document.hidden) this.#leave();
      else this.#arrive();
    };
    follow();
    document.addEventListener('visibilitychange', follow);
    return () => {
      document.removeEventListener('visibilitychange', follow);
      this.#leave();
    };
  }

  /** At each letter; told to the others once, and taken back when the typing has paused. */
  typed(isTyping: boolean): void {
    this.#typedAt = Date.now();
    if (isTyping === this.#isTyping || this.#timer === undefined) return;
    this.#isTyping = isTyping;
    this.#tell();
  }

  #arrive(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => {
      if (Date.now() - this.#typedAt > BEAT_MS) this.#isTyping = false;
      this.#tell();
    }, BEAT_MS);
    this.#tell();
  }

  #leave(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#isTyping = false;
    const params = { path: { id: this.#id } };
    void ask(api.DELETE('/api/v1/conversations/{id}/viewing', { params })).catch(() => undefined);
  }

  #tell(): void {
    const params = { path: { id: this.#id } };
    const body = { is_typing: this.#isTyping };
    void ask(api.POST('/api/v1/conversations/{id}/viewing', { params, body })).catch(
      () => undefined,
    );
  }
}
