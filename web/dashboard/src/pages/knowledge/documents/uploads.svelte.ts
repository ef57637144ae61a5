/** Documents on their way. They go on while somebody looks at other pages of the dashboard. */
import type { QueryClient } from '@tanstack/svelte-query';
import { sendDocument } from '$lib/data/documents';
import { session } from '$lib/session.svelte';
import { UploadQueue } from '$lib/upload-queue.svelte';

let queue: UploadQueue | null = null;

export function documentUploads(client: QueryClient): UploadQueue {
  queue ??= startQueue(client);
  return queue;
}

function startQueue(client: QueryClient): UploadQueue {
  const started = new UploadQueue((upload, onprogress, signal) =>
    sendDocument(client, upload, onprogress, signal),
  );
  $effect.root(() => {
    // Whoever signs in next must not send what somebody else has chosen.
    $effect(() => {
      if (!session()) started.clear();
    });
    $effect(() => {
      if (!started.isBusy) return;
      addEventListener('beforeunload', holdBack);
      return () => {
        removeEventListener('beforeunload', holdBack);
      };
    });
  });
  return started;
}

function holdBack(event: BeforeUnloadEvent): void {
  event.preventDefault();
}
