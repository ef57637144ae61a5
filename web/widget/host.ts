/** The widget's place in a page whose style sheets know nothing of it. */

export const HOST_TAG = 'rapport-widget';

/** An element of its own, beside the page's body, that the page's rules cannot colour or hide. */
export function createHost(): ShadowRoot {
  const host = document.createElement(HOST_TAG);
  // Inline and important: even a page's `* { … !important }` gives way.
  host.style.setProperty('all', 'initial', 'important');
  const root = host.attachShadow({ mode: 'open' });
  // Outside the body, so that pages which replace their body keep the widget.
  document.documentElement.append(host);
  return root;
}
