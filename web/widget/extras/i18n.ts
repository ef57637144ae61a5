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
    leaveEmail: 'Leave your e-mail address, and we can write to you.',
    email: 'E-mail address',
    emailKept: 'Thank you. We will use {email} if we have to write to you.',
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
    leaveEmail: 'Laissez votre adresse e-mail : nous pourrons vous écrire.',
    email: 'Adresse e-mail',
    emailKept: 'Merci. Nous vous écrirons à {email} si besoin.',
    privacy: 'Confidentialité',
  },
} as const;

export function textsFor(lang: string) {
  return lang === 'fr' ? TEXTS.fr : TEXTS.en;
}
