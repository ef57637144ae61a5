/** Whether and for what this browser calls its user. The permission itself is the browser's. */
import { recall, remember } from '../remember';

export interface AlertSettings {
  hasSound: boolean;
  hasNotifications: boolean;
  /** Reasons that one does not want to be called for. */
  muted: string[];
}

const NAME = 'alerts';
const STANDARD: AlertSettings = { hasSound: true, hasNotifications: false, muted: [] };

let current = $state.raw(stored());

export function alertSettings(): AlertSettings {
  return current;
}

export function setAlertSettings(changes: Partial<AlertSettings>): void {
  current = { ...current, ...changes };
  remember(NAME, JSON.stringify(current));
}

/** Only after a click: browsers refuse to ask otherwise, and people do too. */
export async function askForNotifications(): Promise<boolean> {
  if (!('Notification' in window)) return false;
  const isGranted = (await Notification.requestPermission()) === 'granted';
  setAlertSettings({ hasNotifications: isGranted });
  return isGranted;
}

/** Whether there is still a point in asking. */
export function mayAskForNotifications(): boolean {
  return 'Notification' in window && Notification.permission === 'default';
}

function stored(): AlertSettings {
  try {
    return { ...STANDARD, ...(JSON.parse(recall(NAME) ?? '{}') as Partial<AlertSettings>) };
  } catch {
    return STANDARD;
  }
}
