/** The widget's line icons, drawn on a 24 × 24 grid and coloured by the text around them. */

const PATHS = {
  chat: 'M4 5h16v12h-8l-5 4v-4H4z',
  close: 'M6 6l12 12M18 6L6 18',
  calendar: 'M4 6h16v14H4zM4 11h16M8 3v5M16 3v5',
  person: 'M8 8a4 4 0 1 0 8 0a4 4 0 1 0-8 0M4 21c0-8 16-8 16 0',
  send: 'M12 19V5M6 11l6-6 6 6',
  stop: 'M7 7h10v10H7z',
  thumb: 'M4 10h4v10H4zM8 11l3-7q3 0 2 6h6l-2 10H8',
};

export type IconName = keyof typeof PATHS;

export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const path = document.createElementNS(svg.namespaceURI, 'path');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  path.setAttribute('d', PATHS[name]);
  svg.append(path);
  return svg as SVGSVGElement;
}
