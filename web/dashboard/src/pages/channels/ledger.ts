/** The ledger's words and filters. Pure. */
import type { EventFilter, EventStatus } from '$lib/data/connections';

export const statuses: readonly EventStatus[] = ['pending', 'processed', 'quarantined', 'dead'];
export const kinds = ['message', 'status', 'echo', 'reaction', 'edit', 'other'] as const;

/** The filter that stands in the address. What nobody knows is no filter. */
export function filterOf(query: (name: string) => string): EventFilter {
  return {
    status: statuses.find((one) => one === query('status')) ?? '',
    kind: kinds.find((one) => one === query('kind')) ?? '',
    thread: query('thread'),
  };
}

/**
 * JSON with its lines indented, letter by letter as it came: vendors' ids are numbers too long for a script's. Anything
 * else stays as it is.
 */
export function pretty(body: string): string {
  if (!isJson(body)) return body;
  const tokens = body.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? [];
  let depth = 0;
  const line = () => `\n${'  '.repeat(depth)}`;
  const written = tokens.map((token, index) => {
    const [before, next] = [tokens[index - 1], tokens[index + 1]];
    if (token === ',') return token + line();
    if (token === ':') return ': ';
    if (token === '{' || token === '[') {
      if (next === '}' || next === ']') return token;
      depth += 1;
      return token + line();
    }
    if (token !== '}' && token !== ']') return token;
    if (before === '{' || before === '[') return token;
    depth -= 1;
    return line() + token;
  });
  return written.join('');
}

function isJson(body: string): boolean {
  try {
    JSON.parse(body);
    return true;
  } catch {
    return false;
  }
}
