/** English texts of pages that are not opened first: they come with the page, see `withTexts`. */
import { desk } from './desk';
import { people } from './people';
import { settings } from './settings';
import { technical } from './technical';

export const later = { ...technical, ...people, ...settings, ...desk } as const;
