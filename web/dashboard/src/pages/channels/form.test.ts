import { describe, expect, it } from 'vitest';
import type { Connector, ConnectorField } from '$lib/data/connections';
import {
  hasOtherAddress,
  startValues,
  stepParts,
  stepsBefore,
  stepsWith,
  valuesToSend,
  webhookUrl,
} from './form';

const both = (text: string) => ({ en: text, fr: text });
const field = (key: string, changes: Partial<ConnectorField> = {}): ConnectorField => ({
  key,
  label: both(key),
  help: both(''),
  kind: { type: 'text' },
  is_required: true,
  is_advanced: false,
  default: null,
  ...changes,
});
const connector = (steps: string[] = []) =>
  ({
    kind: 'whatsapp',
    name: 'WhatsApp',
    form: {
      fields: [
        field('number_id'),
        field('token', { kind: { type: 'secret' } }),
        field('api_url', { is_required: false, default: 'https://api.example' }),
      ],
      steps: steps.map(both),
    },
  }) as unknown as Connector;

describe('the form of a vendor', () => {
  it('begins with defaults, with what is stored, and never with a secret', () => {
    expect(startValues(connector())).toEqual({
      number_id: '',
      token: '',
      api_url: 'https://api.example',
    });
    expect(startValues(connector(), { number_id: '42', token: 'leaked' })).toEqual({
      number_id: '42',
      token: '',
      api_url: 'https://api.example',
    });
  });

  it('sends what was filled in, and leaves defaults to the vendor’s part', () => {
    const values = { number_id: ' 42 ', token: 't', api_url: 'https://api.example' };
    expect(valuesToSend(connector(), values, true)).toEqual({ number_id: '42', token: 't' });
  });

  it('sends a default that must be given', () => {
    const options = [{ value: 'website', label: both('A website’s') }];
    const kind = { type: 'choice' as const, options };
    const crisp = {
      form: { fields: [field('hook_kind', { kind, default: 'website' })] },
    } as unknown as Connector;
    const values = startValues(crisp);
    expect(valuesToSend(crisp, values, true)).toEqual({ hook_kind: 'website' });
    expect(valuesToSend(crisp, values, false)).toEqual({ hook_kind: 'website' });
  });

  it('sends empty fields when reconnecting, so that they are emptied', () => {
    const values = { number_id: '42', token: '', api_url: 'https://api.example' };
    expect(valuesToSend(connector(), values, false)).toEqual({
      number_id: '42',
      token: '',
      api_url: '',
    });
  });
});

describe('another address', () => {
  it('is one that differs by more than a slash', () => {
    const moving = {
      form: { fields: [field('api_url', { kind: { type: 'url' } }), field('number_id')] },
    } as unknown as Connector;
    const before = { api_url: 'https://api.example', number_id: '42' };
    expect(hasOtherAddress(moving, before, { ...before, number_id: '43' })).toBe(false);
    expect(hasOtherAddress(moving, before, { ...before, api_url: 'https://api.example/ ' })).toBe(
      false,
    );
    expect(hasOtherAddress(moving, before, { ...before, api_url: 'https://other.example' })).toBe(
      true,
    );
  });
});

describe('the steps of a vendor', () => {
  it('are taken apart at what is to be pasted, and nowhere else', () => {
    expect(stepParts('Enter {{webhook_url}} and {{other}}.')).toEqual([
      { kind: 'text', text: 'Enter ' },
      { kind: 'webhook_url', text: '{{webhook_url}}' },
      { kind: 'text', text: ' and {{other}}.' },
    ]);
  });

  it('keep an address whole, with what comes after it', () => {
    expect(stepParts('Add {{webhook_url}}?key={{verify_token}}. Then')).toEqual([
      { kind: 'text', text: 'Add ' },
      { kind: 'webhook_url', text: '{{webhook_url}}?key={{verify_token}}' },
      { kind: 'text', text: '. Then' },
    ]);
    expect(stepParts('POST to {{webhook_url}}/flow, with {{verify_token}}')).toEqual([
      { kind: 'text', text: 'POST to ' },
      { kind: 'webhook_url', text: '{{webhook_url}}/flow' },
      { kind: 'text', text: ', with ' },
      { kind: 'verify_token', text: '{{verify_token}}' },
    ]);
  });

  it('are left out where another choice was made', () => {
    const only = (value: string) => ({ ...both(value), only_with: { field: 'hook', value } });
    const crisp = {
      form: {
        fields: [field('hook', { default: 'site' })],
        steps: [both('Copy.'), only('site'), only('plugin')],
      },
    } as unknown as Connector;
    const shown = (values = {}) => stepsWith(crisp, values).map(({ en }) => en);
    expect(shown()).toEqual(['Copy.', 'site']);
    expect(shown({ hook: 'plugin' })).toEqual(['Copy.', 'plugin']);
  });

  it('are split before the first one that needs a saved channel', () => {
    expect(stepsBefore(connector(['Copy.', 'Paste {{verify_token}}.', 'Go live.']))).toBe(1);
    expect(stepsBefore(connector(['Copy.', 'Save.']))).toBe(2);
  });

  it('name the address of this page where the server does not know its own', () => {
    const path = { webhook_path: '/hooks/telegram/ch_1' };
    expect(webhookUrl({ ...path, webhook_url: null }, 'https://me.example')).toBe(
      'https://me.example/hooks/telegram/ch_1',
    );
    const known = 'https://chat.example/hooks/telegram/ch_1';
    expect(webhookUrl({ ...path, webhook_url: known }, 'https://me.example')).toBe(known);
  });
});
