/** The texts of the extras, in each language that the widget speaks. */

const TEXTS = {
  en: {
    attach: 'Send a file',
    sending: 'Sending {name}…',
    tooLarge: '{name} is larger than 10 MB.',
    notSent: '{name} could not be sent.',
    dismiss: 'Dismiss',
    image: 'Image: {name}',
    file: 'File: {name}',
    rate: 'How was this conversation?',
    stars: ['Very bad', 'Bad', 'All right', 'Good', 'Very good'],
    why: 'What could be better? (optional)',
    send: 'Send',
    thanks: 'Thank you for telling us.',
    away: 'Nobody is here at the moment.',
    back: 'Somebody will be here again {when}.',
    leaveEmail: 'Leave your e-mail address, and the answer reaches you there too.',
    email: 'E-mail address',
    emailKept: 'Thank you. The answer will reach you at {email}.',
    privacy: 'Privacy',
  },
  fr: {
    attach: 'Envoyer un fichier',
    sending: 'Envoi de {name}…',
    tooLarge: '{name} dépasse 10 Mo.',
    notSent: '{name} n’a pas pu être envoyé.',
    dismiss: 'Masquer',
    image: 'Image : {name}',
    file: 'Fichier : {name}',
    rate: 'Comment s’est passé cet échange ?',
    stars: ['Très mal', 'Mal', 'Correct', 'Bien', 'Très bien'],
    why: 'Que pourrions-nous améliorer ? (facultatif)',
    send: 'Envoyer',
    thanks: 'Merci de nous l’avoir dit.',
    away: 'Personne n’est là pour le moment.',
    back: 'Quelqu’un sera de retour {when}.',
    leaveEmail: 'Laissez votre adresse e-mail : la réponse vous y parviendra aussi.',
    email: 'Adresse e-mail',
    emailKept: 'Merci. La réponse vous parviendra à {email}.',
    privacy: 'Confidentialité',
  },
} as const;

export function textsFor(lang: string) {
  return lang === 'fr' ? TEXTS.fr : TEXTS.en;
}
