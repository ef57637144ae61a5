/**
 * The shapes that travel between the server and both web clients, as the Widget API sends them.
 * Not the dashboard's own types: those are generated from the server's OpenAPI document.
 */

export type SenderType = 'user' | 'agent' | 'ai' | 'system';
export type ConversationStatus = 'open' | 'resolved' | 'escalated';
export type Feedback = 'up' | 'down';

export interface Source {
  kind: 'qa' | 'passage' | 'order';
  title: string;
  url: string | null;
}

export type AnswerAction =
  { kind: 'hand_off'; reason: string } | { kind: 'offer_booking'; url: string };

/** What the assistant knew when it answered; `id` is the id of the message it belongs to. */
export interface Answer {
  id: string;
  text: string;
  /** Calibrated: 0.9 is right nine times in ten. */
  confidence: number;
  sources: Source[];
  suggestion_chips: string[];
  gap_detected: boolean;
  escalation_offered: boolean;
  matched_qa_ids: string[];
  feedback: Feedback | null;
  actions: AnswerAction[];
}

export interface Message {
  id: string;
  conversation_id: string;
  /** Grows by one with each message of a conversation. */
  seq: number;
  sender_type: SenderType;
  sender_name: string | null;
  /** Markdown-lite, see `markdown.ts`. */
  text: string;
  /** RFC 3339. */
  created_at: string;
  /** Chosen by the client that wrote it; the same id is never stored twice. */
  client_message_id: string | null;
  answer: Answer | null;
  attachment: Attachment | null;
}

/** A file that came with a message; `text` may be empty then. */
export interface Attachment {
  id: string;
  /** Starts at the server's address. */
  url: string;
  name: string;
  mime_type: string;
  size: number;
  width: number | null;
  height: number | null;
}

export interface Conversation {
  id: string;
  status: ConversationStatus;
  /** A person has taken over; the assistant stays silent. */
  ai_paused: boolean;
  last_seq: number;
  /** 1 to 5, once the visitor has rated it. */
  rating: number | null;
}

/** What one channel's widget looks like and offers; set by the business in the widget designer. */
export interface WidgetConfig {
  channel_key: string;
  display_name: string;
  welcome_message: string;
  placeholder_text: string;
  suggested_messages: string[];
  booking_url: string | null;
  primary_color: string;
  bubble_color: string;
  bubble_position: 'left' | 'right';
  avatar_url: string | null;
  chat_icon_url: string | null;
  escalation_enabled: boolean;
  powered_by: boolean;
  max_suggestion_chips: number;
  language: string;
  theme: 'auto' | 'light' | 'dark';
  uploads_enabled: boolean;
  /** Whether a conversation that is over is rated. */
  ask_rating: boolean;
  /** The business's privacy policy. */
  privacy_url: string | null;
  /** When people are there; null: always. */
  people: { is_open: boolean; opens_at: string | null } | null;
}

/** The body of every error answer, RFC 9457. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
}
