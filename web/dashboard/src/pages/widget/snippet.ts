/** What is copied out of the dashboard. */

/** The line that puts the chat onto a page. */
export function scriptTag(key: string): string {
  return `<script async src="${location.origin}/widget.js" data-channel="${key}"></` + 'script>';
}

/** Makes an identity token on the business's own server. */
export const identityCode = `import { createHmac } from 'node:crypto';

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

export function identityToken(customer, secret) {
  const claims = {
    sub: String(customer.id),
    name: customer.name,
    email: customer.email,
    exp: Math.floor(Date.now() / 1000) + 3600,
  };
  const unsigned = part({ alg: 'HS256', typ: 'JWT' }) + '.' + part(claims);
  return unsigned + '.' + createHmac('sha256', secret).update(unsigned).digest('base64url');
}`;

/** Hands the token over on the page. */
export const identifyCode =
  "addEventListener('rapport:ready', () => Rapport.identify(tokenFromYourServer));";
