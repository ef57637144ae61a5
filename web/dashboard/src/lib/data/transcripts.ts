/** Past chats, and the questions and answers that they propose. */
import { infiniteQueryOptions, queryOptions, type QueryClient } from '@tanstack/svelte-query';
import type { components } from '$shared/api/schema';
import { t } from '../../i18n/index.svelte';
import { api, ApiError, ask } from '../api';
import { refreshKnowledge } from './knowledge';
import type { DraftChoice } from './versions';

type Schemas = components['schemas'];
export type Transcript = Schemas['Transcript'];
export type Speaker = Schemas['TranscriptSpeaker'];
export type Format = Schemas['TranscriptFormat'];
export type Proposal = Schemas['QaProposal'];
export type ProposalStatus = Schemas['QaProposalStatus'];
export type Outcome = Schemas['QaProposalOutcome'];
export type AcceptedProposals = Schemas['AcceptedQaProposals'];

export const formats = [
  'text',
  'whatsapp',
  'csv',
  'jsonl',
  'crisp',
  'tidio',
  'intercom',
  'zendesk',
] as const satisfies Format[];
export const proposalStatuses = ['proposed', 'accepted', 'dismissed'] as const;

/** What the browser's dialog offers first. */
export const CHAT_FILES = '.txt,.csv,.tsv,.json,.jsonl,.ndjson,.log';

const LIST = 'transcripts';
const PAGE_SIZE = 50;
const LARGEST_BYTES = 20 * 1024 * 1024;
const UPLOAD_MS = 5 * 60_000;

export function transcriptsQuery() {
  return queryOptions({
    queryKey: [LIST, 'list'] as const,
    queryFn: async ({ signal }) => (await ask(api.GET('/api/v1/transcripts', { signal }))).items,
  });
}

/** Of one import, or of all of them. */
export function proposalsQuery(status: ProposalStatus, transcript_id: string) {
  return infiniteQueryOptions({
    queryKey: [LIST, 'proposals', status, transcript_id] as const,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const query = {
        status,
        limit: PAGE_SIZE,
        ...(transcript_id && { transcript_id }),
        ...(pageParam && { cursor: pageParam }),
      };
      return ask(api.GET('/api/v1/qa-proposals', { params: { query }, signal }));
    },
    getNextPageParam: (page) => page.next_cursor ?? null,
  });
}

/** Sends past chats; `format` null: the server recognises it. */
export async function sendTranscript(
  client: QueryClient,
  chats: Blob,
  filename: string,
  format: Format | null,
): Promise<Transcript> {
  if (chats.size > LARGEST_BYTES) throw new ApiError(413, 'too_large', t('transcripts.tooLarge'));
  const query = { ...(filename && { filename }), ...(format && { format }) };
  const sent = await ask(
    api.POST('/api/v1/transcripts', {
      // Sent as it is; its description knows bytes only as numbers.
      body: [],
      bodySerializer: () => chats,
      headers: { 'content-type': 'application/octet-stream' },
      params: { query },
      fetch: (request: Request) => fetch(request, { signal: AbortSignal.timeout(UPLOAD_MS) }),
    }),
  );
  await refresh(client);
  return sent;
}

export async function startTranscript(
  client: QueryClient,
  id: string,
  business: string[],
): Promise<void> {
  const init = { params: { path: { id } }, body: { business } };
  await ask(api.POST('/api/v1/transcripts/{id}/start', init));
  await refresh(client);
}

/** `days` null: all that were ever resolved. */
export async function learnFromResolved(client: QueryClient, days: number | null): Promise<void> {
  const since = days === null ? null : new Date(Date.now() - days * 86_400_000).toISOString();
  await ask(api.POST('/api/v1/transcripts/resolved', { body: { since } }));
  await refresh(client);
}

export async function deleteTranscript(client: QueryClient, id: string): Promise<void> {
  await ask(api.DELETE('/api/v1/transcripts/{id}', { params: { path: { id } } }));
  await refresh(client);
}

export async function changeProposal(
  client: QueryClient,
  id: string,
  body: Schemas['QaProposalPatch'],
): Promise<void> {
  await ask(api.PATCH('/api/v1/qa-proposals/{id}', { params: { path: { id } }, body }));
  await refresh(client);
}

export interface Acceptance {
  outcome?: Outcome;
  /** The pair that answers the same, if another one is wanted nevertheless. */
  despite_id?: string;
  /** Of the proposal as it was read. */
  updated_at: string;
  draft?: DraftChoice;
}

export async function acceptProposal(
  client: QueryClient,
  id: string,
  body: Acceptance,
): Promise<Proposal> {
  const init = { params: { path: { id } }, body };
  try {
    return await ask(api.POST('/api/v1/qa-proposals/{id}/accept', init));
  } finally {
    // also when it was refused: what answers the same is known then
    await Promise.all([refresh(client), refreshKnowledge(client)]);
  }
}

/** What the server accepts at once. */
const MOST_AT_ONCE = 200;

export async function acceptProposals(
  client: QueryClient,
  proposals: readonly Pick<Proposal, 'id' | 'updated_at'>[],
  draft?: DraftChoice,
): Promise<AcceptedProposals> {
  const all: AcceptedProposals = { accepted: [], left: [], draft_id: null };
  for (let start = 0; start < proposals.length; start += MOST_AT_ONCE) {
    const seen = proposals
      .slice(start, start + MOST_AT_ONCE)
      .map(({ id, updated_at }) => ({ id, updated_at }));
    // the first part opens the draft, the others go into it
    const into = all.draft_id ? { id: all.draft_id, title: '' } : draft;
    const body = { ids: seen.map(({ id }) => id), seen, ...(into && { draft: into }) };
    const report = await ask(api.POST('/api/v1/qa-proposals/accept', { body }));
    all.accepted.push(...report.accepted);
    all.left.push(...report.left);
    all.draft_id = report.draft_id;
  }
  await Promise.all([refresh(client), refreshKnowledge(client)]);
  return all;
}

export async function dismissProposal(client: QueryClient, id: string): Promise<void> {
  await ask(api.POST('/api/v1/qa-proposals/{id}/dismiss', { params: { path: { id } } }));
  await refresh(client);
}

export async function reopenProposal(client: QueryClient, id: string): Promise<void> {
  await ask(api.POST('/api/v1/qa-proposals/{id}/reopen', { params: { path: { id } } }));
  await refresh(client);
}

function refresh(client: QueryClient): Promise<void> {
  return client.invalidateQueries({ queryKey: [LIST] });
}
