/** A vendor's form: what it begins with, what is sent, and its steps taken apart. Pure. */
import type {
  Connection,
  Connector,
  ConnectorField,
  ConnectorStep,
  Values,
} from '$lib/data/connections';

/** What the fields begin with. Secrets never come back from the server. */
export function startValues({ form }: Connector, known: Values = {}): Values {
  const start = ({ key, kind, default: standard }: ConnectorField) =>
    kind.type === 'secret' ? '' : (known[key] ?? standard ?? '');
  return Object.fromEntries(form.fields.map((field) => [field.key, start(field)]));
}

/**
 * A field that holds its default is left to the vendor's part, so that a newer default reaches it, unless it must be
 * given. When reconnecting, an empty secret stays as it is, and another empty field is emptied.
 */
export function valuesToSend({ form }: Connector, values: Values, isNew: boolean): Values {
  const wanted = form.fields.map(({ key, default: standard, is_required }) => {
    const value = (values[key] ?? '').trim();
    return [key, value === standard && !is_required ? '' : value] as const;
  });
  return Object.fromEntries(wanted.filter(([, value]) => !isNew || value !== ''));
}

/** Whether the vendor is called at another address than before: then every secret is needed again. */
export function hasOtherAddress({ form }: Connector, before: Values, now: Values): boolean {
  const address = (values: Values, key: string): string =>
    (values[key] ?? '').trim().replace(/\/+$/, '');
  return form.fields.some(
    ({ key, kind }) => kind.type === 'url' && address(before, key) !== address(now, key),
  );
}

export interface StepPart {
  kind: 'text' | 'webhook_url' | 'verify_token';
  text: string;
}

/** `{{webhook_url}}` with the path or query that follows it, or `{{verify_token}}` by itself. */
const TO_PASTE =
  /(\{\{webhook_url\}\}(?:[/?][\w/=-]*(?:\{\{verify_token\}\})?)?|\{\{verify_token\}\})/;

/** `Enter {{webhook_url}} there.` in its parts; what stands in other braces is text. */
export function stepParts(step: string): StepPart[] {
  return step
    .split(TO_PASTE)
    .filter(Boolean)
    .map((text) => ({ kind: kindOf(text), text }));
}

function kindOf(text: string): StepPart['kind'] {
  if (text.startsWith('{{webhook_url}}')) return 'webhook_url';
  return text === '{{verify_token}}' ? 'verify_token' : 'text';
}

/** What is to be done with these choices. */
export function stepsWith(connector: Connector, known: Values = {}): ConnectorStep[] {
  const values = startValues(connector, known);
  return connector.form.steps.filter(
    ({ only_with }) => !only_with || values[only_with.field] === only_with.value,
  );
}

/** How many steps come before the first that needs what is known once the channel is saved. */
export function stepsBefore({ form }: Connector): number {
  const index = form.steps.findIndex(({ en }) => stepParts(en).some(({ kind }) => kind !== 'text'));
  return index < 0 ? form.steps.length : index;
}

/** Where the vendor sends events; the address of this page where the server does not know its own. */
export function webhookUrl(
  { webhook_url, webhook_path }: Pick<Connection, 'webhook_url' | 'webhook_path'>,
  origin: string,
): string {
  return webhook_url ?? origin + webhook_path;
}
