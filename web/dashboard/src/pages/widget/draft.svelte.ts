/**
 * What the designer works on: the channel's draft as fields, saved a moment after the last change. Publishing waits for
 * what is still on its way.
 */
import type { QueryClient } from '@tanstack/svelte-query';
import { ApiError, sentence, type Channel } from '$lib/api';
import {
  discardDraft,
  publishDraft,
  saveDraft,
  type SettingsPatch,
  type WidgetSettings,
} from '$lib/data/channels';

const PAUSE_MS = 500;

export class Draft {
  settings: WidgetSettings;
  problem = $state('');
  isSaving = $state(false);
  isPublishing = $state(false);

  #channel = $state.raw<Channel>() as Channel;
  #client: QueryClient;
  #pending: SettingsPatch = {};
  #timer: ReturnType<typeof setTimeout> | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(client: QueryClient, channel: Channel) {
    this.#client = client;
    this.#channel = channel;
    this.settings = $state({ ...(channel.draft ?? channel.settings) });
  }

  get channel(): Channel {
    return this.#channel;
  }

  /** There is something that visitors do not see yet. */
  get isDraft(): boolean {
    return this.#channel.draft != null || this.isSaving || this.problem !== '';
  }

  set<Key extends keyof WidgetSettings>(key: Key, value: WidgetSettings[Key]): void {
    this.settings[key] = value;
    this.#pending[key] = value;
    this.isSaving = true;
    this.problem = '';
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), PAUSE_MS);
  }

  /** Saves what is waiting; one request after the other. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#work = this.#work.then(() => this.#save());
    return this.#work;
  }

  async publish(): Promise<boolean> {
    this.isPublishing = true;
    await this.flush();
    try {
      if (!this.problem) this.#channel = await publishDraft(this.#client, this.#channel);
    } catch (error) {
      this.problem = sentence(error);
    }
    this.isPublishing = false;
    return !this.problem;
  }

  async discard(): Promise<void> {
    clearTimeout(this.#timer);
    this.#pending = {};
    this.isSaving = false;
    try {
      await this.#work;
      this.#channel = await discardDraft(this.#client, this.#channel);
      Object.assign(this.settings, this.#channel.settings);
      this.problem = '';
    } catch (error) {
      this.problem = sentence(error);
    }
  }

  /** Takes over what somebody else has published or changed, unless something of ours is unsaved. */
  follow(channel: Channel): void {
    if (this.isSaving || channel === this.#channel) return;
    const isOther = channel.revision !== this.#channel.revision;
    this.#channel = channel;
    if (isOther && !this.problem) Object.assign(this.settings, channel.draft ?? channel.settings);
  }

  async #save(): Promise<void> {
    const changes = this.#pending;
    if (Object.keys(changes).length === 0) return;
    this.#pending = {};
    try {
      this.#channel = await saveDraft(this.#client, this.#channel, changes);
      this.problem = '';
    } catch (error) {
      // Kept, so that the next change brings it along: a field may be wrong for a moment only.
      this.#pending = { ...changes, ...this.#pending };
      this.problem = sentence(error);
      const isOvertaken = error instanceof ApiError && error.code === 'published_meanwhile';
      if (isOvertaken) void this.#client.invalidateQueries({ queryKey: ['channels'] });
    }
    this.isSaving = false;
  }
}
