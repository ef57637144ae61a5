/** What may be shown of a file that somebody has sent. */
import type { Attachment } from '$lib/api';

/** Kinds that cannot hold script. */
const IMAGES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

export function isShownAsImage({ mime_type }: Attachment): boolean {
  return IMAGES.has(mime_type);
}

/** Which of the browser's own players takes it. */
export function playerOf({ mime_type }: Attachment): 'audio' | 'video' | null {
  const [, kind] = /^(audio|video)\//.exec(mime_type) ?? [];
  return (kind as 'audio' | 'video' | undefined) ?? null;
}

/** Its address where it is on this server, and nowhere else. */
export function ownAddress(url: string): string | undefined {
  try {
    const address = new URL(url, location.href);
    return address.origin === location.origin ? address.pathname + address.search : undefined;
  } catch {
    return undefined;
  }
}
