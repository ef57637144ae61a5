/**
 * Files on their way to the server: a few at a time, the others wait their turn. One that has arrived leaves; one that
 * failed stays until somebody tries again or takes it away.
 */
import { sentence } from './api';
import { randomId } from './random-id';

export interface Upload {
  readonly id: string;
  readonly file: File;
  /** Whose file it takes the place of; null makes something new. */
  readonly replaces: string | null;
  readonly state: 'waiting' | 'sending' | 'failed';
  /** How much of it has left, from 0 to 1. */
  readonly progress: number;
  /** The server's sentence once it has failed. */
  readonly failure: string;
  /** Breaks it off. */
  readonly stop: AbortController;
}

/** Resolves when the server has it. */
type Send = (
  upload: Upload,
  onprogress: (part: number) => void,
  signal: AbortSignal,
) => Promise<unknown>;

const AT_ONCE = 2;

export class UploadQueue {
  #uploads = $state.raw<readonly Upload[]>([]);
  readonly #send: Send;

  constructor(send: Send) {
    this.#send = send;
  }

  /** In the order in which they were chosen. */
  get uploads(): readonly Upload[] {
    return this.#uploads;
  }

  /** Whether closing the page would lose some. */
  get isBusy(): boolean {
    return this.#uploads.some(({ state }) => state !== 'failed');
  }

  add(files: readonly File[], replaces: string | null = null): void {
    const added = files.map((file) => ({
      id: randomId(),
      file,
      replaces,
      state: 'waiting' as const,
      progress: 0,
      failure: '',
      stop: new AbortController(),
    }));
    this.#uploads = [...this.#uploads, ...added];
    this.#startNext();
  }

  retry(id: string): void {
    this.#change(id, { state: 'waiting', progress: 0, failure: '' });
    this.#startNext();
  }

  /** Takes one away; what is on its way is broken off. */
  remove(id: string): void {
    this.#uploads.find((upload) => upload.id === id)?.stop.abort();
    this.#drop(id);
  }

  clear(): void {
    for (const { id } of this.#uploads) this.remove(id);
  }

  #startNext(): void {
    const sending = this.#uploads.filter(({ state }) => state === 'sending').length;
    const waiting = this.#uploads.filter(({ state }) => state === 'waiting');
    for (const upload of waiting.slice(0, AT_ONCE - sending)) void this.#start(upload);
  }

  async #start(upload: Upload): Promise<void> {
    const { id, stop } = upload;
    this.#change(id, { state: 'sending' });
    try {
      const onprogress = (progress: number) => {
        this.#change(id, { progress });
      };
      await this.#send(upload, onprogress, stop.signal);
      this.#drop(id);
    } catch (error) {
      this.#change(id, { state: 'failed', failure: sentence(error) });
    }
    this.#startNext();
  }

  #drop(id: string): void {
    this.#uploads = this.#uploads.filter((upload) => upload.id !== id);
  }

  /** Does nothing to one that was taken away meanwhile. */
  #change(id: string, changes: Partial<Upload>): void {
    this.#uploads = this.#uploads.map((upload) =>
      upload.id === id ? { ...upload, ...changes } : upload,
    );
  }
}
