/** A form that is saved as a whole: what is stored, what is on screen, and what the server said to it. */
import { ApiError, sentence } from '$lib/api';

interface Options<Draft> {
  /** Stores the draft and gives what is stored now. */
  save: (draft: Draft) => Promise<Draft>;
  /** Which field an error of the server is about, by its code. */
  fields?: Record<string, keyof Draft>;
}

export class Form<Draft extends object> {
  draft: Draft;
  #stored: Draft;
  #options: Options<Draft>;
  #problem = $state<{ field: keyof Draft | null; sentence: string } | null>(null);
  isBusy = $state(false);

  constructor(stored: Draft, options: Options<Draft>) {
    this.#stored = $state($state.snapshot(stored) as Draft);
    this.draft = $state($state.snapshot(stored) as Draft);
    this.#options = options;
  }

  get isDirty(): boolean {
    return !isSame(this.draft, this.#stored);
  }

  /** What is wrong with this field. */
  errorOf(field: keyof Draft): string | undefined {
    return this.#problem?.field === field ? this.#problem.sentence : undefined;
  }

  /** What is wrong with none of the fields in particular. */
  get failure(): string | undefined {
    return this.#problem?.field === null ? this.#problem.sentence : undefined;
  }

  /** What is stored has changed, here or at a colleague's: fields that nobody edits here follow. */
  follow(stored: Draft): void {
    const before = $state.snapshot(this.#stored) as Draft;
    for (const field of Object.keys(stored) as (keyof Draft)[]) {
      if (isSame(this.draft[field], before[field]) && !isSame(stored[field], before[field])) {
        this.draft[field] = structuredClone(stored[field]);
      }
    }
    this.#stored = stored;
  }

  discard(): void {
    Object.assign(this.draft, $state.snapshot(this.#stored));
    this.#problem = null;
  }

  /** Whether it worked. */
  async submit(): Promise<boolean> {
    this.isBusy = true;
    this.#problem = null;
    try {
      this.#stored = await this.#options.save($state.snapshot(this.draft) as Draft);
      this.discard();
      return true;
    } catch (error) {
      const code = error instanceof ApiError ? error.code : '';
      this.#problem = { field: this.#options.fields?.[code] ?? null, sentence: sentence(error) };
      return false;
    } finally {
      this.isBusy = false;
    }
  }
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
