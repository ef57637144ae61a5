/** Files for messages. The server checks and stores them; only what it gives back is shown. */
import { api, ask, type Attachment } from '../api';

export function uploadFile(file: File): Promise<Attachment> {
  return ask(
    api.POST('/api/v1/assets', {
      params: { query: { filename: file.name || 'image.png' } },
      // Sent as it is; its description knows bytes only as numbers.
      body: [],
      bodySerializer: () => file,
      headers: { 'content-type': file.type || 'application/octet-stream' },
    }),
  );
}
