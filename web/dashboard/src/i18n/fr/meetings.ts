export const meetings = {
  'meetings.title': 'Rendez-vous',
  'meetings.one': 'Un rendez-vous',
  'meetings.hint': 'Où les visiteurs réservent, et comment leurs réservations reviennent.',
  'meetings.today': 'Rendez-vous du jour',
  'meetings.join': 'Rejoindre',
  'meetings.statusOf': 'Rendez-vous avec {name}',
  'meetings.scheduled': 'Prévu',
  'meetings.rescheduled': 'Déplacé',
  'meetings.completed': 'Terminé',
  'meetings.cancelled': 'Annulé',
  'meetings.noShow': 'Pas venu',
  'meetings.bookingUrl': 'Lien de réservation',
  'meetings.bookingUrlHint':
    'Proposé quand un canal n’a pas le sien. Les liens Cal.com et Calendly reçoivent le nom et l’e-mail du visiteur.',
  'meetings.webhook': 'Adresse pour Cal.com',
  'meetings.webhookHint':
    'Dans Cal.com, ajoutez un webhook avec cette adresse et le secret ci-dessous, pour tous les événements de réservation et de réunion.',
  'meetings.noAddress':
    'Ce serveur ne connaît pas encore son adresse publique, Cal.com ne peut donc pas le joindre : réglez RAPPORT_PUBLIC_URL.',
  'meetings.secret': 'Secret du webhook',
  'meetings.secretHint': 'Au moins 8 caractères. Rien de ce qui arrive n’est cru sans lui.',
  'meetings.secretSet': 'Un secret est en place. Écrivez-en un autre pour le remplacer.',
  'meetings.forget': 'Oublier le secret',
};
