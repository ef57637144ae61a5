/** Waiting: for a while, for the network, or until it is no longer wanted. */

/** Ends after the time, when the network comes back, or when the signal is aborted; never rejects. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const ended = new AbortController();
    const finish = () => {
      clearTimeout(timer);
      ended.abort();
      resolve();
    };
    const timer = setTimeout(finish, milliseconds);
    signal.addEventListener('abort', finish, ended);
    addEventListener('online', finish, ended);
  });
}

/**
 * The wait before another try: doubles with each failure up to the limit, is spread so that visitors
 * do not return all at once, and lasts as long as there is no network.
 */
export async function pauseAfter(
  failures: number,
  limitMs: number,
  signal: AbortSignal,
): Promise<void> {
  const longest = Math.min(limitMs, 1000 * 2 ** (failures - 1));
  await pause(longest * (0.5 + Math.random() / 2), signal);
  while (!navigator.onLine && !signal.aborted) await pause(limitMs, signal);
}
