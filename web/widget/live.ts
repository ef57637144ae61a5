/**
 * The live feed of one conversation: what the server sends by itself, kept open through network
 * breaks. Which moments are worth a feed is for `chat.ts` to say.
 */
import type { ServerEvent } from '../shared/sse.ts';
import { ApiError } from './api.ts';
import { pauseAfter } from './pause.ts';

export interface FeedContext {
  connect(signal: AbortSignal): AsyncIterable<ServerEvent>;
  onEvent(event: ServerEvent): void;
  onBroken(): void;
}

const BACK_OFF_LIMIT_MS = 30_000;
/** A stream that lived this long was a good one; its end is no sign of trouble. */
const STEADY_AFTER_MS = 5_000;

/** Follows the feed until the signal is aborted or the server refuses. */
export async function followFeed(context: FeedContext, signal: AbortSignal): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    const startedAt = performance.now();
    try {
      for await (const event of context.connect(signal)) {
        if (signal.aborted) return;
        context.onEvent(event);
      }
    } catch (error) {
      if (error instanceof ApiError && error.status < 429) return;
    }
    failures = performance.now() - startedAt > STEADY_AFTER_MS ? 1 : failures + 1;
    // The server closes long streams now and then; only a second failure is worth a word.
    if (failures > 1) context.onBroken();
    await pauseAfter(failures, BACK_OFF_LIMIT_MS, signal);
  }
}
