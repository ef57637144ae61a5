/** English texts of pages that are not opened first: they come with the page, see `withTexts`. */
import { agent } from './agent';
import { audit } from './audit';
import { conversation } from './conversation';
import { desk } from './desk';
import { documents } from './documents';
import { evaluation } from './evaluation';
import { gaps } from './gaps';
import { home } from './home';
import { knowledge } from './knowledge';
import { people } from './people';
import { playground } from './playground';
import { promise } from './promise';
import { searchModel } from './search-model';
import { shortcuts } from './shortcuts';
import { settings } from './settings';
import { technical } from './technical';
import { transcripts } from './transcripts';
import { versions } from './versions';
import { texts } from './texts';
import { upkeep } from './upkeep';
import { websites } from './websites';
import { widget } from './widget';

export const later = {
  ...conversation,
  ...shortcuts,
  ...technical,
  ...people,
  ...settings,
  ...searchModel,
  ...desk,
  ...home,
  ...widget,
  ...gaps,
  ...knowledge,
  ...documents,
  ...transcripts,
  ...versions,
  ...evaluation,
  ...promise,
  ...websites,
  ...texts,
  ...upkeep,
  ...playground,
  ...agent,
  ...audit,
} as const;
