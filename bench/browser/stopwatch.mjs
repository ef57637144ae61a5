// Times what somebody does in a page until it has painted what they wanted, by the page's own clock.

/** Pause after each, as between two actions of a quick person; also for what the browser reports late. */
const PAUSE_MS = 120;
const LONGEST_MS = 10_000;

export class Stopwatch {
  /**
   * One entry a measurement, in milliseconds. `paint`: until the browser painted after the event's handlers (Event
   * Timing, which does not tell less than 16), of which `wait` before and `work` in them. `shown`: until what was
   * wanted was painted. `frame`: the longest frame meanwhile.
   */
  samples = [];
  #page;

  constructor(page) {
    this.#page = page;
  }

  static async start(page) {
    await page.evaluate(install);
    return new Stopwatch(page);
  }

  /** `isShown` runs in the page, with what `note` (also there) gave before; `reset` puts things back, unmeasured. */
  async repeat(name, times, { note = () => null, act, isShown, reset }) {
    for (let time = 0; time < times; time += 1) {
      await this.#page.evaluate(`stopwatch.arm(${isShown}, (${note})())`);
      await act(time);
      const sample = await this.#page.evaluate(
        (limits) => globalThis.stopwatch.read(...limits),
        [PAUSE_MS, LONGEST_MS],
      );
      if (!sample) throw new Error(`never shown: ${name}`);
      this.samples.push({ name, ...sample });
      await reset?.(time);
    }
  }
}

/** In the page. */
function install() {
  const entries = [];
  const observer = new PerformanceObserver((list) => entries.push(...list.getEntries()));
  observer.observe({ type: 'event', durationThreshold: 16 });
  const round = (milliseconds) => Math.round(milliseconds * 10) / 10;

  /** The interaction that is measured: when it began, and when its result was painted. */
  let measured;

  globalThis.stopwatch = {
    arm(isShown, before) {
      entries.length = 0;
      measured = new Promise((resolve) => {
        const begin = ({ timeStamp: began }) => {
          for (const type of ['keydown', 'click', 'wheel']) removeEventListener(type, begin, true);
          let last = performance.now();
          let frame = 0;
          const look = () => {
            const now = performance.now();
            frame = Math.max(frame, now - last);
            last = now;
            if (!isShown(before)) return requestAnimationFrame(look);
            // A message is handled after the frame was painted.
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = () => resolve({ began, shown: performance.now() - began, frame });
            port2.postMessage(null);
          };
          requestAnimationFrame(look);
        };
        for (const type of ['keydown', 'click', 'wheel']) addEventListener(type, begin, true);
      });
    },
    async read(pause, longest) {
      const found = await Promise.race([measured, new Promise((go) => setTimeout(go, longest))]);
      if (!found) return null;
      const { began, shown, frame } = found;
      await new Promise((go) => setTimeout(go, pause));
      entries.push(...observer.takeRecords());
      const mine = entries.filter((one) => one.startTime >= began - 1);
      const slowest = mine.toSorted((a, b) => b.duration - a.duration)[0];
      return {
        paint: slowest?.duration ?? 16,
        wait: slowest ? round(slowest.processingStart - slowest.startTime) : 0,
        work: slowest ? round(slowest.processingEnd - slowest.processingStart) : 0,
        shown: round(shown),
        frame: round(frame),
      };
    },
  };
}
