/** Calls of the part of the API that counts: what they give is written down in `types.ts`. */
import { api, ask } from '$lib/api';
import type { Query } from './address';

type Get = (path: string, init: object) => Parameters<typeof ask>[0];

/** Throws `ApiError`. */
export function read<Data>(path: string, query: Query, signal: AbortSignal): Promise<Data> {
  return ask((api.GET as unknown as Get)(path, { params: { query }, signal })) as Promise<Data>;
}

export function write(method: 'POST' | 'PATCH', path: string, body?: object): Promise<unknown> {
  return ask((api[method] as unknown as Get)(path, { ...(body && { body }) }));
}
