/** A value that follows another one when that has not changed for a moment: for asking the server while somebody types. */
const PAUSE_MS = 350;

export function settled<Value>(read: () => Value): () => Value {
  let current = $state.raw(read());
  $effect(() => {
    const next = read();
    const timer = setTimeout(() => {
      current = next;
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
    };
  });
  return () => current;
}
