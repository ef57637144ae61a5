/** A call of one of the bot's tools, as a sentence. */
import type { ToolCall } from '$lib/data/tools';
import { toolNames } from '$lib/tool-words';
import { t, type PlainKey } from '../../../i18n/index.svelte';

const ways: Partial<Record<string, PlainKey>> = {
  external: 'calls.by.external',
  email: 'calls.by.email',
  phone: 'calls.by.phone',
  platform: 'calls.by.platform',
  code: 'calls.by.code',
};

function argument({ arguments: given }: ToolCall, name: string): string {
  const value = (given as Record<string, unknown>)[name];
  return typeof value === 'string' ? value : '';
}

/** "Cancel the order 1042" */
export function wishText(call: ToolCall): string {
  switch (call.tool) {
    case 'find_order':
    case 'cancel_order':
      return t(`callWish.${call.tool}`, { number: numberOf(call) });
    case 'tag':
      return t('callWish.tag', { label: argument(call, 'label') });
    case 'offer_booking':
    case 'capture_lead':
    case 'escalate':
      return t(`callWish.${call.tool}`);
    default:
      return call.tool;
  }
}

/** "Say how an order stands · 1042": for the list of what was done. */
export function deedText(call: ToolCall): string {
  const name = (toolNames as Partial<Record<string, PlainKey>>)[call.tool];
  const what = numberOf(call) || argument(call, 'label');
  return [name ? t(name) : call.tool, what].filter(Boolean).join(' · ');
}

const numberOf = (call: ToolCall) => call.order_number ?? argument(call, 'order_number');

export function knownText({ verified_by }: ToolCall): string {
  const way = verified_by ? ways[verified_by] : undefined;
  return way ? t('calls.knownBy', { how: t(way) }) : t('calls.unknown');
}
