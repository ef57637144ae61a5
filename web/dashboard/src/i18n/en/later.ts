/** English texts of pages that are not opened first: they come with the page, see `withTexts`. */
import { desk } from './desk';
import { home } from './home';
import { people } from './people';
import { settings } from './settings';
import { technical } from './technical';
import { widget } from './widget';

export const later = { ...technical, ...people, ...settings, ...desk, ...home, ...widget } as const;
