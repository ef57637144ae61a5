/** The browser's own word on notifications; whether somebody wants them stands in their profile. */
import { saveProfile } from '../preferences.svelte';

/** Only after a click: browsers refuse to ask otherwise, and people do too. */
export async function turnOnNotifications(): Promise<boolean> {
  if ((await Notification.requestPermission()) !== 'granted') return false;
  await saveProfile({ notifications: { browser: true } });
  return true;
}

/** Whether there is still a point in asking. */
export function mayAskForNotifications(): boolean {
  return 'Notification' in window && Notification.permission === 'default';
}
