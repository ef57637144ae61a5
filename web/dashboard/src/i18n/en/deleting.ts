export const deleting = {
  'deleting.title': 'Delete old conversations',
  'deleting.hint':
    'With all messages and files in them. Visitors, clients and what the bot has learned stay. Up to a thousand go at a time, the oldest first.',
  'deleting.channel': 'Channel',
  'deleting.allChannels': 'All channels',
  'deleting.state': 'State',
  'deleting.anyState': 'Any',
  'deleting.open': 'Open',
  'deleting.escalated': 'Given to people',
  'deleting.resolved': 'Resolved',
  'deleting.quiet': 'Nothing said since',
  'deleting.count': 'Count',
  'deleting.none': 'Nothing fits.',
  'deleting.counted': {
    one: '{count} conversation · messages: {messages} · files: {files}',
    other: '{count} conversations · messages: {messages} · files: {files}',
  },
  'deleting.delete': {
    one: 'Delete {count} conversation',
    other: 'Delete {count} conversations',
  },
  'deleting.sure': 'They cannot be brought back.',
  'deleting.done': {
    one: '{count} conversation deleted',
    other: '{count} conversations deleted',
  },
} as const;
