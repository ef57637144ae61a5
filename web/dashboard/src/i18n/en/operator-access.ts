export const operatorAccess = {
  'operatorAccess.title': 'Access of operators',
  'operatorAccess.hint':
    'Those who run this installation see names and figures of your workspace, and nothing of its content. For help you can let them in for some hours. Everything that they look at is written into the audit log.',
  'operatorAccess.mayLook': 'Let in by {name} to look, until {time}.',
  'operatorAccess.mayChange': 'Let in by {name} to look and to change things, until {time}.',
  'operatorAccess.here': 'Here now: {names}',
  'operatorAccess.end': 'End access now',
  'operatorAccess.hours': 'For how long',
  'operatorAccess.hoursCount': { one: '{count} hour', other: '{count} hours' },
  'operatorAccess.change': 'They may change things',
  'operatorAccess.changeHint':
    'Otherwise they only look. Members, API keys and models stay closed to them either way.',
  'operatorAccess.grant': 'Let operators in',
  'operatorAccess.ownersOnly': 'Only an owner can let operators in.',
  'standing.suspended':
    'This workspace is suspended: everything can be read and taken along, and nothing changed.',
  'standing.visiting':
    'You are in this workspace as an operator, until {time}. What you look at is written into its audit log.',
  'standing.leave': 'Leave',
  'standing.open': 'Operators may come into this workspace until {time}.',
  'standing.here': 'Operators in this workspace: {names}, until {time} at the latest.',
  'standing.end': 'End now',
} as const;
