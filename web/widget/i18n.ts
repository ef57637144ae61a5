/**
 * Every text that the widget itself says, in each language it speaks. Other languages get English
 * labels, but keep their own writing direction.
 */

export const LANGUAGES = ['en', 'fr'] as const;

type Translations = readonly [english: string, french: string];

const TRANSLATIONS = {
  openChat: ['Open chat', 'Ouvrir le chat'],
  closeChat: ['Close chat', 'Fermer le chat'],
  assistant: ['AI assistant', 'Assistant IA'],
  team: ['Team', 'Équipe'],
  welcome: ['Hello! How can I help you?', 'Bonjour ! Comment puis-je vous aider ?'],
  placeholder: ['Write a message…', 'Écrivez un message…'],
  send: ['Send', 'Envoyer'],
  stop: ['Stop', 'Arrêter'],
  history: ['Messages', 'Messages'],
  suggestions: ['Suggestions', 'Suggestions'],
  writing: ['Writing…', 'Écrit…'],
  you: ['You', 'Vous'],
  sources: ['Sources', 'Sources'],
  helpful: ['Helpful', 'Utile'],
  notHelpful: ['Not helpful', 'Pas utile'],
  reason: ['What was wrong?', 'Qu’est-ce qui n’allait pas ?'],
  thanks: ['Thank you.', 'Merci.'],
  book: ['Book a meeting', 'Prendre rendez-vous'],
  person: ['Talk to a person', 'Parler à une personne'],
  forget: ['Forget this chat', 'Oublier ce chat'],
  handedOver: ['A person will answer here.', 'Une personne va vous répondre ici.'],
  resolved: ['This conversation is closed.', 'Cette conversation est close.'],
  stopped: ['Stopped', 'Arrêté'],
  limited: ['Sending again in {n} s.', 'Nouvel envoi dans {n} s.'],
  failed: ['Not answered.', 'Pas de réponse.'],
  problem: ['That did not work.', 'Cela n’a pas fonctionné.'],
  retry: ['Retry', 'Réessayer'],
  reconnecting: ['Reconnecting…', 'Reconnexion…'],
  offline: ['You are offline.', 'Vous êtes hors ligne.'],
  poweredBy: ['Powered by', 'Propulsé par'],
} satisfies Record<string, Translations>;

export type Texts = Record<keyof typeof TRANSLATIONS, string>;

export interface Locale {
  texts: Texts;
  /** The language of the texts, for the `lang` attribute. */
  lang: (typeof LANGUAGES)[number];
  direction: 'ltr' | 'rtl';
}

const RIGHT_TO_LEFT = /^(ar|ckb|fa|he|ps|ur|yi)\b/i;

/** The texts for a language tag such as `fr` or `fr-BE`. */
export function localeFor(tag: string): Locale {
  const column = /^fr\b/i.test(tag) ? 1 : 0;
  const pairs = Object.entries(TRANSLATIONS).map(([key, texts]) => [key, texts[column]]);
  return {
    texts: Object.fromEntries(pairs) as Texts,
    lang: LANGUAGES[column],
    direction: RIGHT_TO_LEFT.test(tag) ? 'rtl' : 'ltr',
  };
}
