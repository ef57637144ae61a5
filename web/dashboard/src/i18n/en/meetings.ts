export const meetings = {
  'meetings.title': 'Meetings',
  'meetings.one': 'Meeting',
  'meetings.hint': 'Where visitors book, and how their bookings come back.',
  'meetings.today': 'Today’s meetings',
  'meetings.join': 'Join',
  'meetings.statusOf': 'Meeting with {name}',
  'meetings.scheduled': 'Scheduled',
  'meetings.rescheduled': 'Moved',
  'meetings.completed': 'Completed',
  'meetings.cancelled': 'Cancelled',
  'meetings.noShow': 'Did not come',
  'meetings.bookingUrl': 'Booking link',
  'meetings.bookingUrlHint':
    'Offered where a channel has no link of its own. Links of Cal.com and Calendly get the visitor’s name and e-mail.',
  'meetings.webhook': 'Address for Cal.com',
  'meetings.webhookHint':
    'In Cal.com, add a webhook with this address and the secret below, for all events of bookings and meetings.',
  'meetings.noAddress':
    'This server does not know its public address yet, so Cal.com cannot reach it: set RAPPORT_PUBLIC_URL.',
  'meetings.secret': 'Secret of the webhook',
  'meetings.secretHint': 'At least 8 characters. Nothing that comes is believed without it.',
  'meetings.secretSet': 'A secret is set. Write another one to replace it.',
  'meetings.forget': 'Forget the secret',
} as const;
