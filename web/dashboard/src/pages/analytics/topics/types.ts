/** What visitors talk about, by the names that the pages have for it. */
import type { components } from '$shared/api/schema';

type Schemas = components['schemas'];

export type Topic = Schemas['Topic'];
export type TopicDetails = Schemas['TopicDetails'];
export type TopicList = Schemas['Topics'];
export type TopicMessages = Schemas['Page_TopicMessage'];

export type Answered = Schemas['TopicAnswerer'];
export const answeredBy = ['bot', 'declined', 'person', 'nobody'] as const satisfies Answered[];
