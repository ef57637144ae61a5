/**
 * Gets one question answered: posts it, follows the answer, and when the connection breaks posts it
 * again under the same id, which the server answers with the same result. Gives up only where
 * trying again cannot help, and then leaves the choice to the visitor.
 */
import type { ServerEvent } from '../shared/sse.ts';
import type { Conversation, Message, Problem } from '../shared/types.ts';
import { ApiError } from './api.ts';
import { pause, pauseAfter } from './pause.ts';
import type { Exchange } from './state.ts';

export interface ExchangeContext {
  /** Makes sure that there is a session. */
  openSession(): Promise<void>;
  /** Ends the session, because the server no longer takes its token. */
  dropSession(): void;
  post(signal: AbortSignal): AsyncIterable<ServerEvent>;
  onStored(message: Message, conversation?: Conversation): void;
  change(change: Partial<Exchange>): void;
  /** It is answered, or a person will write. */
  end(): void;
}

const MAX_TRIES = 5;
const MAX_WAIT_SECONDS = 120;
const BACK_OFF_LIMIT_MS = 8_000;

/** Returns when the question is answered, given up, or stopped by the signal. */
export async function runExchange(context: ExchangeContext, signal: AbortSignal): Promise<void> {
  for (let tries = 1; !signal.aborted; tries += 1) {
    try {
      return await follow(context, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (tries >= MAX_TRIES || !isPassing(error)) {
        const { status, detail } = error as Partial<ApiError>;
        return context.change({ phase: 'failed', problem: status === 403 ? null : detail });
      }
      await prepareRetry(context, error, tries, signal);
    }
  }
}

async function follow(context: ExchangeContext, signal: AbortSignal): Promise<void> {
  let isPersonAnswering = false;
  let answerText = '';
  await context.openSession();
  for await (const { event, data } of context.post(signal)) {
    if (signal.aborted) return;
    const payload = JSON.parse(data) as Payload;
    if (event === 'message' || event === 'answer') {
      context.onStored(payload.message, payload.conversation);
      if (event === 'answer') return context.end();
      isPersonAnswering = payload.conversation.ai_paused;
      context.change({ phase: 'active' });
    } else if (event === 'delta') {
      // A second try writes the whole answer again; what is on screen stays until then.
      answerText = payload.replace ? payload.text : answerText + payload.text;
      context.change({ phase: 'active', answerText });
    } else if (event === 'error') {
      throw new FinalError(payload.status, payload.detail);
    }
  }
  if (!isPersonAnswering) throw new TypeError('cut off');
  context.end();
}

/** What the events carry, each its own part. */
interface Payload extends Problem {
  message: Message;
  conversation: Conversation;
  text: string;
  replace?: boolean;
}

/** The server has taken the question and tells that it will not answer it. */
class FinalError extends ApiError {}

/** Whether the same question may well go through later. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof ApiError)) return true;
  const { status, retryAfter } = error;
  if (error instanceof FinalError || retryAfter > MAX_WAIT_SECONDS) return false;
  return status >= 500 || status === 429 || status === 401;
}

/** Does what the failure asks for before the next try, which is to wait in most cases. */
async function prepareRetry(
  context: ExchangeContext,
  error: unknown,
  tries: number,
  signal: AbortSignal,
): Promise<void> {
  const { status, retryAfter = 0 } = error as Partial<ApiError>;
  if (status === 401) return context.dropSession();
  if (status !== 429) {
    context.change({ phase: 'retrying' });
    return pauseAfter(tries, BACK_OFF_LIMIT_MS, signal);
  }
  for (let waitSeconds = retryAfter; waitSeconds > 0 && !signal.aborted; waitSeconds -= 1) {
    context.change({ phase: 'limited', waitSeconds });
    await pause(1000, signal);
  }
}
