/**
 * What can be done on the open page. A component announces its commands in an `$effect`; the palette lists them, and
 * those with a key run by it too. Keys that only move about (`j`, `Esc`) need no name: see `shortcuts.ts`.
 */
import { shortcuts } from './shortcuts';

export interface Command {
  label: string;
  /** As in `shortcuts`: `e`, `g i`, `mod+k`. */
  key?: string;
  run: () => void;
}

const announced: Command[][] = [];

/** Adds commands until the returned function is called. */
export function commands(list: Command[]): () => void {
  const keys = list.flatMap(({ key, run }) => (key ? [[key, run] as const] : []));
  const stop = shortcuts(Object.fromEntries(keys));
  announced.push(list);
  return () => {
    stop();
    announced.splice(announced.indexOf(list), 1);
  };
}

/** What can be done now, the newest first. */
export function currentCommands(): Command[] {
  return announced.toReversed().flat();
}
