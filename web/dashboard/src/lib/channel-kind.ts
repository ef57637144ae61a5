/** How the kinds of channels are called: product names, the same in every language. */
const NAMES: Record<string, string> = { whatsapp: 'WhatsApp', api: 'HTTP API' };

export function kindName(kind: string): string {
  return NAMES[kind] ?? kind.charAt(0).toUpperCase() + kind.slice(1);
}
