import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { matchRoute, withQuery } from './address';
import { router } from './router.svelte';

const routes = [
  { name: 'home', path: '/' },
  { name: 'sign-in', path: '/sign-in' },
  { name: 'inbox', path: '/:tenant/inbox/:id?' },
];

describe('matchRoute', () => {
  const found = (path: string) => {
    const match = matchRoute(routes, path);
    return match && [match.route.name, match.params];
  };

  it('finds a page with and without its optional part', () => {
    expect(found('/app/noyer/inbox')).toEqual(['inbox', { tenant: 'noyer' }]);
    expect(found('/app/noyer/inbox/42')).toEqual(['inbox', { tenant: 'noyer', id: '42' }]);
  });

  it('does not care about a closing slash', () => {
    expect(found('/app')).toEqual(['home', {}]);
    expect(found('/app/')).toEqual(['home', {}]);
    expect(found('/app/sign-in/')).toEqual(['sign-in', {}]);
  });

  it('decodes parameters', () => {
    expect(found('/app/caf%C3%A9/inbox')).toEqual(['inbox', { tenant: 'café' }]);
  });

  it.each(['/', '/application', '/app/noyer', '/app/noyer/inbox/1/2', '/app/%E0%A4%A/inbox'])(
    'knows no page at %s',
    (path) => {
      expect(found(path)).toBeNull();
    },
  );
});

describe('withQuery', () => {
  it('sets, replaces and takes out values and leaves others alone', () => {
    expect(withQuery('?q=a&status=open', { status: 'all' })).toBe('?q=a&status=all');
    expect(withQuery('?q=a&status=open', { q: '' })).toBe('?status=open');
    expect(withQuery('?q=a', { q: null })).toBe('');
  });
});

describe('router', () => {
  let stop: () => void;
  const stay = (event: Event) => {
    event.preventDefault();
  };
  beforeEach(() => {
    // Runs after the router: what it left alone must not leave the test either.
    addEventListener('click', stay);
    history.replaceState(null, '', '/app/noyer/inbox');
    stop = router.start();
    dispatchEvent(new PopStateEvent('popstate'));
  });
  afterEach(() => {
    stop();
    removeEventListener('click', stay);
    document.body.replaceChildren();
  });

  const link = (href: string, attributes: Record<string, string> = {}) => {
    const element = document.createElement('a');
    for (const [name, value] of Object.entries({ href, ...attributes })) {
      element.setAttribute(name, value);
    }
    document.body.append(element);
    return element;
  };
  const click = (element: Element, init: MouseEventInit = {}) =>
    element.dispatchEvent(
      new MouseEvent('click', { bubbles: true, cancelable: true, button: 0, ...init }),
    );

  it('follows a click on a link of the dashboard', () => {
    click(link('/app/noyer/gaps?status=open'));
    expect([router.pathname, router.query('status')]).toEqual(['/app/noyer/gaps', 'open']);
  });

  it.each([
    ['another part of the server', link('/docs'), {}],
    ['a new tab', link('/app/x', { target: '_blank' }), {}],
    ['a download', link('/app/x', { download: '' }), {}],
    ['a click with Ctrl', link('/app/x'), { ctrlKey: true }],
  ])('leaves %s to the browser', (_, element, init) => {
    document.body.append(element);
    click(element, init);
    expect(router.pathname).toBe('/app/noyer/inbox');
  });

  it('changes a filter without a step in the history', () => {
    const steps = history.length;
    router.setQuery({ status: 'resolved' });
    expect([router.search, history.length]).toEqual(['?status=resolved', steps]);
  });
});
