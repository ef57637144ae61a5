/** What the keyboard of this computer calls the key that sends. */
export const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);

export const commandKey = isMac ? '⌘' : 'Ctrl';

/** Whether this key press means “send”: Ctrl Enter, or ⌘ Enter on a Mac. */
export function isSendKey(event: KeyboardEvent): boolean {
  return event.key === 'Enter' && (event.ctrlKey || event.metaKey) && !event.isComposing;
}
