/** Moments of a chat for the preview, in the languages that it can be looked at in. */
import type { Conversation, Message, WidgetConfig } from '$shared/types';
import type { WidgetSettings } from '$lib/data/channels';
import { EMPTY_CHAT, type ChatState } from '../../../../widget/state';

export const moments = ['welcome', 'answer', 'handedOver'] as const;
export type Moment = (typeof moments)[number];

export const previewLanguages = ['en', 'fr', 'ar'] as const;
export type PreviewLanguage = (typeof previewLanguages)[number];

const WORDS = {
  en: {
    question: 'Do you ship to Belgium?',
    answer:
      'Yes. Standard delivery to Belgium takes **3 to 5 working days** and costs €12.\n\n- free from €400\n- with tracking',
    source: 'Delivery and prices',
    chip: 'Can I return it?',
    person: 'May I speak to somebody?',
    system: 'I have told the team. A person will answer you here.',
    agent: 'Hello, this is Sarah. How can I help?',
  },
  fr: {
    question: 'Livrez-vous en Belgique ?',
    answer:
      'Oui. La livraison standard en Belgique prend **3 à 5 jours ouvrables** et coûte 12 €.\n\n- gratuite à partir de 400 €\n- avec suivi',
    source: 'Livraison et tarifs',
    chip: 'Puis-je le retourner ?',
    person: 'Puis-je parler à quelqu’un ?',
    system: 'J’ai prévenu l’équipe. Une personne vous répondra ici.',
    agent: 'Bonjour, ici Sarah. Comment puis-je vous aider ?',
  },
  ar: {
    question: 'هل توصلون إلى بلجيكا؟',
    answer: 'نعم. يستغرق التوصيل إلى بلجيكا **من 3 إلى 5 أيام عمل** ويكلف 12 يورو.',
    source: 'التوصيل والأسعار',
    chip: 'هل يمكنني إرجاعه؟',
    person: 'هل يمكنني التحدث إلى شخص؟',
    system: 'لقد أبلغت الفريق. سيجيبك شخص هنا.',
    agent: 'مرحبا، أنا سارة. كيف يمكنني مساعدتك؟',
  },
};

const CONVERSATION: Conversation = {
  id: 'preview',
  status: 'open',
  ai_paused: false,
  last_seq: 3,
  rating: null,
};

export function stateAt(moment: Moment, language: PreviewLanguage): ChatState {
  if (moment === 'welcome') return EMPTY_CHAT;
  const words = WORDS[language];
  const answer = {
    id: 'm2',
    text: words.answer,
    confidence: 0.94,
    sources: [{ kind: 'qa' as const, title: words.source, url: null }],
    suggestion_chips: [words.chip],
    gap_detected: false,
    escalation_offered: false,
    matched_qa_ids: [],
    feedback: null,
    actions: [],
  };
  const messages = [
    message(1, 'user', words.question),
    { ...message(2, 'ai', words.answer), answer },
  ];
  if (moment === 'answer') return { ...EMPTY_CHAT, conversation: CONVERSATION, messages };
  messages.push(message(3, 'user', words.person), message(4, 'system', words.system), {
    ...message(5, 'agent', words.agent),
    sender_name: 'Sarah',
  });
  const conversation = { ...CONVERSATION, status: 'escalated' as const, ai_paused: true };
  return { ...EMPTY_CHAT, conversation, messages };
}

function message(seq: number, sender_type: Message['sender_type'], text: string): Message {
  return {
    id: `m${String(seq)}`,
    conversation_id: 'preview',
    seq,
    sender_type,
    sender_name: null,
    text,
    created_at: '2026-01-01T09:00:00Z',
    client_message_id: null,
    answer: null,
    attachment: null,
  };
}

/** The settings as a visitor's browser would get them. */
export function configOf(
  settings: WidgetSettings,
  language: PreviewLanguage,
  theme: 'light' | 'dark',
): WidgetConfig {
  const optional = ['booking_url', 'avatar_url', 'chat_icon_url'] as const;
  const links = Object.fromEntries(optional.map((key) => [key, settings[key] ?? null]));
  return {
    ...settings,
    ...(links as Pick<WidgetConfig, (typeof optional)[number]>),
    channel_key: 'preview',
    language,
    theme,
    ask_rating: true,
    privacy_url: null,
    people: null,
  } as WidgetConfig;
}
