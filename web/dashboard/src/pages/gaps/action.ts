/** What runs at the moment for an open cluster. */
export type Action = 'publish' | 'dismiss' | 'link' | 'try';
