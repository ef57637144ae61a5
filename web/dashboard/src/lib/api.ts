/**
 * The one way to the server: a typed client over the paths of its OpenAPI document, and `ask`, which turns every
 * way that a call can fail into one `ApiError` with a sentence to show. It holds no state; that is `data/`'s part.
 */
import type { components, paths } from '$shared/api/schema';
import createClient from 'openapi-fetch';
import { language, t } from '../i18n/index.svelte';
import { BASE } from './address';
import { noteBuild } from './version.svelte';

type Schemas = components['schemas'];
export type Session = Schemas['Session'];
export type ConversationSummary = Schemas['ConversationSummary'];
export type ConversationDetails = Schemas['ConversationDetails'];
export type Escalation = Schemas['Escalation'];
export type EscalationPatch = Schemas['EscalationPatch'];
export type Message = Schemas['Message'];
export type Answer = Schemas['Answer'];
export type Gap = Schemas['Gap'];
export type GapStatus = Gap['status'];
export type QaPair = Schemas['QaPair'];
export type Channel = Schemas['Channel'];
export type Colleague = Schemas['Colleague'];
export type Invitation = Schemas['Invitation'];
export type Role = Schemas['Role'];
export type Profile = Schemas['Profile'];
export type Credential = Schemas['Credential'];
export type ApiKey = Schemas['ApiKey'];
export type AuditEntry = Schemas['AuditEntry'];
export type Label = Schemas['Label'];
export type TeamMember = Schemas['Team']['items'][number];
export type Note = Schemas['Note'];
export type ConversationEvent = Schemas['ConversationEvent'];
export type ConversationPatch = Schemas['ConversationPatch'];
export type ConversationChange = Schemas['BulkChange'];
export type ContactDetails = Schemas['ContactDetails'];
export type ContactPatch = Schemas['ContactPatch'];
export type SavedReply = Schemas['SavedReply'];
export type SavedView = Schemas['InboxView'];
export type SearchHit = Schemas['SearchHit'];
export type Attachment = Schemas['Asset'];
export type AnswerDraft = Schemas['Draft'];
export type AnswerTrace = Schemas['AnswerTrace'];
export type Source = Schemas['Source'];

const TIMEOUT_MS = 30_000;

export const api = createClient<paths>({ credentials: 'same-origin', fetch: fetchWithTimeout });

/** What went wrong, in the server's own words where it had any. `status` is 0 when there was no answer. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;
  /** Where a vendor is the cause. */
  readonly reason: Schemas['Reason'] | undefined;

  constructor(status: number, code: string, message: string, reason?: Schemas['Reason'] | null) {
    super(message);
    this.reason = reason ?? undefined;
    this.status = status;
    this.code = code;
  }
}

interface Reply<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** Waits for a call of `api` and returns its data. Throws `ApiError`, or `AbortError` when the caller gave up. */
export async function ask<Data>(call: Promise<Reply<Data>>): Promise<Data> {
  let reply: Reply<Data>;
  try {
    reply = await call;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError(0, 'unreachable', t('app.unreachable'));
  }
  if (!reply.response.ok) {
    const failure = problem(reply.response.status, reply.error);
    // An operator's time in a workspace is over: nothing of it stays on screen.
    if (failure.code === 'visit_over') location.assign(`${BASE}/_instance`);
    throw failure;
  }
  return reply.data as Data;
}

/** The sentence to show for anything that was thrown. */
export function sentence(error: unknown): string {
  return error instanceof ApiError ? error.message : t('app.unexpected', { status: '?' });
}

function problem(status: number, body: unknown): ApiError {
  const { code, detail, title, reason } = (body ?? {}) as Partial<Schemas['Problem']>;
  return new ApiError(status, code ?? 'unknown', detail || title || unexpected(status), reason);
}

function unexpected(status: number): string {
  return t('app.unexpected', { status: String(status) });
}

async function fetchWithTimeout(request: Request): Promise<Response> {
  request.headers.set('accept-language', language());
  const response = await fetch(request, {
    signal: AbortSignal.any([request.signal, AbortSignal.timeout(TIMEOUT_MS)]),
  });
  noteBuild(response.headers);
  return response;
}
