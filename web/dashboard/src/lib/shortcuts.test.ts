import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { shortcuts, startShortcuts } from './shortcuts';

describe('shortcuts', () => {
  const stops: (() => void)[] = [];
  beforeEach(() => {
    stops.push(startShortcuts());
  });
  afterEach(() => {
    for (const stop of stops.splice(0)) stop();
    document.body.replaceChildren();
  });

  const add = (...keys: string[]) => {
    const run = vi.fn();
    stops.push(shortcuts(Object.fromEntries(keys.map((key) => [key, run]))));
    return run;
  };
  const press = (key: string, init: KeyboardEventInit = {}, target: Element = document.body) =>
    target.dispatchEvent(
      new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...init }),
    );
  const append = (tag: string, attributes: Record<string, string> = {}) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    document.body.append(element);
    return element;
  };

  it('runs a single key', () => {
    const run = add('j');
    press('j');
    press('k');
    expect(run).toHaveBeenCalledTimes(1);
  });

  it('runs a sequence, and only in its order', () => {
    const run = add('g i');
    press('i');
    press('g');
    press('i');
    press('i');
    expect(run).toHaveBeenCalledTimes(1);
  });

  it('forgets the first key of a sequence when another one comes between', () => {
    const run = add('g i');
    press('g');
    press('x');
    press('i');
    expect(run).not.toHaveBeenCalled();
  });

  it('gives a key to whoever announced it last', () => {
    const [page, panel] = [add('e'), add('e')];
    press('e');
    expect([page.mock.calls.length, panel.mock.calls.length]).toEqual([0, 1]);
  });

  it('leaves keys to the field that somebody types in', () => {
    const run = add('j');
    press('j', {}, append('textarea'));
    press('j', {}, append('input'));
    expect(run).not.toHaveBeenCalled();
  });

  it('leaves keys with Ctrl, Alt or Meta to the browser', () => {
    const run = add('r');
    for (const modifier of ['ctrlKey', 'altKey', 'metaKey']) press('r', { [modifier]: true });
    expect(run).not.toHaveBeenCalled();
  });

  it('does nothing behind an open dialog', () => {
    const run = add('j');
    append('dialog', { open: '' });
    press('j');
    expect(run).not.toHaveBeenCalled();
  });
});
