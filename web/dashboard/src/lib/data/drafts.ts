/** What has been written but not sent, by conversation; kept while others are looked at, gone with the page. */
export const drafts = new Map<string, string>();
