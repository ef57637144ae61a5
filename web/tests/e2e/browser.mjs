// Chromium for the end-to-end tests, and the checks that every page must pass whatever it shows.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const axeSource = readFileSync(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
  'utf8',
);
const DESKTOP = { width: 1200, height: 800 };

/** Debian's Chromium, or the one that CHROMIUM names. */
export function launchBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/**
 * A fresh profile with one page, and a record of what the page did: `record.origins` it talked to,
 * CSP `record.violations`, `record.errors` and `record.warnings` in its console.
 */
export async function openPage(browser, options = {}) {
  const context = await browser.newContext({ viewport: DESKTOP, locale: 'en-GB', ...options });
  const page = await context.newPage();
  return { context, page, record: recordOf(page) };
}

export function recordOf(page) {
  const record = { origins: new Set(), violations: [], errors: [], warnings: [] };
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol.startsWith('http')) record.origins.add(origin);
  });
  page.on('pageerror', (error) => record.errors.push(String(error)));
  page.on('console', (message) => {
    const text = message.text();
    if (/Content Security Policy|TrustedHTML|Trusted Type/.test(text)) record.violations.push(text);
    else if (message.type() === 'error') record.errors.push(text);
    else if (message.type() === 'warning') record.warnings.push(text);
  });
  return record;
}

/** No finding of axe-core: WCAG 2.0 to 2.2 A and AA, and best practice. */
export async function assertAccessible(page, where) {
  // What begins to appear while axe looks is there at once, not half transparent.
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await settleAnimations(page);
  // Through the debugger protocol, so that the page's CSP stays on.
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  await page.emulateMedia({ reducedMotion: null });
  const findings = violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} at ${target.join(' ')}: ${failureSummary}`),
  );
  assert.deepEqual(findings, [], `axe findings: ${where}`);
}

/** Waits until nothing moves any more, but for what moves for ever, and lists have measured their rows. */
export function settleAnimations(page) {
  return page.evaluate(async () => {
    const painted = () => new Promise((done) => requestAnimationFrame(done));
    await painted();
    await painted();
    const roots = [document, ...[...document.querySelectorAll('*')].map((e) => e.shadowRoot)];
    const running = roots.flatMap((root) => root?.getAnimations?.() ?? []);
    const ending = running.filter((one) => one.effect?.getComputedTiming().endTime !== Infinity);
    await Promise.all(ending.map((one) => one.finished.catch(() => undefined)));
  });
}
