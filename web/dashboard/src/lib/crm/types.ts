/** What the server says about clients and what belongs to them, under the names that the pages use. */
import type { components } from '$shared/api/schema';

type Schemas = components['schemas'];
export type Client = Schemas['Client'];
export type ClientRow = Schemas['ClientRow'];
export type ClientPatch = Schemas['ClientPatch'];
export type NewClient = Schemas['NewClient'];
export type Activity = Schemas['Activity'];
export type NewActivity = Schemas['NewActivity'];
export type ActivityPatch = Schemas['ActivityPatch'];
export type ClientNote = Schemas['CrmNote'];
export type Segment = Schemas['Segment'];
export type CustomField = Schemas['CustomField'];
export type SalesTag = Schemas['CrmTag'];
export type SalesSettings = Schemas['CrmSettings'];
export type TimelineItem = Schemas['ClientEvent'];
