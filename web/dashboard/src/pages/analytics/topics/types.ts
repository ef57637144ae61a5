/** What visitors talk about, as the server says it. */

export interface Topic {
  id: string;
  label: string;
  label_origin: string;
  keywords: string[];
  languages: string[];
  is_hidden: boolean;
  parts: { id: string; label: string }[];
  messages: number;
  conversations: number;
  visitors: number;
  share: number;
  previous_messages: number;
  change?: number | null;
  automation_rate: number;
  answered: Record<Answered, number>;
  satisfaction?: number | null;
  feedback: { up: number; down: number };
  open_gaps: number;
  first_asked_on: string;
  series: { on: string; messages: number }[];
}

export const answeredBy = ['bot', 'declined', 'person', 'nobody'] as const;
export type Answered = (typeof answeredBy)[number];

export interface TopicDetails extends Topic {
  samples: { message_id: string; conversation_id: string; text: string; sent_at: string }[];
  gaps: { id: string; cluster_id: string; question: string; times_asked: number }[];
  qa_pairs: { id: string; question: string; uses: number }[];
}

export interface TopicList {
  messages: number;
  without_topic: number;
  waiting: number;
  made_at?: string | null;
  is_running: boolean;
  items: Topic[];
}

export interface TopicMessages {
  items: {
    message_id: string;
    conversation_id: string;
    text: string;
    sent_at: string;
    answered: string;
  }[];
  next_cursor?: string | null;
}
