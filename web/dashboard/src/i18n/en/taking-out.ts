/** Taking data out, and deleting it by age: English. */
export const takingOut = {
  'export.title': 'Export',
  'export.hint':
    'Everything of this workspace in one file: conversations, clients, knowledge, settings and files. Keys, passwords and other secrets stay behind. Another installation can take it in.',
  'export.begin': 'Export the workspace',
  'export.again': 'Export again',
  'export.waiting': 'The export begins in a moment.',
  'export.running': 'Writing: {done} of {all} tables.',
  'export.failed':
    'The export could not be written. Try again, or ask the operator to look at the log.',
  'export.done': 'Asked for by {name}, {size}. Kept until {until}.',
  'export.download': 'Download',
  'export.digest': 'Digest of the content',
  'person.export': 'Export',
  'person.exportThis': 'Export this person’s data',
  'retention.title': 'Delete by age',
  'retention.days': 'Keep resolved conversations for',
  'retention.note': 'days',
  'retention.hint':
    'Then they are deleted with their files, for everybody, and cannot be brought back. Contacts and clients stay. Empty: until you erase somebody.',
  'retention.never': 'for ever',
  'retention.due': {
    one: 'One conversation with {files} files would be deleted within a quarter of an hour.',
    other: '{count} conversations with {files} files would be deleted within a quarter of an hour.',
  },
  'retention.none': 'Nothing is that old yet.',
} as const;
