/** The French texts: the same keys as `en/`, in the same order. */
import type { Texts } from '../en';
import { app } from './app';
import { auth } from './auth';
import { inbox } from './inbox';
import { shortcuts } from './shortcuts';
import { conversation } from './conversation';
import { crm } from './crm';
import { crmClients } from './crm-clients';
import { crmSales } from './crm-sales';
import { messaging } from './messaging';
import { automation } from './automation';
import { channels } from './channels';
import { charts } from './charts';
import { gaps } from './gaps';
import { instance } from './instance';
import { knowledge } from './knowledge';
import { documents } from './documents';
import { email } from './email';
import { tools } from './tools';
import { transcripts } from './transcripts';
import { texts } from './texts';
import { upkeep } from './upkeep';
import { webhooks } from './webhooks';
import { websites } from './websites';
import { versions } from './versions';
import { evaluation } from './evaluation';
import { leads } from './leads';
import { meetings } from './meetings';
import { modelVersions } from './model-versions';
import { plan } from './plan';
import { playground } from './playground';
import { agent } from './agent';
import { analytics } from './analytics';
import { audit } from './audit';
import { widget } from './widget';
import { home } from './home';
import { takingOut } from './taking-out';
import { technical } from './technical';
import { operatorAccess } from './operator-access';
import { people } from './people';
import { promise } from './promise';
import { reasons } from './reasons';
import { searchModel } from './search-model';
import { settings } from './settings';
import { deleting } from './deleting';
import { demos } from './demos';
import { desk } from './desk';

export const fr: Texts = {
  ...app,
  ...auth,
  ...inbox,
  ...shortcuts,
  ...conversation,
  ...messaging,
  ...channels,
  ...charts,
  ...automation,
  ...reasons,
  ...gaps,
  ...instance,
  ...knowledge,
  ...documents,
  ...transcripts,
  ...webhooks,
  ...websites,
  ...texts,
  ...upkeep,
  ...versions,
  ...evaluation,
  ...promise,
  ...leads,
  ...meetings,
  ...modelVersions,
  ...plan,
  ...playground,
  ...agent,
  ...analytics,
  ...audit,
  ...email,
  ...widget,
  ...home,
  ...technical,
  ...operatorAccess,
  ...people,
  ...settings,
  ...searchModel,
  ...deleting,
  ...demos,
  ...desk,
  ...crm,
  ...crmClients,
  ...crmSales,
  ...tools,
  ...takingOut,
};
