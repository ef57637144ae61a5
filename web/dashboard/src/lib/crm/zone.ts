/** The workspace's time zone: what is due is due by its clocks. */
import { createQuery } from '@tanstack/svelte-query';
import { inboxSettingsQuery } from '../data/inbox-settings';

const own = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Call it while a component is made. Until it is known: that of this computer. */
export function useZone(): () => string {
  const settings = createQuery(() => inboxSettingsQuery());
  return () => settings.data?.time_zone ?? own;
}
