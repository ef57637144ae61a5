/**
 * What somebody works on in the inbox: the open conversation or the selected ones, the tool that is open for them,
 * and what can be done with them. Every way to an action (button, key, menu) ends here.
 */
import type { QueryClient } from '@tanstack/svelte-query';
import { getContext, setContext } from 'svelte';
import { sentence, type ConversationPatch, type ConversationSummary } from '$lib/api';
import { knownConversation, markUnread } from '$lib/data/conversations';
import { session } from '$lib/session.svelte';
import { showToast } from '$lib/ui/toasts.svelte';
import { offerUndo } from '$lib/undo';
import { t } from '../../i18n/index.svelte';
import { IdSet } from './id-set.svelte';

export type Tool =
  'assign' | 'label' | 'snooze' | 'more' | 'escalate' | 'filter' | 'views' | 'save-view' | 'erase';

export class Desk {
  readonly selected = new IdSet();
  /** Marked unread here: whoever does that does not want it read again by having it open. */
  readonly leftUnread = new IdSet();
  openId = $state<string | null>(null);
  tool = $state.raw<{ kind: Tool; anchor: Element } | null>(null);
  /** The server's sentence about what it refused; shown where it happened. */
  failure = $state('');
  readonly #client: QueryClient;

  constructor(client: QueryClient) {
    this.#client = client;
  }

  /** The ids that an action is for. */
  get targets(): string[] {
    if (this.selected.size > 0) return this.selected.list();
    return this.openId ? [this.openId] : [];
  }

  /** Their newest known state. */
  known(): ConversationSummary[] {
    return this.targets
      .map((id) => knownConversation(this.#client, id))
      .filter((found) => found !== null);
  }

  /** Whether the first of them is with a person already; escalating is for that one. */
  get isEscalated(): boolean {
    return this.known()[0]?.status === 'escalated';
  }

  toggle(id: string): void {
    if (this.selected.has(id)) this.selected.delete(id);
    else this.selected.add(id);
  }

  /** Opens a tool at its button, or at one that stands for it where there is no room. */
  open(kind: Tool, anchor?: Element): void {
    const isForConversations = ['assign', 'label', 'snooze', 'escalate'].includes(kind);
    if (isForConversations && this.targets.length === 0) return;
    const place = anchor ?? buttonOf(kind) ?? buttonOf('more') ?? document.getElementById('main');
    if (place) this.tool = { kind, anchor: place };
  }

  /** Changes the targets, says what was done, and offers the way back. */
  async act(
    patch: ConversationPatch,
    done: (count: number) => string,
    ids = this.targets,
  ): Promise<void> {
    if (ids.length === 0) return;
    this.failure = '';
    // At once: what is selected while this is under way is meant for what comes next.
    this.selected.clear();
    // Fetched when it is needed first: the list shows without it.
    const { change, changeAll } = await import('$lib/data/changes');
    const { undo, failures } = await changeAll(this.#client, ids, patch);
    this.#explain(failures);
    if (undo.length === 0) return;
    offerUndo(done(undo.length), () => {
      // The toast may outlive the page.
      void change(this.#client, undo).then((undone) => {
        this.#explain(undone.failures);
      });
    });
  }

  assign(userId: string | null, name: string): Promise<void> {
    return this.act({ assigned_to: userId }, (count) =>
      userId ? t('done.assigned', { count, name }) : t('done.unassigned', { count }),
    );
  }

  assignToMe(): Promise<void> {
    const user = session()?.user;
    return user ? this.assign(user.id, user.name) : Promise.resolve();
  }

  snooze(until: string | null): Promise<void> {
    return this.act({ snoozed_until: until }, (count) =>
      until ? t('done.snoozed', { count }) : t('done.woken', { count }),
    );
  }

  /** Resolves, or opens again when all targets are resolved. */
  toggleResolved(): Promise<void> {
    const known = this.known();
    const areResolved = known.length > 0 && known.every(({ status }) => status === 'resolved');
    return areResolved
      ? this.act({ status: 'open' }, (count) => t('done.reopened', { count }))
      : this.act({ status: 'resolved' }, (count) => t('done.resolved', { count }));
  }

  /** Takes over from the AI, or gives back to it. */
  toggleAi(): Promise<void> {
    const isPaused = this.known().every(({ ai_paused }) => ai_paused);
    return this.act({ ai_paused: !isPaused }, (count) =>
      isPaused ? t('done.givenBack', { count }) : t('done.takenOver', { count }),
    );
  }

  async unread(): Promise<void> {
    const known = this.known();
    this.selected.clear();
    for (const { id } of known) this.leftUnread.add(id);
    try {
      await Promise.all(known.map((one) => markUnread(this.#client, one)));
      showToast(t('done.unread', { count: known.length }));
    } catch (error) {
      this.failure = sentence(error);
    }
  }

  /** Keeps the person from writing, or lets them again. */
  async block(conversation: ConversationSummary, is_blocked: boolean): Promise<void> {
    const { id } = conversation.contact;
    this.failure = '';
    try {
      const { changeContact } = await import('$lib/data/contacts');
      await changeContact(this.#client, id, { is_blocked });
      offerUndo(is_blocked ? t('done.blocked') : t('done.unblocked'), () => {
        void this.block(conversation, !is_blocked);
      });
    } catch (error) {
      this.failure = sentence(error);
    }
  }

  /** Sends the visitor what was said. The server decides whether the address can be trusted. */
  async mailTranscript(id: string): Promise<void> {
    this.failure = '';
    try {
      const { mailTranscript } = await import('$lib/data/email');
      const { to_address } = await mailTranscript(id);
      showToast(t('done.transcript', { to: to_address }));
    } catch (error) {
      this.failure = sentence(error);
    }
  }

  #explain(failures: string[]): void {
    this.failure = failures.join(' ');
  }
}

/** The button in sight that opens a tool; that of the selection before that of the thread. */
function buttonOf(kind: Tool): Element | null {
  const buttons = [...document.querySelectorAll(`[data-tool="${kind}"]`)];
  return buttons.find((button) => button.checkVisibility()) ?? null;
}

const KEY = Symbol('desk');

export function provideDesk(client: QueryClient): Desk {
  return setContext(KEY, new Desk(client));
}

export function useDesk(): Desk {
  return getContext<Desk>(KEY);
}
