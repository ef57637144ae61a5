/** English texts of pages that are not opened first: they come with the page, see `withTexts`. */
import { agent } from './agent';
import { analytics } from './analytics';
import { audit } from './audit';
import { automation } from './automation';
import { channels } from './channels';
import { charts } from './charts';
import { conversation } from './conversation';
import { crm } from './crm';
import { crmClients } from './crm-clients';
import { crmSales } from './crm-sales';
import { deleting } from './deleting';
import { demos } from './demos';
import { desk } from './desk';
import { documents } from './documents';
import { email } from './email';
import { evaluation } from './evaluation';
import { gaps } from './gaps';
import { home } from './home';
import { instance } from './instance';
import { knowledge } from './knowledge';
import { messaging } from './messaging';
import { operatorAccess } from './operator-access';
import { people } from './people';
import { leads } from './leads';
import { meetings } from './meetings';
import { modelVersions } from './model-versions';
import { plan } from './plan';
import { playground } from './playground';
import { promise } from './promise';
import { reasons } from './reasons';
import { searchModel } from './search-model';
import { shortcuts } from './shortcuts';
import { settings } from './settings';
import { takingOut } from './taking-out';
import { technical } from './technical';
import { tools } from './tools';
import { transcripts } from './transcripts';
import { versions } from './versions';
import { texts } from './texts';
import { upkeep } from './upkeep';
import { webhooks } from './webhooks';
import { websites } from './websites';
import { widget } from './widget';

export const later = {
  ...conversation,
  ...messaging,
  ...channels,
  ...charts,
  ...automation,
  ...reasons,
  ...shortcuts,
  ...technical,
  ...operatorAccess,
  ...people,
  ...settings,
  ...searchModel,
  ...deleting,
  ...demos,
  ...desk,
  ...home,
  ...widget,
  ...gaps,
  ...instance,
  ...knowledge,
  ...documents,
  ...transcripts,
  ...versions,
  ...evaluation,
  ...promise,
  ...webhooks,
  ...websites,
  ...texts,
  ...upkeep,
  ...leads,
  ...meetings,
  ...modelVersions,
  ...plan,
  ...playground,
  ...agent,
  ...analytics,
  ...audit,
  ...email,
  ...crm,
  ...crmClients,
  ...crmSales,
  ...tools,
  ...takingOut,
} as const;
