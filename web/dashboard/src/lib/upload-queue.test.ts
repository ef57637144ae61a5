import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from './api';
import { UploadQueue, type Upload } from './upload-queue.svelte';

/** A server that answers when the test says so. */
class Server {
  readonly asked: { name: string; tell: (part: number) => void; signal: AbortSignal }[] = [];
  readonly #answers = new Map<string, { take: () => void; refuse: (error: Error) => void }>();

  readonly send = ({ file }: Upload, tell: (part: number) => void, signal: AbortSignal) =>
    new Promise<void>((take, refuse) => {
      this.asked.push({ name: file.name, tell, signal });
      this.#answers.set(file.name, { take, refuse });
      signal.addEventListener('abort', () => {
        refuse(new DOMException('', 'AbortError'));
      });
    });

  takes(name: string): void {
    this.#answers.get(name)?.take();
  }

  refuses(name: string, why: string): void {
    this.#answers.get(name)?.refuse(new ApiError(422, 'bad_file', why));
  }

  get names(): string[] {
    return this.asked.map(({ name }) => name);
  }
}

const files = (...names: string[]) => names.map((name) => new File(['text'], name));

describe('the upload queue', () => {
  let server: Server, queue: UploadQueue;
  const states = () => queue.uploads.map(({ file, state }) => [file.name, state]);
  const idOf = (name: string) => queue.uploads.find(({ file }) => file.name === name)?.id ?? '';

  beforeEach(() => {
    server = new Server();
    queue = new UploadQueue(server.send);
  });

  it('sends two at once, and the next when one has arrived', async () => {
    queue.add(files('a', 'b', 'c'));
    expect(states()).toEqual([
      ['a', 'sending'],
      ['b', 'sending'],
      ['c', 'waiting'],
    ]);
    server.takes('b');
    await vi.waitFor(() => {
      expect(server.names).toEqual(['a', 'b', 'c']);
    });
    expect(states()).toEqual([
      ['a', 'sending'],
      ['c', 'sending'],
    ]);
  });

  it('says how much has left, and of which file', () => {
    queue.add(files('a', 'b'));
    server.asked[1]?.tell(0.4);
    expect(queue.uploads.map(({ progress }) => progress)).toEqual([0, 0.4]);
  });

  it('keeps what failed with the server’s sentence, goes on with the others, and tries again', async () => {
    queue.add(files('a', 'b', 'c'));
    server.refuses('a', 'The file is empty.');
    await vi.waitFor(() => {
      expect(states()).toContainEqual(['c', 'sending']);
    });
    expect(queue.uploads[0]).toMatchObject({ state: 'failed', failure: 'The file is empty.' });
    queue.retry(idOf('a'));
    expect(queue.uploads[0]).toMatchObject({ state: 'waiting', failure: '' });
    server.takes('b');
    server.takes('c');
    await vi.waitFor(() => {
      expect(states()).toEqual([['a', 'sending']]);
    });
    server.takes('a');
    await vi.waitFor(() => {
      expect(queue.uploads).toEqual([]);
    });
  });

  it('breaks off what is taken away, and uses the place', async () => {
    queue.add(files('a', 'b', 'c'));
    queue.remove(idOf('a'));
    expect(server.asked[0]?.signal.aborted).toBe(true);
    await vi.waitFor(() => {
      expect(states()).toEqual([
        ['b', 'sending'],
        ['c', 'sending'],
      ]);
    });
  });

  it('is busy until nothing can be lost', async () => {
    queue.add(files('a'));
    expect(queue.isBusy).toBe(true);
    server.refuses('a', 'No.');
    await vi.waitFor(() => {
      expect(queue.isBusy).toBe(false);
    });
  });

  it('forgets everything when somebody signs out', async () => {
    queue.add(files('a', 'b', 'c'), 'document');
    queue.clear();
    expect(queue.uploads).toEqual([]);
    expect(server.asked.every(({ signal }) => signal.aborted)).toBe(true);
    await Promise.resolve();
    expect(server.names).toEqual(['a', 'b']);
  });
});
