/** The number before the title of the tab: what is unread, so that somebody in another tab sees it. */
const current = $state({ unread: 0 });

export function setUnread(count: number): void {
  current.unread = count;
}

/** “(3) ”, or nothing. */
export function titlePrefix(): string {
  return current.unread > 0 ? `(${String(current.unread)}) ` : '';
}
