/** Tools of the bot, and who lets it use them, in words. */
import type { PlainKey } from '../i18n/index.svelte';
import type { Tool, ToolPermission } from './data/tools';

export const toolNames: Record<Tool, PlainKey> = {
  find_order: 'tools.find_order',
  offer_booking: 'tools.offer_booking',
  capture_lead: 'tools.capture_lead',
  escalate: 'tools.escalate',
  tag: 'tools.tag',
  cancel_order: 'tools.cancel_order',
};

export const permissionNames: Record<ToolPermission, PlainKey> = {
  off: 'tools.off',
  allowed: 'tools.allowed',
  ask: 'tools.ask',
};
