/** Live updates of the signed-in workspace, and whether they flow: the state behind the offline banner. */
import type { QueryClient } from '@tanstack/svelte-query';
import { noteBuild } from '../version.svelte';
import { shareStream, type SharedStream } from './shared-stream';
import type { StreamState } from './stream';

const EVENTS_URL = '/api/v1/events';

const current = $state<{ state: StreamState; isOnline: boolean }>({
  state: 'connecting',
  isOnline: navigator.onLine,
});
let stream: SharedStream | null = null;

/** `off` when the computer has no network, `interrupted` while the server is not reached. */
export function liveStatus(): 'fine' | 'interrupted' | 'off' {
  if (!current.isOnline) return 'off';
  return current.state === 'waiting' ? 'interrupted' : 'fine';
}

export function retryLive(): void {
  stream?.retry();
}

/** Starts for one workspace. `onRefused` is called when the session has ended. Returns the way to stop. */
export function startLive(
  workspaceId: string,
  client: QueryClient,
  onRefused: () => void,
): () => void {
  // What events change is fetched beside the first page; those that come before it wait their turn.
  const applying = import('./apply');
  const opened = shareStream({
    name: `rapport-live-${workspaceId}`,
    locks: navigator.locks,
    open: openEvents,
    pause,
    onEvent: (event) => {
      void applying.then(({ applyEvent }) => {
        applyEvent(client, event);
      });
    },
    onState: (state) => {
      current.state = state;
      if (state === 'refused') onRefused();
    },
  });
  stream = opened;
  const onNetwork = () => {
    current.isOnline = navigator.onLine;
    if (current.isOnline) opened.retry();
  };
  addEventListener('online', onNetwork);
  addEventListener('offline', onNetwork);
  return () => {
    removeEventListener('online', onNetwork);
    removeEventListener('offline', onNetwork);
    opened.close();
    stream = null;
  };
}

async function openEvents(lastId: string | null, signal: AbortSignal): Promise<Response> {
  const headers = new Headers({ accept: 'text/event-stream' });
  if (lastId !== null) headers.set('last-event-id', lastId);
  const response = await fetch(EVENTS_URL, { headers, signal, cache: 'no-store' });
  noteBuild(response.headers);
  return response;
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
