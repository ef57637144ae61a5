export const deleting = {
  'deleting.title': 'Supprimer d’anciennes conversations',
  'deleting.hint':
    'Avec tous leurs messages et fichiers. Les visiteurs, les clients et ce que le bot a appris restent. Jusqu’à mille à la fois, les plus anciennes d’abord.',
  'deleting.channel': 'Canal',
  'deleting.allChannels': 'Tous les canaux',
  'deleting.state': 'État',
  'deleting.anyState': 'N’importe lequel',
  'deleting.open': 'Ouvertes',
  'deleting.escalated': 'Confiées à des personnes',
  'deleting.resolved': 'Résolues',
  'deleting.quiet': 'Rien de dit depuis le',
  'deleting.count': 'Compter',
  'deleting.none': 'Rien ne correspond.',
  'deleting.counted': {
    one: '{count} conversation · messages : {messages} · fichiers : {files}',
    other: '{count} conversations · messages : {messages} · fichiers : {files}',
  },
  'deleting.delete': {
    one: 'Supprimer {count} conversation',
    other: 'Supprimer {count} conversations',
  },
  'deleting.sure': 'Elles ne pourront pas être rétablies.',
  'deleting.done': {
    one: '{count} conversation supprimée',
    other: '{count} conversations supprimées',
  },
} as const;
